"""A state folder whose name is not UTF-8, and a job store whose values are none that specc wrote."""

import os
import sqlite3
from contextlib import closing

import pytest
from support.local_jobs import UNITS, attempt
from support.projects import Place

from specc.settings import Target
from specc.submission import Ledger
from specc.targets import NotSent
from specc.targets.local.target import LocalTarget

SETTINGS = """project = "demo"
[units]
time_limit = "min"
[targets.local]
run_as = "caller"
job = {zone = "z", cluster_id = "c", run_user = "u"}
"""
COMMANDS = (
    ("status",), ("wait",), ("logs",), ("ledger", "list"), ("ledger", "list", "--output", "json"), ("ledger", "verify"),
    ("plan",), ("plan", "--out", "plan.json"), ("cancel", "--all"), ("ledger", "show", "a.job.yaml"), ("submit",),
    ("status", "--output", "json"), ("ledger", "resolve"),
)  # fmt: skip


@pytest.fixture
def place(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", os.fsdecode(os.fsencode(tmp_path) + b"/st\xff"))
    place = Place(tmp_path, capsys)
    place.put("specc.toml", SETTINGS.encode())
    place.put("a.job.yaml", b"specc: 1\njob: {name: n, cmd_line: 'true', core_limit: 1, time_limit: 1}\n")
    return place


def test_a_state_folder_that_is_not_utf_8_works_like_any_other(place):
    assert place.run("submit", "--wait") == 0, place.err
    for command in COMMANDS:
        assert place.run(*command) == 0, (command, place.err)
    (ledger,) = place.root.glob("st*/specc/*/ledger.sqlite")
    with Ledger.read(ledger) as opened:
        (record,) = opened.all()
    assert "\\xff" in record.key.target


@pytest.mark.parametrize(
    "damage",
    ["state = 'runninh'", "state = CAST(x'ff' AS TEXT)", "name = CAST(x'ff' AS TEXT)", "reason = CAST(x'ff' AS TEXT)"],
)
def test_a_job_store_with_odd_values_is_refused(tmp_path, damage):
    target = LocalTarget.open(Target("local", "local"), UNITS, tmp_path / "state", "ada")
    with closing(sqlite3.connect(tmp_path / "state" / "jobs.db", isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO jobs (uuid, key, digest, body, name, cores, run, state, submitted_at) "
            "VALUES ('hpcjob-1', 'k', 'd', '{}', 'n', 1, '{}', 'finished', 1.0)"
        )
        connection.execute(f"UPDATE jobs SET {damage}")
    outcome = target.submit(attempt("true", key="k"))
    assert isinstance(outcome, NotSent)
    assert "cannot be used" in outcome.reason
