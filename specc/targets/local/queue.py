"""Which waiting jobs start now: first come, first served, and owners take turns.

Jobs of one owner never overtake each other. Among owners, the owner with the fewest cores in use comes next, and of
equal owners the one that has waited longest for its turn, so a long sweep does not keep others waiting. A job that has
no room holds up all behind it, so no job waits for ever.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from specc.targets.local.jobs import Job

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
