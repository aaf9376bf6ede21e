"""What the project's comments and settings make of diagnostics: hidden, masked, as severe as it wants them."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath

from specc.diagnostics import Code, Diagnostic, Severity, codes
from specc.diagnostics.codes import SECRET_IN_SPEC
from specc.disk import matches
from specc.parser import MAX_ALIKE, Suppression, Suppressions, right_form, thinned
from specc.settings import RuleSettings
from specc.source import Source, Span

RULES = "SPC5"
CANNOT = "it cannot be ignored: until it is fixed there is nothing to send"


def is_ignorable(diagnostic: Diagnostic) -> bool:
    """Warnings, and whatever rules find. Any other error keeps a spec from becoming a payload."""
    return not diagnostic.is_error or (
        diagnostic.code.code.startswith(RULES) and diagnostic.code is not codes.BAD_IGNORE
    )


def suppress(
    diagnostics: Iterable[Diagnostic], texts: Mapping[Source, Suppressions], is_settled: Callable[[Source, Code], bool]
) -> list[Diagnostic]:
    """What is left of the diagnostics, what is wrong with comments, and which have no use.

    `is_settled` says of a text and a code whether all ran that could find it there.
    """
    found = list(diagnostics)
    kept = not_ignored(found, texts)
    alike = Counter((diagnostic.span.source, diagnostic.code.code) for diagnostic in found)
    lines = _Lines(found)
    for source, suppressions in texts.items():
        kept += _misused(source, suppressions, found)
        unused = (
            _unused(comment, code)
            for comment, code in _without_use(source, suppressions, lines)
            # The parser leaves out what there is too much of.
            if is_settled(source, code) and alike[source, code.code] < MAX_ALIKE
        )
        kept += thinned(list(unused))
    return kept


def not_ignored(diagnostics: Iterable[Diagnostic], texts: Mapping[Source, Suppressions]) -> list[Diagnostic]:
    """What is left of the diagnostics where comments are obeyed and not judged."""
    covered: dict[Source, _Covered] = {}
    kept = []
    for diagnostic in diagnostics:
        source = diagnostic.span.source
        if source in texts and source not in covered:
            covered[source] = _Covered(texts[source])
        if source not in texts or not covered[source].covers(diagnostic):
            kept.append(diagnostic)
        elif not is_ignorable(diagnostic):
            kept.append(replace(diagnostic, notes=(*diagnostic.notes, CANNOT)))
    return kept


class _Covered:
    """The lines of one text that comments are about, for each code: stretches that do not overlap, in order."""

    def __init__(self, suppressions: Suppressions) -> None:
        self._lines: dict[str, list[list[int]]] = {}
        for comment in sorted(suppressions.comments, key=lambda comment: comment.first):
            for code, _ in comment.ignored:
                stretches = self._lines.setdefault(code.code, [])
                if stretches and comment.first <= stretches[-1][1]:
                    stretches[-1][1] = max(stretches[-1][1], comment.last)
                else:
                    stretches.append([comment.first, comment.last])

    def covers(self, diagnostic: Diagnostic) -> bool:
        stretches = self._lines.get(diagnostic.code.code)
        if not stretches:
            return False
        line = diagnostic.span.first.line
        index = bisect_right(stretches, line, key=lambda stretch: stretch[0]) - 1
        return index >= 0 and line <= stretches[index][1]


class _Lines:
    """The lines on which diagnostics begin, for each text and code, in order."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self._lines: dict[tuple[Source, str], list[int]] = {}
        for diagnostic in diagnostics:
            key = diagnostic.span.source, diagnostic.code.code
            self._lines.setdefault(key, []).append(diagnostic.span.first.line)
        for lines in self._lines.values():
            lines.sort()

    def has(self, source: Source, code: str, comment: Suppression) -> bool:
        """Does a diagnostic of this code begin on the lines that the comment is about?"""
        lines = self._lines.get((source, code), [])
        index = bisect_left(lines, comment.first)
        return index < len(lines) and lines[index] <= comment.last


def _misused(source: Source, suppressions: Suppressions, found: list[Diagnostic]) -> Iterator[Diagnostic]:
    """One that names no code is told which codes there are."""
    if not suppressions.diagnostics:
        return
    blanket = {comment.span: comment for comment in suppressions.blanket}
    near = [diagnostic for diagnostic in found if diagnostic.span.source is source and is_ignorable(diagnostic)]
    lines, known = _Lines(near), sorted({diagnostic.code.code for diagnostic in near})
    for diagnostic in suppressions.diagnostics:
        comment = blanket.get(diagnostic.span)
        named = [code for code in known if lines.has(source, code, comment)] if comment is not None else []
        yield replace(diagnostic, help=right_form(named)) if named else diagnostic


def _without_use(source: Source, suppressions: Suppressions, lines: _Lines) -> Iterator[tuple[Suppression, Code]]:
    for comment in suppressions.comments:
        named = [code for code, _ in comment.ignored]
        # Who names this code, too, has a diagnostic that comes and goes.
        if codes.UNUSED_IGNORE not in named:
            yield from ((comment, code) for code in named if not lines.has(source, code.code, comment))


def _unused(comment: Suppression, code: Code) -> Diagnostic:
    span = next(span for named, span in comment.ignored if named is code)
    line = f"on line {comment.first}" if comment.first == comment.last else f"on lines {comment.first}-{comment.last}"
    is_alone = len(comment.ignored) == 1
    return codes.UNUSED_IGNORE.at(
        comment.span if is_alone else span,
        f"nothing to ignore: there is no {code.slug} ({code.code}) {line}",
        help="remove the comment" if is_alone else f"remove `{span.text}` from the list",
    )


VISIBLE = re.compile(r"[^\r\n]")


def masked(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The same diagnostics over texts without the secrets. Each character becomes one star, so places stay true."""
    found = list(diagnostics)
    secrets: dict[Source, list[Span]] = {}
    for diagnostic in found:
        if diagnostic.code is SECRET_IN_SPEC:
            secrets.setdefault(diagnostic.span.source, []).append(diagnostic.span)
    texts = {source: _starred(source, spans) for source, spans in secrets.items()}
    return [_over(diagnostic, texts) for diagnostic in found] if texts else found


def _starred(source: Source, spans: list[Span]) -> Source:
    text = source.text
    for _, start, end in spans:
        text = text[:start] + VISIBLE.sub("*", text[start:end]) + text[end:]
    return Source(source.path, text, source.name)


def _over(diagnostic: Diagnostic, texts: dict[Source, Source]) -> Diagnostic:
    labels = tuple(label._replace(span=_moved(label.span, texts)) for label in diagnostic.labels)
    return replace(diagnostic, span=_moved(diagnostic.span, texts), labels=labels)


def _moved(span: Span, texts: dict[Source, Source]) -> Span:
    return span._replace(source=texts.get(span.source, span.source))


def without_doubtful_fixes(diagnostics: list[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield the diagnostics, warnings without a fix where an error about the same characters has another.

    `yes` is quoted safely where it is a text, and not where a boolean is declared, as the error says.
    """
    doubted = {diagnostic.span for diagnostic in diagnostics if diagnostic.is_error and diagnostic.fix is not None}
    for diagnostic in diagnostics:
        is_doubtful = diagnostic.fix is not None and not diagnostic.is_error and diagnostic.span in doubted
        yield replace(diagnostic, fix=None) if is_doubtful else diagnostic


def judged(diagnostics: Iterable[Diagnostic], rules: RuleSettings) -> Iterator[Diagnostic]:
    """The diagnostics that the project wants, as severe as it wants them. The last table that says something wins."""
    for diagnostic in diagnostics:
        verdict = _verdict(diagnostic, rules)
        if verdict != "off":
            yield diagnostic if verdict == diagnostic.severity else replace(diagnostic, severity=Severity(verdict))


def _verdict(diagnostic: Diagnostic, rules: RuleSettings) -> str:
    code = diagnostic.code.code
    verdict = diagnostic.severity.value
    if rules.select is not None and code in codes.OF_RULES and code not in rules.select:
        return "off"
    path = PurePath(diagnostic.span.source.name)
    for table in (rules.everywhere, *(table for pattern, table in rules.paths if matches(path.parts, pattern))):
        verdict = "off" if code in table.ignore else table.severity.get(code, verdict)
    return verdict
