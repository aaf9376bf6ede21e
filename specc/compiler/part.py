"""A sweep in parts, each of which another process can compile."""

from typing import NamedTuple


class Part(NamedTuple):
    """The selected cells from number `first` up to number `after`, which is not among them."""

    first: int
    after: int


class Share(NamedTuple):
    """What one of several processes checks of a sweep of `cells` cells."""

    part: Part
    cells: int


class Uneven(Exception):
    """The cells of a part needed more than their average share of the sweep's budget.

    Whether the other cells have left that over, only who evaluates them all can say.
    """
