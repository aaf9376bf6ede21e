"""The documentation of a diagnostic code: what is wrong, why it matters, and what to write."""

from typing import NamedTuple

from specc.diagnostics import Code
from specc.diagnostics.remedies import REMEDIES
from specc.rules import RULES
from specc.rules.documentation import Documentation, docstring, document

UNDOCUMENTED = "This installation of specc has no page for this code; the manual has one."
DOCUMENTED = {rule.code.code: rule for rule in RULES}


class Guidance(NamedTuple):
    """The documentation of one code. `summary` is one sentence, `markdown` all that follows it."""

    summary: str
    markdown: str


def guidance(code: Code) -> Guidance:
    """Return the documentation of any code: the page of a rule, or the remedy of another diagnostic."""
    written = documentation(code)
    if written is not None:
        return Guidance(written.title, written.markdown)
    return Guidance(f"{code.summary[:1].upper()}{code.summary[1:]}.", REMEDIES.get(code.code, UNDOCUMENTED))


def documentation(code: Code) -> Documentation | None:
    """Return the page of a rule; None for codes of other stages, and in an installation without docstrings."""
    rule = DOCUMENTED.get(code.code)
    return document(rule) if rule is not None and docstring(rule) is not None else None
