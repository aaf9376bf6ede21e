"""A ledger of 300,000 attempts: what is asked of one spec does not read the others, and all of it is never in memory.

Nothing here looks at a clock: SQLite counts the steps that it takes.
"""

import io
import json
import tracemalloc
from collections import deque
from contextlib import redirect_stdout

import pytest
from support import ledgers
from support.projects import Place
from support.tables import each

from specc.app.attempts import AttemptChoice, Words
from specc.app.results import Results, csv_lines
from specc.app.session import Session
from specc.cli.console import write_json, write_json_list
from specc.submission import Ledger, latest, queries

SPEC = "jobs/s00001.job.yaml"
SETTINGS = """project = "big"
target = "prod"
[ledger]
path = "ledger.sqlite"
[targets.prod]
kind = "ehpc"
endpoint = "http://127.0.0.1:9/api"
job = {zone = "z", cluster_id = "c", run_user = "u"}
"""
QUESTIONS = {
    "of a spec": lambda ledger: list(ledger.chosen([SPEC], (), whole_history=False)),
    "of a job": lambda ledger: ledger.with_id("hpcjob-00000017"),
    "of the beginning of a job": lambda ledger: ledger.with_id("hpcjob-0000001"),
    "of an attempt": lambda ledger: ledger.with_id(ledgers.finished(7).attempt[:12]),
    "of a key": lambda ledger: ledger.of_key(ledgers.finished(7).key),
    "of a name": lambda ledger: ledger.of_retargeted("prod", ledgers.finished(7).key._replace(target="other")),
    "of a payload": lambda ledger: ledger.with_digest(ledgers.TARGET, ledgers.finished(7).digest),
    "of what is open": lambda ledger: ledger.open_attempts(),
    "of jobs that are taken": lambda ledger: ledger.taken(ledgers.TARGET, ["hpcjob-00000017", "x"]),
    "whether a spec is known": lambda ledger: ledger.has_spec(SPEC),
    "of the dead": lambda ledger: ledger.recover(),
}


@pytest.fixture(scope="module")
def sizes(tmp_path_factory):
    """Return ledgers of 200 and of 4,000 attempts."""
    folder = tmp_path_factory.mktemp("sizes")
    for count in (200, 4000):
        with ledgers.filled(folder / f"{count}.sqlite", count):
            pass
    return folder / "200.sqlite", folder / "4000.sqlite"


def steps(path, question):
    """Return how many steps of its virtual machine SQLite takes for a question."""
    with Ledger.open(path) as ledger:
        question(ledger)  # what is read once a connection, such as the schema, does not count
        count = 0

        def tick():
            nonlocal count
            count += 1

        ledger._connection.set_progress_handler(tick, 1)
        question(ledger)
    return count


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_takes_as_many_steps_in_a_ledger_of_twenty_times_the_size(sizes, question):
    small, large = (steps(path, question) for path in sizes)
    assert large <= small + 20


@pytest.mark.slow
def test_all_is_streamed(sizes, monkeypatch):
    monkeypatch.setattr(queries, "CHUNK", 100)

    def peak(path, read):
        with Ledger.open(path) as ledger:
            deque(read(ledger), maxlen=0)
            tracemalloc.start()
            deque(read(ledger), maxlen=0)
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return most

    for read in (Ledger.each, Ledger.each_or_damage, Ledger.numbers):
        assert peak(sizes[1], read) < 1.5 * peak(sizes[0], read)
    # Of each attempt at most some numbers are kept.
    assert peak(sizes[1], lambda one: one.chosen((), (), whole_history=False)) < 1_500_000


@pytest.mark.slow
@pytest.mark.parametrize("is_csv", [True, False])
def test_rows_of_results_are_streamed(tmp_path, monkeypatch, is_csv):
    monkeypatch.setattr(queries, "CHUNK", 100)

    def peak(count):
        folder = tmp_path / str(count)
        folder.mkdir()
        (folder / "specc.toml").write_text(SETTINGS)
        with ledgers.filled(folder / "ledger.sqlite", count):
            pass
        choice = AttemptChoice.of(Session(), Words(), folder)
        with choice.workplace.ledger_if_any() as ledger:
            found = Results(choice, ledger)
            columns = found.columns()
            tracemalloc.start()
            rows = found.rows()
            deque(csv_lines(columns, rows) if is_csv else (row.data() for row in rows), maxlen=0)
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return most

    assert peak(4000) < peak(400) + 1_000_000  # of each attempt at most some numbers are kept


def test_the_latest_of_all_are_those_that_a_list_gives(tmp_path):
    with ledgers.filled(tmp_path / "l.sqlite", 60) as ledger:
        for index, state in ((3, "rejected"), (7, "accepted"), (9, "dismissed")):
            one = ledgers.finished(index)
            ledger.begin(ledgers.replaced(one, "b" * 31 + str(index), 2))
            how = {"uuid": f"new-{index}"} if state == "accepted" else {"code": "1"}
            ledger.settle("b" * 31 + str(index), ledgers.State(state), **how)
        wanted = latest(ledger.all())
        assert list(ledger.chosen((), (), whole_history=False)) == wanted
        specs = [f"jobs/s{number:05}.job.yaml" for number in range(3)]
        assert list(ledger.chosen(specs, (), whole_history=False)) == wanted
        assert len(wanted) == 62


def test_the_commands_of_one_spec_read_only_that_spec(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    place = Place(tmp_path, capsys)
    place.put("specc.toml", SETTINGS.encode())
    read = []
    real = queries.record_of
    monkeypatch.setattr(queries, "record_of", lambda row: (read.append(1), real(row))[1])
    with ledgers.filled(tmp_path / "ledger.sqlite", 600):
        pass
    for command in (
        ("status",), ("wait",), ("cancel",), ("ledger", "list"), ("ledger", "show"), ("ledger", "resolve"), ("logs",),
        ("results",), ("results", "--csv"), ("usage",),
    ):  # fmt: skip
        read.clear()
        place.run(*command, SPEC)
        assert len(read) <= 6 * ledgers.CELLS, command
    assert place.run("ledger", "list", SPEC) == 0
    assert len(place.out.splitlines()) == ledgers.CELLS


@each("items", [[], [{}], [{"a": [1, {"b": "ü"}]}, {"c": None}]])
def test_a_list_that_is_written_item_by_item_is_the_same_document(items):
    written = []
    for write in (
        lambda: write_json({"path": "x", "attempts": items}),
        lambda: write_json_list({"path": "x"}, "attempts", iter(items)),
    ):
        with redirect_stdout(io.StringIO()) as out:
            write()
        written.append(out.getvalue())
    assert written[0] == written[1]
    assert json.loads(written[1])["attempts"] == items
