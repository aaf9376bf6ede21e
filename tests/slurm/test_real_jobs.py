"""Jobs of every kind on a real Slurm, through the command line."""

import csv
import io
import shutil
from pathlib import Path

from support.real_slurm import Counting, Project, accepted, attempt, ended, eventually, output

from specc.targets import JobState, Rejected

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_success(project: Project) -> None:
    (project.folder / "in.txt").write_text("from the input file")
    command = 'cat; echo " $SLURM_CPUS_PER_TASK $PWD $SLURM_SUBMIT_DIR"'
    project.spec("a", command, core_limit=3, mem_limit=100, input_file="in.txt")
    done = project("submit", "-y", "--wait")
    assert done.returncode == 0, done.stderr
    job = project.state()
    assert (job["job_state"], job["exit_code"]) == ("finished", 0)
    assert job["submitted_at"] <= job["started_at"] <= job["ended_at"]
    assert 0 <= job["seconds"] < 60
    assert job["node"]
    assert (job["usage"]["cores_asked"], job["usage"]["memory_asked"] is not None) == (3, True)
    text = project("logs", "--stream", "stdout").stdout
    assert text == f"from the input file 3 {project.folder} {project.folder}\n"
    assert project("submit", "-y").returncode == 0
    assert project.state()["uuid"] == job["uuid"]


def test_failure(project: Project) -> None:
    project.spec("a", "echo no >&2; exit 7")
    assert project("submit", "-y", "--wait").returncode == 5
    job = project.state()
    assert (job["job_state"], job["exit_code"], job["reason"]) == ("exited", 7, "exit code 7")
    assert project("logs", "--stream", "stderr").stdout == "no\n"


def test_what_looks_like_options_is_text(project: Project) -> None:
    target = project.target()
    command = '#SBATCH --partition=nowhere\n#SBATCH --time=0\necho "it\'s $0 %j \\\\n"\nscontrol show job $SLURM_JOB_ID'
    name = "--uid=1 \"q\" 'q' $(id) %j é"
    out = "new folder/%j \\ %% é"
    uuid = accepted(target, attempt(command, name=name, stdout_redirect_path=out))
    assert ended(target, uuid).state is JobState.FINISHED
    text = output(target, uuid)
    assert " %j \\n\n" in text
    assert f"JobName={name}\n" in text
    assert "Partition=debug" in text
    assert [path.name for path in project.jobs.glob("jobs/*/work/new folder/*")] == [Path(out).name]


def test_a_queue_that_does_not_exist(project: Project) -> None:
    project.spec("a", "true", scheduler_queue_name="nowhere")
    done = project("submit", "-y")
    assert done.returncode == 3
    assert "a.job.yaml:9:25" in done.stderr
    assert "Invalid partition name specified" in done.stderr


def test_limits_that_the_cluster_refuses(project: Project) -> None:
    target = project.target()
    for fields, named in (
        ({"core_limit": 100}, {"core_limit"}),
        ({"mem_limit": 10**6}, {"mem_limit"}),
        ({"time_limit": 31, "scheduler_queue_name": "short"}, {"time_limit"}),
    ):
        outcome = target.submit(attempt(**fields))
        assert isinstance(outcome, Rejected), outcome
        assert set(outcome.fields or {}) == named


def test_a_memory_limit(project: Project) -> None:
    target = project.target()
    command = "python3 -c 'import time; x = bytearray(400 << 20); time.sleep(60)'"
    uuid = accepted(target, attempt(command, mem_limit=60))
    report = ended(target, uuid)
    assert report.state is JobState.EXITED
    assert report.reason == "out of memory"
    assert "exceeded memory limit" in output(target, uuid, "slurm")
    assert report.exit_code not in (0, None)


def test_cancelling_one_that_runs_and_one_that_waits(project: Project) -> None:
    programs = Counting()
    target = project.target(programs)
    runs = accepted(target, attempt("trap 'echo told; exit' TERM; echo up; sleep 99 & wait"))
    eventually(lambda: Path(project.jobs).glob("jobs/*/stdout") and output_or_none(project, runs) == "up\n")
    waits = accepted(target, attempt(core_limit=8, mem_limit=8000))
    eventually(lambda: target.status([waits])[waits].state in (JobState.PENDING, JobState.FINISHED))
    blocked = [accepted(target, attempt("sleep 60", core_limit=8)) for _ in range(3)]
    programs.calls.clear()
    assert all(answer.done for answer in target.cancel([runs, *blocked]))
    assert programs.calls == ["squeue", "scancel", "squeue"]
    for uuid in (runs, *blocked):
        assert ended(target, uuid).state is JobState.CANCELLED
    eventually(lambda: output(target, runs) == "up\ntold\n")
    (again,) = target.cancel([runs])
    assert not again.done


def output_or_none(project: Project, uuid: str) -> str | None:
    path = project.jobs / "jobs" / uuid.partition("-")[2] / "stdout"
    return path.read_text() if path.exists() else None


MIDDLES = {
    ("12", "0.1"): 24.958, ("12", "0.2"): 25.0, ("16", "0.1"): 24.15,
    ("16", "0.2"): 24.983, ("24", "0.1"): 17.725, ("24", "0.2"): 23.696,
}  # fmt: skip
"""The temperatures in the middle of the plate, by grid and rate."""


def test_the_example_runs_unchanged(project: Project) -> None:
    """The files that run on this machine: only the target is another."""
    shutil.rmtree(project.folder)
    shutil.copytree(EXAMPLES / "heat", project.folder)
    job = 'job = {zone = "z", cluster_id = "c", run_user = "me"}'
    settings = f'kind = "slurm"\nrun_as = "caller"\n{job}\ndirectory = "{project.jobs}"\n'
    project.write("specc.local.toml", f'target = "hpc"\n[targets.hpc]\n{settings}')
    done = project("submit", "-y", "--wait")
    assert done.returncode == 0, done.stderr
    assert {job["job_state"] for job in project.states()} == {"finished"}
    assert project("logs", "--tail", "1").stdout.strip()
    rows = list(csv.DictReader(io.StringIO(project("results", "--csv").stdout)))
    assert {(row["grid"], row["rate"]): float(row["middle"]) for row in rows} == MIDDLES
    assert all(row["steps"] == "500" and row["started_at"] <= row["ended_at"] and row["node"] for row in rows)
    assert project("report", "-o", "run.html").returncode == 0
    page = (project.folder / "run.html").read_text(encoding="utf-8")
    assert "<caption>middle [°C] by grid and rate</caption>" in page
    assert "6</strong> finished" in page
    assert all(f'<section id="{name}">' in page for name in ("compared", "when", "jobs", "origin"))


def test_a_sweep_of_200(project: Project) -> None:
    command = 'echo "{{ matrix.n }}"'
    project.spec("a-{{ matrix.n }}", command, matrix={"axes": {"n": {"from": 1, "to": 200}}})
    text = (project.folder / "a.job.yaml").read_text().replace("name: a-{{ matrix.n }}", 'name: "a-{{ matrix.n }}"')
    project.write("a.job.yaml", text)
    done = project("submit", "-y", "--wait", "--timeout", "4min", seconds=280)
    assert done.returncode == 0, done.stderr[-2000:]
    jobs = project.states()
    assert len({job["uuid"] for job in jobs}) == 200
    assert {job["job_state"] for job in jobs} == {"finished"}
    found = sorted(int(path.read_text()) for path in project.jobs.rglob("stdout"))
    assert found == list(range(1, 201))


def test_a_time_limit(project: Project) -> None:
    """Slurm counts in minutes and looks every half a minute, so this takes more than one."""
    target = project.target()
    uuid = accepted(target, attempt("echo begun; sleep 300", time_limit=1))
    report = ended(target, uuid, 150)
    assert (report.state, report.raw, report.reason) == (JobState.EXITED, "TIMEOUT", "TimeLimit")
    assert report.exit_code == 143
    assert "TIME LIMIT" in output(target, uuid, "slurm")
