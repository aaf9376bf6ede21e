"""When jobs ran on a cluster and what they used: by the queue, by the accounting, and by what they left behind."""

import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support import batch_folders
from support.fake_slurm import KEY, TAG, Fake, accounted, failed, ok
from support.submitting import record

from specc.submission import State, life_of
from specc.targets import EndReason, JobState, Life, Usage
from specc.targets.batch.script import Command, Manner, script_of
from specc.targets.slurm.folder import SlurmFolder as Folder
from specc.targets.slurm.queries import FIELD, RECORD
from specc.targets.slurm.target import NATIVE

UUID = f"7-{TAG}"
MINE = f"specc:{KEY}"


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    return Fake(tmp_path)


def at(clock: str) -> float:
    return datetime.fromisoformat(f"2026-01-02T{clock}").replace(tzinfo=UTC).timestamp()


def queued(word: str, start: str, end: str, nodes: str) -> str:
    """A job as squeue prints it."""
    return RECORD + FIELD.join(("7", word, MINE, "2026-01-02T03:00:00", start, end, nodes, "None")) + "\n"


def life(fake: Fake) -> Life:
    return fake.target.status([UUID])[UUID].life


def lived(fake: Fake, *times_and_nodes: str) -> None:
    """A job of which the script has noted these times."""
    fake.claimed("7")
    batch_folders.ended(fake.folder(TAG), "7", 0, life=(*times_and_nodes, "", "", ""))


STEPS = (
    accounted(
        "7", "COMPLETED", "0:0",
        ("2026-01-02T03:00:00", "2026-01-02T03:01:00", "2026-01-02T04:01:00", "3600"), ("n[1-2]", "", "01:00:05"),
        comment=MINE,
    )
    + accounted("7.batch", "COMPLETED", usage=("n1", "2048K", "00:05.500"))
    + accounted("7.extern", "COMPLETED", usage=("n[1-2]", "0", "00:00.001"))
    + accounted("7.0", "COMPLETED", usage=("n[1-2]", "1.50G", "1-01:00:00"))
)  # fmt: skip
"""As sacct of Slurm 22.05 prints a job with two steps of its own."""


class TestQueue:
    def test_a_job_that_waits_has_no_expected_start(self, fake: Fake) -> None:
        fake.queue(queued("PENDING", "2026-01-02T09:00:00", "2026-01-02T10:00:00", ""))
        assert life(fake) == Life(at("03:00:00"))

    def test_a_job_that_runs_has_no_expected_end(self, fake: Fake) -> None:
        fake.queue(queued("RUNNING", "2026-01-02T03:01:00", "2026-01-02T04:01:00", "n1"))
        assert life(fake) == Life(at("03:00:00"), at("03:01:00"), node="n1")

    def test_a_job_that_ended_where_nothing_is_accounted(self, fake: Fake) -> None:
        fake.queue(queued("COMPLETED", "2026-01-02T03:01:00", "2026-01-02T03:01:30", "n1"))
        assert life(fake) == Life(at("03:00:00"), at("03:01:00"), at("03:01:30"), 30.0, "n1")
        assert fake.programs.names() == ["squeue", "sacct"]

    @pytest.mark.parametrize(("seconds", "state"), [(20, JobState.RUNNING), (70, JobState.LOST)])
    def test_a_job_that_has_just_completed_may_have_files_that_are_not_seen_yet(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch, seconds: int, state: JobState
    ) -> None:
        """Of a folder on NFS, another machine sees what it saw there up to a minute ago."""
        monkeypatch.setattr(time, "time", lambda: at("03:01:30") + seconds)
        fake.folder(TAG).root.mkdir(parents=True)
        fake.queue(queued("COMPLETED", "2026-01-02T03:01:00", "2026-01-02T03:01:30", "n1"))
        report = fake.target.status([UUID])[UUID]
        assert (report.state, report.is_vanished) == (state, state is JobState.LOST)
        fake.folder(TAG).log.write_text("")
        assert fake.target.status([UUID])[UUID].state is JobState.FINISHED

    def test_a_job_that_never_ran(self, fake: Fake) -> None:
        fake.queue(queued("CANCELLED", "N/A", "2026-01-02T03:01:30", ""))
        assert life(fake) == Life(at("03:00:00"), None, at("03:01:30"), ended_for=EndReason.CANCELLED)


class TestAccounting:
    def test_steps_are_folded(self, fake: Fake) -> None:
        """The highest peak of the steps, and the sum of their processor times."""
        fake.programs.answers["sacct"] = ok(STEPS)
        usage = Usage(3 << 29, 5.5 + 0.001 + 25 * 3600)
        assert life(fake) == Life(at("03:00:00"), at("03:01:00"), at("04:01:00"), 3600.0, "n[1-2]", usage)

    def test_it_is_asked_about_a_job_that_has_ended_and_is_still_listed(self, fake: Fake) -> None:
        fake.queue(queued("COMPLETED", "2026-01-02T03:01:00", "2026-01-02T04:01:00", "n[1-2]"))
        fake.programs.answers["sacct"] = ok(STEPS)
        assert life(fake).usage.peak_memory == 3 << 29

    def test_it_says_nothing_of_another_job_of_that_number(self, fake: Fake) -> None:
        fake.queue(queued("COMPLETED", "2026-01-02T03:01:00", "2026-01-02T04:01:00", "n1"))
        fake.programs.answers["sacct"] = ok(STEPS.replace(MINE, f"specc:{'f' * 32}"))
        assert life(fake).usage == Usage()

    def test_one_that_does_not_answer_hides_no_state(self, fake: Fake) -> None:
        fake.queue(queued("COMPLETED", "2026-01-02T03:01:00", "2026-01-02T04:01:00", "n1"))
        fake.programs.answers["sacct"] = failed("sacct: error: slurmdbd: connection refused")
        assert fake.target.status([UUID])[UUID].state is JobState.FINISHED
        assert fake.target.last_error == ""

    @pytest.mark.parametrize(
        ("rss", "cpu", "usage"),
        [
            ("", "", Usage()),
            ("0", "00:00:00", Usage(None, 0.0)),
            ("512", "00:00.250", Usage(512, 0.25)),
            ("1K", "10:00", Usage(1024, 600.0)),
            ("16?c", "nonsense", Usage()),
            ("2T", "2-00:00:01", Usage(2 << 40, 172801.0)),
        ],
    )
    def test_how_slurm_writes_usage(self, fake: Fake, rss: str, cpu: str, usage: Usage) -> None:
        fake.programs.answers["sacct"] = ok(
            accounted("7", "COMPLETED", comment=MINE) + accounted("7.batch", "COMPLETED", usage=("n1", rss, cpu))
        )
        assert life(fake).usage == usage

    def test_times_that_there_are_not(self, fake: Fake) -> None:
        times = ("2026-01-02T03:00:00", "None", "Unknown", "0")
        fake.programs.answers["sacct"] = ok(
            accounted("7", "CANCELLED by 0", times=times, usage=("None assigned", "", ""), comment=MINE)
        )
        assert life(fake) == Life(at("03:00:00"), ended_for=EndReason.CANCELLED)


class TestOwnRecord:
    def test_a_job_that_slurm_has_forgotten(self, fake: Fake) -> None:
        lived(fake, "100", "170", "5.25", "65.5", "n1")
        assert life(fake) == Life(None, 100.0, 170.0, 60.25, "n1")

    def test_its_seconds_are_those_of_the_monotonic_clock(self, fake: Fake) -> None:
        lived(fake, "100", "10", "5.25", "65.5", "n1")
        fake.queue(queued("COMPLETED", "2026-01-02T03:01:00", "2026-01-02T03:01:30", "n1"))
        assert (life(fake).seconds, life(fake).ended_at) == (60.25, at("03:01:30"))

    @pytest.mark.parametrize("times", [("1", "x", "3", "4"), ("nan", "2", "3", "4"), ("", "", "", "")])
    def test_times_that_are_none_say_nothing(self, fake: Fake, times: tuple[str, ...]) -> None:
        lived(fake, *times, "n1")
        assert life(fake) == Life()

    @pytest.mark.parametrize("is_requeued", [False, True])
    def test_the_script_writes_it(self, tmp_path: Path, is_requeued: bool) -> None:
        folder = Folder(tmp_path / "job")
        folder.prepare({"key": "k"})
        command = Command("sleep 0.3", None, None, tmp_path / "out", tmp_path / "err", ("bash",), folder.work, {})
        script = script_of(NATIVE, folder, TAG, "name", Manner(1, 1, is_requeued=is_requeued), command)
        environment = {"PATH": "/usr/bin:/bin", "SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "n1"}
        ran = subprocess.run(["bash"], input=script, env=environment, text=True, timeout=60, check=False)
        assert (ran.returncode, folder.exit().code) == (0, 0)
        found = folder.life("7")
        assert found.node == "n1"
        assert 0.3 <= found.seconds < 30
        assert found.started_at <= found.ended_at


def test_what_a_job_asked_for_is_in_its_payload() -> None:
    body = '{"core_limit": 4, "mem_limit": 2, "time_limit": 3}'
    units = '{"mem_limit": "GiB", "time_limit": "h"}'
    one = replace(record(body=body, units=units), state=State.ACCEPTED, uuid="u")
    assert life_of(one, {}).usage == Usage(cores_asked=4, memory_asked=2 << 30, seconds_asked=3 * 3600)
    hidden = replace(one, hidden='["mem_limit"]')
    assert life_of(hidden, {}).usage == Usage(cores_asked=4, seconds_asked=3 * 3600)
