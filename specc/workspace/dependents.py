"""The static graph of a project: which specs inherit from, or include, a file."""

from collections.abc import Iterable

from specc.workspace.facts import Register

Graph = dict[str, frozenset[str]]
"""For each spec's name, the names of the files that it refers to by itself."""


def graph_of(names: Iterable[str], register: Register) -> Graph:
    """The references of every spec that can be read."""
    found = {name: register.of(name) for name in names}
    return {name: facts.references for name, facts in found.items() if facts is not None}


def dependents(changed: Iterable[str], graph: Graph) -> list[str]:
    """Every spec that reaches one of the changed files, in the graph's order, without these themselves."""
    start = set(changed)
    users: dict[str, list[str]] = {}
    for name, targets in graph.items():
        for target in targets:
            users.setdefault(target, []).append(name)
    reached, waiting = set(start), list(start)
    while waiting:
        new = [name for name in users.get(waiting.pop(), ()) if name not in reached]
        reached.update(new)
        waiting += new
    reached -= start
    return [name for name in graph if name in reached]
