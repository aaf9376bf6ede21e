"""Diagnostics for continuous integration: GitHub, GitLab, JUnit and SARIF."""

import json
from collections import Counter
from collections.abc import Iterable
from itertools import groupby, islice
from xml.etree import ElementTree as xml

from specc import __version__
from specc.diagnostics import Code, Diagnostic, Edit, Fix, Severity
from specc.reporters.guidance import guidance
from specc.reporters.locations import fingerprints, in_repository, is_file, stretch, uri, writable
from specc.reporters.report import Report, sort
from specc.source import Position, Source, Span
from specc.visible import uncommanded, visible
from specc.wording import counted

MOST_SHOWN = 10
"""GitHub shows so many annotations of each kind for a step, and drops all others silently."""


def github(report: Report) -> str:
    """Return errors, then warnings, as many as GitHub shows, then a line that counts those that were left out."""
    found = sort(report.diagnostics)
    errors = [diagnostic for diagnostic in found if diagnostic.is_error]
    warnings = [diagnostic for diagnostic in found if not diagnostic.is_error]
    lines = [
        _annotation(diagnostic, report) for diagnostic in (*islice(errors, MOST_SHOWN), *islice(warnings, MOST_SHOWN))
    ]
    rest = [(len(errors) - MOST_SHOWN, "error"), (len(warnings) - MOST_SHOWN, "warning")]
    left_out = " and ".join(counted(count, noun) for count, noun in rest if count > 0)
    if left_out:
        why = f"GitHub shows {MOST_SHOWN} of each kind a step. Add `--output text` to read all in the log"
        lines.append(f"::notice title=specc::{_data(f'{left_out} more not annotated: {why}')}")
    return "".join(f"{writable(line)}\n" for line in lines)


def _annotation(diagnostic: Diagnostic, report: Report) -> str:
    properties = {**_place_on_github(diagnostic, report), "title": f"{diagnostic.code.code} {diagnostic.code.slug}"}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    hints = [f"note: {note}" for note in diagnostic.notes] + ([f"help: {diagnostic.help}"] if diagnostic.help else [])
    texts = [visible(line) for hint in hints for line in hint.split("\n")]
    # A diagnostic of the command line has no location in a file.
    message = diagnostic.message if is_file(diagnostic.span.source.path) else f"{diagnostic.span}: {diagnostic.message}"
    text = "\n".join([visible(message), *texts])
    return f"::{diagnostic.severity} {listed}::{_data(text)}"


def _place_on_github(diagnostic: Diagnostic, report: Report) -> dict[str, str]:
    """Return the location. Columns are only for a single line: GitHub takes no others."""
    path = diagnostic.span.source.path
    if not is_file(path):
        return {}
    first, last = stretched = stretch(diagnostic.span)
    lines = {"file": visible(in_repository(path, report)), "line": str(first.line), "endLine": str(last.line)}
    columns = {"col": str(first.column), "endColumn": str(last.column)}
    return {**lines, **columns} if stretched.is_one_line else lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


GITLAB_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor"}


def gitlab(report: Report) -> str:
    """Return a JSON list, empty without diagnostics. Each diagnostic has a fingerprint of its own."""
    found = fingerprints(sort(report.diagnostics), report)
    return json.dumps([_issue(diagnostic, digest, report) for diagnostic, digest in found], indent=2) + "\n"


def _issue(diagnostic: Diagnostic, digest: str, report: Report) -> dict[str, object]:
    first, last = stretch(diagnostic.span)
    help = f" ({diagnostic.help})" if diagnostic.help else ""
    return {
        "description": visible(f"{diagnostic.code.slug}: {diagnostic.message}{help}".replace("\n", " ")),
        "check_name": diagnostic.code.code,
        "fingerprint": digest,
        "severity": GITLAB_SEVERITIES[diagnostic.severity],
        "location": {
            "path": in_repository(diagnostic.span.source.path, report),
            "lines": {"begin": first.line, "end": last.line},
        },
    }


def junit(report: Report) -> str:
    """Return the XML: an error is a test that failed, a warning is a test that passed with an output.

    Without diagnostics there is one test, which passed.
    """
    found = sort(report.diagnostics)
    root = xml.Element("testsuites", {"name": "specc", **_counts(found)})
    for path, diagnostics in groupby(found, key=lambda diagnostic: diagnostic.span.source.path):
        _suite(root, path, list(diagnostics))
    if not found:
        suite = xml.SubElement(root, "testsuite", {"name": "specc", "tests": "1", "failures": "0", "errors": "0"})
        xml.SubElement(suite, "testcase", {"name": "no problems", "classname": "specc", "time": "0"})
    xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{xml.tostring(root, encoding="unicode")}\n'


def _counts(diagnostics: list[Diagnostic]) -> dict[str, str]:
    errors = sum(diagnostic.is_error for diagnostic in diagnostics)
    return {"tests": str(len(diagnostics) or 1), "failures": str(errors), "errors": "0"}


def _suite(root: xml.Element, path: str, diagnostics: list[Diagnostic]) -> None:
    file = visible(path)
    suite = xml.SubElement(root, "testsuite", {"name": file, **_counts(diagnostics), "file": file})
    seen: Counter[str] = Counter()
    for diagnostic in diagnostics:
        name = visible(f"{diagnostic.code.code} {diagnostic.code.slug}: {diagnostic.message}")
        seen[name] += 1
        # Two tests of one name would be read as one test. The name does not contain the line, because lines move.
        name = name if seen[name] == 1 else f"{name} ({seen[name]})"
        case = xml.SubElement(suite, "testcase", {"name": name, "classname": file, "time": "0"})
        if diagnostic.is_error:
            said = {"message": visible(diagnostic.message), "type": diagnostic.code.code}
            xml.SubElement(case, "failure", said).text = _details(diagnostic)
        else:
            xml.SubElement(case, "system-out").text = _details(diagnostic)


def _details(diagnostic: Diagnostic) -> str:
    first, _ = stretch(diagnostic.span)
    where = visible(f"{diagnostic.span.source.path}:{first.line}:{first.column}")
    lines = [
        f"{where}: {diagnostic.severity}: {visible(diagnostic.message)}",
        *(f"note: {note}" for note in diagnostic.notes),
    ]
    # `visible` escapes just the characters that XML 1.0 does not allow, and a few more.
    text = visible("\n".join([*lines, f"help: {diagnostic.help}"] if diagnostic.help else lines), "\n")
    return uncommanded(text)


SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
FINGERPRINT = "speccFingerprint/v1"

Json = dict[str, object]


def sarif(report: Report) -> str:
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
