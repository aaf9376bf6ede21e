"""Reports and help come out whole, whatever the installation has lost and whatever stands in them."""

import json
import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
import typer
from support import repositories, uncovered

from specc.cli.table import COMMANDS
from specc.diagnostics.remedies import REMEDIES
from specc.reporters import ReportFormat
from specc.reporters.guidance import family
from specc.rules import RULES
from specc.rules.documentation import document

UNQUOTED = "specc: 1\njob:\n  name: n\n  cmd_line: ./x\n  core_limit: {{ x }}\n"
WITH_FINDING = (
    "specc: 1\nextends: base.job.yaml\nparams: {unused: {type: string, default: a}}\njob: {name: a, cmd_line: echo}\n"
)


def optimized(folder: Path, *arguments: str, level: str = "2") -> tuple[int, str]:
    """The exit code and the output of specc without docstrings and assertions."""
    environment = uncovered.environment() | {"PYTHONOPTIMIZE": level, "COLUMNS": "120"}
    process = subprocess.run(
        [sys.executable, "-m", "specc", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return process.returncode, process.stdout + process.stderr


@pytest.mark.parametrize("form", ReportFormat)
@pytest.mark.slow
def test_a_rule_without_docstring_is_reported(form, place):
    place.write(odd=WITH_FINDING)
    code, text = optimized(place.root, "check", "odd.job.yaml", "--output", form)
    plain, expected = optimized(place.root, "check", "odd.job.yaml", "--output", form, level="")
    assert (code, text) == (plain, expected)
    assert "SPC501" in text


def test_rules_are_explained_without_docstrings(place):
    code, text = optimized(place.root, "rules", "SPC501", "--output", "json")
    assert code == 0
    documented = json.loads(text)["rules"][0]["documentation"]
    rule = next(rule for rule in RULES if rule.code.code == "SPC501")
    assert documented["what"] == document(rule).what


@pytest.mark.parametrize("words", [["logs"], ["ledger", "resolve"]], ids=" ".join)
@pytest.mark.slow
def test_help_is_whole_without_docstrings(words, place):
    code, text = optimized(place.root, *words, "--help")
    assert (code, text) == optimized(place.root, *words, "--help", level="")
    assert code == 0
    assert "Example:" in text


def test_a_rule_whose_source_is_not_installed_has_a_summary(place, monkeypatch):
    monkeypatch.setattr("specc.reporters.guidance.docstring", lambda rule: None)
    place.write(odd=WITH_FINDING)
    assert place.run("check", "odd.job.yaml", "--output", "sarif") == 0
    (rule,) = json.loads(place.out)["runs"][0]["tool"]["driver"]["rules"]
    assert "This installation of specc has no page for this code" in rule["help"]["text"]
    assert place.run("rules", "SPC501") == 0


def described(code, sarif):
    """Return what a report says of a code."""
    return next(rule for rule in json.loads(sarif)["runs"][0]["tool"]["driver"]["rules"] if rule["id"] == code)


def test_a_code_whose_page_is_not_installed_says_what_to_do(place, tmp_path, monkeypatch):
    monkeypatch.setattr("specc.reporters.guidance.folder", lambda name: tmp_path / "gone")
    family.cache_clear()
    place.write(odd=UNQUOTED)
    assert place.run("check", "odd.job.yaml", "--output", "sarif") == 1
    rule = described("SPC107", place.out)
    assert rule["help"]["text"].endswith(REMEDIES["SPC107"])
    assert place.run("rules", "SPC107") == 0
    family.cache_clear()


def test_a_report_for_viewers_has_the_page_of_each_code(place):
    place.write(odd=UNQUOTED)
    assert place.run("check", "odd.job.yaml", "--output", "sarif") == 1
    rule = described("SPC107", place.out)
    headings = ("## What\n", "## Why\n", "## Bad\n```yaml\n", "## Fix\n", "## Good\n```yaml\n")
    assert all(heading in rule["help"]["markdown"] for heading in headings)


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_a_mistake_in_a_command_line_is_no_bug(command, place):
    assert place.run(command, "--no-such-option") == 2
    assert place.err.startswith("error: No such option: --no-such-option")


def test_typer_is_of_a_version_whose_errors_are_public():
    assert issubclass(typer.BadParameter, typer.TyperException)
    (typers,) = [text for text in requires("specc-hpc") or () if re.match(r"typer\b", text)]
    assert ">=0.27.2" in typers.replace(" ", "")


LINK = "[click](http://evil.example) www.evil.example <img src=x> @all `x`"


def test_a_merge_request_comment_holds_no_link_that_a_repository_wrote(place):
    place.write(odd=f"specc: 1\nextends: base.job.yaml\njob: {{name: '{LINK}', cmd_line: echo}}\n")
    repositories.begin(place.root)
    repositories.commit(place.root)
    (place.root / "odd.job.yaml").unlink()
    assert place.run("diff", "HEAD", "--output", "markdown") == 0, place.err
    assert "evil" in place.out
    outside = re.sub(r"^(`{3,})diff\n.*?^\1$", "", place.out, flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"\]\(|://|www\.|<img|`x", outside), outside


def test_a_sarif_message_holds_no_link_that_a_repository_wrote(place):
    place.write(odd=f"specc: 1\nextends: base.job.yaml\njob: {{name: a, cmd_line: echo, '{LINK}': 1}}\n")
    assert place.run("check", "odd.job.yaml", "--output", "sarif") == 1
    (result,) = json.loads(place.out)["runs"][0]["results"]
    assert r"[click\](http" in result["message"]["text"]
    assert "](http" not in result["message"]["text"].replace(r"\](", "")
