"""Endpoints, credentials, and that neither gives anything away."""

import logging
import traceback
from pathlib import Path

import httpx
import pytest
from support.ehpc_server import ACCEPTED, KEY, QUICK, SECRET, Clock, account, attempt, http, serving
from support.tables import each

from specc.errors import SpeccError
from specc.targets import Accepted, NotSent
from specc.targets.ehpc.account import Endpoint, identity_of
from specc.targets.ehpc.client import client_opener
from specc.targets.ehpc.credentials import Credentials, read_credentials


@each(
    "url, origin, path",
    [
        ("https://hpc-api.qingcloud.com/api", "https://hpc-api.qingcloud.com", "/api"),
        ("https://hpc-api.qingcloud.com:443/api/", "https://hpc-api.qingcloud.com", "/api"),
        ("http://127.0.0.1:8888/api", "http://127.0.0.1:8888", "/api"),
        ("http://[::1]:8888", "http://[::1]:8888", ""),
        ("https://HOST.example/a/b", "https://host.example", "/a/b"),
    ],
)
def test_endpoints(url: str, origin: str, path: str) -> None:
    endpoint = Endpoint.parse(url)
    assert (endpoint.origin, endpoint.path) == (origin, path)


@each(
    "url",
    ["", "hpc-api.qingcloud.com/api", "ftp://x/api", "https://", "https://x:port/api", "https://x/api?a=b", "https://x/#f",
     "https://[::1/api", "https://x\x00y/", f"https://{'x' * 70}.example/api", f"https://{'é' * 70}/api", "https://a..b/api"],
)  # fmt: skip
def test_what_is_no_endpoint(url: str) -> None:
    with pytest.raises(SpeccError, match="is not a web address"):
        Endpoint.parse(url)


def test_an_endpoint_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(SpeccError) as caught:
        Endpoint.parse("https://user:hunter2@x/api")
    assert "hunter2" not in f"{caught.value.message}{caught.value.help}"


@each(
    "url, is_open",
    [("https://x/api", False), ("http://localhost:1/api", False), ("http://127.0.0.2/api", False),
     ("http://[::1]/api", False), ("http://192.168.100.10:8888/api", True), ("http://x/api", True)],
)  # fmt: skip
def test_plain_http_over_a_network_is_warned_of(url: str, is_open: bool) -> None:
    warnings = account(url).warnings
    assert bool(warnings) is is_open
    assert Endpoint.parse(url).is_open_to_eavesdroppers is is_open


def test_the_identity_names_the_account_and_hides_most_of_the_key() -> None:
    endpoint = Endpoint.parse("https://hpc-api.qingcloud.com/api")
    one = identity_of(endpoint, KEY, {})
    two = [identity_of(endpoint, KEY, {"zone": "z", "cluster_id": c, "run_user": "u"}) for c in "ab"]
    assert two == [f"{one}@z/a", f"{one}@z/b"]
    assert one.startswith("ehpc:hpc-api.qingcloud.com/api:QYAC...MPLE:")
    assert account("https://hpc-api.qingcloud.com/api").identity == f"{one}@jn1a/ehpc-1"
    assert KEY not in one
    assert identity_of(endpoint, "QYAC" + "X" * 12 + "MPLE", {}) != one
    assert identity_of(Endpoint.parse("https://hpc.api.qingcloud.com/api"), KEY, {}) != one
    assert "short" not in identity_of(endpoint, "short", {})


def write(home: Path, text: str, mode: int = 0o600) -> None:
    path = home / ".qingcloud" / "config.yaml"
    path.parent.mkdir()
    path.write_bytes(text.encode())
    path.chmod(mode)


def test_credentials_of_the_environment_win(tmp_path: Path) -> None:
    write(tmp_path, "qy_access_key_id: file\nqy_secret_access_key: file\n")
    found = read_credentials({"QY_ACCESS_KEY_ID": KEY, "QY_SECRET_ACCESS_KEY": f"{SECRET}\n"}, tmp_path)
    assert (found.access_key_id, found.secret, found.zone, found.warning) == (KEY, SECRET, None, None)


def test_credentials_of_the_vendors_file(tmp_path: Path) -> None:
    write(tmp_path, f"# mine\nqy_access_key_id: '{KEY}'\nqy_secret_access_key: 0123\nzone: jn1a\nhost: x\n")
    found = read_credentials({}, tmp_path)
    assert (found.access_key_id, found.secret, found.zone, found.warning) == (KEY, "0123", "jn1a", None)


def test_a_file_that_others_can_read_is_warned_of(tmp_path: Path) -> None:
    write(tmp_path, f"qy_access_key_id: {KEY}\nqy_secret_access_key: {SECRET}\n", 0o644)
    warning = read_credentials({}, tmp_path).warning
    assert warning is not None
    assert "chmod 600" in warning


def test_the_zone_of_the_file_is_used_where_the_target_says_none() -> None:
    with serving(http({"ret_code": 2100})) as server:
        account(server.url, job={}, zone="jn1a").status(["a"])
        assert server.requests[0].asked["zone"] == "jn1a"


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "there are no credentials for the EHPC API"),
        ({"QY_ACCESS_KEY_ID": KEY}, "`QY_ACCESS_KEY_ID` is set and `QY_SECRET_ACCESS_KEY` is not"),
        ({"QY_SECRET_ACCESS_KEY": SECRET}, "`QY_SECRET_ACCESS_KEY` is set and `QY_ACCESS_KEY_ID` is not"),
        ({"QY_ACCESS_KEY_ID": KEY, "QY_SECRET_ACCESS_KEY": "a b"}, "the secret access key of the environment holds"),
    ],
)
def test_no_credentials(tmp_path: Path, environment: dict[str, str], message: str) -> None:
    with pytest.raises(SpeccError, match=message) as caught:
        read_credentials(environment, tmp_path)
    assert caught.value.help
    assert SECRET not in f"{caught.value.message}{caught.value.help}"


@pytest.mark.parametrize(
    "text",
    [
        f"qy_access_key_id: {KEY}\n",
        f"qy_secret_access_key: {SECRET}\n",
        f"qy_access_key_id: {KEY}\nqy_secret_access_key: [{SECRET}]\n",
        f"qy_access_key_id: {KEY}\nqy_secret_access_key: \n",
        f"qy_secret_access_key: '{SECRET}\n",
        f"qy_secret_access_key: !!python/object:os.system {SECRET}\n",
        f"qy_access_key_id: {KEY}\nqy_secret_access_key: {SECRET}\nqy_secret_access_key: {SECRET}\n",
        f"- {SECRET}\n",
        f"{SECRET}\udcff",
        f"# {SECRET}\n" + "#" * 70_000,
        "",
    ],
)
def test_a_file_that_is_no_use_does_not_show_what_it_holds(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".qingcloud" / "config.yaml"
    path.parent.mkdir()
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(SpeccError) as caught:
        read_credentials({}, tmp_path)
    assert SECRET not in "".join(traceback.format_exception(caught.value)) + str(caught.value.help)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / ".qingcloud" / "config.yaml").mkdir(parents=True)
    with pytest.raises(SpeccError, match="is not a regular file"):
        read_credentials({}, tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(SpeccError, match="cannot read"):
        read_credentials({}, tmp_path / "file")


def test_a_secret_is_not_shown_by_what_holds_it() -> None:
    assert SECRET not in repr(Credentials(KEY, SECRET))


def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with serving(ACCEPTED) as server:
        account(server.url).submit(attempt())
    assert "signature" not in caplog.text
    assert SECRET not in caplog.text


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(ACCEPTED) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("http_proxy", raising=False)
        monkeypatch.setenv("NO_PROXY", "")
        outcome = account("http://specc.invalid/api", open_client=client_opener(QUICK)).submit(attempt())
        assert isinstance(outcome, Accepted)
        assert proxy.requests[0].target.startswith("http://specc.invalid/api/job/submitJob?")


def test_a_proxy_that_does_not_connect_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(http("no", 403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("https_proxy", raising=False)
        monkeypatch.setenv("NO_PROXY", "")
        outcome = account("https://specc.invalid/api", open_client=client_opener(QUICK)).submit(attempt())
        assert proxy.requests[0].method == "CONNECT"
    assert outcome == NotSent("the proxy does not connect to the server")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks9://x:1"),
        ("HTTPS_PROXY", "http://x:port"),
        ("HTTP_PROXY", f"http://{'x' * 70}:1"),
        ("SSL_CERT_FILE", "/dev/null"),
    ],
)
def test_an_environment_that_is_no_use(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SpeccError, match="the environment's certificates or proxies cannot be used") as caught:
        client_opener()
    assert name in str(caught.value.help)


def test_timestamps_are_remembered_only_as_long_as_they_matter() -> None:
    clock = Clock()
    with serving(ACCEPTED) as server:
        target = account(server.url, clock)
        for number in range(20):
            clock.sleep(60)
            target.submit(attempt(name=f"job {number}"))
    assert len(target._client._signed) < 8


def test_other_errors_of_the_library_are_outcomes_too() -> None:
    class Odd(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.LocalProtocolError(f"odd {request.url}")

    target = account("http://x/api", open_client=lambda: httpx.Client(transport=Odd()))
    assert str(target.submit(attempt())) == "Unclear(reason='the request failed (LocalProtocolError)')"
