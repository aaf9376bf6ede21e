"""How numbers and foreign texts stand in a message: the one pluraliser, and the ways to put any text on one line.

`visible` (its own module, because other than messages need it) shows a text as it is, without a bound. Choose

- `brief` for a name, a value or a path: the text itself, escaped, cut where it is long; `named` is it in backticks;
- `one_line` for prose of another program, whose line breaks mean nothing: they become spaces.
"""

from specc.visible import visible


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 payload`, `1,200 payloads`, `2 queries` (with the plural given)."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def brief(text: str, most: int = 40) -> str:
    """Return `text` in at most `most` visible characters on one line; `...` stands for what was cut off."""
    line = visible(text[: most + 1])
    return line if len(text) <= most and len(line) <= most else line[: most - 3] + "..."


def named(text: str) -> str:
    """Return a name in backticks, in at most 60 characters."""
    return f"`{brief(text, 60)}`"


def one_line(text: str, most: int = 200) -> str:
    """Return prose on one line, each run of blanks and line breaks as one space, in at most `most` characters."""
    return brief(" ".join(text.split()), most)
