"""Limits. All work is paid for before it is done, so that no template can take long or much memory."""

from collections.abc import ItemsView, KeysView, ValuesView

from specc.expressions.faults import EvaluationFault, Place
from specc.expressions.jinja import Undefined
from specc.expressions.values import Unknown, bounded, fault_of
from specc.fast_dataclass import dataclass

MAX_TEXT = 65_536
"""Characters of a template, and of any text that it makes."""
MAX_ITEMS = 65_536
"""Items of any list that a template makes."""
MAX_DATA_DEPTH = 32
"""How deep lists and mappings may be nested in a value that a template gives."""

STEPS = 100_000
CHARACTERS = 1_000_000
FRAMES = 500
FRAMES_OF_A_REFERENCE = 8

CHARACTERS_READ_IN_A_STEP = 16


class Budget:
    """What is left for the evaluation of one spec; all its templates draw on one budget."""

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
        """Steps, with those of what may never happen."""
        aside = 0 if self._aside is None else self._aside.used
        return self._given - max(self.steps, 0) + aside

    def aside(self) -> "Budget":
        """Pays for what may never happen, as much again in all. That it is used up leaves this one as it was."""
        if self._is_aside:
            return self
        if self._aside is None:
            self._aside = Budget(self._given, is_aside=True)
        return self._aside

    def spend(self, steps: int, at: Place) -> None:
        """Pays for work: one step is about the evaluation of one name."""
        self.steps -= steps
        if self.steps < 0:
            raise at.limit("the template takes too many steps")

    def text(self, length: int, at: Place) -> None:
        """Pays for a new text of so many characters."""
        if length > MAX_TEXT:
            raise at.limit(f"a text of {length:,} characters is too long: the limit is {MAX_TEXT:,}")
        self.characters -= length
        if self.characters < 0:
            raise at.limit("the templates of this spec make too much text")

    def items(self, length: int, at: Place) -> None:
        """Pays for a new list of so many items."""
        if length > MAX_ITEMS:
            raise at.limit(f"a list of {length:,} items is too long: the limit is {MAX_ITEMS:,}")
        self.spend(length, at)

    def enter(self, depth: int, at: Place) -> int:
        """Pays for Python's stack while a template is evaluated inside others; gives the price, for `leave`."""
        frames = 2 * depth + FRAMES_OF_A_REFERENCE
        if frames > self.frames:
            raise at.limit("values refer to each other too deeply")
        self.frames -= frames
        return frames

    def leave(self, frames: int) -> None:
        self.frames += frames


@dataclass(slots=True)
class Weight:
    """What lies in a value: how much text, and whether something unknown or an unfinished list is among it."""

    characters: int = 0
    unknown: bool = False
    streams: bool = False
    depth: int = 0


def weigh(budget: Budget, at: Place, *values: object) -> Weight:
    """Walks the values, paying a step for each part, so that what follows may walk them as well.

    An undefined value inside is a fault: whatever follows would use it.
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
                raise EvaluationFault(fault_of(value, at))
            case _:
                weight.streams = True
    return weight


def _go_down(weight: Weight, depth: int, length: int, budget: Budget, at: Place) -> None:
    """Pays before the parts are laid on the pile: a value may hold one long list many times."""
    budget.spend(length, at)
    weight.characters += 2 + 2 * length
    weight.depth = max(weight.depth, depth + 1)
