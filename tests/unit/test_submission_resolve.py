"""Which job an unknown attempt started, if any."""

from dataclasses import replace

import pytest
from support import compiling, submitting

from specc.errors import SpeccError
from specc.submission import State, adopt, find_jobs, settle_by_hand
from specc.submission.resolve import MARGIN, agrees, attempt_of, matched, window


@pytest.fixture
def desk(tmp_path):
    return submitting.Desk(tmp_path / "ledger.sqlite")


def schema(name):
    return compiling.apis()[name]


def unknown(desk, payloads, **how):
    """The attempts after a run in which every answer was lost."""
    with desk.ledger() as ledger, ledger.owners.claim() as owner:
        desk.target.script = ["silent"] * len(payloads)
        steps = desk.plan(ledger, payloads)
        for step in steps:  # one run each: a run ends after some misfortunes
            list(desk.sender(ledger, owner, **how).results([step]))
            desk.clock.now += 1
        return ledger.unknown(desk.target.identity)


def jobs(desk, shift=0.0):
    """What the target's list shows: every job, a moment after its attempt."""
    return [
        submitting.candidate(uuid, attempt, 1_700_000_000.0 + number + shift)
        for number, (uuid, attempt) in enumerate(desk.target.jobs.items())
    ]


def pairs(matches):
    return [(match.record.sent_name, match.candidate.uuid) for match in matches]


def looked(desk, records):
    with desk.ledger() as ledger:
        return find_jobs(records, desk.target, ledger, schema)


class TestFinding:
    def test_each_attempt_gets_its_job(self, desk):
        records = unknown(desk, submitting.sweep(3))
        desk.target.candidates = list(reversed(jobs(desk)))
        found = looked(desk, records)
        assert pairs(found.proposed) == [("a-0", "job-1"), ("a-1", "job-2"), ("a-2", "job-3")]
        assert (found.exact, found.open) == ((), ())

    def test_a_job_that_a_row_has_is_none(self, desk):
        desk.submit(submitting.sweep(1))
        records = unknown(desk, submitting.sweep(1, word="bye", name="a")[:0] or submitting.sweep(2)[1:])
        desk.target.candidates = [submitting.candidate("job-1", desk.target.attempts[1], desk.clock.now)]
        found = looked(desk, records)
        assert found.proposed == ()
        assert [(record.sent_name, jobs) for record, jobs in found.open] == [("a-1", ())]

    def test_nothing_found_settles_nothing(self, desk):
        found = looked(desk, unknown(desk, submitting.sweep(1)))
        assert (found.exact, found.proposed, len(found.open)) == ((), (), 1)

    def test_nothing_unknown_asks_nothing(self, desk):
        assert looked(desk, []).open == ()
        assert desk.target.asked == []

    def test_equal_payloads_are_matched_in_order_when_there_are_as_many_jobs(self, desk):
        records = unknown(desk, submitting.same(3))
        desk.target.candidates = list(reversed(jobs(desk)))
        found = looked(desk, records)
        assert [match.candidate.uuid for match in found.proposed] == ["job-1", "job-2", "job-3"]
        assert [match.record.number for match in found.proposed] == [1, 1, 1]

    @pytest.mark.parametrize("count", [1, 2, 4])
    def test_but_not_when_there_are_fewer_or_more(self, desk, count):
        records = unknown(desk, submitting.same(3))
        desk.target.candidates = [replace(jobs(desk)[0], uuid=f"j{number}") for number in range(count)]
        found = looked(desk, records)
        assert found.proposed == ()
        assert [len(candidates) for _, candidates in found.open] == [count] * 3

    def test_two_jobs_for_one_attempt_are_left_to_the_user(self, desk):
        records = unknown(desk, submitting.sweep(1))
        desk.target.candidates = [jobs(desk)[0], replace(jobs(desk)[0], uuid="again")]
        found = looked(desk, records)
        assert [[one.uuid for one in candidates] for _, candidates in found.open] == [["job-1", "again"]]

    def test_one_ambiguous_attempt_does_not_hold_up_the_others(self, desk):
        records = unknown(desk, submitting.sweep(2))
        desk.target.candidates = [*jobs(desk), replace(jobs(desk)[0], uuid="again")]
        found = looked(desk, records)
        assert pairs(found.proposed) == [("a-1", "job-2")]
        assert len(found.open) == 1

    def test_different_payloads_that_a_poor_list_cannot_tell_apart(self, desk):
        records = unknown(desk, submitting.sweep(2))
        poor = [replace(job, fields={"run_user": "u"}) for job in jobs(desk)]
        found = matched(records, poor)
        assert (found.exact, found.proposed, len(found.open)) == ((), (), 2)

    def test_groups_that_meet_through_a_third(self, desk):
        records = unknown(desk, submitting.sweep(3))
        ones, twos, threes = jobs(desk)
        bridge = replace(twos, uuid="bridge", fields={})
        found = matched(records, [ones, threes, bridge])
        assert (found.proposed, len(found.open)) == ((), 3)

    def test_the_target_is_asked_for_the_time_of_all_attempts(self, desk):
        records = unknown(desk, submitting.sweep(3))
        looked(desk, records)
        ((since, until),) = desk.target.asked
        assert since.timestamp() == records[0].created_at - MARGIN
        assert until.timestamp() == records[2].settled_at + MARGIN


class TestTags:
    def test_a_tag_is_exact(self, desk):
        records = unknown(desk, submitting.same(2))
        tagged = [replace(job, tag=attempt.key) for job, attempt in zip(jobs(desk), desk.target.attempts, strict=True)]
        desk.target.candidates = list(reversed(tagged))
        found = looked(desk, records)
        assert [match.candidate.uuid for match in found.exact] == ["job-1", "job-2"]
        assert all(match.is_exact for match in found.exact)

    def test_so_is_a_name_that_only_this_attempt_had(self, desk):
        records = unknown(desk, submitting.same(2), tag_names=True)
        desk.target.candidates = jobs(desk, shift=-9000)
        found = looked(desk, records)
        assert [match.candidate.uuid for match in found.exact] == ["job-1", "job-2"]

    def test_two_jobs_with_one_tag_are_no_match(self, desk):
        records = unknown(desk, submitting.sweep(1))
        job = replace(jobs(desk)[0], tag=records[0].attempt)
        found = matched(records, [job, replace(job, uuid="copy")])
        assert (found.exact, found.proposed) == ((), ())

    def test_another_attempts_tag_rules_a_job_out(self, desk):
        records = unknown(desk, submitting.sweep(1))
        found = matched(records, [replace(jobs(desk)[0], tag="somebody else's")])
        assert found.open == ((records[0], ()),)


class TestAgreement:
    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({}, True),
            ({"core_limit": "1"}, True),
            ({"core_limit": 2}, False),
            ({"time_limit": None}, True),
            ({"time_limit": ""}, True),
            ({"cmd_line": "echo bye"}, False),
            ({"run_user": "other"}, False),
            ({"cluster_id": "other"}, False),
            ({"name": "a"}, False),
            ({"priority": 1}, True),
        ],
    )
    def test_every_echoed_field_counts(self, desk, fields, expected):
        (record,) = unknown(desk, submitting.sweep(1))
        (job,) = jobs(desk)
        assert agrees(record, replace(job, fields={**job.fields, **fields})) is expected

    @pytest.mark.parametrize(
        ("skew", "shift", "expected"),
        [
            (0, 0, True),
            (0, 119, True),
            (0, 500, False),
            (0, -500, False),
            (3600, 3600, True),
            (3600, 0, True),
            (-3600, -3600, True),
            (-3600, 200, False),
        ],
    )
    def test_the_time_by_either_clock(self, desk, skew, shift, expected):
        (record,) = unknown(desk, submitting.sweep(1))
        (job,) = jobs(desk, shift)
        assert agrees(replace(record, skew=float(skew)), job) is expected

    def test_a_job_without_a_time_can_be_it(self, desk):
        (record,) = unknown(desk, submitting.sweep(1))
        assert agrees(record, replace(jobs(desk)[0], submitted_at=None))

    def test_the_window_of_a_dead_process_ends_when_that_was_found_out(self, desk):
        (record,) = unknown(desk, submitting.sweep(1))
        start, end = window(replace(record, settled_at=record.created_at + 9999))
        assert (start, end) == (record.created_at - MARGIN, record.created_at + 9999 + MARGIN)
        assert window(replace(record, settled_at=None))[1] == record.created_at + MARGIN


TOLD = {"name": "a-0", "cmd_line": "echo hello", "run_user": "u"}
NO_COMMAND = "; the API gave no `cmd_line`"
UNTOLD = f"; the API gave no `run_user`{NO_COMMAND}"


class TestEvidence:
    @pytest.mark.parametrize(
        ("fields", "at", "evidence", "is_weak"),
        [
            ({"name": "a-0"}, None, "only the name agrees; the API gave no time", True),
            ({}, None, "the API gave no field; the API gave no time", True),
            ({"name": "a-0", "zone": ""}, 0, f"only the name agrees, and the time fits{UNTOLD}", True),
            ({"name": "a-0", "core_limit": 1}, 0, f"core_limit and name agree, and the time fits{UNTOLD}", True),
            (TOLD, 0, "cmd_line, name and run_user agree, and the time fits", False),
            (TOLD, None, "cmd_line, name and run_user agree; the API gave no time", True),
            (
                TOLD | {"cmd_line": ""},
                0,
                f"name and run_user agree, and the time fits{NO_COMMAND}",
                True,
            ),
        ],
    )
    def test_of_a_proposal(self, desk, fields, at, evidence, is_weak):
        records = unknown(desk, submitting.sweep(1))
        (job,) = jobs(desk)
        moment = None if at is None else job.submitted_at
        (match,) = matched(records, [replace(job, fields=fields, submitted_at=moment)]).proposed
        assert (match.evidence, match.is_weak) == (evidence, is_weak)

    def test_of_a_tag(self, desk):
        records = unknown(desk, submitting.sweep(1))
        (match,) = matched(records, [replace(jobs(desk)[0], tag=records[0].attempt, submitted_at=None)]).exact
        assert not match.is_weak


class TestSettling:
    def test_a_match_is_adopted(self, desk):
        records = unknown(desk, submitting.sweep(1))
        desk.target.candidates = jobs(desk)
        with desk.ledger() as ledger:
            (match,) = find_jobs(records, desk.target, ledger, schema).proposed
            adopt(ledger, match)
            (record,) = ledger.all()
        assert (record.state, record.uuid, record.message) == (
            "accepted",
            "job-1",
            "found on the target, and confirmed",
        )

    @pytest.mark.parametrize(("uuid", "state"), [("job-9", "accepted"), (None, "dismissed")])
    def test_the_users_word(self, desk, uuid, state):
        (record,) = unknown(desk, submitting.sweep(1))
        with desk.ledger() as ledger:
            settle_by_hand(ledger, record, uuid)
            (record,) = ledger.all()
        assert (str(record.state), record.uuid, record.message) == (state, uuid, "the user's word")

    def test_what_was_dismissed_is_sent_again_and_can_still_turn_up(self, desk):
        (record,) = unknown(desk, submitting.sweep(1))
        with desk.ledger() as ledger:
            settle_by_hand(ledger, record, None)
        desk.submit(submitting.sweep(1))
        with desk.ledger() as ledger:
            ledger.settle(record.attempt, State.ACCEPTED, uuid="job-1")
        assert desk.states() == ["accepted", "accepted"]

    def test_a_payload_that_the_api_does_not_take_any_more(self, desk):
        (record,) = unknown(desk, submitting.sweep(1))
        assert attempt_of(record, schema("ehpc/v1")).payload.digest == record.digest
        with pytest.raises(SpeccError, match="is no longer valid for ehpc/v1"):
            attempt_of(record, schema("ehpc/v2"))
