"""From a matrix to its cells. The count is known, and held to `max`, before the first cell is made."""

from collections import deque
from collections.abc import Callable, Iterator
from collections.abc import Sequence as Many
from dataclasses import field
from itertools import chain
from math import prod

from specc.diagnostics import Diagnostic, Label, codes, did_you_mean, is_one_slip
from specc.expander.axes import Axis, Evaluate, Group, groups_of, length, read_axes, unequal
from specc.expander.entries import (
    Condition,
    Entry,
    Excluded,
    Product,
    combined,
    dead_exclude,
    excluded,
    keys_of,
    read_entries,
)
from specc.expander.values import AxisValue, Cell, Values
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node, Scalar, Sequence, kind_of
from specc.resolver import is_template, shown

KEYS = ("axes", "zip", "where", "exclude", "include", "max", "repeat")
DEFAULT_MAX = 1000
HARD_MAX = 1_000_000
MOST_ASKED = 30_000
"""So many combinations may conditions be asked about, all conditions together."""


@dataclass(frozen=True, slots=True, eq=False)
class Expansion:
    """A sweep that is counted, but not made: `cells()` makes the cells one by one."""

    groups: tuple[Group, ...] = ()
    excluded: Excluded = field(default_factory=Excluded)
    included: tuple[Values, ...] = ()
    repeats: int = 1

    @property
    def axes(self) -> dict[str, list[AxisValue]]:
        """Return each axis with its distinct values in order."""
        values: dict[str, dict[object, AxisValue]] = {}
        rows = [zip(group.names, row, strict=True) for group in self.groups for row in group.rows]
        for name, value in chain(*rows, *(extra.items() for extra in self.included)):
            values.setdefault(name, {}).setdefault(value.key or value, value)
        return {name: list(found.values()) for name, found in values.items()}

    @property
    def most(self) -> int:
        """Return the number of cells if none were excluded."""
        return (prod(len(group.rows) for group in self.groups) + len(self.included)) * self.repeats

    def combinations(self) -> Iterator[Values]:
        """Yield the axis values of every cell without repetitions: the product less `exclude`, then `include`."""
        names = tuple(name for group in self.groups for name in group.names)
        every = (
            dict(zip(names, chain(*rows), strict=True)) for rows in combined([group.rows for group in self.groups])
        )
        yield from every if self.excluded.is_empty else (row for row in every if not self.excluded.matches(row))
        yield from self.included

    def cells(self) -> Iterator[Cell]:
        index = 0
        for values in self.combinations():
            for repeat in range(1, self.repeats + 1):
                yield Cell(values, index, repeat, self.repeats)
                index += 1


Conditions = Callable[[Node], Condition]
"""Makes the condition that a node of `where:` writes."""


def no_conditions(node: Node) -> Condition:
    """Take every condition for one that holds, where only the axes are of interest."""
    return lambda values: True


def expand(
    section: Mapping, evaluate: Evaluate, condition: Conditions = no_conditions
) -> tuple[Expansion | None, list[Diagnostic]]:
    """Return the expansion of a merged `matrix:` section (empty: one cell), or None if it cannot be used.

    Each condition of `where:` has been asked about every combination then.
    """
    found: list[Diagnostic] = []
    for key in section.keys.values():
        if key.value not in KEYS:
            help = _meant_key(str(key.value), section.entries[str(key.value)], section)
            found.append(codes.BAD_MATRIX.at(key.span, f"a matrix has no `{key.value}`", help=help))
    axes = read_axes(section, "axes", evaluate, found)
    zipped = read_axes(section, "zip", evaluate, found)
    _report_shared_names(section, axes, zipped, found)
    if (uneven := unequal(zipped, section)) is not None:
        found.append(uneven)
    limit = _whole(section, "max", DEFAULT_MAX, HARD_MAX, evaluate, found)
    repeats = _whole(section, "repeat", 1, HARD_MAX, evaluate, found)
    if found:
        return None, found
    conditions = tuple(map(condition, _where(section)))
    return _expansion(section, axes, zipped, limit, repeats, evaluate, conditions)


def _meant_key(name: str, value: Node, section: Mapping) -> str | None:
    """Return the help for an unknown key of a matrix, which is most often an axis one level too high."""
    if not isinstance(value, Scalar) and not any(is_one_slip(name, key) for key in KEYS):
        where = "`axes:` of this matrix" if "axes" in section.entries else "`axes:`"
        return f"an axis goes below {where}: `axes: {{{name}: ...}}`"
    return did_you_mean(name, KEYS, "keys")


def _expansion(
    section: Mapping,
    axes: dict[str, Axis],
    zipped: dict[str, Axis],
    limit: int,
    repeats: int,
    evaluate: Evaluate,
    conditions: tuple[Condition, ...],
) -> tuple[Expansion | None, list[Diagnostic]]:
    sizes = {name: length(axis) for name, axis in {**axes, **zipped}.items()}
    count = prod(sizes[name] for name in (*axes, *list(zipped)[:1]))
    if count * repeats > limit:
        return None, [_too_many(section, count, limit, repeats, sizes)]
    if count * len(conditions) > MOST_ASKED:
        message = f"`where` would be asked about {count:,} combinations, more than {MOST_ASKED // len(conditions):,}"
        help = "make the axes shorter, or advance some of them together under `zip`"
        return None, [codes.MATRIX_TOO_LARGE.at(section.keys["where"].span, message, help=help)]
    known = Product(groups_of(axes, zipped))
    found = list(_repeated_values(known.groups))
    unwanted = read_entries(section, "exclude", known.groups, evaluate, found)
    found.extend(dead_exclude(entry, known) for entry in unwanted if not known.may_match(entry))
    taken = excluded(unwanted, known, conditions)
    extras = read_entries(section, "include", known.groups, evaluate, found)
    count += sum(entry.size(known.groups) for entry in extras)
    if count * repeats > limit:
        return None, [*found, _too_many(section, count, limit, repeats, sizes)]
    expansion = Expansion(tuple(known.groups), taken, tuple(_included(extras, known, taken, found)), repeats)
    if not any(d.is_error for d in found) and not _has_cell(expansion, is_every_one_asked=bool(conditions)):
        name = "where" if conditions else "exclude"
        found.append(codes.BAD_MATRIX.at(section.keys.get(name, section).span, f"`{name}` leaves no cell"))
    return (None if any(d.is_error for d in found) else expansion), found


def _where(section: Mapping) -> tuple[Node, ...]:
    node = section.get("where")
    if node is None:
        return ()
    return node.items if isinstance(node, Sequence) else (node,)


def _has_cell(expansion: Expansion, *, is_every_one_asked: bool) -> bool:
    combinations = expansion.combinations()
    is_there = next(combinations, None) is not None
    if is_every_one_asked:
        deque(combinations, maxlen=0)
    return is_there


def _included(entries: list[Entry], known: Product, taken: Excluded, found: list[Diagnostic]) -> list[Values]:
    """Return the cells that `include` adds. Axes that an entry does not name take all their values."""
    added: list[Values] = []
    seen: set[tuple[bytes | None, ...]] = set()
    names = tuple(name for group in known.groups for name in group.names)
    for entry in entries:
        before = len(added)
        for values in entry.completed(known.groups):
            key = keys_of(values, names)
            if key not in seen and (taken.matches(values) or not known.has(values)):
                seen |= {key} if None not in key else set()
                added.append(values)
        if len(added) == before:
            message = "this `include` adds no cell: the matrix already has it"
            found.append(codes.DEAD_EXCLUDE.at(entry.node.span, message, help="remove it"))
    return added


def _too_many(section: Mapping, count: int, limit: int, repeats: int, sizes: dict[str, int]) -> Diagnostic:
    count *= repeats
    where: Node = section.get("max") or next(iter(section.keys.values()), section)
    help = f"if that many jobs are meant, write `max: {count}`" if count <= HARD_MAX else "make the axes shorter"
    label = "the limit" if "max" in section.entries else ""
    message = f"the matrix has {count:,} cells, more than {limit:,}"
    values = ", ".join(f"`{name}` has {size:,}" for name, size in sizes.items())
    notes = (
        f"values: {values}" if values else "",
        f"each cell is repeated {repeats:,} times" if repeats > 1 else "",
        "cells that `exclude` removes count, too" if "exclude" in section.entries else "",
    )
    return codes.MATRIX_TOO_LARGE.at(where.span, message, label=label, notes=tuple(filter(None, notes)), help=help)


def _report_shared_names(
    section: Mapping, axes: dict[str, Axis], zipped: dict[str, Axis], found: list[Diagnostic]
) -> None:
    for name in axes.keys() & zipped.keys():
        plain, together = section.entries["axes"], section.entries["zip"]
        assert isinstance(plain, Mapping)
        assert isinstance(together, Mapping)
        label = Label(plain.keys[name].span, "an axis here")
        message = f"`{name}` is both an axis and zipped"
        found.append(codes.BAD_MATRIX.at(together.keys[name].span, message, labels=(label,), help="keep one of them"))


def _whole(section: Mapping, name: str, default: int, most: int, evaluate: Evaluate, found: list[Diagnostic]) -> int:
    """Return `max` or `repeat`, a whole number from 1."""
    node = section.get(name)
    if node is None:
        return default
    value = AxisValue(evaluate(node), node)
    if isinstance(value.data, int) and not isinstance(value.data, bool) and 1 <= value.data <= most:
        return value.data
    if value.is_known:
        what = shown(value.data) if is_template(node) else kind_of(node)
        message = f"`{name}` is {what}, not a whole number from 1 to {most:,}"
        found.append(codes.BAD_MATRIX.at(node.span, message))
    return default


def _repeated_values(groups: Many[Group]) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each value that an axis has twice, which makes the same cell twice."""
    for group in groups:
        if group.rows.is_distinct:
            continue
        seen: dict[tuple[bytes | None, ...], tuple[AxisValue, ...]] = {}
        for row in group.rows:
            key = tuple(value.key for value in row)
            first = seen.setdefault(key, row)
            if first is row or None in key:
                continue
            names = " and ".join(f"`{name}`" for name in group.names)
            values = " and ".join(shown(value.data) for value in row)
            what = f"axis {names} has the value" if len(row) == 1 else f"zipped axes {names} have the values"
            message = f"{what} {values} twice, which makes two equal cells"
            label = Label(first[0].node.span, "first here")
            help = "remove one; to run each cell several times, write `repeat: 2`"
            yield codes.DUPLICATE_CELL.at(row[0].node.span, message, labels=(label,), help=help)
