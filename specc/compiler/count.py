"""How long a sweep is, before any of its cells is made."""

from specc.compiler.compile import Context, Request
from specc.evaluator import Evaluation, bind, missing
from specc.expander import expand
from specc.parser import Document
from specc.resolver import resolve


def most_cells(document: Document, context: Context, request: Request) -> int | None:
    """How many cells `payloads` goes through at most; None where it finds something before the first one."""
    spec, found = resolve(document, context.library, context.overlays(request))
    bindings, faults = bind(spec, request.params)
    if found or faults or any(True for _ in missing(bindings)):
        return None
    evaluation = Evaluation(spec, context.inputs(spec, bindings, checking=False))
    expansion, complaints = expand(spec.section("matrix"), evaluation.static)
    if expansion is None or complaints or evaluation.taken():
        return None
    return expansion.most
