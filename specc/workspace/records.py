"""What is known of a file and of its check, as plain JSON: to be kept on disk, or to come from another process.

Spans name their text by a letter for its kind and by its name, so they are only true of texts with the same digests.
"""

from collections.abc import Iterator
from typing import Any

from specc.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from specc.diagnostics.codes import CODES
from specc.nodes import Mapping, Node, Scalar, Sequence
from specc.rules.rule import Claim
from specc.settings import Settings
from specc.source import Source, Span
from specc.workspace.clashes import Taken
from specc.workspace.examining import Examined
from specc.workspace.facts import Facts
from specc.workspace.library import FileLibrary
from specc.workspace.reading import Reads

Json = Any
"""Only what `json` makes: dicts, lists, texts, numbers, None."""

SPEC, TEXT, SETTING = "s", "t", "c"


class Unrecordable(Exception):
    """A finding that points into a text which is in no file of the project, or a reading that would not come again."""


class Sources:
    """The texts that spans of a project's findings can point into."""

    def __init__(self, library: FileLibrary, settings: Settings) -> None:
        self.library = library
        layers = [settings.defaults, *(target.job for target in settings.targets.values())]
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
        _digests(facts.reads, library),
    ]


def decode_facts(name: str, record: Json) -> Facts:
    is_abstract, parents, references, uses, declares, digests = record
    names = frozenset((namespace, key) for namespace, key in declares)
    return Facts(name, is_abstract, tuple(parents), frozenset(references), frozenset(uses), names, _reads(digests))


def encode_examined(examined: Examined, sources: Sources) -> Json:
    """Raises Unrecordable."""
    if not examined.is_document:
        raise Unrecordable
    taking = [
        [
            [thing, taken.count, [[_span(c.span, sources), c.spec] for c in taken.places]]
            for thing, taken in each.items()
        ]
        for each in examined.taking
    ]
    findings = [_finding(finding, sources) for finding in examined.findings]
    return [findings, taking, examined.payloads, _digests(examined.reads, sources.library)]


def decode_examined(name: str, record: Json, sources: Sources) -> Examined:
    """Raises Unrecordable for texts that are not there any more."""
    findings, taking, payloads, digests = record
    taken = tuple(
        {
            thing: Taken(count, {Claim(_there(span, sources), spec): None for span, spec in places})
            for thing, count, places in each
        }
        for each in taking
    )
    said = tuple(_said(finding, sources) for finding in findings)
    return Examined(name, True, said, taken, payloads, _reads(digests))


def digests_of(record: Json) -> dict[str, str]:
    """By name, the digests of all that a record is made of. They stand last."""
    documents, texts = record[-1]
    return {**documents, **texts}


def _digests(reads: Reads, library: FileLibrary) -> Json:
    if not reads.is_whole:
        raise Unrecordable
    return [{name: _digest(name, library) for name in sorted(names)} for names in (reads.documents, reads.texts)]


def _digest(name: str, library: FileLibrary) -> str:
    digest = library.contents.digest(name)
    if digest is None:
        raise Unrecordable
    return digest


def _reads(digests: Json) -> Reads:
    documents, texts = digests
    return Reads(set(documents), set(texts))


def _finding(finding: Diagnostic, sources: Sources) -> Json:
    labels = [[_span(label.span, sources), label.message] for label in finding.labels]
    fix = finding.fix
    edits = [[_span(edit.span, sources), edit.replacement] for edit in fix.edits] if fix is not None else []
    return [
        finding.code.code,
        finding.severity,
        finding.message,
        _span(finding.span, sources),
        finding.label,
        labels,
        finding.notes,
        finding.help,
        [fix.title, edits, fix.is_safe] if fix is not None else None,
    ]


def _said(record: Json, sources: Sources) -> Diagnostic:
    code, severity, message, span, label, labels, notes, help, fix = record
    return Diagnostic(
        CODES[code],
        Severity(severity),
        message,
        _there(span, sources),
        label,
        tuple(Label(_there(where, sources), text) for where, text in labels),
        tuple(notes),
        help,
        _fix(fix, sources) if fix is not None else None,
    )


def _fix(record: Json, sources: Sources) -> Fix:
    title, edits, is_safe = record
    return Fix(title, tuple(Edit(_there(span, sources), replacement) for span, replacement in edits), is_safe)


def _span(span: Span, sources: Sources) -> Json:
    return [sources.letter(span.source), span.source.name, span.start, span.end]


def _there(record: Json, sources: Sources) -> Span:
    letter, name, start, end = record
    return Span(sources.source(letter, name), start, end)
