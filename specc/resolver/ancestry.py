"""A file's ancestors in one order: loaded once each, without cycles, C3 as Python's classes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from specc.diagnostics import Diagnostic, Label, codes
from specc.nodes import Scalar
from specc.parser import Document
from specc.resolver.library import Library, Missing
from specc.resolver.paths import join

MAX_DEPTH = 16


@dataclass(frozen=True, eq=False)
class Ancestry:
    """`order` goes from the weakest ancestor to the file itself; `above` gives each file's own ancestors' names."""

    order: tuple[Document, ...]
    above: dict[str, frozenset[str]]


@dataclass
class _Climb:
    """The way up from one file: what was met so far, and the chain of `extends` lines that led here."""

    library: Library
    found: list[Diagnostic]
    lines: dict[str, list[str] | None] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    chain: list[tuple[str, Scalar]] = field(default_factory=list)


def ancestry(document: Document, library: Library) -> tuple[Ancestry, list[Diagnostic]]:
    """The order of inheritance. Parents that cannot be had are reported and left out."""
    climb = _Climb(library, [])
    line = _linearise(document, climb) or [document.source.name]
    order = tuple(climb.documents[name] for name in reversed(line))
    above = {name: frozenset(own[1:]) for name, own in climb.lines.items() if own}
    return Ancestry(order, above), climb.found


def _linearise(document: Document, climb: _Climb) -> list[str] | None:
    """The names of the file and all its ancestors, strongest first; None when no order can be had."""
    name = document.source.name
    if name in climb.lines:
        return climb.lines[name]
    climb.documents[name] = document
    parents: list[tuple[Scalar, list[str]]] = []
    for reference in document.parents:
        climb.chain.append((name, reference))
        parent = _parent(name, reference, climb)
        line = _linearise(parent, climb) if parent is not None else None
        climb.chain.pop()
        if parent is not None and line is not None:
            parents.append((reference, line))
    climb.lines[name] = _merge_lines(name, parents, climb.found)
    return climb.lines[name]


def _parent(name: str, reference: Scalar, climb: _Climb) -> Document | None:
    wanted = join(name, str(reference.value))
    if wanted is None:
        climb.found.append(
            codes.OUTSIDE_PROJECT.at(
                reference.span,
                f"`extends: {reference.value}` leads out of the project",
                help="a parent lies inside the project; `//` starts at the project's root",
            )
        )
        return None
    start = next((i for i, (child, _) in enumerate(climb.chain) if child == wanted), None)
    if start is not None:
        climb.found.append(_cycle(climb.chain[start:]))
        return None
    if len(climb.chain) > MAX_DEPTH:
        climb.found.append(_too_deep(climb.chain))
        return None
    answer = climb.library.document(wanted)
    if isinstance(answer, Missing):
        climb.found.append(answer.code.at(reference.span, answer.message, help=answer.help))
        return None
    climb.found.extend(d for d in answer.diagnostics if d not in climb.found)
    return answer.document


def _cycle(chain: Sequence[tuple[str, Scalar]]) -> Diagnostic:
    """One edge a line, from the first file by name back to itself, so that a cycle is one finding for all its files."""
    start = min(range(len(chain)), key=lambda index: chain[index][0])
    (first, reference), *rest = turned = [*chain[start:], *chain[:start]]
    targets = [name for name, _ in rest] + [first]
    edges = [f"{ref.span}: {name} extends {to}" for (name, ref), to in zip(turned, targets, strict=True)]
    what = f"{first} inherits from itself" + (f" through {' and '.join(targets[:-1])}" if rest else "")
    return codes.INHERITANCE_CYCLE.at(
        reference.span, what, notes=tuple(edges) if rest else (), help="remove one of these `extends`"
    )


def _too_deep(chain: Sequence[tuple[str, Scalar]]) -> Diagnostic:
    edges = tuple(f"{ref.span}: {name} extends {ref.value}" for name, ref in chain)
    return codes.INHERITANCE_DEPTH.at(
        chain[0][1].span,
        f"inheritance is deeper than {MAX_DEPTH} files",
        notes=edges,
        help="merge some of these bases into one",
    )


def _merge_lines(name: str, parents: list[tuple[Scalar, list[str]]], found: list[Diagnostic]) -> list[str] | None:
    """C3: the file, then its parents' lines merged so that no line's order is broken. The last parent is strongest."""
    strongest_first = list(reversed(parents))
    lines = [list(line) for _, line in strongest_first] + [[line[0] for _, line in strongest_first]]
    merged = [name]
    while lines := [line for line in lines if line]:
        head = next((line[0] for line in lines if not any(line[0] in other[1:] for other in lines)), None)
        if head is None:
            found.append(_no_order(name, parents, lines))
            return None
        merged.append(head)
        lines = [line[1:] if line[0] == head else line for line in lines]
    return merged


def _no_order(name: str, parents: list[tuple[Scalar, list[str]]], lines: list[list[str]]) -> Diagnostic:
    """Names two files that one parent wants in one order and another (or the list itself) in the other."""
    blocked = lines[0][0]
    other = next(line for line in lines if blocked in line[1:])
    rival = other[0]
    *_, last = parents
    labels = tuple(Label(ref.span, f"brings {' over '.join(line)}") for ref, line in parents[:-1])
    return codes.INHERITANCE_ORDER.at(
        last[0].span,
        f"the parents of {name} have no common order: `{blocked}` must be both stronger and weaker than `{rival}`",
        label=f"brings {' over '.join(last[1])}",
        labels=labels,
        help="the later parent in a list is the stronger one: change the order of this list, "
        "or leave out a parent that another one already brings",
    )
