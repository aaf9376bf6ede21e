"""How many findings there are of each code."""

from collections import Counter

from specc.diagnostics import Severity
from specc.reporters.paint import painter
from specc.reporters.report import Report


def render(report: Report, *, color: bool) -> str:
    """A line for each code, the most frequent first, and nothing when there is nothing to count."""
    paint = painter(color)
    codes = {finding.code.code: finding.code for finding in report.diagnostics}
    counts = Counter((finding.code.code, finding.severity) for finding in report.diagnostics)
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    wide = max((len(f"{count:,}") for _, count in rows), default=0)
    name = max((len(code.slug) for code in codes.values()), default=0)
    lines = []
    for (code, severity), count in rows:
        kind = paint("error" if severity is Severity.ERROR else "warning", f"{severity:7}")
        lines.append(f"{count:>{wide},}  {kind}  {code}  {codes[code].slug:{name}}  {codes[code].summary}\n")
    return "".join(lines)
