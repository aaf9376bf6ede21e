"""The page of `specc serve` shows jobs to whoever opened its link, and to no other page, host or session."""

import re
from pathlib import Path

import httpx
import pytest
from support.gateway_client import HOST, KEY, OTHER_KEY, OTHER_SECRET, SUBMIT, Place
from support.jobs_of_pages import HOSTILE
from support.tables import each

from specc.gateway.sessions import LINK_SECONDS, MOST_SESSIONS, SESSION_SECONDS, Sessions
from specc.targets import JobState, LogFile, Logs

ADDRESS = "/jobs/"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def logged_in(place: Place) -> str:
    """Return the cookie of a new session."""
    answer = place.send("GET", f"/jobs/login?token={place.sessions.invite()}")
    assert answer.status_code == 200
    return answer.headers["set-cookie"].partition(";")[0]


class TestLink:
    def test_it_lets_in_once(self, place: Place) -> None:
        place.submit(name="secret-name")
        assert place.send("GET", ADDRESS).status_code == 403
        token = place.sessions.invite()
        answer = place.send("GET", f"/jobs/login?token={token}")
        assert answer.status_code == 200
        assert '<meta http-equiv="refresh" content="0; url=/jobs/">' in answer.text
        name, rules = answer.headers["set-cookie"].split("; ", 1)
        assert name.startswith("specc-jobs-8888=")
        assert rules == "Path=/jobs; Max-Age=43200; HttpOnly; SameSite=Strict"
        page = place.send("GET", ADDRESS, Cookie=name)
        assert page.status_code == 200
        assert "secret-name" in page.text
        again = place.send("GET", f"/jobs/login?token={token}")
        assert again.status_code == 403
        assert "set-cookie" not in again.headers

    def test_behind_tls_its_cookie_stays_there(self, place: Place) -> None:
        url = f"/jobs/login?token={place.sessions.invite()}"
        assert place.send("GET", url, X_Forwarded_Proto="https").headers["set-cookie"].endswith("; Secure")

    def test_it_is_not_in_the_log(self, place: Place) -> None:
        token = place.sessions.invite()
        cookie = logged_in(place)
        place.send("GET", f"/jobs/login?token={token}")
        place.send("GET", ADDRESS, Cookie=cookie)
        assert len(place.lines) == 3
        assert not any(token in line or cookie.partition("=")[2] in line for line in place.lines)

    def test_it_is_too_old_after_ten_minutes(self, place: Place) -> None:
        token = place.sessions.invite()
        place.seconds += LINK_SECONDS
        assert place.send("GET", f"/jobs/login?token={token}").status_code == 403

    def test_another_link_ends_it(self, place: Place) -> None:
        first, second = place.sessions.invite(), place.sessions.invite()
        assert place.send("GET", f"/jobs/login?token={first}").status_code == 403
        assert place.send("GET", f"/jobs/login?token={second}").status_code == 200

    @each("token", ["", "x", "%00", "a" * 5000, "é", "%ff%fe"])
    def test_no_other_token_lets_in(self, place: Place, token: str) -> None:
        place.sessions.invite()
        assert place.send("GET", f"/jobs/login?token={token}").status_code == 403
        assert place.send("GET", "/jobs/login").status_code == 403

    def test_whoever_looks_ahead_does_not_use_it_up(self, place: Place) -> None:
        url = f"/jobs/login?token={place.sessions.invite()}"
        assert place.send("HEAD", url).status_code == 503
        assert place.send("GET", url, Sec_Purpose="prefetch;prerender").status_code == 503
        assert place.send("GET", url).status_code == 200

    def test_a_restart_ends_all(self, place: Place) -> None:
        cookie, token = logged_in(place), place.sessions.invite()
        place.restart()
        assert place.send("GET", ADDRESS, Cookie=cookie).status_code == 403
        assert place.send("GET", f"/jobs/login?token={token}").status_code == 403


class TestSessions:
    def test_they_end(self, place: Place) -> None:
        cookie = logged_in(place)
        place.seconds += SESSION_SECONDS - 1
        assert place.send("GET", ADDRESS, Cookie=cookie).status_code == 200
        place.seconds += 1
        assert place.send("GET", ADDRESS, Cookie=cookie).status_code == 403

    def test_logging_out_ends_one(self, place: Place) -> None:
        cookie, other = logged_in(place), logged_in(place)
        answer = place.send("POST", "/jobs/logout", Cookie=cookie, Origin=f"http://{HOST}")
        assert answer.status_code == 200
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert place.send("GET", ADDRESS, Cookie=cookie).status_code == 403
        assert place.send("GET", ADDRESS, Cookie=other).status_code == 200

    def test_there_are_few(self) -> None:
        sessions = Sessions(lambda: 0.0)
        given = [sessions.enter(sessions.invite()) for _ in range(MOST_SESSIONS + 3)]
        assert [sessions.knows(one or "") for one in given] == [False] * 3 + [True] * MOST_SESSIONS

    @each("cookie", ["specc-jobs-8888=", "specc-jobs-8888=x", "=", ";;;", "specc-jobs-8888", "a=" * 3000])
    def test_one_that_was_not_given_is_none(self, place: Place, cookie: str) -> None:
        logged_in(place)
        assert place.send("GET", ADDRESS, Cookie=cookie).status_code == 403

    def test_one_cannot_be_chosen_from_outside(self, place: Place) -> None:
        """Session fixation: a cookie that was there before is never that of the session that a login begins."""
        token = place.sessions.invite()
        answer = place.send("GET", f"/jobs/login?token={token}", Cookie="specc-jobs-8888=chosen")
        assert "chosen" not in answer.headers["set-cookie"]
        assert place.send("GET", ADDRESS, Cookie="specc-jobs-8888=chosen").status_code == 403

    def test_a_cookie_that_was_planted_beside_does_not_hide_it(self, place: Place) -> None:
        cookie = logged_in(place)
        assert place.send("GET", ADDRESS, Cookie=f"specc-jobs-8888=planted; {cookie}; x=y").status_code == 200

    def test_one_of_another_port_does_not_count(self, place: Place) -> None:
        cookie = logged_in(place)
        assert place.send("GET", ADDRESS, Cookie=cookie, Host="127.0.0.1:9999").status_code == 403


class TestOtherPages:
    @each("host", ["evil.example", "evil.example:8888", "127.0.0.1.evil.example", "", "a@127.0.0.1", "127.0.0.2"])
    def test_no_name_can_be_rebound(self, place: Place, host: str) -> None:
        cookie = logged_in(place)
        url = f"/jobs/login?token={place.sessions.invite()}"
        for address in (ADDRESS, url, "/jobs/page.js"):
            assert place.send("GET", address, Cookie=cookie, Host=host or " ").status_code in (400, 421)
        assert place.send("GET", url).status_code == 200

    @each("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://127.0.0.1", "file://", "http://["])
    def test_no_other_origin_is_answered(self, place: Place, origin: str) -> None:
        cookie = logged_in(place)
        for method, address in (("GET", ADDRESS), ("POST", "/jobs/logout")):
            answer = place.send(method, address, Cookie=cookie, Origin=origin)
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers
        assert place.send("GET", ADDRESS, Cookie=cookie).status_code == 200

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    @pytest.mark.parametrize("dest", ["empty", "iframe", "script", "image", "object", "embed"])
    def test_no_other_page_can_load_it(self, place: Place, site: str, dest: str) -> None:
        """Another port of this machine is the same site for a browser, which sends the cookie."""
        cookie = logged_in(place)
        headers = {"Sec_Fetch_Site": site, "Sec_Fetch_Dest": dest, "Sec_Fetch_Mode": "no-cors", "Cookie": cookie}
        assert place.send("GET", ADDRESS, **headers).status_code == 403

    def test_a_form_of_another_page_logs_nobody_out(self, place: Place) -> None:
        cookie = logged_in(place)
        link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Dest": "document", "Sec_Fetch_Mode": "navigate"}
        assert place.send("POST", "/jobs/logout", Cookie=cookie, **link).status_code == 403
        assert place.send("GET", "/jobs/logout", Cookie=cookie, **link).status_code == 405
        assert place.send("GET", ADDRESS, Cookie=cookie, **link).status_code == 200  # a link may lead here

    def test_it_cannot_be_framed_sniffed_or_stored(self, place: Place) -> None:
        cookie = logged_in(place)
        addresses = (ADDRESS, "/jobs", "/jobs/login", "/jobs/page.css", "/jobs/page.js")
        for answer in (place.send("GET", address, Cookie=cookie) for address in addresses):
            policy = answer.headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert not re.search(r"<script>|<style|\son\w+=|style=", answer.text.partition("<body")[0])

    def test_the_api_refuses_browsers_as_before(self, place: Place) -> None:
        cookie = logged_in(place)
        url = place.url("GET", "/api/job/list")
        assert place.send("GET", url, Cookie=cookie, Origin=f"http://{HOST}").status_code == 403
        assert place.send("GET", "/api/job/list", Cookie=cookie).json()["ret_code"] == 1100
        assert place.send("GET", url).json()["ret_code"] == 0

    @each("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
    def test_the_page_changes_nothing(self, place: Place, method: str) -> None:
        assert place.send(method, ADDRESS, Cookie=logged_in(place), Content_Type="").status_code == 405


class TestContent:
    def test_jobs_of_all_keys(self, place: Place) -> None:
        place.submit(name="mine", core_limit=3)
        place.post(SUBMIT, {"cluster_id": "ehpc-1", "zone": "jn1a", "run_user": "ada", "name": "theirs",
                            "cmd_line": "sleep 1"}, key=OTHER_KEY, secret=OTHER_SECRET)  # fmt: skip
        text = place.send("GET", ADDRESS, Cookie=logged_in(place)).text
        assert "mine" in text
        assert "theirs" in text
        assert KEY not in text  # ids of keys are masked

    @each("name", [name for name in HOSTILE if name.isprintable()])
    def test_names_and_logs_are_text(self, place: Place, tmp_path: Path, name: str) -> None:
        uuid = place.submit(name=name)
        path = tmp_path / "log"
        path.write_bytes((f"{name}\n" * 3).encode() + b"\xff\x00\x1b[31m\xe2\x80\xae")
        place.target.set(uuid, JobState.EXITED, reason=name, exit_code=3)
        place.target.logs = lambda uuid: Logs(uuid, (LogFile("stdout", path, "here"), LogFile("stderr", None, name)))
        text = place.send("GET", ADDRESS, Cookie=logged_in(place)).text
        assert re.findall("<script[^>]*>", text) == ['<script src="/jobs/page.js" defer>']
        assert "<img" not in text
        assert "onload=alert" not in text.replace("&gt;", "").replace("svg onload=alert", "")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)

    def test_logs_that_cannot_be_had(self, place: Place) -> None:
        uuid = place.submit()
        place.target.set(uuid, JobState.EXITED, exit_code=3)
        place.target.logs_fail = True
        answer: httpx.Response = place.send("GET", ADDRESS, Cookie=logged_in(place))
        assert answer.status_code == 200
        assert "cannot be had: no logs" in answer.text
