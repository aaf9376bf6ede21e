"""The kinds of targets. A new kind is a folder beside this module, and an entry in its table."""

from collections.abc import Callable, Iterator, Mapping

from specc.fast_dataclass import dataclass
from specc.settings import Target, TargetKind
from specc.targets.opening import Opened, Opening
from specc.targets.refusals.common import Refusal
from specc.targets.refusals.ehpc import refusals as refused_by_ehpc
from specc.targets.refusals.local import refusals as refused_by_local
from specc.targets.refusals.slurm import refusals as refused_by_slurm


@dataclass(frozen=True, slots=True)
class Kind:
    """`refusals` yields every reason against a payload, from its body, the target's settings and its units.

    `open` makes the target, and raises SpeccError where it cannot be had.
    """

    refusals: Callable[[Mapping[str, object], Target, Mapping[str, str]], Iterator[Refusal]]
    open: Callable[[Opening], Opened]


def _open_local(opening: Opening) -> Opened:
    from specc.targets.local.opening import open_target  # brings SQLite, which no check needs

    return open_target(opening)


def _open_slurm(opening: Opening) -> Opened:
    from specc.targets.slurm.opening import open_target  # brings what starts programs

    return open_target(opening)


def _open_ehpc(opening: Opening) -> Opened:
    from specc.targets.ehpc.opening import open_target  # brings an HTTP client, which costs more than a whole check

    return open_target(opening)


KINDS: dict[TargetKind, Kind] = {
    "local": Kind(refused_by_local, _open_local),
    "slurm": Kind(refused_by_slurm, _open_slurm),
    "ehpc": Kind(refused_by_ehpc, _open_ehpc),
}
