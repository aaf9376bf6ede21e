"""The page of `specc serve` for a browser: what the jobs of all keys came to, to look at and nothing else.

Nothing here takes part in the API, which refuses browsers as before. A request is answered where

- the Host header names this server, so that no other name can be rebound to it;
- it comes from the page itself, from a link or from the address bar, as browsers say of each request (`Sec-Fetch-*`,
  `Origin`), so that no other page can load, frame or post it;
- its cookie is that of a session (`sessions.py`). The cookie is out of the reach of scripts, and is sent by no request
  that another site makes.

The page runs no script and takes no style but its own two files, cannot be framed, and is stored nowhere.
"""

import json
import time
from asyncio import Semaphore
from collections.abc import Callable
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from specc.app.pages import logs_of, outcome_of
from specc.app.usage import used_by
from specc.errors import SpeccError
from specc.gateway.access import name_of
from specc.gateway.jobs import Listing
from specc.gateway.journal import Journal
from specc.gateway.sessions import SESSION_SECONDS, Sessions
from specc.gateway.store import Job, Store
from specc.reporters.page import SCRIPT, STYLE, Page, asset, failures_of, notice, render
from specc.reporters.page import Job as Row
from specc.submission import shown_state
from specc.targets import Target
from specc.targets.ehpc.account import masked
from specc.visible import visible

ROOT = "/jobs"
MOST_JOBS = 2000
"""The jobs on the page, those that were submitted last."""

MOST_WAITING = 8
"""Requests for the page that wait for the one that is being answered."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FIELDS = ("core_limit", "mem_limit", "time_limit", "scheduler_queue_name", "priority")
"""Fields of a payload by which jobs can be compared."""

OWN_SITES = ("same-origin", "none")
HELP = "`kill -USR1` to the process of `specc serve` prints another."


class Browser:
    """Answers browsers. `clock` gives the time of day."""

    def __init__(
        self,
        target: Target,
        store: Store,
        listing: Listing,
        sessions: Sessions,
        hosts: frozenset[str],
        clock: Callable[[], float],
        journal: Journal,
    ) -> None:
        self._target = target
        self._store = store
        self._listing = listing
        self._sessions = sessions
        self._hosts = hosts
        self._clock = clock
        self._journal = journal
        self._turn = Semaphore(1)
        self._waiting = 0

    def routes(self) -> list[Route]:
        """Return the routes of the page and of what it is made of."""
        pages: list[tuple[str, str, Callable[[Request], object]]] = [
            ("GET", ROOT, self._page),
            ("GET", f"{ROOT}/", self._page),
            ("GET", f"{ROOT}/login", self._login),
            ("POST", f"{ROOT}/logout", self._logout),
            ("GET", f"{ROOT}/{STYLE}", _file(STYLE, "text/css")),
            ("GET", f"{ROOT}/{SCRIPT}", _file(SCRIPT, "text/javascript")),
        ]
        return [Route(path, self._guarded(answer), methods=[method]) for method, path, answer in pages]

    def _guarded(self, answer: Callable[[Request], object]) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            started = time.monotonic()
            refusal = self._refusal(request)
            if refusal is not None:
                response = refusal
            else:
                found = answer(request)
                response = found if isinstance(found, Response) else await found  # type: ignore[misc]
            self._note(request, response, time.monotonic() - started)
            return response

        return endpoint

    def _refusal(self, request: Request) -> Response | None:
        """Return a refusal for a request that another page could have made."""
        headers = request.headers
        host = headers.get("host", "")
        if name_of(host) not in self._hosts:
            return _notice(421, "Not this server", "The Host header does not name this server.")
        site = headers.get("sec-fetch-site", "none")
        own = (f"http://{host}", f"https://{host}")
        # A form of this page has the origin `null`, because the page names itself to nobody (Referrer-Policy).
        if headers.get("origin", own[0]) not in (*own, "null" if site == "same-origin" else own[0]):
            return _notice(403, "Not from here", "Another page may not ask for this.")
        is_link = headers.get("sec-fetch-dest") == "document" and headers.get("sec-fetch-mode") == "navigate"
        if site in OWN_SITES or (request.method == "GET" and is_link):
            return None
        return _notice(403, "Not from here", "Another page may not ask for this.")

    def _note(self, request: Request, response: Response, seconds: float) -> None:
        """Write a line without the query, which can hold the token of a link. Lines of strangers are counted."""
        line = f"{request.method} {visible(request.scope['path'])} page {response.status_code} {seconds * 1000:.0f}ms"
        (self._journal.write if self._session_of(request) is not None else self._journal.cut)(line)

    def _session_of(self, request: Request) -> str | None:
        """Return the session of a request. A cookie of that name that somebody else has set does not hide it."""
        for header in request.headers.getlist("cookie"):
            for part in header.split(";"):
                name, _, value = part.strip().partition("=")
                if name == cookie_name(request.headers.get("host", "")) and self._sessions.knows(value):
                    return value
        return None

    def _login(self, request: Request) -> Response:
        """Let in whoever opened the link; not a browser or a chat that looks ahead at links, which would use it up.

        The page that follows is asked for by this one, or else a browser that came from another site would not send the
        cookie.
        """
        if request.method == "HEAD" or "sec-purpose" in request.headers:
            return _notice(503, "Not yet", "This link is for a person who opens it.")
        session = self._sessions.enter(request.query_params.get("token", ""))
        if session is None:
            return _notice(403, "This link has been used, or is too old", HELP)
        response = _notice(200, "Welcome", "The page of jobs follows.", goes_to=f"{ROOT}/")
        name = cookie_name(request.headers["host"])
        rules = f"Path={ROOT}; Max-Age={SESSION_SECONDS:.0f}; HttpOnly; SameSite=Strict"
        # A proxy with TLS says so. Whoever else says so only keeps the cookie from being sent without TLS.
        secure = "; Secure" if request.headers.get("x-forwarded-proto") == "https" else ""
        response.headers["Set-Cookie"] = f"{name}={session}; {rules}{secure}"
        return response

    def _logout(self, request: Request) -> Response:
        if (session := self._session_of(request)) is not None:
            self._sessions.leave(session)
        response = _notice(200, "Good-bye", "You are logged out.")
        name = cookie_name(request.headers["host"])
        response.headers["Set-Cookie"] = f"{name}=; Path={ROOT}; Max-Age=0; HttpOnly; SameSite=Strict"
        return response

    async def _page(self, request: Request) -> Response:
        if self._session_of(request) is None:
            return _notice(403, "Please open the link that `specc serve` has printed", HELP)
        if self._waiting >= MOST_WAITING:
            return _notice(503, "Too many requests at one time", "Try again.")
        self._waiting += 1
        try:
            async with self._turn:
                return _html(200, await run_in_threadpool(self._drawn))
        except SpeccError as error:
            self._journal.cut(f"error: {error.message}")
            return _notice(500, "The jobs cannot be shown now", "The log of `specc serve` says why.")
        finally:
            self._waiting -= 1

    def _drawn(self) -> str:
        self._listing.refresh(self._store.open_uuids())
        jobs, count = self._store.jobs("1", (), "number DESC", MOST_JOBS, 0)
        jobs.reverse()
        rows = [self._row(job) for job in jobs]
        failed = {row.uuid for _, alike, _ in failures_of(rows) for row in alike}
        rows = [replace(row, logs=logs_of(self._target, row.uuid)) if row.uuid in failed else row for row in rows]
        shown = f"the last {MOST_JOBS:,} of {count:,} jobs" if count > len(jobs) else f"all {count:,} jobs"
        now = self._clock()
        facts = (("server", "specc serve"), ("shown", shown), ("target", self._target.identity))
        return render(Page("Jobs of specc serve", tuple(rows), facts, (), now, seen_at=now), is_served=True)

    @staticmethod
    def _row(job: Job) -> Row:
        body: dict[str, object] = json.loads(job.body)
        life, used = job.life, used_by(job.life)
        cores = body.get("core_limit")
        return Row(
            spec="",
            cell=str(job.number),
            slug="",
            name=job.name,
            state=shown_state(job.state),
            outcome=outcome_of(job.state),
            axes={},
            params={"key": masked(job.owner), **{name: body[name] for name in FIELDS if name in body}},
            results={},
            uuid=job.uuid,
            node=life.node,
            reason=job.reason or (f"exit code {job.exit_code}" if job.exit_code else ""),
            exit_code=job.exit_code,
            submitted_at=job.submitted_at,
            started_at=life.started_at,
            ended_at=life.ended_at,
            seconds=life.seconds,
            cores=used.cores.used,
            cores_asked=used.cores.asked or (float(cores) if isinstance(cores, int) else None),
            memory=used.memory.used,
            memory_asked=used.memory.asked,
            seconds_asked=used.time.asked,
        )


def cookie_name(host: str) -> str:
    """Return the name of the cookie. Browsers send cookies to all ports of a host, where other servers have theirs."""
    port = host.rpartition(":")[2]
    return f"specc-jobs-{port if port.isdigit() else 80}"


def link_at(url: str, token: str) -> str:
    """Return the link that logs in, by the address of the API and a token."""
    return f"{url.removesuffix('/api')}{ROOT}/login?token={token}"


def _file(name: str, kind: str) -> Callable[[Request], Response]:
    content = asset(name)
    return lambda request: Response(content, media_type=kind, headers=HEADERS)


def _notice(status: int, title: str, text: str, goes_to: str | None = None) -> Response:
    return _html(status, notice(title, text, goes_to=goes_to))


def _html(status: int, document: str) -> Response:
    return Response(document, status, media_type="text/html", headers=HEADERS)
