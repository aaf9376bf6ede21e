"""From bytes to a `Document`: the nodes of a YAML text, with a finding for everything that a spec must not hold."""

from specc.parser.document import HEADER, SECTIONS, Document, Parsed, parse
from specc.parser.suppressions import Suppression, Suppressions, script_suppressions
from specc.parser.text import decode
from specc.parser.tree import parse_flow, parse_tree

__all__ = [
    "HEADER",
    "SECTIONS",
    "Document",
    "Parsed",
    "Suppression",
    "Suppressions",
    "decode",
    "parse",
    "parse_flow",
    "parse_tree",
    "script_suppressions",
]
