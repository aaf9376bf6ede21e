"""The ancestors of a file in one order: loaded once each, without cycles, by C3 as the classes of Python."""

from collections.abc import Sequence
from dataclasses import field

from specc.diagnostics import Diagnostic, Label, Missing, codes
from specc.fast_dataclass import dataclass
from specc.nodes import Scalar
from specc.parser import Document
from specc.resolver.library import SHIPPED, Library, join

MAX_DEPTH = 16


@dataclass(frozen=True, eq=False)
class Ancestry:
    """The files of a spec. `order` goes from the weakest ancestor to the file itself.

    `above` has the names of the ancestors of each file.
    """

    order: tuple[Document, ...]
    above: dict[str, frozenset[str]]

    @property
    def is_chain(self) -> bool:
        """Return whether each file inherits from all files before it."""
        return all(len(self.above.get(part.source.name, ())) == before for before, part in enumerate(self.order))


Edge = tuple[str, Scalar]
"""The name of a file with one parent in its `extends`."""


@dataclass
class _Climb:
    """The way up from one file: the files met so far, and the chain of `extends` lines that led to the present file.

    `longest` is the longest chain upwards from each file, even if the file was first met on a shorter way.
    """

    library: Library
    found: list[Diagnostic]
    lines: dict[str, list[str] | None] = field(default_factory=dict)
    longest: dict[str, tuple[Edge, ...]] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    chain: list[Edge] = field(default_factory=list)


def ancestry(document: Document, library: Library) -> tuple[Ancestry, list[Diagnostic]]:
    """Return the order of inheritance. Parents that cannot be read are reported and left out."""
    climb = _Climb(library, [])
    line = _linearise(document, climb) or [document.source.name]
    _check_depth(climb.longest[document.source.name], climb.found)
    order = tuple(climb.documents[name] for name in reversed(line))
    above = {name: frozenset(own[1:]) for name, own in climb.lines.items() if own}
    return Ancestry(order, above), climb.found


def _linearise(document: Document, climb: _Climb) -> list[str] | None:
    """Return the names of the file and all its ancestors, strongest first; None if they have no order."""
    name = document.source.name
    if name in climb.lines:
        return climb.lines[name]
    climb.documents[name] = document
    parents: dict[str, tuple[Scalar, list[str]]] = {}
    longest: tuple[Edge, ...] = ()
    for reference in document.parents:
        climb.chain.append((name, reference))
        parent = _parent(name, reference, climb)
        line = _linearise(parent, climb) if parent is not None else None
        climb.chain.pop()
        if parent is None or line is None:
            continue
        longest = max(longest, ((name, reference), *climb.longest[parent.source.name]), key=len)
        if parent.source.name in parents:
            climb.found.append(_twice(parent.source.name, parents[parent.source.name][0], reference))
        else:
            parents[parent.source.name] = (reference, line)
    climb.longest[name] = longest
    climb.lines[name] = _merge_lines(name, list(parents.values()), climb.found)
    return climb.lines[name]


def _parent(name: str, reference: Scalar, climb: _Climb) -> Document | None:
    wanted = join(name, str(reference.value))
    if wanted is None:
        climb.found.append(
            codes.OUTSIDE_PROJECT.at(
                reference.span,
                f"`extends: {reference.value}` leads out of the project",
                help=_from_root(str(reference.value), climb.library)
                or "a parent lies inside the project; `//` starts at the project's root",
            )
        )
        return None
    start = next((i for i, (child, _) in enumerate(climb.chain) if child == wanted), None)
    if start is not None:
        climb.found.append(_cycle(climb.chain[start:]))
        return None
    if not _check_depth(climb.chain, climb.found):
        return None
    answer = climb.library.document(wanted)
    if isinstance(answer, Missing):
        written = str(reference.value)
        help = f"did you mean `{_beside(written, answer.meant)}`?" if answer.meant else answer.help
        help = help or _from_root(written, climb.library)
        climb.found.append(answer.code.at(reference.span, answer.message, help=help))
        return None
    climb.found.extend(d for d in answer.diagnostics if d not in climb.found)
    return answer.document


def _beside(reference: str, name: str) -> str:
    """Return the reference to another file in the folder that a reference leads to."""
    folder, slash, _ = reference.rpartition("/")
    return name if name.startswith(SHIPPED) else f"{folder}{slash}{name}"


def _from_root(reference: str, library: Library) -> str | None:
    """Return the help for a reference that would be right from the project's root."""
    path = join("", f"//{reference.lstrip('/')}")
    for name in (path, f"{path}.job.yaml") if path is not None and not reference.startswith((SHIPPED, "//")) else ():
        if not isinstance(library.document(name), Missing):
            return f"write `//{name}`: `//` starts at the project's root"
    return None


def _twice(name: str, first: Scalar, second: Scalar) -> Diagnostic:
    return codes.INHERITANCE_ORDER.at(
        second.span,
        f"`{name}` is in this `extends` twice",
        labels=(Label(first.span, "first here"),),
        help="remove one of them; the later parent in a list is the stronger one",
    )


def _cycle(chain: Sequence[Edge]) -> Diagnostic:
    """Return the diagnostic of a cycle, which begins at the first file by name, as for all its files."""
    start = min(range(len(chain)), key=lambda index: chain[index][0])
    (first, reference), *rest = turned = [*chain[start:], *chain[:start]]
    targets = [name for name, _ in rest] + [first]
    edges = [f"{ref.span.location}: {name} extends {to}" for (name, ref), to in zip(turned, targets, strict=True)]
    what = f"{first} inherits from itself" + (f" through {' and '.join(targets[:-1])}" if rest else "")
    help = "remove one of these `extends`" if rest else "remove it from its `extends`"
    return codes.INHERITANCE_CYCLE.at(reference.span, what, notes=tuple(edges) if rest else (), help=help)


def _check_depth(chain: Sequence[Edge], found: list[Diagnostic]) -> bool:
    """Return whether the chain is short enough. Only the first long chain is reported: others have the same bases."""
    if len(chain) <= MAX_DEPTH:
        return True
    if all(diagnostic.code is not codes.INHERITANCE_DEPTH for diagnostic in found):
        edges = tuple(f"{ref.span.location}: {name} extends {ref.value}" for name, ref in chain)
        message = f"inheritance is deeper than {MAX_DEPTH} files"
        help = "merge some of these bases into one"
        found.append(codes.INHERITANCE_DEPTH.at(chain[0][1].span, message, notes=edges, help=help))
    return False


def _merge_lines(name: str, parents: list[tuple[Scalar, list[str]]], found: list[Diagnostic]) -> list[str] | None:
    """Return the order by C3: the file, then the lines of its parents, merged so that each line keeps its order.

    The last parent is the strongest. None if there is no such order, which is reported.
    """
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
    """Return the diagnostic that names files in a circle, each of which must be weaker than the next."""
    stronger = {line[0]: next(other[0] for other in lines if line[0] in other[1:]) for line in lines}
    circle = [lines[0][0]]
    while (above := stronger[circle[-1]]) not in circle:
        circle.append(above)
    circle = circle[circle.index(above) :]
    if len(circle) == 2:
        why = f"`{circle[0]}` must be both stronger and weaker than `{circle[1]}`"
    else:
        why = ", and ".join(f"`{one}` must be weaker than `{stronger[one]}`" for one in circle)
    *_, last = parents
    help = (
        "the later parent in a list is the stronger one: change the order of this list, "
        "or leave out a parent that another one already brings"
    )
    for at, (_, [child, *inherited]) in enumerate(parents):
        twice = next((line[0] for _, line in parents[at + 1 :] if line[0] in inherited), None)
        if twice is not None:
            why = f"this list puts `{twice}` over `{child}`, but `{child}` inherits from `{twice}`"
            help = f"remove `{twice}` from the list: `{child}` already brings it"
            break
    labels = tuple(Label(ref.span, f"brings {' over '.join(line)}") for ref, line in parents[:-1])
    return codes.INHERITANCE_ORDER.at(
        last[0].span,
        f"the parents of {name} have no common order: {why}",
        label=f"brings {' over '.join(last[1])}",
        labels=labels,
        help=help,
    )
