"""The payloads of specs as text: whole specs, or parts of long sweeps, on all processors."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import IO

from specc.compiler import Context, Part, Request, Uneven, payloads
from specc.compiler.count import most_cells
from specc.diagnostics import Diagnostic
from specc.disk.outputs import Folder
from specc.fast_dataclass import dataclass
from specc.lowering import Payload
from specc.project.processes import elsewhere, processors
from specc.project.project import DiagnosticSet, Project

SPECS_WORTH_A_FORK = 30
CELLS_WORTH_A_FORK = 500
"""So many must be left for each process: below it, forking costs more than it saves."""

ToText = Callable[[Payload, Context], str]
Digests = dict[str, dict[str, str]]
"""Of all that was read: for each project, by its root, the files by name."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A spec to be rendered, or a part of its cells. `is_explicit`: it was given by name, so it may not be abstract."""

    project: Project
    context: Context
    name: str
    is_explicit: bool
    part: Part | None = None


class _Unsaid(Exception):
    """A fork has found something. It is said by the process that was asked."""


def rendered(
    pieces: Sequence[Piece], request: Request, diagnostics: DiagnosticSet
) -> Iterator[tuple[Payload, Context]]:
    """The payloads of all specs, one by one. Bases in a folder are passed over; one given by name is a mistake.

    Raises Uneven for a part that cannot be told from the whole, such as one with a diagnostic.
    """
    for piece in pieces:
        document = piece.project.document(piece.name, diagnostics)
        if document is None or (document.abstract and not piece.is_explicit):
            continue
        for item in payloads(document, piece.context, request, piece.part):
            if not isinstance(item, Diagnostic):
                yield item, piece.context
            elif piece.part is not None:
                raise Uneven
            else:
                diagnostics.add(item)


def write_payloads(
    pieces: Sequence[Piece], request: Request, to_text: ToText, out: IO[str], diagnostics: DiagnosticSet
) -> None:
    """The texts of all payloads, in order. With an error among the diagnostics, what is written means nothing."""
    shares, start = _shares(pieces, request, processors()), out.tell()
    write = partial(_write, request, to_text, out, diagnostics)
    try:
        with elsewhere([[share] for share in shares[1:]], partial(_lines, request, to_text)) as forks:
            write(shares[0])
            read = _digests(pieces)
            for share, lines in zip(shares[1:], forks.outputs(), strict=True):
                if lines is not None:
                    _copy(lines, out, read)
                else:
                    write(share)
    except Uneven:
        out.seek(start)
        out.truncate()
        write(pieces)


def collect_files(
    pieces: Sequence[Piece], request: Request, to_text: ToText, folder: Folder, diagnostics: DiagnosticSet
) -> None:
    """The texts of all payloads, as files to be written."""
    for payload, context in rendered(pieces, request, diagnostics):
        if not diagnostics.has_errors:
            origin = f"{payload.spec_id} (cell {payload.cell.id})"
            folder.add(payload.name, origin, to_text(payload, context), payload.shown_name)


def _write(
    request: Request, to_text: ToText, out: IO[str], diagnostics: DiagnosticSet, pieces: Sequence[Piece]
) -> None:
    for payload, context in rendered(pieces, request, diagnostics):
        if not diagnostics.has_errors:
            out.write(to_text(payload, context))


def _lines(request: Request, to_text: ToText, share: Sequence[Piece]) -> Iterator[bytes]:
    """The texts, and at the end a line of JSON: what they were made of."""
    diagnostics = DiagnosticSet()
    yield from (to_text(payload, context).encode() for payload, context in rendered(share, request, diagnostics))
    if diagnostics.every():
        raise _Unsaid
    yield json.dumps(_digests(share)).encode()


def _digests(pieces: Sequence[Piece]) -> Digests:
    contents = {str(piece.project.root): piece.project.site.contents for piece in pieces}
    return {root: each.digests() for root, each in contents.items()}


def _copy(lines: IO[bytes], out: IO[str], read: Digests) -> None:
    """Takes what a fork has made, and what it has read into `read`.

    Raises Uneven where it has read another text of a file than others had: then somebody is writing it.
    """
    last = next(lines)
    for line in lines:
        out.write(last.decode())
        last = line
    for root, digests in json.loads(last).items():
        known = read.setdefault(root, {})
        if any(known.setdefault(name, digest) != digest for name, digest in digests.items()):
            raise Uneven


def _shares(pieces: Sequence[Piece], request: Request, workers: int) -> list[list[Piece]]:
    """The pieces as shares of about the same length, in order; one share where more do not pay."""
    if workers < 2:
        return [list(pieces)]
    if len(pieces) >= 2 * SPECS_WORTH_A_FORK:
        most = min(workers, len(pieces) // SPECS_WORTH_A_FORK)
        bounds = [len(pieces) * index // most for index in range(most + 1)]
        return [list(pieces[start:stop]) for start, stop in pairwise(bounds)]
    counts = [_length(piece, request) for piece in pieces]
    total = sum(count or 0 for count in counts)
    most = min(workers, total // CELLS_WORTH_A_FORK)
    if most < 2 or None in counts:
        return [list(pieces)]
    return [_between(pieces, counts, total * i // most, total * (i + 1) // most) for i in range(most)]


def _length(piece: Piece, request: Request) -> int | None:
    """The cells of a spec, at most; None where something is to be said before the first, or cells are selected."""
    diagnostics = DiagnosticSet()
    document = piece.project.document(piece.name, diagnostics)
    if document is None or diagnostics.every() or request.only or request.cells:
        return None
    return 0 if document.abstract and not piece.is_explicit else most_cells(document, piece.context, request)


def _between(pieces: Sequence[Piece], counts: Sequence[int | None], first: int, after: int) -> list[Piece]:
    """The cells from one number up to another, counted through all pieces."""
    share, before = [], 0
    for piece, count in zip(pieces, counts, strict=True):
        length = count or 0
        part = Part(max(0, first - before), min(length, after - before))
        if part.first < part.after:
            share.append(piece if part == (0, length) else replace(piece, part=part))
        before += length
    return share
