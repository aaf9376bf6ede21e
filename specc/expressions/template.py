"""A template: parsed, checked and built once, evaluated many times."""

from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType

from specc.expressions.access import ACCESS
from specc.expressions.budget import Budget
from specc.expressions.builder import Builder, BuildExpression, HolePlace, Path
from specc.expressions.calls import CALLS
from specc.expressions.data import finished
from specc.expressions.faults import EvaluationFault, Fault, Place
from specc.expressions.frame import Frame, Hole, Keep, Run, TooUncertain
from specc.expressions.jinja import nodes
from specc.expressions.operations import OPERATIONS
from specc.expressions.statements import STATEMENTS
from specc.expressions.syntax import Syntax, parse
from specc.expressions.tokens import Unreadable
from specc.expressions.values import Scope, Unknown
from specc.fast_dataclass import dataclass

EXPRESSIONS: dict[type[nodes.Node], BuildExpression] = {**ACCESS, **OPERATIONS, **CALLS}
NO_FILTERS: Mapping[str, Callable[..., object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reference:
    """A qualified name in a template: the longest chain of constant parts, such as ("vars", "run", "dir").

    `guarded`: the template itself asks whether it is defined, so that it need not be.
    """

    path: tuple[str | int, ...]
    start: int
    end: int
    guarded: bool


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """`is_expression`: the text is exactly one `{{ ... }}`, whose value keeps its type.

    `statements` are the places of its `{% %}` tags, `holes` those of `{{ }}` in its text.
    """

    text: str
    is_expression: bool
    references: tuple[Reference, ...]
    statements: tuple[Place, ...]
    holes: tuple[HolePlace, ...]
    size: int = field(repr=False)
    depth: int = field(repr=False)
    run: Callable[[Frame], object] = field(repr=False)

    def evaluate(self, scope: Scope, budget: Budget, hole: Hole | None = None, keep: Keep | None = None) -> object:
        """The value of the one expression, as plain data, or the text; `Unknown` where it depends on one.

        `keep` may remember the texts of holes. Raises `EvaluationFault`, and nothing else as long as none of what is
        given raises.
        """
        at = Place(0, len(self.text))
        frames = budget.enter(self.depth, at)
        run = Run(self.text, scope, budget, hole, keep)
        try:
            budget.spend(self.size, at)
            value = self.run(Frame(run, {}))
            if self.is_expression:
                return finished(value, budget, at)
        except EvaluationFault as error:
            raise EvaluationFault(*run.faults, *error.faults) from None
        except TooUncertain:
            run.is_unknown = True
        finally:
            budget.leave(frames)
        if run.faults:
            raise EvaluationFault(*run.faults)
        return Unknown("string") if run.is_unknown else "".join(run.written)


def compile_template(
    text: str, *, filters: Mapping[str, Callable[..., object]] = NO_FILTERS
) -> Template | tuple[Fault, ...]:
    """The template, or all that is wrong with it.

    `filters` are added to those of templates; they raise ValueError with a message to show. Never raises.
    """
    try:
        syntax = parse(text)
    except Unreadable as error:
        return (error.fault,)
    builder = Builder(text, syntax.places, filters, EXPRESSIONS, STATEMENTS)
    run = _build(builder, syntax)
    if builder.faults:
        return tuple(sorted(set(builder.faults), key=lambda fault: (fault.start, fault.end)))
    statements = syntax.places.tokens.statements
    return Template(
        text,
        syntax.is_expression,
        _references(builder),
        statements,
        tuple(builder.holes),
        syntax.size,
        syntax.depth,
        run,
    )


def _build(builder: Builder, syntax: Syntax) -> Callable[[Frame], object]:
    match syntax.root.body:
        case [nodes.Output(nodes=[nodes.Expr() as expression])] if syntax.is_expression:
            return builder.needed(expression)
        case body:
            return builder.body(body)


def _references(builder: Builder) -> tuple[Reference, ...]:
    mentions = sorted(builder.mentions, key=lambda mention: mention.at)
    return tuple(
        Reference(mention.path, *mention.at, _is_guarded(mention.path, builder.guards)) for mention in mentions
    )


def _is_guarded(path: Path, guards: set[Path]) -> bool:
    """A guard for a mapping guards its members, too: they are not looked up when it is not there."""
    return any(path[:length] in guards for length in range(1, len(path) + 1))


def is_template(text: str) -> bool:
    """Does the text need to be evaluated at all?"""
    return "{{" in text or "{%" in text
