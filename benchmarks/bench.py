"""All contests, one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.checks import breaks, check_peers, events_alone, specc_checks
from benchmarks.corpora import project
from benchmarks.felt import felt
from benchmarks.growth import changed_base_check, deep, deep_check, shared
from benchmarks.loopback import serving
from benchmarks.peers import PYTHON, SPECC
from benchmarks.renders import render_peers, specc_renders
from benchmarks.result import Result
from benchmarks.submissions import submissions
from benchmarks.sweeps import sweep
from benchmarks.timing import BenchError, Budget, Contestant, interleaved, timed


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured. `shared` is a project's size, of which so many specs have the base that changes."""

    specs: tuple[int, ...]
    cells: tuple[int, ...]
    depths: tuple[int, ...]
    shared: int
    dependents: tuple[int, ...]
    payloads: int
    felt: tuple[int, ...]
    """The sizes of projects in which somebody checks a few files."""
    budget: Budget


QUICK = Extent((1, 100), (1_000,), (1, 16), 100, (1, 100), 100, (100,), Budget(seconds=2, most=5))
FULL = Extent(
    specs=(1, 100, 1_000, 10_000),
    cells=(100, 1_000, 10_000, 100_000),
    depths=(1, 2, 4, 8, 16),
    shared=1_000,
    dependents=(1, 10, 100, 1_000),
    payloads=300,
    felt=(1_000, 10_000),
    budget=Budget(seconds=4, most=15),
)


def results(place: Path, extent: Extent, *, only_felt: bool = False) -> Iterator[Result]:
    """Yield all contests, or what a person feels alone. Raises BenchError as soon as anybody's answer is wrong."""
    yield from felt(place / "felt", extent.felt, extent.budget)
    if only_felt:
        return
    find_mistakes(place / "broken")
    yield _start_up(place, extent)
    for size in extent.specs[:-1]:
        yield _checks(place / f"specs-{size}", size, extent)
    for size in extent.cells[:-1]:
        yield _renders(place / f"cells-{size}", size, extent)
    yield _submissions(place / "submissions", extent)
    for depth in extent.depths:
        made = deep(place / f"depth-{depth}", depth)
        yield Result("depth", depth, "files", interleaved([deep_check(made)], extent.budget))
    for dependents in extent.dependents:
        contestant = changed_base_check(shared(place / f"dependents-{dependents}", extent.shared, dependents))
        timed(contestant)
        yield Result("changed base", dependents, "specs", interleaved([contestant], extent.budget))
    # What takes longest comes last.
    yield _renders(place / "cells", extent.cells[-1], extent)
    yield _checks(place / "specs", extent.specs[-1], extent)


def find_mistakes(root: Path) -> None:
    """Every checker does check: a mistake in the last of three files does not escape it."""
    made = project(root, 3)
    contestants = [*specc_checks(made), *check_peers(made)]
    breaks(made)
    for contestant in contestants:
        try:
            timed(contestant)
        except BenchError:
            continue
        raise BenchError(f"{contestant.name} finds nothing wrong with a broken file")


def _start_up(place: Path, extent: Extent) -> Result:
    version = Contestant("specc", (SPECC, "--version"), place, 1, lambda text: text.count("specc "))
    bare = Contestant("python -c pass", (PYTHON, "-c", "pass"), place)
    return Result("start", 1, "process", interleaved([version, bare], extent.budget))


def _checks(root: Path, size: int, extent: Extent) -> Result:
    made = project(root, size)
    contestants = [*specc_checks(made), *check_peers(made), events_alone(made)]
    return Result("check", size, "specs", interleaved(contestants, extent.budget))


def _renders(root: Path, size: int, extent: Extent) -> Result:
    made = sweep(root, size)
    return Result("render", size, "cells", interleaved([*specc_renders(made), *render_peers(made)], extent.budget))


def _submissions(root: Path, extent: Extent) -> Result:
    made = sweep(root, extent.payloads)
    with serving() as desk:
        return Result("submit", made.size, "payloads", interleaved(submissions(made, desk), extent.budget))
