"""The tree that a spec is, with every value's place and history on it."""

from specc.nodes.tree import (
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
    "kind_of",
    "pointer",
    "to_data",
]
