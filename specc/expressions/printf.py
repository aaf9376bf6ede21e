"""Formats such as `%05d`: Python's own, whose widths are read before Python obeys them."""

import re

from specc.expressions.budget import MAX_TEXT
from specc.expressions.faults import Place

DIRECTIVE = re.compile(
    r"%(?:\((?P<key>[^()]*)\))?[#0 +-]*(?P<width>[0-9]*)(?:\.(?P<precision>[0-9]*))?[hlL]?(?P<type>[diouxXeEfFgGcrsa%])"
)
MAX_DIGITS = 1_000
CHARACTERS_OF_A_NUMBER = 2_000


def check_format(template: str, characters: int, at: Place) -> None:
    """Refuses a format that Python could not read or that would make too long a text.

    `characters` is how much text is in the template and its values together.
    """
    length, keyed, position = characters, 0, template.find("%")
    while position >= 0:
        match = DIRECTIVE.match(template, position)
        if match is None:
            shown = template[position : position + 10]
            raise at.error(f"`{shown}` is no format", "formats here: `%s`, `%d`, `%05d`, `%.3f`; write `%%` for a `%`")
        width, precision = int((match["width"] or "0")[:9]), int((match["precision"] or "0")[:9])
        if precision > MAX_DIGITS:
            raise at.limit(f"the format asks for {precision} digits: the limit is {MAX_DIGITS}")
        length += width + precision
        keyed += match["key"] is not None
        position = template.find("%", match.end())
    # A value that is asked for by name can be asked for many times.
    if length + keyed * characters > MAX_TEXT + CHARACTERS_OF_A_NUMBER:
        raise at.limit(f"the formatted text may be longer than the limit of {MAX_TEXT:,} characters")
