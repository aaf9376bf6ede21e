"""Two clients of one key that send the same payload in one second, and people in between who send requests again."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.ehpc_server import attempt, settings_of
from support.gateway_client import BODY, KEY, OTHER_KEY, OTHER_SECRET, SECRET, SUBMIT, Place
from support.tables import each
from unit.test_gateway_process import served

from specc.gateway import Address
from specc.targets import Accepted, Attempt, Outcome
from specc.targets.ehpc.account import Endpoint
from specc.targets.ehpc.client import client_opener
from specc.targets.ehpc.credentials import Credentials
from specc.targets.ehpc.signing import MARK, attempt_of, mark_of, sign
from specc.targets.ehpc.target import EhpcTarget

ONE, TWO = "1" * 32, "2" * 32
DATA = json.dumps(BODY, ensure_ascii=False).encode()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def signature_of(url: str, secret: str = SECRET) -> str:
    path, _, query = url.partition("?")
    asked = dict(pair.split("=", 1) for pair in query.split("&"))
    del asked["signature"]
    asked["timestamp"] = asked["timestamp"].replace("%3A", ":")
    return sign("POST", path, asked, DATA, secret)


def send(place: Place, url: str, mark: str | None = None) -> httpx.Response:
    return place.send("POST", url, DATA, **({"X_Specc_Attempt": mark} if mark else {}))


def marked(url: str, name: str, secret: str = SECRET) -> str:
    mark = mark_of(name, signature_of(url, secret), secret)
    assert mark is not None
    return mark


def uuid(response: httpx.Response) -> Any:
    return response.json().get("hpcjob_uuid")


def test_two_of_our_clients_get_a_job_each(place: Place) -> None:
    url = place.url("POST", SUBMIT, DATA)
    first, second = send(place, url, marked(url, ONE)), send(place, url, marked(url, TWO))
    assert uuid(first)
    assert uuid(second)
    assert uuid(first) != uuid(second)
    assert len(place.target.keys) == 2
    assert "x-specc-repeated" not in second.headers


def test_over_the_network_with_the_client_itself(tmp_path: Path) -> None:
    """Four clients whose clocks stand still, at once."""
    outcomes: list[Outcome] = []

    def visit(url: str) -> None:
        text = (tmp_path / "keys.env").read_text()
        keys = dict(line.removeprefix("export ").split("=", 1) for line in text.splitlines() if "=" in line)
        found = Credentials(keys["QY_ACCESS_KEY_ID"].strip("'\""), keys["QY_SECRET_ACCESS_KEY"].strip("'\""))
        now = datetime.now(UTC)

        def one(number: int) -> None:
            target = EhpcTarget(settings_of("prod", {}), Endpoint.parse(url), found, lambda: now, client_opener())
            outcomes.append(target.submit(attempt(f"{number:032x}")))

        threads = [threading.Thread(target=one, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    served(tmp_path, Address("127.0.0.1", 0), [], visit)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes), outcomes
    assert len({outcome.uuid for outcome in outcomes if isinstance(outcome, Accepted)}) == 4


def test_one_attempt_that_comes_again_is_one_job_and_says_so(place: Place) -> None:
    url = place.url("POST", SUBMIT, DATA)
    answers = [send(place, url, marked(url, ONE)) for _ in range(3)]
    place.restart()
    answers.append(send(place, url, marked(url, ONE)))
    assert len({uuid(answer) for answer in answers}) == 1
    assert [answer.headers.get("x-specc-repeated") for answer in answers] == [None, "1", "1", "1"]
    assert place.target.submissions == 1


def test_clients_that_know_of_no_mark_are_told_that_the_answer_was_given_before(place: Place) -> None:
    url = place.url("POST", SUBMIT, DATA)
    first, second = send(place, url), send(place, url)
    assert first.json() == second.json()
    assert (first.headers.get("x-specc-repeated"), second.headers.get("x-specc-repeated")) == (None, "1")
    assert place.target.submissions == 1


def test_who_takes_the_mark_away_starts_nothing(place: Place) -> None:
    url = place.url("POST", SUBMIT, DATA)
    first = send(place, url, marked(url, ONE))
    send(place, url, marked(url, TWO))
    place.restart()
    again = send(place, url)
    assert again.json() == first.json()
    assert again.headers["x-specc-repeated"] == "1"
    assert place.target.submissions == 2


def test_nor_does_who_takes_it_away_and_is_quicker(place: Place) -> None:
    """Nobody can say whose job there is: the attempt is unknown, and nothing is started twice."""
    url = place.url("POST", SUBMIT, DATA)
    send(place, url)
    late = send(place, url, marked(url, ONE)).json()
    assert late["ret_code"] == 5000
    assert "hpcjob_uuid" not in late
    assert send(place, url, marked(url, ONE)).json() == late
    assert place.target.submissions == 1


@pytest.mark.parametrize(
    "kind", ["another attempt", "another request", "another key", "nonsense", "too long", "empty hex"]
)
def test_a_mark_that_is_not_of_the_request_is_refused(place: Place, kind: str) -> None:
    url, other = place.url("POST", SUBMIT, DATA), place.url("POST", SUBMIT, DATA)
    right = marked(url, ONE)
    mark = {
        "another attempt": TWO + right[32:],
        "another request": marked(other, ONE),
        "another key": marked(url, ONE, OTHER_SECRET),
        "nonsense": "x",
        "too long": right + "0",
        "empty hex": f"{ONE}.",
    }[kind]
    answer = send(place, url, mark).json()
    assert answer["ret_code"] == 1200
    assert MARK in answer["message"]
    assert place.target.submissions == 0
    assert uuid(send(place, url, right))


def test_keys_do_not_mix(place: Place) -> None:
    at = place.fresh()
    mine = place.url("POST", SUBMIT, DATA, at=at)
    theirs = place.url("POST", SUBMIT, DATA, at=at, key=OTHER_KEY, secret=OTHER_SECRET)
    first = send(place, mine, marked(mine, ONE))
    second = send(place, theirs, marked(theirs, ONE, OTHER_SECRET))
    assert uuid(first) != uuid(second)
    assert KEY != OTHER_KEY


def test_a_gateway_that_dies_before_the_answer_starts_a_marked_request_once(place: Place) -> None:
    class Killed(BaseException):
        pass

    def start_and_die(tried: Attempt) -> Outcome:
        place.target.start(tried)
        raise Killed

    url = place.url("POST", SUBMIT, DATA)
    place.target.answer = start_and_die
    with pytest.raises((Killed, BaseExceptionGroup)):
        send(place, url, marked(url, ONE))
    place.target.answer = None
    place.restart()
    assert uuid(send(place, url)) == uuid(send(place, url, marked(url, ONE))) == "hpcjob-00000000"
    assert len(place.target.keys) == 1


@each("name", ["", "0", "g" * 32, "A" * 32, "1" * 33, "1" * 31])
def test_an_attempt_of_another_form_has_no_mark(name: str) -> None:
    assert mark_of(name, "signature", "secret") is None
    assert attempt_of(f"{name}.00", "signature", "secret") is None
