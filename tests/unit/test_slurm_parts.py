"""The batch script as bash runs it, Slurm's programs as processes, and which cluster this is."""

import dataclasses
import os
import shutil
import signal as signals
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType

import pytest
from support.local_jobs import eventually
from support.shell_words import words_in
from support.tables import each

from specc.config import mistake_in_option
from specc.errors import SpeccError
from specc.targets.batch.folder import Exit, tag_of
from specc.targets.batch.programs import Installed, Ran, TimedOut
from specc.targets.batch.script import COPY, NO_CLAIM, NO_START, Command, Manner, Native, program_of, script_of
from specc.targets.local.processes import born
from specc.targets.slurm.cluster import cluster_name, of_job, of_query
from specc.targets.slurm.folder import SlurmFolder as Folder
from specc.targets.slurm.target import NATIVE
from specc.targets.start import starter_of

TAG = "a" * 16
USUAL = Manner(4, 1)


class Job:
    """A batch script in a folder, run as a node would."""

    def __init__(
        self, root: Path, command: str | None = "true", manner: Manner = USUAL, native: Native = NATIVE, **files: object
    ) -> None:
        self.folder = Folder(root)
        self.folder.prepare({"key": "k"})
        usual = {
            "script": None,
            "stdin": None,
            "stdout": root / "stdout",
            "stderr": root / "stderr",
            "starter": starter_of(command or ""),
            "workdir": root / "work",
            "variables": {},
        }
        made = Command(command=command, **{**usual, **files})
        self.script = script_of(native, self.folder, TAG, "my 'job'", manner, made)

    def run(
        self, number: int = 7, restarts: int | None = None, more: Mapping[str, str] = MappingProxyType({})
    ) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "SLURM_JOB_ID": str(number), "SLURM_SUBMIT_DIR": "/", **more}
        if restarts is not None:
            environment["SLURM_RESTART_COUNT"] = str(restarts)
        # A node starts a job with no signal ignored, whatever runs the tests.
        return subprocess.run(
            ["bash"],
            input=self.script,
            env=environment,
            text=True,
            capture_output=True,
            check=False,
            preexec_fn=_heed_signals,
        )

    def read(self, name: str) -> str:
        return (self.folder.root / name).read_text()


def _heed_signals() -> None:
    for number in (signals.SIGHUP, signals.SIGINT, signals.SIGQUIT, signals.SIGTERM):
        signals.signal(number, signals.SIG_DFL)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "it's $HOME %j"


def test_the_command_runs_in_its_own_folder_and_its_end_is_recorded(root: Path) -> None:
    job = Job(root, 'pwd; echo "$SPECC_JOB_NAME $SPECC_JOB_ID $SPECC_CORES $OMP_NUM_THREADS"; echo no >&2; exit 3')
    done = job.run()
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")
    assert job.read("stdout") == f"{root}/work\nmy 'job' 7-{TAG} 4 1\n"
    assert job.read("stderr") == "no\n"
    assert job.folder.exit() == Exit("7", 3, "")
    assert job.folder.owner() == "7"
    assert not list(root.glob("**/*.part"))


@pytest.mark.parametrize("native", [NATIVE, dataclasses.replace(NATIVE, measures=True)])
def test_no_variable_of_the_script_hides_one_of_the_job(root: Path, native: Native) -> None:
    """A site's prolog or the setting `environment` may give a job any variable, such as `name` or `run`."""
    job = Job(root, "env", Manner(4, 1, is_requeued=True), native=native)
    given = dict.fromkeys(words_in(job.script), "of the job")
    assert "line" in given, "a variable of one of its functions"
    assert job.run(7, more=given).returncode == 0
    assert not {*(f"{name}=of the job" for name in given)} - {*job.read("stdout").splitlines()}


def test_a_second_copy_does_not_run(root: Path) -> None:
    job = Job(root, "echo ran")
    job.run(7)
    done = job.run(8)
    assert done.returncode == COPY
    assert "job 7 has begun it before" in done.stderr
    assert job.read("stdout") == "ran\n"
    assert job.folder.exit() == Exit("7", 0, "")
    assert job.folder.owner() == "7"


def test_many_copies_at_once_run_once(root: Path) -> None:
    job = Job(root, "echo ran")
    copies = [subprocess.Popen(["bash", "-c", job.script], stderr=subprocess.DEVNULL) for _ in range(8)]
    assert sorted(copy.wait() for copy in copies) == [0, *[COPY] * 7]
    assert job.read("stdout") == "ran\n"


def test_a_job_of_a_project_starts_in_it_and_knows_where_it_comes_from(root: Path, tmp_path: Path) -> None:
    project = tmp_path / "my project"
    project.mkdir()
    variables = {"SPECC_PROJECT": str(project), "SPECC_CELL": "a 'b'"}
    job = Job(
        root, 'pwd; echo "$SLURM_SUBMIT_DIR" "$SPECC_PROJECT" "$SPECC_CELL"', workdir=project, variables=variables
    )
    assert job.run().returncode == 0
    assert job.read("stdout") == f"{project}\n{project} {project} a 'b'\n"
    assert list(project.iterdir()) == []
    assert not (root / "work").exists()


def test_a_project_that_the_node_does_not_see(root: Path) -> None:
    job = Job(root, "echo ran", workdir=root / "gone")
    done = job.run()
    assert done.returncode == NO_START
    assert "cannot go to" in done.stderr
    assert not (root / "stdout").exists()


def test_the_first_line_names_the_program(root: Path) -> None:
    job = Job(root, "#!/usr/bin/env python3\nimport sys\nprint(sys.version_info.major, sys.stdin.read())\n")
    assert job.run().returncode == 0
    assert job.read("stdout") == "3 \n"
    job = Job(root.with_name("e"), "#!/bin/bash -e\nfalse\necho no\n")
    assert job.run().returncode == 1
    assert job.read("stdout") == ""


def test_what_differs_from_job_to_job_is_in_its_settings_alone(root: Path) -> None:
    """So one script can run many jobs, each with settings of its own."""
    one, other = Job(root / "a", "echo a"), Job(root / "b", None, script="/run.sh", variables={"A": "1"})
    program = program_of(NATIVE, USUAL)
    assert one.script.endswith(program)
    assert other.script.endswith(program)
    assert one.script != other.script


HOSTILE = "#SBATCH --uid=0\nEOF\n_\n__\n' \" $(echo x) `echo y` \\n %j\r\n# é 漢\nprintf '%s\\n' done  \n\n"


def test_the_command_arrives_to_the_byte(root: Path) -> None:
    job = Job(root, HOSTILE, starter=("cat",))
    assert "SBATCH" not in job.script
    job.run()
    assert (root / "stdout").read_bytes() == HOSTILE.encode()


@pytest.mark.slow
def test_a_long_command(root: Path) -> None:
    job = Job(root, "x=" + "a" * 1_000_000 + "\necho ${#x}")
    job.run()
    assert job.read("stdout") == "1000000\n"


def test_files_in_odd_places(root: Path, tmp_path: Path) -> None:
    (tmp_path / "in put").write_text("input")
    out = tmp_path / "new -- folder" / "50% \\ 'out'"
    job = Job(root, "cat; echo err >&2", stdin=str(tmp_path / "in put"), stdout=out, stderr=out)
    out.parent.mkdir()
    out.write_text("what was there before")
    assert job.run().returncode == 0
    assert out.read_text() == "inputerr\n"


def test_the_input_file_is_the_script_where_there_is_no_command(root: Path, tmp_path: Path) -> None:
    (tmp_path / "run it.sh").write_text("echo from the file")
    job = Job(root, None, script=str(tmp_path / "run it.sh"))
    job.run()
    assert job.read("stdout") == "from the file\n"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"stdout": Path("/proc/nothing/out")}, "cannot make the folder of /proc/nothing/out"),
        ({"stderr": Path("/proc")}, "cannot write to /proc"),
        ({"stdin": "/nowhere"}, "cannot read /nowhere"),
    ],
)
def test_a_file_that_fails_is_named(root: Path, files: dict[str, Path], reason: str) -> None:
    job = Job(root, "echo ran >>$SPECC_JOB_DIR/ran", **files)
    done = job.run()
    assert done.returncode == NO_START
    assert job.folder.exit() == Exit("7", NO_START, reason)
    assert not (root / "ran").exists()


def test_a_fifo_nobody_reads_is_not_waited_for(root: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert Job(root, "true", stdout=tmp_path / "fifo").run().returncode == NO_START


def test_a_folder_that_the_node_does_not_see(root: Path) -> None:
    job = Job(root, "true")
    shutil.rmtree(root)
    done = job.run()
    assert done.returncode == NO_CLAIM
    assert "is this a file system that the login node and this node share?" in done.stderr


def ran(job: Job) -> int:
    return job.read("stdout").count("ran")


REQUEUED = Manner(4, 1, is_requeued=True)


def test_a_requeued_job_runs_once_for_each_restart(root: Path) -> None:
    job = Job(root, "echo ran; exit 3", REQUEUED)
    assert job.run(7).returncode == 3
    assert job.run(7).returncode == COPY
    assert ran(job) == 1
    assert job.run(7, restarts=1).returncode == 3
    assert job.run(7, restarts=1).returncode == COPY
    assert ran(job) == 2
    assert job.run(7, restarts=5).returncode == 3
    for earlier in (None, 1, 2, 4, 5):
        assert job.run(7, restarts=earlier).returncode == COPY
    assert ran(job) == 3
    assert job.folder.exit() == Exit("7", 3, "")


def test_a_second_copy_of_a_requeued_job_never_runs(root: Path) -> None:
    job = Job(root, "echo ran", REQUEUED)
    job.run(7)
    for restarts in (None, 0, 1, 9):
        done = job.run(8, restarts)
        assert done.returncode == COPY
        assert "the command is not run: job 7 has begun it before" in done.stderr
    assert ran(job) == 1
    assert job.folder.owner() == "7"


def test_a_job_that_did_not_ask_for_it_is_not_run_again_whoever_requeues_it(root: Path) -> None:
    job = Job(root, "echo ran")
    job.run(7)
    for restarts in (1, 2):
        assert job.run(7, restarts).returncode == COPY
    assert ran(job) == 1


def test_a_claim_of_nobody_known_is_not_taken(root: Path) -> None:
    job = Job(root, "echo ran", REQUEUED)
    (root / "claim").touch()
    assert job.run(7, restarts=1).returncode == COPY
    assert not (root / "stdout").exists()


def test_a_count_that_is_no_number_runs_nothing(root: Path) -> None:
    job = Job(root, "echo ran", REQUEUED)
    job.run(7)
    environment = {"PATH": os.environ["PATH"], "SLURM_JOB_ID": "7", "SLURM_RESTART_COUNT": "many"}
    done = subprocess.run(["bash"], input=job.script, env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == COPY
    assert ran(job) == 1


def test_many_copies_of_a_restart_run_once(root: Path) -> None:
    job = Job(root, "echo ran; sleep 0.5", REQUEUED)
    job.run(7)
    with ThreadPoolExecutor(8) as pool:
        codes = [done.returncode for done in pool.map(lambda _: job.run(7, 1), range(8))]
    assert sorted(codes) == [0, *[COPY] * 7]
    assert ran(job) == 2


def test_an_earlier_run_that_is_still_there_writes_no_record_over_that_of_the_next(root: Path) -> None:
    """A node that was thought dead goes on with the command while the job runs elsewhere."""
    job = Job(root, 'echo ran; if [ -e "$SPECC_JOB_DIR/go" ]; then exit 5; fi; sleep 2; exit 4', REQUEUED)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(job.run, 7)
        end = time.monotonic() + 20
        while not (root / "stdout").exists() or not ran(job):
            assert time.monotonic() < end
            time.sleep(0.02)
        (root / "go").touch()
        assert job.run(7, 1).returncode == 5
        assert first.result().returncode == 4
    assert job.folder.exit() == Exit("7", 5, "")


def test_output_goes_on_after_a_restart(root: Path) -> None:
    job = Job(root, 'echo "run ${SLURM_RESTART_COUNT:-0}"', REQUEUED)
    job.run(7)
    job.run(7, 1)
    assert job.read("stdout") == "run 0\nrun 1\n"


@pytest.mark.parametrize(("signal", "asked"), [("USR1", None), ("USR2", None), ("TERM", "TERM"), ("INT", "2")])
def test_a_signal_to_the_batch_shell_reaches_the_command(root: Path, signal: str, asked: str | None) -> None:
    command = f"trap 'echo told; exit 6' {signal}; echo up; while :; do sleep 0.05; done"
    job = Job(root, command, Manner(4, 1, signal=asked))
    environment = {"PATH": os.environ["PATH"], "SLURM_JOB_ID": "7"}
    shell = subprocess.Popen(["bash", "-c", job.script], env=environment)
    end = time.monotonic() + 20
    while not (root / "stdout").exists() or "up" not in job.read("stdout"):
        assert time.monotonic() < end
        time.sleep(0.02)
    shell.send_signal(getattr(signals, f"SIG{signal}"))
    assert shell.wait(20) == 6
    assert job.read("stdout") == "up\ntold\n"
    assert job.folder.exit() == Exit("7", 6, "")


def test_an_exit_code_is_not_lost_in_a_hail_of_signals(root: Path) -> None:
    command = "trap : USR1 TERM; for i in {1..40}; do kill -USR1 $SHELL_PID; kill $SHELL_PID; done; exit 9"
    for number in range(10):
        again = Job(root.with_name(f"{root.name} {number}"), command)
        script = again.script.replace("workdir=", "export SHELL_PID=$$ workdir=", 1)
        environment = {"PATH": os.environ["PATH"], "SLURM_JOB_ID": "7"}
        done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 9, done
        assert again.folder.exit() == Exit("7", 9, "")


@pytest.mark.parametrize("signal", ["INT", "QUIT", "TERM", "HUP", "USR1"])
def test_the_command_can_trap_every_signal(root: Path, signal: str) -> None:
    """A shell that was started with a signal ignored cannot trap it."""
    job = Job(root, f"trap 'echo told' {signal}; kill -{signal} $$; exit 2")
    assert job.run().returncode == 2
    assert job.read("stdout") == "told\n"


def test_term_does_not_keep_it_from_recording(root: Path) -> None:
    job = Job(root, "kill $PPID; exit 4")
    assert job.run().returncode == 4
    assert job.folder.exit() == Exit("7", 4, "")


def test_records_that_cannot_be_read(root: Path) -> None:
    folder = Folder(root)
    assert (folder.exit(), folder.owner(), folder.read_request(), folder.error_text()) == (None, None, None, "")
    root.mkdir()
    folder.claim.touch()
    assert folder.owner() == ""
    folder.journal.write_text("[\n")
    assert folder.read_request() is None
    folder.journal.write_text("[]\n")
    assert folder.read_request() is None


def test_tags() -> None:
    assert tag_of("0123456789abcdef" * 2) == "0123456789abcdef"
    assert len(tag_of("a key")) == 16
    assert tag_of("0123456789abcdeX" * 2) != "0123456789abcdeX"


class TestPrograms:
    def program(self, folder: Path, text: str) -> dict[str, str]:
        (folder / "tool").write_text(f"#!/bin/bash\n{text}\n")
        (folder / "tool").chmod(0o755)
        return {"PATH": f"{folder}:{os.environ['PATH']}"}

    def test_what_it_says(self, tmp_path: Path) -> None:
        counted: list[int] = []
        environment = self.program(tmp_path, 'cat; echo "$@"; pwd; echo no >&2; exit 3')
        ran = Installed(lambda: counted.append(1))(["tool", "a b"], environment, 10, b"in ")
        assert ran == Ran(3, "in a b\n/\n", "no\n")
        assert counted == [1]

    def test_one_that_hangs_is_killed_with_what_it_said(self, tmp_path: Path) -> None:
        environment = self.program(tmp_path, "echo trying >&2; exec sleep 60")
        assert Installed()(["tool"], environment, 0.3) == TimedOut(0.3, "trying\n")

    def test_one_whose_child_keeps_the_outputs_open(self, tmp_path: Path) -> None:
        environment = self.program(tmp_path, "sleep 2 & exec sleep 60")
        assert Installed()(["tool"], environment, 0.2) == TimedOut(0.2, "")

    def test_one_that_hangs_is_killed_with_all_that_it_started(self, tmp_path: Path) -> None:
        """A site's wrapper may have the real sbatch as its child."""
        environment = self.program(tmp_path, f"sleep 60 & echo $! >'{tmp_path}/child'; wait")
        assert Installed()(["tool"], environment, 0.5) == TimedOut(0.5, "")
        child = int((tmp_path / "child").read_text())
        end = time.monotonic() + 20
        while born(child) is not None:
            assert time.monotonic() < end, "it is still running"
            time.sleep(0.02)

    def test_one_whose_caller_is_killed_still_has_its_whole_input(self, tmp_path: Path) -> None:
        """A scheduler would take half a script for the whole, and run it."""
        environment = self.program(
            tmp_path, 'cd "$0.d"; touch up; until [ -e go ]; do sleep 0.02; done; cat >part; mv part all'
        )
        folder = tmp_path / "tool.d"
        folder.mkdir()
        call = (
            "from specc.targets.batch.programs import Installed\n"
            f"Installed()(['tool'], {environment!r}, 60, b'line\\n' * 200_000)"
        )
        with subprocess.Popen([sys.executable, "-c", call]) as caller:
            eventually((folder / "up").exists)
            caller.kill()
        (folder / "go").touch()
        eventually((folder / "all").exists)
        assert (folder / "all").read_bytes() == b"line\n" * 200_000

    def test_one_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(SpeccError, match="`tool` is not on the PATH"):
            Installed()(["tool"], {"PATH": str(tmp_path)}, 1)

    def test_one_that_cannot_be_run(self, tmp_path: Path) -> None:
        environment = self.program(tmp_path, "")
        (tmp_path / "tool").write_text("#!/no/such/interpreter\n")
        with pytest.raises(SpeccError, match="cannot run"):
            Installed()(["tool"], environment, 1)

    def test_complaints_in_one_line(self) -> None:
        assert Ran(1, "", "a\n\n b\na\n").error_text == "a; b"
        assert Ran(1, "", "").error_text == "exit code 1"


def test_environments() -> None:
    caller = {
        "PATH": "/bin", "HOME": "/h", "LC_ALL": "de_DE", "SLURM_CONF": "/c", "SLURM_JOB_ID": "1", "MINE": "m",
        "SBATCH_PARTITION": "p", "SQUEUE_FORMAT": "x", "QY_SECRET_ACCESS_KEY": "s", "LMOD_CMD": "l", "TZ": "Asia/Tokyo",
        "BASH_FUNC_module%%": "() { :; }",
    }  # fmt: skip
    job = of_job(caller, ["MINE", "SBATCH_PARTITION", "GONE"])
    assert set(job) == {"PATH", "HOME", "LC_ALL", "SLURM_CONF", "MINE", "LMOD_CMD", "TZ", "BASH_FUNC_module%%"}
    query = of_query(caller)
    assert (query["LC_ALL"], query["TZ"]) == ("C", "UTC")
    assert not {"SLURM_JOB_ID", "SQUEUE_FORMAT", "MINE"} & set(query)


class TestClusterName:
    def conf(self, folder: Path) -> dict[str, str]:
        (folder / "slurm.conf").write_text("# ClusterName=no\nSlurmctldHost=a\n clustername = Hpc1 # yes\n")
        return {"SLURM_CONF": str(folder / "slurm.conf")}

    def test_as_slurm_reads_it(self, tmp_path: Path) -> None:
        assert cluster_name(self.conf(tmp_path), None, "hpc") == "hpc1"
        assert cluster_name(self.conf(tmp_path), "HPC1", "hpc") == "hpc1"

    def test_another_cluster(self, tmp_path: Path) -> None:
        with pytest.raises(SpeccError, match="belongs to the cluster `hpc1`, and the target `hpc` is `hpc2`"):
            cluster_name(self.conf(tmp_path), "hpc2", "hpc")

    def test_no_configuration(self, tmp_path: Path) -> None:
        nowhere = {"SLURM_CONF": str(tmp_path / "gone")}
        assert cluster_name(nowhere, "Hpc2", "hpc") == "hpc2"
        with pytest.raises(SpeccError, match="cannot tell which Slurm cluster this is") as refused:
            cluster_name(nowhere, None, "hpc")
        assert "`--target local`" in (refused.value.help or "")


@each("option", ["--gres=gpu:1", "--exclusive", "--exclusive=user", "--constraint=a&b", "--account=x"])
def test_options_that_a_configuration_may_have(option: str) -> None:
    assert mistake_in_option(option) is None


@each(
    "option, said",
    [
        ("--uid=0", "not among"),
        ("--gid=0", "not among"),
        ("--wrap=rm", "not among"),
        ("--export=ALL", "not among"),
        ("--dependency=singleton", "not among"),
        ("--gress=gpu:1", "did you mean `gres`"),
        ("--partition=x", "`scheduler_queue_name` decides it"),
        ("--ntasks=4", "`core_limit` and `layout` decide it"),
        ("--gres", "needs a value"),
        ("--contiguous=1", "takes no value"),
        ("-p x", "write one option"),
        ("--clusters=other", "a target is one cluster"),
        ("-Mother", "a target is one cluster"),
        ("--gres=gpu:1 --uid=0", "write one option"),
        ("--gres=gpu:1\n--uid=0", "write one option"),
        ("", "write one option"),
    ],
)  # fmt: skip
def test_options_that_it_may_not(option: str, said: str) -> None:
    assert said in (mistake_in_option(option) or "")


def test_of_many_who_prepare_one_folder_exactly_one_is_the_first(tmp_path: Path) -> None:
    """In threads of one process, too: each writes its request to a file of its own."""
    folder = Folder(tmp_path / "jobs" / "ab")
    with ThreadPoolExecutor(8) as pool:
        for each in range(40):
            asked = {"key": f"{each}"}
            shutil.rmtree(folder.root, ignore_errors=True)
            answers = list(pool.map(lambda _, asked=asked: folder.prepare(dict(asked)), range(8)))
            assert answers.count(None) == 1
            assert answers.count(asked) == 7
            assert [path.name for path in folder.root.iterdir()] == ["job"]


def test_a_request_torn_by_a_power_cut_is_written_again(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.journal.write_text("")
    assert folder.prepare({"key": "a"}) is None
    assert folder.prepare({"key": "b"}) == {"key": "a"}


def test_a_folder_that_cannot_hold_its_request_is_left_as_if_nothing_had_been_tried(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "job")
    with pytest.raises(TypeError):
        folder.prepare({"key": object()})
    assert list(folder.root.iterdir()) == []
    assert folder.prepare({"key": "a"}) is None
