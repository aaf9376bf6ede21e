"""The table of all codes: what each finds, and what to write instead."""

from collections.abc import Iterable

from specc.diagnostics import Code
from specc.diagnostics.remedies import REMEDIES

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
that finds it. `specc rules CODE` says the same in the terminal.
"""


def codes_page(codes: Iterable[Code]) -> str:
    text, heading = HEAD, ""
    for code in sorted(codes, key=lambda each: each.code):
        named = HEADINGS.get(code.code[:5]) or HEADINGS[code.code[:4]]
        if named != heading:
            heading = named
            text += f"\n## {heading}\n\n| code | name | severity | what it says | what to do |\n|---|---|---|---|---|\n"
        text += f"| {code.code} | {code.slug} | {code.severity.value} | {code.summary} | {_remedy(code)} |\n"
    return text


def _remedy(code: Code) -> str:
    remedy = REMEDIES.get(code.code)
    return remedy.replace("|", "\\|") if remedy is not None else f"[examples](rules/{code.code}.md)"
