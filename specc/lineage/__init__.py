"""What inherits from what: the static graph of specs, the files they include; `specc.lineage.show` draws it."""

from specc.lineage.links import Link, links, references
from specc.lineage.model import Kind, Lineage, below, lineage

__all__ = ["Kind", "Lineage", "Link", "below", "lineage", "links", "references"]
