"""The files of jobs that have ended, removed: which jobs are meant, and what becomes of each."""

from collections.abc import Iterator, Sequence

from specc.app.attempts import AttemptChoice
from specc.app.following import Group, is_over, look_at_chosen, reach
from specc.fast_dataclass import dataclass
from specc.submission import Ledger, Record, life_of
from specc.targets import Cleaned, batch_of

AT_ONCE = 100
"""So many jobs are noted and removed at once: a process that is killed has noted at most so many too many."""

SENT_WITH_IT = "others that were sent together with it are unknown; `specc submit` settles them"


@dataclass(frozen=True, slots=True)
class Cleaning:
    """The attempts whose jobs have ended, by target, and those that are left alone, with the reason of each."""

    groups: list[Group]
    left: list[tuple[Record, str]]

    @property
    def records(self) -> list[Record]:
        return [record for group in self.groups for record in group.records]


def cleaning_of(choice: AttemptChoice, ledger: Ledger, before: float | None) -> Cleaning:
    """Return what can be cleaned of what is meant: of all attempts of a cell, those whose jobs have ended.

    `before` is a time: what has ended later is not meant. Targets are asked about jobs that have not ended yet. Jobs
    stay that were sent together with others of which nobody knows: their files are needed to settle those.
    """
    look_at_chosen(choice, ledger)
    chosen = [one for one in choice.each(ledger, whole_history=True) if one.cleaned_at is None and _is_job(one)]
    needed = {batch_of(one.attempt) for one in ledger.open_attempts()}
    over = [one for one in chosen if is_over(one) and (before is None or _ended_at(one) <= before)]
    ended = [one for one in over if batch_of(one.attempt) not in needed]
    groups, lost = reach(choice.workplace, ledger, ended)
    left = [(one, f"it has not ended: {one.job_state or one.state}") for one in chosen if not is_over(one)]
    left += [(one, SENT_WITH_IT) for one in over if batch_of(one.attempt) in needed]
    left += [(one, each.why) for each in lost for one in each.records]
    return Cleaning(groups, left)


def _is_job(record: Record) -> bool:
    """Return whether the attempt may have files: it became a job, or nobody knows."""
    return record.may_run


def _ended_at(record: Record) -> float:
    """Return when a job ended, or else when that was seen."""
    ended = life_of(record, {}).ended_at
    return ended if ended is not None else record.seen_at or record.created_at


def clean(cleaning: Cleaning, ledger: Ledger) -> Iterator[tuple[Record, Cleaned]]:
    """Remove the files of the jobs, some at a time, and yield what became of each.

    That they are removed is noted when it has been done. A process that is killed in between leaves jobs without files
    and without a note; the next cleaning finds that they have none, and notes it.
    """
    for group in cleaning.groups:
        records: Sequence[Record] = group.records
        for start in range(0, len(records), AT_ONCE):
            part = {record.uuid: record for record in records[start : start + AT_ONCE] if record.uuid is not None}
            answers = group.opened.target.clean(list(part))
            gone = [answer.uuid for answer in answers if answer.done or answer.is_gone]
            ledger.cleaned(group.opened.target.identity, gone)
            yield from ((part[answer.uuid], answer) for answer in answers)
