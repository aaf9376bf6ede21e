"""What specc wants to reach, as ratios within one run, and whether it did."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.result import Result, find, series
from benchmarks.timing import Timing


def _wall(timing: Timing) -> float:
    return timing.wall


@dataclass(frozen=True, slots=True)
class Target:
    """One measured thing over another, and the most that it may be."""

    what: str
    beside: str
    ours: tuple[str, int, str]
    theirs: tuple[str, int, str]
    most: float
    stretch: float | None = None
    of: Callable[[Timing], float] = _wall


FORMS = ("check .", "check jobs", "check FILE", "check --strict", "check --output concise")

FELT = (
    Target(
        "one spec",
        "Python with its libraries",
        ("one spec", 1, "specc"),
        ("one spec", 1, "Python with its libraries"),
        1.3,
    ),
    Target("one spec with a mistake", "without", ("one spec", 1, "specc, a mistake"), ("one spec", 1, "specc"), 1.3),
    *(
        Target(
            f"{named} of {size:,}, never checked",
            "one spec alone",
            ("named", size, named),
            ("named", size, "one spec alone"),
            most,
        )
        for size, most in ((1_000, 1.3), (10_000, 3.0))
        for named in ("1 named", "20 named")
    ),
    *(
        Target(f"{form}, unchanged, of {size:,}", "check", ("unchanged", size, form), ("unchanged", size, "check"), 1.1)
        for size in (1_000, 10_000)
        for form in FORMS
    ),
    Target("1 changed of 10,000", "unchanged", ("hook", 10_000, "1 changed"), ("hook", 10_000, "unchanged"), 2.0),
)
"""What a person feels."""

TARGETS = (
    *FELT,
    Target(
        "check 1,000, cold", "check-jsonschema", ("check", 1000, "specc"), ("check", 1000, "check-jsonschema"), 1 / 4
    ),
    Target(
        "user time of 10,000, cold",
        "PyYAML's events",
        ("check", 10000, "specc"),
        ("check", 10000, "PyYAML's events"),
        20.0,
        of=lambda timing: timing.user,
    ),
    Target(
        "check 1,000 again", "a first check of one", ("check", 1000, "specc again"), ("check", 1, "specc"), 1.0, 0.6
    ),
    Target("render 10,000 cells", "pkl", ("render", 10000, "specc"), ("render", 10000, "pkl"), 1.5),
    Target("render 100,000 cells", "pkl", ("render", 100000, "specc"), ("render", 100000, "pkl"), 1.0),
    Target("check 10,000 cells", "their render", ("render", 10000, "specc check"), ("render", 10000, "specc"), 1.5),
    Target(
        "memory of 100,000 cells",
        "that of 1,000",
        ("render", 100000, "specc"),
        ("render", 1000, "specc"),
        1.3,
        of=lambda timing: timing.peak,
    ),
    Target("specc --version", "python -c pass", ("start", 1, "specc"), ("start", 1, "python -c pass"), 1.5),
)

IDLE = 0.2
"""So much of the processors may do nothing while ten thousand specs are checked."""

GROWTH = (
    ("files", "check", "specc"),
    ("files, unchanged", "check", "specc again"),
    ("cells", "render", "specc"),
    ("depth of inheritance", "depth", "specc"),
    ("dependents of a changed base", "changed base", "specc"),
)
"""What specc's time should grow with no faster than in proportion."""

LINEAR = 1.15
"""In the last step, the time may have grown so many times as much as the size. The rest is noise."""


@dataclass(frozen=True, slots=True)
class Verdict:
    what: str
    beside: str
    ratio: float
    most: float
    stretch: float | None = None
    user_ratio: float | None = None
    """Of processor time, which other users of a machine disturb less. What runs on two processors looks worse in it."""

    @property
    def is_met(self) -> bool:
        return self.ratio <= self.most

    @property
    def wording(self) -> str:
        if not self.is_met:
            return "not met"
        return "met, and the stretch" if self.stretch is not None and self.ratio <= self.stretch else "met"


def verdicts(results: Sequence[Result]) -> Iterator[Verdict]:
    """Of everything that this run measured."""
    for target in TARGETS:
        ours, theirs = find(results, *target.ours), find(results, *target.theirs)
        if ours is not None and theirs is not None:
            yield _verdict(target, ours, theirs)
    if (whole := find(results, "check", 10_000, "specc")) is not None:
        yield Verdict("processors idle in a check of 10,000", "all of them", _idle(whole), IDLE)
    for name, work, tool in GROWTH:
        points = series(results, work, tool)
        if len(points) > 1:
            (size, seconds), (larger, longer) = points[-2:]
            ratio = (longer / seconds) / (larger / size)
            yield Verdict(f"growth with {name}, {size:,} to {larger:,}", "growth of the size", ratio, LINEAR)


def _verdict(target: Target, ours: Timing, theirs: Timing) -> Verdict:
    user = ours.user / theirs.user if theirs.user and target.of is _wall else None
    return Verdict(target.what, target.beside, target.of(ours) / target.of(theirs), target.most, target.stretch, user)


def _idle(timing: Timing) -> float:
    """Return the share of the processors that did nothing."""
    return max(0.0, 1 - timing.cores / (os.cpu_count() or 1))
