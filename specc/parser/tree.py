"""Any YAML text as nodes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any, NamedTuple

from specc.diagnostics import Diagnostic, codes
from specc.nodes import FILE_LAYER, Layer, Mapping, Node, Scalar, Sequence, kind_of
from specc.parser.builder import MAX_DEPTH, Builder, Unbuildable, too_deep
from specc.parser.event import DepthProblem, Stretch, SyntaxProblem, has_template
from specc.parser.events import events_of
from specc.parser.text import too_large, unprintable
from specc.parser.unquoted import unquoted_templates
from specc.parser.wording import named
from specc.source import BLANKS, MAX_BYTES, Source

MAX_ALIKE = 100
"""How many findings of one kind a document gives. Thousands of lines that say the same help nobody."""


def parse_tree(source: Source, layer: Layer = FILE_LAYER) -> tuple[Node | None, list[Diagnostic]]:
    """The one document of a YAML text: None when it is empty or cannot be read to its end."""
    reading = read(source, 0, layer, is_verbatim=False)
    return reading.root, reading.findings


def parse_flow(source: Source, start: int, layer: Layer) -> tuple[Node | None, list[Diagnostic]]:
    """The text from `start` on as one scalar, `[...]` or `{...}`, as it is given on a command line.

    Nothing at all is the empty text. Templates in it are text. It is read by nobody else, so how YAML 1.1 would
    read it is not said.
    """
    if not source.text[start:].strip(BLANKS):
        return Scalar("", source.span(start, len(source.text)), layer=layer, verbatim=True), []
    node, findings, *_ = read(source, start, layer, is_verbatim=True)
    if any(finding.is_error for finding in findings):
        return node, findings
    problem = not_one_value(source, start, node)
    return (None, [*findings, problem]) if problem else (node, findings)


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


class Reading(NamedTuple):
    """What a text holds, what is wrong with it, and where its scalars stand, if anybody asks.

    `has_operators`: a key of a mapping begins with `$`.
    """

    root: Node | None
    findings: list[Diagnostic]
    scalars: Callable[[], list[Stretch]] = list
    has_operators: bool = False


def read(source: Source, start: int = 0, layer: Layer = FILE_LAYER, *, is_verbatim: bool = False) -> Reading:
    if len(source.text) > MAX_BYTES:
        return Reading(None, [too_large(source)])
    forbidden = unprintable(source)
    if forbidden is not None:
        return Reading(None, [forbidden])
    events = events_of(source.text, start, MAX_DEPTH)
    builder = Builder(source, layer, iter(events), is_verbatim=is_verbatim)
    root, stopped = build(source, builder)
    templates = unquoted_templates(source, events.templates)
    tags = [tag_error(source, *place) for place in events.tags]
    if stopped is not None and not explained_by(stopped, templates):
        builder.findings.append(stopped)
    found = sorted([*builder.findings, *templates, *tags], key=lambda finding: finding.span.start)
    return Reading(root, thinned(found), lambda: events.scalars, builder.has_operators)


def build(source: Source, builder: Builder) -> tuple[Node | None, Diagnostic | None]:
    """The root, and what kept it from being read to the end."""
    try:
        root, second = builder.build()
    except SyntaxProblem as problem:
        return None, _syntax().syntax_error(source, problem)
    except DepthProblem as problem:
        return None, too_deep(source.span(problem.at, problem.at + 1))
    except Unbuildable as limit:
        return None, limit.diagnostic
    if root is None or second is None:
        return root, None
    return root, _syntax().second_document(source, root.span, second.start)


def _syntax() -> Any:
    """Imported late, and by name: most files have no such mistake."""
    return import_module("specc.parser.syntax")


def explained_by(stopped: Diagnostic, templates: list[Diagnostic]) -> bool:
    """Does it follow from an unquoted template? One that is on its line, or that was never closed."""
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


def thinned(findings: list[Diagnostic]) -> list[Diagnostic]:
    """At most `MAX_ALIKE` findings of each code; the last of them says how many more there are."""
    counts = Counter(finding.code.code for finding in findings)
    seen: Counter[str] = Counter()
    kept = []
    for finding in findings:
        code = finding.code.code
        seen[code] += 1
        if seen[code] == MAX_ALIKE < counts[code]:
            more = f"{counts[code] - MAX_ALIKE} more like this are not shown"
            kept.append(replace(finding, notes=(*finding.notes, more)))
        elif seen[code] <= MAX_ALIKE:
            kept.append(finding)
    return kept
