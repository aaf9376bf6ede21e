"""From a target's name in the configuration to the target itself."""

from collections.abc import Mapping
from pathlib import Path

from specc.diagnostics import did_you_mean
from specc.errors import SpeccError
from specc.person import Person
from specc.schema import ApiSchema
from specc.settings import Settings
from specc.targets.kinds import KINDS
from specc.targets.opening import Opened, Opening, Skew


def open_target(
    root: Path,
    name: str,
    settings: Settings,
    apis: Mapping[str, ApiSchema],
    environment: Mapping[str, str],
    person: Person,
    *,
    skew: Skew = lambda identity: 0.0,
    is_offline: bool = False,
    may_lack_keys: bool = False,
) -> Opened:
    """Return the target of that name. Raises SpeccError where there is none, or it cannot be opened."""
    known = settings.targets.get(name)
    if known is None:
        raise SpeccError(f"there is no target `{name}`", help=did_you_mean(name, settings.targets, "targets"))
    endpoint = known.endpoint or (apis[settings.api].endpoint if settings.api in apis else None)
    vendors = (apis[api].endpoint for api in apis) if KINDS[known.kind].is_of_api else ()
    shipped = tuple(address for address in vendors if address is not None)
    units = settings.units_for(name)
    return KINDS[known.kind].open(
        Opening(root, known, units, endpoint, environment, skew, is_offline, person, shipped, may_lack_keys)
    )
