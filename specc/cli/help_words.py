"""Help in another language: what specc says of its commands and options, and the words of the library that draws it.

The library keeps its words in constants, so they are exchanged while one help is drawn, and put back. So is its
function that breaks lines, which knows blanks alone: Chinese has none, and what is longer than a column would be cut.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich import text as rich_text
from rich.cells import cell_len
from typer import rich_utils

from specc.language import Translate, in_english

WORDS = (
    "ARGUMENTS_PANEL_TITLE",
    "OPTIONS_PANEL_TITLE",
    "COMMANDS_PANEL_TITLE",
    "DEFAULT_STRING",
    "REQUIRED_LONG_STRING",
)
"""The constants of `typer.rich_utils` that specc's help shows."""


@contextmanager
def in_language(command: Any, translate: Translate) -> Iterator[None]:
    """Have the help of a command speak another language within the `with`."""
    if translate is in_english:
        yield
        return
    changed: list[tuple[Any, str, Callable[[Any], Any]]] = [(rich_utils, name, _word(translate)) for name in WORDS]
    changed += [(one, "help", _paragraphs(translate)) for one in _with_help(command)]
    changed += [(one, "rich_help_panel", _panel(translate)) for one in getattr(command, "commands", {}).values()]
    changed.append((command, "epilog", _paragraphs(translate)))
    changed.append((rich_text, "divide_line", lambda _: breaks))
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in changed]
    try:
        for owner, name, change in changed:
            setattr(owner, name, change(getattr(owner, name)))
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


def _with_help(command: Any) -> Iterator[Any]:
    yield command
    yield from command.params
    yield from getattr(command, "commands", {}).values()


def _word(translate: Translate) -> Callable[[str], str]:
    """Return the translation of a word of the library, in which `{}` stands for a value."""
    return lambda word: translate(word.replace("{}", "{1}")).replace("{1}", "{}")


def _panel(translate: Translate) -> Callable[[str | None], str | None]:
    """Return the translation of the head of a part of the list of commands."""
    return lambda head: head and translate(head)


def _paragraphs(translate: Translate) -> Callable[[str | None], str | None]:
    """Return the translation of a text, paragraph by paragraph: an example stays as it is."""
    return lambda text: text and "\n\n".join(map(translate, text.split("\n\n")))


HAN, OPEN, CLOSE = "\u2e80-\u2fff\u3040-\u9fff", "（“《【", "，。；：、？！）”》】"
UNIT = re.compile(f"[{OPEN}]*(?:[{HAN}]|[^\\s{HAN}{OPEN}{CLOSE}]+)?[{CLOSE}]*\\s*")
"""What stays on one line: a Chinese character or a Latin word, with the marks before and behind it."""


def breaks(text: str, width: int, fold: bool = True) -> list[int]:
    """Return where lines of at most `width` columns begin, but for the first: between words or Chinese characters."""
    found: list[int] = []
    used = 0
    for match in UNIT.finditer(text):
        # The library takes blanks from the end of a line by its characters, and not by its columns.
        size = cell_len(match[0])
        if used and used + size > width:
            found.append(match.start())
            used = 0
        if size > width and fold and width > 0:
            found += range(match.start() + width, match.start() + len(match[0].rstrip()), width)
        used += size
    return found
