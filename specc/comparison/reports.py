"""A comparison as text for people, as Markdown for a merge request, and as JSON for tools."""

from collections.abc import Callable

from specc.comparison.json_form import as_json
from specc.comparison.markdown import as_markdown
from specc.comparison.model import Comparison
from specc.comparison.text import as_text

REPORTS: dict[str, Callable[[Comparison, str], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "json": as_json,
}
"""Each takes the comparison and the words for its old side."""
