"""Values of parameters: those that `-p` gives, the defaults, and those that a check tries without either."""

import json
import shlex
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Label, codes, did_you_mean
from specc.expressions import Kind, Unknown
from specc.fast_dataclass import dataclass
from specc.nodes import Layer, LayerKind, Node, Scalar, to_data
from specc.parser import parse_flow
from specc.resolver import Param, ResolvedSpec
from specc.source import Source

KINDS: dict[str, Kind] = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "list": "list",
}
INSTEAD = {"number": ("integer",), "integer": ("number",)}
"""The kinds that an unknown value of a type may have, too: an unknown number may be whole."""
INPUT_LAYER = Layer(LayerKind.INPUT)


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """A parameter with the node that gives its value. If `node` is None, the value is unknown in this check.

    `refused`: a value was given that does not fit, which is reported.
    """

    param: Param
    node: Node | None
    refused: bool = False

    @property
    def unknown(self) -> Unknown:
        return Unknown(KINDS[self.param.type])

    def objection(self, data: object) -> str | None:
        """Return why a computed value does not fit the declaration; for an unknown one, if no input can make it fit."""
        if not isinstance(data, Unknown):
            return self.param.objection(data)
        if data.kind is None or data.kind in (self.param.type, *INSTEAD.get(self.param.type, ())):
            return None
        return f"`params.{self.param.name}` must be {a(self.param.type)}, but its template gives {a(data.kind)}"


def a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def bind(spec: ResolvedSpec, given: tuple[Source, ...]) -> tuple[dict[str, Binding], list[Diagnostic]]:
    """Return the parameters with their given or default values. Required parameters that are not given are unknown."""
    found: list[Diagnostic] = []
    bindings = {name: Binding(param, param.default) for name, param in spec.params.items()}
    for text in given:
        name, equals, _ = text.text.partition("=")
        span = text.span(0, len(name))
        if not equals:
            found.append(codes.BAD_OVERRIDE.at(text.span(0, len(text.text)), "`-p` takes NAME=VALUE"))
        elif name in bindings:
            node = _given(bindings[name].param, text, found)
            bindings[name] = Binding(bindings[name].param, node, refused=node is None)
        elif name not in spec.section("params").entries:
            help = did_you_mean(name, bindings, "parameters") or "the spec declares no `params:`"
            found.append(codes.UNKNOWN_PARAM.at(span, f"the spec has no parameter `{name}`", help=help))
    return bindings, found


def _given(param: Param, text: Source, found: list[Diagnostic]) -> Node | None:
    """Return the node of one `-p`. A string parameter takes the text as it is typed, so `-p id=007` keeps its zeros."""
    start = len(param.name) + 1
    node, mistakes = parse_flow(text, start, INPUT_LAYER)
    mistakes = [d for d in mistakes if d.is_error]
    is_text = isinstance(node, Scalar) and isinstance(node.value, str) and not mistakes
    if param.type == "string" and not is_text and not any(d.code is codes.NOT_TEXT for d in mistakes):
        typed = text.text[start:]
        return _fitting(param, Scalar(typed, text.span(start), typed, layer=INPUT_LAYER, verbatim=True), found)
    found.extend(mistakes)
    return _fitting(param, node, found) if node is not None and not mistakes else None


def _fitting(param: Param, node: Node, found: list[Diagnostic]) -> Node | None:
    objection = param.objection(to_data(node))
    if objection is None:
        return node
    label = Label(param.key.span, "declared here")
    help = f"write `-p {param.name}=[first, second]`, in quotes for the shell" if param.type == "list" else None
    found.append(codes.BAD_PARAM_VALUE.at(node.span, objection, labels=(label,), help=help))
    return None


def missing(bindings: dict[str, Binding]) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each required parameter that has no value."""
    for name, binding in bindings.items():
        if binding.node is None and not binding.refused:
            param = binding.param
            example = param.example if param.example is not None else next(iter(param.choices), None)
            help = f"give it on the command line: `-p {_typed(name, example)}`, or declare a `default`"
            yield codes.MISSING_PARAM.at(param.key.span, f"`params.{name}` has no value", help=help)


def _typed(name: str, example: Node | None) -> str:
    """Return `name=value` as it is typed into a shell."""
    if example is None:
        return f"{name}=VALUE"
    data = to_data(example)
    return shlex.quote(f"{name}={data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)}")


def samples(bindings: dict[str, Binding]) -> Iterator[dict[str, Binding]]:
    """Yield the values that a check tries: every choice of each required parameter, else its example, else unknown."""
    base = {name: _sample(binding) for name, binding in bindings.items()}
    yield base
    for name, binding in bindings.items():
        if binding.node is None and not binding.refused:
            for choice in binding.param.choices[1:]:
                yield {**base, name: Binding(binding.param, choice)}


def sample_count(bindings: dict[str, Binding]) -> int:
    """Return how many `samples` there are, without making them."""
    open_ = (binding for binding in bindings.values() if binding.node is None and not binding.refused)
    return 1 + sum(max(0, len(binding.param.choices) - 1) for binding in open_)


def _sample(binding: Binding) -> Binding:
    if binding.node is not None or binding.refused:
        return binding
    param = binding.param
    return Binding(param, param.choices[0] if param.choices else param.example)
