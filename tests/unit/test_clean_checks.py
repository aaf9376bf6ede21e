"""What a check that found nothing is remembered by, and what makes it be done anew."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.projects import BASE, SETTINGS, SWEEP, Place

from specc.app import checking
from specc.app import selection as sites
from specc.config import Configuration

CLEAN = "checked 2 files, 4 payloads: no problems\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    place = Place(tmp_path / "project", capsys)
    text = BASE.replace("time_limit", "cmd_line: {$file: run.sh}, time_limit")
    place.write(**{"specc.toml": SETTINGS, "base": text, "a": SWEEP, "run.sh": "echo\n"})
    monkeypatch.chdir(place.root)
    assert place.run("check") == 0
    return place


@pytest.fixture
def is_anew(place: Place, monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Checks the project, and says whether the compiler was asked."""
    asked: list[object] = []
    check = checking.check_selected
    monkeypatch.setattr(checking, "check_selected", lambda *a, **k: asked.append(a) or check(*a, **k))

    def run() -> bool:
        asked.clear()
        place.run("check")
        return bool(asked)

    return run


def test_nothing_has_changed(place: Place, is_anew: Callable[[], bool]) -> None:
    assert not is_anew()
    assert place.out == CLEAN


CHANGES: dict[str, Callable[[Path], object]] = {
    "a comment": lambda root: (root / "a.job.yaml").write_text(SWEEP + "# more\n"),
    "a base": lambda root: (root / "base.job.yaml").write_text(BASE.replace("4", "8")),
    "another file": lambda root: (root / "b.job.yaml").write_text(SWEEP),
    "a file less": lambda root: (root / "a.job.yaml").unlink(),
    "another name": lambda root: (root / "a.job.yaml").rename(root / "b.job.yaml"),
    "settings": lambda root: (root / "specc.toml").write_text(SETTINGS + "[rules]\n"),
    "personal settings": lambda root: (root / "specc.local.toml").write_text("[rules]\n"),
    "a link out": lambda root: ((root / "run.sh").rename(root.parent / "x"), os.symlink("../x", "run.sh")),
    "a folder in place of a file": lambda root: ((root / "run.sh").unlink(), (root / "run.sh").mkdir()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_is_checked_anew(change: str, place: Place, is_anew: Callable[[], bool]) -> None:
    CHANGES[change](place.root)
    assert is_anew()


def test_what_is_as_it_was_again_is_clean_again(place: Place, is_anew: Callable[[], bool]) -> None:
    place.write(a=SWEEP + "nothing: 1\n")
    assert is_anew()
    assert "unknown-key" in place.out
    place.write(a=SWEEP)
    assert not is_anew()
    assert place.out == CLEAN


def test_what_has_findings_is_never_clean(place: Place, is_anew: Callable[[], bool]) -> None:
    place.write(a=SWEEP.replace("  name", "  mem_limit: 99999999TiB\n  cor_limit: 2\n  name"))
    assert [is_anew(), is_anew()] == [True, True]


def test_warnings_of_the_configuration_are_said_each_time(place: Place, is_anew: Callable[[], bool]) -> None:
    place.put("pyproject.toml", b'[tool.specc]\nproject = "other"\n')
    assert [is_anew(), is_anew()] == [True, True]
    assert "shadowed-settings" in place.out


def test_a_folder_that_takes_no_files_is_no_fault(place: Place, is_anew: Callable[[], bool]) -> None:
    place.run("check", "--no-cache")
    files = list(Path(os.environ["XDG_CACHE_HOME"]).glob("specc/*/*/clean.json"))
    assert files
    for file in files:
        file.unlink()
        file.mkdir()
    assert is_anew()
    assert place.out == CLEAN


def test_settings_that_change_while_it_checks(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write(**{"run.sh": "echo 'open\n", "specc.toml": SETTINGS + '[rules]\nignore = ["SPC540"]\n'})
    read = sites.read_configuration

    def then_changed(*arguments: Any, **options: Any) -> Configuration:
        configuration = read(*arguments, **options)
        place.write(**{"specc.toml": SETTINGS})
        return configuration

    with monkeypatch.context() as patch:
        patch.setattr(sites, "read_configuration", then_changed)
        place.run("check")
    assert place.out == CLEAN, "so it was when it was read"
    place.run("check")
    assert "SPC540" in place.out


def test_a_check_for_a_target_does_not_say_what_one_of_all_would_find(place: Place) -> None:
    """A comment that ignores nothing is reported where every target was checked only."""
    place.write(a=SWEEP + "# specc: ignore[SPC540] not here\n")
    place.run("check", "--no-cache")
    fresh = place.out
    assert "SPC590" in fresh
    assert place.run("check", "--target", "hpc") == 0
    place.run("check")
    assert place.out == fresh


@pytest.mark.parametrize("folder", ["x", "x/deep"])
def test_paths_are_those_that_are_right_where_one_stands(
    folder: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "specc: 1\nvars: {n: many}\njob: {name: n, cmd_line: echo, core_limit: '{{ vars.n }}', time_limit: 2h}\n"
    place.write(x__n=text, x__deep__m=text.replace("name: n", "name: m"))
    place.run("check")
    for current in ("x", "x/deep", "."):
        monkeypatch.chdir(place.root / current)
        place.run("check", str(place.root / folder))
        said = place.out
        place.run("check", str(place.root / folder), "--no-cache")
        assert said == place.out
