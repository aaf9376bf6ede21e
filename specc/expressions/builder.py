"""Turns a template's tree into closures, once; they are called for every evaluation.

The tables of expressions and statements are the allow-list: a node without an entry is forbidden.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from typing import Any, NamedTuple

from specc.diagnostics import codes
from specc.expressions.apply import Extra
from specc.expressions.faults import EvaluationFault, Fault, Place
from specc.expressions.frame import Evaluate, Frame, Write
from specc.expressions.jinja import Undefined, nodes
from specc.expressions.places import Places
from specc.expressions.syntax import INSTEAD
from specc.expressions.values import fault_of
from specc.fast_dataclass import dataclass
from specc.wording import one_line

Path = tuple[str | int, ...]
"""A name and the constant parts behind it: `vars.run['dir']` is ("vars", "run", "dir")."""

NAMESPACES = ("params", "vars", "matrix", "job", "cell", "spec", "env")
FUNCTIONS = ("range",)
# Names that mean something in Jinja2, but nothing here.
FOREIGN = ("dict", "lipsum", "cycler", "joiner", "namespace", "self", "super", "caller", "varargs", "kwargs")


class Mention(NamedTuple):
    """A qualified name, as it stands in the template."""

    path: Path
    at: Place


class HolePlace(NamedTuple):
    """A `{{ }}` in a text: where its expression begins, by which it is known, and the whole of it."""

    hole: int
    tag: Place


BuildExpression = Callable[["Builder", Any], Evaluate]
BuildStatement = Callable[["Builder", Any], Write]


@dataclass(slots=True)
class Builder:
    """Builds one template. What it finds on the way collects in `faults`, `mentions`, `holes` and `guards`."""

    text: str
    places: Places
    extra: Extra
    expressions: Mapping[type[nodes.Node], BuildExpression]
    statements: Mapping[type[nodes.Node], BuildStatement]
    faults: list[Fault] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    holes: list[HolePlace] = field(default_factory=list)
    guards: set[Path] = field(default_factory=set)
    scopes: list[set[str]] = field(default_factory=lambda: [set()])

    def expression(self, node: nodes.Node) -> Evaluate:
        """An expression that may give an undefined value."""
        build = self.expressions.get(type(node))
        if build is not None:
            return build(self, node)
        self.forbid(self.places.of(node), "templates do not have this construct")
        return _nothing

    def needed(self, node: nodes.Node) -> Evaluate:
        """An expression whose value is used: an undefined one is a fault."""
        evaluate = self.expression(node)
        return defined(evaluate, self.places.of(node)) if isinstance(node, MAY_BE_UNDEFINED) else evaluate

    def body(self, statements: list[nodes.Node]) -> Write:
        """Statements that follow each other."""
        writes = [self.statement(node) for node in statements]

        def write(frame: Frame) -> None:
            for part in writes:
                part(frame)

        return write

    def statement(self, node: nodes.Node) -> Write:
        build = self.statements.get(type(node))
        if build is not None:
            return build(self, node)
        # `autoescape` is a node in a node, of which only the inner one has a place.
        offset = node.body[0].lineno if isinstance(node, nodes.Scope) else node.lineno
        self.forbid(self.places.tag(offset), f"templates have no statement `{self.places.name_at(offset)}`", INSTEAD)
        return _nothing

    def forbid(self, at: Place, message: str, help: str | None = None) -> None:
        self.faults.append(at.fault(codes.FORBIDDEN_TEMPLATE, message, help))

    def refuse(self, at: Place, message: str) -> None:
        """What could never be evaluated."""
        self.faults.append(at.fault(codes.TEMPLATE_ERROR, message))

    def shown(self, at: Place) -> str:
        """The text at a place, as a message can show it."""
        return one_line(self.text[at.start : at.end], 60)

    def is_local(self, name: str) -> bool:
        """Has the template set this name itself, where it is now?"""
        return any(name in scope for scope in self.scopes)

    def declare(self, target: nodes.Node) -> None:
        """Notes the names that a statement sets."""
        for name in target.find_all(nodes.Name) if not isinstance(target, nodes.Name) else [target]:
            if name.name in (*NAMESPACES, *FUNCTIONS, *FOREIGN, "loop"):
                self.forbid(self.places.of(name), f"a template cannot set `{name.name}`", "choose another name")
            self.scopes[-1].add(name.name)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """What is declared within is gone afterwards."""
        self.scopes.append(set())
        yield
        self.scopes.pop()


MAY_BE_UNDEFINED = (
    *(nodes.Name, nodes.Getattr, nodes.Getitem, nodes.CondExpr, nodes.Filter, nodes.And, nodes.Or, nodes.Call),
)


def defined(evaluate: Evaluate, at: Place) -> Evaluate:
    def value_of(frame: Frame) -> object:
        value = evaluate(frame)
        if isinstance(value, Undefined):
            raise EvaluationFault(fault_of(value, at))
        return value

    return value_of


def _nothing(frame: Frame) -> None:
    """Stands for what is forbidden. A template that holds it is never evaluated."""
