"""What one run of the bench found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.timing import Timing


@dataclass(frozen=True, slots=True)
class Result:
    """One contest, of `size` units, and how each contestant did. The first is specc."""

    work: str
    size: int
    unit: str
    timings: dict[str, Timing]


def find(results: Sequence[Result], work: str, size: int, tool: str) -> Timing | None:
    for result in results:
        if (result.work, result.size) == (work, size):
            return result.timings.get(tool)
    return None


def series(results: Sequence[Result], work: str, tool: str) -> list[tuple[int, float]]:
    """Sizes and seconds of one tool, for each size that it was given."""
    return [(one.size, one.timings[tool].wall) for one in results if one.work == work and tool in one.timings]


def in_order(results: Sequence[Result]) -> list[Result]:
    """By size within each work, whenever they were measured."""
    works = list(dict.fromkeys(result.work for result in results))
    return sorted(results, key=lambda result: (works.index(result.work), result.size))


def tools(results: Sequence[Result], work: str) -> Iterator[str]:
    """In the order in which they first appear."""
    yield from dict.fromkeys(name for result in results if result.work == work for name in result.timings)
