"""A node's template: compiled, held to where it may stand, its names checked, its faults placed in the source."""

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Map

from specc.diagnostics import Diagnostic, codes
from specc.evaluator.names import Names, undefined
from specc.expressions import Fault, Template, compile_template, is_template
from specc.nodes import FileText, Scalar
from specc.nodes.offsets import locate
from specc.source import Span

Filters = Map[str, Callable[..., object]]


def template_text(node: Scalar | FileText) -> str | None:
    """The text of a node that holds a template, else None."""
    if isinstance(node, FileText):
        return node.text.text if node.is_template else None
    if node.verbatim or not isinstance(node.value, str) or not is_template(node.value):
        return None
    return node.value


def prepare(
    node: Scalar | FileText, text: str, names: Names, allowed: tuple[str, ...], filters: Filters
) -> tuple[Template | None, list[Diagnostic]]:
    """The template of a node, ready to be evaluated; None when something is wrong with it."""
    compiled = compile_template(text, filters=filters)
    if not isinstance(compiled, Template):
        return None, place(compiled, node)
    faults = [*_statements_in_line(compiled, node), *undefined(compiled, names, allowed)]
    return (None if faults else compiled), place(faults, node)


def _statements_in_line(template: Template, node: Scalar | FileText) -> list[Fault]:
    # A folded text (`>`) is one line of many written ones.
    if isinstance(node, FileText) or "\n" in template.text or "\n" in node.span.text.strip():
        return []
    help = "write `{{ a if condition else b }}`, or make it a text of several lines with `|`"
    message = "a template statement in a text of a single line"
    return [Fault(codes.STATEMENT_IN_LINE, start, end, message, help) for start, end in template.statements[:1]]


def place(faults: Iterable[Fault], node: Scalar | FileText) -> list[Diagnostic]:
    """Faults as diagnostics, at their characters in the file where the template is written."""
    return [
        fault.code.at(span_in(node, fault.start, fault.end), fault.message, help=_help(fault, node)) for fault in faults
    ]


def span_in(node: Scalar | FileText, start: int, end: int) -> Span:
    if isinstance(node, FileText):
        return Span(node.text, start, end)
    return locate(node, start, end)


def _help(fault: Fault, node: Scalar | FileText) -> str | None:
    """Braces of awk, Go templates or Python are no mistake of the user's: say how to keep them."""
    if fault.code is not codes.TEMPLATE_SYNTAX:
        return fault.help
    literal = "if the braces are not a template, write `{$literal: ...}` around the text"
    return f"{fault.help}; {literal}" if fault.help else literal
