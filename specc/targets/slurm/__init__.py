"""A Slurm cluster as a target, through its own programs on a login node: sbatch, squeue, sacct, scontrol, scancel.

Nothing here schedules; each payload is one batch job. What each field becomes is said in `request.py`, what the job
does before and after the command in `script.py`, and what sbatch can answer in `answers.py`.
"""

from specc.targets.slurm.cluster import cluster_name
from specc.targets.slurm.programs import Installed
from specc.targets.slurm.queries import Queries
from specc.targets.slurm.request import IGNORED, Rules
from specc.targets.slurm.target import Place, SlurmTarget

__all__ = ["IGNORED", "Installed", "Place", "Queries", "Rules", "SlurmTarget", "cluster_name"]
