"""A spec's text in its canonical layout. A pure function from text to text."""

from specc.formatter.formatting import Formatted, format_source

__all__ = ["Formatted", "format_source"]
