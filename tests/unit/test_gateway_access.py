"""Who may ask: signatures, their age, web pages, sizes, and what the log shows."""

import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from support.gateway_client import BODY, KEY, LIST, OTHER_SECRET, SECRET, SUBMIT, Place

from specc.gateway import Limits
from specc.gateway.limits import Rate
from specc.targets import Outcome


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def error(answer: dict[str, object]) -> object:
    """The code of an error in the documented form."""
    assert set(answer) == {"message", "ret_code"}
    assert answer["message"]
    assert "\n" not in str(answer["message"])
    return answer["ret_code"]


def test_a_right_signature_gets_in(place: Place) -> None:
    assert place.get(LIST)["ret_code"] == 0


@pytest.mark.parametrize("key", [{"key": "SPECCUNKNOWN0000001"}, {"secret": OTHER_SECRET}, {"key": KEY.lower()}])
def test_an_unknown_key_and_a_wrong_secret_get_one_answer(place: Place, key: dict[str, str]) -> None:
    answer = place.post(SUBMIT, BODY, **key)
    assert answer == {
        "message": "the access key is unknown, or the signature is wrong for this request",
        "ret_code": 1200,
    }
    assert place.target.submissions == 0


def test_what_was_not_signed_is_not_taken(place: Place) -> None:
    body = json.dumps(BODY).encode()
    url = place.url("POST", SUBMIT, body)
    changed = [
        (url, body.replace(b"sleep 1", b"sleep 2")),
        (url + "&zone=other", body),
        (url.replace("&version=1", "&version=1&x=1"), body),
        (place.url("GET", SUBMIT, body), body),
        (place.url("POST", "/api/job/stopJobs", body).replace("stopJobs", "submitJob"), body),
        (url[:-8] + "AAAAAAAA", body),
        (url.partition("&signature=")[0] + "&signature=%25FF", body),
    ]
    assert [error(place.send("POST", url, body).json()) for url, body in changed] == [1200] * len(changed)
    assert place.send("POST", url, body).json()["ret_code"] == 0


def test_a_signature_that_is_encoded_once_gets_a_hint(place: Place) -> None:
    head, _, signature = place.url("GET", LIST).partition("&signature=")
    answer = place.send("GET", f"{head}&signature={unquote(signature)}").json()
    assert error(answer) == 1200
    assert "twice" in answer["message"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda url: url.replace("access_key_id", "access_key"), 1100),
        (lambda url: url.replace("&signature=", "&sig="), 1100),
        (lambda url: url.replace("timestamp=", "time_stamp="), 1100),
        (lambda url: url.replace("&version=1", "&version=2"), 1101),
        (lambda url: url.replace("HmacSHA256", "HmacSHA1"), 1101),
        (lambda url: url + "&version=1", 1101),
        (lambda url: url.partition("?")[0], 1100),
        (lambda url: url + "&x=%FF", 1100),
        (lambda url: url + "&x=y" * 100, 1100),
    ],
)
def test_the_query_must_be_complete_and_clear(place: Place, change: object, code: int) -> None:
    assert callable(change)
    assert error(place.send("GET", change(place.url("GET", LIST))).json()) == code


def test_a_timestamp_of_another_form_is_refused_even_if_it_is_signed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("support.gateway_client.timestamp_of", lambda moment: "2026-11-23 12:00:00")
    assert error(place.get(LIST)) == 1100


@pytest.mark.parametrize(("seconds", "code"), [(-61, 1300), (-60, 0), (60, 0), (61, 1300)])
def test_a_timestamp_holds_for_sixty_seconds_both_ways(place: Place, seconds: int, code: int) -> None:
    url = place.url("GET", LIST, at=place.now + timedelta(seconds=seconds))
    assert place.send("GET", url).json()["ret_code"] == code
    assert place.post(SUBMIT, BODY, at=place.now + timedelta(seconds=seconds))["ret_code"] == code


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example:8888"}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Host": "[::2]:8888"}, 421),
        ({"Origin": "http://127.0.0.1:8888"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "same-origin"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Type": ""}, 415),
    ],
)
def test_no_web_page_can_call(place: Place, headers: dict[str, str], status: int) -> None:
    body = json.dumps(BODY).encode()
    url = place.url("POST", SUBMIT, body)
    response = place.send("POST", url, body, **headers)
    assert response.status_code == status
    error(response.json())
    assert place.target.submissions == 0
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1", "[::1]:8888", "[::1]"])
def test_names_of_this_machine(place: Place, host: str) -> None:
    assert place.send("GET", place.url("GET", LIST), Host=host).json()["ret_code"] == 0


def test_json_with_a_charset_is_json(place: Place) -> None:
    body = json.dumps(BODY).encode()
    response = place.send("POST", place.url("POST", SUBMIT, body), body, Content_Type="application/json; charset=utf-8")
    assert response.json()["ret_code"] == 0
    assert response.headers["content-type"] == "application/json"  # the vendor's SDK reads no other


def test_a_body_that_is_too_long_is_not_read_to_its_end(place: Place) -> None:
    body = b" " * 70_000
    response = place.send("POST", place.url("POST", SUBMIT, body), body)
    assert response.status_code == 413
    assert error(response.json()) == 1100


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", SUBMIT), ("POST", LIST), ("GET", "/"), ("GET", "/api/job/listAll"), ("DELETE", LIST), ("OPTIONS", SUBMIT),
     ("POST", "/api/job/submitJob/"), ("GET", "/api/job/jobdetail/a/b")],
)  # fmt: skip
def test_other_calls(place: Place, method: str, path: str) -> None:
    response = place.send(method, place.url(method, path))
    assert response.status_code in (404, 405)
    assert error(response.json()) == 1101


def test_calls_are_limited_for_each_key(tmp_path: Path) -> None:
    place = Place(tmp_path, Limits(calls=3))
    codes = [place.get(LIST)["ret_code"] for _ in range(3)]
    codes.append(place.post(SUBMIT, BODY)["ret_code"])
    codes.append(place.post("/api/job/stopJobs", {})["ret_code"])
    assert codes == [0, 0, 0, 2500, 2500]
    assert place.get(LIST, "SPECCTESTKEY00000002", OTHER_SECRET)["ret_code"] == 0


def test_calls_are_forgotten_after_a_while() -> None:
    now = 0.0
    rate = Rate(Limits(calls=2, per=10.0), lambda: now)
    assert [rate.takes("a"), rate.takes("a"), rate.takes("a"), rate.takes("b")] == [True, True, False, True]
    now = 10.0
    assert rate.takes("a")


def test_the_log_shows_no_query_no_body_and_no_whole_key(place: Place) -> None:
    place.submit(cmd_line="echo $PASSWORD")
    place.send("GET", "/api/job/jobdetail/a%0d%0aforged?signature=abc")
    text = "\n".join(place.lines)
    assert "POST /api/job/submitJob key=SPEC...0001 200 ret_code=0 " in text
    assert r"/api/job/jobdetail/a\r\nforged" in text
    for hidden in ("signature", SECRET, KEY, "PASSWORD", "\r"):
        assert hidden not in text


def test_a_world_that_breaks_is_an_internal_error(place: Place) -> None:
    place.store.close()
    answer = place.post(SUBMIT, BODY)
    assert answer == {"message": "internal error", "ret_code": 5000}
    assert place.lines[-2].startswith("error: the gateway's state ")


def test_a_bug_is_an_internal_error(place: Place) -> None:
    def fail(attempt: object) -> Outcome:
        raise ZeroDivisionError

    place.target.answer = fail
    body = json.dumps(BODY).encode()
    assert error(place.send("POST", place.url("POST", SUBMIT, body), body).json()) == 5000
    assert place.lines[-1].endswith("ret_code=5000 0ms")
