"""All contests, and what they gave."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.checks import COLD, check_peers, specc_check
from benchmarks.corpora import project
from benchmarks.timing import Budget, Contestant, Timing, interleaved


@dataclass(frozen=True, slots=True)
class Result:
    """One contest: `size` of what is counted in `unit`, and how each contestant did."""

    work: str
    size: int
    unit: str
    timings: dict[str, Timing]


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured."""

    specs: tuple[int, ...]
    budget: Budget


QUICK = Extent((1, 100), Budget(seconds=1, least=3, most=5))
FULL = Extent((1, 100, 1_000, 10_000), Budget(seconds=5, least=5, most=9))


def results(place: Path, extent: Extent) -> Iterator[Result]:
    for size in extent.specs:
        yield _check(place / f"specs-{size}", size, extent)


def _check(root: Path, size: int, extent: Extent) -> Result:
    made = project(root, size)
    contestants: list[Contestant] = [specc_check(made, *COLD), *check_peers(made)]
    return Result("check", size, "specs", interleaved(contestants, extent.budget))
