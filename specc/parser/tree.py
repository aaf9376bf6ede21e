"""Any YAML text as nodes: from bytes to text to events to nodes, with a diagnostic for all that is wrong.

Templates without quotes are recognised here, because YAML reads `{{ x }}` as a mapping in a mapping, and `{% if %}` not
at all.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from specc.diagnostics import Diagnostic, codes, replacing_fix
from specc.nodes import FILE_LAYER, Layer, Mapping, Node, Scalar, Sequence, kind_of
from specc.parser.builder import MAX_DEPTH, Builder, Unbuildable, too_deep
from specc.parser.events import NestedTooDeep, NotYaml, ScalarSpan, events_of, has_template
from specc.source import BLANKS, MAX_BYTES, Source, Span
from specc.wording import named

UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML forbids in a text (YAML 1.2, rule `c-printable`)."""

UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
PROGRAM = b"\x7fELF"


def decode(data: bytes, path: str, name: str) -> Source | Diagnostic:
    """Return the text of a file, or why it is not one. The caller reads at most `MAX_BYTES + 1` bytes."""
    if len(data) > MAX_BYTES:
        return too_large(Source(path, "", name))
    if data.startswith(PROGRAM):
        help = "name the script that runs it"
        return codes.NOT_TEXT.at(Source(path, "", name).span(), "the file is a compiled program", help=help)
    if data.startswith(UTF16_BOMS):
        return codes.NOT_TEXT.at(
            Source(path, "", name).span(), "the file is UTF-16, expected UTF-8", help="save the file as UTF-8"
        )
    data = data.removeprefix(UTF8_BOM)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        start = len(data[: error.start].decode("utf-8"))
        shown = UNPRINTABLE.sub("\ufffd", data.decode("utf-8", "replace"))
        return codes.NOT_TEXT.at(
            Source(path, shown, name).span(start, start + 1),
            f"the byte 0x{data[error.start]:02x} is not UTF-8",
            help="save the file as UTF-8",
        )
    source = Source(path, text, name)
    return unprintable(source) or source


def unprintable(source: Source) -> Diagnostic | None:
    """Return the diagnostic for the first character that YAML forbids. The text that it shows has no such character."""
    found = UNPRINTABLE.search(source.text)
    if found is None:
        return None
    shown = Source(source.path, UNPRINTABLE.sub("\ufffd", source.text), source.name)
    character = ord(found.group())
    return codes.NOT_TEXT.at(
        shown.span(found.start(), found.end()),
        f"the character U+{character:04X} is not allowed in a text",
        help="is this a binary file?" if character == 0 else 'in double quotes it can be written as an escape: "\\x1b"',
    )


def too_large(source: Source) -> Diagnostic:
    return codes.TOO_LARGE.at(source.span(), f"the file is larger than {MAX_BYTES // 1024} KiB")


COMMENT = re.compile(r"[ \t]*(?:#.*)?")
MAX_LINE = 160
"""The longest line that a message writes out in its corrected form."""


def unquoted_templates(source: Source, places: list[tuple[int, int]]) -> list[Diagnostic]:
    """Return a diagnostic for each unquoted template, with its line as it should be written."""
    spans = [source.span(start, end) for start, end in places]
    diagnostics = []
    for number, on_line in groupby(spans, key=lambda span: span.first.line):
        line = source.line(number)
        diagnostics += findings_of_line(line, list(on_line))
    return diagnostics


def findings_of_line(line: str, spans: list[Span]) -> list[Diagnostic]:
    written = corrected(line, spans) if len(line) <= MAX_LINE else None
    return [diagnostic(line, span, written or quoted(span.text)) for span in spans]


def diagnostic(line: str, span: Span, written: str) -> Diagnostic:
    column = span.first.column - 1
    message = "a template without quotes: YAML takes its `{` for a mapping"
    help = f"write `{written}`"
    fix = replacing_fix(span, span.text, quoted(span.text), is_safe=True)
    if span.text.startswith("{%"):
        before = line[max(0, column - MAX_LINE) : column].strip(BLANKS)
        if not before:
            message = "a template statement is not allowed between the lines of YAML"
            help = 'write templates inside values: `key: "{{ a if params.x else b }}"`'
        elif COMMENT.fullmatch(line, column + len(span.text)):
            help = f"write `{before} |` and the template in the lines below it"
        fix = None  # in quotes, a statement would still not be allowed there
    return codes.UNQUOTED_TEMPLATE.at(span, message, help=help, fix=fix)


def corrected(line: str, spans: list[Span]) -> str:
    """Return the line with quotes around its templates, without the comment behind it."""
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


MAX_ALIKE = 100
"""The most diagnostics of one kind for a document: thousands of the same help nobody."""


def parse_tree(source: Source, layer: Layer = FILE_LAYER) -> tuple[Node | None, list[Diagnostic]]:
    """Return the one document of a YAML text, or None if it is empty or cannot be read to its end."""
    reading = read(source, 0, layer, is_verbatim=False)
    return reading.root, reading.diagnostics


def parse_flow(source: Source, start: int, layer: Layer) -> tuple[Node | None, list[Diagnostic]]:
    """Return the text from `start` on as one scalar, `[...]` or `{...}`, as it is given on a command line.

    No text is the empty scalar. Templates are not evaluated. No other tool reads the value, so there is no warning of
    how YAML 1.1 would read it.
    """
    if not source.text[start:].strip(BLANKS):
        return Scalar("", source.span(start, len(source.text)), layer=layer, verbatim=True), []
    node, diagnostics, *_ = read(source, start, layer, is_verbatim=True)
    if any(diagnostic.is_error for diagnostic in diagnostics):
        return node, diagnostics
    problem = not_one_value(source, start, node)
    return (None, [*diagnostics, problem]) if problem else (node, diagnostics)


def not_one_value(source: Source, start: int, node: Node | None) -> Diagnostic | None:
    if isinstance(node, Mapping | Sequence) and not node.span.text.startswith(("{", "[")):
        return codes.YAML_SYNTAX.at(
            source.span(start, len(source.text)),
            f"expected one value, found {kind_of(node)}",
            help="put a text in quotes, or write `{key: value}` or `[value, value]`",
        )
    end = node.span.end if node is not None else start
    rest = source.text[end:]
    if rest.strip(BLANKS):
        begin = end + len(rest) - len(rest.lstrip(BLANKS))
        return codes.YAML_SYNTAX.at(
            source.span(begin, len(source.text)), "YAML takes this for a comment", help="put the value in quotes"
        )
    return None


class ReadTree(NamedTuple):
    """The nodes of a text, its diagnostics, and the spans of its scalars, which are made only if they are needed.

    `has_operators`: a key of a mapping begins with `$`.
    """

    root: Node | None
    diagnostics: list[Diagnostic]
    scalars: Callable[[], list[ScalarSpan]] = list
    has_operators: bool = False


def read(source: Source, start: int = 0, layer: Layer = FILE_LAYER, *, is_verbatim: bool = False) -> ReadTree:
    if len(source.text) > MAX_BYTES:
        return ReadTree(None, [too_large(source)])
    forbidden = unprintable(source)
    if forbidden is not None:
        return ReadTree(None, [forbidden])
    events = events_of(source.text, start, MAX_DEPTH)
    builder = Builder(source, layer, iter(events), is_verbatim=is_verbatim)
    root, stopped = build(source, builder)
    templates = unquoted_templates(source, events.templates)
    tags = [tag_error(source, *place) for place in events.tags]
    if stopped is not None and not explained_by(stopped, templates):
        builder.diagnostics.append(stopped)
    found = sorted([*builder.diagnostics, *templates, *tags], key=lambda diagnostic: diagnostic.span.start)
    return ReadTree(root, thinned(found), lambda: events.scalars, builder.has_operators)


def build(source: Source, builder: Builder) -> tuple[Node | None, Diagnostic | None]:
    """Return the root, and the diagnostic of what kept it from being read to the end."""
    try:
        root, second = builder.build()
    except NotYaml as problem:
        from specc.parser.syntax import syntax_error  # most texts have no such mistake

        return None, syntax_error(source, problem)
    except NestedTooDeep as problem:
        return None, too_deep(source.span(problem.at, problem.at + 1))
    except Unbuildable as limit:
        return None, limit.diagnostic
    if root is None or second is None:
        return root, None
    from specc.parser.syntax import second_document  # as above

    return root, second_document(source, root.span, second.start)


def explained_by(stopped: Diagnostic, templates: list[Diagnostic]) -> bool:
    """Return whether an unquoted template explains it: one that is on the same line, or that is never closed."""
    if stopped.code is not codes.YAML_SYNTAX:
        return False
    spans = [template.span for template in templates]
    line = stopped.span.first.line
    return any(span.first.line == line or not has_template(span.text) for span in spans)


def tag_error(source: Source, start: int, end: int) -> Diagnostic:
    span = source.span(start, end)
    return codes.YAML_TAG.at(
        span,
        f"the tag {named(span.text)} has no meaning in a spec",
        help="remove it; put a text that begins with `!` in quotes",
    )


def thinned(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Return at most `MAX_ALIKE` diagnostics of each code; the last one says how many more there are."""
    counts = Counter(diagnostic.code.code for diagnostic in diagnostics)
    seen: Counter[str] = Counter()
    kept = []
    for diagnostic in diagnostics:
        code = diagnostic.code.code
        seen[code] += 1
        if seen[code] == MAX_ALIKE < counts[code]:
            more = f"{counts[code] - MAX_ALIKE} more like this are not shown"
            kept.append(replace(diagnostic, notes=(*diagnostic.notes, more)))
        elif seen[code] <= MAX_ALIKE:
            kept.append(diagnostic)
    return kept
