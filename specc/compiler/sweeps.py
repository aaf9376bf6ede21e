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
from specc.evaluator import Binding, CellColumns, Chunk, EvaluatedSpec, Evaluation, NotByColumns
from specc.expander import Cell, Expansion, Selection, expand, select
from specc.lowering import Payload
from specc.nodes import Mapping, Sequence
from specc.resolver import ResolvedSpec
from specc.source import Span

FEW_IN = 4
"""Where one cell in so many is new, columns are worth making."""

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
    sheet = Sheet(evaluation, context.apis[spec.api], context.hidden)
    looking = _Looking(Evaluation(spec, inputs), context, allowance)
    for chunk, made in sheet.compared(cells):
        looking.prepare(chunk, made)
        for index, payload in enumerate(made):
            if payload.like is not None:
                allowance.pay_for_alike(payload)
                yield payload
            else:
                yield from looking.at(index)
            if allowance.is_spent and allowance.cells < allowance.most_cells:
                allowance.miss_cells(spec.key_span("matrix"))
                return


class _Looking:
    """Evaluates and judges the new cells: one by one where they are few, and else by columns of their own."""

    def __init__(self, walk: Evaluation, context: Context, allowance: Allowance) -> None:
        self._walk = walk
        self._context = context
        self._allowance = allowance
        self._said: dict[tuple[Code, Span], str] = {}
        self._columns: CellColumns | None = None
        self._chunk: Chunk | None = None
        self._by_columns = False

    def prepare(self, chunk: Chunk, made: list[Payload]) -> None:
        """Prepare for the new cells of a chunk. Raises NotByColumns."""
        self._chunk = chunk
        self._by_columns = sum(payload.like is None for payload in made) * FEW_IN >= len(made)
        if self._by_columns:
            self._columns = self._columns or CellColumns(Evaluation(self._walk.spec, self._walk.inputs))
            self._columns.over(chunk)

    def at(self, index: int) -> Iterator[Diagnostic | Payload]:
        """Yield the payload of a cell of the chunk, and what the rules find in it.

        Raises NotByColumns without a payload, where a message is not the one that an earlier cell had, and where more
        than one attempt must be looked at.
        """
        evaluated = self._evaluated(index)
        found = list(ruled(evaluated, self._context))
        if self._walk.has_found or evaluated.reads_attempt or not any(isinstance(item, Payload) for item in found):
            raise NotByColumns
        for item in found:
            if isinstance(item, Diagnostic) and self._differs(item):
                raise NotByColumns
        yield from found

    def _differs(self, found: Diagnostic) -> bool:
        """Return whether an earlier cell has had another message at this place."""
        return self._said.setdefault((found.code, found.span), found.message) != found.message

    def _evaluated(self, index: int) -> EvaluatedSpec:
        assert self._chunk is not None
        cell, steps = self._chunk.cells[index], 0
        if self._by_columns and self._columns is not None:
            evaluated = self._columns.cell(self._chunk, index)
        else:
            evaluated = self._walk.cell(cell)
            steps = self._walk.steps
        self._allowance.pay_for_cell(evaluated, steps)
        if self._allowance.cells == 1:
            self._walk.check_rest(cell)
        return evaluated


def cells_of(expansion: Expansion, selection: Selection, part: Part | None) -> Iterator[Cell]:
    return islice(selection.of(expansion.cells()), *(part or (None,)))


def may_be_long(matrix: Mapping) -> bool:
    """Return whether a sweep can have `LONG` cells, by the lists that its axes are written as."""
    axes = [part.entries.values() for part in map(matrix.get, ("axes", "zip")) if isinstance(part, Mapping)]
    lengths = [len(axis.items) if isinstance(axis, Sequence) else LONG for axis in chain(*axes)]
    return prod(lengths) >= LONG or not {"include", "repeat"}.isdisjoint(matrix.entries)
