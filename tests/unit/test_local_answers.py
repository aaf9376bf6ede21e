"""What the local target answers without any process: refusals, a store that fails half way, a missing supervisor."""

from pathlib import Path

import pytest
from support.local_jobs import CALLER, Place, attempt

from specc.errors import SpeccError
from specc.targets import Accepted, Attempt, Cancelled, JobReport, JobState, NotSent, Rejected, Target, Unclear
from specc.targets.local import paths, wakeup
from specc.targets.local.jobs import Ended, Job
from specc.targets.local.processes import this_process
from specc.targets.local.store import Store
from specc.targets.local.target import LocalTarget


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Nothing is ever started."""
    monkeypatch.setattr(wakeup, "ensure", lambda state, options, ring=True: False)
    return Place(tmp_path / "state")


def test_it_is_a_target(place: Place) -> None:
    target: Target = place.target
    assert target.quota is None


def test_the_identity_is_that_of_machine_user_and_folder(place: Place) -> None:
    kind, machine, user, folder = place.target.identity.split(":")
    assert (kind, user, folder) == ("local", CALLER, str(place.state.root))
    assert len(machine) == 12
    assert place.target.identity == place.open().identity != place.open(caller="bob").identity


def test_a_folder_by_another_name_is_the_same_place(place: Place, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(place.state.root)
    assert Place(tmp_path / "link").target.identity == place.target.identity


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (attempt(run_user="bob"), "run-user"),
        (attempt(core_limit=3), "too-many-cores"),
        (attempt("cat", input_file="/no/such/file"), "no-input-file"),
    ],
)
def test_what_is_refused_is_not_kept(place: Place, bad: Attempt, code: str) -> None:
    outcome = place.target.submit(bad)
    assert isinstance(outcome, Rejected)
    assert outcome.code == code
    assert outcome.is_withdrawn  # the store has not got it, whatever was tried before
    assert place.all_states() == {}


def test_any_user_is_the_caller_if_the_target_says_so(place: Place) -> None:
    assert isinstance(place.open(run_as="caller").submit(attempt(run_user="usr-1")), Accepted)


def test_a_job_waits_where_no_supervisor_can_be_started(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: object, **options: object) -> bool:
        raise SpeccError("no more processes")

    for ensure in (wakeup.ensure, fail):
        monkeypatch.setattr(wakeup, "ensure", ensure)
        report = place.report(place.submit())
        assert report.state is JobState.PENDING
        assert report.reason.startswith("waiting for a supervisor, which cannot be started from here; ")


def test_a_job_that_is_not_there_is_said_not_to_be(place: Place) -> None:
    """As after somebody took the state folder away: then nobody waits for it in silence."""
    known = place.submit()
    reports = place.target.status([known, "hpcjob-none"])
    assert reports["hpcjob-none"] == JobReport(
        "hpcjob-none", JobState.UNKNOWN, "", "there is no such job on this machine"
    )
    assert reports[known].state is JobState.PENDING


def test_a_job_waits_for_cores_only_where_there_are_none(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeup, "ensure", lambda state, options, ring=True: True)
    uuids = [place.submit() for _ in range(3)]
    place.submit(core_limit=2)

    def reasons() -> list[str]:
        return [report.reason.partition(";")[0] for report in place.target.status(uuids).values()]

    assert reasons() == ["", "", "waiting for a core"]
    place.state.log.write_text("something")
    assert reasons() == ["about to start", "about to start", "waiting for a core"]
    paths.tell(place.state, "the disk\nis full " + "x" * 2000)
    assert {reason[:45] for reason in reasons()} == {"no job can be started now: the disk is full x"}
    place.store.claim(uuids[0], this_process(), 2)
    place.store.claim(uuids[1], this_process(), 2)
    assert reasons() == ["", "", "waiting for a core"]


def broken(*given: object) -> Job:
    raise SpeccError("disk I/O error")


def test_a_store_that_fails_before_anything_is_written(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "with_keys", broken)
    assert place.target.submit(attempt()) == NotSent("disk I/O error")


def test_a_store_that_fails_while_it_writes_is_asked_what_it_has(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    add = Store.add
    monkeypatch.setattr(Store, "add", broken)
    assert place.target.submit(attempt()) == NotSent("disk I/O error")

    def add_and_fail(store: Store, request: object) -> Job:
        add(store, request)
        raise SpeccError("disk I/O error")

    monkeypatch.setattr(Store, "add", add_and_fail)
    assert isinstance(place.target.submit(attempt()), Accepted)
    assert len(place.all_states()) == 1


def test_a_store_that_fails_for_good_leaves_the_outcome_unclear(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:

    def add_and_break(store: Store, request: object) -> Job:
        monkeypatch.setattr(Store, "with_keys", broken)
        raise SpeccError("database is locked")

    monkeypatch.setattr(Store, "add", add_and_break)
    assert place.target.submit(attempt()) == Unclear("database is locked")


def test_a_job_that_ends_while_it_is_cancelled(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is faster: the answer is what the store says afterwards."""
    uuid, me = place.submit(), this_process()
    assert place.store.claim(uuid, me, 2) is not None
    cancel = Store.cancel

    def end_first(store: Store, uuids: list[str]) -> None:
        store.settle(uuid, me, Ended(JobState.FINISHED, 0))
        cancel(store, uuids)

    monkeypatch.setattr(Store, "cancel", end_first)
    assert place.target.cancel([uuid]) == [Cancelled(uuid, False, "it has ended: finished")]


def test_what_cannot_be_written_is_told_all_the_same(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    uuid = place.submit()
    assert place.store.claim(uuid, this_process()._replace(born=1), 2) is not None
    monkeypatch.setattr(Store, "settle", broken)
    assert place.report(uuid).state is JobState.LOST
    assert place.all_states()[uuid] is JobState.RUNNING


def test_a_state_folder_that_cannot_be_used_is_an_error(tmp_path: Path, place: Place) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SpeccError, match="cannot be used"):
        Place(tmp_path / "file")
    assert isinstance(place.target, LocalTarget)
