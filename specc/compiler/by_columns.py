"""The payloads of a sweep by columns: the schema judges each distinct value once, and a payload is joined from texts.

What is not plain raises `NotByColumns`: any diagnostic, anything that is not known, or a limit that a cell might
exceed. Then `specc.compiler.compile` walks the cells one by one, which is what a payload means.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice, repeat

import rfc8785

from specc.evaluator import CHUNK, Chunk, ColumnBuilder, Evaluation, NotByColumns, Value, Whole, joined
from specc.expander import Cell
from specc.lowering import Payload, canonical_bytes
from specc.schema import ApiSchema, Test


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
        spec_id, folder = self._evaluation.spec.id, self._evaluation.spec.folder
        api, unseen, params = self._schema.name, self._unseen, self._walk.params
        remaining = iter(cells)
        while made := list(islice(remaining, CHUNK)):
            lines, env_of_matrix = self._lines(Chunk(made)), self._evaluation.env_of_matrix
            for cell, line in zip(made, lines if len(lines) > 1 else repeat(lines[0]), strict=False):
                values = partial(self._values, cell)
                yield Payload(spec_id, api, cell, line.encode(), values, folder, unseen, env_of_matrix, params)

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
