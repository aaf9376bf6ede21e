"""Which spec inherits from which.

A check needs `references` alone, so `specc.inheritance.graph`, the graph of a project and its pictures, is imported by
name where it is drawn.
"""

from specc.inheritance.links import Link, links, references

__all__ = ["Link", "links", "references"]
