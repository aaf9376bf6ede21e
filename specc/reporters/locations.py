"""Where a finding stands, as other tools want to hear it: a path from the root of the repository, and a stretch."""

import posixpath
import re
from typing import NamedTuple
from urllib.parse import quote

from specc.reporters.report import Report, inside
from specc.source import BLANKS, NO_FILES, Position, Span

NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Surrogates that do not stand for a byte of a file's name."""


class Stretch(NamedTuple):
    """From the first character to the one behind the last, without the blank lines that end a YAML block."""

    first: Position
    last: Position

    @property
    def is_one_line(self) -> bool:
        return self.first.line == self.last.line


def is_file(path: str) -> bool:
    return not path.startswith(NO_FILES)


def stretch(span: Span) -> Stretch:
    within = inside(span)
    if within.first.line < within.last.line:
        within = Span(within.source, within.start, within.start + len(within.text.rstrip(BLANKS)))
    return Stretch(within.first, within.last)


def in_repository(path: str, report: Report) -> str:
    """`path` from the root of the repository; the whole path where it lies elsewhere."""
    if not report.repository or not is_file(path):
        return path
    whole = posixpath.normpath(posixpath.join(report.folder, path))
    if not f"{whole}/".startswith(f"{report.repository.rstrip('/')}/"):
        return whole
    return posixpath.relpath(whole, report.repository)


def uri(path: str) -> str:
    """A path as it stands in an URI: UTF-8, and the bytes of a name that is no UTF-8 as they are."""
    return quote(NO_BYTE.sub("\N{REPLACEMENT CHARACTER}", path), errors="surrogateescape")


def writable(text: str) -> str:
    """Text that any file can hold: a name on disk may have bytes that are no UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
