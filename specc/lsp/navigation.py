"""Ways through the files of a project: definitions, references, links, symbols, folds, parents and heirs."""

from collections.abc import Generator, Iterator
from enum import StrEnum
from itertools import islice

from specc.app.editing import EditedProject, Snapshot
from specc.compiler import Request
from specc.diagnostics.codes import UNREADABLE
from specc.fast_dataclass import dataclass
from specc.inheritance import links
from specc.lsp.hover import flow, name_of, named_part
from specc.lsp.names import Mention, Name, everywhere, mentions, name_at
from specc.lsp.spots import Spot, name_in_script, spot_at
from specc.nodes import Mapping, Node, Scalar, Sequence, Style, kind_of, to_data
from specc.parser import SECTIONS, Document
from specc.resolver import ResolvedSpec, join, resolve
from specc.source import Source, Span
from specc.visible import visible

MOST_SYMBOLS = 200
"""So many symbols of a workspace are listed; whoever wants others types more of their name."""


def definitions_at(snapshot: Snapshot, offset: int) -> list[Span]:
    """Return where the thing at an offset is set, the strongest place first.

    Of a name in a template, the layers that set it; of a key that overrides, the layers below; of a parent or a
    `$file`, the file.
    """
    if snapshot.document is None:
        return []
    spot = spot_at(snapshot.document, snapshot.in_tree(offset))
    if spot is None:
        return []
    if file := _file_at(snapshot, spot):
        return [file]
    if spot.name:
        return _writers(snapshot, named_part(spot.name), ())
    named = name_of(spot.path)
    if named is None or not spot.is_key:
        return []
    path = _path_of(snapshot, named[0])
    found = _writers(snapshot, path, (named[1],) if named[1] else ())
    own = [span for span in found if span.source.name == snapshot.name and _overlaps(span, spot)]
    return [span for span in found if span not in own] or own


def definitions_in_script(project: EditedProject, name: str, text: Source, offset: int) -> list[Span]:
    """Return where the name at an offset of a script is set, for the first spec that includes the script."""
    found = name_in_script(text, offset)
    users = project.dependents(name) if found is not None else []
    if found is None or not users:
        return []
    return _writers(project.snapshot(users[0]), named_part(found[0]), ())


def _overlaps(span: Span, spot: Spot) -> bool:
    return span.start <= spot.span.end and spot.span.start <= span.end


def _path_of(snapshot: Snapshot, name: str) -> tuple[str, ...]:
    return tuple(name.split("."))


def _file_at(snapshot: Snapshot, spot: Spot) -> Span | None:
    """Return the beginning of the file that a parent or a `$file` names."""
    is_file = spot.path[:1] == ("extends",) or spot.path[-1:] == ("$file",)
    if not is_file or not isinstance(spot.node, Scalar) or not isinstance(spot.node.value, str):
        return None
    target = join(snapshot.name, spot.node.value)
    return _beginning(snapshot, target) if target is not None else None


def _beginning(snapshot: Snapshot, name: str) -> Span | None:
    contents = snapshot.project.site.contents
    if not isinstance(contents.data(name, UNREADABLE), bytes):
        return None
    return Source(contents.path_of(name), "", name).span()


def resolved(snapshot: Snapshot, profiles: tuple[str, ...] = ()) -> ResolvedSpec | None:
    """Return the spec of a snapshot with all that it inherits."""
    if snapshot.document is None:
        return None
    context = snapshot.project.context()
    return resolve(snapshot.document, context.library, context.overlays(Request(profiles)))[0]


def _writers(snapshot: Snapshot, path: tuple[str, ...], profiles: tuple[str, ...]) -> list[Span]:
    """Return where the value at a path of the merged spec is written, the winner first."""
    spec = resolved(snapshot, profiles)
    node: Node | None = spec.body if spec is not None else None
    key: Scalar | None = None
    for step in _steps(spec, path):
        below = node.get(step) if isinstance(node, Mapping) else None
        if below is None or not isinstance(node, Mapping):
            return []
        key, node = node.keys.get(step), below
    found = [key.span] if key is not None else []
    below = node.beneath if node is not None else None
    while below is not None:
        found.append(below.span)
        below = below.beneath
    return found


def _steps(spec: ResolvedSpec | None, path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the way to a name in the body: an axis stands below `axes` or `zip`."""
    if spec is None or path[0] != "matrix" or len(path) < 2:
        return path
    matrix = spec.section("matrix")
    parts = (
        part for part in ("axes", "zip") if isinstance(node := matrix.get(part), Mapping) and path[1] in node.entries
    )
    return ("matrix", next(parts, "axes"), path[1])


def references_at(
    project: EditedProject, snapshot: Snapshot, offset: int, *, with_declarations: bool = True
) -> Generator[None, None, list[Span]]:
    """Return where the thing at an offset is written, in all files that see it, in steps.

    Of a parent or a `$file`, the files that name the same file.
    """
    spot = spot_at(snapshot.document, snapshot.in_tree(offset)) if snapshot.document is not None else None
    if spot is None:
        return []
    name = name_at(spot)
    if name is not None:
        return (yield from references_of(project, snapshot, name, with_declarations=with_declarations))
    file = _file_at(snapshot, spot)
    target = file.source.name if file is not None else snapshot.name if not spot.path else None
    if target is None:
        return (yield from _setting(project, snapshot, spot))
    heirs = yield from project.dependents_in_steps(target)
    documents = (_document(snapshot, heir) for heir in heirs)
    return [link.span for each in documents if each is not None for link in links(each) if link.target == target]


def references_of(
    project: EditedProject, snapshot: Snapshot, name: Name, *, with_declarations: bool = True
) -> Generator[None, None, list[Span]]:
    """Return where a name is written, in all files that see what a spec means by it, in steps."""
    seen = yield from everywhere(project, snapshot, name)
    return [each.span for each in seen.every() if with_declarations or not each.is_declaration]


def _setting(project: EditedProject, snapshot: Snapshot, spot: Spot) -> Generator[None, None, list[Span]]:
    """Return where this file and its heirs set the key at a spot."""
    if not spot.is_key or spot.path[:1] != ("job",) or len(spot.path) < 2:
        return []
    heirs = yield from project.dependents_in_steps(snapshot.name)
    found = []
    for file in (snapshot.name, *heirs):
        document = _document(snapshot, file)
        job = document.root.get("job") if document is not None else None
        key = job.keys.get(str(spot.path[1])) if isinstance(job, Mapping) else None
        if key is not None:
            found.append(key.span)
    return found


def _document(snapshot: Snapshot, name: str) -> Document | None:
    return getattr(snapshot.project.library.document(name), "document", None)


def highlights_at(snapshot: Snapshot, offset: int) -> list[Mention]:
    """Return where the name at an offset is written in the same text."""
    spot = spot_at(snapshot.document, snapshot.in_tree(offset)) if snapshot.document is not None else None
    name = name_at(spot) if spot is not None else None
    if name is None or snapshot.document is None:
        return []
    found = mentions(snapshot.document, snapshot.project.library, name)
    return [each for each in found if each.span.source is snapshot.document.source]


def links_of(snapshot: Snapshot) -> list[tuple[Span, str]]:
    """Return the parents and files that a spec names, each with the name of the file."""
    if snapshot.document is None:
        return []
    contents = snapshot.project.site.contents
    return [
        (snapshot.in_text(link.span), link.target)
        for link in links(snapshot.document)
        if link.target is not None and isinstance(contents.data(link.target, UNREADABLE), bytes)
    ]


class SymbolKind(StrEnum):
    """What a symbol is, which editors show by a sign."""

    SPEC = "spec"
    SECTION = "section"
    PARAMETER = "parameter"
    VARIABLE = "variable"
    AXIS = "axis"
    PROFILE = "profile"
    FIELD = "field"


SYMBOLS = {
    "params": SymbolKind.PARAMETER,
    "vars": SymbolKind.VARIABLE,
    "profiles": SymbolKind.PROFILE,
    "job": SymbolKind.FIELD,
}


@dataclass(frozen=True, slots=True)
class Symbol:
    """A thing with a name: `span` is all of it, `key` where its name stands."""

    name: str
    kind: SymbolKind
    span: Span
    key: Span
    detail: str = ""
    below: tuple["Symbol", ...] = ()


def symbols_of(snapshot: Snapshot) -> list[Symbol]:
    """Return the sections of a spec with what they declare."""
    if snapshot.document is None:
        return []
    root = snapshot.document.root
    return [_section(snapshot, name, root) for name in root.entries if name in SECTIONS]


def _section(snapshot: Snapshot, name: str, root: Mapping) -> Symbol:
    node = root.entries[name]
    kind = SYMBOLS.get(name, SymbolKind.AXIS)
    parts = (node,) if name in SYMBOLS else (_part(node, "axes"), _part(node, "zip")) if name == "matrix" else ()
    below = tuple(
        _symbol(snapshot, str(key.value), kind, key.span, value)
        for part in parts
        if isinstance(part, Mapping)
        for key, value in part.items()
        if not str(key.value).startswith("$")
    )
    return _symbol(snapshot, name, SymbolKind.SECTION, root.keys[name].span, node, below)


def _part(node: Node, name: str) -> Node | None:
    return node.get(name) if isinstance(node, Mapping) else None


def _symbol(
    snapshot: Snapshot, name: str, kind: SymbolKind, key: Span, value: Node, below: tuple[Symbol, ...] = ()
) -> Symbol:
    start, end = snapshot.in_text(key), snapshot.in_text(value.span)
    whole = Span(start.source, start.start, max(start.end, end.end)) if start.source is end.source else start
    detail = "" if below else visible(flow(to_data(value)) if not isinstance(value, Mapping) else kind_of(value))
    return Symbol(visible(name) or "(empty)", kind, whole, start, detail, below)


def symbols_named(project: EditedProject, query: str) -> Generator[None, None, list[Symbol]]:
    """Return the specs of a project, and what they declare, whose names hold a text, in steps."""
    opened, found, wanted = project.project, list[Symbol](), query.casefold()
    for name in opened.site.spec_names:
        source = Source(opened.site.contents.path_of(name), "", name)
        if wanted in name.casefold():
            found.append(Symbol(visible(name), SymbolKind.SPEC, source.span(), source.span()))
        data = opened.site.contents.data(name, UNREADABLE)
        if not query or not isinstance(data, bytes) or query.encode(errors="replace").lower() not in data.lower():
            continue
        snapshot = project.snapshot(name)
        every = (each for section in symbols_of(snapshot) for each in section.below)
        found += (each for each in every if each.kind is not SymbolKind.FIELD and wanted in each.name.casefold())
        if len(found) >= MOST_SYMBOLS:
            break
        yield
    return found[:MOST_SYMBOLS]


def folds_of(snapshot: Snapshot) -> list[tuple[int, int]]:
    """Return the first and last lines, from 0, of what a spec has over several lines."""
    if snapshot.document is None or snapshot.text is not snapshot.document.source:
        return []
    source = snapshot.document.source
    spans = _long(snapshot.document.root)
    lines = {(source.position(a).line - 1, source.position(len(source.text[:b].rstrip())).line - 1) for a, b in spans}
    return sorted((first, last) for first, last in lines if last > first)


def _long(node: Node) -> Iterator[tuple[int, int]]:
    match node:
        case Mapping():
            for key, value in node.items():
                if isinstance(value, Mapping | Sequence) or (
                    isinstance(value, Scalar) and value.style in (Style.LITERAL, Style.FOLDED)
                ):
                    yield key.span.start, value.span.end
                yield from _long(value)
        case Sequence():
            for item in node.items:
                yield from _long(item)
        case _:
            pass


@dataclass(frozen=True, slots=True)
class Relative:
    """A spec in a hierarchy: the name of its file, whether it is a base, and how many cells of text it has."""

    name: str
    is_base: bool


def relative_of(snapshot: Snapshot) -> Relative:
    """Return a spec itself, to begin the hierarchy with."""
    return Relative(snapshot.name, snapshot.document is not None and snapshot.document.abstract)


def parents_of(snapshot: Snapshot) -> list[Relative]:
    """Return the specs that a spec names in `extends`."""
    if snapshot.document is None:
        return []
    named = [link.target for link in links(snapshot.document) if link.how == "extends" and link.target is not None]
    documents = [_document(snapshot, name) for name in named]
    return [Relative(each.source.name, each.abstract) for each in documents if each is not None]


def heirs_of_file(project: EditedProject, snapshot: Snapshot) -> Generator[None, None, list[Relative]]:
    """Return the specs that name a spec in `extends`, in steps."""
    heirs = yield from project.dependents_in_steps(snapshot.name)
    documents = (_document(snapshot, heir) for heir in heirs)
    return [
        Relative(each.source.name, each.abstract)
        for each in documents
        if each is not None
        and any(link.how == "extends" and link.target == snapshot.name for link in islice(links(each), 64))
    ]
