"""Opening a Slurm cluster as a target."""

import os
from pathlib import Path

from specc.errors import SpeccError
from specc.system.private import state_home, user_name
from specc.targets.batch.programs import Installed
from specc.targets.opening import Opened, Opening
from specc.targets.slurm.cluster import cluster_name, of_job, of_query
from specc.targets.slurm.queries import Queries
from specc.targets.slurm.request import Rules
from specc.targets.slurm.target import Place, SlurmTarget

MISSING = "submit from a login node of the cluster, or load the module that brings Slurm's programs"


def open_target(opening: Opening) -> Opened:
    """Return the target. Raises SpeccError where the cluster or its folder is unknown. Slurm itself is not asked
    yet.
    """
    settings, environment = opening.settings, opening.environment
    caller = user_name()
    cluster = cluster_name(environment, settings.cluster, settings.name)
    place = Place(cluster, caller, _directory(opening, cluster), of_job(environment, settings.environment))
    programs = Installed(opening.calls.add, outside=opening.root, help=MISSING)
    queries = Queries(programs, of_query(environment), caller)
    target = SlurmTarget(place, Rules(settings, opening.units, caller), programs, queries)
    return Opened(settings.name, target, opening.calls, (), lambda: target.last_error)


def _directory(opening: Opening, cluster: str) -> Path:
    """Return the folder: the user's state folder is in the home folder, which clusters share with their nodes."""
    said = opening.settings.directory
    directory = Path(os.path.expanduser(said)) if said else state_home(opening.environment) / "slurm" / cluster
    setting = f"`directory` under `[targets.{opening.settings.name}]`"
    if not directory.is_absolute():
        raise SpeccError(f"{setting} is `{said}`, expected an absolute path or one that begins with `~/`")
    if set(str(directory)) & set("\\\n\r\t"):
        raise SpeccError(f"Slurm cannot write into {str(directory)!r}: no backslash or control character may be in it")
    return directory.resolve()
