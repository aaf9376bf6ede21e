"""The tree that a spec is: every value has its span, its layer, and the values that it replaced beneath it.

`locate` finds the span of a word in a scalar's text; `kind_of` names a node in a message; `to_data` gives plain data.
"""

from specc.nodes.offsets import BLOCK_HEADER, folds, locate, written_characters
from specc.nodes.tree import (
    FILE_LAYER,
    Atom,
    FileText,
    Layer,
    LayerKind,
    Mapping,
    Node,
    Passed,
    Path,
    Scalar,
    Sequence,
    Style,
    kind_of,
    pointer,
    to_data,
)

__all__ = [
    "BLOCK_HEADER",
    "FILE_LAYER",
    "Atom",
    "FileText",
    "Layer",
    "LayerKind",
    "Mapping",
    "Node",
    "Passed",
    "Path",
    "Scalar",
    "Sequence",
    "Style",
    "folds",
    "kind_of",
    "locate",
    "pointer",
    "to_data",
    "written_characters",
]
