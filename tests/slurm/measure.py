"""What it costs to send sweeps to a real Slurm, and to watch them: calls, seconds, and the controller's processor time.

`python tests/slurm/measure.py 200 1000` prints a table: a loop of sbatch and one `sbatch --array`, both bare, beside
`specc submit` with and without arrays, one after the other in each round. The figures are medians of the rounds.
The jobs of these begin in an hour and are cancelled. Then a sweep of each size runs, and is waited for.
"""

import getpass
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.real_slurm import Project
from support.slurm_cluster import Cluster, cluster

ROUNDS = int(os.environ.get("ROUNDS", "3"))
LATER = "--begin=now+1hour"
SCRIPT = "#!/bin/bash\necho $1\n"
TICKS = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """Calls of Slurm's programs, seconds, and the processor time of the client with its programs, and of slurmctld."""

    calls: float
    seconds: float
    client: float
    controller: float


def controller_seconds(slurm: Cluster) -> float:
    """Return the processor time of slurmctld, in user and system mode."""
    fields = Path(f"/proc/{slurm.controller()}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def client_seconds() -> float:
    """Return the processor time of all programs that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def project_in(slurm: Cluster, folder: Path, count: int, settings: str, command: str) -> Project:
    project = Project(slurm, folder)
    project.spec("a", command, matrix={"axes": {"n": {"from": 1, "to": count}}})
    text = (project.folder / "a.job.yaml").read_text().replace("name: a", 'name: "a-{{ matrix.n }}"')
    project.write("a.job.yaml", text)
    project.write("specc.toml", (project.folder / "specc.toml").read_text() + settings)
    project.count_calls()
    return project


def bare(slurm: Cluster, *options: str) -> None:
    command = ["sbatch", "--parsable", LATER, "--time=5", "--output=/dev/null", *options]
    subprocess.run(command, input=SCRIPT, env=slurm.environment, capture_output=True, text=True, check=True)


def loop(slurm: Cluster, count: int) -> Cost:
    return cost(slurm, lambda: [bare(slurm) for _ in range(count)], lambda: count)


def array(slurm: Cluster, count: int) -> Cost:
    return cost(slurm, lambda: bare(slurm, f"--array=0-{count - 1}"), lambda: 1)


def specc(slurm: Cluster, count: int, arrays: str) -> Cost:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        settings = f'options = ["{LATER}"]\narrays = {arrays}\n'
        project = project_in(slurm, Path(name), count, settings, "echo {{ matrix.n }}")

        def submit() -> None:
            done = project("submit", "-y", seconds=600)
            assert done.returncode == 0, done.stderr[-2000:]

        return cost(slurm, submit, lambda: project.calls().total())


def cost(slurm: Cluster, work: Callable[[], object], calls: Callable[[], int]) -> Cost:
    """Return what a way of sending costs. All jobs are cancelled after it."""
    before, own, start = controller_seconds(slurm), client_seconds(), time.monotonic()
    work()
    seconds, client = time.monotonic() - start, client_seconds() - own
    time.sleep(1)  # the controller writes its state a moment later
    used = controller_seconds(slurm) - before
    slurm.run("scancel", f"--user={getpass.getuser()}")
    while slurm.run("squeue", "-h", "-t", "pending,running").strip():
        time.sleep(0.5)
    return Cost(calls(), seconds, client, used)


WAYS: dict[str, Callable[[Cluster, int], Cost]] = {
    "a loop of sbatch": loop,
    "sbatch --array": array,
    "specc submit, arrays = false": lambda slurm, count: specc(slurm, count, "false"),
    "specc submit": lambda slurm, count: specc(slurm, count, "true"),
}


def compared(slurm: Cluster, counts: list[int]) -> None:
    found: dict[tuple[int, str], list[Cost]] = {}
    for _ in range(ROUNDS):
        for count in counts:
            for way, send in WAYS.items():
                found.setdefault((count, way), []).append(send(slurm, count))
    print("| jobs | sent by | calls of Slurm's programs | seconds | processor, client | processor, controller |")
    print("|---:|---|---:|---:|---:|---:|")
    for (count, way), costs in found.items():
        middle = Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))
        cells = [f"{count:,}", way, f"{middle.calls:,.0f}", *(f"{number:.2f}" for number in middle[1:])]
        print(f"| {' | '.join(cells)} |", flush=True)


def watched(slurm: Cluster, count: int) -> str:
    """Run a sweep whose jobs begin when all are sent, because they share their machine with the controller."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        settings = f'options = ["--begin=now+{10 + count // 100}"]\n'
        project = project_in(slurm, Path(name), count, settings, "sleep 5; echo {{ matrix.n }}")
        done = project("submit", "-y", seconds=600)
        assert done.returncode == 0, done.stderr[-2000:]
        project.calls()
        before, start = controller_seconds(slurm), time.monotonic()
        done = project("wait", seconds=600)
        waited, used = time.monotonic() - start, controller_seconds(slurm) - before
        assert done.returncode == 0, done.stderr[-2000:]
        calls = dict(project.calls())
        start = time.monotonic()
        project("status")
        looked = time.monotonic()
        project("logs", "--stream", "stdout")
        read = time.monotonic()
    return (
        f"{count:,} jobs ran: waited for {waited:.0f} s with {calls}, {used:.1f} s of the controller's processor with "
        f"starting them; then status took {looked - start:.1f} s, logs {read - looked:.1f} s"
    )


def main() -> None:
    counts = [int(word) for word in sys.argv[1:]] or [200]
    with cluster(cores=64, memory=64000) as slurm:
        compared(slurm, counts)
        for count in counts:
            print(watched(slurm, count), flush=True)


if __name__ == "__main__":
    main()
