"""Jinja2's tokens with offsets. Jinja2 itself counts only lines; here a token's `lineno` is where it begins.

Its parser copies `lineno` to the nodes, so that every node knows its offset.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from math import isinf

from specc.diagnostics import codes
from specc.expressions.budget import MAX_TEXT
from specc.expressions.faults import Fault, Place
from specc.expressions.jinja import Environment, TemplateSyntaxError, Token
from specc.expressions.wording import worded
from specc.fast_dataclass import dataclass

# Comments are off: `{#` is text, because bash writes `${#array[@]}`. The lexer reads line breaks as "\n", so that no
# text can hold these delimiters.
SYNTAX = Environment(comment_start_string="\r{", comment_end_string="}\r", keep_trailing_newline=True)

MAX_TOKENS = 10_000
MAX_DIGITS = 300

CHARACTER = re.compile(r"\r\n|.", re.DOTALL)
ESCAPE = re.compile(r"\\([4-7][0-7]{2}|.)", re.DOTALL)
KNOWN_ESCAPES = frozenset("\n\\'\"abfnrtvxuUN01234567")

OPENERS = {"variable_begin": "variable_end", "block_begin": "block_end", "lparen": "rparen"} | {
    "lbracket": "rbracket",
    "lbrace": "rbrace",
}
CLOSERS = frozenset(OPENERS.values())


class Unreadable(Exception):
    """The text is no template, or one that is too large to look at."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def too_large(message: str, at: Place) -> Unreadable:
    return Unreadable(at.fault(codes.TEMPLATE_LIMIT, message))


def misread(message: str, at: Place, help: str | None = None) -> Unreadable:
    """The message may be Jinja2's own."""
    return Unreadable(at.fault(codes.TEMPLATE_SYNTAX, worded(message), help))


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one text. `partner` leads from each opening bracket or tag to the closing one, and back."""

    tokens: tuple[Token, ...]
    starts: list[int]
    ends: list[int]
    partner: dict[int, int]

    def index(self, offset: int) -> int:
        """The token at an offset, or the last one before it."""
        return max(bisect_right(self.starts, offset) - 1, 0)

    def place(self, index: int) -> Place:
        return Place(self.starts[index], self.ends[index])

    def span(self, index: int) -> Place:
        """From an opening token to its partner; the token alone when it has none."""
        return Place(self.starts[index], self.ends[self.partner.get(index, index)])

    @property
    def statements(self) -> tuple[Place, ...]:
        """The `{% %}` tags, but not those around raw text, which say nothing."""
        return tuple(self.span(index) for index, token in enumerate(self.tokens) if token.type == "block_begin")


def read_tokens(text: str) -> Tokens:
    """The tokens of a text; raises `Unreadable`."""
    if len(text) > MAX_TEXT:
        message = f"a template of {len(text):,} characters is too long: the limit is {MAX_TEXT:,}"
        raise too_large(message, Place(0, 1))
    ends: dict[int, int] = {}
    try:
        tokens = tuple(SYNTAX.lexer.wrap(_raw_tokens(text, ends)))
    except TemplateSyntaxError as error:
        raise misread(error.message or "", Place(error.lineno, ends[error.lineno])) from None
    starts = [token.lineno for token in tokens]
    return Tokens(tokens, starts, [ends[start] for start in starts], _partners(tokens))


def _raw_tokens(text: str, ends: dict[int, int]) -> Iterator[tuple[int, str, str]]:
    """Offset, type and text of each token; `ends` learns where each one ends, without the blanks that `-}}` eats."""
    source = text.replace("\r\n", "\n").replace("\r", "\n")
    offsets: Sequence[int] = range(len(text) + 1)
    if len(source) < len(text):
        offsets = [*(match.start() for match in CHARACTER.finditer(text)), len(text)]
    start = end = 0
    try:
        for count, (_, kind, value) in enumerate(SYNTAX.lexer.tokeniter(source, None)):
            # Only blanks before `{{-` can lie between two tokens.
            start = source.index(value, end)
            at = Place(offsets[start], offsets[start + len(value.rstrip() or value)])
            if count >= MAX_TOKENS:
                raise too_large("the template is too long", at)
            end = start + len(value)
            ends[at.start] = at.end if kind in CLOSERS else offsets[end]
            yield at.start, kind, _clean(kind, value, at)
    except TemplateSyntaxError as error:
        is_raw = (error.message or "").startswith("Missing end of raw")
        here = Place(offsets[start if is_raw else end], offsets[end if is_raw else min(end + 1, len(source))])
        raise misread(error.message or "", here) from None


def _clean(kind: str, value: str, at: Place) -> str:
    """A token's text such that Jinja2's lexer reads it without a warning or an error of Python's."""
    if kind == "string":
        return ESCAPE.sub(_escape, value)
    if kind in ("integer", "float"):
        if not value.isascii():
            raise misread("a number is written with the digits 0 to 9", at)
        if len(value) > MAX_DIGITS or (kind == "float" and isinf(float(value.replace("_", "")))):
            raise misread("the number is too large", at)
    return value


def _escape(match: re.Match[str]) -> str:
    """Python warns of an escape that it does not know, such as `\\d`, and of octal ones over 377."""
    escape = match[1]
    if len(escape) == 3:
        return f"\\u{int(escape, 8):04x}"
    return match[0] if escape in KNOWN_ESCAPES or not escape.isascii() else "\\" + match[0]


def _partners(tokens: tuple[Token, ...]) -> dict[int, int]:
    partner: dict[int, int] = {}
    open_: list[int] = []
    for index, token in enumerate(tokens):
        if token.type in OPENERS:
            open_.append(index)
        elif token.type in CLOSERS and open_:
            partner[index] = open_.pop()
            partner[partner[index]] = index
    return partner
