"""Holes in a shell command: would the shell split or expand the value, standing where it stands?

The state of the shell at a hole is judged by a small scan of the text before it. That covers quotes, escapes and
here-documents, which is what the way out depends on.
"""

import re
from enum import StrEnum

from specc.diagnostics import codes
from specc.expressions import Fault, Quoted, Raw, Unknown

SAFE_WORD = re.compile(r"[\w@%+=:,./-]+")
EXPANDED = re.compile(r'["$`\\]')
HERE_DOCUMENT = re.compile(r"<<(-?)\s*(['\"\\]?)(\w+)['\"]?")


class Place(StrEnum):
    WORD = "as a bare word"
    SINGLE = "inside single quotes"
    DOUBLE = "inside double quotes"
    HERE = "inside a here-document"
    QUOTED_HERE = "inside a quoted here-document"


def place_of(before: str) -> Place:
    """Where a hole stands, from the text before it."""
    start = 0
    for match in HERE_DOCUMENT.finditer(before):
        body = before.find("\n", match.end())
        if match.start() < start or body < 0 or _quotes(before[start : match.start()]) is not Place.WORD:
            continue
        end = re.compile(rf"^{chr(9) + '*' if match[1] else ''}{re.escape(match[3])}$", re.MULTILINE)
        closed = end.search(before, body + 1)
        if closed is None:
            return Place.QUOTED_HERE if match[2] else Place.HERE
        start = closed.end()
    return _quotes(before[start:])


def _quotes(text: str) -> Place:
    place, index = Place.WORD, 0
    while index < len(text):
        char = text[index]
        if place is Place.SINGLE:
            place = Place.WORD if char == "'" else place
        elif char == "\\":
            index += 1
        elif char == '"':
            place = Place.WORD if place is Place.DOUBLE else Place.DOUBLE
        elif char == "'" and place is Place.WORD:
            place = Place.SINGLE
        elif char == "#" and place is Place.WORD and (index == 0 or text[index - 1].isspace()):
            index = (text.find("\n", index) + 1 or len(text) + 1) - 1
        index += 1
    return place


def judge(value: object, start: int, end: int, text: str) -> Fault | None:
    """The fault of a hole at `start`..`end` of the command's template, if the shell would change its value."""
    if isinstance(value, Quoted | Raw | Unknown | bool | int | float):
        return None
    place = place_of(text[:start])
    if isinstance(value, str) and not _changes(value, place):
        return None
    expression = text[start:end].removeprefix("{{").removesuffix("}}").strip()
    shown = f"`{value}`" if isinstance(value, str) and value else "an empty text" if value == "" else "a list"
    what = "drop" if value == "" else "split or expand"
    message = f"the shell would {what} this value, {shown}, which stands {place}"
    return Fault(codes.UNQUOTED_SHELL_VALUE, start, end, message, _way_out(place, expression))


def _changes(value: str, place: Place) -> bool:
    match place:
        case Place.WORD:
            return SAFE_WORD.fullmatch(value) is None
        case Place.SINGLE:
            return "'" in value
        case Place.QUOTED_HERE:
            return False
        case Place.DOUBLE | Place.HERE:
            return EXPANDED.search(value) is not None


def _way_out(place: Place, expression: str) -> str:
    """`sh` quotes a value that stands alone; inside quotes it would add quotes to quotes."""
    # A conditional binds weaker than a filter, so it needs parentheses.
    inner = f"({expression})" if " " in expression else expression
    raw = f"write `{{{{ {inner} | raw }}}}` if the shell is meant to see it"
    match place:
        case Place.WORD:
            return f"write `{{{{ {inner} | sh }}}}`; {raw}"
        case Place.SINGLE | Place.DOUBLE:
            return f"take the quotes away and write `{{{{ {inner} | sh }}}}`; {raw}"
        case _:
            return f"quote the here-document's word (`<<'EOF'`); {raw}"
