"""What earlier checks found out, as far as it still holds."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress

from specc.cache import Counts
from specc.cache.shards import Shards
from specc.disk import SHIPPED
from specc.workspace.examining import Examined
from specc.workspace.facts import Facts
from specc.workspace.project import Project
from specc.workspace.reading import Reads
from specc.workspace.records import (
    Json,
    Sources,
    Unrecordable,
    decode_examined,
    decode_facts,
    digests_of,
    encode_examined,
    encode_facts,
)

FACTS, EXAMINED = "facts", "examined"


class Memory:
    """Answers None for what it does not know. What it learns is kept by `save`. Without shards, it knows nothing."""

    def __init__(self, project: Project, shards: Shards | None = None) -> None:
        self._project = project
        self._shards = shards
        self._sources = Sources(project.library, project.settings)

    def facts(self, name: str) -> Facts | None:
        with suppress(Unrecordable):
            record = self._standing(name, FACTS)
            return decode_facts(name, record) if record is not None else None
        return None

    def examined(self, name: str) -> Examined | None:
        # A text that a finding points into may not be there any more.
        with suppress(Unrecordable):
            record = self._standing(name, EXAMINED)
            return decode_examined(name, record, self._sources) if record is not None else None
        return None

    def learn_facts(self, facts: Facts) -> None:
        if self._shards is not None:
            with suppress(Unrecordable):
                self._shards.put(facts.name, FACTS, encode_facts(facts, self._project.library))

    def learn_examined(self, examined: Examined) -> None:
        if self._shards is not None:
            with suppress(Unrecordable):
                self._shards.put(examined.name, EXAMINED, encode_examined(examined, self._sources))

    def learn_record(self, name: str, record: Json) -> None:
        """What another process has encoded."""
        if self._shards is not None:
            self._shards.put(name, EXAMINED, record)

    def learn_clean(self, names: Sequence[str], reads: Iterable[Reads], counts: Counts) -> None:
        """A check of all specs of the project has found nothing in what it read."""
        whole = Reads()
        for each in reads:
            whole.add(each)
        digests = {name: self._project.site.contents.digest(name) for name in sorted(whole.documents | whole.texts)}
        known = {name: digest for name, digest in digests.items() if digest is not None}
        if self._shards is not None and whole.is_whole and len(known) == len(digests):
            self._shards.keep_clean(names, known, counts)

    def save(self) -> None:
        if self._shards is not None:
            self._shards.save(lambda name: name.startswith(SHIPPED) or os.path.lexists(self._project.root / name))

    def _standing(self, name: str, kind: str) -> Json | None:
        """Return the record, if all that it was made of is as it was. Raises Unrecordable for what is no record."""
        record = self._shards.get(name).get(kind) if self._shards is not None else None
        if record is None:
            return None
        digest = self._project.site.contents.digest
        return record if all(digest(each) == was for each, was in digests_of(record).items()) else None
