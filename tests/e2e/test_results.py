"""`specc results`: what jobs that really ran on this machine came to."""

import contextlib
import csv
import io
import json
import os
import re
import sqlite3

import pytest
from support.projects import Place

from specc.language import choose_language
from specc.system.reader import is_on_own_disk
from specc.targets import NotSent
from specc.targets.local.target import LocalTarget

SETTINGS = b"""project = "demo"
[units]
time_limit = "min"
[targets.local]
run_as = "caller"
[defaults]
zone = "z"
cluster_id = "c"
run_user = "u"
"""
LATER = 2**32
SPEC = """specc: 1
params:
  solver: {type: string, default: ico}
matrix: {axes: {mesh: [coarse, fine]}}
job:
  name: j-{{ cell.slug }}
  cmd_line: |
    %s
"""


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    place.put("specc.toml", SETTINGS)
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("specc.submission.follow.FIRST_SECONDS", 0.05)
    return place


def submitted(place: Place, text: str, *arguments: str) -> None:
    place.write(a=text)
    assert place.run("submit", "--wait", *arguments) in (0, 5), place.err


def rows_of(place: Place, *arguments: str) -> list[dict[str, str]]:
    """Return the rows of the CSV file, as Python reads it."""
    assert place.run("results", "--csv", *arguments) == 0, place.err
    return list(csv.DictReader(io.StringIO(place.out)))


class TestRows:
    def test_a_row_has_the_cell_its_job_and_what_it_used(self, here):
        submitted(here, SPEC % "exit {{ 0 if matrix.mesh == 'fine' else 3 }}")
        coarse, fine = rows_of(here)
        assert (coarse["mesh"], coarse["state"], coarse["exit_code"], coarse["attempt"]) == (
            "coarse",
            "exited",
            "3",
            "1",
        )
        assert (fine["mesh"], fine["state"], fine["exit_code"], fine["target"]) == ("fine", "finished", "0", "local")
        assert float(fine["seconds"]) >= 0
        assert fine["started_at"].endswith("Z")
        assert here.run("results", "--output", "json") == 0
        rows = json.loads(here.out)["rows"]
        assert [row["axes"] for row in rows] == [{"mesh": "coarse"}, {"mesh": "fine"}]
        assert [row["uuid"] for row in rows] == [coarse["uuid"], fine["uuid"]]

    def test_nothing_was_submitted(self, here):
        assert here.run("results") == 0
        assert (here.out, here.err) == ("", "nothing was submitted\n")


class TestParameters:
    def test_those_that_were_not_given_have_the_value_that_they_had(self, here):
        submitted(here, SPEC % "echo {{ params.solver }}")
        here.write(a=SPEC.replace("default: ico", "default: simple") % "echo {{ params.solver }}")
        assert [row["solver"] for row in rows_of(here)] == ["ico", "ico"]
        submitted(here, SPEC % "echo {{ params.solver }}", "-p", "solver=piso")
        assert [row["solver"] for row in rows_of(here)] == ["ico", "ico", "piso", "piso"]

    def test_one_that_comes_from_a_hidden_variable_is_not_kept(self, here, monkeypatch):
        monkeypatch.setenv("SITE", "s3cret")
        here.put("specc.toml", b'env = ["SITE"]\n' + SETTINGS)
        submitted(here, SPEC.replace("default: ico", "default: '{{ env.SITE }}'") % "echo {{ params.solver }}")
        assert [row["solver"] for row in rows_of(here)] == ["***", "***"]
        assert here.run("results", "--output", "json") == 0
        assert "s3cret" not in here.out


RESULTS = """results:
  residual: {pattern: 'final residual = (\\S+)', type: number, unit: Pa}
  cells: {from: 'out/{{ cell.slug }}.json', key: summary.cells}
  converged: {pattern: converged, type: boolean}
"""
SOLVE = """mkdir -p out
    echo "final residual = 1e-{{ 3 if matrix.mesh == 'fine' else 1 }}"
    echo '{"summary": {"cells": {{ 400 if matrix.mesh == 'fine' else 100 }}}}' > out/{{ cell.slug }}.json
    {{ ('echo converged' if matrix.mesh == 'fine' else 'exit 1') | raw }} """


class TestValues:
    def test_from_output_and_files(self, here):
        submitted(here, SPEC % (SOLVE + "# {{ params.solver }}") + RESULTS)
        rows = rows_of(here)
        assert [(row["residual"], row["cells"], row["converged"]) for row in rows] == [
            ("0.1", "100", "false"),
            ("0.001", "400", "true"),
        ]
        assert here.run("results", "--output", "json") == 0
        document = json.loads(here.out)
        assert [(each["name"], each["unit"]) for each in document["columns"][-3:]] == [
            ("residual", "Pa"),
            ("cells", None),
            ("converged", None),
        ]
        assert document["rows"][1]["results"] == {"residual": 0.001, "cells": 400, "converged": True}

    def test_they_can_be_declared_when_the_jobs_have_ended(self, here):
        submitted(here, SPEC % "echo T=3 {{ params.solver }}")
        assert "t" not in rows_of(here)[0]
        here.write(a=SPEC % "echo T=3 {{ params.solver }}" + "results: {t: 'T=(.)'}\n")
        assert [row["t"] for row in rows_of(here)] == ["3", "3"]

    def test_the_files_of_a_cell_whose_axis_has_changed_since(self, here):
        submitted(here, SPEC % (SOLVE + "# {{ params.solver }}") + RESULTS)
        here.write(a=(SPEC % (SOLVE + "# {{ params.solver }}") + RESULTS).replace("[coarse, fine]", "[finest]"))
        assert [row["cells"] for row in rows_of(here)] == ["100", "400"]

    def test_a_file_is_named_by_the_parameter_that_the_job_had(self, here):
        text = SPEC % "echo {{ params.solver }} 1 > {{ params.solver }}-{{ matrix.mesh }}.txt"
        text += "results: {x: {from: '{{ params.solver }}-{{ matrix.mesh }}.txt', pattern: '(.*)'}}\n"
        submitted(here, text)
        here.write(a=text.replace("default: ico", "default: simple"))
        assert [row["x"] for row in rows_of(here)] == ["ico 1", "ico 1"]

    def test_one_file_of_all_cells_is_the_result_of_the_last(self, here):
        command = "sleep {{ 1 if matrix.mesh == 'fine' else 0 }}; echo {{ matrix.mesh }} > x.txt  # {{ params.solver }}"
        submitted(here, SPEC % command + "results: {x: {from: x.txt, pattern: '(.+)'}}\n")
        if is_on_own_disk(here.root):
            assert [row["x"] for row in rows_of(here)] == ["", "fine"]

    def test_what_is_missing_says_why(self, here):
        text = SPEC % "echo a {{ params.solver }}; echo = > {{ matrix.mesh }}.txt"
        submitted(
            here,
            text
            + "results: {x: 'b(.)', y: {from: no.json, key: a}, z: {from: '{{ matrix.mesh }}.txt', pattern: (.)}}\n",
        )
        assert [row["x"] for row in rows_of(here)] == ["", ""]
        assert here.run("results", "--output", "json") == 0
        assert json.loads(here.out)["rows"][0]["missing"] == {
            "x": "the pattern matches nothing in stdout",
            "y": "cannot read `no.json`: no such file or directory",
        }
        assert here.run("results") == 0
        assert here.out.splitlines()[0].split("\t")[-4:] == ["(1)", "(2)", "=", ""]
        assert here.err.splitlines()[0] == "(1) the pattern matches nothing in stdout, 2 values"

    def test_reasons_that_differ_in_names_alone_hide_no_other(self, here):
        axis = f"mesh: {[*range(12)]}"
        command = "echo nan > {{ 11 if matrix.mesh == 11 else 'x' }}.txt  # {{ params.solver }} {{ matrix.mesh }}"
        submitted(
            here,
            SPEC.replace("mesh: [coarse, fine]", axis) % command
            + "results: {x: {from: '{{ matrix.mesh }}.txt', pattern: (.+), type: number}}\n",
        )
        assert here.run("results") == 0
        assert here.err.splitlines()[:2] == [
            "(1) cannot read `0.txt`: no such file or directory, and 10 more like this",
            "(2) `nan` is not a finite number",
        ]
        assert [line.split("\t")[-2] for line in here.out.splitlines()] == ["(1)"] * 11 + ["(2)"]

    def test_json_of_an_axis_that_is_infinite(self, here):
        submitted(here, SPEC.replace("[coarse, fine]", "[.inf, 1]") % "echo {{ params.solver }} {{ cell.slug }}")
        for command in (["results"], ["status"], ["explain", "a.job.yaml"]):
            assert here.run(*command, "--output", "json") == 0
            json.loads(here.out, parse_constant=pytest.fail)
        assert here.run("results", "--output", "json") == 0
        assert [row["axes"]["mesh"] for row in json.loads(here.out)["rows"]] == [".inf", 1]

    def test_a_table_keeps_the_digits_that_tell_values_apart(self, here):
        text = SPEC.replace("mesh: [coarse, fine]", "mesh: [2459000.25, 2459000.5]")
        submitted(
            here, text % "echo E={{ matrix.mesh - 2459076.276765 }} {{ params.solver }}" + "results: {e: 'E=(\\S+)'}\n"
        )
        assert here.run("results") == 0
        assert [line.split("\t")[1:5:3] for line in here.out.splitlines()] == [
            ["2459000.25", "-76.026765"],
            ["2459000.5", "-75.776765"],
        ]

    def test_what_is_missing_says_why_in_chinese(self, here, monkeypatch):
        text = SPEC % "echo {{ params.solver }} {{ matrix.mesh }}"
        submitted(here, text + "results: {x: {from: stdout, key: a, format: json}}\n")
        for log in (here.root / "state").rglob("stdout"):
            os.utime(log, (LATER, LATER))
        monkeypatch.setenv("SPECC_LANG", "zh")
        assert here.run("results") == 0
        choose_language({"SPECC_LANG": "en"})
        assert here.err.splitlines()[0].startswith("(1) stdout 在作业结束后又被写入，")
        assert here.err.splitlines()[0].endswith("文件名，2 个值")

    def test_a_table_shows_values_of_axes_whole(self, here):
        axis = json.dumps([None, "x" * 50 + "1", "x" * 50 + "2", {"name": "a", "path": "y" * 50}])
        submitted(here, SPEC.replace("[coarse, fine]", axis) % "echo {{ params.solver }} {{ cell.slug }}")
        assert here.run("results") == 0
        shown = [line.split("\t")[1:4] for line in here.out.splitlines()]
        texts = ("null", "x" * 50 + "1", "x" * 50 + "2")
        assert shown == [*([text, "", ""] for text in texts), ["", "a", "y" * 50]]

    def test_repeated_cells_are_told_apart(self, here):
        text = SPEC.replace("mesh: [coarse, fine]}", "mesh: [coarse]}, repeat: 2") % "echo r={{ cell.repeat }}"
        submitted(here, text + "results: {r: 'r=(.)'}\n")
        assert [(row["repeat"], row["r"]) for row in rows_of(here)] == [("1", "1"), ("2", "2")]
        assert here.run("results") == 0
        assert [line.split("\t")[1:3] for line in here.out.splitlines()] == [["coarse", "1"], ["coarse", "2"]]

    def test_each_key_of_an_axis_of_mappings_has_a_column(self, here):
        """Also where a value is no mapping, or has no such key."""
        text = SPEC.replace("mesh: [coarse, fine]", "case: [{mesh: {n: 8}, dt: 0.1}, {mesh: {n: 16}}, plain]")
        submitted(here, text % "echo x" + "results: {x: '(x)'}\n")
        names = ("case.mesh.n", "case.dt", "case")
        shown = [tuple(row[name] for name in names) for row in rows_of(here)]
        assert shown == [("8", "0.1", ""), ("16", "", ""), ("", "", "plain")]
        assert here.run("results", "--output", "json") == 0
        assert [row["axes"] for row in json.loads(here.out)["rows"]] == [
            {"case": {"mesh": {"n": 8}, "dt": 0.1}}, {"case": {"mesh": {"n": 16}}}, {"case": "plain"},
        ]  # fmt: skip
        assert here.run("status") == 0
        assert "case.mesh.n=16" in here.out
        assert here.run("report", "-o", "r.html", "--x", "case.mesh.n") == 0, here.err

    def test_no_two_heads_of_a_table_are_the_same(self, here, monkeypatch):
        text = SPEC.replace("mesh: [coarse, fine]", "mesh: [1], time: [1, 2]") % "echo {{ matrix.time }}"
        submitted(here, text + "results: {memory: {pattern: '(.)', unit: B}, x: '(.)'}\n")
        heads: list[str] = []
        monkeypatch.setattr("specc.cli.commands.results.write_table", lambda head, *_, **__: heads.extend(head))
        assert here.run("results") == 0
        assert heads == ["state", "mesh", "matrix.time", "time", "memory", "results.memory [B]", "x", ""]

    def test_two_jobs_of_one_cell_are_one_row(self, here):
        text = SPEC % "echo {{ params.solver }}; echo n=$SPECC_ATTEMPT" + "results: {n: 'n=(.)'}\n"
        submitted(here, text)
        submitted(here, text, "--rerun", "--yes", "--state", "finished")
        assert [(row["attempt"], row["n"]) for row in rows_of(here)] == [("2", "2"), ("2", "2")]

    @pytest.mark.parametrize("step", [-3600, 3600], ids=["back", "forward"])
    def test_the_clock_was_set_while_the_job_ran(self, here, step):
        submitted(here, SPEC % "echo {{ params.solver }}" + "results: {x: '(.+)'}\n")
        (path,) = (here.root / "state").rglob("ledger.sqlite")
        began = f"json_set(life, '$.started_at', json_extract(life, '$.started_at') - {step})"
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f"UPDATE attempts SET life = {began}")
        assert [row["x"] for row in rows_of(here)] == ["ico", "ico"]

    def test_what_started_nothing_is_no_attempt_of_a_job(self, here, monkeypatch):
        text = SPEC % "echo {{ params.solver }}; echo n=$SPECC_ATTEMPT" + "results: {n: 'n=(.)'}\n"
        here.write(a=text)
        with monkeypatch.context() as patch:
            patch.setattr(LocalTarget, "submit", lambda self, attempt: NotSent("there is no room", is_full=True))
            here.run("submit")
        assert "not yet" in here.err
        submitted(here, text)
        submitted(here, text, "--rerun", "--only", "mesh=fine")
        assert [(row["mesh"], row["attempt"], row["n"]) for row in rows_of(here)] == [
            ("coarse", "1", "1"),
            ("fine", "2", "2"),
        ]
        assert here.run("status") == 0
        assert sorted(line.split("\t")[2:4] for line in here.out.splitlines()) == [
            ["mesh=coarse", "attempt=1"],
            ["mesh=fine", "attempt=2"],
        ]

    def test_a_spec_that_is_gone(self, here):
        submitted(here, SPEC % "echo {{ params.solver }}" + "results: {x: '(.)'}\n")
        (here.root / "a.job.yaml").unlink()
        assert [row["solver"] for row in rows_of(here)] == ["ico", "ico"]
        assert here.err == "the project has no such spec now, so nothing says what to read of its jobs: a.job.yaml\n"

    def test_the_log_of_a_job_is_gone(self, here):
        submitted(here, SPEC % "echo {{ params.solver }}" + "results: {x: '(.+)'}\n")
        for log in (here.root / "state").rglob("stdout"):
            log.unlink()
        assert here.run("results", "--output", "json") == 0
        assert json.loads(here.out)["rows"][0]["missing"] == {"x": "cannot read stdout: no such file or directory"}

    def test_a_mistake_in_the_declaration(self, here):
        submitted(here, SPEC % "echo {{ params.solver }}")
        here.write(a=SPEC % "echo {{ params.solver }}" + "results: {x: '(a', y: '(.+)'}\n")
        assert here.run("results", "--csv") == 1
        assert "SPC229" in here.err
        assert next(csv.DictReader(io.StringIO(here.out)))["y"] == "ico"

    def test_the_same_ledger_and_files_give_the_same_rows(self, here):
        submitted(here, SPEC % (SOLVE + "# {{ params.solver }}") + RESULTS)
        for arguments in (["--csv"], ["--output", "json"], []):
            assert here.run("results", *arguments) == 0
            before = here.out, here.err
            assert here.run("results", *arguments) == 0
            assert (here.out, here.err) == before


HOSTILE = ["=1+1", "@x", "-1+cmd|' /C calc'!A0", "+SUM(A1)", "\tx", "-O3 -march=native", "a\nb", 'q"u', "算", "-5"]


def test_csv_gives_no_formula_to_a_spreadsheet(here):
    axes = json.dumps(HOSTILE)
    text = f"specc: 1\nmatrix: {{axes: {{flag: {axes}}}}}\njob:\n  name: a-{{{{ cell.index }}}}\n"
    submitted(here, text + "  cmd_line: 'echo {{ matrix.flag | sh }}; : {{ cell.index }}'\nresults: {x: '^(=.*)'}\n")
    rows = rows_of(here)
    shown = [
        "'=1+1",
        "'@x",
        "'-1+cmd|' /C calc'!A0",
        "'+SUM(A1)",
        "'\tx",
        "-O3 -march=native",
        "a\nb",
        'q"u',
        "算",
        "-5",
    ]
    assert [row["flag"] for row in rows] == shown
    assert rows[0]["x"] == "'=1+1"
    assert here.run("results", "--output", "json") == 0
    assert [row["axes"]["flag"] for row in json.loads(here.out)["rows"]] == HOSTILE


def test_two_formats_are_refused(here):
    assert here.run("results", "--csv", "--output", "json") == 2
    assert "two formats" in here.err


def test_a_result_of_several_specs_with_several_units_has_none(here):
    for spec, unit in (("a", ", unit: K"), ("b", ", unit: °C"), ("c", "")):
        here.write(
            **{
                spec: SPEC % f"echo T=3 {spec} {{{{ params.solver }}}}"
                + f"results: {{t: {{pattern: 'T=(.)'{unit}}}}}\n"
            }
        )
    assert here.run("submit", "--wait") == 0, here.err
    said = (
        "warning: the result `t` has several units, and is shown without one: a.job.yaml: K, b.job.yaml: °C, "
        "c.job.yaml: -\n"
    )
    assert here.run("results", "--output", "json") == 0
    assert json.loads(here.out)["columns"][-1] == {"name": "t", "group": "result", "key": "t", "unit": None}
    assert here.err == said
    assert here.run("report", "-o", "page.html") == 0
    assert said in here.err
    page = (here.root / "page.html").read_text()
    assert not re.search("t \\[(K|°C)\\]|°C", page)
    assert here.run("results", "a.job.yaml", "--output", "json") == 0
    assert json.loads(here.out)["columns"][-1]["unit"] == "K"


def test_names_that_two_columns_would_have(here):
    text = SPEC.replace("mesh: [coarse, fine]", "mesh: [coarse], state: [a]").replace("solver:", "cell:")
    submitted(here, text % "echo {{ params.cell }} {{ matrix.state }}")
    (row,) = rows_of(here)
    assert (row["params.cell"], row["matrix.state"], row["state"]) == ("ico", "a", "finished")


@pytest.mark.parametrize(
    "text", ["rate=1e-3", "rate=0.001", "rate=0.00100", "case='007'", "case=007", "rate=1e-3 on=true"]
)
def test_a_parameter_may_be_written_as_where_it_was_submitted(here, text):
    spec = "specc: 1\nparams: {rate: {type: number}, case: {type: string}, on: {type: boolean}}\n"
    spec += "job: {name: a, cmd_line: 'echo {{ params.rate }} {{ params.case }} {{ params.on }}'}\n"
    submitted(here, spec, "-p", "rate=1e-3", "-p", "case=007", "-p", "on=true")
    chosen = [word for each in text.split() for word in ("-p", each)]
    assert len(rows_of(here, *chosen)) == 1
    assert rows_of(here, "-p", "rate=0.002") == rows_of(here, "-p", "case=7") == rows_of(here, "-p", "on=1") == []


def test_jobs_are_chosen_by_a_parameter(here):
    text = SPEC % "echo {{ params.solver }}; exit {{ 1 if params.solver == 'piso' else 0 }}"
    submitted(here, text)
    submitted(here, text, "-p", "solver=piso")
    assert [row["solver"] for row in rows_of(here, "-p", "solver=piso")] == ["piso", "piso"]
    assert here.run("results", "-p", "solver=piso") == 0
    assert [line.split("\t")[0] for line in here.out.splitlines()] == ["failed", "failed"]
    assert here.run("usage", "-p", "solver=piso") == 0
    assert len(here.out.splitlines()) == 2
