"""Axes whose values stand in a file of the project: CSV, JSON, YAML, or a value on each line.

A file is static, as the list in its place would be: nothing in it is a template. Each value keeps the span in its file.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from posixpath import splitext
from typing import NamedTuple

from specc.diagnostics import Diagnostic, Label, codes
from specc.expander.values import AxisValue
from specc.nodes import FileText, Mapping, Scalar, Sequence, Style, kind_of, to_data
from specc.parser import json_number, parse_tree
from specc.source import Source, Span
from specc.wording import brief, counted

DELIMITERS = {".csv": ",", ".tsv": "\t"}
DOCUMENTS = (".json", ".yaml", ".yml")
WORDS = {"": None, "true": True, "false": False}
MOST_TOLD = 5
BLANKS = " \t"
HELP = "a file of an axis is CSV with a head, a list in JSON or YAML, or a text with a value on each line"


class Mistake(NamedTuple):
    """What is wrong in a file of values, and what to do."""

    span: Span
    message: str
    help: str | None = None


class Contents(NamedTuple):
    """The values in a file. With mistakes there are none."""

    values: tuple[AxisValue, ...]
    mistakes: tuple[Mistake | Diagnostic, ...]


def read_file(name: str, node: FileText, found: list[Diagnostic]) -> tuple[AxisValue, ...] | None:
    """Return the values of an axis that a file holds. What is wrong is reported where it stands in the file."""
    label = (Label(node.ref.span, f"read here for the axis `{name}`"),)
    for part in (node.env, node.args):
        if part is not None:
            message = f"nothing can be passed to the file of axis `{name}`, which is read and not run"
            found.append(codes.BAD_MATRIX.at(part.span, message, help="remove `env` and `args`"))
    if node.is_template:
        message = f"the file of axis `{name}` is a template, and axes are fixed"
        found.append(codes.TEMPLATE_NOT_ALLOWED.at(node.ref.span, message, help=HELP))
    if node.is_template or node.env is not None or node.args is not None:
        return None
    contents = contents_of(node.text, splitext(str(node.ref.value))[1].lower())
    for mistake in contents.mistakes:
        if isinstance(mistake, Diagnostic):
            found.append(mistake)
        else:
            found.append(codes.BAD_MATRIX.at(mistake.span, mistake.message, labels=label, help=mistake.help))
    if contents.mistakes:
        return None
    if not contents.values:
        message = f"the file of axis `{name}` has no value, so the matrix has no cell"
        found.append(codes.BAD_MATRIX.at(node.ref.span, message, help=HELP))
        return None
    return contents.values


@lru_cache(maxsize=64)
def contents_of(source: Source, ending: str) -> Contents:
    """Return the values in a file, by the ending of its name."""
    if ending in DELIMITERS:
        return _table(source, DELIMITERS[ending])
    return _document(source) if ending in DOCUMENTS else Contents(tuple(_lines(source)), ())


def _lines(source: Source) -> Iterator[AxisValue]:
    """Yield a value for each line that is not blank."""
    for match in re.finditer(r"[^\r\n]+", source.text):
        text = match.group().strip(BLANKS)
        if text:
            start = match.start() + match.group().index(text)
            quoted = re.fullmatch(r'"((?:[^"]|"")*)"', text)
            inner = quoted[1].replace('""', '"') if quoted else text
            yield _value(source, start, start + len(text), inner, is_quoted=quoted is not None)


def _value(source: Source, start: int, end: int, text: str, *, is_quoted: bool = False) -> AxisValue:
    data = text if is_quoted else plain_value(text)
    style = Style.DOUBLE if is_quoted else Style.PLAIN
    return AxisValue(data, Scalar(data, source.span(start, end), text, style, verbatim="{" in text))


def plain_value(text: str) -> str | int | float | bool | None:
    """Return the value of a text without quotes: a number as JSON writes numbers, true, false, nothing, or the text."""
    if text in WORDS:
        return WORDS[text]
    number = json_number(text)
    return text if number is None else number


def _document(source: Source) -> Contents:
    """Return the items of a list in JSON or YAML."""
    root, found = parse_tree(source)
    errors = tuple(each for each in found if each.is_error)
    if errors:
        return Contents((), errors)
    if not isinstance(root, Sequence):
        what = "nothing" if root is None else kind_of(root)
        span = source.span(0, 0) if root is None else root.span
        return Contents((), (Mistake(span, f"the file holds {what}, and not a list of values", HELP),))
    return Contents(tuple(AxisValue(to_data(item), item) for item in root.items), ())


class Field(NamedTuple):
    """One field of a line of CSV, from `start` to `end` in the file."""

    text: str
    start: int
    end: int
    is_quoted: bool


class _Torn(Exception):
    """A text that is not CSV. The mistake says why."""

    def __init__(self, mistake: Mistake) -> None:
        self.mistake = mistake


def _table(source: Source, delimiter: str) -> Contents:
    """Return a mapping for each line of CSV (RFC 4180), with the names of the first line. Blank lines are left out."""
    try:
        head, *rows = list(_rows(source, delimiter)) or [[]]
    except _Torn as torn:
        return Contents((), (torn.mistake,))
    if not head:
        return Contents((), (Mistake(source.span(0, 0), "the file has no head, which names its columns", HELP),))
    mistakes = list(_head_mistakes(source, head))
    names = [field.text for field in head]
    values = []
    for row in rows:
        if len(row) == len(names):
            values.append(_row_value(source, names, head, row))
        else:
            message = f"this line has {counted(len(row), 'value')}, and the head {counted(len(names), 'name')}"
            help = "write as many values as names; put a value with a comma in quotes"
            mistakes.append(Mistake(source.span(row[0].start, row[-1].end), message, help))
    if len(mistakes) > MOST_TOLD:
        last = mistakes[MOST_TOLD - 1]
        more = f"; {len(mistakes) - MOST_TOLD:,} more lines are wrong"
        mistakes = [*mistakes[: MOST_TOLD - 1], last._replace(message=last.message + more)]
    return Contents(() if mistakes else tuple(values), tuple(mistakes))


def _row_value(source: Source, names: list[str], head: list[Field], row: list[Field]) -> AxisValue:
    values = [_value(source, field.start, field.end, field.text, is_quoted=field.is_quoted) for field in row]
    keys = {
        name: Scalar(name, source.span(field.start, field.end), name) for name, field in zip(names, head, strict=True)
    }
    entries = {name: value.node for name, value in zip(names, values, strict=True)}
    node = Mapping(entries, keys, source.span(row[0].start, row[-1].end))
    return AxisValue({name: value.data for name, value in zip(names, values, strict=True)}, node)


def _head_mistakes(source: Source, head: list[Field]) -> Iterator[Mistake]:
    if len(head) == 1 and ";" in head[0].text:
        message = "the head is one name: the columns are divided by `;`"
        yield Mistake(source.span(head[0].start, head[0].end), message, "divide them by commas")
    seen: set[str] = set()
    for number, field in enumerate(head, 1):
        span = source.span(field.start, field.end)
        if not field.text:
            yield Mistake(span, f"the column {number} has no name", "write a name for it in the first line")
        elif field.text in seen:
            yield Mistake(span, f"two columns are named `{brief(field.text)}`", "give each column a name of its own")
        seen.add(field.text)


def _rows(source: Source, delimiter: str) -> Iterator[list[Field]]:
    """Yield the fields of each line that is not blank. A field in quotes may hold line breaks. Raises _Torn."""
    text, at = source.text, 0
    while at < len(text):
        row: list[Field] = []
        while True:
            field, at = _field(source, at, delimiter)
            row.append(field)
            if not text.startswith(delimiter, at):
                break
            at += 1
        at += 2 if text.startswith("\r\n", at) else 1
        if len(row) > 1 or row[0].text or row[0].is_quoted:
            yield row


def _field(source: Source, at: int, delimiter: str) -> tuple[Field, int]:
    """Return the field that begins here, and where it ends. Raises _Torn."""
    text = source.text
    start = at
    while at < len(text) and text[at] in BLANKS and text[at] != delimiter:
        at += 1
    if not text.startswith('"', at):
        end = re.compile(rf"[^{delimiter}\r\n]*").match(text, at).end()  # type: ignore[union-attr]
        written = text[at:end].rstrip(BLANKS)
        return Field(written, at if written else start, at + len(written) if written else end, False), end
    closing = re.compile(r'"((?:[^"]|"")*)"').match(text, at)
    if closing is None:
        help = "close them; a quote inside of quotes is written twice"
        raise _Torn(Mistake(source.span(at, at + 1), "these quotes are never closed", help))
    end = closing.end()
    while end < len(text) and text[end] in BLANKS and text[end] != delimiter:
        end += 1
    if end < len(text) and text[end] not in (delimiter, "\n", "\r"):
        help = "a quote inside of quotes is written twice"
        raise _Torn(Mistake(source.span(end, end + 1), "a text goes on behind its quotes", help))
    return Field(closing[1].replace('""', '"'), at, closing.end(), True), end
