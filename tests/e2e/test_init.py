"""`specc init`: what it makes is a clean project, whatever it is called, and nothing that is there gets lost."""

import io
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from specc.cli.main import run
from specc.units import DURATION_UNITS, MEMORY_UNITS

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch

KNOWN = ["--mem-unit", "MiB", "--time-unit", "min"]
FILES = {
    "specc.toml", "base/site.job.yaml", "jobs/hello.job.yaml", "schemas/jobspec.schema.json", ".pre-commit-config.yaml",
    ".gitignore",
}  # fmt: skip


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: Patch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(folder: Path) -> dict[str, object]:
    return tomllib.loads((folder / "specc.toml").read_text(encoding="utf-8"))


def payloads(capsys: Capture) -> list[dict[str, object]]:
    capsys.readouterr()
    assert run(["render"]) == 0, capsys.readouterr().err
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def assert_clean(capsys: Capture) -> None:
    capsys.readouterr()
    assert run(["check"]) == 0
    assert capsys.readouterr().out == "checked 2 files, 2 payloads: no problems\n"


def test_a_project_with_units(empty_folder: Path, monkeypatch: Patch, capsys: Capture) -> None:
    assert run(["init", "cfd", *KNOWN]) == 0
    out, err = capsys.readouterr()
    assert {Path(line).relative_to("cfd").as_posix() for line in out.splitlines()} == FILES
    assert err == "next: cd cfd && specc check && specc submit --target local --wait\n"
    assert settings(Path("cfd"))["project"] == "cfd"
    assert settings(Path("cfd"))["units"] == {"mem_limit": "MiB", "time_limit": "min"}
    monkeypatch.chdir("cfd")
    assert_clean(capsys)
    hello, _ = payloads(capsys)
    assert hello == {
        "cluster_id": "ehpc-xxxxxxxx",
        "cmd_line": "echo hello world",
        "core_limit": 1,
        "mem_limit": 1024,
        "name": "hello-world",
        "run_user": "usr-xxxxxxxx",
        "scheduler_queue_name": "normal",
        "stderr_redirect_path": "./hello-world.err",
        "stdout_redirect_path": "./hello-world.out",
        "time_limit": 10,
        "zone": "jn1a",
    }
    assert run(["render", "jobs", "--profile", "smoke", "-p", "greeting=hi there"]) == 0
    assert json.loads(capsys.readouterr().out)["cmd_line"] == "echo 'hi there' world"


@pytest.mark.parametrize("arguments", [["."], [], ["../here"]])
def test_what_to_do_next_in_the_current_folder(
    arguments: list[str], empty_folder: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    Path("here").mkdir()
    monkeypatch.chdir("here")
    assert run(["init", *arguments, *KNOWN]) == 0
    assert capsys.readouterr().err == "next: specc check && specc submit --target local --wait\n"


def test_imported_jobs_can_be_tried_on_this_machine(empty_folder: Path, monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(empty_folder / "state"))
    monkeypatch.delenv("CI", raising=False)
    Path("here").mkdir()
    monkeypatch.chdir("here")
    Path("run.sbatch").write_text("#!/bin/bash\n#SBATCH --mem=100M --time=5\necho done\n", encoding="utf-8")
    assert run(["init", "--from", "run.sbatch", "."]) == 0
    *_, first, second = capsys.readouterr().err.splitlines()
    assert (first, second) == (
        "next: specc check && specc render",
        "to run the jobs on this machine: specc submit --target local --wait",
    )
    assert run(second.split(": specc ")[1].split()) == 0


def test_jobs_without_units_are_not_tried_on_this_machine(empty_folder: Path, capsys: Capture) -> None:
    Path("run.pbs").write_text("#!/bin/bash\n#PBS -l walltime=1:00:00\necho done\n", encoding="utf-8")
    assert run(["init", "--from", "run.pbs", "new"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == "next: cd new && specc check && specc render"


def test_a_project_whose_units_nobody_knows(monkeypatch: Patch, capsys: Capture) -> None:
    assert run(["init", "--zone", "jn1b", "--cluster-id", "ehpc-0a1b2c3d", "--run-user", "usr-Kx81mPq2"]) == 0
    out, err = capsys.readouterr()
    assert set(out.split()) == FILES
    assert "set the unit of mem_limit and time_limit in specc.toml before you use them" in err
    assert settings(Path())["units"] == {}
    assert_clean(capsys)
    hello, _ = payloads(capsys)
    assert "mem_limit" not in hello
    assert (hello["zone"], hello["cluster_id"], hello["run_user"]) == ("jn1b", "ehpc-0a1b2c3d", "usr-Kx81mPq2")
    assert run(["render", "jobs", "--set", "job.mem_limit=1GiB"]) == 1
    assert "unit-not-set" in capsys.readouterr().err


@pytest.mark.parametrize("memory", MEMORY_UNITS)
def test_every_unit_of_memory_gives_a_clean_project(memory: str, capsys: Capture) -> None:
    assert run(["init", "--mem-unit", memory]) == 0
    assert_clean(capsys)


@pytest.mark.parametrize("time", DURATION_UNITS)
def test_every_unit_of_time_gives_a_clean_project(time: str, capsys: Capture) -> None:
    assert run(["init", "--time-unit", time]) == 0
    assert_clean(capsys)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("流体 力学", "流体 力学"),
        ('say "hi"', "say _hi_"),
        ("it's {{ mine }}", "it's {{ mine }}"),
        ("@units@ & [targets]", "@units@ & [targets]"),
        ("back\\slash", "back_slash"),
        ("two\nlines", "two_lines"),
        ("# a comment", "# a comment"),
        ("😀", "😀"),
        ("caf\udce9", "caf_"),
    ],
)
def test_odd_names_of_projects(name: str, written: str, monkeypatch: Patch, capsys: Capture) -> None:
    assert run(["init", "--project", name, *KNOWN]) == 0
    assert settings(Path())["project"] == written
    assert_clean(capsys)
    assert run(["config"]) == 0


@pytest.mark.parametrize("folder", ["中文 项目", 'a "quoted" folder', "deep/er/folder"])
def test_odd_folders(folder: str, monkeypatch: Patch, capsys: Capture) -> None:
    assert run(["init", folder, *KNOWN]) == 0
    monkeypatch.chdir(folder)
    assert_clean(capsys)
    assert len(payloads(capsys)) == 2


def test_nothing_is_overwritten(capsys: Capture) -> None:
    Path("jobs").mkdir()
    Path("jobs/hello.job.yaml").write_text("mine\n")
    assert run(["init", *KNOWN]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "error: already there: jobs/hello.job.yaml\nhelp: choose another folder: `specc init DIR`\n"
    assert [path.name for path in Path().iterdir()] == ["jobs"]
    assert Path("jobs/hello.job.yaml").read_text() == "mine\n"


def test_a_second_init_changes_nothing(capsys: Capture) -> None:
    assert run(["init", *KNOWN]) == 0
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert run(["init"]) == 2
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_a_repository_keeps_its_own_files(capsys: Capture) -> None:
    Path(".gitignore").write_text("*.log\n")
    Path(".pre-commit-config.yaml").write_text("repos: []\n")
    assert run(["init", *KNOWN]) == 0
    out, err = capsys.readouterr()
    assert set(out.split()) == FILES - {".gitignore", ".pre-commit-config.yaml"}
    assert Path(".gitignore").read_text() == "*.log\n"
    assert ".gitignore exists already; add this to it for specc:\n" in err
    assert "    specc.local.toml\n" in err
    assert "entry: specc check\n" in err
    assert_clean(capsys)


def hooks(folder: Path) -> dict[str, dict[str, object]]:
    config = YAML(typ="safe", pure=True).load((folder / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    return {hook["id"]: hook for hook in config["repos"][0]["hooks"]}


def test_in_a_folder_of_a_repository_the_hooks_stand_at_its_root(empty_folder: Path, capsys: Capture) -> None:
    (empty_folder / ".git").mkdir()
    assert run(["init", "jobs/cfd", *KNOWN]) == 0
    assert ".pre-commit-config.yaml" in capsys.readouterr().out.splitlines()
    assert not Path("jobs/cfd/.pre-commit-config.yaml").exists()
    found = hooks(Path())
    assert found["specc-check"]["args"] == ["jobs/cfd"]
    assert found["specc-schema"]["args"] == ["jobs/cfd/schemas/jobspec.schema.json"]
    specs = re.compile(str(found["specc-fmt"]["files"]))
    assert [name for name in ("jobs/cfd/a.job.yaml", "jobs/cfd/b/c.job.yml", "jobs/cfdx/a.job.yaml", "a.job.yaml")
            if specs.search(name)] == ["jobs/cfd/a.job.yaml", "jobs/cfd/b/c.job.yml"]  # fmt: skip
    assert run(["init", "jobs/other", *KNOWN]) == 0
    assert "args: ['jobs/other']" in capsys.readouterr().err, "what stands there is kept, and what to add is shown"


def test_a_home_that_is_kept_in_git_gets_no_hooks(empty_folder: Path, monkeypatch: Patch) -> None:
    monkeypatch.setenv("HOME", str(empty_folder))
    (empty_folder / ".git").mkdir()
    assert run(["init", "cfd", *KNOWN]) == 0
    assert not Path(".pre-commit-config.yaml").exists()
    assert "args" not in hooks(Path("cfd"))["specc-check"]


@pytest.mark.parametrize("arguments", [["--mem-unit", "MB/s"], ["--time-unit", "MiB"], ["--mem-unit", "mib"]])
def test_a_unit_that_is_none(arguments: list[str], capsys: Capture) -> None:
    assert run(["init", *arguments]) == 2
    assert "help: units: " in capsys.readouterr().err
    assert list(Path().iterdir()) == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_asks_for_the_units(monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("GiB\n\n"))
    assert run(["init"]) == 0
    assert "In which unit does your cluster read mem_limit?" in capsys.readouterr().out
    assert settings(Path())["units"] == {"mem_limit": "GiB"}
    assert_clean(capsys)


def test_the_pre_commit_hook(capsys: Capture) -> None:
    run(["init", *KNOWN])
    config = YAML(typ="safe", pure=True).load(Path(".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (repository,) = config["repos"]
    assert [hook["entry"] for hook in repository["hooks"]] == ["specc check", "specc fmt", "specc schema check"]
    for hook in repository["hooks"]:
        assert hook["language"] == "system", "nothing is fetched from an index"
        assert "additional_dependencies" not in hook
        code = run([*hook["entry"].split()[1:], *hook.get("args", [])])
        assert code == 0, capsys.readouterr().out
    assert "reformatted" not in capsys.readouterr().err, "what init writes is formatted"


def test_git_ignores_personal_settings() -> None:
    run(["init", *KNOWN])
    assert "specc.local.toml" in Path(".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_specs_fit_the_copied_editor_schema() -> None:
    run(["init", *KNOWN])
    specs = sorted(Path().rglob("*.job.yaml"))
    for spec in specs:
        modeline = re.match(r"# yaml-language-server: \$schema=(\S+)\n", spec.read_text(encoding="utf-8"))
        assert modeline is not None
        assert (spec.parent / modeline[1]).resolve() == Path("schemas/jobspec.schema.json").resolve()
    tool = Path(sys.executable).with_name("check-jsonschema")
    result = subprocess.run(
        [tool, "--schemafile", "schemas/jobspec.schema.json", *specs],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout


VSCODE = {".vscode/extensions.json", ".vscode/settings.json", ".prettierrc.yaml"}


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_settings_of_editors_are_written_when_asked(empty_folder: Path, capsys: Capture) -> None:
    assert run(["init", *KNOWN]) == 0
    before = written(empty_folder)
    assert before == FILES
    capsys.readouterr()
    assert run(["init", "--editor", "vscode"]) == 0
    assert set(capsys.readouterr().out.splitlines()) == VSCODE
    assert written(empty_folder) == before | VSCODE
    for name in (".vscode/extensions.json", ".vscode/settings.json"):
        json.loads((empty_folder / name).read_text(encoding="utf-8"))


def test_settings_of_editors_with_a_new_project(empty_folder: Path, capsys: Capture) -> None:
    assert run(["init", *KNOWN, "--editor", "vscode", "--editor", "taplo"]) == 0
    assert written(empty_folder) == FILES | VSCODE | {".taplo.toml", "schemas/specc.schema.json"}
    rule = tomllib.loads((empty_folder / ".taplo.toml").read_text(encoding="utf-8"))["rule"][0]
    assert (empty_folder / rule["schema"]["path"]).is_file()
    assert "specc.toml" in rule["include"]
    assert run(["schema", "check", rule["schema"]["path"]]) == 0


def test_settings_of_editors_are_never_overwritten(empty_folder: Path, capsys: Capture) -> None:
    assert run(["init", *KNOWN]) == 0
    mine = empty_folder / ".vscode" / "settings.json"
    mine.parent.mkdir()
    mine.write_text("{}\n", encoding="utf-8")
    capsys.readouterr()
    assert run(["init", "--editor", "vscode"]) == 0
    out, err = capsys.readouterr()
    assert mine.read_text(encoding="utf-8") == "{}\n"
    assert ".vscode/settings.json" not in out
    assert err.startswith(".vscode/settings.json exists already; add this to it for specc:\n    {\n")
    assert run(["init", "--editor", "prettier"]) == 0
    assert capsys.readouterr() == ("", ""), "it says what specc would write"


def test_settings_of_editors_stand_at_the_root_of_the_repository(empty_folder: Path, capsys: Capture) -> None:
    (empty_folder / ".git").mkdir()
    assert run(["init", "jobs/cfd", *KNOWN, "--editor", "vscode", "--editor", "taplo"]) == 0
    assert VSCODE | {".taplo.toml"} <= written(empty_folder)
    rule = tomllib.loads((empty_folder / ".taplo.toml").read_text(encoding="utf-8"))["rule"][0]
    assert "jobs/cfd/specc.toml" in rule["include"]
    assert (empty_folder / rule["schema"]["path"]).is_file()


def test_the_manual_has_the_settings_of_prettier(empty_folder: Path) -> None:
    assert run(["init", *KNOWN, "--editor", "prettier"]) == 0
    _, *lines = (empty_folder / ".prettierrc.yaml").read_text(encoding="utf-8").splitlines()
    page = (Path(__file__).parents[2] / "docs" / "editor.md").read_text(encoding="utf-8")
    assert "".join(f"    {line}\n" for line in lines) in page


def test_an_editor_without_settings_is_refused(empty_folder: Path, capsys: Capture) -> None:
    assert run(["init", "--editor", "ed"]) == 2
    assert "write one of vscode, prettier, taplo" in capsys.readouterr().err
    assert written(empty_folder) == set()


def test_a_script_without_its_option_is_not_taken_for_a_folder(empty_folder: Path, capsys: Capture) -> None:
    (empty_folder / "my run.sbatch").write_text("#!/bin/bash\n", encoding="utf-8")
    assert run(["init", "my run.sbatch"]) == 2
    assert capsys.readouterr().err == (
        "error: my run.sbatch is a file, and not a folder\n"
        "help: to make a spec of a batch script, write `specc init --from 'my run.sbatch'`\n"
    )
    assert written(empty_folder) == {"my run.sbatch"}
