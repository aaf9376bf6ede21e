"""The filters `sh` and `raw`: how a value gets into a shell command."""

import shlex

from specc.expressions.budget import CHARACTERS_READ_IN_A_STEP, Budget, weigh
from specc.expressions.faults import Place
from specc.expressions.operators import unfinished
from specc.expressions.values import Quoted, Raw, Unknown, noun, text_of


def sh(value: object, budget: Budget, at: Place) -> object:
    """The value as one word of the shell; a list as several, with a blank between them."""
    if isinstance(value, str):
        budget.spend(1 + len(value) // CHARACTERS_READ_IN_A_STEP, at)
        quoted = shlex.quote(str(value))
        budget.text(len(quoted), at)
        return Quoted(quoted)
    weight = weigh(budget, at, value)
    if weight.unknown:
        return Unknown("string")
    if weight.streams:
        raise unfinished(at)
    parts = value if isinstance(value, list | tuple | range) else [value]
    text = " ".join(shlex.quote(_word(part, at)) for part in parts)
    budget.text(len(text), at)
    return Quoted(text)


def _word(value: object, at: Place) -> str:
    if isinstance(value, str | int | float):
        return text_of(value, at)
    raise at.error(f"`sh` makes words of texts and numbers, not of {noun(value)}")


def raw(value: object, budget: Budget, at: Place) -> object:
    """The value's text, meant for the shell as it is."""
    if isinstance(value, Unknown):
        return Unknown("string")
    return Raw(text_of(value, at))
