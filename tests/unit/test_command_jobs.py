"""A target of commands in process: once for each key, states from scheduler and record, and what is never guessed."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support import batch_folders
from support.local_jobs import CALLER, UNITS, payload

from specc.settings import Target
from specc.targets import Accepted, Attempt, EndReason, JobReport, JobState, NotSent, Rejected, Unclear
from specc.targets.batch.folder import Folder
from specc.targets.batch.programs import Ran, TimedOut
from specc.targets.command import ACTIONS
from specc.targets.command.contract import SiteCommands
from specc.targets.command.target import GONE_SECONDS, CommandTarget, Place

KEY = "0123456789abcdef0123456789abcdef"
TAG = KEY[:16]
UUID = f"7-{TAG}"
DOWN = Ran(1, "", "no server")
EPOCH = datetime.fromtimestamp(0, UTC)


class Fake:
    """A target whose commands answer what a test says, by action, and its clock."""

    def __init__(self, root: Path, **settings: Any) -> None:
        self.answers: dict[str, Ran | TimedOut | list[dict[str, object]]] = {"submit": [{"job": "7"}]}
        self.asked: list[dict[str, Any]] = []
        self.now = 1000.0
        site = SiteCommands({name: (name,) for name in ACTIONS}, self, {}, {})
        place = Place("cluster", CALLER, root, {"PATH": os.environ["PATH"]})
        self.target = CommandTarget(place, Target("site", "command", **settings), UNITS, site, lambda: self.now)

    def __call__(
        self, command: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: bytes = b""
    ) -> Ran | TimedOut:
        self.asked.append(json.loads(stdin))
        answer = self.answers.get(command[0], [])
        if isinstance(answer, list):
            return Ran(0, "".join(f"{json.dumps(line)}\n" for line in answer), "")
        return answer

    def attempt(self, command: str = "true", key: str = KEY, **fields: object) -> Attempt:
        made = payload(command, **fields)
        return Attempt(key, made, made.name)

    def actions(self) -> list[str]:
        return [asked["action"] for asked in self.asked]

    @property
    def folder(self) -> Folder:
        return self.target.jobs.folder(TAG)

    def says(self, state: str, **more: object) -> None:
        self.answers["status"] = [{"job": "7", "state": state, **more}]

    def report(self) -> JobReport | None:
        return self.target.reports([UUID], fresh=True).get(UUID)

    def claimed(self, code: int | None = None, job: str = "7") -> None:
        """What a job that ran leaves behind."""
        batch_folders.begun(self.folder, job)
        if code is not None:
            batch_folders.ended(self.folder, job, code)


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    return Fake(tmp_path)


class TestOnce:
    def test_an_accepted_job(self, fake: Fake) -> None:
        assert fake.target.submit(fake.attempt()) == Accepted(UUID, {"job_status": "pending", "job_id": "7"})
        assert fake.actions() == ["submit"]
        assert fake.target.identity == f"command:cluster:{CALLER}"

    def test_a_key_that_was_sent_is_looked_for_and_not_sent_again(self, fake: Fake) -> None:
        fake.target.submit(fake.attempt())
        fake.answers["find"] = [{"key": KEY, "job": "7"}]
        again = fake.target.submit(fake.attempt())
        assert isinstance(again, Accepted)
        assert again.uuid == UUID
        assert fake.actions() == ["submit", "find"]

    def test_the_job_that_claimed_the_folder_is_believed_without_a_question(self, fake: Fake) -> None:
        fake.target.submit(fake.attempt())
        fake.claimed(job="9")
        again = fake.target.submit(fake.attempt())
        assert isinstance(again, Accepted)
        assert again.uuid == f"9-{TAG}"
        assert fake.actions() == ["submit"]

    def test_nobody_can_be_asked(self, fake: Fake) -> None:
        fake.target.submit(fake.attempt())
        fake.answers["find"] = DOWN
        outcome = fake.target.submit(fake.attempt())
        assert isinstance(outcome, Unclear)
        assert "no server" in outcome.reason
        assert fake.actions() == ["submit", "find"]

    @pytest.mark.parametrize("is_there", [True, False])
    def test_a_folder_that_was_being_made_when_the_client_ended(self, fake: Fake, is_there: bool) -> None:
        """It was not sent then. Without any folder here it may have had one elsewhere."""
        if is_there:
            fake.folder.root.mkdir(parents=True)
        outcome = fake.target.submit(replace(fake.attempt(), is_resumed=True))
        assert isinstance(outcome, Accepted if is_there else Unclear)
        assert fake.actions() == ["find", "submit"][: 1 + is_there]

    def test_after_a_submission_that_surely_was_not_made_it_may_be_tried_again(self, fake: Fake) -> None:
        fake.answers["submit"] = [{"not_sent": "full"}]
        assert fake.target.submit(fake.attempt()) == NotSent("full")
        fake.answers["find"] = DOWN
        assert isinstance(fake.target.submit(fake.attempt()), NotSent)
        fake.answers |= {"find": [], "submit": [{"job": "7"}]}
        assert isinstance(fake.target.submit(fake.attempt()), Accepted)

    def test_an_unclear_answer_is_settled_by_the_key_at_once(self, fake: Fake) -> None:
        fake.answers |= {"submit": TimedOut(180, ""), "find": [{"key": KEY, "job": "7"}]}
        assert isinstance(fake.target.submit(fake.attempt()), Accepted)
        fake.answers["find"] = []
        assert isinstance(fake.target.submit(fake.attempt(key="f" * 32)), Unclear)

    def test_a_rejection_holds_for_the_earlier_calls_too(self, fake: Fake) -> None:
        fake.answers |= {"submit": TimedOut(180, ""), "find": []}
        assert isinstance(fake.target.submit(fake.attempt()), Unclear)
        fake.answers["submit"] = [{"rejected": "no such queue", "code": "queue"}]
        outcome = fake.target.submit(fake.attempt())
        assert isinstance(outcome, Rejected)
        assert outcome.is_withdrawn
        assert fake.folder.is_withdrawn()
        fake.answers["find"] = [{"key": KEY, "job": "8"}]
        assert fake.target.look_up([fake.attempt()], EPOCH, EPOCH) == []
        for is_resumed in (True, False):
            again = fake.target.submit(replace(fake.attempt(), is_resumed=is_resumed))
            assert isinstance(again, NotSent)
            assert again.is_withdrawn

    @pytest.mark.parametrize("is_there", [True, False])
    def test_one_that_the_target_does_not_take_any_more(self, fake: Fake, tmp_path: Path, is_there: bool) -> None:
        """Its input file was there when it was sent."""
        given = tmp_path / "in.dat"
        given.touch()
        attempt = fake.attempt(input_file=str(given))
        fake.answers |= {"submit": TimedOut(180, ""), "find": []}
        assert isinstance(fake.target.submit(attempt), Unclear)
        given.unlink()
        fake.answers["find"] = [{"key": KEY, "job": "7"}] if is_there else []
        outcome = fake.target.submit(replace(attempt, is_resumed=True))
        assert isinstance(outcome, Accepted if is_there else Rejected)
        assert isinstance(outcome, Accepted) or outcome.is_withdrawn
        assert fake.actions().count("submit") == 1

    def test_another_payload_under_the_same_key(self, fake: Fake) -> None:
        fake.target.submit(fake.attempt())
        outcome = fake.target.submit(fake.attempt("false"))
        assert isinstance(outcome, Rejected)
        assert outcome.code == "key-used"

    def test_jobs_are_looked_up_by_their_keys(self, fake: Fake) -> None:
        fake.answers["find"] = [{"key": KEY, "job": "7", "submitted_at": 60}]
        (found,) = fake.target.look_up([fake.attempt(), fake.attempt(key="e" * 32)], EPOCH, EPOCH)
        assert (found.uuid, found.tag) == (UUID, KEY)
        assert found.submitted_at == datetime.fromtimestamp(60, UTC)
        fake.answers["find"] = DOWN
        assert fake.target.look_up([fake.attempt()], EPOCH, EPOCH) == []

    def test_of_two_scripts_of_one_key_one_runs(self, fake: Fake, tmp_path: Path) -> None:
        fake.target.submit(fake.attempt("echo ran >>ran", stdout_redirect_path=None))
        script = fake.folder.root / "job.sh"
        runs = [
            subprocess.Popen(["bash", script], env={"PATH": os.environ["PATH"], "JOB_ID": str(number)}, stderr=-3)
            for number in range(7, 12)
        ]
        codes = sorted(run.wait(30) for run in runs)
        assert codes == [0, 113, 113, 113, 113]
        assert (fake.folder.work / "ran").read_text() == "ran\n"
        own = fake.folder.exit()
        assert own is not None
        assert own.job_id == fake.folder.owner()

    def test_a_copy_that_starts_when_the_folder_was_cleaned_does_not_run(self, fake: Fake) -> None:
        fake.target.submit(fake.attempt(f"touch {fake.folder.root.parent}/ran"))
        script = (fake.folder.root / "job.sh").read_text()
        shutil.rmtree(fake.folder.root)
        environment = {"PATH": os.environ["PATH"], "JOB_ID": "9"}
        ran = subprocess.run(["bash"], input=script, env=environment, text=True, capture_output=True, check=False)
        assert ran.returncode == 114
        assert "is this a file system that the login node and this node share?" in ran.stderr
        assert not (fake.folder.root.parent / "ran").exists()


class TestRecord:
    def run(self, fake: Fake, command: str, **variables: str) -> None:
        fake.target.submit(fake.attempt(command))
        environment = {"PATH": os.environ["PATH"], "HOME": "/", **variables}
        subprocess.run(["bash", fake.folder.root / "job.sh"], env=environment, check=False, timeout=60, stderr=-3)

    @pytest.mark.parametrize("name", ["JOB_ID", "PBS_JOBID", "LSB_JOBID", "SLURM_JOB_ID"])
    def test_the_script_knows_its_number_from_any_scheduler(self, fake: Fake, name: str) -> None:
        self.run(fake, "echo $SPECC_JOB_ID", **{name: "7.x"})
        assert fake.folder.owner() == "7.x"
        assert (fake.folder.root / "stdout").read_text() == f"7.x-{TAG}\n"

    def test_a_variable_of_the_settings(self, tmp_path: Path) -> None:
        fake = Fake(tmp_path, job_variable="FLUX_JOB_ID")
        self.run(fake, "true", FLUX_JOB_ID="f12", JOB_ID="no")
        assert fake.folder.owner() == "f12"

    def test_without_a_number_the_record_is_that_of_the_job_that_was_sent(self, fake: Fake) -> None:
        self.run(fake, "exit 3")
        assert fake.folder.owner() == ""
        fake.says("gone")
        report = fake.report()
        assert report is not None
        assert (report.state, report.exit_code) == (JobState.EXITED, 3)

    def test_what_the_command_used_is_measured(self, fake: Fake) -> None:
        text = "python3 -c 'import time; x = bytearray(80_000_000); sum(range(3_000_000)); time.sleep(1)'"
        self.run(fake, text, JOB_ID="7")
        life = fake.folder.life("7")
        assert life.usage.peak_memory is not None
        assert 70_000_000 < life.usage.peak_memory < 300_000_000
        assert life.usage.cpu_seconds is not None
        assert 0.02 < life.usage.cpu_seconds < 20
        assert life.seconds is not None
        assert life.seconds >= 1
        assert life.node

    def test_nothing_of_the_meter_and_no_script_is_left(self, fake: Fake) -> None:
        fake.target.submit(fake.attempt("true"))
        environment = {"PATH": os.environ["PATH"], "JOB_ID": "7"}
        with fake.folder.log.open("w") as log:
            subprocess.run(["bash", fake.folder.root / "job.sh"], env=environment, stdout=log, stderr=log, timeout=60)
        assert sorted(path.name for path in fake.folder.root.iterdir()) == ["claim", "job", "stderr", "stdout", "work"]

    def test_scripts_that_go_to_the_folder_of_submission_stay_in_theirs(self, fake: Fake) -> None:
        self.run(fake, 'cd "$PBS_O_WORKDIR" && pwd; echo "${SGE_O_WORKDIR-unset}"', PBS_O_WORKDIR="/", JOB_ID="7")
        assert (fake.folder.root / "stdout").read_text() == f"{fake.folder.work}\nunset\n"

    @pytest.mark.parametrize("name", ["a'b", "$(touch x)", "é 漢", "-n"])
    def test_no_name_breaks_the_script(self, fake: Fake, name: str) -> None:
        made = payload('printf "%s\\n" "$SPECC_JOB_NAME"', name=name)
        fake.target.submit(Attempt(KEY, made, made.name))
        environment = {"PATH": os.environ["PATH"], "JOB_ID": "7"}
        subprocess.run(["bash", fake.folder.root / "job.sh"], env=environment, check=True, timeout=60)
        assert (fake.folder.root / "stdout").read_text() == f"{name}\n"


class TestStates:
    @pytest.fixture(autouse=True)
    def sent(self, fake: Fake) -> None:
        fake.target.submit(fake.attempt())

    @pytest.mark.parametrize("state", ["pending", "running", "suspended"])
    def test_a_job_that_has_not_ended(self, fake: Fake, state: str) -> None:
        fake.says(state, reason="why", submitted_at=1, started_at=2, ended_at=9)
        report = fake.report()
        assert report is not None
        assert (report.state.value, report.reason, report.life.submitted_at) == (state, "why", 1.0)
        assert report.life.ended_at is None
        assert (report.life.started_at is None) == (state == "pending")

    def test_success_needs_a_record(self, fake: Fake) -> None:
        fake.says("finished", exit_code=0)
        assert fake.report() is None, "its folder may be late"
        fake.now = 10.0**10
        report = fake.report()
        assert report is not None
        assert (report.state, report.life.ended_for) == (JobState.LOST, EndReason.LOST)
        fake.claimed(0)
        report = fake.report()
        assert report is not None
        assert (report.state, report.exit_code, report.reason) == (JobState.FINISHED, 0, "")

    def test_its_own_record_knows_the_exit_code_best(self, fake: Fake) -> None:
        fake.claimed(4)
        for state in ("finished", "exited", "gone"):
            fake.says(state, exit_code=1)
            report = fake.report()
            assert report is not None
            assert (report.state, report.exit_code, report.life.ended_for) == (JobState.EXITED, 4, EndReason.EXIT)

    def test_a_limit_is_the_reason_that_the_scheduler_gives(self, fake: Fake) -> None:
        fake.claimed()
        fake.says("exited", end="time", reason="over", exit_code=137)
        report = fake.report()
        assert report is not None
        assert (report.state, report.reason, report.life.ended_for) == (JobState.EXITED, "over", EndReason.TIME)

    def test_a_job_is_lost_only_when_it_has_been_gone_for_long(self, fake: Fake) -> None:
        fake.says("gone")
        assert fake.report() is None
        fake.now += GONE_SECONDS - 1
        assert fake.report() is None
        fake.now += 1
        report = fake.report()
        assert report is not None
        assert report.state is JobState.LOST
        assert "it left no trace of having run" in report.reason

    def test_a_cancelled_job_that_is_gone(self, fake: Fake) -> None:
        fake.folder.note_cancelled()
        fake.says("gone")
        report = fake.report()
        assert report is not None
        assert (report.state, report.life.ended_for) == (JobState.CANCELLED, EndReason.CANCELLED)

    def test_a_cancelled_job_that_the_scheduler_calls_killed(self, fake: Fake) -> None:
        fake.folder.note_cancelled()
        fake.says("exited", exit_code=137, end="stopped")
        report = fake.report()
        assert report is not None
        assert report.state is JobState.CANCELLED
        fake.claimed(0)
        fake.says("finished")
        report = fake.report()
        assert report is not None
        assert report.state is JobState.FINISHED, "it ended before it was cancelled"

    def test_no_verdict_from_a_question_that_failed(self, fake: Fake) -> None:
        fake.answers["status"] = DOWN
        assert fake.report() is None
        assert "no server" in fake.target.last_error
        fake.claimed(137)
        assert fake.report() is None, "the scheduler may know why it was killed"
        fake.claimed(2)
        report = fake.report()
        assert report is not None
        assert (report.state, report.exit_code) == (JobState.EXITED, 2)

    def test_of_two_jobs_the_one_that_runs_the_command_counts(self, fake: Fake) -> None:
        fake.claimed(job="8")
        fake.answers["status"] = [{"job": "8", "state": "running"}]
        report = fake.report()
        assert report is not None
        assert report.state is JobState.RUNNING
        assert fake.asked[-1]["jobs"] == ["8"]

    def test_a_recent_answer_serves_again(self, fake: Fake) -> None:
        fake.says("running")
        for _ in range(5):
            fake.target.status([UUID])
        assert fake.actions().count("status") == 1

    def test_foreign_uuids(self, fake: Fake) -> None:
        for uuid in ("", "7", "job-abc", f"a b-{TAG}", "x" * 400):
            report = fake.target.status([uuid])[uuid]
            assert report.state is JobState.UNKNOWN
        assert "status" not in fake.actions()

    def test_cancel(self, fake: Fake) -> None:
        fake.says("running")
        fake.answers["cancel"] = [{"job": "7", "cancelled": True}]
        (answer,) = fake.target.cancel([UUID])
        assert answer.done
        assert fake.folder.cancelled.exists()

    def test_cancel_that_is_not_answered(self, fake: Fake) -> None:
        fake.says("running")
        fake.answers["cancel"] = DOWN
        (answer,) = fake.target.cancel([UUID])
        assert not answer.done
        assert "the outcome is unknown" in answer.message
        fake.answers["cancel"] = []
        assert "did not answer for this job" in fake.target.cancel([UUID])[0].message
        fake.claimed(0)
        fake.says("finished")
        assert fake.target.cancel([UUID])[0].message == "it has ended: finished"
        assert not fake.folder.cancelled.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"core_limit": 0}, "expected 1 or more"),
        ({"stdout_redirect_path": "../x"}, "leads out of where the job starts"),
        ({"hpcqueue_id": "q"}, "a scheduler has no such ids"),
        ({"scheduler_queue_name": "a\u202eb"}, "invisible character"),
        ({"cmd_line": "a\0b"}, "NUL byte"),
        ({"input_file": "/nonexistent"}, "is not a file here"),
    ],
)
def test_what_is_refused_is_not_sent(fake: Fake, fields: dict[str, object], said: str) -> None:
    outcome = fake.target.submit(fake.attempt(**{"command": "true", **fields} if "cmd_line" not in fields else fields))
    assert isinstance(outcome, Rejected)
    assert said in outcome.message
    assert fake.asked == []
