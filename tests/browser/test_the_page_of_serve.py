"""The page of `specc serve` in a real browser, against a real server: the link, what is shown, and other pages."""

import contextlib
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.browser import PHONE, Browser
from support.local_jobs import eventually

from specc.targets.ehpc.signing import signed_query, timestamp_of

NAME = "<img src=x onerror=document.title=1>"


class Server:
    """`specc serve` as a process, with one key."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_STATE_HOME": str(folder / "state")}
        settings = '[units]\ntime_limit = "min"\n[targets.local]\nrun_as = "caller"\n'
        (folder / "specc.toml").write_text(settings, encoding="utf-8")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from specc.cli.main import main; main()", "serve", "--port", "0"],
                stdout=subprocess.PIPE, stderr=log, cwd=folder, env=environment, text=True,
            )  # fmt: skip
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        keys = (next((folder / "state").rglob("keys.env"))).read_text()
        self.key, self.secret = (value.strip("'\"") for value in re.findall(r"^QY_\w+=(.*)$", keys, re.MULTILINE))

    def links(self) -> list[str]:
        return re.findall(r"page: (\S+)", self.log.read_text())

    def another_link(self) -> str:
        before = len(self.links())
        self.process.send_signal(signal.SIGUSR1)
        eventually(lambda: len(self.links()) > before, "no other link is printed")
        return self.links()[-1]

    def submit(self, **fields: object) -> None:
        body = json.dumps({"cluster_id": "c", "zone": "z", "run_user": "u", **fields}).encode()
        path = "/api/job/submitJob"
        query = signed_query("POST", path, {}, body, self.key, self.secret, timestamp_of(datetime.now(UTC)))
        request = urllib.request.Request(f"{self.url.removesuffix('/api')}{path}?{query}", body)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer)["ret_code"] == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("serve"))
    try:
        server.submit(name=NAME, cmd_line=f"echo '{NAME}' >&2; exit 3", core_limit=1)
        server.submit(name="good", cmd_line="echo done", core_limit=1)
        yield server
    finally:
        server.process.terminate()
        server.process.wait()
        server.process.stdout.close()


@contextlib.contextmanager
def other_page(content: str) -> Iterator[str]:
    """Serve a page at another port of this machine, which a browser takes for the same site."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}/"
        listening.shutdown()


def jobs_at(server: Server) -> str:
    return server.url.removesuffix("/api") + "/jobs/"


def logged_in(chromium: Browser, server: Server) -> None:
    chromium.driver.get(server.another_link())
    eventually(lambda: chromium.driver.current_url == jobs_at(server), "the page does not follow")


class TestLogin:
    def test_the_first_link_leads_to_the_jobs(self, chromium, server):
        chromium.driver.get(server.links()[0])
        eventually(lambda: chromium.driver.current_url == jobs_at(server), "the page does not follow")
        assert chromium.texts("h1") == ["Jobs of specc serve"]
        (cookie,) = chromium.driver.get_cookies()
        assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/jobs")
        assert chromium.run("return document.cookie") == ""
        chromium.driver.get(server.links()[0])
        assert "has been used" in chromium.texts("h1")[0]
        chromium.complaints()  # that the link was refused

    def test_nothing_without_it(self, chromium, server):
        chromium.driver.get(jobs_at(server))
        assert "Please open the link" in chromium.texts("h1")[0]
        assert NAME not in chromium.driver.page_source
        chromium.complaints()

    def test_logging_out(self, chromium, server):
        logged_in(chromium, server)
        chromium.one(".out button").click()
        chromium.until("h1", ["Good-bye"])
        assert chromium.driver.get_cookies() == []
        chromium.driver.get(jobs_at(server))
        assert "Please open the link" in chromium.texts("h1")[0]
        chromium.complaints()


class TestPage:
    def test_jobs_and_logs_are_shown_and_run_nothing(self, chromium, server):
        def has_failed() -> bool:
            logged_in(chromium, server)
            return "What failed" in chromium.texts("h2")

        eventually(has_failed, "the job does not fail")
        chromium.run("for (const each of document.querySelectorAll('details')) each.open = true")
        assert NAME in chromium.texts("#failed pre")[0]
        assert NAME in "".join(chromium.texts("#jobs td"))
        assert chromium.driver.title == "Jobs of specc serve"
        assert chromium.run("return document.querySelectorAll('img').length") == 0
        assert chromium.texts("#jobs output") == ["2 jobs"]  # its script runs
        assert {url.partition("/jobs")[0] for url in chromium.asked()} == {server.url.removesuffix("/api")}

    @pytest.mark.parametrize("size", [(1280, 900), PHONE])
    def test_axe_finds_nothing(self, chromium, server, size):
        chromium.become(size)
        logged_in(chromium, server)
        assert chromium.judged() == []
        assert not chromium.is_too_wide()


class TestOtherPages:
    def test_it_cannot_be_framed(self, chromium, server):
        logged_in(chromium, server)
        with other_page(f'<title>x</title><iframe id="f" src="{jobs_at(server)}"></iframe>') as address:
            chromium.driver.get(address)
            chromium.driver.switch_to.frame(chromium.one("#f"))
            assert "specc serve" not in chromium.driver.page_source
            chromium.driver.switch_to.default_content()
        assert any("frame" in line.lower() for line in chromium.complaints())

    def test_it_cannot_be_read(self, chromium, server):
        logged_in(chromium, server)
        with other_page("<title>x</title>") as address:
            chromium.driver.get(address)
            read = """const done = arguments[arguments.length - 1];
                fetch(arguments[0], {credentials: 'include'}).then((r) => r.text()).then(done, () => done('refused'))"""
            assert chromium.driver.execute_async_script(read, jobs_at(server)) == "refused"
            api = server.url + "/job/list"
            assert chromium.driver.execute_async_script(read, api) == "refused"
        chromium.complaints()

    def test_nobody_is_logged_out_by_it(self, chromium, server):
        logged_in(chromium, server)
        form = f'<form method=post action="{jobs_at(server)}logout"></form><script>document.forms[0].submit()</script>'
        with other_page(form) as address:
            chromium.driver.get(address)
            eventually(lambda: "Not from here" in chromium.driver.page_source, "the form is not refused")
        chromium.driver.get(jobs_at(server))
        assert chromium.texts("h1") == ["Jobs of specc serve"]
        chromium.complaints()

    def test_no_other_name_leads_to_it(self, chromium, server):
        """A name that an attacker has rebound to this machine: the browser would send what is kept for that name."""
        rebound = jobs_at(server).replace("127.0.0.1", "rebound.localhost")
        chromium.driver.get(rebound)
        assert chromium.texts("h1") == ["Not this server"]
        chromium.complaints()
