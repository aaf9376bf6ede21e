"""From values to positions and colours: even, logarithmic and named scales, round ticks, medians, steps of colour."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from math import floor, log10
from typing import TypeVar

from specc.fast_dataclass import dataclass
from specc.reporters.page.model import Column, Job, drawable
from specc.wording import duration_text

Key = TypeVar("Key", bound=Hashable)
LOGARITHMIC_FROM = 100
"""How many times the least value the largest is, for a scale to be logarithmic."""

SHADES = 8
NEAREST = 18
"""How far ticks are apart at least, in the units of a drawing."""

TIMES = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Round spans of time in seconds. Above, there are days."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Positions of values from `start` to `end`, with ticks as pairs of a position and a text."""

    place: Callable[[object], float | None]
    ticks: tuple[tuple[float, str], ...]


def levels(column: Column, jobs: Iterable[Job]) -> list[str]:
    """Return the texts of the values that occur: in the order of numbers where all are numbers, else as they come."""
    found: dict[str, float | None] = {}
    for job in jobs:
        value = column.value(job)
        if text := column.text(value):
            found.setdefault(text, drawable(value))
    numbers = [(number, text) for text, number in found.items() if number is not None]
    return [text for _, text in sorted(numbers)] if len(numbers) == len(found) else list(found)


def scale_of(column: Column, jobs: Sequence[Job], start: float, end: float, most: int = 8) -> Scale:
    """Return the scale of a column: of numbers where all of its values are, else its values side by side."""
    values = [value for job in jobs if (value := column.value(job)) is not None]
    numbers = [number for value in values if (number := drawable(value)) is not None]
    if numbers and len(numbers) == len(values):
        return of_numbers(numbers, start, end, column.text, most, is_named=True)
    names = levels(column, jobs)
    step = (end - start) / max(1, len(names))
    places = {name: start + step * (at + 0.5) for at, name in enumerate(names)}
    shown = thinned([(place, name) for name, place in places.items()], most)
    return Scale(lambda value: places.get(column.text(value)), shown)


def of_numbers(
    numbers: Sequence[float],
    start: float,
    end: float,
    text: Callable[[object], str],
    most: int = 6,
    *,
    is_named: bool = False,
) -> Scale:
    """Return a scale over these numbers. Its ticks are round; with `is_named`, the numbers where these are few."""
    least, largest = min(numbers), max(numbers)
    is_log = is_logarithmic(least, largest)
    low, high = (log10(least), log10(largest)) if is_log else (least, largest)
    if high == low:
        low, high = low - 0.5, high + 0.5
    slope = (end - start) / (high - low)

    def place(value: object) -> float | None:
        number = drawable(value)
        if number is None or (is_log and number <= 0):
            return None
        return start + ((log10(number) if is_log else number) - low) * slope

    own = sorted(set(numbers))
    if not (is_named and len(own) <= most) and len(own) > 1:
        own = powers(low, high) if is_log else rounded(low, high, most)
    ticks = [(position, text(number)) for number in own if (position := place(number)) is not None]
    return Scale(place, spaced(thinned(ticks, most)))


def is_logarithmic(least: float, largest: float) -> bool:
    """Return whether numbers between these two are shown by their logarithms."""
    return least > 0 and largest / least >= LOGARITHMIC_FROM


def rounded(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers between two, at most so many and two more."""
    rough = (high - low) / most
    if not rough > 0:
        return [low]
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = floor(low / step)
    return [value for at in range(most + 3) if low <= (value := round((first + at) * step, 12)) <= high]


def powers(low: float, high: float) -> list[float]:
    """Return powers of ten between two, given by their logarithms."""
    return [10.0**power for power in range(floor(low), floor(high) + 1) if low <= power <= high]


def time_ticks(span: float, most: int = 8) -> list[tuple[float, str]]:
    """Return round times from 0 to a span in seconds, with their texts."""
    rough = span / most
    step = next((float(each) for each in TIMES if each >= rough), max(1.0, round(rough / 86400 + 0.5)) * 86400.0)
    if rough < 1:
        return [(value, duration_text(value)) for value in rounded(0, span, most)]
    return [(at * step, _time(at * step)) for at in range(int(span / step) + 1)]


def _time(seconds: float) -> str:
    days, rest = divmod(round(seconds), 86400)
    if days:
        return f"{days}d" + (f"{rest // 3600:02}h" if rest else "")
    if not seconds:
        return "0"
    text = duration_text(seconds)
    return text.removesuffix("00s").removesuffix("00m")


def thinned(ticks: Sequence[tuple[float, str]], most: int) -> tuple[tuple[float, str], ...]:
    """Return every n-th tick, at most so many."""
    every = -(-len(ticks) // most) if ticks else 1
    return tuple(ticks[::every])


def spaced(ticks: Sequence[tuple[float, str]]) -> tuple[tuple[float, str], ...]:
    """Return ticks without those that stand too near to the one before."""
    found: list[tuple[float, str]] = []
    for place, text in ticks:
        if not found or abs(place - found[-1][0]) >= NEAREST:
            found.append((place, text))
    return tuple(found)


def median(numbers: Sequence[float]) -> float:
    """Return the number in the middle, or the mean of the two there."""
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def shade(number: float, least: float, largest: float) -> int:
    """Return which of the steps of colour a number has between two others."""
    if not largest > least:
        return SHADES // 2
    if is_logarithmic(least, largest):
        number, least, largest = log10(number), log10(least), log10(largest)
    return min(SHADES - 1, int((number - least) / (largest - least) * SHADES))


def grouped(jobs: Iterable[Job], key: Callable[[Job], Key]) -> dict[Key, list[Job]]:
    """Return the jobs by a key, in the order in which the keys come."""
    found: dict[Key, list[Job]] = {}
    for job in jobs:
        found.setdefault(key(job), []).append(job)
    return found
