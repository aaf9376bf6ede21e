"""A spec as YAML text that a person would write: quotes only where they are needed."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from specc.visible import visible

PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./+-]*")
WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
"""What YAML 1.1 or 1.2 reads as something else than a text."""


def scalar(value: str | int) -> str:
    """A value of a block mapping. A text that YAML could read otherwise gets double quotes."""
    if isinstance(value, int):
        return str(value)
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    # JSON's strings are YAML's double-quoted ones, but for what JSON leaves as it is, such as some line breaks.
    return visible(json.dumps(value, ensure_ascii=False))


def comment(text: str) -> str:
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
    return "".join(f"{line}\n" for line in lines)
