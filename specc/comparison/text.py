"""For people: a paragraph for each cause."""

from collections.abc import Iterator

from specc.comparison import wording
from specc.comparison.model import Comparison, Group
from specc.visible import visible
from specc.wording import brief

MOST_ITEMS = 5
WIDTH = 200


def as_text(comparison: Comparison, base: str) -> str:
    """Nothing where no payload has changed."""
    paragraphs = ["".join(f"{line}\n" for line in _paragraph(group)) for group in comparison.groups]
    lines = [f"not compared: {brief(one.spec, WIDTH)}: {visible(one.why)}\n" for one in comparison.uncompared]
    return "\n".join([*paragraphs, *(["".join(lines)] if lines else [])])


def _paragraph(group: Group) -> Iterator[str]:
    where = group.cause.place
    at = "" if where is None else f", {brief(str(where), WIDTH)}"
    yield f"{wording.payloads(len(group.items))} {group.cause.what}: {visible(wording.heading(group))}{at}"
    yield f"  of {wording.specs(group)}"
    if group.cause.what == "altered":
        yield from _fields(group)
        return
    for item in group.items[:MOST_ITEMS]:
        was = f", was {wording.label(item.was)}" if item.was is not None and item.was.spec == item.label.spec else ""
        yield f"  {wording.label(item.label)}{was}"
    if len(group.items) > MOST_ITEMS:
        yield f"  and {len(group.items) - MOST_ITEMS:,} more"


def _fields(group: Group) -> Iterator[str]:
    """Each field with the first payload's values. What the first line says is not said again."""
    for detail, item, count in wording.alike(group):
        if wording.is_told(detail, group.cause):
            continue
        more = f", and {count - 1:,} more" if count > 1 else ""
        field, lines = detail.change.field, wording.differing(detail.change)
        if len(lines) == 1:
            yield f"  {visible(field)}: {brief(lines[0], WIDTH)}"
        else:
            yield f"  {visible(field)}:"
            yield from (f"    {brief(line, WIDTH)}" for line in lines)
        yield f"    in {wording.label(item.label)}{more}"
