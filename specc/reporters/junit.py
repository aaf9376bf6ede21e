"""Findings as JUnit XML, which nearly every build server reads: a file is a suite, a finding a test."""

from collections import Counter
from itertools import groupby
from xml.etree import ElementTree as xml

from specc.diagnostics import Diagnostic
from specc.reporters.locations import stretch
from specc.reporters.report import Report, sort
from specc.visible import uncommanded, visible


def render(report: Report) -> str:
    """An error is a test that failed, a warning one that passed and says something. No finding is one that passed."""
    found = sort(report.diagnostics)
    root = xml.Element("testsuites", {"name": "specc", **_counts(found)})
    for path, findings in groupby(found, key=lambda finding: finding.span.source.path):
        _suite(root, path, list(findings))
    if not found:
        suite = xml.SubElement(root, "testsuite", {"name": "specc", "tests": "1", "failures": "0", "errors": "0"})
        xml.SubElement(suite, "testcase", {"name": "no problems", "classname": "specc", "time": "0"})
    xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{xml.tostring(root, encoding="unicode")}\n'


def _counts(findings: list[Diagnostic]) -> dict[str, str]:
    errors = sum(finding.is_error for finding in findings)
    return {"tests": str(len(findings) or 1), "failures": str(errors), "errors": "0"}


def _suite(root: xml.Element, path: str, findings: list[Diagnostic]) -> None:
    file = visible(path)
    suite = xml.SubElement(root, "testsuite", {"name": file, **_counts(findings), "file": file})
    seen: Counter[str] = Counter()
    for finding in findings:
        name = visible(f"{finding.code.code} {finding.code.slug}: {finding.message}")
        seen[name] += 1
        # Readers take two tests of one name for one. The line is not part of it, because lines move.
        name = name if seen[name] == 1 else f"{name} ({seen[name]})"
        case = xml.SubElement(suite, "testcase", {"name": name, "classname": file, "time": "0"})
        if finding.is_error:
            said = {"message": visible(finding.message), "type": finding.code.code}
            xml.SubElement(case, "failure", said).text = _details(finding)
        else:
            xml.SubElement(case, "system-out").text = _details(finding)


def _details(finding: Diagnostic) -> str:
    first, _ = stretch(finding.span)
    where = visible(f"{finding.span.source.path}:{first.line}:{first.column}")
    lines = [f"{where}: {finding.severity}: {visible(finding.message)}", *(f"note: {note}" for note in finding.notes)]
    # Nothing that it escapes could stand in XML 1.0, and the other way round.
    text = visible("\n".join([*lines, f"help: {finding.help}"] if finding.help else lines), "\n")
    return uncommanded(text)
