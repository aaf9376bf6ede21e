"""When a job ran, where, what it used and why it ended: as values, and as JSON for those who keep or send them."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from specc.fast_dataclass import dataclass

LATEST = 253_402_300_800.0
"""The end of the year 9999 in seconds since the epoch. A later time is none."""

LARGEST = float(1 << 63)


class EndReason(StrEnum):
    """Why a job ended without success, in one word: that of reports, of `--reason`, and of `--retry-on`.

    `memory` and `time` are limits that it exceeded, `node` a machine that failed or was restarted, `preempted` another
    job that needed its place. `exit` is the command's own exit code or signal, `stopped` an end by the target that it
    does not explain, `lost` a job of which nobody knows how it ended.
    """

    MEMORY = "memory"
    TIME = "time"
    NODE = "node"
    PREEMPTED = "preempted"
    EXIT = "exit"
    STOPPED = "stopped"
    LOST = "lost"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a job used, beside what it asked for. What the target does not know is None.

    Memory is in bytes. `peak_memory` is the most that was in use at a time, as far as the target measured;
    `cpu_seconds` is the time of processors, in user and system mode, of all its processes. `seconds_asked` is the time
    limit.
    """

    peak_memory: int | None = None
    cpu_seconds: float | None = None
    cores_asked: int | None = None
    memory_asked: int | None = None
    seconds_asked: float | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """When a job was submitted, started and ended, where it ran, and what it used. What is not known is None, or empty.

    Times are seconds since the epoch by the target's clock. `seconds` is how long the job ran: by a clock that nobody
    sets where the target has such a clock, else the difference of the times. `ended_for` is what the target knows of
    why the job ended.
    """

    submitted_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    seconds: float | None = None
    node: str = ""
    usage: Usage = Usage()
    ended_for: EndReason | None = None

    def over(self, before: "Life") -> "Life":
        """Return this life, with what it does not know from what was known before."""
        return Life(**_over(self, before, LIFE), usage=Usage(**_over(self.usage, before.usage, USED)))


WORDS: dict[object, EndReason] = {reason.value: reason for reason in EndReason}
TIMES = ("submitted_at", "started_at", "ended_at")
LIFE = (*TIMES, "seconds", "node", "ended_for")
TEXTS = ("node", "ended_for")
USED = ("peak_memory", "cpu_seconds", "cores_asked", "memory_asked", "seconds_asked")


def _over(now: object, before: object, names: Sequence[str]) -> dict[str, Any]:
    found = {name: getattr(now, name) for name in names}
    return {name: getattr(before, name) if value in (None, "") else value for name, value in found.items()}


def elapsed(started_at: float | None, ended_at: float | None) -> float | None:
    """Return the seconds between two times; None where one is not known, or the clock was set back in between."""
    if started_at is None or ended_at is None or ended_at < started_at:
        return None
    return ended_at - started_at


def life_text(life: Life) -> str | None:
    """Return times and usage as JSON, without what is not known; None where nothing is known."""
    known = life_data(life)
    return json.dumps(known) if known else None


def life_data(life: Life) -> dict[str, object]:
    """Return times and usage as JSON data, without what is not known, and without a value that cannot be."""
    return _known(life, LIFE) | _known(life.usage, USED)


def _known(part: Life | Usage, names: Sequence[str]) -> dict[str, object]:
    return {name: value for name in names if (value := getattr(part, name)) not in (None, "") and _fits(name, value)}


def life_from(text: str | None) -> Life:
    """Return the times and usage of a text that `life_text` wrote."""
    return Life() if text is None else life_of_data(json.loads(text))


def life_of_data(known: dict[str, Any]) -> Life:
    """Return the times and usage of JSON data that `life_data` made."""
    usage = Usage(**{name: known[name] for name in USED if name in known})
    life = {name: known[name] for name in LIFE if name in known}
    return Life(**{**life, "ended_for": WORDS.get(life.get("ended_for"))}, usage=usage)


def is_life_text(text: object) -> bool:
    """Return whether a text is one that `life_text` writes."""
    try:
        return is_life_data(json.loads(str(text)))
    except (ValueError, RecursionError):
        return False


def is_life_data(known: object) -> bool:
    """Return whether data is such as `life_data` makes: nothing else in it, and no value that is impossible."""
    return isinstance(known, dict) and all(_fits(name, value) for name, value in known.items())


def _fits(name: object, value: object) -> bool:
    if name in TEXTS:
        return isinstance(value, str)
    most = LATEST if name in TIMES else LARGEST
    return name in (*LIFE, *USED) and isinstance(value, int | float) and type(value) is not bool and 0 <= value < most
