"""Which waiting jobs start now. First come, first served: no job overtakes another, so none waits for ever."""

from collections.abc import Sequence
from typing import NamedTuple


class Waiting(NamedTuple):
    uuid: str
    cores: int


def fits(cores: int, used: int, total: int) -> bool:
    """Whether a job has room beside those that use `used` of the `total` cores.

    One that wants more than there are (the machine has lost some since it was submitted) runs alone.
    """
    return used == 0 or used + cores <= total


def startable(waiting: Sequence[Waiting], used: int, total: int) -> list[Waiting]:
    """The jobs to start, of those that wait, oldest first: all up to the first that has no room."""
    start: list[Waiting] = []
    for job in waiting:
        if not fits(job.cores, used, total):
            break
        start.append(job)
        used += job.cores
    return start
