"""The pipeline on one screen: from a document to its payloads, and to everything that is wrong with it."""

from specc.compiler.compile import Context, Request, check_document, evaluated_cells, payloads
from specc.compiler.part import Part, Share, Uneven

__all__ = ["Context", "Part", "Request", "Share", "Uneven", "check_document", "evaluated_cells", "payloads"]
