"""Fixes of diagnostics, written into files."""

from collections import Counter
from collections.abc import Callable, Iterable

from specc.diagnostics import Diagnostic, Edit, Fix
from specc.disk.outputs import rewrite
from specc.fast_dataclass import dataclass
from specc.project.project import Project
from specc.source import Source

MAX_ROUNDS = 10
"""One fix can lay open the next. What is not at rest after so many rounds is left for the next run."""

Check = Callable[[Project], Iterable[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file with its fixes. `count` is how many diagnostics they fix."""

    source: Source
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Fixed:
    """`files` can be written. `refused` are files whose fixes would bring an error, each with that error."""

    files: tuple[Rewritten, ...]
    refused: tuple[tuple[Source, Diagnostic], ...]

    @property
    def count(self) -> int:
        return sum(file.count for file in self.files)


def is_fixable(diagnostic: Diagnostic, project: Project, *, unsafe: bool) -> bool:
    """Can the fix be taken? It must lie in a spec of the project, as it was read."""
    fix = diagnostic.fix
    return fix is not None and (unsafe or fix.is_safe) and all(project.owns(edit.span.source) for edit in fix.edits)


def fixed(project: Project, check: Check, *, unsafe: bool) -> Fixed:
    """The files of a project with their fixes. Nothing is written."""
    before = list(check(project))
    refused: dict[str, Diagnostic] = {}
    sources: dict[str, Source] = {}
    while True:
        texts, counts, after = _settled(project, check, before, frozenset(refused), sources, unsafe=unsafe)
        brought = _new_error(before, after)
        if not texts or brought is None:
            break
        # The error may show in an heir of the file that was fixed.
        name = brought.span.source.name
        refused.update(dict.fromkeys([name] if name in texts else texts, brought))
    files = tuple(Rewritten(sources[name], text, counts[name]) for name, text in texts.items())
    return Fixed(files, tuple((sources[name], diagnostic) for name, diagnostic in refused.items()))


def write_fixed(project: Project, fixed: Fixed) -> None:
    """Raises SpeccError for a file that has changed since it was read, or cannot be written."""
    for file in fixed.files:
        rewrite(project.root / file.source.name, file.source.text, file.text, file.source.path)


def _settled(
    project: Project,
    check: Check,
    found: list[Diagnostic],
    refused: frozenset[str],
    sources: dict[str, Source],
    *,
    unsafe: bool,
) -> tuple[dict[str, str], Counter[str], list[Diagnostic]]:
    """Round by round until no fix is left: the new texts, how many fixes each has, and what is found in them.

    `sources` gets the texts that they come from. A file can appear, vanish and change while the rounds go on.
    """
    texts: dict[str, str] = {}
    counts: Counter[str] = Counter()
    current = project
    for _ in range(MAX_ROUNDS):
        fixes = [f.fix for f in found if f.fix is not None and is_fixable(f, current, unsafe=unsafe)]
        edited = _edited([fix for fix in fixes if not refused & {edit.span.source.name for edit in fix.edits}])
        if not edited:
            break
        for name, (source, text, count) in edited.items():
            sources.setdefault(name, source)
            texts[name] = text
            counts[name] += count
        current = project.again(texts)
        found = list(check(current))
    return texts, counts, found


def _edited(fixes: Iterable[Fix]) -> dict[str, tuple[Source, str, int]]:
    """The files with as many fixes as do not collide, before and after, and their number.

    The other fixes wait for the next round.
    """
    taken: dict[str, list[Edit]] = {}
    counts: Counter[str] = Counter()
    for fix in dict.fromkeys(fixes):
        if any(_collides(edit, other) for edit in fix.edits for other in taken.get(edit.span.source.name, [])):
            continue
        for edit in fix.edits:
            taken.setdefault(edit.span.source.name, []).append(edit)
        counts[fix.edits[0].span.source.name] += 1
    return {name: (edits[0].span.source, _applied(edits), counts[name]) for name, edits in taken.items()}


def _collides(edit: Edit, other: Edit) -> bool:
    """Do they touch? Two insertions at one place do, too."""
    return edit.span.start <= other.span.end and other.span.start <= edit.span.end


def _applied(edits: list[Edit]) -> str:
    text = edits[0].span.source.text
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text


def _new_error(before: Iterable[Diagnostic], after: Iterable[Diagnostic]) -> Diagnostic | None:
    known = Counter(_identity(diagnostic) for diagnostic in before if diagnostic.is_error)
    for diagnostic in after:
        if diagnostic.is_error:
            known[_identity(diagnostic)] -= 1
            if known[_identity(diagnostic)] < 0:
                return diagnostic
    return None


def _identity(diagnostic: Diagnostic) -> tuple[str, str, str]:
    return diagnostic.span.source.name, diagnostic.code.code, diagnostic.message
