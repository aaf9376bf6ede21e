"""The reports for machines: one line a finding, and the JSON contract."""

import json
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from support.tables import each

import specc
from specc.diagnostics import Label
from specc.diagnostics.codes import UNKNOWN_FIELD, WRONG_TYPE
from specc.errors import SpeccError
from specc.reporters import Report, ReportFormat, Summary, TextOrJson, format_named, report_text
from specc.reporters.display import cells
from specc.source import Source

SOURCE = Source("jobs/流体.job.yaml", "job:\n  名: x\n")
SUMMARY = Summary(files=2, specs=1, payloads=0, errors=2, warnings=0)
FIRST = UNKNOWN_FIELD.at(
    SOURCE.span(7, 8),
    "unknown field `名`",
    label="here",
    labels=(Label(SOURCE.span(0, 3), "in this mapping"),),
    notes=("a note",),
    help="did you mean `name`?",
)
SECOND = WRONG_TYPE.at(SOURCE.span(10, len(SOURCE.text)), "a\nb")


def test_concise():
    assert report_text(Report((SECOND, FIRST), SUMMARY), ReportFormat.CONCISE) == (
        "jobs/流体.job.yaml:2:3: error[SPC401 unknown-field]: unknown field `名`\n"
        "jobs/流体.job.yaml:2:6: error[SPC402 wrong-type]: a\\nb\n"
    )


def test_concise_is_silent_when_all_is_well():
    assert report_text(Report((), SUMMARY), ReportFormat.CONCISE) == ""


def test_json():
    text = report_text(Report((SECOND, FIRST), SUMMARY), ReportFormat.JSON, color=True)
    assert text.isascii()
    assert json.loads(text) == {
        "version": 1,
        "diagnostics": [
            {
                "code": "SPC401",
                "slug": "unknown-field",
                "severity": "error",
                "message": "unknown field `名`",
                "path": "jobs/流体.job.yaml",
                "start": {"line": 2, "column": 3},
                "end": {"line": 2, "column": 4},
                "labels": [
                    {
                        "message": "in this mapping",
                        "path": "jobs/流体.job.yaml",
                        "start": {"line": 1, "column": 1},
                        "end": {"line": 1, "column": 4},
                    }
                ],
                "notes": ["a note"],
                "help": "did you mean `name`?",
                "fix": None,
            },
            {
                "code": "SPC402",
                "slug": "wrong-type",
                "severity": "error",
                "message": "a\nb",
                "path": "jobs/流体.job.yaml",
                "start": {"line": 2, "column": 6},
                "end": {"line": 3, "column": 1},
                "labels": [],
                "notes": [],
                "help": None,
                "fix": None,
            },
        ],
        "summary": {"files": 2, "specs": 1, "payloads": 0, "errors": 2, "warnings": 0},
    }


def test_the_formats_are_those_of_the_manual():
    page = (Path(specc.__file__).parent.parent / "docs" / "diagnostics.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(ReportFormat)


@each(
    "word, help",
    [
        ("xml", "formats: text, json"),
        ("jsn", "did you mean `json`? formats: text, json"),
        ("TEXT", "did you mean `text`? formats: text, json"),
        ("", "formats: text, json"),
    ],
)
def test_a_format_that_does_not_exist(word, help):
    with pytest.raises(SpeccError) as raised:
        format_named(word, TextOrJson)
    assert (raised.value.message, raised.value.help) == (f"there is no output format `{word}`", help)


def test_a_format_by_its_name():
    assert all(format_named(str(each), ReportFormat) is each for each in ReportFormat)


@each("text", ["", "abc", "流体力学", "é", "e\u0301", "ｱ", "Ａ", "한글", "かな", "，。", "😀", "עברית"])
def test_widths_agree_with_rich(text):
    assert cells(text) == cell_len(text)
