"""A whole `specc` before programs that play Slurm: what a user sees."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from support.fake_slurm import programs_in

from specc.cli.main import run

CONFIGURATION = """\
project = "made-up"
target = "hpc"
[units]
mem_limit = "MiB"
time_limit = "min"
[targets.hpc]
kind = "slurm"
run_as = "caller"
environment = ["MY_LICENSE"]
options = ["--account=p1"]
"""
SPEC = """\
specc: 1
job:
  cluster_id: c
  zone: z
  run_user: me
  name: hello
  scheduler_queue_name: {queue}
  cmd_line: |
    #SBATCH --uid=0
    echo "hello $MY_LICENSE"
    exit {code}
"""


class Ended(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


class Place:
    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capture = capture
        (folder / "project").mkdir()
        self.slurm = folder / "slurm"
        self.environment = {
            **programs_in(self.slurm), "XDG_STATE_HOME": str(folder / "state"), "MY_LICENSE": "1@server",
            "SBATCH_PARTITION": "bogus", "SQUEUE_STATES": "PD", "QY_SECRET_ACCESS_KEY": "secret",
        }  # fmt: skip
        self.environment.pop("CI", None)
        self.write("specc.toml", CONFIGURATION)
        self.spec()

    def write(self, name: str, text: str) -> None:
        (self.folder / "project" / name).write_text(text)

    def spec(self, queue: str = "normal", code: int = 0) -> None:
        self.write("a.job.yaml", SPEC.format(queue=queue, code=code))

    def __call__(self, *words: str, **variables: str) -> Ended:
        """Run a command in this process, with the environment of the made-up Slurm alone."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder / "project")
            for name in os.environ.keys() - self.environment.keys():
                patch.delenv(name)
            for name, value in (self.environment | variables).items():
                patch.setenv(name, value)
            code = run(list(words))
        return Ended(code, *self.capture.readouterr())

    def process(self, *words: str) -> Ended:
        command = [sys.executable, "-m", "specc", *words]
        folder = self.folder / "project"
        ended = subprocess.run(
            command, cwd=folder, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture
def specc(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    return Place(tmp_path, capsys)


def test_a_job_is_submitted_watched_and_read(specc: Place) -> None:
    done = specc.process("submit", "-y", "--wait")
    assert done.returncode == 0, done.stderr
    assert "finished: hello 1-" in done.stderr
    assert specc("logs", "--stream", "stdout").stdout == "hello 1@server\n"
    options = (specc.slurm / "options.1").read_text().splitlines()
    assert options[:2] == ["--parsable", "--account=p1"]
    assert "--partition=normal" in options
    environment = (specc.slurm / "environment.1").read_text()
    assert "SBATCH" not in environment
    assert "secret" not in environment
    assert "#SBATCH" not in (specc.slurm / "script.1").read_text()
    again = specc("submit", "-y")
    assert again.returncode == 0
    assert not (specc.slurm / "options.2").exists()


def test_a_lost_answer_is_adopted(specc: Place) -> None:
    (specc.slurm / "silent").write_text("")
    done = specc("submit", "-y")
    assert done.returncode == 0, done.stderr
    assert "accepted\t1-" in done.stdout


def test_a_failure_ends_the_wait(specc: Place) -> None:
    specc.spec(code=4)
    assert specc("submit", "-y", "--wait").returncode == 5
    assert "exit code 4" in specc("status").stdout
    log = next(specc.folder.glob("state/specc/slurm/made_up/jobs/*")) / "slurm.log"
    log.write_text("slurmstepd: error: something\n")
    assert "slurmstepd: error: something" in specc("logs", "--stream", "both").stdout
    assert specc("logs", "--stream", "slurm").stdout.startswith("slurmstepd: error: something")
    log.unlink()
    assert specc("logs", "--stream", "both").stdout == "==> hello stdout <==\nhello 1@server\n"


def test_a_queue_that_does_not_exist_is_shown_where_it_is_written(specc: Place) -> None:
    specc.spec(queue="nope")
    done = specc("submit", "-y")
    assert done.returncode == 3
    assert "a.job.yaml:7:25" in done.stderr
    assert "invalid partition specified: nope" in done.stderr


def test_a_name_that_smuggles_an_option_is_refused(specc: Place) -> None:
    specc.write("a.job.yaml", SPEC.format(queue="normal", code=0).replace("name: hello", 'name: "x\\n#SBATCH --uid=0"'))
    done = specc("submit", "-y")
    assert done.returncode == 1
    assert "a.job.yaml:6:9" in done.stderr
    assert "`name` holds a line break" in done.stderr
    assert not (specc.slurm / "options.1").exists()


@pytest.mark.slow
def test_a_stream_that_a_target_does_not_have(specc: Place) -> None:
    specc.write("specc.toml", CONFIGURATION + '[targets.local]\nrun_as = "caller"\n')
    assert specc("submit", "-y", "--wait", "--target", "local").returncode == 0
    done = specc("logs", "--target", "local", "--stream", "slurm")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "no job here has a stream `slurm`\n"


def test_each_refusal_comes_with_its_own_way_out(specc: Place) -> None:
    fields = "  core_limit: 0\n  hpcqueue_id: q1\n  cmd_line"
    specc.write("a.job.yaml", SPEC.format(queue="normal", code=0).replace("  cmd_line", fields))
    specc.write("specc.toml", CONFIGURATION)
    done = specc("submit", "-y")
    assert done.returncode == 1
    cores, queue = done.stderr.split("error[SPC701 refused-by-target]: ")[1:]
    assert cores.startswith("`core_limit` is 0")
    assert "help: write 1 or more" in cores
    assert "hpcqueues" not in cores
    assert queue.startswith("`hpcqueue_id` is `q1`")
    assert "write `hpcqueues = " in queue


def test_what_is_missing_is_said_beside_what_is_wrong(specc: Place) -> None:
    text = SPEC.partition("  cmd_line")[0].format(queue="normal") + "  cmd_line: ' '\n  core_limit: 0\n"
    specc.write("a.job.yaml", text)
    done = specc("submit", "-y")
    assert done.returncode == 1
    assert "there is nothing to run" in done.stderr
    assert "`core_limit` is 0" in done.stderr


def test_no_sbatch_on_the_path(specc: Place) -> None:
    (specc.slurm / "bin" / "sbatch").unlink()
    empty = ":".join(each for each in os.environ["PATH"].split(":") if not Path(each, "sbatch").exists())
    done = specc("submit", "-y", PATH=f"{specc.slurm / 'bin'}:{empty}")
    assert done.returncode == 2
    assert "`sbatch` is not on the PATH" in done.stderr
    assert "unknown" not in specc("status").stdout


def test_the_wrong_cluster(specc: Place) -> None:
    specc.write("specc.toml", CONFIGURATION + 'cluster = "other"\n')
    done = specc("submit", "-y")
    assert done.returncode == 2
    assert "this machine belongs to the cluster `made_up`, and the target `hpc` is `other`" in done.stderr


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('directory = "here"', "expected an absolute path"),
        ('directory = "/a\\\\b"', "no backslash"),
        ('layout = "cores"', "expected `tasks` or `threads`"),
        ('resource_limits = {"a" = ["--uid=0"]}', "`--uid` is not among the options that may stand here"),
        ('queues = {q = {layout = "mpi"}}', "expected `tasks` or `threads`"),
    ],
)
def test_settings_that_cannot_be(specc: Place, setting: str, said: str) -> None:
    specc.write("specc.toml", f"{CONFIGURATION}{setting}\n")
    done = specc("submit", "-y")
    assert done.returncode in (1, 2)
    assert said in done.stderr + done.stdout


def test_the_settings_are_shown(specc: Place) -> None:
    specc.write("specc.toml", f'{CONFIGURATION}layout = "tasks"\ncluster = "made_up"\nhpcqueues = {{a = "b"}}\n')
    found = json.dumps(specc("config").stdout)
    for name in ("layout", "cluster", "hpcqueues.a", "environment", "options"):
        assert f"targets.hpc.{name}" in found
