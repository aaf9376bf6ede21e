"""A spec as YAML text that a person would write: quotes only where they are needed."""

import json
from collections.abc import Iterable, Mapping

from specc.pattern import pattern

PLAIN = pattern(r"[A-Za-z/][A-Za-z0-9_./+-]*")
WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
"""What YAML 1.1 or 1.2 reads as something else than a text."""

BREAKS = pattern("[\x7f-\x9f\u2028\u2029\ufeff]")


def scalar(value: str | int) -> str:
    """A value of a block mapping. A text that YAML could read otherwise gets double quotes."""
    if isinstance(value, int):
        return str(value)
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    # JSON's strings are YAML's double-quoted ones, but for the line breaks that JSON leaves as they are.
    return BREAKS.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))


def comment(text: str) -> str:
    return f"# {text}"


def command(script: str, env: Mapping[str, str | int]) -> list[str]:
    """`cmd_line` for a script beside the spec, with the variables that it needs."""
    if not env:
        return [f"  cmd_line: {{$file: {scalar(script)}}}"]
    lines = ["  cmd_line:", f"    $file: {scalar(script)}", "    env:"]
    return [*lines, *(f"      {name}: {scalar(value)}" for name, value in env.items())]


def joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
