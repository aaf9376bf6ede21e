"""TOML values as our nodes, each with its place and the layer that it belongs to."""

from dataclasses import field
from datetime import time
from typing import NamedTuple

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import BAD_SETTING
from specc.frozen import dataclass
from specc.nodes import Layer, LayerKind, Mapping, Node, Path, Scalar, Sequence, Style
from specc.nodes.tree import FILE_LAYER
from specc.source import Source, Span

MAX_DEPTH = 32
LARGEST = 2**63
"""TOML has integers of 64 bits. Python reads those in base 16 however long they are, and then cannot print them."""
LONG = 40


class Place(NamedTuple):
    """Code points of a key and of its value. Items of an array have no key; a table under a header has no value."""

    key: tuple[int, int] | None
    value: tuple[int, int] | None


NOWHERE = Place(None, None)


@dataclass
class Tree:
    """Makes nodes. `text` is the file's own text, `source` what may be shown of it, `table` where settings begin."""

    source: Source
    text: str
    places: dict[Path, Place]
    table: Path
    found: list[Diagnostic] = field(default_factory=list)

    def node(self, value: object, path: Path, around: Span) -> Node | None:
        """None for what no setting can be. `around` is the place of what holds the value, should it have none."""
        place = self.places.get(path, NOWHERE)
        span = self._span(place.value or place.key, around)
        layer = layer_of(path[len(self.table) :])
        if len(path) > MAX_DEPTH:
            self.found.append(BAD_SETTING.at(span, f"nested deeper than {MAX_DEPTH} levels"))
            return None
        match value:
            case dict():
                return self._mapping(value, path, span, layer)
            case list():
                nodes = (self.node(item, (*path, index), span) for index, item in enumerate(value))
                return Sequence(tuple(node for node in nodes if node is not None), span, layer)
            case str():
                return Scalar(value, span, value, self._style(place), layer)
            case int() if not -LARGEST <= value < LARGEST:
                written = self._written(place)
                number = f"the number `{written[:LONG]}...`" if len(written) > LONG else f"the number `{written}`"
                message = f"{number if written else 'a number'} is too large: TOML has integers of 64 bits"
                self.found.append(BAD_SETTING.at(span, message))
                return None
            case int() | float():
                return Scalar(value, span, self._written(place) or str(value), layer=layer)
            case _:
                self.found.append(_unquoted(value, self._written(place) or str(value), span))
                return None

    def _mapping(self, values: dict[str, object], path: Path, span: Span, layer: Layer) -> Mapping:
        entries: dict[str, Node] = {}
        keys: dict[str, Scalar] = {}
        for key, value in values.items():
            node = self.node(value, (*path, key), span)
            if node is not None:
                entries[key] = node
                keys[key] = Scalar(key, self._key_span((*path, key), span), key, layer=layer)
        return Mapping(entries, keys, span, layer)

    def _key_span(self, path: Path, around: Span) -> Span:
        return self._span(self.places.get(path, NOWHERE).key, around)

    def _span(self, place: tuple[int, int] | None, around: Span) -> Span:
        return Span(self.source, *place) if place else around

    def _written(self, place: Place) -> str:
        start, end = place.value or (0, 0)
        return self.text[start:end]

    def _style(self, place: Place) -> Style:
        written = self._written(place)
        if written.startswith(('"""', "'''")):
            return Style.LITERAL
        return Style.SINGLE if written.startswith("'") else Style.DOUBLE


def layer_of(path: Path) -> Layer:
    """Who writes the value at `path`: `[defaults]`, and a target's `job` and `prelude`, are layers of a spec."""
    match path:
        case ("defaults", *_):
            return Layer(LayerKind.DEFAULTS)
        case ("targets", str(name), "job" | "prelude", *_):
            return Layer(LayerKind.TARGET, name)
        case _:
            return FILE_LAYER


def _unquoted(value: object, written: str, span: Span) -> Diagnostic:
    kind = "a time" if isinstance(value, time) else "a date"
    return BAD_SETTING.at(span, f"`{written}` is {kind} in TOML, expected a text", help=f'write `"{written}"`')
