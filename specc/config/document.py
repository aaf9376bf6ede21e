"""One TOML file as nodes: values by `tomllib`, each with its span and the layer that it belongs to."""

import re
import tomllib
from dataclasses import field
from datetime import time
from pathlib import Path as FilePath
from typing import Any

from specc.config.credentials import masked, masked_lines
from specc.config.places import MAX_DEPTH, KeyAndValue, Places, Range, places
from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import BAD_SETTING, CONFIG_SYNTAX
from specc.fast_dataclass import dataclass
from specc.nodes import FILE_LAYER, Layer, LayerKind, Mapping, Node, Path, Scalar, Sequence, Style
from specc.source import Source, Span

MAX_PARTS = 32
LONG_KEY = re.compile(rf"""(?<![\w.'"-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MAX_PARTS}}}""")
LONG_NUMBER = r"(?<![\w.])[-+]?[0-9][0-9_]{4000}"

LARGEST = 2**63
"""TOML has integers of 64 bits. Python reads those in base 16 however long they are, and then cannot print them."""
SHOWN_DIGITS = 40

AT = r"(?s)(.*) \(at (?:line (\d+), column (\d+)|end of document)\)"
"""How `tomllib` says where a mistake is."""
BOM = "\ufeff"
NOWHERE = KeyAndValue(None, None)

FOREIGN_QUOTES = tuple("“”„‘’＂＇")
HELPS = {
    "Invalid value": "write texts in quotes",
    "Invalid statement": "write a setting as `key = value`, with quotes around a key that is not plain ASCII",
}


def loads(text: str) -> dict[str, Any]:
    """Return the plain values of a TOML text. Raises ValueError, with the words of `tomllib`, for every mistake in it.

    `tomllib` keeps every beginning of a dotted key: a key of 100,000 parts would take all memory.
    """
    if match := LONG_KEY.search(text):
        raise ValueError(f"A key has more than {MAX_PARTS} parts ({_at(text, match.start())})")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("The text is nested too deeply") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:  # Python's own limit, in words that help nobody
        match = re.search(LONG_NUMBER, text)
        at = f" ({_at(text, match.start())})" if match else ""
        raise ValueError(f"A number has too many digits{at}") from None


def _at(text: str, offset: int) -> str:
    """Return the position of an offset as `tomllib` writes it."""
    return f"at line {text.count(chr(10), 0, offset) + 1}, column {offset - text.rfind(chr(10), 0, offset)}"


def read_document(data: bytes, path: FilePath, shown: str, table: Path = ()) -> tuple[Mapping | None, list[Diagnostic]]:
    """Return the settings in `table` of a file, and what is wrong with the file as TOML.

    A file that is not TOML has no settings.
    """
    try:
        text = data.decode().removeprefix(BOM)
    except UnicodeDecodeError as error:
        readable = masked_lines(error.object.decode(errors="replace"))
        span = Source(shown, readable, path.name).span(len(error.object[: error.start].decode()))
        return None, [CONFIG_SYNTAX.at(span, "not TOML: the file is not UTF-8 text", help="save the file as UTF-8")]
    try:
        value: object = loads(text)
    except ValueError as error:
        return None, [_syntax_error(Source(shown, masked_lines(text), path.name), str(error))]
    located = places(text)
    reader = NodeReader(Source(shown, masked(text, located), path.name), text, located, table)
    for key in table:
        value = value.get(key) if isinstance(value, dict) else None
    settings = reader.node(value, table, reader.source.span())
    if settings is not None and not isinstance(settings, Mapping):
        reader.found.append(BAD_SETTING.at(settings.span, f"`{'.'.join(map(str, table))}` is not a table"))
        return None, reader.found
    return settings, reader.found


def _syntax_error(source: Source, message: str) -> Diagnostic:
    """Return the diagnostic for a message of `tomllib`, which counts lines by `\\n` and columns by code points."""
    match = re.fullmatch(AT, message)
    reason, line, column = match.groups() if match else (message, "1", "1")
    offset = len(source.text)
    if line is not None:
        starts = [0, *(found.end() for found in re.finditer("\n", source.text))]
        offset = starts[int(line) - 1] + int(column) - 1
    help, char = HELPS.get(reason), source.text[offset : offset + 1]
    if char in FOREIGN_QUOTES:
        help = f'`{char}` is a Chinese or typographic quote: write `"`'
    return CONFIG_SYNTAX.at(source.span(offset), f"not TOML: {reason[:1].lower()}{reason[1:]}", help=help)


@dataclass
class NodeReader:
    """Makes nodes of plain values.

    `text` is the text of the file, `source` is what may be shown of it, and `table` is the path where settings begin.
    """

    source: Source
    text: str
    places: Places
    table: Path
    found: list[Diagnostic] = field(default_factory=list)

    def node(self, value: object, path: Path, around: Span) -> Node | None:
        """Return the node of a value, or None where no setting can be so. `around` is the span of its container."""
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
                number = (
                    f"the number `{written[:SHOWN_DIGITS]}...`"
                    if len(written) > SHOWN_DIGITS
                    else f"the number `{written}`"
                )
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

    def _span(self, place: Range | None, around: Span) -> Span:
        return Span(self.source, *place) if place else around

    def _written(self, place: KeyAndValue) -> str:
        start, end = place.value or (0, 0)
        return self.text[start:end]

    def _style(self, place: KeyAndValue) -> Style:
        written = self._written(place)
        if written.startswith(('"""', "'''")):
            return Style.LITERAL
        return Style.SINGLE if written.startswith("'") else Style.DOUBLE


def layer_of(path: Path) -> Layer:
    """Return the layer of a value: `[defaults]`, and the `job` and `prelude` of a target, are layers of a spec."""
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
