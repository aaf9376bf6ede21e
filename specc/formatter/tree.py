"""A spec as it is laid out: entries, and the text of their values. Comments are kept apart, in `Remarks`."""

from collections.abc import Iterator
from dataclasses import field

from specc.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Inline:
    """A value that stands on the line of its key: a scalar, an alias, `{...}`, or nothing at all."""

    text: str


@dataclass(frozen=True, slots=True)
class Continued:
    """A value of several lines that begins on the line of its key. All but the first are without indentation.

    `is_flow` says that it is `[...]` or `{...}`, where the lines keep their place relative to the key.
    """

    lines: tuple[str, ...]
    indents: tuple[int, ...]
    is_flow: bool


@dataclass(frozen=True, slots=True)
class BlockScalar:
    """`|` or `>` with its indicators, and the content without its indentation."""

    header: str
    lines: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Block:
    """A mapping or a list over several lines. `column` is where its keys or dashes stand."""

    kind: str
    is_list: bool
    column: int
    parent: "Block | None"
    entries: "list[Entry]" = field(default_factory=list)


Value = Inline | Continued | BlockScalar | Block


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A key with its value, or an item of a list, which has no name. `key` is what is written before the value."""

    block: Block
    name: str | None
    key: str
    start: int
    column: int
    value: Value
    value_start: int
    defines: frozenset[str]
    uses: frozenset[str]

    @property
    def is_long(self) -> bool:
        """Does it have more than one line?"""
        return not isinstance(self.value, Inline)


@dataclass(frozen=True, slots=True)
class Beside:
    """A comment at the end of a line. `gap` is the number of columns before it."""

    text: str
    column: int
    gap: int


@dataclass(frozen=True, slots=True)
class Remarks:
    """Comments by where they stand. An empty line is the text ""."""

    above: dict[Entry, list[str]] = field(default_factory=dict)
    beside: dict[Entry, Beside] = field(default_factory=dict)
    below: dict[Block, list[str]] = field(default_factory=dict)


def all_entries(block: Block) -> Iterator[Entry]:
    """In the order of the text."""
    for entry in block.entries:
        yield entry
        if isinstance(entry.value, Block):
            yield from all_entries(entry.value)
