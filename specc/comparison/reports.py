"""A comparison as text for people, as Markdown for a merge request, and as JSON for tools."""

import json
from collections.abc import Callable, Iterator

from specc.comparison import wording
from specc.comparison.markdown import as_markdown
from specc.comparison.model import Comparison, Detail, Group, Item, Label, Place
from specc.language import Translate, in_english
from specc.reporters.paint import Paint, Style, painter
from specc.visible import visible, visible_json
from specc.wording import brief

MOST_ITEMS = 5
WIDTH = 200


UNPAINTED = painter(False)
STYLES: dict[str, Style] = {"added": "good", "removed": "error"}
"""The colours of what became of payloads; `altered` has that of warnings."""


def as_text(comparison: Comparison, base: str, paint: Paint = UNPAINTED, translate: Translate = in_english) -> str:
    """Return nothing where no payload has changed."""
    groups = comparison.groups
    paragraphs = ["".join(f"{line}\n" for line in _paragraph(group, paint, translate)) for group in groups]
    left = [translate(f"not compared: {brief(one.spec, WIDTH)}: {one.why}") for one in comparison.uncompared]
    lines = [f"{visible(line)}\n" for line in left]
    return "\n".join([*paragraphs, *(["".join(lines)] if lines else [])])


def _paragraph(group: Group, paint: Paint, translate: Translate) -> Iterator[str]:
    """Yield the lines. Nothing foreign in them is unseen, because a terminal takes colours, and so any escape."""
    where = group.cause.place
    at = "" if where is None else f", {brief(str(where), WIDTH)}"
    what = translate(f"{wording.payloads(len(group.items))} {group.cause.what}")
    what = paint(STYLES.get(group.cause.what, "warning"), what)
    yield f"{what}: {paint('bold', visible(translate(wording.heading(group))))}{visible(at)}"
    yield visible(translate(f"  of {wording.specs(group)}"))
    if group.cause.what == "altered":
        yield from _fields(group, paint, translate)
        return
    for item in group.items[:MOST_ITEMS]:
        was = f", was {wording.label(item.was)}" if item.was is not None and item.was.spec == item.label.spec else ""
        yield visible(f"  {wording.label(item.label)}{translate(was)}")
    if len(group.items) > MOST_ITEMS:
        yield translate(f"  and {len(group.items) - MOST_ITEMS:,} more")


def _fields(group: Group, paint: Paint, translate: Translate) -> Iterator[str]:
    """Yield each field with the first payload's values. What the first line says is not said again."""
    for detail, item, count in wording.alike(group):
        if wording.is_told(detail, group.cause):
            continue
        more = f", and {count - 1:,} more" if count > 1 else ""
        field = paint("bold", visible(detail.change.field))
        lines = [visible(brief(line, WIDTH)) for line in wording.differing(detail.change)]
        if len(lines) == 1:
            yield f"  {field}: {lines[0]}"
        else:
            yield f"  {field}:"
            yield from (f"    {line}" for line in lines)
        yield visible(translate(f"    in {wording.label(item.label)}{more}"))


VERSION = 1


def as_json(comparison: Comparison, base: str) -> str:
    counts = {str(what): count for what, count in comparison.counts.items()}
    document = {
        "version": VERSION,
        "base": base,
        "summary": {**counts, "same": comparison.same, "not_compared": len(comparison.uncompared)},
        "groups": [_group(group) for group in comparison.groups],
        "not_compared": [
            {"spec": one.spec, "why": one.why, "was_broken": one.was_broken} for one in comparison.uncompared
        ],
    }
    return visible_json(json.dumps(document, ensure_ascii=False, indent=2, default=str)) + "\n"


def _group(group: Group) -> dict[str, object]:
    cause = group.cause
    return {
        "what": cause.what,
        "cause": {
            "name": cause.name,
            **{name: json.loads(side[0]) for name, side in (("before", cause.before), ("after", cause.after)) if side},
            "note": cause.note or None,
            "place": _place(cause.place),
        },
        "payloads": [_item(item) for item in group.items],
    }


def _place(place: Place | None) -> dict[str, object] | None:
    if place is None:
        return None
    return {"path": place.path, "line": place.line, "column": place.column, "side": "old" if place.is_old else "new"}


def _item(item: Item) -> dict[str, object]:
    return {
        **_label(item.label),
        "was": _label(item.was) if item.was is not None else None,
        "digest": {"before": item.before, "after": item.after},
        "fields": [_detail(detail) for detail in item.details],
    }


def _label(label: Label) -> dict[str, object]:
    return {"spec": label.spec, "params": label.params or None, "cell": label.cell, "name": label.name}


def _detail(detail: Detail) -> dict[str, object]:
    return {**detail.change.data(), "origin": _place(detail.origin)}


REPORTS: dict[str, Callable[[Comparison, str], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "json": as_json,
}
"""Each takes the comparison and the words for its old side."""
