"""What there is to say of a kind of finding beside its message: what is wrong, why it matters, what to write."""

from typing import NamedTuple

from specc.diagnostics import Code
from specc.diagnostics.remedies import REMEDIES
from specc.rules import RULES
from specc.rules.documentation import Documentation, docstring, document

UNDOCUMENTED = "This installation of specc has no page for it; the manual has."
DOCUMENTED = {rule.code.code: rule for rule in RULES}


class Guidance(NamedTuple):
    """`summary` is one sentence, `markdown` all that follows it."""

    summary: str
    markdown: str


def guidance(code: Code) -> Guidance:
    written = documentation(code)
    if written is not None:
        return Guidance(written.title, written.markdown)
    return Guidance(f"{code.summary[:1].upper()}{code.summary[1:]}.", REMEDIES.get(code.code, UNDOCUMENTED))


def documentation(code: Code) -> Documentation | None:
    """The page of a rule; None for what other stages find, and for an installation without docstrings."""
    rule = DOCUMENTED.get(code.code)
    return document(rule) if rule is not None and docstring(rule) is not None else None
