"""Answers that name a job, or may, and do not say what became of it in the documented form: nobody knows."""

import gzip
import json
import zlib

import pytest
from support.ehpc_server import Behaviour, Server, account, attempt, error, http, raw, serving
from support.projects import Place
from support.tables import each

from specc.targets import Accepted, NotSent, Outcome, Rejected, Unclear

STATUSES = (200, 201, 301, 308, 400, 401, 403, 404, 405, 407, 409, 411, 413, 414, 415, 421, 429, 431, 500, 502, 503)
"""All that are believed of a web server or proxy are among them."""

JOB = "hpcjob-1"
ODD_CODES = ('"0"', '"1400"', '""', "0.0", "-0.0", "1e0", "true", "false", "null", "[]", "[0]", "{}", '{"code": 0}')
UNDOCUMENTED = ("1", "-1", "200", "7777", "429", "9" * 4000)


def submit(*behaviours: Behaviour) -> Outcome:
    with serving(*behaviours) as server:
        return account(server.url).submit(attempt())


def assert_unknown(outcome: Outcome) -> None:
    assert isinstance(outcome, Unclear), outcome
    assert outcome.reason.isprintable()
    assert len(outcome.reason) < 700


@each("status", STATUSES)
@pytest.mark.slow
def test_an_odd_code_beside_a_job_is_unknown_whatever_the_status(status: int) -> None:
    bodies = [f'{{"ret_code": {code}, "hpcjob_uuid": "{JOB}"}}' for code in (*ODD_CODES, *UNDOCUMENTED)]
    bodies.append(json.dumps({"hpcjob_uuid": JOB, "job_status": "pending"}))
    with serving(*(http(body, status) for body in bodies)) as server:
        target = account(server.url)
        outcomes = [target.submit(attempt(name=str(number))) for number in range(len(bodies))]
    for outcome in outcomes:
        assert_unknown(outcome)
        assert JOB in outcome.reason


FULL = json.dumps({"ret_code": 0, "hpcjob_uuid": JOB})
FORMS: dict[str, bytes] = {
    "a code twice": b'{"ret_code": 1400, "ret_code": 0, "hpcjob_uuid": "hpcjob-1"}',
    "a job twice": b'{"ret_code": "0", "hpcjob_uuid": "hpcjob-1", "hpcjob_uuid": "hpcjob-2"}',
    "more digits than Python reads": b'{"ret_code": ' + b"9" * 5000 + b', "hpcjob_uuid": "hpcjob-1"}',
    "inside another object": b'{"data": {"ret_code": 0, "hpcjob_uuid": "hpcjob-1"}}',
    "inside a list": b'[{"ret_code": 0, "hpcjob_uuid": "hpcjob-1"}]',
    "as a text": json.dumps(FULL).encode(),
    "an uuid that is a number": b'{"ret_code": "0", "hpcjob_uuid": 17}',
    "names in capitals": b'{"RET_CODE": 0, "HpcJob_UUID": "hpcjob-1"}',
    "names without an underline": b'{"retCode": 0, "jobUuid": "hpcjob-1"}',
    "names escaped": rb'{"\u0072et_code": "0", "\u0068pcjob_uuid": "hpcjob-1"}',
    "nothing but a code": b'{"ret_code": "0"}',
    "nothing but a number": b'{"job_id": "1547554"}',
    "a mark at its beginning": b"\xef\xbb\xbf" + FULL.encode(),
    "in UTF-16": FULL.encode("utf-16"),
    "in UTF-32": FULL.encode("utf-32"),
    "not UTF-8": b'{"ret_code": 0, "hpcjob_uuid": "hpcjob-1", "message": "\xe9"}',
    "compressed": gzip.compress(FULL.encode()),
    "compressed in another way": zlib.compress(FULL.encode()),
    "two answers": (FULL + FULL).encode(),
    "half an answer": FULL[:-4].encode(),
    "behind a guard": b")]}'\n" + FULL.encode(),
    "as a call": b"callback(" + FULL.encode() + b")",
    "in a page": b"<html><pre>" + FULL.encode() + b"</pre></html>",
    "as XML": b"<answer><ret_code>0</ret_code><hpcjob_uuid>hpcjob-1</hpcjob_uuid></answer>",
    "as a form": b"ret_code=0&hpcjob_uuid=hpcjob-1",
    "with a line break in a text": b'{"ret_code": "0", "message": "a\nb", "hpcjob_uuid": "hpcjob-1"}',
    "with NaN": b'{"ret_code": NaN, "hpcjob_uuid": "hpcjob-1"}',
    "deeply nested": b"[" * 100_000 + FULL.encode(),
}


@each("status", [200, 301, 401, 404, 413, 429])
def test_an_answer_of_another_form_is_unknown_whatever_the_status(status: int) -> None:
    with serving(*(http(body, status) for body in FORMS.values())) as server:
        target = account(server.url)
        outcomes = {form: target.submit(attempt(name=form)) for form in FORMS}
    for form, outcome in outcomes.items():
        assert isinstance(outcome, Unclear), (form, outcome)
        assert_unknown(outcome)


@each("status", [200, 404, 429])
@each("code", [1100, 1300, 1400, 2110, 5100, 5300])
def test_a_refusal_that_names_a_job_contradicts_itself(code: int, status: int) -> None:
    for body in ({"hpcjob_uuid": JOB}, {"data": {"hpcjob_uuid": JOB}}, {"hpc_job_set": [{"hpcjob_uuid": JOB}]}):
        outcome = submit(http({"ret_code": code, **body}, status, Date="Mon, 23 Nov 2026 12:10:00 GMT"))
        assert_unknown(outcome)
        assert f"names the job {JOB}" in outcome.reason


@each("empty", [None, "", " ", [], {}, False])
def test_a_refusal_with_an_empty_uuid_is_one(empty: object) -> None:
    assert isinstance(submit(http({"ret_code": 1400, "hpcjob_uuid": empty})), Rejected)


def test_a_clock_that_must_be_wrong_does_not_make_a_refusal_of_a_doubtful_answer() -> None:
    outcome = submit(http({"ret_code": 1300, "hpcjob_uuid": JOB}, Date="Fri, 31 Dec 9999 23:59:59 GMT"))
    assert_unknown(outcome)


@each("status", [404, 405, 413])
@each(
    "body",
    [
        b"",
        b'{"message": "Not Found"}',
        b'{"detail": "Method Not Allowed"}',
        b"<html>\r\n<h1>404 Not Found: /api/job/submitJob</h1>\t</html>\r\n",
        "未找到".encode("gb18030"),
        b"null",
    ],
)
def test_the_page_of_a_web_server_is_still_believed(status: int, body: bytes) -> None:
    assert isinstance(submit(http(body, status)), Rejected)


HEADS = {
    "only the first head": b"HTTP/1.1 100 Continue\r\n\r\n",
    "a change of the protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "two lengths": b"HTTP/1.1 404 X\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n<html>",
    "a length below zero": b"HTTP/1.1 404 X\r\nContent-Length: -1\r\n\r\n<html>",
    "a length that is too long": b"HTTP/1.1 404 X\r\nContent-Length: 600\r\n\r\n<html>",
    "chunks without end": b"HTTP/1.1 404 X\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<html>\r\n",
    "chunks that are none": b"HTTP/1.1 429 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<html>\r\n0\r\n\r\n",
    "an unknown coding": b"HTTP/1.1 404 X\r\nTransfer-Encoding: gzip\r\n\r\n<html>",
    "a folded head": b"HTTP/1.1 404 X\r\nA: b\r\n c\r\n\0: d\r\n\r\n<html>",
    "a status of four digits": b"HTTP/1.1 4040 X\r\n\r\n<html>",
    "a status of words": b"HTTP/1.1 no X\r\n\r\n<html>",
}


@each("head", HEADS.values())
def test_a_head_that_is_none_is_unknown(head: bytes) -> None:
    assert_unknown(submit(raw(head)))


def test_heads_before_the_answer_are_passed_over() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: " + str(len(FULL)).encode() + b"\r\n\r\n" + FULL.encode()
    assert isinstance(submit(raw(early + answer)), Accepted)


class TestRetryAfter:
    @each("digits", ["1000000000", "9999999999", "1" * 30, "9" * 5000])
    def test_ten_digits_are_a_long_time(self, digits: str) -> None:
        outcome = submit(error(5100, "", 503, Retry_After=digits))
        assert isinstance(outcome, NotSent)
        assert outcome.retry_after == 1e9

    @each("text", ["-1", "-9999999999", "1e3", "7.5", "0x10", "inf", "soon", "7, 8", "٣", ""])
    def test_what_is_no_number_is_passed_over(self, text: str) -> None:
        outcome = submit(raw(f"HTTP/1.1 429 X\r\nRetry-After: {text}\r\nContent-Length: 0\r\n\r\n".encode()))
        assert isinstance(outcome, NotSent)
        assert outcome.retry_after is None

    @each(
        "date, seconds",
        [
            ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),  # the client's clock stands at 12:00:00
            ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 1e9),
        ],
    )
    def test_a_date_counts_from_now_where_the_server_says_no_date(self, date: str, seconds: float) -> None:
        outcome = submit(http("", 429, Retry_After=date))
        assert isinstance(outcome, NotSent)
        assert outcome.retry_after == seconds


@pytest.fixture
def cloud(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.setenv("QY_ACCESS_KEY_ID", "KEYKEYKEYKEY")
    monkeypatch.setenv("QY_SECRET_ACCESS_KEY", "s3cr3t")
    monkeypatch.delenv("CI", raising=False)
    return place


def serve(place: Place, server: Server) -> None:
    path = place.root / "specc.toml"
    path.write_text(path.read_text().replace('kind = "ehpc"', f'kind = "ehpc"\nendpoint = "{server.url}"'))


@pytest.mark.parametrize("status", [200, 401, 404, 413, 429])
def test_submit_never_sends_again_what_such_an_answer_is_about(cloud: Place, status: int) -> None:
    with serving(http({"ret_code": "0", "hpcjob_uuid": JOB}, status)) as server:
        serve(cloud, server)
        chosen = ("submit", "run.job.yaml", "--only", "mesh=fine", "--only", "seed=1")
        cloud.write(run=(cloud.root / "sweep.job.yaml").read_text())
        assert cloud.run(*chosen) == 4
        assert JOB in cloud.out
        assert cloud.run(*chosen) == 4
        assert cloud.run(*chosen, "--rerun", "--changed") == 4
        assert len([one for one in server.requests if one.method == "POST"]) == 1


def test_submit_does_not_wait_for_three_hundred_years(cloud: Place) -> None:
    with serving(http("slow down", 429, Retry_After="9999999999")) as server:
        serve(cloud, server)
        assert cloud.run("submit", "sweep.job.yaml", "--only", "mesh=fine", "--only", "seed=1") == 2
        assert "it asks for a pause of 1,000,000,000 s" in cloud.out
        assert len(server.requests) == 1
