"""Kill specc at every system call that changes anything, and check what must hold after each.

    python tests/crashes/run.py                        every call of every scenario
    python tests/crashes/run.py --sample 150           so many of them, at random
    python tests/crashes/run.py --only resolve --at 17 one of them again

prints the runs, kills and system calls, what was done twice and what was lost, and exits with 1 if anything was.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
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


def every(scenarios: Sequence[Scenario]) -> Figures:
    """Kill at each call, until a run ends before it."""
    total = Figures()
    for scenario in scenarios:
        with tempfile.TemporaryDirectory() as folder:
            trial, started = Trial(scenario, Path(folder)), time.monotonic()
            try:
                number = 1
                while trial.kill_at(number) or number < trial.calls + MARGIN:
                    number += 1
            finally:
                trial.close()
            print(f"{scenario.name}: {trial.figures}; {time.monotonic() - started:.0f} s", flush=True)
            total += trial.figures
    return total


def sample(scenarios: Sequence[Scenario], count: int, seed: int) -> Figures:
    """Kill at that many calls, chosen at random, of each scenario as many."""
    total, chance = Figures(), random.Random(seed)
    for scenario in scenarios:
        with tempfile.TemporaryDirectory() as folder:
            trial = Trial(scenario, Path(folder))
            try:
                share = min(trial.calls, max(1, count // len(scenarios)))
                for number in sorted(chance.sample(range(1, trial.calls + 1), share)):
                    trial.kill_at(number)
            finally:
                trial.close()
            total += trial.figures
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill specc at every system call that changes anything.")
    parser.add_argument("--sample", type=int, metavar="COUNT", help="so many kills, at random")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--only", metavar="SCENARIO", help="the scenarios whose names begin so")
    parser.add_argument("--at", type=int, metavar="NUMBER", help="the one call with that number")
    given = parser.parse_args()
    scenarios = [one for one in SCENARIOS if one.name.startswith(given.only or "")]
    if given.at is not None:
        with tempfile.TemporaryDirectory() as folder:
            trial = Trial(scenarios[0], Path(folder))
            try:
                trial.kill_at(given.at)
            finally:
                trial.close()
        figures = trial.figures
    elif given.sample is not None:
        print(f"crashes: seed {given.seed}")
        figures = sample(scenarios, given.sample, given.seed)
    else:
        figures = every(scenarios)
    print(f"crashes: {figures}")
    return 0 if figures.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
