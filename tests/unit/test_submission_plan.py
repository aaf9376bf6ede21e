"""What is decided for each payload, and plans as files."""

import json

import pytest
from support import compiling, submitting
from support.tables import each

from specc.changes import changes
from specc.errors import SpeccError
from specc.submission import Action, Asked, Heading, State, core_hours, cost, plan_differences, plan_document, read_plan
from specc.targets import Rejected


@pytest.fixture
def desk(tmp_path):
    return submitting.Desk(tmp_path / "ledger.sqlite")


def actions(desk, payloads, **how):
    with desk.ledger() as ledger:
        return [str(step.action) for step in desk.plan(ledger, payloads, **how)]


def why(desk, payloads, **how):
    with desk.ledger() as ledger:
        return desk.plan(ledger, payloads, **how)[0].why


def gone(key):
    return False


class TestDecisions:
    @pytest.mark.parametrize(
        ("answer", "allowed", "action"),
        [
            ("accept", {}, "keep"),
            ("accept", {"rerun": True}, "rerun"),
            ("accept", {"changed": True, "resend_unknown": True}, "keep"),
            (submitting.REJECTED, {}, "send"),
            ("silent", {}, "unknown"),
            ("silent", {"rerun": True, "changed": True}, "unknown"),
            ("silent", {"resend_unknown": True}, "resend"),
        ],
    )
    def test_the_same_payload_again(self, desk, answer, allowed, action):
        desk.target.script = [answer]
        desk.submit(submitting.sweep(1))
        assert actions(desk, submitting.sweep(1), **allowed) == [action]

    @pytest.mark.parametrize(
        ("answer", "allowed", "action"),
        [
            ("accept", {}, "changed"),
            ("accept", {"rerun": True}, "changed"),
            ("accept", {"changed": True}, "send"),
            (submitting.REJECTED, {}, "send"),
            ("silent", {"changed": True}, "unknown"),
            ("silent", {"resend_unknown": True, "changed": True, "rerun": True}, "unknown"),
        ],
    )
    def test_another_payload_for_the_same_cell(self, desk, answer, allowed, action):
        desk.target.script = [answer]
        desk.submit(submitting.sweep(1))
        assert actions(desk, submitting.sweep(1, word="bye"), **allowed) == [action]

    def test_the_payload_before_the_last_is_a_change_too(self, desk):
        desk.submit(submitting.sweep(1))
        desk.submit(submitting.sweep(1, word="bye"), changed=True)
        assert actions(desk, submitting.sweep(1)) == ["changed"]
        assert actions(desk, submitting.sweep(1), changed=True) == ["changed"]
        assert actions(desk, submitting.sweep(1), changed=True, rerun=True) == ["rerun"]

    def test_attempts_are_put_in_order_by_number_not_by_clock(self, desk):
        desk.submit(submitting.sweep(1))
        desk.clock.now -= 3600
        desk.submit(submitting.sweep(1, word="bye"), changed=True)
        assert actions(desk, submitting.sweep(1, word="bye")) == ["keep"]

    def test_a_rejection_after_an_acceptance_leaves_the_job_where_it_is(self, desk):
        desk.target.script = ["accept", submitting.REJECTED]
        desk.submit(submitting.sweep(1))
        desk.submit(submitting.sweep(1, word="bye"), changed=True)
        assert actions(desk, submitting.sweep(1)) == ["keep"]

    def test_parameters_given_are_part_of_the_key(self, desk):
        with desk.ledger() as ledger:
            keys = [step.key.params for p in (["b=2", "a=1", "b=3"], []) for step in desk.plan(ledger, sweep1(), p=p)]
        assert keys == ['{"a":"1","b":"3"}', "{}"]

    def test_a_living_process_is_waited_for(self, desk):
        with desk.ledger() as ledger, ledger.owners.claim() as owner:
            (step,) = desk.plan(ledger, sweep1())
            assert desk.sender(ledger, owner)._intended([step], None)
            assert actions(desk, sweep1(), rerun=True, resend_unknown=True) == ["in-flight"]

    def test_what_stops_and_what_sends(self):
        assert [str(action) for action in Action if action.sends] == ["send", "rerun", "retry", "resend", "resume"]
        assert [str(action) for action in Action if action.stops] == ["changed", "moved", "twin"]


def sweep1():
    return submitting.sweep(1)


class TestSamePayloadElsewhere:
    def other(self, text=""):
        """The payload of `sweep(1)`, made by another spec."""
        spec = submitting.SWEEP.format(values="0", name="a", word="hello", extra="")
        compiled = compiling.render(f"id: other\n{spec}{text}")
        assert not compiled.shown
        return compiled.payloads

    def test_a_moved_spec_is_not_sent_but_offered(self, desk):
        desk.submit(sweep1())
        assert actions(desk, self.other(), exists=gone) == ["moved"]
        assert "`specc ledger mv a.job.yaml@" in why(desk, self.other(), exists=gone)

    def test_one_with_parameters_is_offered_by_its_attempt(self, desk):
        with desk.ledger() as ledger, ledger.owners.claim() as owner:
            list(desk.sender(ledger, owner).results(desk.plan(ledger, sweep1(), p=["a=1"])))
        with desk.ledger() as ledger:
            plain, given = (desk.plan(ledger, self.other(), exists=gone, p=p)[0].why for p in ([], ["a=2"]))
        assert plain.endswith(" --no-params` takes it over")
        assert given.endswith(" -p a=2` takes it over")

    def test_neither_is_one_whose_outcome_is_unknown(self, desk):
        desk.target.script = ["silent"]
        desk.submit(sweep1())
        assert actions(desk, self.other(), exists=gone) == ["moved"]
        assert "sent with an unknown outcome" in why(desk, self.other(), exists=gone)

    def test_after_the_move_it_is_known(self, desk):
        desk.submit(sweep1())
        with desk.ledger() as ledger:
            (step,) = desk.plan(ledger, self.other(), exists=gone)
            ledger.move([(step.last.key, step.key)])
        assert actions(desk, self.other(), exists=gone) == ["keep"]

    def test_what_another_spec_still_stands_for_is_a_twin(self, desk):
        desk.submit(sweep1())
        assert actions(desk, self.other()) == ["twin"]
        assert actions(desk, self.other(), rerun=True) == ["send"]

    def test_what_was_rejected_there_does_not_matter(self, desk):
        desk.target.script = [submitting.REJECTED]
        desk.submit(sweep1())
        assert actions(desk, self.other()) == ["send"]

    def test_two_cells_of_one_run_with_one_payload(self, desk):
        both = [*sweep1(), *self.other()]
        assert actions(desk, both) == ["send", "twin"]
        assert actions(desk, both, rerun=True) == ["send", "twin"]

    def test_repetitions_are_no_twins(self, desk):
        assert actions(desk, submitting.same(3)) == ["send"] * 3
        desk.submit(submitting.same(2))
        assert actions(desk, submitting.same(3)) == ["keep", "keep", "send"]

    def test_a_cell_that_came_to_be_repeated_is_moved_once(self, desk):
        desk.submit(submitting.same(1))
        assert actions(desk, submitting.same(3), exists=gone) == ["moved", "send", "send"]

    def other_again(self, word):
        """A payload of the other spec, of any words."""
        spec = submitting.SWEEP.format(values="0", name="a", word=word, extra="")
        return compiling.render(f"id: other\n{spec}").payloads

    @pytest.mark.parametrize("allowed", [{"changed": True}, {"changed": True, "resend_unknown": True}])
    def test_a_changed_payload_that_another_spec_has_sent_is_a_twin(self, desk, allowed):
        desk.submit(sweep1())
        desk.submit(self.other_again("bye"))
        assert actions(desk, self.other(), **allowed) == ["twin"]

    def test_so_it_is_when_that_spec_is_sent_with_another_payload_in_the_same_run(self, desk):
        """The job that the first step replaces still stands in the way of the second one."""
        desk.submit(sweep1())
        desk.submit(self.other_again("bye"))
        both = [*submitting.sweep(1, word="new"), *self.other()]
        assert actions(desk, both, changed=True) == ["send", "twin"]
        assert actions(desk, both[::-1], changed=True) == ["twin", "send"]

    def test_a_job_that_is_kept_still_stands_in_the_way_of_another_cell(self, desk):
        """`a` was sent with two payloads; the earlier one is what `other` comes to now."""
        desk.submit(sweep1())
        desk.submit(submitting.sweep(1, word="bye"), changed=True)
        both = [*submitting.sweep(1, word="bye"), *self.other()]
        assert actions(desk, both, changed=True) == ["keep", "twin"]

    def test_only_on_purpose_is_it_sent(self, desk):
        desk.submit(sweep1())
        desk.submit(self.other_again("bye"))
        assert actions(desk, self.other(), changed=True, rerun=True) == ["send"]

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            (submitting.REJECTED, "rejected before: 1400"),
            (Rejected("", "no reason given"), "rejected before: no reason given"),
        ],
    )
    def test_what_became_of_it_before_is_said(self, desk, answer, said):
        desk.target.script = [answer]
        desk.submit(sweep1())
        assert why(desk, sweep1()) == said


class TestATargetThatStandsForAnotherPlace:
    def test_what_was_sent_to_the_place_before_is_not_sent_again(self, desk):
        desk.submit(sweep1())
        desk.target.identity = "fake:there:me"
        assert actions(desk, sweep1()) == ["moved"]
        assert "was accepted as job-1 when `fake` was fake:here:me" in why(desk, sweep1())

    def test_what_was_sent_to_both_places_is_known_at_both(self, desk):
        desk.submit(sweep1())
        with desk.ledger() as ledger:
            key = desk.plan(ledger, sweep1())[0].key
        desk.target.identity = "fake:there:me"
        with desk.ledger() as ledger, ledger.owners.claim() as owner:
            there = submitting.record(key=key._replace(target="fake:there:me"), owner=owner)
            ledger.begin(there)
            ledger.settle(there.attempt, State.REJECTED, code="1400", message="no")
        assert actions(desk, sweep1()) == ["send"]


class TestCost:
    def test_fields_that_differ(self):
        found = changes({"a": 1, "b": 1, "c": 1}, {"b": True, "c": 1, "d": None})
        assert [change.data() for change in found] == [
            {"field": "a", "before": 1},
            {"field": "b", "before": 1, "after": True},
            {"field": "d", "after": None},
        ]

    @each(
        "body, unit, hours",
        [
            ({"core_limit": 4, "time_limit": 90}, "min", 6),
            ({"time_limit": 2}, "h", 2),
            ({"core_limit": 4}, "min", None),
            ({"time_limit": 90}, None, None),
            ({"core_limit": "many", "time_limit": 90}, "min", None),
        ],
    )
    def test_core_hours(self, body, unit, hours):
        assert core_hours(body, {"time_limit": unit} if unit else {}) == hours

    @each(
        "bodies, unit, said",
        [
            ([{"time_limit": 90}, {"time_limit": 45}], "min", "core-hours: at most 2.25"),
            ([{"time_limit": 600000}], "min", "core-hours: at most 10,000"),
            ([{"time_limit": 60}, {}], "min", "core-hours: at most 1, and 1 without `time_limit`"),
            ([{}], "min", "core-hours: unknown, and 1 without `time_limit`"),
            ([], "min", "core-hours: none"),
            ([{"time_limit": 90}], None, "core-hours: unknown, because no unit of `time_limit` is set"),
        ],
    )
    def test_the_sum_in_words(self, bodies, unit, said):
        assert str(cost(bodies, {"time_limit": unit} if unit else {})) == said


HEADING = Heading("id1", "ledger1", "p", "prod", submitting.IDENTITY, "specc submit --plan plan.json", 0.0)
UNITS = {"time_limit": "min"}


class TestPlanFiles:
    def written(self, desk, payloads, asked=None, **allowed):
        with desk.ledger() as ledger:
            steps = desk.plan(ledger, payloads, **allowed)
            return json.dumps(plan_document(HEADING, asked or Asked(("a.job.yaml",)), steps, UNITS))

    def now(self, desk, text, payloads, identity=submitting.IDENTITY, ledger_id="ledger1", **allowed):
        with desk.ledger() as ledger:
            steps = desk.plan(ledger, payloads, **allowed)
            return list(plan_differences(read_plan(text, "plan.json"), ledger_id, identity, steps))

    def test_it_says_what_a_reviewer_asks(self, desk):
        desk.submit(submitting.sweep(1))
        plan = json.loads(self.written(desk, submitting.sweep(2, word="bye"), changed=True))
        assert plan["created"] == "1970-01-01T00:00:00+00:00"
        assert plan["command"] == "specc submit --plan plan.json"
        assert plan["summary"] == {
            "payloads": 2,
            "actions": {"send": 2},
            "core_hours": 2.0,
            "cost": "core-hours: at most 2",
        }
        first, second = plan["steps"]
        assert first["changes"] == [{"field": "cmd_line", "before": "echo hello", "after": "echo bye"}]
        assert first["last_accepted"]["uuid"] == "job-1"
        assert (first["action"], first["attempt"], first["core_hours"]) == ("send", 2, 1.0)
        assert (second["changes"], second["last_accepted"]) == ([], None)
        assert second["payload"]["name"] == "a-1"

    def test_nothing_changed_means_no_differences(self, desk):
        text = self.written(desk, submitting.sweep(3))
        assert self.now(desk, text, submitting.sweep(3)) == []

    def test_arguments_come_back(self, desk):
        asked = Asked(("a",), ("p",), ("n=1",), ("job.x=1",), ("n=1",), ("c",), ("failed",), True, True, True)
        plan = read_plan(self.written(desk, submitting.sweep(1), asked), "plan.json")
        assert plan.asked == asked

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"payloads": submitting.sweep(2, word="bye")}, "the payload is not the planned one"),
            ({"payloads": submitting.sweep(1)}, "is in the plan, and there is no such cell now"),
            ({"payloads": submitting.sweep(3)}, "is not in the plan"),
            ({"payloads": submitting.sweep(2), "identity": "other"}, "the target `prod` was fake:here:me and is other"),
        ],
    )
    def test_a_difference_is_said(self, desk, change, said):
        found = self.now(desk, self.written(desk, submitting.sweep(2)), **change)
        assert any(said in line for line in found), found

    def test_a_ledger_that_went_on_is_a_difference(self, desk):
        text = self.written(desk, submitting.sweep(2))
        desk.submit(submitting.sweep(1))
        (found,) = self.now(desk, text, submitting.sweep(2))
        assert "the plan says `send`, and now it is `keep`" in found

    def test_so_is_an_attempt_in_between(self, desk):
        text = self.written(desk, submitting.sweep(1))
        desk.target.script = [submitting.REJECTED]
        desk.submit(submitting.sweep(1))
        assert len(self.now(desk, text, submitting.sweep(1))) == 1

    @each(
        "text",
        ["", "[]", "{}", '{"version": 1}', '{"version": 2}', "null", '{"version": 1, "steps": [{}]}', "[" * 100_000],
    )
    def test_what_is_no_plan(self, text):
        with pytest.raises(SpeccError):
            read_plan(text, "plan.json")

    @pytest.mark.parametrize("asked", [{"specs": "a"}, {"changed": 1}, {"specs": [1]}, {}])
    def test_arguments_of_another_kind_are_none(self, desk, asked):
        plan = json.loads(self.written(desk, submitting.sweep(1)))
        plan["asked"] = asked if not asked else {**plan["asked"], **asked}
        with pytest.raises(SpeccError, match="is not a plan"):
            read_plan(json.dumps(plan), "plan.json")


class TestAGroup:
    """Two users with one ledger. To a cluster, each is somebody else: their targets have different identities."""

    @pytest.fixture
    def bob(self, desk):
        desk.who = "alice"
        bob = submitting.Desk(desk.path, submitting.FakeTarget(), who="bob")
        bob.target.identity = "fake:bob"
        return bob

    def test_what_a_colleague_has_sent_is_kept(self, desk, bob):
        (result,) = desk.submit(submitting.sweep(1))
        assert actions(bob, submitting.sweep(1)) == ["keep"]
        assert why(bob, submitting.sweep(1)) == f"accepted as {result.uuid}, by alice"
        assert [result.state for result in bob.submit(submitting.sweep(1))] == []
        assert bob.target.attempts == []

    def test_it_runs_again_on_purpose(self, desk, bob):
        desk.submit(submitting.sweep(1))
        assert actions(bob, submitting.sweep(1), rerun=True) == ["send"]
        assert "by alice" in why(bob, submitting.sweep(1), rerun=True)

    def test_another_payload_is_not_sent_unseen(self, desk, bob):
        desk.submit(submitting.sweep(1))
        (other,) = submitting.sweep(1, word="bye")
        assert actions(bob, [other]) == ["changed"]
        assert "by alice; the payload has changed since" in why(bob, [other])
        assert actions(bob, [other], changed=True) == ["send"]

    def test_neither_is_one_of_unknown_outcome(self, desk, bob):
        desk.target.script = ["silent"]
        desk.submit(submitting.sweep(1))
        assert actions(bob, submitting.sweep(1)) == ["changed"]
        assert actions(bob, submitting.sweep(1), changed=True) == ["changed"]
        assert why(bob, submitting.sweep(1)) == "it was sent with an unknown outcome, by alice"

    def test_ones_own_jobs_at_another_place_are_told_apart(self, desk, bob):
        bob.who = "alice"
        desk.submit(submitting.sweep(1))
        assert actions(bob, submitting.sweep(1)) == ["moved"]

    def test_who_sent_it_stands_in_the_row(self, desk):
        desk.who = "alice"
        desk.submit(submitting.sweep(1))
        with desk.ledger() as ledger:
            (record,) = ledger.all()
        assert record.sent_by == {"who": "alice", "host": "login1"}
