"""The pipeline on one screen: from a document to its payloads, and to everything that is wrong with it."""

from specc.compiler.compile import Context, Request, check_document, evaluated_cells, payloads
from specc.compiler.part import Part, Uneven

__all__ = ["Context", "Part", "Request", "Uneven", "check_document", "evaluated_cells", "payloads"]
