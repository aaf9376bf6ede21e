"""A repository can name the host that gets signed requests, but only the user can trust it."""

import io
import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.ehpc_server import Server, http
from support.projects import Place

from specc.errors import SpeccError
from specc.targets.ehpc.account import origin_of

SETTINGS = """project = "demo"
target = "cloud"
[units]
time_limit = "min"
[targets.cloud]
kind = "ehpc"
endpoint = "{endpoint}"
job = {{zone = "z", cluster_id = "c", run_user = "u"}}
"""
JOB = "specc: 1\njob: {name: a, cmd_line: 'true', core_limit: 1}\n"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(*(http({"ret_code": 0, "hpcjob_uuid": f"hpcjob-{number}"}) for number in range(3)))
    yield server
    server.close()


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch, server: Server, tmp_path: Path) -> Place:
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    place.put("specc.toml", SETTINGS.format(endpoint=server.url).encode())
    place.write(a=JOB)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("QY_ACCESS_KEY_ID", "K" * 20)
    monkeypatch.setenv("QY_SECRET_ACCESS_KEY", "S" * 40)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("SPECC_TRUSTED_HOSTS", raising=False)
    return place


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("specc.cli.console.is_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))


def origin(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def trusted_file(place: Place) -> Path:
    return place.root / "state/specc/trusted-hosts"


def test_where_nobody_can_be_asked_a_new_host_gets_nothing(here: Place, server: Server) -> None:
    for arguments in (["submit"], ["submit", "--yes"], ["submit", "--yes", "--wait", "--output", "json"]):
        assert here.run(*arguments) == 2
        assert f"the target `cloud` is at {origin(server)}, a host that you have not trusted" in here.err
        assert f"run `specc trust {origin(server)}`" in here.err
        assert f"set `SPECC_TRUSTED_HOSTS={origin(server)}`" in here.err
    assert server.connections == 0


def test_every_command_that_would_ask_the_host_refuses(here: Place, server: Server) -> None:
    os.environ["SPECC_TRUSTED_HOSTS"] = origin(server)
    assert here.run("submit", "--yes") == 0, here.err
    del os.environ["SPECC_TRUSTED_HOSTS"]
    asked = server.connections
    for command in (
        *(["status"], ["wait", "--timeout", "1"], ["logs", "a"], ["cancel", "a", "--yes"]),
        *(["ledger", "resolve", "--yes"], ["submit", "--rerun", "--yes"], ["submit", "--state", "failed"]),
    ):
        here.run(*command)
        assert server.connections == asked, command
    here.run("status")
    assert f"`specc trust {origin(server)}`" in here.err


def test_looking_ahead_asks_nobody_and_says_where_it_would_go(here: Place, server: Server) -> None:
    assert here.run("plan") == 0, here.err
    assert f"the target `cloud` is at {server.url}" in here.err
    assert here.run("submit", "--dry-run") == 0
    assert server.connections == 0
    assert not trusted_file(here).exists()


def test_a_person_is_asked_once(here: Place, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_terminal(monkeypatch, "y\n")
    assert here.run("submit", "--yes") == 0, here.err
    assert f"{origin(server)}/api" in here.err
    assert f"Trust {origin(server)} from now on? [y/N]" in here.err
    assert trusted_file(here).read_text() == f"{origin(server)}\n"
    assert stat.S_IMODE(trusted_file(here).stat().st_mode) == 0o600
    assert stat.S_IMODE(trusted_file(here).parent.stat().st_mode) == 0o700
    on_a_terminal(monkeypatch, "")
    assert here.run("submit", "--rerun", "--yes") == 0, here.err
    assert "Trust" not in here.err


@pytest.mark.parametrize("answer", ["", "\n", "n\n", "no\n", "yess\n"])
def test_anything_but_yes_is_no(here: Place, server: Server, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    on_a_terminal(monkeypatch, answer)
    assert here.run("submit", "--yes") == 2
    assert server.connections == 0
    assert not trusted_file(here).exists()


def test_another_port_scheme_or_name_is_another_host(here: Place, server: Server) -> None:
    near = (
        *("http://127.0.0.1", f"http://127.0.0.1:{server.port + 1}", f"https://127.0.0.1:{server.port}"),
        *(f"http://localhost:{server.port}", "127.0.0.1", f"http://127.0.0.1.evil.example:{server.port}"),
    )
    os.environ["SPECC_TRUSTED_HOSTS"] = ",".join(near)
    try:
        assert here.run("submit", "--yes") == 2
        assert here.run("trust", *near) == 0
        assert here.run("submit", "--yes") == 2
        assert server.connections == 0
    finally:
        del os.environ["SPECC_TRUSTED_HOSTS"]


def test_the_command_trusts_lists_and_forgets(here: Place, server: Server) -> None:
    assert here.run("trust", server.url, "HPC.example.org") == 0
    assert here.run("trust") == 0
    assert [line.split("\t")[0] for line in here.out.splitlines()] == [
        *("https://hpc-api.qingcloud.com", "https://hpc.api.qingcloud.com", origin(server), "https://hpc.example.org")
    ]
    assert here.run("submit", "--yes") == 0, here.err
    assert here.run("trust", "--forget", server.url) == 0
    assert here.run("submit", "--rerun", "--yes") == 2
    assert here.run("trust", "--forget", server.url) == 2
    assert here.run("trust", "--forget") == 2


@pytest.mark.parametrize("text", ["", "a b", "https://", "ftp://a", "https://u:p@a", "https://a/?q", "evil.example:*"])
def test_what_cannot_be_trusted(here: Place, text: str) -> None:
    with pytest.raises(SpeccError, match="cannot be trusted"):
        origin_of(text)
    assert here.run("trust", text) == 2


def test_the_vendors_own_host_needs_no_word(here: Place, server: Server) -> None:
    assert origin_of("hpc-api.qingcloud.com") == "https://hpc-api.qingcloud.com"
    here.put("specc.toml", SETTINGS.format(endpoint="https://HPC-API.qingcloud.com:443/api").encode())
    assert here.run("plan") == 0, here.err
    assert "is at" not in here.err


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        ("https://hpc-apı.qingcloud.com/api", "https://xn--hpc-ap-u9a.qingcloud.com"),
        ("https://hpc-api.qingcloud.com.evil.example/api", "https://hpc-api.qingcloud.com.evil.example"),
        ("https://hpc-api.qingcloud.com:8443/api", "https://hpc-api.qingcloud.com:8443"),
        ("http://hpc-api.qingcloud.com/api", "http://hpc-api.qingcloud.com, without encryption"),
        ("https://hpc-api.qingcloud.com./api", "https://hpc-api.qingcloud.com."),
        ("http://[::1]:1/api", "http://[::1]:1"),
    ],
)
def test_hosts_that_look_like_the_vendors(here: Place, endpoint: str, shown: str) -> None:
    here.put("specc.toml", SETTINGS.format(endpoint=endpoint).encode())
    assert here.run("submit", "--yes") == 2
    assert f"the target `cloud` is at {shown}" in here.err


@pytest.mark.parametrize("endpoint", ["https://hpc-api.qingcloud.com@evil.example/api", "https://u:p@evil.example/api"])
def test_an_address_with_a_user_in_it(here: Place, endpoint: str) -> None:
    here.put("specc.toml", SETTINGS.format(endpoint=endpoint).encode())
    assert here.run("submit", "--yes") == 2
    assert "holds a user name or password" in here.err


def test_the_personal_settings_of_a_repository_are_no_consent(here: Place, server: Server) -> None:
    here.put("specc.local.toml", f'[targets.cloud]\nendpoint = "{server.url}"\n'.encode())
    assert here.run("submit", "--yes") == 2
    here.put("specc.local.toml", f'trusted_hosts = ["{origin(server)}"]\n'.encode())
    assert here.run("submit", "--yes") in (1, 2)
    assert server.connections == 0


def test_a_list_that_others_could_have_written_is_not_believed(here: Place, server: Server) -> None:
    assert here.run("trust", server.url) == 0
    trusted_file(here).chmod(0o666)
    assert here.run("submit", "--yes") == 2
    assert "can be written by" in here.err
    trusted_file(here).unlink()
    (here.root / "mine").write_text(f"{origin(server)}\n")
    trusted_file(here).symlink_to(here.root / "mine")
    here.run("submit", "--yes")
    trusted_file(here).unlink()
    trusted_file(here).write_bytes(b"\xff\xfe\n\0\n" + b"x" * 100_000)
    assert here.run("submit", "--yes") == 2
    assert "a host that you have not trusted" in here.err


def test_a_signature_does_not_follow_a_redirect(here: Place, server: Server) -> None:
    other = Server(http({"ret_code": 0, "hpcjob_uuid": "hpcjob-1"}))
    server.behaviours[:] = [http("", 307, location=f"{other.url}/job/submitJob")]
    assert here.run("trust", server.url) == 0
    assert here.run("submit", "--yes", "--output", "json") == 3
    assert json.loads(here.out)["results"][0]["code"] == "http-307"
    assert other.connections == 0
    other.close()
