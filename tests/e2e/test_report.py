"""`specc report`: a page about jobs that really ran on this machine."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.projects import Place

SETTINGS = b"""project = "demo"
[units]
time_limit = "min"
[targets.local]
run_as = "caller"
[defaults]
zone = "z"
cluster_id = "c"
run_user = "u"
"""
SPEC = """specc: 1
matrix: {axes: {mesh: [coarse, fine], n: [1, 2]}}
job:
  name: j-{{ cell.slug }}
  cmd_line: |
    %s
"""


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    place.put("specc.toml", SETTINGS)
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("specc.submission.follow.FIRST_SECONDS", 0.05)
    return place


def submitted(place: Place, command: str) -> None:
    place.write(a=SPEC % command)
    assert place.run("submit", "--wait") in (0, 5), place.err


def page_of(place: Place, *arguments: str) -> str:
    assert place.run("report", "-o", "run.html", *arguments) == 0, place.err
    return (place.root / "run.html").read_text(encoding="utf-8")


class TestPage:
    def test_jobs_that_failed_and_the_ends_of_their_logs(self, here):
        command = (
            r"printf 'line %s\n' $(seq 100); printf '\033[31m</pre><script>\033[0m\033[2J\n'; exit {{ matrix.n - 1 }}"
        )
        submitted(here, command + " 2>&1")
        text = page_of(here)
        assert here.err == "4 jobs in run.html\n"
        assert "2</strong> finished" in text
        assert "2 jobs failed: exit code 1" in text
        assert "mesh coarse, n 2" in text
        assert r"line 100" in text
        assert r"&lt;/pre&gt;&lt;script&gt;\x1b[2J</pre>" in text
        assert not re.search(r"^line 6\d$", text, re.MULTILINE)  # the end alone
        assert re.search(r"<td>coarse</td><td class=\"n\">1</td>", text)
        without = page_of(here, "--no-logs")
        assert "line 100" not in without
        assert len(without) < len(text)

    def test_the_same_ledger_and_files_give_the_same_bytes(self, here, monkeypatch):
        submitted(here, "echo {{ matrix.n }}")
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
        for words in (["init", "-q"], ["add", "specc.toml"], ["commit", "-qm", "x"]):
            subprocess.run([*git, *words], check=True, cwd=here.root)
        commit = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
        monkeypatch.setattr("specc.cli.commands.report.time.time", lambda: 1_790_000_000.0)
        text = page_of(here)
        assert page_of(here) == text
        assert "2026-09-21 14:13:20 UTC" in text
        assert f"<dd>{commit}</dd>" in text
        here.put("specc.toml", SETTINGS + b"\n")
        assert f"<dd>{commit}, with changes that were not committed</dd>" in page_of(here)

    def test_what_is_compared_first(self, here):
        submitted(here, "echo {{ matrix.n }}")
        text = page_of(here, "--x", "n", "--y", "mesh", "--value", "ran")
        assert "<caption>ran by n and mesh</caption>" in text

    def test_an_axis_with_the_name_of_a_measure(self, here):
        here.write(a=(SPEC % "echo {{ matrix.cores }}").replace(" n: [1, 2]", " cores: [1, 2]"))
        assert here.run("submit", "--wait", "--yes") == 0, here.err
        text = page_of(here, "--x", "cores", "--y", "mesh", "--value", "cores")
        assert "<caption>cores by matrix.cores and mesh</caption>" in text
        assert here.run("report", "-o", "page.html", "--value", "matrix.cores") == 2
        assert "no job has this value" in here.err

    def test_an_axis_that_is_null_in_some_cells(self, here):
        here.write(a=SPEC.replace("n: [1, 2]", "n: [1, null]") % "exit {{ 0 if matrix.n else 3 }}")
        assert here.run("submit", "--wait") == 5
        text = page_of(here, "--x", "n", "--y", "mesh", "--value", "ran")
        assert '<th scope="col">1</th><th scope="col">null</th>' in text
        assert text.count("<circle ") == 4
        assert "mesh coarse, n null" in text

    def test_what_to_ask_for_instead(self, here, monkeypatch):
        monkeypatch.setattr("specc.app.advice.SHORTEST", 0.0)
        here.write(a=SPEC % "echo {{ matrix.n }}" + "  time_limit: 5h\n")
        assert here.run("submit", "--wait") == 0, here.err
        assert re.search(r"<strong>a.job.yaml</strong>: ask for .*time_limit: ", page_of(here))

    def test_standard_output(self, here):
        submitted(here, "echo {{ matrix.n }}")
        assert here.run("report", "-o", "-") == 0
        assert here.out.startswith("<!doctype html>")
        assert not (here.root / "-").exists()

    def test_a_selection(self, here):
        submitted(here, "echo {{ matrix.n }}")
        assert "<dd>2</dd>" in page_of(here, "a.job.yaml", "--only", "mesh=fine")


class TestLogs:
    def test_of_any_bytes_and_any_length(self, here):
        submitted(here, "head -c 3000000 /dev/urandom; exit 1")
        text = page_of(here)
        assert len(text) < 500_000
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)

    @pytest.mark.slow
    def test_of_each_way_to_fail(self, here):
        """Also of a job that failed in another way than many before it."""
        here.write(a=(SPEC % "echo log of $(( {{ matrix.n }} )); exit {{ 2 if matrix.n == 30 else 1 }}").replace(
            "n: [1, 2]", "n: {from: 1, to: 30}").replace("mesh: [coarse, fine]", "mesh: [coarse]"))  # fmt: skip
        assert here.run("submit", "--wait", "--yes") == 5
        text = page_of(here)
        assert "29 jobs failed: exit code 1" in text
        assert "24 more jobs in the table" in text
        assert "1 job failed: exit code 2" in text
        assert "log of 30" in text
        assert text.count("log of ") == 6

    def test_of_a_folder_that_vanished(self, here):
        submitted(here, "exit 1")
        for folder in (here.root / "state").rglob("jobs"):
            shutil.rmtree(folder)
        assert "4 jobs failed: exit code 1" in page_of(here)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_that_cannot_be_read(self, here):
        submitted(here, "exit 1")
        for path in (here.root / "state").rglob("stdout"):
            path.chmod(0)
        assert "cannot read" in page_of(here)


class TestRefusals:
    def test_nothing_to_report(self, here):
        assert here.run("report", "-o", "run.html") == 2
        assert "nothing was submitted" in here.err
        assert not (here.root / "run.html").exists()

    def test_no_file_is_named(self, here):
        assert here.run("report") == 2
        assert "-o" in here.err

    def test_more_jobs_than_a_page_shows(self, here, monkeypatch):
        monkeypatch.setattr("specc.app.pages.MOST_JOBS", 3)
        submitted(here, "true {{ matrix.n }}")
        assert here.run("report", "-o", "run.html") == 2
        assert "a page shows at most 3 jobs" in here.err
        assert "specc results --csv" in here.err
        assert not (here.root / "run.html").exists()

    def test_axes_and_values_that_do_not_exist(self, here):
        here.write(a="params: {p: {type: integer, default: 3}}\n" + SPEC % "true {{ matrix.n }}")
        assert here.run("submit", "--wait") == 0
        assert here.run("report", "-o", "run.html", "--x", "mehs") == 2
        assert "`--x mehs`: no job has this axis or parameter" in here.err
        assert "mesh" in here.err
        assert here.run("report", "-o", "run.html", "--value", "residual") == 2
        assert "no job has this value" in here.err
        assert here.run("report", "-o", "run.html", "--x", "n", "--y", "n") == 2
        assert "`--x` and `--y` are both `n`" in here.err
        assert here.run("report", "-o", "run.html", "--y", "p") == 2
        assert "`--y p`: all jobs have the same value" in here.err
        assert not (here.root / "run.html").exists()

    @pytest.mark.slow
    def test_a_file_that_cannot_be_written(self, here):
        submitted(here, "true {{ matrix.n }}")
        Path("file").touch()
        assert here.run("report", "-o", "file/run.html") == 2
        assert "file/run.html" in here.err
