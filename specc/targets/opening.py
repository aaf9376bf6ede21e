"""What a target is opened with, and what is returned."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from specc.fast_dataclass import dataclass
from specc.person import Person
from specc.settings import Target as TargetSettings
from specc.targets.protocol import Target

Skew = Callable[[str], float]
"""From a target's identity to what is known of its clock: seconds that it is ahead of ours."""


class Calls:
    """Counts calls of several threads."""

    def __init__(self) -> None:
        from threading import Lock  # a check reads this module, and counts no calls

        self._lock = Lock()
        self._count = 0

    def add(self) -> None:
        with self._lock:
            self._count += 1

    def __call__(self) -> int:
        return self._count


@dataclass(frozen=True, slots=True)
class Opening:
    """What a target is opened with.

    `root` is that of the project; `endpoint` is that of the API page where the settings have none. `vendor_endpoints`
    are those of all API pages that ship with specc. Offline, the target is made without any means to send: it answers
    only what it knows by itself, and nobody is asked to trust its host. `may_lack_keys` says that the target is for a
    plan, which needs no credentials.
    """

    root: Path
    settings: TargetSettings
    units: Mapping[str, str]
    endpoint: str | None
    environment: Mapping[str, str]
    skew: Skew
    is_offline: bool
    person: Person
    vendor_endpoints: tuple[str, ...] = ()
    may_lack_keys: bool = False
    calls: Calls = field(default_factory=Calls)


@dataclass(frozen=True, slots=True)
class Opened:
    """A target under its name. `calls` counts the calls that its questions have cost so far.

    `warnings` are for the user, `last_error` says why the last question had no answer, and `blind` what the last
    list of jobs did not show. `place` is where the target is, if its settings name another place than the vendor's.
    """

    name: str
    target: Target
    calls: Callable[[], int]
    warnings: tuple[str, ...] = ()
    last_error: Callable[[], str] = str
    place: str | None = None
    blind: Callable[[], str] = str
    settle: Callable[[Sequence[str]], tuple[Target, str]] | None = None
    """Of a target without credentials: from the identities that were used before to the one that is looked at, and what
    a person should know of that."""
