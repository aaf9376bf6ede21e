"""What differs between two payloads, field by field."""

import json
from collections.abc import Container, Iterator, Mapping
from difflib import unified_diff

from specc.evaluator import MASK
from specc.fast_dataclass import dataclass
from specc.source import BLANKS

MOST_LINES = 12
"""The number of lines that are shown of a text that changed."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs. `before` and `after` hold the value, or nothing where the field is not set."""

    field: str
    before: tuple[object, ...]
    after: tuple[object, ...]

    def data(self) -> dict[str, object]:
        """Return the change as JSON data."""
        sides = {"before": self.before, "after": self.after}
        return {"field": self.field, **{name: side[0] for name, side in sides.items() if side}}

    def lines(self) -> list[str]:
        """Return the change for people: both values, or the lines that differ in a text of several lines."""
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
    """Yield the fields that differ, in alphabetical order. `1` and `true` differ, as they do in JSON."""
    for name in sorted({*before, *after}):
        old = (before[name],) if name in before else ()
        new = (after[name],) if name in after else ()
        if repr(old) != repr(new):
            yield Change(name, old, new)


def masked(change: Change, *, was: Container[str], now: Container[str]) -> Change:
    """Return the change as reports may show it. `was` and `now` are the fields that come from hidden variables."""
    before = (MASK,) if change.before and change.field in was else change.before
    after = (MASK,) if change.after and change.field in now else change.after
    return Change(change.field, before, after)
