"""Halves of surrogate pairs, which an escape such as `"\\ud83d"` can put into a text that no file could hold."""

import re

from specc.diagnostics import Diagnostic, codes
from specc.source import Span

SURROGATE = re.compile("[\ud800-\udfff]")
ESCAPE = re.compile(r"\\\\|\\(?:u|U0000)(?=[dD][89a-fA-F])([0-9a-fA-F]{4})")


def without_surrogates(text: str, span: Span) -> tuple[str, list[Diagnostic]]:
    """The text with U+FFFD for each half, and a finding at each escape that wrote one."""
    if not SURROGATE.search(text):
        return text, []
    findings = [
        codes.YAML_SYNTAX.at(
            Span(span.source, span.start + match.start(), span.start + match.end()),
            f"`{match.group()}` is half a character",
            help="write the character itself, or `\\U` with eight hexadecimal digits",
        )
        for match in ESCAPE.finditer(span.text)
        if match[1]
    ]
    return SURROGATE.sub("\ufffd", text), findings
