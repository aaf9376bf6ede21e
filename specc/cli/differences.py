"""What a change of a file looks like, as `git diff` and `patch` have it."""

import re
from difflib import unified_diff

from specc.source import Source
from specc.visible import visible

LINE = re.compile(r"[^\n]*\n|[^\n]+")


def difference(source: Source, text: str) -> str:
    """Return the unified diff from a file to its new text."""
    path = visible(source.path)
    lines = unified_diff(LINE.findall(source.text), LINE.findall(text), f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
