"""Baselines: what they hide, what they lose, what they refuse to be."""

import json

import pytest

from specc.diagnostics.codes import UNKNOWN_FIELD, YAML_1_1
from specc.errors import SpeccError
from specc.linter.baseline import Compared, compare, count, read_baseline, write_baseline
from specc.source import Source

A, B = Source("a.job.yaml", "1\n2\n3\n4\n5\n6\n7\n8\n"), Source("流体.job.yaml", "1\n")
OPTION = Source("--set", "x=1")


def at(source, line, code=YAML_1_1):
    return code.at(source.span(source.line_starts[line - 1]), f"on line {line}")


def file_of(source):
    return None if source is OPTION else source.path


def compared(found, counts, *, complete=True):
    return compare(found, counts, file_of, lambda file, code: complete)


def test_counts_are_by_file_and_code():
    found = [at(A, 1), at(A, 2), at(A, 2, UNKNOWN_FIELD), at(B, 1), at(OPTION, 1)]
    counts = count(found, file_of)
    assert counts == {"a.job.yaml": {"SPC110": 2, "SPC401": 1}, "流体.job.yaml": {"SPC110": 1}}
    assert compared(found, counts) == Compared((found[-1],), 0, counts)


def test_what_goes_beyond_is_shown_with_a_word_on_the_others():
    found = [at(A, line) for line in range(1, 9)]
    shown = compared(found, {"a.job.yaml": {"SPC110": 6}}).shown
    assert [finding.message for finding in shown] == ["on line 7", "on line 8"]
    assert shown[0].notes == (
        "the baseline has 6 of these in this file, hidden on line 1, 2, 3, 4, 5, ...; any of them may be the new one",
    )
    assert compared(found[:1], {"流体.job.yaml": {"SPC110": 1}}).shown == (found[0],)
    assert compared(found[:1], {"a.job.yaml": {"SPC401": 1}}).shown == (found[0],)


def test_it_shrinks_where_all_was_found():
    counts = {"a.job.yaml": {"SPC110": 3, "SPC401": 1}, "流体.job.yaml": {"SPC110": 1}}
    after = compared([at(A, 1)], counts)
    assert (after.gone, after.counts) == (4, {"a.job.yaml": {"SPC110": 1}})
    before = compared([at(A, 1)], counts, complete=False)
    assert (before.gone, before.counts) == (0, counts)


def test_it_never_grows():
    counts = {"a.job.yaml": {"SPC110": 1}}
    assert compared([at(A, 1), at(A, 2), at(B, 1)], counts).counts == counts


def test_a_file_reads_back_and_is_sorted(tmp_path):
    path = tmp_path / "new" / "baseline.json"
    counts = {"流体.job.yaml": {"SPC110": 1}, "a.job.yaml": {"SPC401": 2, "SPC110": 1}}
    write_baseline(path, counts)
    assert read_baseline(path) == counts
    assert path.read_text(encoding="utf-8") == (
        '{\n  "findings": {\n    "a.job.yaml": {\n      "SPC110": 1,\n      "SPC401": 2\n    },\n'
        '    "流体.job.yaml": {\n      "SPC110": 1\n    }\n  },\n  "version": 1\n}\n'
    )
    odd = {"a\udcff.job.yaml": {"SPC110": 1}}
    write_baseline(path, odd)
    assert read_baseline(path) == odd


def test_a_file_that_is_not_there(tmp_path):
    assert read_baseline(tmp_path / "none.json") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is not JSON"),
        (b"<<<<<<< HEAD\n{}", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"\xff", "it is not UTF-8"),
        (b"[]", "is not a baseline"),
        (b"{}", "has the version null, expected 1"),
        (b'{"version": 2, "findings": {}}', "has the version 2, expected 1"),
        (b'{"version": 1}', "is not a baseline"),
        (b'{"version": 1, "findings": {"a": 1}}', "is not a baseline"),
        (b'{"version": 1, "findings": {"a": {"SPC110": 0}}}', "is not a baseline"),
        (b'{"version": 1, "findings": {"a": {"SPC110": true}}}', "is not a baseline"),
        (b'{"version": 1, "findings": {"a": {"SPC110": "1"}}}', "is not a baseline"),
    ],
)
def test_broken_files(tmp_path, text, said):
    path = tmp_path / "baseline.json"
    path.write_bytes(text)
    with pytest.raises(SpeccError, match=said) as raised:
        read_baseline(path)
    assert "\n" not in raised.value.message
    with pytest.raises(SpeccError, match="cannot read"):
        read_baseline(tmp_path)


def test_what_is_written_is_plain_json(tmp_path):
    path = tmp_path / "baseline.json"
    write_baseline(path, {})
    assert json.loads(path.read_text()) == {"version": 1, "findings": {}}
    assert read_baseline(path) == {}
