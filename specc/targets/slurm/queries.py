"""Slurm's answers about jobs: one call for all jobs, and never a verdict from a call that failed."""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from specc.fast_dataclass import dataclass
from specc.targets.slurm.programs import Programs, Ran, TimedOut

RECORD, FIELD = "\x1e", "\x1f"
"""Neither can be part of our job names, and a line break in another job's name does no harm."""

SECONDS = 60.0
LEAST_AGE = 1.0
SHARE = 20
"""The seconds between questions about the queue; more where an answer takes more than 1/20 of that."""

AT_ONCE = 500
COMMENT = "specc:"
QUEUE_FORMAT = RECORD + FIELD.join(("%A", "%T", "%k", "%V", "%r"))
EXIT_CODE = re.compile(r"(?m)^JobId=(\d+) .*? BatchFlag=\d+ Reboot=\d+ ExitCode=(\d+):(\d+) ")


@dataclass(frozen=True, slots=True)
class Entry:
    """A job as Slurm lists it.

    `key` is that of the attempt, where the comment has it, and `folder` is where the job runs, if that is asked for: an
    accounting keeps the folder even where it keeps no comments.
    """

    job_id: str
    word: str
    key: str | None
    submitted_at: datetime | None
    reason: str
    exit_code: int | None = None
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All jobs of the user that the controller knew at a time."""

    at: float
    seconds: float
    jobs: Mapping[str, Entry]


class Queries:
    """Asks Slurm, for several threads. `last_error` says why the last question had no answer."""

    def __init__(
        self,
        programs: Programs,
        environment: Mapping[str, str],
        user: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._programs = programs
        self._environment = environment
        self._user = user
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._has_accounting = True
        self.last_error = ""

    def listed(self, needed: Sequence[str] = (), *, fresh: bool = False) -> Mapping[str, Entry] | None:
        """Return the user's jobs by number; None when the controller does not answer.

        A recent answer is used if it has all the `needed` jobs and a new answer is not demanded.
        """
        with self._lock:
            last = self._snapshot
            if last is not None and not fresh:
                is_young = self._monotonic() < last.at + max(LEAST_AGE, SHARE * last.seconds)
                if is_young and all(job_id in last.jobs for job_id in needed):
                    return last.jobs
            start = self._monotonic()
            ran = self._ask("squeue", "--noheader", "--states=all", f"--user={self._user}", f"--format={QUEUE_FORMAT}")
            if ran is None:
                return None
            end = self._monotonic()
            self._snapshot = Snapshot(end, end - start, {entry.job_id: entry for entry in _entries(ran.out)})
            return self._snapshot.jobs

    def accounted(self, job_ids: Sequence[str]) -> Mapping[str, Entry] | None:
        """Return what the accounting says of jobs that the controller has forgotten; None when it does not answer.

        Without accounting nothing is known.
        """
        found: dict[str, Entry] = {}
        for start in range(0, len(job_ids), AT_ONCE):
            if not self._has_accounting:
                break
            wanted = ",".join(job_ids[start : start + AT_ONCE])
            fields = "JobIDRaw,State,ExitCode,WorkDir,Comment"
            options = ("--noheader", "--allocations", "--parsable2", f"--delimiter={FIELD}", f"--format={fields}")
            ran = self._run("sacct", *options, f"--jobs={wanted}")
            if isinstance(ran, Ran) and ran.code != 0 and "accounting storage is disabled" in ran.err:
                self._has_accounting = False
            elif self._noted(ran) is None:
                return None
            else:
                found |= {entry.job_id: entry for entry in _accounts(ran.out if isinstance(ran, Ran) else "")}
        return found

    def exit_codes(self) -> Mapping[str, int]:
        """Return the exit codes of all jobs that the controller still knows, as shells count them."""
        ran = self._ask("scontrol", "--oneliner", "show", "job")
        found = EXIT_CODE.findall(ran.out) if ran is not None else []
        return {job_id: _code(int(code), int(number)) for job_id, code, number in found}

    def cancel(self, job_ids: Sequence[str]) -> str:
        """Ask for the end of jobs. Return what went wrong, or an empty text."""
        said = []
        for start in range(0, len(job_ids), AT_ONCE):
            ran = self._run("scancel", *job_ids[start : start + AT_ONCE])
            if isinstance(ran, TimedOut):
                said.append(f"scancel did not end within {ran.seconds:g} s")
            elif ran.code != 0:
                said.append(ran.error_text)
        return "; ".join(said)

    def _run(self, *command: str) -> Ran | TimedOut:
        return self._programs(command, self._environment, SECONDS)

    def _ask(self, *command: str) -> Ran | None:
        return self._noted(self._run(*command), command[0])

    def _noted(self, ran: Ran | TimedOut, name: str = "sacct") -> Ran | None:
        if isinstance(ran, TimedOut):
            self.last_error = f"{name} did not end within {ran.seconds:g} s"
            return None
        if ran.code != 0:
            self.last_error = ran.error_text if ran.error_text.startswith(name) else f"{name}: {ran.error_text}"
            return None
        self.last_error = ""
        return ran


def _entries(out: str) -> Iterator[Entry]:
    for record in out.split(RECORD)[1:]:
        fields = record.removesuffix("\n").split(FIELD)
        if len(fields) == 5:
            job_id, word, comment, at, reason = fields
            yield Entry(job_id, word, _key(comment), _moment(at), reason)


def _accounts(out: str) -> Iterator[Entry]:
    for line in out.splitlines():
        fields = line.split(FIELD, 4)
        if len(fields) == 5:
            job_id, word, code, folder, comment = fields
            exit_code, _, number = code.partition(":")
            known = exit_code.isdigit() and number.isdigit()
            shell_code = _code(int(exit_code), int(number)) if known else None
            yield Entry(job_id, word, _key(comment), None, "", shell_code, folder)


def _key(comment: str) -> str | None:
    return comment.removeprefix(COMMENT) if comment.startswith(COMMENT) else None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def _code(code: int, number: int) -> int:
    return 128 + number if number else code
