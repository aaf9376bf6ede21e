"""The page about the bases that ship with specc, from their files: what each has, and what a spec gets from it."""

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

import specc
from specc import assets

SUFFIX = ".job.yaml"
SETTINGS = """project = "page"
target = "local"

[targets.local]
run_as = "caller"
job = {zone = "z", cluster_id = "c", run_user = "me"}
"""
HEAD = """# Shipped bases

These bases come with specc. A spec extends one of them by its name, and need not say again how an MPI program is
started or how many cores it has. They are abstract: a spec that extends one is the job.

`extends: [specc:mpi, ../base/site.job.yaml]` takes a base of your own, too, which wins where both set a value.
Whatever a spec sets wins over both, and [operators](language.md#inheritance) such as `{$append: [...]}` add to a
list. `specc explain SPEC` shows for each value whether it comes from the base or from the spec.

Where a base is almost right, copy its text from this page into a file of your project, and extend that.

"""
ORDER = ("serial", "threads", "mpi", "hybrid", "array")


class Base(NamedTuple):
    """A base. `purpose` is its first line, `example` a spec that extends it, `advice` says what such a spec sets."""

    name: str
    text: str
    purpose: str
    example: str
    advice: str
    data: dict[str, Any]

    @property
    def parent(self) -> str | None:
        """Return the name of the base that this base extends."""
        extended = self.data.get("extends")
        return None if extended is None else str(extended).removeprefix("specc:")


def bases_page() -> str:
    """Return the page. Raises ValueError where a base has no place in it yet, or a comment in another form."""
    bases = {path.name.removesuffix(SUFFIX): _read(path) for path in assets.folder("templates").glob(f"*{SUFFIX}")}
    if odd := bases.keys() ^ set(ORDER):
        raise ValueError(f"the page does not know where these bases stand in it: {sorted(odd)}")
    rows = [
        f"| [`specc:{name}`](#specc{name}) | {bases[name].purpose} | {_extended(bases[name])} |\n" for name in ORDER
    ]
    table = "| base | what it is for | extends |\n|---|---|---|\n" + "".join(rows)
    return HEAD + table + "".join(_section(bases[name], bases) for name in ORDER)


def _extended(base: Base) -> str:
    return f"`specc:{base.parent}`" if base.parent else ""


def _read(path: Path) -> Base:
    name, text = path.name.removesuffix(SUFFIX), path.read_text(encoding="utf-8")
    comment = text.partition("specc: 1\n")[0]
    form = rf"# specc:{name}: (?P<purpose>.+)\n#\n(?P<example>(?:#   .+\n)+)#\n(?P<advice>(?:# .+\n)+)\Z"
    written = re.match(form, comment)
    if written is None:
        raise ValueError(f"the comment of {path.name} has another form: its purpose, an example, what a child sets")
    example = re.sub(r"^#   ", "", written["example"], flags=re.MULTILINE)
    advice = re.sub(r"^# ", "", written["advice"], flags=re.MULTILINE)
    return Base(name, text, _sentence(written["purpose"]), example, advice, YAML(typ="safe", pure=True).load(text))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _section(base: Base, bases: dict[str, Base]) -> str:
    spec = f"specc: 1\n{base.example}"
    parts = [
        f"\n## specc:{base.name}\n\n{base.purpose}\n\n{base.advice}",
        f'```yaml title="jobs/solve{SUFFIX}"\n{spec}```\n',
        _payload(spec),
        *_tables(base, bases),
        f'The file:\n\n```yaml title="specc:{base.name}"\n{base.text}```\n',
    ]
    return "\n".join(parts)


def _payload(spec: str) -> str:
    """Return the first payload of the spec, without the fields of the target."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "specc.toml").write_text(SETTINGS, encoding="utf-8")
        (root / "jobs").mkdir()
        path = root / "jobs" / f"solve{SUFFIX}"
        path.write_text(spec, encoding="utf-8")
        payloads = specc.open(root).payloads(str(path))
    shown = {name: value for name, value in payloads[0].body.items() if name not in ("zone", "cluster_id", "run_user")}
    many = f"These are {len(payloads)} jobs, the first of which is" if len(payloads) > 1 else "The job is"
    return f"{many}:\n\n```json\n{json.dumps(shown, indent=2, sort_keys=True)}\n```\n"


def _tables(base: Base, bases: dict[str, Base]) -> Iterator[str]:
    """Yield a table of parameters, one of variables and one of fields, each with what is inherited."""
    params = list(_merged(base, bases, "params"))
    if params:
        rows = [f"| `{name}` | {said['type']} | `{said['default']}` | {_meaning(said)} |\n" for name, said, _ in params]
        yield "| parameter | type | default | what it is |\n|---|---|---|---|\n" + "".join(rows)
    values = list(_merged(base, bases, "vars"))
    if values:
        rows = [f"| `{name}` | `{_yaml(value)}` | `specc:{by}` |\n" for name, value, by in values]
        yield "| variable | default | set by |\n|---|---|---|\n" + "".join(rows)
    rows = [f"| `{name}` | `{_yaml(value)}` | `specc:{by}` |\n" for name, value, by in _merged(base, bases, "job")]
    yield "| field | value | set by |\n|---|---|---|\n" + "".join(rows)


def _merged(base: Base, bases: dict[str, Base], section: str) -> Iterator[tuple[str, Any, str]]:
    """Yield each name of a section, sorted, with its value and the base that sets it."""
    found: dict[str, tuple[Any, str]] = {}
    above: Base | None = base
    while above is not None:
        for name, value in above.data.get(section, {}).items():
            found.setdefault(name, (value, above.name))
        above = bases[above.parent] if above.parent else None
    yield from ((name, *found[name]) for name in sorted(found))


def _meaning(said: dict[str, Any]) -> str:
    least = f"; at least {said['minimum']}" if "minimum" in said else ""
    return f"{_cell(said['description'])}{least}"


def _yaml(value: object) -> str:
    return _cell(f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
