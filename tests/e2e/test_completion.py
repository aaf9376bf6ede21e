"""What the shell offers after TAB. It must never fail, whatever the specs look like."""

import os
import subprocess
import sys

import pytest
import typer
from support.projects import Place

from specc.cli import completion, main
from specc.cli.dispatch import app

RUN = """specc: 1
extends: base.job.yaml
params:
  solver: {type: string, choices: [ico, simple]}
  steps: {type: integer, default: 5}
vars: {tag: "{{ params.solver }}"}
matrix: {axes: {mesh: [coarse, fine]}}
profiles: {smoke: {}, large: {}}
job: {name: "run-{{ vars.tag }}", cmd_line: ./run}
"""


@pytest.fixture
def run(place: Place) -> Place:
    (place.root / "sweep.job.yaml").unlink()
    place.write(run=RUN)
    return place


def typed(*words: str) -> typer.Context:
    """The context of a command line that is not finished."""
    context = typer.main.get_command(app).make_context("specc", list(words), resilient_parsing=True)
    command = context.command.get_command(context, words[0])
    return command.make_context(words[0], list(words[1:]), parent=context, resilient_parsing=True)


EXPLAIN = ("explain", "run.job.yaml")


class TestSpecs:
    def test_specs_and_folders(self, run: Place) -> None:
        run.write(jobs__a="", jobs__b="")
        run.put("jobs/note.txt", b"")
        run.put(".hidden/x.job.yaml", b"")
        assert completion.complete_spec("") == ["base.job.yaml", "jobs/", "run.job.yaml"]
        assert completion.complete_spec("r") == ["run.job.yaml"]
        assert completion.complete_spec("jobs/") == ["jobs/a.job.yaml", "jobs/b.job.yaml"]
        assert completion.complete_spec("jobs/b") == ["jobs/b.job.yaml"]
        assert completion.complete_spec(".h") == [".hidden/"]

    def test_nothing_in_a_folder_that_is_not_there(self, run: Place) -> None:
        assert completion.complete_spec("nowhere/") == []


class TestNames:
    def test_fields(self, run: Place) -> None:
        offers = completion.complete_field(typed(*EXPLAIN), "")
        assert {"name", "cmd_line", "core_limit", "zone", "params.solver", "vars.tag", "matrix.mesh"} <= set(offers)
        assert len(offers) == len(set(offers))
        assert completion.complete_field(typed(*EXPLAIN), "va") == ["vars.tag"]

    def test_params_with_their_choices(self, run: Place) -> None:
        assert completion.complete_param(typed(*EXPLAIN), "") == ["solver=ico", "solver=simple", "steps="]
        assert completion.complete_param(typed(*EXPLAIN), "solver=") == ["solver=ico", "solver=simple"]
        assert completion.complete_param(typed(*EXPLAIN), "solver=s") == ["solver=simple"]
        assert completion.complete_param(typed(*EXPLAIN), "steps=") == ["steps="]
        assert completion.complete_param(typed(*EXPLAIN), "nothing=") == []

    def test_profiles(self, run: Place) -> None:
        assert sorted(completion.complete_profile(typed(*EXPLAIN), "")) == ["large", "smoke"]
        assert completion.complete_profile(typed(*EXPLAIN), "s") == ["smoke"]

    def test_axes_with_their_values(self, run: Place) -> None:
        assert completion.complete_axis(typed(*EXPLAIN), "") == ["mesh=coarse", "mesh=fine"]
        assert completion.complete_axis(typed(*EXPLAIN), "mesh=") == ["mesh=coarse", "mesh=fine"]
        assert completion.complete_axis(typed(*EXPLAIN), "mesh=f") == ["mesh=fine"]

    def test_cells_are_those_that_can_be_chosen(self, run: Place) -> None:
        ids = completion.complete_cell(typed(*EXPLAIN), "")
        assert len(ids) == 2
        assert completion.complete_cell(typed(*EXPLAIN), ids[1][:6]) == [ids[1]]
        assert run.run("render", "run.job.yaml", "-p", "solver=ico", "--cell", ids[1]) == 0, run.err

    def test_a_long_sweep_offers_its_first_cells(self, run: Place) -> None:
        run.write(long="specc: 1\nmatrix: {max: 5000, axes: {n: {from: 1, to: 5000}}}\njob: {name: a}\n")
        assert len(completion.complete_cell(typed("explain", "long.job.yaml"), "")) == completion.MOST_CELLS

    def test_targets(self, run: Place) -> None:
        assert sorted(completion.complete_target("")) == ["hpc", "local"]
        assert completion.complete_target("h") == ["hpc"]

    def test_apis(self) -> None:
        assert completion.complete_api("ehpc/") == ["ehpc/v1", "ehpc/v2"]

    def test_formats(self) -> None:
        assert completion.complete_format("nd") == ["ndjson"]
        assert completion.complete_report("js") == ["json"]


class TestWhichSpecs:
    @pytest.mark.parametrize(
        "words", [["check", "run.job.yaml"], ["check", "."], ["check"], ["submit", "run.job.yaml"]]
    )
    def test_those_that_are_named_or_all(self, run: Place, words: list[str]) -> None:
        assert completion.complete_axis(typed(*words), "") == ["mesh=coarse", "mesh=fine"]

    def test_another_spec_has_other_names(self, run: Place) -> None:
        run.write(other="specc: 1\nprofiles: {night: {}}\njob: {name: a}\n")
        assert completion.complete_profile(typed("check", "other.job.yaml"), "") == ["night"]
        assert set(completion.complete_profile(typed("check"), "")) == {"night", "smoke", "large"}

    def test_standard_input_is_not_waited_for(self, run: Place) -> None:
        assert completion.complete_profile(typed("check", "-"), "") == []


BROKEN = {
    "no-yaml": b"specc: 1\njob: {name: [}\n",
    "no-text": b"\xff\xfe\x00",
    "empty": b"",
    "a-list": b"- 1\n",
    "no-parent": b"specc: 1\nextends: gone.job.yaml\njob: {name: x}\n",
    "own-parent": b"specc: 1\nextends: x.job.yaml\njob: {name: x}\n",
    "no-template": b'specc: 1\nvars: {a: "{{ "}\njob: {name: "{{ vars.b }}"}\n',
    "no-axis": b"specc: 1\nmatrix: {axes: {mesh: 5}}\njob: {name: x}\n",
    "no-params": b"specc: 1\nparams: [a]\nvars: 3\nprofiles: x\njob: y\n",
}
IN_CONTEXT = [
    completion.complete_field,
    completion.complete_param,
    completion.complete_profile,
    completion.complete_axis,
    completion.complete_cell,
]


class TestNeverFails:
    @pytest.mark.parametrize("complete", IN_CONTEXT)
    @pytest.mark.parametrize("mistake", BROKEN)
    def test_a_broken_spec(self, place: Place, complete: object, mistake: str) -> None:
        place.put("x.job.yaml", BROKEN[mistake])
        assert callable(complete)
        assert isinstance(complete(typed("explain", "x.job.yaml"), ""), list)

    @pytest.mark.parametrize("complete", IN_CONTEXT)
    def test_a_spec_that_is_not_there(self, place: Place, complete: object) -> None:
        assert callable(complete)
        assert complete(typed("explain", "gone.job.yaml"), "") == []

    def test_a_broken_spec_offers_what_can_be_read(self, run: Place) -> None:
        run.write(wrong="specc: 1\nprofiles: {smoke: {}}\njob: {nmae: x, core_limit: many}\n")
        assert completion.complete_profile(typed("explain", "wrong.job.yaml"), "") == ["smoke"]
        assert "core_limit" in completion.complete_field(typed("explain", "wrong.job.yaml"), "core")

    @pytest.mark.parametrize("settings", [b"project = [", b"\xff", b'projct = "x"\n', b'api = "ehpc/v9"\n'])
    def test_broken_settings(self, run: Place, settings: bytes) -> None:
        run.put("specc.toml", settings)
        assert isinstance(completion.complete_target(""), list)
        assert isinstance(completion.complete_field(typed(*EXPLAIN), ""), list)

    def test_settings_that_cannot_be_opened(self, run: Place) -> None:
        (run.root / "specc.toml").unlink()
        (run.root / "specc.toml").symlink_to("specc.toml")
        assert isinstance(completion.complete_target(""), list)
        assert isinstance(completion.complete_profile(typed(*EXPLAIN), ""), list)


def in_a_process(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "specc", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment}
    )


def test_the_script_for_the_shell() -> None:
    shown = in_a_process("--show-completion", "bash", SHELL="/bin/bash")
    assert shown.returncode == 0, shown.stderr
    assert "_SPECC_COMPLETE" in shown.stdout


@pytest.mark.parametrize(("shell", "code"), [("/bin/zsh", 0), ("/bin/odd", 2)])
def test_a_shell_that_is_no_parent_is_the_usual_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shell: str, code: int
) -> None:
    monkeypatch.setattr("typer._completion_shared._get_shell_name", lambda: None)
    monkeypatch.setenv("SHELL", shell)
    assert main.run(["--show-completion"]) == code
    printed = capsys.readouterr()
    assert ("#compdef specc" in printed.out) == (code == 0)
    assert ("specc --show-completion bash" in printed.err) == (code == 2)


def test_a_shell_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--show-completion", "bsh"]) == 2
    assert "did you mean `bash`?" in capsys.readouterr().err


ASK_BASH = """
eval "$SCRIPT"
COMP_WORDS=({words}) COMP_CWORD={at} COMP_LINE={line!r}
_specc_completion specc
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "offers"),
    [
        (["explain", "run.job.yaml", "-p", "sol"], ["solver=ico", "solver=simple"]),
        (["explain", "run.job.yaml", "-p", "solver", "="], ["ico", "simple"]),
        (["explain", "run.job.yaml", "-p", "solver", "=", "s"], ["simple"]),
        (["explain", "run.job.yaml", "-p", "solver", "=", "ico", "--only", "mesh", "=", "f"], ["fine"]),
    ],
)
def test_bash_which_takes_words_apart_at_equals(run: Place, words: list[str], offers: list[str]) -> None:
    shown = in_a_process("--show-completion", "bash", SHELL="/bin/bash").stdout
    folder = run.root / "bin"
    folder.mkdir()
    (folder / "specc").write_text(f'#!/bin/sh\nexec {sys.executable} -m specc "$@"\n')
    (folder / "specc").chmod(0o755)
    script = ASK_BASH.format(words=" ".join(["specc", *words]), at=len(words), line=" ".join(["specc", *words]))
    path = f"{folder}:{os.environ['PATH']}"
    answer = subprocess.run(
        ["bash", "-c", script], env={**os.environ, "PATH": path, "SCRIPT": shown}, capture_output=True, text=True,
        check=True, timeout=60, cwd=run.root,
    )  # fmt: skip
    assert answer.stdout.split() == offers, answer.stderr
