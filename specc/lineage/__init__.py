"""What inherits from what: the static graph of specs, the files they include, and its pictures."""

from specc.lineage.links import Link, links, references
from specc.lineage.model import Kind, Lineage, below, lineage
from specc.lineage.show import PICTURES

__all__ = ["PICTURES", "Kind", "Lineage", "Link", "below", "lineage", "links", "references"]
