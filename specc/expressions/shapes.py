"""Templates that differ in digits of their plain text alone, as the names of numbered specs do: compiled once for all.

`case-{{ params.n }}-0017` and `case-{{ params.n }}-0018` have the same tags at the same places. What is compiled takes
its plain text from the template that it is evaluated for.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

from specc.expressions.faults import Fault
from specc.expressions.template import Template, compile_template

HOLE = re.compile(r"(\{\{(?![-+])[^{}'\"]*(?<![-+])\}\})")
"""A hole that cannot be mistaken: without quotes, brackets of its own, or blanks that it eats."""
DIGIT = re.compile(r"[0-9]")
OPENERS = ("{{", "{%", "\r")
"""What plain text may not hold here: another tag, or a line break that is not taken as it stands."""

Filters = Mapping[str, Callable[..., object]]


class Compiler:
    """Compiles templates with certain filters, and remembers those that it compiled."""

    def __init__(self, filters: Filters, most: int) -> None:
        self._filters = filters
        self._of_text = lru_cache(maxsize=most)(self._compiled)
        self._of_shape = lru_cache(maxsize=most)(self._plainly)

    def compile(self, text: str) -> Template | tuple[Fault, ...]:
        """As `compile_template`."""
        return self._of_text(text)

    def _compiled(self, text: str) -> Template | tuple[Fault, ...]:
        shape = shape_of(text)
        if shape is not None:
            compiled = self._of_shape(shape)
            if isinstance(compiled, Template):
                return replace(compiled, text=text)
        return self._plainly(text)

    def _plainly(self, text: str) -> Template | tuple[Fault, ...]:
        return compile_template(text, filters=self._filters)


def shape_of(text: str) -> str | None:
    """The text with zeros for the digits outside of its tags; None where the tags are not plain to see."""
    parts = HOLE.split(text)
    if any(opener in part for part in parts[::2] for opener in OPENERS) or any(p.endswith("{") for p in parts[::2]):
        return None
    parts[::2] = [DIGIT.sub("0", part) for part in parts[::2]]
    return "".join(parts)
