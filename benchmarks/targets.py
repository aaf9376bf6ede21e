"""What specc wants to reach, as ratios within one run, and whether it did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.result import Result, find, series
from benchmarks.timing import Timing


@dataclass(frozen=True, slots=True)
class Target:
    """One measured thing over another, and the most that it may be."""

    what: str
    beside: str
    ours: tuple[str, int, str]
    theirs: tuple[str, int, str]
    most: float
    stretch: float | None = None
    is_memory: bool = False


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
    Target("check one spec", "yamllint", ("check", 1, "specc"), ("check", 1, "yamllint"), 1.3, 1.0),
    Target("check one spec", "check-jsonschema", ("check", 1, "specc"), ("check", 1, "check-jsonschema"), 0.4),
    Target("check 1,000", "check-jsonschema", ("check", 1000, "specc"), ("check", 1000, "check-jsonschema"), 1 / 9),
    Target("check 1,000", "ajv-cli", ("check", 1000, "specc"), ("check", 1000, "ajv-cli"), 1.0, 0.6),
    Target(
        "check 1,000 again", "a first check of one", ("check", 1000, "specc again"), ("check", 1, "specc"), 1.0, 0.6
    ),
    Target("render 10,000 cells", "OmegaConf", ("render", 10000, "specc"), ("render", 10000, "OmegaConf"), 1 / 25),
    Target("render 10,000 cells", "pkl", ("render", 10000, "specc"), ("render", 10000, "pkl"), 2.0, 1.0),
    Target(
        "memory of 100,000 cells",
        "that of 1,000",
        ("render", 100000, "specc"),
        ("render", 1000, "specc"),
        1.3,
        is_memory=True,
    ),
    Target("specc --version", "python -c pass", ("start", 1, "specc"), ("start", 1, "python -c pass"), 1.5),
)

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
    for name, work, tool in GROWTH:
        points = series(results, work, tool)
        if len(points) > 1:
            (size, seconds), (larger, longer) = points[-2:]
            ratio = (longer / seconds) / (larger / size)
            yield Verdict(f"growth with {name}, {size:,} to {larger:,}", "growth of the size", ratio, LINEAR)


def _verdict(target: Target, ours: Timing, theirs: Timing) -> Verdict:
    if target.is_memory:
        return Verdict(target.what, target.beside, ours.peak / theirs.peak, target.most, target.stretch)
    user = ours.user / theirs.user if theirs.user else None
    return Verdict(target.what, target.beside, ours.wall / theirs.wall, target.most, target.stretch, user)
