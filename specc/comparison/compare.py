"""Two sides of specs -> groups of payloads that differ for one reason."""

import json
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from typing import NamedTuple

from specc.changes import Change, changes, masked
from specc.comparison.causes import Sides, Tracer
from specc.comparison.model import (
    ORDER,
    Cause,
    Comparison,
    Detail,
    Group,
    Item,
    Label,
    Place,
    Side,
    Uncompared,
    What,
    said,
)
from specc.comparison.wording import payloads as counted
from specc.compiler import Context, Request, payloads
from specc.diagnostics import Diagnostic, Severity, codes
from specc.evaluator import MASK, Binding, bind, samples
from specc.explanation import Hiding, span_of
from specc.fast_dataclass import dataclass
from specc.lowering import Payload
from specc.nodes import to_data
from specc.parser import Document
from specc.resolver import ResolvedSpec, resolve
from specc.source import Source


class Unmade(NamedTuple):
    """Why a spec has no payloads to compare; `was` is the same in the past."""

    why: str
    was: str = ""
    faults: tuple[Diagnostic, ...] = ()


def by_id(side: Side, *, as_one: bool) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for document in side.documents:
        spec = str(document.id.value) if document.id else document.source.name
        found.setdefault("" if as_one else spec, []).append(document)
    return found


def lost_specs(side: Side, others: dict[str, list[Document]], *, as_one: bool) -> dict[str, Unmade]:
    """The specs that cannot be read, under the ids that they have on the other side, else under their names."""
    ids = {document.source.name: spec for spec, documents in others.items() for document in documents}
    return {
        "" if as_one else ids.get(name, name): Unmade("it cannot be read", "it could not be read", faults)
        for name, faults in side.lost.items()
    }


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A payload, and what it was made from."""

    payload: Payload
    spec: ResolvedSpec
    params: str


@dataclass(frozen=True, slots=True)
class Needs:
    """The spec cannot be compared without a value for a parameter that has neither choices nor an example."""

    param: str


def made(
    document: Document, context: Context, request: Request, declared: set[str]
) -> Iterator[Made | Needs | Diagnostic]:
    """Every payload with every choice of the required parameters, as `check` tries them, and every diagnostic.

    What is given for parameters of other specs is left out; `declared` learns which the spec has.
    """
    if document.abstract:
        return
    spec, _ = resolve(document, context.library, context.overlays(request))
    declared.update(spec.params)
    known = tuple(text for text in request.params if text.text.partition("=")[0] in spec.params)
    bindings, _ = bind(spec, known)
    required = [name for name, binding in bindings.items() if binding.node is None and not binding.refused]
    for sample in samples({name: bindings[name] for name in required}) if required else ({},):
        unknown = next((name for name, binding in sample.items() if binding.node is None), None)
        if unknown is not None:
            yield Needs(unknown)
            return
        given = (*known, *(_typed(name, binding) for name, binding in sample.items()))
        words = " ".join(shlex.quote(_plain(name, binding)) for name, binding in sample.items())
        for item in payloads(document, context, replace(request, params=given)):
            if isinstance(item, Payload):
                yield Made(item, spec, words)
            elif item.code is not codes.DEAD_EXCLUDE:
                yield item


def _data(binding: Binding) -> object:
    return None if binding.node is None else to_data(binding.node)


def _typed(name: str, binding: Binding) -> Source:
    """As on a command line, in quotes, so that it is read as just this value."""
    return Source("-p", f"{name}={json.dumps(_data(binding), ensure_ascii=False)}", "-p")


def _plain(name: str, binding: Binding) -> str:
    data = _data(binding)
    return f"{name}={data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)}"


Key = tuple[str, str, int]
"""Parameters, cell, and the how many-th payload of these: two specs may say that they are one."""


@dataclass(eq=False)
class _Lone:
    """A payload that one side alone has, until it is known whether the other has it under another key."""

    item: Item
    cause: Cause
    digest: str


@dataclass(eq=False)
class _Found:
    groups: dict[Cause, list[Item]] = field(default_factory=dict)
    added: list[_Lone] = field(default_factory=list)
    removed: list[_Lone] = field(default_factory=list)
    altered: int = 0
    same: int = 0
    declared: set[str] = field(default_factory=set)
    uncompared: list[Uncompared] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def note(self, cause: Cause, item: Item) -> None:
        self.groups.setdefault(cause, []).append(item)


def compare(old: Side, new: Side, request: Request, *, as_one: bool = False) -> Comparison:
    """What becomes of the payloads of the old side. `as_one`: each side is one spec, whatever it is called."""
    found = _Found()
    before, after = by_id(old, as_one=as_one), by_id(new, as_one=as_one)
    lost_before, lost_after = lost_specs(old, after, as_one=as_one), lost_specs(new, before, as_one=as_one)
    for spec in dict.fromkeys([*before, *after, *lost_before, *lost_after]):
        pair = _Pair(spec, old, new, found, request)
        pair.compare(
            lost_before.get(spec) or pair.made(before.get(spec, []), old),
            lost_after.get(spec) or pair.made(after.get(spec, []), new),
            before.get(spec, []),
            after.get(spec, []),
        )
    moved = _take_moved(found)
    for lone in (*found.removed, *found.added):
        found.note(lone.cause, lone.item)
    groups = [Group(cause, tuple(items)) for cause, items in found.groups.items()]
    groups.sort(key=lambda group: (ORDER.index(group.cause.what), -len(group.items)))
    counts: dict[What, int] = {
        "altered": found.altered,
        "added": len(found.added),
        "removed": len(found.removed),
        "moved": moved,
    }
    declared = frozenset(found.declared) if old.documents or new.documents else None
    return Comparison(
        tuple(groups), counts, found.same, tuple(found.uncompared), tuple(found.diagnostics), declared=declared
    )


def _take_moved(found: _Found) -> int:
    """Pairs what is gone with what is new and the same, byte for byte."""
    gone: dict[str, list[_Lone]] = {}
    for lone in found.removed:
        gone.setdefault(lone.digest, []).append(lone)
    stays: list[_Lone] = []
    paired: set[int] = set()
    for lone in found.added:
        partners = gone.get(lone.digest)
        if not partners:
            stays.append(lone)
            continue
        was = partners.pop(0)
        paired.add(id(was))
        item = Item(lone.item.label, was.digest, lone.digest, was=was.item.label)
        found.note(_move(was.item.label, lone.item.label), item)
    found.added = stays
    found.removed = [lone for lone in found.removed if id(lone) not in paired]
    return len(paired)


def _move(old: Label, new: Label) -> Cause:
    if old.spec != new.spec:
        return Cause("moved", "", said(old.spec), said(new.spec), None, "the same payloads under another spec id")
    return Cause("moved", "", said(new.spec), said(new.spec), None, "the same payloads under other cell ids")


@dataclass(eq=False)
class _Pair:
    """One spec on both sides."""

    spec: str
    old: Side
    new: Side
    found: _Found
    request: Request

    def compare(
        self,
        old: "dict[Key, Made] | Unmade",
        new: "dict[Key, Made] | Unmade",
        before: list[Document],
        after: list[Document],
    ) -> None:
        """What was made of the documents of both sides."""
        if isinstance(old, Unmade) or isinstance(new, Unmade):
            self._uncompared(old, new, before or after)
            return
        if len(old) == len(new) == 1 and not self.spec:
            old = {next(iter(new)): next(iter(old.values()))}
        self._matched({key: (old[key], new[key]) for key in new if key in old})
        axes_old, axes_new = _axes(old.values()), _axes(new.values())
        for key, item in new.items():
            if key not in old:
                cause = _lone_cause("added", item, axes_old, others=old, documents=before)
                lone = _Lone(Item(self._label(item), None, item.payload.digest), cause, item.payload.digest)
                self.found.added.append(lone)
        for key, item in old.items():
            if key not in new:
                cause = _lone_cause("removed", item, axes_new, others=new, documents=after)
                lone = _Lone(Item(self._label(item), item.payload.digest, None), cause, item.payload.digest)
                self.found.removed.append(lone)

    def made(self, documents: list[Document], side: Side) -> "dict[Key, Made] | Unmade":
        """The payloads by key, or why there are none."""
        result: dict[Key, Made] = {}
        faults: list[Diagnostic] = []
        for document in documents:
            for item in made(document, side.context, self.request, self.found.declared):
                if isinstance(item, Needs):
                    return Unmade(f"`params.{item.param}` has no value: give it one with `-p {item.param}=VALUE`")
                if isinstance(item, Diagnostic):
                    faults += [item] if item.is_error else []
                    continue
                number = 0
                while (key := (item.params, item.payload.cell.id, number)) in result:
                    number += 1
                result[key] = item
        return Unmade("it has errors", "it had errors", tuple(faults)) if faults else result

    def _uncompared(self, old: object, new: object, documents: list[Document]) -> None:
        """What is wrong on both sides is told of the new one. What was wrong in the past is not an error any more."""
        name = self.spec or documents[0].source.path
        bad = [side for side in (new, old) if isinstance(side, Unmade)]
        if isinstance(old, Unmade) and isinstance(new, dict) and self.spec and old.faults:
            self.found.diagnostics.extend(replace(fault, severity=Severity.WARNING) for fault in old.faults)
            why = f"before, {old.was}" + (f"; now it comes to {counted(len(new))}" if new else "")
            self.found.uncompared.append(Uncompared(name, why, was_broken=bool(new)))
            return
        self.found.diagnostics.extend(bad[0].faults)
        why = bad[0].why if len(bad) == 2 or not (self.spec and bad[0].faults) else f"now {bad[0].why}"
        self.found.uncompared.append(Uncompared(name, why))

    def _label(self, item: Made) -> Label:
        return Label.of(self.spec or item.spec.id, item.params, item.payload.cell, item.payload.shown_name)

    def _matched(self, pairs: dict[Key, tuple[Made, Made]]) -> None:
        tracers: dict[tuple[int, int], Tracer] = {}
        for old, new in pairs.values():
            if old.payload.digest == new.payload.digest and old.payload.api == new.payload.api:
                self.found.same += 1
                continue
            key = (id(old.spec), id(new.spec))
            if key not in tracers:
                tracers[key] = Tracer(self.old, self.new, Sides(old.spec, new.spec), self._hiding(old, new))
            tracer = tracers[key]
            self._altered(old, new, tracer)

    def _hiding(self, old: Made, new: Made) -> Hiding:
        hidden = self.old.context.hidden | self.new.context.hidden
        return Hiding(hidden, hidden if old.payload.hides_cell or new.payload.hides_cell else frozenset())

    def _altered(self, old: Made, new: Made, tracer: Tracer) -> None:
        self.found.altered += 1
        by_cause: dict[Cause, list[Detail]] = {}
        for change in changes(old.payload.body, new.payload.body):
            was, now = old.payload.values.get(change.field), new.payload.values.get(change.field)
            causes: tuple[Cause, ...] = ()
            origin = None
            if was is not None and now is not None:
                causes, origin = tracer.altered(change.field, was, now), Place.of(span_of(now.node))
            elif now is not None:
                causes, origin = (tracer.appeared(change.field, now),), Place.of(span_of(now.node))
            elif was is not None:
                causes, origin = (tracer.vanished(change.field, was),), Place.of(span_of(was.node), is_old=True)
            shown = masked(change, was=old.payload.hidden, now=new.payload.hidden)
            for cause in causes:
                by_cause.setdefault(cause, []).append(Detail(shown, origin))
        if old.payload.api != new.payload.api:
            change = Change("api", (old.payload.api,), (new.payload.api,))
            by_cause.setdefault(_api_cause(change, new.spec), []).append(Detail(change, None))
        for cause, details in by_cause.items():
            item = Item(self._label(new), old.payload.digest, new.payload.digest, tuple(details))
            self.found.note(cause, item)


def _api_cause(change: Change, spec: ResolvedSpec) -> Cause:
    place = Place.of(spec.api_node.span) if spec.api_node is not None else None
    return Cause("altered", "api", said(*change.before), said(*change.after), place)


def _axes(items: Iterable[Made]) -> dict[str, set[bytes]]:
    """The values that each axis has on one side."""
    found: dict[str, set[bytes]] = {}
    for item in items:
        for name, value in item.payload.cell.values.items():
            found.setdefault(name, set()).add(value.json)
    return found


def _lone_cause(
    what: What, item: Made, axes: dict[str, set[bytes]], *, others: dict[Key, Made], documents: list[Document]
) -> Cause:
    """Return why the other side does not have the payload: no such spec, no such value of an axis, or no such cell."""
    is_old = what == "removed"
    start = Place.of(item.spec.document.root.span, is_old=is_old)
    if not others:
        if any(document.abstract for document in documents):
            note = "the spec is abstract now" if is_old else "the spec was abstract"
        else:
            note = "the spec is gone" if is_old else "the spec is new"
        return Cause(what, item.spec.id, (), (), start, note)
    for name, value in item.payload.cell.values.items():
        if value.json in axes.get(name, set()):
            continue
        place = Place.of(value.node.span, is_old=is_old)
        if to_data(value.node) != value.data:  # one of a range: all its values stand at one place
            note = "values that are gone" if is_old else "new values"
            return Cause(what, f"matrix.{name}", (), (), place, note)
        data = said(MASK if item.payload.hides_cell else value.data)
        return Cause(what, f"matrix.{name}", data if is_old else (), () if is_old else data, place)
    if item.params and all(other.params != item.params for other in others.values()):
        return Cause(what, item.params, (), (), start, "another choice of a parameter")
    matrix = item.spec.section("matrix")
    place = Place.of(matrix.span, is_old=is_old) if item.payload.cell.values else start
    return Cause(what, "matrix", (), (), place, "another choice of cells")
