"""What becomes of one submission, whatever the server does."""

import contextlib
import json
import socket
import ssl
import struct
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.ehpc_server import (
    ACCEPTED,
    KEY,
    NOW,
    SECRET,
    Behaviour,
    Clock,
    Request,
    account,
    attempt,
    error,
    http,
    raw,
    serving,
)
from support.tables import each

from specc.targets import Accepted, NotSent, Outcome, Rejected, Unclear
from specc.targets.ehpc.ret_codes import MEANINGS, Verdict
from specc.targets.ehpc.signing import sign


def submit(*behaviours: Behaviour, **fields: object) -> Outcome:
    with serving(*behaviours) as server:
        return account(server.url).submit(attempt(**fields))


def reset(connection: socket.socket, request: Request | None = None) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_a_submission_is_one_signed_request_with_the_bytes_that_the_digest_is_of() -> None:
    with serving(ACCEPTED) as server:
        target = account(server.url)
        made = attempt(name="作业 1", core_limit=4)
        outcome = target.submit(made)
    assert isinstance(outcome, Accepted)
    assert outcome.uuid == "hpcjob-bc2n5lyb"
    assert outcome.echoed["job_id"] == "1547554"
    (request,) = server.requests
    assert (request.method, request.path, request.body) == ("POST", "/api/job/submitJob", made.payload.canonical)
    assert request.headers["content-type"] == "application/json"
    assert set(request.asked) == {
        "access_key_id", "signature", "signature_method", "signature_version", "timestamp", "version",
    }  # fmt: skip
    query = {
        "access_key_id": KEY, "signature_method": "HmacSHA256", "signature_version": "1",
        "timestamp": "2026-11-23T12:00:00Z", "version": "1",
    }  # fmt: skip
    signature = sign("POST", "/api/job/submitJob", query, request.body, SECRET)
    twice = signature.replace("+", "%252B").replace("/", "%252F").replace("=", "%253D")
    assert request.asked["signature"] == twice


def test_a_tag_of_the_name_changes_what_is_sent_and_nothing_else() -> None:
    with serving(ACCEPTED) as server:
        account(server.url).submit(attempt(sent_name="job-0a1b2c3d"))
    (request,) = server.requests
    assert json.loads(request.body) == {**attempt().payload.body, "name": "job-0a1b2c3d"}


def test_each_submission_has_a_connection_of_its_own() -> None:
    with serving(ACCEPTED) as server:
        target = account(server.url)
        for number in range(3):
            target.submit(attempt(name=f"job {number}"))
        assert server.connections == 3


def test_a_body_is_never_signed_twice_with_one_timestamp() -> None:
    clock = Clock(NOW + timedelta(microseconds=250_000))
    with serving(ACCEPTED) as server:
        target = account(server.url, clock)
        for _ in range(3):
            target.submit(attempt())
        target.submit(attempt(name="another"))
        stamps = [request.asked["timestamp"] for request in server.requests]
    assert stamps == [f"2026-11-23T12%3A00%3A0{second}Z" for second in (0, 1, 2, 2)]
    assert clock.slept == [0.75, 1.0]


def test_a_clock_that_is_set_back_does_not_bring_a_timestamp_twice() -> None:
    clock = Clock()
    with serving(ACCEPTED) as server:
        target = account(server.url, clock)
        target.submit(attempt())
        clock.now = NOW - timedelta(seconds=1)
        target.submit(attempt())
        target.submit(attempt())
        stamps = {request.asked["timestamp"] for request in server.requests}
    assert len(stamps) == 3
    assert sum(clock.slept) < 5


GARBLED = {
    "no JSON": http("<html>ok</html>", Content_Type="text/html"),
    "no answer at all": http(""),
    "a list": http("[0]"),
    "null": http("null"),
    "NaN": http('{"ret_code": 0, "hpcjob_uuid": "hpcjob-1", "x": NaN}'),
    "a key twice": http('{"ret_code": 1400, "ret_code": 0, "hpcjob_uuid": "hpcjob-1"}'),
    "deeply nested": http("[" * 100_000),
    "a number of many digits": http('{"ret_code": ' + "9" * 5000 + "}"),
    "not UTF-8": http(b'{"ret_code": 0, "hpcjob_uuid": "\xff"}'),
    "a code that is a text": http({"ret_code": "0", "hpcjob_uuid": "hpcjob-1"}),
    "a code that is true": http({"ret_code": True, "hpcjob_uuid": "hpcjob-1"}),
    "a code that is a fraction": http('{"ret_code": 0.0, "hpcjob_uuid": "hpcjob-1"}'),
    "no code": http({"hpcjob_uuid": "hpcjob-1"}),
    "no uuid": http({"ret_code": 0}),
    "an empty uuid": http({"ret_code": 0, "hpcjob_uuid": " "}),
    "a uuid with half a character": http('{"ret_code": 0, "hpcjob_uuid": "hpcjob-\\ud800x"}'),
    "a uuid with control characters": http({"ret_code": 0, "hpcjob_uuid": "hpcjob-\0\x1b[2J"}),
    "a uuid of several lines": http({"ret_code": 0, "hpcjob_uuid": "hpcjob-1\n"}),
    "a uuid that is a path": http({"ret_code": 0, "hpcjob_uuid": "../hpcjob-1"}),
    "a uuid without an end": http({"ret_code": 0, "hpcjob_uuid": "h" * 100_000}),
    "a uuid that is a number": http({"ret_code": 0, "hpcjob_uuid": 7}),
    "an undocumented code": error(7777),
    "a negative code": error(-1),
    "an internal error": error(5000, "ERR_MSG_FAILED"),
    "half a body": raw(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"ret_code": 0, '),
    "half a body without a length": raw(b'HTTP/1.1 200 OK\r\n\r\n{"ret_code": 0, "hpcjob_uuid": "hpcj'),
    "half a header": raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "no HTTP": raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "a chunk that breaks off": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"),
    "an answer that is too long": http(b'{"ret_code": 0, "hpcjob_uuid": "h", "x": "' + b"a" * (1 << 20) + b'"}'),
    "a compressed answer": http(b"\x1f\x8b\x08\x00", Content_Encoding="gzip"),
    "the connection closed": lambda connection, request: None,
    "the connection reset": reset,
    "silence": lambda connection, request: time.sleep(0.6),
    **{
        f"HTTP {status}": http("busy", status)
        for status in (302, 303, 400, 402, 403, 406, 408, 409, 425, 500, 501, 502, 503, 504, 204)
    },
}


@each("behaviour", GARBLED.values())
def test_what_is_doubtful_after_bytes_went_out_is_unclear(behaviour: Behaviour) -> None:
    outcome = submit(behaviour)
    assert isinstance(outcome, Unclear), outcome
    assert outcome.reason
    assert outcome.reason.isprintable()
    assert len(outcome.reason) < 500
    assert SECRET not in outcome.reason
    assert "signature" not in outcome.reason


def test_what_an_answer_says_can_be_written_down() -> None:
    odd = '"x\\ud800": [{"y": "\\udfff \\ud83d\\ude00"}, 1], "job_status": null'
    body = '{"ret_code": 0, "hpcjob_uuid": "hpcjob-1", ' + odd + "}"
    outcome = submit(http(body))
    assert outcome == Accepted(
        "hpcjob-1",
        {"ret_code": 0, "hpcjob_uuid": "hpcjob-1", "x\ufffd": [{"y": "\ufffd \U0001f600"}, 1], "job_status": None},
    )
    outcome = submit(http('{"ret_code": 1400, "message": "no \\ud800 \\u0000 core_limit"}'), core_limit=1)
    assert isinstance(outcome, Rejected)
    assert f"{outcome.message}{outcome.fields}".encode()


def drip(head: bytes) -> Behaviour:
    def slowly(connection: socket.socket, request: Request) -> None:
        for byte in head:
            connection.sendall(bytes([byte]))
            time.sleep(0.1)

    return slowly


@each("head", [b"HTTP/1.1 200 OK\r\nX: " + b"a" * 60, b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 60])
def test_a_server_that_drips_bytes_does_not_hold_the_call_for_ever(head: bytes) -> None:
    outcome = submit(drip(head))
    assert isinstance(outcome, Unclear)
    assert outcome.reason == "no answer within 0.8 seconds"


def test_a_refused_connection_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    outcome = account(f"http://127.0.0.1:{port}/api").submit(attempt())
    assert outcome == NotSent("the server cannot be reached: connection refused")


def test_a_name_that_does_not_resolve_sent_nothing() -> None:
    outcome = account("http://specc.invalid/api").submit(attempt())
    assert isinstance(outcome, NotSent)
    assert outcome.reason.startswith("the server cannot be reached: ")


def test_a_server_that_does_not_speak_tls_gets_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = account(f"https://127.0.0.1:{silent.getsockname()[1]}/api").submit(attempt())
    assert isinstance(outcome, NotSent)


def test_a_certificate_that_cannot_be_verified_gets_nothing_and_is_not_tried_again(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", key,
         "-out", certificate], check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    received: list[bytes] = []

    def answer(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            received.append(context.wrap_socket(connection, server_side=True).recv(100))

    with socket.create_server(("localhost", 0)) as listening:
        thread = threading.Thread(target=answer, args=[listening])
        thread.start()
        outcome = account(f"https://localhost:{listening.getsockname()[1]}/api").submit(attempt())
        thread.join()
    assert isinstance(outcome, Rejected)
    assert outcome.code == "certificate"
    assert outcome.message == "the server cannot be reached: self-signed certificate"
    assert b"".join(received) == b""


WELL_FORMED = {code: meaning for code, meaning in MEANINGS.items() if code != 5000}


@each("status", [200, 400, 408, 429, 500, 503])
@each("code", [1100, 1300, 5100, 0])
def test_the_code_decides_and_not_the_http_status(code: int, status: int) -> None:
    job = {"hpcjob_uuid": "hpcjob-1"} if code == 0 else {}
    outcome = submit(http({"ret_code": code, **job}, status))
    expected = {0: Accepted, 1100: Rejected, 1300: NotSent, 5100: NotSent}[code]
    assert isinstance(outcome, expected)


@each("code", WELL_FORMED)
def test_every_documented_code_says_what_it_means_and_that_nothing_started(code: int) -> None:
    outcome = submit(error(code, "the server's words"))
    meaning = WELL_FORMED[code]
    text = f"{meaning.summary} (the server's words)"
    if meaning.verdict is Verdict.REJECTED:
        assert isinstance(outcome, Rejected)
        assert (outcome.code, outcome.message, outcome.help) == (str(code), text, meaning.help)
        assert outcome.help
    else:
        assert isinstance(outcome, NotSent)
        assert outcome.reason == f"{code}: {text}"


def test_every_code_of_the_documentation_is_listed() -> None:
    documented = {
        *(1100, 1101, 1200, 1300, 1400, 1500, 1510, 1520, 1600, 1610, 1620, 1630, 1640, 1650, 1660, 1661, 1662),
        *(2000, 2100, 2110, 2200, 2300, 2400, 2500, 3300, 4000, 4001, 4002, 4003, 4004, 4005),
        *(5000, 5100, 5200, 5300, 5400, 5500, 5600, 8000, 8001, 8002, 8003, 8004),
    }
    assert set(MEANINGS) == documented


def test_a_message_of_the_server_cannot_act_on_the_terminal() -> None:
    outcome = submit(error(1400, "no\x1b[2Jway\nout " + "x" * 5000))
    assert isinstance(outcome, Rejected)
    assert outcome.message.isprintable()
    assert len(outcome.message) < 500


@each(
    "message, fields",
    [
        ("parameter core_limit is too large", ["core_limit"]),
        ("`run_user` and `name` are wrong", ["run_user", "name"]),
        ("the name of the user is wrong", None),
        ("field zone is missing", ["zone"]),
        ("[zone] is missing", ["zone"]),
        ("core_limits and my-run_user", None),
        ("", None),
    ],
)
def test_the_fields_that_a_message_names(message: str, fields: list[str] | None) -> None:
    outcome = submit(error(1101, message), core_limit=4)
    assert isinstance(outcome, Rejected)
    found = None if outcome.fields is None else sorted(outcome.fields)
    assert found == (sorted(fields) if fields else None)


def test_try_later_says_when() -> None:
    assert submit(error(5100, "", 503, Retry_After="7")) == NotSent("5100: the server is busy", retry_after=7.0)
    date = {"Date": "Mon, 23 Nov 2026 12:00:00 GMT", "Retry_After": "Mon, 23 Nov 2026 12:00:30 GMT"}
    assert submit(error(5300, "", 503, **date)) == NotSent("5300: the service is being updated", retry_after=30.0)
    for odd in ("soon", "-1", "1e3"):
        outcome = submit(http({"ret_code": 5100}, 503, Retry_After=odd))
        assert isinstance(outcome, NotSent)
        assert outcome.retry_after is None


def test_an_expired_signature_is_made_anew_with_the_servers_time() -> None:
    ahead = "Mon, 23 Nov 2026 12:10:00 GMT"
    with serving(error(1300, Date=ahead), ACCEPTED) as server:
        target = account(server.url)
        first = target.submit(attempt())
        second = target.submit(attempt())
        stamps = [request.asked["timestamp"] for request in server.requests]
    assert first == NotSent(
        "1300: the request's timestamp is not within 60 seconds of the server's clock",
        resign=True,
        server_time=datetime(2026, 11, 23, 12, 10, tzinfo=UTC),
    )
    assert isinstance(second, Accepted)
    assert stamps == ["2026-11-23T12%3A00%3A00Z", "2026-11-23T12%3A10%3A00Z"]


@each("date", [{}, {"Date": "yesterday"}])
def test_without_the_servers_time_it_is_only_signed_anew(date: dict[str, str]) -> None:
    with serving(error(1300, **date), ACCEPTED) as server:
        target = account(server.url)
        outcome = target.submit(attempt())
        assert isinstance(outcome, NotSent)
        assert (outcome.resign, outcome.server_time) == (True, None)
        assert isinstance(target.submit(attempt()), Accepted)


@each(
    "date",
    [
        "Mon, 01 Jan 2024 00:00:00 +99999999999999999",
        "Mon, 01 Jan 2024 00:00:00 +9999",
        "01 Jan 99999999999",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "32 Feb",
        ",",
    ],
)
def test_a_date_that_is_none_spoils_no_answer(date: str) -> None:
    answer = {"ret_code": 0, "hpcjob_uuid": "hpcjob-1"}
    assert isinstance(submit(http(answer, Date=date, Retry_After=date)), Accepted)
    assert isinstance(submit(error(1300, Date=date, Retry_After=date)), NotSent)


@each("date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"])
def test_a_clock_that_must_be_wrong_is_not_signed_by(date: str) -> None:
    with serving(error(1300, Date=date), ACCEPTED) as server:
        target = account(server.url)
        outcome = target.submit(attempt())
        assert isinstance(outcome, Rejected)
        assert (outcome.code, outcome.is_general) == ("1300", True)
        assert outcome.message.endswith("Z: this machine's clock or the server's is wrong")
        assert isinstance(target.submit(attempt(name="another")), Accepted)
        assert server.requests[1].asked["timestamp"] == "2026-11-23T12%3A00%3A00Z"


def test_a_clock_that_was_wrong_once_is_not_remembered() -> None:
    with serving(ACCEPTED) as server:
        target = account(server.url, skew=timedelta(days=2_912_000))
        assert isinstance(target.submit(attempt()), Accepted)
        assert server.requests[0].asked["timestamp"] == "2026-11-23T12%3A00%3A00Z"


@each("status", [401, 404, 405, 407, 411, 413, 414, 415, 421, 431])
def test_what_is_said_before_a_request_is_handed_on_started_nothing(status: int) -> None:
    outcome = submit(http("<html>", status))
    assert isinstance(outcome, Rejected)
    assert outcome.code == f"http-{status}"
    assert "endpoint" in str(outcome.help)


def test_a_firewall_may_have_refused_the_answer() -> None:
    outcome = submit(http("<html>blocked", 403))
    assert isinstance(outcome, Unclear)
    assert "HTTP 403, and not JSON; a firewall refused the request, or the answer to it" in outcome.reason


@each("status", [301, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with serving(http("", status, Location="https://elsewhere.example/api?signature=abc")) as server:
        outcome = account(server.url).submit(attempt())
        assert len(server.requests) == 1
    assert isinstance(outcome, Rejected)
    assert outcome.message == "the endpoint has moved to https://elsewhere.example/api"


def test_too_many_requests_started_nothing() -> None:
    outcome = submit(http("slow down", 429, Retry_After="3"))
    assert outcome == NotSent("the answer is not the API's: HTTP 429, and not JSON", retry_after=3.0)


@each("field", ["zone", "cluster_id"])
def test_a_payload_for_another_place_is_not_sent(field: str) -> None:
    with serving(ACCEPTED) as server:
        target = account(server.url)
        made = attempt(**{field: "other"})
        outcome = target.submit(made)
        assert outcome == target.refuse(made.payload)
        assert server.requests == []
    assert isinstance(outcome, Rejected)
    assert list(outcome.fields or {}) == [field]
    assert outcome.message.startswith(f"`{field}` is `other`, and the target `prod` says ")


def test_a_target_without_a_place_takes_any() -> None:
    assert account("http://127.0.0.1:1/api", job={}).refuse(attempt(zone="anywhere").payload) is None


def test_a_full_queue_of_specc_serve_is_not_yet() -> None:
    """The cloud's own 5100 is busy for a moment, and is tried again at once."""
    full = submit(error(5100, "4 jobs of this key wait or run, and of all keys 9; try again when some have ended"))
    assert isinstance(full, NotSent)
    assert full.is_full
    busy = submit(error(5100, "busy"))
    assert isinstance(busy, NotSent)
    assert not busy.is_full
