"""How long a sweep is, before any of its cells is made."""

from specc.compiler.compile import Context, Request
from specc.evaluator import Evaluation, bind, missing
from specc.expander import expand
from specc.parser import Document
from specc.resolver import resolve
from specc.resolver.ancestry import ancestry


def most_cells(document: Document, context: Context, request: Request) -> int | None:
    """How many cells `payloads` goes through at most; None where it finds something before the first one of several."""
    if not _may_sweep(document, context, request):
        return 1
    spec, found = resolve(document, context.library, context.overlays(request))
    bindings, faults = bind(spec, request.params)
    if found or faults or any(True for _ in missing(bindings)):
        return None
    evaluation = Evaluation(spec, context.inputs(spec, bindings, checking=False))
    expansion, complaints = expand(spec.section("matrix"), evaluation.static)
    if expansion is None or complaints or evaluation.taken():
        return None
    return expansion.most


def _may_sweep(document: Document, context: Context, request: Request) -> bool:
    """Has the spec a matrix, as far as can be told without merging anything?"""
    line, _ = ancestry(document, context.library)
    has_one = any(part.body.get("matrix") is not None for part in line.order)
    return has_one or bool(request.profiles or request.sets)
