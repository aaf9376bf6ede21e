"""`# specc: ignore` comments at work: findings that they hide, those that they cannot, and comments without a use."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from specc.diagnostics import Code, Diagnostic, codes
from specc.parser import Suppression, Suppressions
from specc.parser.suppressions import right_form
from specc.parser.tree import MAX_ALIKE
from specc.source import Source

RULES = "SPC5"
CANNOT = "it cannot be ignored: without it being mended there is nothing that could be sent"

Used = set[tuple[Suppression, str]]


def is_ignorable(finding: Diagnostic) -> bool:
    """Warnings, and whatever rules find. Any other error keeps a spec from becoming a payload."""
    return not finding.is_error or (finding.code.code.startswith(RULES) and finding.code is not codes.BAD_IGNORE)


def suppress(
    findings: Iterable[Diagnostic], texts: Mapping[Source, Suppressions], is_settled: Callable[[Source, Code], bool]
) -> list[Diagnostic]:
    """What is left of the findings, what is wrong with comments, and which have no use.

    `is_settled` says of a text and a code whether all ran that could find it there.
    """
    found = list(findings)
    used: Used = set()
    kept = [left for finding in found if (left := _left(finding, texts, used)) is not None]
    alike = Counter((finding.span.source, finding.code.code) for finding in found)
    for source, suppressions in texts.items():
        kept += _misused(source, suppressions, found)
        kept += (
            _unused(comment, code)
            for comment, code in _without_use(suppressions, used)
            # The parser leaves out what there is too much of.
            if is_settled(source, code) and alike[source, code.code] < MAX_ALIKE
        )
    return kept


def not_ignored(findings: Iterable[Diagnostic], texts: Mapping[Source, Suppressions]) -> list[Diagnostic]:
    """What is left of the findings where comments are obeyed and not judged."""
    used: Used = set()
    return [left for finding in findings if (left := _left(finding, texts, used)) is not None]


def _left(finding: Diagnostic, texts: Mapping[Source, Suppressions], used: Used) -> Diagnostic | None:
    """The finding, with a word to who tried to ignore it in vain; None if it is ignored."""
    suppressions = texts.get(finding.span.source)
    comments = list(_about(finding, suppressions)) if suppressions is not None else []
    used.update((comment, finding.code.code) for comment in comments)
    if not comments:
        return finding
    return None if is_ignorable(finding) else replace(finding, notes=(*finding.notes, CANNOT))


def _about(finding: Diagnostic, suppressions: Suppressions) -> Iterator[Suppression]:
    line = finding.span.first.line if suppressions.comments else 0
    for comment in suppressions.comments:
        if comment.first <= line <= comment.last and any(code is finding.code for code, _ in comment.ignored):
            yield comment


def _misused(source: Source, suppressions: Suppressions, found: list[Diagnostic]) -> Iterator[Diagnostic]:
    """One that names no code is told which codes there are."""
    blanket = {comment.span: comment for comment in suppressions.blanket}
    for diagnostic in suppressions.diagnostics:
        comment = blanket.get(diagnostic.span)
        near = [finding for finding in found if comment and finding.span.source is source and is_ignorable(finding)]
        named = sorted({f.code.code for f in near if comment and comment.first <= f.span.first.line <= comment.last})
        yield replace(diagnostic, help=right_form(named)) if named else diagnostic


def _without_use(suppressions: Suppressions, used: Used) -> Iterator[tuple[Suppression, Code]]:
    for comment in suppressions.comments:
        named = [code for code, _ in comment.ignored]
        # Who names this code, too, has a finding that comes and goes.
        if codes.UNUSED_IGNORE not in named:
            yield from ((comment, code) for code in named if (comment, code.code) not in used)


def _unused(comment: Suppression, code: Code) -> Diagnostic:
    span = next(span for named, span in comment.ignored if named is code)
    line = f"on line {comment.first}" if comment.first == comment.last else f"on lines {comment.first}-{comment.last}"
    is_alone = len(comment.ignored) == 1
    return codes.UNUSED_IGNORE.at(
        comment.span if is_alone else span,
        f"nothing to ignore: there is no {code.slug} ({code.code}) {line}",
        help="remove the comment" if is_alone else f"remove `{span.text}` from the list",
    )
