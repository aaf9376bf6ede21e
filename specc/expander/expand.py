"""ResolvedSpec -> cells. The count is known, and held to `max`, before the first cell is made."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

from specc.diagnostics import Diagnostic, Label, codes, did_you_mean
from specc.expander.axes import Axis, AxisValue, Evaluate, Group, groups_of, length, read_axes, same, unequal
from specc.expander.cells import Cell, cell_of, digest_of, slug_of
from specc.expander.entries import Entry, read_entries
from specc.nodes import Mapping, Node, Scalar, kind_of
from specc.resolver import shown

KEYS = ("axes", "zip", "exclude", "include", "max", "repeat")
DEFAULT_MAX = 1000
HARD_MAX = 1_000_000


@dataclass(frozen=True, eq=False)
class Expansion:
    """A sweep that is counted and not yet made: `cells()` makes the cells one by one."""

    groups: tuple[Group, ...] = ()
    excluded: tuple[Entry, ...] = ()
    included: tuple[dict[str, AxisValue], ...] = ()
    repeats: int = 1

    @property
    def axes(self) -> dict[str, list[object]]:
        """Each axis with the values it takes, in order."""
        values: dict[str, list[object]] = {}
        for group in self.groups:
            for row in group.rows:
                for name, value in zip(group.names, row, strict=True):
                    values.setdefault(name, []).append(value.data)
        for extra in self.included:
            for name, value in extra.items():
                if not any(same(value.data, known) for known in values[name]):
                    values[name].append(value.data)
        return values

    def combinations(self) -> Iterator[dict[str, AxisValue]]:
        """Axis values of every cell, repetitions aside: the product less `exclude`, then `include`."""
        for rows in product(*(group.rows for group in self.groups)):
            values = {
                name: value
                for group, row in zip(self.groups, rows, strict=True)
                for name, value in zip(group.names, row, strict=True)
            }
            if not any(entry.matches(values) for entry in self.excluded):
                yield values
        yield from self.included

    @cached_property
    def has_alike_slugs(self) -> bool:
        """Whether two cells could read alike: values of one axis that do, or two axes whose values hold a dash."""
        with_dash = 0
        for values in self.axes.values():
            slugs = [slug_of(value) for value in values]
            if len(set(slugs)) < len(slugs):
                return True
            with_dash += any("-" in slug for slug in slugs)
        return with_dash > 1

    def cells(self) -> Iterator[Cell]:
        index = 0
        for values in self.combinations():
            for repeat in range(1, self.repeats + 1):
                yield cell_of(values, index, repeat, self.repeats, tagged=self.has_alike_slugs)
                index += 1


def expand(section: Mapping, evaluate: Evaluate) -> tuple[Expansion | None, list[Diagnostic]]:
    """The expansion of a merged `matrix:` section (empty: one cell); None when it cannot be used."""
    found: list[Diagnostic] = []
    for key in section.keys.values():
        if key.value not in KEYS:
            help = did_you_mean(str(key.value), KEYS, "keys")
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
    return _expansion(section, axes, zipped, limit, repeats, evaluate)


def _expansion(
    section: Mapping, axes: dict[str, Axis], zipped: dict[str, Axis], limit: int, repeats: int, evaluate: Evaluate
) -> tuple[Expansion | None, list[Diagnostic]]:
    sizes = [length(axis) for axis in axes.values()] + [length(axis) for axis in list(zipped.values())[:1]]
    extra = section.get("include")
    count = (prod(sizes) + len(getattr(extra, "items", ()) if not isinstance(extra, Mapping) else ())) * repeats
    if count > limit:
        return None, [_too_many(section, count, limit, {**axes, **zipped})]
    groups = groups_of(axes, zipped)
    found: list[Diagnostic] = _repeated_values(groups)
    excluded = read_entries(section, "exclude", groups, evaluate, found)
    expansion = Expansion(tuple(groups), tuple(excluded), repeats=repeats)
    entries = read_entries(section, "include", groups, evaluate, found)
    count += sum(entry.count(groups) - 1 for entry in entries) * repeats
    if count > limit:
        return None, [*found, _too_many(section, count, limit, {**axes, **zipped})]
    included = _included(entries, expansion, found)
    expansion = Expansion(tuple(groups), tuple(excluded), tuple(included), repeats)
    if not any(d.is_error for d in found) and next(expansion.combinations(), None) is None:
        where = section.keys.get("exclude", section)
        found.append(codes.BAD_MATRIX.at(where.span, "`exclude` leaves no cell"))
    return (None if any(d.is_error for d in found) else expansion), found


def _included(entries: list[Entry], expansion: Expansion, found: list[Diagnostic]) -> list[dict[str, AxisValue]]:
    """The cells that `include` adds. Axes that an entry leaves out take all their values."""
    if not entries:
        return []
    seen = {digest_of({n: v.data for n, v in values.items()}) for values in expansion.combinations()}
    added: list[dict[str, AxisValue]] = []
    for entry in entries:
        new = 0
        for values in entry.completed(expansion.groups):
            digest = digest_of({name: value.data for name, value in values.items()})
            if digest not in seen or not all(value.is_known for value in values.values()):
                seen.add(digest)
                added.append(values)
                new += 1
        if not new:
            message = "this `include` adds no cell: the matrix already has it"
            found.append(codes.DEAD_EXCLUDE.at(entry.node.span, message, help="remove it"))
    return added


def _too_many(section: Mapping, count: int, limit: int, axes: dict[str, Axis]) -> Diagnostic:
    where: Node = section.get("max") or section
    help = f"if that many jobs are meant, write `max: {count}`" if count <= HARD_MAX else "make the axes shorter"
    label = "the limit" if "max" in section.entries else ""
    message = f"the matrix has {count:,} cells, more than {limit:,}"
    if where is section and section.keys:
        where = next(iter(section.keys.values()))
    sizes = ", ".join(f"`{name}` has {length(axis):,}" for name, axis in axes.items())
    return codes.MATRIX_TOO_LARGE.at(where.span, message, label=label, notes=(f"values: {sizes}",), help=help)


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
    """`max` or `repeat`: a whole number from 1."""
    node = section.get(name)
    if node is None:
        return default
    value = evaluate(node) if isinstance(node, Scalar) else None
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
        return value
    if isinstance(node, Scalar) and not isinstance(value, str | int | float | None):
        return default
    message = f"`{name}` is {kind_of(node)}, not a whole number from 1 to {most:,}"
    found.append(codes.BAD_MATRIX.at(node.span, message))
    return default


def _repeated_values(groups: list[Group]) -> list[Diagnostic]:
    """The same value twice on an axis makes the same cell twice."""
    found: list[Diagnostic] = []
    for group in groups:
        seen: dict[str, tuple[AxisValue, ...]] = {}
        for row in group.rows:
            if not all(value.is_known for value in row):
                continue
            digest = digest_of([value.data for value in row])
            if digest in seen:
                label = Label(seen[digest][0].node.span, "first here")
                what = " and ".join(f"`{name}`" for name in group.names)
                message = f"axis {what} has the value {shown(row[0].data)} twice, which makes two equal cells"
                help = "remove one; to run each cell several times, write `repeat: 2`"
                found.append(codes.DUPLICATE_CELL.at(row[0].node.span, message, labels=(label,), help=help))
            seen.setdefault(digest, row)
    return found
