"""The examples: the good ones compile and do what their READMEs say, the broken ones say what is wrong with them.

`pytest tests/e2e/test_examples.py --update-cases` rewrites what `examples/broken` expects and shows.
"""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from support.tables import each

from specc.cli.main import run

EXAMPLES = Path(__file__).parents[2] / "examples"
SCHEMA = EXAMPLES.parent / "schemas" / "jobspec.schema.json"
BROKEN = EXAMPLES / "broken"
PROJECTS = sorted(path.parent for path in EXAMPLES.glob("*/specc.toml") if path.parent != BROKEN)
GOOD_SPECS = sorted(spec for project in PROJECTS for spec in project.rglob("*.job.yaml"))

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: Patch) -> Path:
    """A copy of one example, which is the current folder. What it submits is remembered beside it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("CI", raising=False)
    folder = tmp_path / request.param
    shutil.copytree(EXAMPLES / request.param, folder)
    monkeypatch.chdir(folder)
    return folder


def commands(project: Path) -> list[str]:
    """The commands that a README proposes."""
    return re.findall(r"^    (specc .*)$", (project / "README.md").read_text(encoding="utf-8"), re.MULTILINE)


def payloads(arguments: list[str], capsys: Capture) -> list[dict[str, object]]:
    capsys.readouterr()
    assert run(["render", *arguments]) == 0, capsys.readouterr().err
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_example_is_known() -> None:
    assert [path.name for path in PROJECTS] == ["chinese", "gromacs", "heat", "openfoam", "training", "v2"]
    assert len(GOOD_SPECS) >= 15


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda path: path.name)
def test_an_example_is_clean(folder: Path, monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.chdir(folder)
    assert run(["check"]) == 0, capsys.readouterr().out
    assert capsys.readouterr().out.endswith("no problems\n")


@pytest.mark.parametrize("project", [path.name for path in PROJECTS], indirect=True)
def test_the_commands_of_a_readme_work(project: Path, capsys: Capture) -> None:
    lines = commands(project)
    assert len(lines) >= 5
    for line in lines:
        command, _, comment = line.partition("  # ")
        expected = 1 if comment.startswith("exits with 1") else 0
        assert run(shlex.split(command)[1:]) == expected, f"{line}\n{capsys.readouterr().err}"
        out, err = capsys.readouterr()
        assert out or err


@each("folder", PROJECTS)
def test_what_a_readme_links_to_is_there(folder: Path) -> None:
    linked = set(re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert {path for path in linked if not (folder / path).exists()} == set()
    runs = {path.relative_to(folder).as_posix() for path in folder.rglob("*.job.yaml")}
    assert runs <= linked, "a README names every spec"


def test_the_openfoam_sweep(monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.chdir(EXAMPLES / "openfoam")
    cells = payloads(["cases/cavity.job.yaml"], capsys)
    assert len(cells) == 3 * 10 - 1
    assert {cell["mem_limit"] for cell in cells} == {32 * 1024, 128 * 1024, 960 * 1024}
    assert {cell["time_limit"] for cell in cells} == {4 * 60, 24 * 60}
    steps = str(cells[0]["cmd_line"]).splitlines()
    assert steps[0] == "#!/bin/bash"
    assert steps[-3:] == ["decomposePar -force", "mpirun -np 64 icoFoam -parallel", "reconstructPar -latestTime"]
    bike = str(payloads(["cases/motorbike.job.yaml", "--only", "speed=20"], capsys)[0]["cmd_line"])
    assert "\nblockMesh\ncheckMesh\nsurfaceFeatureExtract\nsnappyHexMesh -overwrite\n" in bike
    assert "-set '(20 0 0)'\n" in bike


def test_gromacs_stops_before_its_limit(monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.chdir(EXAMPLES / "gromacs")
    plain = payloads(["runs/production.job.yaml"], capsys)
    assert len(plain) == 9
    assert (plain[0]["time_limit"], plain[0]["core_limit"]) == (3 * 24 * 60, 64)
    assert str(plain[0]["cmd_line"]).endswith("-maxh 71.28")
    (smoke,) = payloads(["runs/production.job.yaml", "--profile", "smoke"], capsys)
    assert str(smoke["cmd_line"]).startswith("mpirun -n 4 ")
    assert str(smoke["cmd_line"]).endswith("-maxh 0.16")


def test_training_pairs_and_repeats(monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.chdir(EXAMPLES / "training")
    cells = payloads(["jobs/train.job.yaml"], capsys)
    assert len(cells) == len({str(cell["name"]) for cell in cells}) == 2 * 4 * 2
    pairs = {tuple(re.findall(r"--(?:lr|weight-decay) (\S+)", str(cell["cmd_line"]))) for cell in cells}
    assert pairs == {("0.1", "0.0005"), ("0.01", "0.0001")}
    evaluation = str(payloads(["jobs/eval.job.yaml", "-p", "split=test"], capsys)[0]["cmd_line"])
    assert "export REPORT='Accuracy, test'\nset -- test /home/ml/cifar/runs 0.1\n" in evaluation


def test_the_later_api_adds_its_fields(monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.chdir(EXAMPLES / "v2")
    cells = payloads([], capsys)
    assert {cell["submit_type"] for cell in cells} == {1}
    assert {cell["cmd_line_type"] for cell in cells} == {"input"}
    assert {cell["priority"] for cell in payloads(["jobs", "--profile", "urgent"], capsys)} == {10}


def test_chinese_names_reach_the_payload(monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.chdir(EXAMPLES / "chinese")
    names = {str(cell["name"]) for cell in payloads(["算例", "-p", "台风=梅花"], capsys)}
    assert len(names) == 21
    assert {"梅花-云微物理-03", "梅花-后处理"} <= names


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_the_locale() -> None:
    command = [Path(sys.executable).with_name("specc"), "render", "算例/台风集合.job.yaml", "--profile", "试算"]
    outputs = {
        subprocess.run(
            command, cwd=EXAMPLES / "chinese", env={**os.environ, "PYTHONIOENCODING": encoding}, check=True,
            capture_output=True, timeout=60,
        ).stdout
        for encoding in ("utf-8", "ascii", "gbk")
    }  # fmt: skip
    (output,) = outputs
    assert "烟花-积云对流-01" in output.decode("utf-8")


@pytest.mark.slow
def test_the_editor_schema_accepts_every_good_spec() -> None:
    tool = Path(sys.executable).with_name("check-jsonschema")
    result = subprocess.run(
        [tool, "--schemafile", SCHEMA, *GOOD_SPECS], capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stdout


# What is wrong with the broken ones.

HARMLESS = ("# Nothing is wrong with this", "# One of the files of ")
CASES = sorted(path for path in BROKEN.rglob("*.job.yaml") if not path.read_text(encoding="utf-8").startswith(HARMLESS))
CASES.append(BROKEN / "settings" / "run.job.yaml")
HELPLESS = {
    "attribute-escape", "bomb", "duplicate-key", "template-syntax", "too-large-for-json", "unclosed-quote",
    "wrong-type",
}  # fmt: skip
"""Messages to which no help could add anything."""


def name_of(case: Path) -> str:
    return case.relative_to(BROKEN).as_posix().removesuffix(".job.yaml")


class Answer(NamedTuple):
    code: int
    text: str
    concise: str


@cache
def answer_to(case: Path) -> Answer:
    """What `specc check` says about a case, run in `examples/broken`."""
    out, concise = io.StringIO(), Path(tempfile.mkdtemp()) / "concise"
    with contextlib.chdir(BROKEN), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = run(["check", f"{name_of(case)}.job.yaml", "--output", "text", "--output", f"concise:{concise}"])
    # With broken settings there is no check, and so no report.
    found = concise.read_text(encoding="utf-8") if concise.exists() else out.getvalue()
    shutil.rmtree(concise.parent)
    return Answer(code, out.getvalue(), found)


def compare(expected: Path, text: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-cases"):
        expected.write_text(text, encoding="utf-8")
    assert expected.exists(), f"{expected} is missing: run pytest --update-cases and read what it wrote"
    assert text == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_broken_spec_says_what_is_wrong(case: Path, request: pytest.FixtureRequest) -> None:
    assert re.match(r"# [^\n]+\.\n", case.read_text(encoding="utf-8")), "the first line says what is wrong"
    answer = answer_to(case)
    assert answer.code == (2 if "settings" in case.parts else 1 if "error[" in answer.text else 0)
    compare(case.with_name(case.name.replace(".job.yaml", ".expected")), answer.concise, request)
    *blocks, summary = re.split(r"\n\n(?=error|warning|found)", answer.text)
    assert summary.startswith("found ")
    assert blocks
    for block in blocks:
        title, place, *drawing = block.splitlines()
        found = re.fullmatch(r"(?:error|warning)\[SPC\d{3} [a-z0-9.-]+\]: (.+)", title)
        assert found is not None, title
        assert not found[1][0].isupper(), "a message begins with a small letter"
        assert not found[1].endswith("."), "a message is no sentence"
        assert re.match(r" +--> \S+:\d+:\d+$", place)
        assert any(re.match(r" *\| +\^", line) for line in drawing), "carets show the place"
        assert re.search(r" = (help|note): ", block) or name_of(case) in HELPLESS


def test_the_gallery_shows_every_broken_spec(request: pytest.FixtureRequest) -> None:
    parts = [GALLERY]
    for case in CASES:
        comment = re.match(r"# ([^\n]+)\n", case.read_text(encoding="utf-8"))
        assert comment is not None
        session = f"$ specc check {name_of(case)}.job.yaml\n{answer_to(case).text}"
        parts.append(f"## {name_of(case)}\n\n{comment[1]}\n\n```console\n{session}```\n")
    compare(BROKEN / "README.md", "\n".join(parts), request)


GALLERY = """\
# What specc says about broken specs

Each file here has one mistake, which its first line tells, and beside it, in `NAME.expected`, what `specc check` finds.
This page is written by `pytest tests/e2e/test_examples.py --update-cases`; do not edit it.
"""


def test_the_broken_specs_cover_the_language() -> None:
    found = {code for path in BROKEN.rglob("*.expected") for code in re.findall(r"SPC\d{3}", path.read_text("utf-8"))}
    assert len(found) >= 40
    orphans = [path for path in BROKEN.rglob("*.expected") if not path.with_suffix(".job.yaml").exists()]
    assert orphans == []


def test_a_check_of_all_broken_specs_ends_well(monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.chdir(BROKEN)
    names = [f"{name_of(path)}.job.yaml" for path in CASES if "settings" not in path.parts]
    assert run(["check", *names, "--output", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["summary"]["errors"] == sum(d["severity"] == "error" for d in document["diagnostics"])
