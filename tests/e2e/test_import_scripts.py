"""`specc init --from`: many scripts, each whole or not at all, into a new project or one that is there."""

from pathlib import Path

import pytest

from specc.cli.main import run
from specc.migration import environment
from specc.shell import read

Capture = pytest.CaptureFixture[str]
UNITS = ["--mem-unit", "MiB", "--time-unit", "min"]
SCRIPT = "#!/bin/bash\n#SBATCH -n 4\n#SBATCH -t 90\n#SBATCH --mem=3G\nhostname\n"
SETTINGS = """project = "there"
target = "hpc"
[units]
mem_limit = "GB"
time_limit = "h"
[targets.hpc]
kind = "ehpc"
job = {zone = "z", cluster_id = "c", run_user = "u"}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def script(path: str, text: str = SCRIPT) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
    return path


def files(root: str = ".") -> set[str]:
    return {path.relative_to(root).as_posix() for path in Path(root).rglob("*") if path.is_file()}


def test_fifty_scripts_of_which_one_is_refused(capsys: Capture) -> None:
    scripts = [script(f"old/run-{n}.sbatch") for n in range(50)]
    script("old/run-7.sbatch", "#!/bin/bash\n#SBATCH --nope\n")
    assert run(["init", "--from", *scripts, "new", *UNITS]) == 1
    out, err = capsys.readouterr()
    assert {line for line in out.splitlines() if line.endswith(".job.yaml")} == {
        f"new/jobs/run-{n}.job.yaml" for n in range(50) if n != 7
    }
    assert "sbatch has no option `--nope`" in err
    assert "old/run-3.sbatch -> new/jobs/run-3.job.yaml, new/jobs/run-3.sh" in err
    assert "50 scripts: 49 imported, 1 refused" in err
    assert "jobs/run-7.job.yaml" not in files("new")
    assert run(["check", "new"]) == 0


def test_nothing_is_made_where_every_script_is_refused(capsys: Capture) -> None:
    assert run(["init", "--from", script("a.sh", "#!/bin/bash\n"), "new"]) == 1
    assert "the script has no line of `#SBATCH`" in capsys.readouterr().err
    assert files() == {"a.sh"}


def test_a_project_that_is_there_gets_jobs_in_its_own_units(capsys: Capture) -> None:
    script("specc.toml", SETTINGS)
    assert run(["init", "--from", script("a.sbatch")]) == 0
    assert files() == {"specc.toml", "a.sbatch", "jobs/a.job.yaml", "jobs/a.sh"}
    err = capsys.readouterr().err
    assert "line 3: `--time=90` is rounded up to 2h: the cluster counts time_limit in whole h" in err
    assert "line 4: `--mem=3G` is rounded up to 4GB: the cluster counts mem_limit in whole GB" in err
    assert run(["check"]) == 0


@pytest.mark.parametrize(
    "option",
    [
        ("--mem-unit", "MiB"),
        ("--time-unit", "s"),
        ("--project", "other"),
        ("--zone", "pek3"),
        ("--cluster-id", "ehpc-1"),
        ("--run-user", "me"),
    ],
)
def test_an_option_of_a_new_project_is_refused_in_one_that_is_there(option: tuple[str, str], capsys: Capture) -> None:
    script("specc.toml", SETTINGS)
    for arguments in (["--from", script("a.sbatch")], ["--editor", "vscode"]):
        assert run(["init", *arguments, *option]) == 2
        err = capsys.readouterr().err
        assert f"error: `{option[0]}` is for a new project, and this one is there already" in err
        assert "has the settings of this project" in err
    assert files() == {"specc.toml", "a.sbatch"}


def test_a_folder_of_the_project_gets_the_files_itself() -> None:
    script("specc.toml", SETTINGS)
    assert run(["init", "--from", script("a.sbatch"), "cases/deep"]) == 0
    assert {"cases/deep/a.job.yaml", "cases/deep/a.sh"} < files()


def test_settings_with_an_error_are_not_guessed_around(capsys: Capture) -> None:
    script("specc.toml", SETTINGS.replace('"GB"', '"stones"'))
    assert run(["init", "--from", script("a.sbatch")]) == 2
    assert "the project's settings have errors" in capsys.readouterr().err
    assert files() == {"specc.toml", "a.sbatch"}


@pytest.mark.parametrize("taken", ["a.job.yaml", "a.sh"])
def test_nothing_is_overwritten_and_half_a_job_is_not_written(taken: str, capsys: Capture) -> None:
    script("specc.toml", SETTINGS)
    script(f"jobs/{taken}", "mine")
    assert run(["init", "--from", script("a.sbatch"), script("b.sbatch")]) == 2
    assert f"a.sbatch is not imported, as it is already there: jobs/{taken}" in capsys.readouterr().err
    assert Path("jobs", taken).read_text() == "mine"
    assert {path for path in files() if path.startswith("jobs/")} == {f"jobs/{taken}", "jobs/b.job.yaml", "jobs/b.sh"}


def test_scripts_of_one_name_are_told_apart_by_their_folders() -> None:
    scripts = [script(path) for path in ("x/run.sbatch", "y/run.sbatch", "other/x/RUN.sh", "z/solo.sbatch")]
    assert run(["init", "--from", *scripts, "new", *UNITS]) == 0
    specs = {path.name for path in Path("new/jobs").glob("*.job.yaml")}
    assert specs == {"x-run.job.yaml", "y-run.job.yaml", "x-RUN-2.job.yaml", "solo.job.yaml"}
    assert run(["check", "new"]) == 0


@pytest.mark.parametrize("name", ["a b$c.sbatch", "算例.sbatch", "x" * 200 + ".sh", "---.sh", "-.sh", "{{x}}.sbatch"])
def test_odd_names_of_scripts(name: str, capsys: Capture) -> None:
    assert run(["init", "--from", f"./{script(name)}", "new", *UNITS]) == 0, capsys.readouterr().err
    assert run(["check", "new"]) == 0, capsys.readouterr().out
    assert run(["render", "new"]) == 0


def test_a_folder_is_no_script_and_a_missing_script_is_no_folder(capsys: Capture) -> None:
    Path("folder").mkdir()
    assert run(["init", "--from", "folder", "new"]) == 2
    assert "cannot read folder: it is a directory" in capsys.readouterr().err
    assert run(["init", "--from", script("a.sh"), "typo.sh"]) == 2
    assert "typo.sh: no such script" in capsys.readouterr().err
    assert run(["init", "--from", "a.sh", "missing", "new"]) == 2
    assert "missing" in capsys.readouterr().err
    assert run(["init", "one", "two"]) == 2
    assert "one folder is expected, not 2" in capsys.readouterr().err
    assert run(["init", "--from", "a.sh", "/dev/null"]) == 2
    assert "/dev/null is neither a script nor a folder" in capsys.readouterr().err


def test_a_file_that_is_too_large(capsys: Capture) -> None:
    assert run(["init", "--from", script("a.sh", SCRIPT + "#" * 200_000), "new"]) == 1
    assert "the file is larger than 128 KiB" in capsys.readouterr().err


def test_a_variable_in_many_lines_names_some_of_them() -> None:
    used = environment.uses(read("echo $SLURM_PROCID $SLURM_PROCID # SLURM_X\n" * 19))
    assert used["SLURM_PROCID"] == list(range(1, 20))
    (note, *_) = environment.unknown_variables(used, {"SLURM_X"})
    assert "`SLURM_PROCID` (also in line 2, 3, 4, 5, 6, ...) is set only by Slurm" in note.text


SLURM = """project = "there"
target = "hpc"
[targets.hpc]
kind = "slurm"
units = {mem_limit = "MiB", time_limit = "min"}
job = {zone = "z", cluster_id = "c", run_user = "u"}
options = ["--account=phys"]
layout = "tasks"
[targets.hpc.resource_limits]
"two gpus" = ["--gres=gpu:2", "--constraint=a100"]
"""


def test_a_project_for_slurm_needs_no_unit_and_no_cloud() -> None:
    assert run(["init", "--from", script("run.sbatch")]) == 0
    assert run(["check"]) == 0
    assert run(["check", "--target", "local"]) == 0
    spec = Path("jobs/run.job.yaml").read_text(encoding="utf-8")
    assert "Everything in it has its place here" in spec
    assert "mem_limit: 3GiB" in spec


def test_the_cloud_stays_the_default_where_its_values_are_given() -> None:
    assert run(["init", "--from", script("run.sbatch"), "--cluster-id", "ehpc-1", *UNITS]) == 0
    assert 'target = "cluster"' in Path("specc.toml").read_text(encoding="utf-8")
    assert run(["check"]) == 0


def test_a_script_of_another_folder_is_told_where_its_job_starts() -> None:
    scripts = [script("old/a.sh"), script("old/b.sh", SCRIPT.replace("hostname", "cd /tmp\nhostname"))]
    assert run(["init", "--from", *scripts, "new"]) == 0
    settings = Path("new/specc.toml").read_text(encoding="utf-8")
    assert f'# workdir = "{Path("old").resolve()}"' in settings
    assert "the job starts in the project's folder" in Path("new/jobs/a.job.yaml").read_text(encoding="utf-8")
    assert "Everything in it has its place here" in Path("new/jobs/b.job.yaml").read_text(encoding="utf-8")


def test_options_find_their_places_in_the_slurm_target_that_is_there(capsys: Capture) -> None:
    Path("specc.toml").write_text(SLURM, encoding="utf-8")
    known = "#SBATCH --account=phys -C a100 --gres=gpu:2\n"
    other = "#SBATCH --qos=long --gres=gpu:1 --signal=USR1@60\n"
    scripts = [
        script(f"{name}.sh", SCRIPT.replace("hostname", f"{line}hostname"))
        for name, line in (("known", known), ("other", other))
    ]
    assert run(["init", "--from", *scripts]) == 0
    spec = Path("jobs/known.job.yaml").read_text(encoding="utf-8")
    assert "resource_limit: ntasks=4 constraint=a100 gres=gpu:2" in spec
    assert "`--account=phys` is in `options` of the target `hpc`" in spec
    assert "cores, not nodes" not in spec
    spec = Path("jobs/other.job.yaml").read_text(encoding="utf-8")
    assert "resource_limit: ntasks=4 qos=long gres=gpu:1 signal=USR1@60" in spec
    assert "Everything in it has its place here" in spec
    assert run(["check"]) == 0


def test_a_text_that_the_target_maps_is_taken_where_it_says_the_same() -> None:
    Path("specc.toml").write_text(SLURM, encoding="utf-8")
    assert run(["init", "--from", script("a.sh", "#!/bin/bash\n#SBATCH -C a100 --gres=gpu:2\n./run\n")]) == 0
    assert "resource_limit: two gpus" in Path("jobs/a.job.yaml").read_text(encoding="utf-8")
    assert run(["check"]) == 0


def test_an_option_that_the_target_says_otherwise_is_told() -> None:
    Path("specc.toml").write_text(SLURM, encoding="utf-8")
    assert run(["init", "--from", script("a.sh", "#!/bin/bash\n#SBATCH --account=bio\n./run\n")]) == 0
    spec = Path("jobs/a.job.yaml").read_text(encoding="utf-8")
    assert "`--account=bio` is dropped: the target `hpc` says `--account=phys` in specc.toml, for all jobs" in spec
    assert "resource_limit" not in spec
    assert run(["check"]) == 0


@pytest.mark.parametrize(
    ("line", "cores", "words"),
    [
        ("-N 2 --ntasks-per-node=8 --gpus=1", 16, "nodes=2 ntasks-per-node=8 gpus=1"),
        ("-N 2 -n 8 -c 4", 32, "nodes=2 ntasks=8 cpus-per-task=4"),
        ("-n 16 --ntasks-per-node=8 --mem=4G", 16, "ntasks=16 ntasks-per-node=8"),
        ("-n 4 --mem-per-cpu=512M", 4, "ntasks=4 mem-per-cpu=512M"),
        ("-N 2-4", 2, "nodes=2"),
        ("-N 2-4 -n 8", 8, "nodes=2 ntasks=8"),
        ("--gpus=2 --cpus-per-gpu=8", 16, "gpus=2 cpus-per-gpu=8"),
        ("-N 2 --gpus-per-node=4 --ntasks-per-gpu=1", 8, "nodes=2 gpus-per-node=4 ntasks-per-gpu=1"),
        ("--requeue --signal=B:USR1@60", 1, "requeue signal=B:USR1@60"),
    ],
)
def test_what_a_script_asks_for_is_imported_whole(line: str, cores: int, words: str) -> None:
    assert run(["init", "--from", script("a.sh", f"#!/bin/bash\n#SBATCH {line}\nsrun ./run\n")]) == 0
    spec = Path("jobs/a.job.yaml").read_text(encoding="utf-8")
    assert f"resource_limit: {words}" in spec
    assert f"core_limit: {cores}\n" in spec
    assert run(["check"]) == 0


def test_threads_are_said_where_a_launcher_could_take_them_for_ranks() -> None:
    text = "#!/bin/bash\n#SBATCH -c 8\n{}./run\n"
    assert run(["init", "--from", script("a.sh", text.format("")), script("b.sh", text.format("srun "))]) == 0
    assert "resource_limit" not in Path("jobs/a.job.yaml").read_text(encoding="utf-8")
    assert "resource_limit: cpus-per-task=8" in Path("jobs/b.job.yaml").read_text(encoding="utf-8")
    assert run(["check"]) == 0


def test_threads_are_said_where_the_target_has_tasks() -> None:
    Path("specc.toml").write_text(SLURM, encoding="utf-8")
    assert run(["init", "--from", script("a.sh", "#!/bin/bash\n#SBATCH -c 8\nhostname\n")]) == 0
    spec = Path("jobs/a.job.yaml").read_text(encoding="utf-8")
    assert "resource_limit: cpus-per-task=8" in spec
    assert "Everything in it has its place here" in spec


def test_without_a_slurm_target_options_say_where_one_takes_them() -> None:
    Path("specc.toml").write_text(SETTINGS, encoding="utf-8")
    assert run(["init", "--from", script("a.sh", SCRIPT.replace("-n 4", "-n 4 --gres=gpu:1"))]) == 0
    spec = Path("jobs/a.job.yaml").read_text(encoding="utf-8")
    assert "with a `slurm` target in specc.toml it is a word of `resource_limit`" in spec


def test_a_script_of_python_is_imported_as_one(capsys: Capture) -> None:
    text = "#!/usr/bin/env python3\n#SBATCH -J snake -c 2\nimport sys\nprint(sys.argv, '$1 $SLURM_NTASKS')\n"
    assert run(["init", "--from", script("snake.py.sbatch", text)]) == 0
    spec = Path("jobs/snake.py.job.yaml").read_text(encoding="utf-8")
    assert "cmd_line: {$file: snake.py}" in spec
    assert "`python3` runs the script where a target uses its `#!` line" in spec
    assert Path("jobs/snake.py").read_text(encoding="utf-8").startswith("#!/usr/bin/env python3\nimport sys")
    assert run(["check"]) == 0


def test_all_jobs_of_an_array_see_its_name() -> None:
    text = '#!/bin/bash\n#SBATCH -J sweep --array=1-2\necho "$SLURM_JOB_NAME"\n'
    assert run(["init", "--from", script("a.sh", text)]) == 0
    spec = Path("jobs/a.job.yaml").read_text(encoding="utf-8")
    assert "SLURM_JOB_NAME: sweep\n" in spec
    assert "sweep-{{ matrix.task }}" in spec


def test_both_streams_of_a_job_reach_the_one_file_that_its_script_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(Path("state").absolute()))
    monkeypatch.delenv("CI", raising=False)
    text = "#!/bin/bash\n#SBATCH -o logs/%x.out\necho said\necho went wrong >&2\n"
    assert run(["init", "--from", script("loud.sbatch", text), "project"]) == 0
    monkeypatch.chdir("project")
    assert run(["check", "--strict"]) == 0
    assert run(["submit", "--target", "local", "--wait"]) == 0
    assert Path("logs/loud.out").read_text(encoding="utf-8") == "said\nwent wrong\n"
