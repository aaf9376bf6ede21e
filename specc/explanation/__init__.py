"""Where a value comes from: the winner, everything that lost to it, and what its template read."""

from specc.explanation.model import Explanation, Step, explain, removed
from specc.explanation.show import as_json, as_text

__all__ = ["Explanation", "Step", "as_json", "as_text", "explain", "removed"]
