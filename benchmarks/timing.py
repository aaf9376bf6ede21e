"""Whole processes timed in turn, so that what else the machine does meets all of them alike."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

STOPWATCH = Path(__file__).with_name("stopwatch.py")

Reading = Callable[[str], str | int]
"""What came out, in a form that can be compared: a number of results, or a digest of them."""


class BenchError(Exception):
    """A contestant failed, or answered something else than was expected: its time means nothing."""


def nothing_said(text: str) -> int:
    return len(text)


@dataclass(frozen=True, slots=True)
class Contestant:
    """A command, and what must come out of it. `before` is done before each run, and not timed."""

    name: str
    command: tuple[str, ...]
    folder: Path
    expected: str | int = 0
    read: Reading = nothing_said
    environment: dict[str, str] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None
    code: int = 0
    """What it must exit with."""


@dataclass(frozen=True, slots=True)
class Run:
    wall: float
    user: float
    system: float
    peak: int


@dataclass(frozen=True, slots=True)
class Budget:
    """Each contestant runs as often as fits into so many seconds, `most` times at most. Only the slowest run once."""

    seconds: float
    most: int

    def rounds(self, first: float) -> int:
        least = 3 if first < 2 * self.seconds else 1
        return max(least, min(self.most, int(self.seconds / first)))


@dataclass(frozen=True, slots=True)
class Timing:
    """All runs of one contestant."""

    runs: tuple[Run, ...]

    @property
    def wall(self) -> float:
        return statistics.median(run.wall for run in self.runs)

    @property
    def user(self) -> float:
        return statistics.median(run.user for run in self.runs)

    @property
    def cores(self) -> float:
        """Return how many processors were at work, on average."""
        return statistics.median((run.user + run.system) / run.wall for run in self.runs)

    @property
    def spread(self) -> tuple[float, float]:
        return min(run.wall for run in self.runs), max(run.wall for run in self.runs)

    @property
    def peak(self) -> float:
        """In MB."""
        return max(run.peak for run in self.runs) * 1024 / 1e6


def interleaved(contestants: Iterable[Contestant], budget: Budget) -> dict[str, Timing]:
    """Everyone's first run, everyone's second, and so on, with the first as good as the others."""
    runs: dict[str, list[Run]] = {}
    waiting = list(contestants)
    while waiting:
        for contestant in waiting:
            runs.setdefault(contestant.name, []).append(timed(contestant))
        waiting = [one for one in waiting if len(runs[one.name]) < budget.rounds(runs[one.name][0].wall)]
    return {name: Timing(tuple(each)) for name, each in runs.items()}


def timed(contestant: Contestant) -> Run:
    """One run, whose answer was the expected one."""
    contestant.before()
    with TemporaryDirectory() as place:
        out, err = Path(place, "out"), Path(place, "err")
        line = (sys.executable, "-I", "-S", str(STOPWATCH), str(out), str(err), *contestant.command)
        environment = {**os.environ, "NO_COLOR": "1", **contestant.environment}
        # Installed tools have their bytecode. specc is run from its sources here, and would be compiled in every run.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        done = subprocess.run(line, cwd=contestant.folder, env=environment, capture_output=True, text=True, check=True)
        measured = json.loads(done.stdout)
        if measured["code"] != contestant.code:
            said = (out.read_text() + err.read_text())[-2000:]
            raise BenchError(f"{contestant.name} ended with {measured['code']}: {' '.join(contestant.command)}\n{said}")
        answer = contestant.read(out.read_text(encoding="utf-8"))
    if answer != contestant.expected:
        raise BenchError(f"{contestant.name} gave {answer!r} instead of {contestant.expected!r}")
    return Run(measured["wall"], measured["user"], measured["system"], measured["peak"])
