"""`{$command: TEXT, env: {...}, args: [...]}`: a command of the spec with values, as `$file` has them."""

import json
from pathlib import Path

import pytest
from support import compiling
from support.projects import SETTINGS, Place
from support.repositories import begin, commit
from support.tables import each

JOB = "job: {name: n, core_limit: 1, cmd_line: %s}"


def sent(form: str, head: str = "") -> object:
    compiled = compiling.render(f"{head}\n{JOB % form}" if head else JOB % form)
    assert not compiled.shown, compiled.shown
    return compiled.payloads[0].body["cmd_line"]


@each(
    "form, command",
    [
        ("{$command: ./run}", "./run"),
        ("{$command: ./run, env: {}, args: []}", "./run"),
        ("{$command: ./run $1, args: ['a b', 2, true]}", "set -- 'a b' 2 true\n./run $1"),
        ("{$command: ./run, env: {A: 'a b', B: true}}", "export A='a b'\nexport B=true\n./run"),
        (r'{$command: "#!/bin/bash -e\n./run", env: {A: 1}}', "#!/bin/bash -e\nexport A=1\n./run"),
        ("{$command: {$literal: \"awk '{{print}}'\"}, args: [f]}", "set -- f\nawk '{{print}}'"),
        ("{$command: '{{ 1 + 1 }}', args: [f]}", "set -- f\n2"),
    ],
)
def test_values_stand_before_the_command(form: str, command: str) -> None:
    assert sent(form) == command


def test_text_and_values_are_templates() -> None:
    form = "{$command: './run {{ vars.n }} $1', env: {N: '{{ vars.n }}'}, args: ['{{ vars.n + 1 }}']}"
    assert sent(form, "vars: {n: 3}") == "export N=3\nset -- 4\n./run 3 $1"


def test_the_shell_judges_the_text_and_not_the_values() -> None:
    head = "vars: {n: a b}\n"
    assert sent("{$command: ./run $1, args: ['{{ vars.n }}']}", head) == "set -- 'a b'\n./run $1"
    (found,) = compiling.render(head + JOB % "{$command: './run {{ vars.n }}', args: [x]}").found
    assert (found.code.slug, found.span.text) == ("unquoted-shell-value", "{{ vars.n }}")


def test_a_child_replaces_it_as_a_whole() -> None:
    base = "specc: 1\nabstract: true\n" + JOB % "{$command: ./run, env: {A: 1}, args: [x]}"
    compiled = compiling.render(
        "extends: b.job.yaml\njob: {cmd_line: {$command: ./other, args: [y]}}", {"b.job.yaml": base}
    )
    assert compiled.body["cmd_line"] == "set -- y\n./other"
    compiled = compiling.render("extends: b.job.yaml\njob: {cmd_line: ./plain}", {"b.job.yaml": base})
    assert compiled.body["cmd_line"] == "./plain"
    compiled = compiling.render("extends: b.job.yaml", {"b.job.yaml": base})
    assert compiled.body["cmd_line"] == "export A=1\nset -- x\n./run"


def test_a_variable_can_hold_it() -> None:
    assert sent("'{{ vars.run }}'", "vars: {run: {$command: ./run, args: [x]}}") == "set -- x\n./run"


@each(
    "form, message",
    [
        ("{$command: [a, b]}", "`$command` has a list"),
        ("{$command: {$file: run.sh}}", "`$command` has a mapping"),
        ("{$command: 3}", "`$command` has the number 3"),
        ("{$command: ./run, evn: {A: 1}}", "`evn` is not allowed beside `$command`"),
        ("{$command: ./run, env: [A]}", "`env` is a list, not a mapping of names"),
        ("{$command: ./run, env: {A-B: 1}}", "`A-B` is not a name of a shell variable"),
        ("{$command: ./run, args: [[a]]}", "a list cannot be passed to a script"),
        ("{$command: ./run, args: {$append: [a]}}", "`args` is a mapping, not a list"),
        (
            r'{$command: "#!/usr/bin/env python3\nprint()", args: [a]}',
            "`env` and `args` need a shell script, and this one starts with `#!/usr/bin/env python3`",
        ),
    ],
)
def test_what_it_cannot_hold(form: str, message: str) -> None:
    assert message in compiling.render(JOB % form).messages


def test_rules_read_the_text_where_it_stands() -> None:
    found = compiling.check(JOB % "{$command: './run | tee log', env: {A: 1}}").found
    assert [(one.code.slug, one.span.text) for one in found] == [("hidden-failure", "./run | tee log")]
    assert compiling.check(JOB % "{$command: ./run $1, args: [x]}").slugs == []
    assert compiling.check(JOB % "{$command: ./run $1, env: {A: 1}}").slugs == ["unset-argument"]
    assert compiling.check(JOB % "{$command: '# todo', env: {A: 1}}").slugs == ["no-command"]
    assert compiling.check("vars: {a: 1}\n" + JOB % "{$command: ./run, env: {A: vars.a}}").slugs == ["missing-braces"]


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(tmp_path, capsys)
    made.write(**{"specc.toml": SETTINGS.replace("[units]", 'env = ["SITE"]\n[units]')})
    monkeypatch.chdir(tmp_path)
    return made


SPEC = """specc: 1

job:
  name: n
  cmd_line:
    $command: ./run
    env: {A: 1, SITE: "{{ env.SITE }}"}
    args: [x]
  core_limit: 1
"""


def test_diff_names_what_is_passed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE", "here")
    place.write(a=SPEC)
    begin(place.root)
    commit(place.root)
    place.write(a=SPEC.replace("[x]", "[y]"))
    assert place.run("diff", "--output", "json") == 0, place.err
    (cause,) = [group["cause"] for group in json.loads(place.out)["groups"]]
    assert (cause["name"], cause["before"], cause["after"]) == ("cmd_line.args", ["x"], ["y"])


def test_hidden_values_stay_hidden(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE", "hunter2")
    place.write(a=SPEC)
    assert place.run("explain", "a.job.yaml", "cmd_line") == 0
    assert "hunter2" not in place.out
    assert "***" in place.out
    assert place.run("render", "a.job.yaml") == 0
    assert "hunter2" in place.out


def test_fmt_knows_its_keys(place: Place) -> None:
    place.write(a=SPEC.replace("    args: [x]\n", "").replace("    $command", "    args: [x]\n    $command"))
    assert place.run("fmt") == 0
    written = (place.root / "a.job.yaml").read_text()
    assert written.index("$command:") < written.index("env:") < written.index("args:")
    assert place.run("fmt", "--check") == 0
