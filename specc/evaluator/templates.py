"""A node's template: compiled, held to where it may stand, its names checked, its mistakes placed in the source."""

import re
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Map
from dataclasses import field
from functools import cached_property

from specc.diagnostics import Diagnostic, Label, codes, replacing_fix
from specc.evaluator.names import Names, undefined
from specc.evaluator.scope import NAMESPACES
from specc.evaluator.shell import judge_of, standing
from specc.expressions import Compiler, Judge, Template, TemplateMistake, is_template
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, Scalar, locate
from specc.source import BLANKS, Span
from specc.units import filters

COMPILER = Compiler(filters(), most=4096)
"""Specs of one base share its templates, and a template knows nothing of the spec that it stands in."""
OUR_NAME = re.compile(rf"\b(?:{'|'.join(NAMESPACES)})\.\w")
"""A name that only a template of ours has."""
SURROGATE = re.compile("[\ud800-\udfff]")


def template_text(node: Scalar | FileText) -> str | None:
    """The text of a node that holds a template, else None."""
    if isinstance(node, FileText):
        return node.text.text if node.is_template else None
    if node.verbatim or not isinstance(node.value, str) or not is_template(node.value):
        return None
    return node.value


@dataclass(frozen=True)
class Ready:
    """A template that nothing is wrong with. `judge` holds its holes against the shell, where it is a command."""

    template: Template

    @cached_property
    def judge(self) -> Judge:
        return judge_of(self.template.text)

    @cached_property
    def alike(self) -> Map[int, int]:
        """For each hole the first one that says the same."""
        return _first_alike(self.template, lambda start, end: None)

    @cached_property
    def alike_for_the_shell(self) -> Map[int, int]:
        """For each hole the first one that says the same, and of which the judge says the same."""
        return _first_alike(self.template, standing(self.template.text))


def _first_alike(template: Template, where: Callable[[int, int], object]) -> dict[int, int]:
    first: dict[tuple[str, object], int] = {}
    text = template.text
    return {
        hole: first.setdefault((text[tag.start : tag.end], where(*tag)), hole)
        for hole, tag in template.text_expressions
    }


@dataclass(slots=True)
class Templates:
    """The templates of one spec, each prepared when it is first needed. Findings collect in `found`."""

    names: Names
    found: list[Diagnostic] = field(default_factory=list)
    # One node can stand in two places (an alias), and names be allowed in one of them that the other may not read.
    _known: dict[tuple[int, tuple[str, ...]], Ready | None] = field(default_factory=dict)

    def ready(self, node: Scalar | FileText, text: str, allowed: tuple[str, ...]) -> Ready | None:
        """The template of a node, ready to be evaluated; None when something is wrong with it, which is said once."""
        key = (id(node), allowed)
        if key not in self._known:
            self._known[key] = self._prepared(node, text, allowed)
        return self._known[key]

    def _prepared(self, node: Scalar | FileText, text: str, allowed: tuple[str, ...]) -> Ready | None:
        compiled = COMPILER.compile(text)
        if not isinstance(compiled, Template):
            self.found.extend(place(compiled, node))
            return None
        mistakes = [*_statements_in_line(compiled, node), *undefined(compiled, self.names, allowed)]
        self.found.extend(place(mistakes, node))
        return None if mistakes else Ready(compiled)


def _statements_in_line(template: Template, node: Scalar | FileText) -> list[TemplateMistake]:
    # A folded text (`>`) is one line of many written ones.
    if isinstance(node, FileText) or "\n" in template.text or "\n" in node.span.text.strip(BLANKS):
        return []
    help = "write `{{ a if condition else b }}`, or make it a text of several lines with `|`"
    message = "a template statement in a text of a single line"
    return [
        TemplateMistake(codes.STATEMENT_IN_LINE, start, end, message, help) for start, end in template.statements[:1]
    ]


def place(mistakes: Iterable[TemplateMistake], node: Scalar | FileText) -> list[Diagnostic]:
    """Mistakes as diagnostics, at their characters in the file where the template is written."""
    # A script does not know who reads it.
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
    """Braces of awk, Go templates or Python are no mistake of the user's: say how to keep them."""
    text = node.text.text if isinstance(node, FileText) else str(node.value)
    hole = text[max(text.rfind("{{", 0, mistake.start), 0) : mistake.end]
    if mistake.code is not codes.TEMPLATE_SYNTAX or OUR_NAME.search(hole):
        return mistake.help
    literal = "if the braces are not a template, "
    literal += (
        "remove `.j2` from the file's name" if isinstance(node, FileText) else "write `{$literal: ...}` around the text"
    )
    literal += ", or `{% raw %}` and `{% endraw %}` around the braces"
    return f"{mistake.help}; {literal}" if mistake.help else literal


def half_character(data: object) -> str | None:
    """The first half of a surrogate pair in a value: an escape or a broken environment gives one, no file holds one."""
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
