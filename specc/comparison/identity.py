"""Which specs of two sides are the same one, also where a side cannot be read."""

from typing import NamedTuple

from specc.comparison.model import Side
from specc.diagnostics import Diagnostic
from specc.parser import Document


class Unmade(NamedTuple):
    """Why a spec has no payloads to compare; `was` is the same in the past."""

    why: str
    was: str = ""
    faults: tuple[Diagnostic, ...] = ()


def by_id(side: Side, *, as_one: bool) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for document in side.documents:
        spec = str(document.id.value) if document.id else document.source.name
        found.setdefault("" if as_one else spec, []).append(document)
    return found


def lost_specs(side: Side, others: dict[str, list[Document]], *, as_one: bool) -> dict[str, Unmade]:
    """The specs that cannot be read, under the ids that they have on the other side, else under their names."""
    ids = {document.source.name: spec for spec, documents in others.items() for document in documents}
    return {
        "" if as_one else ids.get(name, name): Unmade("it cannot be read", "it could not be read", faults)
        for name, faults in side.lost.items()
    }
