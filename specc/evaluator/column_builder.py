"""How the values of a spec are cut into columns, and what each column is made of.

A text with expressions is cut at each expression, so that a command which reads all axes is joined from texts that read
one or two. A variable that a template reads is a column of its own, and is put into the walk before an expression is
evaluated there. Budgets are held to in advance: if all columns at their dearest fit into the average of one cell, then
no cell could have exceeded a limit.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator

from specc.evaluator.columns import (
    Behind,
    Chunk,
    Column,
    HandedOn,
    NotByColumns,
    Part,
    Texts,
    Whole,
    as_part,
    at,
    chunks,
)
from specc.evaluator.commands import NAME, PRELUDE, SHELL_LINE, Prelude, as_text, passed_to, with_prelude
from specc.evaluator.evaluation import Evaluation
from specc.evaluator.quoting import Context, surroundings
from specc.evaluator.sweep import STEPS_OF_A_CELL, Axes
from specc.evaluator.templates import Ready, half_character, template_text
from specc.evaluator.values import EvaluatedSpec, Value
from specc.expander import Cell
from specc.expressions import (
    CHARACTERS,
    FRAMES,
    MAX_TEXT,
    Budget,
    EvaluationFailed,
    Frame,
    Judge,
    Piece,
    Reference,
    Run,
    Template,
    TemplateSpan,
    frames_of,
)
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, Mapping, Node, Passed, Scalar
from specc.settings import FieldType

MOST_FRAMES = FRAMES // 2
"""What the columns of variables may take of Python's stack, and what is left for the expressions that read them."""


MOST_NESTED = 50
"""So many variables may read each other in turn. It is less than what the walk allows, and than Python's stack."""


VARIABLE = re.compile(r"\{\{[ \t]*vars(?:\.[A-Za-z_]\w*)+[ \t]*(\|[ \t]*sh[ \t]*)?\}\}", re.ASCII)
"""An expression that is nothing but a variable, for the shell or as it is."""
Piecewise = str | Column[Part] | HandedOn


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A variable with a template. `frames`: how much of Python's stack its evaluation takes in the walk."""

    node: Node
    content: Texts | Whole
    frames: int

    def value(self, chunk: Chunk, index: int, *, with_reads: bool) -> Value:
        if with_reads or isinstance(self.content, Whole):
            return self.content.value(chunk, index)
        return Value(at(self.content.data(chunk), index), self.node)


class ColumnBuilder:
    """Makes the columns of one spec. Every method raises `NotByColumns` where the cells must be walked one by one.

    `with_reads`: the values are those of the walk, with the names that they read, and may be unknown. Without, they are
    only to be written.
    """

    def __init__(self, evaluation: Evaluation, *, with_reads: bool) -> None:
        self._evaluation = evaluation
        self._with_reads = with_reads
        self._walk = evaluation.walk
        self._variables: dict[int, Variable | None] = {}
        self._costs: dict[object, tuple[int, int]] = {}
        self._steps = self._characters = 0

    def field(self, name: str, node: Node) -> Texts | Whole:
        """Return the columns of a job field."""
        inputs = self._evaluation.inputs
        of = inputs.fields.get(name)
        texts = self._texts(node, f"job.{name}", of)
        if texts is not None and inputs.prelude is not None and of is not None and of.shell:
            texts = self._behind(texts, inputs.prelude, of)
        return texts or self._whole(node, f"job.{name}", lambda: self._evaluation.field(name, node))

    def _whole(self, node: Node, name: str, make: Callable[[], Value]) -> Whole:
        seeds = self._read_by(node)

        def value_of(chunk: Chunk, index: int) -> tuple[Value, Axes]:
            self._begin(chunk, index, seeds)
            value, _, axes = self._walk.observed(name, self._evaluation.spec.body, make)
            if not (value.is_known or self._with_reads):
                raise NotByColumns
            self._pay((id(node), name), 0)
            return value, axes

        return Whole(Column(value_of))

    def _texts(self, node: Node, name: str, of: FieldType | None) -> Texts | None:
        """Return the columns of a text with expressions, or of a command with what is passed to it; None for others."""
        if not isinstance(node, Scalar | FileText) or (of is not None and of.quantity is not None):
            return None
        text, passed = template_text(node), passed_to(node)
        if text is None:
            alone = node.text.text if isinstance(node, FileText) else node.value
            if not (passed.env or passed.args) or not isinstance(alone, str):
                return None
            return self._with_passed(node, name, [alone], passed)
        ready = self._evaluation.ready(node, text)
        if ready is None:
            raise NotByColumns
        if ready.template.pieces is None:
            return None
        parts = self._parts(node, name, ready, ready.template.pieces, of)
        return self._with_passed(node, name, parts, passed) if passed.env or passed.args else Texts(node, parts)

    def _parts(
        self, node: Scalar | FileText, name: str, ready: Ready, pieces: tuple[Piece, ...], of: FieldType | None
    ) -> list[Piecewise]:
        """Return the plain texts of a template, and a column for each of its expressions."""
        template, length = ready.template, _Length()
        is_command = of is not None and of.shell
        context_of = surroundings(template.text) if is_command else lambda start, end: None
        # What is written alike, and read alike by the shell, is the same text.
        alike = [(template.text[slice(*piece.whole)], context_of(*piece.whole)) for piece in pieces]
        columns: dict[object, Column[Part] | HandedOn] = {}
        parts: list[Piecewise] = []
        for piece, key in zip(pieces, alike, strict=True):
            if piece.fill is None:
                plain = template.text[slice(*piece.whole)] if piece.text is None else piece.text
                if half_character(plain) is not None:
                    raise NotByColumns
                length.add(piece, len(plain))
                parts.append(plain)
                continue
            if key not in columns:
                judge = ready.judge if is_command else None
                times = alike.count(key)
                column = self._expression(node, name, template, piece, times, judge, length)
                columns[key] = self._handed_on(template, piece, times, column, key[1], length) or column
            parts.append(columns[key])
        self._add((id(node), name), template.size, length.total)
        return parts

    def _expression(
        self,
        node: Scalar | FileText,
        name: str,
        template: Template,
        piece: Piece,
        times: int,
        judge: Judge | None,
        length: "_Length",
    ) -> Column[Part]:
        """Return the texts of an expression that stands so many times in its template."""
        fill, (start, end) = piece.fill, piece.whole
        assert fill is not None
        seeds = self._named(reference for reference in template.references if start <= reference.start < end)

        def part_of(chunk: Chunk, index: int) -> tuple[Part, Axes]:
            budget = self._begin(chunk, index, seeds)
            run = Run(template.text, self._walk.scope, budget, judge)
            try:
                budget.enter(template.depth, piece.at)
                text, reads, axes = self._walk.observed(name, node, lambda: fill(Frame(run, {})))
            except EvaluationFailed:
                raise NotByColumns from None
            if half_character(text) is not None or (run.is_unknown and not self._with_reads):
                raise NotByColumns
            length.add(piece, len(text) * times)
            self._pay((id(node), name, piece.at), len(text), times)
            return as_part(text, reads if self._with_reads else (), is_known=not run.is_unknown), axes

        return Column(part_of)

    def _handed_on(
        self,
        template: Template,
        piece: Piece,
        times: int,
        column: Column[Part],
        context: tuple[Context, bool] | None,
        length: "_Length",
    ) -> HandedOn | None:
        """Return an expression that is nothing but the text of a variable, for texts that are only written."""
        start, end = piece.whole
        alone = VARIABLE.fullmatch(template.text, start, end)
        if self._with_reads or alone is None or (context is not None and not (alone[1] and context[0] is Context.WORD)):
            return None
        named = self._named(reference for reference in template.references if start <= reference.start < end)
        if len(named) != 1 or not isinstance(named[0].content, Texts):
            return None

        def account(longest: int) -> None:
            length.add(piece, longest * times)
            # more than `sh` and the names take
            self._add((id(template), start), (20 + longest // 8) * times, (20 + 2 * longest) * times)

        return HandedOn(named[0].content, column, account, if_word=alone[1] is not None)

    def _with_passed(self, node: Scalar | FileText, name: str, parts: list[Piecewise], passed: Passed) -> Texts | None:
        """Return a script behind the `export` and `set --` lines of its `env` and `args`; None if they would differ."""
        head, env = parts[0], passed.env
        if not isinstance(head, str) or not _has_plain_first_line(head):
            return None
        shebang = head[: head.index("\n") + 1] if head.startswith("#!") else ""
        if shebang and not SHELL_LINE.match(shebang):
            return None
        if env is not None and not all(NAME.fullmatch(name) for name in env.entries):
            return None
        lines: list[Piecewise] = [shebang]
        for key, value in env.entries.items() if env is not None else ():
            lines += [f"export {key}=", self._passed(value, f"{name}.env.{key}"), "\n"]
        for index, value in enumerate(passed.args.items if passed.args is not None else ()):
            lines += [" " if index else "set -- ", self._passed(value, f"{name}.args[{index}]")]
        if passed.args is not None and passed.args.items:
            lines.append("\n")
        reading = [part for part in (*parts, *lines) if isinstance(part, Column)] if self._with_reads else None
        return Texts(node, [*lines, head.removeprefix(shebang), *parts[1:]], reading)

    def _passed(self, node: Node, name: str) -> Column[Part]:
        """Return a value of `env` or `args` as a word of the shell."""
        seeds = self._read_by(node)

        def part_of(chunk: Chunk, index: int) -> tuple[Part, Axes]:
            self._begin(chunk, index, seeds)
            value, _, axes = self._walk.observed(name, self._evaluation.spec.body, lambda: self._walk.value(node, name))
            if not value.is_known or value.data is None or isinstance(value.data, list | dict):
                raise NotByColumns
            word = shlex.quote(as_text(value.data))
            self._pay((id(node), name), len(word))
            return as_part(word, value.reads), axes

        return Column(part_of)

    def _behind(self, own: Texts, prelude: Prelude, of: FieldType) -> Texts | None:
        """Return a command behind the lines of a prelude; None if how they are joined may differ between the cells."""
        head = own.parts[0]
        if template_text(prelude.node) is not None or not isinstance(head, str):
            return None
        if not head.strip() or not _has_plain_first_line(head):
            return None
        lines = self._walk.value(prelude.node, PRELUDE, of=of)
        joined = with_prelude(Value(head, own.node), lines, wraps=prelude.wraps)
        if not isinstance(joined.data, str) or (joined.prefix is not None and joined.prefix.is_wrapped):
            return None
        return Behind(own, joined.data, prelude, lines)

    def _read_by(self, node: Node) -> list[Variable]:
        """Return the variables that the template of a node reads."""
        text = template_text(node) if isinstance(node, Scalar | FileText) else None
        if text is None or not isinstance(node, Scalar | FileText):
            return []
        ready = self._evaluation.ready(node, text)
        if ready is None:
            raise NotByColumns
        return self._named(ready.template.references)

    def _named(self, references: Iterable[Reference]) -> list[Variable]:
        """Return the variables with a template of their own that references lead to."""
        found: dict[int, Variable] = {}
        for reference in references:
            namespace, *path = reference.path
            node: Node | None = self._evaluation.spec.section("vars") if namespace == "vars" else None
            for part in path:
                node = node.get(part) if isinstance(node, Mapping) and isinstance(part, str) else None
            if isinstance(node, Scalar | FileText) and template_text(node) is not None:
                found[id(node)] = self._variable(node, ".".join(map(str, reference.path)))
        return list(found.values())

    def _variable(self, node: Scalar | FileText, name: str) -> Variable:
        if id(node) in self._variables:
            known = self._variables[id(node)]
            if known is None:
                raise NotByColumns  # it refers to itself
            return known
        if sum(each is None for each in self._variables.values()) > MOST_NESTED:
            raise NotByColumns
        self._variables[id(node)] = None
        content = self._texts(node, name, None) or self._whole(node, name, lambda: self._walk.value(node, name))
        ready = self._evaluation.ready(node, template_text(node) or "")
        assert ready is not None
        frames = frames_of(ready.template.depth) + max((each.frames for each in self._read_by(node)), default=0)
        if frames > MOST_FRAMES:
            raise NotByColumns
        made = self._variables[id(node)] = Variable(node, content, frames)
        return made

    def _begin(self, chunk: Chunk, index: int, seeds: Iterable[Variable]) -> Budget:
        """Begin the cell at an index, in which these variables are known. Return its budget."""
        known = [
            (seed.node, seed.value(chunk, index, with_reads=self._with_reads), seed.content.axes) for seed in seeds
        ]
        self._evaluation.begin(chunk.cells[index])
        for node, value, axes in known:
            self._walk.know(node, value, axes)
        budget = self._walk.sweep.budget = Budget(STEPS_OF_A_CELL, CHARACTERS, FRAMES - MOST_FRAMES)
        return budget

    def _pay(self, key: object, length: int, times: int = 1) -> None:
        """Hold the work of the current cell, and a text of this length, to the average of a cell."""
        if self._evaluation.has_found:
            raise NotByColumns
        budget = self._walk.sweep.budget
        self._add(key, budget.used * times, (CHARACTERS - budget.characters + length) * times)

    def _add(self, key: object, steps: int, characters: int) -> None:
        """Add what a column takes at most. Each cell of the walk takes at most as much as all columns."""
        most_steps, most_characters = self._costs.get(key, (0, 0))
        if steps <= most_steps and characters <= most_characters:
            return
        self._costs[key] = max(steps, most_steps), max(characters, most_characters)
        self._steps += max(steps - most_steps, 0)
        self._characters += max(characters - most_characters, 0)
        if self._steps > STEPS_OF_A_CELL or self._characters > CHARACTERS:
            raise NotByColumns


class CellColumns:
    """The job fields of a spec by columns, as `Evaluation.cell` gives them. Every method raises NotByColumns."""

    def __init__(self, evaluation: Evaluation) -> None:
        builder = ColumnBuilder(evaluation, with_reads=True)
        self._evaluation = evaluation
        entries = evaluation.spec.section("job").entries
        self._fields = {name: builder.field(name, node) for name, node in entries.items()}

    def over(self, chunk: Chunk) -> None:
        """Make all values of a chunk that are not known yet."""
        for field in self._fields.values():
            field.over(chunk)

    def cell(self, chunk: Chunk, index: int) -> EvaluatedSpec:
        """Return all job fields of one cell of the chunk that `over` was called with last."""
        job = {name: field.value(chunk, index) for name, field in self._fields.items()}
        return EvaluatedSpec(self._evaluation.spec, chunk.cells[index], job, self._evaluation.env_of_matrix)


def cells_by_columns(evaluation: Evaluation, cells: Iterable[Cell]) -> Iterator[EvaluatedSpec]:
    """Yield all job fields of each cell, as `Evaluation.cell` gives them. Raises NotByColumns where it cannot."""
    columns = CellColumns(evaluation)
    for chunk in chunks(cells):
        columns.over(chunk)
        for index in range(len(chunk.cells)):
            yield columns.cell(chunk, index)


class _Length:
    """How long a text gets at most. Raises NotByColumns if that may be too long."""

    def __init__(self) -> None:
        self.total = 0
        self._most: dict[TemplateSpan, int] = {}

    def add(self, piece: Piece, length: int) -> None:
        """Note the length of a piece in one cell."""
        more = length - self._most.get(piece.whole, 0)
        if more > 0:
            self._most[piece.whole] = length
            self.total += more
            if self.total > MAX_TEXT:
                raise NotByColumns


def _has_plain_first_line(head: str) -> bool:
    """Return whether the plain text at the beginning of a command shows whether it has a `#!` line, and which."""
    return "\n" in head if head.startswith("#!") else head != "#"
