"""The sweep: from a matrix to its cells, counted before any is made."""

from specc.expander.cells import Cell, cell_of
from specc.expander.expand import Expansion, expand
from specc.expander.selection import Selection, select
from specc.expander.values import AxisValue

__all__ = ["AxisValue", "Cell", "Expansion", "Selection", "cell_of", "expand", "select"]
