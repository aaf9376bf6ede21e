"""What the Slurm target makes of what Slurm's programs say."""

import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.fake_slurm import KEY, TAG, Fake, accounted, failed, line, ok, refused
from support.local_jobs import payload

from specc.errors import SpeccError
from specc.settings import Target
from specc.targets import (
    Accepted,
    Attempt,
    Cancelled,
    JobReport,
    JobState,
    Life,
    NotSent,
    Outcome,
    Rejected,
    Unclear,
)
from specc.targets.batch.programs import Ran, TimedOut
from specc.targets.slurm.target import SUBMIT_SECONDS

UUID = f"7-{TAG}"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NODE = {"PATH": "/usr/bin:/bin", "SLURM_JOB_ID": "8", "SLURM_JOB_NODELIST": "node1"}
NO_CONTACT = "Unable to contact slurm controller (connect failure)"
DOWN = failed(f"slurm_load_jobs error: {NO_CONTACT}")


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    return Fake(tmp_path)


def answer(fake: Fake, sbatch: Ran | TimedOut, **fields: object) -> Outcome:
    fake.programs.answers["sbatch"] = sbatch
    return fake.target.submit(fake.attempt(**fields))


def report(fake: Fake, uuid: str = UUID) -> JobReport | None:
    """The report of a job without its times."""
    found = fake.target.status([uuid]).get(uuid)
    return None if found is None else replace(found, life=Life())


@pytest.mark.parametrize("out", ["7\n", "7;hpc\n", "Welcome to the cluster\nsbatch: job 3 of yours waits\n7;hpc\n"])
def test_accepted(fake: Fake, out: str) -> None:
    assert answer(fake, ok(out)) == Accepted(UUID, {"job_status": "pending", "job_id": "7"})
    assert fake.programs.names() == ["sbatch"]


@pytest.mark.parametrize(
    ("message", "code", "fields"),
    [
        ("Invalid partition name specified", "no-such-queue", {"scheduler_queue_name"}),
        ("Invalid account or account/partition combination specified", "bad-account", {"scheduler_queue_name"}),
        ("Requested time limit is invalid (missing or exceeds some limit)", "over-time", {"time_limit"}),
        ("Memory required by task is not available", "over-memory", {"mem_limit"}),
        ("More processors requested than permitted", "too-many-cores", {"core_limit"}),
        ("Requested node configuration is not available", "too-large", {"core_limit", "mem_limit"}),
        ("Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)", "over-policy", None),
        ("Access/permission denied", "denied", None),
    ],
)
def test_a_refusal_names_the_fields_that_it_is_about(
    fake: Fake, message: str, code: str, fields: set[str] | None
) -> None:
    outcome = answer(fake, refused(message), scheduler_queue_name="q", core_limit=1, mem_limit=1, time_limit=1)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.message) == (code, message)
    assert outcome.fields == (None if fields is None else dict.fromkeys(outcome.fields or {}, message))
    assert set(outcome.fields or {}) == (fields or set())
    assert outcome.is_general == (code == "denied")


def test_only_fields_that_were_sent_are_named(fake: Fake) -> None:
    outcome = answer(fake, refused("Requested node configuration is not available"), core_limit=9)
    assert isinstance(outcome, Rejected)
    assert set(outcome.fields or {}) == {"core_limit"}


def test_a_rule_of_the_site_is_shown_in_its_words(fake: Fake) -> None:
    said = (
        "sbatch: error: say your project with --account\nsbatch: error: Batch job submission failed: Unspecified error"
    )
    outcome = answer(fake, failed(said))
    assert isinstance(outcome, Rejected)
    assert outcome.message == "say your project with --account; Unspecified error"


@pytest.mark.parametrize(
    "ran",
    [
        refused(NO_CONTACT),
        refused("Slurm temporarily unable to accept job, sleeping and retrying"),
        refused("Resource temporarily unavailable"),
        failed("sbatch: error: Munge encode failed: no munged\n"
               "sbatch: error: Batch job submission failed: Protocol authentication error"),
    ],
)  # fmt: skip
def test_surely_not_sent(fake: Fake, ran: Ran) -> None:
    assert isinstance(answer(fake, ran), NotSent)
    assert "squeue" not in fake.programs.names()


@pytest.mark.parametrize("text", ["Unspecified error", "A new rule"])
def test_an_answer_that_no_table_names_is_settled_by_the_queue(fake: Fake, text: str) -> None:
    """The controller has answered: its queue shows whether it took the job."""
    outcome = answer(fake, refused(text))
    assert isinstance(outcome, Rejected)
    assert outcome.message == text


def test_an_answer_that_no_table_names_and_a_queue_that_has_the_job(fake: Fake) -> None:
    fake.queue(line("7", "PENDING", KEY))
    assert isinstance(answer(fake, refused("A new rule")), Accepted)


def test_an_answer_that_no_table_names_and_a_queue_that_cannot_be_asked(fake: Fake) -> None:
    fake.programs.answers["squeue"] = DOWN
    outcome = answer(fake, refused("A new rule"))
    assert isinstance(outcome, Unclear)
    assert outcome.reason == "A new rule"


KEPT_BACK = failed("note: the job was not submitted to the accounting of the project")
UNCLEAR = [
    refused("Unable to contact slurm controller (receive failure)"),
    refused("Unable to contact slurm controller (send failure)"),
    refused("Socket timed out on send/recv operation"),
    refused("Some message of a later version"),
    failed(
        "sbatch: error: Munge decode failed\nsbatch: error: Batch job submission failed: Protocol authentication error"
    ),
    failed("", -9),
    failed("something odd", 3),
    ok("submitted\n"),
    ok("3\n7\n"),
    Ran(1, "7\n", "sbatch: error: Batch job submission failed: " + NO_CONTACT),
    failed(f"{refused('Socket timed out on send/recv operation').err}{refused(NO_CONTACT).err}"),
    Ran(1, "7\n", "sbatch: error: cli_filter plugin terminated with error\n"),
    ok(),
    TimedOut(SUBMIT_SECONDS, "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying."),
]


@pytest.mark.parametrize("ran", UNCLEAR)
def test_what_nobody_knows_is_unclear(fake: Fake, ran: Ran | TimedOut) -> None:
    outcome = answer(fake, ran)
    assert isinstance(outcome, Unclear)
    assert outcome.reason


def test_words_of_a_wrapper_are_a_refusal_where_there_is_no_job(fake: Fake) -> None:
    assert isinstance(answer(fake, KEPT_BACK), Rejected)


@pytest.mark.parametrize("ran", [*UNCLEAR, KEPT_BACK])
def test_a_lost_answer_is_adopted_by_the_key_in_the_comment(fake: Fake, ran: Ran | TimedOut) -> None:
    fake.queue(line("3", "RUNNING", "another"), line("7", "PENDING", reason="a reason, with\nall (kinds) of | text"))
    assert answer(fake, ran) == Accepted(UUID, {"job_status": "pending", "job_id": "7"})


def test_an_unclear_answer_and_a_queue_that_cannot_be_asked(fake: Fake) -> None:
    fake.programs.answers["squeue"] = DOWN
    assert isinstance(answer(fake, UNCLEAR[0]), Unclear)


@pytest.mark.parametrize(
    "said",
    ["sbatch: fatal: Unable to open slurm.conf", 'sbatch: unrecognized option "--x"\nTry "sbatch --help" for more'],
)
def test_an_sbatch_that_fails_before_it_submits_rejects_all(fake: Fake, said: str) -> None:
    outcome = answer(fake, failed(said))
    assert isinstance(outcome, Rejected)
    assert outcome.is_general


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("sbatch: error: Invalid generic resource (gres) specification", 1),
        ("Invalid time specification (pos=0): x\nsbatch: error: Invalid --begin specification", 255),
        ('sbatch: error: Invalid numeric value "x" for --switches.', 1),
        ('sbatch: error: unrecognized --hint argument "bad", see --hint=help', 1),
    ],
)
def test_options_that_sbatch_itself_refuses(fake: Fake, said: str, code: int) -> None:
    """It says so before it speaks to the controller."""
    outcome = answer(fake, failed(said, code))
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.is_general, outcome.fields) == ("bad-option", False, None)
    assert fake.programs.names() == ["sbatch"]


def test_resources_that_sbatch_itself_refuses_are_shown_at_their_field(tmp_path: Path) -> None:
    fake = Fake(tmp_path, Target("hpc", "slurm", resource_limits={"ngpus=1": ("--gres=gpu:1",)}))
    said = "Invalid generic resource (gres) specification"
    outcome = answer(fake, failed(f"sbatch: error: {said}"), resource_limit="ngpus=1")
    assert isinstance(outcome, Rejected)
    assert outcome.fields == {"resource_limit": said}


def test_a_filter_of_the_site_is_shown_in_its_words(fake: Fake) -> None:
    outcome = answer(
        fake, failed("sbatch: error: say your project\nsbatch: error: cli_filter plugin terminated with error")
    )
    assert isinstance(outcome, Rejected)
    assert outcome.code == "site-rule"
    assert "say your project" in outcome.message


def test_no_sbatch(fake: Fake) -> None:
    fake.programs.answers["sbatch"] = SpeccError("`sbatch` is not on the PATH")
    with pytest.raises(SpeccError, match="not on the PATH"):
        fake.target.submit(fake.attempt())


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    fake = Fake(tmp_path / "file")
    with pytest.raises(SpeccError, match="file cannot be used: it is not a folder") as caught:
        fake.target.submit(fake.attempt())
    assert caught.value.help is not None
    assert fake.programs.calls == []


class TestSentTwice:
    """The same attempt again: the sender's after "not sent", the gateway's after a crash."""

    def test_one_that_slurm_has_is_not_sent_again(self, fake: Fake) -> None:
        answer(fake, ok("7\n"))
        fake.queue(line("7", "RUNNING"))
        assert answer(fake, ok("8\n")) == Accepted(UUID, {"job_status": "running", "job_id": "7"})
        assert fake.programs.names() == ["sbatch", "squeue"]

    def test_one_that_slurm_has_forgotten_is_known_by_its_claim(self, fake: Fake) -> None:
        answer(fake, refused(NO_CONTACT))
        fake.claimed("7", 0)
        assert answer(fake, ok("8\n")) == Accepted(UUID, {"job_status": "unknown", "job_id": "7"})

    def test_one_that_left_no_trace_is_sent(self, fake: Fake) -> None:
        answer(fake, refused(NO_CONTACT))
        assert answer(fake, ok("8\n")) == Accepted(f"8-{TAG}", {"job_status": "pending", "job_id": "8"})

    def test_nothing_is_sent_while_slurm_cannot_be_asked(self, fake: Fake) -> None:
        fake.programs.answers["squeue"] = DOWN
        answer(fake, UNCLEAR[0])
        fake.programs.calls.clear()
        assert isinstance(answer(fake, ok("8\n")), Unclear)
        assert fake.programs.names() == ["squeue"]

    @pytest.mark.parametrize("left", [None, "job.1234.part"])
    def test_one_whose_client_ended_while_it_made_the_folder_is_sent(self, fake: Fake, left: str | None) -> None:
        folder = fake.folder(TAG)
        folder.root.mkdir(parents=True)
        if left is not None:
            (folder.root / left).touch()
        resumed = replace(fake.attempt(), is_resumed=True)
        assert isinstance(fake.target.submit(resumed), Accepted)
        assert fake.programs.names() == ["squeue", "sbatch"]

    def test_one_whose_folder_is_elsewhere_is_not_sent(self, fake: Fake) -> None:
        assert isinstance(fake.target.submit(replace(fake.attempt(), is_resumed=True)), Unclear)
        assert fake.programs.names() == ["squeue"]

    def test_a_controller_that_stays_down_has_not_got_it(self, fake: Fake) -> None:
        fake.programs.answers["squeue"] = DOWN
        for _ in range(3):
            outcome = answer(fake, refused(NO_CONTACT))
            assert isinstance(outcome, NotSent)
            assert NO_CONTACT in outcome.reason
        assert fake.programs.names() == ["sbatch", "squeue", "squeue"]

    def test_what_may_have_been_sent_since_is_unclear_again(self, fake: Fake) -> None:
        answer(fake, refused(NO_CONTACT))
        assert isinstance(answer(fake, UNCLEAR[0]), Unclear)
        fake.programs.answers["squeue"] = DOWN
        assert isinstance(answer(fake, refused(NO_CONTACT)), Unclear)

    def test_a_rejection_holds_for_the_earlier_calls_too(self, fake: Fake) -> None:
        """The job of an earlier call comes later, and does not run the command."""
        assert isinstance(answer(fake, UNCLEAR[0]), Unclear)
        outcome = answer(fake, refused("Invalid qos specification"))
        assert isinstance(outcome, Rejected)
        assert outcome.is_withdrawn
        late = subprocess.run(["bash"], input=fake.programs.scripts[-1], env=NODE, capture_output=True, text=True)
        assert (late.returncode, "specc has withdrawn it" in late.stderr) == (113, True)
        fake.queue(line("8", "FAILED"))
        assert fake.target.look_up([fake.attempt()], NOW, NOW) == []
        for is_resumed in (True, False):
            again = fake.target.submit(replace(fake.attempt(), is_resumed=is_resumed))
            assert isinstance(again, NotSent)
            assert again.is_withdrawn

    @pytest.mark.parametrize("is_resumed", [True, False])
    @pytest.mark.parametrize("is_listed", [True, False])
    def test_one_that_the_target_does_not_take_any_more(
        self, fake: Fake, tmp_path: Path, is_listed: bool, is_resumed: bool
    ) -> None:
        """Its input file was there when it was sent."""
        given = tmp_path / "in.dat"
        given.touch()
        attempt = fake.attempt(input_file=str(given))
        fake.programs.answers["sbatch"] = UNCLEAR[0]
        assert isinstance(fake.target.submit(attempt), Unclear)
        given.unlink()
        fake.queue(*[line("7", "RUNNING")] * is_listed)
        outcome = fake.target.submit(replace(attempt, is_resumed=is_resumed))
        assert isinstance(outcome, Accepted if is_listed else Rejected)
        assert isinstance(outcome, Accepted) or outcome.is_withdrawn
        assert fake.programs.names().count("sbatch") == 1

    def test_a_rejection_of_one_that_was_not_sent_before_leaves_its_folder(self, fake: Fake) -> None:
        outcome = answer(fake, refused("Invalid qos specification"))
        assert isinstance(outcome, Rejected)
        assert not outcome.is_withdrawn
        assert not fake.folder(TAG).is_claimed()

    def test_a_note_that_cannot_be_taken_back_keeps_it_from_being_sent(self, fake: Fake) -> None:
        fake.folder(TAG).not_sent.mkdir(parents=True)
        with pytest.raises(SpeccError, match="cannot make the job's folder"):
            answer(fake, ok("7\n"))
        assert fake.programs.calls == []

    def test_a_key_has_one_payload(self, fake: Fake) -> None:
        answer(fake, ok("7\n"))
        outcome = fake.target.submit(fake.attempt("another"))
        assert isinstance(outcome, Rejected)
        assert outcome.code == "key-used"


class TestLookUp:
    def test_by_the_comment(self, fake: Fake) -> None:
        fake.queue(line("7", "RUNNING"), line("8", "RUNNING", None))
        attempts = [fake.attempt(), Attempt("f" * 32, payload(), "job")]
        (found,) = fake.target.look_up(attempts, NOW, NOW)
        assert (found.uuid, found.tag, found.fields["name"]) == (UUID, KEY, "job")
        assert found.submitted_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def test_by_the_claim_while_slurm_is_silent(self, fake: Fake) -> None:
        fake.programs.answers["squeue"] = DOWN
        fake.claimed("7")
        (found,) = fake.target.look_up([fake.attempt()], NOW, NOW)
        assert (found.uuid, found.tag, found.submitted_at) == (UUID, KEY, None)

    def test_keys_of_any_form(self, fake: Fake) -> None:
        fake.queue(line("7", "RUNNING", "key of a test"))
        (found,) = fake.target.look_up([fake.attempt(key="key of a test")], NOW, NOW)
        assert report(fake, found.uuid) is not None


STATES = {
    "PENDING": JobState.PENDING, "CONFIGURING": JobState.PENDING, "RUNNING": JobState.RUNNING,
    "COMPLETING": JobState.RUNNING, "SUSPENDED": JobState.SUSPENDED, "STOPPED": JobState.SUSPENDED,
    "COMPLETED": JobState.FINISHED, "FAILED": JobState.EXITED, "TIMEOUT": JobState.EXITED,
    "OUT_OF_MEMORY": JobState.EXITED, "CANCELLED": JobState.CANCELLED, "PREEMPTED": JobState.STOPPED,
    "NODE_FAIL": JobState.STOPPED, "SOMETHING_NEW": JobState.UNKNOWN,
}  # fmt: skip


@pytest.mark.parametrize(("word", "state"), STATES.items())
def test_states(fake: Fake, word: str, state: JobState) -> None:
    fake.queue(line("7", word))
    found = report(fake)
    assert found is not None
    assert (found.state, found.raw) == (state, word)


def test_one_call_for_many_jobs_and_none_for_a_while(fake: Fake) -> None:
    keys = [f"{number:032x}" for number in range(1000)]
    uuids = [f"{number}-{key[:16]}" for number, key in enumerate(keys)]
    fake.queue(*(line(str(number), "RUNNING", key) for number, key in enumerate(keys)))
    assert len(fake.target.status(uuids)) == 1000
    fake.now = 0.9
    fake.target.status(uuids[:10])
    assert fake.programs.names() == ["squeue"]
    fake.now = 1.1
    fake.target.status(uuids)
    assert fake.programs.names() == ["squeue"] * 2


def test_a_job_that_the_last_answer_does_not_have_is_asked_for_anew(fake: Fake) -> None:
    fake.queue(line("7", "RUNNING"))
    report(fake)
    fake.queue(line("7", "RUNNING"), line("8", "PENDING", "f" * 32))
    assert report(fake, f"8-{'f' * 16}") == JobReport(f"8-{'f' * 16}", JobState.PENDING, "PENDING")


def test_the_reason_is_kept(fake: Fake) -> None:
    odd = line("1", "PENDING", None, "ReqNodeNotAvail, UnavailableNodes:n[1-2]") + "no record at all\n"
    fake.queue(odd, line("7", "PENDING", reason="Resources"))
    assert report(fake) == JobReport(UUID, JobState.PENDING, "PENDING", "Resources")


class TestEnds:
    def test_the_exit_code_is_in_the_record(self, fake: Fake) -> None:
        fake.claimed("7", 3)
        fake.queue(line("7", "FAILED", reason="NonZeroExitCode"))
        assert report(fake) == JobReport(UUID, JobState.EXITED, "FAILED", "exit code 3", 3)
        assert fake.programs.names() == ["squeue", "sacct"]

    @pytest.mark.parametrize(
        ("reason", "said"),
        [
            ("JobArrayTaskLimit", "CANCELLED"),
            ("Priority,JobHeldUser", "CANCELLED"),
            ("DependencyNeverSatisfied", "DependencyNeverSatisfied"),
        ],
    )
    def test_what_a_cancelled_job_waited_for_is_not_why_it_ended(self, fake: Fake, reason: str, said: str) -> None:
        fake.queue(line("7", "CANCELLED", reason=reason))
        assert report(fake) == JobReport(UUID, JobState.CANCELLED, "CANCELLED", said)

    def test_why_the_script_gave_up(self, fake: Fake) -> None:
        fake.claimed("7", 115, "cannot write to /x")
        fake.queue(line("7", "FAILED", reason="NonZeroExitCode"))
        assert report(fake) == JobReport(UUID, JobState.EXITED, "FAILED", "cannot write to /x", 115)

    def test_one_that_was_killed_left_none(self, fake: Fake) -> None:
        fake.claimed("7")
        fake.folder(TAG).log.write_text(
            "slurmstepd-n1: error: *** JOB 7 CANCELLED ***\nslurmstepd: error: Exceeded job memory limit\nmore\n"
        )
        fake.queue(line("7", "FAILED", reason="JobLaunchFailure"))
        fake.programs.answers["scontrol"] = ok(
            "JobId=6 JobName=x JobState=FAILED Requeue=0 Restarts=0 BatchFlag=1 Reboot=0 ExitCode=1:0 RunTime=0\n"
            "JobId=7 JobName=a b ExitCode=0:0 Requeue=0 Restarts=0 BatchFlag=1 Reboot=0 ExitCode=0:9 RunTime=0\n"
        )
        assert report(fake) == JobReport(UUID, JobState.EXITED, "FAILED", "out of memory", 137)

    def test_a_second_copy_gives_the_report_of_the_first(self, fake: Fake) -> None:
        fake.claimed("6", 0)
        fake.queue(line("7", "FAILED", reason="NonZeroExitCode"))
        assert report(fake) == JobReport(UUID, JobState.FINISHED, "", "", 0)

    def test_a_second_copy_while_the_first_runs(self, fake: Fake) -> None:
        fake.claimed("6")
        fake.queue(line("6", "RUNNING"), line("7", "FAILED", reason="NonZeroExitCode"))
        assert report(fake) == JobReport(UUID, JobState.RUNNING, "RUNNING", "as Slurm's job 6")

    def test_a_second_copy_of_one_that_vanished(self, fake: Fake) -> None:
        fake.claimed("6")
        fake.queue(line("7", "FAILED", reason="NonZeroExitCode"))
        assert report(fake) == JobReport(UUID, JobState.EXITED, "FAILED", "the command ran as Slurm's job 6", 113)

    @pytest.mark.parametrize(("code", "state"), [(0, JobState.FINISHED), (3, JobState.EXITED), (143, JobState.STOPPED)])
    def test_what_had_ended_before_its_node_was_lost(self, fake: Fake, code: int, state: JobState) -> None:
        """A controller that crashes calls jobs so that it does not find any more; to try them again would be twice."""
        fake.claimed("7", code)
        fake.queue(line("7", "NODE_FAIL"))
        found = report(fake)
        assert found is not None
        assert (found.state, found.exit_code) == (state, code)

    def test_success_is_what_slurm_says(self, fake: Fake) -> None:
        fake.queue(line("7", "COMPLETED"))
        assert report(fake) == JobReport(UUID, JobState.FINISHED, "COMPLETED", "", 0)

    def test_a_time_limit(self, fake: Fake) -> None:
        fake.claimed("7", 143)
        fake.queue(line("7", "TIMEOUT", reason="TimeLimit"))
        assert report(fake) == JobReport(UUID, JobState.EXITED, "TIMEOUT", "TimeLimit", 143)


class TestForgotten:
    """Jobs that the controller does not list any more."""

    def test_by_the_record(self, fake: Fake) -> None:
        fake.claimed("7", 0)
        assert report(fake) == JobReport(UUID, JobState.FINISHED, "", "", 0)

    def test_by_a_record_of_failure(self, fake: Fake) -> None:
        fake.claimed("7", 143)
        assert report(fake) == JobReport(UUID, JobState.EXITED, "", "exit code 143", 143)

    def test_by_the_accounting(self, fake: Fake) -> None:
        fake.programs.answers["sacct"] = ok(
            accounted("7", "TIMEOUT", "0:15") + "nonsense\n" + accounted("7.batch", "CANCELLED", "0:15")
        )
        assert report(fake) == JobReport(UUID, JobState.EXITED, "TIMEOUT", "TIMEOUT", 143)

    def test_the_accounting_says_who_cancelled(self, fake: Fake) -> None:
        fake.programs.answers["sacct"] = ok(accounted("7", "CANCELLED by 0", "x", comment=f"specc:{KEY}"))
        assert report(fake) == JobReport(UUID, JobState.CANCELLED, "CANCELLED by 0", "CANCELLED by 0")

    @pytest.mark.parametrize(("folder", "comment"), [("/d", f"specc:{'f' * 32}"), (f"/d/jobs/{'f' * 16}", "")])
    def test_another_job_of_that_number(self, fake: Fake, folder: str, comment: str) -> None:
        fake.queue(line("7", "RUNNING", "f" * 32))
        fake.programs.answers["sacct"] = ok(accounted("7", "COMPLETED", folder=folder, comment=comment))
        found = report(fake)
        assert found is not None
        assert found.state is JobState.LOST

    def test_an_accounting_without_comments(self, fake: Fake) -> None:
        """It tells whose job it is by the folder in which the job ran."""
        fake.programs.answers["sacct"] = ok(accounted("7", "COMPLETED", folder=f"/d/jobs/{TAG}"))
        assert report(fake) == JobReport(UUID, JobState.FINISHED, "COMPLETED", "", 0)

    @pytest.mark.parametrize("has_begun", [True, False])
    def test_lost(self, fake: Fake, has_begun: bool) -> None:
        if has_begun:
            fake.claimed("7")
        reason = "it began, and left no record of its end" if has_begun else "it left no trace of having run"
        expected = JobReport(UUID, JobState.LOST, "", f"Slurm does not know it any more; {reason}")
        assert report(fake) == expected

    def test_what_a_wrapper_of_squeue_says_is_not_a_reason(self, fake: Fake) -> None:
        fake.queue("Welcome!\n", line("7", "FAILED", KEY, "NonZeroExitCode"), "Bye!\n")
        fake.claimed("7", 3)
        assert report(fake) == JobReport(UUID, JobState.EXITED, "FAILED", "exit code 3", 3)

    @pytest.mark.parametrize("reason", ["BeginTime", "JobArrayTaskLimit,BeginTime"])
    @pytest.mark.parametrize("has_begun", [True, False])
    def test_a_job_that_waits_again_is_called_requeued(self, fake: Fake, has_begun: bool, reason: str) -> None:
        if has_begun:
            fake.claimed("7")
        fake.queue(line("7", "PENDING", KEY, reason))
        said = f"requeued; {reason}" if has_begun else reason
        assert report(fake) == JobReport(UUID, JobState.PENDING, "PENDING", said)

    def test_that_there_is_no_accounting_is_found_out_once(self, fake: Fake) -> None:
        fake.claimed("7")
        report(fake)
        report(fake)
        assert fake.programs.names() == ["squeue", "sacct", "squeue"]

    @pytest.mark.parametrize(
        ("next_number", "listed", "has_begun", "is_vanished"),
        [
            ("7", None, False, True),
            ("8", None, False, False),
            ("", None, False, False),
            ("7", None, True, False),
            ("9", "f" * 32, False, True),
            ("9", "f" * 32, True, False),
        ],
    )
    def test_a_job_that_a_controller_accepted_and_forgot_has_vanished(
        self, fake: Fake, next_number: str, listed: str | None, has_begun: bool, is_vanished: bool
    ) -> None:
        """Its number was not given yet, or was given to another job, and nothing of it ran."""
        if has_begun:
            fake.claimed("7")
        if listed is not None:
            fake.queue(line("7", "RUNNING", listed))
        fake.programs.answers["scontrol"] = ok(f"MaxArraySize = 1001\nNEXT_JOB_ID             = {next_number}\n")
        found = report(fake)
        assert found is not None
        assert (found.state, found.is_vanished) == (JobState.LOST, is_vanished)
        assert ("lost it in a crash" in found.reason) == is_vanished

    @pytest.mark.parametrize(("after", "is_vanished"), [(3, True), (0, True), (600, False), (-600, False)])
    def test_a_controller_that_starts_soon_after_a_job_was_sent_may_have_lost_it(
        self, fake: Fake, after: int, is_vanished: bool
    ) -> None:
        """By then others may have got its number, and have ended."""
        fake.target.submit(fake.attempt())
        start = datetime.fromtimestamp(time.time() + after, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        fake.programs.answers["scontrol"] = ok(f"BOOT_TIME               = {start}\nNEXT_JOB_ID = 99\n")
        found = report(fake)
        assert found is not None
        assert (found.state, found.is_vanished) == (JobState.LOST, is_vanished)

    def test_a_failed_question_is_no_verdict(self, fake: Fake) -> None:
        fake.programs.answers["sacct"] = failed("sacct: error: slurmdbd: connection refused")
        assert report(fake) is None
        assert fake.target.last_error == "sacct: error: slurmdbd: connection refused"
        fake.programs.answers["sacct"] = TimedOut(60, "")
        assert report(fake) is None
        assert fake.target.last_error == "sacct did not end within 60 s"


class TestSilence:
    """The controller does not answer."""

    @pytest.mark.parametrize("squeue", [DOWN, TimedOut(60, "")])
    def test_nothing_is_said(self, fake: Fake, squeue: Ran | TimedOut) -> None:
        fake.programs.answers["squeue"] = squeue
        assert fake.target.status([UUID]) == {}
        assert fake.target.last_error
        fake.queue(line("7", "RUNNING"))
        assert report(fake) is not None
        assert fake.target.last_error == ""

    def test_but_for_commands_that_ended_by_themselves(self, fake: Fake) -> None:
        fake.programs.answers["squeue"] = DOWN
        fake.claimed("7", 0)
        assert report(fake) == JobReport(UUID, JobState.FINISHED, "", "", 0)

    def test_why_a_command_was_killed_only_slurm_knows(self, fake: Fake) -> None:
        fake.programs.answers["squeue"] = DOWN
        fake.claimed("7", 143)
        assert report(fake) is None


def test_an_input_file_that_no_system_can_have(fake: Fake) -> None:
    outcome = answer(fake, ok("7\n"), input_file="i" * 9999)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "no-input-file"
    assert fake.programs.calls == []


@pytest.mark.parametrize("uuid", ["hpcjob-1", "7", "7-xyz", "-0123456789abcdef", "x-0123456789abcdef"])
def test_what_is_no_job_of_slurm(fake: Fake, uuid: str) -> None:
    found = report(fake, uuid)
    assert found is not None
    assert found.state is JobState.UNKNOWN
    assert fake.programs.calls == []
    with pytest.raises(SpeccError, match="nothing is known here"):
        fake.target.logs(uuid)


class TestCancel:
    def test_all_in_one_call(self, fake: Fake) -> None:
        other = f"8-{'f' * 16}"
        before = ok(line("7", "RUNNING") + line("8", "PENDING", "f" * 32))
        fake.programs.answers["squeue"] = [before, ok(line("7", "COMPLETING") + line("8", "CANCELLED", "f" * 32))]
        for tag in (TAG, "f" * 16):
            fake.folder(tag).root.mkdir(parents=True)
        assert fake.target.cancel([UUID, other]) == [
            Cancelled(UUID, True, "its processes were told to end"),
            Cancelled(other, True),
        ]
        assert ["scancel", "7", "8"] in fake.programs.calls
        assert fake.programs.names() == ["squeue", "scancel", "squeue"]
        fake.queue()
        fake.now = 5.0
        assert {each.state for each in fake.target.status([UUID, other]).values()} == {JobState.CANCELLED}

    def test_a_record_of_a_signal_after_a_cancellation(self, fake: Fake) -> None:
        fake.claimed("7", 143)
        fake.folder(TAG).note_cancelled()
        assert report(fake) == JobReport(UUID, JobState.CANCELLED, "", "cancelled while it ran", 143)

    def test_what_is_not_done_is_said(self, fake: Fake) -> None:
        fake.queue(line("7", "RUNNING"))
        fake.programs.answers["scancel"] = failed("scancel: error: Kill job error on job id 7: Access denied")
        assert fake.target.cancel([UUID]) == [
            Cancelled(UUID, False, "scancel: error: Kill job error on job id 7: Access denied")
        ]
        fake.programs.answers["scancel"] = TimedOut(60, "")
        assert fake.target.cancel([UUID]) == [Cancelled(UUID, False, "scancel did not end within 60 s")]
        fake.programs.answers["scancel"] = ok()
        assert fake.target.cancel([UUID]) == [Cancelled(UUID, False, "Slurm still reports the state RUNNING")]

    def test_one_that_has_ended(self, fake: Fake) -> None:
        fake.queue(line("7", "COMPLETED"))
        assert fake.target.cancel([UUID]) == [Cancelled(UUID, False, "it has ended: finished")]
        assert "scancel" not in fake.programs.names()

    def test_one_that_ends_at_that_moment(self, fake: Fake) -> None:
        fake.programs.answers["squeue"] = [ok(line("7", "RUNNING")), ok(line("7", "COMPLETED"))]
        assert fake.target.cancel([UUID]) == [Cancelled(UUID, False, "it has ended: finished")]

    def test_the_job_of_another_is_never_touched(self, fake: Fake) -> None:
        fake.queue(line("7", "RUNNING", "f" * 32))
        assert fake.target.cancel([UUID]) == [Cancelled(UUID, False, "it has ended: lost")]
        assert "scancel" not in fake.programs.names()

    def test_the_controller_is_down(self, fake: Fake) -> None:
        fake.programs.answers["squeue"] = DOWN
        assert fake.target.cancel([UUID, "x"]) == [
            Cancelled(UUID, False, fake.target.last_error),
            Cancelled("x", False, fake.target.last_error),
        ]
        fake.programs.answers["squeue"] = [ok(line("7", "RUNNING")), DOWN]
        (said,) = fake.target.cancel([UUID])
        assert said.message == f"the outcome is unknown: {fake.target.last_error}"

    def test_the_copy_that_runs_is_the_one_to_cancel(self, fake: Fake) -> None:
        fake.claimed("6")
        fake.programs.answers["squeue"] = [ok(line("6", "RUNNING") + line("7", "PENDING")), ok(line("6", "CANCELLED"))]
        fake.target.cancel([UUID])
        assert ["scancel", "6"] in fake.programs.calls


def test_logs_are_where_they_were_asked_for(fake: Fake) -> None:
    answer(fake, ok("7\n"), stdout_redirect_path="logs/o %j", stderr_redirect_path="/tmp/e")
    folder = fake.folder(TAG).root
    paths = {file.stream: file.path for file in fake.target.logs(UUID).files}
    assert paths == {
        "stdout": folder / "work" / "logs" / "o %j",
        "stderr": Path("/tmp/e"),
        "slurm": folder / "slurm.log",
    }


def test_identity_and_quota(fake: Fake) -> None:
    assert fake.target.identity == "slurm:hpc:ada"
    assert fake.target.quota is None
