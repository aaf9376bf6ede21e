"""The generated pages are those of this version, complete, and the stanzas for CI hold what they say."""

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from ruamel.yaml import YAML
from support.hooked import ROOT
from support.projects import Place
from support.tables import each

from manual.commands import commands_page
from manual.configuration import MEANINGS, configuration_page
from manual.pages import leftovers, pages
from specc.diagnostics.codes import CODES

CI = ROOT / "docs" / "ci.md"


@each("path, text", pages().items())
def test_no_generated_page_is_stale(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "run `make generate`"


def test_there_is_a_page_for_each_code_and_no_other() -> None:
    assert leftovers() == []
    assert {path.stem for path in pages()} >= CODES.keys()


def test_every_command_has_its_section_and_example() -> None:
    page = commands_page()
    for name in ("check", "fmt", "submit", "schema check", "ledger list"):
        assert re.search(rf"^#+ specc {name}$", page, re.MULTILINE), name
    assert "`--output FORMAT[:PATH]`" in page
    assert "specc lint" not in page, "hidden"


def test_a_setting_without_a_meaning_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(MEANINGS, "project")
    with pytest.raises(ValueError, match="project"):
        configuration_page()


def stanzas() -> dict[str, str]:
    tokens = [token for token in MarkdownIt().parse(CI.read_text(encoding="utf-8")) if token.type == "fence"]
    return {match[1]: token.content for token in tokens if (match := re.search(r'title="([^"]+)"', token.info))}


def commands(node: object) -> list[str]:
    """Every text that begins with the name of the command."""
    if isinstance(node, dict):
        return [found for value in node.values() for found in commands(value)]
    if isinstance(node, list):
        return [found for value in node for found in commands(value)]
    return [node] if isinstance(node, str) and node.startswith("specc ") else []


@pytest.mark.parametrize("name", [".github/workflows/specs.yml", ".gitlab-ci.yml"])
def test_the_commands_of_a_stanza_run_and_write_what_it_uploads(name: str, place: Place) -> None:
    stanza = YAML(typ="safe", pure=True).load(stanzas()[name])
    place.run("fmt")
    found = commands(stanza)
    assert len(found) == 2
    for command in found:
        assert place.run(*command.split()[1:]) == 0, place.out + place.err
    written = {path.name for path in place.root.iterdir()}
    for uploaded in re.findall(r"(?:sarif_file|codequality|junit): (\S+)", stanzas()[name]):
        assert uploaded in written


def test_the_hooks_of_the_page_are_offered() -> None:
    yaml = YAML(typ="safe", pure=True)
    (repository,) = yaml.load(stanzas()[".pre-commit-config.yaml"])["repos"]
    offered = yaml.load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for hook in repository["hooks"]] == [hook["id"] for hook in offered]
