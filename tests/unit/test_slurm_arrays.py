"""Arrays of Slurm: which payloads go together, what sbatch is asked, and what becomes of each cell."""

import base64
import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fake_slurm import Fake, failed, line, ok, refused
from support.local_jobs import payload
from support.shell_words import words_in

from specc.settings import Target
from specc.targets import Accepted, Attempt, EndReason, JobState, NotSent, Outcome, Rejected, Unclear
from specc.targets.batch.batches import Batch, numbers_in, ranges_of
from specc.targets.batch.programs import Ran, TimedOut

BATCH = "feedfeedfeedfeed"
QOS_LIMIT = failed(
    "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates "
    "accounting/QOS policy (job submit limit, user's size and/or time limits)"
)
LOST = refused("Socket timed out on send/recv operation")


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    return Fake(tmp_path)


def attempts(count: int, **fields: object) -> list[Attempt]:
    made = [payload(f"echo {index}", **{"name": f"heat-{index}", **fields}) for index in range(count)]
    return [Attempt(f"{index:016x}{BATCH}", one, one.name) for index, one in enumerate(made)]


def send(fake: Fake, some: Sequence[Attempt], most_active: int | None = None) -> list[Outcome]:
    assert fake.target.batches is not None
    if not (fake.place.directory / "jobs" / BATCH).exists():
        fake.target.batches.prepare(some)
    return list(fake.target.batches.submit(some, most_active))


def arrays(fake: Fake) -> list[str]:
    """What each sbatch was given as `--array`."""
    calls = [call for call in fake.programs.calls if call[0] == "sbatch"]
    return [word.removeprefix("--array=") for call in calls for word in call if word.startswith("--array=")]


def uuid(index: int, job: str = "7") -> str:
    return f"{job}_{index}-{BATCH}"


class TestWhatGoesTogether:
    def kind(self, fake: Fake, **fields: object) -> str | None:
        assert fake.target.batches is not None
        return fake.target.batches.kind_of(payload(**fields))

    @pytest.mark.parametrize("field", ["name", "cmd_line", "stdout_redirect_path", "stderr_redirect_path"])
    def test_what_sbatch_does_not_see_makes_no_difference(self, fake: Fake, field: str) -> None:
        assert self.kind(fake, **{field: "one"}) == self.kind(fake, **{field: "two"})

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("core_limit", 2),
            ("mem_limit", 7),
            ("time_limit", 9),
            ("scheduler_queue_name", "q"),
            ("resource_limit", "gpus=1"),
            ("resource_limit", "requeue"),
            ("resource_limit", "signal=B:USR1@60"),
        ],
    )
    def test_what_it_sees_does(self, fake: Fake, field: str, value: object) -> None:
        assert self.kind(fake) != self.kind(fake, **{field: value})

    def test_a_target_may_want_a_job_for_each(self, tmp_path: Path) -> None:
        assert Fake(tmp_path, Target("hpc", "slurm", arrays=False)).target.batches is None

    @pytest.mark.parametrize(
        ("config", "most"),
        [
            ("MaxArraySize            = 50\n", 50),
            ("MaxArraySize = 1001\nSchedulerParameters    = bf_interval=1,max_array_tasks=20,defer\n", 20),
            ("MaxArraySize = 0\n", 0),
            ("MaxArraySize = 4000001\n", 10_000),
        ],
    )
    def test_the_controller_says_how_many(self, fake: Fake, config: str, most: int) -> None:
        fake.programs.answers["scontrol"] = ok(config)
        assert fake.target.batches is not None
        assert fake.target.batches.most() == most

    def test_without_an_answer_it_is_slurms_default(self, fake: Fake) -> None:
        fake.programs.answers["scontrol"] = failed("Unable to contact slurm controller")
        assert fake.target.batches is not None
        assert fake.target.batches.most() == 1001


class TestSending:
    def test_one_call_for_all(self, fake: Fake) -> None:
        outcomes = send(fake, attempts(5))
        assert fake.programs.names() == ["sbatch"]
        assert arrays(fake) == ["0-4"]
        assert outcomes == [
            Accepted(uuid(index), {"job_status": "pending", "job_id": f"7_{index}"}) for index in range(5)
        ]
        options = fake.options()
        assert f"--comment=specc:{BATCH}" in options
        assert "--job-name=heat" in options
        assert f"--output={fake.place.directory}/jobs/{BATCH}/slurm-%a.log" in options

    @pytest.mark.parametrize(
        ("names", "name"),
        [
            (["a-1", "a-2"], "a"),
            (["same", "same"], "same"),
            (["x", "y"], "x"),
            (["run", "run2"], "run"),
            (["-a", "-b"], "-a"),
        ],
    )
    def test_its_name_is_what_the_names_have_in_common(self, fake: Fake, names: list[str], name: str) -> None:
        send(fake, [replace(one, sent_name=said) for one, said in zip(attempts(2), names, strict=True)])
        assert f"--job-name={name}" in fake.options()

    def test_a_site_that_checks_names_gets_a_whole_one(self, tmp_path: Path) -> None:
        fake = Fake(tmp_path, Target("hpc", "slurm", name_pattern="heat-[0-9]"))
        send(fake, attempts(2))
        assert "--job-name=heat-0" in fake.options()

    @pytest.mark.parametrize(("most", "array"), [(None, "0-4"), (2, "0-4%2"), (5, "0-4"), (9, "0-4")])
    def test_slurm_holds_back_what_may_not_run_yet(self, fake: Fake, most: int | None, array: str) -> None:
        send(fake, attempts(5), most)
        assert arrays(fake) == [array]

    @pytest.mark.parametrize(
        ("room", "most_active", "sent"),
        [
            (0, None, ["0-9", "0-4", "0-1", "0"]),
            (1, None, ["0-9", "0-4", "0-1", "0"]),
            (2, None, ["0-9", "0-4", "0-1", "2"]),
            (7, None, ["0-9", "0-4", "5-6", "7"]),
            (9, None, ["0-9", "0-4", "5-6", "7", "8"]),
            (10, None, ["0-9"]),
            (7, 3, ["0-9%3", "0-4%3"]),
            (7, 6, ["0-9%6", "0-4", "5-6%1"]),
        ],
    )
    def test_where_there_is_room_for_fewer_as_many_are_sent(
        self, fake: Fake, room: int, most_active: int | None, sent: list[str]
    ) -> None:
        taken: list[int] = []

        def sbatch(command: Sequence[str]) -> Ran:
            (tasks,) = (word for word in command if word.startswith("--array="))
            asked = numbers_in(tasks.removeprefix("--array=").partition("%")[0])
            if len(taken) + len(asked) > room:
                return QOS_LIMIT
            taken.extend(asked)
            return ok("9\n")

        fake.programs.answers["sbatch"] = sbatch
        outcomes = send(fake, attempts(10), most_active)
        assert arrays(fake) == sent
        assert [isinstance(outcome, Accepted) for outcome in outcomes] == [index in taken for index in range(10)]
        assert all(
            isinstance(outcome, NotSent) and outcome.is_full
            for index, outcome in enumerate(outcomes)
            if index not in taken
        )
        assert len(taken) == room or most_active is not None
        assert Batch(fake.place.directory / "jobs" / BATCH).sent() == set(taken)

    def test_a_refusal_is_that_of_each_cell(self, fake: Fake) -> None:
        fake.programs.answers["sbatch"] = refused("Invalid partition name specified")
        outcomes = send(fake, attempts(3, scheduler_queue_name="q"))
        assert {outcome.code for outcome in outcomes if isinstance(outcome, Rejected)} == {"no-such-queue"}
        assert Batch(fake.place.directory / "jobs" / BATCH).sent() == set()

    @pytest.mark.parametrize(
        "said",
        [
            refused("Invalid job array specification"),
            failed("arrays are bad\nsbatch: error: Batch job submission failed: Unspecified error"),
        ],
    )
    def test_a_site_without_arrays_says_which_setting_helps(self, fake: Fake, said: Ran) -> None:
        fake.programs.answers["sbatch"] = said
        (outcome, _) = send(fake, attempts(2))
        assert isinstance(outcome, Rejected)
        assert "arrays = false" in (outcome.help or "")

    def test_a_payload_that_is_refused_here_leaves_the_others(self, fake: Fake) -> None:
        some = attempts(3)
        some[1] = replace(some[1], payload=payload("echo 1", run_user="somebody"))
        outcomes = send(fake, some)
        assert [type(outcome) for outcome in outcomes] == [Accepted, Rejected, Accepted]
        assert arrays(fake) == ["0,2"]

    def test_a_folder_that_is_gone_is_not_made_anew(self, fake: Fake) -> None:
        """Its jobs make their claims there: in another folder they would run again."""
        assert fake.target.batches is not None
        outcomes = fake.target.batches.submit([replace(one, is_resumed=True) for one in attempts(2)], None)
        assert {type(outcome) for outcome in outcomes} == {Unclear}
        assert arrays(fake) == []


class TestLostAnswers:
    @pytest.mark.parametrize("lost", [LOST, TimedOut(180, ""), ok("")])
    def test_the_jobs_are_found_by_the_comment(self, fake: Fake, lost: Ran | TimedOut) -> None:
        fake.programs.answers["sbatch"] = lost
        fake.queue(line("12_[1-2]", "PENDING", BATCH), line("12_0", "RUNNING", BATCH), line("13", "PENDING", "other"))
        outcomes = send(fake, attempts(3))
        assert [outcome.uuid for outcome in outcomes if isinstance(outcome, Accepted)] == [
            uuid(index, "12") for index in range(3)
        ]

    def test_what_is_not_found_is_open(self, fake: Fake) -> None:
        fake.programs.answers["sbatch"] = LOST
        fake.queue()
        assert {type(outcome) for outcome in send(fake, attempts(2))} == {Unclear}
        fake.programs.answers["sbatch"] = ok("8\n")
        assert [getattr(outcome, "uuid", None) for outcome in send(fake, attempts(2))] == [uuid(0, "8"), uuid(1, "8")]
        assert arrays(fake) == ["0-1", "0-1"]

    def test_only_what_is_missing_is_sent_again(self, fake: Fake) -> None:
        send(fake, attempts(4))
        fake.queue(line("7_[0-1]", "PENDING", BATCH), line("7_3", "COMPLETED", BATCH))
        outcomes = send(fake, attempts(4))
        assert arrays(fake) == ["0-3", "2"]
        assert len({outcome.uuid for outcome in outcomes if isinstance(outcome, Accepted)}) == 4

    def test_without_an_answer_of_slurm_it_is_open(self, fake: Fake) -> None:
        send(fake, attempts(2))
        fake.programs.answers["squeue"] = failed("slurm_load_jobs error: Unable to contact slurm controller")
        assert {type(outcome) for outcome in send(fake, attempts(2))} == {Unclear}

    def test_one_cell_alone_is_sent_in_its_batch(self, fake: Fake) -> None:
        some = attempts(3)
        send(fake, some)
        fake.queue()
        outcome = fake.target.submit(replace(some[1], is_resumed=True))
        assert arrays(fake)[-1] == "1"
        assert isinstance(outcome, Accepted)
        assert outcome.uuid == uuid(1)

    def test_cells_are_looked_up_by_their_own_keys(self, fake: Fake) -> None:
        some = attempts(3)
        send(fake, some)
        fake.queue(line("12_[0,2]", "PENDING", BATCH))
        found = fake.target.look_up(some, *[__import__("datetime").datetime.now()] * 2)
        assert [(one.uuid, one.tag) for one in found] == [(uuid(0, "12"), some[0].key), (uuid(2, "12"), some[2].key)]

    def test_of_two_arrays_the_one_that_has_not_ended_counts(self, fake: Fake) -> None:
        send(fake, attempts(1) + attempts(2)[1:])
        fake.queue(line("7_[0-1]", "CANCELLED", BATCH), line("8_[0-1]", "PENDING", BATCH))
        assert [outcome.uuid for outcome in send(fake, attempts(2)) if isinstance(outcome, Accepted)] == [
            uuid(0, "8"),
            uuid(1, "8"),
        ]


class TestJobs:
    def test_states_of_tasks_that_are_listed_together(self, fake: Fake) -> None:
        send(fake, attempts(5))
        fake.queue(line("7_[1-3%2]", "PENDING", BATCH, "JobArrayTaskLimit"), line("7_0", "RUNNING", BATCH))
        reports = fake.target.status([uuid(index) for index in range(4)])
        assert [reports[uuid(index)].state for index in range(4)] == [JobState.RUNNING, *[JobState.PENDING] * 3]
        assert reports[uuid(2)].reason == "JobArrayTaskLimit"

    def test_cancelled_together_in_one_word(self, fake: Fake) -> None:
        send(fake, attempts(5))
        fake.queue(line("7_[0-4]", "PENDING", BATCH))

        def scancel(command: Sequence[str]) -> Ran:
            fake.queue(line("7_[0-2]", "CANCELLED", BATCH), line("7_[3-4]", "PENDING", BATCH))
            return ok()

        fake.programs.answers["scancel"] = scancel
        done = fake.target.cancel([uuid(index) for index in (0, 1, 2)])
        assert [one.done for one in done] == [True] * 3
        assert [call for call in fake.programs.calls if call[0] == "scancel"] == [["scancel", "7_[0-2]"]]
        fake.queue()
        reports = fake.target.status([uuid(0)])
        assert reports[uuid(0)].state is JobState.CANCELLED
        root = fake.place.directory / "jobs" / BATCH
        files = {path.stat().st_ino for path in root.iterdir()}
        assert len(files) == 3, "the list, that of the tasks, and what was sent: a note is not a file more"

    def test_a_task_that_has_left_its_array_is_lost_and_not_sent_again(self, fake: Fake) -> None:
        """Somebody has cancelled it with scancel while it waited: then Slurm keeps nothing of it."""
        send(fake, attempts(3))
        fake.queue(line("7_[0,2]", "PENDING", BATCH))
        fake.programs.answers["scontrol"] = ok("NEXT_JOB_ID = 8\n")
        report = fake.target.status([uuid(1)])[uuid(1)]
        assert (report.state, report.is_vanished) == (JobState.LOST, False)
        assert "probably cancelled" in report.reason

    def test_a_task_that_completed_and_never_began_is_sent_again(self, fake: Fake) -> None:
        """After a crash, Slurm can take the end of another job for that of a task which no node has begun."""
        send(fake, attempts(3))
        fake.queue(line("7_0", "COMPLETED", BATCH), line("7_1", "COMPLETED", BATCH))
        (fake.place.directory / "jobs" / BATCH / "slurm-1.log").write_text("")
        reports = fake.target.status([uuid(0), uuid(1)])
        assert (reports[uuid(0)].state, reports[uuid(0)].is_vanished) == (JobState.LOST, True)
        assert "never began" in reports[uuid(0)].reason
        assert (reports[uuid(1)].state, reports[uuid(1)].is_vanished) == (JobState.FINISHED, False)

    def test_tasks_that_ran_out_of_memory_have_one_reason(self, fake: Fake) -> None:
        """A summary counts jobs by it, so the numbers of a task are not in it."""
        send(fake, attempts(2))
        batch = fake.place.directory / "jobs" / BATCH
        for index, size in ((0, 340), (1, 360)):
            said = f"StepId={8 + index}.batch exceeded memory limit ({size} > 100), being killed"
            (batch / f"slurm-{index}.log").write_text(f"slurmstepd-n1: error: {said}\n")
        fake.queue(line("7_0", "FAILED", BATCH, "JobLaunchFailure"), line("7_1", "OUT_OF_MEMORY", BATCH, "OutOfMemory"))
        reports = fake.target.status([uuid(0), uuid(1)]).values()
        assert [(one.reason, one.life.ended_for) for one in reports] == [("out of memory", EndReason.MEMORY)] * 2

    def test_an_array_whose_number_was_given_to_another_has_vanished(self, fake: Fake) -> None:
        send(fake, attempts(3))
        fake.queue(line("7_[0-2]", "PENDING", "f" * 16))
        report = fake.target.status([uuid(1)])[uuid(1)]
        assert (report.state, report.is_vanished) == (JobState.LOST, True)

    def test_the_accounting_is_asked_without_ranges_of_tasks(self, fake: Fake) -> None:
        """sacct refuses `7_[0-2]`."""
        send(fake, attempts(60))
        fake.programs.answers["sacct"] = ok()
        fake.target.status([uuid(0), uuid(2), f"9-{BATCH}"])
        fake.target.status([uuid(index) for index in range(60)])
        asked = [call[-1] for call in fake.programs.calls if call[0] == "sacct"]
        assert asked == ["--jobs=9,7_0,7_2", "--jobs=7"]

    @pytest.mark.slow
    def test_a_call_asks_for_no_more_than_can_be_read(self, fake: Fake) -> None:
        """The answer about a sweep of 100,000 cells would be as large as all that is kept of an output."""
        fake.programs.answers["sacct"] = ok()
        fake.target.status([f"{array}_{task}-{BATCH}" for array in (7, 8, 9) for task in range(4000)])
        assert [call[-1] for call in fake.programs.calls if call[0] == "sacct"] == ["--jobs=7,8", "--jobs=9"]

    def test_logs_of_a_cell_that_has_not_begun(self, fake: Fake) -> None:
        send(fake, attempts(2, stdout_redirect_path="/data/out.txt"))
        logs = fake.target.logs(uuid(1))
        root = fake.place.directory / "jobs" / BATCH
        assert [file.path for file in logs.files] == [
            Path("/data/out.txt"),
            root / "1" / "stderr",
            root / "slurm-1.log",
        ]

    def test_another_job_with_the_number_is_not_it(self, fake: Fake) -> None:
        send(fake, attempts(2))
        fake.queue(line("7_[0-1]", "RUNNING", "feedfeedfeedfee0"))
        assert fake.target.status([uuid(0)])[uuid(0)].state is JobState.LOST

    def test_a_batch_is_removed_with_its_last_cell(self, fake: Fake) -> None:
        send(fake, attempts(2))
        fake.queue(line("7_[0-1]", "COMPLETED", BATCH))
        root = fake.place.directory / "jobs" / BATCH
        (root / "0").mkdir()
        (first,) = fake.target.clean([uuid(0)])
        assert first.done
        assert not (root / "0").exists()
        assert (root / "batch.json").exists()
        (again,) = fake.target.clean([uuid(0)])
        assert again.is_gone
        (second,) = fake.target.clean([uuid(1)])
        assert second.done
        assert not root.exists()

    def test_a_batch_is_listed_once_for_all_its_cells(self, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        send(fake, attempts(30))
        fake.queue(line("7_[0-29]", "COMPLETED", BATCH))
        listed: list[Path] = []
        real = Path.glob

        def counting(path: Path, pattern: str) -> Iterator[Path]:
            listed.append(path)
            return real(path, pattern)

        monkeypatch.setattr(Path, "glob", counting)
        assert all(answer.done for answer in fake.target.clean([uuid(index) for index in range(30)]))
        jobs = fake.place.directory / "jobs"
        assert sorted(listed) == [jobs, jobs / BATCH]
        assert not (jobs / BATCH).exists()


class TestTasks:
    """The script of an array under a real bash."""

    def run(
        self, fake: Fake, task: int, job: str = "7", more: Mapping[str, str] = MappingProxyType({})
    ) -> subprocess.CompletedProcess[str]:
        script = fake.programs.scripts[-1]
        variables = {"SLURM_ARRAY_JOB_ID": job, "SLURM_ARRAY_TASK_ID": str(task), "SLURM_JOB_ID": f"{job}{task}"}
        return subprocess.run(
            ["bash", "-c", script], env={"PATH": "/usr/bin:/bin", **more, **variables}, capture_output=True, text=True
        )

    def test_each_task_runs_its_own_command(self, fake: Fake) -> None:
        some = attempts(450)
        send(fake, some)
        for index in (0, 199, 200, 449):
            assert self.run(fake, index).returncode == 0
            folder = fake.folder(f"{BATCH}/{index}")
            assert (folder.root / "stdout").read_text() == f"{index}\n"
            assert folder.owner() == f"7_{index}"
            assert folder.read_request() == Batch(folder.root.parent).requests()[index]

    def test_a_second_array_does_not_run_it_again(self, fake: Fake) -> None:
        send(fake, attempts(2))
        assert self.run(fake, 1).returncode == 0
        again = self.run(fake, 1, job="8")
        assert (again.returncode, "7_1 has begun it before" in again.stderr) == (113, True)
        assert fake.folder(f"{BATCH}/1").owner() == "7_1"

    def test_a_removed_cell_does_not_run_again(self, fake: Fake) -> None:
        send(fake, attempts(3))
        assert self.run(fake, 1).returncode == 0
        fake.queue(line("7_[0-2]", "COMPLETED", BATCH))
        fake.target.clean([uuid(1)])
        assert self.run(fake, 1, job="8").returncode == 113
        assert not fake.folder(f"{BATCH}/1").root.exists()
        fake.target.clean([uuid(0), uuid(2)])
        late = self.run(fake, 1, job="8")
        assert (late.returncode, "is this a file system that" in late.stderr) == (114, True)

    def test_the_command_is_no_task_of_an_array(self, fake: Fake) -> None:
        made = payload(
            'env | grep -c "^SLURM_ARRAY_"; echo "$SPECC_JOB_ID $SPECC_JOB_NAME"; env | grep ^SLURM_JOB_NAME'
        )
        send(fake, [Attempt(f"{index:016x}{BATCH}", made, "x") for index in range(2)])
        of_slurm = {"SLURM_ARRAY_TASK_COUNT": "2", "SLURM_ARRAY_TASK_MAX": "1", "SLURM_JOB_NAME": "of the array"}
        self.run(fake, 1, more=of_slurm)
        assert (fake.folder(f"{BATCH}/1").root / "stdout").read_text() == f"0\n7_1-{BATCH} x\nSLURM_JOB_NAME=x\n"

    def test_no_variable_of_the_script_hides_one_of_the_job(self, fake: Fake) -> None:
        send(fake, [Attempt(f"{index:016x}{BATCH}", payload("env"), "x") for index in range(2)])
        cells = (fake.place.directory / "jobs" / BATCH / "cells.0").read_text()
        settings = base64.b64decode(cells.split()[1]).decode()
        given = dict.fromkeys(words_in(fake.programs.scripts[-1] + settings), "of the job")
        assert "line" in given, "a variable of one of its functions"
        assert self.run(fake, 1, more=given).returncode == 0
        seen = (fake.folder(f"{BATCH}/1").root / "stdout").read_text().splitlines()
        assert not {*(f"{name}=of the job" for name in given)} - {*seen}

    def test_cells_that_another_version_wrote_are_not_run(self, fake: Fake) -> None:
        send(fake, attempts(2))
        cells = fake.place.directory / "jobs" / BATCH / "cells.0"
        key, settings, *others = cells.read_text().splitlines()[1].split()
        older = base64.b64encode(re.sub(rb"(?m)(^| )_", rb"\1", base64.b64decode(settings))).decode()
        cells.write_text("\n" + " ".join([key, older, *others]) + "\n")
        done = self.run(fake, 1)
        assert (done.returncode, done.stderr) == (114, f"specc: another version of specc wrote {cells}\n")
        assert not fake.folder(f"{BATCH}/1").root.exists()

    @pytest.mark.parametrize(
        "command", ["echo \"it's\" '$x' \\\n  a", "#!/usr/bin/env python3\nprint('ä' * 3)", "echo -n -"]
    )
    def test_any_command_arrives_as_it_is(self, fake: Fake, command: str) -> None:
        made = payload(command, name="n")
        send(fake, [Attempt(f"{index:016x}{BATCH}", made, "an 'odd' $name") for index in range(2)])
        assert self.run(fake, 0).returncode == 0
        alone = subprocess.run(command if "#!" not in command else "printf 'äää\\n'", shell=True, capture_output=True)
        assert (fake.folder(f"{BATCH}/0").root / "stdout").read_bytes() == alone.stdout


@given(st.sets(st.integers(0, 300)))
def test_numbers_survive_their_ranges(numbers: set[int]) -> None:
    if numbers:
        assert numbers_in(ranges_of(sorted(numbers))) == sorted(numbers)


def test_ranges_with_a_step_are_read() -> None:
    assert numbers_in("0,4-8:2,10") == [0, 4, 6, 8, 10]


def test_a_batch_that_is_damaged_is_one_without_cells(tmp_path: Path) -> None:
    (tmp_path / "batch.json").write_text("[1, {")
    assert Batch(tmp_path).requests() == []
    (tmp_path / "batch.json").write_text(json.dumps({"a": 1}) * 2)
    assert Batch(tmp_path).index_of("x") is None
