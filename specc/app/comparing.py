"""The two sides of `specc diff`: from paths and a revision to specs."""

import os
from collections.abc import Iterable
from dataclasses import field, replace
from pathlib import Path

from specc.app.selection import STDIN, show
from specc.app.session import Session
from specc.comparison import Comparison, Side, compare
from specc.comparison.bases import Base, named, open_repository, unknown, usual
from specc.comparison.git import Repository
from specc.comparison.model import ORDER, Uncompared
from specc.comparison.past import Tree, past_of, spec_names
from specc.comparison.reach import Reach
from specc.compiler import Context, Request
from specc.diagnostics import Diagnostic
from specc.disk import read_bytes
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.parser import Document
from specc.project import DiagnosticSet, Project


@dataclass
class Asked:
    """The files of one project that a command line names, or all its specs where it names none."""

    project: Project
    names: set[str] = field(default_factory=set)
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """`untouched` counts specs that cannot have changed, and were not looked into."""

    comparison: Comparison
    untouched: int


def asked_for(session: Session, paths: list[str]) -> list[Asked]:
    """By project. A path that is gone may have been a spec, or a folder of specs, in the revision."""
    if not paths:
        everything = [Asked(entry.project, set(entry.names), is_whole=True) for entry in session.specs([])]
        here = session.project(Path.cwd())
        # In a project without a spec, all may have been deleted.
        is_there = any(asked.project is here for asked in everything)
        return everything if is_there else [*everything, Asked(here, is_whole=True)]
    found: dict[Path, Asked] = {}
    for text in paths:
        if text == STDIN:
            raise SpeccError("standard input has no other version to compare it with", help="name the file")
        path = Path(text)
        owner = session.project(path)
        entries = [(entry.project, entry.names) for entry in session.specs([text])] if os.path.lexists(path) else []
        for project, names in (*entries, (owner, {owner.site.contents.name_of(path): None})):
            found.setdefault(project.root, Asked(project)).names.update(names)
    return list(found.values())


def with_revision(
    session: Session, asked: Asked, repository: Repository, base: Base, request: Request, target: str | None
) -> Result:
    """The project's payloads now, and those of the commit. Only what can have changed is evaluated."""
    project = asked.project
    with Tree(repository, base.commit) as tree:
        past = past_of(project, tree, base.short, show)
        session.diagnostics.extend(diagnostic for diagnostic in past.diagnostics if diagnostic.is_error)
        if any(diagnostic.is_error for diagnostic in past.diagnostics):
            return Result(compare(_nothing(project, target), _nothing(project, target), request), 0)
        settings = past.project.settings
        old = spec_names(tree, settings.include, settings.exclude)
        new = frozenset(asked.names) if asked.is_whole else _specs_of(session, project)
        named = {name for name in asked.names - new if _says_it_is_a_spec(project, tree, name)}
        old, new = old | (named & tree.entries.keys()), new | {name for name in named if _is_there(project, name)}
        reach = Reach(project, tree, old, new)
        scope = old | new
        if not asked.is_whole:
            scope &= reach.reached(_below(asked.names, tree.entries.keys() | scope))
        changed = reach.changed()
        is_whole = past.settings_differ or project.prelude_file(target) in changed
        concerned = scope if is_whole else scope & reach.reached(changed)
        before, old_lost = _documents(past.project, sorted(concerned & old))
        after, new_lost = _documents(project, sorted(concerned & new))
        comparison = compare(
            Side(before, _context(past.project, target, base), past.places, old_lost),
            Side(after, project.context(target), past.places_now, new_lost),
            request,
        )
    return Result(comparison, len(scope - concerned))


def two_specs(session: Session, paths: list[str], request: Request, target: str | None) -> Comparison:
    """One spec against another."""
    sides: list[Side] = []
    unread: dict[str, tuple[Diagnostic, ...]] = {}
    for path in paths:
        ((project, name),) = [(entry.project, name) for entry in session.specs([path]) for name in entry.names]
        documents, lost = _documents(project, [name])
        if name in lost:
            unread[path] = lost[name]
        sides.append(Side(documents, project.context(target)))
        if documents and documents[0].abstract:
            raise SpeccError(f"{path} is abstract, and has no payload", help="compare specs that extend it")
    if unread:
        nothing = compare(Side((), sides[0].context), Side((), sides[1].context), request)
        why = tuple(Uncompared(path, "it cannot be read") for path in unread)
        return replace(
            nothing, uncompared=why, diagnostics=tuple(fault for faults in unread.values() for fault in faults)
        )
    return compare(sides[0], sides[1], request, as_one=True)


def _nothing(project: Project, target: str | None) -> Side:
    return Side((), project.context(target))


def _context(past: Project, target: str | None, base: Base) -> Context:
    try:
        return past.context(target)
    except SpeccError as error:
        raise SpeccError(f"in {base.words}: {error.message}", help=error.help) from error


def _specs_of(session: Session, project: Project) -> frozenset[str]:
    """Without those of projects further down."""
    entries = session.specs([show(project.root)])
    return frozenset(name for entry in entries if entry.project is project for name in entry.names)


def _is_there(project: Project, name: str) -> bool:
    return os.path.isfile(project.root / name)


def _says_it_is_a_spec(project: Project, tree: Tree, name: str) -> bool:
    """A spec may have any name. A script or a list of other things does not have the key that every spec has."""
    data: object = read_bytes(project.root / name) if _is_there(project, name) else tree.read(name)
    return isinstance(data, bytes) and any(line.startswith(b"specc:") for line in data.splitlines())


def _below(names: Iterable[str], known: Iterable[str]) -> set[str]:
    """The named files, and what is in the named folders."""
    wanted = set(names)
    folders = tuple(f"{name}/" for name in wanted)
    return wanted | {name for name in known if name.startswith(folders) or "." in wanted}


def _documents(project: Project, names: list[str]) -> tuple[tuple[Document, ...], dict[str, tuple[Diagnostic, ...]]]:
    """Those that can be read, and the reasons for the others."""
    documents: list[Document] = []
    lost: dict[str, tuple[Diagnostic, ...]] = {}
    for name in names:
        diagnostics = DiagnosticSet()
        document = project.document(name, diagnostics)
        if document is None:
            lost[name] = tuple(diagnostics.all())
        else:
            documents.append(document)
    return tuple(documents), lost


def against_revision(
    session: Session, given: list[str], request: Request, target: str | None
) -> tuple[Comparison, str, int]:
    """Return the comparison with a revision, what the revision is called, and how many files cannot have changed.

    `given` may begin with a revision; paths follow. Raises SpeccError for a word that is neither.
    """
    base, paths = _revision_and_paths(session, given)
    results = []
    for asked in asked_for(session, paths):
        if any(diagnostic.is_error for diagnostic in session.diagnostics):
            break
        root = asked.project.root
        repository = open_repository(root, os.environ)
        results.append(with_revision(session, asked, repository, base, request, target))
    comparison = _joined([result.comparison for result in results])
    return comparison, base.words, sum(result.untouched for result in results)


def _revision_and_paths(session: Session, given: list[str]) -> tuple[Base, list[str]]:
    """The first word is a revision unless it is a path. Raises SpeccError for a word that is neither, or both."""
    start = session.project(Path(given[0]) if given and os.path.lexists(given[0]) else Path.cwd()).root
    repository = open_repository(start, os.environ)
    if not given:
        return usual(repository, os.environ), []
    word, *rest = given
    if "" in given:
        raise SpeccError("an argument is empty", help="leave it out to mean the merge base with the default branch")
    chosen = named(repository, word)
    if os.path.lexists(word):
        if chosen is not None:
            raise SpeccError(f"`{word}` is both a revision and a path", help=f"write `./{word}` for the path")
        return usual(repository, os.environ), given
    if chosen is not None:
        return chosen, rest
    base = usual(repository, os.environ) if word.endswith((".yaml", ".yml")) else None
    if base is None or not _was_there(session, word, base):
        raise unknown(repository, word)
    return base, given


def _was_there(session: Session, word: str, base: Base) -> bool:
    """Is it a file that the work tree has lost?"""
    project = session.project(Path(word))
    name = project.site.contents.name_of(Path(word))
    return open_repository(project.root, os.environ).line("cat-file", "-e", f"{base.commit}:./{name}") is not None


def _joined(comparisons: list[Comparison]) -> Comparison:
    groups = sorted(
        (group for one in comparisons for group in one.groups),
        key=lambda group: (ORDER.index(group.cause.what), -len(group.items)),
    )
    known = [one.declared for one in comparisons if one.declared is not None]
    return Comparison(
        tuple(groups),
        {what: sum(one.counts[what] for one in comparisons) for what in ORDER},
        sum(one.same for one in comparisons),
        tuple(lost for one in comparisons for lost in one.uncompared),
        tuple(diagnostic for one in comparisons for diagnostic in one.diagnostics),
        None if not known else frozenset().union(*known),
    )
