"""From a target's name in the configuration to the target itself.

A kind of target is one module, `specc.cli.target_KIND`, which is imported when such a target is opened: an HTTP client
costs more time than a whole `specc check`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from importlib import import_module
from pathlib import Path
from threading import Lock

from specc.diagnostics import did_you_mean
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.schema import ApiSchema
from specc.settings import Settings
from specc.settings import Target as TargetSettings
from specc.submission.follow import Watched
from specc.targets import Target

Skew = Callable[[str], float]


class Calls:
    """Counts calls, which several threads make."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0

    def add(self) -> None:
        with self._lock:
            self._count += 1

    def __call__(self) -> int:
        return self._count


@dataclass(frozen=True, slots=True)
class Opening:
    """What a target is opened with. `root` is the project's, `endpoint` the API page's own, `skew` what is known of the
    server's clock.

    Offline, the target must be made without any means to send: it is asked only what it knows by itself.
    `vendor_endpoints` are those of all API pages that ship with specc. `may_lack_keys`: it is for a look ahead, which
    needs no credentials.
    """

    root: Path
    settings: TargetSettings
    units: Mapping[str, str]
    endpoint: str | None
    environment: Mapping[str, str]
    skew: Skew
    is_offline: bool
    vendor_endpoints: tuple[str, ...] = ()
    may_lack_keys: bool = False
    calls: Calls = field(default_factory=Calls)


@dataclass(frozen=True, slots=True)
class Opened:
    """A target under its name. `warnings` are for the user, `trouble` says why the last question had no answer.

    `place` is where it is, for a target whose settings name another place than the vendor's.
    """

    name: str
    target: Target
    calls: Calls
    warnings: tuple[str, ...] = ()
    trouble: Callable[[], str] = str
    place: str | None = None
    blind: Callable[[], str] = str
    """What the last list of jobs did not show, for people."""
    settle: Callable[[Sequence[str]], tuple[Target, str]] | None = None
    """Of a target without credentials: from the identities that were used before to the one that is looked at, and what
    a person should know of that."""

    @property
    def watched(self) -> Watched:
        return Watched(self.target, self.calls)


def open_target(
    root: Path,
    name: str,
    settings: Settings,
    apis: Mapping[str, ApiSchema],
    environment: Mapping[str, str],
    *,
    skew: Skew = lambda identity: 0.0,
    is_offline: bool = False,
    may_lack_keys: bool = False,
) -> Opened:
    """Raises SpeccError for a target that there is not, or that cannot be opened."""
    known = settings.targets.get(name)
    if known is None:
        raise SpeccError(f"there is no target `{name}`", help=did_you_mean(name, settings.targets, "targets"))
    endpoint = known.endpoint or (apis[settings.api].endpoint if settings.api in apis else None)
    vendors = (apis[api].endpoint for api in apis) if known.kind == "ehpc" else ()
    shipped = tuple(address for address in vendors if address is not None)
    units = settings.units_for(name)
    opening = Opening(root, known, units, endpoint, environment, skew, is_offline, shipped, may_lack_keys)
    opened: Opened = import_module(f"specc.cli.target_{known.kind}").open_target(opening)
    return opened
