"""Attempts of the ledger: which the words of a command line mean, and how they look as rows and as JSON."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter

from specc.app.attempts import AttemptChoice, Words
from specc.app.failures import said_of
from specc.cli.printing import print_diagnostics
from specc.cli.sessions import open_session
from specc.errors import SpeccError
from specc.submission import Record, end_reason, last_word, life_of, shown_state, state_of
from specc.targets import JobReport, Life

UNNAMED = ("spec", "target", "name")
"""Columns whose texts say by themselves what they are."""

NAMESPACES = {"axis": "matrix", "param": "params"}


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
    key, state = record.key, shown_state(state_of(record, reports))
    return state, record.uuid or "", key.spec, key.cell, record.shown_name, _why(record, reports)


class Differences:
    """The columns in which attempts differ. All are looked at first, one by one, and then written.

    The first two columns are always the state and the job, and the last, which has no name, says why. `run_of` says
    which job of its cell that of an attempt is.
    """

    def __init__(self, run_of: Callable[[Record], int] = attrgetter("number")) -> None:
        self._run_of = run_of
        self._count = 0
        self._first: dict[tuple[str, str], str] = {}
        self._seen: dict[tuple[str, str], int] = {}
        self._differ: set[tuple[str, str]] = set()

    def look_at(self, record: Record) -> None:
        """Take an attempt into account."""
        self._count += 1
        for column, text in self._columns(record):
            self._seen[column] = self._seen.get(column, 0) + 1
            if self._first.setdefault(column, text) != text:
                self._differ.add(column)

    @property
    def _chosen(self) -> list[tuple[str, str]]:
        """Return the columns that differ, in their order. What many rows have alike does not tell them apart."""
        some = {column for column, count in self._seen.items() if count < self._count}
        chosen = [column for column in self._first if column in self._differ or column in some]
        order = ["spec", "target", "axis", "param", "repeat", "attempt"]
        chosen.sort(key=lambda column: order.index(column[0]))
        is_told = any(group in ("axis", "param", "repeat") for group, _ in chosen)
        return chosen if is_told else [*chosen, ("name", "name")]

    def head(self) -> tuple[str, ...]:
        """Return the names of the columns. A name that two have is written with its namespace, such as `params.n`."""
        chosen = self._chosen
        names = [name for _, name in chosen]
        reserved = ("state", "uuid", *(name for group, name in chosen if group not in NAMESPACES))
        shown = [
            f"{NAMESPACES[group]}.{name}"
            if group in NAMESPACES and (names.count(name) > 1 or name in reserved or not name)
            else name
            for group, name in chosen
        ]
        return "state", "uuid", *shown, ""

    def foreign(self) -> set[int]:
        """Return the positions in the head of what has the name of an axis or a parameter."""
        return {at for at, (group, _) in enumerate(self._chosen, 2) if group in NAMESPACES}

    def rows(
        self, records: Iterable[Record], reports: Mapping[str, JobReport], *, has_head: bool
    ) -> Iterator[tuple[str, ...]]:
        """Yield attempts as the cells of rows under `head`. Where there is no head, values stand behind their names."""
        chosen = self._chosen
        names = self.head()[2:-1]
        for record in records:
            texts = {**dict(self._columns(record)), ("name", "name"): record.shown_name}
            cells = [texts.get(column, "") for column in chosen]
            if not has_head:
                cells = [
                    f"{name}={text}" if column[0] not in UNNAMED else text
                    for column, name, text in zip(chosen, names, cells, strict=True)
                ]
            yield shown_state(state_of(record, reports)), record.uuid or "", *cells, _why(record, reports)

    def _columns(self, record: Record) -> Iterator[tuple[tuple[str, str], str]]:
        """Yield what tells an attempt from others: groups and names of columns with their texts."""
        yield ("spec", "spec"), record.key.spec
        yield ("target", "target"), record.target_name
        for name, value in record.flat_axes.items():
            yield ("axis", name), _text(value)
        for name, value in record.shown_params.items():
            yield ("param", name), _text(value)
        repeat = record.key.cell.partition(".")[2]
        if repeat:
            yield ("repeat", "repeat"), repeat
        yield ("attempt", "attempt"), str(self._run_of(record))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _why(record: Record, reports: Mapping[str, JobReport]) -> str:
    """Return why an attempt is in its state, and when its files were removed."""
    return "; ".join(filter(None, (said_of(record, reports), record.cleaned_on)))


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
        "cleaned_at": record.cleaned_at,
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
        "sent_by": record.sent_by or None,
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
