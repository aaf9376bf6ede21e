"""Uses of filters, tests, methods, and `range(...)`."""

from inspect import Signature
from typing import cast

from jinja2 import nodes

from specc.diagnostics import did_you_mean
from specc.expressions.access import path_of
from specc.expressions.builder import Builder, BuildExpression
from specc.expressions.filters import DEFAULTS, NAMES, SELECTING, apply_filter, filter_signature, wrong_arguments
from specc.expressions.methods import METHODS, call_method
from specc.expressions.predicates import TESTS, apply_test
from specc.expressions.predicates import parameters as test_signature
from specc.expressions.run import Evaluate, Frame
from specc.expressions.values import Call, TemplateSpan, Unknown, concrete

# Names that people try, and the help for each.
INSTEAD = {
    "format": "write `'%s' | format(...)`, or `~` to join texts",
    "append": "write `xs + [x]`",
    "extend": "write `xs + ys`",
    "update": "a template cannot change a value",
    "safe": "remove it: texts are never escaped",
    "escape": "write `| sh` for the shell, `| tojson` for JSON",
    "e": "write `| sh` for the shell, `| tojson` for JSON",
    "quote": "write `| sh`",
    "attr": "write `x.name` or `x['name']`",
    "random": "templates give the same result every time",
    "to_json": "write `| tojson`",
}

ATTRIBUTE_ARGUMENT = {
    **dict.fromkeys(("selectattr", "rejectattr", "groupby", "sum"), 0),
    **dict.fromkeys(("join", "max", "min", "unique"), 1),
    "sort": 2,
}
"""The index of the argument of a filter that is the name of an attribute."""

Arguments = tuple[list[Evaluate], dict[str, Evaluate]]


def filtering(builder: Builder, node: nodes.Filter) -> Evaluate:
    """Return the closure of `value | name(arguments)`."""
    name, at, extra, value = node.name, builder.spans.of(node), builder.extra, cast(nodes.Expr, node.node)
    known = (*NAMES, *extra)
    is_known = _is_allowed(builder, name, known, "filter", at)
    if name in ("map", *SELECTING):
        _check_inner(builder, node, known)
    args, kwargs = _arguments(builder, node, lenient=name in DEFAULTS)
    if is_known:
        _check_arguments(builder, node, filter_signature(name, extra))
    if name in DEFAULTS:
        _guard(builder, value)
    subject = builder.expression(value)
    bare = Call(name, (), {})
    attribute_at = _attribute_place(builder, node)

    def filtered_bare(frame: Frame) -> object:
        return apply_filter(bare, subject(frame), extra, frame.run.budget, at)

    def filtered(frame: Frame) -> object:
        given = {key: arg(frame) for key, arg in kwargs.items()}
        call = Call(name, [arg(frame) for arg in args], given, attribute_at)
        return apply_filter(call, subject(frame), extra, frame.run.budget, at)

    return filtered if args or kwargs else filtered_bare


def _attribute_place(builder: Builder, node: nodes.Filter) -> TemplateSpan | None:
    """Return the span of the argument of a filter that is the name of an attribute."""
    for pair in node.kwargs:
        if pair.key == "attribute":
            return builder.spans.of(pair.value)
    index = ATTRIBUTE_ARGUMENT.get(node.name, len(node.args))
    return builder.spans.of(node.args[index]) if index < len(node.args) else None


def testing(builder: Builder, node: nodes.Test) -> Evaluate:
    """Return the closure of `value is name(arguments)`."""
    name, at = node.name, builder.spans.of(node)
    is_known = _is_allowed(builder, name, TESTS, "test", at)
    args, kwargs = _arguments(builder, node)
    if is_known:
        _check_arguments(builder, node, test_signature(name))
    if name in ("defined", "undefined"):
        _guard(builder, node.node)
    subject, asks = builder.expression(node.node), name in ("defined", "undefined")
    above = node.node.node if isinstance(node.node, nodes.Getattr) else None
    is_declared = isinstance(above, nodes.Name) and not builder.is_local(above.name)

    def tested(frame: Frame) -> object:
        call = Call(name, [arg(frame) for arg in args], {key: arg(frame) for key, arg in kwargs.items()})
        value = subject(frame)
        if asks and isinstance(value, Unknown) and not is_declared:
            return Unknown("boolean")  # what an unknown value has in it may be missing
        return apply_test(call, value, frame.run.budget, at)

    return tested


def calling(builder: Builder, node: nodes.Call) -> Evaluate:
    """Return the closure of `value.method(arguments)` or `range(arguments)`."""
    called, at = node.node, builder.spans.of(node)
    args, kwargs = _arguments(builder, node)
    if isinstance(called, nodes.Name) and called.name == "range" and not kwargs:
        return _range(args, at)
    if not isinstance(called, nodes.Getattr):
        shown = builder.shown(builder.spans.of(called))
        builder.forbid(
            at, f"`{shown}` cannot be called", "templates call methods such as `x.upper()`, and `range(...)`"
        )
        return builder.expression(nodes.Const(None, lineno=node.lineno))
    name = called.attr
    _is_allowed(builder, name, tuple(METHODS), "method", at)
    subject = builder.needed(called.node)

    def called_method(frame: Frame) -> object:
        call = Call(name, [arg(frame) for arg in args], {key: arg(frame) for key, arg in kwargs.items()})
        return call_method(call, subject(frame), frame.run.budget, at)

    return called_method


def _range(args: list[Evaluate], at: TemplateSpan) -> Evaluate:
    """Return the closure of `range(stop)`, `range(start, stop)` or `range(start, stop, step)`."""

    def made(frame: Frame) -> object:
        bounds = [concrete(arg(frame)) for arg in args]
        if any(isinstance(bound, Unknown) for bound in bounds):
            return Unknown("list")
        whole = [bound for bound in bounds if isinstance(bound, int)]
        if len(whole) < len(bounds) or not 1 <= len(whole) <= 3:
            raise at.error("`range` takes one to three whole numbers")
        if whole[2:] == [0]:
            raise at.error("the step of a range cannot be 0")
        numbers = range(*whole)
        frame.run.budget.items(_length(numbers), at)
        return numbers

    return made


def _length(numbers: range) -> int:
    """Return the length of a range. Python's `len` knows only lengths that fit a machine word."""
    return max(0, (numbers.stop - numbers.start + numbers.step - (1 if numbers.step > 0 else -1)) // numbers.step)


def _is_allowed(builder: Builder, name: str, known: tuple[str, ...], what: str, at: TemplateSpan) -> bool:
    if name in known:
        return True
    if name.startswith("_"):
        builder.forbid(at, f"names that begin with `_` cannot be used: `{name}`")
        return False
    help = INSTEAD.get(name) or did_you_mean(name, known, f"{what}s")
    builder.forbid(at, f"templates have no {what} `{name}`", help)
    return False


def _check_inner(builder: Builder, node: nodes.Filter, filters: tuple[str, ...]) -> None:
    """Check the filter or test that `map` or `select` names in an argument, if the argument is a constant."""
    index = 1 if node.name.endswith("attr") else 0
    if len(node.args) > index:
        inner = node.args[index]
        if isinstance(inner, nodes.Const) and isinstance(inner.value, str):
            is_map = node.name == "map"
            _is_allowed(
                builder,
                inner.value,
                filters if is_map else TESTS,
                "filter" if is_map else "test",
                builder.spans.of(inner),
            )


def _arguments(builder: Builder, node: nodes.Filter | nodes.Test | nodes.Call, *, lenient: bool = False) -> Arguments:
    """Return the closures of the arguments. The arguments of `default` may be undefined (`lenient`)."""
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        builder.forbid(builder.spans.of(node), "arguments cannot be unpacked with `*` or `**`")
    names = [str(arg.key) for arg in node.kwargs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        builder.refuse(builder.spans.of(node), f"the argument `{twice}` is given twice")
    build = builder.expression if lenient else builder.needed
    return [build(arg) for arg in node.args], {str(arg.key): build(arg.value) for arg in node.kwargs}


def _check_arguments(builder: Builder, node: nodes.Filter | nodes.Test, known: Signature | None) -> None:
    call = Call(node.name, node.args, {str(arg.key): arg.value for arg in node.kwargs})
    message = wrong_arguments(call, known)
    if message is not None:
        builder.refuse(builder.spans.of(node), message)


def _guard(builder: Builder, node: nodes.Expr) -> None:
    """Note that the template asks whether this name is defined, so that it need not be."""
    path = path_of(builder, node)
    if path is not None:
        builder.guards.add(path)


CALLS: dict[type[nodes.Node], BuildExpression] = {
    nodes.Filter: filtering,
    nodes.Test: testing,
    nodes.Call: calling,
}
