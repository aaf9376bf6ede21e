"""Kill specc at every system call that changes anything, and check what must hold after each.

    python tests/crashes/run.py                        every call of every scenario
    python tests/crashes/run.py --sample 150           so many of them, at random
    python tests/crashes/run.py --only resolve --at 17 one of them again

prints the runs, kills and system calls, what was done twice and what was lost, and exits with 1 if anything was.
"""

import argparse
import contextlib
import functools
import operator
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from crashes.ground import Ground
from crashes.scenarios import SCENARIOS, Scenario

MARGIN = 10
"""Threads and processes come in another order in each run, so that one may take more calls than the first one did."""


@dataclass
class Figures:
    """What happened. `calls` are the system calls at which something was killed."""

    runs: int = 0
    kills: int = 0
    twice: int = 0
    lost: int = 0
    wrong: int = 0
    calls: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def is_good(self) -> bool:
        return not (self.twice or self.lost or self.wrong)

    def __str__(self) -> str:
        return (
            f"{self.runs} runs, {self.kills} kills at {len(self.calls)} system calls; "
            f"twice = {self.twice}, lost = {self.lost}, wrong = {self.wrong}"
        )


class Trial:
    """One scenario on a ground of its own."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self._scenario = scenario
        self._ground = Ground(folder)
        self.figures = Figures()
        try:
            scenario.prepare(self._ground)
            self._ground.save()
            self.calls = self._count()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._ground.close()

    def _count(self) -> int:
        """How many calls a run takes that nothing kills. It must be good itself."""
        traced, verdict = self._scenario.run(self._ground, None)
        if not verdict.is_good:
            raise AssertionError(f"{self._scenario.name}, not killed: {verdict}")
        return sum(traced.calls.values())

    def kill_at(self, number: int) -> bool:
        """Whether the run came so far. What was wrong is printed."""
        traced, verdict = self._scenario.run(self._ground, number)
        self.figures.runs += 1
        if traced.killed_at:
            self.figures.kills += 1
            self.figures.calls[traced.killed_at] += 1
        self.figures.twice += verdict.twice
        self.figures.lost += verdict.lost
        self.figures.wrong += len(verdict.wrong)
        if not verdict.is_good:
            where = f"call {number}, {traced.killed_at}, of {traced.killed}"
            print(f"{self._scenario.name}: killed at {where}: {verdict}", flush=True)
        return bool(traced.killed_at)


def every(name: str) -> Figures:
    """Kill at each call of a scenario, until a run ends before it."""
    with trial_of(name) as trial:
        number = 1
        while trial.kill_at(number) or number < trial.calls + MARGIN:
            number += 1
    return trial.figures


def sample(name: str, count: int, seed: int) -> Figures:
    """Kill at that many calls of a scenario, chosen at random."""
    with trial_of(name) as trial:
        for number in sorted(chosen(name, trial.calls, count, seed)):
            trial.kill_at(number)
    return trial.figures


def chosen(name: str, calls: int, count: int, seed: int) -> list[int]:
    """The numbers of `count` calls. A run that takes a call more than another has the same ones, or all but one."""
    numbers = range(1, calls + 1)
    return sorted(numbers, key=lambda number: random.Random(f"{seed} {name} {number}").random())[:count]


@contextlib.contextmanager
def trial_of(name: str) -> Iterator[Trial]:
    (scenario,) = (one for one in SCENARIOS if one.name == name)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(Trial(scenario, Path(folder))) as trial:
        yield trial
    print(f"{name}: {trial.figures}; {trial.calls} calls, {time.monotonic() - started:.0f} s", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill specc at every system call that changes anything.")
    parser.add_argument("--sample", type=int, metavar="COUNT", help="so many kills, at random")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--only", metavar="SCENARIO", help="the scenarios whose names begin so")
    parser.add_argument("--at", type=int, metavar="NUMBER", help="the one call with that number")
    given = parser.parse_args()
    names = [one.name for one in SCENARIOS if one.name.startswith(given.only or "")]
    if given.at is not None:
        with trial_of(names[0]) as trial:
            trial.kill_at(given.at)
        figures = trial.figures
    else:
        figures = _side_by_side(names, given.sample, given.seed)
    print(f"crashes: {figures}")
    return 0 if figures.is_good else 1


def _side_by_side(names: Sequence[str], count: int | None, seed: int) -> Figures:
    """All scenarios, as many at a time as there are processors."""
    if count is None:
        call = every
    else:
        print(f"crashes: seed {seed}", flush=True)
        call = functools.partial(sample, count=max(1, count // len(names)), seed=seed)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return functools.reduce(operator.add, pool.map(call, names), Figures())


if __name__ == "__main__":
    sys.exit(main())
