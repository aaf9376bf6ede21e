"""What each filter and method is held to before it works."""

from collections.abc import Callable, Sized
from typing import Any

from specc.expressions.run import MAX_ITEMS, MAX_TEXT, Budget, Weight
from specc.expressions.values import TemplateSpan, noun
from specc.fast_dataclass import dataclass

MAX_PRECISION = 300
MAX_INDENT = 8
SCANNED_IN_A_STEP = 1_024


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a filter or method: `given` are its arguments by name, with their defaults."""

    name: str
    value: Any
    given: dict[str, Any]
    weight: Weight
    budget: Budget
    at: TemplateSpan

    def hold_text(self, length: int) -> None:
        if length > MAX_TEXT:
            raise self.at.limit(f"`{self.name}` would make a text of over {MAX_TEXT:,} characters")

    def hold_items(self, length: object) -> None:
        if isinstance(length, int) and length > MAX_ITEMS:
            raise self.at.limit(f"`{self.name}` would make a list of over {MAX_ITEMS:,} items")


Guard = Callable[[Use], None]


def number_only(use: Use) -> None:
    if not isinstance(use.value, int | float):
        raise use.at.error(f"`{use.name}` takes a number, not {noun(use.value)}")


def text_only(use: Use) -> None:
    if not isinstance(use.value, str):
        raise use.at.error(f"`{use.name}` takes a text, not {noun(use.value)}")


def width(use: Use) -> None:
    if isinstance(use.given["width"], int):
        use.hold_text(use.given["width"])


def indent(use: Use) -> None:
    text_only(use)  # Jinja2 would append to a list
    by = use.given["width"]
    length = len(by) if isinstance(by, str) else by
    if isinstance(length, int):
        use.hold_text(len(use.value) + (len(use.value.splitlines()) + 1) * length)


def replace(use: Use) -> None:
    text, old, new, count = str(use.value), str(use.given["old"]), str(use.given["new"]), use.given["count"]
    found = text.count(old)
    if isinstance(count, int) and count >= 0:
        found = min(found, count)
    use.hold_text(len(text) + found * (len(new) - len(old)))


def join(use: Use) -> None:
    if isinstance(use.value, Sized):
        use.hold_text(len(str(use.given["d"])) * (len(use.value) - 1))


def batch(use: Use) -> None:
    if use.given["fill_with"] is not None:
        use.hold_items(use.given["linecount"])


def slices(use: Use) -> None:
    use.hold_items(use.given["slices"])


def round_(use: Use) -> None:
    number_only(use)
    precision = use.given["precision"]
    if not isinstance(precision, int) or abs(precision) > MAX_PRECISION:
        raise use.at.error(f"`round` takes a number of digits up to {MAX_PRECISION}")


def sum_(use: Use) -> None:
    if not isinstance(use.given["start"], int | float):
        raise use.at.error(f"`sum` adds numbers, not {noun(use.given['start'])}")


def truncate(use: Use) -> None:
    text_only(use)  # Jinja2 would give a short list back as it is
    length, end = use.given["length"], use.given["end"]
    if isinstance(length, int) and isinstance(end, str) and length < len(end):
        raise use.at.error(f"`truncate` to {length} characters has no room for its `{end}`")


def tojson(use: Use) -> None:
    by = use.given["indent"]
    if not (by is None or (isinstance(by, int) and by <= MAX_INDENT)):
        raise use.at.error(f"`tojson` indents by at most {MAX_INDENT} blanks")
    use.hold_text(use.weight.characters * (1 + (by or 0) * use.weight.depth) // 2)


def chars(use: Use) -> None:
    """Check the arguments of `strip`: each character at the ends is looked up in `chars`."""
    scan(use, use.given["chars"])


def scan(use: Use, needle: object) -> None:
    """Pay for a search that may compare every character of the text with every character of the needle."""
    if isinstance(needle, str) and isinstance(use.value, str):
        use.budget.spend(len(needle) * len(use.value) // SCANNED_IN_A_STEP, use.at)


def needle(use: Use) -> None:
    """Pay for a search backwards, which Python does without its fast algorithm."""
    scan(use, use.given["needle"])


def items(use: Use) -> None:
    if isinstance(use.given["items"], Sized):
        use.hold_text(len(use.value) * len(use.given["items"]))


def tabs(use: Use) -> None:
    size = use.given["tabsize"]
    use.hold_text(use.value.count("\t") * (size if isinstance(size, int) else 8))
