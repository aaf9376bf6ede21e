"""Arrays of Slurm in unlucky moments: answers that come late, copies of tasks that nobody knows of."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.fake_slurm import Fake, failed, line, ok, refused
from support.local_jobs import payload

from specc.system.private import REMOVED
from specc.targets import Accepted, Attempt, NotSent, Outcome, Rejected, Unclear
from specc.targets.batch.batches import numbers_in
from specc.targets.batch.programs import Ran

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = "feedfeedfeedfeed"
LOST = refused("Socket timed out on send/recv operation")
FULL = failed(
    "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates "
    "accounting/QOS policy (job submit limit, user's size and/or time limits)"
)
TOO_MANY = refused("Invalid job array specification")


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    made = Fake(tmp_path)
    made.queue()
    return made


def attempts(count: int) -> list[Attempt]:
    made = [payload(f"echo {index}", name=f"heat-{index}") for index in range(count)]
    return [Attempt(f"{index:016x}{BATCH}", one, one.name) for index, one in enumerate(made)]


def send(fake: Fake, some: Sequence[Attempt]) -> list[Outcome]:
    assert fake.target.batches is not None
    if not (fake.place.directory / "jobs" / BATCH).exists():
        fake.target.batches.prepare(some)
    return list(fake.target.batches.submit(some, None))


def arrays(fake: Fake) -> list[str]:
    calls = [call for call in fake.programs.calls if call[0] == "sbatch"]
    return [word.removeprefix("--array=") for call in calls for word in call if word.startswith("--array=")]


def resume(fake: Fake, some: Sequence[Attempt]) -> list[Outcome]:
    """As the next `submit` sends what is unknown."""
    return send(fake, [replace(one, is_resumed=True) for one in some])


def up_to(most: int) -> Callable[[Sequence[str]], Ran]:
    """Answer as a controller that takes tasks up to a number."""

    def answer(command: Sequence[str]) -> Ran:
        ranges = next(word.removeprefix("--array=") for word in command if word.startswith("--array="))
        return ok("9\n") if max(numbers_in(ranges)) <= most else TOO_MANY

    return answer


def task(fake: Fake, number: int, job: str = "7", path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
    variables = {"SLURM_ARRAY_JOB_ID": job, "SLURM_ARRAY_TASK_ID": str(number), "SLURM_JOB_ID": f"{job}{number}"}
    script = fake.place.directory / "script"
    script.write_text(fake.programs.scripts[-1])
    return subprocess.run(["bash", script], env={"PATH": path, **variables}, capture_output=True, text=True)


class TestAnswers:
    def test_a_refusal_does_not_unsay_what_was_sent_before(self, fake: Fake) -> None:
        """The first answer was lost, and the second try was refused: the first array may still come."""
        fake.programs.answers["sbatch"] = LOST
        assert {type(one) for one in send(fake, attempts(2))} == {Unclear}
        fake.programs.answers["sbatch"] = FULL
        assert {type(one) for one in send(fake, attempts(2))} == {NotSent}
        fake.queue(line("12_[0-1]", "PENDING", BATCH))
        outcomes = send(fake, attempts(2))
        assert [one.uuid for one in outcomes if isinstance(one, Accepted)] == [f"12_0-{BATCH}", f"12_1-{BATCH}"]
        assert arrays(fake) == ["0-1", "0-1", "0"]

    def test_a_batch_stays_while_a_task_may_come(self, fake: Fake) -> None:
        fake.programs.answers["sbatch"] = [LOST, FULL, FULL, ok("9\n")]
        send(fake, attempts(2))
        send(fake, attempts(2))
        send(fake, attempts(2)[:1])
        fake.queue(line("9_0", "COMPLETED", BATCH))
        assert [one.done for one in fake.target.clean([f"9_0-{BATCH}"])] == [True]
        assert (fake.place.directory / "jobs" / BATCH / "batch.json").exists()

    @pytest.mark.parametrize("torn", ["+0-", "+0-1", "-0", "\0\0\0", "ä"])
    def test_a_note_that_is_torn_is_of_any_task(self, fake: Fake, torn: str) -> None:
        """As where the disk was full: what can have been sent is looked for before it is sent."""
        some = attempts(3)
        assert fake.target.batches is not None
        fake.target.batches.prepare(some)
        note = fake.place.directory / "jobs" / BATCH / "sent"
        note.write_text(f"\n{torn}")
        fake.queue(line("12_[1-2]", "PENDING", BATCH))
        outcomes = send(fake, some)
        assert arrays(fake) == ["0"]
        assert [one.uuid for one in outcomes if isinstance(one, Accepted)] == [
            f"{job}-{BATCH}" for job in ("7_0", "12_1", "12_2")
        ]
        assert note.read_text() == f"\n{torn}\n+0.\n"

    def test_an_array_that_is_too_large_is_halved(self, fake: Fake) -> None:
        """scontrol did not answer, so nobody knew how many tasks the controller takes."""
        fake.programs.answers["sbatch"] = [TOO_MANY, TOO_MANY, ok("9\n"), TOO_MANY]
        outcomes = send(fake, attempts(8))
        assert arrays(fake) == ["0-7", "0-3", "0-1", "2"]
        assert [type(one) for one in outcomes] == [Accepted] * 2 + [NotSent] * 6
        assert all(one.is_full for one in outcomes if isinstance(one, NotSent))

    def test_one_task_that_is_refused_is_refused(self, fake: Fake) -> None:
        fake.programs.answers["sbatch"] = TOO_MANY
        assert [type(one) for one in send(fake, attempts(2))] == [Rejected, NotSent]
        assert isinstance(fake.target.submit(replace(attempts(2)[0], is_resumed=True)), Rejected)


class TestWithdrawal:
    """Cells that may have been sent, and that Slurm then refuses: no task of theirs runs any more, and they settle."""

    def test_numbers_that_are_too_high_need_another_batch(self, fake: Fake) -> None:
        """The limit was not known when the batch was made, and the answer to the first call was lost."""
        some = attempts(8)
        fake.programs.answers["sbatch"] = LOST
        assert {type(one) for one in send(fake, some)} == {Unclear}
        fake.programs.answers["sbatch"] = up_to(4)
        outcomes = resume(fake, some)
        assert [type(one) for one in outcomes] == [Accepted] * 5 + [NotSent] * 3
        assert [(one.is_full, one.is_withdrawn) for one in outcomes if isinstance(one, NotSent)] == [(True, True)] * 3

    def test_a_task_of_an_earlier_call_does_not_run_it(self, fake: Fake) -> None:
        some = attempts(4)
        fake.programs.answers["sbatch"] = LOST
        send(fake, some)
        fake.programs.answers["sbatch"] = up_to(1)
        resume(fake, some)
        assert task(fake, 1).returncode == 0
        late = task(fake, 3)
        assert (late.returncode, "specc has withdrawn it" in late.stderr) == (113, True)
        assert not (fake.folder(f"{BATCH}/3").root / "stdout").exists()

    def test_one_that_has_begun_is_not_withdrawn(self, fake: Fake) -> None:
        """Its task made the claim after the queue was asked, and has not said its number yet."""
        some = attempts(4)
        fake.programs.answers["sbatch"] = LOST
        send(fake, some)
        folder = fake.folder(f"{BATCH}/3")
        folder.root.mkdir()
        folder.claim.touch()
        fake.programs.answers["sbatch"] = up_to(1)
        outcomes = resume(fake, some)
        assert [isinstance(one, NotSent) and one.is_withdrawn for one in outcomes] == [False, False, True, False]

    def test_what_was_never_sent_is_only_refused(self, fake: Fake) -> None:
        fake.programs.answers["sbatch"] = up_to(1)
        outcomes = send(fake, attempts(4))
        assert [one.is_withdrawn for one in outcomes if isinstance(one, NotSent)] == [False, False]
        assert not fake.folder(f"{BATCH}/3").is_claimed()

    def test_a_client_that_ended_before_it_said_so(self, fake: Fake) -> None:
        some = attempts(4)
        fake.programs.answers["sbatch"] = LOST
        send(fake, some)
        fake.programs.answers["sbatch"] = up_to(1)
        resume(fake, some)
        before = len(fake.programs.calls)
        again = [fake.target.submit(replace(one, is_resumed=True)) for one in some[2:]]
        assert [isinstance(one, NotSent) and one.is_withdrawn for one in again] == [True, True]
        assert len(fake.programs.calls) == before

    @pytest.mark.parametrize("count", [1, 3])
    def test_a_rejection_holds_for_the_earlier_calls_too(self, fake: Fake, count: int) -> None:
        some = attempts(count)
        fake.programs.answers["sbatch"] = LOST
        send(fake, some)
        fake.programs.answers["sbatch"] = refused("Invalid qos specification")
        outcomes = resume(fake, some)
        assert [isinstance(one, Rejected) and one.is_withdrawn for one in outcomes] == [True] * count
        assert task(fake, 0).returncode == 113

    @pytest.mark.parametrize("count", [1, 3])
    def test_what_the_target_does_not_take_any_more(self, fake: Fake, count: int) -> None:
        """Their input file was there when they were sent: the first of them runs, the others do not."""
        given = fake.place.directory / "in.dat"
        given.touch()
        made = payload("true", name="heat", input_file=str(given))
        some = [Attempt(f"{index:016x}{BATCH}", made, "heat") for index in range(count + 1)]
        fake.programs.answers["sbatch"] = LOST
        send(fake, some)
        given.unlink()
        fake.queue(line("12_0", "RUNNING", BATCH))
        first, *others = resume(fake, some)
        assert isinstance(first, Accepted)
        assert [isinstance(one, Rejected) and one.is_withdrawn for one in others] == [True] * count
        assert len(arrays(fake)) == 1

    def test_a_job_that_comes_late_is_not_taken_for_its_job(self, fake: Fake) -> None:
        """The client ended before it wrote to the ledger that it was withdrawn."""
        some = attempts(4)
        fake.programs.answers["sbatch"] = LOST
        send(fake, some)
        fake.programs.answers["sbatch"] = up_to(1)
        resume(fake, some)
        fake.queue(line("12_[0-3]", "PENDING", BATCH))
        assert [one.uuid for one in fake.target.look_up(some, NOW, NOW)] == [f"12_{n}-{BATCH}" for n in (0, 1)]
        again = resume(fake, some[2:])
        assert [isinstance(one, NotSent) and one.is_withdrawn for one in again] == [True, True]

    def test_nor_is_it_sent_by_whoever_does_not_know_that_it_was_sent(self, fake: Fake) -> None:
        some = attempts(4)
        fake.programs.answers["sbatch"] = LOST
        send(fake, some)
        fake.programs.answers["sbatch"] = up_to(1)
        resume(fake, some)
        fake.programs.answers["sbatch"] = ok("9\n")
        again = send(fake, some[2:])
        assert [isinstance(one, NotSent) and one.is_withdrawn for one in again] == [True, True]

    @pytest.mark.parametrize("is_resumed", [True, False])
    def test_a_refusal_comes_after_the_look_at_the_queue(self, fake: Fake, is_resumed: bool) -> None:
        given = fake.place.directory / "in.dat"
        given.touch()
        made = payload("true", name="heat", input_file=str(given))
        some = [Attempt(f"{index:016x}{BATCH}", made, "heat", is_resumed=is_resumed) for index in range(2)]
        fake.programs.answers["sbatch"] = LOST
        send(fake, [replace(one, is_resumed=False) for one in some])
        given.unlink()
        fake.queue(line("12_[0-1]", "RUNNING", BATCH))
        assert [type(one) for one in send(fake, some)] == [Accepted, Accepted]

    def test_where_nothing_can_be_written_it_stays_open(self, fake: Fake) -> None:
        some = attempts(2)
        fake.programs.answers["sbatch"] = LOST
        send(fake, some)
        (fake.folder(f"{BATCH}/1").root).write_text("no folder")
        fake.programs.answers["sbatch"] = refused("Invalid qos specification")
        assert [isinstance(one, Rejected) and one.is_withdrawn for one in resume(fake, some)] == [True, False]

    def test_the_batch_is_removed_without_them(self, fake: Fake) -> None:
        some = attempts(4)
        fake.programs.answers["sbatch"] = LOST
        send(fake, some)
        fake.programs.answers["sbatch"] = up_to(1)
        resume(fake, some)
        fake.queue(line("9_[0-1]", "COMPLETED", BATCH))
        assert [one.done for one in fake.target.clean([f"9_0-{BATCH}", f"9_1-{BATCH}"])] == [True, True]
        assert list((fake.place.directory / "jobs").iterdir()) == []
        assert task(fake, 3).returncode == 114


class TestRoom:
    """So many may run at a time, also of cells that are sent again because nobody knows of their jobs."""

    @pytest.mark.parametrize(("most", "sent"), [(5, ["2-9%3"]), (2, []), (1, [])])
    def test_jobs_that_are_found_take_of_it(self, fake: Fake, most: int, sent: list[str]) -> None:
        assert fake.target.batches is not None
        some = attempts(10)
        fake.programs.answers["sbatch"] = LOST
        send(fake, some)
        before = len(arrays(fake))
        fake.programs.answers["sbatch"] = ok("9\n")
        fake.queue(line("12_[0-1]", "RUNNING", BATCH))
        resumed = [replace(one, is_resumed=True) for one in some]
        outcomes = fake.target.batches.submit(resumed, most)
        assert arrays(fake)[before:] == sent
        assert [type(one) for one in outcomes] == [Accepted] * 2 + [Accepted if sent else NotSent] * 8


class TestProcessesThatDie:
    """The programs of a task can be killed as well, as where memory runs out."""

    def program(self, folder: Path, name: str, text: str) -> str:
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(0o755)
        return f"{folder}:/usr/bin:/bin"

    @pytest.mark.parametrize("name", ["sed", "base64"])
    @pytest.mark.parametrize("dies", ["kill -KILL $$", "{0} | head -c 50; kill -KILL $$"])
    def test_nothing_is_run_of_half_a_text(self, fake: Fake, tmp_path: Path, name: str, dies: str) -> None:
        send(fake, attempts(2))
        whole = f'{shutil.which(name)} "$@"'
        died = task(fake, 0, path=self.program(tmp_path / "bin", name, dies.format(whole)))
        assert died.returncode == 114
        assert not fake.folder(f"{BATCH}/0").is_claimed()
        assert task(fake, 0).returncode == 0

    def test_a_line_without_its_end_is_not_a_cell(self, fake: Fake, tmp_path: Path) -> None:
        send(fake, attempts(2))
        cut = self.program(tmp_path / "bin", "sed", f'{shutil.which("sed")} "$@" | head -c -5')
        assert task(fake, 0, path=cut).returncode == 114
        assert not fake.folder(f"{BATCH}/0").is_claimed()

    @pytest.mark.parametrize("sent_alone", [True, False])
    def test_a_command_that_could_not_be_written_is_not_a_success(
        self, fake: Fake, tmp_path: Path, sent_alone: bool
    ) -> None:
        """Whoever writes it is killed, and base64 finds an end of its input."""
        long = f"echo ran # {'x' * (1 << 18)}"  # more than a pipe holds
        if sent_alone:
            fake.target.submit(fake.attempt(long))
        else:
            made = payload(long)
            send(fake, [Attempt(f"{index:016x}{BATCH}", made, "x") for index in range(2)])
        real = shutil.which("base64")
        kills = f"read -r writes _ </proc/$PPID/task/$PPID/children; kill -KILL $writes; exec {real} -d </dev/null"
        path = self.program(tmp_path / "bin", "base64", f'case $PWD in */work) {kills};; esac; exec {real} "$@"')
        ended = task(fake, 0, path=path)
        assert (ended.returncode, "cannot write the command" in ended.stderr) == (115, True)


class TestCopies:
    def test_another_copy_of_a_cancelled_cell_does_not_run(self, fake: Fake) -> None:
        """An answer was lost, and the cells were sent again: the cancelled task is one of two."""
        send(fake, attempts(2))
        fake.queue(line("7_[0-1]", "PENDING", BATCH))

        def scancel(command: Sequence[str]) -> object:
            fake.queue(line("7_0", "CANCELLED", BATCH), line("7_1", "PENDING", BATCH))
            return ok()

        fake.programs.answers["scancel"] = scancel  # type: ignore[assignment]
        (done,) = fake.target.cancel([f"7_0-{BATCH}"])
        assert done.done
        copy = task(fake, 0, job="6")
        assert (copy.returncode, "cancelled" in copy.stderr) == (113, True)
        assert not fake.folder(f"{BATCH}/0").root.exists()
        assert task(fake, 1, job="6").returncode == 0

    def test_another_copy_of_a_cancelled_job_does_not_run(self, fake: Fake) -> None:
        fake.target.submit(fake.attempt("echo ran"))
        folder = fake.folder(fake.attempt().key[:16])
        folder.note_cancelled()
        words = ["bash", "-c", fake.programs.scripts[-1]]
        copy = subprocess.run(words, env={"PATH": "/usr/bin:/bin", "SLURM_JOB_ID": "8"}, capture_output=True, text=True)
        assert (copy.returncode, copy.stderr) == (113, "specc: the command is not run: it was cancelled\n")
        assert not folder.is_claimed()

    def test_the_next_cleaning_finishes_one_that_was_killed(self, fake: Fake) -> None:
        send(fake, attempts(2))
        fake.queue(line("7_[0-1]", "COMPLETED", BATCH))
        batch = fake.place.directory / "jobs" / BATCH
        batch.rename(batch.with_name(f"{REMOVED}{BATCH}"))
        assert [one.is_gone for one in fake.target.clean([f"7_0-{BATCH}"])] == [True]
        assert list(batch.parent.iterdir()) == []

    def test_a_batch_is_removed_that_was_left_after_its_last_cell(self, fake: Fake) -> None:
        send(fake, attempts(2))
        fake.queue(line("7_[0-1]", "COMPLETED", BATCH))
        batch = fake.place.directory / "jobs" / BATCH
        fake.target.clean([f"7_0-{BATCH}"])
        (batch / "1").mkdir()
        (batch / "1.gone").hardlink_to(batch / "batch.json")
        assert [one.is_gone for one in fake.target.clean([f"7_1-{BATCH}"])] == [True]
        assert list(batch.parent.iterdir()) == []

    def test_files_that_are_removed_while_a_copy_starts(self, fake: Fake, tmp_path: Path) -> None:
        """A copy has seen that the files are there; then they are removed, and a third copy makes the folder again."""
        send(fake, attempts(2))
        assert task(fake, 0).returncode == 0
        folder = fake.folder(f"{BATCH}/0")
        programs = tmp_path / "bin"
        programs.mkdir()
        cleans = '[ -e "$root.gone" ] || { touch "$root.gone"; rm -r "$root"; mkdir "$root"; : >"$root/job"; }'
        (programs / "ln").write_text(f'#!/bin/sh\nroot="{folder.root}"\n{cleans}\nexec {shutil.which("ln")} "$@"\n')
        (programs / "ln").chmod(0o755)
        late = task(fake, 0, job="8", path=f"{programs}:/usr/bin:/bin")
        assert (late.returncode, "were removed" in late.stderr) == (113, True)
        assert not folder.root.exists()
