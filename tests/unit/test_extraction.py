"""Values read from what jobs wrote: by pattern, from JSON, YAML and CSV, typed, bounded, and never from outside."""

import os
import tempfile
import time
from pathlib import Path

import pytest
from support.tables import each

from specc import extraction
from specc.extraction import Asked, JobFiles, Missing, extracted
from specc.nodes import Mapping, to_data
from specc.parser import json_number, parse_tree
from specc.resolver.results import extractions
from specc.source import Source
from specc.system.reader import is_on_own_disk


def read(
    folder: Path,
    line: str,
    *,
    since: float | None = None,
    is_over: bool = True,
    until: float | None = None,
    is_timed_here: bool = False,
) -> object:
    """Return what `line` reads, as the value of a result in a spec, of a job that started in `folder`."""
    root, found = parse_tree(Source("x", f"x: {line}\n"))
    assert isinstance(root, Mapping), found
    (extracting,) = extractions(root).values()
    file = str(extracting.file.value) if extracting.file is not None else "stdout"
    streams = {"stdout": folder / "out.log", "stderr": folder / "err.log"}
    files = JobFiles(folder, "", streams, since, is_over, until, is_timed_here)
    return extracted([Asked(extracting, file, file)], files)["x"]


def why(folder: Path, line: str, **more: object) -> str:
    found = read(folder, line, **more)  # type: ignore[arg-type]
    assert isinstance(found, Missing), found
    return found.why


class TestPatterns:
    @each(
        "line, value",
        {
            "the last match": ("{pattern: 'r = (\\S+)'}", 3),
            "the first": ("{pattern: 'r = (\\S+)', take: first}", 1),
            "all": ("{pattern: 'r = (\\S+)', take: all}", [1, 2.5, 3]),
            "a pattern alone": ("'r = (\\S+)'", 3),
            "as text": ("{pattern: 'r = (\\S+)', type: text}", "3"),
            "numbers are floats": ("{pattern: 'r = (\\S+)', type: number}", 3.0),
            "ends of lines": ("{pattern: '^r = (\\S+)$', take: first}", 1),
            "no match spans lines": ("{pattern: 'r = ([^=]*)', take: first, type: text}", "1"),
            "a flag": ("{pattern: converged, type: boolean}", True),
            "a flag that is not there": ("{pattern: diverged, type: boolean}", False),
            "a group that takes no part": ("{pattern: 'r = 3|r = (2\\S*)'}", 2.5),
            "ignoring case": ("{pattern: '(?i)CONVERGED in (\\d+)'}", 12),
            "digits of Fortran": ("{pattern: 'f (\\S+)', type: number}", -0.0015),
            "a whole line": ("'(.*)'", "id 007"),
            "zeros in front": ("{pattern: 'id (\\S+)'}", "007"),
        }.values(),
    )
    def test_values(self, tmp_path, line, value):
        text = "r = 1\r\nr = 2.5\nr = 3\nconverged in 12\nf -1.5D-03\nid 007\n"
        (tmp_path / "out.log").write_bytes(text.encode())
        assert read(tmp_path, line) == value
        assert type(read(tmp_path, line)) is type(value)

    @each(
        "line, reason",
        {
            "no match": ("'x = (.)'", "the pattern matches nothing in stdout"),
            "not a number": ("{pattern: 'r = (\\S+)', type: number}", "`nan` is not a finite number"),
            "not an integer": ("{pattern: 'q = (\\S+)', type: integer}", "`1.5` is not an integer"),
            "no flag": ("{pattern: 'q = (\\S+)', type: boolean}", "`1.5` is neither true nor false"),
            "no file": ("{from: stderr, pattern: (.)}", "cannot read stderr: no such file or directory"),
        }.values(),
    )
    def test_reasons(self, tmp_path, line, reason):
        (tmp_path / "out.log").write_text("r = nan\nq = 1.5\n")
        assert why(tmp_path, line) == reason

    def test_binary_logs(self, tmp_path):
        (tmp_path / "out.log").write_bytes(b"\0\xff\xfer = 4\0\n\x80r = 5 \xff\n" + os.urandom(1000).replace(b"r", b""))
        assert read(tmp_path, "'r = ([0-9]+)'") == 5
        (tmp_path / "out.log").write_bytes(b"r = \xff\xfex\n")
        assert read(tmp_path, "'r = (.*)'") == "\ufffd\ufffdx"

    def test_a_log_that_is_larger_than_what_is_searched(self, tmp_path, monkeypatch):
        monkeypatch.setattr(extraction, "MOST_SEARCHED", 1 << 20)
        with (tmp_path / "out.log").open("wb") as file:
            file.write(b"r = 1\n")
            file.seek(10 << 30)  # ten GiB, of which the disk holds nothing
            file.write(b"\nr = 2\nrest\n")
        assert read(tmp_path, "'r = (.)'") == 2
        assert read(tmp_path, "{pattern: 'r = (.)', take: first}") == 1
        assert why(tmp_path, "{pattern: 'r = (.)', take: all}").startswith("stdout is larger than 1 MiB")
        assert why(tmp_path, "'s = (.)'") == "the pattern matches nothing in the last 1 MiB of stdout"
        assert (
            why(tmp_path, "{pattern: zzz, type: boolean}") == "the pattern matches nothing in the last 1 MiB of stdout"
        )

    def test_a_line_that_is_longer_than_what_is_searched(self, tmp_path, monkeypatch):
        monkeypatch.setattr(extraction, "MOST_SEARCHED", 1 << 20)
        with (tmp_path / "out.log").open("wb") as file:
            file.write(b"begin\nr = 1")
            file.seek(10 << 30)
            file.write(b"r = 2\nend\n")
        assert read(tmp_path, "'r = (.)'") == 2
        assert read(tmp_path, "{pattern: 'r = (.)', take: first}") == 1
        assert read(tmp_path, "{pattern: 'r = 2', type: boolean}") is True
        assert read(tmp_path, "'^r = (.*)$'") == 2
        assert read(tmp_path, "{pattern: '^r = (.*)$', take: first}") == 1
        assert read(tmp_path, "{pattern: 'r = (.)', take: first}", is_over=False) == 1
        assert why(tmp_path, "'s = (.)'") == "the pattern matches nothing in the last 1 MiB of stdout"

    @pytest.mark.parametrize("block", [1, 2, 3, 7, 64])
    def test_wherever_blocks_end(self, tmp_path, monkeypatch, block):
        monkeypatch.setattr(extraction, "BLOCK", block)
        (tmp_path / "out.log").write_text("a long first line\nr = 12\n\nr = 345\nno end")
        assert read(tmp_path, "'r = (\\d+)$'") == 345
        assert read(tmp_path, "{pattern: '^r = (\\d+)$', take: first}") == 12
        assert read(tmp_path, "'no (.*)'") == "end"
        assert read(tmp_path, "{pattern: '(\\S+)$', take: all, type: text}") == ["line", "12", "345", "end"]

    def test_the_line_that_a_running_job_writes_is_left_out(self, tmp_path):
        (tmp_path / "out.log").write_text("r = 1\nr = 2")
        assert read(tmp_path, "'r = (.)'", is_over=False) == 1
        assert read(tmp_path, "{pattern: 'r = (.)', take: all}", is_over=False) == [1]
        assert read(tmp_path, "'r = (.)'") == 2
        assert "has not ended" in why(tmp_path, "{pattern: zzz, type: boolean}", is_over=False)
        (tmp_path / "a.csv").write_text("step,loss\n1,0.5\n2,0.1")  # of 0.125
        assert read(tmp_path, "{from: a.csv, key: loss}", is_over=False) == 0.5
        assert read(tmp_path, "{from: a.csv, key: loss}") == 0.1
        (tmp_path / "a.csv").write_text('step,note\n1,"two\nlines"\n2,"the first\n')
        assert read(tmp_path, "{from: a.csv, key: note}", is_over=False) == "two\nlines"

    def test_marks_and_ends_of_lines_of_other_systems(self, tmp_path):
        (tmp_path / "out.log").write_bytes(b"\xef\xbb\xbfr = 1\rr = 2\r\nr = 3\r")
        assert read(tmp_path, "{pattern: '^r = (.+)$', take: all}") == [1, 2, 3]

    def test_a_pattern_that_matches_everywhere(self, tmp_path):
        (tmp_path / "out.log").write_bytes(b"x" * (1 << 20))
        assert "nearly every character" in why(tmp_path, "'(.)'")
        assert read(tmp_path, "{pattern: '(?:x*x*)*y', type: boolean}") is False


class TestFiles:
    @each(
        "line, value",
        {
            "json": ("{from: a.json, key: s.cells}", 42),
            "an item of a list": ("{from: a.json, key: s.runs.0.t}", 1.5),
            "from the end": ("{from: a.json, key: s.runs.-1.t}", 2),
            "the last of a list": ("{from: a.json, key: s.res}", 0.25),
            "all of a list": ("{from: a.json, key: s.res, take: all}", [1, 0.25]),
            "names with dots": ("{from: a.json, key: [a.b, c]}", "x"),
            "texts that are numbers": ("{from: a.json, key: v}", 3.5),
            "a flag": ("{from: a.json, key: ok}", True),
            "a number as text": ("{from: a.json, key: s.cells, type: text}", "42"),
            "yaml": ("{from: a.yaml, key: s.cells}", 42),
            "a number as a key of yaml": ("{from: a.yaml, key: s.1}", "one"),
            "beside a key that is no text": ("{from: a.yaml, key: s.true.0}", 7),
            "yaml 1.2": ("{from: a.yaml, key: s.time}", "12:00:00"),
            "csv": ("{from: a.csv, key: loss}", 0.5),
            "csv, the first row": ("{from: a.csv, key: loss, take: first}", 1),
            "csv, all rows": ("{from: a.csv, key: loss, take: all}", [1, 0.5]),
            "csv, quoted": ("{from: a.csv, key: 'a note'}", 'two "words", and\na line'),
            "a column with a dot": ("{from: a.csv, key: v.x}", 8),
            "tsv": ("{from: a.tsv, key: b}", 2),
            "lines of json": ("{from: a.jsonl, key: loss}", 0.5),
            "a number as it is written": ("{from: a.json, key: f, type: text}", "1.10"),
            "a number of yaml as it is written": ("{from: a.yaml, key: v, type: text}", "1.10"),
            "no number of 64 bits": ("{from: a.json, key: big}", "12345678901234567890"),
            "no number of 64 bits, as a number": ("{from: a.json, key: big, type: number}", 12345678901234567890.0),
            "lines of blanks": ("{from: blanks.csv, key: a}", 1),
            "values behind the last column": ("{from: comma.csv, key: a}", 1),
            "lines of json, all": ("{from: a.jsonl, key: loss, take: all}", [1, 0.5]),
            "text with another ending": ("{from: a.dat, key: s.cells, format: json}", 42),
        }.values(),
    )
    def test_values(self, tmp_path, line, value):
        json = '{"s": {"cells": 42, "runs": [{"t": 1.5}, {"t": 2}], "res": [1, 0.25]}, "a.b": {"c": "x"}, '
        json += '"v": "3.5", "ok": true, "f": 1.10, "big": 12345678901234567890}'
        (tmp_path / "a.json").write_text("\ufeff" + json)
        (tmp_path / "a.dat").write_text(json)
        (tmp_path / "a.yaml").write_text(
            "v: 1.10\ns:\n  cells: 42\n  time: 12:00:00\n  1: one\n  ? [a]\n  : 3\n  true: [7]\n"
        )
        (tmp_path / "a.csv").write_bytes(
            b'\xef\xbb\xbfstep, loss,a note,v.x\r\n1,1,x,7\r\n\r\n2,0.5,"two ""words"", and\na line",8\r\n'
        )
        (tmp_path / "a.tsv").write_text("a\tb\n1\t2\n")
        (tmp_path / "blanks.csv").write_text("a,b\n1,2\n  \n")
        (tmp_path / "comma.csv").write_text("a,b\n1,2,\n")
        (tmp_path / "a.jsonl").write_text('{"loss": 1}\n{"loss": 0.5}\n\n')
        assert read(tmp_path, line) == value
        assert type(read(tmp_path, line)) is type(value)

    @each(
        "line, reason",
        {
            "no such key": ("{from: a.json, key: s.cels}", "`s` in `a.json` has no `cels`: did you mean `cells`?"),
            "below a value": ("{from: a.json, key: s.cells.x}", "`s.cells` in `a.json` is a single value, without `x`"),
            "behind a list": ("{from: a.json, key: r.7}", "`r` in `a.json` is a list of 1 item, without `7`"),
            "a mapping": ("{from: a.json, key: s}", "the value is a mapping, and not a single value"),
            "null": ("{from: a.json, key: n}", "the value is null"),
            "infinity": ("{from: a.json, key: inf}", "`inf` is not a finite number"),
            "empty list": ("{from: a.json, key: e}", "the list in `a.json` is empty"),
            "not JSON": ("{from: b.json, key: s}", "`b.json` is not JSON: Expecting value: line 1 column 1 (char 0)"),
            "nested too deep": ("{from: deep.json, key: s}", "`deep.json` is not JSON: it is nested too deep"),
            "no column": ("{from: a.csv, key: lss}", "`a.csv` has no column `lss`: did you mean `loss`?"),
            "two columns": ("{from: two.csv, key: a}", "`two.csv` has several columns `a`"),
            "a short row": ("{from: short.csv, key: b}", "line 3 of `short.csv` is too short for the column `b`"),
            "no rows": ("{from: head.csv, key: b}", "`head.csv` has a head, and no row"),
            "empty": ("{from: empty.csv, key: b}", "`empty.csv` is empty"),
            "an empty cell": ("{from: a.csv, key: loss}", "the value is empty"),
            "a long row": ("{from: long.csv, key: a}", "line 2 of `long.csv` has 3 values, and the head 2 names"),
            "an open quote": ("{from: open.csv, key: a}", "line 3 of `open.csv` is not CSV: unexpected end of data"),
            "a quote within quotes": (
                "{from: quotes.csv, key: b}",
                "line 2 of `quotes.csv` is not CSV: ',' expected after '\"'",
            ),
            "thousands of digits": ("{from: digits.json, key: a}", "` is not a finite number"),
            "a flag as an integer": ("{from: a.json, key: ok, type: integer}", "the value is true, and not an integer"),
            "UTF-16": ("{from: wide.csv, key: b}", "`wide.csv` is UTF-16, expected UTF-8"),
            "whether UTF-16 has a word": ("{from: wide.csv, pattern: b, type: boolean}", "is UTF-16, expected UTF-8"),
            "alias bombs": ("{from: bomb.yaml, key: z}", "is not YAML"),
        }.values(),
    )
    def test_reasons(self, tmp_path, line, reason):
        (tmp_path / "a.json").write_text(
            '{"s": {"cells": 1}, "r": [1], "n": null, "inf": Infinity, "e": [], "ok": true}'
        )
        (tmp_path / "b.json").write_text("x")
        (tmp_path / "wide.csv").write_text("a,b\n1,2\n", encoding="utf-16")
        (tmp_path / "deep.json").write_text("[" * 100_000)
        (tmp_path / "a.csv").write_text("step,loss\n1,\n")
        (tmp_path / "two.csv").write_text("a,a\n1,2\n")
        (tmp_path / "short.csv").write_text("a,b\n1,2\n3\n")
        (tmp_path / "long.csv").write_text("a,b\n1,5,2\n")
        (tmp_path / "head.csv").write_text("a,b\n")
        (tmp_path / "empty.csv").write_text("\n")
        (tmp_path / "open.csv").write_text('a,b\n1,"2\n3,4\n')
        (tmp_path / "quotes.csv").write_text('a,b\n"say \\"1, 2\\"",3\n')
        (tmp_path / "digits.json").write_text(f'{{"a": {"9" * 5000}, "b": 1}}')
        assert read(tmp_path, "{from: digits.json, key: b}") == 1
        lines = ["a: &a [x]"] + [
            f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]" for n in range(9)
        ]
        (tmp_path / "bomb.yaml").write_text("\n".join(lines))
        assert reason in why(tmp_path, line)


class TestWhereFilesLie:
    """Files that are none of the job's results are refused, and nothing waits for a writer."""

    @each(
        "line, reason",
        {
            "outside": ("{from: ../secret, pattern: (.)}", "leads out of the folder"),
            "absolute": ("{from: /etc/passwd, pattern: (.)}", "lies outside of the folder"),
            "by a link": ("{from: out, pattern: (.)}", "lies outside of the folder"),
            "by a link of a folder": ("{from: up/secret, pattern: (.)}", "lies outside of the folder"),
            "a FIFO": ("{from: fifo, pattern: (.)}", "is not a regular file"),
            "a folder": ("{from: folder, pattern: (.)}", "is a folder"),
            "a device": ("{from: /dev/zero, pattern: (.)}", "lies outside"),
            "git's": ("{from: .git/config, pattern: (.)}", "belongs to git"),
            "keys": ("{from: .env, pattern: (.)}", "file of keys and passwords"),
            "a link to keys": ("{from: harmless, pattern: (.)}", "file of keys and passwords"),
            "a link to itself": ("{from: round, pattern: (.)}", "cannot read"),
            "home": ("{from: '~/x', pattern: (.)}", "nothing expands"),
        }.values(),
    )
    def test_refused(self, place, line, reason):
        root, _ = parse_tree(Source("x", f"x: {line}\n"))
        assert isinstance(root, Mapping)
        file = to_data(root)["x"]["from"]  # as a template may give it, of which a check does not know
        (extracting,) = extractions(parse_tree(Source("x", "x: {from: f, pattern: (.)}"))[0]).values()
        found = extracted([Asked(extracting, file, file)], JobFiles(place, "", {}))["x"]
        assert isinstance(found, Missing)
        assert reason in found.why

    @pytest.fixture
    def place(self, tmp_path):
        place = tmp_path / "job"
        (place / "folder").mkdir(parents=True)
        (tmp_path / "secret").write_text("x")
        (place / ".git").mkdir()
        (place / ".git/config").write_text("x")
        (place / ".env").write_text("x")
        (place / "out").symlink_to(tmp_path / "secret")
        (place / "up").symlink_to("..")
        (place / "harmless").symlink_to(".env")
        (place / "round").symlink_to("round")
        os.mkfifo(place / "fifo")
        return place

    def test_a_link_that_stays_inside(self, tmp_path):
        (tmp_path / "run42").mkdir()
        (tmp_path / "run42/a.json").write_text('{"n": 1}')
        (tmp_path / "latest").symlink_to("run42")
        assert read(tmp_path, "{from: latest/a.json, key: n}") == 1

    def test_streams_that_are_links_and_pipes(self, tmp_path):
        (tmp_path / "secret").write_text("x\n")
        (tmp_path / "out.log").symlink_to("secret")
        os.mkfifo(tmp_path / "err.log")
        assert "cannot read stdout" in why(tmp_path, "(.)")
        assert why(tmp_path, "{from: stderr, pattern: (.)}") == "stderr is not a regular file"

    def test_a_folder_that_vanished(self, tmp_path):
        assert (
            why(tmp_path / "gone", "{from: a.json, key: n}")
            == "the folder that the job started in is not there any more"
        )

    def test_what_a_later_job_wrote(self, tmp_path):
        (tmp_path / "a.json").write_text('{"n": 1}')
        (tmp_path / "out.log").write_text("n = 1\n")
        now = time.time()
        assert read(tmp_path, "{from: a.json, key: n}", until=now - 2) == 1  # clocks differ a little
        for line, name in (("{from: a.json, key: n}", "`a.json`"), ("'n = (.+)'", "stdout")):
            assert why(tmp_path, line, until=now - 60) == (
                f"{name} was written again after the job had ended, perhaps by another job; put the axes or "
                "parameters by which the jobs differ into the file's name"
            )

    def test_what_an_earlier_job_wrote(self, tmp_path):
        (tmp_path / "a.json").write_text('{"n": 1}')
        now = time.time()
        assert read(tmp_path, "{from: a.json, key: n}", since=now - 60) == 1
        assert (
            why(tmp_path, "{from: a.json, key: n}", since=now + 60)
            == "`a.json` is older than the job, which has not written it"
        )

    @pytest.mark.skipif(not is_on_own_disk(tempfile.gettempdir()), reason="temporary files are on a file server")
    def test_what_a_job_of_this_machine_wrote_is_known_exactly(self, tmp_path):
        before = time.time()
        (tmp_path / "a.json").write_text('{"n": 1}')
        after, line = time.time(), "{from: a.json, key: n}"
        assert read(tmp_path, line, since=before, until=after, is_timed_here=True) == 1
        assert "is older than the job" in why(tmp_path, line, since=after + 0.1, is_timed_here=True)
        assert "was written again" in why(tmp_path, line, until=before - 0.1, is_timed_here=True)

    def test_what_a_job_unpacked_keeps_its_old_time(self, tmp_path):
        (tmp_path / "a.json").write_text('{"n": 1}')
        os.utime(tmp_path / "a.json", (0, 0))
        assert read(tmp_path, "{from: a.json, key: n}", since=time.time() - 1) == 1


@each("text, number", {
        "integers": ("12", 12), "signs": ("-3", -3), "fractions": ("0.5", 0.5), "a dot first": (".5", 0.5),
        "exponents": ("1e-5", 1e-5), "zeros in front": ("007", None), "versions": ("1.2.3", None),
        "underscores": ("1_000", None), "hexadecimal": ("0x10", None), "nothing": ("", None), "blanks": (" 1", None),
        "infinity": ("inf", None), "too large": ("1e999", None), "more than 64 bits": ("9" * 30, None),
        "other digits": ("١٢", None),
}.values()
)  # fmt: skip
def test_which_texts_are_numbers(text, number):
    assert json_number(text) == number
