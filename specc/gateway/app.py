"""The gateway as an ASGI application: it checks who calls and how much, and finds the call that answers."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from specc.errors import SpeccError, no_thread
from specc.fast_dataclass import dataclass
from specc.gateway.access import Caller, authenticate, not_for_pages, stale
from specc.gateway.answers import Answer, Refusal
from specc.gateway.bodies import read_object, read_payload, read_stop
from specc.gateway.browser import Browser
from specc.gateway.jobs import Listing, Stops
from specc.gateway.journal import Journal
from specc.gateway.limits import Limits, Load, Rate, Shares
from specc.gateway.sessions import Sessions
from specc.gateway.store import Store
from specc.gateway.submissions import Submissions
from specc.schema import ApiSchema
from specc.targets import Target
from specc.targets.ehpc.account import masked
from specc.targets.ehpc.ret_codes import BAD_VALUE, BUSY, INTERNAL, MISSING, QUOTA
from specc.targets.ehpc.signing import MARK
from specc.visible import visible

REPEATED = "X-Specc-Repeated"
"""The header of an answer that was given before.

A client that shares its key with others, and
sends no mark, learns that the answer may be that of another client's request of the same second."""

Call = Callable[[Caller, bytes, Mapping[str, str]], Answer]


@dataclass(frozen=True, slots=True)
class Access:
    """One line of the access log: neither the query, which holds signatures, nor a body."""

    method: str
    path: str
    key: str
    answer: Answer
    seconds: float

    def __str__(self) -> str:
        done = f"{self.answer.status} ret_code={self.answer.ret_code} {self.seconds * 1000:.0f}ms"
        return f"{self.method} {visible(self.path)} key={self.key or '-'} {done}"


class Gateway:
    """The calls of the API. What blocks runs in threads."""

    def __init__(
        self,
        target: Target,
        api: ApiSchema,
        secrets: Mapping[str, str],
        store: Store,
        clock: Callable[[], datetime],
        hosts: frozenset[str],
        limits: Limits,
        journal: Journal,
    ) -> None:
        self._api = api
        self._secrets = secrets
        self._clock = clock
        self._hosts = hosts
        self._limits = limits
        self._journal = journal
        self._rate = Rate(limits, time.monotonic)
        self._load = Load(limits)
        shares = Shares(limits, secrets)
        self._submissions = Submissions(target, api, store, limits, self._rate, self._load, shares, clock)
        self.listing = Listing(target, store, self._submissions.recover, clock)
        self._stops = Stops(target, store, clock)

    def routes(self) -> list[Route]:
        """Return the routes of all calls."""
        calls: list[tuple[str, str, Call]] = [
            ("POST", "/api/job/submitJob", self._submit),
            ("GET", "/api/job/list", self._list),
            ("GET", "/api/job/jobdetail/{job_uuid}", self._detail),
            ("POST", "/api/job/stopJobs", self._stop),
        ]
        return [Route(path, self._endpoint(call), methods=[method]) for method, path, call in calls]

    async def no_such_call(self, request: Request, error: Exception) -> Response:
        """Answer a request with any other path or method."""
        status = error.status_code if isinstance(error, HTTPException) else 400
        answer = Refusal(BAD_VALUE, "there is no such call", status).answer()
        self._note(Access(request.method, request.scope["path"], "", answer, 0.0))
        return _response(answer)

    async def failed(self, request: Request, error: Exception) -> Response:
        """Answer after a bug or a failure of the environment. The traceback is logged; the outcome is unknown."""
        answer = Refusal(INTERNAL, "internal error").answer()
        self._note(Access(request.method, request.scope["path"], "", answer, 0.0))
        return _response(answer)

    def _note(self, access: Access) -> None:
        """Write a line. Lines of requests without a key are counted, because anybody can send those."""
        write = self._journal.write if access.key else self._journal.cut
        write(str(access))

    def _endpoint(self, call: Call) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            started = time.monotonic()
            caller, answer = await self._answered(request, call)
            key = masked(caller.access_key_id) if caller is not None else ""
            self._note(Access(request.method, request.scope["path"], key, answer, time.monotonic() - started))
            return _response(answer)

        return endpoint

    async def _answered(self, request: Request, call: Call) -> tuple[Caller | None, Answer]:
        refusal = not_for_pages(request.method, request.headers, self._hosts)
        if refusal is not None:
            return None, refusal.answer()
        body = await _body(request, self._limits)
        if isinstance(body, Refusal):
            return None, body.answer()
        query = request.scope["query_string"]
        mark = request.headers.get(MARK, "")
        caller = authenticate(request.method, request.scope["path"], query, body, self._secrets, mark)
        if isinstance(caller, Refusal):
            return None, caller.answer()
        has_begun = False

        def carry_out() -> Answer:
            nonlocal has_begun
            has_begun = True
            return call(caller, body, request.path_params)

        try:
            async with self._load.turn(caller.access_key_id):
                return caller, await run_in_threadpool(carry_out)
        except SpeccError as error:
            self._journal.cut(f"error: {error.message}")
            return caller, Refusal(INTERNAL, "internal error").answer()
        except RuntimeError:
            if has_begun:
                raise
            self._journal.cut(f"error: {no_thread().message}")
            return caller, Refusal(BUSY, "the server cannot start a thread; try again").answer()

    def _submit(self, caller: Caller, body: bytes, path: Mapping[str, str]) -> Answer:
        data = read_object(body)
        payload = data if isinstance(data, Refusal) else read_payload(data, caller, self._api)
        return payload.answer() if isinstance(payload, Refusal) else self._submissions.submit(caller, payload)

    def _list(self, caller: Caller, body: bytes, path: Mapping[str, str]) -> Answer:
        refusal = self._not_now(caller)
        return refusal.answer() if refusal is not None else self.listing.page(caller)

    def _detail(self, caller: Caller, body: bytes, path: Mapping[str, str]) -> Answer:
        refusal = self._not_now(caller)
        return refusal.answer() if refusal is not None else self.listing.detail(caller, path["job_uuid"])

    def _stop(self, caller: Caller, body: bytes, path: Mapping[str, str]) -> Answer:
        refusal = self._not_now(caller)
        if refusal is not None:
            return refusal.answer()
        data = read_object(body)
        asked = data if isinstance(data, Refusal) else read_stop(data, caller)
        return asked.answer() if isinstance(asked, Refusal) else self._stops.stop(caller, *asked)

    def _not_now(self, caller: Caller) -> Refusal | None:
        """Return a refusal for a call that may be repeated: the request is too old, or there are too many."""
        refusal = self._load.refusal(caller.access_key_id) or stale(caller, self._clock())
        if refusal is None and not self._rate.takes(caller.access_key_id):
            refusal = Refusal(QUOTA, f"more than {self._limits.calls} calls in {self._limits.per:g} seconds")
        return refusal


def create_app(
    target: Target,
    api: ApiSchema,
    secrets: Mapping[str, str],
    store: Store,
    clock: Callable[[], datetime],
    *,
    hosts: frozenset[str],
    limits: Limits,
    journal: Journal,
    sessions: Sessions | None = None,
) -> Starlette:
    """Return the application. `secrets` are those of the keys, by key id; `hosts` are the names of the server.

    `sessions` are those of the page for browsers, which there is not without them.
    """
    gateway = Gateway(target, api, secrets, store, clock, hosts, limits, journal)
    routes = gateway.routes()
    if sessions is not None:
        now = lambda: clock().timestamp()  # noqa: E731
        routes += Browser(target, store, gateway.listing, sessions, hosts, now, journal).routes()
    handlers = {404: gateway.no_such_call, 405: gateway.no_such_call, 500: gateway.failed}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


async def _body(request: Request, limits: Limits) -> bytes | Refusal:
    """Return the body, or a refusal where the body is too long or comes too late."""
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limits.body_bytes:
                    return Refusal(MISSING, f"the body is longer than {limits.body_bytes} bytes", 413)
    except TimeoutError:
        return Refusal(MISSING, f"the body did not come within {limits.body_seconds:g} seconds", 408)
    except ClientDisconnect:
        return Refusal(MISSING, "the client went away", 400)
    return bytes(body)


def _response(answer: Answer) -> Response:
    """Return a response that nothing on the way may store."""
    headers = {"Cache-Control": "no-store", **({REPEATED: "1"} if answer.is_repeated else {})}
    return Response(answer.text, answer.status, media_type="application/json", headers=headers)
