"""A project with a sweep, taken through specc's own command line before a simulated Slurm."""

import contextlib
import io
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from unittest.mock import patch

from benchmarks.simulation.clock import VirtualClock, virtual_time
from benchmarks.simulation.programs import SimulatedPrograms
from benchmarks.simulation.site import Site
from specc.cli.main import run
from specc.targets.slurm import opening
from specc.targets.slurm.queries import Queries

BUG = 101
START = 1_780_000_000.0
"""When the simulated time begins, in seconds since the epoch."""

SETTINGS = """\
project = "simulated"
target = "hpc"
[units]
mem_limit = "MiB"
time_limit = "min"
[targets.hpc]
kind = "slurm"
run_as = "caller"
directory = "{directory}"
{settings}"""
SPEC = """\
specc: 1
matrix:
  axes: {{n: {{from: 1, to: {cells}}}}}
  max: {cells}
job:
  cluster_id: c
  zone: z
  run_user: me
  name: "sweep-{{{{ matrix.n }}}}"
  time_limit: 60
  core_limit: 1
  cmd_line: ./solve --case {{{{ matrix.n }}}}
{words}results:
  score: {{pattern: 'score = (\\S+)', type: number}}
"""


@dataclass(frozen=True)
class Step:
    """What one command line cost. `own` is processor time of specc, `simulated` the time that passed on the cluster.

    `memory` is how many bytes its peak was above what was in memory before. A part of it can be the simulation's.
    """

    words: tuple[str, ...]
    code: int
    calls: dict[str, int]
    own: float
    simulated: float
    memory: int
    out: str = field(repr=False)
    err: str = field(repr=False)


@dataclass(frozen=True)
class Figures:
    """What became of the cells: how many ran more than once, and how many never ran."""

    cells: int
    twice: int
    lost: int
    copies: int
    restarts: int
    ends: dict[str, int]
    faults: dict[str, int]
    refusals: dict[str, int]
    ledger: int
    inodes: int


class Simulation:
    """A project with a sweep of `cells`, its user, and the site. `settings` are lines for the target."""

    def __init__(
        self, folder: Path, cells: int, site: Site, seed: int = 0, *, settings: str = "", resource_limit: str = "",
        counts_work: bool = False,
    ) -> None:  # fmt: skip
        self.folder = folder
        self.cells = cells
        self.clock = VirtualClock(START, counts_work=counts_work)
        self._random = random.Random(seed + 2)
        self.programs = SimulatedPrograms(site, self.clock, seed)
        self.root, self.jobs = folder / "project", folder / "jobs"
        self.root.mkdir(parents=True)
        (folder / "slurm.conf").write_text("ClusterName=simulated\n")
        (self.root / "specc.toml").write_text(SETTINGS.format(directory=self.jobs, settings=settings))
        words = f"  resource_limit: {resource_limit}\n" if resource_limit else ""
        (self.root / "sweep.job.yaml").write_text(SPEC.format(cells=cells, words=words))
        self.steps: list[Step] = []

    def __call__(self, *words: str) -> Step:
        """Run `specc` with these words, as its user would."""
        out, err = io.StringIO(), io.StringIO()
        calls, seconds = Counter(self.programs.calls), self.programs.seconds
        before, resident = self.clock.monotonic(), _reset_peak()
        began = time.process_time()
        with self._simulated(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(list(words))
        own = time.process_time() - began - (self.programs.seconds - seconds)
        made = Step(
            words,
            code,
            dict(self.programs.calls - calls),
            own,
            self.clock.monotonic() - before,
            max(0, _peak() - resident),
            out.getvalue(),
            err.getvalue(),
        )
        self.steps.append(made)
        assert code != BUG, made.err
        return made

    def figures(self) -> Figures:
        """Return what became of the cells so far."""
        book = self.programs.controller.book
        wanted = {f"./solve --case {number}" for number in range(1, self.cells + 1)}
        runs = {command.strip(): count for command, count in book.runs.items()}
        assert runs.keys() <= wanted, "a job ran a command that no cell has"
        ledgers = (self.folder / "state").rglob("*.sqlite*")
        return Figures(
            self.cells,
            sum(count > 1 for count in runs.values()),
            len(wanted - runs.keys()),
            book.copies,
            book.restarts,
            dict(book.ends),
            dict(self.programs.faults),
            dict(self.programs.refusals),
            sum(path.stat().st_size for path in ledgers),
            _inodes(self.jobs / "jobs"),
        )

    @contextlib.contextmanager
    def _simulated(self) -> Iterator[None]:
        """Let specc in this process find the simulated programs, the simulated time, and its own folders."""
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "COLUMNS": "100",
        }
        with contextlib.ExitStack() as stack:
            stack.enter_context(patch.dict(os.environ, variables, clear=True))
            stack.enter_context(patch.object(opening, "Installed", self._installed))
            stack.enter_context(patch.object(opening, "Queries", partial(Queries, monotonic=self.clock.monotonic)))
            stack.enter_context(patch.object(random, "random", self._random.random))  # the jitter of pauses
            stack.enter_context(virtual_time(self.clock))
            stack.enter_context(contextlib.chdir(self.root))
            yield

    def _installed(self, *_: object, **__: object) -> SimulatedPrograms:
        return self.programs


def _inodes(folder: Path) -> int:
    """Return how many files and folders there are, each counted once whatever number of names it has."""
    found: set[int] = set()
    for root, names, files in os.walk(folder):
        found.update(os.lstat(os.path.join(root, name)).st_ino for name in (*names, *files))
    return len(found)


def _reset_peak() -> int:
    """Let the peak of this process's memory begin anew, and return the memory that it has, in bytes."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
    return _kilobytes("VmRSS") * 1024


def _peak() -> int:
    return _kilobytes("VmHWM") * 1024


def _kilobytes(name: str) -> int:
    """Return a figure of this process; 0 where the system does not say it."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)
