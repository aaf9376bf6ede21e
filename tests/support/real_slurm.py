"""A project whose default target is a real cluster, and that cluster as a target in this process."""

import getpass
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from specc.settings import Target
from specc.targets import Accepted, Attempt, JobReport
from specc.targets.batch.programs import Installed, Programs, Ran, TimedOut
from specc.targets.slurm.cluster import of_job, of_query
from specc.targets.slurm.queries import Queries
from specc.targets.slurm.request import Rules
from specc.targets.slurm.target import Place, SlurmTarget
from support.local_jobs import payload
from support.slurm_cluster import Cluster

UNITS = {"mem_limit": "MiB", "time_limit": "min"}
SETTINGS = """\
project = "real"
target = "hpc"
[units]
mem_limit = "MiB"
time_limit = "min"
[targets.hpc]
kind = "slurm"
run_as = "caller"
"""
SPEC = """\
specc: 1
job:
  cluster_id: c
  zone: z
  run_user: me
  name: {name}
  cmd_line: |
"""
LONG = 60.0
CALLED = ("sbatch", "squeue", "sacct", "scontrol", "scancel")

T = TypeVar("T")


def eventually(look: Callable[[], T], seconds: float = LONG, what: str = "it did not come about") -> T:
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, what
        time.sleep(0.2)
    return found


def begin_again(slurm: Cluster, job_id: str, *, has_ended: bool = True) -> None:
    """Let a job that was requeued begin now, and not after the two minutes that Slurm leaves it.

    Those are for the end of its first run, and Slurm takes an end of which it hears later for that of the second. With
    `has_ended` False, the first run goes on, where Slurm does not hear of it.
    """
    # A job that has never run is pending, too, and begins by itself.
    requeued = ("squeue", "-h", "-t", "pending", "-j", job_id, "-O", "RestartCnt")
    eventually(lambda: slurm.run(*requeued).strip() not in ("", "0"))
    if has_ended:
        number = slurm.run("squeue", "-h", "-j", job_id, "-o", "%A").strip()  # that of a task is another one
        first = ["pgrep", "-f", rf"slurmstepd: \[{number}\."]
        eventually(lambda: subprocess.run(first, stdout=subprocess.DEVNULL, check=False).returncode)
    # A node compares whole seconds: it takes a run that begins in the second in which the first one was ended for one
    # that it has been told to end ("Job credential revoked").
    slurm.run("scontrol", "update", f"jobid={job_id}", "starttime=now+3")


class Counting:
    """Slurm's programs, counted by name. `meddle` may put another answer in the place of the true one."""

    def __init__(self, meddle: Callable[[str, Ran | TimedOut], Ran | TimedOut] = lambda name, ran: ran) -> None:
        self.calls: list[str] = []
        self.meddle = meddle
        self._real: Programs = Installed()

    def __call__(
        self, command: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: bytes = b""
    ) -> Ran | TimedOut:
        self.calls.append(command[0])
        return self.meddle(command[0], self._real(command, environment, seconds, stdin))


class Project:
    def __init__(self, slurm: Cluster, folder: Path) -> None:
        self.slurm = slurm
        self.folder = folder / "project"
        self.folder.mkdir()
        self.environment = {**slurm.environment, "XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder)}
        for name in ("CI", "PYTHONDONTWRITEBYTECODE"):
            self.environment.pop(name, None)
        self.jobs = folder / "jobs"
        self.write("specc.toml", SETTINGS + f'directory = "{self.jobs}"\n')

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def spec(self, name: str, command: str, **fields: object) -> None:
        """A spec of one job, or of a sweep where `matrix` is among the fields."""
        text = SPEC.format(name=name)
        matrix = fields.pop("matrix", None)
        text += "".join(f"    {line}\n" for line in command.splitlines())
        text += "".join(f"  {field}: {json.dumps(value)}\n" for field, value in fields.items())
        text += f"matrix: {json.dumps(matrix)}\n" if matrix else ""
        self.write(f"{name.partition('-')[0]}.job.yaml", text)

    def __call__(self, *words: str, seconds: float = 240) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "specc", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command, of which `said` has what it writes for people."""
        with open(self.folder / "said", "wb") as said:
            command = [sys.executable, "-m", "specc", *words]
            return subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=said, stderr=said)

    def said(self) -> str:
        return (self.folder / "said").read_text()

    def in_front(self, name: str, text: str) -> None:
        """Put a program in front of one of Slurm's on the PATH: a bash script, in which `$real` is the true program."""
        folder = self.folder.parent / "front"
        folder.mkdir(exist_ok=True)
        path, real = folder / name, shutil.which(name, path=self.slurm.environment["PATH"])
        path.write_text(f"#!/bin/bash\nreal={real}\n{text}")
        path.chmod(0o755)
        if not self.environment["PATH"].startswith(str(folder)):
            self.environment["PATH"] = f"{folder}{os.pathsep}{self.environment['PATH']}"

    def count_calls(self) -> None:
        """Have `calls` know from now on which of Slurm's programs are called, and how often."""
        for name in CALLED:
            self.in_front(name, f'echo {name} >>{self.folder.parent}/calls\nexec "$real" "$@"\n')

    def calls(self) -> Counter[str]:
        """Return how often each of Slurm's programs was called, and forget it."""
        path = self.folder.parent / "calls"
        found = Counter(path.read_text().split() if path.exists() else ())
        path.write_text("")
        return found

    def states(self) -> list[dict[str, Any]]:
        done = self("status", "--output", "json")
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout)["jobs"])

    def state(self) -> dict[str, Any]:
        (job,) = self.states()
        return job

    def target(self, programs: Programs | None = None, **settings: Any) -> SlurmTarget:
        user, run = getpass.getuser(), programs or Installed()
        place = Place("specctest", user, self.jobs, of_job(self.environment))
        made = Target("hpc", "slurm", run_as="caller", **settings)
        return SlurmTarget(place, Rules(made, UNITS, user), run, Queries(run, of_query(self.environment), user))


GREEDY = """\
size={{ 200 if matrix.over == 'memory' else 0 }}
seconds={{ 8 if matrix.over == 'memory' else 300 if cell.attempt == 1 else 0 }}
python3 -c "import time; x = bytearray($size << 20); time.sleep($seconds)"
"""


def memory_and_time_grow(project: Project) -> None:
    """Slurm ends one cell for its memory and one for its time; the next attempts have more of both, and finish."""
    project.spec(
        "a-{{ matrix.over }}",
        GREEDY,
        matrix={"axes": {"over": ["memory", "time"]}},
        mem_limit="{{ 100 * cell.attempt ** 2 }}MiB",
        time_limit="{{ cell.attempt }}min",
    )
    done = project("submit", "-y", "--wait", "--retries", "2")
    assert done.returncode == 0, done.stderr
    listed = json.loads(project("ledger", "list", "--output", "json").stdout)["attempts"]
    ends = {(one["axes"]["over"], one["cell_attempt"], one["ended_for"]) for one in listed}
    assert ends == {("memory", 1, "memory"), ("time", 1, "time"), ("memory", 2, None), ("time", 2, None)}


def attempt(command: str = "true", key: str = "", **fields: object) -> Attempt:
    made = payload(command, **fields)
    return Attempt(key or secrets.token_hex(16), made, made.name)


def accepted(target: SlurmTarget, sent: Attempt) -> str:
    outcome = target.submit(sent)
    assert isinstance(outcome, Accepted), outcome
    return outcome.uuid


def ended(target: SlurmTarget, uuid: str, seconds: float = LONG) -> JobReport:
    def look() -> JobReport | None:
        report = target.status([uuid]).get(uuid)
        return report if report is not None and report.state.is_final else None

    found = eventually(look, seconds)
    assert found is not None
    return found


def output(target: SlurmTarget, uuid: str, stream: str = "stdout") -> str:
    (path,) = (file.path for file in target.logs(uuid).files if file.stream == stream)
    assert path is not None
    return path.read_text()
