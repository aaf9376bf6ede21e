"""Counts the calls of one fixed workload, in a process of its own: `python -m benchmarks.counting WORKLOAD`.

Calls of Python and of C functions. They come out alike on every machine with the same Python, which no time does.
"""

import contextlib
import importlib
import io
import os
import sys
from collections.abc import Callable
from cProfile import Profile
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.corpora import project
from benchmarks.sweeps import sweep

Work = Callable[[], object]


def _check_of_one_spec(place: Path) -> Work:
    made = project(place / "project", 1)
    return lambda: _run(made.root, "check")


def _check_of_100_specs(place: Path) -> Work:
    made = project(place / "project", 100)
    _run(project(place / "before", 1).root, "check")
    return lambda: _run(made.root, "check")


def _second_check_of_100_specs(place: Path) -> Work:
    work = _check_of_100_specs(place)
    work()
    return work


def _check_of_1_named_of_1000_specs(place: Path) -> Work:
    made = project(place / "project", 1_000)
    _run(project(place / "before", 1).root, "check")
    return lambda: _run(made.root, "check", f"jobs/{made.specs[0].name}")


def _render_of_1000_cells(place: Path) -> Work:
    return _of_1000_cells(place, "render")


def _plan_of_1000_cells(place: Path) -> Work:
    return _of_1000_cells(place, "plan")


def _of_1000_cells(place: Path, command: str) -> Work:
    made, before = sweep(place / "sweep", 1_000), sweep(place / "before", 100)
    _run(before.root, command, before.spec)
    return lambda: _run(made.root, command, made.spec)


# A workload runs something small first, so that imports are not counted, but for the last, which counts them all. By
# then the others have written the bytecode that it finds.
WORKLOADS: dict[str, Callable[[Path], Work]] = {
    "check of 100 specs": _check_of_100_specs,
    "the same, unchanged": _second_check_of_100_specs,
    "check of 1 named of 1,000 specs": _check_of_1_named_of_1000_specs,
    "render of 1,000 cells": _render_of_1000_cells,
    "plan of 1,000 cells": _plan_of_1000_cells,
    "check of 1 spec, imports": _check_of_one_spec,
}


def calls(work: Work) -> int:
    profile = Profile()
    profile.enable()
    work()
    profile.disable()
    return sum(entry.callcount for entry in profile.getstats())


def _run(folder: Path, *arguments: str) -> None:
    """One command line. The first run imports what it needs, so that this can be counted, too."""
    quiet = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        code = importlib.import_module("specc.cli.main").run(list(arguments))
    if code != 0:
        raise SystemExit(f"specc {' '.join(arguments)} ended with {code}: {quiet.getvalue()}")


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        # What would be done in a fork, with more than one processor, is done here and counted.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with TemporaryDirectory() as place:
        # Nobody is asked: a plan needs credentials only because they say whose submissions to look at. On a CI runner
        # it would want a ledger that is kept, and counting needs none.
        folders = {"XDG_STATE_HOME": str(Path(place, "state")), "XDG_CACHE_HOME": str(Path(place, "cache"))}
        os.environ.update(folders, CI="", QY_ACCESS_KEY_ID="k", QY_SECRET_ACCESS_KEY="s")
        print(calls(WORKLOADS[sys.argv[1]](Path(place))))


if __name__ == "__main__":
    main()
