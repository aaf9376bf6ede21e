"""Signatures against the vendor's documented value, and against the vendor's own SDK."""

import base64
import contextlib
import hashlib
import hmac
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

from qingcloud_hpc.sdk_api.hpc import Hpc
from support.tables import each

from specc.targets.ehpc.signing import moment_of, on_the_wire, sign, signed_query, string_to_sign, timestamp_of

FILE = json.loads(Path(__file__).with_name("signature_vectors.json").read_text(encoding="utf-8"))
SECRET, VECTORS = FILE["secret"], FILE["vectors"]


def parts(vector: dict) -> tuple[str, str, dict[str, str], bytes]:
    method, path, query, _ = vector["string_to_sign"].split("\n")
    return method, path.rstrip("/"), dict(parse_qsl(query)), vector["body"].encode()


@each("vector", VECTORS)
def test_the_vectors(vector: dict) -> None:
    method, path, query, body = parts(vector)
    assert hashlib.md5(body).hexdigest() == vector["body_md5"]
    assert string_to_sign(method, path, query, body) == vector["string_to_sign"]
    signature = sign(method, path, query, body, SECRET)
    assert signature == vector["base64"]
    assert on_the_wire(signature) == vector["wire"]


@each("vector", VECTORS)
def test_the_query_of_a_request_is_what_was_signed_and_the_signature(vector: dict) -> None:
    method, path, query, body = parts(vector)
    own = {name: value for name, value in query.items() if name == "zone"}
    wire = signed_query(method, path, own, body, query["access_key_id"], SECRET, query["timestamp"])
    assert wire == f"{vector['string_to_sign'].splitlines()[2]}&signature={vector['wire']}"


def sdk_request(**fields: object) -> object:
    """The request that the vendor's SDK makes of a submission, ready to be sent."""
    config = SimpleNamespace(
        protocol="http", host="127.0.0.1", port=8888, connection_retries=0, timeout=1, zone="jn1a",
        qy_access_key_id="QYACCESSKEYIDEXAMPLE", qy_secret_access_key=SECRET,
    )  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):  # the SDK prints what it signs
        return Hpc(config).submit_job_request(timestamp="2021-08-19T16:44:40Z", **fields).sign()


@each("name", ["job", "作业 1", 'quote " and \\ and %', "a/b+c&d=e"])
def test_the_vendors_sdk_signs_the_same(name: str) -> None:
    request = sdk_request(cluster_id="ehpc-1", zone="jn1a", run_user="u", name=name, cmd_line="sleep 600")
    url = urlsplit(request.url)
    body = request.body.encode() if isinstance(request.body, str) else request.body
    wire = signed_query("POST", url.path, {}, body, "QYACCESSKEYIDEXAMPLE", SECRET, "2021-08-19T16:44:40Z")
    assert sorted(url.query.split("&")) == sorted(wire.split("&"))
    assert json.loads(body)["zone"] == "jn1a"


def test_every_part_is_signed() -> None:
    query = {"a": "1", "b": "x y/z"}
    whole = sign("POST", "/api/job/submitJob", query, b"{}", SECRET)
    others = [
        sign("GET", "/api/job/submitJob", query, b"{}", SECRET),
        sign("POST", "/api/job/stopJobs", query, b"{}", SECRET),
        sign("POST", "/api/job/submitJob", {**query, "a": "2"}, b"{}", SECRET),
        sign("POST", "/api/job/submitJob", query, b"{ }", SECRET),
        sign("POST", "/api/job/submitJob", query, b"{}", SECRET + "x"),
    ]
    assert whole not in others
    assert len(base64.b64decode(whole)) == hmac.new(b"", digestmod="sha256").digest_size


def test_a_space_is_percent_20_and_a_slash_stays() -> None:
    text = string_to_sign("GET", "/api/job/list", {"search_word": "a b/c+d", "limit": "10"}, b"")
    assert text.splitlines()[2] == "limit=10&search_word=a%20b/c%2Bd"


def test_timestamps_are_utc_and_of_one_form() -> None:
    moment = datetime(2021, 8, 19, 16, 44, 40, tzinfo=UTC)
    assert timestamp_of(moment) == "2021-08-19T16:44:40Z"
    assert moment_of("2021-08-19T16:44:40Z") == moment
    for other in (
        "2021-08-19T16:44:40",
        "2021-8-19T16:44:40Z",
        "2021-08-19 16:44:40Z",
        "now",
        "",
        "2021-02-30T00:00:00Z",
    ):
        assert moment_of(other) is None
