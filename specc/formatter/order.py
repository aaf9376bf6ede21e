"""The order of keys: which mappings have an order, and which keys come first."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from specc.diagnostics import closest
from specc.parser import EXTENSION, HEADER, SECTIONS

ROOT, PROFILES, PARAMS, PARAM, MATRIX, AXES, AXIS, JOB, FIELD, RESULTS, RESULT, OTHER = (
    "root", "profiles", "params", "param", "matrix", "axes", "axis", "job", "field", "results", "result", "other",
)  # fmt: skip
FORMS = ("$replace",)
"""Operators whose operand would stand in their position without them."""

KEYS: dict[str, tuple[str, ...]] = {
    ROOT: (*HEADER, *SECTIONS),
    PARAM: ("type", "choices", "default", "minimum", "maximum", "example", "description"),
    MATRIX: ("axes", "zip", "where", "exclude", "include", "repeat", "max"),
    AXIS: ("from", "to", "step", "steps", "scale"),
    RESULT: ("from", "format", "pattern", "key", "take", "type", "unit", "description"),
    FIELD: ("$file", "$command", "env", "args"),
}
CHILDREN: dict[str, dict[str, str]] = {
    ROOT: {"params": PARAMS, "matrix": MATRIX, "profiles": PROFILES, "job": JOB, "results": RESULTS},
    MATRIX: {"axes": AXES, "zip": AXES},
}
EVERY_CHILD = {PARAMS: PARAM, PROFILES: ROOT, AXES: AXIS, JOB: FIELD, RESULTS: RESULT}


def kind_below(kind: str, name: str) -> str:
    """Return the kind of mapping that the value of key `name` is."""
    if name in FORMS:
        return kind
    return EVERY_CHILD.get(kind) or CHILDREN.get(kind, {}).get(name, OTHER)


class Movable(Protocol):
    """What `arranged` reads of an entry. `defines` and `uses` are anchors; a long entry has several lines."""

    @property
    def name(self) -> str | None: ...
    @property
    def defines(self) -> frozenset[str]: ...
    @property
    def uses(self) -> frozenset[str]: ...
    @property
    def is_long(self) -> bool: ...


M = TypeVar("M", bound=Movable)


class Order:
    """The order of all mappings of a spec. `fields` are those of the API, in the order of its table."""

    def __init__(self, fields: Iterable[str], *, moves: bool = True) -> None:
        names = {**KEYS, JOB: tuple(fields)}
        self._ranks = {kind: {name: rank for rank, name in enumerate(keys)} for kind, keys in names.items()}
        self._moves = moves

    def arranged(self, kind: str, entries: Sequence[M]) -> list[M]:
        """Return entries in order. An entry that defines an anchor stays before the entries that use it."""
        ranks = self._ranks.get(kind)
        if ranks is None or not self._moves:
            return list(entries)
        # A script between the limits of a job would hide them.
        lasts = kind == JOB
        return _sorted(list(entries), lambda entry: (lasts and entry.is_long, _rank(kind, ranks, entry.name)))

    def is_header(self, name: str | None) -> bool:
        """Return whether a key of the root is not a section, such as `extends`."""
        return name in HEADER


def _rank(kind: str, ranks: dict[str, int], name: str | None) -> int:
    if name == "<<":
        return -1
    if name in ranks or name is None:
        return ranks.get(name or "", len(ranks))
    if kind == ROOT and name.startswith(EXTENSION):
        return len(ranks) + 1
    # A misspelled name stands where the right one would, so that nothing moves when it is corrected.
    meant = closest(name, ranks)
    return len(ranks) if meant is None else ranks[meant]


def _sorted(entries: list[M], rank: Callable[[M], tuple[bool, int]]) -> list[M]:
    """Return entries by rank, but each behind those that define its anchors. Anchors of valid YAML have no cycles."""
    definer = {anchor: index for index, entry in enumerate(entries) for anchor in entry.defines}
    order: dict[int, None] = {}
    for first in sorted(range(len(entries)), key=lambda index: rank(entries[index])):
        waiting = [first]
        while waiting:
            index = waiting[-1]
            needed = [definer[anchor] for anchor in sorted(entries[index].uses) if anchor in definer]
            missing = [other for other in needed if other != index and other not in order]
            if missing:
                waiting.append(missing[0])
            else:
                order[waiting.pop()] = None
    return [entries[index] for index in order]
