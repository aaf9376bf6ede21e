"""Axes whose values stand in a file of the project: how they are typed, and what is said of a file that is wrong."""

import json

import pytest
from support.projects import Place
from support.tables import each

from specc.expander.files import Mistake, contents_of
from specc.nodes import to_data
from specc.source import Source

SPEC = """specc: 1
matrix: {axes: {case: {$file: %s}}}
job: {name: 'a-{{ cell.slug }}', core_limit: 1, cmd_line: './run {{ matrix.case | string | sh }}'}
"""


def values(text: str, ending: str = ".csv") -> list[object]:
    contents = contents_of(Source("f", text), ending)
    assert contents.mistakes == ()
    for value in contents.values:
        assert to_data(value.node) == value.data
    return [value.data for value in contents.values]


@each(
    "text, data",
    [
        ("12", 12),
        ("-1.5e3", -1500.0),
        ("007", "007"),
        ("1_000", "1_000"),
        ("true", True),
        ("no", "no"),
        ("", None),
        ('"12"', "12"),
        ('""', ""),
        (' "a, ""b""" ', 'a, "b"'),
        ('"two\nlines"', "two\nlines"),
        ("two words", "two words"),
        (" 3 ", 3),
        ("算例", "算例"),
        ("{{ x }}", "{{ x }}"),
        ("12:00:00", "12:00:00"),
    ],
)
def test_values_of_csv(text, data):
    assert values(f"k,v\n1,{text}\n") == [{"k": 1, "v": data}]


@each(
    "text, ending, data",
    [
        ("a,b\n\n1,2\n \n3,4", ".csv", [{"a": 1, "b": 2}, {"a": 3, "b": 4}]),
        ("a\r\n1\r\n", ".csv", [{"a": 1}]),
        ("a\tb c\n1\tx y\n", ".tsv", [{"a": 1, "b c": "x y"}]),
        ("x\n\n 2 \n007\n", ".txt", ["x", 2, "007"]),
        ("x", "", ["x"]),
        ('"3.10"\n3.10\n"a ""b"""\n"x\n', ".txt", ["3.10", 3.1, 'a "b"', '"x']),
        ('[1, "a", {"b": [2]}, null]', ".json", [1, "a", {"b": [2]}, None]),
        ("- 1\n- {a: 012}\n", ".yaml", [1, {"a": 12}]),
    ],
)
def test_forms(text, ending, data):
    assert values(text, ending) == data


@each(
    "text, ending, place, words",
    [
        ("a,a\n1,2\n", ".csv", (1, 3), "two columns are named `a`"),
        ("a,,b\n1,2,3\n", ".csv", (1, 3), "the column 2 has no name"),
        ("a;b\n1;2\n", ".csv", (1, 1), "divided by `;`"),
        ("a,b\n1\n", ".csv", (2, 1), "this line has 1 value, and the head 2 names"),
        ("a,b\n1,2\n\n1,2,3\n", ".csv", (4, 1), "this line has 3 values"),
        ('a,b\n1,"x\n', ".csv", (2, 3), "never closed"),
        ('a,b\n"x"y,1\n', ".csv", (2, 4), "goes on behind its quotes"),
        ("", ".csv", (1, 1), "has no head"),
        ('{"a": 1}', ".json", (1, 1), "holds a mapping, and not a list"),
        ("", ".json", (1, 1), "holds nothing, and not a list"),
        ("[1,", ".json", (1, 4), ""),
    ],
)
def test_mistakes_stand_at_their_place(text, ending, place, words):
    (mistake,) = contents_of(Source("f", text), ending).mistakes
    assert words in mistake.message
    assert tuple(mistake.span.first) == place or not isinstance(mistake, Mistake)


def test_many_wrong_lines_are_told_in_a_few() -> None:
    mistakes = contents_of(Source("f", "a,b\n" + "1\n" * 500), ".csv").mistakes
    assert len(mistakes) == 5
    assert mistakes[-1].message.endswith("; 495 more lines are wrong")


class TestProjects:
    def test_payloads_and_where_their_values_come_from(self, place: Place) -> None:
        place.put("jobs/a.job.yaml", (SPEC % "../cases.csv").encode())
        place.put("cases.csv", b"\xef\xbb\xbfname,n\r\nsmall,1\r\nlarge,20\r\n")
        assert place.run("render", "jobs/a.job.yaml", "--only", "case.name=large") == 0, place.err
        assert (
            json.loads(place.out)["cmd_line"]
            == "./run '{'\"'\"'name'\"'\"': '\"'\"'large'\"'\"', '\"'\"'n'\"'\"': 20}'"
        )
        assert place.run("explain", "jobs/a.job.yaml", "matrix.case", "--only", "case.name=large") == 0
        assert '└─ set by file cases.csv:3:1: {"name": "large", "n": 20}' in place.out

    def test_a_change_of_the_file_is_checked_again(self, place: Place) -> None:
        place.put("jobs/a.job.yaml", (SPEC % "../cases.csv").encode())
        place.put("cases.csv", b"n\n1\n")
        assert place.run("check", "jobs") == 0
        place.put("cases.csv", b"n\n1,2\n")
        assert place.run("check", "jobs", "--output", "concise") == 1
        assert place.out.startswith("cases.csv:2:1: error[SPC215 bad-matrix]: this line has 2 values")
        place.put("cases.csv", b"n\n1\n")
        assert place.run("check", "jobs") == 0

    def test_the_graph_knows_the_file(self, place: Place) -> None:
        place.put("jobs/a.job.yaml", (SPEC % "../cases.csv").encode())
        place.put("cases.csv", b"n\n1\n")
        assert place.run("graph", "jobs/a.job.yaml") == 0
        assert "cases.csv" in place.out

    @pytest.mark.parametrize(
        ("file", "words"),
        [
            ("nope.csv", "file-not-found"),
            ("../../x.csv", "leads out of the project"),
            (".env", "keys and passwords"),
            ("a.csv.j2", "is a template, and axes are fixed"),
            ("utf16.csv", "UTF-16"),
        ],
    )
    def test_files_that_cannot_be_read(self, place: Place, file: str, words: str) -> None:
        place.put("jobs/a.job.yaml", (SPEC % file).encode())
        place.put("jobs/.env", b"n\n1\n")
        place.put("jobs/a.csv.j2", b"n\n1\n")
        place.put("jobs/utf16.csv", "n\n1\n".encode("utf-16"))
        assert place.run("check", "jobs/a.job.yaml") == 1
        assert words in place.out
        assert "found 1 error in 1 file" in place.out

    def test_nothing_is_passed_to_it(self, place: Place) -> None:
        place.put("jobs/a.job.yaml", (SPEC % "cases.csv, args: [1]").encode())
        place.put("jobs/cases.csv", b"n\n1\n")
        assert place.run("check", "jobs/a.job.yaml", "--output", "concise") == 1
        assert "nothing can be passed to the file of axis `case`" in place.out

    def test_over_a_range_that_is_inherited(self, place: Place) -> None:
        base = "specc: 1\nabstract: true\nmatrix: {axes: {case: {from: 1, to: 3}}}\n"
        place.put("base.job.yaml", base.encode())
        place.put(
            "jobs/a.job.yaml", (SPEC % "n.txt").replace("specc: 1", "specc: 1\nextends: //base.job.yaml").encode()
        )
        place.put("jobs/n.txt", b"10\n20\n")
        assert place.run("render", "jobs/a.job.yaml") == 0, place.err
        assert [json.loads(line)["name"] for line in place.out.splitlines()] == ["a-10", "a-20"]

    def test_a_number_that_loses_a_digit_in_a_text_is_told_at_its_line(self, place: Place) -> None:
        spec = SPEC % "v.csv"
        command = "'python{{ matrix.case.v }}'"
        place.put("jobs/a.job.yaml", spec.replace("'./run {{ matrix.case | string | sh }}'", command).encode())
        place.put("jobs/v.csv", b"v\n3.10\n")
        assert place.run("check", "jobs/a.job.yaml", "--output", "concise") == 0
        assert place.out.startswith("jobs/v.csv:2:1: warning[SPC531 lost-digits]")
        place.put("jobs/v.csv", b'v\n"3.10"\n')
        assert place.run("check", "jobs/a.job.yaml", "--output", "concise") == 0
        assert place.out == ""
        assert place.run("render", "jobs/a.job.yaml") == 0
        assert "python3.10" in place.out

    def test_as_many_cells_as_the_file_has_lines(self, place: Place) -> None:
        place.put("jobs/a.job.yaml", (SPEC % "n.txt").encode())
        place.put("jobs/n.txt", "".join(f"{n}\n" for n in range(1200)).encode())
        assert place.run("check", "jobs/a.job.yaml", "--output", "concise") == 1
        assert "the matrix has 1,200 cells, more than 1,000" in place.out
