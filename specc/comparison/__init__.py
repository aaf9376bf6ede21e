"""Payloads now beside those of a revision of git, or of another spec: what differs, and which line is the cause.

`compare` takes two sides of specs and groups payloads that differ for one reason; `causes` finds the reason, and
`REPORTS` writes a comparison as text, Markdown or JSON. `git` asks git without running anything that a repository
brings, `bases` chooses the commit, `past` reads a project as it was then, and `reach` says which specs can have
changed.
"""

from specc.comparison.compare import compare
from specc.comparison.model import Comparison, Side
from specc.comparison.reports import REPORTS

__all__ = ["REPORTS", "Comparison", "Side", "compare"]
