"""Payloads of many specs that lay claim to one thing, such as a file that they write."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from specc.diagnostics import Diagnostic
from specc.lowering import Payload
from specc.rules import CLASH_RULES
from specc.rules.rule import Claim, Claims, World
from specc.source import Span

MOST_PLACES = 4
"""So many claims on one thing are kept and shown; a sweep can have one a cell."""


@dataclass
class _Taken:
    count: int = 0
    places: dict[tuple[Span, str], Claim] = field(default_factory=dict)


class Clashes:
    """Collects what payloads claim, and keeps no payload."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: set[tuple[str, str]] = set()
        self._taken: list[dict[str, _Taken]] = [{} for _ in CLASH_RULES]

    def add(self, payload: Payload) -> None:
        """A payload that its spec has already made is one job, sent again: who does that is told elsewhere."""
        if (payload.spec_id, payload.digest) in self._seen:
            return
        self._seen.add((payload.spec_id, payload.digest))
        for rule, taken in zip(CLASH_RULES, self._taken, strict=True):
            for thing, claim in rule.claims(payload, self._world):
                known = taken.setdefault(thing, _Taken())
                known.count += 1
                if len(known.places) < MOST_PLACES:
                    known.places.setdefault((claim.value.node.span, claim.spec), claim)

    def findings(self) -> Iterator[Diagnostic]:
        for rule, taken in zip(CLASH_RULES, self._taken, strict=True):
            for thing, known in taken.items():
                if known.count > 1:
                    yield rule.clash(Claims(thing, known.count, tuple(known.places.values())))
