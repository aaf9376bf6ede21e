"""The check of one long sweep, with its cells shared out to all processors."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise

from specc.compiler import Context, Part, Request, Share, Uneven
from specc.compiler.count import cells_to_check
from specc.diagnostics import Code, Diagnostic
from specc.linter.examining import Clashes, Examined, Taken, examine_share
from specc.linter.records import Json, Sources, Unrecordable, decode_examined, digests_of, encode_examined
from specc.project.processes import elsewhere, processors
from specc.project.project import DiagnosticSet, Project
from specc.source import Span

CELLS_WORTH_A_FORK = 1_000
"""So many must be left for each process: below it, forking costs more than it saves."""


def examine_sweep(project: Project, name: str, context: Context, sources: Sources) -> Examined | None:
    """Return what `examine` says of a spec with a long sweep, without a request of its own.

    None for any other spec, and where the shares do not tell what the whole is: if there is a diagnostic that the first
    one does not have, if two of them make the same payload, or if one of them takes more than its part.
    """
    document = project.document(name, DiagnosticSet())
    cells = cells_to_check(document, context) if document is not None else 1
    workers = min(processors(), cells // CELLS_WORTH_A_FORK)
    if workers < 2:
        return None
    bounds = [cells * index // workers for index in range(workers + 1)]
    first, *others = (Share(Part(*each), cells) for each in pairwise(bounds))
    try:
        with elsewhere([[share] for share in others], partial(_line, project, name, context, sources)) as forks:
            whole, digests = examine_share(project, name, context, Request(), first)
            shares = [json.loads(line) for line in forks.results()]
        return _together(whole, digests, shares, sources) if len(shares) == len(others) else None
    except (Uneven, Unrecordable):
        return None


def _line(project: Project, name: str, context: Context, sources: Sources, share: Share) -> Iterator[bytes]:
    """Yield what a fork has found in its share, or null where that cannot be said in another process."""
    try:
        examined, digests = examine_share(project, name, context, Request(), share)
        said = [encode_examined(examined, sources), sorted(digests)]
    except (Uneven, Unrecordable):
        said = [None, []]
    yield json.dumps(said).encode() + b"\n"


def _together(whole: Examined, digests: set[str], shares: list[Json], sources: Sources) -> Examined | None:
    """Return the first share with what all others take. Raises Unrecordable."""
    clashes, payloads, contents = Clashes(), whole.payloads, sources.library.contents
    known = set(map(_fact, whole.diagnostics))
    clashes.add(whole.taking)
    for record, made in shares:
        if record is None or any(contents.digest(file) != was for file, was in digests_of(record).items()):
            return None
        share = decode_examined(whole.name, record, sources)
        if not digests.isdisjoint(made) or any(_fact(each) not in known for each in share.diagnostics):
            return None
        digests.update(made)
        clashes.add(tuple({thing: _made(taken) for thing, taken in each.items()} for each in share.taking))
        payloads += share.payloads
    return replace(whole, taking=clashes.taken, payloads=payloads)


def _fact(diagnostic: Diagnostic) -> tuple[Code, Span, str]:
    """Return what a diagnostic says, wherever it was found."""
    return diagnostic.code, diagnostic.span, diagnostic.message


def _made(taken: Taken) -> Taken:
    """Return what is taken with its claims made, so that equal ones of several shares are one."""
    return Taken(taken.count, dict.fromkeys(taken.claims))
