"""Diagnostics as JUnit XML, which nearly every build server reads: a file is a suite, a diagnostic is a test."""

from collections import Counter
from itertools import groupby
from xml.etree import ElementTree as xml

from specc.diagnostics import Diagnostic
from specc.reporters.locations import stretch
from specc.reporters.report import Report, sort
from specc.visible import uncommanded, visible


def render(report: Report) -> str:
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
