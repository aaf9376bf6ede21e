"""Two sides of payloads: what is new, what is gone, what differs, and which line of which file is the cause."""

from specc.comparison.compare import compare
from specc.comparison.model import Comparison, Side
from specc.comparison.reports import REPORTS

__all__ = ["REPORTS", "Comparison", "Side", "compare"]
