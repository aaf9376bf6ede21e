"""The journal of a job: what is whole counts, what is torn does not; and how many files a job costs."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support import batch_folders
from support.fake_slurm import TAG, Fake, line

from specc.targets import JobState
from specc.targets.batch.batches import Batch, Cell
from specc.targets.batch.folder import Folder
from specc.targets.batch.journal import NOTES_BYTES, Exit, journal_of, request_of
from specc.targets.batch.script import COPY, NO_START, Command, Manner, array_script, coded, script_of, settings_of
from specc.targets.slurm.arrays import NATIVE_TASK
from specc.targets.slurm.folder import CellFolder, SlurmFolder
from specc.targets.slurm.target import NATIVE

UUID = f"7-{TAG}"
USUAL = Manner(1, 1)
LIFE = ("100", "170", "5.25", "65.5", "n1", "0m1.500s", "0m0.250s", "2048")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = SlurmFolder(tmp_path / "job")
    made.prepare({"key": "k"})
    return made


def run(folder: Folder, command: str, manner: Manner = USUAL, before: str = "", **variables: str) -> int:
    """Run the script of a job as Slurm does, with its outputs in the log, and return its exit code."""
    made = Command(
        command, None, None, folder.root / "stdout", folder.root / "stderr", ("bash",), folder.root.parent, {}
    )
    script = before + script_of(NATIVE, folder, TAG, "name", manner, made)
    environment = {"PATH": os.environ["PATH"], "SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "n[1,2]", **variables}
    with folder.log.open("a") as log:
        ran = subprocess.run(
            ["bash"], input=script, env=environment, text=True, stdout=log, stderr=log, timeout=60, check=False
        )
    return ran.returncode


def files(folder: Folder) -> int:
    """The number of files that a folder costs, with itself."""
    return len({path.stat().st_ino for path in (folder.root, *folder.root.rglob("*"))})


class TestReading:
    def test_a_journal_that_is_cut_anywhere_says_less_and_nothing_else(self, folder: Folder) -> None:
        batch_folders.begun(folder, "7")
        batch_folders.ended(folder, "7", 137, "a reason", LIFE)
        whole = folder.journal.read_bytes()
        known = journal_of(whole)
        assert (known.owner, known.exit) == ("7", Exit("7", 137, "a reason"))
        assert (known.life.seconds, known.life.node, known.life.usage.peak_memory) == (60.25, "n1", 2 << 20)
        assert known.life.usage.cpu_seconds == 1.75
        for length in range(len(whole)):
            cut = journal_of(whole[:length])
            assert (cut.owner, cut.exit) in ((None, None), ("7", None))
            assert request_of(whole[:length]) in (None, {"key": "k"})
            cut = journal_of(whole[:length] + b"\n")  # and another line, as of the next run
            assert (cut.owner, cut.exit) in ((None, None), ("7", None), ("7", known.exit))

    def test_a_note_behind_a_torn_one_is_whole(self, folder: Folder) -> None:
        batch_folders.begun(folder, "7")
        with folder.journal.open("a") as journal:
            journal.write("\nended\t7\t0\t13")
        batch_folders.begun(folder, "7", 1)
        batch_folders.ended(folder, "7", 2, count=1)
        assert folder.exit() == Exit("7", 2, "")

    def test_a_run_that_began_again_has_not_ended(self, folder: Folder) -> None:
        batch_folders.begun(folder, "7")
        batch_folders.ended(folder, "7", 143, life=LIFE)
        batch_folders.begun(folder, "7", 1)
        assert (folder.exit(), folder.owner(), folder.life("7").node) == (None, "7", "")

    def test_an_earlier_run_says_nothing_of_a_later_one(self, folder: Folder) -> None:
        for count in (0, 1):
            batch_folders.begun(folder, "7", count)
        batch_folders.ended(folder, "7", 0)
        assert folder.exit() is None
        batch_folders.ended(folder, "7", 3, count=1)
        batch_folders.ended(folder, "7", 0)
        assert folder.exit() == Exit("7", 3, "")

    def test_no_request_is_taken_for_a_note_however_long_it_is(self, tmp_path: Path) -> None:
        folder = Folder(tmp_path / "job")
        forged = "\nended\t7\t0\t0\t\t1\t2\t3\t4\tn\t\t\t\t.\n"
        asked = {"cmd_line": forged * (NOTES_BYTES // len(forged) + 9)}
        folder.prepare(asked)
        assert (folder.exit(), folder.owner(), folder.read_request()) == (None, None, asked)
        batch_folders.begun(folder, "7")
        batch_folders.ended(folder, "7", 5)
        assert (folder.exit(), folder.owner(), folder.read_request()) == (Exit("7", 5, ""), "7", asked)

    @pytest.mark.parametrize("number", ["", "x", "-1", "1e3", "1" * 400, "\u0661"])
    def test_a_number_that_is_none(self, folder: Folder, number: str) -> None:
        batch_folders.begun(folder, "7")
        batch_folders.note(folder, "begun", "8", number)
        batch_folders.note(folder, "ended", "7", "0", number, "", *LIFE)
        batch_folders.note(folder, "ended", "7", number, "0", "", *LIFE)
        assert (folder.owner(), folder.exit()) == ("7", None)

    def test_a_torn_request_is_written_again_and_notes_are_kept(self, folder: Folder) -> None:
        folder.journal.write_text('{"key":')
        batch_folders.begun(folder, "7")
        batch_folders.ended(folder, "7", 4)
        assert folder.read_request() is None
        assert folder.prepare({"key": "k"}) is None
        assert (folder.read_request(), folder.exit(), folder.owner()) == ({"key": "k"}, Exit("7", 4, ""), "7")


class TestFiles:
    def test_a_job_that_ended_well_costs_four(self, folder: Folder) -> None:
        assert files(folder) == 2
        assert run(folder, "echo a; echo b >&2") == 0
        assert sorted(path.name for path in folder.root.iterdir()) == ["claim", "job", "stderr", "stdout"]
        assert files(folder) == 4

    def test_and_so_does_one_that_was_started_again(self, folder: Folder) -> None:
        manner = Manner(1, 1, is_requeued=True)
        assert run(folder, "exit 9", manner) == 9
        assert run(folder, "true", manner, SLURM_RESTART_COUNT="1") == 0
        assert folder.exit() == Exit("7", 0, "")
        assert files(folder) == 4

    def test_the_log_of_a_job_that_failed_goes_once_slurm_has_said_that_it_ended(self, tmp_path: Path) -> None:
        """Until then Slurm may write into it that the memory was not enough."""
        fake = Fake(tmp_path)
        folder = fake.folder(TAG)
        folder.prepare({"key": "k"})
        assert run(folder, "exit 9") == 9
        assert folder.log.exists()
        fake.queue(line("7", "COMPLETING"))
        fake.target.status([UUID])
        assert folder.log.exists()
        fake.queue(line("7", "FAILED"))
        fake.now = 9.0
        assert fake.target.status([UUID])[UUID].exit_code == 9
        assert files(folder) == 4

    def test_a_log_with_a_word_in_it_stays(self, tmp_path: Path) -> None:
        fake = Fake(tmp_path)
        folder = fake.folder(TAG)
        folder.prepare({"key": "k"})
        assert run(folder, "true", before="echo from the site\n") == 0
        fake.queue(line("7", "COMPLETED"))
        fake.target.status([UUID])
        assert folder.log.read_text() == "from the site\n"

    def test_what_a_killed_job_left_goes_once_slurm_has_said_that_it_ended(self, tmp_path: Path) -> None:
        fake = Fake(tmp_path)
        folder = fake.folder(TAG)
        folder.prepare({"key": "k"})
        killed = "kill -9 $(cut -d' ' -f4 /proc/$PPID/stat) $PPID; sleep 1"  # the script, and the shell below it
        assert run(folder, killed) == -9
        assert files(folder) > 5
        fake.queue(line("7", "RUNNING"))
        fake.target.status([UUID])
        assert files(folder) > 5
        fake.queue(line("7", "TIMEOUT"))
        fake.now = 9.0
        assert fake.target.status([UUID])[UUID].state is JobState.EXITED
        assert files(folder) == 4

    def test_nothing_is_removed_while_another_copy_may_run_the_command(self, tmp_path: Path) -> None:
        fake = Fake(tmp_path)
        fake.claimed("8")
        running = fake.folder(TAG).root / ".running.0"
        running.mkdir()
        fake.queue(line("7", "FAILED"))
        fake.target.status([UUID])
        assert running.exists()

    def test_what_is_remembered_costs_nothing(self, folder: Folder) -> None:
        folder.note_not_sent()
        folder.note_cancelled()
        assert not folder.has_been_gone(60, 1000.0)
        assert not folder.has_been_gone(60, 1059.0)
        assert folder.has_been_gone(60, 1060.0)
        assert (folder.not_sent.exists(), folder.cancelled.exists(), files(folder)) == (True, True, 2)
        folder.note_sending()
        assert (folder.not_sent.exists(), folder.read_request()) == (False, {"key": "k"})


def test_a_cell_of_an_array_costs_four_and_is_read_in_the_same_way(tmp_path: Path) -> None:
    batch = Batch(tmp_path / "jobs" / TAG)
    folders = [CellFolder(batch.root / str(index)) for index in range(3)]
    cells = []
    for index, folder in enumerate(folders):
        made = Command(
            f"exit {index}", None, None, folder.root / "stdout", folder.root / "stderr", ("bash",), tmp_path, {}
        )
        cells.append(Cell(str(index), f'{{"key": "{index}"}}', settings_of(folder, TAG, "name", made), coded(made)))
    batch.write(cells)
    script = array_script(NATIVE_TASK, batch, Manner(1, 1))
    assert (folders[1].owner(), folders[1].exit()) == (None, None)
    for index, folder in enumerate(folders):
        environment = {"PATH": os.environ["PATH"], "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": str(index)}
        for code in (index, COPY):
            ran = subprocess.run(["bash"], input=script, env=environment, text=True, capture_output=True, check=False)
            assert ran.returncode == code
        assert (folder.owner(), folder.exit()) == (f"7_{index}", Exit(f"7_{index}", index, ""))
        assert folder.read_request() == {"key": str(index)}
        assert files(folder) == 4


class TestAccidents:
    def test_a_disk_that_is_full_at_the_beginning(self, tmp_path: Path) -> None:
        """It is claimed, nothing runs, and nobody is told that it ended."""
        folder = SlurmFolder(tmp_path / "job")
        folder.prepare({"key": "k" * 2000})
        full = "trap '' XFSZ; ulimit -f 1\n"
        assert run(folder, f"touch {tmp_path}/ran", before=full) == NO_START
        assert (folder.owner(), folder.exit(), (tmp_path / "ran").exists()) == ("", None, False)
        assert run(folder, f"touch {tmp_path}/ran") == COPY

    def test_a_disk_that_is_full_at_the_end(self, folder: Folder) -> None:
        """The scheduler is told the exit code, and a record that is not whole is none."""
        full = "trap '' XFSZ; ulimit -f 16\n"
        fill = "head -c 16300 /dev/zero | tr '\\0' x >>$SPECC_JOB_DIR/job; exit 6"
        assert run(folder, fill, before=full) == 6
        assert folder.journal.stat().st_size == 16384
        assert (folder.owner(), folder.exit()) == ("7", None)
        assert "cannot note in" in folder.log.read_text()

    @pytest.mark.slow
    @pytest.mark.parametrize("is_requeued", [False, True])
    def test_a_script_that_is_killed_at_any_step(self, tmp_path: Path, is_requeued: bool) -> None:
        """Then the job comes again: as another job, or as the same one, which Slurm has restarted."""
        manner = Manner(1, 1, is_requeued=is_requeued)

        def tried(step: int) -> bool:
            """Kill the first copy at a step, and return whether it came so far."""
            folder = SlurmFolder(tmp_path / str(step))
            folder.prepare({"key": "k"})
            ran = tmp_path / f"{step}.ran"
            command = f"echo ran >>{ran}; exit 3"
            die = f"set -T; trap '[ $((step += 1)) != {step} ] || kill -9 $BASHPID $$' DEBUG\n"
            is_killed = run(folder, command, manner, before=die) == -9
            first = ran.read_text().count("ran") if ran.exists() else 0
            before = folder.exit()
            assert before in (None, Exit("7", 3, ""))
            again = {"SLURM_RESTART_COUNT": "1"} if is_requeued else {"SLURM_JOB_ID": "8"}
            code = run(folder, command, manner, **again)
            count = ran.read_text().count("ran") if ran.exists() else 0
            assert code in (3, COPY)
            if code == COPY:
                assert (count, folder.exit()) == (first, before)
            else:
                assert count == first + 1
                assert folder.exit() == Exit("7" if is_requeued else "8", 3, "")
            assert first <= 1
            assert is_requeued or count <= 1
            return is_killed

        steps = 0
        with ThreadPoolExecutor(4) as pool:
            while all(pool.map(tried, range(steps + 1, steps + 9))):
                steps += 8
        assert steps > 60, "the script has more commands than that"

    def test_a_reason_of_several_lines_is_one_note(self, folder: Folder) -> None:
        odd = folder.root / "a\nended\t7\t0\t0"
        made = Command("true", None, str(odd), folder.root / "stdout", folder.root / "stderr", ("bash",), Path("/"), {})
        script = script_of(NATIVE, folder, TAG, "name", Manner(1, 1), made)
        environment = {"PATH": os.environ["PATH"], "SLURM_JOB_ID": "7"}
        subprocess.run(["bash"], input=script, env=environment, text=True, capture_output=True, check=False)
        own = folder.exit()
        assert own is not None
        assert (own.code, own.reason) == (NO_START, f"cannot read {folder.root}/a ended 7 0 0")


class TestTheLayoutBefore:
    """Folders that an older specc has made: their jobs are not run twice, and not called finished."""

    def test_neither_script_runs_where_the_other_has_claimed(self, folder: Folder, tmp_path: Path) -> None:
        folder.claim.mkdir()
        assert run(folder, f"touch {tmp_path}/ran") == COPY
        assert not (tmp_path / "ran").exists()
        folder.claim.rmdir()
        assert run(folder, "true") == 0
        assert not folder.claim.is_dir(), "`mkdir claim` of the older script fails"

    def test_what_it_noted_is_not_known(self, tmp_path: Path) -> None:
        fake = Fake(tmp_path)
        folder = fake.folder(TAG)
        (folder.root / "claim").mkdir(parents=True)
        (folder.root / "request.json").write_text('{"key": "k"}')
        (folder.root / "claim" / "job").write_text("7\n")
        (folder.root / "claim" / "exit").write_text("7\n0\n\n")
        assert (folder.owner(), folder.exit(), folder.read_request()) == ("", None, None)
        fake.queue(line("7", "RUNNING"))
        assert fake.target.status([UUID])[UUID].state is JobState.RUNNING
        fake.queue()
        fake.now = 9.0
        assert fake.target.status([UUID])[UUID].state is JobState.LOST
        folder.note_cancelled()
        assert fake.target.status([UUID])[UUID].state is JobState.CANCELLED
