"""A page about jobs: one HTML document that needs nothing else, as a pure function of rows.

`render` writes a `Page` of `Job`s. Where the rows come from is the business of `specc.app.pages`. The parts by which
jobs are compared (`columns_of`, `levels`, `grouped`, `worst_of`) also serve `specc status --watch`.
"""

from specc.reporters.page.document import SCRIPT, STYLE, asset, failures_of, notice, render
from specc.reporters.page.drawings import cell_text
from specc.reporters.page.heat import worst_of
from specc.reporters.page.model import (
    Job,
    Kind,
    Log,
    Missing,
    Outcome,
    Page,
    column_named,
    columns_of,
    inputs_and_values,
)
from specc.reporters.page.scales import grouped, levels

__all__ = [
    "SCRIPT",
    "STYLE",
    "Job",
    "Kind",
    "Log",
    "Missing",
    "Outcome",
    "Page",
    "asset",
    "cell_text",
    "column_named",
    "columns_of",
    "failures_of",
    "grouped",
    "inputs_and_values",
    "levels",
    "notice",
    "render",
    "worst_of",
]
