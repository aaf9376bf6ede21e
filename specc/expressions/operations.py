"""Literals, operators, comparisons, conditions."""

import operator
from collections.abc import Callable, Iterator
from typing import Any

from jinja2 import nodes

from specc.diagnostics import codes
from specc.expressions.builder import Builder, BuildExpression
from specc.expressions.operators import (
    Binary,
    add,
    arithmetic,
    compare,
    kind_of_result,
    kind_of_signed,
    modulo,
    multiply,
    power,
    sign,
)
from specc.expressions.run import Evaluate, Frame, guess
from specc.expressions.values import Omitted, Unknown, common_kind, concrete, text_of, truth


def constant(builder: Builder, node: nodes.Const) -> Evaluate:
    value = node.value
    return lambda frame: value


def sequence(builder: Builder, node: nodes.List | nodes.Tuple) -> Evaluate:
    """Return the closure of `[a, b]` or `(a, b)`."""
    parts, at = [builder.needed(item) for item in node.items], builder.spans.of(node)
    make: Callable[[list[object]], object] = tuple if isinstance(node, nodes.Tuple) else list

    def made(frame: Frame) -> object:
        frame.run.budget.items(len(parts), at)
        return make([concrete(part(frame)) for part in parts])

    return made


def mapping(builder: Builder, node: nodes.Dict) -> Evaluate:
    """Return the closure of `{a: b}`."""
    at = builder.spans.of(node)
    pairs = [(builder.needed(pair.key), builder.needed(pair.value)) for pair in node.items]

    def made(frame: Frame) -> object:
        frame.run.budget.items(len(pairs), at)
        items = [(concrete(key(frame)), concrete(value(frame))) for key, value in pairs]
        if any(isinstance(key, Unknown) for key, _ in items):
            return Unknown("mapping")
        if any(isinstance(key, Iterator | tuple | range) for key, _ in items):
            raise at.error("a list or mapping cannot be the key of a mapping")
        try:
            return dict(items)
        except TypeError:
            raise at.error("a list or mapping cannot be the key of a mapping") from None

    return made


def binary(symbol: str, calculate: Binary) -> BuildExpression:
    """Return the builder of an operator between two values."""

    def build(builder: Builder, node: nodes.BinExpr) -> Evaluate:
        left, right, at = builder.needed(node.left), builder.needed(node.right), builder.spans.of(node)

        def calculated(frame: Frame) -> object:
            one, other = concrete(left(frame)), concrete(right(frame))
            if isinstance(one, Unknown) or isinstance(other, Unknown):
                return Unknown(kind_of_result(symbol, one, other))
            return calculate(one, other, frame.run.budget, at)

        return calculated

    return build


def unary(symbol: str, calculate: Callable[[Any], object]) -> BuildExpression:
    """Return the builder of a sign before a number."""
    signed = sign(symbol, calculate)

    def build(builder: Builder, node: nodes.UnaryExpr) -> Evaluate:
        operand, at = builder.needed(node.node), builder.spans.of(node)

        def calculated(frame: Frame) -> object:
            value = concrete(operand(frame))
            return Unknown(kind_of_signed(value.kind)) if isinstance(value, Unknown) else signed(value, at)

        return calculated

    return build


def negation(builder: Builder, node: nodes.Not) -> Evaluate:
    operand, at = builder.needed(node.node), builder.spans.of(node)

    def negated(frame: Frame) -> object:
        holds = truth(operand(frame), at)
        return Unknown("boolean") if holds is None else not holds

    return negated


def choice(continues_if: bool) -> BuildExpression:
    """Return the builder of `and`, whose right side counts if the left side is true, or `or`, if it is false."""

    def build(builder: Builder, node: nodes.BinExpr) -> Evaluate:
        left, right, at = builder.needed(node.left), builder.expression(node.right), builder.spans.of(node.left)

        def chosen(frame: Frame) -> object:
            value = left(frame)
            holds = truth(value, at)
            if holds is None:
                return Unknown(common_kind(value, guess(right, frame)))
            return right(frame) if holds == continues_if else value

        return chosen

    return build


def comparison(builder: Builder, node: nodes.Compare) -> Evaluate:
    """Return the closure of `a < b <= c`, which ends at the first comparison that does not hold, as in Python."""
    first, at = builder.needed(node.expr), builder.spans.of(node)
    rest = [(part.op, builder.needed(part.expr)) for part in node.ops]

    def compared(frame: Frame) -> object:
        left, result = concrete(first(frame)), object()
        for symbol, operand in rest:
            right = concrete(operand(frame))
            result = compare(symbol, left, right, frame.run.budget, at)
            if isinstance(result, Unknown) or not result:
                return result
            left = right
        return result

    return compared


def conditional(builder: Builder, node: nodes.CondExpr) -> Evaluate:
    """Return the closure of `a if b else c`."""
    test, then = builder.needed(node.test), builder.expression(node.expr1)
    test_at, at = builder.spans.of(node.test), builder.spans.of(node)
    omitted = Omitted(
        at.mistake(codes.TEMPLATE_ERROR, "the condition is false and there is no `else`", "write `else ''`")
    )
    otherwise = builder.expression(node.expr2) if node.expr2 is not None else lambda frame: omitted

    def chosen(frame: Frame) -> object:
        holds = truth(test(frame), test_at)
        if holds is None:
            return Unknown(common_kind(guess(then, frame), guess(otherwise, frame)))
        return then(frame) if holds else otherwise(frame)

    return chosen


def concatenation(builder: Builder, node: nodes.Concat) -> Evaluate:
    """Return the closure of `a ~ b`."""
    parts = [(builder.needed(part), builder.spans.of(part)) for part in node.nodes]
    at = builder.spans.of(node)

    def joined(frame: Frame) -> object:
        values = [(concrete(part(frame)), span) for part, span in parts]
        if any(isinstance(value, Unknown) for value, _ in values):
            return Unknown("string")
        texts = [text_of(value, span) for value, span in values]
        frame.run.budget.text(sum(map(len, texts)), at)
        return "".join(texts)

    return joined


OPERATIONS: dict[type[nodes.Node], BuildExpression] = {
    nodes.Const: constant,
    nodes.List: sequence,
    nodes.Tuple: sequence,
    nodes.Dict: mapping,
    nodes.Add: binary("+", add),
    nodes.Sub: binary("-", arithmetic("-", operator.sub)),
    nodes.Mul: binary("*", multiply),
    nodes.Div: binary("/", arithmetic("/", operator.truediv)),
    nodes.FloorDiv: binary("//", arithmetic("//", operator.floordiv)),
    nodes.Mod: binary("%", modulo),
    nodes.Pow: binary("**", power),
    nodes.Neg: unary("-", operator.neg),
    nodes.Pos: unary("+", operator.pos),
    nodes.Not: negation,
    nodes.And: choice(True),
    nodes.Or: choice(False),
    nodes.Compare: comparison,
    nodes.CondExpr: conditional,
    nodes.Concat: concatenation,
}
