"""Jobs of the simulated controller leave in their folders what specc's batch script leaves, and follow its rules."""

import subprocess
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from support.fake_slurm import KEY, TAG, Fake

from benchmarks.simulation import Controller, Load, SimulatedPrograms, Site, VirtualClock
from benchmarks.simulation.controller import Full, Refused
from benchmarks.simulation.programs import indices_of, ranges
from benchmarks.simulation.traces import Script
from specc.settings import Target
from specc.targets import Accepted, Attempt, JobState, Origin
from specc.targets.batch.programs import Ran
from specc.targets.slurm.folder import SlurmFolder

START = 1_780_000_000.0
BATCH = "b" * 16
REQUEUED = Target("hpc", "slurm", options=("--requeue",))


def left(folder: Path) -> set[str]:
    """The files that a job has left, by their paths."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def attempt(fake: Fake, command: str, key: str = KEY) -> Attempt:
    """An attempt of a project in the folder above the jobs."""
    return replace(fake.attempt(command, key), origin=Origin(str(fake.place.directory.parent), "", "", 1))


def sent(folder: Path, settings: Target | None = None, command: str = "echo 17") -> tuple[Fake, str]:
    """A job's folder, and its script as sbatch gets it."""
    fake = Fake(folder, settings)
    assert isinstance(fake.target.submit(attempt(fake, command)), Accepted)
    return fake, fake.programs.scripts[-1]


def sent_together(fake: Fake, count: int) -> str:
    """So many attempts in one batch. Return the uuid of the first."""
    attempts = [attempt(fake, f"echo {index}", f"{index:016x}{BATCH}") for index in range(count)]
    fake.target.batches.prepare(attempts)
    outcomes = fake.target.batches.submit(attempts, None)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes), outcomes
    return outcomes[0].uuid


def run_for_real(folder: Path, script: str, log: str = "slurm.log", **more: str) -> None:
    """Run a job's script as Slurm does, which opens the job's log first."""
    with open(folder / log, "a") as log:
        variables = {"SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "n1", "PATH": "/usr/bin:/bin", **more}
        subprocess.run(["bash"], input=script, env=variables, stdout=log, stderr=log, text=True, timeout=30)


class Cluster:
    """A simulated site with one fake target before it."""

    def __init__(self, folder: Path, site: Site = Site(), settings: Target | None = None) -> None:  # noqa: B008
        self.clock = VirtualClock(START)
        self.programs = SimulatedPrograms(site, self.clock)
        self.fake = Fake(folder, settings)
        for name in ("sbatch", "squeue", "sacct", "scontrol", "scancel"):
            self.fake.programs.answers[name] = lambda command: self.answer(*command)
        self.fake.target._queries._monotonic = self.clock.monotonic

    def answer(self, *command: str) -> Ran:
        ran = self.programs(
            command, {}, 60.0, self.fake.programs.scripts[-1].encode() if command[0] == "sbatch" else b""
        )
        assert isinstance(ran, Ran)
        return ran

    def submit(self, key: str = KEY, command: str = "echo 17") -> str:
        outcome = self.fake.target.submit(attempt(self.fake, command, key))
        assert isinstance(outcome, Accepted), outcome
        return outcome.uuid

    def state(self, uuid: str) -> JobState:
        return self.fake.target.status([uuid])[uuid].state


class TestTraces:
    @pytest.mark.parametrize("settings", [None, REQUEUED])
    def test_a_finished_job_leaves_what_the_script_leaves(self, tmp_path: Path, settings: Target | None) -> None:
        fake, script = sent(tmp_path / "real", settings)
        real = fake.folder(TAG)
        run_for_real(real.root, script)
        cluster = Cluster(tmp_path / "simulated", settings=settings)
        uuid = cluster.submit()
        cluster.programs.finish()
        simulated = cluster.fake.folder(TAG)
        assert left(simulated.root) == left(real.root)
        own, other = simulated.exit(), real.exit()
        assert own is not None
        assert other is not None
        assert (own.code, own.reason) == (other.code, other.reason) == (0, "")
        assert simulated.life(own.job_id).started_at is not None
        assert real.life(other.job_id).started_at is not None
        assert cluster.state(uuid) is JobState.FINISHED

    def test_a_task_of_an_array_leaves_what_the_script_leaves(self, tmp_path: Path) -> None:
        fake = Fake(tmp_path / "real")
        sent_together(fake, 3)
        real = fake.place.directory / "jobs" / BATCH
        for index in range(3):
            task = {"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": str(index)}
            run_for_real(real, fake.programs.scripts[-1], f"slurm-{index}.log", **task)
        cluster = Cluster(tmp_path / "simulated")
        uuid = sent_together(cluster.fake, 3)
        cluster.programs.finish()
        simulated = cluster.fake.place.directory / "jobs" / BATCH
        assert left(simulated) == left(real)
        for index in range(3):
            own, other = (SlurmFolder(folder / str(index)) for folder in (simulated, real))
            assert own.read_request() is not None
            assert [folder.exit() and folder.exit().code for folder in (own, other)] == [0, 0]
            assert own.owner().endswith(f"_{index}")
            assert (simulated / str(index) / "stdout").read_text().startswith(f"echo {index}\n")
        assert cluster.state(uuid) is JobState.FINISHED

    def test_a_second_copy_runs_nothing(self, tmp_path: Path) -> None:
        fake, script = sent(tmp_path / "real")
        for _ in range(2):
            run_for_real(fake.folder(TAG).root, script)
        cluster = Cluster(tmp_path / "simulated")
        cluster.submit()
        command = next(call for call in cluster.fake.programs.calls if call[0] == "sbatch")
        cluster.answer(*command)  # a copy of the message, which arrives a second time
        cluster.programs.finish()
        for folder in (fake.folder(TAG), cluster.fake.folder(TAG)):
            assert "the command is not run" in folder.log.read_text()
            assert folder.exit() is not None
        book = cluster.programs.controller.book
        assert (book.runs["echo 17"], book.copies) == (1, 1)

    def test_a_job_without_its_folder_runs_nothing(self, tmp_path: Path) -> None:
        cluster = Cluster(tmp_path)
        cluster.submit()
        root = cluster.fake.folder(TAG).root
        root.rename(root.with_name("moved"))
        cluster.programs.finish()
        assert cluster.programs.controller.book.runs == {}


class TestEnds:
    @pytest.mark.parametrize(
        ("load", "state", "word"),
        [
            (Load(exits=1), JobState.EXITED, "FAILED"),
            (Load(times_out=1), JobState.EXITED, "TIMEOUT"),
            (Load(out_of_memory=1), JobState.EXITED, "OUT_OF_MEMORY"),
            (Load(node_fails=1), JobState.STOPPED, "NODE_FAIL"),
            (Load(preempted=1), JobState.STOPPED, "PREEMPTED"),
        ],
    )
    @pytest.mark.parametrize("remembered", [1e9, 10.0])
    def test_each_is_told_as_what_it_is(
        self, tmp_path: Path, load: Load, state: JobState, word: str, remembered: float
    ) -> None:
        cluster = Cluster(tmp_path, Site(load=load, min_job_age=remembered))
        uuid = cluster.submit()
        cluster.programs.finish()
        cluster.clock.sleep(100)
        report = cluster.fake.target.status([uuid])[uuid]
        assert (report.state, report.raw) == (state, word)

    def test_a_preempted_job_that_is_requeued_runs_again_in_its_folder(self, tmp_path: Path) -> None:
        site = Site(load=Load(least=10, most=20, preempted=0.8))
        cluster = Cluster(tmp_path, site, REQUEUED)
        uuid = cluster.submit()
        cluster.programs.finish()
        book = cluster.programs.controller.book
        assert book.runs == {"echo 17": 1}
        assert book.restarts > 0
        assert cluster.state(uuid) is JobState.FINISHED

    def test_a_cancelled_job_frees_its_node(self, tmp_path: Path) -> None:
        cluster = Cluster(tmp_path, Site(slots=1, load=Load(least=1e6, most=1e6)))
        first, second = cluster.submit(), cluster.submit("f" * 32, "echo 18")
        cluster.clock.sleep(10)
        assert [cluster.state(one) for one in (first, second)] == [JobState.RUNNING, JobState.PENDING]
        (cancelled,) = cluster.fake.target.cancel([first])
        assert cancelled.done
        cluster.clock.sleep(100)
        assert [cluster.state(one) for one in (first, second)] == [JobState.CANCELLED, JobState.RUNNING]


class TestArrays:
    """The controller alone: what squeue would list of an array."""

    @pytest.fixture
    def controller(self) -> Controller:
        load = Load(least=100, most=100)
        return Controller(Site(slots=10, max_job_count=100, max_array_size=50, load=load), Random(1), 0.0)

    def submit(self, controller: Controller, folder: Path, indices: list[int], most: int | None = None) -> int:
        for index in indices:
            (folder / str(index)).mkdir(exist_ok=True)
            (folder / str(index) / "job").touch()
        log = f"{folder}/slurm-%a.log"
        return controller.submit(
            "a", "k", folder, log, Script("echo"), is_requeued=False, indices=indices, most_active=most
        )

    def listed(self, controller: Controller) -> list[tuple[int | None, str]]:
        return [
            (None, f"{len(made.waiting)} wait") if task is None else (task.index, task.word)
            for made, task in controller.listed()
        ]

    def test_tasks_that_wait_are_one_row(self, controller: Controller, tmp_path: Path) -> None:
        self.submit(controller, tmp_path, list(range(20)))
        assert self.listed(controller) == [(None, "20 wait")]
        controller.advance(1.0)
        assert self.listed(controller)[0] == (None, "10 wait")

    def test_no_more_run_than_the_array_allows(self, controller: Controller, tmp_path: Path) -> None:
        self.submit(controller, tmp_path, list(range(20)), most=3)
        controller.advance(50.0)
        assert self.listed(controller) == [(None, "17 wait"), (0, "RUNNING"), (1, "RUNNING"), (2, "RUNNING")]
        controller.advance(1000.0)
        assert controller.book.ends == {"COMPLETED": 20}

    def test_a_cancelled_task_that_waited_leaves_no_row(self, controller: Controller, tmp_path: Path) -> None:
        number = self.submit(controller, tmp_path, list(range(20)), most=1)
        controller.advance(1.0)
        controller.cancel(number, [7, 0])
        assert self.listed(controller) == [(None, "18 wait"), (0, "CANCELLED")]

    def test_limits(self, controller: Controller, tmp_path: Path) -> None:
        with pytest.raises(Refused, match="Invalid job array specification"):
            self.submit(controller, tmp_path, [50])
        self.submit(controller, tmp_path, list(range(49)))
        self.submit(controller, tmp_path, list(range(49)))
        with pytest.raises(Full):
            self.submit(controller, tmp_path, [1, 2, 3])


@pytest.mark.parametrize("text", ["0", "0,6,8-999", "1-3,5", "7-8"])
def test_lists_of_tasks_are_read_as_they_are_written(text: str) -> None:
    assert ranges(indices_of(text)) == text
