"""Names that files declare and templates read, through all files that can see them: for references and renaming."""

import re
from collections.abc import Generator, Iterator
from dataclasses import field

from specc.app.editing import EditedProject, Snapshot
from specc.diagnostics.codes import UNREADABLE
from specc.evaluator.templates import COMPILER
from specc.expressions import Template
from specc.fast_dataclass import dataclass
from specc.lsp.spots import Spot, name_in_script, names_in
from specc.nodes import Mapping, Node, Scalar, Sequence
from specc.parser import Document
from specc.project import Project
from specc.resolver import Library, join
from specc.resolver.ancestry import ancestry
from specc.rules.uses import TEMPLATE_SUFFIX
from specc.source import Source, Span

DECLARING = ("params", "vars", "matrix", "profiles")
AXES = ("axes", "zip")
LISTED = ("exclude", "include")
SHIPPED = "specc:"


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a namespace, such as `ranks` of `params`; profiles are a namespace that no template reads."""

    namespace: str
    word: str

    def __str__(self) -> str:
        return f"{self.namespace}.{self.word}"


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a name is written: its characters alone, without quotes or what stands before it."""

    span: Span
    is_declaration: bool


def name_at(spot: Spot) -> Name | None:
    """Return the name that stands at a spot; None where it is no name that files declare."""
    if len(spot.name) >= 2 and str(spot.name[0]) in DECLARING:
        return Name(str(spot.name[0]), str(spot.name[1]))
    path = spot.path[2:] if spot.path[:1] == ("profiles",) and len(spot.path) > 2 else spot.path
    if not spot.is_key:
        return None
    match path:
        case ("params" | "vars" | "profiles" as namespace, str(word)) if not word.startswith("$"):
            return Name(namespace, word)
        case ("matrix", "axes" | "zip", str(word)) if not word.startswith("$"):
            return Name("matrix", word)
        case ("matrix", "exclude" | "include", int(), str(word)):
            return Name("matrix", word)
    return None


def name_of_script(project: EditedProject, file: str, text: Source, offset: int) -> tuple[Snapshot, Name, Span] | None:
    """Return the name that a script reads at an offset, where its word stands, and the first spec that includes it."""
    found = name_in_script(text, offset) if file.endswith(TEMPLATE_SUFFIX) else None
    users = project.dependents(file) if found is not None else []
    if found is None or not users or len(found[0]) < 2 or found[0][0] not in DECLARING:
        return None
    path, span = found
    name = Name(str(path[0]), str(path[1]))
    word = _word_in(span.text, name)
    if word is None:
        return None
    return project.snapshot(users[0]), name, Span(text, span.start + word[0], span.start + word[1])


def mentions(document: Document, library: Library, name: Name) -> Iterator[Mention]:
    """Yield where a file writes a name, and where the scripts read it whose templates the file includes."""
    yield from (Mention(_bare(key), is_declaration=True) for key in _declaring(document.root, name))
    for node in _values(document.root):
        if isinstance(node, Scalar):
            yield from (Mention(span, is_declaration=False) for span in _read(node, name))
        else:
            yield from (Mention(span, is_declaration=False) for span in _in_script(node, document, library, name))


def _declaring(root: Mapping, name: Name) -> Iterator[Scalar]:
    """Yield the keys that declare a name, in the sections of a file and of its profiles."""
    profiles = root.get("profiles")
    if name.namespace == "profiles":
        yield from _keys(profiles, name.word)
        return
    overlays = list(_inner(profiles).entries.values()) if isinstance(profiles, Mapping) else []
    for body in (root, *overlays):
        section = _inner(body).get(name.namespace)
        if name.namespace != "matrix":
            yield from _keys(section, name.word)
            continue
        for part in AXES:
            yield from _keys(_inner(section).get(part), name.word)
        for part in LISTED:
            listed = _inner(section).get(part)
            for item in listed.items if isinstance(listed, Sequence) else ():
                yield from _keys(item, name.word)


NOTHING = Mapping({}, {}, Source("", "").span())


def _inner(node: Node | None) -> Mapping:
    """Return a mapping, or what `$replace` puts in its place."""
    if not isinstance(node, Mapping):
        return NOTHING
    replaced = node.get("$replace")
    return replaced if isinstance(replaced, Mapping) else node


def _keys(node: Node | None, word: str) -> Iterator[Scalar]:
    key = _inner(node).keys.get(word)
    if key is not None:
        yield key


def _bare(key: Scalar) -> Span:
    """Return the span of a key without its quotes."""
    quoted = key.span.text[:1] in ("'", '"')
    return Span(key.span.source, key.span.start + quoted, key.span.end - quoted)


def _values(node: Node) -> Iterator[Scalar | Mapping]:
    """Yield all scalars below a node that may be templates, and the mappings that include a script."""
    match node:
        case Scalar():
            yield node
        case Mapping():
            if "$file" in node.entries:
                yield node
            for key, value in node.entries.items():
                if key != "$literal":
                    yield from _values(value)
        case Sequence():
            for item in node.items:
                yield from _values(item)
        case _:
            pass


def _read(node: Scalar, name: Name) -> Iterator[Span]:
    for path, span in names_in(node):
        if path[:2] == (name.namespace, name.word):
            found = _word_in(span.text, name)
            if found is not None:
                yield Span(span.source, span.start + found[0], span.start + found[1])


def _word_in(text: str, name: Name) -> tuple[int, int] | None:
    """Return where the word stands in `params.ranks` or `params["ranks"]`."""
    word = re.escape(name.word)
    match = re.match(rf"{name.namespace}\s*(?:\.\s*({word})\b|\[\s*[\"']({word})[\"'])", text)
    return match.span(1 if match[1] is not None else 2) if match is not None else None


def _in_script(node: Mapping, document: Document, library: Library, name: Name) -> Iterator[Span]:
    reference = node.entries["$file"]
    if not (isinstance(reference, Scalar) and str(reference.value).endswith(TEMPLATE_SUFFIX)):
        return
    target = join(document.source.name, str(reference.value))
    text = library.text(target) if target is not None else None
    compiled = COMPILER.compile(text.text) if isinstance(text, Source) else None
    if isinstance(compiled, Template) and isinstance(text, Source):
        for read in compiled.references:
            if read.path[:2] == (name.namespace, name.word):
                found = _word_in(text.text[read.start : read.end], name)
                if found is not None:
                    yield text.span(read.start + found[0], read.start + found[1])


@dataclass
class Seen:
    """Where a name is written, by file: in all files that see the same name."""

    mentions: dict[str, list[Mention]] = field(default_factory=dict)

    def every(self) -> list[Mention]:
        """Return each place once: a script can be included by several specs."""
        found = (mention for each in self.mentions.values() for mention in each)
        return list({mention.span: mention for mention in found}.values())


def everywhere(project: EditedProject, snapshot: Snapshot, name: Name) -> Generator[None, None, Seen]:
    """Find where a name is written in the files that can see it, in steps.

    Two files see the same name if one inherits from the other, or if both do so with a third one that writes it.
    """
    library, seen = snapshot.project.library, Seen()
    waiting, looked_at = [snapshot.name], {snapshot.name}
    while waiting:
        file = waiting.pop(0)
        document = _document(snapshot.project, file)
        if document is None:
            continue
        found = list(mentions(document, library, name))
        if not found and file != snapshot.name:
            continue
        if found:
            seen.mentions[file] = found
        line, _ = ancestry(document, library)
        heirs = yield from project.dependents_in_steps(file)
        for other in (*(part.source.name for part in line.order), *heirs):
            if other not in looked_at and _may_write(snapshot.project, other, name.word):
                looked_at.add(other)
                waiting.append(other)
        yield
    return seen


def _document(project: Project, name: str) -> Document | None:
    return getattr(project.library.document(name), "document", None)


def _may_write(project: Project, file: str, word: str) -> bool:
    """Return whether a file can write a name, as its bytes tell; most cannot, and need not be searched."""
    data = project.site.contents.data(file, UNREADABLE)
    return isinstance(data, bytes) and (word.encode() in data or b"$file" in data or b"\\" in data)
