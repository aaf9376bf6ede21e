"""Diagnostics as SARIF 2.1.0 (OASIS), which code hosts and editors show beside the code."""

import json
from collections.abc import Iterable

from specc import __version__
from specc.diagnostics import Code, Diagnostic, Edit, Fix
from specc.reporters.guidance import guidance
from specc.reporters.locations import fingerprints, in_repository, is_file, stretch, uri
from specc.reporters.report import Report, sort
from specc.source import Position, Source, Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
FINGERPRINT = "speccFingerprint/v1"

Json = dict[str, object]


def render(report: Report) -> str:
    """Return the report. Columns count UTF-16 code units; paths begin at the root of the repository."""
    found = sort(report.diagnostics)
    codes = sorted({diagnostic.code.code: diagnostic.code for diagnostic in found}.values(), key=lambda code: code.code)
    indices = {code.code: index for index, code in enumerate(codes)}
    driver = {"name": "specc", "version": __version__, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True}],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "utf16CodeUnits",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": [
            _result(diagnostic, indices[diagnostic.code.code], digest, report)
            for diagnostic, digest in fingerprints(found, report)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: Code) -> Json:
    """Return all that is known about a code, so that a viewer needs no other page."""
    summary, text = guidance(code)
    return {
        "id": code.code,
        "name": code.slug,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": summary},
        "help": {"text": f"{summary}\n\n{text}", "markdown": f"**{code.code} {code.slug}**: {summary}\n\n{text}"},
        "defaultConfiguration": {"level": code.severity.value},
        "properties": {"problem.severity": code.severity.value},
    }


def _result(diagnostic: Diagnostic, index: int, digest: str, report: Report) -> Json:
    result: Json = {
        "ruleId": diagnostic.code.code,
        "ruleIndex": index,
        "level": diagnostic.severity.value,
        "message": {"text": _message(diagnostic)},
        "locations": [_location(diagnostic.span, diagnostic.label, report)],
        "partialFingerprints": {FINGERPRINT: digest},
    }
    if diagnostic.labels:
        related = [_location(label.span, label.message, report) for label in diagnostic.labels]
        result["relatedLocations"] = [{"id": number, **location} for number, location in enumerate(related, 1)]
    if diagnostic.fix is not None and all(is_file(edit.span.source.path) for edit in diagnostic.fix.edits):
        result["fixes"] = [_fix(diagnostic.fix, report)]
    return result


def _fix(fix: Fix, report: Report) -> Json:
    """Return a change that a viewer offers and a person accepts. The title says whether the change is a guess."""
    title = fix.title if fix.is_safe else f"{fix.title} (a guess: read the change first)"
    replacements: dict[str, list[Json]] = {}
    for edit in fix.edits:
        replacements.setdefault(in_repository(edit.span.source.path, report), []).append(_replacement(edit))
    changes = [{"artifactLocation": _artifact(path), "replacements": made} for path, made in replacements.items()]
    return {"description": {"text": title}, "artifactChanges": changes}


def _replacement(edit: Edit) -> Json:
    region = _between(edit.span.source, edit.span.first, edit.span.last)
    inserted: Json = {"insertedContent": {"text": edit.replacement}} if edit.replacement else {}
    return {"deletedRegion": region, **inserted}


def _message(diagnostic: Diagnostic) -> str:
    return _plain("\n".join([diagnostic.message, *_hints(diagnostic)]))


def _plain(text: str) -> str:
    """Return text without links: a viewer makes a link of `[words](address)`, unless the bracket is escaped."""
    return text.replace("](", "\\](")


def _hints(diagnostic: Diagnostic) -> Iterable[str]:
    yield from (f"note: {note}" for note in diagnostic.notes)
    if diagnostic.help:
        yield f"help: {diagnostic.help}"


def _location(span: Span, message: str, report: Report) -> Json:
    """Return the location of a span. A span of the command line has no file, and is named instead."""
    text: Json = {"message": {"text": _plain(message)}} if message else {}
    path = span.source.path
    if not is_file(path):
        return {"logicalLocations": [{"fullyQualifiedName": str(span) if path.startswith("-") else path}], **text}
    physical: Json = {"artifactLocation": _artifact(in_repository(path, report))}
    if span.source.text:
        physical["region"] = _region(span)
    return {"physicalLocation": physical, **text}


def _artifact(path: str) -> Json:
    """Return a path as an URI. A path outside of the repository begins at the root of the machine."""
    return {"uri": f"file://{uri(path)}"} if path.startswith("/") else {"uri": uri(path), "uriBaseId": ROOT}


def _region(span: Span) -> Json:
    return _between(span.source, *stretch(span))


def _between(source: Source, first: Position, last: Position) -> Json:
    return {
        "startLine": first.line,
        "startColumn": _column(source, first),
        "endLine": last.line,
        "endColumn": _column(source, last),
    }


def _column(source: Source, position: Position) -> int:
    before = source.line(position.line)[: position.column - 1]
    # A position behind a line break counts one more than the line has.
    beyond = position.column - 1 - len(before)
    return len(before.encode("utf-16-le", "surrogatepass")) // 2 + beyond + 1
