"""The journal of a job: the one file that has its request, and what its script has noted since.

The first line is the request, as JSON. It is written before the scheduler is asked, and published whole. Each line
after it is a note, which the script of the job appends: fields, each with a tab behind it, and a full stop.

    begun JOB COUNT
    ended JOB COUNT CODE REASON STARTED ENDED UP_BEFORE UP_AFTER NODES USER SYSTEM PEAK

COUNT says how often the scheduler had started the job again. A note that is torn, as by a node that died or a disk
that was full, lacks its full stop or the end of its line, and counts as not written.
"""

import json
import re
from collections.abc import Iterator, Sequence
from math import isfinite

from specc.fast_dataclass import dataclass
from specc.targets.lives import Life, Usage, elapsed

BEGUN, ENDED, WHOLE = "begun", "ended", "."
LENGTHS = {BEGUN: 2, ENDED: 12}
MOST_DIGITS = 18
NOTES_BYTES = 1 << 16
"""So much of a journal's end is looked at. Notes are short, and the request can be long."""

CPU_TIME = re.compile(r"([0-9]+)m([0-9]+)[.,]([0-9]+)s")
"""A time as the `times` of bash prints it, in any locale."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How the command ended, by its own script. `code` is over 128 for a signal, as shells count."""

    job_id: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Journal:
    """What the script of a job has noted: which job of the scheduler runs or ran the command, and how it ended.

    `owner` is None before the command has begun, and `exit` while the newest run of it has not ended.
    """

    owner: str | None = None
    exit: Exit | None = None
    life: Life = Life()


@dataclass(frozen=True, slots=True)
class _Note:
    """A whole line of the script: its kind, the scheduler's number of the job, its restarts, and the rest."""

    kind: str
    job_id: str
    count: int
    fields: tuple[str, ...]


def journal_of(data: bytes) -> Journal:
    """Return what the end of a journal says."""
    journal, newest = Journal(), -1
    for note in _notes(data):
        if note.count < newest:
            continue  # of an earlier run, which nobody could stop when its node was lost
        newest = note.count
        if note.kind == BEGUN:
            journal = Journal(note.job_id)
        elif (code := _number(note.fields[0])) is not None:
            ended = Exit(note.job_id, code, note.fields[1].strip())
            journal = Journal(note.job_id, ended, _life(note.fields[2:]))
    return journal


def request_of(data: bytes) -> dict[str, object] | None:
    """Return the request of a journal; None where there is not a whole one."""
    first, end, _ = data.partition(b"\n")
    try:
        found = json.loads(first) if end else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _notes(data: bytes) -> Iterator[_Note]:
    for line in data.decode("utf-8", "replace").split("\n")[:-1]:
        kind, *fields = line.split("\t")
        if kind in LENGTHS and len(fields) == LENGTHS[kind] + 1 and fields.pop() == WHOLE:
            job_id, count, *rest = fields
            if (number := _number(count)) is not None:
                yield _Note(kind, job_id, number, tuple(rest))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def _life(texts: Sequence[str]) -> Life:
    """Return when a job ran, and what it used where its script measures that."""
    try:
        start, end, up_before, up_after = (float(text) for text in texts[:4])
    except ValueError:
        return Life()
    if not all(isfinite(number) for number in (start, end, up_before, up_after)):
        return Life()
    return Life(None, start, end, elapsed(up_before, up_after), texts[4], _usage(*texts[5:8]))


def _usage(user: str, system: str, peak: str) -> Usage:
    """Return what a job used, by its script: times in user and system mode, as bash prints them, and a peak in KiB."""
    times = [CPU_TIME.fullmatch(text) for text in (user, system)]
    seconds = [int(match[1]) * 60 + float(f"{match[2]}.{match[3]}") for match in times if match is not None]
    return Usage((_number(peak) or 0) * 1024 or None, sum(seconds) if len(seconds) == len(times) else None)
