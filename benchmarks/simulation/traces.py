"""What a job of specc leaves in its folder, written as the job's batch script writes it.

This is the one place of the simulation that knows the script and the folder. That both leave the same is held by
tests/unit/test_simulated_jobs.py, which runs the real script.
"""

import base64
import os
import re
from dataclasses import dataclass
from pathlib import Path

COMMAND = re.compile(r"^coded='([^']*)'$", re.MULTILINE)
COPY = 113


@dataclass(slots=True)
class Run:
    """One start of a job: its number, how often the job was restarted before, whether it may be, and where it runs."""

    number: int
    restarts: int
    is_requeued: bool
    node: str
    began: float


def command_in(script: str) -> str:
    """Return the command of a batch script, which is what the job is for."""
    found = COMMAND.search(script)
    return base64.b64decode(found[1]).decode() if found else ""


def begin(root: Path, run: Run, command: str) -> bool:
    """Claim the folder of a job, as its script does first. Return whether this job may run the command."""
    claim = root / "claim"
    try:
        claim.mkdir()
    except FileExistsError:
        if run.restarts == 0 or (claim / "job").read_text().strip() != str(run.number):
            return False
    except FileNotFoundError:  # the folder was cleaned
        return False
    if run.is_requeued:
        (claim / f"restart.{run.restarts}").mkdir()
        (claim / "exit").unlink(missing_ok=True)
    (claim / "job").write_text(f"{run.number}\n")
    (claim / "command.sh").write_text(command)
    for name in ("stdout", "stderr"):
        (root / name).touch()
    return True


def end(root: Path, run: Run, ended: float, code: int | None, output: str) -> None:
    """Write what the command wrote and how it ended; without a code, the script was killed with its command."""
    claim = root / "claim"
    if output:
        with open(root / "stdout", "a", encoding="utf-8") as file:
            file.write(output)
        os.utime(root / "stdout", (ended, ended))
    if code is None:
        return
    life = (str(run.number), f"{run.began:.0f}", f"{ended:.0f}", f"{run.began:.2f}", f"{ended:.2f}", run.node)
    (claim / "life").write_text("\n".join(life) + "\n")
    (claim / "exit").write_text(f"{run.number}\n{code}\n\n")


def log(root: Path, line: str) -> None:
    """Write a line into the log of Slurm, which opens that file before the job's script begins."""
    if root.is_dir():
        with open(root / "slurm.log", "a", encoding="utf-8") as file:
            file.write(line)
