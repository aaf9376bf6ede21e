"""Plain specs: those of a large project that a check has had nothing to say about. The next check need not decode what
is remembered of each of them, so one changed spec of thousands costs little more than itself.

A spec is plain if it has no diagnostic, no comment that ignores one, and takes nothing that another spec takes, too. It
stays plain while it and all that it was made of have the same bytes. Three things need more than that:

- A changed spec can take what a plain one takes. Then the plain one is looked at as well (`Plain.takers`).
- What the rules say of a file depends on the names that its heirs use. So of all heirs with the same parents and the
  same names, one stands in for the others, and whatever has heirs or had some is judged itself (`Plain.stand_ins`).
- What the rules say of a file depends on errors in what it refers to. Then the file is judged, too.

Only a check without errors notes plain specs, so nothing about them was hidden by an error.
`property/test_cached_checks.py` holds that a check says the same with them and without.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256

from specc.cache import Part
from specc.linter.examining import Examined, Taking
from specc.linter.families import Facts
from specc.linter.records import Json, Unrecordable, digests_of_reads
from specc.project.library import FileLibrary, Reads
from specc.rules import CLASH_RULES

NAME = "plain.json"
LARGE = 300
"""Only in a project of so many specs are plain ones noted: in others, it would cost more than it saves."""
MOST_THINGS = 100
"""A spec whose jobs take more than this is not plain, because its record would be large."""

Row = tuple[str, int, list[list[str]], str, str]
"""The digest of a spec, the number of its payloads, what these take for each of CLASH_RULES, its kin and its origin.

Specs are kin if they have the same parents and use the same names. The origin is all that a spec refers to or is made
of. Both are JSON texts, because many specs share them.
"""


Origin = tuple[list[str], dict[str, str], dict[str, str]]
"""The files that a spec refers to, and the specs and the other texts that it was made of, with their digests."""


class Plain:
    """The plain specs of a project that are as they were."""

    def __init__(
        self, rows: dict[str, Row] | None = None, referred: frozenset[str] = frozenset(), *, is_all: bool = True
    ) -> None:
        """`referred` are those of them that any spec referred to when they were noted.

        `is_all` says that no spec was left out of the rows since.
        """
        self._rows = rows or {}
        self._referred = referred
        self._is_all = is_all
        self._kins = {kin: bool(json.loads(kin)[0]) for kin in {row[3] for row in self._rows.values()}}
        origins = {row[4] for row in self._rows.values()}
        self._origins: dict[str, Origin] = {origin: json.loads(origin) for origin in origins}

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def without(self, names: Iterable[str]) -> "Plain":
        """Return these plain specs without some, which are looked at."""
        left = set(names)
        return self if left.isdisjoint(self._rows) else Plain(self._but(left), self._referred, is_all=False)

    def _but(self, names: set[str]) -> dict[str, Row]:
        return {name: row for name, row in self._rows.items() if name not in names}

    def takers(self, takings: Iterable[Taking]) -> set[str]:
        """Return the plain specs that take something of what others take."""
        found: set[str] = set()
        others = list(takings)
        for number in range(len(CLASH_RULES)):
            wanted = {thing for taking in others for thing in taking[number]}
            found.update(name for name, row in self._rows.items() if not wanted.isdisjoint(row[2][number]))
        return found

    @property
    def payloads(self) -> int:
        return sum(row[1] for row in self._rows.values())

    def stand_ins(self, others: Iterable[Facts], faulty: set[str]) -> set[str]:
        """Return the plain specs that have to be judged, for themselves and for all plain ones.

        `others` are the specs that are not plain, and `faulty` the files with errors.
        """
        judged = faulty.union(self._referred, *(facts.references for facts in others))
        doubtful = {origin for origin, (each, _, _) in self._origins.items() if not faulty.isdisjoint(each)}
        first: dict[str, str] = {}
        for name, row in self._rows.items():
            first.setdefault(row[3], name)
        itself = {name for name, row in self._rows.items() if name in judged or row[4] in doubtful}
        return itself.union(first.values())

    def reads(self) -> Reads:
        """Return what the plain specs are made of."""
        made = Reads(set(self._rows))
        for _, documents, texts in self._origins.values():
            made.documents.update(documents)
            made.texts.update(texts)
        return made

    def without_own(self, reads: Reads) -> Reads:
        """Return these reads without the texts of the plain specs, none of which has a comment that ignores."""
        return Reads(reads.documents.difference(self._rows), reads.texts, reads.is_whole)

    def parts(self) -> Iterator[tuple[str, Part]]:
        """Yield what a clean check knows of each plain spec."""
        for name, (_, payloads, _, kin, origin) in self._rows.items():
            yield name, Part(self._kins[kin], payloads, self._origins[origin][0])

    def record(self, new: dict[str, Row], named: set[str], others: Iterable[Facts]) -> Json | None:
        """Return these specs and new ones as JSON, without those that a diagnostic names.

        None where they are what was noted already. `others` are the specs that are not among these ones.
        """
        if self._is_all and not new and named.isdisjoint(self._rows):
            return None
        rows = self._but(named) | new
        kins = {kin: number for number, kin in enumerate({row[3]: None for row in rows.values()})}
        origins = {origin: number for number, origin in enumerate({row[4]: None for row in rows.values()})}
        specs = {name: [*row[:3], kins[row[3]], origins[row[4]]] for name, row in rows.items()}
        mine = (references for references, _, _ in self._origins.values())
        referred = rows.keys() & set().union(*mine, *(facts.references for facts in others))
        return {"kins": list(kins), "origins": list(origins), "referred": sorted(referred), "specs": specs}


def recalled(record: Json, names: Iterable[str], digest: Callable[[str], str | None]) -> Plain:
    """Return those of the named specs that a record has as plain and that are as they were. `digest` is of a file."""
    match record:
        case {"kins": list(kins), "origins": list(origins), "referred": list(referred), "specs": dict(specs)} if set(
            map(type, referred)
        ) <= {str}:
            stands = [_stands(each, digest) for each in origins]
            known = [_is_kin(kin) for kin in kins]
            rows: dict[str, Row] = {}
            for name in names:
                match specs.get(name):
                    case [str(was), int(payloads), list(things), int(kin), int(origin)] if (
                        0 <= kin < len(kins) and known[kin] and 0 <= origin < len(origins) and stands[origin]
                    ) and (digest(name) == was and 0 <= payloads <= sys.maxsize and _are_things(things)):
                        rows[name] = was, payloads, things, kins[kin], origins[origin]
            return Plain(rows, frozenset(referred), is_all=len(rows) == len(specs))
    return Plain()


def _is_kin(kin: Json) -> bool:
    match _loaded(kin):
        case [bool(), *_]:
            return True
    return False


def _stands(origin: Json, digest: Callable[[str], str | None]) -> bool:
    """Return whether all that specs were made of is as it was."""
    match _loaded(origin):
        case [list(references), dict(documents), dict(texts)] if set(map(type, references)) <= {str}:
            return all(was is not None and digest(name) == was for name, was in (documents | texts).items())
    return False


def _loaded(text: Json) -> Json:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _are_things(things: list[Json]) -> bool:
    return len(things) == len(CLASH_RULES) and all(
        type(each) is list and set(map(type, each)) <= {str} for each in things
    )


def row_of(examined: Examined, facts: Facts, whole: Taking, library: FileLibrary) -> Row | None:
    """Return what is noted of a spec if it is plain. `whole` is what all specs take that are not noted as plain."""
    name, digest = examined.name, library.contents.digest(examined.name)
    pairs = zip(examined.taking, whole, strict=True)
    is_alone = all(taken[thing].count == 1 for each, taken in pairs for thing in each)
    is_quiet = examined.is_document and not examined.diagnostics and not library.may_suppress(name)
    if digest is None or not is_alone or not is_quiet or sum(map(len, examined.taking)) > MOST_THINGS:
        return None
    reads = Reads()
    reads.add(examined.reads)
    reads.add(facts.reads)
    reads.documents.discard(name)
    try:
        documents, texts = digests_of_reads(reads, library)
    except Unrecordable:
        return None
    names = sha256(json.dumps(sorted(facts.uses)).encode()).hexdigest()
    kin = json.dumps([facts.is_abstract, facts.parents, names])
    origin = json.dumps([sorted(facts.references), documents, texts])
    return digest, examined.payloads, [list(each) for each in examined.taking], kin, origin
