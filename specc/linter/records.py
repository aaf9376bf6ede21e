"""What a check of one spec came to, as JSON, and what is remembered of it."""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from specc.cache import Asked, CleanChecks, Part
from specc.cache.shards import Shards
from specc.diagnostics import Diagnostic, Edit, Fix, Label, Severity, codes
from specc.diagnostics.codes import CODES
from specc.disk import SHIPPED
from specc.inheritance import searchable
from specc.linter.examining import Examined, Place, Taken
from specc.linter.families import Facts
from specc.nodes import Mapping, Node, Scalar, Sequence
from specc.project.library import FileLibrary, Reads
from specc.project.project import Project
from specc.rules import CLASH_RULES
from specc.rules.rule import Claim
from specc.settings import Settings
from specc.source import Source, Span

Json = Any
"""Only what `json` makes: dicts, lists, texts, numbers, None."""

SPEC, TEXT, SETTING = "s", "t", "c"
SEVERITIES = tuple(Severity)


class Unrecordable(Exception):
    """A diagnostic that points into a text which is in no file of the project, or a reading that would not come again;
    and, when decoding, what is not a record."""


class Sources:
    """The texts that spans of a project's diagnostics can point into.

    `viewpoint` is a text that differs where messages would print other paths.
    """

    def __init__(self, library: FileLibrary, settings: Settings, viewpoint: str = "") -> None:
        self.library = library
        self.viewpoint = viewpoint
        targets = settings.targets.values()
        layers = [settings.defaults, *(layer for target in targets for layer in (target.job, target.prelude))]
        spans = (span for layer in layers if layer is not None for span in _spans(layer))
        self._settings = {span.source.name: span.source for span in spans}

    def letter(self, source: Source) -> str:
        if self.library.has_read(source):
            return SPEC
        if self._settings.get(source.name) is source:
            return SETTING
        if self.library.has_text(source):
            return TEXT
        raise Unrecordable

    def size(self, name: str) -> int:
        """Return how many bytes a spec has; 0 where there is none."""
        data = self.library.contents.data(name, codes.UNREADABLE)
        return len(data) if isinstance(data, bytes) else 0

    def source(self, letter: str, name: str) -> Source:
        source: object = None
        if letter == SPEC:
            source = self.library.source(name)
        elif letter == SETTING:
            source = self._settings.get(name)
        elif letter == TEXT:
            source = self.library.text(name)
        if not isinstance(source, Source):
            raise Unrecordable
        return source


def _spans(node: Node) -> Iterator[Span]:
    yield node.span
    match node:
        case Mapping():
            for key, value in zip(node.keys.values(), node.entries.values(), strict=True):
                yield from (key.span, *_spans(value))
        case Sequence():
            for item in node.items:
                yield from _spans(item)
        case Scalar():
            pass


def encode_facts(facts: Facts, library: FileLibrary) -> Json:
    """Raises Unrecordable."""
    return [
        facts.is_abstract,
        facts.parents,
        sorted(facts.references),
        sorted(facts.uses),
        sorted(facts.declares),
        digests_of_reads(facts.reads, library),
    ]


def decode_facts(name: str, record: Json) -> Facts:
    """Return what `encode_facts` was given. Raises Unrecordable."""
    match record:
        case [bool(is_abstract), list(parents), list(references), list(uses), list(declares), digests] if (
            _are_texts(references) and _are_texts(uses) and all(map(_is_pair, declares))
        ):
            return Facts(
                name,
                is_abstract,
                tuple(_text(parent) if parent is not None else None for parent in parents),
                frozenset(references),
                frozenset(uses),
                frozenset((namespace, declared) for namespace, declared in declares),
                _reads(name, digests),
            )
    raise Unrecordable


def encode_examined(examined: Examined, sources: Sources) -> Json:
    """Raises Unrecordable."""
    if not examined.is_document:
        raise Unrecordable
    taking = [
        [
            [thing, taken.count, [[_span(c.span, sources), c.spec] for c in taken.claims]]
            for thing, taken in each.items()
        ]
        for each in examined.taking
    ]
    diagnostics = [_diagnostic(diagnostic, sources) for diagnostic in examined.diagnostics]
    viewpoint = sources.viewpoint if diagnostics else None
    return [diagnostics, viewpoint, taking, examined.payloads, digests_of_reads(examined.reads, sources.library)]


def decode_examined(name: str, record: Json, sources: Sources) -> Examined:
    """Return what `encode_examined` was given.

    Raises Unrecordable, also for texts that are not there any more, and for messages whose paths are right in another
    folder.
    """
    match record:
        case [list(diagnostics), viewpoint, list(taking), payloads, digests] if len(taking) == len(CLASH_RULES) and (
            not diagnostics or viewpoint == sources.viewpoint
        ):
            said = tuple(_said(diagnostic, sources) for diagnostic in diagnostics)
            taken = tuple(_taken(each, sources) for each in taking)
            return Examined(name, True, said, taken, _count(payloads), _reads(name, digests))
    raise Unrecordable


def digests_of(record: Json) -> dict[str, str]:
    """Return, by name, the digests of all that a record is made of. They stand last. Raises Unrecordable."""
    match record:
        case [*_, [dict(documents), dict(texts)]]:
            return {**documents, **texts}
    raise Unrecordable


def digests_of_reads(reads: Reads, library: FileLibrary) -> Json:
    """Return the digests of the specs and of the other texts that were read, by name. Raises Unrecordable."""
    if not reads.is_whole:
        raise Unrecordable
    return [{name: _digest(name, library) for name in sorted(names)} for names in (reads.documents, reads.texts)]


def _digest(name: str, library: FileLibrary) -> str:
    digest = library.contents.digest(name)
    if digest is None:
        raise Unrecordable
    return digest


def _reads(name: str, digests: Json) -> Reads:
    """Return what was read for a file, which must have been read itself."""
    match digests:
        case [dict(documents), dict(texts)] if name in documents:
            return Reads(set(documents), set(texts))
    raise Unrecordable


def _diagnostic(diagnostic: Diagnostic, sources: Sources) -> Json:
    labels = [[_span(label.span, sources), label.message] for label in diagnostic.labels]
    fix = diagnostic.fix
    edits = [[_span(edit.span, sources), edit.replacement] for edit in fix.edits] if fix is not None else []
    return [
        diagnostic.code.code,
        diagnostic.severity,
        diagnostic.message,
        _span(diagnostic.span, sources),
        diagnostic.label,
        labels,
        diagnostic.notes,
        diagnostic.help,
        [fix.title, edits, fix.is_safe] if fix is not None else None,
    ]


def _said(record: Json, sources: Sources) -> Diagnostic:
    match record:
        case [str(code), severity, str(message), span, str(label), list(labels), list(notes), help, fix] if (
            code in CODES and severity in SEVERITIES
        ):
            return Diagnostic(
                CODES[code],
                Severity(severity),
                message,
                _there(span, sources),
                label,
                tuple(_label(each, sources) for each in labels),
                tuple(map(_text, notes)),
                _text(help) if help is not None else None,
                _fix(fix, sources) if fix is not None else None,
            )
    raise Unrecordable


def _label(record: Json, sources: Sources) -> Label:
    match record:
        case [where, str(message)]:
            return Label(_there(where, sources), message)
    raise Unrecordable


def _fix(record: Json, sources: Sources) -> Fix:
    match record:
        case [str(title), list(edits), bool(is_safe)]:
            return Fix(title, tuple(_edit(each, sources) for each in edits), is_safe)
    raise Unrecordable


def _edit(record: Json, sources: Sources) -> Edit:
    match record:
        case [where, str(replacement)]:
            return Edit(_there(where, sources), replacement)
    raise Unrecordable


def _taken(record: Json, sources: Sources) -> dict[str, Taken]:
    """Return what the payloads of a spec take of one kind. Each thing has a place that says so."""
    taken = {}
    for each in record if isinstance(record, list) else [None]:
        match each:
            case [str(thing), count, [_, *_] as places]:
                taken[thing] = Taken(_count(count), {_claim(place, sources): None for place in places})
            case _:
                raise Unrecordable
    return taken


def _claim(record: Json, sources: Sources) -> Place:
    match record:
        case [[str(letter), str(name), int(start), int(end)], str(spec)] if letter == SPEC:
            # Its text is as it was, and no text has more characters than bytes.
            if 0 <= start <= end <= sources.size(name):
                return partial(_claim_in_spec, sources, name, start, end, spec)
        case [span, str(spec)]:
            return Claim(_there(span, sources), spec)
    raise Unrecordable


def _claim_in_spec(sources: Sources, name: str, start: int, end: int, spec: str) -> Claim:
    return Claim(Span(sources.library.source(name) or Source(name, "", name), start, end), spec)


def _span(span: Span, sources: Sources) -> Json:
    return [sources.letter(span.source), span.source.name, span.start, span.end]


def _there(record: Json, sources: Sources) -> Span:
    match record:
        case [str(letter), str(name), int(start), int(end)]:
            source = sources.source(letter, name)
            if 0 <= start <= end <= len(source.text):
                return Span(source, start, end)
    raise Unrecordable


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    raise Unrecordable


def _are_texts(values: list[Json]) -> bool:
    return set(map(type, values)) <= {str}


def _is_pair(value: Json) -> bool:
    return type(value) is list and len(value) == 2 and _are_texts(value)


def _count(value: Json) -> int:
    if isinstance(value, int) and 0 <= value <= sys.maxsize:
        return value
    raise Unrecordable


FACTS, EXAMINED = "facts", "examined"


class Memory:
    """Answers None for what it does not know. What it learns is kept by `save`. Without shards, it knows nothing."""

    def __init__(
        self,
        project: Project,
        shards: Shards | None = None,
        clean: CleanChecks | None = None,
        viewpoint: str = "",
    ) -> None:
        self._project = project
        self._shards = shards
        self._clean = clean
        self._sources = Sources(project.library, project.settings, viewpoint)

    def facts(self, name: str) -> Facts | None:
        with suppress(Unrecordable):
            record = self._standing(name, FACTS)
            return decode_facts(name, record) if record is not None else None
        return None

    def examined(self, name: str) -> Examined | None:
        # A text that a diagnostic points into may not be there any more.
        with suppress(Unrecordable):
            record = self._standing(name, EXAMINED)
            return decode_examined(name, record, self._sources) if record is not None else None
        return None

    def searchable(self, name: str, data: bytes) -> bytes | None:
        """Return the bytes of a file as `mentions` takes them."""
        return searchable(data)

    def learn_facts(self, facts: Facts) -> None:
        if self._shards is not None:
            with suppress(Unrecordable):
                self._shards.put(facts.name, FACTS, encode_facts(facts, self._project.library))

    def learn_examined(self, examined: Examined) -> None:
        if self._shards is not None:
            with suppress(Unrecordable):
                self._shards.put(examined.name, EXAMINED, encode_examined(examined, self._sources))

    def learn_record(self, name: str, record: Json) -> None:
        """What another process has encoded."""
        if self._shards is not None:
            self._shards.put(name, EXAMINED, record)

    def learn_clean(self, asked: Asked, checked: dict[str, Part], reads: Iterable[Reads]) -> None:
        """Note that a check has found nothing in what it read."""
        whole = Reads()
        for each in reads:
            whole.add(each)
        if self._clean is not None and whole.is_whole:
            self._clean.keep(asked, checked, whole.documents | whole.texts, self._project.site.contents)

    def recall(self, name: str) -> Json | None:
        """Return a record of the whole project."""
        return self._shards.store.read(self._shards.world, name) if self._shards is not None else None

    def keep(self, name: str, record: Json) -> None:
        """Write a record of the whole project. It is not an error if that fails."""
        if self._shards is not None:
            # Without it, the next check takes longer.
            with suppress(OSError), self._shards.store.writing(self._shards.world) as write:
                write(name, json.dumps(record, separators=(",", ":")).encode())

    def save(self) -> None:
        if self._shards is not None:
            self._shards.save(lambda name: name.startswith(SHIPPED) or os.path.lexists(self._project.root / name))

    def _standing(self, name: str, kind: str) -> Json | None:
        """Return the record, if all that it was made of is as it was. Raises Unrecordable for what is not a record."""
        record = self._shards.get(name).get(kind) if self._shards is not None else None
        if record is None:
            return None
        digest = self._project.site.contents.digest
        return record if all(digest(each) == was for each, was in digests_of(record).items()) else None
