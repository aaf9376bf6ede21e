"""The check of one spec by itself, and what it claims of things that only one job can have."""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import field, replace
from itertools import islice

from specc.compiler import Context, Request, Share, check_document, counterpart
from specc.diagnostics import Diagnostic
from specc.fast_dataclass import dataclass
from specc.linter.filters import RULES
from specc.linter.steps import run_to_end
from specc.lowering import Payload
from specc.project.library import Reader, Reads
from specc.project.project import DiagnosticSet, Project
from specc.rules import CLASH_RULES
from specc.rules.rule import Claim, Claims, ProjectView, Where

MOST_PLACES = 4
"""So many claims on one thing are kept and shown; a sweep can have one a cell."""


Place = Claim | Callable[[], Claim]
"""A claim, or what makes it from a record: hardly any is shown, and most need not be made."""


@dataclass(slots=True)
class Taken:
    """How many payloads take one thing, and the first places that say so."""

    count: int = 0
    places: dict[Place, None] = field(default_factory=dict)

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(place if isinstance(place, Claim) else place() for place in self.places)

    def add(self, count: int, places: Iterable[Place]) -> None:
        self.count += count
        self.places.update(dict.fromkeys(islice(places, MOST_PLACES - len(self.places))))


Taking = tuple[dict[str, Taken], ...]
"""What is taken, for each of CLASH_RULES."""


class Takings:
    """Collects what the payloads of one spec claim, and keeps no payload."""

    def __init__(self, project: ProjectView) -> None:
        self._project = project
        self._claims: dict[Payload, list[list[tuple[Where, Claim]]]] = {}
        self.digests: set[str] = set()
        self.taken: Taking = tuple({} for _ in CLASH_RULES)

    def add(self, payload: Payload) -> None:
        """A payload that its spec has already made is one job, sent again: who does that is told elsewhere."""
        if payload.digest in self.digests:
            return
        self.digests.add(payload.digest)
        for rule, taken, claims in zip(CLASH_RULES, self.taken, self._claims_of(payload), strict=True):
            things: dict[str, Claim] = {}
            for where, claim in claims:
                things.setdefault(rule.thing(self._text(where, payload)), claim)
            for thing, claim in things.items():
                taken.setdefault(thing, Taken()).add(1, (claim,))

    def _claims_of(self, payload: Payload) -> list[list[tuple[Where, Claim]]]:
        """Return what a payload claims for each rule, or the payload that it is like."""
        if payload.like is None:
            return [list(rule.claims(payload, self._project)) for rule in CLASH_RULES]
        if payload.like not in self._claims:
            self._claims[payload.like] = self._claims_of(payload.like)
        return self._claims[payload.like]

    def _text(self, where: Where, payload: Payload) -> str:
        """Return the text that is claimed, where the claim may be that of the payload that this one is like."""
        text = str(payload.body[where.field])
        if payload.like is None:
            return text[where.start : where.end]
        return counterpart(str(payload.like.body[where.field]), where.start, where.end, text)


class Clashes:
    """Lays together what specs take."""

    def __init__(self) -> None:
        self.taken: Taking = tuple({} for _ in CLASH_RULES)

    def add(self, taking: Taking) -> None:
        for whole, taken in zip(self.taken, taking, strict=True):
            for thing, known in taken.items():
                whole.setdefault(thing, Taken()).add(known.count, known.places)

    def diagnostics(self) -> Iterator[Diagnostic]:
        for rule, taken in zip(CLASH_RULES, self.taken, strict=True):
            for thing, known in taken.items():
                if known.count > 1:
                    yield rule.clash(Claims(thing, known.count, known.claims))


@dataclass(frozen=True, slots=True)
class Examined:
    """`diagnostics` in the order found. `is_document`: it could be read as a spec. `payloads` are counted only."""

    name: str
    is_document: bool
    diagnostics: tuple[Diagnostic, ...]
    taking: Taking
    payloads: int
    reads: Reads


def examine(project: Project, name: str, context: Context, request: Request) -> Examined:
    examined, _ = examine_share(project, name, context, request, None)
    return examined


def examine_share(
    project: Project, name: str, context: Context, request: Request, share: Share | None
) -> tuple[Examined, set[str]]:
    """Return what is found in a spec, or in a share of its sweep, and the digests of its payloads. Raises Uneven."""
    return run_to_end(examine_in_steps(project, name, context, request, share))


def examine_in_steps(
    project: Project, name: str, context: Context, request: Request, share: Share | None = None
) -> Generator[None, None, tuple[Examined, set[str]]]:
    """Return what `examine_share` does, and pause after each payload and each diagnostic."""
    reader = Reader(context.library)
    context = replace(context, library=reader)
    diagnostics, takings = DiagnosticSet(), Takings(context.view)
    reader.document(name)
    document = project.document(name, diagnostics)
    payloads = 0
    for item in check_document(document, context, request, share) if document is not None else ():
        if isinstance(item, Diagnostic):
            diagnostics.add(item)
        else:
            takings.add(item)
            payloads += 1
        yield
    found = tuple(diagnostics.every())
    return Examined(name, document is not None, found, takings.taken, payloads, reader.reads), takings.digests


def is_broken(diagnostic: Diagnostic) -> bool:
    """Does it keep a spec from becoming a payload?"""
    return diagnostic.is_error and not diagnostic.code.code.startswith(RULES)
