"""Slurm's answers about jobs: one call for all jobs, and never a verdict from a call that failed."""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from specc.fast_dataclass import dataclass
from specc.targets.batch.batches import numbers_in, ranges_of
from specc.targets.batch.programs import Programs, Ran, TimedOut
from specc.targets.lives import Life, Usage, elapsed

RECORD, FIELD = "\x1e", "\x1f"
"""Neither can be part of our job names, and a line break in another job's name does no harm."""

SECONDS = 60.0
LEAST_AGE = 1.0
SHARE = 20
"""The seconds between questions about the queue; more where an answer takes more than 1/20 of that."""

AT_ONCE = 500
FEW = 20
"""So many tasks of an array are asked for by their own numbers."""

MOST_ANSWERS = 10_000
"""A call asks for as many jobs as this, where it asks for whole arrays: their answer is read as a whole."""

NO_NODES = frozenset({"", "None assigned", "(null)", "N/A"})
COMMENT = "specc:"
QUEUE_FORMAT = RECORD + FIELD.join(("%i", "%T", "%k", "%V", "%S", "%e", "%N", "%r"))
ACCOUNT = (
    "JobID", "State", "ExitCode", "Submit", "Start", "End", "ElapsedRaw", "NodeList", "MaxRSS", "TotalCPU",
    "WorkDir", "Comment",
)  # fmt: skip
"""What the accounting is asked for: the comment comes last, because it may hold anything."""

CPU_TIME = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:\.\d+)?)")
MEMORY = re.compile(r"(\d+(?:\.\d+)?)([KMGTP]?)")
EXIT_CODE = re.compile(
    r"(?m)^JobId=(\d+) (?:ArrayJobId=(\d+) ArrayTaskId=(\d+) )?.*? BatchFlag=\d+ Reboot=\d+ ExitCode=(\d+):(\d+) "
)
MOST_TASKS = re.compile(r"(?m)^MaxArraySize\s*=\s*(\d+)")
MOST_TASKS_OF_ONE = re.compile(r"(?mi)^SchedulerParameters\s*=.*\bmax_array_tasks=(\d+)")
NEXT_NUMBER = re.compile(r"(?m)^NEXT_JOB_ID\s*=\s*(\d+)")
BEGAN = re.compile(r"(?m)^BOOT_TIME\s*=\s*(\S+)")
USUAL_MOST_TASKS = 1001
"""Slurm's own default of MaxArraySize."""

TASKS = re.compile(r"(\d+)_\[([\d,:-]+)(?:%\d+)?\]")
"""Tasks of an array that were not begun, as Slurm lists them together: `123_[0,5-9%2]`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A job as Slurm lists it. `job_id` is `123`, or `123_7` for the task 7 of the array 123.

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
    life: Life = Life()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All jobs of the user that the controller knew at a time."""

    at: float
    seconds: float
    jobs: Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Controller:
    """The number that the next job gets, and when the controller was started, in seconds since the epoch; None for what
    it does not say.
    """

    next_number: int | None
    began_at: float | None


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
        self._most_tasks: int | None = None
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
        for words in _for_sacct(job_ids):
            if not self._has_accounting:
                break
            wanted = ",".join(words)
            options = ("--noheader", "--parsable2", f"--delimiter={FIELD}", f"--format={','.join(ACCOUNT)}")
            ran = self._run("sacct", *options, f"--jobs={wanted}")
            if isinstance(ran, Ran) and ran.code != 0 and "accounting storage is disabled" in ran.err:
                self._has_accounting = False
            elif self._noted(ran) is None:
                return None
            else:
                found |= {entry.job_id: entry for entry in _accounts(ran.out if isinstance(ran, Ran) else "")}
        return found

    def usage(self, job_ids: Sequence[str]) -> Mapping[str, Entry]:
        """Return what the accounting says of jobs whose state is known already: nothing where it does not answer."""
        error, self.last_error = self.last_error, ""
        found = self.accounted(job_ids)
        self.last_error = error
        return found or {}

    def exit_codes(self) -> Mapping[str, int]:
        """Return the exit codes of all jobs that the controller still knows, as shells count them."""
        ran = self._ask("scontrol", "--oneliner", "show", "job")
        found = EXIT_CODE.findall(ran.out) if ran is not None else []
        return {
            f"{array}_{task}" if array else job_id: _code(int(code), int(number))
            for job_id, array, task, code, number in found
        }

    def most_tasks(self) -> int:
        """Return how many tasks an array may have, as the controller says it first: 0 where it takes no arrays."""
        if self._most_tasks is None:
            config = self._config()
            said = [int(match[1]) for known in (MOST_TASKS, MOST_TASKS_OF_ONE) if (match := known.search(config))]
            self._most_tasks = min(said, default=None)
        return USUAL_MOST_TASKS if self._most_tasks is None else self._most_tasks

    def controller(self) -> Controller:
        """Return what the controller says of itself; nothing where it does not answer."""
        config = self._config()
        number, began = NEXT_NUMBER.search(config), BEGAN.search(config)
        moment = _moment(began[1]) if began is not None else None
        return Controller(int(number[1]) if number else None, moment.timestamp() if moment else None)

    def _config(self) -> str:
        """Return what the controller says of its configuration; nothing where it does not answer."""
        ran = self._run("scontrol", "show", "config")
        return ran.out if isinstance(ran, Ran) and ran.code == 0 else ""

    def cancel(self, job_ids: Sequence[str]) -> str:
        """Ask for the end of jobs. Return what went wrong, or an empty text."""
        said = []
        for words in _for_scancel(job_ids):
            ran = self._run("scancel", *words)
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
        fields = record.split(FIELD)
        if len(fields) == 8:
            listed, word, comment, at, start, end, nodes, rest = fields
            reason = rest.partition("\n")[0]  # behind it may be words of a site's wrapper
            key, submitted, life = _key(comment), _moment(at), _life(at, start, end, nodes)
            for job_id in _each(listed):
                yield Entry(job_id, word, key, submitted, reason, life=life)


def _accounts(out: str) -> Iterator[Entry]:
    """Yield the jobs of the accounting, each with the usage of its steps, which follow it line by line."""
    jobs: dict[str, list[str]] = {}
    steps: dict[str, list[Usage]] = {}
    for line in out.split("\n"):
        fields = line.split(FIELD, len(ACCOUNT) - 1)
        if len(fields) == len(ACCOUNT):
            job_id, dot, _ = fields[0].partition(".")
            if dot:
                steps.setdefault(job_id, []).append(_usage(fields))
            else:
                jobs[job_id] = fields
    for job_id, fields in jobs.items():
        _, word, code, submit, start, end, ran, nodes, _, _, folder, comment = fields
        exit_code, _, number = code.partition(":")
        known = exit_code.isdigit() and number.isdigit()
        shell_code = _code(int(exit_code), int(number)) if known else None
        seconds = float(ran) if ran.isdigit() and _moment(end) is not None else None
        life = replace(
            _life(submit, start, end, nodes), seconds=seconds, usage=_folded(_usage(fields), steps.get(job_id))
        )
        for one in _each(job_id):
            yield Entry(one, word, _key(comment), None, "", shell_code, folder, life)


def _each(listed: str) -> Sequence[str]:
    """Return the jobs that Slurm lists together: the tasks of an array that have not begun, else the one job."""
    match = TASKS.fullmatch(listed)
    return [listed] if match is None else [f"{match[1]}_{task}" for task in numbers_in(match[2])]


def task_of(job_id: str) -> str:
    """Return the task of `123_7`; an empty text for a job that is not a task of an array."""
    return job_id.partition("_")[2]


def _for_scancel(job_ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield jobs as arguments of scancel, at most so many in one call: tasks of an array are one word."""
    jobs, arrays = _sorted(job_ids)
    words = jobs + [f"{array}_[{ranges_of(tasks)}]" for array, tasks in arrays.items()]
    for start in range(0, len(words), AT_ONCE):
        yield words[start : start + AT_ONCE]


def _for_sacct(job_ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield jobs as arguments of sacct, at most so many in one call.

    It takes no ranges: of an array of which many tasks are asked for, all are.
    """
    jobs, arrays = _sorted(job_ids)
    counted = [(word, 1) for word in jobs]
    for array, tasks in arrays.items():
        is_whole = len(tasks) > FEW
        counted += [(array, len(tasks))] if is_whole else [(f"{array}_{task}", 1) for task in tasks]
    words: list[str] = []
    total = 0
    for word, count in counted:
        if words and (len(words) >= AT_ONCE or total + count > MOST_ANSWERS):
            yield words
            words, total = [], 0
        words.append(word)
        total += count
    if words:
        yield words


def _sorted(job_ids: Iterable[str]) -> tuple[list[str], dict[str, list[int]]]:
    """Return the jobs that are alone, and the tasks of each array."""
    jobs: list[str] = []
    arrays: dict[str, list[int]] = {}
    for job_id in job_ids:
        array, is_task, task = job_id.partition("_")
        if is_task:
            arrays.setdefault(array, []).append(int(task))
        else:
            jobs.append(job_id)
    return jobs, arrays


def _life(submit: str, start: str, end: str, nodes: str) -> Life:
    """Return the times of a job. Of times to come, such as an expected start, the caller says that they are not known.

    Slurm writes `Unknown` or `N/A` for a time that there is not.
    """
    submitted, started, ended = (
        None if (moment := _moment(text)) is None else moment.timestamp() for text in (submit, start, end)
    )
    node = "" if nodes in NO_NODES else nodes
    return Life(submitted, started, ended, elapsed(started, ended), node)


def _usage(fields: Sequence[str]) -> Usage:
    return Usage(_bytes(fields[ACCOUNT.index("MaxRSS")]), _cpu_seconds(fields[ACCOUNT.index("TotalCPU")]))


def _folded(job: Usage, steps: Sequence[Usage] | None) -> Usage:
    """Return the usage of a job: the highest peak of its steps, and the sum of their processor times."""
    if not steps:
        return job
    peaks = [step.peak_memory for step in steps if step.peak_memory is not None]
    times = [step.cpu_seconds for step in steps if step.cpu_seconds is not None]
    return Usage(max(peaks, default=job.peak_memory), sum(times) if times else job.cpu_seconds)


def _bytes(text: str) -> int | None:
    """Return an amount such as `1234K`. Without a plugin that measures it, Slurm writes 0 or nothing."""
    match = MEMORY.fullmatch(text)
    return int(float(match[1]) * 1024 ** " KMGTP".index(match[2] or " ")) or None if match else None


def _cpu_seconds(text: str) -> float | None:
    """Return a time such as `1-02:03:04` or `03:04.567`."""
    match = CPU_TIME.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _key(comment: str) -> str | None:
    return comment.removeprefix(COMMENT) if comment.startswith(COMMENT) else None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def _code(code: int, number: int) -> int:
    return 128 + number if number else code
