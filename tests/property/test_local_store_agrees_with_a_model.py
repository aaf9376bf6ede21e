"""Law: whatever clients, runners and the dead do to the store in whatever order, each job is started once at most, ends
once, and never leaves a final state."""

import tempfile
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from support.laws import law
from support.local_jobs import payload

from specc.targets import JobState
from specc.targets.local.jobs import Ended, Request, Run
from specc.targets.local.processes import ProcessId
from specc.targets.local.store import Store

CORES = 4
PAYLOAD = payload()
ENDS = st.sampled_from([Ended(JobState.FINISHED, 0), Ended(JobState.EXITED, 2, "exit code 2"), Ended(JobState.LOST)])


class Model(RuleBasedStateMachine):
    """What the store should say, kept as a dictionary."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name) / "jobs.db", clock=iter(range(10**6)).__next__)
        self.store.prepare()
        self.states: dict[str, JobState] = {}
        self.runners: dict[str, ProcessId] = {}
        self.cores: dict[str, int] = {}
        self.keys: dict[str, str] = {}
        self.pids = iter(range(1, 10**6))

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(target=jobs, key=st.sampled_from("abcdefgh"), cores=st.integers(1, 6))
    def add(self, key: str, cores: int) -> str:
        run = Run(cores, 1.0, {}, 0o22, command="true")
        job = self.store.add(Request(key, PAYLOAD.digest, "{}", "job", run))
        if key in self.keys:
            assert job.uuid == self.keys[key]
        else:
            self.keys[key], self.cores[job.uuid] = job.uuid, cores
            self.states[job.uuid] = JobState.PENDING
        return job.uuid

    @rule(uuid=jobs)
    def claim(self, uuid: str) -> None:
        me = ProcessId("boot", next(self.pids), 0)
        used = sum(self.cores[one] for one, state in self.states.items() if state is JobState.RUNNING)
        claimed = self.store.claim(uuid, me, CORES)
        may = self.states[uuid] is JobState.PENDING and (used == 0 or used + self.cores[uuid] <= CORES)
        assert (claimed is not None) == may
        if claimed is not None:
            assert uuid not in self.runners, "a job is never started twice"
            self.states[uuid], self.runners[uuid] = JobState.RUNNING, me
            assert claimed.runner == me

    @rule(uuid=jobs, ended=ENDS)
    def settle(self, uuid: str, ended: Ended) -> None:
        runner = self.runners.get(uuid, ProcessId("boot", 0, 0))
        is_running = self.states[uuid] is JobState.RUNNING
        assert self.store.settle(uuid, runner, ended) == is_running
        if is_running:
            self.states[uuid] = ended.state

    @rule(uuid=jobs, ended=ENDS)
    def settle_as_a_stranger(self, uuid: str, ended: Ended) -> None:
        assert not self.store.settle(uuid, ProcessId("another boot", 1, 0), ended)

    @rule(uuids=st.lists(jobs, min_size=1, max_size=3))
    def cancel(self, uuids: list[str]) -> None:
        self.store.cancel(uuids)
        for uuid in uuids:
            if self.states[uuid] is JobState.PENDING:
                self.states[uuid] = JobState.CANCELLED

    @invariant()
    def store_and_model_agree(self) -> None:
        known = self.store.with_uuids(list(self.states))
        assert {uuid: job.state for uuid, job in known.items()} == self.states
        order = [uuid for uuid in self.keys.values() if self.states[uuid] is JobState.PENDING]
        assert [job.uuid for job in self.store.pending(3)] == order[:3]


TestStore = Model.TestCase
TestStore.settings = law(25, stateful_step_count=15)
