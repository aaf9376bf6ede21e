"""A project in memory, resolved: specs as texts by name, and what the resolver makes of one of them."""

from collections.abc import Iterable, Iterator
from textwrap import dedent

from specc.diagnostics import Diagnostic
from specc.nodes import FileText, Layer, LayerKind, Mapping, Node, Scalar, Sequence, to_data
from specc.parser import Parsed, parse_tree
from specc.resolver import Overlays, ResolvedSpec, resolve
from specc.source import Source
from support.compiling import Files, line

SPEC = "a.job.yaml"
APIS = ("ehpc/v1", "ehpc/v2")


class Resolved:
    """One resolved spec, with its findings and ways to look at them."""

    def __init__(self, spec: ResolvedSpec, found: list[Diagnostic]) -> None:
        self.spec = spec
        self.found = found

    @property
    def messages(self) -> list[str]:
        return [finding.message for finding in self.found]

    @property
    def slugs(self) -> list[str]:
        return [finding.code.slug for finding in self.found]

    @property
    def helps(self) -> list[str | None]:
        return [finding.help for finding in self.found]

    @property
    def shown(self) -> list[str]:
        """Every finding on a line: `210 4:9-16 message`; the path where it is another file's."""
        return [line(finding) for finding in self.found]

    @property
    def only(self) -> Diagnostic:
        """The one finding."""
        (finding,) = self.found
        return finding

    def at(self, path: str) -> Node | None:
        """The node at `job.env.A`."""
        node: Node | None = self.spec.body
        for part in path.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        return node

    def data(self, path: str = "job") -> object:
        assert not self.found, self.shown
        node = self.at(path)
        return to_data(node) if node is not None else None

    def history(self, path: str) -> list[object]:
        """Who wrote a value, strongest first: `"a.job.yaml: 4"`. A value that is gone begins with its operator."""
        node = self.at(path)
        if node is None:
            head, _, last = path.rpartition(".")
            above = self.at(head)
            assert isinstance(above, Mapping)
            node = above.removed.get(last)
        return [f"{place_of(step)}: {written(step)}" for step in chain(node)]


def place_of(node: Node) -> str:
    return node.span.source.name if node.layer.kind is LayerKind.FILE else str(node.layer)


def written(node: Node) -> object:
    return f"$file {node.ref.value}" if isinstance(node, FileText) else to_data(node)


def chain(node: Node | None) -> Iterator[Node]:
    """A node and all that it replaced, down to the weakest."""
    while node is not None:
        yield node
        node = node.beneath


def leaves(node: Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Scalar | FileText]]:
    match node:
        case Mapping():
            for key, value in node.entries.items():
                yield from leaves(value, (*path, key))
        case Sequence():
            for index, item in enumerate(node.items):
                yield from leaves(item, (*path, index))
        case _:
            yield path, node


def layer(text: str, kind: LayerKind = LayerKind.TARGET, name: str = "t") -> Mapping:
    """Job values that do not come from a spec."""
    node, found = parse_tree(Source("specc.toml", text, "specc.toml"), Layer(kind, name))
    assert not found
    assert isinstance(node, Mapping)
    return node


def texts(name: str, given: Iterable[str]) -> tuple[Source, ...]:
    return tuple(Source(name, text, name) for text in given)


def resolve_text(
    spec: str,
    others: dict[str, str] | None = None,
    *,
    name: str = SPEC,
    profiles: Iterable[str] = (),
    sets: Iterable[str] = (),
    below: Iterable[Mapping] = (),
    api_defaults: Mapping | None = None,
) -> Resolved:
    """Resolves `spec` with the files `others` beside it. `specc: 1` is put before each spec that lacks it.

    The parser's findings about `spec` itself must be none: they are not the resolver's.
    """
    files = Files({file: _spec(text) if file.endswith(".yaml") else text for file, text in (others or {}).items()})
    files.sources[name] = Source(name, _spec(spec), name)
    parsed = files.document(name)
    assert isinstance(parsed, Parsed)
    assert parsed.document is not None
    assert not parsed.diagnostics, parsed.diagnostics
    overlays = Overlays(lambda _: api_defaults, "ehpc/v1", APIS, tuple(below), tuple(profiles), texts("--set", sets))
    return Resolved(*resolve(parsed.document, files, overlays))


def _spec(text: str) -> str:
    text = dedent(text).lstrip("\n")
    return text if text.startswith("specc:") else f"specc: 1\n{text}"
