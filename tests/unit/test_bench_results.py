"""What the bench times, what it refuses, and how it is shown."""

import json
import os
import sys
import xml.etree.ElementTree as xml
from itertools import pairwise
from pathlib import Path

import pytest
from support.tables import each

from benchmarks.peers import ROOT
from benchmarks.plot import growth_plot
from benchmarks.result import Result
from benchmarks.tables import BEGIN, END, as_json, markdown, on_page
from benchmarks.targets import verdicts
from benchmarks.timing import BenchError, Budget, Contestant, Run, Timing, interleaved, timed


def python(text: str, tmp_path: Path, **more) -> Contestant:
    return Contestant("python", (sys.executable, "-c", text), tmp_path, **more)


def took(*walls: float, peak: int = 10_000) -> Timing:
    return Timing(tuple(Run(wall, wall / 2, wall / 10, peak) for wall in walls))


class TestTiming:
    def test_time_and_memory_are_those_of_the_command(self, tmp_path):
        small = timed(python("pass", tmp_path))
        large = timed(python("x = bytearray(80_000_000)", tmp_path))
        assert 0 < small.user + small.system <= 60  # a short process can have either alone
        assert large.peak - small.peak > 70_000

    def test_the_memory_of_the_bench_is_not_the_command_s(self, tmp_path):
        held = bytearray(b"x" * 80_000_000)
        assert timed(python("pass", tmp_path)).peak * 1024 < len(held)

    def test_a_command_that_fails_is_shown(self, tmp_path):
        with pytest.raises(BenchError, match=r"python ended with 3.*\n(.*\n)*.*no way"):
            timed(python("import sys; sys.stderr.write('no way'); sys.exit(3)", tmp_path))

    def test_a_wrong_answer_is_refused(self, tmp_path):
        with pytest.raises(BenchError, match="gave 3 instead of 4"):
            timed(python("print(3)", tmp_path, expected=4, read=int))

    def test_contestants_take_turns(self, tmp_path):
        turns: list[str] = []
        both = [
            Contestant(name, (sys.executable, "-c", "pass"), tmp_path, before=lambda name=name: turns.append(name))
            for name in ("a", "b")
        ]
        timings = interleaved(both, Budget(seconds=60, most=3))
        assert turns == ["a", "b"] * 3
        assert {name: len(timing.runs) for name, timing in timings.items()} == {"a": 3, "b": 3}

    @each("first, rounds", [(0.01, 9), (1.0, 5), (2.0, 3), (9.0, 3), (11.0, 1)])
    def test_quick_ones_run_often_and_slow_ones_once(self, first: float, rounds: int):
        assert Budget(seconds=5, most=9).rounds(first) == rounds


class TestMedians:
    def test_median_and_spread(self):
        timing = took(3.0, 1.0, 2.0, 9.0)
        assert timing.wall == 2.5
        assert timing.spread == (1.0, 9.0)
        assert timing.user == 1.25


RESULTS = [
    Result("start", 1, "process", {"specc": took(0.03), "python -c pass": took(0.01)}),
    Result("check", 1, "specs", {"specc": took(0.1), "specc again": took(0.1), "yamllint": took(0.1)}),
    Result("check", 1_000, "specs", {"specc": took(1.0), "specc again": took(0.2), "check-jsonschema": took(4.0)}),
    Result("render", 1_000, "cells", {"specc": took(0.2, peak=40_000), "pkl": took(0.1)}),
    Result("render", 100_000, "cells", {"specc": took(40.0, peak=44_000), "pkl": took(2.0)}),
    Result("depth", 1, "files", {"specc": took(0.3)}),
    Result("depth", 16, "files", {"specc": took(0.4)}),
    Result("changed base", 1, "specs", {"specc": took(0.3)}),
    Result("changed base", 1_000, "specs", {"specc": took(0.9)}),
]


class TestTargets:
    def test_each_is_met_or_not(self):
        found = {(one.what, one.beside): one.wording for one in verdicts(RESULTS)}
        assert found["check 1,000 again", "a first check of one"] == "not met"
        assert found["check 1,000, cold", "check-jsonschema"] == "met"
        assert found["render 100,000 cells", "pkl"] == "not met"
        assert found["memory of 100,000 cells", "that of 1,000"] == "met"
        assert found["specc --version", "python -c pass"] == "not met"

    def test_processors_are_idle_or_at_work(self):
        busy = Timing((Run(2.0, 3.8 * (os.cpu_count() or 1) / 4, 0.2, 1),))
        (found,) = [one for one in verdicts([Result("check", 10_000, "specs", {"specc": busy})]) if "idle" in one.what]
        assert 0 <= found.ratio < 1
        assert found.ratio == pytest.approx(max(0.0, 1 - busy.cores / (os.cpu_count() or 1)))

    def test_what_was_not_measured_has_no_verdict(self):
        assert "render 10,000 cells" not in {one.what for one in verdicts(RESULTS)}

    def test_growth_faster_than_the_size_is_seen(self):
        found = {one.what: one.is_met for one in verdicts(RESULTS)}
        assert found["growth with files, 1 to 1,000"]
        assert not found["growth with cells, 1,000 to 100,000"]


class TestTables:
    def test_every_time_stands_in_both(self):
        text, data = markdown(RESULTS, {"pkl": "no npm"}), json.loads(as_json(RESULTS, {"pkl": "no npm"}))
        assert "| check (specs) | 1,000 | check-jsonschema | 4.000 | 4.000 .. 4.000 |" in text
        assert "Without pkl: no npm." in text
        assert len(data["contests"]) == sum(len(result.timings) for result in RESULTS)
        assert data["missing"] == {"pkl": "no npm"}

    def test_a_page_is_written_between_its_marks_only(self):
        page = on_page(f"above\n{BEGIN}former\n{END}below\n", RESULTS)
        assert page.startswith(f"above\n{BEGIN}")
        assert page.endswith(f"{END}below\n")
        assert "former" not in page
        assert on_page(page, RESULTS) == page

    def test_the_manual_shows_the_run_that_is_kept(self):
        kept = (ROOT / "benchmarks" / "results" / "latest.md").read_text(encoding="utf-8")
        page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
        short = [line for line in kept.split("| work |")[0].splitlines() if line.startswith("|")]
        assert len(short) > 10
        assert [line for line in short if line not in page] == []


class TestPlot:
    def test_each_line_is_drawn_named_and_inside(self):
        picture = xml.fromstring(growth_plot(RESULTS))
        space = "{http://www.w3.org/2000/svg}"
        names = [text.text for text in picture.iter(f"{space}text")]
        assert {"specc", "specc again", "pkl"} <= set(names)
        assert "yamllint" not in names, "one size makes no line"
        _, _, width, height = map(float, picture.attrib["viewBox"].split())
        for line in picture.iter(f"{space}polyline"):
            for point in line.attrib["points"].split():
                x, y = map(float, point.split(","))
                assert 0 <= x <= width
                assert 0 <= y <= height

    def test_names_do_not_cover_each_other(self):
        together = {name: took(1.0) for name in ("specc", "specc again", "yamllint", "check-jsonschema", "ajv-cli")}
        results = [Result("check", size, "specs", together) for size in (1, 100)]
        results += [one for one in RESULTS if one.work != "check"]
        group = next(xml.fromstring(growth_plot(results)).iter("{http://www.w3.org/2000/svg}g"))
        heights = sorted(float(text.attrib["y"]) for text in group if text.text in together)
        assert all(below - above >= 13 for above, below in pairwise(heights))
