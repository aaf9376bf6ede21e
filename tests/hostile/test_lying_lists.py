"""Lists of jobs that do not show all, or tell too little: nothing is adopted that nobody knows."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from support.ehpc_server import NOW, Behaviour, Request, account, attempt, http, job, serving
from support.projects import SETTINGS, Place
from support.tables import each

from specc.submission import Ledger, State
from specc.targets import Candidate

MINE = "2026-11-23T12:00:30Z"
Pages = Callable[[int, int], tuple[list[dict[str, object]], int | None]]
"""From offset and limit to the entries and the total that a lying list gives."""


def listing(pages: Pages) -> Behaviour:
    def answer(connection: Any, request: Request) -> None:
        if "/jobdetail/" in request.path:
            http({"ret_code": 5000, "message": "no"})(connection, request)
            return
        asked = {name: int(values[0]) for name, values in parse_qs(request.query).items() if values[0].isdigit()}
        entries, total = pages(asked["offset"], asked["limit"])
        counted = {} if total is None else {"total_count": total}
        http({"ret_code": 0, "hpc_job_set": entries, **counted})(connection, request)

    return answer


def jobs(count: int, mine: int = 0) -> list[dict[str, object]]:
    """So many jobs of one name at other times, and one of the right time among them."""
    early = "2026-11-20T12:00:00Z"
    return [job(f"hpcjob-{n}", submitted_time=MINE if n == mine else early) for n in range(count)]


def paged(all_jobs: list[dict[str, object]], most: int = 100, total: int | None = -1) -> Pages:
    """An honest list, but for its limit and its total."""
    counted = len(all_jobs) if total == -1 else total
    return lambda offset, limit: (all_jobs[offset : offset + min(most, limit)], counted)


def seen(pages: Pages) -> list[Candidate]:
    with serving(listing(pages)) as server:
        return account(server.url).look_up([attempt()], NOW, NOW + timedelta(minutes=1))


HONEST = {
    "one page": paged(jobs(3)),
    "several pages": paged(jobs(250, mine=249)),
    "shorter pages than asked for": paged(jobs(250, mine=77), most=10),
    "no total": paged(jobs(250, mine=120), total=None),
    "all in one page": lambda offset, limit: (jobs(250)[offset:], 250),
}


@each("pages", HONEST.values())
def test_a_list_that_is_whole_leaves_no_doubt(pages: Pages) -> None:
    (found,) = seen(pages)
    assert found.submitted_at == datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
    assert found.doubts == ()


def endless(offset: int, limit: int) -> tuple[list[dict[str, object]], None]:
    others = [job(f"other-{offset + number}", job_name="other") for number in range(limit)]
    return ([*jobs(1), *others[1:]] if offset == 0 else others), None


def shuffled(offset: int, limit: int) -> tuple[list[dict[str, object]], int]:
    """The order changes after the first page, so some jobs come twice and some never."""
    order = jobs(250) if offset == 0 else jobs(250)[::-1]
    return order[offset : offset + limit], 250


LYING: dict[str, tuple[Pages, str]] = {
    "cut at 5,000": (paged(jobs(6000), total=6000), "was cut at 5,000 of 6,000"),
    "without end": (endless, "was cut at 5,000 of more"),
    "the same page again": (lambda offset, limit: (jobs(100), 250), "shows a page again after 100"),
    "the same page, no total": (lambda offset, limit: (jobs(100), None), "shows a page again after 100"),
    "a total that is too small": (paged(jobs(50), total=3), "shows 50, and says that there are 3"),
    "a total that is too large": (paged(jobs(50), total=70), "shows 50, and says that there are 70"),
    "an order that changes": (shuffled, "says that there are 250"),
    "offsets that are numbers of pages": (
        lambda offset, limit: (jobs(250)[offset * limit : (offset + 1) * limit], 250),
        "shows 100, and says that there are 250",
    ),
    "entries that are none": (lambda offset, limit: ([*jobs(2), {"x": 1}], 3), "1 of 3 entries in the list of jobs"),
}


@each("pages, doubt", LYING.values())
def test_a_list_that_is_not_whole_says_what_it_did_not_show(pages: Pages, doubt: str) -> None:
    with serving(listing(pages)) as server:
        target = account(server.url)
        found = target.look_up([attempt()], NOW, NOW + timedelta(minutes=1))
        assert doubt in target.blind
    assert [one.uuid for one in found] == ["hpcjob-0"]
    assert all(doubt in " ".join(one.doubts) for one in found)


def test_a_page_that_fails_is_a_doubt_about_those_before_it() -> None:
    good = http({"ret_code": 0, "hpc_job_set": jobs(100), "total_count": 250})
    with serving(good, http({"ret_code": 5000})) as server:
        (found,) = account(server.url).look_up([attempt()], NOW, NOW + timedelta(minutes=1))
    assert "ended early, after 100" in found.doubts[0]


@each("hours", [-12, -1, 0, 8, 14])
def test_a_time_without_a_zone_is_no_time(hours: int) -> None:
    """The job may be of the right time in some zone, and jobdetail does not answer."""
    text = (NOW + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S")
    (found,) = seen(paged([job("hpcjob-1", submitted_time=text)]))
    assert found.submitted_at is None
    assert found.doubts == ("the list gives its time without a zone",)


@each("days", [-2, 2])
def test_a_time_that_is_right_in_no_zone_is_another_jobs(days: int) -> None:
    text = (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S")
    assert seen(paged([job("hpcjob-1", submitted_time=text)])) == []


def test_of_very_many_jobs_none_is_hidden() -> None:
    """Each would cost a call to be told its zone."""
    many = [job(f"hpcjob-{n}", submitted_time="2026-11-23T12:00:30") for n in range(90)]
    assert len(seen(paged(many))) == 90


@pytest.fixture
def cloud(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.setenv("QY_ACCESS_KEY_ID", "KEYKEYKEYKEY")
    monkeypatch.setenv("QY_SECRET_ACCESS_KEY", "s3cr3t")
    monkeypatch.delenv("CI", raising=False)
    place.write(one="specc: 1\njob: {name: job, cmd_line: 'true', core_limit: 1}\n")
    return place


WHOLE: dict[str, object] = {"run_user": "usr-1", "cmd_line": "true", "core_limit": 1}

DOUBTFUL: dict[str, tuple[dict[str, object], int | None, str]] = {
    "no user": ({**WHOLE, "run_user": ""}, 1, "the API gave no `run_user`"),
    "no command": ({**WHOLE, "cmd_line": None}, 1, "the API gave no `cmd_line`"),
    "a name and a time alone": ({"run_user": "", "cmd_line": ""}, 1, "the API gave no `cmd_line`"),
    "no time": ({**WHOLE, "submitted_time": ""}, 1, "the API gave no time"),
    "no zone": ({**WHOLE, "submitted_time": "now"}, 1, "the list gives its time without a zone"),
    "not all": (WHOLE, 7000, "shows 1, and says that there are 7,000"),
}


def resolved(cloud: Place, fields: dict[str, object], total: int | None) -> Iterator[int]:
    """What `submit`, `resolve --yes` and `resolve --uuid` end with, before such a list."""
    now = datetime.now(UTC)
    form = "%Y-%m-%dT%H:%M:%S" if fields.get("submitted_time") == "now" else "%Y-%m-%dT%H:%M:%SZ"
    told = {"submitted_time": now.strftime(form), **fields}
    told = {**told, "submitted_time": now.strftime(form)} if told["submitted_time"] == "now" else told
    behaviour = listing(lambda offset, limit: ([job("hpcjob-1", **told)] if offset == 0 else [], total))
    with serving(http("<html>", 500), behaviour) as server:
        cloud.put("specc.toml", SETTINGS.replace('"ehpc"', f'"ehpc"\nendpoint = "{server.url}"', 1).encode())
        yield cloud.run("submit", "one.job.yaml")
        yield cloud.run("ledger", "resolve", "--yes")
        yield cloud.run("ledger", "resolve", "one.job.yaml", "--uuid", "hpcjob-1")


def state(place: Place) -> State:
    with Ledger.read(next((place.root / "state").rglob("ledger.sqlite"))) as ledger:
        (record,) = ledger.all()
        return record.state


@pytest.mark.parametrize(("fields", "total", "doubt"), DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_yes_is_not_enough(cloud: Place, fields: dict[str, object], total: int | None, doubt: str) -> None:
    steps = resolved(cloud, fields, total)
    assert next(steps) == 4
    assert next(steps) == 4
    assert doubt in cloud.err
    assert "only `specc ledger resolve " in cloud.err
    assert state(cloud) is State.UNKNOWN
    assert next(steps) == 0
    assert state(cloud) is State.ACCEPTED


def test_yes_is_enough_for_a_job_that_tells_all(cloud: Place) -> None:
    steps = resolved(cloud, WHOLE, 1)
    assert (next(steps), next(steps)) == (4, 0)
    assert state(cloud) is State.ACCEPTED


def test_where_nothing_is_found_it_says_what_it_could_not_see(cloud: Place) -> None:
    steps = resolved(cloud, {**WHOLE, "job_name": "another"}, 7000)
    assert (next(steps), next(steps)) == (4, 4)
    assert "hpc did not show all of its jobs: the list of jobs shows 1, and says that there are 7,000" in cloud.err
    assert "which does not prove that there is none" in cloud.err
