"""The static graph of a project: which specs inherit from, or include, a file."""

from collections.abc import Iterable

from specc.lineage import links
from specc.parser import Document
from specc.resolver import Library, Missing

Graph = dict[str, frozenset[str]]
"""For each spec's name, the names of the files that it refers to by itself."""


def references(document: Document) -> frozenset[str]:
    """The names of a spec's parents and of the files it includes."""
    return frozenset(link.target for link in links(document) if link.target is not None)


def graph_of(names: Iterable[str], library: Library) -> Graph:
    """The references of every spec that can be read."""
    graph: Graph = {}
    for name in names:
        parsed = library.document(name)
        if not isinstance(parsed, Missing) and parsed.document is not None:
            graph[name] = references(parsed.document)
    return graph


def dependents(changed: Iterable[str], graph: Graph) -> list[str]:
    """Every spec that reaches one of the changed files, in the graph's order, without these themselves."""
    start = set(changed)
    reached = set(start)
    grown = True
    while grown:
        grown = False
        for name, targets in graph.items():
            if name not in reached and targets & reached:
                reached.add(name)
                grown = True
    return [name for name in graph if name in reached - start]
