"""The controller of a simulated Slurm: its queue, its nodes, and what becomes of jobs as time passes.

A `Submission` is what one sbatch sent: one job, or the tasks of an array. As in Slurm, the tasks that have not started
are one record, whose number is that of the array, and a task gets a number of its own when it starts; the last of them
keeps the array's.
"""

import heapq
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks.simulation import traces
from benchmarks.simulation.site import Site

PENDING, RUNNING, CANCELLED = "PENDING", "RUNNING", "CANCELLED"
TERMINATED = 143


class Refused(Exception):
    """The controller does not take a submission; the text is what sbatch says."""


class Full(Exception):
    """The controller has no room for so many jobs now."""


@dataclass(slots=True, eq=False)
class Submission:
    """What one sbatch sent. `waiting` are the tasks that have not started, None for a job that is not of an array."""

    number: int
    name: str
    comment: str
    folder: Path
    log: str
    script: traces.Script
    submitted: float
    is_requeued: bool
    most_active: int | None
    waiting: dict[int | None, None]
    is_array: bool
    tasks: dict[int | None, "Task"] = field(default_factory=dict)
    active: int = 0
    cancelled: float | None = None
    """When the tasks that wait were cancelled with the array."""

    @property
    def may_start(self) -> bool:
        """Return whether a task waits, and the limit of the array lets it start."""
        is_open = bool(self.waiting) and self.cancelled is None
        return is_open and (self.most_active is None or self.active < self.most_active)


@dataclass(slots=True, eq=False)
class Task:
    """A job that has started at least once. `exits` are its exit code and signal, as Slurm writes them."""

    submission: Submission
    index: int | None
    number: int
    word: str = PENDING
    reason: str = "None"
    exits: tuple[int, int] = (0, 0)
    started: float | None = None
    ended: float | None = None
    restarts: int = 0
    node: str = ""
    work: traces.Work | None = None
    """What the job does; None for a copy, which does nothing."""

    @property
    def id(self) -> str:
        """Return the task as squeue's `%i` has it."""
        return str(self.number) if self.index is None else f"{self.submission.number}_{self.index}"

    @property
    def folder(self) -> Path:
        """Return the folder in which the job makes its claim."""
        made = self.submission
        return made.folder if self.index is None else made.folder / str(self.index)

    @property
    def log(self) -> Path:
        """Return the file of `--output`, which Slurm opens before the job begins."""
        return Path(self.submission.log.replace("%a", str(self.index)).replace("%%", "%"))


@dataclass(frozen=True)
class Fate:
    """How a job ends: Slurm's word and reason, the exit code that the script writes, and Slurm's own codes."""

    word: str
    reason: str
    code: int | None
    exits: tuple[int, int]
    log: str = ""


DONE = Fate("COMPLETED", "None", 0, (0, 0))
FAILED = Fate("FAILED", "NonZeroExitCode", 1, (1, 0))
TIMED_OUT = Fate(
    "TIMEOUT", "TimeLimit", TERMINATED, (0, 15),
    "slurmstepd: error: *** JOB {number} ON {node} CANCELLED DUE TO TIME LIMIT ***\n",
)  # fmt: skip
OUT_OF_MEMORY = Fate(
    "OUT_OF_MEMORY", "OutOfMemory", 137, (0, 125),
    "slurmstepd: error: Detected 1 oom_kill event in StepId={number}.batch. Some of the step tasks have been killed.\n",
)  # fmt: skip
NODE_FAILED = Fate("NODE_FAIL", "NodeFail", None, (0, 1))
PREEMPTED = Fate(
    "PREEMPTED", "None", TERMINATED, (0, 15),
    "slurmstepd: error: *** JOB {number} ON {node} CANCELLED DUE TO PREEMPTION ***\n",
)  # fmt: skip


@dataclass
class Book:
    """What happened, for whoever checks it: how often each command ran, not counting restarts of the same job."""

    runs: Counter[str] = field(default_factory=Counter)
    copies: int = 0
    restarts: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    most_listed: int = 0
    most_open: int = 0
    most_running: int = 0


class Controller:
    """Takes, lists and cancels jobs, and runs them as `advance` lets time pass. Not for several threads at once."""

    def __init__(self, site: Site, random: Random, now: float) -> None:
        self.site = site
        self.book = Book()
        self.now = now
        self._random = random
        self._next_number = 1
        self._submissions: dict[int, Submission] = {}
        self._ready: list[int] = []
        self._again: deque[Task] = deque()
        self._free = site.slots
        self._events: list[tuple[float, int, Task | None, Fate | None]] = []
        self._event = 0
        self._is_start_due = False
        self._last_start = now
        self._ended: deque[tuple[float, Task]] = deque()
        self._count = 0
        self.accounts: dict[str, Task] = {}

    def submit(
        self,
        name: str,
        comment: str,
        folder: Path,
        log: str,
        script: traces.Script,
        *,
        is_requeued: bool,
        indices: list[int] | None = None,
        most_active: int | None = None,
    ) -> int:
        """Take a job, or an array with these indices. Return its number. Raises Refused, and Full."""
        site, tasks = self.site, indices if indices is not None else [None]
        if indices is not None and (not indices or indices[-1] >= site.max_array_size):
            raise Refused("Invalid job array specification")
        self._forget()
        if site.max_submit_jobs is not None and self._open + len(tasks) > site.max_submit_jobs:
            said = "AssocMaxSubmitJobLimit\nJob violates accounting/QOS policy (job submit limit, "
            raise Refused(f"{said}user's size and/or time limits)")
        if self._count + len(tasks) > site.max_job_count:
            raise Full
        number = self._take_number()
        made = Submission(
            number, name, comment, folder, log, script, self.now, is_requeued, most_active, dict.fromkeys(tasks),
            indices is not None,
        )  # fmt: skip
        self._submissions[number] = made
        self._count += len(tasks)
        self.book.most_open = max(self.book.most_open, self._open)
        heapq.heappush(self._ready, number)
        self._plan_start()
        return number

    def cancel(self, number: int, indices: list[int] | None = None) -> None:
        """End a job, or tasks of an array; with None, all of them. Nothing happens where there is no such job."""
        made = self._submissions.get(number) or self._with_task(number)
        if made is None:
            return
        if indices is None:
            if made.waiting and made.cancelled is None:
                made.cancelled = self.now
                self._ended.append((self.now, Task(made, None, made.number, CANCELLED, ended=self.now)))
            wanted = list(made.tasks.values())
        else:
            # Slurm keeps no record of a task that is cancelled before it was made a job of its own.
            for index in indices:
                self._count -= index in made.waiting
                made.waiting.pop(index, None)
            wanted = [made.tasks[index] for index in indices if index in made.tasks]
            self._drop(made)
        for task in wanted:
            if task.ended is None:
                fate = Fate(CANCELLED, "None", TERMINATED, (0, 15))
                self._end(task, fate, was_running=task.word == RUNNING)

    def advance(self, to: float) -> None:
        """Let everything happen that happens until then."""
        while self._events and self._events[0][0] <= to:
            at, _, task, fate = heapq.heappop(self._events)
            self.now = max(self.now, at)
            if task is None:
                self._is_start_due = False
                self._start_next()
            elif fate is not None and task.word == RUNNING and task.ended is None:
                self._end(task, fate)
        self.now = max(self.now, to)

    def next_event(self) -> float | None:
        """Return when something happens next, if nobody does anything."""
        return self._events[0][0] if self._events else None

    def listed(self) -> Iterator[tuple[Submission, Task | None]]:
        """Yield the jobs that the controller knows; None for those of an array that wait, which are one record."""
        self._forget()
        for made in self._submissions.values():
            if made.waiting:
                yield made, None
            for task in made.tasks.values():
                yield made, task
        self.book.most_listed = max(self.book.most_listed, self._count)

    @property
    def _open(self) -> int:
        return self._count - len(self._ended)

    def _take_number(self) -> int:
        self._next_number += 1
        return self._next_number - 1

    def _with_task(self, number: int) -> Submission | None:
        for made in self._submissions.values():
            if any(task.number == number for task in made.tasks.values()):
                return made
        return None

    def _plan(self, at: float, task: Task | None, fate: Fate | None = None) -> None:
        self._event += 1
        heapq.heappush(self._events, (at, self._event, task, fate))

    def _plan_start(self) -> None:
        if not self._is_start_due and self._free and (self._ready or self._again):
            self._is_start_due = True
            self._plan(max(self.now, self._last_start + 1 / self.site.starts_per_second), None)

    def _start_next(self) -> None:
        """Start the job that waits longest, if one may start, and plan the next start."""
        if not self._free:
            return
        self._last_start = self.now
        if self._again:
            self._start(self._again.popleft())
        else:
            while self._ready and not self._submissions_may_start(self._ready[0]):
                heapq.heappop(self._ready)  # it is put back when one of its tasks ends
            if self._ready:
                made = self._submissions[self._ready[0]]
                index = next(iter(made.waiting))
                del made.waiting[index]
                number = self._take_number() if made.waiting else made.number
                made.tasks[index] = task = Task(made, index, number)
                if self.site.has_accounting:
                    self.accounts[task.id] = task
                self._start(task)
        self._plan_start()

    def _submissions_may_start(self, number: int) -> bool:
        made = self._submissions.get(number)
        return made is not None and made.may_start

    def _start(self, task: Task) -> None:
        if task.ended is not None:  # cancelled while it waited to start again
            return
        self._free -= 1
        self.book.most_running = max(self.book.most_running, self.site.slots - self._free)
        made = task.submission
        made.active += 1
        task.word, task.reason, task.started, task.ended = RUNNING, "None", self.now, None
        task.node = f"n{self._random.randrange(1000):03d}"
        run, work = self._run(task), made.script.work(task.index)
        _write(task.log, "")
        if not traces.begin(task.folder, run, work):
            task.work = None
            self.book.copies += 1
            _write(task.log, "specc: the command is not run: another job has begun it before\n")
            self._plan(self.now + 1, task, Fate("FAILED", "NonZeroExitCode", None, (traces.COPY, 0)))
            return
        task.work = work
        if task.restarts:
            self.book.restarts += 1
        else:
            self.book.runs[work.command] += 1
        load = self.site.load
        fate, seconds = self._fate(), self._random.uniform(load.least, load.most)
        if fate in (PREEMPTED, NODE_FAILED, OUT_OF_MEMORY):
            seconds *= self._random.random()
        self._plan(self.now + seconds, task, fate)

    def _fate(self) -> Fate:
        load, drawn = self.site.load, self._random.random()
        for share, fate in (
            (load.exits, FAILED),
            (load.times_out, TIMED_OUT),
            (load.out_of_memory, OUT_OF_MEMORY),
            (load.node_fails, NODE_FAILED),
            (load.preempted, PREEMPTED),
        ):
            if drawn < share:
                return fate
            drawn -= share
        return DONE

    def _run(self, task: Task) -> traces.Run:
        return traces.Run(
            task.id,
            task.restarts,
            task.submission.is_requeued,
            task.node,
            self.now if task.started is None else task.started,
        )

    def _end(self, task: Task, fate: Fate, *, was_running: bool = True) -> None:
        made = task.submission
        if was_running:
            self._free += 1
            made.active -= 1
            if fate.log:
                _write(task.log, fate.log.format(number=task.number, node=task.node))
            if task.work is not None:
                output = f"{task.work.command}\nscore = {0.001 * (task.number % 1000):.3f}\n" if fate is DONE else ""
                traces.end(task.folder, task.log, self._run(task), self.now, fate.code, output)
            task.work = None
        if made.is_requeued and fate in (PREEMPTED, NODE_FAILED):
            task.word, task.reason, task.started = PENDING, "BeginTime", None
            task.restarts += 1
            self._again.append(task)
        else:
            task.word, task.reason, task.exits, task.ended = fate.word, fate.reason, fate.exits, self.now
            self.book.ends[fate.word] += 1
            self._ended.append((self.now, task))
        if made.most_active is not None and made.may_start:
            heapq.heappush(self._ready, made.number)
        self._plan_start()

    def _forget(self) -> None:
        """Forget the jobs that ended so long ago that the controller does not keep them."""
        while self._ended and self._ended[0][0] < self.now - self.site.min_job_age:
            _, task = self._ended.popleft()
            made = task.submission
            if made.tasks.get(task.index) is task:
                del made.tasks[task.index]
                self._count -= 1
            elif made.cancelled is not None:
                self._count -= len(made.waiting)
                made.waiting.clear()
            self._drop(made)

    def _drop(self, made: Submission) -> None:
        if not made.waiting and not made.tasks:
            self._submissions.pop(made.number, None)


def _write(log: Path, line: str) -> None:
    """Write a line into the log of a job, as Slurm does. A folder that is not there any more has none."""
    if log.parent.is_dir():
        with open(log, "a", encoding="utf-8") as file:
            file.write(line)
