"""The table of all codes, a page for each, and the list of the rules: what each finds, and what to write instead."""

from collections.abc import Iterable

from specc.config import is_optional
from specc.diagnostics import Code
from specc.diagnostics.codes import OF_RULES
from specc.reporters.guidance import guidance, why_it_stays
from specc.rules.documentation import document
from specc.rules.rule import Rule

HEADINGS = {
    "SPC1": "Reading YAML",
    "SPC2": "Structure and composition",
    "SPC3": "Templates",
    "SPC4": "The API's schema",
    "SPC5": "Rules",
    "SPC6": "Units and lowering",
    "SPC7": "Submission",
    "SPC8": "API tables",
    "SPC85": "sbatch scripts",
    "SPC9": "Configuration",
}
HEAD = """# Diagnostic codes

A code never changes its meaning and is never reused. Its severity may change. The hundreds digit is the stage
that finds it. The page of a code says why, what to do, and has an example that is wrong and one that is right. `specc
rules CODE` shows the page in the terminal.
"""


def codes_page(codes: Iterable[Code]) -> str:
    """Return the table of all codes."""
    text, heading = HEAD, ""
    for code in sorted(codes, key=lambda each: each.code):
        named = HEADINGS.get(code.code[:5]) or HEADINGS[code.code[:4]]
        if named != heading:
            heading = named
            text += f"\n## {heading}\n\n| code | severity | what it says |\n|---|---|---|\n"
        text += f"| [{code.code} {code.slug}]({page_of(code)}) | {code.severity.value} | {code.summary} |\n"
    return text


def page_of(code: Code) -> str:
    """Return the path of a code's page."""
    return f"{'rules' if code.code in OF_RULES else 'codes'}/{code.code}.md"


def code_page(code: Code) -> str:
    """Return the page of one code."""
    summary, markdown = guidance(code)
    return (
        f"# {code.code} {code.slug}\n\n{summary}\n\nSeverity: {code.severity.value}. {_way_out(code)}\n\n{markdown}\n"
    )


def rules_index(rules: Iterable[Rule]) -> str:
    """Return the list of the rules."""
    rows = [
        f"| [{rule.code.code} {rule.code.slug}]({rule.code.code}.md) | {rule.code.severity.value} "
        f"| {document(rule).title} |\n"
        for rule in rules
    ]
    return (
        "# Rules\n\nWhat `specc check` finds beyond the schema. All diagnostics, also those of other stages, stand in\n"
        "[one table](../codes.md). `specc rules CODE` prints these pages in the terminal.\n\n"
        "| code | severity | what it finds |\n|---|---|---|\n" + "".join(rows)
    )


def _way_out(code: Code) -> str:
    if code.code[3] in "89":
        return "It is not about specs, and cannot be turned off."
    if not is_optional(code):
        return why_it_stays(code)
    return (
        "[`[rules]`](../configuration.md) in `specc.toml` changes it, and\n"
        f"[`# specc: ignore[{code.code}] reason`](../diagnostics.md#ignoring-one-diagnostic) hides one diagnostic."
    )
