"""`import specc`: what the commands do, as objects."""

import dataclasses
import inspect
import json
import logging
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from support.projects import Place

import specc
from specc import api
from specc.cli.main import run
from specc.visible import visible

CASES = Path(__file__).parents[1] / "cases"
BROKEN = "specc: 1\njob: {name: a, cmd_line: ./run, cor_limit: 1}\n"
SETTINGS = """project = "demo"
target = "here"
[units]
mem_limit = "MiB"
time_limit = "min"
[targets.here]
kind = "local"
run_as = "caller"
job = {zone = "z", cluster_id = "c", run_user = "me"}
"""
ECHO = "specc: 1\nmatrix: {axes: {n: [1, 2]}}\njob: {name: 'echo-{{ cell.slug }}', cmd_line: 'echo {{ matrix.n }}'}\n"


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.delenv("CI", raising=False)  # where a ledger must be named
    for file in place.root.glob("*.yaml"):
        file.unlink()
    (place.root / "specc.toml").write_text(SETTINGS, encoding="utf-8")
    place.write(echo=ECHO)
    return place


class TestTheFrontDoor:
    def test_importing_specc_imports_nothing_else(self) -> None:
        code = "import sys, specc; print([m for m in sys.modules if m.startswith(('specc.', 'jinja2', 'yaml'))])"
        printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert printed == "[]\n"

    def test_everything_public_is_documented(self) -> None:
        for name in set(specc.__all__) - {"__version__"}:
            thing = getattr(specc, name)
            assert inspect.getdoc(thing), name
            for attribute, member in vars(thing).items() if inspect.isclass(thing) else ():
                if not attribute.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
                    assert inspect.getdoc(member), f"{name}.{attribute}"

    def test_everything_public_has_types(self) -> None:
        for name in set(specc.__all__) - {"__version__", "open"}:
            for attribute, member in vars(getattr(specc, name)).items():
                if inspect.isfunction(member) and not attribute.startswith("_"):
                    signature = inspect.signature(member)
                    assert signature.return_annotation is not inspect.Signature.empty, f"{name}.{attribute}"
                    bare = [p for p in list(signature.parameters.values())[1:] if p.annotation is p.empty]
                    assert not bare, f"{name}.{attribute}"

    def test_nothing_else_is_public(self) -> None:
        assert set(api.__all__) - {"open_project"} == set(specc.__all__) - {"open", "__version__"}
        offered = {name for name in vars(specc) if not name.startswith("_")}
        submodules = {name for name in offered if inspect.ismodule(getattr(specc, name))}
        assert offered - submodules - {"TYPE_CHECKING", "Any"} <= set(specc.__all__)
        with pytest.raises(AttributeError, match="no attribute 'Projekt'"):
            _ = specc.Projekt

    def test_values_are_frozen(self) -> None:
        for name in ("CheckResult", "Diagnostic", "Payload", "Plan", "Job", "Run", "Result", "Provenance"):
            assert dataclasses.fields(getattr(specc, name))
            assert getattr(specc, name).__dataclass_params__.frozen


class TestOpening:
    def test_from_any_file_below(self, here: Place) -> None:
        assert specc.open(here.root / "echo.job.yaml").root == here.root
        assert repr(specc.open(here.root, "here")) == f"specc.open({str(here.root)!r}, target='here')"

    def test_a_path_that_is_not_there(self, here: Place) -> None:
        with pytest.raises(specc.SpeccError, match="no such file or folder"):
            specc.open(here.root / "nowhere")

    def test_a_target_that_is_not_there(self, here: Place) -> None:
        with pytest.raises(specc.SpeccError, match="has no target `moon`"):
            specc.open(here.root, "moon")

    def test_settings_with_errors(self, here: Place) -> None:
        (here.root / "specc.toml").write_text("nothing = 1\n", encoding="utf-8")
        with pytest.raises(specc.InvalidSpec) as raised:
            specc.open(here.root)
        assert raised.value.diagnostics[0].path.endswith("specc.toml")


class TestCheck:
    def test_it_says_what_the_command_says(self, here: Place) -> None:
        here.write(broken=BROKEN)
        assert here.run("check", "--output", "json") == 1
        result = specc.open(here.root).check()
        assert json.loads(result.to("json")) == json.loads(here.out)
        assert not result.ok
        (diagnostic,) = result
        assert (diagnostic.code, diagnostic.name, diagnostic.line, diagnostic.severity) == (
            "SPC401", "unknown-field", 2, "error",
        )  # fmt: skip
        assert str(diagnostic).startswith("broken.job.yaml:2:")
        assert "core_limit" in str(diagnostic.help)

    def test_an_edit_is_seen(self, here: Place) -> None:
        project = specc.open(here.root)
        assert project.check().ok
        here.write(broken=BROKEN)
        assert not project.check().ok

    def test_from_another_folder(self, here: Place, tmp_path_factory, monkeypatch: pytest.MonkeyPatch) -> None:
        here.write(broken=BROKEN)
        monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
        assert not specc.open(here.root).check("broken.job.yaml").ok

    def test_a_format_that_is_not_there(self, here: Place) -> None:
        with pytest.raises(specc.SpeccError, match="there is no output format `xml`"):
            specc.open(here.root).check().to("xml")

    def test_a_table_escapes_what_a_repository_holds(self, here: Place) -> None:
        here.write(odd='specc: 1\njob: {name: a, cmd_line: ./run, "<script>": 1}\n')
        shown = specc.open(here.root).check()._repr_html_()
        assert "<script>" not in shown
        assert "&lt;script&gt;" in shown


class TestPayloads:
    def test_they_are_those_of_render(self, here: Place) -> None:
        assert here.run("render") == 0
        payloads = specc.open(here.root).payloads()
        assert [payload.canonical.decode() for payload in payloads] == here.out.splitlines()
        assert [payload.axes for payload in payloads] == [{"n": 1}, {"n": 2}]

    def test_choices(self, here: Place) -> None:
        project = specc.open(here.root)
        assert [p.name for p in project.payloads("echo.job.yaml", only={"n": 2})] == ["echo-2"]
        assert len(project.payloads("echo.job.yaml", only={"n": [1, 2]})) == 2
        (one,) = project.payloads("echo.job.yaml", only={"n": 1}, set={"job.core_limit": 4, "job.name": "007"})
        assert (one.body["core_limit"], one.body["name"]) == (4, "007")

    def test_parameters_of_every_type(self, here: Place) -> None:
        here.write(
            typed="specc: 1\nparams: {s: {type: string}, i: {type: integer}, b: {type: boolean}}\n"
            "job: {name: x, cmd_line: 'echo {{ params.s | sh }} {{ params.i }} {{ params.b }}'}\n"
        )
        (one,) = specc.open(here.root).payloads("typed.job.yaml", params={"s": "a b", "i": 3, "b": True})
        assert one.body["cmd_line"] == "echo 'a b' 3 true"

    def test_errors_are_raised_together(self, here: Place) -> None:
        here.write(broken=BROKEN, worse="specc: 1\njob: {name: a}\nvarz: 1\n")
        with pytest.raises(specc.InvalidSpec) as raised:
            specc.open(here.root).payloads()
        assert len({diagnostic.path for diagnostic in raised.value.diagnostics}) == 2


class TestExplain:
    def test_it_is_the_tree_of_the_command(self, here: Place) -> None:
        assert here.run("explain", "echo.job.yaml", "name") == 0
        (name,) = specc.open(here.root).explain("echo.job.yaml", "name")
        assert str(name) == here.out
        assert (name.value, name.state) == ("echo-1", "known")
        assert name.writers[0].path == "echo.job.yaml"
        assert {read.name for read in name.reads} >= {"cell.slug"}


class TestSubmitting:
    def test_once_whoever_sends(self, here: Place) -> None:
        project = specc.open(here.root)
        assert [step.action for step in project.plan()] == ["send", "send"]
        run_ = project.submit().wait(60)
        assert [(job.state, job.exit_code, job.logs()) for job in run_.jobs] == [
            ("finished", 0, "1\n"),
            ("finished", 0, "2\n"),
        ]
        assert (run_.failed, run_.unsent) == ((), ())
        assert not project.plan().has_changes
        assert here.run("submit") == 0
        assert [result.action for result in project.submit().results] == ["keep", "keep"]
        assert len(project.jobs()) == 2
        assert [job.cell for job in project.jobs(only={"n": 2})] == [run_.jobs[1].cell]

    def test_failures(self, here: Place) -> None:
        here.write(fails="specc: 1\njob: {name: fails, cmd_line: 'echo no >&2; exit 3'}\n")
        project = specc.open(here.root)
        (job,) = project.submit("fails.job.yaml").wait(60).failed
        assert (job.state, job.exit_code, job.logs("stderr")) == ("exited", 3, "no\n")
        assert project.jobs(states=["failed"]) == [job]
        assert job.submitted_at <= job.started_at <= job.ended_at
        assert job.seconds > 0
        assert job.node
        assert job.usage.cores_asked == 1
        assert job.usage.cpu_seconds >= 0
        with pytest.raises(specc.SpeccError, match="has no stream `slurm`"):
            job.logs("slurm")

    def test_what_changed_needs_a_decision(self, here: Place) -> None:
        project = specc.open(here.root)
        project.submit().wait(60)
        here.write(echo=ECHO.replace("echo {{", "echo again {{"))
        with pytest.raises(specc.NotSubmitted) as raised:
            project.submit()
        assert len(raised.value.reasons) == 2
        assert {step.action for step in project.plan()} == {"changed"}
        assert [result.state for result in project.submit(changed=True).results] == ["accepted", "accepted"]

    def test_what_commands_tell_goes_to_a_logger(self, here: Place, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO, logger="specc"):
            specc.open(here.root).submit()
        assert any("new ledger" in record.getMessage() for record in caplog.records)

    def test_nothing_is_printed(self, here: Place, capsys: pytest.CaptureFixture[str]) -> None:
        project = specc.open(here.root)
        project.check()
        project.submit().wait(60)
        assert capsys.readouterr() == ("", "")

    def test_a_job_of_the_command_line(self, here: Place) -> None:
        assert run(["submit", "--wait"]) == 0
        assert {job.state for job in specc.open(here.root).jobs()} == {"finished"}

    def test_the_settings_of_the_current_folder_do_not_matter(
        self, here: Place, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = specc.open(here.root)
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        (elsewhere / "specc.toml").write_text("nothing = 1\n", encoding="utf-8")
        monkeypatch.chdir(elsewhere)
        assert len(project.submit().wait(60).jobs) == 2
        assert {job.state for job in project.jobs()} == {"finished"}

    def test_a_plan_of_what_the_target_would_refuse(self, here: Place) -> None:
        here.write(odd="specc: 1\njob: {name: odd, cmd_line: ./run, stdout_redirect_path: ../../../out.txt}\n")
        with pytest.raises(specc.InvalidSpec):
            specc.open(here.root).plan("odd.job.yaml")


class TestOneMind:
    """The commands and the API stand on the same functions, so they say the same, word for word."""

    def test_of_every_golden_case(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        count = 0
        for folder in sorted({path.parent for path in CASES.glob("*/*/spec.job.yaml")}):
            count += 1
            monkeypatch.chdir(folder)
            case = tomllib.loads((folder / "case.toml").read_text()) if (folder / "case.toml").exists() else {}
            run(["check", "spec.job.yaml", "--output", "json", *case.get("check", [])])
            said = json.loads(capsys.readouterr().out)
            project = opened(folder)
            if project is None:
                continue  # settings with errors, which `specc.open` raises
            checked = project.check("spec.job.yaml", **asked_by(case.get("check", [])))
            assert json.loads(checked.to("json")) == said, folder
            code = run(["render", "spec.job.yaml", *case.get("render", [])])
            rendered = capsys.readouterr()
            if code == 0:
                made = project.payloads("spec.job.yaml", **asked_by(case.get("render", [])))
                assert [payload.canonical.decode() for payload in made] == rendered.out.splitlines(), folder
            else:
                with pytest.raises(specc.InvalidSpec) as raised:
                    project.payloads("spec.job.yaml", **asked_by(case.get("render", [])))
                for one in raised.value.diagnostics:
                    assert visible(f"{one.severity}[{one.code} {one.name}]: {one.message}") in rendered.err, folder
        assert count > MOST_CASES

    def test_of_what_submitting_would_do(self, here: Place) -> None:
        project = specc.open(here.root)
        for options, asked in PLANS:
            code = here.run("plan", "--output", "json", *options)
            planned = json.loads(here.out)["steps"] if code == 0 else None
            assert planned is not None, here.err
            steps = project.plan(**asked).steps
            assert [(one["spec"], one["cell"], one["action"], one["digest"]) for one in planned] == [
                (step.spec, step.cell, step.action, step.digest) for step in steps
            ]
            assert [one["why"] for one in planned] == [step.why for step in steps]

    def test_of_a_project_without_a_name_where_jobs_cost_something(self, here: Place) -> None:
        settings = SETTINGS.replace('project = "demo"\n', "").replace('"local"', '"slurm"')
        (here.root / "specc.toml").write_text(settings, encoding="utf-8")
        for arguments in (["plan"], ["submit", "--dry-run"], ["submit"]):
            assert here.run(*arguments) == 2
            assert "the project has no name" in here.err, arguments
        project = specc.open(here.root)
        for call in (project.plan, project.submit):
            with pytest.raises(specc.SpeccError, match="the project has no name"):
                call()

    def test_of_how_many_may_be_in_flight(self, here: Place) -> None:
        for number in (0, -1, 65):
            assert here.run("submit", "--max-in-flight", str(number)) == 2
            with pytest.raises(specc.SpeccError, match="cannot be in flight"):
                specc.open(here.root).submit(max_in_flight=number)

    def test_of_warnings(self, here: Place, caplog: pytest.LogCaptureFixture) -> None:
        """The commands print them on standard error; a program has them in its log."""
        here.write(odd="specc: 1\nvars: {n: 010}\njob: {name: o, cmd_line: 'echo {{ vars.n }}'}\n")
        assert here.run("render", "odd.job.yaml") == 0
        assert "warning[SPC110 yaml-1.1]" in here.err
        with caplog.at_level(logging.WARNING, "specc"):
            specc.open(here.root).payloads("odd.job.yaml")
            specc.open(here.root).plan("odd.job.yaml")
        assert [text.partition(": `")[0] for text in caplog.messages] == ["odd.job.yaml:2:11: warning[SPC110]"] * 2


MOST_CASES = 50
PLANS: list[tuple[list[str], dict[str, Any]]] = [
    ([], {}),
    (["--only", "n=2"], {"only": {"n": 2}}),
    (["--set", "job.core_limit=2"], {"set": {"job.core_limit": 2}}),
]


def asked_by(options: list[str]) -> dict[str, Any]:
    """Return the options of a command line as arguments of the API."""
    asked: dict[str, Any] = {}
    for option, text in zip(options[::2], options[1::2], strict=True):
        name, _, value = text.partition("=")
        match option:
            case "-p":
                asked.setdefault("params", {})[name] = value
            case "--set":
                asked.setdefault("set", {})[name] = value
            case _:
                asked["profiles"] = [text]
    return asked


def opened(folder: Path) -> specc.Project | None:
    """Return the project, or None where its settings have errors."""
    try:
        return specc.open(folder)
    except specc.InvalidSpec:
        return None


class TestResults:
    def test_rows_have_the_columns_of_the_command(self, here: Place) -> None:
        here.write(echo=ECHO + "results: {n_out: {pattern: '(\\d)', type: number}, none: {pattern: 'x(.)'}}\n")
        project = specc.open(here.root)
        project.submit().wait()
        rows = project.results()
        here.run("results", "--csv")
        assert list(rows.columns) == here.out.splitlines()[0].split(",")
        assert all(tuple(row) == rows.columns for row in rows)
        assert [row["n_out"] for row in rows] == [1.0, 2.0]
        assert [row["none"] for row in rows[0:2]] == [None, None]
        assert rows.missing[0] == {"none": "the pattern matches nothing in stdout"}
        assert rows[0]["started_at"] <= rows[0]["ended_at"]
        assert len(rows) == 2
        assert len(project.results("echo.job.yaml", only={"n": 1})) == 1
        assert len(project.results(states=["lost"])) == 0
        assert "<td>1.0</td>" in rows._repr_html_()

    def test_a_wrong_declaration_is_raised(self, here: Place) -> None:
        project = specc.open(here.root)
        project.submit().wait()
        here.write(echo=ECHO + "results: {x: '(a'}\n")
        with pytest.raises(specc.InvalidSpec, match="SPC229"):
            project.results()
