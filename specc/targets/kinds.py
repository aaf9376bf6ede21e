"""The kinds of targets that there are.

A new kind is a folder beside this module whose face defines a `Kind`, and its entry in the tuple here: the settings,
`check`, `plan`, `submit` and `serve` take it from here. ARCHITECTURE.md has the steps.
"""

from specc.settings import UNKNOWN_KIND, Traits
from specc.targets.ehpc import EHPC
from specc.targets.kind import Kind
from specc.targets.local import LOCAL
from specc.targets.slurm import SLURM

KINDS: dict[str, Kind] = {kind.name: kind for kind in (LOCAL, SLURM, EHPC)}


def traits_of(kind: str) -> Traits:
    """Return the traits of a kind. Those of a kind that does not exist, which the settings report, are unknown."""
    return KINDS[kind].traits if kind in KINDS else UNKNOWN_KIND
