"""The commands for schedulers that ship with specc, as programs: what they call, and what they make of its answers.

Those of Grid Engine are tried on a real one, too (tests/gridengine). Those of the examples know their schedulers by
their manuals alone, and so does this.
"""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from specc.targets import JobState, NotSent, Rejected, Unclear
from specc.targets.command import gridengine
from specc.targets.command.contract import cancelled_of, found_of, lines_of, outcome_of, told_of

ROOT = Path(__file__).parents[2]
PROGRAMS = {
    "gridengine": ROOT / "specc" / "targets" / "command" / "gridengine.py",
    "openpbs": ROOT / "examples" / "targets" / "openpbs.py",
    "lsf": ROOT / "examples" / "targets" / "lsf.py",
}
KEY = "0123456789abcdef0123456789abcdef"


class Adapter:
    """An adapter, and the programs of its scheduler, each of which says what a test gives it."""

    def __init__(self, name: str, folder: Path) -> None:
        self.program = PROGRAMS[name]
        self.folder = folder
        (folder / "bin").mkdir()

    def says(self, name: str, out: str = "", err: str = "", code: int = 0) -> None:
        (self.folder / f"{name}.out").write_text(out)
        (self.folder / f"{name}.err").write_text(err)
        path = self.folder / "bin" / name
        text = f"""#!/bin/bash
printf '%s\\n' "$@" >{self.folder}/{name}.words
cat {self.folder}/{name}.out; cat {self.folder}/{name}.err >&2; exit {code}
"""
        path.write_text(text)
        path.chmod(0o755)

    def words(self, name: str) -> list[str]:
        return (self.folder / f"{name}.words").read_text().splitlines()

    def __call__(self, action: str, **request: Any) -> list[dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-I", self.program, action],
            input=json.dumps({"specc": 1, "action": action, "target": "t", "settings": {}, **request}),
            env={"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "TZ": "UTC", "USER": "ada", "LOGNAME": "ada"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.stderr or done.returncode, done.stderr
        if done.returncode:
            assert "Traceback" not in done.stderr, done.stderr
            raise NoAnswer(done.stderr.strip())
        return [dict(line) for line in lines_of(done.stdout)]

    def submit(self, payload: dict[str, object] | None = None, **more: object) -> object:
        request = {
            "key": KEY, "name": "tést job", "script": "/f/job.sh", "folder": "/f", "log": "/f/scheduler.log",
            "queue": None, "cores": 1, "memory_bytes": None, "time_seconds": None, "payload": payload or {}, **more,
        }  # fmt: skip
        (line,) = self("submit", **request)
        return outcome_of(line, request)

    def told(self, job: str) -> Any:
        (line,) = self("status", jobs=[job])
        return told_of(line)


class NoAnswer(Exception):
    pass


@pytest.fixture
def grid(tmp_path: Path) -> Adapter:
    return Adapter("gridengine", tmp_path)


@pytest.fixture
def pbs(tmp_path: Path) -> Adapter:
    return Adapter("openpbs", tmp_path)


@pytest.fixture
def lsf(tmp_path: Path) -> Adapter:
    return Adapter("lsf", tmp_path)


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_adapter_imports_nothing_but_the_standard_library(name: str) -> None:
    text = PROGRAMS[name].read_text()
    names = {line.split()[1].partition(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert names <= sys.stdlib_module_names


@pytest.mark.parametrize("name", PROGRAMS)
def test_without_the_scheduler_nothing_was_sent_and_nothing_is_known(name: str, tmp_path: Path) -> None:
    adapter = Adapter(name, tmp_path)
    empty = {"PATH": str(tmp_path / "bin")}
    for action in ("submit", "status", "find"):
        request = {
            "action": action, "settings": {}, "key": KEY, "name": "x", "script": "/s", "folder": "/f", "log": "/l",
            "queue": None, "cores": 1, "memory_bytes": 1, "time_seconds": 1, "payload": {}, "jobs": ["1"],
            "keys": [KEY],
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-I", adapter.program, action],
            input=json.dumps(request),
            env=empty,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        if action == "submit":
            (line,) = lines_of(done.stdout)
            assert isinstance(outcome_of(line, request), NotSent)
        else:
            assert done.returncode == 1
            assert "cannot run" in done.stderr


class TestGridEngine:
    def test_the_words_of_qsub(self, grid: Adapter) -> None:
        grid.says("qsub", "123\n")
        settings = {"parallel_environment": "smp", "project": "p1", "resources": ["gpu=1"]}
        more = {"queue": "long.q", "cores": 4, "memory_bytes": 1 << 30, "time_seconds": 90, "settings": settings}
        assert grid.submit({"resource_limit": "arch=lx-amd64"}, **more) == "123"
        words = grid.words("qsub")
        pairs = list(pairwise(words))
        for pair in (
            ("-N", "t_st_job"), ("-ac", f"specc={KEY}"), ("-o", "/f/scheduler.log"), ("-r", "n"), ("-q", "long.q"),
            ("-P", "p1"), ("-pe", "smp"), ("smp", "4"), ("-l", "gpu=1"), ("-l", "arch=lx-amd64"), ("-l", "h_rt=90"),
            ("-l", "h_vmem=262144K"),
        ):  # fmt: skip
            assert pair in pairs
        assert words[-1] == "/f/job.sh"

    @pytest.mark.parametrize(
        ("err", "code", "kind", "said"),
        [
            (
                'Unable to run job: Job was rejected because job requests unknown queue "x"\nExiting.',
                1,
                Rejected,
                "queue",
            ),
            (
                'Unable to run job: job rejected: the requested parallel environment "x" does not exist',
                1,
                Rejected,
                "x",
            ),
            ("Unable to run job: warning: ada's job is not allowed to run in any queue", 1, Rejected, "not allowed"),
            ("Unable to run job: JSV stderr: no\nUnable to run job: job rejected: by policy", 1, Rejected, "policy"),
            (
                "Unable to run job: job rejected: only 5 jobs are allowed per user (current job count: 5)",
                1,
                NotSent,
                "5",
            ),
            ("error: commlib error: got select error (Connection refused)", 1, NotSent, "refused"),
            ("Unable to run job: Error reading answer list from qmaster\nExiting.", 1, Unclear, "answer list"),
            ("error: commlib error: got read error (closing)", 1, Unclear, "read error"),
            ("", 0, Unclear, "exit code 0"),
            ("", 139, Unclear, "139"),
        ],
    )
    def test_what_qsub_says(self, grid: Adapter, err: str, code: int, kind: type, said: str) -> None:
        grid.says("qsub", err=err, code=code)
        outcome = grid.submit({"scheduler_queue_name": "x", "core_limit": 1})
        assert isinstance(outcome, kind)
        assert said in getattr(outcome, "message", "") + getattr(outcome, "reason", "")

    def test_a_warning_beside_a_number_is_a_job(self, grid: Adapter) -> None:
        grid.says("qsub", "warning: no suitable queues\n77\n")
        assert grid.submit() == "77"
        grid.says("qsub", "77\n78\n")
        assert isinstance(grid.submit(), Unclear)

    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({"project": "-x"}, "wrong value for `settings.project`"),
            ({"project": 1}, "expected a text"),
            ({"resources": ["a b"]}, "wrong value for `settings.resources`"),
            ({"resorces": ["a"]}, "has the setting `settings.resorces`"),
            ({"memory_per_slot": "no"}, "expected true or false"),
        ],
    )
    def test_settings_that_cannot_be(self, grid: Adapter, settings: dict[str, object], said: str) -> None:
        assert said in (gridengine.mistake_in_settings(settings) or "")
        outcome = grid.submit(settings=settings)
        assert isinstance(outcome, Rejected)
        assert outcome.is_general

    def test_resources_of_a_job(self, grid: Adapter) -> None:
        for text in ("gpu=1", "h_vmem=4G gpu=1", "arch=lx-*|sol*", "exclusive"):
            assert gridengine.mistake_in_resources(text) is None
        for text in ("-P other", "gpu=$(x)", "gpu = 1", "a=b,c=d"):
            assert gridengine.mistake_in_resources(text) is not None
        outcome = grid.submit({"resource_limit": "-b y"})
        assert isinstance(outcome, Rejected)
        assert outcome.fields is not None

    @pytest.mark.parametrize(
        ("word", "state"),
        [("qw", "pending"), ("hqw", "pending"), ("Eqw", "pending"), ("t", "running"), ("r", "running"),
         ("dr", "running"), ("s", "suspended"), ("S", "suspended"), ("T", "suspended"), ("Rr", "running"),
         ("Rq", "pending")],
    )  # fmt: skip
    def test_states_of_the_queue(self, grid: Adapter, word: str, state: str) -> None:
        parts = f"<JB_job_number>7</JB_job_number><state>{word}</state><queue_name>all.q@n1</queue_name>"
        job = f"<job_list>{parts}</job_list>"
        grid.says("qstat", f"<job_info><queue_info>{job}</queue_info></job_info>")
        told = grid.told("7")
        assert (told.state.value, told.raw, told.life.node) == (state, word, "n1")

    def account(self, grid: Adapter, **fields: str) -> Any:
        grid.says("qstat", "<job_info></job_info>")
        usual = {
            "owner": _user(), "jobnumber": "7", "hostname": "n1", "qsub_time": "Sun Nov 29 09:15:04 2026",
            "start_time": "Sun Nov 29 09:15:05 2026", "end_time": "Sun Nov 29 09:15:09 2026", "failed": "0",
            "exit_status": "0", "ru_wallclock": "4s", "ru_maxrss": "7.637KB", "cpu": "0.288s", "maxvmem": "8.453MB",
            "category": "-l h_rt=3,h_vmem=1G",
        }  # fmt: skip
        lines = "".join(f"{name:12} {value}\n" for name, value in (usual | fields).items())
        grid.says("qacct", f"{'=' * 60}\n{lines}")
        return grid.told("7")

    def test_an_account(self, grid: Adapter) -> None:
        told = self.account(grid)
        assert told.state is JobState.FINISHED
        assert told.life.seconds == 4
        assert told.life.usage.cpu_seconds == 0.288
        assert told.life.usage.peak_memory == int(7.637 * 1024 * 1024)

    @pytest.mark.parametrize(
        ("fields", "state", "end"),
        [
            ({"exit_status": "3"}, "exited", None),
            ({"failed": "37  : qmaster enforced h_rt, h_cpu, or h_vmem limit", "exit_status": "137"}, "exited", "time"),
            (
                {"failed": "100 : assumedly after job", "exit_status": "137 (Killed)", "ru_wallclock": "1s"},
                "exited",
                "stopped",
            ),
            (
                {"failed": "100 : assumedly after job", "exit_status": "137", "ru_wallclock": "1", "maxvmem": "1.1G"},
                "exited",
                "memory",
            ),
            ({"failed": "26  : opening input/output file", "exit_status": "0"}, "exited", "node"),
        ],
    )
    def test_why_a_job_ended(self, grid: Adapter, fields: dict[str, str], state: str, end: str | None) -> None:
        told = self.account(grid, **fields)
        assert told.state.value == state
        assert (told.life.ended_for.value if told.life.ended_for else None) == end

    def test_an_account_of_somebody_else_or_of_a_rescheduled_run_says_nothing(self, grid: Adapter) -> None:
        assert self.account(grid, owner="eve").state is None
        assert self.account(grid, failed="25  : rescheduling").state is None

    def test_a_job_that_nobody_knows_and_a_qmaster_that_is_down(self, grid: Adapter) -> None:
        grid.says("qstat", "<job_info></job_info>")
        grid.says("qacct", err="error: job id 7 not found\n", code=1)
        assert grid.told("7").state is None
        grid.says("qstat", err="error: unable to contact qmaster\n", code=1)
        with pytest.raises(NoAnswer, match="unable to contact qmaster"):
            grid.told("7")
        grid.says("qstat", "<job_info>")
        with pytest.raises(NoAnswer, match="cannot be read"):
            grid.told("7")

    def test_cancel(self, grid: Adapter) -> None:
        said = 'ada has registered the job 17 for deletion\nada has deleted job 1\ndenied: job "9" does not exist\n'
        grid.says("qdel", said, code=1)
        answers = [cancelled_of(line) for line in grid("cancel", jobs=["1", "17", "9", "7"])]
        assert [(job, done) for job, done, _ in answers] == [("1", True), ("17", True), ("9", False), ("7", False)]

    def test_find(self, grid: Adapter) -> None:
        listed = "<job_info><job_list><JB_job_number>7</JB_job_number><state>r</state></job_list></job_info>"
        context = f"<context_list><VA_variable>specc</VA_variable><VA_value>{KEY}</VA_value></context_list>"
        detail = f"<element><JB_job_number>7</JB_job_number><JB_context>{context}</JB_context>"
        detail = f"<d>{detail}<JB_submission_time>1700000000</JB_submission_time></element></d>"
        grid.says("qstat", listed)
        path = grid.folder / "bin" / "qstat"
        path.write_text(f"#!/bin/bash\ncase \"$*\" in *-j*) echo '{detail}';; *) echo '{listed}';; esac\n")
        (line,) = grid("find", keys=[KEY, "f" * 32])
        assert found_of(line).job_id == "7"
        assert found_of(line).submitted_at == 1700000000


def _user() -> str:
    return subprocess.run(
        [sys.executable, "-c", "import getpass; print(getpass.getuser())"],
        env={"PATH": os.environ["PATH"], "USER": "ada", "LOGNAME": "ada"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


class TestOpenPbs:
    def test_submit(self, pbs: Adapter) -> None:
        pbs.says("qsub", "12.pbs01\n")
        assert pbs.submit(queue="workq", cores=4, memory_bytes=1 << 20, time_seconds=60) == "12.pbs01"
        words = pbs.words("qsub")
        assert "select=1:ncpus=4:mem=1024kb" in words
        assert "walltime=60" in words
        assert f"SPECC_KEY={KEY}" in words

    @pytest.mark.parametrize(
        ("err", "kind"),
        [
            ("qsub: Unknown queue\n", Rejected),
            ("qsub: cannot connect to server pbs01 (errno=15010)\n", NotSent),
            ("qsub: would exceed queue generic's per-user limit of jobs in 'Q' state\n", NotSent),
            ("qsub: Maximum number of jobs for user ada already in queue workq\n", NotSent),
            ("qsub: Maximum number of jobs in 'Q' state already in complex\n", NotSent),
            ("qsub: Request not allowed: Server shutting down\n", NotSent),
            ("qsub: Batch protocol error\n", Unclear),
            ("qsub: End of File\n", Unclear),
            ("Segmentation fault\n", Unclear),
        ],
    )
    def test_what_qsub_says(self, pbs: Adapter, err: str, kind: type) -> None:
        pbs.says("qsub", err=err, code=1)
        assert isinstance(pbs.submit({"scheduler_queue_name": "x"}, queue="x"), kind)

    def test_only_what_is_said_of_a_queue_is_shown_at_it(self, pbs: Adapter) -> None:
        for said, fields in (("Unknown queue", True), ("Job violates queue and/or server resource limits", False)):
            pbs.says("qsub", err=f"qsub: {said}\n", code=1)
            outcome = pbs.submit({"scheduler_queue_name": "x"}, queue="x")
            assert isinstance(outcome, Rejected)
            assert bool(outcome.fields) is fields

    def status(self, pbs: Adapter, **job: object) -> Any:
        pbs.says("qstat", json.dumps({"Jobs": {"12.pbs01": job}}), code=0)
        return pbs.told("12.pbs01")

    def test_states(self, pbs: Adapter) -> None:
        assert self.status(pbs, job_state="Q", comment="Not Running").state is JobState.PENDING
        used = {"cput": "00:01:05", "mem": "2048kb"}
        ended = {"job_state": "F", "resources_used": used, "exec_host": "n1/0*4", "stime": "Sun Nov 29 09:15:05 2026"}
        told = self.status(pbs, **ended, Exit_status=0)
        assert (told.state, told.life.usage.cpu_seconds, told.life.usage.peak_memory) == (
            JobState.FINISHED,
            65.0,
            2 << 20,
        )
        assert self.status(pbs, **ended, Exit_status=-29).life.ended_for == "time"
        assert self.status(pbs, **ended, Exit_status=271).exit_code == 143
        assert self.status(pbs, **ended, Exit_status=7).exit_code == 7
        pbs.says("qstat", json.dumps({"Jobs": {}}), err="qstat: Unknown Job Id 12.pbs01\n", code=153)
        assert pbs.told("12.pbs01").state is None
        pbs.says("qstat", err="qstat: cannot connect to server pbs01 (errno=15010)\n", code=1)
        with pytest.raises(NoAnswer):
            pbs.told("12.pbs01")

    def test_cancel_and_find(self, pbs: Adapter) -> None:
        pbs.says("qdel", err="qdel: Unknown Job Id 13.pbs01\n", code=153)
        answers = [cancelled_of(line) for line in pbs("cancel", jobs=["12.pbs01", "13.pbs01"])]
        assert [done for _, done, _ in answers] == [True, False]
        job = {"Variable_List": {"SPECC_KEY": KEY}, "Job_Owner": f"{_user()}@login"}
        pbs.says("qstat", json.dumps({"Jobs": {"12.pbs01": job, "13.pbs01": {"Job_Owner": "eve@login"}}}))
        assert [found_of(line).job_id for line in pbs("find", keys=[KEY])] == ["12.pbs01"]


class TestLsf:
    def test_submit(self, lsf: Adapter) -> None:
        lsf.says("bsub", "Job <123> is submitted to queue <normal>.\n")
        assert lsf.submit(queue="normal", cores=2, memory_bytes=1 << 20, time_seconds=90) == "123"
        words = lsf.words("bsub")
        assert words[words.index("-W") + 1] == "2"
        assert words[words.index("-M") + 1] == "1024"
        assert words[-2:] == ["/bin/bash", "/f/job.sh"]

    @pytest.mark.parametrize(
        ("err", "kind"),
        [
            ("normel: No such queue. Job not submitted.\n", Rejected),
            ("LSF is down. Please wait ...\n", NotSent),
            ("User's job limit reached. Job not submitted.\n", NotSent),
            ("The destination queue has reached its job limit. Job not submitted.\n", NotSent),
            ("Too many processors requested. Job not submitted.\n", Rejected),
            ("RUNLIMIT: Cannot exceed queue's hard limit(s). Job not submitted.\n", Rejected),
            ("Contacting batch daemon: Communication timeout. Job not submitted.\n", Unclear),
            ("Killed\n", Unclear),
        ],
    )
    def test_what_bsub_says(self, lsf: Adapter, err: str, kind: type) -> None:
        lsf.says("bsub", err=err, code=255)
        assert isinstance(lsf.submit({"scheduler_queue_name": "x"}), kind)

    def status(self, lsf: Adapter, **record: str) -> Any:
        lsf.says("bjobs", json.dumps({"COMMAND": "bjobs", "JOBS": 1, "RECORDS": [{"JOBID": "7", **record}]}))
        return lsf.told("7")

    def test_states(self, lsf: Adapter) -> None:
        assert self.status(lsf, STAT="PEND", PEND_REASON="New job").reason == "New job"
        ran = {
            "START_TIME": "Nov 29 10:00",
            "FINISH_TIME": "Nov 29 10:01 L",
            "CPU_USED": "1.5 second(s)",
            "EXEC_HOST": "4*n1",
        }
        told = self.status(lsf, STAT="DONE", MAX_MEM="2 Mbytes", **ran)
        assert (told.state, told.life.seconds, told.life.node) == (JobState.FINISHED, 60.0, "n1")
        assert (told.life.usage.cpu_seconds, told.life.usage.peak_memory) == (1.5, 2 << 20)
        why = "TERM_RUNLIMIT: job killed after reaching LSF run time limit"
        assert self.status(lsf, STAT="EXIT", EXIT_CODE="140", EXIT_REASON=why).life.ended_for == "time"
        assert self.status(lsf, STAT="EXIT", EXIT_CODE="130", EXIT_REASON="TERM_OWNER: x").state is JobState.CANCELLED
        assert self.status(lsf, ERROR="Job <7> is not found").state is None
        lsf.says("bjobs", err="LSF is down. Please wait ...\n", code=255)
        with pytest.raises(NoAnswer):
            lsf.told("7")

    def test_cancel_and_find(self, lsf: Adapter) -> None:
        lsf.says("bkill", "Job <7> is being terminated\n", err="Job <8>: No matching job found\n", code=255)
        answers = [cancelled_of(line) for line in lsf("cancel", jobs=["7", "8"])]
        assert [done for _, done, _ in answers] == [True, False]
        records = [{"JOBID": "7", "JOB_DESCRIPTION": f"specc={KEY}", "SUBMIT_TIME": "Nov 29 10:00"}, {"JOBID": "8"}]
        lsf.says("bjobs", json.dumps({"RECORDS": records}))
        assert [found_of(line).job_id for line in lsf("find", keys=[KEY])] == ["7"]
