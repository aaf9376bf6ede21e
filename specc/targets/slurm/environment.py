"""What Slurm's programs, and through them the jobs, find in their environment.

`sbatch --export=ALL` hands its own environment to the job, so both get the same short list. No `SLURM_*`, `SBATCH_*` or
`SQUEUE_*` variable of the caller is on it but SLURM_CONF: they fill in options that nobody sees. No credential is.
"""

import os
from collections.abc import Iterable, Mapping

from specc.targets.start import module_variables

KEPT = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "SLURM_CONF")
KEPT_BEGINNING = ("LC_",)
SCRUBBED = ("SBATCH_", "SQUEUE_", "SCANCEL_", "SACCT_", "SLURM_")


def of_job(environment: Mapping[str, str], more: Iterable[str] = ()) -> dict[str, str]:
    """The caller's variables for sbatch and the job: the list, and those that the target's settings name."""
    names = {*KEPT, *(name for name in more if not name.startswith(SCRUBBED))}
    own = {name: value for name, value in environment.items() if name in names or name.startswith(KEPT_BEGINNING)}
    return {"PATH": os.defpath, **module_variables(environment), **own}


def of_query(environment: Mapping[str, str]) -> dict[str, str]:
    """Messages in English, and times in UTC."""
    own = {name: value for name, value in environment.items() if name in KEPT}
    return {"PATH": os.defpath, **own, "LC_ALL": "C", "TZ": "UTC", "SLURM_TIME_FORMAT": "standard"}
