"""`[rules]`: which findings a project wants, and how severe. `specc rules` lists and explains them."""

import json
import re

import pytest
from support.projects import SETTINGS, Place

from specc.cli.completion import complete_code
from specc.diagnostics.codes import CODES
from specc.rules.documentation import parse

UNUSED = (
    "specc: 1\nvars: {a: 1}\nprofiles: {p: {job: {core_limit: 4}}}\njob: {name: n, core_limit: 4, cmd_line: ./run}\n"
)


@pytest.fixture
def project(place: Place) -> Place:
    for path in place.root.glob("*.job.yaml"):
        path.unlink()
    place.write(a=UNUSED, legacy__b=UNUSED.replace("name: n", "name: b"))
    return place


def found(project: Place, settings: str, base: str = SETTINGS) -> list[str]:
    project.put("specc.toml", (base + settings).encode())
    project.run("check", "--output", "json")
    findings = json.loads(project.out)["diagnostics"]
    return [f"{one['severity']} {one['slug']} {one['path']}" for one in findings]


BOTH = [f"warning {slug} {path}.job.yaml" for path in ("a", "legacy/b") for slug in ("unused-var", "unused-profile")]


def test_all_rules_without_settings(project: Place) -> None:
    assert found(project, "") == BOTH


@pytest.mark.parametrize("name", ["SPC502", "unused-var"])
def test_ignored_by_code_or_name(project: Place, name: str) -> None:
    assert found(project, f'[rules]\nignore = ["{name}"]\n') == BOTH[1::2]


def test_selected(project: Place) -> None:
    assert found(project, '[rules]\nselect = ["unused-var"]\n') == BOTH[::2]
    assert found(project, "[rules]\nselect = []\n") == []


def test_severities(project: Place) -> None:
    settings = '[rules]\nseverity = {unused-var = "error", SPC504 = "off"}\n'
    assert found(project, settings) == [one.replace("warning", "error") for one in BOTH[::2]]
    assert project.run("check") == 1


def test_what_a_target_ignores_can_be_turned_off_and_what_it_refuses_cannot(project: Place) -> None:
    project.write(a=UNUSED.replace("vars: {a: 1}\n", "").replace("./run", "./run, resource_limit: gpus=1"))
    here = SETTINGS.replace('"ehpc"', '"local"\nrun_as = "caller"')
    said = found(project, "", here)
    assert "warning ignored-by-target a.job.yaml" in said
    assert "warning ignored-by-target a.job.yaml" not in found(
        project, '[rules]\nignore = ["ignored-by-target"]\n', here
    )
    assert "error ignored-by-target a.job.yaml" in found(project, '[rules]\nseverity = {SPC704 = "error"}\n', here)
    project.put("specc.toml", f'{here}[rules]\nignore = ["refused-by-target"]\n'.encode())
    assert project.run("check") == 2
    assert "cannot be turned off" in project.out


def test_by_path(project: Place) -> None:
    settings = '[rules.paths."legacy/**"]\nignore = ["unused-var"]\nseverity = {unused-profile = "error"}\n'
    assert found(project, settings) == [*BOTH[:2], "error unused-profile legacy/b.job.yaml"]


def test_a_path_can_take_back_what_holds_everywhere(project: Place) -> None:
    settings = '[rules]\nseverity = {unused-var = "off", unused-profile = "off"}\n'
    settings += '[rules.paths]\n"legacy/" = {severity = {unused-var = "warning"}}\n'
    assert found(project, settings.replace("legacy/", "/legacy/*")) == ["warning unused-var legacy/b.job.yaml"]


def test_a_warning_of_a_stage_can_be_turned_off(project: Place) -> None:
    project.write(a=UNUSED.replace("{a: 1}", "{a: no}"))
    assert "warning yaml-1.1 a.job.yaml" in found(project, "")
    assert "warning yaml-1.1 a.job.yaml" not in found(project, '[rules]\nignore = ["yaml-1.1"]\n')


@pytest.mark.parametrize(
    ("settings", "message", "help"),
    [
        ('ignore = ["unused-vars"]', "expected the code or name of a rule or a warning", "did you mean `unused-var`?"),
        ('ignore = ["SPC402"]', "expected the code or name of a rule or a warning", "cannot be turned off"),
        ('ignore = ["!"]', "expected the code or name of a rule or a warning", "`specc rules` lists them"),
        ('select = ["SPC999"]', "expected the code or name of a diagnostic", "`specc rules` lists them"),
        ('severity = {unused-var = "loud"}', "expected `error`, `warning` or `off`", "levels here"),
        ('severity = {SPC402 = "off"}', "expected `error`", "cannot be turned off"),
        ('severity = {unused-vra = "off"}', "unknown setting `unused-vra`", "did you mean `unused-var`?"),
        ('paths = {"x" = {select = []}}', "unknown setting `select`", "settings here: `ignore`, `severity`"),
        ("max_inheritance = 0", "expected a number above 0", ""),
    ],
)
def test_mistakes(project: Place, settings: str, message: str, help: str) -> None:
    project.put("specc.toml", f"{SETTINGS}[rules]\n{settings}\n".encode())
    assert project.run("check") == 2
    assert message in project.out
    assert help in project.out


def test_the_list_has_every_code(project: Place) -> None:
    assert project.run("rules") == 0
    assert all(f"  {code.code}  {code.slug}" in project.out for code in CODES.values())
    assert project.run("rules", "--output", "json") == 0
    listed = json.loads(project.out)["rules"]
    assert [one["code"] for one in listed] == sorted(CODES)
    assert all(one["documentation"]["bad"]["files"] or one["documentation"]["bad"]["commands"] for one in listed)
    assert [one["code"] for one in listed if one["code"] in ("SPC402", "SPC110") and one["optional"]] == ["SPC110"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SPC501", "## Why"),
        ("unused-param", "# specc: ignore[SPC501] reason"),
        (
            "unquoted-template",
            '## Fix\nPut the whole value in quotes: `core_limit: "{{ params.cores }}"`.\n\n## Good\n',
        ),
        ("SPC702", "```sh\nspecc submit spec.job.yaml\n```"),
        ("spc402", "It cannot be turned off"),
        ("402", "It cannot be turned off"),
        ("SPC703", "It cannot be turned off, because no job is started where it is reported."),
        ("SPC704", "or for the project in specc.toml"),
        ("SPC902", "It is not about specs (configuration)"),
    ],
)
def test_one_explained(project: Place, name: str, words: str) -> None:
    assert project.run("rules", name) == 0
    assert words in project.out


def test_the_way_to_turn_one_off_works_as_it_is_written(project: Place) -> None:
    project.write(a=UNUSED.replace("{a: 1}", "{a: no}"))
    for name in ("yaml-1.1", "unused-var"):
        project.run("rules", name)
        severity = re.search(r"`(severity = .*?)`", project.out)
        assert severity is not None
        assert f"error {name} a.job.yaml" in found(project, f"[rules]\n{severity[1]}\n")


def test_mistakes_on_the_command_line(project: Place) -> None:
    assert project.run("rules", "SPC5O1") == 2
    assert "did you mean `SPC501`?" in project.err
    assert project.run("rules", "SPC999") == 2
    assert "help: `specc rules` lists them" in project.err
    assert project.run("rules", "--output", "xml") == 2


def test_completion() -> None:
    assert complete_code("") == list(CODES)
    assert complete_code("unused-p") == ["unused-param", "unused-profile", "unused-parent"]
    assert complete_code("SPC50")[:2] == ["SPC501", "SPC502"]


def test_documentation_in_another_form_is_our_bug() -> None:
    with pytest.raises(ValueError, match="What, Why, Bad and Good"):
        parse("A title.\n\n## What\nx\n")


def test_a_page_names_the_files_of_its_examples(project: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    project.run("rules", "SPC204")
    assert '```yaml title="spec.job.yaml"\nspecc: 1\nextends: base/sovler.job.yaml\n' in project.out
    assert '```yaml title="base/solver.job.yaml"\n' in project.out
    project.run("rules", "SPC203")
    assert "```yaml\n" in project.out, "there is but one file"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    project.run("rules", "SPC204")
    plain = [line.strip() for line in re.sub(r"\x1b\[[\d;]*m", "", project.out).splitlines()]
    assert plain.count("spec.job.yaml") == plain.count("base/solver.job.yaml") == 2


def test_a_page_is_drawn_on_a_terminal(project: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    project.run("rules", "SPC509")
    assert project.out.startswith("# SPC509 "), "Markdown in a pipe"
    piped = set(re.findall(r"\w+", project.out))
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    project.run("rules", "SPC509")
    plain = re.sub(r"\x1b\[[\d;]*m", "", project.out)
    assert set(re.findall(r"\w+", plain)) == piped - {"yaml", "sh"}, "nothing is lost but the languages of the fences"
    assert [line for line in plain.splitlines() if len(line.rstrip()) > 60] == []
    assert "matrix: {axes: {mesh: [coarse, fine]}}" in plain
    assert "```" not in plain
