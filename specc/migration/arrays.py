"""`--array=1-10:2%4,15`: which tasks there are, and the matrix axis that has them."""

import re
from typing import NamedTuple

ENTRY = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9})(?::([0-9]{1,9}))?)?(?:%([0-9]{1,9}))?")
MOST = 1_000_000
"""The most tasks that are counted, and the most cells that a matrix may have."""

MOST_LISTED = 5000
"""The most values that an axis lists. A spec may have 10,000 values, and a file 128 KiB."""


class Tasks(NamedTuple):
    """The task numbers in order, each once, and how many may run at once (None: all)."""

    numbers: tuple[int, ...]
    at_once: int | None

    @property
    def step(self) -> int | None:
        """The distance between neighbours where all distances are equal, else None."""
        first = self.numbers
        step = first[1] - first[0] if len(first) > 2 else 0
        is_even = step and first == tuple(range(first[0], first[-1] + 1, step))
        return step if is_even else None


def read_tasks(text: str) -> Tasks | str:
    """Return the tasks of an array, or why the text cannot be read."""
    listed = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    numbers: set[int] = set()
    count, at_once = 0, None
    for entry in listed.split(","):
        match = ENTRY.fullmatch(entry)
        if match is None:
            return f"`{entry}` is neither a task number nor a range of them"
        at_once = at_once or int(match[4] or 0) or None
        first, last, step = int(match[1]), int(match[2] or match[1]), int(match[3] or 1)
        if last < first:
            return f"the range `{entry}` ends before it begins"
        if step == 0:
            return f"the range `{entry}` has a step of 0"
        tasks = range(first, last + 1, step)
        count += len(tasks)
        if count > MOST:
            return f"an array of more than {MOST:,} tasks is more than a matrix can have"
        numbers.update(tasks)
    tasks_read = Tasks(tuple(sorted(numbers)), at_once)
    if tasks_read.step is None and len(tasks_read.numbers) > MOST_LISTED:
        return f"{len(tasks_read.numbers):,} tasks without a common step are more than a spec can list"
    return tasks_read


def axis(tasks: Tasks) -> str:
    """Return the axis as YAML."""
    if tasks.step is None:
        return f"[{', '.join(map(str, tasks.numbers))}]"
    step = "" if tasks.step == 1 else f", step: {tasks.step}"
    return f"{{from: {tasks.numbers[0]}, to: {tasks.numbers[-1]}{step}}}"
