"""Document -> ResolvedSpec -> cells -> EvaluatedSpec -> CheckedSpec -> Payload, for one spec."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from specc.compiler.allowance import Allowance
from specc.compiler.context import Context, Request
from specc.compiler.discretion import discreet
from specc.compiler.part import Part, Share, Uneven
from specc.compiler.ruling import lowered, ruled, spec_diagnostics
from specc.compiler.sweeps import cells_of, checked_by_columns, rendered_by_columns
from specc.diagnostics import Code, Diagnostic, codes
from specc.evaluator import (
    Binding,
    EvaluatedSpec,
    Evaluation,
    NotByColumns,
    bind,
    cells_by_columns,
    missing,
    sample_count,
    samples,
)
from specc.expander import Cell, Expansion, expand, select
from specc.lowering import Payload
from specc.parser import Document
from specc.resolver import ResolvedSpec, compose, overlaid, resolve
from specc.rules.rule import Spec
from specc.source import Span

CELLS_OF_VARIANTS = 5_000
"""So many cells, in all, are checked under the profiles and with the other choices of required parameters."""


def evaluated_cells(
    document: Document, context: Context, request: Request, part: Part | None = None
) -> Iterator[Diagnostic | tuple[Evaluation, EvaluatedSpec]]:
    """Every selected cell, or those of a part, with the values of its fields; and every diagnostic on the way.

    Raises Uneven for a part that cannot be told from the whole.
    """
    yield from discreet(
        lambda context, part: _evaluated_cells(document, context, request, part),
        context,
        part,
    )


def _evaluated_cells(
    document: Document, context: Context, request: Request, part: Part | None
) -> Iterator[Diagnostic | tuple[Evaluation, EvaluatedSpec]]:
    spec, bindings, found = _composed(document, context, request)
    yield from found
    yield from _walked(spec, context, request, bindings, part)


def _composed(
    document: Document, context: Context, request: Request
) -> tuple[ResolvedSpec, dict[str, Binding], list[Diagnostic]]:
    """The spec with all that it inherits, and the values of its parameters."""
    spec, found = resolve(document, context.library, context.overlays(request))
    context.prelude(found)
    bindings, faults = bind(spec, request.params)
    return spec, bindings, [*found, *faults, *missing(bindings)]


def _walked(
    spec: ResolvedSpec, context: Context, request: Request, bindings: dict[str, Binding], part: Part | None
) -> Iterator[Diagnostic | tuple[Evaluation, EvaluatedSpec]]:
    """Every selected cell, one by one. Raises Uneven for a part whose cells needed more than their average."""
    evaluation = None
    for item in _cells(spec, context, request, bindings, part=part):
        yield item
        evaluation = evaluation if isinstance(item, Diagnostic) else item[0]
    if part is not None and evaluation is not None and not evaluation.is_even:
        raise Uneven


def payloads(
    document: Document, context: Context, request: Request, part: Part | None = None
) -> Iterator[Diagnostic | Payload]:
    """Every selected payload, made one by one, and every diagnostic. With an error among them, none may be used.

    Of a part, its own; raises Uneven where it cannot be told from the whole.
    """
    yield from discreet(lambda context, part: _payloads(document, context, request, part), context, part)


def _payloads(
    document: Document, context: Context, request: Request, part: Part | None
) -> Iterator[Diagnostic | Payload]:
    if document.abstract:
        span = document.root.keys["abstract"].span
        help = "render a spec that extends it, or remove `abstract: true`"
        yield codes.ABSTRACT_SPEC.at(span, "an abstract spec is a base, and has no payload", help=help)
        return
    spec, bindings, found = _composed(document, context, request)
    yield from found
    made = 0
    if not found:
        try:
            for payload in rendered_by_columns(spec, context, request, bindings, part):
                yield payload
                made += 1
        except NotByColumns:
            pass
        else:
            return
    for item in _walked(spec, context, request, bindings, part):
        for result in (item,) if isinstance(item, Diagnostic) else lowered(item[1], context):
            if isinstance(result, Diagnostic) or made <= 0:
                yield result
            else:
                made -= 1  # the columns have made it already


def check_document(
    document: Document, context: Context, request: Request, share: Share | None = None
) -> Iterator[Diagnostic | Payload]:
    """All that is wrong with a spec, without any input: plain and under each profile, with sample parameters.

    The payloads are those of the plain spec, as far as they can be known. Of a share, only its own cells are looked at;
    raises Uneven if their check takes more than their part of what the whole may take.
    """
    exceeded = has_errors = False
    specs: dict[str, ResolvedSpec] = {}
    allowance, part = Allowance(share), share.part if share is not None else None
    for variant in _variants(document, context, request, allowance):
        if isinstance(variant, Diagnostic):
            has_errors |= variant.is_error
            yield variant
            continue
        spec, asked = variant
        specs["" if asked is request else asked.profiles[0]] = spec
        yield from _result_mistakes(spec)
        for item in _checked(spec, context, asked, allowance, part, is_plain=asked is request):
            if asked is request or isinstance(item, Diagnostic):
                yield item
            exceeded |= _is_limit(item)
            has_errors |= isinstance(item, Diagnostic) and item.is_error
        if exceeded:
            break
    if share is not None and allowance.is_spent:
        raise Uneven
    incomplete = allowance.diagnostic()
    if incomplete is not None:
        yield incomplete
    if not (request.profiles or request.sets):
        plain = specs.pop("")
        is_sound = not has_errors and incomplete is None
        yield from spec_diagnostics(Spec(plain, specs, context.view), is_sound=is_sound)


def _result_mistakes(spec: ResolvedSpec) -> Iterator[Diagnostic]:
    section = spec.section("results")
    if section.entries:
        from specc.resolver.results import other_columns, result_mistakes  # most specs declare no results

        yield from map(spec.traced, result_mistakes(section, other_columns(spec.body)))


def _variants(
    document: Document, context: Context, request: Request, allowance: Allowance
) -> Iterator[Diagnostic | tuple[ResolvedSpec, Request]]:
    """The spec as it was asked for and, where no profile was, under each of its profiles, as far as can be paid."""
    composed = compose(document, context.library, context.overlays(request))
    spec, found = overlaid(composed, request.profiles, request.sets)
    context.prelude(found)
    yield from (*composed.found, *found)
    yield spec, request
    profiles = spec.profile_names if not request.profiles else {}
    for index, (profile, key) in enumerate(profiles.items()):
        if allowance.is_spent:
            allowance.miss(key.span, f"{index:,} of {len(profiles):,} profiles")
            return
        allowance.pay_for_variant(spec)
        variant, found = overlaid(composed, (profile,), request.sets)
        yield from found
        yield variant, replace(request, profiles=(profile,))


def _checked(
    spec: ResolvedSpec, context: Context, request: Request, allowance: Allowance, part: Part | None, *, is_plain: bool
) -> Iterator[Diagnostic | Payload]:
    """What is found with each choice of sample inputs, and the payloads of the first, as far as can be paid.

    Of the plain spec with the first choice, only a part is looked at. A spec that reads `cell.attempt` is looked at as
    its second attempt, too, with the first choice.
    """
    bindings, faults = bind(spec, request.params)
    yield from faults
    exceeded = reads_attempt = False
    said: set[tuple[Code, Span]] = set()
    tried = sample_count(bindings)
    share = max(1, CELLS_OF_VARIANTS // (tried * (1 + len(spec.profile_names))))
    for index, sample in enumerate(samples(bindings)):
        if allowance.is_spent:
            allowance.miss(spec.key_span("params"), f"{index:,} of {tried:,} choices of parameters")
            return
        allowance.pay_for_variant(spec)
        looked_at = part if is_plain and index == 0 else Part(0, share)
        made = 0
        if is_plain and index == 0:
            left = allowance.left
            try:
                for result in checked_by_columns(spec, context, request, sample, part, allowance):
                    yield result
                    made += isinstance(result, Payload)
            except NotByColumns:
                allowance.left = left
            else:
                continue
        evaluation = None
        for item in _cells(spec, context, request, sample, part=looked_at, allowance=allowance):
            if not isinstance(item, Diagnostic):
                if evaluation is None and part is not None and not allowance.covers(item[1]):
                    raise Uneven
                reads_attempt = reads_attempt or (evaluation is None and item[1].reads_attempt)
                evaluation = item[0]
            for result in (item,) if isinstance(item, Diagnostic) else ruled(item[1], context):
                if isinstance(result, Diagnostic) or (index == 0 and made <= 0):
                    yield result
                elif index == 0:
                    made -= 1  # it is known already
                if isinstance(result, Diagnostic):
                    said.add((result.code, result.span))
                exceeded |= _is_limit(result)
        if part is not None and evaluation is not None and not evaluation.is_even:
            raise Uneven
        if exceeded:
            return
    if reads_attempt and request.attempt == 1 and not allowance.is_spent:
        allowance.pay_for_variant(spec)
        for diagnostic in _as_second(spec, context, request, next(samples(bindings)), Part(0, share), allowance):
            if (diagnostic.code, diagnostic.span) not in said:
                yield replace(diagnostic, notes=(*diagnostic.notes, "so it is when `cell.attempt` is 2"))


def _as_second(
    spec: ResolvedSpec,
    context: Context,
    request: Request,
    sample: dict[str, Binding],
    part: Part,
    allowance: Allowance,
) -> Iterator[Diagnostic]:
    """Everything that is wrong with a part of the cells when they are tried for the second time."""
    for item in _cells(spec, context, replace(request, attempt=2), sample, part=part, allowance=allowance):
        found = (item,) if isinstance(item, Diagnostic) else ruled(item[1], context)
        yield from (result for result in found if isinstance(result, Diagnostic))


def _is_limit(item: Diagnostic | Payload) -> bool:
    """A template that exceeds a limit costs all that the limit allows: once is enough."""
    return isinstance(item, Diagnostic) and item.code is codes.TEMPLATE_LIMIT


def _cells(
    spec: ResolvedSpec,
    context: Context,
    request: Request,
    bindings: dict[str, Binding],
    *,
    part: Part | None = None,
    allowance: Allowance | None = None,
) -> Iterator[Diagnostic | tuple[Evaluation, EvaluatedSpec]]:
    """Every selected cell, evaluated, or those of a part; and every diagnostic about this spec on the way.

    With an allowance it is a check, which may lack inputs, and ends when the allowance is spent.
    """
    for item in _swept(spec, context, request, bindings, part, allowance):
        yield spec.traced(item) if isinstance(item, Diagnostic) else item


def _swept(
    spec: ResolvedSpec,
    context: Context,
    request: Request,
    bindings: dict[str, Binding],
    part: Part | None,
    allowance: Allowance | None,
) -> Iterator[Diagnostic | tuple[Evaluation, EvaluatedSpec]]:
    checking = allowance is not None
    evaluation = Evaluation(spec, context.inputs(spec, bindings, checking=checking, attempt=request.attempt))
    expansion, found = expand(spec.section("matrix"), evaluation.static, evaluation.condition)
    # An overlay or an input that shrinks an axis leaves excludes without a cell, which is not a mistake.
    varies = bool(request.profiles or request.sets) or evaluation.matrix_varies
    yield from (diagnostic for diagnostic in found if not (varies and diagnostic.code is codes.DEAD_EXCLUDE))
    yield from evaluation.taken()
    if expansion is None:
        # Without a usable matrix one cell still shows what else is wrong.
        expansion = Expansion()
        evaluation.without_axes()
    selection, found = select(expansion, request.only, request.cells)
    yield from found
    cells = partial(cells_of, expansion, selection, part)
    if allowance is not None:
        allowance.left -= 4 * evaluation.asked  # three expansions ask, and a question costs more than a step
        allowance.begin(expansion.most if part is None else min(expansion.most, part.after - part.first))
    picked = False
    for evaluated, steps in _evaluated(evaluation, cells, by_columns=checking and bool(expansion.groups)):
        if not picked and checking:
            evaluation.check_rest(evaluated.cell)
        picked = True
        if allowance is not None:
            allowance.pay_for_cell(evaluated, steps)
        yield from evaluation.taken()
        yield evaluation, evaluated
        if evaluation.exceeded:
            return
        if allowance is not None and allowance.is_spent and allowance.cells < allowance.most_cells:
            allowance.miss_cells(spec.key_span("matrix"))
            return
    if not picked and not found:
        message = "no cell of the matrix is selected"
        help = "`specc render SPEC --format cells` lists all cells"
        yield codes.NO_SUCH_CELL.at(spec.document.source.span(), message, help=help)


def _evaluated(
    evaluation: Evaluation, cells: Callable[[], Iterator[Cell]], *, by_columns: bool
) -> Iterator[tuple[EvaluatedSpec, int]]:
    """Each cell with its values, and the steps that its templates took: by columns, then one by one."""
    made = 0
    if by_columns:
        try:
            for evaluated in cells_by_columns(Evaluation(evaluation.spec, evaluation.inputs), cells()):
                yield evaluated, 0
                made += 1
        except NotByColumns:
            pass
        else:
            return
    for index, cell in enumerate(cells()):
        evaluated = evaluation.cell(cell)
        if index >= made:
            yield evaluated, evaluation.steps
