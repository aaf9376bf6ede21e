"""Declared parameters: what the merged `params:` section promises of each input."""

from collections.abc import Iterator
from dataclasses import dataclass

from specc.diagnostics import Diagnostic, Label, codes, did_you_mean
from specc.diagnostics.suggest import closest
from specc.nodes import Mapping, Node, Scalar, Sequence, brief, kind_of, to_data
from specc.parser.scalars import resolve

KEYS = ("type", "default", "minimum", "maximum", "choices", "example", "description")
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
}


@dataclass(frozen=True, slots=True, eq=False)
class Param:
    """One parameter as declared. Without a `default` it is required. `node` is the whole declaration."""

    name: str
    type: str
    node: Mapping
    key: Scalar
    default: Node | None = None
    minimum: Scalar | None = None
    maximum: Scalar | None = None
    choices: tuple[Scalar, ...] = ()
    example: Node | None = None

    def complaint(self, value: object) -> str | None:
        """Why a value does not fit the declaration, or None when it does."""
        if not has_type(value, self.type):
            return f"`params.{self.name}` is declared as {_a(self.type)}, not {shown(value)}"
        if self.choices and value not in [choice.value for choice in self.choices]:
            choices = ", ".join(shown(choice.value) for choice in self.choices)
            return f"`params.{self.name}` must be one of {choices}, not {shown(value)}"
        if isinstance(value, int | float):
            if self.minimum is not None and value < _number(self.minimum):
                return f"`params.{self.name}` must be at least {self.minimum.value}, not {shown(value)}"
            if self.maximum is not None and value > _number(self.maximum):
                return f"`params.{self.name}` must be at most {self.maximum.value}, not {shown(value)}"
        return None


def shown(value: object) -> str:
    """A value as a person would write it in YAML."""
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else f'"{brief(value, 60)}"' if isinstance(value, str) else brief(str(value), 60)


def has_type(value: object, type_name: str) -> bool:
    if isinstance(value, bool):
        return type_name == "boolean"
    return isinstance(value, TYPES[type_name])


def is_template(node: Node | None) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, str) and "{{" in node.value and not node.verbatim


def declared(section: Mapping) -> tuple[dict[str, Param], list[Diagnostic]]:
    """The parameters of a merged `params:` section; a declaration that cannot be used is reported and left out."""
    params: dict[str, Param] = {}
    found: list[Diagnostic] = []
    for key, node in section.items():
        faults = list(_faults(str(key.value), node))
        found.extend(faults)
        if isinstance(node, Mapping) and not faults:
            params[str(key.value)] = param = _param(str(key.value), key, node)
            found.extend(_misfits(param))
    return params, found


def _param(name: str, key: Scalar, node: Mapping) -> Param:
    def number(which: str) -> Scalar | None:
        bound = node.get(which)
        return bound if isinstance(bound, Scalar) else None

    choices = node.get("choices")
    return Param(
        name,
        str(to_data(node.entries["type"])),
        node,
        key,
        default=node.get("default"),
        minimum=number("minimum"),
        maximum=number("maximum"),
        choices=tuple(c for c in choices.items if isinstance(c, Scalar)) if isinstance(choices, Sequence) else (),
        example=node.get("example"),
    )


def _faults(name: str, node: Node) -> Iterator[Diagnostic]:
    """What makes a declaration unusable."""
    if not isinstance(node, Mapping):
        message = f"`params.{name}` is {kind_of(node)}, not a declaration"
        yield codes.BAD_PARAM.at(node.span, message, help=f"write `{name}: {{type: string, default: ...}}`")
        return
    for key in node.keys.values():
        if key.value not in KEYS:
            help = did_you_mean(str(key.value), KEYS, "keys")
            yield codes.BAD_PARAM.at(key.span, f"a parameter has no `{key.value}`", help=help)
    type_node = node.get("type")
    if type_node is None:
        help = f"add `type:`, one of {', '.join(TYPES)}"
        yield codes.BAD_PARAM.at(node.span, f"`params.{name}` does not say its type", help=help)
    elif to_data(type_node) not in list(TYPES):
        is_text = isinstance(type_node, Scalar) and isinstance(type_node.value, str)
        help = did_you_mean(str(to_data(type_node)) if is_text else "", TYPES, "types")
        yield codes.BAD_PARAM.at(type_node.span, f"`params.{name}` has an unknown type", help=help)
    else:
        yield from _bound_faults(name, str(to_data(type_node)), node)
    choices = node.get("choices")
    if choices is not None and not (
        isinstance(choices, Sequence) and choices.items and all(isinstance(c, Scalar) for c in choices.items)
    ):
        message = f"`choices` of `params.{name}` is not a list of values"
        yield codes.BAD_PARAM.at(choices.span, message, help="write `choices: [first, second]`")


def _bound_faults(name: str, type_name: str, node: Mapping) -> Iterator[Diagnostic]:
    bounds = [(which, bound) for which in ("minimum", "maximum") if (bound := node.get(which)) is not None]
    for which, bound in bounds:
        if type_name not in ("integer", "number"):
            message = f"`{which}` is for numbers, and `params.{name}` is {_a(type_name)}"
            yield codes.BAD_PARAM.at(node.keys[which].span, message)
        elif not has_type(to_data(bound), "number"):
            yield codes.BAD_PARAM.at(bound.span, f"`{which}` of `params.{name}` is {kind_of(bound)}, not a number")
    if len(bounds) == 2:
        (_, low), (_, high) = bounds
        least, most = to_data(low), to_data(high)
        if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
            label = Label(low.span, "the minimum")
            message = f"`maximum` of `params.{name}` is below its `minimum`"
            yield codes.BAD_PARAM.at(high.span, message, labels=(label,))


def _misfits(param: Param) -> Iterator[Diagnostic]:
    """Values in a declaration that the declaration itself refuses."""
    for choice in param.choices:
        if not has_type(choice.value, param.type):
            message = f"a choice of `params.{param.name}` is {kind_of(choice)}, not {_a(param.type)}"
            yield codes.BAD_PARAM_VALUE.at(choice.span, message)
    for which, node in (("default", param.default), ("example", param.example)):
        if node is None or is_template(node):
            continue
        complaint = param.complaint(to_data(node))
        if complaint is not None:
            yield codes.BAD_PARAM_VALUE.at(
                node.span,
                f"the {which} does not fit: {complaint}",
                labels=(Label(_declaration(param, to_data(node)).span, "declared here"),),
                help=_way_out(which, param, node),
            )


def _declaration(param: Param, value: object) -> Node:
    """The part of the declaration that refuses the value."""
    refused_by = "choices" if param.choices and has_type(value, param.type) else "type"
    return param.node.entries[refused_by]


def _way_out(which: str, param: Param, node: Node) -> str | None:
    """Numbers in quotes are the usual slip."""
    if isinstance(node, Scalar) and isinstance(node.value, str) and param.type in ("integer", "number"):
        number = resolve(node.value)
        if has_type(number, param.type):
            return f"write it without quotes: `{which}: {node.value}`"
    if param.choices and has_type(to_data(node), param.type):
        near = closest(str(to_data(node)), [str(choice.value) for choice in param.choices])
        return f"did you mean `{near}`?" if near else "add it to `choices`, or take one of them"
    return "leave `default` out to make the parameter required" if which == "default" else None


def _number(node: Scalar) -> float:
    assert isinstance(node.value, int | float)
    return node.value


def _a(type_name: str) -> str:
    return f"an {type_name}" if type_name[0] in "aeiou" else f"a {type_name}"
