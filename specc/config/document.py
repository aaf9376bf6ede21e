"""One TOML file as our nodes: values by tomllib, places by tree-sitter."""

import re
from importlib import import_module
from pathlib import Path as FilePath

from specc.config.credentials import masked, masked_lines
from specc.config.plain_places import plain_places
from specc.config.toml import loads
from specc.config.tree import Place, Tree
from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import BAD_SETTING, CONFIG_SYNTAX
from specc.nodes import Mapping, Path
from specc.source import Source

WHERE = re.compile(r"(?s)(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")
BOM = "\ufeff"

HELPS = {
    "Invalid value": "write texts in quotes",
    "Invalid statement": "write a setting as `key = value`, with quotes around a key that is not plain ASCII",
}


def read_document(data: bytes, path: FilePath, shown: str, table: Path = ()) -> tuple[Mapping | None, list[Diagnostic]]:
    """The settings in `table` of the file, and what is wrong with it as TOML. A file that is not TOML has none."""
    try:
        text = data.decode().removeprefix(BOM)
    except UnicodeDecodeError as error:
        readable = masked_lines(error.object.decode(errors="replace"))
        place = Source(shown, readable, path.name).span(len(error.object[: error.start].decode()))
        return None, [CONFIG_SYNTAX.at(place, "not TOML: the file is not UTF-8 text", help="save the file as UTF-8")]
    try:
        value: object = loads(text)
    except ValueError as error:
        return None, [_syntax(Source(shown, masked_lines(text), path.name), str(error))]
    where = _places(text)
    tree = Tree(Source(shown, masked(text, where) if where else masked_lines(text), path.name), text, where, table)
    for key in table:
        value = value.get(key) if isinstance(value, dict) else None
    settings = tree.node(value, table, tree.source.span())
    if settings is not None and not isinstance(settings, Mapping):
        tree.found.append(BAD_SETTING.at(settings.span, f"`{'.'.join(map(str, table))}` is no table"))
        return None, tree.found
    return settings, tree.found


def _places(text: str) -> dict[Path, Place]:
    """Imported late, and by name: the grammar costs 20 ms, and only a text that is not plain needs it."""
    places: dict[Path, Place] | None = plain_places(text)
    if places is None:
        places = import_module("specc.config.places").places(text)
    return places


def _syntax(source: Source, message: str) -> Diagnostic:
    """tomllib says the place in words only. Its lines end at line feeds, and it counts code points."""
    match = WHERE.fullmatch(message)
    reason, line, column = match.groups() if match else (message, "1", "1")
    offset = len(source.text)
    if line is not None:
        starts = [0, *(found.end() for found in re.finditer("\n", source.text))]
        offset = starts[int(line) - 1] + int(column) - 1
    return CONFIG_SYNTAX.at(source.span(offset), f"not TOML: {reason[:1].lower()}{reason[1:]}", help=HELPS.get(reason))
