"""`specc retry` and `submit --wait --retries N`: the next attempts of cells whose jobs failed, on this machine."""

import json

import pytest
from support.projects import Place

from specc.cli.options import complete_reason
from specc.targets import EndReason

SETTINGS = b"""project = "demo"
[units]
time_limit = "s"
mem_limit = "MiB"
[targets.local]
run_as = "caller"
[defaults]
zone = "z"
cluster_id = "c"
run_user = "u"
"""
JOB = """specc: 1
matrix: {axes: {n: [1, 2, 3]}}
job:
  name: j-{{ matrix.n }}
  cmd_line: exit {{ 0 if cell.attempt >= matrix.n else 3 }}
  core_limit: 1
  mem_limit: "{{ 64 * cell.attempt }}MiB"
"""


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    place.put("specc.toml", SETTINGS)
    place.write(jobs__a=JOB)
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("specc.submission.follow.FIRST_SECONDS", 0.05)
    return place


def jobs(place: Place, *arguments: str) -> list[tuple[str, int, str | None, str | None]]:
    """The name, `cell.attempt`, state and reason of every job, in order."""
    assert place.run("ledger", "list", "--output", "json", *arguments) == 0
    listed = json.loads(place.out)["attempts"]
    return [(one["name"], one["cell_attempt"], one["job_state"], one["ended_for"]) for one in listed]


def by_name(place: Place) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for name, attempt, _, _ in jobs(place):
        found.setdefault(name, []).append(attempt)
    return found


class TestRetry:
    def test_it_makes_one_more_attempt_of_what_failed(self, here):
        assert here.run("submit", "--wait") == 5
        assert here.run("retry", "--wait") == 5
        assert "2 retried" in here.err
        assert by_name(here) == {"j-1": [1], "j-2": [1, 2], "j-3": [1, 2]}
        assert here.run("retry", "--wait") == 0
        assert by_name(here) == {"j-1": [1], "j-2": [1, 2], "j-3": [1, 2, 3]}
        assert here.run("retry", "--reason", "memory,time") == 0
        assert "no job has failed for `memory`, `time`; " in here.err

    def test_a_plain_submit_and_a_plan_know_the_attempt_that_each_cell_is_at(self, here):
        here.run("submit", "--wait", "--retries", "2")
        assert here.run("submit") == 0
        assert "3 accepted before" in here.err
        assert here.run("plan", "--check") == 0
        assert here.run("plan", "--output", "json") == 0
        assert {step["name"]: step["cell_attempt"] for step in json.loads(here.out)["steps"]} == {
            "j-1": 1,
            "j-2": 2,
            "j-3": 3,
        }

    def test_only_the_named_reason(self, here):
        here.run("submit", "--wait")
        assert here.run("retry", "--reason", "memory,time") == 0
        assert here.run("retry", "--reason", "memory", "--reason", "exit", "--only", "n=2") == 0
        assert by_name(here) == {"j-1": [1], "j-2": [1, 2], "j-3": [1]}

    def test_a_word_that_is_not_a_reason(self, here):
        assert here.run("retry", "--reason", "memori") == 2
        assert "no job ends for that" in here.err
        assert "did you mean `memory`?" in here.err

    def test_a_dry_run_shows_what_changes_and_sends_nothing(self, here):
        here.run("submit", "--wait")
        assert here.run("retry", "--dry-run", "--only", "n=2") == 0
        assert "64 -> 128" in here.out
        assert len(jobs(here)) == 3

    def test_what_was_never_sent_is_not_sent(self, here):
        here.run("submit", "--wait", "--only", "n=3")
        assert here.run("retry", "--wait") == 5
        assert by_name(here) == {"j-3": [1, 2]}

    def test_a_spec_that_has_changed_since_needs_a_word(self, here):
        here.run("submit", "--wait")
        here.write(jobs__a=JOB.replace("64 *", "96 *"))
        assert here.run("retry") == 1
        assert "2 of 2 payloads need a decision first" in here.err
        assert here.run("retry", "--changed", "--wait", "--only", "n=2") == 0
        assert by_name(here)["j-2"] == [1, 2]
        assert here.run("submit", "--only", "n=2") == 0

    def test_a_cell_that_is_at_its_second_attempt_runs_again_as_that(self, here):
        here.run("submit", "--wait", "--retries", "1", "--only", "n=2")
        assert here.run("submit", "--rerun", "--wait", "--only", "n=2") == 0
        assert by_name(here) == {"j-2": [1, 2, 2]}

    def test_an_attempt_that_cannot_be_made_is_said_and_not_sent(self, here):
        here.write(jobs__a=JOB.replace('"{{ 64 * cell.attempt }}MiB"', '"{{ [64, 128][cell.attempt - 1] }}"'))
        assert here.run("submit", "--wait", "--only", "n=3") == 5
        assert here.run("retry", "--wait") == 5
        assert here.run("retry", "--wait") == 1
        assert "is not defined" in here.err
        assert by_name(here) == {"j-3": [1, 2]}


class TestRetries:
    def test_an_attempt_that_cannot_be_made_is_said(self, here):
        here.write(jobs__a=JOB.replace('"{{ 64 * cell.attempt }}MiB"', '"{{ [64, 128][cell.attempt - 1] }}"'))
        assert here.run("submit", "--wait", "--retries", "4", "--only", "n=3") == 5
        assert "`[64, 128][cell.attempt - 1]` is not defined" in here.err
        assert by_name(here) == {"j-3": [1, 2]}

    def test_each_cell_is_tried_until_it_succeeds(self, here):
        assert here.run("submit", "--wait", "--retries", "2") == 0
        assert "3 finished" in here.err
        assert by_name(here) == {"j-1": [1], "j-2": [1, 2], "j-3": [1, 2, 3]}

    def test_a_cell_that_cannot_be_tried_again_keeps_no_other_from_it(self, here):
        first = "{{ 64 if matrix.n == 2 else [64, 128, 192][cell.attempt - 1] }}"
        here.write(
            jobs__a=JOB.replace("{{ 64 * cell.attempt }}MiB", first.replace("64 if", "[64][cell.attempt - 1] if"))
        )
        assert here.run("submit", "--wait", "--retries", "2", "--max-active", "1") == 5
        assert here.err.count("`[64][cell.attempt - 1]` is not defined") == 1
        assert by_name(here) == {"j-1": [1], "j-2": [1], "j-3": [1, 2, 3]}

    def test_or_until_its_retries_are_used_up(self, here):
        assert here.run("submit", "--wait", "--retries", "1") == 5
        assert "2 finished, 1 failed" in here.err
        assert by_name(here) == {"j-1": [1], "j-2": [1, 2], "j-3": [1, 2]}

    def test_the_same_command_knows_how_many_are_left(self, here):
        """The ledger says it, whatever became of the process before."""
        here.run("submit", "--wait", "--retries", "1")
        assert here.run("submit", "--wait", "--retries", "1") == 5
        assert by_name(here)["j-3"] == [1, 2]
        assert here.run("submit", "--wait", "--retries", "2") == 0
        assert by_name(here)["j-3"] == [1, 2, 3]

    def test_a_run_on_purpose_begins_to_count_anew(self, here):
        here.write(jobs__a=JOB.replace("matrix.n else 3", "9 else 3"))
        here.run("submit", "--wait", "--retries", "1", "--only", "n=1")
        assert here.run("submit", "--wait", "--retries", "1", "--only", "n=1", "--rerun") == 5
        assert by_name(here) == {"j-1": [1, 2, 2, 3]}

    def test_for_other_reasons_nothing_is_tried_again(self, here):
        assert here.run("submit", "--wait", "--retries", "2", "--retry-on", "memory,time") == 5
        assert {attempt for _, attempt, _, _ in jobs(here)} == {1}

    def test_a_job_over_its_memory_gets_more(self, here):
        here.write(
            jobs__a="specc: 1\njob:\n  name: m\n  core_limit: 1\n"
            "  mem_limit: '{{ 20 * 10 ** (cell.attempt - 1) }}MiB'\n"
            "  cmd_line: python3 -c 'import time; x = b\"x\" * 60_000_000; time.sleep(1)'\n"
        )
        assert here.run("submit", "--wait", "--retries", "1", "--retry-on", "memory") == 0
        assert jobs(here) == [("m", 1, "exited", "memory"), ("m", 2, "finished", None)]

    def test_json_has_every_attempt(self, here):
        assert here.run("submit", "--wait", "--retries", "1", "--only", "n=2", "--output", "json") == 0
        data = json.loads(here.out)
        assert [(one["action"], one["cell_attempt"], one["retried_for"]) for one in data["results"]] == [
            ("send", 1, None),
            ("retry", 2, "exit"),
        ]
        assert (data["summary"]["accepted"], data["summary"]["retried"]) == (1, 1)
        assert data["summary"]["jobs"]["finished"] == 1

    def test_options_that_lack_another(self, here):
        assert here.run("submit", "--retries", "1") == 2
        assert "needs `--wait`" in here.err
        assert here.run("submit", "--wait", "--retry-on", "memory") == 2
        assert "needs `--retries`" in here.err


def test_reasons_are_offered_for_tab():
    assert complete_reason("") == [reason.value for reason in EndReason]
    assert complete_reason("memory,ti") == ["memory,time"]
