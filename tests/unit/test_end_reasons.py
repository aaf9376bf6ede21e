"""Why jobs ended, in one word: as each target says it, and as the ledger keeps it."""

import shutil
from pathlib import Path

import pytest
from support.fake_slurm import KEY, TAG, Fake, accounted, line, ok
from support.submitting import FakeClock, record

from specc.submission import Ledger, State, end_reason
from specc.targets import EndReason, JobReport, JobState, Life
from specc.targets.lives import life_from
from specc.targets.local.jobs import ended_for

UUID = f"7-{TAG}"
LOG = "slurmstepd-n1: error: {}\n"
LOGS = [LOG, "[2026-01-01T00:00:00.123] error: {}\n", "[2026-01-01T00:00:00] [7.batch] error: {}\n"]
"""As versions of Slurm write it: the newer ones without the name of the program."""


@pytest.mark.parametrize(
    ("state", "reason", "word"),
    [
        (JobState.EXITED, "exit code 3", EndReason.EXIT),
        (JobState.EXITED, "killed by SIGSEGV", EndReason.EXIT),
        (JobState.EXITED, "time limit of 60 s reached; its runner did not end it, the supervisor did", EndReason.TIME),
        (JobState.EXITED, "memory limit of 16 MiB exceeded: 40 MiB in use", EndReason.MEMORY),
        (JobState.EXITED, "its runner was told to end, perhaps by a shutdown", EndReason.NODE),
        (JobState.LOST, "the machine was restarted while it ran", EndReason.NODE),
        (JobState.LOST, "its runner died without a record of how it ended", EndReason.LOST),
        (JobState.CANCELLED, "cancelled while it ran", EndReason.CANCELLED),
        (JobState.FINISHED, "", None),
        (JobState.RUNNING, "", None),
    ],
)
def test_this_machine_names_the_limit_that_ended_a_job(state: JobState, reason: str, word: EndReason | None) -> None:
    assert ended_for(state, reason) is word


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("TIMEOUT", EndReason.TIME),
        ("DEADLINE", EndReason.TIME),
        ("OUT_OF_MEMORY", EndReason.MEMORY),
        ("NODE_FAIL", EndReason.NODE),
        ("PREEMPTED", EndReason.PREEMPTED),
        ("FAILED", EndReason.EXIT),
        ("CANCELLED by 0", EndReason.CANCELLED),
        ("REVOKED", EndReason.STOPPED),
        ("COMPLETED", None),
    ],
)
def test_slurm_says_it_in_its_word_for_the_state(tmp_path: Path, state: str, word: EndReason | None) -> None:
    fake = Fake(tmp_path)
    fake.claimed("7")
    fake.queue(line("7", state))
    assert fake.target.status([UUID])[UUID].life.ended_for is word


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("Detected 1 oom_kill event in StepId=7.batch. Some of the step tasks have been OOM Killed.", EndReason.MEMORY),
        ("Detected 3 oom-kill event(s) in StepId=7.batch cgroup.", EndReason.MEMORY),
        ("*** JOB 7 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO TIME LIMIT ***", EndReason.TIME),
        ("*** JOB 7 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO NODE FAILURE, SEE LOG ***", EndReason.NODE),
        ("*** JOB 7 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO PREEMPTION ***", EndReason.PREEMPTED),
    ],
)
@pytest.mark.parametrize("log", LOGS)
def test_a_job_that_slurm_has_forgotten_is_explained_by_its_log(
    tmp_path: Path, log: str, said: str, word: EndReason
) -> None:
    fake = Fake(tmp_path)
    fake.claimed("7")
    fake.queue()
    folder = fake.folder(TAG)
    folder.log.write_text(f"{said}\n")  # a line of the job itself, which proves nothing
    assert fake.target.status([UUID])[UUID].state is JobState.LOST
    folder.log.write_text(log.format(said))
    report = fake.target.status([UUID])[UUID]
    assert (report.state, report.life.ended_for) == (JobState.EXITED, word)


@pytest.mark.parametrize("code", [143, None])
@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("*** JOB 7 ON n1 CANCELLED AT 2026-01-01T00:00:00 ***", EndReason.CANCELLED),
        ("*** JOB 7 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE to SIGNAL Terminated ***", EndReason.CANCELLED),
        ("*** JOB 7 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO JOB REQUEUE ***", None),
    ],
)
def test_a_job_that_was_cancelled_by_hand_and_that_slurm_has_forgotten(
    tmp_path: Path, code: int | None, said: str, word: EndReason | None
) -> None:
    """Without a record, or with that of the signal, its log says it; so it is not tried again."""
    fake = Fake(tmp_path)
    fake.claimed("7", code)
    fake.queue()
    fake.folder(TAG).log.write_text(LOG.format(said))
    report = fake.target.status([UUID])[UUID]
    unknown = (JobState.EXITED, EndReason.EXIT) if code else (JobState.LOST, EndReason.LOST)
    assert (report.state, report.life.ended_for) == ((JobState.CANCELLED, word) if word else unknown)


class TestANodeThatDoesNotShareTheFolder:
    """Slurm cannot open the log of the job there, and says it to nobody but the log of that node."""

    @pytest.fixture
    def fake(self, tmp_path: Path) -> Fake:
        fake = Fake(tmp_path)
        fake.target.submit(fake.attempt())
        return fake

    @pytest.mark.parametrize("reason", ["JobLaunchFailure", "RaisedSignal:53(Real-time_signal_19)"])
    def test_what_is_wrong_and_what_to_write(self, fake: Fake, reason: str) -> None:
        fake.queue(line("7", "FAILED", reason=reason))
        report = fake.target.status([UUID])[UUID]
        assert (report.state, report.life.ended_for) == (JobState.EXITED, EndReason.NODE)
        assert report.reason == (
            f"{reason}; the job left no trace in {fake.folder(TAG).shared}, which its node probably does not share, or "
            "cannot write: set `directory` under `[targets.hpc]` to a folder that all nodes share"
        )

    def test_by_the_accounting(self, fake: Fake) -> None:
        usage = ("n3", "", "")
        fake.programs.answers["sacct"] = ok(accounted("7", "FAILED", "0:53", usage=usage, comment=f"specc:{KEY}"))
        fake.queue()
        report = fake.target.status([UUID])[UUID]
        assert "which the node n3 probably does not share" in report.reason
        assert report.life.ended_for is EndReason.NODE

    def test_a_job_that_has_reached_it_is_not_blamed_on_it(self, fake: Fake) -> None:
        fake.queue(line("7", "FAILED", reason="JobLaunchFailure"))
        fake.folder(TAG).log.touch()
        assert fake.target.status([UUID])[UUID].reason == "JobLaunchFailure"
        fake.folder(TAG).log.unlink()
        fake.claimed("7")
        assert fake.target.status([UUID])[UUID].reason == "JobLaunchFailure"

    def test_nor_is_one_that_failed_otherwise(self, fake: Fake) -> None:
        """What it wrote may not be here yet."""
        fake.queue(line("7", "FAILED", reason="NonZeroExitCode"))
        assert fake.target.status([UUID])[UUID].reason == "NonZeroExitCode"

    def test_nor_is_one_whose_folder_was_removed(self, fake: Fake) -> None:
        fake.queue(line("7", "FAILED", reason="JobLaunchFailure"))
        shutil.rmtree(fake.folder(TAG).root)
        assert fake.target.status([UUID])[UUID].reason == "JobLaunchFailure"

    def test_one_that_nobody_knows_any_more(self, fake: Fake) -> None:
        fake.queue()
        report = fake.target.status([UUID])[UUID]
        assert report.state is JobState.LOST
        assert f"if it ran, its node does not share {fake.folder(TAG).shared}" in report.reason


def test_a_command_that_dies_by_itself_is_not_excused_by_an_old_line_of_its_log(tmp_path: Path) -> None:
    """Of several processes one was killed for memory, and the command went on to fail by itself."""
    fake = Fake(tmp_path)
    fake.claimed("7", 3)
    fake.queue()
    fake.folder(TAG).log.write_text(LOG.format("Detected 1 oom_kill event in StepId=7.batch."))
    report = fake.target.status([UUID])[UUID]
    assert (report.reason, report.life.ended_for) == ("exit code 3", EndReason.EXIT)


def test_the_ledger_keeps_it_and_a_plain_state_has_its_usual_word(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
        ledger.begin(record("a1"))
        assert end_reason(ledger.all()[0], {}) is None
        ledger.settle("a1", State.ACCEPTED, uuid="u")
        ledger.saw("t", [JobReport("u", JobState.STOPPED, "NODE_FAIL", life=Life(ended_for=EndReason.NODE))])
        (one,) = ledger.all()
        assert end_reason(one, {}) is EndReason.NODE
        assert end_reason(one, {"u": JobReport("u", JobState.EXITED, "EXIT")}) is EndReason.NODE
        assert end_reason(one, {"u": JobReport("u", JobState.FINISHED, "DONE")}) is None
        ledger.saw("t", [JobReport("u", JobState.PENDING, "REQUEUED")])
        ledger.saw("t", [JobReport("u", JobState.EXITED, "EXIT")])
        assert end_reason(ledger.all()[0], {}) is EndReason.EXIT


def test_a_word_of_a_newer_specc_is_not_known() -> None:
    assert life_from('{"ended_for": "eclipse", "seconds": 3}') == Life(seconds=3)
