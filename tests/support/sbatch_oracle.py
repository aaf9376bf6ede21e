"""The real sbatch as an oracle: what it reads in a script, before it looks for a controller that is not there."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

SBATCH = shutil.which("sbatch")
# Port 1 of this machine answers nobody, so nothing can be submitted.
CONF = """ClusterName=oracle
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=1
AuthType=auth/none
CredType=cred/none
MessageTimeout=1
NodeName=localhost CPUs=1
PartitionName=p Nodes=localhost
"""
WORD = re.compile(r'^sbatch: debug2: Found in script, argument "(.*?)"$', re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"^sbatch: ([a-z][a-z-]*) *: (.*)$", re.MULTILINE)


class Reading(NamedTuple):
    """What sbatch says of one script. `is_taken` if it went on to look for the controller."""

    words: list[str]
    options: dict[str, str]
    is_taken: bool
    said: str


class Sbatch:
    """sbatch in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "slurm.conf").write_text(CONF)

    def read(self, script: str) -> Reading:
        assert SBATCH is not None
        path = self.folder / "script.sh"
        path.write_bytes(script.encode())
        result = subprocess.run(
            [SBATCH, "-vvv", path],
            cwd=self.folder,
            env={"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            capture_output=True, text=True, errors="replace", timeout=30, check=False,
        )  # fmt: skip
        said = result.stderr
        is_taken = "Batch job submission failed: Unable to contact slurm controller" in said
        return Reading(
            WORD.findall(said), dict(OPTION.findall(said.partition("end of defined options")[0])), is_taken, said
        )
