"""`specc rules`: what a check can find, and why it matters."""

import re
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from specc.cli.completion import complete_code
from specc.cli.console import write_json, write_text
from specc.config import is_optional
from specc.diagnostics import Code, closest_code
from specc.diagnostics.codes import CODES
from specc.diagnostics.remedies import REMEDIES
from specc.errors import SpeccError
from specc.language import in_english, translated, translator
from specc.reporters import TextOrJson, format_named
from specc.reporters.display import cells
from specc.reporters.guidance import documentation, guidance, why_it_stays

NAMES: dict[str, Code] = {name: code for code in CODES.values() for name in (code.code, code.slug)}
HEADING = re.compile(r"^## \w+$", re.MULTILINE)
STAGES = {
    "1": "reading YAML",
    "2": "structure and composition",
    "3": "templates",
    "4": "the API's schema",
    "5": "rules",
    "6": "units",
    "7": "submission",
    "8": "API tables and sbatch scripts",
    "9": "configuration",
}

CodeName = Annotated[
    str | None,
    typer.Argument(
        metavar="[CODE]", help="A code, its number or its name, such as SPC501.", autocompletion=complete_code
    ),
]
Output = Annotated[str, typer.Option("--output", metavar="FORMAT", help="text or json.")]


def rules(code: CodeName = None, output: Output = "text") -> int:
    """List everything that specc can find, or explain one code.

    Example: specc rules SPC501
    """
    format = format_named(output, TextOrJson)
    named = _code_named(code) if code is not None else None
    if code is not None and named is None:
        near = closest_code(code, NAMES)
        help = f"did you mean `{near}`?" if near else "`specc rules` lists them"
        raise SpeccError(f"there is no diagnostic `{code}`", help=help)
    wanted = [named] if named is not None else sorted(CODES.values(), key=lambda each: each.code)
    if format is TextOrJson.JSON:
        write_json({"rules": [_data(each) for each in wanted]})
    else:
        _write(_list(wanted) if code is None else _page(wanted[0]), is_page=code is not None)
    return 0


def _code_named(text: str) -> Code | None:
    """Return the code with this name, in any case, or with this number alone."""
    return NAMES.get(text) or NAMES.get(text.upper()) or NAMES.get(f"SPC{text}")


def _write(text: str, *, is_page: bool) -> None:
    """Write a list, or a page: drawn on a terminal, and as Markdown in a pipe."""
    if is_page and sys.stdout.isatty():
        from specc.cli.drawing import markdown  # brings rich, which costs 50 ms

        markdown(text)
    else:
        write_text(text)


def _data(code: Code) -> dict[str, object]:
    written = documentation(code)
    return {
        "code": code.code,
        "name": code.slug,
        "severity": code.severity.value,
        "summary": code.summary,
        "stage": STAGES[code.code[3]],
        "optional": is_optional(code),
        "remedy": REMEDIES.get(code.code),
        "documentation": asdict(written) if written is not None else None,
    }


def _list(codes: list[Code]) -> str:
    width = max(len(code.slug) for code in codes)
    lines: list[str] = []
    stage = ""
    for code in codes:
        if code.code[3] != stage:
            stage = code.code[3]
            lines += ["", translated(STAGES[stage])] if lines else [translated(STAGES[stage])]
        severity = translated(code.severity.value)
        blanks = " " * (7 - cells(severity))
        lines.append(f"  {code.code}  {code.slug:{width}}  {severity}{blanks}  {translated(code.summary)}")
    return "\n".join(lines) + "\n"


def _page(code: Code) -> str:
    summary, text = guidance(code)
    if translator() is not in_english:
        # The pages of rules are English; what they are about is said in one line of the person's language.
        summary = translated(code.summary)
        summary += f"\n\n{translated(REMEDIES[code.code])}" if code.code in REMEDIES else ""
        is_page = documentation(code) is not None
        text = HEADING.sub(lambda heading: translated(heading[0]), text) if is_page else translated(text)
    head = f"# {code.code} {code.slug} ({translated(code.severity.value)})"
    return f"{head}\n\n{summary}\n\n{text}\n\n{translated(_way_out(code))}\n"


def _way_out(code: Code) -> str:
    if code.code[3] in "89":
        return f"It is not about specs ({STAGES[code.code[3]]}), and cannot be turned off."
    if not is_optional(code):
        return why_it_stays(code)
    key = f'"{code.slug}"' if "." in code.slug else code.slug
    return (
        f"Turn it off at one place with `# specc: ignore[{code.code}] reason`, or for the project in specc.toml:\n"
        f'`[rules]` `ignore = ["{code.slug}"]`, or `severity = {{{key} = "error"}}` for another severity.'
    )
