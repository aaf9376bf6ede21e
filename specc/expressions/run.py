"""One evaluation: its budget, the names that the template has set, and the text that it writes.

All work is paid for before it is done, so that no template can take long or much memory.
"""

from collections.abc import Callable, ItemsView, KeysView, ValuesView
from dataclasses import field

from jinja2.runtime import Undefined

from specc.expressions.values import (
    EvaluationFailed,
    Scope,
    TemplateMistake,
    TemplateSpan,
    Unknown,
    bounded,
    mistake_of,
)
from specc.fast_dataclass import dataclass

MAX_TEXT = 65_536
"""The most characters of a template, and of any text that it makes."""
MAX_ITEMS = 65_536
"""The most items of any list that a template makes."""
MAX_DATA_DEPTH = 32
"""How deep lists and mappings may be nested in the value of a template."""

STEPS = 100_000
CHARACTERS = 1_000_000
FRAMES = 500
FRAMES_OF_A_REFERENCE = 8

CHARACTERS_READ_IN_A_STEP = 16


def frames_of(depth: int) -> int:
    """Return how much of Python's stack the evaluation of a template takes. `depth` is that of its expressions."""
    return 2 * depth + FRAMES_OF_A_REFERENCE


class Budget:
    """The work that is left for the evaluation of one spec. All templates of the spec draw on one budget."""

    __slots__ = ("_aside", "_given", "_is_aside", "characters", "frames", "steps")

    def __init__(
        self, steps: int = STEPS, characters: int = CHARACTERS, frames: int = FRAMES, *, is_aside: bool = False
    ) -> None:
        self.steps = steps
        self.characters = characters
        self.frames = frames
        self._given = steps
        self._is_aside = is_aside
        self._aside: Budget | None = None

    @property
    def used(self) -> int:
        """Return the steps spent, with those for branches that may never be taken."""
        aside = 0 if self._aside is None else self._aside.used
        return self._given - max(self.steps, 0) + aside

    def aside(self) -> "Budget":
        """Return the budget for branches that may never be taken. It is as large, and does not reduce this budget."""
        if self._is_aside:
            return self
        if self._aside is None:
            self._aside = Budget(self._given, is_aside=True)
        return self._aside

    def spend(self, steps: int, at: TemplateSpan) -> None:
        """Pay for work: one step is about the evaluation of one name. Raises EvaluationFailed when nothing is left."""
        self.steps -= steps
        if self.steps < 0:
            raise at.limit(
                "the template takes too many steps",
                "make its loops shorter, or put long data in a file and use `$file`",
            )

    def text(self, length: int, at: TemplateSpan) -> None:
        """Pay for a new text of so many characters."""
        if length > MAX_TEXT:
            raise at.limit(f"a text of {length:,} characters is too long: the limit is {MAX_TEXT:,}")
        self.characters -= length
        if self.characters < 0:
            raise at.limit("the templates of this spec make too much text")

    def items(self, length: int, at: TemplateSpan) -> None:
        """Pay for a new list of so many items."""
        if length > MAX_ITEMS:
            raise at.limit(f"a list of {length:,} items is too long: the limit is {MAX_ITEMS:,}")
        self.spend(length, at)

    def enter(self, depth: int, at: TemplateSpan) -> int:
        """Pay for Python's stack while a template is evaluated inside others. Return the price, for `leave`."""
        frames = frames_of(depth)
        if frames > self.frames:
            raise at.limit("values refer to each other too deeply")
        self.frames -= frames
        return frames

    def leave(self, frames: int) -> None:
        self.frames += frames


@dataclass(slots=True)
class Weight:
    """How much text a value holds, how deep it is, and whether it holds unknown values or unfinished lists."""

    characters: int = 0
    unknown: bool = False
    streams: bool = False
    depth: int = 0


def weigh(budget: Budget, at: TemplateSpan, *values: object) -> Weight:
    """Return the weight of values, paying a step for each part, so that a function may walk them afterwards.

    An undefined value inside is a mistake, because the function would use it.
    """
    weight = Weight()
    todo = [(value, 0) for value in values]
    while todo:
        value, depth = todo.pop()
        budget.spend(1, at)
        match value:
            case str():
                weight.characters += len(value)
                budget.spend(len(value) // CHARACTERS_READ_IN_A_STEP, at)
            case None | int() | float():
                weight.characters += 24
                if isinstance(value, int):
                    weight.characters += bounded(value, at).bit_length() // 3
            case list() | tuple() | KeysView() | ValuesView() | ItemsView():
                _go_down(weight, depth, len(value), budget, at)
                todo.extend((item, depth + 1) for item in value)
            case dict():
                _go_down(weight, depth, 2 * len(value), budget, at)
                todo.extend((part, depth + 1) for pair in value.items() for part in pair)
            case range():
                budget.spend(len(value), at)
                weight.characters += 32
            case Unknown():
                weight.unknown = True
            case Undefined():
                raise EvaluationFailed(mistake_of(value, at))
            case _:
                weight.streams = True
    return weight


def _go_down(weight: Weight, depth: int, length: int, budget: Budget, at: TemplateSpan) -> None:
    """Pay before the parts are put on the stack: a value may hold one long list many times."""
    budget.spend(length, at)
    weight.characters += 2 + 2 * length
    weight.depth = max(weight.depth, depth + 1)


MAX_MISTAKES = 20

Judge = Callable[[object, int, int], TemplateMistake | None]
"""Asked about each expression in a text, with its value before it becomes text, and its offsets."""


@dataclass(slots=True)
class Run:
    """One evaluation of the template `text`. `is_unknown`: part of the result is not known."""

    text: str
    scope: Scope
    budget: Budget
    judge: Judge | None = None
    mistakes: list[TemplateMistake] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    length: int = 0
    is_unknown: bool = False

    def note(self, error: EvaluationFailed) -> None:
        """Keep mistakes, one a span, so that the rest of the text is evaluated, too. Raises the error of a limit."""
        if error.is_limit or len(self.mistakes) >= MAX_MISTAKES:
            raise error
        spans = {(mistake.start, mistake.end) for mistake in self.mistakes}
        self.mistakes.extend(mistake for mistake in error.mistakes if (mistake.start, mistake.end) not in spans)

    def aside(self) -> "Run":
        """Return a run for branches that may never be taken: its text, mistakes and work do not count."""
        return Run(self.text, self.scope, self.budget.aside())


class TooUncertain(Exception):
    """It is not known what a template may set, because evaluating all of its branches takes too long."""


@dataclass(slots=True)
class Frame:
    """The run, and the variables that the template itself has set so far."""

    run: Run
    names: dict[str, object]

    def inner(self) -> "Frame":
        """Return the frame of one round of a loop: variables that are set in it do not leave it."""
        return Frame(self.run, dict(self.names))


Evaluate = Callable[[Frame], object]
"""An expression, ready to be evaluated."""
Write = Callable[[Frame], None]
"""A statement, ready to write its text into the run."""
Fill = Callable[[Frame], str]
"""An expression in a text, ready to give its text."""


def guess(evaluate: Evaluate, frame: Frame) -> object:
    """Return the value of an expression that may never be evaluated: its mistakes do not count."""
    try:
        return evaluate(Frame(frame.run.aside(), frame.names))
    except EvaluationFailed:
        return Unknown(None)
