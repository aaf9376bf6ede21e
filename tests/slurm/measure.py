"""How fast sweeps are submitted to a real Slurm, and what watching them costs its controller.

`python tests/slurm/measure.py 200 1000` prints some lines of figures for each size. Slurm's programs are counted by a
folder in front of them on the PATH. The jobs begin when all are submitted, because they share
their machine with the controller, and sleep for a while, so that there is something to watch.
"""

import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.real_slurm import Project
from support.slurm_cluster import Cluster, cluster

COUNTED = ("sbatch", "squeue", "sacct", "scontrol", "scancel")
SHIM = '#!/bin/sh\necho {name} >>{log}\nexec {path} "$@"\n'


def counted(project: Project, folder: Path) -> Path:
    """The file in which each call of a program leaves a line."""
    log, shims = folder / "calls", folder / "shims"
    shims.mkdir()
    log.touch()
    for name in COUNTED:
        (shims / name).write_text(SHIM.format(name=name, log=log, path=shutil.which(name)))
        (shims / name).chmod(0o755)
    project.environment["PATH"] = f"{shims}{os.pathsep}{project.environment['PATH']}"
    return log


def measure(slurm: Cluster, count: int) -> str:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        project = Project(slurm, Path(name))
        log = counted(project, Path(name))
        matrix = {"axes": {"n": {"from": 1, "to": count}}}
        project.spec("a", "sleep 5; echo {{ matrix.n }}", matrix=matrix)
        text = (project.folder / "a.job.yaml").read_text().replace("name: a", 'name: "a-{{ matrix.n }}"')
        project.write("a.job.yaml", text)
        settings = (project.folder / "specc.toml").read_text()
        project.write("specc.toml", f'{settings}options = ["--begin=now+{10 + count // 50}"]\n')
        start = time.monotonic()
        done = project("submit", "-y", "--max-in-flight", os.environ.get("IN_FLIGHT", "4"), seconds=600)
        assert done.returncode == 0, done.stderr[-2000:]
        submitted = time.monotonic()
        sent = Counter(log.read_text().split())
        log.write_text("")
        done = project("wait", seconds=600)
        waited = time.monotonic()
        assert done.returncode == 0, done.stderr[-2000:]
        calls = Counter(log.read_text().split())
        log.write_text("")
        project("status")
        looked = time.monotonic()
        project("logs", "--stream", "stdout")
        read = time.monotonic()
    return "\n".join(
        (
            f"{count} jobs submitted in {submitted - start:.1f} s, {count / (submitted - start):.0f}/s: {dict(sent)}",
            f"waited for {waited - submitted:.1f} s: {dict(calls)}",
            f"status in {looked - waited:.1f} s, logs in {read - looked:.1f} s",
        )
    )


def main() -> None:
    with cluster(cores=64, memory=64000) as slurm:
        for count in map(int, sys.argv[1:] or ["200"]):
            print(measure(slurm, count), flush=True)
            print(slurm.run("sdiag").partition("Remote Procedure Call statistics by user")[0][-1500:], flush=True)


if __name__ == "__main__":
    main()
