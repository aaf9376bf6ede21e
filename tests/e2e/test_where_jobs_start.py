"""Where a job starts, which program runs it, and what it is told: as `sbatch run.sh` in the project's folder would."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.local_jobs import Place as Jobs
from support.local_jobs import attempt, place_at
from support.projects import Place
from support.tables import each

from specc.settings import Target
from specc.targets import Accepted, JobState, Origin, Rejected
from specc.targets.local.target import LocalTarget
from specc.targets.start import path_from, start_folder, starter_of, variables_of

UNITS = {"mem_limit": "MiB", "time_limit": "min"}


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    with place_at(tmp_path_factory.mktemp("local") / "state") as place:
        yield place


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "a project" / "jobs").mkdir(parents=True)
    return tmp_path / "a project"


def run(
    jobs: Jobs, project: Path, command: str | None, workdir: str = "project", **fields: object
) -> tuple[str, JobState]:
    """The standard output of a job of the project, and how it ended."""
    made = attempt(command, **fields)
    origin = Origin(str(project), str(project / "jobs"), "coarse-1", 2)
    settings = Target("local", "local", run_as="caller", workdir=workdir)
    target = LocalTarget.open(settings, UNITS, jobs.state.root, "ada", jobs.options)
    outcome = target.submit(type(made)(made.key, made.payload, made.sent_name, origin=origin))
    assert isinstance(outcome, Accepted), outcome
    (report,) = jobs.wait(outcome.uuid)
    return jobs.printed(outcome.uuid) if "never started" not in report.reason else report.reason, report.state


@pytest.mark.parametrize(("workdir", "where"), [("project", "."), ("spec", "jobs"), ("{root}/jobs", "jobs")])
def test_the_folder_that_the_target_says(jobs: Jobs, project: Path, workdir: str, where: str) -> None:
    said = workdir.replace("{root}", str(project))
    assert run(jobs, project, "pwd", said) == (f"{(project / where).resolve()}\n", JobState.FINISHED)


def test_a_private_folder_where_that_is_wanted(jobs: Jobs, project: Path) -> None:
    printed, _ = run(jobs, project, "pwd; touch here", "job")
    assert printed.startswith(str(jobs.state.root))
    assert not (project / "here").exists()


def test_relative_paths_of_commands_inputs_and_redirects_begin_there(jobs: Jobs, project: Path) -> None:
    (project / "in.txt").write_text("input\n")
    (project / "tool.sh").write_text("cat; echo err >&2\n")
    run(jobs, project, "bash tool.sh", input_file="in.txt", stdout_redirect_path="out/o.txt", stderr_redirect_path="e")
    assert (project / "out" / "o.txt").read_text() == "input\n"
    assert (project / "e").read_text() == "err\n"


def test_nothing_else_of_a_job_lands_in_the_project(jobs: Jobs, project: Path) -> None:
    before = sorted(path.name for path in project.rglob("*"))
    run(jobs, project, "echo out; echo err >&2")
    assert sorted(path.name for path in project.rglob("*")) == before


def test_a_second_run_finds_what_the_first_has_left(jobs: Jobs, project: Path) -> None:
    command = "if [ -f ckpt ]; then echo resumed; else echo 1 > ckpt; fi"
    assert run(jobs, project, command)[0] == ""
    assert run(jobs, project, command)[0] == "resumed\n"


def test_a_job_knows_where_it_comes_from(jobs: Jobs, project: Path) -> None:
    names = ("SPECC_PROJECT", "SPECC_SPEC_DIR", "SPECC_CELL", "SPECC_ATTEMPT")
    printed, _ = run(jobs, project, "; ".join(f'echo "${name}"' for name in names))
    assert printed.splitlines() == [str(project), str(project / "jobs"), "coarse-1", "2"]


def test_the_submit_folder_of_slurm_is_where_it_starts(jobs: Jobs, project: Path) -> None:
    """Never empty: `rm -rf $SLURM_SUBMIT_DIR/tmp` would be `rm -rf /tmp`."""
    assert run(jobs, project, 'echo "$SLURM_SUBMIT_DIR"; cd "$SLURM_SUBMIT_DIR" && pwd')[0] == f"{project}\n{project}\n"


def test_the_first_line_of_a_script_names_what_runs_it(jobs: Jobs, project: Path) -> None:
    assert run(jobs, project, f"#!{sys.executable} -u\nimport os\nprint(os.getcwd())\n")[0] == f"{project}\n"
    assert run(jobs, project, "#!/usr/bin/env python3\nprint(6 * 7)\n")[0] == "42\n"
    assert run(jobs, project, "#!/bin/bash -e\nfalse\necho no\n") == ("", JobState.EXITED)
    (project / "model.py").write_text("#!/usr/bin/env python3\nprint('from a file')\n")
    assert run(jobs, project, None, input_file="model.py")[0] == "from a file\n"


def test_a_program_or_a_folder_that_is_not_there(jobs: Jobs, project: Path) -> None:
    said, state = run(jobs, project, "#!/nowhere/python\n")
    assert state is JobState.EXITED
    assert "cannot run /nowhere/python" in said
    said, state = run(jobs, project, "echo", str(project / "gone"))
    assert state is JobState.EXITED
    assert f"cannot start in {project / 'gone'}" in said


def test_an_input_file_that_is_not_there_is_named_in_full(jobs: Jobs, project: Path) -> None:
    made = attempt("cat", input_file="none.txt")
    origin = Origin(str(project), str(project), "0", 1)
    outcome = jobs.target.submit(type(made)(made.key, made.payload, made.sent_name, origin=origin))
    assert isinstance(outcome, Rejected)
    assert str(project / "none.txt") in outcome.message


@each(
    "text, words",
    [
        ("echo", ("bash",)),
        ("#!/bin/sh\n", ("/bin/sh",)),
        ("#! /bin/bash -l \n", ("/bin/bash", "-l")),
        ("#!/usr/bin/env -S bash -euo pipefail\nx", ("/usr/bin/env", "-S bash -euo pipefail")),
        ("#!/bin/bash\r\n", ("/bin/bash",)),
        ("#!python\n", ("bash",)),
        ("#!\n", ("bash",)),
        (" #!/bin/sh\n", ("bash",)),
        ("", ("bash",)),
    ],
)
def test_a_first_line_is_read_as_the_kernel_reads_it(text: str, words: tuple[str, ...]) -> None:
    assert starter_of(text) == words


def test_jobs_without_a_project_have_private_folders_and_the_paths_of_who_submits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert [start_folder(workdir, None) for workdir in ("project", "spec", "job", "/abs")] == [None] * 4
    assert variables_of(None) == {}
    assert path_from(None, "a") == str(tmp_path / "a")
    assert path_from("/x", "a") == "/x/a"
    assert path_from("/x", "/a") == "/a"


def test_submit_hands_the_origin_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    place.put("specc.toml", b'project = "p"\n[targets.local]\nrun_as = "caller"\n')
    command = "echo $SPECC_PROJECT $SPECC_SPEC_DIR $SPECC_CELL $SPECC_ATTEMPT {{ matrix.n }}"
    job = f"name: n-{{{{ cell.slug }}}}\n  cmd_line: '{command}'"
    fields = "  cluster_id: c\n  zone: z\n  run_user: u\n"
    place.write(jobs__a=f"specc: 1\nmatrix: {{axes: {{n: [1]}}}}\njob:\n  {job}\n{fields}")
    assert place.run("submit", "jobs/a.job.yaml", "--wait") == 0, place.err
    assert place.run("logs", "jobs/a.job.yaml") == 0
    assert f"{place.root} {place.root}/jobs 1 1 1" in place.out
    assert place.run("submit", "jobs/a.job.yaml", "--rerun", "--wait", "--output", "json") == 0, place.err
    assert json.loads(place.out)
    place.run("logs", "jobs/a.job.yaml")
    assert f"{place.root} {place.root}/jobs 1 2 1" in place.out


@pytest.mark.parametrize("workdir", ["here", "./x", "~/x", ""])
def test_a_folder_that_is_not_one_of_them(place: Place, workdir: str) -> None:
    place.put("specc.toml", f'project = "p"\n[targets.local]\nworkdir = "{workdir}"\n'.encode())
    assert place.run("check") == 2
    assert "`project`, `spec`, `job` or an absolute path" in place.out + place.err
