"""The text of a spec in its canonical layout: `format_source` is a pure function from text to text."""

from specc.formatter.formatting import Formatted, format_source

__all__ = ["Formatted", "format_source"]
