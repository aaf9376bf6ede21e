"""Jobs as frozen values: how a job is run, its state, how it ended, and which of those that wait start now.

The first that came is served first, and owners take turns. Jobs of one owner never overtake each other. Among owners,
the owner with the fewest cores in use comes next, and of equal owners the one that has waited longest for its turn, so
a long sweep does not keep others waiting. A job that has no room holds up all behind it, so no job waits for ever.
"""

import json
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, field
from types import MappingProxyType
from typing import NamedTuple

from specc.fast_dataclass import dataclass
from specc.targets.lives import EndReason
from specc.targets.local.processes import ProcessId
from specc.targets.protocol import JobState

LATER = frozenset({"owner", "workdir", "variables", "threads", "signal", "signal_before"})
"""Fields of a run that older versions do not know. They are left out where they are empty."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a job is run, settled when it is submitted.

    The text `command` is run, or the file `script`. Paths are absolute but for `stdout` and `stderr`, which may be
    relative to the folder that the job starts in: `workdir`, or its private folder. `seconds` and `memory` (bytes)
    limit the job; `grace` is the time in seconds between TERM and KILL. `environment` holds the caller's variables,
    `variables` tell the job where it comes from. `owner` is on whose behalf it runs: owners take turns. `threads` are
    the cores of each of its tasks, 0 for a job with one task. `signal` is sent to the command `signal_before` seconds
    before the time limit.
    """

    cores: int
    grace: float
    environment: Mapping[str, str]
    umask: int
    command: str | None = None
    script: str | None = None
    stdin: str | None = None
    stdout: str | None = None
    stderr: str | None = None
    seconds: int | None = None
    memory: int | None = None
    owner: str = ""
    workdir: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    threads: int = 0
    signal: int = 0
    signal_before: int = 0

    def to_json(self) -> str:
        """Return the text without the empty fields of `LATER`, so that a supervisor of an older specc can read it."""
        return json.dumps({name: value for name, value in asdict(self).items() if value or name not in LATER})

    @classmethod
    def from_json(cls, text: str) -> "Run":
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Measured:
    """What the runner measured of a job: the seconds that it ran, its peak memory in bytes, and processor seconds.

    `seconds` are by the monotonic clock. `ended_at` is by the wall clock, for people only.
    """

    seconds: float | None = None
    peak_memory: int | None = None
    cpu_seconds: float | None = None
    ended_at: float | None = None

    @classmethod
    def of(cls, data: object) -> "Measured | None":
        """Return what was measured from JSON data; None for data of an older specc, which measured nothing."""
        if not isinstance(data, dict):
            return None
        numbers = {name: value for name, value in data.items() if type(value) in (int, float)}
        return cls(*(numbers.get(name) for name in ("seconds", "peak_memory", "cpu_seconds", "ended_at")))


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended: always in a final state. What nobody measured is None."""

    state: JobState
    exit_code: int | None = None
    reason: str = ""
    measured: Measured | None = None


TIME_LIMIT, MEMORY_LIMIT = "time limit of ", "memory limit of "
RESTARTED, TOLD_TO_END = "the machine was restarted while it ran", "its runner was told to end, perhaps by a shutdown"
END_REASONS = {
    TIME_LIMIT: EndReason.TIME,
    MEMORY_LIMIT: EndReason.MEMORY,
    RESTARTED: EndReason.NODE,
    TOLD_TO_END: EndReason.NODE,
}
"""How the reasons begin by which this machine ends a job. The store keeps them as texts."""


def ended_for(state: JobState, reason: str) -> EndReason | None:
    """Return why a job ended, by the state and the reason that the store has; None if it has not failed."""
    if state in (JobState.EXITED, JobState.LOST):
        usual = EndReason.EXIT if state is JobState.EXITED else EndReason.LOST
        return next((known for start, known in END_REASONS.items() if reason.startswith(start)), usual)
    return EndReason.CANCELLED if state is JobState.CANCELLED else None


@dataclass(frozen=True, slots=True)
class Job:
    """A job in the store. `runner` is the process that attends to the job, or did; `memory` and `seconds` are limits.

    Times are by the wall clock, for people only.
    """

    number: int
    uuid: str
    key: str
    digest: str
    name: str
    cores: int
    state: JobState
    submitted_at: float
    runner: ProcessId | None = None
    cancel_asked: bool = False
    exit_code: int | None = None
    reason: str = ""
    owner: str = ""
    memory: int | None = None
    seconds: int | None = None
    started_at: float | None = None
    ended_at: float | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A job to be added: `key` is the attempt's, `body` the payload's canonical text."""

    key: str
    digest: str
    body: str
    name: str
    run: Run


NO_TURNS: Mapping[str, int] = MappingProxyType({})


class Waiting(NamedTuple):
    uuid: str
    cores: int
    owner: str = ""


def fits(cores: int, used: int, total: int) -> bool:
    """Return whether a job has room beside those that use `used` of the `total` cores.

    A job that wants more cores than the machine has now runs alone.
    """
    return used == 0 or used + cores <= total


def used_by_owner(jobs: Iterable[Job | Waiting]) -> Counter[str]:
    """Return the cores of jobs that run or are about to run, by owner."""
    used: Counter[str] = Counter()
    for job in jobs:
        used[job.owner] += job.cores
    return used


def by_turns(waiting: Sequence[Waiting], used: Mapping[str, int], turns: Mapping[str, int] = NO_TURNS) -> list[Waiting]:
    """Return the jobs that wait, oldest first, in the order in which they are served.

    `used` are the cores in use by owner, `turns` say when each had its last turn, as numbers that grow. Where owners
    are equal in both, the oldest job comes first.
    """
    queues: dict[str, deque[tuple[int, Waiting]]] = {}
    for age, job in enumerate(waiting):
        queues.setdefault(job.owner, deque()).append((age, job))
    cores, last, order = dict(used), dict(turns), list[Waiting]()
    while queues:
        owner = min(queues, key=lambda each: (cores.get(each, 0), last.get(each, 0), queues[each][0][0]))
        _, job = queues[owner].popleft()
        cores[owner] = cores.get(owner, 0) + job.cores
        last[owner] = max(last.values(), default=0) + 1
        order.append(job)
        if not queues[owner]:
            del queues[owner]
    return order


def startable(waiting: Sequence[Waiting], used: int, total: int) -> list[Waiting]:
    """Return the jobs to start, of those that wait, oldest first: all up to the first without room."""
    start: list[Waiting] = []
    for job in waiting:
        if not fits(job.cores, used, total):
            break
        start.append(job)
        used += job.cores
    return start
