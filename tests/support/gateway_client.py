"""A gateway in this process, and a client that signs for it, right or wrong."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from specc.gateway import Limits, Store, create_app
from specc.gateway.journal import Journal
from specc.gateway.sessions import Sessions
from specc.project import shipped_apis
from specc.targets.ehpc.signing import signed_query, timestamp_of
from support.fake_target import FakeTarget

KEY, SECRET = "SPECCTESTKEY00000001", "a secret of twenty characters and more"
OTHER_KEY, OTHER_SECRET = "SPECCTESTKEY00000002", "another secret of twenty characters and more"
HOST = "127.0.0.1:8888"
BODY = {"cluster_id": "ehpc-1", "zone": "jn1a", "run_user": "ada", "name": "作业 1", "cmd_line": "sleep 1"}
USUAL = Limits()
SUBMIT, LIST, STOP = "/api/job/submitJob", "/api/job/list", "/api/job/stopJobs"


class Place:
    """A gateway before a fake target, with its state in a folder; `restart` is what a new process finds."""

    def __init__(self, folder: Path, limits: Limits = USUAL, api: str = "ehpc/v1") -> None:
        self.path = folder / "gateway.sqlite"
        self.limits = limits
        self.api = shipped_apis()[api]
        self.now = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
        self.target = FakeTarget()
        self.lines: list[str] = []
        self._signed_at = self.now
        self.seconds = 0.0
        self.restart()

    def restart(self) -> None:
        self.store = Store(self.path)
        secrets = {KEY: SECRET, OTHER_KEY: OTHER_SECRET}
        self.sessions = Sessions(lambda: self.seconds)
        hosts = frozenset({"127.0.0.1", "localhost", "::1"})
        self.app = create_app(
            self.target, self.api, secrets, self.store, lambda: self.now, hosts=hosts, limits=self.limits,
            journal=Journal(self.lines.append), sessions=self.sessions,
        )  # fmt: skip

    def url(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        query: Mapping[str, str] | None = None,
        *,
        at: datetime | None = None,
        key: str = KEY,
        secret: str = SECRET,
    ) -> str:
        stamp = timestamp_of(at if at is not None else self.fresh())
        return f"{path}?{signed_query(method, path, query or {}, body, key, secret, stamp)}"

    def fresh(self) -> datetime:
        """A time that nothing was signed with. Time goes on with it."""
        self._signed_at = max(self._signed_at, self.now) + timedelta(seconds=1)
        self.now = self._signed_at
        return self._signed_at

    def send(self, method: str, url: str, body: bytes = b"", **headers: str) -> httpx.Response:
        """A header that is given as empty is left out."""
        usual = {"Host": HOST, "Content-Type": "application/json"} if method == "POST" else {"Host": HOST}
        given = {**usual, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return asyncio.run(self._send(method, url, body, {name: value for name, value in given.items() if value}))

    async def _send(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
            return await client.request(method, url, content=body, headers=headers)

    def post(self, path: str, body: object, **signing: Any) -> dict[str, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return self.send("POST", self.url("POST", path, data, **signing), data).json()

    def get(self, path: str, key: str = KEY, secret: str = SECRET, **query: str) -> dict[str, Any]:
        return self.send("GET", self.url("GET", path, b"", query, key=key, secret=secret)).json()

    def submit(self, **fields: object) -> str:
        answer = self.post(SUBMIT, {**BODY, **fields})
        assert answer["ret_code"] == 0, answer
        return answer["hpcjob_uuid"]
