"""What reading a shell text gives: its mistake, if it has one, and the spans of what others ask for.

All spans are offsets of characters in the text, from `start` up to and without `end`.
"""

from specc.fast_dataclass import dataclass

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ShellMistake:
    """A mistake of syntax. `opened` is the span of what it belongs to, such as the `if` of a missing `fi`."""

    start: int
    end: int
    message: str
    help: str | None = None
    opened: Span | None = None


@dataclass(frozen=True, slots=True)
class Here:
    """A here-document: its operator and word in the text, and the line that ends it."""

    start: int
    end: int
    word: str
    strips_tabs: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that is expanded. `has_default`: the script says which value it has where it is not set."""

    start: int
    end: int
    name: str
    has_default: bool


@dataclass(frozen=True, slots=True)
class Redirection:
    """An operator such as `>`, and the span of the word behind it."""

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


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text holds, up to its first mistake of syntax. `is_whole`: all of the text was understood.

    `calls` are simple commands, each as the spans of its words; `functions` are the bodies of functions. `unended` are
    the here-documents that no line ends. `escaped_blanks` are the offsets of a `\\` before a blank, outside of quotes.
    """

    text: str
    is_whole: bool = False
    mistake: ShellMistake | None = None
    heres: tuple[Here, ...] = ()
    unended: tuple[Here, ...] = ()
    comments: tuple[Span, ...] = ()
    variables: tuple[Variable, ...] = ()
    calls: tuple[tuple[Span, ...], ...] = ()
    functions: tuple[Span, ...] = ()
    redirections: tuple[Redirection, ...] = ()
    escaped_blanks: tuple[int, ...] = ()
    statements: tuple[Statement, ...] = ()


class Broken(Exception):
    """The text has a mistake, and cannot be read further."""

    def __init__(self, mistake: ShellMistake) -> None:
        super().__init__(mistake.message)
        self.mistake = mistake


class GivenUp(Exception):
    """The text has something that this reader does not claim to understand, so it reports nothing."""


def never_closed(start: int, end: int, what: str, closer: str, earlier: Span | None = None) -> Broken:
    """Return the exception for `what` was opened and not closed. `earlier` is a quote that may be the unclosed one."""
    shown = "`` ` ``" if closer == "`" else f"`{closer}`"
    return Broken(ShellMistake(start, end, f"{what} is never closed", f"close it with {shown}", earlier))
