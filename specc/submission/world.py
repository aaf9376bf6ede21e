"""The outside world of a run of sending, handed in, and how to send."""

from collections.abc import Callable

from specc.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class World:
    """Time, patience and chance, handed in. `clock` is seconds since the epoch, `monotonic` never leaps.

    `sleep` may return early. `tell` takes a line for the user.
    """

    clock: Callable[[], float]
    monotonic: Callable[[], float]
    sleep: Callable[[float], object]
    random: Callable[[], float]
    tell: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Sending:
    """How to send. `tag_names` puts a short tag of the attempt behind the job's name, outside the digest. `project` is
    the absolute path of the project's root; jobs that are sent without one know nothing of a project.
    """

    target_name: str
    units: str
    owner: str
    max_in_flight: int = 1
    tries: int = 6
    tag_names: bool = False
    project: str | None = None
