"""The values of a sweep by columns: each is made once for all cells with the same values of the axes that it reads.

A column is a field, a variable, or one expression in a text. So the work of a sweep grows with the values of its axes,
and what is left for each cell is to look texts up and to join them. `Evaluation.cell` is what a value means: a column
that finds anything which is unknown, limited or wrong raises `NotByColumns`, and the cells are walked one by one.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Many
from itertools import islice, repeat
from json.encoder import encode_basestring as quoted
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from specc.evaluator.commands import Prelude, with_prelude
from specc.evaluator.sweep import CELL, NO_AXES, Axes
from specc.evaluator.values import Read, Value
from specc.expander import Cell
from specc.expressions import Unknown
from specc.nodes import Node

Made = TypeVar("Made")
CHUNK = 200
"""So many cells are looked up at once."""
WORD = re.compile(r"[\w@%+=:,./-]*", re.ASCII)
"""What `sh` leaves as it is, if it is not empty."""
MOST_KEPT = 10_000
"""So many results of one column are kept for the next chunk of cells."""


class NotByColumns(Exception):
    """Only the walk cell by cell can say what the values of a spec are."""


class Chunk:
    """Some cells of a sweep, one after the other."""

    def __init__(self, cells: list[Cell]) -> None:
        self.cells = cells
        self.axes = frozenset(cells[0].values)
        self._keys: dict[Axes, Many[object]] = {}

    def keys(self, axes: Axes) -> Many[object]:
        """Return for each cell what is equal in cells with the same values of these axes; one key if there are none."""
        if not axes:
            return ((),)
        if CELL in axes:
            return range(len(self.cells))
        if axes not in self._keys:
            values_of = itemgetter(*axes)
            self._keys[axes] = [values_of(cell.values) for cell in self.cells]
        return self._keys[axes]


def chunks(cells: Iterable[Cell]) -> Iterator[Chunk]:
    remaining = iter(cells)
    while some := list(islice(remaining, CHUNK)):
        yield Chunk(some)


class Column(Generic[Made]):
    """What depends on `axes`. `make` makes it for the cell of a chunk at an index, and says which axes it read.

    Which axes are read may depend on their values, so the axes are those that any cell so far has read.
    """

    def __init__(self, make: Callable[[Chunk, int], tuple[Made, Axes]]) -> None:
        self.axes = NO_AXES
        self._make = make
        self._known: dict[object, Made] = {}
        self._chunk: Chunk | None = None
        self._results: Many[Made] = ()

    def over(self, chunk: Chunk) -> Many[Made]:
        """Return the result for each cell of a chunk; a single one if it is the same in all cells."""
        if chunk is not self._chunk:
            if CELL in self.axes or len(self._known) > MOST_KEPT:
                self._known.clear()
            results = self._looked_up(chunk)
            while results is None:
                results = self._looked_up(chunk)
            self._results, self._chunk = results, chunk
        return self._results

    def _looked_up(self, chunk: Chunk) -> Many[Made] | None:
        """Return the results, or None if a cell read an axis that no cell before it had read."""
        known, keys = self._known, chunk.keys(self.axes)
        for index, key in enumerate(keys):
            if key not in known:
                made, axes = self._make(chunk, index)
                if not axes <= self.axes:
                    # What reads all axes is another thing in each cell.
                    self.axes |= axes if axes != chunk.axes else axes | {CELL}
                    known.clear()
                    return None
                known[key] = made
        return [known[key] for key in keys]


class Part(NamedTuple):
    """The text of an expression, and how it stands in a JSON text. `reads` are the names that it read.

    `is_word`: the shell reads all of its characters as they are.
    """

    text: str
    json: str
    reads: tuple[Read, ...]
    is_known: bool = True
    is_word: bool = False


def as_part(text: str, reads: tuple[Read, ...], *, is_known: bool = True) -> Part:
    return Part(text, quoted(text)[1:-1], reads, is_known, WORD.fullmatch(text) is not None)


class Texts:
    """A text of plain pieces and of columns. `reading`: the columns in the order in which the walk reads them."""

    def __init__(
        self, node: Node, parts: list["str | Column[Part] | HandedOn"], reading: "list[Column[Part]] | None" = None
    ) -> None:
        self.node = node
        self.parts = parts
        columns = (part.column if isinstance(part, HandedOn) else part for part in parts if not isinstance(part, str))
        self._reading = reading if reading is not None else list(columns)
        self._chunk: Chunk | None = None
        self._data: Many[str] = ()

    @property
    def axes(self) -> Axes:
        return NO_AXES.union(*(part.axes for part in self.parts if not isinstance(part, str)))

    def flat(self, chunk: Chunk) -> list["str | Column[Part]"]:
        """Return the parts, with those of another text in place of an expression that hands it on."""
        flat: list[str | Column[Part]] = []
        for part in self.parts:
            if isinstance(part, HandedOn):
                flat.extend(part.flat(chunk))
            else:
                flat.append(part)
        return flat

    def data(self, chunk: Chunk) -> Many[str]:
        """Return the text of each cell, or the one that all cells have."""
        if chunk is not self._chunk:
            parts = self.flat(chunk)
            pieces = (p if isinstance(p, str) else [made.text for made in p.over(chunk)] for p in parts)
            self._data, self._chunk = joined(pieces), chunk
        return self._data

    def over(self, chunk: Chunk) -> None:
        """Make all texts of the chunk that are not known yet."""
        for column in self._reading:
            column.over(chunk)

    def value(self, chunk: Chunk, index: int) -> Value:
        """Return the value of a cell, with the names that it read."""
        made = [at(column.over(chunk), index) for column in self._reading]
        reads = {read.name: read for part in made for read in part.reads}
        is_known = all(part.is_known for part in made)
        return Value(at(self.data(chunk), index) if is_known else Unknown("string"), self.node, tuple(reads.values()))

    def json(self, chunk: Chunk) -> list[str | Many[str]]:
        """Return the pieces of the text as JSON, each for all cells or one for each."""
        parts = self.flat(chunk)
        pieces = (quoted(p)[1:-1] if isinstance(p, str) else [made.json for made in p.over(chunk)] for p in parts)
        return ['"', *pieces, '"']


class HandedOn:
    """An expression that is another text as it is: `{{ vars.out }}`, or `{{ vars.out | sh }}` if that quotes nothing.

    `column` is the same expression evaluated. `account` is told how long the text gets at most.
    """

    def __init__(self, texts: Texts, column: Column[Part], account: Callable[[int], None], *, if_word: bool) -> None:
        self.column = column
        self._texts = texts
        self._account = account
        self._if_word = if_word

    @property
    def axes(self) -> Axes:
        return self._texts.axes | self.column.axes

    def flat(self, chunk: Chunk) -> list[str | Column[Part]]:
        """Return the parts of the other text; the expression itself, where `sh` may quote something in a cell."""
        parts = self._texts.flat(chunk)
        made = [
            [Part(p, "", (), is_word=WORD.fullmatch(p) is not None)] if isinstance(p, str) else p.over(chunk)
            for p in parts
        ]
        if self._if_word:
            is_word = all(each.is_word for results in made for each in results)
            if not is_word or not any(all(each.text for each in results) for results in made):
                return [self.column]
        self._account(sum(max(len(each.text) for each in results) for results in made))
        return parts


class Behind(Texts):
    """A command behind the lines of a prelude, which are the same in all cells. `head` is its first part with them."""

    def __init__(self, own: Texts, head: str, prelude: Prelude, lines: Value) -> None:
        super().__init__(own.node, [head, *own.parts[1:]])
        self._own = own
        self._prelude = prelude
        self._lines = lines

    def value(self, chunk: Chunk, index: int) -> Value:
        return with_prelude(self._own.value(chunk, index), self._lines, wraps=self._prelude.wraps)


class Whole:
    """A value that is made as a whole."""

    def __init__(self, column: Column[Value]) -> None:
        self._column = column

    @property
    def axes(self) -> Axes:
        return self._column.axes

    def over(self, chunk: Chunk) -> None:
        """Make all values of the chunk that are not known yet."""
        self._column.over(chunk)

    def value(self, chunk: Chunk, index: int) -> Value:
        """Return the value of a cell."""
        return at(self._column.over(chunk), index)

    def json(self, chunk: Chunk, write: Callable[[Value], str]) -> Many[str]:
        """Return each value as JSON, or the one that all cells have. `write` writes each of them once."""
        made = self._column.over(chunk)
        written = {key: write(value) for key, value in {id(value): value for value in made}.items()}
        return [written[id(value)] for value in made]


def at(made: Many[Made], index: int) -> Made:
    """Return what a column has made for a cell."""
    return made[index if len(made) > 1 else 0]


def joined(pieces: Iterable[str | Many[str]]) -> list[str]:
    """Return the text of each cell, from pieces for all cells or with a text for each; one text if all are the same."""
    columns: list[Iterable[str]] = []
    plain: list[str] = []
    for piece in pieces:
        if isinstance(piece, str) or len(piece) == 1:
            plain.append(piece if isinstance(piece, str) else piece[0])
        else:
            columns += [repeat("".join(plain)), piece]
            plain = []
    if not columns:
        return ["".join(plain)]
    return list(map("".join, zip(*columns, repeat("".join(plain)), strict=False)))
