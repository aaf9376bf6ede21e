"""Quantities: what `64GiB` and `2h30m` are in the unit that the API counts in."""

from specc.units.convert import convert, to_unit
from specc.units.filters import filters
from specc.units.quantity import DURATION_UNITS, MEMORY_UNITS, UNITS, Problem, read, spell

__all__ = ["DURATION_UNITS", "MEMORY_UNITS", "UNITS", "Problem", "convert", "filters", "read", "spell", "to_unit"]
