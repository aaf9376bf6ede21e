"""The graph of many specs, with all that is above them."""

from collections.abc import Callable, Iterable
from enum import StrEnum

from specc.diagnostics import Missing
from specc.fast_dataclass import dataclass
from specc.lineage.links import How, links
from specc.resolver import Library
from specc.source import Span

SHIPPED = "specc:"


class Kind(StrEnum):
    """`UNREADABLE` is a spec that is no YAML, `MISSING` what is referred to and not there."""

    SPEC = "spec"
    BASE = "base"
    SHIPPED = "shipped"
    FILE = "file"
    UNREADABLE = "unreadable"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` inherits from `target`, or includes it. `span` is where it says so first."""

    source: str
    target: str
    how: How
    span: Span


@dataclass(frozen=True, slots=True)
class Lineage:
    """Everything by the path that people know it by, in alphabetical order. `cycles` each begin with their first."""

    kinds: dict[str, Kind]
    edges: tuple[Edge, ...]
    cycles: tuple[tuple[str, ...], ...]

    def is_in_cycle(self, edge: Edge) -> bool:
        return any(edge.source in cycle and edge.target in cycle for cycle in self.cycles)

    def only(self, paths: set[str]) -> "Lineage":
        """What is left when only these are kept."""
        return _lineage(
            {path: kind for path, kind in self.kinds.items() if path in paths},
            [edge for edge in self.edges if {edge.source, edge.target} <= paths],
        )

    def joined(self, other: "Lineage") -> "Lineage":
        """Two projects in one picture."""
        return _lineage({**self.kinds, **other.kinds}, [*self.edges, *other.edges])


EMPTY = Lineage({}, (), ())


def lineage(names: Iterable[str], library: Library, path_of: Callable[[str], str]) -> Lineage:
    """The named specs and all that they consist of. `path_of` gives the path of a name."""
    kinds: dict[str, Kind] = {}
    edges: dict[tuple[str, str, How], Edge] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        path = path_of(name)
        if path in kinds:
            continue
        parsed = library.document(name)
        if isinstance(parsed, Missing) or parsed.document is None:
            kinds[path] = Kind.MISSING if isinstance(parsed, Missing) else Kind.UNREADABLE
            continue
        kinds[path] = _kind(name, is_abstract=parsed.document.abstract)
        for link in links(parsed.document):
            target = link.written if link.target is None else path_of(link.target)
            edges.setdefault((path, target, link.how), Edge(path, target, link.how, link.span))
            if link.target is None:
                kinds[target] = Kind.MISSING
            elif link.how == "extends":
                waiting.append(link.target)
            else:
                is_there = not isinstance(library.text(link.target), Missing)
                kinds[target] = Kind.FILE if is_there else Kind.MISSING
    return _lineage(kinds, edges.values())


def _kind(name: str, *, is_abstract: bool) -> Kind:
    if name.startswith(SHIPPED):
        return Kind.SHIPPED
    return Kind.BASE if is_abstract else Kind.SPEC


def _lineage(kinds: dict[str, Kind], edges: Iterable[Edge]) -> Lineage:
    ordered = tuple(sorted(edges, key=lambda edge: (edge.source, edge.target, edge.how)))
    return Lineage(dict(sorted(kinds.items())), ordered, _cycles(ordered))


def below(changed: Iterable[str], graph: Lineage) -> set[str]:
    """The changed files with every spec that a change of them reaches."""
    users: dict[str, list[str]] = {}
    for edge in graph.edges:
        users.setdefault(edge.target, []).append(edge.source)
    reached = set(changed)
    waiting = list(reached)
    while waiting:
        new = set(users.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += new
    return reached


def _cycles(edges: tuple[Edge, ...]) -> tuple[tuple[str, ...], ...]:
    """One for each group of files that all inherit from each other: a shortest way from the first back to itself."""
    above: dict[str, list[str]] = {}
    for edge in edges:
        if edge.how == "extends":
            above.setdefault(edge.source, []).append(edge.target)
    found: list[tuple[str, ...]] = []
    for start in sorted(above):
        if not any(start in cycle for cycle in found) and (cycle := _way_back(start, above)):
            found.append(cycle)
    return tuple(found)


def _way_back(start: str, above: dict[str, list[str]]) -> tuple[str, ...]:
    came_from: dict[str, str] = {}
    waiting = [start]
    for path in waiting:  # it grows meanwhile
        for parent in above.get(path, ()):
            if parent == start:
                way = [path]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return tuple(reversed(way))
            if parent not in came_from:
                came_from[parent] = path
                waiting.append(parent)
    return ()
