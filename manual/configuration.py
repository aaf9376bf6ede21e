"""The configuration reference: the settings that specc.toml may have, from their one table, each with what it does."""

from collections.abc import Iterator

from specc.config.shapes import SETTINGS, Each, Items, Shape, Value

HEAD = """# Configuration

Settings stand in `specc.toml` in the root of a project, or in its `pyproject.toml` below `[tool.specc]`.
`specc.local.toml` lies over them and stays out of git. `specc config` prints each setting and where it came from. A
setting that does not exist, or holds something else, is an error at its place.

`NAME` in a path is a name of your choice.

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

MEANINGS = {
    "project": "the name of the project; it tells submissions of projects apart. Without it: the folder's name",
    "target": "where payloads go when `--target` does not say otherwise; default `local`",
    "api": "the API version of specs that name none; default `ehpc/v1`",
    "include": "patterns of the files that are specs; default `**/*.job.yaml`",
    "exclude": "patterns of files that are not",
    "env": "the environment variables that templates may read",
    "defaults.NAME": "a value of a job field for all specs, weaker than any of theirs",
    "units.NAME": "the unit in which the cluster counts this field: `mem_limit` or `time_limit`",
    "ledger.path": "where the ledger lies, if not at its [usual place](submission.md)",
    "targets.NAME.kind": "what the target is",
    "targets.NAME.endpoint": "the address of the API",
    "targets.NAME.job.NAME": "a value of a job field that belongs to the target, such as its zone",
    "targets.NAME.units.NAME": "as `units.NAME`, for this target",
    "targets.NAME.run_as": "take any `run_user` for the user who submits",
    "targets.NAME.queues.NAME.max_cores": "the most cores of a job in this queue",
    "targets.NAME.queues.NAME.max_time": "the longest time, such as `24h`",
    "targets.NAME.queues.NAME.max_mem": "the most memory, such as `256GiB`",
    "targets.NAME.queues.NAME.layout": "as `layout`, for this queue",
    "targets.NAME.tag_names": "put a short tag behind the names of jobs, by which they are found again",
    "targets.NAME.needs_queue": "each job must say which queue it runs in",
    "targets.NAME.layout": "what cores are on [Slurm](slurm.md): MPI tasks, or threads of one task; default `threads`",
    "targets.NAME.hpcqueues.NAME": "the partition of this queue id",
    "targets.NAME.resource_limits.NAME": "what this text of the field `resource_limits` means to sbatch",
    "targets.NAME.options": "options of sbatch for every job",
    "targets.NAME.environment": "variables of your environment that jobs get",
    "targets.NAME.directory": "a folder that login node and compute nodes share",
    "targets.NAME.cluster": "the name of the Slurm cluster",
    "rules.select": "only these rules; default: all",
    "rules.ignore": "findings that are not wanted",
    "rules.severity.NAME": "another severity for the finding of this code or name",
    "rules.max_inheritance": "deeper inheritance is a finding; default 5",
    "rules.paths.NAME.ignore": "as `rules.ignore`, for files of this pattern",
    "rules.paths.NAME.severity.NAME": "as `rules.severity.NAME`, for files of this pattern",
}
"""One sentence for each setting. The page cannot be made while one is missing or one too many is here."""


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
