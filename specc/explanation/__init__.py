"""Where a value comes from: the winner, everything that lost to it, and what its template read."""

from specc.explanation.model import SHOWS_ALL, Explanation, Hiding, Step, explain, removed
from specc.explanation.show import as_json, as_text

__all__ = ["SHOWS_ALL", "Explanation", "Hiding", "Step", "as_json", "as_text", "explain", "removed"]
