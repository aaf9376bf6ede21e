"""A spec as YAML text that a person would write, and the notes that a person must read: what was dropped or changed.

Quotes are written only where they are needed.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from specc.visible import visible

PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./+-]*")
WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
"""Words that YAML 1.1 or 1.2 does not read as texts."""


def scalar(value: str | int) -> str:
    """Return a value of a block mapping. A text that YAML could read otherwise gets double quotes."""
    if isinstance(value, int):
        return str(value)
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    # JSON's strings are YAML's double-quoted strings, but JSON does not escape some line breaks.
    return visible(json.dumps(value, ensure_ascii=False))


def comment(text: str) -> str:
    """Return a line that YAML ignores."""
    return f"# {text}"


def command(script: str, env: Mapping[str, str | int], args: Sequence[str]) -> list[str]:
    """Return `cmd_line` for a script beside the spec, with the variables and the arguments that it needs."""
    if not env and not args:
        return [f"  cmd_line: {{$file: {scalar(script)}}}"]
    lines = ["  cmd_line:", f"    $file: {scalar(script)}"]
    if env:
        lines += ["    env:", *(f"      {name}: {scalar(value)}" for name, value in env.items())]
    if args:
        lines.append(f"    args: [{', '.join(scalar(each) for each in args)}]")
    return lines


def joined(lines: Iterable[str]) -> str:
    """Return lines as one text."""
    return "".join(f"{line}\n" for line in lines)


class Note(NamedTuple):
    """A note. `text` begins with its subject in backquotes, then says what became of the subject and why."""

    line: int
    text: str

    def shown(self) -> str:
        """Return the note on one line that can stand in a comment, whatever the script holds."""
        return visible(f"line {self.line}: {self.text}")
