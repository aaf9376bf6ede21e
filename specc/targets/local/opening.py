"""Opening this machine as a target."""

from specc.system.private import state_home, user_name
from specc.targets.local.machine import Options, machine_id
from specc.targets.local.paths import StateDir
from specc.targets.local.request import Rules
from specc.targets.local.store import Store
from specc.targets.local.target import LocalTarget
from specc.targets.opening import Opened, Opening


def open_target(opening: Opening) -> Opened:
    """Return the target. Each machine has a folder of its own, because machines may share a home.

    Offline, nothing is written in the folder.
    """
    folder = state_home(opening.environment) / "local" / machine_id()[:12]
    caller = user_name()
    name = opening.settings.name
    if opening.is_offline:
        state = StateDir(folder.resolve())
        rules = Rules(opening.settings, opening.units, caller, Options())
        return Opened(name, LocalTarget(state, Store(state.store), rules), opening.calls)
    return Opened(name, LocalTarget.open(opening.settings, opening.units, folder, caller, own=3), opening.calls)
