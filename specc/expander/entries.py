"""`exclude` and `include` entries: mappings from axes to values."""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Many
from dataclasses import field
from itertools import product
from math import prod

from specc.diagnostics import Diagnostic, codes, did_you_mean
from specc.expander.axes import Evaluate, Group
from specc.expander.values import MOST_COMPARED, AxisValue, Values, leaves, typed
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Sequence, kind_of
from specc.resolver import shown

Keys = tuple[bytes | None, ...]
Condition = Callable[[Values], bool]
"""What must hold in a combination for it to be a cell."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    values: Values
    node: Mapping

    def size(self, groups: Many[Group]) -> int:
        """Return how many cells an `include` entry adds."""
        return prod(len(group.rows) for group in groups if not self.names(group))

    def completed(self, groups: Many[Group]) -> Iterator[Values]:
        """Yield the cells that an `include` entry adds: groups that it does not name take all their rows."""
        rows: list[Iterable[Row]] = [
            [tuple(self.values[n] for n in group.names)] if self.names(group) else group.rows for group in groups
        ]
        for combination in combined(rows):
            yield {
                name: value
                for group, row in zip(groups, combination, strict=True)
                for name, value in zip(group.names, row, strict=True)
            }

    def names(self, group: Group) -> tuple[str, ...]:
        """Return the axes of the group that the entry names."""
        return tuple(name for name in group.names if name in self.values)


Row = tuple[AxisValue, ...]


def combined(groups: Many[Iterable[Row]]) -> Iterator[tuple[Row, ...]]:
    """Yield every choice of one row of each group; the last group changes first. Rows are made when they are needed."""
    chosen: list[Row] = []
    open_groups = [iter(group) for group in groups[:1]]
    if not groups:
        yield ()
    while open_groups:
        row = next(open_groups[-1], None)
        if row is None:
            open_groups.pop()
            del chosen[-1:]
        elif len(open_groups) == len(groups):
            yield (*chosen, row)
        else:
            chosen.append(row)
            open_groups.append(iter(groups[len(open_groups)]))


def keys_of(values: Values, names: tuple[str, ...]) -> Keys:
    return tuple(values[name].key for name in names)


@dataclass(frozen=True, slots=True, eq=False)
class Excluded:
    """The combinations that `exclude` and `where` remove. `keys` are those of entries, by the names of their axes."""

    keys: dict[tuple[str, ...], set[Keys]] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.keys or self.conditions)

    def matches(self, cell: Values) -> bool:
        if any(keys_of(cell, names) in keys for names, keys in self.keys.items()):
            return True
        return not all(holds(cell) for holds in self.conditions)


def excluded(entries: Many[Entry], known: "Product", conditions: tuple[Condition, ...] = ()) -> Excluded:
    """Return the combinations that entries and conditions remove. Entries with unknown values remove nothing."""
    keys: dict[tuple[str, ...], set[Keys]] = {}
    for entry in entries:
        if all(value.is_known for value in entry.values.values()):
            names = tuple(sorted(entry.values))
            keys.setdefault(names, set()).update(known.meant_by(entry, names))
    return Excluded(keys, conditions)


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """The combinations of all groups, for fast look-up without making them."""

    groups: Many[Group]
    tables: dict[tuple[str, ...], set[Keys]] = field(default_factory=dict)
    parts: dict[str, dict[object, set[bytes | None]]] = field(default_factory=dict)

    def has(self, values: Values) -> bool:
        """Return whether a combination is among them. A combination with an unknown value is not."""
        keys = ((group, keys_of(values, group.names)) for group in self.groups)
        return all(None not in key and key in self._table(group, group.names) for group, key in keys)

    def may_match(self, entry: Entry) -> bool:
        """Return whether the entry matches a combination, or may do so. Groups are independent of each other."""
        return all(self._may_have(group, entry.names(group), entry) for group in self.groups)

    def _may_have(self, group: Group, names: tuple[str, ...], entry: Entry) -> bool:
        """Return whether the group has the entry's values of these axes, or may have them."""
        meant, table = self.meant_by(entry, names), self._table(group, names)
        return any(keys in table or None in keys for keys in meant) or self._is_open(group, names)

    def meant_by(self, entry: Entry, names: tuple[str, ...]) -> list[Keys]:
        """Return the values of these axes that an entry means.

        A mapping that is no value of its axis means all values that have its members.
        """
        return list(product(*(self._meant(name, entry.values[name]) for name in names)))

    def _meant(self, axis: str, value: AxisValue) -> list[bytes | None]:
        if not isinstance(value.data, dict):
            return [value.key]
        index = self._leaves_of(axis)
        if value.key in index.get((), set()):
            return [value.key]
        found: list[set[bytes | None]] = [index.get(leaf, set()) for leaf in leaves(value.data)]
        return [*set.intersection(*found)] or [value.key]

    def _leaves_of(self, axis: str) -> dict[object, set[bytes | None]]:
        """Return which values of an axis have what in them; under the empty path, all of them."""
        if axis not in self.parts:
            index: dict[object, set[bytes | None]] = {}
            for value in self.values_of(axis):
                for leaf in ((), *leaves(value.data)):
                    index.setdefault(leaf, set()).add(value.key)
            self.parts[axis] = index
        return self.parts[axis]

    def never_has(self, entry: Entry) -> str | None:
        """Return an axis that surely never has the value that the entry gives it, or None."""
        for group in self.groups:
            for name in entry.names(group):
                if not self._may_have(group, (name,), entry):
                    return name
        return None

    def values_of(self, axis: str) -> list[AxisValue]:
        return [row[group.names.index(axis)] for group in self.groups if axis in group.names for row in group.rows]

    def _table(self, group: Group, names: tuple[str, ...]) -> set[Keys]:
        if names not in self.tables:
            columns = [group.names.index(name) for name in names]
            self.tables[names] = {tuple(row[column].key for column in columns) for row in group.rows}
        return self.tables[names]

    def _is_open(self, group: Group, names: tuple[str, ...]) -> bool:
        """Return whether a value of these axes is unknown."""
        return any((None,) in self._table(group, (name,)) for name in names)


def read_entries(
    section: Mapping, name: str, groups: Many[Group], evaluate: Evaluate, found: list[Diagnostic]
) -> list[Entry]:
    """Return the usable entries of `exclude:` or `include:`. The others are reported."""
    node = section.get(name)
    if node is None:
        return []
    if not isinstance(node, Sequence):
        message = f"`matrix.{name}` is {kind_of(node)}, not a list"
        help = f"write `{name}: [{{AXIS: value}}]`"
        found.append(codes.BAD_MATRIX.at(node.span, message, help=help))
        return []
    entries: list[Entry] = []
    if name == "include" and not groups:
        found.extend(_unlike(node))
        return entries
    for item in node.items:
        if not isinstance(item, Mapping) or not item.entries:
            what = "empty" if isinstance(item, Mapping) else kind_of(item)
            message = f"an entry of `{name}` is {what}, not a mapping from axes to values"
            found.append(codes.BAD_MATRIX.at(item.span, message, help="write `- {AXIS: value}`"))
            continue
        mistakes = list(_mistakes(name, item, groups))
        entry = Entry({key: AxisValue(evaluate(value), value) for key, value in item.entries.items()}, item)
        found.extend(mistakes)
        entries.extend([] if mistakes else [entry])
    return entries


def _unlike(node: Sequence) -> Iterator[Diagnostic]:
    """Yield why a list of cells is not one: an entry that is not a mapping, or that names other axes than the first."""
    first = node.items[0] if node.items else None
    wanted = first.entries.keys() if isinstance(first, Mapping) else {}.keys()
    help = "without `axes`, `include` lists the cells themselves: give each entry a value for the same names"
    if not node.items:
        yield codes.BAD_MATRIX.at(node.span, "`include` lists no cell", help=help)
    for item in node.items:
        if not isinstance(item, Mapping) or not item.entries:
            what = "empty" if isinstance(item, Mapping) else kind_of(item)
            message = f"an entry of `include` is {what}, not a mapping from axes to values"
            yield codes.BAD_MATRIX.at(item.span, message, help="write `- {AXIS: value}`")
        elif wanted and item.entries.keys() != wanted:
            name = next(iter([*(wanted - item.entries.keys()), *(item.entries.keys() - wanted)]))
            message = f"this entry {'lacks' if name in wanted else 'also names'} `{name}`"
            yield codes.BAD_MATRIX.at(item.span, f"{message}, unlike the first one", help=help)


def _mistakes(name: str, item: Mapping, groups: Many[Group]) -> Iterator[Diagnostic]:
    known = [axis for group in groups for axis in group.names]
    for key in item.keys.values():
        if key.value not in known:
            help = did_you_mean(str(key.value), known, "axes") or f"declare it: `axes: {{{key.value}: [...]}}`"
            yield codes.UNKNOWN_AXIS.at(key.span, f"the matrix has no axis `{key.value}`", help=help)
    for group in groups:
        named = [axis for axis in group.names if axis in item.entries]
        if name == "include" and named and len(named) < len(group.names):
            missing = next(axis for axis in group.names if axis not in item.entries)
            message = f"`{named[0]}` advances together with `{missing}`, so this entry must name `{missing}`, too"
            yield codes.BAD_MATRIX.at(item.keys[named[0]].span, message)


MESSAGE = "this `exclude` matches no cell"


def dead_exclude(entry: Entry, known: Product) -> Diagnostic:
    """Return the diagnostic of an `exclude` entry that matches no cell. It names a value that its axis never has."""
    name = known.never_has(entry)
    if name is None:
        return codes.DEAD_EXCLUDE.at(entry.node.span, MESSAGE, help="its values are never in one cell")
    given = entry.values[name]
    message = f"{MESSAGE}: `{name}` is never {shown(given.data)}"
    return codes.DEAD_EXCLUDE.at(entry.node.span, message, help=_help(name, given, known.values_of(name)))


def _kind(data: object) -> str:
    """Return what values such as this one are called."""
    if isinstance(data, bool):
        return "booleans"
    return "texts" if isinstance(data, str) else "numbers" if isinstance(data, int | float) else "not texts"


def _help(name: str, given: AxisValue, values: list[AxisValue]) -> str | None:
    compared = [value for value in values if value.is_known][:MOST_COMPARED]
    for value in compared:
        if typed(value) == typed(given):
            return f"the values of the axis are {_kind(value.data)}: write `{name}: {shown(value.data)}`"
    word = given.data if isinstance(given.data, str) else ""  # a number that looks alike is another number
    return did_you_mean(word, dict.fromkeys(map(typed, compared)), "values")
