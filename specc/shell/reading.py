"""A shell text, read once."""

from dataclasses import replace
from functools import lru_cache
from importlib import import_module

from specc.fast_dataclass import dataclass
from specc.shell.commands import Commands
from specc.shell.faults import Broken, GivenUp, ShellFault
from specc.shell.marks import Here, Redirection, Statement, Variable

MAX_LENGTH = 1_000_000
MAX_DOUBTED = 8_000
"""Of a longer text, tree-sitter is not asked: its work can grow with the square of the length."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands in a text, up to its first mistake of syntax. `is_whole` says that all of the text was understood.

    `comments` are places, `calls` simple commands as the places of their words, `functions` the bodies of functions.
    `unended` are the here-documents that go on to the end of the text. `escaped_blanks` are places of a `\\` before a
    blank, outside of quotes. `is_doubted`: our parser found a mistake, and tree-sitter was asked about it.
    """

    text: str
    is_whole: bool = False
    fault: ShellFault | None = None
    heres: tuple[Here, ...] = ()
    unended: tuple[Here, ...] = ()
    comments: tuple[tuple[int, int], ...] = ()
    variables: tuple[Variable, ...] = ()
    calls: tuple[tuple[tuple[int, int], ...], ...] = ()
    functions: tuple[tuple[int, int], ...] = ()
    redirections: tuple[Redirection, ...] = ()
    escaped_blanks: tuple[int, ...] = ()
    statements: tuple[Statement, ...] = ()
    is_doubted: bool = False


@lru_cache(maxsize=32)
def read(text: str) -> Reading:
    """A mistake is one that our parser and tree-sitter's both see, or that only the latter is known to overlook.

    Of a long text, our parser alone has the say.
    """
    reading = suspected(text)
    if reading.fault is None or reading.fault.is_sure or len(text) > MAX_DOUBTED:
        return reading
    # 30 ms, which only a text with a mistake in it costs
    trees = import_module("specc.shell.trees")
    return replace(reading, fault=reading.fault if trees.has_error(text) else None, is_doubted=True)


def suspected(text: str) -> Reading:
    """What our own parser finds."""
    if len(text) > MAX_LENGTH:
        return Reading(text)
    commands, fault, is_whole = Commands(text), None, False
    try:
        commands.script()
        is_whole = True
    except Broken as broken:
        fault = broken.fault
    except GivenUp:
        fault = None
    words = commands.words
    return Reading(
        text,
        is_whole,
        fault,
        tuple(words.heres.values()),
        tuple(dict.fromkeys(words.unended)),
        tuple(words.comments.items()),
        tuple(words.variables.values()),
        tuple(call for call in commands.calls.values() if call),
        tuple(commands.functions),
        tuple(commands.redirections.values()),
        tuple(sorted(words.escaped_blanks)),
        tuple(commands.statements),
    )
