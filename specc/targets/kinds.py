"""The kinds of targets that there are.

A new kind is a folder beside this module whose face defines a `Kind`, and its entry in the tuple here: the settings,
`check`, `plan`, `submit` and `serve` take it from here. ARCHITECTURE.md has the steps.
"""

from specc.settings import UNKNOWN_KIND, Traits
from specc.targets.command import COMMAND
from specc.targets.ehpc import EHPC
from specc.targets.kind import Kind
from specc.targets.local import LOCAL
from specc.targets.slurm import SLURM

KINDS: dict[str, Kind] = {kind.name: kind for kind in (LOCAL, SLURM, COMMAND, EHPC)}


def traits_of(kind: str, adapter: str | None = None) -> Traits:
    """Return the traits of a kind. Those of a kind that does not exist, which the settings report, are unknown."""
    if kind not in KINDS:
        return UNKNOWN_KIND
    return KINDS[kind].adapters.get(adapter or "", KINDS[kind].traits)
