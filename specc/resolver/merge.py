"""Merging layers, from the weakest up. Mappings merge deeply, everything else replaces, and operators act here.

What many files inherit is merged once for all of them.
"""

from dataclasses import field, replace
from functools import lru_cache

from specc.diagnostics import Diagnostic, Label, closest, codes
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, Mapping, Node, Passed, Path, Scalar, Sequence, kind_of, to_data
from specc.parser import is_dangling
from specc.resolver.operators import VALUE_FORMS, Operator, is_template, mistake_of, operator_of
from specc.resolver.overlays import COMPOSED
from specc.resolver.params import shown
from specc.source import Source, Span

RANGE_KEYS = frozenset({"from", "to", "step", "steps", "scale"})


@dataclass
class Merge:
    """One merge of layers, and its diagnostics. `lenient`: another file, such as an heir, may supply missing values."""

    lenient: bool = False
    found: list[Diagnostic] = field(default_factory=list)

    def over(self, below: Node | None, above: Node, path: Path = (), known: tuple[str, ...] = ()) -> Node | None:
        """Return `above` over `below`; None if the value is removed. `known` are keys to suggest."""
        operator = operator_of(above)
        if operator is not None and isinstance(above, Mapping):
            return self._operate(operator, above, below, path, known)
        match above:
            case _ if below is not None and self._conflict(below, above, path):
                # The inherited value stays, so that its users show no mistakes of their own.
                return below
            case Mapping():
                return self._mapping(below, above, path)
            case Sequence():
                items = self._items(above, path)
                return above if below is None and items == above.items else replace(above, items=items, beneath=below)
            case Scalar(passed=Passed(env=env, args=args)):
                return replace(above, passed=self._passed(env, args, path), beneath=below)
            case Scalar():
                if below is None:
                    return above
                # Not `replace`, which takes four times as long: this and `_mapping` merge most values.
                return Scalar(
                    above.value, above.span, above.raw, above.style, above.layer, below, verbatim=above.verbatim
                )
            case FileText():
                passed = self._passed(above.env, above.args, path)
                return replace(above, env=passed.env, args=passed.args, beneath=below)

    def _passed(self, env: Mapping | None, args: Sequence | None, path: Path) -> Passed:
        """Return what is passed to a command, which inherits nothing."""
        names = self._alone(env, (*path, "env")) if env is not None else None
        words = self._alone(args, (*path, "args")) if args is not None else None
        assert isinstance(names, Mapping | None)
        assert isinstance(words, Sequence | None)
        return Passed(names, words)

    def _mapping(self, below: Node | None, above: Mapping, path: Path) -> Mapping:
        """Return a deep merge: the keys of `below` keep their order, and new keys follow."""
        base = below if isinstance(below, Mapping) else None
        entries = dict(base.entries) if base else {}
        keys = dict(base.keys) if base else {}
        removed = dict(base.removed) if base else {}
        known = tuple(entries)
        for key, node in above.items():
            name = str(key.value)
            lost = removed.get(name)
            # A value that another file has removed was inherited, too.
            merge = self if lost is None else Merge(True, self.found)
            merged = merge.over(entries.get(name), node, (*path, name), known)
            if merged is not None:
                entries[name] = merged if lost is None else _in_place_of(lost, merged)
                keys[name] = key
                removed.pop(name, None)
            elif name in entries or lost is not None:
                removed[name] = replace(node, beneath=entries.pop(name, lost))
                keys.pop(name, None)
        if below is None and above.beneath is None and not removed and _are_same(entries, above.entries):
            return above
        return Mapping(entries, keys, above.span, above.layer, below, removed)

    def _items(self, sequence: Sequence, path: Path) -> tuple[Node, ...]:
        items = (self._alone(item, (*path, index)) for index, item in enumerate(sequence.items))
        return tuple(item for item in items if item is not None)

    def _alone(self, node: Node, path: Path) -> Node | None:
        """Return a node that inherits nothing, such as an item of a list: an operator there is a mistake."""
        operator = operator_of(node)
        if operator is None or not isinstance(node, Mapping):
            return self.over(None, node, path)
        message = f"`{operator.name}` is not allowed here, where nothing is inherited"
        help = "write the value itself; an operator replaces a whole list, or a value of a mapping"
        misplaced = codes.BAD_OPERATOR.at(operator.key.span, message, help=help)
        self.found.append(mistake_of(operator, node) or _unread(operator) or misplaced)
        return None

    def _operate(
        self, operator: Operator, above: Mapping, below: Node | None, path: Path, known: tuple[str, ...]
    ) -> Node | None:
        mistake = mistake_of(operator, above) or _unread(operator)
        if mistake is not None:
            self.found.append(mistake)
            return below
        if operator.name in ("$append", "$prepend"):
            return self._extend(operator, above, below, path)
        if below is None and not self.lenient:
            self._report_lack(operator, path, known)
        if operator.name == "$unset":
            return None
        settled = self._alone(operator.operand, path)
        return below if settled is None else _replaced(below, settled, above)

    def _extend(self, operator: Operator, above: Mapping, below: Node | None, path: Path) -> Node | None:
        assert isinstance(operator.operand, Sequence)
        added = self._items(operator.operand, path)
        if below is None:
            return replace(operator.operand, items=added)
        if isinstance(below, Sequence):
            items = below.items + added if operator.name == "$append" else added + below.items
            return Sequence(items, above.span, above.layer, below)
        what = "a template" if is_template(below) else kind_of(below)
        self.found.append(
            codes.BAD_OPERATOR.at(
                operator.key.span,
                f"`{operator.name}` needs a list below it, not {what}",
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
        """Report a mapping over another kind of value, or the reverse, unless it is a range and a list."""
        if isinstance(below, Mapping) == isinstance(above, Mapping):
            return False
        if is_dangling(above):
            return True
        if is_range(below if isinstance(below, Mapping) else above) and _lists_values(below, above):
            return False
        self.found.append(
            codes.KIND_CONFLICT.at(
                above.span,
                f"`{'.'.join(map(str, path))}` is {kind_of(above)} here, but {kind_of(below)} where it was inherited",
                labels=(Label(below.span, f"inherited as {kind_of(below)}"),),
                help=_instead(above, path),
            )
        )
        return True


def _instead(above: Node, path: Path) -> str:
    """Return what to write in place of a value of another kind than the inherited one."""
    match path:
        case ("params", str(name)) if isinstance(above, Scalar | Sequence):
            return f"another default of a parameter is written `{name}: {{default: {shown(to_data(above))}}}`"
    return "to put it in place of the inherited value on purpose, write `{$replace: ...}`"


def _lists_values(below: Node, above: Node) -> bool:
    """Return whether a list of values, or a file of them, takes the place of a range, or the reverse."""
    return any(isinstance(node, Sequence | FileText) for node in (below, above))


def _are_same(some: dict[str, Node], others: dict[str, Node]) -> bool:
    return len(some) == len(others) and all(some[key] is node for key, node in others.items())


def _unread(operator: Operator) -> Diagnostic | None:
    """Return the mistake of a value form outside of a spec file, where no files are read and texts are literal."""
    if operator.name not in VALUE_FORMS:
        return None
    message = f"`{operator.name}` works only in a spec file"
    return codes.BAD_OPERATOR.at(operator.key.span, message, help="write the value itself")


def _replaced(below: Node | None, new: Node, by: Mapping) -> Node:
    """Return `new` in place of `below`, which `by` replaces. If both are mappings, each key keeps its history."""
    if below is not None and operator_of(below) is not None:
        return _in_place_of(below, new)
    if not isinstance(below, Mapping) or not isinstance(new, Mapping):
        return replace(new, beneath=below)
    old = {**below.removed, **below.entries}
    entries = {key: _replaced(old.get(key), value, by) for key, value in new.entries.items()}
    removed: dict[str, Node] = {key: replace(by, beneath=lost) for key, lost in old.items() if key not in entries}
    return replace(new, entries=entries, beneath=below, removed=removed)


def _in_place_of(lost: Node, new: Node) -> Node:
    """Return `new` where operators removed a value. If both are mappings, each key keeps its history."""
    if not isinstance(new, Mapping):
        return replace(new, beneath=lost)
    parts = _lost_parts(lost)
    entries = {key: _in_place_of(parts[key], value) if key in parts else value for key, value in new.entries.items()}
    removed = {key: part for key, part in parts.items() if key not in entries}
    return replace(new, entries=entries, beneath=lost, removed=removed)


def _lost_parts(lost: Node) -> dict[str, Node]:
    """Return the values that operators removed, by key, if they removed a mapping."""
    was = lost.beneath
    if was is None or not isinstance(was, Mapping):
        return {}
    parts = {**was.removed, **was.entries} if operator_of(was) is None else _lost_parts(was)
    return {key: replace(lost, beneath=part) for key, part in parts.items()}


def is_range(node: Node) -> bool:
    """Return whether a node is `{from: 1, to: 10, step: 1}`, the short form of a list of numbers."""
    return isinstance(node, Mapping) and {"from", "to"} <= node.entries.keys() <= RANGE_KEYS


def _sections(span: Span) -> Mapping:
    """Return an empty body with every section, at the span where a section would be added."""
    sections: dict[str, Node] = {name: Mapping({}, {}, span) for name in COMPOSED}
    return Mapping(sections, {name: Scalar(name, span, name) for name in COMPOSED}, span)


NOTHING = _sections(Source("", "").span())
"""The body beneath all layers of every spec."""


@lru_cache(maxsize=256)
def inherited(
    jobs: tuple[Mapping, ...], bodies: tuple[Mapping, ...], lenient: bool
) -> tuple[Mapping, tuple[Diagnostic, ...]]:
    """Return job values of the API and the project with the bodies of ancestors over them, and the diagnostics.

    Siblings have the same nodes: nodes are compared by identity, and a file is parsed once.
    """
    merge = Merge(lenient)
    body = NOTHING
    for job in jobs:
        body = replace(body, entries={**body.entries, "job": _merge_section(merge, body, "job", job)})
    for part in bodies:
        body = merge_body(merge, body, part)
    return body, tuple(merge.found)


def whole(body: Mapping, span: Span) -> Mapping:
    """Return the body of one file, in which sections that no layer has are at `span`."""
    entries, keys = dict(body.entries), dict(body.keys)
    for name, node in _sections(span).items():
        if entries[str(name.value)] is NOTHING.entries[str(name.value)]:
            entries[str(name.value)] = node
        if keys[str(name.value)] is NOTHING.keys[str(name.value)]:
            keys[str(name.value)] = name
    return replace(body, entries=entries, keys=keys, span=span)


def section(body: Mapping, name: str) -> Mapping:
    node = body.entries[name]
    assert isinstance(node, Mapping)
    return node


def _merge_section(merge: Merge, body: Mapping, name: str, node: Node) -> Mapping:
    """Return a section over the one in `body`. It can be an operator as a whole; empty or not, it stays a mapping."""
    below = section(body, name)
    is_inherited = bool(below.entries or below.removed)
    merged = merge.over(below if is_inherited else None, node, (name,))
    match merged:
        case Mapping():
            return merged
        case None:
            removed: dict[str, Node] = {key: replace(node, beneath=value) for key, value in below.entries.items()}
            beneath = below if is_inherited else None
            return Mapping({}, {}, node.span, node.layer, beneath, {**below.removed, **removed})
        case _:
            message = f"`{name}` is {kind_of(merged)}, not a mapping"
            merge.found.append(codes.KIND_CONFLICT.at(merged.span, message))
            return below


def merge_body(merge: Merge, body: Mapping, part: Mapping) -> Mapping:
    """Return `body` with one file or overlay over it."""
    entries, keys = dict(body.entries), dict(body.keys)
    for key, node in part.items():
        name = str(key.value)
        if name in COMPOSED:
            entries[name], keys[name] = _merge_section(merge, body, name, node), key
    return replace(body, entries=entries, keys=keys)
