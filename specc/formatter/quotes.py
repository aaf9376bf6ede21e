"""Which quotes a scalar has: none where none are needed, else double ones."""

import re

from specc.nodes import Style
from specc.parser.document import TEMPLATE_OPENER
from specc.parser.scalars import resolve
from specc.parser.yaml11 import read_1_1

WORD = r"[\w./~$+=@%^()-]"
BEGIN = r"(?:-{0,2}[^\W\d]|[\d/.~$])"
PLAIN = re.compile(rf"{BEGIN}(?:{WORD}|[:,](?={WORD})|,?[ ](?={WORD}))*")
PLAIN_IN_FLOW = re.compile(rf"{BEGIN}(?:{WORD}|:(?={WORD}))*")
"""Texts that nobody takes for anything else. YAML allows more, such as blanks between brackets."""

ESCAPED = re.compile(r'["\\]')


def quoted(source: str, value: str, style: Style, *, in_flow: bool) -> str:
    """A scalar of one line as it is written best. `source` is how it is written now, `value` what it says."""
    if style not in (Style.SINGLE, Style.DOUBLE):
        return source
    if not TEMPLATE_OPENER.search(value) and _can_be_plain(value, in_flow=in_flow):
        return value
    return f'"{value}"' if style is Style.SINGLE and not ESCAPED.search(value) else source


def _can_be_plain(value: str, *, in_flow: bool) -> bool:
    """Is it the same text without quotes, for every version of YAML and for the eye?"""
    pattern = PLAIN_IN_FLOW if in_flow else PLAIN
    looks_plain = pattern.fullmatch(value) is not None and any(char.isalnum() for char in value)
    return looks_plain and isinstance(resolve(value), str) and read_1_1(value) == value
