"""What is new in a payload, field by field, and what it may cost."""

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from difflib import unified_diff
from fractions import Fraction

from specc.evaluator import MASK
from specc.fast_dataclass import dataclass
from specc.source import BLANKS
from specc.units import DURATION_UNITS

HOUR = 3600
MOST_LINES = 12
"""So many lines of a text that changed are shown."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field. `before` and `after` hold the value, or nothing where the field was not there."""

    field: str
    before: tuple[object, ...]
    after: tuple[object, ...]

    def data(self) -> dict[str, object]:
        sides = {"before": self.before, "after": self.after}
        return {"field": self.field, **{name: side[0] for name, side in sides.items() if side}}

    def lines(self) -> list[str]:
        """For people: both values, or of a text of several lines those that differ."""
        match self.before, self.after:
            case (str(before),), (str(after),) if "\n" in before.rstrip("\n") or "\n" in after.rstrip("\n"):
                return _differing(before, after)
        sides = [json.dumps(side[0], ensure_ascii=False) if side else "not set" for side in (self.before, self.after)]
        return [" -> ".join(sides)]


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _differing(before: str, after: str) -> list[str]:
    marked = unified_diff(_lines(before), _lines(after), n=0)
    lines = [f"{line[0]} {line[1:]}".rstrip(BLANKS) for line in list(marked)[2:] if line[0] != "@"]
    if not lines:
        return ["only the ends of lines differ"]
    if len(lines) <= MOST_LINES:
        return lines
    return [*lines[: MOST_LINES - 1], f"and {len(lines) - MOST_LINES + 1:,} more lines"]


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    """The fields that differ, in alphabetical order. `1` and `true` differ, as they do in JSON."""
    for name in sorted({*before, *after}):
        old = (before[name],) if name in before else ()
        new = (after[name],) if name in after else ()
        if repr(old) != repr(new):
            yield Change(name, old, new)


def masked(change: Change, *, was: Container[str], now: Container[str]) -> Change:
    """Return the change as reports may show it; `was` and `now` are the fields that come from hidden variables."""
    before = (MASK,) if change.before and change.field in was else change.before
    after = (MASK,) if change.after and change.field in now else change.after
    return Change(change.field, before, after)


@dataclass(frozen=True, slots=True)
class Cost:
    """Core-hours that payloads can use at most; `unlimited` of them say no time, so nobody can tell."""

    hours: Fraction
    counted: int
    unlimited: int
    has_unit: bool

    def __str__(self) -> str:
        if not self.has_unit:
            return "core-hours: unknown, because no unit of `time_limit` is set"
        if not self.counted and not self.unlimited:
            return "core-hours: none"
        at_most = f"core-hours: at most {hours_text(self.hours)}" if self.counted else "core-hours: unknown"
        return f"{at_most}, and {self.unlimited} without `time_limit`" if self.unlimited else at_most


def hours_text(hours: Fraction) -> str:
    return f"{float(hours):,.2f}".rstrip("0").rstrip(".")


def core_hours(body: Mapping[str, object], units: Mapping[str, str]) -> Fraction | None:
    """`core_limit` times `time_limit`, one core where none is said; None where the time or its unit is not known."""
    cores, time, unit = body.get("core_limit", 1), body.get("time_limit"), units.get("time_limit")
    if not isinstance(cores, int) or not isinstance(time, int) or unit not in DURATION_UNITS:
        return None
    return Fraction(cores * time * DURATION_UNITS[unit], HOUR)


def cost(bodies: Iterable[Mapping[str, object]], units: Mapping[str, str]) -> Cost:
    each = [core_hours(body, units) for body in bodies]
    known = [hours for hours in each if hours is not None]
    return Cost(sum(known, Fraction()), len(known), len(each) - len(known), units.get("time_limit") in DURATION_UNITS)
