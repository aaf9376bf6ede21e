"""What failed among attempts and why, and the commands that a person goes on with."""

import json
import os
import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from specc.source import file_path
from specc.submission import FAILED, Record, State, last_word, state_of, why_of
from specc.targets import JobReport, JobState

MOST_NAMED, MOST_REASONS = 3, 5
SAID_BY_STATE: dict[str, str] = {
    JobState.EXITED: "its exit code is not known",
    JobState.LOST: "nobody knows how it ended",
    JobState.STOPPED: "the target ended it, and does not say why",
}


class Failures:
    """Counts failed jobs by reason, while attempts are read one by one: a large ledger does not fit into memory.

    `usual` is the target that a command means without `--target`.
    """

    def __init__(
        self, usual: str, records: Iterable[Record] = (), reports: Mapping[str, JobReport] | None = None
    ) -> None:
        self._usual = usual
        self.reasons: Counter[str] = Counter()
        self._uuids: list[str] = []
        self._specs: set[str] = set()
        self._params: set[str] = set()
        self._targets: set[str] = set()
        self._states: set[str] = set()
        for record in records:
            self.add(record, reports or {})

    def add(self, record: Record, reports: Mapping[str, JobReport]) -> None:
        """Count the attempt, if its job has failed."""
        if record.uuid is not None and (state := state_of(record, reports)) in FAILED:
            self._states.add(state)
            self.reasons[said_of(record, reports)] += 1
            self._specs.add(record.key.spec)
            self._params.add(record.key.params)
            self._targets.add(record.target_name)
            if len(self._uuids) <= MOST_NAMED:
                self._uuids.append(record.uuid)

    @property
    def count(self) -> int:
        return self.reasons.total()

    def lines(self) -> Iterator[str]:
        """Yield why jobs failed, and what to type next."""
        yield from self.why()
        yield from self.helps()

    def why(self) -> Iterator[str]:
        """Yield how many failed for which reason, the most frequent reason first."""
        listed = self.reasons.most_common(MOST_REASONS)
        for why, count in listed:
            yield f"{count:,} failed: {why}"
        if left := self.count - sum(count for _, count in listed):
            yield f"{left:,} failed for other reasons"

    def helps(self) -> Iterator[str]:
        """Yield what to type next."""
        if not self.count:
            return
        each = " (once for each value of -p)" if len(self._params) > 1 else ""
        each += " (once for each --target)" if len(self._targets) > 1 else ""
        they, them = ("it", "it") if self.count == 1 else ("they", "them")
        yield f"help: `{self.logs()}` shows what {they} wrote"
        yield f"help: `{self.again()}` sends {them} again{each}"

    def logs(self) -> str:
        """Return the command that shows what they wrote."""
        return f"specc logs{self._words()} --stream stderr"

    def again(self) -> str:
        """Return the command that tries them again, with the parameters and at the target of the first of them."""
        given = json.loads(min(self._params, default="{}"))
        params = "".join(f" -p {shlex.quote(f'{name}={value}')}" for name, value in given.items())
        target = sorted(self._targets)[:1]
        reason = " --reason lost" if self._states == {JobState.LOST} else ""  # which is not done unless it is said
        return f"specc retry{words_for(self._specs, ())}{params}{at_target(target, self._usual)}{reason}"

    def _words(self) -> str:
        if self.count == 1:
            return f" {self._uuids[0]}"
        return f"{words_for(self._specs, self._uuids)} --state failed{at_target(self._targets, self._usual)}"


def at_target(targets: Collection[str], usual: str) -> str:
    """Return the option that a command needs to mean the target of jobs, with a blank before it.

    It needs none for the project's own target (`usual`), nor where jobs are at several.
    """
    return "".join(f" --target {shlex.quote(name)}" for name in targets if len(targets) == 1 and name != usual)


def said_of(record: Record, reports: Mapping[str, JobReport]) -> str:
    """Return why an attempt or its job is in its state, as far as anybody says so; of a failed job always something."""
    why = why_of(record, reports)
    if why or record.state is not State.ACCEPTED:
        return why
    _, exit_code = last_word(record, reports)
    return f"exit code {exit_code}" if exit_code else SAID_BY_STATE.get(state_of(record, reports), "")


def words_for(specs: Iterable[str], uuids: Iterable[str]) -> str:
    """Return the specs of jobs as arguments, or nothing where they are many: then the whole project is meant.

    Where a spec's id would be taken for a folder, the jobs themselves are named.
    """
    words = sorted(specs)
    if any(map(os.path.isdir, words)):
        words = list(uuids)
    return "".join(f" {shlex.quote(file_path(word))}" for word in words) if len(words) <= MOST_NAMED else ""
