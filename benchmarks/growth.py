"""How the time of specc alone grows: with the depth of inheritance, and with what a changed base touches."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from benchmarks.checks import specc_checks
from benchmarks.corpora import Project, project
from benchmarks.timing import Contestant

DEEP_SPECS = 100

LEVEL = """\
# One level of a chain of bases.
specc: 1
abstract: true
%(extends)svars:
  scratch: /scratch/cfd/%(level)s
  level_%(level)s: {steps: [prepare, run], note: "at {{ vars.scratch }}"}
job:
  time_limit: %(level)sh
"""

QUIET = '\n[rules]\nignore = ["deep-inheritance", "unused-var"]\n'


def deep(root: Path, depth: int) -> Project:
    """Specs with so many ancestors each: their base, and what it inherits from, level by level."""
    made = project(root, DEEP_SPECS)
    _append(root / "specc.toml", QUIET)
    if depth > 1:
        _append(root / "base" / "solver.job.yaml", _extends(1))
    for level in range(1, depth):
        values = {"level": level, "extends": _extends(level + 1) if level < depth - 1 else ""}
        (root / "base" / f"level-{level}.job.yaml").write_text(LEVEL % values, encoding="utf-8")
    return made


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def _extends(level: int) -> str:
    return f"extends: level-{level}.job.yaml\n"


def deep_check(made: Project) -> Contestant:
    first, _ = specc_checks(made)
    return first


def shared(root: Path, size: int, dependents: int) -> Project:
    """So many specs, of which so many have a base of their own, and the others another one."""
    made = project(root, size)
    base = root / "base" / "solver.job.yaml"
    (root / "base" / "changed.job.yaml").write_bytes(base.read_bytes())
    for path in made.specs[:dependents]:
        text = path.read_text(encoding="utf-8").replace("base/solver", "base/changed")
        path.write_text(text, encoding="utf-8")
    return made


def changed_base_check(made: Project) -> Contestant:
    """The whole project is checked again, after that base has got another time limit."""
    base = made.root / "base" / "changed.job.yaml"
    _, again = specc_checks(made)
    versions: Iterator[int] = count(1)

    def change() -> None:
        text = base.read_text(encoding="utf-8").partition("  time_limit")[0]
        base.write_text(f"{text}  time_limit: {next(versions)}h\n", encoding="utf-8")

    return Contestant("specc", again.command, again.folder, again.expected, again.read, before=change)
