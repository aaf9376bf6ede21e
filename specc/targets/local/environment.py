"""The environment of a job: a short list of the caller's variables, and what the job is told about itself.

No credential is on the list. The supervisor and the runners, whose environment a job could read, have no more.
"""

import os
import sys
from collections.abc import Mapping

KEPT = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "XDG_STATE_HOME")
KEPT_BEGINNING = ("LC_",)
INTERPRETER = ("PYTHON",)
"""Variables that the supervisor keeps besides, so that it finds the same Python packages as the caller."""

SUBMIT_DIR = "SLURM_SUBMIT_DIR"
"""The folder where the job starts, as `sbatch` names it: a script may say `rm -rf $SLURM_SUBMIT_DIR/tmp`."""
JOB_DIR = "SPECC_JOB_DIR"
"""The folder of the job. It is also the mark by which its processes are found when nothing else leads to them."""


def kept(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the caller's variables that a job gets."""
    own = {name: value for name, value in environment.items() if name in KEPT or name.startswith(KEPT_BEGINNING)}
    return {"PATH": os.defpath, **own}


def of_supervisor(environment: Mapping[str, str]) -> dict[str, str]:
    python = {name: value for name, value in environment.items() if name.startswith(INTERPRETER)}
    return {**kept(environment), **python}


def of_job(
    kept: Mapping[str, str], *, uuid: str, name: str, cores: int, threads: int, directory: str, workdir: str
) -> dict[str, str]:
    """Return the environment of a job; `kept` is from the submission.

    A program that counts cores itself gets the cores of a task.
    """
    own = {"SPECC_JOB_ID": uuid, "SPECC_JOB_NAME": name, "SPECC_CORES": str(cores), JOB_DIR: directory}
    return {SUBMIT_DIR: workdir, **kept, "OMP_NUM_THREADS": str(threads), **own}


def umask() -> int:
    """Return the caller's umask, which its jobs get."""
    if sys.platform == "linux":
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            return next(int(line.split()[1], 8) for line in file if line.startswith("Umask:"))
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
