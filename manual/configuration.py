"""The configuration reference: all settings of specc.toml, from their table, each with its meaning."""

from collections.abc import Iterator

from specc.config.meanings import MEANINGS
from specc.config.shapes import SETTINGS, Each, Items, Shape, Value

HEAD = """# Configuration

Settings stand in `specc.toml` in the root of a project, or in its `pyproject.toml` below `[tool.specc]`.
`specc.local.toml` lies over them and stays out of git. `specc config` prints each setting and where it came from. A
setting that does not exist, or that holds a value of another kind, is an error, reported at its line.

`NAME` in a path stands for a name of your choice.

```toml
project = "cfd"
target = "cluster"

[units]
mem_limit = "MiB"
time_limit = "min"

[targets.cluster]
kind = "ehpc"
job = {zone = "jn1a", cluster_id = "ehpc-8jqdq0mz", run_user = "usr-IuZxPyn2"}
queues.normal = {max_cores = 64, max_time = "24h"}

[rules]
ignore = ["deep-inheritance"]
paths."old/**" = {severity = {SPC501 = "off"}}
```

| setting | holds | what it does |
|---|---|---|
"""


def configuration_page() -> str:
    settings = dict(_settings(SETTINGS, ""))
    if odd := settings.keys() ^ MEANINGS.keys():
        raise ValueError(f"settings and their meanings differ: {sorted(odd)}")
    rows = [f"| `{path}` | {holds} | {MEANINGS[path]} |\n" for path, holds in settings.items()]
    return HEAD + "".join(rows)


def _settings(shape: Shape, path: str) -> Iterator[tuple[str, str]]:
    match shape:
        case dict() if path.endswith("severity"):
            yield f"{path}.NAME", "`error`, `warning` or `off`"
        case dict():
            for name, inner in shape.items():
                yield from _settings(inner, f"{path}.{name}".lstrip("."))
        case Each():
            yield from _settings(shape.value, f"{path}.NAME")
        case Items(Value(expected)):
            yield path, f"a list; each item {expected}"
        case Value(expected):
            yield path, expected
        case _:
            yield path, "anything"
