"""A made-up Slurm cluster in a folder: its programs are a client's, and its tasks run when the test says so."""

import contextlib
import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from support.cluster_programs import DUTIES, LAST_STATES, Job, jobs_of

PROGRAM = """\
#!/bin/sh
exec {python} -I -S {here} {folder} {name} "$@"
"""
AT_A_TIME = 3
"""So many tasks run at once."""

Task = tuple[Job, int]


class Cluster:
    """The folder of a cluster. `variables` are what a client's environment needs besides its own.

    `chances` say how often each program fails in which way. The array limit and the number of jobs that a user may
    have are files, too: `max-array` and `most-jobs`. With `accounting` there is an sacct. With `silent` the controller
    does not say how many tasks an array may have.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "jobs").mkdir(parents=True)
        (folder / "bin").mkdir()
        here = Path(__file__).with_name("cluster_programs.py")
        for name in DUTIES:
            path = folder / "bin" / name
            path.write_text(PROGRAM.format(python=sys.executable, here=here, folder=folder, name=name))
            path.chmod(0o755)
        (folder / "slurm.conf").write_text("ClusterName=made_up\n")

    @property
    def variables(self) -> dict[str, str]:
        return {"PATH": f"{self.folder}/bin:/usr/bin:/bin", "SLURM_CONF": str(self.folder / "slurm.conf")}

    def set(self, name: str, text: str = "") -> None:
        """Write a file of the folder, whole or not at all."""
        part = self.folder / f"{name}.part"
        part.write_text(text)
        part.rename(self.folder / name)

    def be_calm(self) -> None:
        """Let no program fail any more, and wait until those that run have ended."""
        (self.folder / "chances").unlink(missing_ok=True)
        with open(self.folder / "busy", "a") as busy:
            fcntl.flock(busy, fcntl.LOCK_EX)

    def weather(self, seed: float, chances: Mapping[str, Mapping[str, float]]) -> None:
        self.set("chances", json.dumps({"seed": seed, **chances}))

    def faults(self) -> list[str]:
        path = self.folder / "faults"
        return path.read_text().split() if path.exists() else []

    def jobs(self) -> list[Job]:
        """Return all jobs that were ever taken, also those that the controller has forgotten."""
        return jobs_of(self.folder, all=True)

    def waiting(self) -> list[Task]:
        """Return the tasks that the controller knows and that have not begun."""
        return [(job, task) for job in jobs_of(self.folder) for task, word in job.states().items() if word == "PENDING"]

    def forget_ended(self) -> None:
        """Forget the jobs whose tasks have all ended, as a controller does after some minutes."""
        for job in jobs_of(self.folder):
            if all(word in LAST_STATES for word in job.states().values()):
                job.forget()

    def run(self, tasks: Iterable[Task], chance: random.Random, *, killed: float = 0.0) -> int:
        """Run tasks, some at a time, and note how they ended; kill that share of them. Return how many were killed."""
        kills = 0
        left = list(tasks)
        running: list[tuple[subprocess.Popen[bytes], Task, float | None]] = []
        while left or running:
            while left and len(running) < AT_A_TIME:
                job, task = left.pop()
                if job.states()[task] == "PENDING":
                    job.note(task, "RUNNING")
                    until = time.monotonic() + chance.random() * 0.05 if chance.random() < killed else None
                    running.append((start(job, task), (job, task), until))
            time.sleep(0.001)
            for one in list(running):
                process, (job, task), until = one
                if until is not None and time.monotonic() > until and process.poll() is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    kills += 1
                code = process.poll()
                if code is not None:
                    running.remove(one)
                    job.note(task, "NODE_FAIL" if code < 0 else "COMPLETED" if code == 0 else "FAILED")
        return kills

    def run_copies(self, tasks: Sequence[Task]) -> None:
        """Run tasks, whatever the controller thinks of them, and note nothing."""
        running: list[subprocess.Popen[bytes]] = []
        for job, task in tasks:
            while len(running) >= AT_A_TIME:
                running = [process for process in running if process.poll() is None]
                time.sleep(0.001)
            running.append(start(job, task))
        for process in running:
            process.wait(60)


def start(job: Job, task: int) -> subprocess.Popen[bytes]:
    """Start a task as a node does, with Slurm's variables and its log."""
    log = job.asked["output"].replace("%a", str(task)).replace("%%", "%")
    try:
        out = open(log, "ab")  # noqa: SIM115 - the task has it, and it is closed below
    except OSError:
        out = open(os.devnull, "ab")  # noqa: SIM115 - as above
    chdir = job.asked["chdir"] if os.path.isdir(job.asked["chdir"]) else "/"
    with out:
        return subprocess.Popen(
            command_of(job),
            env={"PATH": os.environ.get("PATH", os.defpath), **variables_of(job, task)},
            cwd=chdir,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def command_of(job: Job) -> list[str]:
    """Return what a node runs."""
    return ["bash", str(job.folder / "script")]


def variables_of(job: Job, task: int) -> dict[str, str]:
    """Return Slurm's variables of a task, or with -1 of a job that is not an array."""
    number = str(job.number) if task < 0 else str(job.number * 100_000 + task)
    variables = {"SLURM_JOB_ID": number, "SLURM_JOB_NODELIST": "node1", "SLURM_SUBMIT_DIR": job.asked["chdir"]}
    if job.tasks is not None:
        count = {"COUNT": len(job.tasks), "MIN": min(job.tasks), "MAX": max(job.tasks), "STEP": 1}
        variables |= {f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in count.items()}
        variables |= {"SLURM_ARRAY_JOB_ID": str(job.number), "SLURM_ARRAY_TASK_ID": str(task)}
    return variables
