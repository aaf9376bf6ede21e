"""The template of a node: compiled, allowed where it is, its names checked, its mistakes located in the source."""

import re
from collections.abc import Iterable
from dataclasses import field
from functools import cached_property

from specc.diagnostics import Diagnostic, Label, codes, replacing_fix
from specc.evaluator.names import NAMESPACES, Names, undefined
from specc.evaluator.quoting import judge_of
from specc.expressions import Compiler, Judge, Template, TemplateMistake, is_template
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, Scalar, locate
from specc.source import BLANKS, Span
from specc.units import filters

COMPILER = Compiler(filters(), most=4096)
"""Compiles the templates of all specs: specs of one base share its templates, which do not depend on the spec."""
OUR_NAME = re.compile(rf"\b(?:{'|'.join(NAMESPACES)})\.\w")
"""A name that only a template of specc has."""
SURROGATE = re.compile("[\ud800-\udfff]")


def template_text(node: Scalar | FileText) -> str | None:
    """Return the text of a node that holds a template, else None."""
    if isinstance(node, FileText):
        return node.text.text if node.is_template else None
    if node.verbatim or not isinstance(node.value, str) or not is_template(node.value):
        return None
    return node.value


@dataclass(frozen=True)
class Ready:
    """A template without mistakes. `judge` checks the values of its expressions for the shell, if it is a command."""

    template: Template

    @cached_property
    def judge(self) -> Judge:
        return judge_of(self.template.text)


@dataclass(slots=True)
class Templates:
    """The templates of one spec, each prepared when it is first needed. Diagnostics collect in `found`."""

    names: Names
    found: list[Diagnostic] = field(default_factory=list)
    # One node can be in two places (an alias), of which only one may read certain names.
    _known: dict[tuple[int, tuple[str, ...]], Ready | None] = field(default_factory=dict)

    def ready(self, node: Scalar | FileText, text: str, allowed: tuple[str, ...]) -> Ready | None:
        """Return the template of a node, ready to be evaluated, or None if it has mistakes, which are reported once."""
        key = (id(node), allowed)
        if key not in self._known:
            self._known[key] = self._prepared(node, text, allowed)
        return self._known[key]

    def _prepared(self, node: Scalar | FileText, text: str, allowed: tuple[str, ...]) -> Ready | None:
        compiled = COMPILER.compile(text)
        if not isinstance(compiled, Template):
            self.found.extend(diagnostics_of(compiled, node))
            return None
        mistakes = [*_statements_in_line(compiled, node), *undefined(compiled, self.names, allowed)]
        self.found.extend(diagnostics_of(mistakes, node))
        return None if mistakes else Ready(compiled)


def _statements_in_line(template: Template, node: Scalar | FileText) -> list[TemplateMistake]:
    # A folded text (`>`) is one line, but is written in several.
    if isinstance(node, FileText) or "\n" in template.text or "\n" in node.span.text.strip(BLANKS):
        return []
    help = "write `{{ a if condition else b }}`, or make it a text of several lines with `|`"
    message = "a template statement in a text of a single line"
    return [
        TemplateMistake(codes.STATEMENT_IN_LINE, start, end, message, help) for start, end in template.statements[:1]
    ]


def diagnostics_of(mistakes: Iterable[TemplateMistake], node: Scalar | FileText) -> list[Diagnostic]:
    """Return mistakes as diagnostics, at their spans in the file where the template is written."""
    # A template in a script is shown with the spec that reads the script.
    labels = (Label(node.ref.span, "read here"),) if isinstance(node, FileText) else ()
    text = template_text(node) or ""
    found = []
    for mistake in mistakes:
        span = span_in(node, mistake.start, mistake.end)
        fix = (
            replacing_fix(span, text[mistake.start : mistake.end], mistake.instead)
            if mistake.instead is not None
            else None
        )
        found.append(mistake.code.at(span, mistake.message, labels=labels, help=_help(mistake, node), fix=fix))
    return found


def span_in(node: Scalar | FileText, start: int, end: int) -> Span:
    if isinstance(node, FileText):
        return Span(node.text, start, end)
    return locate(node, start, end)


def _help(mistake: TemplateMistake, node: Scalar | FileText) -> str | None:
    """Return the help. Braces of awk, Go templates or Python are not mistakes: it says how to keep them."""
    text = node.text.text if isinstance(node, FileText) else str(node.value)
    offset = text[max(text.rfind("{{", 0, mistake.start), 0) : mistake.end]
    if mistake.code is not codes.TEMPLATE_SYNTAX or OUR_NAME.search(offset):
        return mistake.help
    literal = "if the braces are not a template, "
    literal += (
        "remove `.j2` from the file's name" if isinstance(node, FileText) else "write `{$literal: ...}` around the text"
    )
    literal += ", or `{% raw %}` and `{% endraw %}` around the braces"
    return f"{mistake.help}; {literal}" if mistake.help else literal


def half_character(data: object) -> str | None:
    """Return the first half of a surrogate pair in a value, which an escape or a broken environment gives, or None."""
    match data:
        case str():
            found = None if data.isascii() else SURROGATE.search(data)
            return found.group() if found else None
        case dict():
            return next(filter(None, map(half_character, [*data, *data.values()])), None)
        case list():
            return next(filter(None, map(half_character, data)), None)
        case _:
            return None
