"""`specc config`: each setting and where it came from."""

import json
from pathlib import Path

import pytest
from support.projects import Place

from specc.cli.main import run
from specc.reporters.display import cells


def rows(place: Place) -> dict[tuple[str, bool], tuple[object, str]]:
    """Value and origin of each key, and whether it lost."""
    document = json.loads(place.out)
    assert document["version"] == 1
    assert document["root"] == str(place.root)
    return {(row["key"], row["overridden"]): (row["value"], row["origin"]) for row in document["settings"]}


def test_text(place: Place) -> None:
    assert place.run("config") == 0
    lines = place.out.splitlines()
    assert lines[0] == f'root = "{place.root}"'
    settings = {line.split("=", 1)[0].strip(): line.split("=", 1)[1].strip() for line in lines[1:]}
    assert settings["project"] == '"demo"  # specc.toml:1:11'
    assert settings["units.mem_limit"] == '"MiB"  # specc.toml:4:13'
    assert settings["targets.hpc.job.zone"] == '"jn1a"  # specc.toml:8:15'
    assert settings["targets.local.kind"] == '"local"  # default'
    assert settings["exclude"] == "[]  # default"
    assert len({line.index("=") for line in lines[1:]}) == 1


def test_json(place: Place) -> None:
    assert place.run("config", "--output", "json") == 0
    found = rows(place)
    assert found["project", False] == ("demo", "specc.toml:1:11")
    assert found["api", False] == ("ehpc/v1", "default")
    assert not any(is_overridden for _, is_overridden in found)


def test_what_the_personal_file_overrides(place: Place) -> None:
    place.put("specc.local.toml", b'project = "mine"\n[units]\nmem_limit = "GiB"\n')
    assert place.run("config", "--output", "json") == 0
    found = rows(place)
    assert found["project", False] == ("mine", "specc.local.toml:1:11")
    assert found["project", True] == ("demo", "specc.toml:1:11")
    assert found["units.mem_limit", False] == ("GiB", "specc.local.toml:3:13")
    assert found["units.time_limit", False] == ("min", "specc.toml:5:14")
    assert place.run("config") == 0
    assert '"demo"  # overridden, specc.toml:1:11' in place.out


def test_from_another_folder(place: Place, tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    assert place.run("config", "jobs", "--output", "json") == 0
    assert rows(place)["project", False] == ("demo", "specc.toml:1:11")


def test_without_any_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["config", "--output", "json"]) == 0
    origins = {row["origin"] for row in json.loads(capsys.readouterr().out)["settings"]}
    assert origins == {"default"}


@pytest.mark.parametrize("output", ["text", "json"])
def test_an_unknown_key_has_a_place(place: Place, output: str) -> None:
    place.put("specc.local.toml", b'\nprojct = "x"\n')
    assert place.run("config", "--output", output) == 2
    assert "unknown setting `projct`" in place.err
    assert "specc.local.toml:2:1" in place.err
    assert "did you mean `project`?" in place.err
    assert '"demo"' in place.out


def test_what_cannot_be_asked(place: Place) -> None:
    assert place.run("config", "--output", "yaml") == 2
    assert place.out == ""
    assert "no output format `yaml`" in place.err
    assert "formats: text, json" in place.err
    assert place.run("config", "nowhere") == 2
    assert "nowhere: no such file or folder" in place.err


def test_names_of_others_are_written_and_lined_up_as_they_are(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    root = place.root / "项目"
    root.mkdir()
    (root / "specc.toml").write_text('[targets."集群"]\nkind = "local"\n', encoding="utf-8")
    assert place.run("config", "项目") == 0
    first, *lines = place.out.splitlines()
    assert first == f'root = "{root}"'
    assert len({cells(line.partition(" = ")[0]) for line in lines}) == 1
    assert any("集群" in line for line in lines)
