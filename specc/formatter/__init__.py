"""The text of a spec in its canonical layout: `format_source` is a pure function from text to text.

`quoted` is how the layout writes one scalar.
"""

from specc.formatter.formatting import Formatted, format_source
from specc.formatter.inline import quoted

__all__ = ["Formatted", "format_source", "quoted"]
