"""What can be written at the cursor in `specc.toml`: tables, settings, and the values of those that have few."""

import re

from specc.config.shapes import Each, Items, Shape, Value
from specc.language import translated
from specc.lsp.completion import Kind, Offer
from specc.lsp.language import expected, settings_at
from specc.nodes import Scalar
from specc.source import Source

TABLE = re.compile(r"^[ \t]*+\[(?P<name>[^\[\]#\n]++)\]", re.MULTILINE)
CHOICES = re.compile(r"(?:`[^`]+`, )*`[^`]+` or `[^`]+`")
SETTING = re.compile(r"^\s*(?P<key>[\w.-]+)\s*=\s*(?P<value>[^\n]*)$")
BEGUN = re.compile(r"^[ \t]*+(?P<key>[\w.-]++)[ \t]*+=[ \t]*+", re.MULTILINE)
TOKEN = re.compile(
    r""""(?:[^"\\\n]|\\.)*+"|'[^'\n]*+'|(?P<open>["'][^\n]*+)|(?P<comment>\#[^\n]*+)|(?P<bracket>[\[\]])"""
)


def _last_word(text: str) -> str:
    """Return the word that a text ends with, perhaps nothing."""
    found = re.match(r"[\w-]*+", text[::-1])
    return "" if found is None else found[0][::-1]


def complete_setting(text: Source, offset: int) -> list[Offer]:
    """Return the settings, or their values, that can be written at an offset of `specc.toml`."""
    before = text.text[:offset]
    line = before.rpartition("\n")[2]
    if _is_in_comment(line):
        return []
    begun = _begun(before)
    heading = re.match(r"\s*\[\[?([^\]]*)$", line) if begun is None else None
    if heading is not None:
        return _tables(text, offset, heading[1])
    tables = [match["name"] for match in TABLE.finditer(before)]
    path = _parts(tables[-1]) if tables else ()
    behind = text.text[offset:].partition("\n")[0]
    rest = re.match(r"[\w-]*+", behind)
    end = offset + (rest.end() if rest is not None else 0)
    if begun is None:
        start = offset - len(_last_word(line))
        shape = settings_at(path)
        named = shape.items() if isinstance(shape, dict) else ()
        equals = "" if re.match(r"[\w-]*+\s*=", behind) else " = "
        written = _settings_beside(text.text, start, end)
        return [
            Offer(key, Kind.KEY, text.span(start, end), f"{key}{equals}", _taken(of))
            for key, of in named
            if not isinstance(of, dict | Each) and key not in written
        ]
    key, value = begun
    start = offset - len(_last_word(value))
    quote = next((found["open"][0] for found in TOKEN.finditer(value) if found["open"]), "")
    opening, closing = "" if quote else '"', "" if quote and text.text.startswith(quote, end) else quote or '"'
    values = _values_of(settings_at((*path, *_parts(key))))
    return [Offer(value, Kind.VALUE, text.span(start, end), f"{opening}{value}{closing}") for value in values]


def _is_in_comment(line: str) -> bool:
    """Return whether a line, as far as it is typed, ends in a comment."""
    return any(found["comment"] for found in TOKEN.finditer(line))


def _begun(before: str) -> tuple[str, str] | None:
    """Return the setting whose value is being typed at the end of a text, as far as it is typed.

    That is the one of the last line, or one whose list is still open.
    """
    begun = next(reversed([*BEGUN.finditer(before)]), None)
    if begun is None:
        return None
    value = before[begun.end() :]
    is_value = "\n" not in value or _is_open_list(value)
    return (begun["key"], value.rpartition("\n")[2]) if is_value else None


def _is_open_list(value: str) -> bool:
    """Return whether a value begins a list that has no end yet."""
    depth = 0
    for found in TOKEN.finditer(value) if value.startswith("[") else ():
        if found["bracket"]:
            depth += 1 if found["bracket"] == "[" else -1
            if depth == 0:
                return False
    return depth > 0


def _taken(shape: Shape) -> str:
    """Return what a setting takes, in a few words."""
    words = expected(shape)
    choices = CHOICES.fullmatch(words)
    return translated(f"One of {words.replace(' or ', ', ')}" if choices is not None else words)


def _settings_beside(text: str, start: int, end: int) -> set[str]:
    """Return the settings that the table around a key has already."""
    headings = [match.start() for match in TABLE.finditer(text)]
    first = max((at for at in headings if at < start), default=0)
    last = min((at for at in headings if at >= end), default=len(text))
    lines = (*text[first:start].split("\n")[:-1], *text[end:last].split("\n")[1:])
    return {found["key"] for line in lines if (found := SETTING.match(line)) is not None}


def _tables(text: Source, offset: int, typed: str) -> list[Offer]:
    names = ("defaults", "units", "ledger", "rules", "rules.severity", "rules.quantities", "targets.NAME",
             "targets.NAME.job", "targets.NAME.units", "targets.NAME.queues.QUEUE")  # fmt: skip
    rest = re.match(r"([^\]\n]*+)(\])?", text.text[offset:])
    end = offset + (len(rest[1]) if rest is not None else 0)
    closing = "" if rest is not None and rest[2] else "]"
    span = text.span(offset - len(typed), end)
    return [Offer(name, Kind.KEY, span, f"{name}{closing}", name) for name in names]


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in name.split("."))


def _values_of(shape: object) -> list[str]:
    """Return the texts that a setting can be, where these are few: those of which its help lists all."""
    if isinstance(shape, Items):
        shape = shape.item
    if not isinstance(shape, Value):
        return []
    hint = shape.help(Scalar("?", Source("", "").span())) or ""
    return re.findall(r"`([\w-]+)`", shape.expected) or re.findall(r"`([\w-]+)`", hint)
