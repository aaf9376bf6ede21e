"""Sweeps by columns: their payloads, and their check, for which not every cell has to be looked at."""

from collections.abc import Iterator
from itertools import chain, islice
from math import prod

from specc.compiler.allowance import Allowance
from specc.compiler.by_columns import Sheet
from specc.compiler.context import Context, Request
from specc.compiler.part import Part
from specc.compiler.ruling import ruled
from specc.diagnostics import Code, Diagnostic
from specc.evaluator import Binding, Evaluation, NotByColumns
from specc.expander import Cell, Expansion, Selection, expand, select
from specc.lowering import Payload
from specc.nodes import Mapping, Sequence
from specc.resolver import ResolvedSpec
from specc.source import Span

LONG = 100
"""A sweep of so many cells has enough that are alike to be worth a second look at each that is not."""


def rendered_by_columns(
    spec: ResolvedSpec, context: Context, request: Request, bindings: dict[str, Binding], part: Part | None
) -> Iterator[Payload]:
    """Every selected payload of a sweep. Raises NotByColumns as soon as there is anything to say."""
    evaluation = Evaluation(spec, context.inputs(spec, bindings, checking=False, attempt=request.attempt))
    cells, _ = _selected(evaluation, request, part)
    yield from Sheet(evaluation, context.apis[spec.api], context.hidden).payloads(cells)


def _selected(evaluation: Evaluation, request: Request, part: Part | None) -> tuple[Iterator[Cell], int]:
    """The selected cells of a sweep, and how many there are at most. Raises NotByColumns where there is none of them,
    and where there is anything to say.
    """
    matrix = evaluation.spec.section("matrix")
    if not matrix.entries or evaluation.spec.is_open:
        raise NotByColumns
    expansion, found = expand(matrix, evaluation.static, evaluation.condition)
    if expansion is None or found or evaluation.has_found:
        raise NotByColumns
    selection, found = select(expansion, request.only, request.cells)
    cells = cells_of(expansion, selection, part)
    first = next(cells, None)
    if found or first is None:
        raise NotByColumns
    return chain((first,), cells), expansion.most


def checked_by_columns(
    spec: ResolvedSpec,
    context: Context,
    request: Request,
    sample: dict[str, Binding],
    part: Part | None,
    allowance: Allowance,
) -> Iterator[Diagnostic | Payload]:
    """Every payload of a long sweep, and what is found in it, as far as can be paid.

    The rules look at those cells alone that show them something new. Raises NotByColumns where a cell has no payload,
    or where there is something to say that differs from cell to cell.
    """
    if not may_be_long(spec.section("matrix")):
        raise NotByColumns
    inputs = context.inputs(spec, sample, checking=True, attempt=request.attempt)
    evaluation = Evaluation(spec, inputs)
    cells, most = _selected(evaluation, request, part)
    if most < LONG:
        raise NotByColumns
    allowance.left -= 4 * evaluation.asked
    allowance.begin(most if part is None else min(most, part.after - part.first))
    sheet, walk = Sheet(evaluation, context.apis[spec.api], context.hidden), Evaluation(spec, inputs)
    said: dict[tuple[Code, Span], str] = {}
    for payload in sheet.compared(cells):
        if payload.like is not None:
            allowance.pay_for_alike(payload)
            yield payload
        else:
            for item in _looked_at(payload.cell, walk, context, allowance):
                if (
                    isinstance(item, Diagnostic)
                    and said.setdefault((item.code, item.span), item.message) != item.message
                ):
                    raise NotByColumns
                yield item
        if allowance.is_spent and allowance.cells < allowance.most_cells:
            allowance.miss_cells(spec.key_span("matrix"))
            return


def _looked_at(cell: Cell, walk: Evaluation, context: Context, allowance: Allowance) -> list[Diagnostic | Payload]:
    """Return the payload of a cell and what the rules find in it. Raises NotByColumns without a payload, or where more
    than one attempt must be looked at.
    """
    evaluated = walk.cell(cell)
    allowance.pay_for_cell(evaluated, walk.steps)
    if allowance.cells == 1:
        walk.check_rest(cell)
    found = list(ruled(evaluated, context))
    if walk.has_found or evaluated.reads_attempt or not any(isinstance(item, Payload) for item in found):
        raise NotByColumns
    return found


def cells_of(expansion: Expansion, selection: Selection, part: Part | None) -> Iterator[Cell]:
    return islice(selection.of(expansion.cells()), *(part or (None,)))


def may_be_long(matrix: Mapping) -> bool:
    """Return whether a sweep can have `LONG` cells, by the lists that its axes are written as."""
    axes = [part.entries.values() for part in map(matrix.get, ("axes", "zip")) if isinstance(part, Mapping)]
    lengths = [len(axis.items) if isinstance(axis, Sequence) else LONG for axis in chain(*axes)]
    return prod(lengths) >= LONG or not {"include", "repeat"}.isdisjoint(matrix.entries)
