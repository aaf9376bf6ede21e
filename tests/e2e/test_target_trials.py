"""`specc target test`: what it says of commands that keep the contract, and of such as do not."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.desk import Desk
from support.sampling import mostly_slow

from specc.targets.command import trials
from specc.targets.command.trials import NAMES

QUICK = ("--patience", "6", "--time-limit", "1")


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(trials, "PAUSE", 0.1)
    made = Desk(tmp_path, capsys)
    yield made
    made.site.end()


@pytest.mark.slow
def test_commands_that_keep_the_contract_pass(desk: Desk) -> None:
    desk.trusted()
    done = desk("target", "test", "site", "--patience", "30", "--time-limit", "1", "--output", "json")
    assert done.returncode == 0, done.stdout
    found = json.loads(done.stdout)["trials"]
    assert [trial["name"] for trial in found] == list(NAMES)
    assert all(trial["passed"] and trial["help"] is None for trial in found)
    assert not list((desk.state / "specc" / "command" / "site" / "jobs").iterdir())
    assert desk("status").stdout == "", "the ledger knows none of its jobs"


@pytest.mark.parametrize(
    ("trial", "flaw", "said", "help"),
    mostly_slow(
        [
            ("cancel", "refuses", "was not cancelled: no", "`cancel` has to answer"),
            ("unknown", "skips", "answered nothing for the job 99999999", "`gone`"),
            ("answers", "talks", "`submit` breaks the contract: it answered with 2 lines", "JSON objects alone"),
            ("answers", "greets", "is not a JSON object: Welcome", "to standard error"),
            ("answers", "silent-status", "it had no line for the job 1", "as docs/schedulers.md has them"),
            ("submit", "silent-status", "had no line for the job 1, which has ended", "it has to answer for each job"),
            ("submit", "never-ends", "is still running", "for a job that has ended"),
            ("submit", "other-number", "calls itself '1', and `submit` answered 'job-1'", "job_variable"),
            ("submit", "drops", "left no record", "has to run `script` with bash"),
            ("time", "no-limit", "was not ended", "has to give `time_seconds`"),
            ("time", "no-end", "ended as `exited`", "with `end` as `time`"),
            ("cancel", "cancels-not", "is still running", "for a job that has ended"),
            (
                "find",
                "finds-nothing",
                "did not find the job 1 by its key",
                "`submit` has to give `key` to the scheduler",
            ),
            ("find", "silent", "`submit` gave no job: `submit` ended with exit code 0, and it answered", "first"),
            ("find", "finds-badly", "ended with exit code 1", "also where it finds nothing"),
            ("twice", "once", "were answered with one job", "each time that it is called"),
            ("unknown", "strict", "failed because one of the jobs does not exist", "for all the others"),
            ("answers", "chatty", "`status` breaks the contract: specc does not read `colour`", "as docs"),
        ],
        quick=2,
    ),
)
def test_each_flaw_is_named_with_what_to_change(desk: Desk, trial: str, flaw: str, said: str, help: str) -> None:
    desk.site.set(flaw)
    desk.trusted()
    words = ["--only", trial, *(["--only", "submit"] if trial == "answers" else [])]
    done = desk("target", "test", "site", *QUICK, *words)
    assert done.returncode == 1, done.stdout
    line = next(line for line in done.stdout.splitlines() if line.startswith(f"FAILED  {trial}"))
    assert said in line, done.stdout
    assert help in done.stdout
    assert "the folders of the jobs are kept" in done.stderr


def test_a_target_without_commands_has_none_to_test(desk: Desk) -> None:
    done = desk("target", "test", "local")
    assert done.returncode == 2
    assert "is of kind `local`, and has no commands to test" in done.stderr
    assert "did you mean `site`?" in desk("target", "test", "sit").stderr
    assert "there is no trial `submits`" in desk("target", "test", "site", "--only", "submits").stderr


def test_it_runs_nothing_that_is_not_trusted(desk: Desk) -> None:
    done = desk("target", "test", "site")
    assert done.returncode == 2
    assert "that you have not trusted" in done.stderr
    assert not desk.site.calls()
