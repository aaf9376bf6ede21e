"""Quantities: what `64GiB` and `2h30m` are in the unit that the API counts in.

`read` gives the exact bytes or seconds of a text, `convert` the integer of a field, `spell` the text of a duration,
`filters` the template filters `gib`, `mib`, `minutes` and `seconds`. What cannot be read is a `QuantityMistake`.
"""

from specc.units.quantity import (
    DURATION_UNITS,
    MEMORY_UNITS,
    UNITS,
    QuantityMistake,
    convert,
    filters,
    read,
    spell,
    to_unit,
)

__all__ = [
    "DURATION_UNITS",
    "MEMORY_UNITS",
    "UNITS",
    "QuantityMistake",
    "convert",
    "filters",
    "read",
    "spell",
    "to_unit",
]
