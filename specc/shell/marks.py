"""What is noted while a text is read: places that others ask for."""

from specc.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Here:
    """A here-document: its operator and word in the text, and the line that ends it."""

    start: int
    end: int
    word: str
    strips_tabs: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that is expanded. `has_default`: the script says what to take where it is not set."""

    start: int
    end: int
    name: str
    has_default: bool


@dataclass(frozen=True, slots=True)
class Redirection:
    """An operator such as `>`, and the place of the word behind it."""

    operator: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the script itself, with its `;` or `&`. The commands of its last pipeline begin at `stages`."""

    start: int
    end: int
    stages: tuple[int, ...]
    is_background: bool
