"""The differences between two versions of a call, field by field."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from specc.fast_dataclass import dataclass
from specc.schema import JsonObject
from specc.schema.api import ACTION, ENDPOINT, FILLED_BY, METHOD, QUANTITY, SHELL

MISSING = object()


class Aspect(StrEnum):
    """What of a call or field has changed."""

    ADDED = "added"
    REMOVED = "removed"
    REQUIRED = "required"
    TYPE = "type"
    DEFAULT = "default"
    VALUES = "values"
    MEANING = "meaning"
    DESCRIPTION = "description"
    NEEDED = "needed"
    CALL = "call"
    ORDER = "order"


KEYWORDS: dict[Aspect, tuple[str, ...]] = {
    Aspect.TYPE: ("type", "format", "items"),
    Aspect.DEFAULT: ("default",),
    Aspect.VALUES: ("enum", "minimum", "maximum", "minLength", "maxLength", "pattern"),
    Aspect.MEANING: (QUANTITY, SHELL, FILLED_BY),
    Aspect.DESCRIPTION: ("description",),
}
"""The keywords that each aspect of a field has in its schema."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `field` is empty for a difference of the call; an absent value is None."""

    aspect: Aspect
    field: str
    keyword: str
    old: Any
    new: Any

    def __str__(self) -> str:
        match self.aspect:
            case Aspect.ADDED:
                return f"added `{self.field}`, {self.new}"
            case Aspect.REMOVED:
                return f"removed `{self.field}`, {self.old}"
            case Aspect.REQUIRED:
                return f"`{self.field}` is {'now' if self.new else 'no longer'} required"
            case Aspect.NEEDED if self.old and self.new:
                return f"needs one of {_listed(self.new)} instead of one of {_listed(self.old)}"
            case Aspect.NEEDED:
                return (
                    f"now needs one of {_listed(self.new)}"
                    if self.new
                    else f"no longer needs one of {_listed(self.old)}"
                )
            case Aspect.ORDER:
                return "the order of the fields has changed"
            case _:
                what = f"`{self.field}`: {self.keyword}" if self.field else self.keyword
                return f"{what} {_shown(self.old)} -> {_shown(self.new)}"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def diff(old: JsonObject, new: JsonObject) -> list[Change]:
    """Return the changes from `old` to `new`: of the call, of each field in the new order, then the removed fields."""
    return list(_changes(old, new))


def _changes(old: JsonObject, new: JsonObject) -> Iterator[Change]:
    for keyword in (ACTION, METHOD, ENDPOINT):
        if old.get(keyword) != new.get(keyword):
            yield Change(Aspect.CALL, "", keyword.removeprefix("x-"), old.get(keyword), new.get(keyword))
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, body in after.items():
        if name not in before:
            yield Change(Aspect.ADDED, name, "", None, _summary(new, name))
        else:
            yield from _field_changes(name, before[name], body, _requires(old, name), _requires(new, name))
    for name in before:
        if name not in after:
            yield Change(Aspect.REMOVED, name, "", _summary(old, name), None)
    if _needed(old) != _needed(new):
        yield Change(Aspect.NEEDED, "", "at least one of", _needed(old), _needed(new))
    common = [name for name in before if name in after]
    if common != [name for name in after if name in before]:
        yield Change(Aspect.ORDER, "", "", list(before), list(after))


def _field_changes(name: str, old: JsonObject, new: JsonObject, was: bool, now: bool) -> Iterator[Change]:
    if was != now:
        yield Change(Aspect.REQUIRED, name, "required", was, now)
    for aspect, keywords in KEYWORDS.items():
        for keyword in keywords:
            if old.get(keyword, MISSING) != new.get(keyword, MISSING):
                yield Change(aspect, name, keyword.removeprefix("x-"), old.get(keyword), new.get(keyword))


def _requires(schema: JsonObject, name: str) -> bool:
    return name in schema.get("required", ())


def _summary(schema: JsonObject, name: str) -> str:
    body = schema["properties"][name]
    facts = [str(body.get("type", "any type")), "required" if _requires(schema, name) else "optional"]
    if "default" in body:
        facts.append(f"default {_shown(body['default'])}")
    return ", ".join(facts)


def _needed(schema: JsonObject) -> list[str] | None:
    names = [name for branch in schema.get("anyOf", ()) for name in branch.get("required", ())]
    return names or None


def _shown(value: Any) -> str:
    match value:
        case None:
            return "(none)"
        case list():
            return ", ".join(str(item) for item in value)
        case str() if "\n" in value:
            return " / ".join(value.splitlines())
        case bool():
            return str(value).lower()
        case _:
            return str(value)
