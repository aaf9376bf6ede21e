"""Which spec inherits from which.

`references` tells it of a parsed spec; `mentions` tells from bytes whether it can be so. A check needs no more, so
`specc.inheritance.graph`, the graph of a project and its pictures, is imported by name where it is drawn.
"""

from specc.inheritance.links import Link, links, references
from specc.inheritance.mentioned import mentioned_in, mentions, searchable, word_of

__all__ = ["Link", "links", "mentioned_in", "mentions", "references", "searchable", "word_of"]
