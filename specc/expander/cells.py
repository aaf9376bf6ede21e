"""A cell: one combination of axis values, known by a digest that no reordering of axes changes."""

from specc.expander.values import Values, digest_of
from specc.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One payload's place in the sweep. `index` counts from 0 over the whole matrix, whatever is selected.

    `id` is the digest of the axis values, with the number of the repetition where there are several. `slug` is for
    people and file names. A spec without a matrix has one cell: slug "0", no values.
    """

    id: str
    index: int
    slug: str
    repeat: int
    values: Values

    def data(self) -> dict[str, object]:
        return {name: value.data for name, value in self.values.items()}


def cell_of(values: Values, index: int, repeat: int, repeats: int) -> Cell:
    """The cell of these values; `repeat` counts from 1 to `repeats`."""
    digest = digest_of(values)
    slug = "-".join(value.slug for value in values.values()) or "0"
    if repeats > 1:
        return Cell(f"{digest}.{repeat}", index, f"{slug}-r{repeat}", repeat, values)
    return Cell(digest, index, slug, repeat, values)
