"""The words that texts and Markdown share."""

import json
from collections.abc import Iterator
from posixpath import commonprefix

from specc.changes import Change
from specc.comparison.model import Cause, Comparison, Detail, Group, Item, Label
from specc.wording import brief

LONGEST = 60
WIDTH = 200
MOST_LENGTH = 100
SHOWN_BEFORE = 30
MOST_SPECS = 3


def payloads(count: int) -> str:
    return "1 payload" if count == 1 else f"{count:,} payloads"


def heading(group: Group) -> str:
    """Why, on one line: "core_limit 64 -> 32", "matrix.mesh = huge", "the spec is new"."""
    cause = group.cause
    match cause.what:
        case "moved" if cause.before != cause.after:
            return f"{value(cause.before[0])} -> {value(cause.after[0])}, {cause.note}"
        case "moved":
            return f"{value(cause.after[0])}, {cause.note}"
        case "added" | "removed":
            one = (*cause.before, *cause.after)
            name = brief(cause.name, WIDTH)
            said = f"{name} = {value(one[0])}" if one else name
            return f"{said}, {cause.note}" if cause.note else said
        case _:
            said = f"{cause.name} {_sides(cause)}".rstrip()
            return f"{said}, {cause.note}" if cause.note else said


def _sides(cause: Cause) -> str:
    if not cause.before and not cause.after:
        return ""
    sides = [value(side[0]) if side else "not set" for side in (cause.before, cause.after)]
    return " -> ".join(sides) if sides[0] != sides[1] else "changed"


def value(text: str) -> str:
    """JSON on one short line, a plain word without its quotes."""
    data = json.loads(text)
    return brief(data if isinstance(data, str) and data and data.strip() == data else text, LONGEST)


def specs(group: Group) -> str:
    """The specs that the payloads are of, the first ones by name."""
    names = list(dict.fromkeys(item.label.spec for item in group.items))
    listed = ", ".join(brief(name, LONGEST) for name in names[:MOST_SPECS])
    return listed if len(names) <= MOST_SPECS else f"{listed} and {len(names) - MOST_SPECS:,} more specs"


def label(one: Label) -> str:
    """A payload: its name, and how it is chosen."""
    words = [brief(one.name, LONGEST) or "(no name)", f"({brief(one.spec, WIDTH)}"]
    if one.params:
        words.append(f"-p {brief(one.params, WIDTH)}")
    return " ".join([*words, f"cell {one.cell})"])


def alike(group: Group) -> list[tuple[Detail, Item, int]]:
    """The fields that changed, each with its first payload, and how many others have exactly the same change."""
    found: dict[str, tuple[Detail, Item, int]] = {}
    for item in group.items:
        for detail in item.details:
            known = found.get(detail.change.field)
            found[detail.change.field] = (detail, item, 1) if known is None else (known[0], known[1], known[2] + 1)
    return list(found.values())


def is_told(detail: Detail, cause: Cause) -> bool:
    """Does the heading say all that there is to say of the field?"""
    change = detail.change
    if cause.name != change.field:
        return False
    return [json.dumps(list(side), ensure_ascii=False, default=str) for side in (change.before, change.after)] == [
        f"[{', '.join(side)}]" for side in (cause.before, cause.after)
    ] and not _is_long(change)


def _is_long(change: Change) -> bool:
    return any(
        len(str(side[0])) > LONGEST - 2 or "\n" in str(side[0]) for side in (change.before, change.after) if side
    )


def summary(comparison: Comparison) -> Iterator[str]:
    """The parts of "198 payloads altered, 2 added", or nothing where none has changed."""
    first = True
    for what, count in comparison.counts.items():
        if count:
            yield f"{payloads(count)} {what}" if first else f"{count:,} {what}"
            first = False


def headline(comparison: Comparison) -> str:
    """What has changed, and how many specs nothing is known of: "no payload changes" is said of compared ones alone."""
    changed = ", ".join(summary(comparison))
    left = len(comparison.uncompared)
    if not left:
        return changed or "no payload changes"
    specs = f"{left:,} spec{'s' * (left != 1)} not compared"
    if changed or not comparison.same:
        return f"{changed}; {specs}" if changed else specs
    return f"no payload changes in what was compared; {specs}"


def differing(change: Change) -> list[str]:
    """Both values, on one line where they are short; of long ones the lines, or the stretch, where they go apart."""
    lines = change.lines()
    if len(lines) > 1 or len(lines[0]) <= MOST_LENGTH or not (change.before and change.after):
        return lines
    before, after = (json.dumps(side[0], ensure_ascii=False) for side in (change.before, change.after))
    same = len(commonprefix([before, after]))
    start = same - SHOWN_BEFORE if same > LONGEST else 0
    dots = "..." if start else ""
    return [f"{sign} {dots}{side[start:]}" for sign, side in (("-", before), ("+", after))]
