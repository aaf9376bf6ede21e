"""Where a diagnostic is, in the terms of other tools: a path from the root of the repository, a stretch of lines, and a
fingerprint that stays the same when lines are added above.
"""

import hashlib
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote

from specc.diagnostics import Diagnostic
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
    """Return whether a path is that of a file, and not the name of standard input or of an option."""
    return not path.startswith(NO_FILES)


def stretch(span: Span) -> Stretch:
    """Return the lines and columns of a span."""
    within = inside(span)
    if within.first.line < within.last.line:
        within = Span(within.source, within.start, within.start + len(within.text.rstrip(BLANKS)))
    return Stretch(within.first, within.last)


def in_repository(path: str, report: Report) -> str:
    """Return `path` from the root of the repository, or the absolute path where the file lies elsewhere."""
    if not report.repository or not is_file(path):
        return path
    whole = posixpath.normpath(posixpath.join(report.folder, path))
    if not f"{whole}/".startswith(f"{report.repository.rstrip('/')}/"):
        return whole
    return posixpath.relpath(whole, report.repository)


def uri(path: str) -> str:
    """Return a path as it stands in an URI: UTF-8, and the bytes of a name that is not UTF-8 as they are."""
    return quote(NO_BYTE.sub("\N{REPLACEMENT CHARACTER}", path), errors="surrogateescape")


def writable(text: str) -> str:
    """Return a text that any file can hold: a name on disk may have bytes that are not UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def fingerprints(diagnostics: Iterable[Diagnostic], report: Report) -> Iterator[tuple[Diagnostic, str]]:
    """Yield each diagnostic with a digest of its own: of code, file, text of the line, and number among its equals."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for diagnostic in diagnostics:
        source = diagnostic.span.source
        line = " ".join(source.line(stretch(diagnostic.span).first.line).split())
        key = (diagnostic.code.code, in_repository(source.path, report), line)
        seen[key] += 1
        text = "\0".join((*key, str(seen[key])))
        yield diagnostic, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
