"""`--notify`: a command or a web address is told that a run has ended, once."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from support.projects import Place

from specc.app.notifying import notice_of
from specc.errors import SpeccError

JOB = """specc: 1
matrix: {axes: {n: [1, 2]}}
job: {name: "j-{{ matrix.n }}", cmd_line: "exit {{ matrix.n - 1 }}", core_limit: 1}
"""


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    place.put(
        "specc.toml",
        b'project = "demo"\n[targets.local]\nrun_as = "caller"\n'
        b'[defaults]\nzone = "z"\ncluster_id = "c"\nrun_user = "u"\n',
    )
    place.write(jobs__a=JOB)
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("specc.submission.follow.FIRST_SECONDS", 0.05)
    return place


def command(place: Place) -> tuple[str, Path]:
    """A command that appends what it is told to a file."""
    script, told = place.put("bin/tell", b'#!/bin/sh\ncat >>"$1"; echo >>"$1"; echo told\n'), place.root / "told"
    script.chmod(0o755)
    return f"'{script}' '{told}'", told


def test_a_command_gets_the_summary_once(here: Place) -> None:
    words, told = command(here)
    assert here.run("submit", "--wait", "--notify", words) == 5
    data = json.loads(told.read_text())
    assert (data["project"], data["jobs"], data["finished"], data["failed"]) == ("demo", 2, 1, 1)
    assert [(one["name"], one["state"], one["ended_for"]) for one in data["not_finished"]] == [
        ("j-2", "exited", "exit")
    ]
    assert here.run("submit", "--wait", "--notify", words) == 5
    assert here.run("wait", "--notify", words) == 5
    assert told.read_text().count("\n") == 1
    assert here.run("retry", "--wait", "--notify", words) == 5
    assert told.read_text().count("\n") == 2


def test_what_the_command_prints_is_no_result(here: Place) -> None:
    words, _ = command(here)
    here.run("submit", "--wait", "--notify", words, "--output", "json")
    assert len(json.loads(here.out)["results"]) == 2


def test_the_variable_says_it_too(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    words, told = command(here)
    monkeypatch.setenv("SPECC_NOTIFY", words)
    here.run("submit")
    assert not told.exists()
    here.run("wait")
    assert told.read_text().count("\n") == 1


def test_nobody_is_told_before_the_end(here: Place) -> None:
    words, told = command(here)
    here.write(jobs__a=JOB.replace("exit {{ matrix.n - 1 }}", "sleep 20"))
    assert here.run("submit", "--wait", "--timeout", "0.2", "--notify", words) == 6
    assert not told.exists()
    here.run("cancel", "--all", "--yes")
    here.run("wait", "--notify", words)
    assert json.loads(told.read_text())["cancelled"] == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("no-such-command-at-all", "there is no such command"),
        ("false", "it ended with 1"),
        ("/", "the run has ended: Permission denied"),
    ],
)
def test_a_command_that_fails_is_said_and_changes_nothing(here: Place, words: str, why: str) -> None:
    assert here.run("submit", "--wait", "--notify", words) == 5
    assert "was not told that the run has ended" in here.err
    assert why in here.err


def test_a_web_address_gets_it(here: Place) -> None:
    got: list[bytes] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/hook?token=secret"
        assert here.run("submit", "--wait", "--notify", url) == 5
        server.shutdown()
    assert [json.loads(data)["jobs"] for data in got] == [2]
    here.run("submit", "--rerun", "--only", "n=1", "--wait", "--notify", url)
    assert "127.0.0.1" in here.err
    assert "secret" not in here.err


def test_an_answer_without_an_end_is_not_waited_for(here: Place) -> None:
    ended = threading.Event()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while not ended.wait(0.01):
                    self.wfile.write(b"x")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        threading.Timer(20, ended.set).start()
        assert here.run("submit", "--wait", "--notify", f"http://127.0.0.1:{server.server_port}/hook") == 5
        assert not ended.is_set()
        ended.set()
        server.shutdown()
    assert "warning" not in here.err


@pytest.mark.parametrize("text", ["http://hooks.example.org/x", "ftp://hooks.example.org/x", "https://"])
def test_an_address_that_others_could_listen_to_is_refused(text: str) -> None:
    with pytest.raises(SpeccError, match="begins with https://"):
        notice_of(text, {})


def test_words_are_given_to_no_shell() -> None:
    notice = notice_of("mail -s 'all done; rm -rf $HOME' me@example.org", {})
    assert notice is not None
    assert notice.words == ("mail", "-s", "all done; rm -rf $HOME", "me@example.org")


@pytest.mark.parametrize("text", ["", "  ", "mail 'x"])
def test_what_is_not_a_command(text: str) -> None:
    with pytest.raises(SpeccError):
        notice_of(text, {})
    assert notice_of(None, {}) is None


def test_a_project_cannot_say_whom_to_tell(here: Place) -> None:
    text = (here.root / "specc.toml").read_text()
    here.put("specc.toml", b'notify = ["touch", "owned"]\n' + text.encode())
    assert here.run("submit", "--wait") == 2
    assert "unknown" in here.err
    assert not (here.root / "owned").exists()


def test_a_command_of_the_repository_is_not_found_by_its_bare_name(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.put("git-ignored/tell", b"#!/bin/sh\ntouch owned\n").chmod(0o755)
    monkeypatch.setenv("PATH", f"{here.root}/git-ignored:/usr/bin:/bin")
    here.run("submit", "--wait", "--notify", "tell")
    assert "there is no such command" in here.err
