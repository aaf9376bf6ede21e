"""What a person feels: one spec on the command line, a hook, an editor's save, in projects of any size."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

from benchmarks.checks import payloads_checked
from benchmarks.corpora import Project, project
from benchmarks.peers import PYTHON, SPECC
from benchmarks.result import Result
from benchmarks.timing import Budget, Contestant, interleaved, timed

MANY = 20
"""As many files as a large commit names."""

NOT_OURS = """\
import sys
from specc.cli.main import run
run(sys.argv[1:])
print(*(f"import {name}" for name in sys.modules if not name.startswith(("specc", "_specc", "__main__"))), sep="\\n")
"""
"""Checks, and prints what it has imported that is not specc's own."""


def felt(place: Path, sizes: tuple[int, ...], budget: Budget) -> Iterator[Result]:
    """Yield the contests. Raises BenchError as soon as an answer is wrong."""
    alone = project(place / "alone", 1)
    yield Result("one spec", 1, "specs", interleaved(_one_spec(alone), budget))
    for size in sizes:
        made = project(place / f"specs-{size}", size)
        yield Result("named", size, "specs", interleaved(_named(made, alone), budget))
        yield Result("unchanged", size, "specs", interleaved(_unchanged(made), budget))
        yield Result("hook", size, "specs", interleaved(_hook(made), budget))


def _check(made: Project, name: str, *words: str, forgets: bool = False) -> Callable[..., Contestant]:
    """Return what makes a contestant that checks; with `forgets`, as on the first day."""
    caches = made.root.with_name(f"{made.root.name}-{name if forgets else 'caches'}")
    environment = {"XDG_CACHE_HOME": str(caches), "XDG_STATE_HOME": str(caches)}
    make = partial(Contestant, name, (SPECC, "check", *words), made.root, read=payloads_checked)
    if forgets:
        return partial(make, environment=environment, before=partial(shutil.rmtree, caches, ignore_errors=True))
    return partial(make, environment=environment)


def _files(made: Project, number: int) -> tuple[str, ...]:
    return tuple(str(path.relative_to(made.root)) for path in made.specs[:number])


def _one_spec(alone: Project) -> Iterator[Contestant]:
    """One spec, one with a mistake, and Python that has imported all that these need which is not specc's."""
    broken = project(alone.root.with_name("wrong"), 1)
    (spec,) = broken.specs
    spec.write_text(spec.read_text(encoding="utf-8") + "  core_limt: 4\n", encoding="utf-8")
    (file,) = _files(alone, 1)
    yield _check(alone, "specc", file, forgets=True)(expected=1)
    said = _check(broken, "specc, a mistake", file, forgets=True)
    yield said(expected=True, read=lambda text: "did you mean `core_limit`?" in text, code=1)
    caches = {"XDG_CACHE_HOME": str(alone.root), "XDG_STATE_HOME": str(alone.root), "NO_COLOR": "1"}
    command = (PYTHON, "-c", NOT_OURS, "check", file)
    listed = subprocess.run(command, cwd=alone.root, env=caches, capture_output=True, text=True, check=True).stdout
    imports = alone.root / "imports.py"
    imports.write_text("".join(line for line in listed.splitlines(True) if line.startswith("import ")), "utf-8")
    yield Contestant("Python with its libraries", (PYTHON, "-P", str(imports)), alone.root)
    yield Contestant("Python with PyYAML and Jinja2", (PYTHON, "-c", "import yaml, jinja2"), alone.root)


def _named(made: Project, alone: Project) -> Iterator[Contestant]:
    """Files that are named in a large project, which was never checked before."""
    yield _check(alone, "one spec alone", *_files(alone, 1), forgets=True)(expected=1)
    yield _check(made, "1 named", *_files(made, 1), forgets=True)(expected=1)
    yield _check(made, f"{MANY} named", *_files(made, MANY), forgets=True)(expected=MANY)


def _unchanged(made: Project) -> Iterator[Contestant]:
    """However it is called: nothing has changed since a check of all."""
    whole = _check(made, "check")(expected=made.size)
    timed(whole)
    yield whole
    yield _check(made, "check .", ".")(expected=made.size)
    yield _check(made, "check jobs", "jobs")(expected=made.size)
    yield _check(made, "check FILE", *_files(made, 1))(expected=1)
    yield _check(made, "check --strict", "--strict")(expected=made.size)
    yield _check(made, "check --output concise", "--output", "concise")(expected=0, read=len)


def _hook(made: Project) -> Iterator[Contestant]:
    """The whole project, as a hook checks it, after one file was saved."""
    path = made.specs[-1]
    text = path.read_text(encoding="utf-8")
    versions = count(1)

    def save() -> None:
        path.write_text(f"{text}# version {next(versions)}\n", encoding="utf-8")

    yield _check(made, "unchanged")(expected=made.size)
    yield _check(made, "1 changed")(expected=made.size, before=save)
