"""The sweep: from a matrix to its cells, counted before any cell is made.

`expand` reads a merged `matrix:` section and gives an `Expansion`, which makes each `Cell` when it is needed. `select`
reads `--only` and `--cell`.
"""

from specc.expander.expand import Expansion, expand
from specc.expander.selection import Selection, select
from specc.expander.values import AxisValue, Cell, Values

__all__ = [
    "AxisValue",
    "Cell",
    "Expansion",
    "Selection",
    "Values",
    "expand",
    "select",
]
