"""`specc check --fix`, `--unsafe-fixes` and `--diff` as their users meet them."""

import io
import json
import stat
import sys
from pathlib import Path

import pytest
from support.projects import Place

from specc.linter import fixing

HEAD = "specc: 1\njob:\n  name: n\n  cmd_line: ./run\n"


def put(place: Place, name: str, text: str) -> Path:
    return place.put(name, text.encode())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (HEAD + "vars: {restart: no}\n", HEAD + 'vars: {restart: "no"}\n'),
        (HEAD + "  core_limit: {{ 1 + 1 }}  # two\n", HEAD + '  core_limit: "{{ 1 + 1 }}"  # two\n'),
        (HEAD + '  core_limit: "16"\n', HEAD + "  core_limit: 16\n"),
        (HEAD + "  hpcqueue_id: 2024\n", HEAD + '  hpcqueue_id: "2024"\n'),
        ("id: 7\n" + HEAD, 'id: "7"\n' + HEAD),
        (HEAD + "x-a: {1: b}\n", HEAD + 'x-a: {"1": b}\n'),
        (HEAD + "params: {n: {type: integer, default: '4'}}\n", HEAD + "params: {n: {type: integer, default: 4}}\n"),
        (HEAD + "params: {n: {type: string, default: 4}}\n", HEAD + 'params: {n: {type: string, default: "4"}}\n'),
        (
            HEAD + "matrix: {axes: {n: [1, 9]}, where: matrix.n * 8 <= 64}\n",
            HEAD + 'matrix: {axes: {n: [1, 9]}, where: "{{ matrix.n * 8 <= 64 }}"}\n',
        ),
        (
            HEAD + "matrix:\n  axes: {n: [a, b]}\n  where:\n    - matrix.n != \"b\" or matrix.n == 'c'\n",
            HEAD + "matrix:\n  axes: {n: [a, b]}\n  where:\n    - '{{ matrix.n != \"b\" or matrix.n == ''c'' }}'\n",
        ),
    ],
)
def test_a_safe_fix(place: Place, written: str, expected: str) -> None:
    path = put(place, "a.job.yaml", written)
    assert place.run("check", "--diff", "a.job.yaml") == 1
    assert path.read_text() == written
    assert place.run("check", "--fix", "a.job.yaml") in (0, 1)
    assert path.read_text() == expected
    assert "fixed 1 problem in 1 file\n" in place.err


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (HEAD + "  core_limt: 1\n", HEAD + "  core_limit: 1\n"),
        (HEAD + "  partition: q\n", HEAD + "  scheduler_queue_name: q\n"),
        (HEAD + "  timestamp: 2024\n", HEAD),
        (HEAD + "  name: n\n", HEAD),
        (HEAD.replace("specc: 1\n", "# head\n"), HEAD.replace("specc: 1\n", "# head\nspecc: 1\n")),
        (HEAD + "parms: {}\n", HEAD + "params: {}\n"),
        (HEAD + "params: {n: {type: integer, defualt: 1}}\n", HEAD + "params: {n: {type: integer, default: 1}}\n"),
        (
            HEAD + "params: {n: {type: string, choices: [icoFoam, x], default: icoFaom}}\n",
            HEAD + "params: {n: {type: string, choices: [icoFoam, x], default: icoFoam}}\n",
        ),
        (HEAD + "  stdout_redirect_path: '{{ spec.nmae }}'\n", HEAD + "  stdout_redirect_path: '{{ spec.name }}'\n"),
        (
            HEAD.replace("./run", "./run {{ vars.t }}") + "vars: {t: a b}\n",
            HEAD.replace("./run", "./run {{ vars.t | sh }}") + "vars: {t: a b}\n",
        ),
        (
            HEAD.replace("./run", "./run {{ 'a ' + 'b' }}"),
            HEAD.replace("./run", "./run {{ ('a ' + 'b') | sh }}"),
        ),
    ],
)
def test_an_unsafe_fix_is_asked_for(place: Place, written: str, expected: str) -> None:
    path = put(place, "a.job.yaml", written)
    place.run("check", "--fix", "a.job.yaml")
    assert path.read_text() == written
    assert "1 fixable with `--fix --unsafe-fixes`" in place.err
    place.run("check", "--fix", "--unsafe-fixes", "a.job.yaml")
    assert path.read_text() == expected


@pytest.mark.parametrize(
    "written",
    [
        HEAD + "  mem_limit: 64G\n",
        HEAD + "  core_limit: 016\n",
        HEAD + '  core_limit: "016"\n',
        HEAD + "  name: other\n",
        HEAD + "  core_limt: 1\n  core_limit: 1\n",
        HEAD + "vars: {a: &n x, a: *n}\n",
        HEAD + "params: {n: {type: number, default: '1e3'}}\n",
        HEAD.replace("./run", "./run {{- vars.t }}") + "vars: {t: a b}\n",
        "specc: 1\njob: {name: n, cmd_line: a, timestamp: 1}\n",
        HEAD + "  timestamp: 1  # by hand\n",
    ],
)
def test_what_is_in_doubt_has_no_fix(place: Place, written: str) -> None:
    path = put(place, "a.job.yaml", written)
    place.run("check", "--fix", "--unsafe-fixes", "a.job.yaml")
    assert path.read_text() == written
    assert "fix" not in place.err


def test_what_is_left_is_counted(place: Place) -> None:
    put(place, "a.job.yaml", HEAD + '  core_limit: "4"\n  partition: q\n')
    place.run("check", "a.job.yaml")
    assert place.err == "1 fixable with `--fix`, 1 more with `--unsafe-fixes`\n"


def test_fixes_of_many_places_and_rounds(place: Place) -> None:
    path = put(place, "a.job.yaml", HEAD + '  core_limt: "4"\n  partition: no\nx-a: {on: off}\n')
    assert place.run("check", "--fix", "--unsafe-fixes", "a.job.yaml") in (0, 1)
    assert path.read_text() == HEAD + '  core_limit: 4\n  scheduler_queue_name: "no"\nx-a: {"on": "off"}\n'
    assert "fixed 6 problems in 1 file\n" in place.err
    assert "fixable" not in place.err


def test_a_fix_lands_in_the_base_where_the_finding_stands(place: Place) -> None:
    base = put(place, "lib/b.job.yaml", "specc: 1\nabstract: true\njob: {core_limit: '2'}\n")
    child = put(place, "a.job.yaml", "specc: 1\nextends: lib/b.job.yaml\njob: {name: n, cmd_line: ./a}\n")
    before = child.read_text()
    place.run("check", "--fix", "a.job.yaml")
    assert base.read_text() == "specc: 1\nabstract: true\njob: {core_limit: 2}\n"
    assert child.read_text() == before


def test_options_scripts_and_ignored_findings_are_not_mended(place: Place) -> None:
    script = put(place, "run.sh.j2", "echo {{ spec.nmae }}\n")
    spec = put(
        place,
        "a.job.yaml",
        "specc: 1\njob: {name: n, cmd_line: {$file: run.sh.j2}}\nvars: {a: no}  # specc: ignore[yaml-1.1] x\n",
    )
    before = spec.read_text()
    place.run("check", "--fix", "--unsafe-fixes", "--set", "job.core_limit='4'", "a.job.yaml")
    assert script.read_text() == "echo {{ spec.nmae }}\n"
    assert spec.read_text() == before


def test_fixes_that_bring_an_error_are_left_out_and_the_others_written(place: Place) -> None:
    bad = put(place, "bad.job.yaml", HEAD + "parms: {n: {type: nonsense}}\nvars: {a: no}\n")
    good = put(place, "good.job.yaml", HEAD + "vars: {a: no}\n")
    before = bad.read_text()
    place.run("check", "--fix", "--unsafe-fixes")
    assert bad.read_text() == before
    assert good.read_text() == HEAD + 'vars: {a: "no"}\n'
    assert "warning: the fixes of bad.job.yaml are left out: together they would bring an error, SPC214" in place.err


def test_a_fix_of_a_base_that_breaks_an_heir_is_left_out(place: Place) -> None:
    base = put(place, "b.job.yaml", "specc: 1\nabstract: true\nparms: {n: {type: string, default: x}}\n")
    put(
        place, "a.job.yaml", "specc: 1\nextends: b.job.yaml\nparams: {n: {minimum: 1}}\njob: {name: n, cmd_line: ./a}\n"
    )
    before = base.read_text()
    place.run("check", "--fix", "--unsafe-fixes")
    assert base.read_text() == before
    assert "warning: the fixes of b.job.yaml are left out" in place.err


def test_diff_prints_a_patch_and_nothing_else(place: Place) -> None:
    put(place, "a.job.yaml", HEAD + "vars: {a: no}\n")
    assert place.run("check", "--diff") == 1
    assert place.out.startswith("--- a/a.job.yaml\n+++ b/a.job.yaml\n")
    assert place.out.endswith('-vars: {a: no}\n+vars: {a: "no"}\n')
    assert place.err == "would fix 1 problem in 1 file\n"
    put(place, "a.job.yaml", HEAD)
    assert (place.run("check", "--diff"), place.out, place.err) == (0, "", "")


def test_layout_line_breaks_mode_and_symlink_are_kept(place: Place) -> None:
    path = place.put("real/a.job.yaml", b"specc: 1\r\nvars:   {a:   no}   # c\r\njob: {name: n, cmd_line: a}\r\n")
    path.chmod(0o640)
    link = place.root / "a.job.yaml"
    link.symlink_to("real/a.job.yaml")
    place.run("check", "--fix", "a.job.yaml")
    assert path.read_bytes() == b'specc: 1\r\nvars:   {a:   "no"}   # c\r\njob: {name: n, cmd_line: a}\r\n'
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_line_that_is_put_in_ends_as_the_others_do(place: Place) -> None:
    before = "specc: 1\njob:\n  name: n\n  cmd_line: |\n    #!/bin/bash -e\n    ./run\n"
    path = put(place, "a.job.yaml", before.replace("\n", "\r\n"))
    assert place.run("check", "--fix", "--unsafe-fixes") == 0
    after = before.replace("#!/bin/bash -e\n", "#!/bin/bash\n    set -e\n")
    assert path.read_bytes() == after.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("command", [["check", "--fix"], ["fmt"]])
def test_a_byte_order_mark_is_kept(place: Place, command: list[str]) -> None:
    before = b"\xef\xbb\xbf" + (HEAD + "vars: {a:  no}\n").encode()
    path = place.put("a.job.yaml", before)
    place.run(*command, "a.job.yaml")
    written = path.read_bytes()
    assert written != before
    assert written.startswith(b"\xef\xbb\xbfspecc: 1\n")


def test_a_file_that_changes_meanwhile_is_left_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(place, "a.job.yaml", HEAD + "vars: {a: no}\n")
    apply = fixing._applied

    def slowly(edits: list[fixing.Edit]) -> str:
        path.write_text("specc: 1\n")
        return apply(edits)

    monkeypatch.setattr(fixing, "_applied", slowly)
    assert place.run("check", "--fix") == 2
    assert "a.job.yaml has changed since it was read, and is left as it is" in place.err
    assert path.read_text() == "specc: 1\n"


def test_a_file_that_appears_meanwhile_is_mended_as_it_is_then(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    base = place.root / "lib.yaml"
    put(place, "a.job.yaml", HEAD + "vars: {a: no}\nextends: lib.yaml\n")
    apply = fixing._applied

    def slowly(edits: list[fixing.Edit]) -> str:
        base.write_text("specc: 1\nabstract: true\nvars: {b: no}\n") if not base.exists() else None
        return apply(edits)

    monkeypatch.setattr(fixing, "_applied", slowly)
    assert place.run("check", "--fix") == 0
    assert base.read_text() == 'specc: 1\nabstract: true\nvars: {b: "no"}\n'


def test_options_that_do_not_go_together(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert place.run("check", "--unsafe-fixes") == 2
    assert "`--unsafe-fixes` does nothing alone" in place.err
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(HEAD.encode())))
    assert place.run("check", "--fix", "-") == 2
    assert "standard input is not one" in place.err


def test_json_has_the_edits(place: Place) -> None:
    put(place, "a.job.yaml", HEAD + "vars: {a: no}\n")
    place.run("check", "a.job.yaml", "--output", "json")
    found = [d for d in json.loads(place.out)["diagnostics"] if d["slug"] == "yaml-1.1"]
    place_of = {"path": "a.job.yaml", "start": {"line": 5, "column": 11}, "end": {"line": 5, "column": 13}}
    assert found[0]["fix"] == {
        "title": 'replace `no` with `"no"`',
        "safe": True,
        "edits": [{**place_of, "replacement": '"no"'}],
    }


@pytest.mark.parametrize("written", ["1:30", "2024-01-01"])
def test_a_quantity_in_doubt_is_one_finding_without_a_fix(place: Place, written: str) -> None:
    path = put(place, "a.job.yaml", HEAD + f"  time_limit: {written}\nvars: {{a: {written}}}\n")
    assert place.run("check", "--fix", "--output", "concise") == 1
    assert "SPC60" in place.out
    assert "SPC110" not in place.out
    assert path.read_text() == HEAD + f'  time_limit: {written}\nvars: {{a: "{written}"}}\n'
