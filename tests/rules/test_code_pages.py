"""The page of every code is true: its Bad example gives exactly this diagnostic, its Good one none."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from support.fake_slurm import programs_in
from support.projects import SETTINGS, Place
from support.tables import each

from specc import assets
from specc.diagnostics import Code
from specc.diagnostics.codes import CODES
from specc.reporters.guidance import documentation, family
from specc.rules import RULES
from specc.rules.documentation import Documentation, Example, document, function_of, parse
from specc.rules.rule import Rule

IDS = [code.slug for code in CODES.values()]
REPORTED = re.compile(r"^(?:error|warning)\[(SPC\d{3}) ", re.MULTILINE)


@pytest.fixture
def project(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A project without specs, whose target says who runs the jobs, and where, with a made-up Slurm on this machine."""
    for path in place.root.glob("*.job.yaml"):
        path.unlink()
    place.put("specc.toml", SETTINGS.encode())
    monkeypatch.delenv("CI", raising=False)
    environment = programs_in(tmp_path.with_name(f"{tmp_path.name}-slurm"))
    for name in ("PATH", "SLURM_CONF"):
        monkeypatch.setenv(name, environment[name])
    return place


def run(example: Example, project: Place) -> tuple[int, set[str]]:
    """Run the commands of an example. Return the exit code of the last one, and the codes that any of them reported."""
    for name, text in example.files.items():
        project.put(name, text.encode())
    status, found = 0, set[str]()
    for command in example.commands:
        if command.startswith("specc "):
            status = project.run(*shlex.split(command)[1:])
            found |= set(REPORTED.findall(project.out + project.err))
        else:
            subprocess.run(command, shell=True, cwd=project.root, check=True)
    return status, found


def page(code: Code) -> Documentation:
    written = documentation(code)
    assert written is not None, "tests/test_architecture.py says how to write it"
    return written


@pytest.mark.parametrize("code", CODES.values(), ids=IDS)
def test_the_bad_example_gives_this_diagnostic_alone(code: Code, project: Place) -> None:
    _, found = run(page(code).bad, project)
    assert found == {code.code}, project.out + project.err


@pytest.mark.parametrize("code", CODES.values(), ids=IDS)
def test_the_good_example_is_clean(code: Code, project: Place) -> None:
    assert run(page(code).good, project) == (0, set()), project.out + project.err


@pytest.mark.parametrize("code", CODES.values(), ids=IDS)
def test_the_good_example_has_the_layout_of_fmt(code: Code, project: Place) -> None:
    for name, text in page(code).good.files.items():
        project.put(name, text.encode())
    assert project.run("fmt", "--diff") == 0, project.out + project.err


@each("code", CODES.values())
def test_every_code_has_a_page_that_says_what_and_why(code: Code) -> None:
    written = page(code)
    assert written.what
    assert written.why
    assert not written.title.startswith(code.code)
    assert written.bad.commands == written.good.commands or code.code not in {rule.code.code for rule in RULES}


@each("path", assets.folder("codes").iterdir())
def test_the_pages_of_a_stage_are_those_of_its_codes_in_order(path: Path) -> None:
    digit, _, name = path.name.partition("-")
    assert name.endswith(".md")
    expected = [f"{code.code} {code.slug}" for code in others() if code.code[3] == digit]
    assert re.findall(r"^# (SPC.*)$", path.read_text(encoding="utf-8"), re.MULTILINE) == expected
    assert [code.split()[0] for code in expected] == list(family(digit))


def others() -> list[Code]:
    """Return the codes that are not of a rule."""
    of_rules = {rule.code.code for rule in RULES}
    return sorted((code for code in CODES.values() if code.code not in of_rules), key=lambda code: code.code)


@each("rule", RULES)
def test_a_rule_is_where_its_name_says(rule: Rule) -> None:
    assert document(rule).what
    function = function_of(rule)
    name = rule.code.slug.replace("-", "_")
    assert name in (function.__name__, function.__module__.removeprefix("specc.rules."))


def test_codes_of_rules_are_unique_and_in_order() -> None:
    codes = [rule.code.code for rule in RULES]
    assert codes == sorted(set(codes))


def test_commands_of_an_example_are_run_in_place_of_a_check() -> None:
    text = (
        'T.\n\n## What\nx\n\n## Why\ny\n\n## Bad\n```sh\nspecc plan\n```\n\n## Good\n```sh title="run.sh"\ntrue\n```\n'
    )
    written = parse(text)
    assert (written.bad.files, written.bad.commands) == ({}, ("specc plan",))
    assert (written.good.files, written.good.commands) == ({"run.sh": "true\n"}, ("specc check",))
