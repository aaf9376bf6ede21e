"""`specc fmt` as its users meet it."""

import io
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from support.projects import Place

from specc.formatter.writing import Writer

UGLY = "job: {cmd_line: ./run,   name: 'n'} # one\nspecc: 1\n"
NEAT = "specc: 1\njob: {name: n, cmd_line: ./run} # one\n"
ROOT = Path(__file__).parents[2]


class Ended(NamedTuple):
    code: int
    out: str
    err: str


def run(place: Place, *arguments: str) -> Ended:
    return Ended(place.run("fmt", *arguments), place.out, place.err)


def put(place: Place, name: str, text: str) -> Path:
    return place.put(name, text.encode())


def test_a_project_is_formatted_once(place: Place) -> None:
    put(place, "a.job.yaml", UGLY)
    put(place, "sub/b.job.yaml", NEAT)
    ended = run(place)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == "reformatted a.job.yaml\n1 file reformatted, 3 files already formatted\n"
    assert (place.root / "a.job.yaml").read_text() == NEAT
    assert run(place, "--check").err == "4 files already formatted\n"


def test_check_and_diff_change_nothing(place: Place) -> None:
    path = put(place, "a.job.yaml", UGLY)
    ended = run(place, "--check", "a.job.yaml")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "would reformat a.job.yaml\n1 file would be reformatted\n"
    ended = run(place, "--diff", "a.job.yaml")
    assert ended.code == 1
    assert ended.out.startswith("--- a/a.job.yaml\n+++ b/a.job.yaml\n@@ -1,2 +1,2 @@\n-job: {cmd_line")
    assert path.read_text() == UGLY
    patched = subprocess.run(
        ["patch", "-p1"], input=ended.out, text=True, cwd=place.root, capture_output=True, check=False
    )
    assert patched.returncode == 0
    assert path.read_text() == NEAT


def test_a_diff_tells_where_the_last_line_has_no_end(place: Place) -> None:
    put(place, "a.job.yaml", NEAT.rstrip("\n"))
    assert "\\ No newline at end of file\n" in run(place, "--diff").out


def test_standard_input_goes_to_standard_output(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UGLY.encode())))
    ended = run(place, "-")
    assert (ended.code, ended.out) == (0, NEAT)
    path = put(place, "a.job.yaml", "specc: 1\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UGLY.encode())))
    ended = run(place, "-", "--stdin-filename", "a.job.yaml")
    assert (ended.code, ended.out, path.read_text()) == (0, NEAT, "specc: 1\n")


def test_what_cannot_be_read_is_named_and_the_others_are_done(place: Place) -> None:
    put(place, "a.job.yaml", "specc: 1\nspecc: 1\n")
    put(place, "b.job.yaml", UGLY)
    (place.root / "c.job.yaml").symlink_to("nowhere")
    put(place, "d.job.yaml", "[")
    ended = run(place)
    assert ended.code == 2
    assert "SPC103 duplicate-key" in ended.err
    assert "c.job.yaml is a symlink that leads nowhere" in ended.err
    assert "d.job.yaml:1" in ended.err
    assert ended.err.endswith("1 file reformatted, 2 files already formatted, 3 files not formatted\n")
    assert (place.root / "b.job.yaml").read_text() == NEAT


def test_a_file_keeps_its_mode_and_a_symlink_its_file(place: Place) -> None:
    path = put(place, "real/a.job.yaml", UGLY)
    path.chmod(0o640)
    link = place.root / "a.job.yaml"
    link.symlink_to("real/a.job.yaml")
    assert run(place, "a.job.yaml").code == 0
    assert link.is_symlink()
    assert path.read_text() == NEAT
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_file_outside_of_the_project_is_left_alone(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "a.yaml"
    outside.write_text(UGLY)
    (place.root / "a.job.yaml").symlink_to(outside)
    ended = run(place, "a.job.yaml")
    assert ended.code == 2
    assert "leads out of the project" in ended.err
    assert outside.read_text() == UGLY


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_closed_is_said(place: Place) -> None:
    put(place, "sub/a.job.yaml", UGLY)
    (place.root / "sub").chmod(0o500)
    try:
        ended = run(place)
    finally:
        (place.root / "sub").chmod(0o700)
    assert ended.code == 2
    assert "error: cannot write sub/a.job.yaml: Permission denied" in ended.err


def test_our_own_mistake_changes_no_file(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(place, "a.job.yaml", UGLY)
    monkeypatch.setattr(Writer, "document", lambda self, root: "specc: 2\n")
    ended = run(place)
    assert ended.code == 2
    assert "a.job.yaml is left as it is, because after formatting a value was different" in ended.err
    assert path.read_text() == UGLY


def test_a_file_that_changes_meanwhile_is_left_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(place, "a.job.yaml", UGLY)
    write = Writer.document

    def slowly(self: Writer, root: object) -> str:
        path.write_text("specc: 1\n# new\n")
        return write(self, root)

    monkeypatch.setattr(Writer, "document", slowly)
    ended = run(place)
    assert ended.code == 2
    assert "a.job.yaml has changed since it was read" in ended.err
    assert path.read_text() == "specc: 1\n# new\n"


def test_a_disk_that_is_full_leaves_no_trace(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(place, "sub/a.job.yaml", UGLY)

    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("specc.disk.outputs.os.replace", full)
    ended = run(place)
    assert ended.code == 2
    assert "error: cannot write sub/a.job.yaml: No space left on device" in ended.err
    assert os.listdir(path.parent) == ["a.job.yaml"]
    assert path.read_text() == UGLY


def test_nothing_to_do_and_settings_that_cannot_be_read(place: Place) -> None:
    (place.root / "empty").mkdir()
    assert run(place, "empty").err == "no specs here\n"
    put(place, "specc.toml", "nonsense = 1\n")
    assert run(place).code == 2


def test_fields_have_the_order_of_the_api_that_the_file_or_its_base_names(place: Place) -> None:
    path = put(place, "a.job.yaml", "specc: 1\napi: ehpc/v2\njob: {cmd_line: ./a, submit_type: 0, name: n}\n")
    run(place)
    assert "{name: n, submit_type: 0, cmd_line: ./a}" in path.read_text()
    put(place, "base.job.yaml", "specc: 1\nabstract: true\napi: ehpc/v2\n")
    heir = put(place, "b.job.yaml", "specc: 1\nextends: base.job.yaml\njob: {cmd_line: ./a, submit_type: 0, name: n}\n")
    run(place)
    assert "{name: n, submit_type: 0, cmd_line: ./a}" in heir.read_text()


def test_payloads_are_the_same_bytes_in_the_same_order(place: Place) -> None:
    path = put(
        place,
        "a.job.yaml",
        "job:\n  time_limit: 1\n  cmd_line: {args: [1], env: {B: 1, A: 2}, $file: run.sh}\n  name: '{{ cell.slug }}'\n"
        "matrix: {include: [{b: 9, a: 9, c: 1, d: 1}], max: 99, zip: {d: [1, 2], c: [3, 4]}, "
        "axes: {b: {to: 2, from: 1}, a: [1, 2]}}\nspecc: 1\n",
    )
    put(place, "run.sh", "echo\n")
    assert place.run("render", "a.job.yaml") == 0, place.err
    before = place.out
    assert run(place, "a.job.yaml").code == 0
    assert "matrix:\n  {axes: {b: {from: 1, to: 2}, a: [1, 2]}, zip: " in path.read_text()
    assert place.run("render", "a.job.yaml") == 0
    assert place.out == before


@pytest.mark.parametrize("folder", ["examples", "templates"])
def test_all_that_ships_is_formatted(folder: str, place: Place) -> None:
    files = [str(path) for path in (ROOT / folder).rglob("*.job.yaml") if "broken" not in path.parts]
    assert files
    ended = run(place, "--check", *files)
    assert (ended.code, ended.out) == (0, ""), ended.err
