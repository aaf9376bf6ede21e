"""Text with template expressions, and the statements `if`, `for`, `set`, `with`."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from jinja2 import nodes
from jinja2.runtime import Undefined

from specc.expressions.access import Loop
from specc.expressions.builder import Builder, BuildStatement
from specc.expressions.filters import items_of
from specc.expressions.run import MAX_DATA_DEPTH, MAX_TEXT, Evaluate, Fill, Frame, Run, TooUncertain, Write, weigh
from specc.expressions.values import (
    MISSING,
    EvaluationFailed,
    Omitted,
    TemplateSpan,
    Unknown,
    concrete,
    kind_of,
    mistake_of,
    text_of,
    truth,
)


class Piece(NamedTuple):
    """A plain text, or what fills an expression; with neither, the text of the template at the span of the `whole`.

    `at` is the span for messages, which for an expression is without its braces.
    """

    text: str | None
    fill: Fill | None
    at: TemplateSpan
    whole: TemplateSpan


def output(builder: Builder, node: nodes.Output) -> Write:
    """Return the closure of text and template expressions in turn."""
    return writing(pieces_of(builder, node))


def pieces_of(builder: Builder, node: nodes.Output) -> tuple[Piece, ...]:
    """Return the text and the template expressions in turn."""
    if builder.spans.is_tag(node.lineno, "print"):
        builder.forbid(builder.spans.enclosing(node.lineno), "templates have no statement `print`", "write `{{ ... }}`")
    return tuple(
        _text(builder, part) if isinstance(part, nodes.TemplateData) else _expression(builder, part)
        for part in node.nodes
    )


def writing(parts: tuple[Piece, ...]) -> Write:
    """Return the closure that writes pieces."""

    def write(frame: Frame) -> None:
        # One loop and no call for a plain text, because this runs for every piece of every command.
        run, budget, written = frame.run, frame.run.budget, frame.run.written
        for text, fill, at, whole in parts:
            if fill is not None:
                # A mistake in an expression does not keep the rest of the text from being evaluated.
                try:
                    text = fill(frame)
                except EvaluationFailed as error:
                    run.note(error)
                    continue
            elif text is None:
                text = run.text[whole.start : whole.end]
            length = len(text)
            run.length += length
            budget.characters -= length
            if run.length > MAX_TEXT or budget.characters < 0:
                raise _too_long(run, at)
            written.append(text)

    return write


def _text(builder: Builder, node: nodes.TemplateData) -> Piece:
    text, start = node.data, node.lineno
    # The evaluated template may be another one of the same shape, with other digits in its plain text.
    is_as_it_stands = builder.text.startswith(text, start)
    whole = TemplateSpan(start, start + len(text))
    return Piece(None if is_as_it_stands else text, None, TemplateSpan(start, start + 1), whole)


def _too_long(run: Run, at: TemplateSpan) -> EvaluationFailed:
    if run.length > MAX_TEXT:
        return at.limit(f"the template makes a text of over {MAX_TEXT:,} characters")
    return at.limit("the templates of this spec make too much text")


def _expression(builder: Builder, node: nodes.Expr) -> Piece:
    """Return the piece of a template expression in a text."""
    evaluate, at = builder.expression(node), builder.spans.of(node)
    whole = builder.spans.enclosing(at.start)

    def fill(frame: Frame) -> str:
        return _filled(evaluate(frame), frame.run, whole, at)

    return Piece(None, fill, at, whole)


def _filled(value: object, run: Run, whole: TemplateSpan, at: TemplateSpan) -> str:
    """Return the text of an expression in a text, if the caller accepts the value."""
    if isinstance(value, Omitted):
        return ""
    if isinstance(value, Undefined):
        raise EvaluationFailed(mistake_of(value, at))
    value = concrete(value)
    if isinstance(value, Unknown) and value.kind not in ("list", "mapping"):
        run.is_unknown = True
        return ""
    if run.judge is not None and kind_of(value) not in (None, "mapping"):
        mistake = run.judge(value, whole.start, whole.end)
        if mistake is not None:
            raise EvaluationFailed(mistake)
    return text_of(value, at)


def branching(builder: Builder, node: nodes.If) -> Write:
    """Return the closure of `if`, `elif` and `else`."""
    tests = [
        (builder.needed(branch.test), builder.spans.of(branch.test), builder.body(branch.body))
        for branch in (node, *node.elif_)
    ]
    otherwise = builder.body(node.else_)

    def write(frame: Frame) -> None:
        for index, (test, at, body) in enumerate(tests):
            holds = truth(test(frame), at)
            if holds is None:
                visit([*(body for _, _, body in tests[index:]), otherwise], frame)
                return
            if holds:
                body(frame)
                return
        otherwise(frame)

    return write


def visit(bodies: Sequence[Write], frame: Frame) -> None:
    """Evaluate branches that may or may not be taken. The text is unknown then, and so are the variables that they set.

    Raises `TooUncertain` if that exceeds a limit: then it is not known which variables are set, either.
    """
    frame.run.is_unknown = True
    changed: set[str] = set()
    for body in bodies:
        inner = Frame(frame.run.aside(), dict(frame.names))
        try:
            body(inner)
        except EvaluationFailed as error:
            if error.is_limit:
                raise TooUncertain from None
        changed.update(name for name, value in inner.names.items() if frame.names.get(name, MISSING) is not value)
    frame.names.update(dict.fromkeys(changed, Unknown(None)))


def looping(builder: Builder, node: nodes.For) -> Write:
    """Return the closure of `for`, with a condition for its items, and `else` for an empty list."""
    iterable, at = builder.needed(node.iter), builder.spans.of(node.iter)
    if node.recursive:
        builder.forbid(builder.spans.enclosing(node.lineno), "loops cannot be `recursive`")
    size = sum(1 for _ in node.find_all(nodes.Node))
    with builder.scope():
        builder.declare(node.target)
        condition = None if node.test is None else (builder.needed(node.test), builder.spans.of(node.test))
        builder.scopes[-1].add("loop")
        body = builder.body(node.body)
    with builder.scope():
        otherwise = builder.body(node.else_)
    bind = _binding(builder, node.target)

    def round_of(frame: Frame, item: object) -> Frame:
        frame.run.budget.spend(size, at)
        inner = frame.inner()
        bind(inner, item)
        return inner

    def unknown_round(frame: Frame) -> None:
        inner = round_of(frame, Unknown(None))
        inner.names["loop"] = Unknown(None)
        body(inner)

    def write(frame: Frame) -> None:
        value = concrete(iterable(frame))
        items = None if isinstance(value, Unknown) else items_of(value, frame.run.budget, at)
        if items is not None and condition is not None:
            items = _selected(items, *condition, lambda item: round_of(frame, item))
        if items is None:
            visit([unknown_round, lambda inner: otherwise(inner.inner())], frame)
            return
        for index, item in enumerate(items):
            inner = round_of(frame, item)
            inner.names["loop"] = Loop(items, index)
            body(inner)
        if not items:
            otherwise(frame.inner())

    return write


def _selected(
    items: list[object], test: Evaluate, at: TemplateSpan, round_of: Callable[[object], Frame]
) -> list[object] | None:
    """Return the items for which the loop's condition holds; None if it is not known for one of them."""
    selected = []
    for item in items:
        holds = truth(test(round_of(item)), at)
        if holds is None:
            return None
        if holds:
            selected.append(item)
    return selected


Bind = Callable[[Frame, object], None]


def _binding(builder: Builder, target: nodes.Node) -> Bind:
    """Return the closure that sets the names of a target: `x`, or `a, b` for an item of two."""
    if isinstance(target, nodes.Name):
        name = target.name
        return lambda frame, value: frame.names.__setitem__(name, value)
    if not isinstance(target, nodes.Tuple):
        builder.forbid(builder.spans.of(target), "only a name can be set", "write `{% set name = ... %}`")
        return lambda frame, value: None
    parts, at = [_binding(builder, part) for part in target.items], builder.spans.of(target)

    def unpack(frame: Frame, value: object) -> None:
        value = concrete(value)
        is_unknown = isinstance(value, Unknown)
        items = [Unknown(None)] * len(parts) if is_unknown else items_of(value, frame.run.budget, at)
        if len(items) != len(parts):
            raise at.error(f"found {len(items)} values for {len(parts)} names")
        for bind, item in zip(parts, items, strict=True):
            bind(frame, item)

    return unpack


def assignment(builder: Builder, node: nodes.Assign) -> Write:
    """Return the closure of `set`."""
    value = _kept(builder, node.node)
    builder.declare(node.target)
    bind = _binding(builder, node.target)
    return lambda frame: bind(frame, value(frame))


def _kept(builder: Builder, node: nodes.Node) -> Evaluate:
    """Return the closure of a value to be named. Only so can lists get deeper than the expression that makes them."""
    evaluate, at = builder.needed(node), builder.spans.of(node)

    def kept(frame: Frame) -> object:
        value = evaluate(frame)
        if isinstance(value, list | tuple | dict) and weigh(frame.run.budget, at, value).depth > MAX_DATA_DEPTH:
            raise at.limit("lists are nested too deeply")
        return value

    return kept


def with_names(builder: Builder, node: nodes.With) -> Write:
    """Return the closure of `with`: names for a part of the text, whose values do not read each other."""
    values = [_kept(builder, value) for value in node.values]
    with builder.scope():
        for target in node.targets:
            builder.declare(target)
        binds = [_binding(builder, target) for target in node.targets]
        body = builder.body(node.body)

    def write(frame: Frame) -> None:
        inner = frame.inner()
        for bind, value in zip(binds, values, strict=True):
            bind(inner, value(frame))
        body(inner)

    return write


STATEMENTS: dict[type[nodes.Node], BuildStatement] = {
    nodes.Output: output,
    nodes.If: branching,
    nodes.For: looping,
    nodes.Assign: assignment,
    nodes.With: with_names,
}
