"""How long a sweep is, before any of its cells is made."""

from specc.compiler.allowance import WORK, WORK_OF_AN_ALIKE
from specc.compiler.context import Context, Request
from specc.evaluator import Evaluation, bind, missing, sample_count, samples
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
    expansion, found = expand(spec.section("matrix"), evaluation.static, evaluation.condition)
    return None if expansion is None or found or evaluation.has_found else expansion.most


def cells_to_check(document: Document, context: Context) -> int:
    """Return how many cells a check goes through that has nothing to do but these; 1 for any other check, and where
    they could not be paid for even if all were like the first.
    """
    request = Request()
    if not _may_sweep(document, context, request):
        return 1
    spec, found = resolve(document, context.library, context.overlays(request))
    bindings, _ = bind(spec, request.params)
    evaluation = Evaluation(spec, context.inputs(spec, next(samples(bindings)), checking=True))
    if found or spec.profile_names or sample_count(bindings) > 1:
        return 1
    expansion, found = expand(spec.section("matrix"), evaluation.static, evaluation.condition)
    if expansion is None or found or evaluation.has_found:
        return 1
    first = evaluation.cell(next(expansion.cells()))
    is_cheap = WORK_OF_AN_ALIKE * expansion.most < WORK and not first.reads_attempt
    return expansion.most if is_cheap and not evaluation.has_found else 1


def _may_sweep(document: Document, context: Context, request: Request) -> bool:
    """Has the spec a matrix, as far as can be told without merging anything?"""
    line, _ = ancestry(document, context.library)
    has_one = any(part.body.get("matrix") is not None for part in line.order)
    return has_one or bool(request.profiles or request.sets)
