"""A template: parsed, checked and built once, evaluated many times.

Templates that differ only in digits of their plain text, as the names of numbered specs do, are compiled once:
`case-{{ params.n }}-0017` and `case-{{ params.n }}-0018` have the same expressions at the same offsets. A compiled
template takes its plain text from the template that it is evaluated for.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import lru_cache
from types import MappingProxyType

from jinja2 import nodes
from jinja2.runtime import Undefined

from specc.expressions.access import ACCESS
from specc.expressions.builder import Builder, BuildExpression, Path
from specc.expressions.calls import CALLS
from specc.expressions.filters import items_of
from specc.expressions.operations import OPERATIONS
from specc.expressions.run import MAX_DATA_DEPTH, Budget, Frame, Judge, Run, TooUncertain, weigh
from specc.expressions.statements import STATEMENTS, Piece, pieces_of, writing
from specc.expressions.syntax import Syntax, Unreadable, parse
from specc.expressions.values import (
    EvaluationFailed,
    Scope,
    TemplateMistake,
    TemplateSpan,
    Unknown,
    concrete,
    kind_of,
    mistake_of,
)
from specc.fast_dataclass import dataclass

SCALARS = (str, int, float, type(None), Unknown)


def finished(value: object, budget: Budget, at: TemplateSpan) -> object:
    """Return the value as plain data, with lists for all sequences. It is unknown if any part of it is.

    A list that it holds twice is copied each time and paid for, so that a small value does not become a large text.
    """
    value = concrete(value)
    if isinstance(value, SCALARS):
        return value
    data = _copied(value, 0, budget, at)
    return Unknown(kind_of(data)) if weigh(budget, at, data).unknown else data


def _copied(value: object, depth: int, budget: Budget, at: TemplateSpan) -> object:
    if isinstance(value, SCALARS):
        return value
    if isinstance(value, Undefined):
        raise EvaluationFailed(mistake_of(value, at))
    if depth == MAX_DATA_DEPTH:
        raise at.limit(f"lists and mappings are nested more than {MAX_DATA_DEPTH} deep")
    if isinstance(value, dict):
        budget.items(len(value), at)
        return {key: _copied(item, depth + 1, budget, at) for key, item in value.items()}
    return [_copied(item, depth + 1, budget, at) for item in items_of(value, budget, at)]


EXPRESSIONS: dict[type[nodes.Node], BuildExpression] = {**ACCESS, **OPERATIONS, **CALLS}
NO_FILTERS: Mapping[str, Callable[..., object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reference:
    """A qualified name in a template: the longest chain of constant parts, such as ("vars", "run", "dir").

    `guarded`: the template itself asks whether the name is defined, so that it need not be.
    """

    path: tuple[str | int, ...]
    start: int
    end: int
    guarded: bool


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A compiled template. `is_expression`: the text is exactly one `{{ ... }}`, whose value keeps its type.

    `statements` are the spans of its statements. `pieces` are its text and expressions in turn, if it has no statements
    and is not a single expression.
    """

    text: str
    is_expression: bool
    references: tuple[Reference, ...]
    statements: tuple[TemplateSpan, ...]
    pieces: tuple[Piece, ...] | None = field(repr=False)
    size: int = field(repr=False)
    depth: int = field(repr=False)
    run: Callable[[Frame], object] = field(repr=False)

    def evaluate(self, scope: Scope, budget: Budget, judge: Judge | None = None) -> object:
        """Return the value of the expression as plain data, or the text; `Unknown` if it depends on an unknown value.

        `judge` may object to the value of an expression in the text. Raises `EvaluationFailed`, and nothing else
        unless one of the arguments does.
        """
        at = TemplateSpan(0, len(self.text))
        frames = budget.enter(self.depth, at)
        run = Run(self.text, scope, budget, judge)
        try:
            budget.spend(self.size, at)
            value = self.run(Frame(run, {}))
            if self.is_expression:
                return finished(value, budget, at)
        except EvaluationFailed as error:
            raise EvaluationFailed(*run.mistakes, *error.mistakes) from None
        except TooUncertain:
            run.is_unknown = True
        finally:
            budget.leave(frames)
        if run.mistakes:
            raise EvaluationFailed(*run.mistakes)
        return Unknown("string") if run.is_unknown else "".join(run.written)


def compile_template(
    text: str, *, filters: Mapping[str, Callable[..., object]] = NO_FILTERS
) -> Template | tuple[TemplateMistake, ...]:
    """Return the template, or all of its mistakes.

    `filters` are added to those of templates; they raise ValueError with a message to show. Never raises.
    """
    try:
        syntax = parse(text)
    except Unreadable as error:
        return (error.mistake,)
    builder = Builder(text, syntax.spans, filters, EXPRESSIONS, STATEMENTS)
    run, pieces = _build(builder, syntax)
    if builder.mistakes:
        return tuple(sorted(set(builder.mistakes), key=lambda mistake: (mistake.start, mistake.end)))
    statements = syntax.spans.tokens.statements
    return Template(
        text,
        syntax.is_expression,
        _references(builder),
        statements,
        pieces,
        syntax.size,
        syntax.depth,
        run,
    )


def _build(builder: Builder, syntax: Syntax) -> tuple[Callable[[Frame], object], tuple[Piece, ...] | None]:
    match syntax.root.body:
        case [nodes.Output(nodes=[nodes.Expr() as expression])] if syntax.is_expression:
            return builder.needed(expression), None
        case [nodes.Output() as text]:
            parts = pieces_of(builder, text)
            return writing(parts), parts
        case body:
            return builder.body(body), None


def _references(builder: Builder) -> tuple[Reference, ...]:
    mentions = sorted(builder.mentions, key=lambda mention: mention.at)
    return tuple(
        Reference(mention.path, *mention.at, _is_guarded(mention.path, builder.guards)) for mention in mentions
    )


def _is_guarded(path: Path, guards: set[Path]) -> bool:
    """Return whether a path is guarded. A guard for a mapping guards its members, too."""
    return any(path[:length] in guards for length in range(1, len(path) + 1))


def is_template(text: str) -> bool:
    """Return whether the text needs to be evaluated."""
    return "{{" in text or "{%" in text


EXPRESSION = re.compile(r"(\{\{(?![-+])[^{}'\"]*(?<![-+])\}\})")
"""A template expression that cannot be mistaken: without quotes, brackets of its own, or blanks that it eats."""
DIGIT = re.compile(r"[0-9]")
OPENERS = ("{{", "{%", "\r")
"""What plain text must not hold here: another expression or statement, or a line break that is read as another."""

Filters = Mapping[str, Callable[..., object]]


class Compiler:
    """Compiles templates with certain filters, and remembers the compiled templates."""

    def __init__(self, filters: Filters, most: int) -> None:
        self._filters = filters
        self._of_text = lru_cache(maxsize=most)(self._compiled)
        self._of_shape = lru_cache(maxsize=most)(self._plainly)

    def compile(self, text: str) -> Template | tuple[TemplateMistake, ...]:
        """Return what `compile_template` does."""
        return self._of_text(text)

    def _compiled(self, text: str) -> Template | tuple[TemplateMistake, ...]:
        shape = shape_of(text)
        if shape is not None:
            compiled = self._of_shape(shape)
            if isinstance(compiled, Template):
                return replace(compiled, text=text)
        return self._plainly(text)

    def _plainly(self, text: str) -> Template | tuple[TemplateMistake, ...]:
        return compile_template(text, filters=self._filters)


def shape_of(text: str) -> str | None:
    """Return the text with zeros for the digits outside of its expressions; None if it is not plain where they are."""
    parts = EXPRESSION.split(text)
    if any(opener in part for part in parts[::2] for opener in OPENERS) or any(p.endswith("{") for p in parts[::2]):
        return None
    parts[::2] = [DIGIT.sub("0", part) for part in parts[::2]]
    return "".join(parts)
