"""What inherits from what: `model` is the static graph of specs and the files they include; `show` draws it."""

from specc.lineage.links import Link, links, references

__all__ = ["Link", "links", "references"]
