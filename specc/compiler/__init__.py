"""The pipeline on one screen: from a document to its payloads, and to everything that is wrong with it."""

from specc.compiler.compile import check_document, evaluated_cells, payloads
from specc.compiler.context import Context, Request
from specc.compiler.novelty import counterpart
from specc.compiler.part import Part, Share, Uneven

__all__ = [
    "Context",
    "Part",
    "Request",
    "Share",
    "Uneven",
    "check_document",
    "counterpart",
    "evaluated_cells",
    "payloads",
]
