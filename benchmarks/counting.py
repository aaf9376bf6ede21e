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


def _import_of_the_command_line(_: Path) -> Work:
    return lambda: importlib.import_module("specc.cli.app")


def _check_of_100_specs(place: Path) -> Work:
    project(place / "project", 100)
    return _command(place / "project", "check")


def _second_check_of_100_specs(place: Path) -> Work:
    work = _check_of_100_specs(place)
    work()
    return work


def _render_of_1000_cells(place: Path) -> Work:
    made = sweep(place / "sweep", 1_000)
    return _command(made.root, "render", made.spec)


def _plan_of_1000_cells(place: Path) -> Work:
    made = sweep(place / "sweep", 1_000)
    return _command(made.root, "plan", made.spec)


# The import comes last: by then, the others have written the bytecode that it finds.
WORKLOADS: dict[str, Callable[[Path], Work]] = {
    "check of 100 specs": _check_of_100_specs,
    "the same, unchanged": _second_check_of_100_specs,
    "render of 1,000 cells": _render_of_1000_cells,
    "plan of 1,000 cells": _plan_of_1000_cells,
    "import of the command line": _import_of_the_command_line,
}


def calls(work: Work) -> int:
    profile = Profile()
    profile.enable()
    work()
    profile.disable()
    return sum(entry.callcount for entry in profile.getstats())


def _command(folder: Path, *arguments: str) -> Work:
    """One command line, whose imports are not counted."""
    importlib.import_module("specc.cli.app")
    run = importlib.import_module("specc.cli.main").run

    def work() -> None:
        quiet = io.StringIO()
        with contextlib.chdir(folder), contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            code = run(list(arguments))
        if code != 0:
            raise SystemExit(f"specc {' '.join(arguments)} ended with {code}: {quiet.getvalue()}")

    return work


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        # What would be done in a fork, with more than one processor, is done here and counted.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with TemporaryDirectory() as place:
        # Nobody is asked: a plan needs credentials only because they say whose submissions to look at.
        os.environ.update(XDG_STATE_HOME=str(Path(place, "state")), QY_ACCESS_KEY_ID="k", QY_SECRET_ACCESS_KEY="s")
        print(calls(WORKLOADS[sys.argv[1]](Path(place))))


if __name__ == "__main__":
    main()
