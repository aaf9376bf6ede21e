"""The inheritance graph of many specs, with all that is above them, and its pictures: Mermaid, a tree, JSON."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from specc.diagnostics import Missing
from specc.fast_dataclass import dataclass
from specc.inheritance.links import How, links
from specc.resolver import Library
from specc.source import Span
from specc.visible import visible, visible_json

SHIPPED = "specc:"

VERSION = 1
MOST_EDGES = 500
"""GitHub and GitLab draw no larger Mermaid graph."""

SPECIAL = re.compile(r"""[#"&<>`\\%{}]""")
"""Characters that end a label, are HTML or Markdown in a label, or begin a directive of Mermaid (`%%{init: ...}%%`)."""


class PictureFormat(StrEnum):
    """The formats of the graph. Mermaid is drawn by GitHub, GitLab and editors."""

    MERMAID = "mermaid"
    TEXT = "text"
    JSON = "json"


class Kind(StrEnum):
    """The kinds of files. `UNREADABLE` is a spec that is not YAML, `MISSING` a file that does not exist."""

    SPEC = "spec"
    BASE = "base"
    SHIPPED = "shipped"
    FILE = "file"
    UNREADABLE = "unreadable"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` inherits from `target`, or includes it. `span` is where `source` says so first."""

    source: str
    target: str
    how: How
    span: Span


@dataclass(frozen=True, slots=True)
class InheritanceGraph:
    """Files by the path that people know, in alphabetical order. A cycle begins with the first of its files."""

    kinds: dict[str, Kind]
    edges: tuple[Edge, ...]
    cycles: tuple[tuple[str, ...], ...]

    def is_in_cycle(self, edge: Edge) -> bool:
        """Return whether an edge is part of a cycle."""
        return any(edge.source in cycle and edge.target in cycle for cycle in self.cycles)

    def only(self, paths: set[str]) -> "InheritanceGraph":
        """Return the part of the graph between these paths."""
        return _ordered(
            {path: kind for path, kind in self.kinds.items() if path in paths},
            [edge for edge in self.edges if {edge.source, edge.target} <= paths],
        )

    def joined(self, other: "InheritanceGraph") -> "InheritanceGraph":
        """Return this graph together with that of another project. Bases that ship with specc are in both."""
        edges = {(edge.source, edge.target, edge.how): edge for edge in (*self.edges, *other.edges)}
        return _ordered({**self.kinds, **other.kinds}, edges.values())


EMPTY = InheritanceGraph({}, (), ())


def inheritance_graph(names: Iterable[str], library: Library, path_of: Callable[[str], str]) -> InheritanceGraph:
    """Return the graph of the named specs and all that they consist of. `path_of` gives the path of a name."""
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
    return _ordered(kinds, edges.values())


def _kind(name: str, *, is_abstract: bool) -> Kind:
    if name.startswith(SHIPPED):
        return Kind.SHIPPED
    return Kind.BASE if is_abstract else Kind.SPEC


def _ordered(kinds: dict[str, Kind], edges: Iterable[Edge]) -> InheritanceGraph:
    ordered = tuple(sorted(edges, key=lambda edge: (edge.source, edge.target, edge.how)))
    return InheritanceGraph(dict(sorted(kinds.items())), ordered, _cycles(ordered))


def below(changed: Iterable[str], graph: InheritanceGraph) -> set[str]:
    """Return the changed files with every spec that a change of them reaches."""
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
    """Return a cycle for each group of files that all inherit from each other: a shortest way back to the first."""
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


def picture(graph: InheritanceGraph, format: PictureFormat) -> str:
    """Return the graph in one of its formats."""
    return _PICTURES[format](graph)


SHAPES = {
    Kind.SPEC: ('["', '"]'),
    Kind.BASE: ('(["', '"])'),
    Kind.SHIPPED: ('[["', '"]]'),
    Kind.FILE: ('[/"', '"/]'),
    Kind.UNREADABLE: ('["', '"]:::bad'),
    Kind.MISSING: ('["', '"]:::bad'),
}
NOTES = {Kind.UNREADABLE: "cannot be read", Kind.MISSING: "missing"}


def _as_mermaid(graph: InheritanceGraph) -> str:
    """Heirs point at their parents, and with dotted lines at the files that they include; cycles are red."""
    names = {path: f"n{number}" for number, path in enumerate(graph.kinds)}
    lines = ["flowchart BT"]
    for path, kind in graph.kinds.items():
        before, behind = SHAPES[kind]
        note = f"<br>({NOTES[kind]})" if kind in NOTES else ""
        lines.append(f"  {names[path]}{before}{_escaped(path)}{note}{behind}")
    lines += [
        f"  {names[edge.source]} {'-->' if edge.how == 'extends' else '-.->'} {names[edge.target]}"
        for edge in graph.edges
    ]
    red = [str(number) for number, edge in enumerate(graph.edges) if edge.how == "extends" and graph.is_in_cycle(edge)]
    if red:
        lines.append(f"  linkStyle {','.join(red)} stroke:#c00,stroke-width:3px")
    if any(kind in NOTES for kind in graph.kinds.values()):
        lines.append("  classDef bad stroke:#c00,stroke-dasharray:4")
    return "".join(f"{line}\n" for line in lines)


def _escaped(path: str) -> str:
    """Return a name, which can hold anything, as a label. Mermaid writes a character as `#NUMBER;`."""
    return SPECIAL.sub(lambda match: f"#{ord(match[0])};", visible(path))


def _as_text(graph: InheritanceGraph) -> str:
    """Return bases with their heirs below them. An heir of several bases is shown in full below the first alone."""
    heirs: dict[str, list[str]] = {}
    for edge in graph.edges:
        if edge.how == "extends":
            heirs.setdefault(edge.target, []).append(edge.source)
    inheriting = {edge.source for edge in graph.edges if edge.how == "extends"}
    included = {edge.target for edge in graph.edges if edge.how == "includes"}
    shown: set[str] = set()
    lines: list[str] = []
    roots = [path for path in graph.kinds if path not in inheriting and not (path in included and path not in heirs)]
    for root in [*roots, *(cycle[0] for cycle in graph.cycles)]:
        if root not in shown:
            lines += _tree(root, graph, heirs, shown, ())
    return "".join(f"{visible(line)}\n" for line in lines)


def _tree(
    path: str, graph: InheritanceGraph, heirs: dict[str, list[str]], shown: set[str], way: tuple[str, ...]
) -> Iterator[str]:
    notes = [note for note in (NOTES.get(graph.kinds[path]),) if note]
    if path in way:
        notes.append("a cycle: it inherits from itself")
    elif path in shown and path in heirs:
        notes.append("its heirs are above")
    files = [edge.target for edge in graph.edges if edge.source == path and edge.how == "includes"]
    gone = {file for file in files if graph.kinds[file] is Kind.MISSING}
    notes += [f"$file: {file}, which is missing" if file in gone else f"$file: {file}" for file in files]
    yield "  " * len(way) + path + (f"  ({'; '.join(notes)})" if notes else "")
    if path in shown:
        return
    shown.add(path)
    for heir in heirs.get(path, ()):
        yield from _tree(heir, graph, heirs, shown, (*way, path))


def _as_json(graph: InheritanceGraph) -> str:
    document = {
        "version": VERSION,
        "nodes": [{"path": path, "kind": str(kind)} for path, kind in graph.kinds.items()],
        "edges": [
            {
                "from": edge.source,
                "to": edge.target,
                "kind": edge.how,
                "line": edge.span.first.line,
                "column": edge.span.first.column,
            }
            for edge in graph.edges
        ],
        "cycles": [list(cycle) for cycle in graph.cycles],
    }
    return visible_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


_PICTURES: dict[PictureFormat, Callable[[InheritanceGraph], str]] = {
    PictureFormat.MERMAID: _as_mermaid,
    PictureFormat.TEXT: _as_text,
    PictureFormat.JSON: _as_json,
}
