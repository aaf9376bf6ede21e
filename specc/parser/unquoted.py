"""Templates that nobody quoted. YAML reads `{{ x }}` as a mapping inside of a mapping, and `{% if %}` not at all."""

import re
from itertools import groupby

from specc.diagnostics import Diagnostic, codes, replacing_fix
from specc.source import BLANKS, Source, Span

COMMENT = re.compile(r"[ \t]*(?:#.*)?")
MAX_LINE = 160
"""A longer line is not written out again in a message."""


def unquoted_templates(source: Source, places: list[tuple[int, int]]) -> list[Diagnostic]:
    """A finding for each unquoted template, with its line as it should be written."""
    spans = [source.span(start, end) for start, end in places]
    findings = []
    for number, on_line in groupby(spans, key=lambda span: span.first.line):
        line = source.line(number)
        findings += findings_of_line(line, list(on_line))
    return findings


def findings_of_line(line: str, spans: list[Span]) -> list[Diagnostic]:
    written = corrected(line, spans) if len(line) <= MAX_LINE else None
    return [finding(line, span, written or quoted(span.text)) for span in spans]


def finding(line: str, span: Span, written: str) -> Diagnostic:
    column = span.first.column - 1
    message = "a template without quotes: YAML takes its `{` for a mapping"
    help = f"write `{written}`"
    fix = replacing_fix(span, span.text, quoted(span.text), is_safe=True)
    if span.text.startswith("{%"):
        before = line[max(0, column - MAX_LINE) : column].strip(BLANKS)
        if not before:
            message = "a template statement cannot stand between the lines of YAML"
            help = 'templates live inside of values: `key: "{{ a if params.x else b }}"`'
        elif COMMENT.fullmatch(line, column + len(span.text)):
            help = f"write `{before} |` and the template in the lines below it"
        fix = None  # in quotes it would still be no template that can stand there
    return codes.UNQUOTED_TEMPLATE.at(span, message, help=help, fix=fix)


def corrected(line: str, spans: list[Span]) -> str:
    """The line with quotes where they are missing, without the comment behind it."""
    after = line[spans[-1].last.column - 1 :]
    if COMMENT.fullmatch(after):
        line = line[: len(line) - len(after)]
    for span in reversed(spans):
        line = line[: span.first.column - 1] + quoted(span.text) + line[span.last.column - 1 :]
    return line.strip(BLANKS)


def quoted(text: str) -> str:
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'
