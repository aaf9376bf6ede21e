"""Attempts of the ledger: which the words of a command line mean, and how they look as rows and as JSON."""

import json
from collections.abc import Mapping

from specc.app.attempts import AttemptChoice, Words
from specc.cli.printing import print_diagnostics
from specc.cli.sessions import open_session
from specc.errors import SpeccError
from specc.submission import Record, State, end_reason, last_word, life_of, state_of, why_of
from specc.targets import JobReport, Life


def choose(words: Words) -> AttemptChoice:
    """Return what the words mean. Raises SpeccError where the configuration cannot be used, which is printed."""
    session = open_session()
    choice = AttemptChoice.of(session, words)
    if print_diagnostics(session.diagnostics):
        raise SpeccError("the configuration cannot be used")
    return choice


HEAD = ("state", "uuid", "spec", "cell", "name", "")


def row(record: Record, reports: Mapping[str, JobReport]) -> tuple[str, ...]:
    """Return an attempt as the cells of a row under `HEAD`."""
    key = record.key
    return state_of(record, reports), record.uuid or "", key.spec, key.cell, record.shown_name, _said(record, reports)


def _said(record: Record, reports: Mapping[str, JobReport]) -> str:
    why = why_of(record, reports)
    _, exit_code = last_word(record, reports)
    return why or (f"exit code {exit_code}" if exit_code and record.state is State.ACCEPTED else "")


def record_data(record: Record, reports: Mapping[str, JobReport]) -> dict[str, object]:
    """Return an attempt as JSON data, with what its target says of the job now."""
    key, report = record.key, reports.get(record.uuid or "")
    reason, exit_code = last_word(record, reports)
    return {
        "attempt": record.attempt,
        "number": record.number,
        "cell_attempt": record.cell_attempt or 1,
        "retried_for": record.retried_for,
        "kept_for": record.kept,
        "spec": key.spec,
        "cell": key.cell,
        "slug": record.shown_slug,
        "axes": record.shown_axes,
        "params": json.loads(key.params),
        "target": {"name": record.target_name, "identity": key.target},
        "name": record.shown_name,
        "digest": record.digest,
        "state": record.state.value,
        "uuid": record.uuid,
        "job_state": report.state.value if report else record.job_state,
        "reason": reason,
        "ended_for": end_reason(record, reports),
        "exit_code": exit_code,
        "code": record.code,
        "message": record.shown_message,
        "created_at": record.created_at,
        "settled_at": record.settled_at,
        **_life_data(life_of(record, reports)),
    }


def _life_data(life: Life) -> dict[str, object]:
    """Return times and usage as JSON data, in which null stands for what is not known."""
    used = life.usage
    return {
        "submitted_at": life.submitted_at,
        "started_at": life.started_at,
        "ended_at": life.ended_at,
        "seconds": life.seconds,
        "node": life.node or None,
        "usage": {
            "peak_memory": used.peak_memory,
            "cpu_seconds": used.cpu_seconds,
            "cores_asked": used.cores_asked,
            "memory_asked": used.memory_asked,
            "seconds_asked": used.seconds_asked,
        },
    }
