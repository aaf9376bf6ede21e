"""What a job of specc leaves in its folder, written as the job's batch script writes it.

This is the one place of the simulation that knows the script and the folder. That both leave the same is held by
tests/unit/test_simulated_jobs.py, which runs the real script.
"""

import base64
import os
import re
import shlex
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

COMMAND = re.compile(r"^_coded='([^']*)'$", re.MULTILINE)
OF_BATCH = re.compile(r"^_batch=(\S+) _task=\S+ _lines=(\d+) ", re.MULTILINE)
COPY = 113


@dataclass(frozen=True, slots=True)
class Script:
    """What a batch script is about: the command of one job, or the folder with the list of the cells of a batch."""

    command: str = ""
    batch: Path | None = None
    lines: int = 0

    @classmethod
    def read(cls, text: str) -> "Script":
        """Return what the text of a script is about."""
        if (found := OF_BATCH.search(text)) is not None:
            return cls(batch=Path(shlex.split(found[1])[0]), lines=int(found[2]))
        coded = COMMAND.search(text)
        return cls(base64.b64decode(coded[1]).decode() if coded else "")

    def work(self, index: int | None) -> "Work":
        """Return what a job does, by the script; of an array, what the list says of the task."""
        if self.batch is None:
            return Work(self.command)
        assert index is not None
        _, _, coded, request = _cells(self.batch / f"cells.{index // self.lines}")[index % self.lines].split(" ")
        return Work(base64.b64decode(coded).decode(), base64.b64decode(request).decode())


@dataclass(frozen=True, slots=True)
class Work:
    """What one job does. The task of an array has a request, of which it makes its journal."""

    command: str
    request: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One start of a job, by what Slurm tells its script."""

    job: str
    restarts: int
    is_requeued: bool
    node: str
    began: float


def begin(root: Path, run: Run, work: Work) -> bool:
    """Claim the folder of a job, as its script does first. Return whether this job may run the command."""
    journal = root / "job"
    if work.request is not None:
        if root.with_name(f"{root.name}.gone").exists():
            return False
        root.mkdir(exist_ok=True)
        if not journal.exists():
            journal.write_text(f"{work.request}\n", "utf-8")
    try:
        os.link(journal, root / "claim")
    except FileNotFoundError:  # the folder was cleaned
        return False
    except FileExistsError:
        if not run.is_requeued or run.restarts == 0 or _owner(journal) != run.job:
            return False
    if run.is_requeued:
        os.link(journal, root / f"claim.{run.restarts}")
    _note(journal, "begun", run.job, run.restarts)
    for name in ("stdout", "stderr"):
        (root / name).touch()
    return True


def end(root: Path, log: Path, run: Run, ended: float, code: int | None, output: str) -> None:
    """Write what the command wrote and how it ended; without a code, the script was killed with its command."""
    if output:
        with open(root / "stdout", "a", encoding="utf-8") as file:
            file.write(output)
        os.utime(root / "stdout", (ended, ended))
    if code is None:
        return
    times = (int(run.began), int(ended), f"{run.began:.2f}", f"{ended:.2f}")
    _note(root / "job", "ended", run.job, run.restarts, code, "", *times, run.node, "", "", "")
    if code == 0 and log.stat().st_size == 0:
        log.unlink()


def _note(journal: Path, *fields: object) -> None:
    with open(journal, "a", encoding="utf-8") as file:
        file.write("\n" + "".join(f"{field}\t" for field in fields) + ".\n")


def _owner(journal: Path) -> str:
    """Return the job that has begun first, by the journal."""
    lines = journal.read_text("utf-8").splitlines()
    return next((line.split("\t")[1] for line in lines if line.startswith("begun\t")), "")


@lru_cache(maxsize=8)
def _cells(path: Path) -> list[str]:
    """Return the lines of a list of cells, which is never changed."""
    return path.read_text("utf-8").splitlines()
