"""The heat map of two axes, as a table: a row for each value of one, a column for each of the other.

A table can be read by a screen reader and by keyboard, printed, and be looked at without a script.
"""

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from specc.reporters.page.elements import element, joined
from specc.reporters.page.model import Column, Job, Kind, Outcome
from specc.reporters.page.scales import SHADES, grouped, levels, median, shade

MOST_CELLS = 10_000
DENSE_FROM = 24
"""Columns. In more, there is no room for texts."""

WORST = {outcome: at for at, outcome in enumerate(Outcome)}


def heat_map(jobs: Sequence[Job], across: Column, down: Column | None, value: Column) -> Markup:
    """Return the heat map. Of several jobs in one cell, numbers stand for their median, states for the worst."""
    columns, rows = levels(across, jobs), levels(down, jobs) if down is not None else [""]
    if len(columns) * len(rows) > MOST_CELLS:
        return element("p", f"{len(columns):,} by {len(rows):,} values are too many for a map.", class_="note")
    cells = grouped(jobs, lambda job: (across.text(across.value(job)), down.text(down.value(job)) if down else ""))
    known = {
        at: found
        for at, listed in cells.items()
        if (found := [each for job in listed if (each := value.number(job)) is not None])
    }
    numbers = {at: median(found) for at, found in known.items()}
    is_state = value.kind is Kind.STATE
    least, largest = min(numbers.values(), default=0.0), max(numbers.values(), default=0.0)

    def drawn(at: tuple[str, str]) -> Markup:
        listed = cells.get(at, [])
        if not listed:
            return element("td", class_="none")
        if is_state:
            return _state(listed)
        if at not in numbers:
            return element("td", _texts(listed, value), class_="none")
        return element("td", value.brief(numbers[at]), class_=f"h{shade(numbers[at], least, largest)}")

    head = element("tr", element("th", down.name if down else "", scope="col"),
                   *(element("th", name, scope="col") for name in columns))  # fmt: skip
    body = (
        element("tr", element("th", row, scope="row"), *(drawn((column, row)) for column in columns)) for row in rows
    )
    most = max(map(len, known.values()), default=0)
    of_several = "" if is_state or most < 2 else f", the median of up to {most:,} jobs"
    table = element(
        "table",
        element("caption", f"{value.head} by {across.head}" + (f" and {down.head}" if down else "") + of_several),
        element("thead", head),
        element("tbody", *body),
        class_="heat dense" if len(columns) > DENSE_FROM else "heat",
    )
    return table if is_state or not numbers else table + _scale(value.brief(least), value.brief(largest))


def worst_of(jobs: Sequence[Job]) -> Outcome:
    """Return the worst outcome of any of the jobs."""
    return max((job.outcome for job in jobs), key=WORST.__getitem__)


def _state(jobs: Sequence[Job]) -> Markup:
    worst = worst_of(jobs)
    count = Counter(job.outcome for job in jobs)[worst]
    text = worst.sign if len(jobs) == 1 else f"{worst.sign} {count}/{len(jobs)}"
    return element("td", text, class_=f"o-{worst}", title=worst)


def _texts(jobs: Sequence[Job], value: Column) -> str:
    """Return the value of the jobs, where all have the same; else how many there are."""
    texts = {value.text(value.value(job)) for job in jobs}
    return texts.pop() if len(texts) == 1 else f"{len(texts)} values"


def _scale(least: str, largest: str) -> Markup:
    steps = joined(element("i", class_=f"h{at}") for at in range(SHADES))
    return element("p", least, element("span", steps, aria_hidden="true"), largest, class_="scale")
