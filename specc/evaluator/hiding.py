"""Which variables of the environment a value comes from, through whatever its template does with them.

A search would not find `{{ env.TOKEN | upper }}` or a part of a value. But each value keeps what its template read, so
what comes from a variable is known however it was changed, and also where it only decided between two texts.
"""

from specc.evaluator.values import Value

ENV = "env."
OF_CELLS = ("matrix.", "cell.")
MASK = "***"


def env_names(value: Value, of_matrix: frozenset[str]) -> frozenset[str]:
    """Return the variables that a value depends on. `of_matrix` are those that the axes depend on."""
    found: set[str] = set()
    _collect(value, of_matrix, found, set())
    return frozenset(found)


def read_names(name: str, of_matrix: frozenset[str]) -> frozenset[str]:
    """Return the variables that a name depends on by itself: `env.X`, or one of the cell's."""
    if name.startswith(ENV):
        return frozenset({name.removeprefix(ENV)})
    return of_matrix if name.startswith(OF_CELLS) else frozenset()


def _collect(value: Value, of_matrix: frozenset[str], found: set[str], seen: set[int]) -> None:
    """Values share what they read, so each is looked at once."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        waiting.extend(current.children_in_order())
        for read in current.reads:
            found |= read_names(read.name, of_matrix)
            if read.value is not None:
                waiting.append(read.value)
