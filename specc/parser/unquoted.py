"""Templates that nobody quoted. YAML reads `{{ x }}` as a mapping inside of a mapping, and `{% if %}` not at all."""

import re

from specc.diagnostics import Diagnostic, codes
from specc.source import Source, Span

BEFORE = re.compile(r"[^\s,\[\]{}]*\Z")
COMMENT = re.compile(r"[ \t]*(?:#.*)?")
MAX_SHOWN = 160


def unquoted_templates(source: Source, places: list[tuple[int, int]]) -> list[Diagnostic]:
    """A finding for each unquoted template, with its line as it should be written."""
    spans = [whole_value(source, start, end) for start, end in places]
    return [finding(span, [other for other in spans if other.first.line == span.first.line]) for span in spans]


def whole_value(source: Source, start: int, end: int) -> Span:
    """Inside of `[...]`, a value may have begun before its template: `x{{ y }}`."""
    line_start = source.line_starts[source.position(start).line - 1]
    before = BEFORE.search(source.text, line_start, start)
    # `\Z` is where the search ends
    return source.span(before.start() if before else start, end)


def finding(span: Span, on_line: list[Span]) -> Diagnostic:
    line = span.source.line(span.first.line)
    before, after = line[: span.first.column - 1], line[span.last.column - 1 :]
    is_statement = span.text.startswith("{%")
    if is_statement and not before.strip():
        return codes.UNQUOTED_TEMPLATE.at(
            span,
            "a template statement cannot stand between the lines of YAML",
            help='templates live inside of values: `key: "{{ a if params.x else b }}"`',
        )
    if is_statement and COMMENT.fullmatch(after):
        help = f"write `{before.strip()} |` and the template in the lines below it"
    else:
        written = corrected(line, on_line)
        help = f"write `{written if len(written) <= MAX_SHOWN else quoted(span.text)}`"
    return codes.UNQUOTED_TEMPLATE.at(span, "a value that begins with a template needs quotes", help=help)


def corrected(line: str, spans: list[Span]) -> str:
    """The line with quotes where they are missing, without the comment behind it."""
    after = line[spans[-1].last.column - 1 :]
    if COMMENT.fullmatch(after):
        line = line[: len(line) - len(after)]
    for span in reversed(spans):
        line = line[: span.first.column - 1] + quoted(span.text) + line[span.last.column - 1 :]
    return line.strip()


def quoted(text: str) -> str:
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'
