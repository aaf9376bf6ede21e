"""How the answers of a site's commands are read: what each may say, and that a broken answer says nothing."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.targets import EndReason, JobState, Life, NotSent, Rejected, Unclear, Usage
from specc.targets.batch import programs
from specc.targets.batch.programs import Installed, Ran, TimedOut
from specc.targets.command.contract import (
    AT_ONCE,
    BrokenAnswer,
    Found,
    SiteCommands,
    Told,
    cancelled_of,
    found_of,
    lines_of,
    outcome_of,
    told_of,
)
from specc.visible import visible

COMMANDS = {name: (f"/site/{name}",) for name in ("submit", "status", "cancel", "find")}


class Site:
    """Commands that give one answer, and remember what they were asked."""

    def __init__(self, answer: Ran | TimedOut | str) -> None:
        self.answer = Ran(0, answer, "") if isinstance(answer, str) else answer
        self.asked: list[dict[str, object]] = []
        self.commands = SiteCommands(COMMANDS, self, {"PATH": "/bin"}, {"settings": {}})

    def __call__(
        self, command: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: bytes = b""
    ) -> Ran | TimedOut:
        self.asked.append(json.loads(stdin))
        return self.answer


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ('{"job": "12.pbs01"}\n', "12.pbs01"),
        ('\n{"job": "1"}\n\n', "1"),
        ('{"not_sent": "too busy"}', NotSent("too busy")),
        ('{"unclear": "no idea"}', Unclear("no idea")),
        ('{"rejected": "no"}', Rejected("rejected", "no")),
        (
            '{"rejected": "no", "code": "c", "help": "h", "fields": {"name": "bad", "nome": "x"}, "is_general": true}',
            Rejected("c", "no", "h", {"name": "bad"}, True),
        ),
    ],
)
def test_answers_of_submit(answer: str, outcome: object) -> None:
    assert Site(answer).commands.submit({"payload": {"name": "x"}}) == outcome


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "it answered with no line"),
        ('{"job": "1"}\n{"job": "2"}', "it answered with 2 lines"),
        ("hello", "line 1 of its output is not a JSON object: hello"),
        ("[1]", "is not a JSON object"),
        ('{"job": 1}', "`job` is 1, expected a text"),
        ('{"job": "a b"}', "`job` is"),
        ('{"job": "-rf"}', "`job` is"),
        ('{"job": ""}', "`job` is"),
        ('{"job": "1", "rejected": "x"}', "expected just one"),
        ("{}", "has none of"),
        ('{"rejected": ""}', "`rejected` is not a text, or empty"),
        ('{"rejected": "x", "fields": []}', "`fields` is not an object of texts"),
        ('{"rejected": "x", "code": 1}', "`code` is not a text"),
        ("[" * 5000, "is not a JSON object"),
        ('{"job": "\\u001b[2J"}', "`job` is"),
        ("\x1b[2J", "is not a JSON object"),
    ],
)
def test_a_broken_answer_of_submit_leaves_it_unclear(answer: str, said: str) -> None:
    outcome = Site(answer).commands.submit({})
    assert isinstance(outcome, Unclear)
    assert said in outcome.reason
    assert visible(outcome.reason) == outcome.reason


def test_the_answer_counts_and_not_the_exit_code() -> None:
    assert Site(Ran(3, '{"job": "7"}', "oops")).commands.submit({}) == "7"
    assert Site(Ran(3, '{"rejected": "no"}', "")).commands.submit({}) == Rejected("rejected", "no")


def test_a_command_that_dies_or_takes_too_long_leaves_it_unclear() -> None:
    said = Site(Ran(-9, "", "killed\nby hand")).commands.submit({})
    assert said == Unclear(
        "`submit` ended with the signal SIGKILL, and it answered with no line, expected one: killed; by hand"
    )
    assert Site(TimedOut(180, "slow")).commands.submit({}) == Unclear("`submit` did not end within 180 s: slow")


def test_what_a_status_says() -> None:
    line = {
        "job": "1", "state": "exited", "raw": "F", "reason": "why", "exit_code": 9, "end": "memory", "node": "n1",
        "submitted_at": 1, "started_at": 2.5, "ended_at": 4, "cpu_seconds": 0.5, "peak_memory": 1024,
    }  # fmt: skip
    life = Life(1.0, 2.5, 4.0, 1.5, "n1", Usage(1024, 0.5), EndReason.MEMORY)
    assert told_of(line) == Told("1", JobState.EXITED, "F", "why", 9, life)
    assert told_of({"job": "1", "state": "gone"}) == Told("1", None)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"state": "done"}, "`state` is `done`, expected one of `gone`, `pending`"),
        ({"state": "lost"}, "`state`"),
        ({"state": "unknown"}, "`state`"),
        ({"state": 1}, "`state` is not a text"),
        ({"state": "exited", "exit_code": 256}, "`exit_code` is not an integer from 0 to 255"),
        ({"state": "exited", "exit_code": True}, "`exit_code`"),
        ({"state": "exited", "end": "boredom"}, "`end` is `boredom`"),
        ({"state": "exited", "end": ["time"]}, "`end` is"),
        ({"state": "exited", "end": {}}, "`end` is"),
        ({"state": "running", "started_at": "now"}, "is not a number"),
        ({"state": "running", "started_at": -1}, "is not a number"),
        ({"state": "running", "peak_memory": 1e300}, "is not a number"),
        ({"state": "running", "reason": None}, "`reason` is not a text"),
    ],
)
def test_a_broken_line_of_status(more: dict[str, object], said: str) -> None:
    with pytest.raises(BrokenAnswer, match=said.replace("`", ".")):
        told_of({"job": "1", **more})
    site = Site(json.dumps({"job": "1", **more}))
    assert site.commands.status(["1"]) is None
    assert "the answer of `status` cannot be read" in site.commands.last_error


def test_a_question_that_fails_has_no_answer_and_says_why() -> None:
    site = Site(Ran(1, '{"job": "1", "state": "gone"}', "qstat: no server"))
    assert site.commands.status(["1"]) is None
    assert site.commands.last_error == "`status` ended with exit code 1: qstat: no server"
    site.answer = Ran(0, '{"job": "1", "state": "gone"}', "")
    assert site.commands.status(["1"]) == {"1": Told("1", None)}
    assert site.commands.last_error == ""


def test_two_answers_for_one_job_that_differ_say_nothing() -> None:
    runs, ended = '{"job": "1", "state": "running"}\n', '{"job": "1", "state": "exited"}\n'
    site = Site(runs + ended)
    assert site.commands.status(["1"]) is None
    assert site.commands.last_error == "the answer of `status` has two lines for the job 1, which differ"
    site.answer = Ran(0, runs + runs, "")
    assert site.commands.status(["1"]) == {"1": Told("1", JobState.RUNNING)}
    assert site.commands.last_error == ""


def test_half_a_character_is_replaced() -> None:
    """JSON can hold it, and neither a ledger nor a terminal takes it."""
    assert Site('{"not_sent": "full \\ud800 \\u00fc"}').commands.submit({}) == NotSent("full ? \u00fc")


def test_many_jobs_are_asked_for_in_parts() -> None:
    site = Site("")
    assert site.commands.status([str(number) for number in range(2 * AT_ONCE + 1)]) == {}
    assert [len(asked["jobs"]) for asked in site.asked] == [AT_ONCE, AT_ONCE, 1]  # type: ignore[arg-type]


def test_what_find_and_cancel_say() -> None:
    assert found_of({"key": "k", "job": "1", "submitted_at": 5}) == Found("k", "1", 5.0)
    assert cancelled_of({"job": "1", "cancelled": False, "message": "no"}) == ("1", False, "no")
    assert Site('{"key": "other", "job": "1"}').commands.find(["k"]) == {}
    for broken in ({"job": "1"}, {"job": "1", "cancelled": "yes"}, {"cancelled": True}):
        with pytest.raises(BrokenAnswer):
            cancelled_of(broken)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["job", "state", "key", "cancelled", "rejected", "not_sent", "unclear", "fields", "code", "help", "end", "node",
     "exit_code", "raw", "reason", "message", "submitted_at", "started_at", "peak_memory", "is_general"]
)  # fmt: skip


def is_read_or_broken(read: Callable[[], object]) -> bool:
    try:
        read()
    except BrokenAnswer as error:
        return visible(str(error)) == str(error)
    return True


@given(st.dictionaries(NAMES, VALUES | st.sampled_from(["1", "running", "exited", "gone"]), max_size=6))
def test_any_line_is_read_or_broken(line: dict[str, object]) -> None:
    for read in (told_of, cancelled_of, found_of, lambda line: outcome_of(line, {"payload": {}})):
        assert is_read_or_broken(lambda read=read: read(line))  # type: ignore[misc]


@given(st.text(max_size=60))
def test_any_output_is_read_or_broken(out: str) -> None:
    assert is_read_or_broken(lambda: list(lines_of(out)))


class TestPrograms:
    def run(self, text: str, stdin: bytes = b"", seconds: float = 20) -> Ran | TimedOut:
        return Installed()([sys.executable, "-c", text], {"PATH": "/bin"}, seconds, stdin)

    def test_input_and_both_outputs(self) -> None:
        large = b"x" * 1_000_000
        text = "import sys; data = sys.stdin.read(); print(len(data)); print('e', file=sys.stderr); print(data[:70000])"
        assert self.run(text, large) == Ran(0, f"1000000\n{'x' * 70000}\n", "e\n")

    def test_one_that_does_not_read_its_input(self) -> None:
        assert self.run("print(1)", b"x" * 1_000_000) == Ran(0, "1\n", "")

    def test_one_that_says_too_much_is_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(programs, "MOST_OUTPUT", 1 << 20)
        ran = self.run("while True: print('x' * 1000)")
        assert isinstance(ran, Ran)
        assert ran.code == -9
        assert ran.out == ""
        assert "it wrote more than 1 MiB, and was stopped" in ran.err

    def test_one_that_takes_too_long_is_killed_with_its_children(self) -> None:
        text = "import subprocess, sys; print('a', file=sys.stderr, flush=True); subprocess.run(['sleep', '60'])"
        assert self.run(text, seconds=1) == TimedOut(1, "a\n")

    def test_one_that_closes_its_outputs_and_stays(self) -> None:
        assert self.run("import os, time; os.close(1); os.close(2); time.sleep(60)", seconds=1) == TimedOut(1, "")

    def test_one_whose_child_keeps_the_outputs_open(self) -> None:
        ran = self.run("import subprocess; subprocess.Popen(['sleep', '60'])", seconds=1)
        assert isinstance(ran, TimedOut)
