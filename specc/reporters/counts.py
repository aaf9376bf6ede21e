"""The counts of a run for people: the last line of a report, and the table of `--statistics`."""

from collections import Counter

from specc.diagnostics import Severity
from specc.language import Translate, in_english
from specc.reporters.display import cells
from specc.reporters.paint import Paint, Style, painter
from specc.reporters.report import Report, Summary
from specc.wording import counted


def sum_up(summary: Summary, paint: Paint, translate: Translate = in_english) -> str:
    """Return the last line of a report, without its line break."""
    files = counted(summary.files, "file")
    found = [counted(summary.errors, "error")] if summary.errors else []
    found += [counted(summary.warnings, "warning")] if summary.warnings else []
    if found:
        style: Style = "error" if summary.errors else "warning"
        return paint(style, translate(f"found {' and '.join(found)}")) + translate(f" in {files}")
    payloads = counted(summary.payloads, "payload")
    checked = f"checked {files}, {payloads}: " if summary.payloads else f"checked {files}: "
    return translate(checked) + paint("good", translate("no problems"))


def statistics(report: Report, *, color: bool, translate: Translate = in_english) -> str:
    """Return a line for each code, the most frequent first. Without diagnostics the text is empty."""
    paint = painter(color)
    codes = {diagnostic.code.code: diagnostic.code for diagnostic in report.diagnostics}
    counts = Counter((diagnostic.code.code, diagnostic.severity) for diagnostic in report.diagnostics)
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    wide = max((len(f"{count:,}") for _, count in rows), default=0)
    name = max((len(code.slug) for code in codes.values()), default=0)
    lines = []
    for (code, severity), count in rows:
        word = translate(severity.value)
        kind = paint("error" if severity is Severity.ERROR else "warning", word + " " * (7 - cells(word)))
        lines.append(f"{count:>{wide},}  {kind}  {code}  {codes[code].slug:{name}}  {translate(codes[code].summary)}\n")
    return "".join(lines)
