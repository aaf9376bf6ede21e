"""What became of jobs: `status`, `wait`, `logs`, `cancel` and `ledger`, for jobs that really run on this machine."""

import contextlib
import json
import os
import platform
import re
import shutil
import sqlite3
import sys
import time

import pytest
from support.local_jobs import eventually
from support.projects import Place

from specc.app.feeding import Feeder
from specc.submission.resolve import settle_by_hand
from specc.system.reader import is_on_own_disk
from specc.targets import JobState

SETTINGS = b"""project = "demo"
[units]
time_limit = "min"
[targets.local]
run_as = "caller"
[defaults]
zone = "z"
cluster_id = "c"
run_user = "u"
[targets.cloud]
kind = "ehpc"
endpoint = "http://127.0.0.1:9/api"
"""
JOB = "specc: 1\nmatrix: {axes: {n: [1, 2]}}\njob:\n  name: j-{{ matrix.n }}\n  cmd_line: %s\n"


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    place.put("specc.toml", SETTINGS)
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("specc.submission.follow.FIRST_SECONDS", 0.05)
    monkeypatch.setattr("specc.cli.commands.logs.LOOK_SECONDS", 0.2)
    monkeypatch.setattr("specc.cli.commands.logs.READ_SECONDS", 0.05)
    return place


def submitted(place: Place, command: str, *arguments: str) -> list[str]:
    """The uuids of the two jobs."""
    place.write(jobs__a=JOB % json.dumps(command))
    assert place.run("submit", *arguments) in (0, 5, 6), place.err
    return [line.split("\t")[1] for line in place.out.splitlines()]


def states(place: Place) -> list[str]:
    return [line.split("\t")[0] for line in place.out.splitlines()]


def have_ended(place: Place) -> bool:
    """Whether all jobs have ended, by what the local target knows and the ledger does not yet."""
    (path,) = (place.root / "state").rglob("jobs.db")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return all(JobState(state).is_final for (state,) in connection.execute("SELECT state FROM jobs"))


class TestWaiting:
    def test_submit_and_wait(self, here):
        submitted(here, "echo {{ matrix.n }}", "--wait")
        assert "2 finished" in here.err
        assert here.run("status") == 0
        assert states(here) == ["finished", "finished"]

    def test_times_and_usage_are_measured(self, here):
        """Also of a process that outlives its parent; and the ledger has them when the target has forgotten the job."""
        here.put(
            "burn.py",
            b"import time\nheld = bytearray(160 << 20)\nend = time.process_time() + 0.5\n"
            b"while time.process_time() < end:\n    pass\n",
        )
        before = time.time()
        command = f"sleep 0.6 & {sys.executable} {here.root}/burn.py; wait"
        here.write(a=f"specc: 1\njob: {{name: burn, cmd_line: {command!r}, core_limit: 2, mem_limit: 512}}\n")
        here.put("specc.toml", SETTINGS.replace(b"[units]", b'[units]\nmem_limit = "MiB"'))
        assert here.run("submit", "--wait") == 0
        for _ in range(2):
            assert here.run("status", "--output", "json") == 0
            (job,) = json.loads(here.out)["jobs"]
            usage = job["usage"]
            assert before - 1 < job["submitted_at"] <= job["started_at"] <= job["ended_at"] <= time.time() + 1
            assert 0.5 <= job["seconds"] <= job["ended_at"] - job["started_at"] + 0.2
            assert job["node"] == platform.node()
            assert 160 << 20 < usage["peak_memory"] < 400 << 20
            assert 0.5 <= usage["cpu_seconds"] < 10
            assert (usage["cores_asked"], usage["memory_asked"], usage["seconds_asked"]) == (2, 512 << 20, None)
            (path,) = (here.root / "state").rglob("jobs.db")
            with contextlib.closing(sqlite3.connect(path)) as connection, connection:
                connection.execute("DELETE FROM jobs")
        assert here.run("usage") == 0
        state, uuid, spec, _, cores, memory, seconds = here.out.rstrip("\n").split("\t")
        assert (state, uuid, spec) == ("finished", job["uuid"], "a.job.yaml")
        assert re.fullmatch(r"[0-9.]+ of 2 \([0-9]+%\)", cores)
        assert re.fullmatch(r"[0-9]+MiB of 512MiB \([0-9]+%\)", memory)
        assert re.fullmatch(r"[0-9.]+s", seconds)
        assert here.run("usage", "--output", "json") == 0
        (row,) = json.loads(here.out)["jobs"]
        assert row["efficiency"]["memory"] == usage["peak_memory"] / (512 << 20)
        assert row["efficiency"]["time"] is None
        assert here.run("usage", "--by-spec") == 0
        assert here.out.startswith("1\ta.job.yaml\t")
        assert here.run("usage", "--by-spec", "--output", "json") == 0
        (summed,) = json.loads(here.out)["specs"]
        assert (summed["ended_jobs"], summed["efficiency"]) == (1, pytest.approx(row["efficiency"]))

    def test_a_job_that_ends_at_once_has_not_used_more_cores_than_there_are(self, here):
        submitted(here, "true {{ matrix.n }}", "--wait")
        assert here.run("status", "--output", "json") == 0
        for job in json.loads(here.out)["jobs"]:
            assert job["seconds"] >= job["usage"]["cpu_seconds"] / (os.cpu_count() or 1)

    def test_usage_of_nothing(self, here):
        assert here.run("usage") == 0
        assert (here.out, here.err) == ("", "nothing was submitted\n")
        assert here.run("usage", "--by-spec", "--output", "json") == 0
        assert json.loads(here.out)["specs"] == []

    def test_a_job_that_fails(self, here):
        submitted(here, "exit $(({{ matrix.n }} - 1))")
        assert here.run("wait", "jobs") == 5
        assert "1 finished, 1 failed" in here.err
        assert here.run("status", "--state", "failed") == 0
        assert here.out.split("\t")[0] == "failed"
        assert "exit code 1" in here.out

    def test_states_are_those_of_now(self, here):
        """Not those last seen, by which a job that runs by now would be cancelled as one that has not begun."""
        submitted(here, f"while [ ! -e '{here.root}/go' ]; do sleep 0.02; done; test -e {{{{ matrix.n }}}}")
        assert here.run("status") == 0
        assert not set(states(here)) & {"exited", "failed"}
        here.put("go", b"")
        eventually(lambda: have_ended(here), "the jobs do not end")
        assert here.run("cancel", "--state", "active") == 0
        assert "no job is active; 2 jobs are in other states" in here.err
        assert here.run("wait", "--state", "failed") == 5
        assert "2 failed" in here.err

    def test_what_runs_is_cancelled_without_looking_before(self, here):
        uuids = submitted(here, "sleep 60")
        assert here.run("cancel", "--state", "active", "--yes") == 0
        assert sorted(uuids) == sorted(line.split("\t")[1] for line in here.out.splitlines())

    def test_an_axis_is_read_as_a_sweep_reads_it(self, here):
        here.write(
            jobs__a="specc: 1\nmatrix: {axes: {lr: [1e-3, 0.10]}}\njob: {name: 'l-{{ matrix.lr }}', cmd_line: 'true'}\n"
        )
        assert here.run("submit", "--wait") == 0
        for text in ("lr=1e-3", "lr=0.001", "lr=0.1"):
            assert here.run("status", "--only", text) == 0
            assert len(states(here)) == 1, text
        assert here.run("status", "--only", "rl=1") == 2
        assert "has an axis `rl`" in here.err
        assert here.run("cancel", "--only", "lr=5") == 0

    def test_the_json_of_a_submission_that_waited_says_how_jobs_ended(self, here):
        here.write(jobs__a=JOB % json.dumps("exit $(({{ matrix.n }} - 1))"))
        assert here.run("submit", "--wait", "--output", "json") == 5
        said = json.loads(here.out)
        assert [job["exit_code"] for job in said["results"]] == [0, 1]
        assert said["summary"]["jobs"] == {"finished": 1, "failed": 1, "cancelled": 0, "open": 0}

    def test_an_id_that_is_a_folder_too(self, here, monkeypatch):
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("specc.app.following.follow_jobs", interrupt)
        here.write(
            jobs__a="specc: 1\nid: hello\njob: {name: a, cmd_line: sleep 60}\n",
            hello__b="specc: 1\njob: {name: b, cmd_line: 'true'}\n",
        )
        assert here.run("submit", "jobs/a.job.yaml", "--wait") == 130
        advised = here.err.split("`specc cancel ")[1].split("`")[0]
        assert advised.startswith("hpcjob-")
        assert here.run("cancel", advised) == 0

    def test_failed_ones_run_again(self, here):
        submitted(here, "exit $(({{ matrix.n }} - 1))", "--wait")
        assert here.run("submit", "--rerun", "--state", "failed", "--wait") == 5
        assert here.out.count("accepted") == 1
        assert here.run("ledger", "list", "jobs") == 0
        assert len(states(here)) == 3

    def test_time_runs_out(self, here):
        submitted(here, "sleep 30")
        assert here.run("wait", "jobs", "--timeout", "0") == 6
        assert here.run("wait", "jobs", "--timeout", "100s", "--state", "failed") == 0
        assert here.run("cancel", "jobs") == 0
        assert here.run("wait", "jobs") == 5

    def test_time_runs_out_after_one_failed(self, here):
        submitted(here, "exit 1")
        here.run("wait", "jobs")
        here.write(jobs__b=JOB % json.dumps("sleep 30"))
        here.run("submit", "jobs/b.job.yaml")
        assert here.run("wait", "jobs", "--timeout", "0") == 6
        assert "2 failed, 2 not ended" in here.err
        assert here.run("cancel", "jobs") == 0

    def test_what_was_cancelled_has_not_failed(self, here):
        submitted(here, "sleep 30")
        assert here.run("cancel", "jobs", "--only", "n=1") == 0
        assert here.run("cancel", "jobs") == 0
        assert here.run("wait", "jobs", "--output", "json") == 5
        assert here.err.endswith("2 cancelled\n")
        assert json.loads(here.out)["summary"] == {"finished": 0, "failed": 0, "cancelled": 2, "open": 0}

    def test_how_to_read_what_a_failed_job_said(self, here):
        _, second = submitted(here, "exit $(({{ matrix.n }} - 1))")
        assert here.run("wait", "jobs") == 5
        assert f"failed: j-2 {second} (exit code 1)\n" in here.err
        assert f"help: `specc logs {second} --stream stderr` shows" in here.err
        submitted(here, "exit 7", "--changed")
        assert here.run("wait", "jobs") == 5
        assert "help: `specc logs jobs/a.job.yaml --state failed --stream stderr` shows" in here.err

    def test_jobs_of_which_the_target_knows_nothing(self, here):
        submitted(here, "true")
        eventually(lambda: have_ended(here))
        shutil.rmtree(here.root / "state" / "specc" / "local")
        assert here.run("wait", "jobs", "--timeout", "1") == 6
        assert here.err.count("(there is no such job on this machine)\n") == 2
        assert here.err.endswith("2 not ended\n")

    def test_jobs_that_are_known_to_have_ended_are_not_asked_about(self, here):
        submitted(here, "true", "--wait")
        shutil.rmtree(here.root / "state" / "specc" / "local")
        assert here.run("wait", "jobs") == 0
        assert "2 finished" in here.err

    def test_interrupted(self, here, monkeypatch):
        submitted(here, "sleep 30")
        slept = []

        def interrupt(seconds):
            slept.append(seconds)
            if len(slept) == 3:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("specc.app.following.time.sleep", interrupt)
            assert here.run("wait", "jobs") == 130
        assert here.err.endswith(
            "2 jobs still running; `specc wait jobs/a.job.yaml` waits again, `specc cancel jobs/a.job.yaml` ends them\n"
        )
        assert here.run("cancel", "jobs") == 0

    def test_by_uuid_and_by_attempt(self, here):
        first, second = submitted(here, "true", "--wait")
        assert here.run("status", second) == 0
        assert second in here.out
        assert first not in here.out
        here.run("ledger", "show", first, "--output", "json")
        attempt = json.loads(here.out)["attempts"][0]["attempt"]
        assert here.run("status", attempt[:10]) == 0
        assert first in here.out

    def test_by_the_beginning_of_a_uuid(self, here):
        first, second = submitted(here, "true", "--wait")
        assert here.run("status", second[:-2]) == 0
        assert second in here.out
        assert first not in here.out
        assert here.run("status", second[:-3]) == 2
        (path,) = (here.root / "state").rglob("ledger.sqlite")
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE attempts SET uuid = 'hpcjob-aaaaaa' || substr(sent_name, -1)")
        connection.close()
        assert here.run("cancel", "hpcjob-aaaaaa") == 2
        assert "is the beginning of several ids: hpcjob-aaaaaa1, hpcjob-aaaaaa2" in here.err
        assert here.run("status", "hpcjob-aaaaaa2") == 0

    def test_what_ended_well_needs_no_words(self, here):
        submitted(here, "exit $(({{ matrix.n }} - 1))", "--wait")
        assert here.run("status") == 0
        assert [line.split("\t")[-1] for line in here.out.splitlines()] == ["", "exit code 1"]

    def test_nothing_like_that(self, here):
        submitted(here, "true", "--wait")
        assert here.run("status", "hpcjob-none") == 2
        assert "no spec, job or attempt `hpcjob-none`" in here.err
        assert here.run("status", "jobs/a.job.yml") == 2
        assert "did you mean `jobs/a.job.yaml`?" in here.err

    def test_of_a_spec_that_is_gone(self, here):
        submitted(here, "true", "--wait")
        (here.root / "jobs" / "a.job.yaml").unlink()
        assert here.run("status", "jobs/a.job.yaml") == 0
        assert states(here) == ["finished", "finished"]

    def test_nothing_was_submitted(self, here):
        assert here.run("status") == 0
        assert here.err == "nothing was submitted\n"
        assert here.run("wait") == 0
        assert not (here.root / "state").exists()


def test_jobs_that_end_while_others_are_sent_count_as_ended(here, monkeypatch):
    room = Feeder._room

    def later(self):
        until = time.monotonic() + 20
        while self._jobs and not have_ended(here) and time.monotonic() < until:
            time.sleep(0.05)
        return room(self)

    monkeypatch.setattr(Feeder, "_room", later)
    here.write(jobs__a=JOB % json.dumps("true"))
    assert here.run("submit", "--max-active", "1", "--wait") == 0
    assert here.err.endswith("2 finished\n")


class TestOutput:
    def test_of_several_jobs(self, here):
        submitted(here, "echo out {{ matrix.n }}; echo err >&2", "--wait")
        assert here.run("logs", "jobs") == 0
        assert here.out == "==> j-1 stdout <==\nout 1\n\n==> j-2 stdout <==\nout 2\n"
        assert here.run("logs", "jobs", "--only", "n=2", "--stream", "stderr") == 0
        assert here.out == "err\n"

    def test_followed_until_the_end(self, here):
        first, _ = submitted(here, "echo one; sleep 0.4; echo two")
        assert here.run("logs", first, "-f") == 0
        assert here.out == "one\ntwo\n"

    def test_several_followed_on_a_terminal_say_whose_line_it_is(self, here, monkeypatch):
        submitted(here, "printf 'one\\n\\nt'; sleep 0.3; echo wo; printf {{ matrix.n }}")
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        assert here.run("logs", "jobs", "-f") == 0
        lines = [f"j-{n} | {line}" for n in (1, 2) for line in ("one", "", "two", n)]
        assert sorted(here.out.splitlines()) == sorted(lines)

    def test_its_end(self, here):
        first, _ = submitted(here, "seq 5", "--wait")
        assert here.run("logs", first, "--tail", "2") == 0
        assert here.out == "4\n5\n"

    def test_one_file_for_both_streams_is_printed_once(self, here):
        job = JOB % json.dumps("echo out; echo err >&2")
        job += f"  stdout_redirect_path: {here.root}/o.txt\n  stderr_redirect_path: {here.root}/./o.txt\n"
        here.write(jobs__a=job.replace("[1, 2]", "[1]"))
        assert here.run("submit", "--wait") == 0
        assert here.run("logs", "jobs", "--stream", "both") == 0
        assert here.out == "out\nerr\n"

    def test_of_json_only_the_end_of_a_long_one(self, here, monkeypatch):
        monkeypatch.setattr("specc.cli.commands.logs.JSON_BYTES", 6)
        first, second = submitted(here, "seq $(({{ matrix.n }} * 3))", "--wait")
        assert here.run("logs", first, second, "--output", "json") == 0
        logs = json.loads(here.out)["logs"]
        assert [(log["text"], log["truncated"]) for log in logs] == [("1\n2\n3\n", False), ("4\n5\n6\n", True)]

    def test_as_json(self, here):
        first, _ = submitted(here, "echo x", "--wait")
        assert here.run("logs", first, "--stream", "both", "--output", "json") == 0
        logs = json.loads(here.out)["logs"]
        assert [(log["stream"], log["text"]) for log in logs] == [("stdout", "x\n"), ("stderr", "")]

    def test_one_that_cannot_be_read_does_not_hide_the_next(self, here):
        job = JOB % json.dumps("echo out {{ matrix.n }}")
        here.write(jobs__a=f"{job}  stdout_redirect_path: '{here.root}/o{{{{ matrix.n }}}}.txt'\n")
        assert here.run("submit", "--wait") == 0
        (here.root / "o1.txt").unlink()
        (here.root / "o1.txt").mkdir()
        assert here.run("logs", "jobs") == 2
        assert (here.out, here.err) == (
            "==> j-2 stdout <==\nout 2\n",
            f"cannot read {here.root}/o1.txt: Is a directory\n",
        )
        assert here.run("logs", "jobs", "--output", "json") == 2
        logs = json.loads(here.out)["logs"]
        assert [(log["text"], (log["error"] or "")[-14:]) for log in logs] == [
            (None, "Is a directory"),
            ("out 2\n", ""),
        ]

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("jobs", "--stream", "log"), "no stream `log`"),
            (("jobs", "-f", "--output", "json"), "prints text only"),
        ],
    )
    def test_arguments_that_make_no_sense(self, here, arguments, said):
        here.write(jobs__a=JOB % "x")
        assert here.run("logs", *arguments) == 2
        assert said in here.err

    def test_of_nothing(self, here):
        here.write(jobs__a=JOB % "x")
        assert here.run("logs", "jobs") == 0
        assert here.err == "nothing was submitted\n"

    def test_whose_file_is_not_there(self, here):
        submitted(here, "echo {{ matrix.n }}", "--wait")
        for log in (here.root / "state").rglob("stdout"):
            log.unlink()
        assert here.run("logs") == 0
        assert here.err.endswith("/stdout is not there\nthe same is true of 1 other file\n")

    def test_a_silent_job_that_failed_says_where_it_spoke(self, here):
        uuid, _ = submitted(here, "test {{ matrix.n }} = 2 || { echo no >&2; exit 1; }", "--wait")
        assert here.run("logs", "--state", "failed") == 0
        assert (here.out, here.err) == (
            "", f"stdout is empty; stderr has 1 line: specc logs {uuid} --stream stderr\n"
        )  # fmt: skip
        assert here.run("logs", "--state", "finished") == 0
        assert (here.out, here.err) == ("", "")

    def test_several_silent_jobs_are_one_line(self, here):
        submitted(here, "echo {{ matrix.n }} >&2", "--wait")
        assert here.run("logs") == 0
        said = "stdout of 2 jobs is empty, and stderr is not: specc logs jobs/a.job.yaml --stream stderr\n"
        assert (here.out, here.err) == ("", said)

    def test_a_file_that_a_later_job_wrote_again(self, here):
        here.write(
            jobs__a="specc: 1\nparams: {steps: {type: integer, default: 1}}\njob:\n  name: j\n"
            "  cmd_line: echo n = {{ params.steps }}\n  stdout_redirect_path: out/j.out\n"
            "results: {n: 'n = (.+)'}\n"
        )
        assert here.run("submit", "--wait") == 0, here.err
        assert here.run("submit", "-p", "steps=10", "--wait") == 0, here.err
        assert here.run("logs", "-p", "steps=10") == 0
        assert "written again" not in here.err
        if not is_on_own_disk(here.root):  # the clock of a file server may differ from that of this machine
            written = time.time() + 60
            os.utime(here.root / "out/j.out", (written, written))
        again = (
            "was written again after the job had ended, perhaps by another job; put the axes or parameters by which "
            "the jobs differ"
        )
        assert here.run("logs", "-p", "steps=1") == 0
        assert "n = 10" in here.out
        assert here.err == f"warning: out/j.out {again} into the file's name\n"
        assert here.run("results", "-p", "steps=1") == 0
        assert f"(1) stdout {again}" in here.err


ONE_FILE = (
    "specc: 1\nparams: {steps: {type: integer, default: 1}}\nmatrix: {axes: {n: [1, 2]}}\njob:\n"
    "  name: j-{{ matrix.n }}\n  cmd_line: echo n = {{ params.steps }}\n"
    "  stdout_redirect_path: out/{{ matrix.n }}%s.out\n"
)


class TestOneFileOfSeveralParameters:
    def test_is_warned_of_before_it_is_written_again(self, here):
        here.write(jobs__a=ONE_FILE % "")
        assert here.run("submit", "--wait") == 0, here.err
        assert "warning" not in here.err
        said = (
            "warning: 2 payloads write files that jobs with other parameters wrote, such as out/1.out; write "
            "`{{ params.steps }}` into `stdout_redirect_path` to keep them apart\n"
        )
        for command in (("plan",), ("submit", "--dry-run"), ("plan", "--output", "json"), ("submit", "--wait")):
            assert here.run(*command, "-p", "steps=10") == 0, here.err
            assert said in here.err, command
        assert here.run("plan", "--changed", "--rerun", "--only", "n=2") == 0  # the other way round
        assert "warning: 1 payload writes out/2.out, which a job with other parameters wrote;" in here.err
        assert here.run("submit", "-p", "steps=10", "--wait") == 0
        assert "warning" not in here.err  # nothing is sent

    @pytest.mark.parametrize("there", ["-{{ params.steps }}", "-%j"])
    def test_is_not_warned_of_where_each_has_its_own(self, here, there):
        here.write(jobs__a=ONE_FILE % there)
        assert here.run("submit", "--wait") == 0, here.err
        assert here.run("plan", "-p", "steps=10") == 0
        assert "other parameters" not in here.err

    def test_is_no_matter_where_each_job_has_a_folder(self, here):
        here.put("specc.toml", SETTINGS.replace(b'"caller"', b'"caller"\nworkdir = "job"'))
        here.write(jobs__a=ONE_FILE % "")
        assert here.run("submit", "--wait") == 0, here.err
        assert here.run("plan", "-p", "steps=10") == 0
        assert "warning" not in here.err

    def test_hides_a_path_that_no_report_shows(self, here, monkeypatch):
        monkeypatch.setenv("DEPLOY_PAT", "hunter22")
        here.put("specc.toml", SETTINGS.replace(b'project = "demo"', b'project = "demo"\nenv = ["DEPLOY_PAT"]'))
        here.write(jobs__a=ONE_FILE % "-{{ env.DEPLOY_PAT }}")
        assert here.run("submit", "--wait") == 0, here.err
        assert here.run("plan", "-p", "steps=10") == 0
        assert "other parameters wrote" in here.err
        assert "hunter22" not in here.err


class TestAdvisedCommands:
    """A command that specc advises means the target that was used, also where that is not the project's."""

    @pytest.fixture
    def away(self, here):
        here.put("specc.toml", SETTINGS.replace(b'project = "demo"', b'project = "demo"\ntarget = "cloud"'))
        return here

    def test_to_try_again(self, away):
        submitted(away, "exit {{ matrix.n }}", "--target", "local", "--wait")
        assert "`specc retry jobs/a.job.yaml --target local` sends them again" in away.err
        assert away.run("status") == 0
        assert "`specc retry jobs/a.job.yaml --target local` sends them again" in away.err
        assert "`specc logs jobs/a.job.yaml --state failed --target local --stream stderr` shows" in away.err
        assert away.run("submit", "jobs", "--target", "local") == 0
        assert "`specc retry jobs/a.job.yaml --target local` sends them again" in away.err
        assert away.run("retry", "jobs/a.job.yaml", "--target", "local", "--wait") == 5
        assert "`specc retry jobs/a.job.yaml --target local` sends them again" in away.err

    def test_to_keep_results(self, away):
        submitted(away, "echo {{ matrix.n }}", "--target", "local", "--wait")
        away.write(jobs__a=JOB % "echo again {{ matrix.n }}")
        away.run("plan", "--target", "local")
        assert "`specc keep --target local` keeps the results" in away.out

    def test_to_wait_and_to_cancel(self, away, monkeypatch):
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("specc.app.following.follow_jobs", interrupt)
        away.write(jobs__a=JOB % "sleep 60")
        assert away.run("submit", "--target", "local", "--wait") == 130
        assert "`specc wait jobs/a.job.yaml --target local` waits again" in away.err
        assert "`specc cancel jobs/a.job.yaml --target local` ends them" in away.err
        assert away.run("cancel", "jobs/a.job.yaml", "--target", "local") == 0

    def test_need_no_option_for_the_target_of_the_project(self, here):
        submitted(here, "exit {{ matrix.n }}", "--wait")
        assert "`specc retry jobs/a.job.yaml` sends them again" in here.err


class TestChoosing:
    def test_a_choice_that_is_empty_says_what_there_is(self, here):
        submitted(here, "test {{ matrix.n }} = 1", "--wait")
        for command in ("status", "results", "usage", "logs", "wait", "cancel"):
            assert here.run(command, "--state", "cancelled") == 0
            assert "no job is cancelled; 2 jobs are in other states\n" in here.err, command
        assert here.run("status", "--state", "cancelled", "--only", "n=1") == 0
        assert here.err == "no job is cancelled; 1 job is in another state\n"
        assert here.run("status", "--only", "n=7", "--state", "failed") == 0
        assert here.err == "no job matches `--only n=7`; 2 jobs do not\n"
        assert here.run("status", "--cell", "zz") == 0
        assert here.err == "no job matches `--cell zz`; 2 jobs do not\n"
        assert here.run("report", "--cell", "zz", "-o", "r.html") == 2
        assert "nothing to report: no job matches `--cell zz`" in here.err
        here.write(jobs__b="specc: 1\njob: {name: b, cmd_line: 'true'}\n")
        assert here.run("status", "jobs/b.job.yaml") == 0
        assert here.err == "nothing of `jobs/b.job.yaml` was submitted; 2 jobs are of other specs\n"

    def test_a_job_by_its_name(self, here):
        submitted(here, "echo {{ matrix.n }}", "--wait")
        assert here.run("logs", "j-2") == 0
        assert here.out == "2\n"
        assert here.run("logs", "j-3") == 2
        assert "there is no spec, job or attempt `j-3`" in here.err

    def test_a_name_that_several_jobs_have(self, here):
        here.write(
            jobs__a="specc: 1\nparams: {n: {type: integer, default: 1}}\n"
            "job: {name: j, cmd_line: 'echo {{ params.n }}'}\n"
        )
        assert here.run("submit", "--wait") == 0
        assert here.run("submit", "-p", "n=5", "--wait") == 0
        assert here.run("logs", "j") == 2
        assert "2 jobs have the name `j`: hpcjob-" in here.err
        assert "(jobs/a.job.yaml, n=1)" in here.err
        assert here.run("logs", "j", "-p", "n=5") == 0
        assert here.out == "5\n"

    def test_one_payload_needs_a_decision(self, here):
        for command in ("echo 1", "echo 2"):
            here.write(jobs__a=f"specc: 1\njob: {{name: j, cmd_line: {command}}}\n")
            here.run("submit", "--wait")
        assert "nothing was sent: 1 of 1 payload needs a decision first\n" in here.err


class TestCancelling:
    def test_jobs_that_run(self, here):
        submitted(here, "sleep 30")
        assert here.run("cancel", "jobs") == 0
        assert states(here) == ["cancelled", "cancelled"]
        here.run("wait", "jobs")
        assert here.run("cancel", "jobs") == 0
        assert here.err == "no job to cancel: all have ended\n"

    def test_not_all_by_mistake(self, here):
        submitted(here, "sleep 30")
        assert here.run("cancel") == 2
        assert "nothing says which jobs to cancel" in here.err
        assert here.run("cancel", "--all", "--output", "json") == 0
        assert [answer["done"] for answer in json.loads(here.out)["cancelled"]] == [True, True]


class TestLedger:
    def test_listing_and_showing(self, here):
        (first, _) = submitted(here, "true", "--wait")
        assert here.run("ledger", "list") == 0
        assert f"2 attempts in {here.root}/state/specc/demo-" in here.err
        assert here.run("ledger", "show", first) == 0
        assert "payload:\n  cluster_id: c\n  cmd_line: true\n" in here.out
        assert re.search(r"^created_at: \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$", here.out, re.MULTILINE)
        assert re.search(r"^sent_by:\n  who: \S+\n  host: \S+$", here.out, re.MULTILINE)
        assert here.run("ledger", "show") == 2

    def test_verifying(self, here):
        submitted(here, "true", "--wait")
        assert here.run("ledger", "verify") == 0
        (path,) = (here.root / "state").rglob("ledger.sqlite")
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE attempts SET body = '{}'")
        connection.close()
        assert here.run("ledger", "verify") == 1
        assert here.out.count("the body does not have its digest") == 2

    def test_moving_what_there_is_not(self, here):
        submitted(here, "true")
        for arguments, said in (
            (("x", "y"), "the ledger knows no `x`"),
            (("jobs/a.job.yaml", "b@0"), "has 2 cells, and b@0 is a single cell"),
            (("jobs/a.job.yaml", "jobs/a.job.yaml"), "attempts of jobs/a.job.yaml@"),
        ):
            assert here.run("ledger", "mv", *arguments) == 2
            assert said in here.err

    def test_moving_gives_other_parameters(self, here):
        first, _ = submitted(here, "true")
        assert here.run("ledger", "mv", first, "b", "-p", "n=1", "--output", "json") == 0
        assert json.loads(here.out)["moved"][0]["to"].endswith(" -p n=1")

    def test_a_target_that_is_another_one_now(self, here):
        submitted(here, "true", "--wait")
        (path,) = (here.root / "state").rglob("ledger.sqlite")
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE attempts SET target = 'elsewhere', job_state = NULL")
        connection.close()
        assert here.run("status") == 2
        assert states(here) == ["accepted", "accepted"]
        assert "2 jobs cannot be asked about: the target `local` was elsewhere, and is local:" in here.err
        assert here.run("wait") == 2

    def test_a_target_that_is_gone(self, here):
        submitted(here, "true", "--wait")
        (path,) = (here.root / "state").rglob("ledger.sqlite")
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE attempts SET target_name = 'old', job_state = NULL")
        assert here.run("status") == 0, "it has another name now"
        with connection:
            connection.execute("UPDATE attempts SET target = 'elsewhere', job_state = NULL")
        connection.close()
        assert here.run("status") == 2
        assert "2 jobs cannot be asked about: the target `old` cannot be used: there is no target `old`" in here.err
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE attempts SET state = 'unknown', uuid = NULL, message = 'lost'")
        connection.close()
        assert here.run("ledger", "resolve") == 4


def count_of_jobs(place: Place) -> int:
    (store,) = (place.root / "state").rglob("jobs.db")
    with contextlib.closing(sqlite3.connect(store)) as connection:
        return int(connection.execute("SELECT count(*) FROM jobs").fetchone()[0])


class TestUnknown:
    @pytest.fixture
    def unknown(self, here):
        """Two jobs that run, and a ledger in which their answers were lost."""
        submitted(here, "true", "--wait")
        (self.path,) = (here.root / "state").rglob("ledger.sqlite")
        with sqlite3.connect(self.path) as connection:
            connection.execute("UPDATE attempts SET state = 'unknown', uuid = NULL, job_state = NULL, message = 'lost'")
        connection.close()
        return here

    def test_here_each_is_found_by_its_tag_unasked(self, unknown):
        assert unknown.run("ledger", "resolve") == 0
        assert states(unknown) == ["accepted", "accepted"]
        assert unknown.out.count("found by its tag") == 2
        assert unknown.run("submit") == 0
        assert states(unknown) == ["finished", "finished"]

    @pytest.mark.parametrize("command", ["submit", "status", "wait"])
    def test_here_it_settles_itself(self, unknown, command):
        """This machine runs an attempt once, however often it is sent."""
        assert unknown.run("plan", "--output", "json") == 0
        assert {step["action"] for step in json.loads(unknown.out)["steps"]} == {"resume"}
        assert unknown.run(command) == 0
        assert unknown.run("status") == 0
        assert states(unknown) == ["finished", "finished"]
        assert unknown.run("submit") == 0
        assert "2 accepted before" in unknown.err
        assert count_of_jobs(unknown) == 2

    def test_what_never_arrived_here_is_sent_under_its_key(self, unknown):
        (store,) = (unknown.root / "state").rglob("jobs.db")
        with contextlib.closing(sqlite3.connect(store)) as connection, connection:
            connection.execute("DELETE FROM jobs WHERE name = 'j-1'")
        assert unknown.run("submit", "--wait") == 0
        assert "2 accepted" in unknown.err
        assert count_of_jobs(unknown) == 2
        assert unknown.run("ledger", "list", "--output", "json") == 0
        assert [one["number"] for one in json.loads(unknown.out)["attempts"]] == [1, 1]

    def test_the_users_word(self, unknown):
        assert unknown.run("ledger", "resolve", "jobs", "--only", "n=1", "--uuid", "hpcjob-x") == 0
        assert unknown.run("ledger", "resolve", "jobs", "--only", "n=2", "--uuid", "hpcjob-x") == 2
        assert "hpcjob-x is the job of another attempt" in unknown.err
        assert unknown.run("ledger", "resolve", "jobs", "--only", "n=2", "--dismiss") == 0
        assert states(unknown) == ["dismissed"]

    def test_of_two_who_say_the_same_the_second_is_told(self, unknown, monkeypatch):
        def twice(ledger, record, uuid):
            settle_by_hand(ledger, record, uuid)
            settle_by_hand(ledger, record, uuid)

        monkeypatch.setattr("specc.cli.commands.ledger.settle_by_hand", twice)
        assert unknown.run("ledger", "resolve", "jobs", "--only", "n=1", "--dismiss") == 0
        assert "another process settled it meanwhile" in unknown.err

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--uuid", "x", "--dismiss"), "contradict each other"),
            (("--dismiss",), "nothing says what to dismiss"),
            (("--uuid", "x"), "`--uuid` names one job, and 2 attempts are chosen"),
            (("jobs", "--only", "n=3", "--dismiss"), "none of the chosen attempts is unknown"),
        ],
    )
    def test_words_that_make_no_sense(self, unknown, arguments, said):
        assert unknown.run("ledger", "resolve", *arguments) == 2
        assert said in unknown.err

    def test_nothing_is_unknown(self, here):
        submitted(here, "true")
        assert here.run("ledger", "resolve") == 0
        assert here.err.endswith("nothing is unknown\n")

    def test_a_person_can_say_no(self, unknown, monkeypatch):
        monkeypatch.setattr("specc.cli.commands.ledger.is_terminal", lambda: True)
        monkeypatch.setattr("specc.cli.commands.ledger.confirm", lambda question: False)
        assert unknown.run("ledger", "resolve", "jobs", "--dismiss") == 4


def test_jobs_outlive_whoever_submitted_them(here: Place) -> None:
    """The command has ended long before its job has, which another process then finds."""
    submitted(here, "sleep 0.5; echo $SPECC_JOB_NAME > {{ matrix.n }}.done")
    assert here.run("wait", "jobs") == 0
    assert os.environ.get("SPECC_JOB_NAME") is None


def test_a_dry_run_makes_nothing_here(here: Place) -> None:
    here.write(jobs__a=JOB % "x")
    assert here.run("submit", "--dry-run") == 0
    assert not (here.root / "state").exists()


class TestNamesThatAreNoText:
    @pytest.mark.parametrize("command", ["plan", "submit"])
    def test_a_spec(self, here, command):
        (here.root / os.fsdecode(b"x\xff.job.yaml")).write_text("specc: 1\njob: {name: a, cmd_line: 'true'}\n")
        assert here.run("check") == 0
        assert here.run(command) == 2
        assert "error: the name of x" in here.err
        assert ".job.yaml is not UTF-8\nhelp: give it another name to send it\n" in here.err

    def test_a_plan(self, here):
        here.write(a="specc: 1\njob: {name: a, cmd_line: 'true'}\n")
        assert here.run("plan", "--out", os.fsdecode(b"o\xff")) == 2
        assert "is not UTF-8" in here.err

    def test_a_folder_of_a_project_without_a_name(self, here, monkeypatch):
        folder = here.root / os.fsdecode(b"d\xff")
        folder.mkdir()
        (folder / "specc.toml").write_bytes(SETTINGS.replace(b'project = "demo"\n', b""))
        (folder / "a.job.yaml").write_text("specc: 1\njob: {name: a, cmd_line: 'true'}\n")
        monkeypatch.chdir(folder)
        assert here.run("submit", "--wait", "--target", "local") == 0, here.err
        assert here.run("status") == 0
        assert states(here) == ["finished"]
