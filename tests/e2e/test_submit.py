"""`specc submit` and `plan` against the signed API, as users meet them: what is sent, refused, and said."""

import json
import shlex
from functools import partial
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from chaos.hostile import Hostile
from support.projects import SETTINGS, Place
from support.repositories import begin, commit, git

from specc.submission import Sending, clock
from specc.targets.ehpc.client import Patience

CLOUD = SETTINGS.replace('kind = "ehpc"', 'kind = "ehpc"\nendpoint = "ENDPOINT"')


@pytest.fixture
def server():
    server = Hostile(calm=True)
    yield server
    server.close()


@pytest.fixture
def cloud(place: Place, server: Hostile, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The sweep of four cells, for an honest server."""
    place.put("specc.toml", CLOUD.replace("ENDPOINT", server.endpoint).encode())
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.setenv("HOME", str(place.root))
    monkeypatch.setenv("QY_ACCESS_KEY_ID", "KEYKEYKEYKEY")
    monkeypatch.setenv("QY_SECRET_ACCESS_KEY", "s3cr3t")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("specc.targets.ehpc.opening.PATIENCE", Patience(0.3, 0.3, 0.6))
    monkeypatch.setattr(clock, "FIRST_SECONDS", 0.01)
    return place


def rows(place: Place) -> list[list[str]]:
    return [line.split("\t") for line in place.out.splitlines()]


def states(place: Place) -> list[str]:
    return [row[0] for row in rows(place)]


def names(server: Hostile) -> list[str]:
    return [str(job.body["name"]) for job in server.jobs]


FIRST, SECOND = ("--only", "mesh=coarse", "--only", "seed=1"), ("--only", "mesh=coarse", "--only", "seed=2")


class TestOnce:
    def test_each_payload_is_sent_and_each_uuid_printed(self, cloud, server):
        assert cloud.run("submit") == 0
        assert sorted(names(server)) == ["run-coarse-1", "run-coarse-2", "run-fine-1", "run-fine-2"]
        assert sorted(row[1] for row in rows(cloud)) == sorted(job.uuid for job in server.jobs)
        assert "4 accepted" in cloud.err
        assert "new ledger: " in cloud.err

    def test_the_second_time_nothing_is_sent_and_the_jobs_are_shown(self, cloud, server):
        cloud.run("submit")
        before = {row[1]: row[4] for row in rows(cloud)}
        assert cloud.run("submit") == 0
        assert {row[1]: row[4] for row in rows(cloud)} == before
        assert states(cloud) == ["pending"] * 4
        assert len(server.jobs) == 4
        assert "4 accepted before" in cloud.err

    def test_one_at_a_time_keeps_the_order(self, cloud, server):
        assert cloud.run("submit", "--max-in-flight", "1") == 0
        assert names(server) == ["run-coarse-1", "run-coarse-2", "run-fine-1", "run-fine-2"]

    def test_a_sweep_goes_on_where_it_stopped(self, cloud, server):
        assert cloud.run("submit", "--only", "mesh=coarse") == 0
        assert cloud.run("submit") == 0
        assert len(server.jobs) == 4
        assert "2 accepted, 2 accepted before" in cloud.err

    def test_another_clone_of_the_project_shares_the_ledger(self, cloud, server, tmp_path_factory, monkeypatch):
        begin(cloud.root)
        commit(cloud.root)
        cloud.run("submit")
        clone = tmp_path_factory.mktemp("clone") / "demo"
        git(cloud.root, "clone", "--quiet", str(cloud.root), str(clone))
        monkeypatch.chdir(clone)
        assert cloud.run("submit") == 0
        assert len(server.jobs) == 4

    def test_parameters_are_part_of_what_a_submission_is_known_by(self, cloud, server):
        cloud.run("submit", *FIRST)
        assert cloud.run("submit", *FIRST, "-p", "solver=simple") == 0
        assert len(server.jobs) == 2

    def test_tags_go_behind_the_name_and_stay_out_of_the_digest(self, cloud, server):
        path = cloud.root / "specc.toml"
        path.write_text(path.read_text() + "tag_names = true\n")
        cloud.run("submit", *FIRST)
        assert names(server)[0].startswith("run-coarse-1-")
        assert cloud.run("submit", *FIRST) == 0
        assert len(server.jobs) == 1


class TestRefusals:
    def test_with_a_mistake_anywhere_nothing_is_sent(self, cloud, server):
        cloud.write(wrong="specc: 1\njob: {name: x}\n")
        assert cloud.run("submit") == 1
        assert server.jobs == []

    def test_a_payload_for_another_place_is_a_finding_at_its_line(self, cloud, server):
        cloud.write(other="specc: 1\nextends: base.job.yaml\njob:\n  name: x\n  cmd_line: y\n  zone: elsewhere\n")
        assert cloud.run("submit") == 1
        assert "SPC701" in cloud.err
        assert "other.job.yaml:6:9" in cloud.err
        assert server.jobs == []

    def test_two_cells_with_one_payload_are_a_finding(self, cloud, server):
        cloud.write(
            twins="specc: 1\nextends: base.job.yaml\nmatrix: {axes: {n: [1, 2]}}\njob: {name: x, cmd_line: y}\n"
        )
        assert cloud.run("submit", "twins.job.yaml") == 1
        assert "SPC703" in cloud.err
        assert server.jobs == []

    def test_a_change_is_listed_and_sent_only_on_purpose(self, cloud, server):
        cloud.run("submit")
        assert cloud.run("submit", "--set", "job.core_limit=8") == 1
        assert cloud.err.count("changed: sweep.job.yaml@") == 4
        assert "nothing was sent: 4 of 4 payloads need a decision first" in cloud.err
        assert cloud.run("submit", "--set", "job.core_limit=8", "--changed") == 0
        assert len(server.jobs) == 8

    def test_of_many_changes_ten_are_listed(self, cloud, server):
        matrix, job = "{axes: {n: {from: 1, to: 13}}}", "{name: 'x{{ matrix.n }}', cmd_line: y}"
        cloud.write(many=f"specc: 1\nextends: base.job.yaml\nmatrix: {matrix}\njob: {job}\n")
        cloud.run("submit", "many.job.yaml", "--yes")
        assert cloud.run("submit", "many.job.yaml", "--set", "job.core_limit=8") == 1
        assert cloud.err.count("changed: many.job.yaml@") == 10
        assert "changed: and 3 more; `specc plan` shows each" in cloud.err
        assert "nothing was sent: 13 of 13 payloads need a decision first" in cloud.err

    def test_one_change_holds_up_what_is_new(self, cloud, server):
        cloud.run("submit", *FIRST)
        assert cloud.run("submit", "--set", "job.core_limit=8") == 1
        assert len(server.jobs) == 1

    def test_a_moved_spec_is_taken_over_instead_of_sent(self, cloud, server):
        cloud.run("submit", *FIRST)
        (cloud.root / "sweep.job.yaml").rename(cloud.root / "moved.job.yaml")
        assert cloud.run("submit") == 1
        command = cloud.err.split("`specc ledger mv ")[1].split("`")[0]
        assert cloud.run("ledger", "mv", *command.split()) == 0
        assert cloud.run("submit") == 0
        assert sorted(names(server)) == ["run-coarse-1", "run-coarse-2", "run-fine-1", "run-fine-2"]

    @pytest.mark.parametrize(
        ("old", "given", "new"),
        [
            ("a@b.job.yaml", (), "c.job.yaml"),
            ("c.job.yaml", (), "a@b.job.yaml"),
            ("my job.job.yaml", (), "it's.job.yaml"),
            ("a.job.yaml", ("-p", "n=2"), "b.job.yaml"),
            ("a.job.yaml", ("-p", "n=1"), "b.job.yaml"),
        ],
    )
    def test_the_advice_to_take_over_works(self, cloud, server, old, given, new):
        (cloud.root / "sweep.job.yaml").unlink()
        text = (
            "specc: 1\nextends: base.job.yaml\nparams: {n: {type: integer, default: 1}}\njob: {name: x, cmd_line: y}\n"
        )
        (cloud.root / old).write_text(text.replace("x,", '"x{{ params.n }}",'))
        assert cloud.run("submit", *given) == 0
        (cloud.root / old).rename(cloud.root / new)
        again = given if given != ("-p", "n=1") else ()  # the default, which makes the same payload
        assert cloud.run("submit", *again) == 1
        _, _, *words = shlex.split(cloud.err.split("`specc ")[1].split("` takes")[0])
        assert cloud.run("ledger", "mv", *words) == 0, cloud.err
        assert cloud.run("submit", *again) == 0
        assert len(server.jobs) == 1

    def test_a_dry_run_that_is_refused_is_one_document(self, cloud):
        cloud.run("submit")
        assert cloud.run("submit", "--dry-run", "--rerun", "--output", "json") == 1
        assert json.loads(cloud.out)["refused"]["errors"] == ["`--rerun` would run 4 cells again"]

    def test_a_whole_spec_is_moved_at_once(self, cloud, server):
        cloud.run("submit")
        (cloud.root / "sweep.job.yaml").rename(cloud.root / "moved.job.yaml")
        assert cloud.run("ledger", "mv", "sweep.job.yaml", "moved.job.yaml") == 0
        assert "4 attempts of 4 cells" in cloud.err
        assert cloud.run("submit") == 0
        assert len(server.jobs) == 4

    def test_on_a_terminal_it_is_taken_over_at_once(self, cloud, server, monkeypatch):
        cloud.run("submit")
        (cloud.root / "sweep.job.yaml").rename(cloud.root / "moved.job.yaml")
        answers = [False, True]
        monkeypatch.setattr("specc.cli.submissions.is_terminal", lambda: True)
        monkeypatch.setattr("specc.cli.console.confirm", lambda question: answers.pop(0))
        assert cloud.run("submit") == 1
        assert cloud.run("submit") == 0
        assert len(server.jobs) == 4

    def test_a_copy_of_a_spec_is_no_move(self, cloud, server):
        cloud.run("submit")
        (cloud.root / "copy.job.yaml").write_bytes((cloud.root / "sweep.job.yaml").read_bytes())
        assert cloud.run("submit", "copy.job.yaml") == 1
        assert "the same payload was accepted as" in cloud.err
        assert len(server.jobs) == 4

    def test_a_parameter_that_is_gone_counts_as_moved(self, cloud, server):
        cloud.run("submit", *FIRST, "-p", "solver=ico")
        spec = cloud.root / "sweep.job.yaml"
        spec.write_text(spec.read_text().replace("solver: {", "method: {").replace("params.solver", "params.method"))
        assert cloud.run("submit", *FIRST) == 1
        assert "which is gone" in cloud.err

    def test_several_cells_run_again_only_when_they_are_chosen(self, cloud, server):
        cloud.run("submit")
        assert cloud.run("submit", "--rerun") == 1
        assert "`--rerun` would run 4 cells again" in cloud.err
        assert cloud.run("submit", "--rerun", *FIRST) == 0
        assert len(server.jobs) == 5

    def test_a_runner_needs_a_ledger_of_its_own(self, cloud, server, monkeypatch):
        monkeypatch.setenv("CI", "true")
        assert cloud.run("submit") == 2
        assert "no ledger is set" in cloud.err
        path = cloud.root / "specc.toml"
        path.write_text(path.read_text() + '[ledger]\npath = "kept/ledger.sqlite"\n')
        assert cloud.run("submit") == 2
        assert "ledger.sqlite does not exist" in cloud.err
        assert "`specc ledger init`" in cloud.err
        assert cloud.run("ledger", "init") == 0
        assert cloud.run("submit") == 0
        assert (cloud.root / "kept" / "ledger.sqlite").is_file()

    def test_two_projects_have_two_ledgers(self, cloud):
        cloud.write(other__specc="")
        cloud.put("other/specc.toml", b'project = "other"')
        cloud.put("other/a.job.yaml", b"specc: 1\njob: {}\n")
        assert cloud.run("submit", "sweep.job.yaml", "other/a.job.yaml") == 2
        assert "several projects" in cloud.err
        assert "name specs of one project, or go to one of these folders: " in cloud.err

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("submit", "--target", "nowhere"), "no target `nowhere`"),
            (("submit", "--output", "xml"), "no output format `xml`"),
            (("submit", "--state", "faild"), "did you mean `failed`?"),
            (("submit", "--timeout", "soon"), "--timeout"),
            (("plan", "--target", "nowhere"), "no target `nowhere`"),
            (("submit", "--plan", "none.json"), "cannot read none.json"),
            (("submit", "--plan", "specc.toml"), "specc.toml is not a plan"),
            (("submit", "sweep.job.yaml", "--plan", "x"), "`--plan` takes no specs"),
            (("submit", "--plan", "x", "--rerun"), "`--plan` takes no specs"),
        ],
    )
    def test_arguments_that_make_no_sense(self, cloud, arguments, said):
        assert cloud.run(*arguments) == 2
        assert said in cloud.err

    def test_without_credentials_nothing_begins(self, cloud, monkeypatch):
        monkeypatch.delenv("QY_ACCESS_KEY_ID")
        monkeypatch.delenv("QY_SECRET_ACCESS_KEY")
        assert cloud.run("submit") == 2
        assert "credentials" in cloud.err

    def test_a_spec_from_standard_input_needs_a_name(self, cloud, server, monkeypatch):
        class Stdin:
            buffer = None

            @staticmethod
            def isatty():
                return False

        text = b"specc: 1\nextends: base.job.yaml\njob: {name: x, cmd_line: y}\n"
        for data, code in ((text, 2), (b"id: piped\n" + text, 0)):
            Stdin.buffer = BytesIO(data)
            monkeypatch.setattr("sys.stdin", Stdin)
            assert cloud.run("submit", "-") == code
        assert len(server.jobs) == 1


class TestAnswers:
    def test_a_rejection_is_shown_at_the_field_that_it_names(self, cloud, server):
        server.script = ["1100 `core_limit` is more than the queue has"]
        assert cloud.run("submit", *FIRST) == 3
        assert states(cloud) == ["rejected"]
        assert "SPC702" in cloud.err
        assert "base.job.yaml:3:19" in cloud.err
        assert cloud.run("submit", *FIRST) == 0

    def test_else_at_the_name_of_the_job(self, cloud, server):
        server.script = ["1400 no"]
        assert cloud.run("submit", *FIRST) == 3
        assert "sweep.job.yaml:7:9" in cloud.err

    @pytest.mark.parametrize("fault", ["reset-after-accepting", "hang-after-accepting"])
    def test_a_lost_answer_is_unknown_and_never_sent_again_by_itself(self, cloud, server, fault):
        server.script = [fault]
        assert cloud.run("submit", *FIRST) == 4
        assert states(cloud) == ["unknown"]
        assert "specc ledger resolve" in cloud.err
        for _ in range(2):
            assert cloud.run("submit", *FIRST) == 4
            assert cloud.run("submit", *FIRST, "--rerun") == 4
        assert len(server.jobs) == 1
        assert cloud.run("submit", *FIRST, "--resend-unknown") == 0
        assert len(server.jobs) == 2

    def test_one_unknown_does_not_hold_up_the_others(self, cloud, server):
        server.script = ["reset-after-accepting"]
        assert cloud.run("submit", *FIRST) == 4
        assert cloud.run("submit") == 4
        assert len(server.jobs) == 4

    @pytest.mark.parametrize("fault", ["429", "5100", "expired"])
    def test_what_surely_started_nothing_is_tried_again(self, cloud, server, fault):
        server.script = [fault]
        assert cloud.run("submit", *FIRST) == 0
        assert len(server.jobs) == 1

    def test_a_server_that_is_not_there(self, cloud, server, monkeypatch):
        monkeypatch.setattr("specc.app.submitting.Sending", partial(Sending, tries=2))
        server.close()
        assert cloud.run("submit", *FIRST) == 2
        assert states(cloud) == ["not-sent"]
        assert "run the same command again to send what was not sent" in cloud.err

    def test_a_clock_that_is_wrong_by_an_hour(self, cloud, server):
        server.skew = 3700
        assert cloud.run("submit") == 0
        assert len(server.jobs) == 4
        assert server.faults["expired"] >= 1
        before = server.faults["expired"]
        assert cloud.run("submit", "--rerun", *FIRST) == 0
        assert server.faults["expired"] == before  # learnt, and kept

    def test_the_same_rejection_again_and_again_ends_the_run(self, cloud, server):
        many = "specc: 1\nextends: base.job.yaml\nmatrix: {axes: {n: {from: 1, to: 20}}}\n"
        cloud.write(many=many + 'job: {name: "m-{{ matrix.n }}", cmd_line: y}\n')
        server.script = ["1400 no"] * 20
        assert cloud.run("submit", "many.job.yaml", "--max-in-flight", "1") == 3
        assert "5 rejected, 15 not tried" in cloud.err

    @pytest.mark.parametrize("code", [1200, 2400, 2500])
    def test_a_rejection_that_all_would_meet_ends_the_run_at_once(self, cloud, server, code):
        server.script = [None, f"{code} no"]
        assert cloud.run("submit", "--max-in-flight", "1") == 3
        assert len(server.jobs) == 1
        assert "1 accepted, 1 rejected, 2 not tried" in cloud.err
        assert cloud.run("submit") == 0
        assert len(server.jobs) == 4


class TestResolving:
    @pytest.fixture
    def lost(self, cloud, server):
        server.script = ["reset-after-accepting"]
        assert cloud.run("submit", *FIRST) == 4
        return cloud

    def test_a_match_is_proposed_and_taken_on_a_word(self, lost, server):
        assert lost.run("ledger", "resolve") == 4
        assert f"is {server.jobs[0].uuid} (" in lost.err
        assert lost.run("ledger", "resolve", "--yes") == 0
        assert lost.run("submit", *FIRST) == 0
        assert len(server.jobs) == 1

    @pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 4)])
    def test_a_person_is_asked(self, lost, monkeypatch, answer, code):
        monkeypatch.setattr("specc.cli.commands.ledger.is_terminal", lambda: True)
        monkeypatch.setattr("specc.cli.commands.ledger.confirm", lambda question: answer)
        assert lost.run("ledger", "resolve") == code

    def test_two_jobs_for_one_attempt_are_left_to_the_user(self, lost, server):
        server._start(server.jobs[0].body)
        assert lost.run("ledger", "resolve", "--yes") == 4
        words = lost.err.split("`specc ")[1].split("`")[0].replace("UUID", server.jobs[0].uuid)
        assert lost.run(*words.split()) == 0

    def test_no_match_proves_nothing(self, lost, server):
        server.jobs.clear()
        assert lost.run("ledger", "resolve", "--yes") == 4
        assert "which does not prove that there is none" in lost.err

    def test_a_server_that_does_not_answer(self, lost, server):
        server.close()
        assert lost.run("ledger", "resolve", "--yes") == 4
        assert "hpc did not answer: the server cannot be reached" in lost.err
        assert lost.run("ledger", "resolve", "sweep.job.yaml", "--dismiss", "--yes") == 0
        assert lost.run("status") == 0
        assert states(lost) == ["dismissed"]

    def test_a_tag_is_proof_enough(self, cloud, server):
        path = cloud.root / "specc.toml"
        path.write_text(path.read_text() + "tag_names = true\n")
        server.script = ["reset-after-accepting"]
        cloud.run("submit", *FIRST)
        assert cloud.run("ledger", "resolve") == 0
        assert "found by its tag" in cloud.out

    def test_jobs_that_nothing_is_said_of(self, cloud, server):
        cloud.run("submit", *FIRST)
        server.close()
        assert cloud.run("status") == 2
        assert "hpc did not answer about 1 job: the server cannot be reached" in cloud.err
        assert states(cloud) == ["accepted"]


class TestLookingAhead:
    @pytest.fixture(autouse=True)
    def no_transport(self, monkeypatch):
        self.made = []
        works = httpx.Client.__init__

        def init(client, *args, **kwargs):
            self.made.append(client)
            works(client, *args, **kwargs)

        monkeypatch.setattr(httpx.Client, "__init__", init)

    @pytest.mark.parametrize("command", [("submit", "--dry-run"), ("plan",), ("plan", "--check")])
    def test_no_client_is_ever_made_and_no_ledger(self, cloud, server, command):
        assert cloud.run(*command) in (0, 10)
        assert states(cloud) == ["send"] * 4
        assert (self.made, server.jobs) == ([], [])
        assert not (cloud.root / "state").exists()

    def test_though_submitting_makes_one(self, cloud):
        cloud.run("submit")
        assert self.made

    def test_a_dry_run_shows_what_needs_a_decision(self, cloud):
        cloud.run("submit")
        assert cloud.run("submit", "--dry-run", "--set", "job.core_limit=8") == 1
        assert states(cloud)[:2] == ["changed", ""]
        assert "core_limit\t4 -> 8" in cloud.out

    def test_checking_a_plan(self, cloud):
        assert cloud.run("plan", "--check") == 10
        cloud.run("submit")
        assert cloud.run("plan", "--check") == 0
        assert states(cloud) == ["keep"] * 4

    def test_the_command_that_is_shown_works(self, cloud, server):
        cloud.run("plan", *FIRST, "-p", "solver=a b", "--profile", "smoke")
        words = shlex.split(cloud.err.split("to send it: ")[1])
        assert cloud.run(*words[1:]) == 0
        assert len(server.jobs) == 1

    def test_core_hours(self, cloud):
        cloud.run("plan")
        assert "core-hours: at most 32" in cloud.err


class TestPlans:
    def plan(self, cloud: Place, *arguments: str) -> dict:
        assert cloud.run("plan", "--out", "plan.json", *arguments) == 0
        return json.loads((cloud.root / "plan.json").read_text())

    def test_a_plan_is_carried_out_once(self, cloud, server):
        plan = self.plan(cloud)
        assert plan["command"] == "specc submit --plan plan.json"
        assert cloud.run("submit", "--plan", "plan.json") == 0
        assert len(server.jobs) == 4
        assert cloud.run("submit", "--plan", "plan.json") == 1
        assert "carried out already" in cloud.err

    def test_an_edit_after_the_plan_is_refused(self, cloud, server):
        self.plan(cloud)
        spec = cloud.root / "base.job.yaml"
        spec.write_text(spec.read_text().replace("2h", "3h"))
        assert cloud.run("submit", "--plan", "plan.json") == 1
        assert cloud.err.count("the payload is not the planned one") == 4
        assert server.jobs == []

    def test_so_is_an_edit_of_the_plan(self, cloud, server):
        plan = self.plan(cloud)
        plan["steps"][0]["digest"] = "0" * 64
        (cloud.root / "plan.json").write_text(json.dumps(plan))
        assert cloud.run("submit", "--plan", "plan.json") == 1
        assert server.jobs == []

    def test_a_plan_of_changes_needs_no_word_again(self, cloud, server):
        cloud.run("submit")
        plan = self.plan(cloud, "--set", "job.core_limit=8", "--changed", *FIRST)
        assert plan["steps"][0]["changes"] == [{"field": "core_limit", "before": 4, "after": 8}]
        assert cloud.run("submit", "--plan", "plan.json") == 0
        assert len(server.jobs) == 5

    def test_what_was_sent_in_between_is_refused(self, cloud, server):
        self.plan(cloud)
        cloud.run("submit", *FIRST)
        assert cloud.run("submit", "--plan", "plan.json") == 1
        assert len(server.jobs) == 1

    def test_a_plan_of_another_project(self, cloud):
        self.plan(cloud)
        path = cloud.root / "specc.toml"
        path.write_text(path.read_text().replace('"demo"', '"other"'))
        assert cloud.run("submit", "--plan", "plan.json") == 2
        assert "the plan is of the project `demo`" in cloud.err

    def test_a_plan_of_standard_input_is_none(self, cloud):
        assert cloud.run("plan", "-", "--out", "plan.json") == 2

    def test_a_dry_run_of_a_plan_does_not_use_it_up(self, cloud):
        self.plan(cloud)
        assert cloud.run("submit", "--plan", "plan.json", "--dry-run") == 0
        assert cloud.run("submit", "--plan", "plan.json") == 0


class TestAsking:
    @pytest.fixture
    def many(self, cloud, monkeypatch):
        text = "specc: 1\nextends: base.job.yaml\nmatrix: {axes: {n: {from: 1, to: 11}}}\n"
        cloud.write(many=text + 'job: {name: "m-{{ matrix.n }}", cmd_line: y}\n')
        self.asked = []

        def confirm(question):
            self.asked.append(question)
            return False

        monkeypatch.setattr("specc.cli.submissions.is_terminal", lambda: True)
        monkeypatch.setattr("specc.cli.console.confirm", confirm)
        return cloud

    def test_more_than_ten_are_asked_for(self, many, server):
        assert many.run("submit", "many.job.yaml") == 1
        assert self.asked == ["send 11 payloads to `hpc`?"]
        assert server.jobs == []

    def test_but_not_with_yes_nor_fewer(self, many, server):
        assert many.run("submit", "many.job.yaml", "--only", "n=1") == 0
        assert many.run("submit", "many.job.yaml", "--yes") == 0
        assert self.asked == []
        assert len(server.jobs) == 11


class TestJson:
    @pytest.mark.parametrize(
        "command",
        [
            ("plan",),
            ("submit", "--dry-run"),
            ("submit",),
            ("status",),
            ("logs", "sweep.job.yaml"),
            ("cancel", "--all"),
            ("wait", "--timeout", "0"),
            ("ledger", "list"),
            ("ledger", "show", "sweep.job.yaml"),
            ("ledger", "resolve"),
            ("ledger", "verify"),
            ("ledger", "mv", "sweep.job.yaml", "moved"),
        ],
        ids=" ".join,
    )
    def test_every_command_speaks_it(self, cloud, command):
        cloud.run("submit", *FIRST)
        cloud.run(*command, "--output", "json")
        assert json.loads(cloud.out)["version"] == 1, cloud.err

    def test_what_submit_says(self, cloud, server):
        server.script = ["1400 no"]
        assert cloud.run("submit", *FIRST, "--output", "json") == 3
        assert cloud.run("submit", *FIRST, "--output", "json") == 0
        assert cloud.run("submit", *FIRST, "--output", "json") == 0
        (result,) = json.loads(cloud.out)["results"]
        assert {name: result[name] for name in ("action", "state", "uuid", "job_state", "name")} == {
            "action": "keep",
            "state": "accepted",
            "uuid": server.jobs[0].uuid,
            "job_state": "pending",
            "name": "run-coarse-1",
        }
        assert json.loads(cloud.out)["summary"]["kept"] == 1


def test_no_secret_is_ever_written(cloud: Place, server: Hostile, tmp_path: Path) -> None:
    server.script = ["1200 key KEYKEYKEYKEY is unknown", "garbage"]
    for command in (("submit", *FIRST), ("submit",), ("status",), ("ledger", "show", "sweep.job.yaml")):
        cloud.run(*command)
        assert "s3cr3t" not in cloud.out + cloud.err
    for file in (tmp_path / "state").rglob("*"):
        assert not file.is_file() or b"s3cr3t" not in file.read_bytes()


@pytest.mark.parametrize("command", ["plan", "submit"])
def test_a_target_that_is_not_there_in_a_project_without_specs(place: Place, command: str) -> None:
    for spec in place.root.glob("*.yaml"):
        spec.unlink()
    assert place.run(command, "--target", "moon") == 2
    assert "has no target `moon`" in place.err
