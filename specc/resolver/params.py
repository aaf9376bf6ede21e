"""Parameters: what each declaration of the merged `params:` section demands of an input, and its mistakes."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from specc.diagnostics import (
    Diagnostic,
    Fix,
    Label,
    closest,
    codes,
    did_you_mean,
    quoting_fix,
    replacing_fix,
    spelling_fix,
    unquoting_fix,
)
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node, Scalar, Sequence, kind_of, to_data
from specc.parser import is_dangling, plain_value
from specc.resolver.operators import is_template
from specc.wording import brief

KEYS = ("type", "default", "minimum", "maximum", "choices", "example", "description")
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
}


class Refusal(NamedTuple):
    """The key of a declaration that refuses a value, and the demand of the key in words."""

    key: str
    demand: str


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

    def objection(self, value: object) -> str | None:
        """Return why a value does not fit the declaration, or None if it fits."""
        refused = self.refusal(value)
        if refused is None:
            return None
        given = f"the text {shown(value)}" if refused.key == "type" and isinstance(value, str) else shown(value)
        return f"`params.{self.name}` {refused.demand}, not {given}"

    def refusal(self, value: object) -> Refusal | None:
        if not has_type(value, self.type):
            return Refusal("type", f"must be {a(self.type)}")
        if self.choices and value not in [choice.value for choice in self.choices]:
            return Refusal("choices", f"must be one of {', '.join(shown(choice.value) for choice in self.choices)}")
        if isinstance(value, int | float):
            if self.minimum is not None and value < _number(self.minimum):
                return Refusal("minimum", f"must be at least {self.minimum.value}")
            if self.maximum is not None and value > _number(self.maximum):
                return Refusal("maximum", f"must be at most {self.maximum.value}")
        return None


def shown(value: object) -> str:
    """Return a value as a person would write it in YAML."""
    match value:
        case bool():
            return str(value).lower()
        case None:
            return "null"
        case str():
            return f'"{brief(value, 60)}"'
        case dict():
            members = [f"{key}: {_inside(item)}" for key, item in islice(value.items(), MOST_SHOWN)]
            return brief("{" + ", ".join(members) + "}", 60)
        case list() | tuple():
            return brief("[" + ", ".join(map(_inside, islice(value, MOST_SHOWN))) + "]", 60)
    return brief(str(value), 60)


MOST_SHOWN = 30
WORD = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
"""Texts that need no quotes."""


def _inside(value: object) -> str:
    """Return a value as it stands in `{...}` or `[...]`."""
    is_word = isinstance(value, str) and WORD.fullmatch(value) is not None and value.lower() not in (*FLAGS, "null")
    return str(value) if is_word else shown(value)


def has_type(value: object, type_name: str) -> bool:
    if isinstance(value, bool):
        return type_name == "boolean"
    return isinstance(value, TYPES[type_name])


def _number(node: Scalar) -> float:
    assert isinstance(node.value, int | float)
    return node.value


def a(type_name: str) -> str:
    return f"an {type_name}" if type_name[0] in "aeiou" else f"a {type_name}"


FLAGS = {**dict.fromkeys(("yes", "y", "on", "true"), "true"), **dict.fromkeys(("no", "n", "off", "false"), "false")}
"""Words that people write for booleans, and that YAML 1.2 reads as texts."""


def declared(section: Mapping) -> tuple[dict[str, Param], list[Diagnostic]]:
    """Return the parameters of a merged `params:` section. Declarations with mistakes are reported and left out."""
    params: dict[str, Param] = {}
    found: list[Diagnostic] = []
    for key, node in section.items():
        mistakes = list(_mistakes(str(key.value), node))
        found.extend(mistakes)
        if isinstance(node, Mapping) and not mistakes:
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


def _mistakes(name: str, node: Node) -> Iterator[Diagnostic]:
    """Yield the mistakes that make a declaration unusable."""
    if not isinstance(node, Mapping):
        message = f"`params.{name}` is {kind_of(node)}, not a declaration"
        yield codes.BAD_PARAM.at(node.span, message, help=f"write `{name}: {_as_default(node)}`")
        return
    for key in node.keys.values():
        if key.value not in KEYS:
            help = did_you_mean(str(key.value), KEYS, "keys")
            near = closest(str(key.value), KEYS)
            fix = None if near in node.entries else spelling_fix(key.span, str(key.value), near)
            yield codes.BAD_PARAM.at(key.span, f"a parameter has no `{key.value}`", help=help, fix=fix)
    type_node = node.get("type")
    if type_node is None:
        help = f"add `type:`, one of {', '.join(TYPES)}"
        yield codes.BAD_PARAM.at(node.span, f"`params.{name}` does not say its type", help=help)
    elif to_data(type_node) not in list(TYPES):
        is_text = isinstance(type_node, Scalar) and isinstance(type_node.value, str)
        help = did_you_mean(str(to_data(type_node)) if is_text else "", TYPES, "types")
        yield codes.BAD_PARAM.at(type_node.span, f"`params.{name}` has an unknown type", help=help)
    else:
        yield from _bound_mistakes(name, str(to_data(type_node)), node)
    choices = node.get("choices")
    if choices is not None and not (
        isinstance(choices, Sequence) and choices.items and all(isinstance(c, Scalar) for c in choices.items)
    ):
        message = f"`choices` of `params.{name}` is not a list of values"
        yield codes.BAD_PARAM.at(choices.span, message, help="write `choices: [first, second]`")
    elif isinstance(choices, Sequence) and (template := next(filter(is_template, choices.items), None)):
        help = "write the values themselves"
        message = f"the choices of `params.{name}` are fixed, without templates"
        yield codes.TEMPLATE_NOT_ALLOWED.at(template.span, message, help=help)


def _as_default(node: Node) -> str:
    """Return the declaration that a plain value was probably meant as."""
    data = to_data(node)
    fitting = next((name for name in TYPES if has_type(data, name)), None)
    is_short = isinstance(node, Scalar) and fitting is not None and data != ""
    return f"{{type: {fitting}, default: {shown(data)}}}" if is_short else "{type: string, default: ...}"


def _bound_mistakes(name: str, type_name: str, node: Mapping) -> Iterator[Diagnostic]:
    bounds = [(which, bound) for which in ("minimum", "maximum") if (bound := node.get(which)) is not None]
    for which, bound in bounds:
        if type_name not in ("integer", "number"):
            message = f"`{which}` is for numbers, and `params.{name}` is {a(type_name)}"
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
    """Yield a diagnostic for each value in a declaration that the declaration itself refuses."""
    written = [("choice", choice) for choice in param.choices] + [
        ("default", param.default),
        ("example", param.example),
    ]
    for which, node in written:
        if node is None or is_template(node) or is_dangling(node):
            continue
        refused = param.refusal(to_data(node))
        if refused is not None:
            yield codes.BAD_PARAM_VALUE.at(
                node.span,
                f"the {which} does not fit: {param.objection(to_data(node))}",
                labels=(Label(param.node.entries[refused.key].span, "declared here"),),
                help=_way_out(which, refused, param, node),
                fix=_fix(refused, param, node),
            )


def _fix(refused: Refusal, param: Param, node: Node) -> Fix | None:
    """Return the fix for the help of `_way_out`, if that is certain."""
    if not isinstance(node, Scalar):
        return None
    text = node.value if isinstance(node.value, str) else None
    if refused.key == "type" and text is not None and has_type(plain_value(text), param.type) and _is_plain(text):
        return unquoting_fix(node.span, text)
    if refused.key == "type" and param.type == "string" and node.value is not None:
        return quoting_fix(node.span, node.raw)
    if refused.key == "type" and param.type == "boolean" and (flag := FLAGS.get((text or "").lower())):
        return replacing_fix(node.span, node.span.text, flag)
    if refused.key == "choices" and text is not None:
        return spelling_fix(node.span, text, closest(text, [str(choice.value) for choice in param.choices]))
    return None


def _is_plain(text: str) -> bool:
    """Return whether every tool reads a value alike without quotes, unlike `016` and `1e3`."""
    return text in ("true", "false") or str(plain_value(text)) == text


def _way_out(which: str, refused: Refusal, param: Param, node: Node) -> str | None:
    """Return the help that says what was probably meant: the usual slips are quotes too many or too few."""
    prefix = "" if which == "choice" else f"{which}: "
    text = node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None
    if refused.key == "type" and text is not None and has_type(plain_value(text), param.type):
        return f"write it without quotes: `{prefix}{text}`"
    if refused.key == "type" and param.type == "string" and isinstance(node, Scalar) and node.value is not None:
        return f'write it with quotes: `{prefix}"{node.raw}"`'
    if refused.key == "type" and param.type == "boolean" and (flag := FLAGS.get((text or "").lower())):
        return f"write `{prefix}{flag}`: YAML 1.2 reads `{text}` as a text"
    if refused.key == "choices":
        near = closest(str(to_data(node)), [str(choice.value) for choice in param.choices])
        return f"did you mean `{near}`?" if near else "add it to `choices`, or take one of them"
    if refused.key == "type" and which == "default":
        return "remove `default` to make the parameter required"
    return None
