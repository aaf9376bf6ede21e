"""The name of the cluster, and the environment of Slurm's programs, and through them of the jobs.

The name of the cluster is read in slurm.conf, without asking the controller, which may be down.
"""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from specc.errors import SpeccError
from specc.system.reader import Unreadable, read_start
from specc.targets.start import module_variables

PLACES = ("/etc/slurm/slurm.conf", "/run/slurm/conf/slurm.conf", "/etc/slurm-llnl/slurm.conf")
MAX_BYTES = 4 << 20
NAME = re.compile(r"(?im)^[ \t]*ClusterName[ \t]*=[ \t]*([^\s#]+)")
KEPT = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "SLURM_CONF")
KEPT_BEGINNING = ("LC_",)
SCRUBBED = ("SBATCH_", "SQUEUE_", "SCANCEL_", "SACCT_", "SLURM_")


def cluster_name(environment: Mapping[str, str], said: str | None, target: str) -> str:
    """Return the name of the cluster. Raises SpeccError where it is unknown, or is not that of the settings."""
    given = environment.get("SLURM_CONF", "")
    places = [Path(given)] if given else [Path(place) for place in PLACES]
    found = next((name for place in places if (name := _name_in(place)) is not None), None)
    if found is None and said is None:
        where = ", ".join(map(str, places))
        help = (
            f'on a login node, write `cluster = "NAME"` under `[targets.{target}]`, as `scontrol show config` says it; '
            "on any other machine, `--target local` runs the jobs here"
        )
        raise SpeccError(f"cannot tell which Slurm cluster this is: no ClusterName in {where}", help=help)
    if said is not None and found is not None and said.lower() != found:
        message = f"this machine belongs to the cluster `{found}`, and the target `{target}` is `{said}`"
        raise SpeccError(message, help=f"go to a login node of `{said}`, or choose another target")
    return found or (said or "").lower()


def _name_in(path: Path) -> str | None:
    """Return the name in a text. Slurm itself ignores the case."""
    try:
        match = NAME.search(read_start(path, MAX_BYTES).decode("utf-8", "replace"))
    except Unreadable:
        return None
    return match[1].lower() if match else None


def of_job(environment: Mapping[str, str], more: Iterable[str] = ()) -> dict[str, str]:
    """Return the caller's variables for sbatch and the job: the list, and those that the settings of the target
    name.
    """
    names = {*KEPT, *(name for name in more if not name.startswith(SCRUBBED))}
    own = {name: value for name, value in environment.items() if name in names or name.startswith(KEPT_BEGINNING)}
    return {"PATH": os.defpath, **module_variables(environment), **own}


def of_query(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a query, with messages in English, times in UTC, and long lists of tasks as a whole."""
    own = {name: value for name, value in environment.items() if name in KEPT}
    whole = {"LC_ALL": "C", "TZ": "UTC", "SLURM_TIME_FORMAT": "standard", "SLURM_BITSTR_LEN": "0"}
    return {"PATH": os.defpath, **own, **whole}
