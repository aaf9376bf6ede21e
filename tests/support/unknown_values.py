"""The law of unknown values: what is said of a template while some of its variables are unknown holds for all of them.

`check` evaluates a spec without its parameters. It must neither report a mistake that the template does not have, nor
say that a value is of another kind than it turns out to be.
"""

from random import Random
from typing import Any

from specc.expressions import Budget, EvaluationFailed, Template, Unknown
from specc.expressions.values import kind_of
from support.jinja_oracle import DATA, SCOPE, Names, same

SHARE = 0.6


def contradiction(template: Template, random: Random) -> str | None:
    """How a template's value contradicts what is said of it while variables that are chosen at random are unknown."""
    try:
        value = template.evaluate(SCOPE, Budget())
    except EvaluationFailed:
        return None
    data = {name: _hidden(members, random, share=0.0) for name, members in DATA.items()}
    try:
        said = template.evaluate(Names(data), Budget())
    except EvaluationFailed as error:
        return None if error.is_limit else f"{value!r}, but with {data} it fails: {error.mistakes[0].message}"
    fits = _fits(said.kind, value) if isinstance(said, Unknown) else same(said, value)
    return None if fits else f"{value!r}, but with {data} it is {said!r}"


def _hidden(data: Any, random: Random, share: float = SHARE) -> Any:
    """The data with unknown values in it, of known kinds and not."""
    if random.random() < share:
        return Unknown(kind_of(data) if random.random() < 0.7 else None)
    if isinstance(data, dict):
        return {name: _hidden(value, random) for name, value in data.items()}
    return [_hidden(value, random) for value in data] if isinstance(data, list) else data


def _fits(said: str | None, value: object) -> bool:
    kind = kind_of(value)
    return said in (None, kind) or (said == "number" and kind in ("integer", "boolean"))
