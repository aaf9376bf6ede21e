"""What tells a finding apart from the others of its file, also after lines have been added above it."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator

from specc.diagnostics import Diagnostic
from specc.reporters.locations import in_repository, stretch
from specc.reporters.report import Report


def fingerprints(diagnostics: Iterable[Diagnostic], report: Report) -> Iterator[tuple[Diagnostic, str]]:
    """Each finding with its own digest: of code, file, the text of the line, and which such finding it is."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for diagnostic in diagnostics:
        source = diagnostic.span.source
        line = " ".join(source.line(stretch(diagnostic.span).first.line).split())
        key = (diagnostic.code.code, in_repository(source.path, report), line)
        seen[key] += 1
        text = "\0".join((*key, str(seen[key])))
        yield diagnostic, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
