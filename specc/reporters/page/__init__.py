"""A page about jobs: one HTML document that needs nothing else, as a pure function of rows.

`render` writes a `Page` of `Job`s. Where the rows come from is the business of `specc.app.pages`.
"""

from specc.reporters.page.document import SCRIPT, STYLE, asset, render
from specc.reporters.page.model import Job, Log, Missing, Outcome, Page

__all__ = ["SCRIPT", "STYLE", "Job", "Log", "Missing", "Outcome", "Page", "asset", "render"]
