"""For tools: everything, payload by payload and field by field."""

import json

from specc.comparison.model import Comparison, Detail, Group, Item, Label, Place
from specc.visible import visible_json

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
