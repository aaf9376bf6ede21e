"""From events to nodes: keys, anchors, merge keys and the limits, with a diagnostic for each mistake."""

import re
from collections.abc import Iterator
from dataclasses import replace

from specc.diagnostics import Diagnostic, Label, closest, codes, quoting_fix, removing_fix
from specc.fast_dataclass import dataclass
from specc.nodes import Layer, Mapping, Node, Scalar, Sequence, Style, kind_of
from specc.parser.events import Event, Kind
from specc.parser.scalars import MAX_DIGITS, is_overlong, is_short_and_alike, plain_value, warn_1_1, without_surrogates
from specc.source import Source, Span
from specc.wording import named

MAX_DEPTH = 64
"""How deep values may be nested. An alias counts as what its anchor names."""

MAX_NODES = 10_000
"""How many keys and values a document may have. An alias counts as what its anchor names."""


COLON = re.compile(r"(?:[ \t\r\n]++|#[^\r\n]*+)*+:")

MAX_CANDIDATES = 20
"""How many anchors an unknown alias is compared with."""


class Unbuildable(Exception):
    """The document exceeds a limit, and is not read further."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@dataclass(frozen=True, slots=True)
class Anchored:
    """What an anchor names: its node (None while the node is read), how many nodes that is, and how deep."""

    node: Node | None
    size: int = 0
    height: int = 0


@dataclass(slots=True)
class Entries:
    """A mapping while it is read. `merged` is the value of its `<<` key."""

    nodes: dict[str, Node]
    keys: dict[str, Scalar]
    merge_key: Scalar | None = None
    merged: Node | None = None


class Builder:
    """Builds the nodes of one document. `diagnostics` grows with each node. `has_operators`: a key begins with `$`."""

    def __init__(self, source: Source, layer: Layer, events: Iterator[Event], *, is_verbatim: bool = False) -> None:
        self.source = source
        self.length = len(source.text)
        self.layer = layer
        self.events = events
        self.is_verbatim = is_verbatim
        self.diagnostics: list[Diagnostic] = []
        self.anchors: dict[str, Anchored] = {}
        self.count = 0
        self.deepest = 0
        self.has_operators = False

    def build(self) -> tuple[Node | None, Event | None]:
        """Return the node of the first document, and the event that starts a second document, if there is one."""
        root: Node | None = None
        for event in self.events:
            if event.kind is Kind.DOCUMENT and root is not None:
                return root, event
            if event.kind is not Kind.DOCUMENT:
                root = self.value(event, 1)
        return root, None

    def node(self, event: Event, depth: int) -> Node:
        if event.kind is Kind.ALIAS:
            return self.alias(event, depth)
        self.measure(event, 1, depth)
        if event.anchor is not None:
            return self.anchored(event, event.anchor, depth)
        return self.scalar(event) if event.kind is Kind.SCALAR else self.content(event, depth)

    def anchored(self, event: Event, name: str, depth: int) -> Node:
        unfinished = self.anchors[name] = Anchored(None)
        count, deepest = self.count, self.deepest
        self.deepest = depth
        node = self.content(event, depth)
        if self.anchors[name] is unfinished:  # else an inner node has taken the name
            self.anchors[name] = Anchored(node, self.count - count + 1, self.deepest - depth)
        self.deepest = max(self.deepest, deepest)
        return node

    def content(self, event: Event, depth: int) -> Node:
        match event.kind:
            case Kind.MAPPING:
                return self.mapping(event, depth)
            case Kind.SEQUENCE:
                return self.sequence(event, depth)
            case _:
                return self.scalar(event)

    def measure(self, event: Event, size: int, depth: int) -> None:
        """Count an event before its node is built, so that no limit is exceeded. Raises `Unbuildable`."""
        self.count += size
        if depth > self.deepest:
            self.deepest = depth
        if depth > MAX_DEPTH:
            raise Unbuildable(too_deep(self.span(event.start, event.start + 1)))
        if self.count > MAX_NODES:
            message = f"the document has more than {MAX_NODES:,} keys and values"
            hint = "an alias counts as all the values of its anchor" if self.anchors else None
            raise Unbuildable(codes.TOO_LARGE.at(self.span(event.start, event.end), message, help=hint))

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end if end < self.length else self.length)

    # scalars and aliases

    def scalar(self, event: Event) -> Scalar:
        span = self.span(event.start, event.end)
        if event.style is not Style.PLAIN:
            text = event.value
            if event.style is Style.DOUBLE:
                text, diagnostic = without_surrogates(text, span)
                self.diagnostics += diagnostic
            return Scalar(text, span, text, event.style, self.layer, verbatim=self.is_verbatim)
        value = plain_value(event.value)
        if len(event.value) > MAX_DIGITS and is_overlong(event.value):
            self.diagnostics.append(
                codes.TOO_LARGE.at(
                    span, f"a number of more than {MAX_DIGITS} digits", help="put it in quotes if it is a text"
                )
            )
        return Scalar(value, span, event.value, layer=self.layer, verbatim=self.is_verbatim)

    def value(self, event: Event, depth: int) -> Node:
        """Return a node that is not a key."""
        node = self.node(event, depth)
        if event.kind is Kind.SCALAR and event.style is Style.PLAIN:
            self.compare_1_1(node)
        return node

    def compare_1_1(self, node: Node) -> None:
        if not isinstance(node, Scalar) or is_short_and_alike(node.raw) or self.is_verbatim or is_overlong(node.raw):
            return
        warning = warn_1_1(node.raw, node.span)
        if warning is not None:
            self.diagnostics.append(warning)

    def alias(self, event: Event, depth: int) -> Node:
        """Return the anchor's node with the span of the alias; the nodes inside keep their own spans."""
        span = self.span(event.start, event.end)
        anchored = self.anchors.get(event.value)
        if anchored is not None and anchored.node is not None:
            self.measure(event, anchored.size, depth + anchored.height)
            return replace(anchored.node, span=span)
        self.measure(event, 1, depth)
        if anchored is None:
            near = closest(event.value, list(self.anchors)[:MAX_CANDIDATES])
            hint = f"did you mean `*{near}`?" if near else "put a text that begins with `*` in quotes"
            message = f"there is no anchor {named('&' + event.value)} above"
            self.diagnostics.append(codes.BAD_ALIAS.at(span, message, help=hint))
        else:
            message = f"{named('*' + event.value)} is used inside of its own anchor"
            self.diagnostics.append(codes.BAD_ALIAS.at(span, message))
        return Scalar(None, span, span.text, layer=self.layer, verbatim=self.is_verbatim)

    # collections

    def sequence(self, event: Event, depth: int) -> Sequence:
        items: list[Node] = []
        end = event.end
        while (item := next(self.events)).kind is not Kind.END:
            items.append(self.value(item, depth + 1))
            end = items[-1].span.end
        return Sequence(tuple(items), self.span(event.start, item.end if event.is_flow else end), self.layer)

    def mapping(self, event: Event, depth: int) -> Mapping:
        entries = Entries({}, {})
        end = event.end
        while (key_event := next(self.events)).kind is not Kind.END:
            end = self.entry(entries, key_event, depth)
        if entries.merge_key is not None and entries.merged is not None:
            self.merge(entries, entries.merge_key, entries.merged)
        span = self.span(event.start, key_event.end if event.is_flow else end)
        return Mapping(entries.nodes, entries.keys, span, self.layer)

    def entry(self, entries: Entries, event: Event, depth: int) -> int:
        """Read a key with its value. Return where the value ends."""
        is_merge = event.kind is Kind.SCALAR and event.style is Style.PLAIN and event.value == "<<"
        key, key_end = self.key(event, depth + 1)
        # a merged mapping is one level higher than it is written
        value = self.value(self.placed(next(self.events), key_end), depth if is_merge else depth + 1)
        if key is None:
            return value.span.end
        name = str(key.value)
        self.has_operators |= name.startswith("$")
        first = entries.merge_key if is_merge else entries.keys.get(name)
        if first is not None:
            hint = "write one `<<: [*a, *b]`" if is_merge else None
            labels = (Label(first.span, "first here"),)
            message = f"the key {named(name)} is in this mapping twice"
            same = None if is_merge else entries.nodes[name]
            fix = removing_fix(key.span, value.span, f"remove the second {named(name)}") if alike(same, value) else None
            self.diagnostics.append(codes.DUPLICATE_KEY.at(key.span, message, labels=labels, help=hint, fix=fix))
        elif is_merge:
            entries.merge_key, entries.merged = key, value
        else:
            entries.keys[name], entries.nodes[name] = key, value
        return value.span.end

    def placed(self, event: Event, key_end: int) -> Event:
        """Return the event with the span of an empty value right behind its `:`. ruamel.yaml has the next token."""
        if event.kind is not Kind.SCALAR or event.style is not Style.PLAIN or event.value or event.anchor:
            return event
        colon = COLON.match(self.source.text, key_end, event.start)
        offset = colon.end() if colon else key_end
        return event._replace(start=offset, end=offset)

    def key(self, event: Event, depth: int) -> tuple[Scalar | None, int]:
        """Return a key as a scalar with a text, or None if it cannot be a text, and where the key ends."""
        node = self.node(event, depth)
        return self.text_key(event, node), node.span.end

    def text_key(self, event: Event, node: Node) -> Scalar | None:
        if isinstance(node, Scalar) and isinstance(node.value, str):
            if event.kind is Kind.SCALAR and event.style is Style.PLAIN and node.raw != "<<":
                self.compare_1_1(node)
            return node
        if is_dangling(node):
            return None
        if isinstance(node, Scalar) and node.raw:
            hint = f'write `"{node.raw}"` with quotes'
            self.diagnostics.append(
                codes.BAD_KEY.at(
                    node.span,
                    f"expected a text as key, found {kind_of(node)}",
                    help=hint,
                    fix=quoting_fix(node.span, node.raw),
                )
            )
            return replace(node, value=node.raw)
        found_there = "nothing" if isinstance(node, Scalar) else kind_of(node)
        self.diagnostics.append(codes.BAD_KEY.at(node.span, f"expected a text as key, found {found_there}"))
        return None

    def merge(self, entries: Entries, key: Scalar, value: Node) -> None:
        """Add the entries that `<<` names. A key of the mapping itself wins, then the earlier mapping of the list."""
        parents = value.items if isinstance(value, Sequence) else (value,)
        for parent in parents:
            if isinstance(parent, Mapping):
                for name, node in parent.entries.items():
                    if name not in entries.nodes:
                        entries.nodes[name], entries.keys[name] = node, parent.keys[name]
            elif not is_dangling(parent):
                label = Label(key.span, "merged here")
                message = f"`<<` merges mappings, found {kind_of(parent)}"
                self.diagnostics.append(codes.BAD_ALIAS.at(parent.span, message, labels=(label,)))


def alike(one: Node | None, other: Node) -> bool:
    """Return whether two scalars are written with the same value."""
    if not (isinstance(one, Scalar) and isinstance(other, Scalar)):
        return False
    return (one.raw, one.value, type(one.value)) == (other.raw, other.value, type(other.value))


def is_dangling(node: Node) -> bool:
    """Return whether the node stands for an alias without an anchor, which has been reported already."""
    return isinstance(node, Scalar) and node.value is None and node.raw.startswith("*")


def too_deep(span: Span) -> Diagnostic:
    return codes.TOO_LARGE.at(span, f"values are nested deeper than {MAX_DEPTH} levels")
