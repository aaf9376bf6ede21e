"""The graph as Mermaid, which GitHub and GitLab draw, as a tree for people, and as JSON."""

import json
import re
from collections.abc import Callable, Iterator

from specc.lineage.model import Kind, Lineage
from specc.visible import visible, visible_json

VERSION = 1
MOST_EDGES = 500
"""Mermaid draws no more, unless whoever embeds it allows more; GitHub and GitLab do not."""

SHAPES = {
    Kind.SPEC: ('["', '"]'),
    Kind.BASE: ('(["', '"])'),
    Kind.SHIPPED: ('[["', '"]]'),
    Kind.FILE: ('[/"', '"/]'),
    Kind.UNREADABLE: ('["', '"]:::bad'),
    Kind.MISSING: ('["', '"]:::bad'),
}
NOTES = {Kind.UNREADABLE: "cannot be read", Kind.MISSING: "missing"}
SPECIAL = re.compile(r"""[#"&<>`\\%{}]""")
"""What ends a label, is HTML or Markdown in one, or begins a directive of Mermaid (`%%{init: ...}%%`)."""


def as_mermaid(graph: Lineage) -> str:
    """Heirs point at what they inherit from, with dotted lines at the files that they include; cycles are red."""
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
    """Names of files can hold anything. Mermaid writes a character as `#NUMBER;`."""
    return SPECIAL.sub(lambda match: f"#{ord(match[0])};", visible(path))


def as_text(graph: Lineage) -> str:
    """Bases with their heirs below them. An heir of several is shown in full below the first alone."""
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
    path: str, graph: Lineage, heirs: dict[str, list[str]], shown: set[str], way: tuple[str, ...]
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


def as_json(graph: Lineage) -> str:
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


PICTURES: dict[str, Callable[[Lineage], str]] = {"mermaid": as_mermaid, "text": as_text, "json": as_json}
