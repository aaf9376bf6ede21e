"""The kinds of targets, and what each does not take."""

from collections.abc import Callable, Iterator, Mapping

from specc.settings import Target, TargetKind
from specc.targets.refusals.common import Refusal
from specc.targets.refusals.ehpc import refusals as of_ehpc
from specc.targets.refusals.local import refusals as of_local
from specc.targets.refusals.slurm import refusals as of_slurm

Refuse = Callable[[Mapping[str, object], Target, Mapping[str, str]], Iterator[Refusal]]
"""From a payload's body, the target's settings and the units to every reason against the payload."""

REFUSALS: dict[TargetKind, Refuse] = {"local": of_local, "slurm": of_slurm, "ehpc": of_ehpc}
