"""Parameters: what a declaration promises of an input."""

from typing import NamedTuple

from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node, Scalar
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
    """The key of a declaration that refuses a value, and what it demands."""

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

    def complaint(self, value: object) -> str | None:
        """Why a value does not fit the declaration, or None when it does."""
        refused = self.refusal(value)
        return f"`params.{self.name}` {refused.demand}, not {shown(value)}" if refused is not None else None

    def refusal(self, value: object) -> Refusal | None:
        if not has_type(value, self.type):
            return Refusal("type", f"is declared as {a(self.type)}")
        if self.choices and value not in [choice.value for choice in self.choices]:
            return Refusal("choices", f"must be one of {', '.join(shown(choice.value) for choice in self.choices)}")
        if isinstance(value, int | float):
            if self.minimum is not None and value < _number(self.minimum):
                return Refusal("minimum", f"must be at least {self.minimum.value}")
            if self.maximum is not None and value > _number(self.maximum):
                return Refusal("maximum", f"must be at most {self.maximum.value}")
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


def _number(node: Scalar) -> float:
    assert isinstance(node.value, int | float)
    return node.value


def a(type_name: str) -> str:
    return f"an {type_name}" if type_name[0] in "aeiou" else f"a {type_name}"
