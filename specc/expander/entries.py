"""`exclude` and `include` entries: mappings from axes to values."""

from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass
from itertools import product
from math import prod

from specc.diagnostics import Diagnostic, codes, did_you_mean
from specc.expander.axes import AxisValue, Evaluate, Group, same
from specc.nodes import Mapping, Sequence, kind_of


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    values: dict[str, AxisValue]
    node: Mapping

    def matches(self, cell: dict[str, AxisValue]) -> bool:
        return all(same(cell[name].data, value.data) for name, value in self.values.items())

    def count(self, groups: Many[Group]) -> int:
        """How many cells an `include` entry means, without making them."""
        return prod(1 if any(name in self.values for name in group.names) else len(group.rows) for group in groups)

    def completed(self, groups: Many[Group]) -> Iterator[dict[str, AxisValue]]:
        """The cells that an `include` entry means: groups that it does not name take all their rows."""
        rows = []
        for group in groups:
            own = tuple(self.values[name] for name in group.names if name in self.values)
            rows.append([own] if own else list(group.rows))
        for combination in product(*rows):
            yield {
                name: value
                for group, row in zip(groups, combination, strict=True)
                for name, value in zip(group.names, row, strict=True)
            }


def read_entries(
    section: Mapping, name: str, groups: Many[Group], evaluate: Evaluate, found: list[Diagnostic]
) -> list[Entry]:
    """The usable entries of `exclude:` or `include:`; the others are reported."""
    node = section.get(name)
    if node is None:
        return []
    if not isinstance(node, Sequence):
        message = f"`matrix.{name}` is {kind_of(node)}, not a list"
        help = f"write `{name}: [{{AXIS: value}}]`"
        found.append(codes.BAD_MATRIX.at(node.span, message, help=help))
        return []
    entries: list[Entry] = []
    for item in node.items:
        if not isinstance(item, Mapping) or not item.entries:
            message = f"an entry of `{name}` is {kind_of(item)}, not a mapping from axes to values"
            found.append(codes.BAD_MATRIX.at(item.span, message, help="write `- {AXIS: value}`"))
            continue
        faults = list(_faults(name, item, groups))
        entry = Entry({key: AxisValue(evaluate(value), value) for key, value in item.entries.items()}, item)
        if name == "exclude" and not faults and not _matches_something(entry, groups):
            message = "this `exclude` matches no cell"
            help = "check its values against the axes; numbers and texts differ"
            found.append(codes.DEAD_EXCLUDE.at(item.span, message, help=help))
        found.extend(faults)
        entries.extend([] if faults else [entry])
    return entries


def _faults(name: str, item: Mapping, groups: Many[Group]) -> Iterator[Diagnostic]:
    known = [axis for group in groups for axis in group.names]
    for key in item.keys.values():
        if key.value not in known:
            help = did_you_mean(str(key.value), known, "axes")
            yield codes.UNKNOWN_AXIS.at(key.span, f"the matrix has no axis `{key.value}`", help=help)
    for group in groups:
        named = [axis for axis in group.names if axis in item.entries]
        if name == "include" and named and len(named) < len(group.names):
            missing = next(axis for axis in group.names if axis not in item.entries)
            message = f"`{named[0]}` advances together with `{missing}`, so this entry must name `{missing}`, too"
            yield codes.BAD_MATRIX.at(item.keys[named[0]].span, message)


def _matches_something(entry: Entry, groups: Many[Group]) -> bool:
    """Groups are independent, so an entry matches a cell when each group has a row that agrees with it."""
    for group in groups:
        wanted = {name: entry.values[name] for name in group.names if name in entry.values}
        rows = (dict(zip(group.names, row, strict=True)) for row in group.rows)
        if not any(all(_may_be(row[name], value) for name, value in wanted.items()) for row in rows):
            return False
    return True


def _may_be(one: AxisValue, other: AxisValue) -> bool:
    """Equal, or not known to differ."""
    return same(one.data, other.data) or not (one.is_known and other.is_known)
