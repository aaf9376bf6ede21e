"""`specc status` as a person reads it: counts, columns that differ, why jobs failed, what to type next; and live."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from support.jobs_of_pages import job
from support.projects import Place
from support.submitting import record

from specc.app.failures import Failures
from specc.cli.records import Differences
from specc.cli.watching import Frame, drawn
from specc.reporters.page import Outcome
from specc.submission import State

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
params: {scale: {type: integer, default: 1}}
matrix: {axes: {mesh: [coarse, fine], seed: [7]}}
job:
  name: j-{{ cell.slug }}
  cmd_line: %s
"""
FAILING = "test {{ matrix.mesh }} = coarse || exit {{ params.scale }}"


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    place.put("specc.toml", SETTINGS)
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("specc.submission.follow.FIRST_SECONDS", 0.05)
    return place


def submitted(place: Place, command: str, *arguments: str) -> None:
    place.write(a=SPEC % command)
    assert place.run("submit", "--wait", *arguments) in (0, 5), place.err


def rows(place: Place) -> list[list[str]]:
    return [line.split("\t") for line in place.out.splitlines()]


class TestText:
    def test_counts_then_what_differs_then_what_failed(self, here):
        submitted(here, FAILING)
        assert here.run("status") == 0
        (coarse, fine) = rows(here)
        assert (coarse[0], *coarse[2:]) == ("finished", "mesh=coarse", "")
        assert (fine[0], *fine[2:]) == ("failed", "mesh=fine", "exit code 1")
        counts, why, logs, again = here.err.splitlines()
        assert counts == "2 jobs: 1 failed, 1 finished"
        assert why == "1 failed: exit code 1"
        assert logs == f"help: `specc logs {fine[1]} --stream stderr` shows what it wrote"
        assert again == "help: `specc retry a.job.yaml` sends it again"

    def test_the_word_of_the_table_chooses_the_same_jobs(self, here):
        submitted(here, FAILING)
        here.run("status")
        for word in {row[0] for row in rows(here)}:
            wanted = [row[1] for row in rows(here) if row[0] == word]
            assert here.run("status", "--state", word) == 0
            assert [row[1] for row in rows(here)] == wanted
            here.run("status")

    def test_parameters_tell_jobs_apart_and_choose_among_them(self, here):
        submitted(here, FAILING)
        submitted(here, FAILING, "-p", "scale=3")
        assert here.run("status") == 0
        assert [row[2:4] for row in rows(here)] == [
            ["mesh=coarse", "scale=1"], ["mesh=fine", "scale=1"], ["mesh=coarse", "scale=3"], ["mesh=fine", "scale=3"],
        ]  # fmt: skip
        assert "once for each value of -p" in here.err
        assert here.run("status", "-p", "scale=3", "--state", "failed") == 0
        assert [row[-1] for row in rows(here)] == ["exit code 3"]
        assert "`specc retry a.job.yaml -p scale=3`" in here.err
        assert here.run("status", "-p", "scale=3", "-p", "scale=1") == 0
        assert len(rows(here)) == 4
        assert here.run("status", "-p", "scael=3") == 2
        assert "did you mean `scale`" in here.err
        assert here.run("status", "-p", "scale") == 2
        assert "expected NAME=VALUE" in here.err

    @pytest.mark.parametrize("command", ["usage", "results", "logs", "wait", "report -o run.html"])
    def test_other_commands_choose_by_parameters_too(self, here, command):
        submitted(here, "echo {{ params.scale }}")
        submitted(here, "echo {{ params.scale }}", "-p", "scale=3")
        assert here.run(*command.split(), "-p", "scale=3", "--only", "mesh=fine") == 0, here.err
        assert here.out.count("\n") <= 1
        assert here.run(*command.split(), "-p", "scale=4") in (0, 2)
        assert not here.out

    @pytest.mark.parametrize(
        "command", ["status", "usage", "results", "wait", "cancel --state failed", "retry", "report -o run.html"]
    )
    def test_a_target_that_does_not_exist_is_no_choice_of_nothing(self, here, command):
        submitted(here, "echo")
        assert here.run(*command.split(), "--target", "locla") == 2
        assert not here.out
        assert "no target `locla`" in here.err
        assert "did you mean `local`?" in here.err

    def test_a_target_that_is_no_longer_in_the_settings_still_has_its_jobs(self, here):
        submitted(here, "echo")
        here.run("status")
        here.put("specc.toml", SETTINGS.replace(b"[targets.local]", b'[targets.mine]\nkind = "local"'))
        assert here.run("status", "--target", "locla") == 2
        assert here.run("results", "--target", "local") == 0, here.err
        assert len(rows(here)) == 2

    def test_specs_are_named_where_there_are_several(self, here):
        submitted(here, "'true'")
        here.write(b=SPEC.replace("j-", "k-") % "'true'")
        assert here.run("submit", "--wait", "b.job.yaml") == 0
        assert here.run("status") == 0
        assert {row[2] for row in rows(here)} == {"a.job.yaml", "b.job.yaml"}

    def test_submit_says_that_jobs_have_failed(self, here):
        submitted(here, FAILING)
        assert here.run("submit") == 0
        assert rows(here)[1][0] == "failed"
        assert rows(here)[1][-1] == "exit code 1"
        assert "2 accepted before\n1 failed: exit code 1\nhelp: " in here.err
        assert "`specc retry a.job.yaml` sends it again" in here.err


class TestColumns:
    def test_names_that_two_columns_have(self):
        differences = Differences()
        for at in range(2):
            differences.look_at(record(f"a{at}", axes=f'{{"n": {at}, "uuid": {at}}}', inputs=f'{{"n": {at}}}'))
        assert differences.head() == ("state", "uuid", "matrix.n", "matrix.uuid", "params.n", "")

    def test_the_name_where_nothing_differs(self):
        differences = Differences()
        one = record("a1")
        differences.look_at(one)
        assert differences.head() == ("state", "uuid", "name", "")
        assert list(differences.rows([one], {}, has_head=False)) == [("intent", "", "n", "")]


def ended(attempt, state):
    return replace(record(attempt), state=State.ACCEPTED, uuid=attempt, job_state=state)


class TestFailures:
    def test_jobs_that_are_lost_are_tried_again_only_where_that_is_said(self):
        assert Failures("prod", [ended("a1", "lost")]).again() == "specc retry a.job.yaml --reason lost"
        assert Failures("prod", [ended("a1", "lost"), ended("a2", "exited")]).again() == "specc retry a.job.yaml"

    def test_a_job_of_which_no_exit_code_is_known_has_a_reason_all_the_same(self):
        assert list(Failures("prod", [ended("a1", "exited")]).why()) == ["1 failed: its exit code is not known"]


class TestScreen:
    @staticmethod
    def text(jobs: list, width: int = 60, height: int = 20, trouble: str = "") -> list[str]:
        frame = Frame("demo\x1b[2J", tuple(jobs), Failures("local"), 100.0, trouble)
        return [line.plain for line in drawn(frame, (width, height), 103.0).renderables]

    def test_what_stands_on_it(self):
        jobs = [job(at, axes={"n": at % 4, "m": at // 4}) for at in range(8)]
        jobs[5] = job(5, axes={"n": 1, "m": 1}, outcome=Outcome.RUNNING, state="running", started_at=50.0)
        lines = self.text(jobs)
        assert lines[0].startswith(r"demo\x1b[2J  8 jobs")
        assert lines[0].endswith("asked 3s ago, ^C leaves")
        assert lines[1].count("█") > 50 > lines[1].count("▓") > 3
        assert lines[2] == "✓ 7 finished   ▶ 1 running"
        assert lines[4:7] == ["m \\ n  0  1  2  3  ", "0      ✓  ✓  ✓  ✓  ", "1      ✓  ▶  ✓  ✓  "]
        assert lines[8] == "▶ n 1, m 1  53s  on node2"

    @pytest.mark.parametrize("size", [(20, 5), (40, 10), (80, 24), (300, 100), (1, 2)])
    def test_it_fits_any_terminal(self, size):
        width, height = size
        jobs = [
            job(at, axes={"网格": f"很长的名字{at % 90}", "m": at // 90}, outcome=Outcome.RUNNING) for at in range(900)
        ]
        lines = self.text(jobs, width, height, trouble="no answer")
        assert len(lines) < max(height, 2)
        assert all(cell_len(line) <= width for line in lines)

    def test_worse_news_hides_better(self):
        jobs = [job(0, axes={"n": 1}), job(1, axes={"n": 1}, outcome=Outcome.FAILED)]
        assert "✗" in self.text(jobs)[5]


class TestWatching:
    def test_not_without_a_terminal(self, here):
        submitted(here, "'true'")
        assert here.run("status", "--watch") == 2
        assert "specc wait" in here.err
        assert here.run("status", "--watch", "--output", "json") == 2

    @pytest.mark.slow
    def test_until_all_have_ended(self, here):
        here.write(a=SPEC % '"until test -e go; do sleep 0.1; done; test {{ matrix.mesh }} = fine"')
        assert here.run("submit") == 0
        terminal = Terminal(here.root, "status", "--watch", width=80)
        assert terminal.until("2 running|1 running")
        terminal.resize(40)
        here.put("go", b"")
        code, text = terminal.end()
        assert code == 0
        assert "\x1b[?1049h" in text  # the other screen, which is left in the end
        last = re.sub(r"\x1b\[[0-9;]*m", "", text.rpartition("\x1b[?1049l")[2])
        assert "2 jobs: 1 failed, 1 finished" in last
        assert re.search(r"failed +hpcjob-\S+ +coarse\s+exit code 1", last)

    @pytest.mark.slow
    def test_it_can_be_left(self, here):
        here.write(a=SPEC % "sleep 60")
        assert here.run("submit") == 0
        terminal = Terminal(here.root, "status", "--watch", NO_COLOR="1")
        assert terminal.until("running")
        terminal.process.send_signal(signal.SIGINT)
        code, text = terminal.end()
        assert here.run("cancel", "--all", "--yes") == 0
        assert code == 0
        assert "Traceback" not in text
        assert not re.search(r"\x1b\[[0-9;]*3[0-9]", text)  # no colours
        assert text.rpartition("\x1b[?25h")[1]  # the cursor is back


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, folder: Path, *arguments: str, width: int = 100, **environment: str) -> None:
        self.master, slave = pty.openpty()
        self._slave = slave
        self.text = ""
        self.resize(width)
        command = [sys.executable, "-c", "from specc.cli.main import main; main()", *arguments]
        known = {name: value for name, value in os.environ.items() if name != "CI"}
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=slave, stdout=slave, stderr=slave, env={**known, "TERM": "xterm", **environment}
        )

    def resize(self, width: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))

    def until(self, pattern: str, seconds: float = 30.0) -> bool:
        """Return whether the pattern is seen in time."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.text) and time.monotonic() < end:
            if select.select([self.master], [], [], 0.2)[0]:
                self.text += os.read(self.master, 65536).decode(errors="replace")
        return bool(re.search(pattern, self.text))

    def end(self) -> tuple[int, str]:
        """Return the exit code, and all that was written."""
        end = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < end:
            self.until("(?!)", 0.2)
        self.until("(?!)", 0.5)
        code = self.process.wait(timeout=1)
        os.close(self.master)
        os.close(self._slave)
        return code, self.text
