"""What a Slurm cluster does not take, known from the payload and the settings alone."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from specc.settings import Target
from specc.targets.refusals.common import (
    OUTPUTS,
    Refusal,
    amount,
    command_refusals,
    core_refusals,
    limit_refusals,
    name_refusals,
    place_refusals,
    prelude_refusals,
    queue_refusals,
    text,
    unseen_refusals,
)
from specc.wording import brief

PARTITION = re.compile(r"[\w.+@][\w.+@-]*")

MEBIBYTE, MINUTE = 1 << 20, 60
MOST_CORES = 60_000
MOST_MINUTES = 10 * 366 * 24 * 60
MOST_MEBIBYTES = 1 << 40
"""Slurm counts cores of a task in 16 bits and minutes in 32, and reads what does not fit as some other number."""


def refusals(body: Mapping[str, object], target: Target, units: Mapping[str, str]) -> Iterator[Refusal]:
    """Yield every reason why no cluster with these settings takes the payload."""
    yield from name_refusals(body, target)
    yield from unseen_refusals(body, ("scheduler_queue_name", "input_file", *OUTPUTS))
    yield from command_refusals(body)
    yield from prelude_refusals(body, target)
    yield from place_refusals(body, target)
    yield from _partition_refusals(body, target)
    yield from _size_refusals(body, units)
    if text(body, "resource_limit") is None:
        yield from core_refusals(body, MOST_CORES)
    else:
        yield from _resource_refusals(body, target, units)
    for field in OUTPUTS:
        path = text(body, field)
        if path and leaves(path):
            message = f"`{field}` is `{path}`, which leads out of where the job starts"
            yield Refusal("bad-path", field, message, "write an absolute path")


def _partition_refusals(body: Mapping[str, object], target: Target) -> Iterator[Refusal]:
    queue, queue_id = text(body, "scheduler_queue_name"), text(body, "hpcqueue_id")
    if queue is not None and not PARTITION.fullmatch(queue) and queue.isprintable():
        message = f"`scheduler_queue_name` is `{brief(queue)}`, which cannot be the name of a partition"
        yield Refusal("bad-queue", "scheduler_queue_name", message, "`sinfo -s` lists the partitions")
    elif queue is not None and queue_id is None:
        yield from queue_refusals({"scheduler_queue_name": queue}, target)
    if queue_id is None:
        return
    mapped = target.hpcqueues.get(queue_id)
    if mapped is None:
        message = f"`hpcqueue_id` is `{queue_id}`, and Slurm has no such ids"
        help = f'write `hpcqueues = {{"{queue_id}" = "PARTITION"}}` under `[targets.{target.name}]`'
        yield Refusal("unmapped-queue", "hpcqueue_id", message, help)
    elif queue is not None and queue != mapped:
        message = f"`hpcqueue_id` `{queue_id}` is the partition `{mapped}`, and `scheduler_queue_name` is `{queue}`"
        yield Refusal("two-queues", "hpcqueue_id", message, "leave one of them out")


def _size_refusals(body: Mapping[str, object], units: Mapping[str, str]) -> Iterator[Refusal]:
    found = list(limit_refusals(body, units))
    yield from found
    if found:
        return
    for field, unit, most in (("mem_limit", MEBIBYTE, MOST_MEBIBYTES), ("time_limit", MINUTE, MOST_MINUTES)):
        size = amount(body, field, units)
        if size is not None and ceil(size, unit) > most:
            message = f"`{field}` is {body[field]} {units[field]}, which is more than Slurm can count"
            yield Refusal("bad-limit", field, message, "leave it out for no limit of your own")


def _resource_refusals(body: Mapping[str, object], target: Target, units: Mapping[str, str]) -> Iterator[Refusal]:
    # Few jobs have such a text, and every check imports this module.
    from specc.targets.refusals.words import resource_refusals, shape_in

    yield from core_refusals(body, MOST_CORES if shape_in(body, target) is None else None)
    yield from resource_refusals(body, target, units)


def leaves(path: str) -> bool:
    """Whether a relative path leads out of the directory that it starts from, at any point on its way."""
    depth = 0
    for part in () if path.startswith("/") else PurePosixPath(path).parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return True
    return False


def ceil(amount: int, unit: int) -> int:
    """Return how many whole units cover an amount."""
    return -(-amount // unit)
