"""The documentation of a diagnostic code: what is wrong, why it matters, what to write, with a bad and a good example.

That of a rule is its docstring. All others stand in `codes/`, in one Markdown file for each stage, named by the digit
of its codes. A code's page begins with `# SPC107 unquoted-template`, and has the sections that
`specc.rules.documentation` describes. Nothing is read before somebody asks.
"""

import re
from functools import cache
from typing import NamedTuple

from specc.assets import folder
from specc.diagnostics import Code, codes
from specc.diagnostics.remedies import REMEDIES
from specc.rules import RULES
from specc.rules.documentation import UNTITLED, Documentation, docstring, document, parse

UNDOCUMENTED = "This installation of specc has no page for this code; the manual has one."
DOCUMENTED = {rule.code.code: rule for rule in RULES}
PAGE = re.compile(r"^# (SPC\d{3}) [\w.-]+\n", re.MULTILINE)


class Guidance(NamedTuple):
    """The documentation of one code. `summary` is one sentence, `markdown` all that follows it."""

    summary: str
    markdown: str


def guidance(code: Code) -> Guidance:
    """Return the documentation of any code, or as much of it as is installed."""
    written = documentation(code)
    remedy = REMEDIES.get(code.code)
    if written is None:
        return Guidance(_sentence(code), remedy or UNDOCUMENTED)
    text = _named(written.markdown)
    return Guidance(written.title, text if remedy is None else _with_remedy(text, remedy))


def documentation(code: Code) -> Documentation | None:
    """Return the page of a code; None in an installation without docstrings, or without the pages."""
    rule = DOCUMENTED.get(code.code)
    if rule is not None:
        return document(rule) if docstring(rule) is not None else None
    text = family(code.code[3]).get(code.code)
    return parse(f"{_sentence(code)}\n\n{text}") if text is not None else None


@cache
def family(digit: str) -> dict[str, str]:
    """Return the pages of a stage by code, each without its first line; none where they are not installed."""
    texts = [path.read_text(encoding="utf-8") for path in folder("codes").glob(f"{digit}-*.md")]
    _, *parts = PAGE.split("".join(texts))
    return {code: text.strip() for code, text in zip(parts[::2], parts[1::2], strict=True)}


def _sentence(code: Code) -> str:
    return f"{code.summary[:1].upper()}{code.summary[1:]}."


def _named(text: str) -> str:
    """Give each file of the examples its name, where there are several."""
    return text.replace("```yaml\n", f'```yaml title="{UNTITLED}"\n') if "title=" in text else text


def _with_remedy(text: str, remedy: str) -> str:
    """Put what to do between the two examples, where a reader has seen what is wrong."""
    above, heading, good = text.rpartition("\n## Good\n")
    return f"{above}\n## Fix\n{remedy}\n{heading}{good}"


def why_it_stays(code: Code) -> str:
    """Return why a diagnostic about specs cannot be turned off."""
    if code.code[3] == "7":
        return "It cannot be turned off, because no job is started where it is reported."
    if code.code == codes.BAD_RESULT.code:
        return (
            "It cannot be turned off. `render` and `submit` do not look at results, so only `check` tells of it in "
            "time."
        )
    return "It cannot be turned off, because a spec that has it gives no payload."
