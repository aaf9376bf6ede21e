"""The findings that `[rules]` can speak of, by which names, and which of them a project can turn off."""

from specc.diagnostics import Code, codes

STAGES = "123456"
"""Findings about specs. The others are about configurations, API tables and submissions."""

BY_NAME: dict[str, Code] = {
    name: code for code in codes.CODES.values() if code.code[3] in STAGES for name in (code.code, code.slug)
}


def is_optional(code: Code) -> bool:
    """Warnings, and all that rules find. Any other error keeps a spec from becoming a payload."""
    return code.code in codes.OF_RULES or code.severity is not codes.ERROR
