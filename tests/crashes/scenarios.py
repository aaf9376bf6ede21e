"""What is killed, from which state it starts, and what must hold afterwards."""

import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chaos.hostile import Job as ServerJob
from crashes.ground import COUNT, WAITS, Ground, eventually, read_keys
from crashes.tracing import Traced
from support.fake_cluster import command_of, variables_of

from specc.submission import State
from specc.targets.ehpc.signing import signed_query, timestamp_of
from specc.targets.local.jobs import Job
from specc.targets.local.store import Store
from specc.targets.protocol import JobState

JOB_FAILED = 5
SUBMIT = "/api/job/submitJob"
BODY = json.dumps({"cluster_id": "c", "zone": "z", "run_user": "u", "name": "served", "cmd_line": "true"}).encode()


@dataclass
class Verdict:
    """What was wrong after a kill: jobs that ran or were taken twice, jobs that nobody knows of, and all else."""

    twice: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.twice or self.lost or self.wrong)

    def must(self, holds: bool, what: str) -> None:
        if not holds:
            self.wrong.append(what)


@dataclass(frozen=True)
class Scenario:
    """`prepare` makes the state that is saved. `act` runs from it and is killed. `check` judges what is left.

    `everything`: all processes are killed at once. `is_served`: a supervisor may start.
    """

    name: str
    prepare: Callable[[Ground], None]
    act: Callable[[Ground, int | None, bool], Traced]
    check: Callable[[Ground, Traced, Verdict], None]
    everything: bool = False
    is_served: bool = False

    def run(self, ground: Ground, kill_at: int | None) -> tuple[Traced, Verdict]:
        """One run from the saved state, killed at the call with that number."""
        ground.restore(is_served=self.is_served)
        verdict = Verdict()
        traced = self.act(ground, kill_at, self.everything)
        self.check(ground, traced, verdict)
        return traced, verdict


def command(*arguments: str) -> Callable[[Ground, int | None, bool], Traced]:
    """A command line that is killed."""

    def act(ground: Ground, kill_at: int | None, everything: bool) -> Traced:
        ground.clients.begin(*arguments, traced=True, kill_at=kill_at, everything=everything)
        return ground.clients.end()

    return act


# The account of an API: three payloads.


def nothing_yet(ground: Ground) -> None:
    ground.empty()


def answers_lost(*faults: str) -> Callable[[Ground], None]:
    """Three attempts whose outcome is unknown, after these faults of the server."""

    def prepare(ground: Ground) -> None:
        ground.empty()
        ground.server.script = list(faults)
        ground.clients.run("submit", "three.job.yaml", "--target", "cloud", "--max-in-flight", "1")
        ground.server.script = []
        assert len(ground.unsettled()) == COUNT, ground.clients.log.read_text()

    return prepare


def all_accepted(ground: Ground) -> None:
    ground.empty()
    assert ground.clients.run("submit", "three.job.yaml", "--target", "cloud") == 0, ground.clients.log.read_text()


def first_fails(job: ServerJob) -> str:
    """How the jobs of the server end: what is not a second attempt fails."""
    return "finished" if str(job.body["cmd_line"]).endswith(" 2") else "exited"


def all_failed(ground: Ground) -> None:
    """Three jobs that have failed, which the ledger knows."""
    ground.empty()
    ground.server.ends = first_fails
    status = ground.clients.run("submit", "tried.job.yaml", "--target", "cloud", "--wait")
    assert status == JOB_FAILED, ground.clients.log.read_text()


def nothing_yet_and_all_fail(ground: Ground) -> None:
    ground.empty()
    ground.server.ends = first_fails


def two_each(*again: str) -> Callable[[Ground, Traced, Verdict], None]:
    """Return the check that each cell gets two attempts, each once, when the command is given until it is done."""

    def check(ground: Ground, traced: Traced, verdict: Verdict) -> None:
        for _ in range(4):
            ground.server.wait_until_quiet()
            _compare(ground, verdict)
            if ground.unsettled():
                ground.clients.run("ledger", "resolve", "--yes")
            if ground.unsettled():
                ground.clients.run("ledger", "resolve", "tried.job.yaml", "--dismiss", "--yes")
            accepted = [record for record in ground.records() if record.state is State.ACCEPTED]
            if len(accepted) >= 2 * COUNT:
                break
            if len({record.key for record in accepted}) < COUNT:
                ground.clients.run("submit", "tried.job.yaml", "--target", "cloud")
            ground.clients.run(*again)
        _compare(ground, verdict)
        accepted = {record.uuid for record in ground.records() if record.state is State.ACCEPTED}
        verdict.must(accepted == {job.uuid for job in ground.server.jobs}, f"accepted {accepted}")
        verdict.must(len(accepted) == 2 * COUNT, f"{len(accepted)} jobs in the end")

    return check


def one_each(ground: Ground, traced: Traced, verdict: Verdict) -> None:
    """Nothing that the server took is unknown to the ledger; when all is settled, each payload has one job."""
    ground.server.wait_until_quiet()
    _compare(ground, verdict)
    ground.clients.run("submit", "three.job.yaml", "--target", "cloud")
    _compare(ground, verdict)
    if ground.unsettled():
        ground.clients.run("ledger", "resolve", "--yes")
        if ground.unsettled():
            ground.clients.run("ledger", "resolve", "three.job.yaml", "--dismiss", "--yes")
        status = ground.clients.run("submit", "three.job.yaml", "--target", "cloud")
        verdict.must(status == 0, f"the last submit ended with {status}")
    _compare(ground, verdict)
    accepted = {record.uuid for record in ground.records() if record.state is State.ACCEPTED}
    verdict.must(accepted == {job.uuid for job in ground.server.jobs}, f"accepted {accepted}")
    verdict.must(len(accepted) == COUNT, f"{len(accepted)} jobs in the end")


def _compare(ground: Ground, verdict: Verdict) -> None:
    records = ground.records()
    accepted = {record.uuid for record in records if record.state is State.ACCEPTED}
    doubtful = {record.digest for record in records if record.state is State.UNKNOWN}
    verdict.lost += sum(job.uuid not in accepted and job.digest not in doubtful for job in ground.server.jobs)
    verdict.twice = max(verdict.twice, ground.server.duplicates())
    verdict.wrong += ground.damage()


def stopped(ground: Ground, traced: Traced, verdict: Verdict) -> None:
    """A second cancel ends what the first one left, and nothing is sent again."""
    _compare(ground, verdict)
    ground.clients.run("cancel", "--all", "--yes")
    verdict.must(ground.server.stopped == {job.uuid for job in ground.server.jobs}, "a job was not stopped")
    one_each(ground, traced, verdict)


# This machine.


def pending(ground: Ground) -> None:
    """Three jobs of this machine in the queue, and no supervisor."""
    ground.empty()
    ground.keep_supervisors_out(True)
    assert ground.clients.run("submit", "three.job.yaml", "--target", "local") == 0, ground.clients.log.read_text()


def one_pending(more: str = "") -> Callable[[Ground], None]:
    def prepare(ground: Ground) -> None:
        ground.empty()
        ground.write_one(more.format(folder=ground.folder))
        ground.keep_supervisors_out(True)
        assert ground.clients.run("submit", "one.job.yaml", "--target", "local") == 0, ground.clients.log.read_text()

    return prepare


def queued_once(ground: Ground, traced: Traced, verdict: Verdict) -> None:
    """What the queue has, the ledger has or doubts; when all is settled, each payload is in the queue once."""
    _compare_queue(ground, verdict)
    ground.clients.run("submit", "three.job.yaml", "--target", "local")
    if ground.unsettled():
        ground.clients.run("ledger", "resolve", "--yes")
        if ground.unsettled():
            ground.clients.run("ledger", "resolve", "three.job.yaml", "--dismiss", "--yes")
        status = ground.clients.run("submit", "three.job.yaml", "--target", "local")
        verdict.must(status == 0, f"the last submit ended with {status}")
    _compare_queue(ground, verdict)
    accepted = {record.uuid for record in ground.records() if record.state is State.ACCEPTED}
    verdict.must(len(accepted) == COUNT == len(_jobs(ground)), f"{len(accepted)} accepted, {len(_jobs(ground))} jobs")


def _compare_queue(ground: Ground, verdict: Verdict) -> None:
    records, jobs = ground.records(), _jobs(ground)
    accepted = {record.uuid for record in records if record.state is State.ACCEPTED}
    doubtful = {record.attempt for record in records if record.state is State.UNKNOWN}
    verdict.lost += sum(job.uuid not in accepted and job.key not in doubtful for job in jobs)
    verdict.lost += len(accepted - {job.uuid for job in jobs})
    verdict.twice += sum(count - 1 for count in Counter(job.digest for job in jobs).values())
    verdict.wrong += ground.damage()


def _jobs(ground: Ground) -> list[Job]:
    """All jobs of the store. Who made it may have been killed before it had its tables."""
    with contextlib.closing(sqlite3.connect(ground.local.store)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'jobs'").fetchone():
            return []
        uuids = [uuid for (uuid,) in connection.execute("SELECT uuid FROM jobs")]
    return list(Store(ground.local.store).with_uuids(uuids).values())


def finished(ground: Ground) -> None:
    """Three jobs of this machine that have finished, with their folders, and nobody who attends to them any more."""
    ground.empty()
    status = ground.clients.run("submit", "three.job.yaml", "--target", "local", "--wait")
    assert status == 0, ground.clients.log.read_text()
    eventually(lambda: not ground.processes(), "processes are left")
    ground.local.bell.unlink(missing_ok=True)  # a FIFO, which cannot be copied


def cleaned(ground: Ground, traced: Traced, verdict: Verdict) -> None:
    """The next cleaning finishes what was begun; what the ledger and the store know of the jobs stays."""
    status = ground.clients.run("clean", "--all", "--yes")
    verdict.must(status == 0, f"the second clean ended with {status}")
    left = list((ground.local.root / "jobs").iterdir())
    verdict.must(not left, f"folders are left: {left}")
    records = ground.records()
    verdict.lost += sum(record.job_state != "finished" for record in records)
    verdict.must(all(record.cleaned_at is not None for record in records), "a job is not noted as cleaned")
    verdict.must(ground.clients.run("submit", "three.job.yaml", "--target", "local") == 0, "it is sent again")
    verdict.twice += len(_jobs(ground)) - COUNT
    verdict.wrong += ground.damage()


def all_cancelled(ground: Ground, traced: Traced, verdict: Verdict) -> None:
    ground.clients.run("cancel", "--all", "--yes")
    states = {job.state for job in _jobs(ground)}
    verdict.must(states == {JobState.CANCELLED}, f"states after the second cancel: {states}")
    queued_once(ground, traced, verdict)


def _ended(ground: Ground) -> Job:
    """The job, when it has ended and nothing of it is left. Clients look as often as a person would."""

    def final() -> Job | None:
        ground.others.run("status", "--target", "local")
        (job,) = _jobs(ground)
        return job if job.state.is_final else None

    job = eventually(final, "the job does not end")
    eventually(lambda: not ground.processes(), "processes are left")
    return job


def ran_once(ground: Ground, traced: Traced, verdict: Verdict) -> None:
    """The job has run once at most; surely once, and to its end, unless its runner was killed."""
    job = _ended(ground)
    verdict.twice += max(0, ground.ran - 1)
    is_runner = "supervisor" in traced.killed
    if job.state is JobState.FINISHED:
        verdict.must(ground.ran == 1, "finished without having run")
        verdict.must(job.exit_code == 0, f"exit code {job.exit_code}")
    else:
        verdict.must(is_runner, f"{job.state}: {job.reason}, though {traced.killed} was killed")
        verdict.must(job.state in (JobState.LOST, JobState.EXITED), f"{job.state}: {job.reason}")
    verdict.wrong += ground.damage()


def cancelled_while_running(ground: Ground, kill_at: int | None, everything: bool) -> Traced:
    """A job that runs is cancelled, and its supervisor, its runner, or who cancels is killed."""
    ground.clients.begin("status", "--target", "local", traced=True, kill_at=kill_at, everything=everything)
    eventually(lambda: ground.ran or ground.clients.has_ended, "the job does not start")
    ground.others.run("cancel", "--all", "--yes", "--target", "local")
    return ground.clients.end()


def ended_by_cancel(ground: Ground, traced: Traced, verdict: Verdict) -> None:
    ground.others.run("cancel", "--all", "--yes", "--target", "local")
    job = _ended(ground)
    verdict.twice += max(0, ground.ran - 1)
    verdict.must(job.state in (JobState.CANCELLED, JobState.LOST, JobState.EXITED), f"{job.state}: {job.reason}")
    verdict.must(job.state is JobState.CANCELLED or "supervisor" in traced.killed, f"{job.state}: {job.reason}")


# A site with commands of its own.


def at_the_site(faults: str = "") -> Callable[[Ground], None]:
    """Three payloads at a site whose scheduler starts no job yet; with `silent`, it has them and has not said so."""

    def prepare(ground: Ground) -> None:
        ground.empty()
        if faults:
            for fault in faults.split():
                ground.site.set(fault)
            ground.clients.run("submit", "sited.job.yaml", "--target", "site")
            assert len(ground.unsettled()) == COUNT, ground.clients.log.read_text()
            for fault in faults.split():
                ground.site.unset(fault)

    return prepare


def runs_once(ground: Ground, traced: Traced, verdict: Verdict) -> None:
    """What the site has, the ledger has or doubts. When all is settled and the site starts all that it has, even in
    several copies, each payload has run once."""
    _compare_site(ground, verdict)
    ground.clients.run("submit", "sited.job.yaml", "--target", "site")
    if ground.unsettled():
        ground.clients.run("ledger", "resolve", "--yes")
        if ground.unsettled():
            ground.clients.run("ledger", "resolve", "sited.job.yaml", "--dismiss", "--yes")
        status = ground.clients.run("submit", "sited.job.yaml", "--target", "site")
        verdict.must(status == 0, f"the last submit ended with {status}")
    _compare_site(ground, verdict)
    accepted = [record for record in ground.records() if record.state is State.ACCEPTED]
    verdict.must(len(accepted) == COUNT, f"{len(accepted)} accepted")
    ground.site.start_all(copies=2)
    path = ground.folder / "ran"
    ran = Counter(path.read_text().split() if path.exists() else [])
    verdict.twice += sum(count - 1 for count in ran.values())
    verdict.lost += COUNT - len(ran)


def _compare_site(ground: Ground, verdict: Verdict) -> None:
    records = ground.records()
    known = {record.attempt for record in records if record.state in (State.ACCEPTED, State.UNKNOWN)}
    verdict.lost += len(set(ground.site.keys()) - known)
    verdict.wrong += ground.damage()


# Arrays on a cluster with Slurm.


def at_the_cluster(faults: str = "") -> Callable[[Ground], None]:
    """Three payloads as an array that no node runs yet; with a fault of sbatch nobody knows if they are there."""

    def prepare(ground: Ground) -> None:
        ground.empty()
        if faults:
            ground.cluster.weather(0.5, {"sbatch": {faults: 1.0}, "squeue": {"refuses": 1.0}})
            ground.clients.run("submit", "sited.job.yaml", "--target", "cluster")
            assert len(ground.unsettled()) == COUNT, ground.clients.log.read_text()
            ground.cluster.be_calm()

    return prepare


def array_accepted(ground: Ground) -> None:
    ground.empty()
    assert ground.clients.run("submit", "sited.job.yaml", "--target", "cluster") == 0, ground.clients.log.read_text()


def array_ended(ground: Ground) -> None:
    """Three tasks that have run, which the ledger does not know yet."""
    array_accepted(ground)
    ground.cluster.run(ground.cluster.waiting(), random.Random(0))
    shutil.copy(ground.folder / "ran", ground.state / "ran")  # what has run is a part of the state


def each_cell_once(ground: Ground, traced: Traced, verdict: Verdict) -> None:
    """Each cell is accepted in the end, without a person's help. Started in several copies, it has run once."""
    ground.cluster.be_calm()
    for _ in range(3):
        ground.clients.run("submit", "sited.job.yaml", "--target", "cluster")
    verdict.must(not ground.unsettled(), f"{len(ground.unsettled())} are unsettled")
    accepted = [record for record in ground.records() if record.state is State.ACCEPTED]
    verdict.must(len(accepted) == COUNT, f"{len(accepted)} accepted")
    verdict.wrong += ground.damage()
    _start_copies(ground)
    ran = _ran(ground)
    verdict.twice += sum(count - 1 for count in ran.values())
    verdict.lost += COUNT - len(ran)


def a_task(ground: Ground, kill_at: int | None, everything: bool) -> Traced:
    """A task of an array runs on a node, and one of its processes is killed, or all of them."""
    (job,) = ground.cluster.jobs()
    how = {"traced": True, "kill_at": kill_at, "everything": everything}
    ground.clients.begin(*command_of(job), variables=variables_of(job, 1), **how)
    return ground.clients.end()


def at_most_once(ground: Ground, traced: Traced, verdict: Verdict) -> None:
    """The cell whose task was killed is not run again after its command has begun, and no success is made up. All
    others have run once."""
    (job,) = ground.cluster.jobs()
    job.note(1, "NODE_FAIL" if traced.killed_at else "COMPLETED")
    before = _ran(ground)
    verdict.must(bool(traced.killed_at) or before["2"] == 1, "the task did not run")
    _start_copies(ground)
    ran = _ran(ground)
    verdict.twice += sum(count - 1 for count in ran.values())
    verdict.lost += len({"1", "3"} - set(ran))
    job.note(0, "COMPLETED")
    job.note(2, "COMPLETED")
    job.forget()
    ground.clients.run("status", "--target", "cluster")
    for record in ground.records():
        n = str(json.loads(record.axes)["n"])
        verdict.must(record.job_state != "finished" or ran[n] == 1, f"the cell {n} is `finished`, and did not run")
        verdict.must(n == "2" or record.job_state == "finished", f"the cell {n} is `{record.job_state}`")
    verdict.wrong += ground.damage()


def array_cleaned(ground: Ground, traced: Traced, verdict: Verdict) -> None:
    """The next cleaning finishes what was begun, and no copy of a task runs afterwards."""
    shutil.copy(ground.state / "ran", ground.folder / "ran")
    status = ground.clients.run("clean", "--all", "--yes")
    verdict.must(status == 0, f"the second clean ended with {status}")
    left = sorted(path.name for path in ground.state.glob("specc/slurm/*/jobs/*"))
    verdict.must(not left, f"folders are left: {left}")
    verdict.lost += sum(record.job_state != "finished" for record in ground.records())
    verdict.must(all(one.cleaned_at is not None for one in ground.records()), "a job is not noted as cleaned")
    _start_copies(ground)
    verdict.twice += sum(count - 1 for count in _ran(ground).values())
    verdict.wrong += ground.damage()


def _ran(ground: Ground) -> Counter[str]:
    path = ground.folder / "ran"
    return Counter(path.read_text().split() if path.exists() else [])


def _start_copies(ground: Ground) -> None:
    ground.cluster.run_copies([(job, task) for job in ground.cluster.jobs() for task in job.states()] * 2)


# The gateway.


def no_gateway_yet(ground: Ground) -> None:
    ground.empty()


class Visit:
    """A client of a gateway, which sends one signed request again and again."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._url: str | None = None
        self.query = ""

    def serve(self, kill_at: int | None = None, *, traced: bool = False) -> int | None:
        """Start a gateway; its port, or None when it was killed before it listened."""
        self._ground.clients.log.write_text("")
        pid = self._ground.clients.begin("serve", "--port", "0", traced=traced, kill_at=kill_at)
        self._pid = pid
        eventually(lambda: self._line() or self._ground.clients.has_ended, "the gateway does not come up")
        line = self._line()
        return int(line.rpartition(":")[2].partition("/")[0]) if line else None

    def ask(self, port: int, *, sign: bool) -> dict[str, object] | None:
        """The answer to the request, or None when the gateway was killed before it."""
        if sign:
            (path,) = self._ground.state.glob("specc/serve/*/keys.env")
            keys = read_keys(path)
            stamp = timestamp_of(datetime.now(UTC))
            self.query = signed_query("POST", SUBMIT, {}, BODY, *keys.values(), stamp)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("POST", f"{SUBMIT}?{self.query}", BODY, {"Content-Type": "application/json"})
            answer: dict[str, object] = json.loads(connection.getresponse().read())
            return answer
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def end(self) -> Traced:
        if not self._ground.clients.has_ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)
        return self._ground.clients.end()

    def _line(self) -> str | None:
        """The line that says where the gateway listens."""
        lines = [line for line in self._ground.clients.log.read_text().splitlines() if line.startswith("http://")]
        return lines[-1] if lines and lines[-1].endswith("/api") else None


def serve_and_ask(ground: Ground, kill_at: int | None, everything: bool) -> Traced:
    visit = Visit(ground)
    port = visit.serve(kill_at, traced=True)
    answer = visit.ask(port, sign=True) if port is not None else None
    traced = visit.end()
    (ground.folder / "asked").write_text(json.dumps([visit.query, answer]))
    return traced


def answered_once(ground: Ground, traced: Traced, verdict: Verdict) -> None:
    """The next gateway gives the same request one job, and the same one however often it is asked."""
    query, first = json.loads((ground.folder / "asked").read_text())
    visit = Visit(ground)
    port = visit.serve()
    verdict.must(port is not None, f"the gateway does not start again: {ground.clients.log.read_text()}")
    if port is None:
        ground.clients.end()
        return
    visit.query = query
    answers = [visit.ask(port, sign=not query and number == 0) for number in range(2)]
    visit.end()
    uuids = {answer.get("hpcjob_uuid") for answer in [*answers, *([first] if first else [])] if answer}
    verdict.must(len(uuids) == 1 and None not in uuids, f"answers: {answers}, at first {first}")
    jobs = _jobs(ground)
    verdict.twice += max(0, len(jobs) - 1)
    verdict.lost += len(uuids - {job.uuid for job in jobs})


SUBMIT_THREE = ("submit", "three.job.yaml", "--target")
SUBMIT_SITED = ("submit", "sited.job.yaml", "--target", "site")
SUBMIT_ARRAY = ("submit", "sited.job.yaml", "--target", "cluster")
RETRY = ("retry", "tried.job.yaml", "--target", "cloud")
RETRIES = ("submit", "tried.job.yaml", "--target", "cloud", "--wait", "--retries", "1", "--max-active", "2")
CANCEL = ("cancel", "--all", "--yes")
SCENARIOS = (
    Scenario("submit to an API", nothing_yet, command(*SUBMIT_THREE, "cloud"), one_each),
    Scenario(
        "resolve",
        answers_lost("reset-after-accepting", "reset-after-reading", "reset-after-accepting"),
        command("ledger", "resolve", "--yes"),
        one_each,
    ),
    Scenario(
        "dismiss",
        answers_lost(*["reset-after-reading"] * COUNT),
        command("ledger", "resolve", "three.job.yaml", "--dismiss", "--yes"),
        one_each,
    ),
    Scenario("retry at an API", all_failed, command(*RETRY), two_each(*RETRY)),
    Scenario("feed and retry at an API", nothing_yet_and_all_fail, command(*RETRIES), two_each(*RETRIES)),
    Scenario("cancel at an API", all_accepted, command(*CANCEL), stopped),
    Scenario("submit to this machine", nothing_yet, command(*SUBMIT_THREE, "local"), queued_once),
    Scenario("submit to a site", at_the_site(), command(*SUBMIT_SITED), runs_once),
    Scenario("resolve at a site", at_the_site("silent find.error"), command("ledger", "resolve", "--yes"), runs_once),
    Scenario("submit an array", at_the_cluster(), command(*SUBMIT_ARRAY), each_cell_once),
    Scenario("submit an array again", at_the_cluster("silent"), command(*SUBMIT_ARRAY), each_cell_once),
    Scenario("resolve an array", at_the_cluster("silent"), command("ledger", "resolve", "--yes"), each_cell_once),
    Scenario("a task of an array", array_accepted, a_task, at_most_once),
    Scenario("a task of an array, all killed", array_accepted, a_task, at_most_once, everything=True),
    Scenario("clean an array", array_ended, command("clean", "--all", "--yes"), array_cleaned),
    Scenario("clean", finished, command("clean", "--all", "--yes"), cleaned),
    Scenario("cancel what waits", pending, command(*CANCEL), all_cancelled),
    Scenario("a job", one_pending(), command("status", "--target", "local"), ran_once, is_served=True),
    Scenario(
        "a job, all killed", one_pending(), command("status", "--target", "local"), ran_once,
        everything=True, is_served=True,
    ),
    Scenario("cancel what runs", one_pending(WAITS), cancelled_while_running, ended_by_cancel, is_served=True),
    Scenario("a request to serve", no_gateway_yet, serve_and_ask, answered_once),
)  # fmt: skip
