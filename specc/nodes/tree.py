"""Scalars, mappings, sequences and file texts: YAML's nodes, each with the layer that wrote it.

A node never changes. When a stronger layer replaces a node, the new node keeps the old one as `beneath`, so the
history of a value is the chain of `beneath` from the winner down to the weakest writer.
"""

from collections.abc import Iterator
from dataclasses import field
from enum import StrEnum

from specc.fast_dataclass import dataclass
from specc.source import Source, Span
from specc.wording import brief

Path = tuple[str | int, ...]
"""The way to a value from the root: mapping keys and sequence indices."""

Atom = str | int | float | bool | None


class Style(StrEnum):
    PLAIN = "plain"
    SINGLE = "single"
    DOUBLE = "double"
    LITERAL = "literal"
    FOLDED = "folded"


class LayerKind(StrEnum):
    """Who can write a value, from the weakest to the strongest."""

    API = "API default"
    DEFAULTS = "project defaults"
    TARGET = "target"
    FILE = "file"
    PROFILE = "profile"
    SET = "--set"
    INPUT = "-p"


@dataclass(frozen=True, slots=True)
class Layer:
    kind: LayerKind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" if self.name else str(self.kind)


FILE_LAYER = Layer(LayerKind.FILE)


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A single value. `raw` is its text as YAML understands it, before `64` became a number.

    A `verbatim` scalar came from `{$literal: ...}`, `-p` or `--set`: templates in it are text. `passed` came with
    the text of a command from `{$command: ...}`.
    """

    value: Atom
    span: Span
    raw: str = ""
    style: Style = Style.PLAIN
    layer: Layer = FILE_LAYER
    beneath: "Node | None" = None
    verbatim: bool = False
    passed: "Passed | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Passed:
    """What is passed to a command: `env` by name, `args` as its `$1`, `$2` and so on."""

    env: "Mapping | None"
    args: "Sequence | None"


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """Keys in the order written, each with the scalar that says it (the strongest layer's, after a merge).

    `removed` has, by key, what `{$unset: true}` removed: the mapping of the operator, with the lost value beneath.
    """

    entries: dict[str, "Node"]
    keys: dict[str, Scalar]
    span: Span
    layer: Layer = FILE_LAYER
    beneath: "Node | None" = None
    removed: dict[str, "Node"] = field(default_factory=dict)

    def get(self, key: str) -> "Node | None":
        return self.entries.get(key)

    def items(self) -> Iterator[tuple[Scalar, "Node"]]:
        """Yield the key nodes with their values."""
        for key, value in self.entries.items():
            yield self.keys[key], value


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    items: tuple["Node", ...]
    span: Span
    layer: Layer = FILE_LAYER
    beneath: "Node | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class FileText:
    """`{$file: PATH, env: {...}, args: [...]}`, with the text read. `is_template` says that PATH ends in `.j2`."""

    ref: Scalar
    text: Source
    is_template: bool
    env: Mapping | None
    args: Sequence | None
    span: Span
    layer: Layer = FILE_LAYER
    beneath: "Node | None" = None


Node = Scalar | Mapping | Sequence | FileText


def kind_of(node: Node) -> str:
    """Return what a person calls such a node: `a list`, `the number 4`, `the text "abc"`."""
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case FileText():
            return "the text of a file"
        case Scalar(value=None):
            return "null"
        case Scalar(value=bool() as flag):
            return f"the boolean {str(flag).lower()}"
        case Scalar(value=int() | float()):
            return f"the number {brief(node.raw or str(node.value))}"
        case Scalar():
            return f'the text "{brief(str(node.value))}"'


def to_data(node: Node) -> object:
    """Return the plain value of a node: dict, list or scalar; the text of a `FileText`."""
    match node:
        case Scalar():
            return node.value
        case Mapping():
            return {key: to_data(value) for key, value in node.entries.items()}
        case Sequence():
            return [to_data(item) for item in node.items]
        case FileText():
            return node.text.text


def pointer(path: Path) -> str:
    """Return the JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
