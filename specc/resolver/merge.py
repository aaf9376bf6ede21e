"""Merging one layer over what is below it. Mappings merge deeply, everything else replaces, operators act here."""

from dataclasses import dataclass, field, replace

from specc.diagnostics import Diagnostic, Label, codes
from specc.diagnostics.suggest import closest
from specc.nodes import FileText, Mapping, Node, Path, Scalar, Sequence, kind_of
from specc.resolver.operators import Operator, fault_of, operator_of

RANGE_KEYS = frozenset({"from", "to", "step"})


@dataclass
class Merge:
    """One merge of layers and what it found. `lenient`: another file may supply what is missing, such as an heir."""

    lenient: bool = False
    found: list[Diagnostic] = field(default_factory=list)

    def over(self, below: Node | None, above: Node, path: Path = (), known: tuple[str, ...] = ()) -> Node | None:
        """`above` over `below`; None when the value is gone. `known` are the keys beside it, for suggestions."""
        operator = operator_of(above)
        if operator is not None and isinstance(above, Mapping):
            return self._operate(operator, above, below, path, known)
        match above:
            case _ if below is not None and self._conflict(below, above, path):
                # What was inherited stays, so that what uses it shows no mistakes of its own.
                return below
            case Mapping():
                return self._mapping(below, above, path)
            case Sequence():
                return replace(above, items=tuple(self._items(above, path)), beneath=below)
            case Scalar() | FileText():
                return replace(above, beneath=below) if below is not None else above

    def _mapping(self, below: Node | None, above: Mapping, path: Path) -> Mapping:
        """Deep merge: the keys of `below` keep their order, new ones follow."""
        base = below if isinstance(below, Mapping) else None
        entries = dict(base.entries) if base else {}
        keys = dict(base.keys) if base else {}
        removed = dict(base.removed) if base else {}
        known = tuple(entries)
        for key, node in above.items():
            name = str(key.value)
            before = entries.get(name) or removed.get(name)
            merged = self.over(entries.get(name), node, (*path, name), known)
            if merged is None:
                entries.pop(name, None)
                keys.pop(name, None)
                if before is not None:
                    removed[name] = replace(node, beneath=before)
            else:
                lost = removed.pop(name, None)
                entries[name] = replace(merged, beneath=lost) if lost is not None else merged
                keys[name] = key
        return replace(above, entries=entries, keys=keys, beneath=below, removed=removed)

    def _items(self, sequence: Sequence, path: Path) -> list[Node]:
        """A list's items inherit nothing, so an operator among them is a mistake."""
        items: list[Node] = []
        for index, item in enumerate(sequence.items):
            operator = operator_of(item)
            if operator is not None:
                message = f"`{operator.name}` stands in a list, where nothing is inherited"
                self.found.append(codes.BAD_OPERATOR.at(operator.key.span, message))
            elif (settled := self.over(None, item, (*path, index))) is not None:
                items.append(settled)
        return items

    def _operate(
        self, operator: Operator, above: Mapping, below: Node | None, path: Path, known: tuple[str, ...]
    ) -> Node | None:
        fault = fault_of(operator, above)
        if fault is not None:
            self.found.append(fault)
            return below
        if operator.name in ("$append", "$prepend"):
            return self._extend(operator, above, below, path)
        if below is None and not self.lenient:
            self._report_lack(operator, path, known)
        if operator.name == "$unset":
            return None
        settled = self.over(None, operator.operand, path)
        return replace(settled, beneath=below) if settled is not None else None

    def _extend(self, operator: Operator, above: Mapping, below: Node | None, path: Path) -> Node | None:
        assert isinstance(operator.operand, Sequence)
        added = tuple(self._items(operator.operand, path))
        if below is None:
            return replace(operator.operand, items=added)
        if isinstance(below, Sequence):
            items = below.items + added if operator.name == "$append" else added + below.items
            return Sequence(items, above.span, above.layer, below)
        is_template = isinstance(below, Scalar) and "{{" in str(below.value)
        self.found.append(
            codes.BAD_OPERATOR.at(
                operator.key.span,
                f"`{operator.name}` needs a list below it, not {'a template' if is_template else kind_of(below)}",
                labels=(Label(below.span, "this is what was inherited"),),
                help="write the whole list, or make the inherited value a list",
            )
        )
        return below

    def _report_lack(self, operator: Operator, path: Path, known: tuple[str, ...]) -> None:
        near = closest(str(path[-1]), known)
        self.found.append(
            codes.NOTHING_INHERITED.at(
                operator.key.span,
                f"`{operator.name}` finds no inherited `{'.'.join(map(str, path))}`",
                help=f"did you mean `{near}`?" if near else f"remove `{operator.name}` here",
            )
        )

    def _conflict(self, below: Node, above: Node, path: Path) -> bool:
        """A mapping over another kind, or the reverse, is a mistake, except between a range and a list."""
        if isinstance(below, Mapping) == isinstance(above, Mapping):
            return False
        if {type(below), type(above)} == {Mapping, Sequence} and (is_range(below) or is_range(above)):
            return False
        self.found.append(
            codes.KIND_CONFLICT.at(
                above.span,
                f"`{'.'.join(map(str, path))}` is {kind_of(above)} here, but {kind_of(below)} where it was inherited",
                labels=(Label(below.span, f"inherited as {kind_of(below)}"),),
                help="to put it in place of the inherited value on purpose, write `{$replace: ...}`",
            )
        )
        return True


def is_range(node: Node) -> bool:
    """`{from: 1, to: 10, step: 1}`, the short form of a list of numbers."""
    return isinstance(node, Mapping) and {"from", "to"} <= node.entries.keys() <= RANGE_KEYS
