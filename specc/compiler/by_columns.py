"""The payloads of a sweep by columns: the schema judges each distinct value once, and a payload is joined from texts.

What is not plain raises `NotByColumns`: any diagnostic, anything that is not known, or a limit that a cell might
exceed. Then `specc.compiler.compile` walks the cells one by one, which is what a payload means.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import repeat

import rfc8785

from specc.compiler.novelty import Novelty
from specc.evaluator import Chunk, ColumnBuilder, Evaluation, NotByColumns, Texts, Value, Whole, chunks, joined
from specc.expander import Cell
from specc.lowering import STREAM_FIELDS, Payload, canonical_bytes
from specc.schema import ApiSchema, Test

FREE = ("name", *STREAM_FIELDS)


class Sheet:
    """The columns of all job fields of one spec. `unseen` are variables of the environment that no report shows."""

    def __init__(self, evaluation: Evaluation, schema: ApiSchema, unseen: frozenset[str]) -> None:
        self._evaluation = evaluation
        self._walk = Evaluation(evaluation.spec, evaluation.inputs)
        self._schema = schema
        self._unseen = unseen
        job, tests = evaluation.spec.section("job").entries, schema.tests
        if (
            tests is None
            or not schema.lacks_none(job.keys())
            or not all(map(str.isidentifier, job))
            or not "".join(job).isascii()
        ):
            raise NotByColumns
        self._tests = tests
        builder = ColumnBuilder(evaluation, with_reads=False)
        self._fields = {name: builder.field(name, node) for name, node in job.items()}

    def payloads(self, cells: Iterable[Cell]) -> Iterator[Payload]:
        """Yield the payload of each cell."""
        make = self._make()
        for chunk in chunks(cells):
            yield from map(make, chunk.cells, _each(self._lines(chunk)))

    def compared(self, cells: Iterable[Cell]) -> Iterator[tuple[Chunk, list[Payload]]]:
        """Yield the payloads of the cells of each chunk. A cell that shows the rules nothing new has `like`."""
        novelty, make = Novelty(), self._make()
        free = {name: field for name, field in self._fields.items() if self._is_free(name, field)}
        for chunk in chunks(cells):
            texts = [field.data(chunk) for field in free.values() if isinstance(field, Texts)]
            others = [joined(self._json(name, chunk)) for name in self._fields if name not in free]
            rows = zip(chunk.cells, _each(self._lines(chunk)), _rows(texts), _rows(others), strict=False)
            made = []
            for cell, line, mine, rest in rows:
                like = novelty.like(cell, mine, rest)
                made.append(make(cell, line, like))
                if like is None:
                    novelty.add(made[-1])
            yield chunk, made

    def _make(self) -> Callable[..., Payload]:
        """Return what makes the payload of a cell from its line, and from an earlier one that it is like."""
        spec, api, unseen, params = self._evaluation.spec, self._schema.name, self._unseen, self._walk.params
        spec_id, folder, of_matrix = spec.id, spec.folder, self._evaluation.env_of_matrix

        def make(cell: Cell, line: str, like: Payload | None = None) -> Payload:
            values = partial(self._values, cell)
            return Payload(spec_id, api, cell, line.encode(), values, folder, unseen, of_matrix, params, like)

        return make

    def _is_free(self, name: str, field: Texts | Whole) -> bool:
        """Return whether people write the text of a field, as they write commands and the names of jobs and files."""
        return isinstance(field, Texts) and (name in FREE or self._schema.fields[name].shell)

    def _values(self, cell: Cell) -> dict[str, Value]:
        """Return the value of each field with its provenance, which only the walk keeps."""
        return self._walk.cell(cell).job

    def _lines(self, chunk: Chunk) -> list[str]:
        """Return the canonical JSON of each cell, or the one that all cells have."""
        pieces: list[str | Sequence[str]] = []
        for name in sorted(self._fields):
            pieces += [f'{"," if pieces else "{"}"{name}":', *self._json(name, chunk)]
        return joined([*pieces, "}" if pieces else "{}"])

    def _json(self, name: str, chunk: Chunk) -> list[str | Sequence[str]]:
        """Return the pieces of a field, of which the schema accepts every value."""
        field, test = self._fields[name], self._tests[name]
        if isinstance(field, Whole):
            return [field.json(chunk, partial(_written, test))]
        if not self._schema.takes_any_text(name) and not all(map(test, field.data(chunk))):
            raise NotByColumns
        return field.json(chunk)


def _written(test: Test, value: Value) -> str:
    """Return a value as canonical JSON, if the schema accepts it."""
    if not test(value.data):
        raise NotByColumns
    try:
        return canonical_bytes(value.data).decode()
    except rfc8785.CanonicalizationError:
        raise NotByColumns from None


def _each(made: Sequence[str]) -> Iterable[str]:
    """Return what there is for each cell, where there may be one for all."""
    return made if len(made) > 1 else repeat(made[0])


def _rows(columns: Sequence[Sequence[str]]) -> Iterable[tuple[str, ...]]:
    """Return what columns have for each cell."""
    return zip(*map(_each, columns), strict=False) if columns else repeat(())
