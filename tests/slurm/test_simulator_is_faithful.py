"""The simulated Slurm answers as a real Slurm does: both get the same calls, and their answers have the same shapes."""

import getpass
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from support import slurm_accounting
from support.real_slurm import UNITS, Project, attempt, eventually
from support.slurm_cluster import PROGRAMS, Cluster, cluster, need

from benchmarks.simulation import Load, SimulatedPrograms, Site, VirtualClock
from specc.settings import Target
from specc.targets import Accepted, JobState
from specc.targets.batch.programs import Installed, Programs, Ran, TimedOut
from specc.targets.slurm.cluster import of_job, of_query
from specc.targets.slurm.queries import FIELD, RECORD, Queries
from specc.targets.slurm.request import Rules
from specc.targets.slurm.target import Place, SlurmTarget

CELLS, AT_ONCE = 20, 3
BATCH = "b" * 16


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    need((*PROGRAMS, *slurm_accounting.PROGRAMS), "slurm-wlm munge slurmdbd mariadb-server")
    with cluster(accounting=True) as made:
        yield made


class Heard(NamedTuple):
    """One call of a program: under which name it is compared, and its answer."""

    moment: str
    program: str
    ran: Ran


class Day:
    """The same calls for any Slurm. `pass_time` lets so many seconds pass."""

    def __init__(
        self, programs: Programs, directory: Path, environment: Mapping[str, str], pass_time: Callable[[float], object]
    ) -> None:
        self.heard: list[Heard] = []
        self.moment = ""
        self._programs = programs
        self._pass_time = pass_time
        user = getpass.getuser()
        place = Place("specctest", user, directory, of_job(environment))
        queries = Queries(self._record, of_query(environment), user)
        self.queries = queries
        self.target = SlurmTarget(
            place, Rules(Target("hpc", "slurm", run_as="caller"), UNITS, user), self._record, queries
        )
        self.environment = environment

    def _record(
        self, command: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: bytes = b""
    ) -> Ran | TimedOut:
        ran = self._programs(command, environment, seconds, stdin)
        assert isinstance(ran, Ran), command
        self.heard.append(Heard(self.moment, command[0], ran))
        return ran

    def live(self) -> None:
        """Submit a job and an array of which three tasks run at once, cancel some, and ask for what is known."""
        self.moment = "submit"
        alone = self.target.submit(attempt("sleep 120", "a" * 32))
        assert isinstance(alone, Accepted)
        cells = [attempt(f"sleep 12{index % 10}", f"{index:016x}{BATCH}") for index in range(CELLS)]
        self.moment = "limits"
        assert self.target.batches.most() == 1001
        self.moment = "array"
        self.target.batches.prepare(cells)
        outcomes = self.target.batches.submit(cells, AT_ONCE)
        uuids = [outcome.uuid for outcome in outcomes if isinstance(outcome, Accepted)]
        assert len(uuids) == CELLS
        self.moment = ""
        self._until(uuids, JobState.RUNNING, AT_ONCE)
        self.moment = "running"
        self.queries.listed(fresh=True)
        self.queries.exit_codes()
        self.moment = ""
        self.target.cancel([uuids[0], *uuids[10:13]])
        self._until(uuids[:1], JobState.CANCELLED, 1)
        self._pass_time(3)
        self.moment = "cancelled"
        self.queries.listed(fresh=True)
        self.moment = "accounted"
        array = uuids[0].partition("_")[0]
        self.queries.accounted([f"{array}_{index}" for index in (0, 1, 2, 10, 15)])
        self.moment = "refused"
        too_large = ["sbatch", "--parsable", "--job-name=x", "--chdir=/tmp", "--output=/dev/null", "--array=0-99999"]
        self._record(too_large, of_job(self.environment), 60, b"#!/bin/sh\n")
        self._record(["scancel", "99999"], of_query(self.environment), 60)
        self.moment = "the rest is cancelled"
        self.queries.cancel([array, alone.uuid.partition("-")[0]])
        self._pass_time(5)
        self.queries.listed(fresh=True)

    def _until(self, uuids: Sequence[str], state: JobState, count: int) -> None:
        def look() -> bool:
            self._pass_time(1.5)
            return sum(report.state is state for report in self.target.status(uuids).values()) >= count

        eventually(look)

    def shapes(self) -> dict[tuple[str, str], list[str]]:
        """Return for each moment and program what was answered, without what no two Slurms have in common."""
        found: dict[tuple[str, str], set[str]] = {}
        for moment, program, ran in self.heard:
            if moment:
                rows = found.setdefault((moment, program), set())
                rows.add(f"exit {ran.code}")
                rows.update(shapes_of(program, ran))
        return {where: sorted(rows) for where, rows in found.items()}


def shapes_of(program: str, ran: Ran) -> Iterator[str]:
    yield from (re.sub(r"\d+", "9", line) for line in ran.err.splitlines())
    if program == "squeue":
        for record in ran.out.split(RECORD)[1:]:
            job_id, word, comment, submitted, started, ended, node, _ = record.removesuffix("\n").split(FIELD)
            if word == "PENDING":
                started = ended = "of a guess"
            yield shape_of(" | ".join((tasks_of(job_id), word, comment, submitted, started, ended, node)))
    elif program == "sacct":
        for line in ran.out.splitlines():
            job_id, word, code, submitted, started, ended, _, node, *_ = line.split(FIELD)
            yield shape_of(" | ".join((tasks_of(job_id), word.partition(" ")[0], code, submitted, started, node)))
    elif program == "scontrol":
        for line in ran.out.splitlines():
            if line.startswith("JobId="):
                names = ("JobId", "ArrayJobId", "ArrayTaskId", "JobState", "BatchFlag", "Reboot", "ExitCode")
                words = [word for word in line.split() if word.partition("=")[0] in names]
                yield shape_of(" ".join(words))
            elif line.startswith(("MaxArraySize", "MaxJobCount")):
                yield line
    else:
        yield from (shape_of(line) for line in ran.out.splitlines())


def tasks_of(job_id: str) -> str:
    """Return a job's number with the list of tasks as it is, because that must be the same."""
    number, bracket, tasks = job_id.partition("_[")
    return f"{number}_[{tasks.translate(str.maketrans('0123456789', 'abcdefghij'))}" if bracket else job_id


def shape_of(text: str) -> str:
    return re.sub(r"\d+", "9", re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "TIME", text))


def test_its_answers_have_the_shapes_of_a_real_one(slurm: Cluster, project: Project, tmp_path: Path) -> None:
    real = Day(Installed(), project.jobs, project.environment, time.sleep)
    real.live()
    clock = VirtualClock(time.time())
    site = Site(slots=16, starts_per_second=5, max_job_count=20_000, load=Load(least=120, most=130))
    simulated = Day(SimulatedPrograms(site, clock), tmp_path / "simulated", project.environment, clock.sleep)
    simulated.live()
    for where, shapes in real.shapes().items():
        assert simulated.shapes()[where] == shapes, where
    assert simulated.shapes().keys() == real.shapes().keys()
