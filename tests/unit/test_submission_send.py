"""Sending: what is written when, what is tried again, and how a run ends early."""

import threading
from datetime import UTC, datetime

import pytest
from support import submitting
from support.tables import each

from specc.errors import SpeccError
from specc.submission import Ledger, Result, State, Step, database, tally
from specc.submission import ledger as ledger_module
from specc.submission.clock import Backoff
from specc.submission.ledger import Accounts
from specc.submission.plan import Action
from specc.submission.send import STOP_AFTER, ConsecutiveFailures
from specc.targets import NotSent, Rejected, Unclear

STEP = Step(submitting.sweep(1)[0], submitting.KEY, Action.SEND, "", 1)
RESULTS = {
    "accepted": Result(STEP, State.ACCEPTED, "job-1"),
    "rejected": Result(STEP, State.REJECTED, None, "2100"),
    "unknown": Result(STEP, State.UNKNOWN),
    "not yet": Result(STEP, State.NOT_SENT, is_not_yet=True),
    "general": Result(STEP, State.REJECTED, None, "1400", is_general=True),
}


@pytest.fixture
def desk(tmp_path):
    return submitting.Desk(tmp_path / "ledger.sqlite")


def shown(results):
    return [None if result.state is None else str(result.state) for result in results]


class TestOutcomes:
    @pytest.mark.parametrize(
        ("answer", "state", "uuid", "code", "message"),
        [
            ("accept", "accepted", "job-1", None, None),
            (submitting.REJECTED, "rejected", None, "1400", "not allowed"),
            ("silent", "unknown", None, None, "no answer in time"),
            (Unclear("garbage"), "unknown", None, None, "garbage"),
        ],
    )
    def test_what_came_of_it_is_written(self, desk, answer, state, uuid, code, message):
        desk.target.script = [answer]
        (result,) = desk.submit(submitting.sweep(1))
        with desk.ledger() as ledger:
            (record,) = ledger.all()
        assert (record.state, record.uuid, record.code, record.message) == (state, uuid, code, message or None) or (
            state == "accepted" and record.message == ""
        )
        assert (result.state, result.uuid, result.code) == (state, uuid, code)

    def test_the_intent_is_there_before_the_target_is_asked(self, desk):
        seen = []

        def look(payload):
            seen.extend(desk.states())

        class Curious(submitting.FakeTarget):
            def submit(self, attempt):
                look(attempt)
                return super().submit(attempt)

        desk.target = Curious()
        desk.submit(submitting.sweep(1))
        assert seen == ["intent"]

    def test_field_errors_come_along(self, desk):
        desk.target.script = [submitting.REJECTED]
        (result,) = desk.submit(submitting.sweep(1))
        assert (result.fields, result.help) == ({"core_limit": "too many"}, "ask")

    def test_what_the_record_holds(self, desk):
        desk.submit(submitting.sweep(2))
        payload = submitting.sweep(2)[1]
        with desk.ledger() as ledger:
            record = ledger.all()[1]
            assert ledger.uuids(desk.target.identity) == {"job-1", "job-2"}
        assert (record.body.encode(), record.digest) == (payload.canonical, payload.digest)
        assert (record.slug, record.axes, record.api, record.number) == ("1", '{"n": 1}', "ehpc/v1", 1)

    def test_a_tag_makes_each_name_unique(self, desk):
        with desk.ledger() as ledger:
            steps = desk.plan(ledger, submitting.same(2))
            list(desk.sender(ledger, "o", tag_names=True).results(steps))
            names = [record.sent_name for record in ledger.all()]
        assert len(set(names)) == 2
        assert all(name.startswith("a-") and len(name) == 10 for name in names)
        assert [attempt.sent_name for attempt in desk.target.attempts] == names

    def test_a_uuid_that_another_job_has_is_no_answer(self, desk):
        class Forgetful(submitting.FakeTarget):
            def _start(self, attempt):
                accepted = super()._start(attempt)
                return type(accepted)("job-1", {})

        desk.target = Forgetful()
        results = desk.submit(submitting.sweep(2))
        assert shown(results) == ["accepted", "unknown"]
        assert "the job of another attempt" in results[1].message


class TestTryingAgain:
    def test_nothing_sent_is_sent_later(self, desk):
        desk.target.script = [submitting.REFUSED, submitting.REFUSED]
        (result,) = desk.submit(submitting.sweep(1))
        assert (result.state, desk.clock.slept) == ("accepted", [0.5, 1.0])
        assert desk.told == [f"{result.step.key}: connection refused; trying again in 1 s"]
        assert len({attempt.key for attempt in desk.target.attempts}) == 1

    def test_at_last_it_is_given_up(self, desk):
        desk.target.script = [submitting.REFUSED] * 6
        (result,) = desk.submit(submitting.sweep(1))
        assert (result.state, result.message, desk.states()) == ("not-sent", "connection refused", ["not-sent"])
        assert desk.clock.slept == [0.5, 1, 2, 4, 8]

    def test_the_server_says_when(self, desk):
        desk.target.script = [NotSent("busy", retry_after=30)]
        desk.submit(submitting.sweep(1))
        assert desk.clock.slept == [30.5]

    @each(
        "tried, after, pause",
        [(1, None, 1.0), (3, None, 4.0), (7, None, 60.0), (8, None, None), (1, 10, 11.0), (1, 601, None), (1, -5, 1.0)],
    )
    def test_pauses(self, tried, after, pause):
        assert Backoff(8, lambda: 1.0).pause(tried, after) == pause

    def test_an_expired_signature_is_made_anew_at_once_and_the_clock_learnt(self, desk):
        ahead = datetime.fromtimestamp(desk.clock.now + 500, UTC)
        desk.target.script = [NotSent("expired", resign=True, server_time=ahead)]
        (result,) = desk.submit(submitting.sweep(1))
        assert (result.state, desk.clock.slept) == ("accepted", [])
        with desk.ledger() as ledger:
            assert ledger.accounts.skew(desk.target.identity) == 500
            assert ledger.all()[0].skew == 500

    def test_but_not_for_ever(self, desk):
        desk.target.script = [NotSent("expired", resign=True)] * 20
        (result,) = desk.submit(submitting.sweep(1))
        assert result.state == "not-sent"
        assert len(desk.target.attempts) == 6

    def test_others_go_on_in_the_meantime(self, desk):
        desk.target.script = [NotSent("busy", retry_after=100)]
        results = desk.submit(submitting.sweep(3))
        assert [result.step.payload.name for result in results] == ["a-1", "a-2", "a-0"]
        assert shown(results) == ["accepted"] * 3

    def test_the_quota_is_kept_before_anything_is_begun(self, desk):
        desk.target.quota = 2
        results = desk.submit(submitting.sweep(3))
        assert shown(results) == ["accepted"] * 3
        assert desk.clock.slept == [3600]
        assert desk.told == ["the quota of 2 calls an hour is used up; the next call is in 3600 s"]
        with desk.ledger() as ledger:
            created = [record.created_at for record in ledger.all()]
        assert created[2] - created[1] == 3600

    def test_what_is_in_flight_is_written_down_while_the_quota_is_waited_for(self, desk):
        desk.target.quota = 2
        with desk.ledger() as ledger:
            steps = desk.plan(ledger, submitting.sweep(3))
            results = desk.sender(ledger, "o", max_in_flight=3).results(steps)
            assert shown([next(results), next(results)]) == ["accepted", "accepted"]
            assert desk.clock.slept == []
            assert shown(results) == ["accepted"]


class TestStopping:
    @pytest.mark.parametrize(
        ("answer", "state"),
        [(submitting.REJECTED, "rejected"), (Unclear("?"), "unknown"), (NotSent("no", retry_after=999), "not-sent")],
    )
    def test_five_misfortunes_of_one_kind_in_a_row_end_the_run(self, desk, answer, state):
        desk.target.script = ["accept", *[answer] * 20]
        results = desk.submit(submitting.sweep(10))
        assert shown(results) == ["accepted", *[state] * 5, *[None] * 4]
        assert "5 times in a row" in results[-1].message
        assert len(desk.states()) == 6

    def test_luck_can_turn(self, desk):
        other = Rejected("2100", "no such queue")
        desk.target.script = [*[submitting.REJECTED] * 4, "accept", *[submitting.REJECTED] * 4, other, "accept"]
        results = desk.submit(submitting.sweep(11))
        assert None not in shown(results)

    def test_a_rejection_among_what_was_accepted_is_no_failure_of_all(self, desk):
        failures = ConsecutiveFailures()
        for _ in range(STOP_AFTER):
            failures.note([RESULTS["accepted"], RESULTS["rejected"]])
        assert not failures.stop

    @pytest.mark.parametrize("names", [["rejected"], ["rejected", "unknown"], ["unknown", "rejected", "not yet"]])
    def test_calls_that_fail_in_the_same_ways_end_the_run(self, names):
        failures = ConsecutiveFailures()
        for _ in range(STOP_AFTER):
            assert not failures.stop
            failures.note([RESULTS[name] for name in names])
        assert failures.stop

    def test_one_answer_that_is_general_ends_the_run_whatever_the_others_say(self):
        failures = ConsecutiveFailures()
        failures.note([RESULTS["general"], RESULTS["rejected"]])
        assert failures.stop
        assert str(failures) == "`1400`"

    def test_no_room_is_no_failure(self):
        failures = ConsecutiveFailures()
        for _ in range(STOP_AFTER):
            failures.note([RESULTS["not yet"]])
        assert not failures.stop

    def test_what_is_left_is_sent_by_the_next_run(self, desk):
        desk.target.script = [submitting.REJECTED] * 5
        desk.submit(submitting.sweep(8))
        assert shown(desk.submit(submitting.sweep(8))) == ["accepted"] * 8

    def test_stopped_it_sends_nothing_more(self, desk):
        with desk.ledger() as ledger:
            steps = desk.plan(ledger, submitting.sweep(4))
            sender = desk.sender(ledger, "o")
            results = []
            for result in sender.results(steps):
                results.append(result)
                sender.stop()
        # the next one was begun when the first outcome was written
        assert shown(results) == ["accepted", "accepted", None, None]
        assert results[-1].message == "stopped before it was sent"

    def test_stopped_while_it_pauses_it_says_that_nothing_was_sent(self, desk):
        desk.target.script = [NotSent("busy", retry_after=100)]
        with desk.ledger() as ledger:
            steps = desk.plan(ledger, submitting.sweep(1))
            sender = desk.sender(ledger, "o")
            desk.clock.sleep = lambda seconds: sender.stop()
            sender._clock = submitting.handed(desk.clock)
            assert shown(sender.results(steps)) == ["not-sent"]

    def test_stopped_it_does_not_try_again(self, desk):
        desk.target.script = [NotSent("busy")] * 9
        with desk.ledger() as ledger:
            sender = desk.sender(ledger, "o")
            desk.target.refuse = None
            submit = desk.target.submit

            def stopped(attempt):
                sender.stop()
                return submit(attempt)

            desk.target.submit = stopped
            assert shown(sender.results(desk.plan(ledger, submitting.sweep(1)))) == ["not-sent"]
        assert len(desk.target.attempts) == 1

    def test_whoever_stops_reading_leaves_a_true_ledger(self, desk):
        gate = threading.Event()

        class Slow(submitting.FakeTarget):
            def submit(self, attempt):
                if attempt.payload.name != "a-0":
                    gate.wait(5)
                return super().submit(attempt)

        desk.target = Slow()
        with desk.ledger() as ledger:
            sender = desk.sender(ledger, "o", max_in_flight=2)
            results = sender.results(desk.plan(ledger, submitting.sweep(4)))
            next(results)
            assert [step.payload.name for step in sender.in_flight] == ["a-1", "a-2"]
            gate.set()
            results.close()
        assert desk.states() == ["accepted"] * 3

    def test_abandoned_it_leaves_an_intent(self, desk):
        gate = threading.Event()

        class Deaf(submitting.FakeTarget):
            def submit(self, attempt):
                gate.wait(5)
                return super().submit(attempt)

        desk.target = Deaf()
        with desk.ledger() as ledger:
            with ledger.owners.claim() as owner:
                sender = desk.sender(ledger, owner)
                steps = desk.plan(ledger, submitting.sweep(2))
                results = sender.results(steps)

                def leave(seconds):
                    raise KeyboardInterrupt

                sender._next_answer = lambda timeout: (sender.abandon(), leave(0))
                with pytest.raises(KeyboardInterrupt):
                    next(results)
            gate.set()
            assert desk.states() == ["intent"]
            ledger.recover()
        assert desk.states() == ["unknown"]


class TestBrokenWorlds:
    def test_a_target_that_cannot_be_asked_ends_the_run(self, desk):
        desk.target.script = ["accept", submitting.BROKEN]
        with pytest.raises(SpeccError, match="no credentials"):
            desk.submit(submitting.sweep(4))
        assert desk.states() == ["accepted", "not-sent"]

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_a_bug_in_a_target_leaves_an_unknown_outcome(self, desk):
        desk.target.script = ["accept", ZeroDivisionError("bug")]
        with pytest.raises(RuntimeError, match="its traceback is above"):
            desk.submit(submitting.sweep(4))
        assert desk.states() == ["accepted", "unknown"]
        for thread in threading.enumerate():  # its traceback comes at its end, and belongs to this test
            if thread.name == "send":
                thread.join(10)

    @pytest.mark.parametrize("failing", [("begin", 1), ("settle", 1), ("learn_skew", 1)])
    def test_a_ledger_that_fails_ends_the_run_and_what_it_lacks_is_told(self, desk, failing, monkeypatch):
        name, after = failing
        owner_of_it = Accounts if name == "learn_skew" else Ledger
        works, calls = getattr(owner_of_it, name), []

        def fails(self, *args, **kwargs):
            calls.append(args)
            if len(calls) > after:
                raise SpeccError("the disk is full")
            return works(self, *args, **kwargs)

        monkeypatch.setattr(owner_of_it, name, fails)
        expired = NotSent("expired", resign=True, server_time=datetime.now(UTC))
        desk.target.script = [expired, expired] if name == "learn_skew" else []
        with desk.ledger() as ledger, ledger.owners.claim() as owner:
            sender = desk.sender(ledger, owner)
            with pytest.raises(SpeccError, match="full"):
                list(sender.results(desk.plan(ledger, submitting.sweep(4))))
        told = [result.uuid for result in sender.unwritten]
        assert told == (["job-2"] if name == "settle" else [])
        known = desk.states()
        assert known == {"begin": ["accepted"], "settle": ["accepted", "intent"], "learn_skew": ["not-sent"]}[name]

    def test_what_somebody_else_settled_is_not_settled_again(self, desk):
        class Meddled(submitting.FakeTarget):
            def submit(self, attempt):
                outcome = super().submit(attempt)
                with Ledger.open(desk.path) as other:
                    other.settle(attempt.key, State.ACCEPTED, uuid=outcome.uuid)
                return outcome

        desk.target = Meddled()
        assert shown(desk.submit(submitting.sweep(1))) == ["accepted"]


class TestTwoProcesses:
    @pytest.mark.parametrize(
        ("answer", "expected"), [("accept", "accepted"), ("silent", "unknown"), (submitting.REJECTED, "rejected")]
    )
    def test_a_step_that_another_has_taken_is_not_sent(self, desk, answer, expected):
        with desk.ledger() as ledger:
            steps = desk.plan(ledger, submitting.sweep(1))
            desk.target.script = [answer]
            desk.submit(submitting.sweep(1))
            (result,) = desk.sender(ledger, "o").results(steps)
        assert (result.state, result.message) == (expected, "another process sent it")
        assert len(desk.target.attempts) == 1

    def test_one_that_it_is_sending_is_said_to_be(self, desk):
        with desk.ledger() as ledger, ledger.owners.claim() as owner:
            first, second = desk.plan(ledger, submitting.sweep(1)), desk.plan(ledger, submitting.sweep(1))
            assert desk.sender(ledger, owner)._intended(first, None)
            (result,) = desk.sender(ledger, "o").results(second)
        assert (result.state, result.message) == ("intent", "another process is sending it")

    def test_something_else_for_the_same_cell_is_none_of_ours(self, desk):
        with desk.ledger() as ledger:
            steps = desk.plan(ledger, submitting.sweep(1))
            desk.submit(submitting.sweep(1, word="bye"))
            (result,) = desk.sender(ledger, "o").results(steps)
        assert (result.state, result.message) == (None, "another process has sent something else for this cell")

    def test_many_in_flight_send_each_once(self, desk):
        with desk.ledger() as ledger:
            steps = desk.plan(ledger, submitting.sweep(40))
            results = list(desk.sender(ledger, "o", max_in_flight=8).results(steps))
        assert shown(results) == ["accepted"] * 40
        assert len({attempt.payload.digest for attempt in desk.target.attempts}) == 40 == len(desk.target.attempts)


class TestTally:
    def test_all_kinds(self, desk):
        desk.target.script = ["accept", submitting.REJECTED, "silent", NotSent("x", retry_after=999)]
        results = desk.submit(submitting.sweep(5))
        assert str(tally(results)) == "2 accepted, 1 rejected, 1 unknown, 1 not sent"
        assert str(tally([])) == "nothing to do"


class TestRounds:
    """Outcomes and intents that can be written at once are written at once."""

    @pytest.fixture
    def transactions(self, monkeypatch):
        made = []
        real = database.transaction

        def counted(path, connection):
            if not connection.in_transaction:
                made.append(1)
            return real(path, connection)

        for module in (database, ledger_module):
            monkeypatch.setattr(module, "transaction", counted)
        return made

    def test_an_outcome_and_the_next_intent_are_one_transaction(self, desk, transactions):
        assert shown(desk.submit(submitting.sweep(20))) == ["accepted"] * 20
        assert len(transactions) <= 20 + 3

    def test_intents_are_on_the_disk_before_the_first_byte(self, desk):
        seen = []

        class Watching(submitting.FakeTarget):
            def submit(self, attempt):
                with Ledger.read(desk.path) as ledger:
                    seen.append(ledger.attempt(attempt.key).state)
                return super().submit(attempt)

        desk.target = Watching()
        with desk.ledger() as ledger:
            steps = desk.plan(ledger, submitting.sweep(6))
            assert shown(desk.sender(ledger, "o", max_in_flight=3).results(steps)) == ["accepted"] * 6
        assert seen == ["intent"] * 6

    def test_where_they_cannot_be_written_at_once_each_outcome_is_written_by_itself(self, desk, monkeypatch):
        """The intent of the second step does not fit on the disk; the outcome of the first one does."""
        real = Ledger.begin

        def full(self, record, *others):
            if record.sent_name == "a-1":
                raise SpeccError("the disk is full")
            real(self, record, *others)

        monkeypatch.setattr(Ledger, "begin", full)
        with desk.ledger() as ledger:
            sender = desk.sender(ledger, "o")
            results = []
            with pytest.raises(SpeccError, match="the disk is full"):
                results.extend(sender.results(desk.plan(ledger, submitting.sweep(3))))
            assert sender.unwritten == []
        assert desk.states() == ["accepted"]


def test_where_no_more_threads_can_be_started_one_suffices(tmp_path, monkeypatch):
    desk = submitting.Desk(tmp_path / "ledger.sqlite")
    begun, thread, answer = [], threading.Thread, desk.target.submit
    at_once = []

    def limited(**how):
        if begun:
            raise RuntimeError("can't start new thread")
        begun.append(how)
        return thread(**how)

    def submit(attempt):
        at_once.append(desk.states().count("intent"))
        return answer(attempt)

    monkeypatch.setattr("specc.submission.send.Thread", limited)
    monkeypatch.setattr(desk.target, "submit", submit)
    with desk.ledger() as ledger, ledger.owners.claim() as owner:
        steps = desk.plan(ledger, submitting.sweep(4))
        assert shown(desk.sender(ledger, owner, max_in_flight=3).results(steps)) == ["accepted"] * 4
    assert at_once == [1] * 4


def test_what_somebody_settles_during_a_pause_is_not_tried_again(desk):
    sleep = desk.clock.sleep

    def settled_meanwhile(seconds):
        with Ledger.open(desk.path) as other:
            for one in other.open_attempts():
                other.settle(one.attempt, State.DISMISSED, message="by hand")
        sleep(seconds)

    desk.target.script = [submitting.REFUSED]
    desk.clock.sleep = settled_meanwhile
    (result,) = desk.submit(submitting.sweep(1))
    assert len(desk.target.attempts) == 1
    assert desk.states() == ["dismissed"]
    assert result.state is State.DISMISSED
