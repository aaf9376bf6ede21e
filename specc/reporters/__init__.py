"""Reports, payloads and counts as text: pure functions from what is known to what is printed.

`report_text` writes a `Report` in one of the formats of `ReportFormat`; `format_named` reads the name of any format.
Modules with more than that are imported where they are needed, because `specc check` needs none of them when it finds
nothing: `text` (a report for a terminal of a certain width), `payloads`, `guidance` (what is known about a code),
`counts` and `paint` (the last line of a report, and the table of `--statistics`), and `locations`.
"""

from specc.reporters.formats import PayloadFormat, ReportFormat, TextOrJson, format_named, report_text
from specc.reporters.report import Report, Summary, sort

__all__ = [
    "PayloadFormat",
    "Report",
    "ReportFormat",
    "Summary",
    "TextOrJson",
    "format_named",
    "report_text",
    "sort",
]
