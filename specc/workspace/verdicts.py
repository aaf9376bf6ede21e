"""What the project's `[rules]` make of a finding: its severity, or that it is none."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePath

from specc.diagnostics import Diagnostic, Severity, codes
from specc.disk import matches
from specc.settings import RuleSettings


def without_doubtful_fixes(findings: list[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield the diagnostics, warnings without a fix where an error about the same characters has another.

    `yes` is quoted safely where it is a text, and not where a boolean is declared, as the error says.
    """
    doubted = {finding.span for finding in findings if finding.is_error and finding.fix is not None}
    for finding in findings:
        is_doubtful = finding.fix is not None and not finding.is_error and finding.span in doubted
        yield replace(finding, fix=None) if is_doubtful else finding


def judged(findings: Iterable[Diagnostic], rules: RuleSettings) -> Iterator[Diagnostic]:
    """The findings that the project wants, as severe as it wants them. The last table that says something wins."""
    for finding in findings:
        verdict = _verdict(finding, rules)
        if verdict != "off":
            yield finding if verdict == finding.severity else replace(finding, severity=Severity(verdict))


def _verdict(finding: Diagnostic, rules: RuleSettings) -> str:
    code = finding.code.code
    verdict = finding.severity.value
    if rules.select is not None and code in codes.OF_RULES and code not in rules.select:
        return "off"
    path = PurePath(finding.span.source.name)
    for table in (rules.everywhere, *(table for pattern, table in rules.paths if matches(path.parts, pattern))):
        verdict = "off" if code in table.ignore else table.severity.get(code, verdict)
    return verdict
