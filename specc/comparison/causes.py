"""From two values of one field back to the lines that make them differ."""

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import NamedTuple

from specc.comparison.model import Cause, Place, Side, said
from specc.evaluator import MASK, PRELUDE, Prefix, Value, passed_to
from specc.explanation import SHOWS_ALL, Hiding, layer_of, span_of, written
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, LayerKind, Node, to_data
from specc.parser import Document
from specc.resolver import ResolvedSpec
from specc.source import Source, Span


class Sides(NamedTuple):
    """One spec on both sides."""

    old: ResolvedSpec
    new: ResolvedSpec


@dataclass(eq=False)
class Tracer:
    """Finds causes of the values of one spec; each pair of values is followed once."""

    old: Side
    new: Side
    specs: Sides
    hiding: Hiding = SHOWS_ALL
    _known: dict[tuple[int, int], tuple[Cause, ...]] = field(default_factory=dict)
    _kept: list[Value] = field(default_factory=list)

    def altered(self, name: str, old: Value, new: Value) -> tuple[Cause, ...]:
        """The causes of a value that both sides have, and that differs."""
        key = (id(old), id(new))
        if key not in self._known:
            self._kept += (old, new)  # an id is good as long as its object lives
            self._known[key] = tuple(dict.fromkeys(self._altered(name, old, new)))
        return self._known[key]

    def _altered(self, name: str, old: Value, new: Value) -> Iterator[Cause]:
        if old.prefix is not None or new.prefix is not None:
            yield from self._prelude(old.prefix, new.prefix)
            if repr(old.own.data) != repr(new.own.data):
                yield from self.altered(name, old.own, new.own)
            return
        is_same = _same_text(old.node, new.node)
        if is_same or _has_same_parts(old, new):
            deeper = [*self._read(old, new), *self._inside(name, old, new)]
            if deeper or is_same:
                yield from deeper or [self._setting(name, old, new)]
                return
        yield self._rewritten(name, old.node, new.node)

    def _prelude(self, old: Prefix | None, new: Prefix | None) -> Iterator[Cause]:
        """The lines that the target puts before a command, where they differ or stand on one side alone."""
        if old is not None and new is not None:
            if old.prelude.data != new.prelude.data:
                yield from self.altered(PRELUDE, old.prelude, new.prelude)
            return
        before, after = (said(*(written(each.prelude.node) for each in (side,) if each)) for side in (old, new))
        place, note = self._place_of_setting("target"), "another target"
        if self.old.context.target == self.new.context.target:
            node = new.prelude.node if new is not None else old.prelude.node if old is not None else None
            place, note = Place.of(span_of(node), is_old=new is None) if node is not None else None, ""
        yield Cause("altered", PRELUDE, before, after, place, note)

    def _read(self, old: Value, new: Value) -> Iterator[Cause]:
        """What the templates of both read, and what is not the same."""
        known = {read.name: read for read in old.reads}
        for read in new.reads:
            was = known.get(read.name)
            if was is None or repr(was.data) == repr(read.data):
                continue
            if was.value is not None and read.value is not None:
                yield from self.altered(read.name, was.value, read.value)
            else:
                is_hidden = self.hiding.hides_name(read.name)
                before, after = (said(MASK if is_hidden else data) for data in (was.data, read.data))
                yield Cause("altered", read.name, before, after, Place.of(span_of(new.node)))

    def _inside(self, name: str, old: Value, new: Value) -> Iterator[Cause]:
        if isinstance(old.children, dict) and isinstance(new.children, dict):
            for key in [key for key in new.children if key in old.children]:
                if repr(old.children[key].data) != repr(new.children[key].data):
                    yield from self.altered(f"{name}.{key}", old.children[key], new.children[key])
        elif isinstance(old.children, tuple) and isinstance(new.children, tuple):
            for index, (was, item) in enumerate(zip(old.children, new.children, strict=False)):
                if repr(was.data) != repr(item.data):
                    yield from self.altered(f"{name}[{index}]", was, item)
        if isinstance(old.node, FileText) and isinstance(new.node, FileText):
            yield from self._in_script(name, old.node, new.node)
        yield from self._in_passed(name, old.node, new.node)

    def _in_script(self, name: str, old: FileText, new: FileText) -> Iterator[Cause]:
        """The first line of a script that differs."""
        if old.text.text != new.text.text:
            note = f"the text of {new.text.name}"
            yield Cause("altered", name, (), (), Place.of(_first_difference(old.text, new.text)), note)

    def _in_passed(self, name: str, old: Node, new: Node) -> Iterator[Cause]:
        """What is passed to a command."""
        before, after = passed_to(old), passed_to(new)
        for part, was, now in (("env", before.env, after.env), ("args", before.args, after.args)):
            if was is not None and now is not None and to_data(was) != to_data(now):
                yield Cause("altered", f"{name}.{part}", said(to_data(was)), said(to_data(now)), Place.of(now.span))

    def _setting(self, name: str, old: Value, new: Value) -> Cause:
        """The same text has another value, and nothing that it reads has: so it is read in another unit."""
        field = name.removeprefix("job.")
        units = [side.context.settings.units_for(side.context.target).get(field) for side in (self.old, self.new)]
        if units[0] != units[1]:
            before, after = (said(*(unit for unit in (side,) if unit is not None)) for side in units)
            return Cause("altered", f"units.{field}", before, after, self._place_of_setting(f"units.{field}"))
        before, after = (said(MASK if self.hiding.hides(value) else value.data) for value in (old, new))
        return Cause("altered", name, before, after, Place.of(span_of(new.node)))

    def _place_of_setting(self, key: str) -> Place | None:
        for side, is_old in ((self.new, False), (self.old, True)):
            for wanted in (f"targets.{side.context.target}.{key}", key):
                if wanted in side.settings:
                    return Place.of(side.settings[wanted], is_old=is_old)
        return None

    def _rewritten(self, name: str, old: Node, new: Node) -> Cause:
        """Another writer has the word, or the same one says something else."""
        before, after = said(written(old)), said(written(new))
        if _is_among(new, _beneath(old)):
            place, note = Place.of(span_of(old), is_old=True), "no longer overridden"
            return Cause("altered", name, before, after, place, note)
        if _writer(old) != _writer(new) and not _is_among(old, _beneath(new)):
            cause = self._recomposed(new)
            if cause is not None:
                return cause._replace(name=name, before=before, after=after)
        return Cause("altered", name, before, after, Place.of(span_of(new)))

    def _recomposed(self, node: Node) -> Cause | None:
        """A line that is not new has come to hold for this spec: through another target, or another parent."""
        if node.layer.kind is LayerKind.TARGET and self.old.context.target != self.new.context.target:
            place = self._place_of_setting("target")
            return Cause("altered", "", (), (), place, "another target")
        source = node.span.source
        was = {document.source.name: document for document in _line(self.specs.old)}
        if source.name in was and was[source.name].source.text != source.text:
            return None
        for document in reversed(_line(self.specs.new)):
            before = was.get(document.source.name)
            if before is not None and _parents(before) != _parents(document):
                return Cause("altered", "", (), (), _place_of_parents(before, document), "another parent")
        return None

    def appeared(self, name: str, value: Value) -> Cause:
        """The cause of a field that only the new side has."""
        after = said(written(value.node))
        cause = self._recomposed(value.node)
        if cause is not None:
            return cause._replace(name=name, after=after)
        gone = self.specs.old.section("job").removed.get(name)
        if gone is not None and name not in self.specs.new.section("job").removed:
            return Cause("altered", name, (), after, Place.of(span_of(gone), is_old=True), "no longer unset")
        return Cause("altered", name, (), after, Place.of(span_of(value.node)))

    def vanished(self, name: str, value: Value) -> Cause:
        """The cause of a field that only the old side has."""
        before = said(written(value.node))
        gone = self.specs.new.section("job").removed.get(name)
        if gone is not None:
            return Cause("altered", name, before, (), Place.of(span_of(gone)))
        still = {document.source.name: document.source.text for document in _line(self.specs.new)}
        source = value.node.span.source
        if source.name not in still:
            for document in reversed(_line(self.specs.new)):
                was = next((d for d in _line(self.specs.old) if d.source.name == document.source.name), None)
                if was is not None and _parents(was) != _parents(document):
                    return Cause("altered", name, before, (), _place_of_parents(was, document), "another parent")
        return Cause("altered", name, before, (), Place.of(span_of(value.node), is_old=True))


def _same_text(old: Node, new: Node) -> bool:
    return type(old) is type(new) and repr(written(old)) == repr(written(new))


def _has_same_parts(old: Value, new: Value) -> bool:
    """Two mappings with the same keys, or two lists of one length: then a part of it is the cause."""
    if isinstance(old.children, dict) and isinstance(new.children, dict):
        return bool(new.children) and old.children.keys() == new.children.keys()
    return isinstance(old.children, tuple) and 0 < len(old.children) == len(new.children)


def _writer(node: Node) -> tuple[str, str]:
    return node.span.source.name, layer_of(node)


def _beneath(node: Node) -> list[Node]:
    found: list[Node] = []
    below = node.beneath
    while below is not None:
        found.append(below)
        below = below.beneath
    return found


def _is_among(node: Node, others: Sequence[Node]) -> bool:
    return any(_writer(node) == _writer(other) and _same_text(node, other) for other in others)


def _line(spec: ResolvedSpec) -> list[Document]:
    """The files that a spec is made of, weakest first."""
    return [*spec.ancestors, spec.document]


def _parents(document: Document) -> list[str]:
    return [str(parent.value) for parent in document.parents]


def _place_of_parents(old: Document, new: Document) -> Place:
    """The parent that is new; else, where `extends` has lost one or all, what stands there."""
    before = _parents(old)
    for parent in new.parents:
        if str(parent.value) not in before:
            return Place.of(parent.span)
    if new.parents:
        return Place.of(new.root.keys["extends"].span)
    return Place.of(old.root.keys["extends"].span, is_old=True)


def _first_difference(old: Source, new: Source) -> Span:
    """The line of the new text where it goes apart from the old one."""
    for before, after in zip(_starts(old), _starts(new), strict=False):
        if old.line(before) != new.line(after):
            return new.span(new.line_starts[after - 1])
    return new.span(new.line_starts[min(len(old.line_starts), len(new.line_starts)) - 1])


def _starts(source: Source) -> range:
    return range(1, len(source.line_starts) + 1)
