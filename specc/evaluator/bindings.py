"""Values of parameters: what `-p` gives, what the declaration defaults to, and what a check does without either."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from specc.diagnostics import Diagnostic, Label, codes, did_you_mean
from specc.expressions import Kind, Unknown
from specc.nodes import Layer, LayerKind, Node, Scalar, Sequence, to_data
from specc.parser import parse_flow
from specc.resolver import Param
from specc.source import Source

KINDS: dict[str, Kind] = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "list": "list",
}
INPUT_LAYER = Layer(LayerKind.INPUT)


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """A parameter with the node that gives its value; `node` None: unknown in this check."""

    param: Param
    node: Node | None

    @property
    def unknown(self) -> Unknown:
        return Unknown(KINDS[self.param.type])


def bind(params: dict[str, Param], given: tuple[Source, ...]) -> tuple[dict[str, Binding], list[Diagnostic]]:
    """Parameters with their given or default values; the required ones that were not given are unknown here."""
    found: list[Diagnostic] = []
    bindings = {name: Binding(param, param.default) for name, param in params.items()}
    for text in given:
        name, equals, _ = text.text.partition("=")
        span = text.span(0, len(name))
        if not equals:
            found.append(codes.BAD_OVERRIDE.at(text.span(0, len(text.text)), "`-p` takes NAME=VALUE"))
        elif name not in params:
            help = did_you_mean(name, params, "parameters") or "the spec declares no `params:`"
            found.append(codes.UNKNOWN_PARAM.at(span, f"the spec has no parameter `{name}`", help=help))
        else:
            node = _given(params[name], text, found)
            bindings[name] = Binding(params[name], node) if node is not None else bindings[name]
    return bindings, found


def _given(param: Param, text: Source, found: list[Diagnostic]) -> Node | None:
    """The node of one `-p`; a string parameter takes the text as it is typed, so `-p id=007` keeps its zeros."""
    start = len(param.name) + 1
    node, faults = parse_flow(text, start, INPUT_LAYER)
    faults = [d for d in faults if d.is_error]
    if param.type == "string" and (node is None or (isinstance(node, Scalar) and not isinstance(node.value, str))):
        typed = text.text[start:]
        node, faults = Scalar(typed, text.span(start, len(text.text)), typed, layer=INPUT_LAYER), []
    found.extend(faults)
    if node is None:
        return None
    complaint = param.complaint(to_data(node))
    if complaint is not None:
        label = Label(param.key.span, "declared here")
        found.append(codes.BAD_PARAM_VALUE.at(node.span, complaint, labels=(label,)))
        return None
    return _verbatim(node)


def _verbatim(node: Node) -> Node:
    match node:
        case Scalar():
            return replace(node, verbatim=True)
        case Sequence():
            return replace(node, items=tuple(_verbatim(item) for item in node.items))
        case _:
            return node


def missing(bindings: dict[str, Binding]) -> Iterator[Diagnostic]:
    """The required parameters that have no value."""
    for name, binding in bindings.items():
        if binding.node is None:
            param = binding.param
            example = to_data(param.example) if param.example is not None else None
            shown = example if example is not None else param.choices[0].value if param.choices else "VALUE"
            help = f"give it on the command line: `-p {name}={shown}`, or declare a `default`"
            yield codes.MISSING_PARAM.at(param.key.span, f"`params.{name}` has no value", help=help)


def samples(bindings: dict[str, Binding]) -> Iterator[dict[str, Binding]]:
    """What a check tries: every choice of each required parameter in turn, else its example, else unknown."""
    base = {name: _sample(binding) for name, binding in bindings.items()}
    yield base
    for name, binding in bindings.items():
        if binding.node is None:
            for choice in binding.param.choices[1:]:
                yield {**base, name: Binding(binding.param, choice)}


def _sample(binding: Binding) -> Binding:
    if binding.node is not None:
        return binding
    param = binding.param
    return Binding(param, param.choices[0] if param.choices else param.example)
