"""From a template's tree to closures, made once and called for every evaluation.

The tables of expressions and statements are the allow-list: a node without an entry is forbidden.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from typing import Any, NamedTuple

from jinja2 import nodes
from jinja2.runtime import Undefined

from specc.diagnostics import codes
from specc.expressions.filters import Extra
from specc.expressions.run import Evaluate, Frame, Write
from specc.expressions.syntax import INSTEAD, NodeSpans
from specc.expressions.values import EvaluationFailed, TemplateMistake, TemplateSpan, mistake_of
from specc.fast_dataclass import dataclass
from specc.wording import one_line

Path = tuple[str | int, ...]
"""A name and the constant parts behind it: `vars.run['dir']` is ("vars", "run", "dir")."""

NAMESPACES = ("params", "vars", "matrix", "job", "cell", "spec", "env")
FUNCTIONS = ("range",)
# Names that have a meaning in Jinja2 only.
FOREIGN = ("dict", "lipsum", "cycler", "joiner", "namespace", "self", "super", "caller", "varargs", "kwargs")


class Mention(NamedTuple):
    """A qualified name in a template, with its span."""

    path: Path
    at: TemplateSpan


BuildExpression = Callable[["Builder", Any], Evaluate]
BuildStatement = Callable[["Builder", Any], Write]


@dataclass(slots=True)
class Builder:
    """Builds one template, and collects its `mistakes`, `mentions` and `guards`."""

    text: str
    spans: NodeSpans
    extra: Extra
    expressions: Mapping[type[nodes.Node], BuildExpression]
    statements: Mapping[type[nodes.Node], BuildStatement]
    mistakes: list[TemplateMistake] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    guards: set[Path] = field(default_factory=set)
    scopes: list[set[str]] = field(default_factory=lambda: [set()])

    def expression(self, node: nodes.Node) -> Evaluate:
        """Return the closure of an expression that may give an undefined value."""
        build = self.expressions.get(type(node))
        if build is not None:
            return build(self, node)
        self.forbid(self.spans.of(node), "templates do not have this construct")
        return _nothing

    def needed(self, node: nodes.Node) -> Evaluate:
        """Return the closure of an expression whose value is used: an undefined value is a mistake."""
        evaluate = self.expression(node)
        return defined(evaluate, self.spans.of(node)) if isinstance(node, MAY_BE_UNDEFINED) else evaluate

    def body(self, statements: list[nodes.Node]) -> Write:
        """Return the closure of statements that follow each other."""
        writes = [self.statement(node) for node in statements]

        def write(frame: Frame) -> None:
            for part in writes:
                part(frame)

        return write

    def statement(self, node: nodes.Node) -> Write:
        build = self.statements.get(type(node))
        if build is not None:
            return build(self, node)
        # `autoescape` is a node in a node, of which only the inner one has a span.
        offset = node.body[0].lineno if isinstance(node, nodes.Scope) else node.lineno
        self.forbid(
            self.spans.enclosing(offset), f"templates have no statement `{self.spans.name_at(offset)}`", INSTEAD
        )
        return _nothing

    def forbid(self, at: TemplateSpan, message: str, help: str | None = None) -> None:
        self.mistakes.append(at.mistake(codes.FORBIDDEN_TEMPLATE, message, help))

    def refuse(self, at: TemplateSpan, message: str) -> None:
        """Note a mistake in an expression that could never be evaluated."""
        self.mistakes.append(at.mistake(codes.TEMPLATE_ERROR, message))

    def shown(self, at: TemplateSpan) -> str:
        """Return the text at a span, as a message can show it."""
        return one_line(self.text[at.start : at.end], 60)

    def is_local(self, name: str) -> bool:
        """Return whether the template itself has set this name before."""
        return any(name in scope for scope in self.scopes)

    def declare(self, target: nodes.Node) -> None:
        """Note the names that a statement sets."""
        for name in target.find_all(nodes.Name) if not isinstance(target, nodes.Name) else [target]:
            if name.name in (*NAMESPACES, *FUNCTIONS, *FOREIGN, "loop"):
                self.forbid(self.spans.of(name), f"a template cannot set `{name.name}`", "choose another name")
            self.scopes[-1].add(name.name)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Open a scope: names that are declared within it are forgotten afterwards."""
        self.scopes.append(set())
        yield
        self.scopes.pop()


MAY_BE_UNDEFINED = (
    *(nodes.Name, nodes.Getattr, nodes.Getitem, nodes.CondExpr, nodes.Filter, nodes.And, nodes.Or, nodes.Call),
)


def defined(evaluate: Evaluate, at: TemplateSpan) -> Evaluate:
    def value_of(frame: Frame) -> object:
        value = evaluate(frame)
        if isinstance(value, Undefined):
            raise EvaluationFailed(mistake_of(value, at))
        return value

    return value_of


def _nothing(frame: Frame) -> None:
    """Stand for a forbidden construct. A template that has one is never evaluated."""
