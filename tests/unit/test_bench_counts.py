"""The guard against slow code: what it lets pass, and what not."""

import json

from support.tables import each

from benchmarks.counting import WORKLOADS, calls
from benchmarks.counts import LEAST, MOST, RECORD, complaints


def work(times: int) -> None:
    for number in range(times):
        json.dumps({"number": number})


def test_a_doubling_fails():
    once, twice = calls(lambda: work(1_000)), calls(lambda: work(2_000))
    assert list(complaints({"work": once}, {"work": once})) == []
    [line] = complaints({"work": once}, {"work": twice})
    assert line == f"work: 2.00 times the calls on record, more than {MOST}; find out why"


def test_calls_of_c_functions_count():
    assert calls(lambda: [abs(number) for number in range(1_000)]) > 1_000


def test_counts_are_the_same_each_time():
    assert calls(lambda: work(100)) == calls(lambda: work(100))


@each("ratio", [LEAST, 0.9, 1.0, 1.1, MOST])
def test_noise_passes(ratio: float):
    assert list(complaints({"work": 1000}, {"work": int(1000 * ratio)})) == []


def test_what_has_become_much_less_is_to_be_recorded():
    [line] = complaints({"work": 1000}, {"work": 500})
    assert "only 0.50 times" in line
    assert "make counts RECORD=1" in line


def test_a_workload_without_a_record_and_a_record_without_a_workload():
    lines = list(complaints({"old": 1000}, {"new": 1000}))
    assert [line.split(":")[0] for line in lines] == ["old", "new"]


def test_every_workload_is_on_record():
    assert json.loads(RECORD.read_text(encoding="utf-8"))["calls"].keys() == WORKLOADS.keys()
