"""The signed API as a target: the questions of a submission as calls of the API."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import rfc8785

from specc.errors import SpeccError
from specc.lowering import Payload
from specc.nodes import to_data
from specc.settings import Target
from specc.targets.ehpc.account import Endpoint, identity_of
from specc.targets.ehpc.answers import Answer, read_answer, submit_outcome
from specc.targets.ehpc.client import PATIENCE, Client, Failure, Patience, Reply
from specc.targets.ehpc.credentials import Credentials
from specc.targets.ehpc.jobs import Job, Missing, Queries
from specc.targets.ehpc.refusals import refusals
from specc.targets.ehpc.ret_codes import Verdict
from specc.targets.protocol import (
    Attempt,
    Cancelled,
    Candidate,
    Cleaned,
    JobReport,
    JobState,
    LogFile,
    Logs,
    NotSent,
    Outcome,
    Rejected,
)
from specc.targets.refusals import PLACE, rejected
from specc.wording import brief

QUOTA = 2000
"""Calls an hour, as one page of the documentation says. Another says that the quota is of a day, without a number."""

MARGIN = timedelta(minutes=2)
"""How far the clocks may differ unnoticed: a request is taken within 60 seconds, so two minutes are ample."""

MOST_STOPPED = 100
MOST_PATH = 4096
MOST_DETAILS = 50
"""The most jobs that are looked at one by one. Of the others only the list is known."""

MOST_ZONE = timedelta(hours=15)
"""The largest distance of a zone from UTC."""


class EhpcTarget:
    """An account at an endpoint, for several threads. It keeps nothing on the disk.

    The values of job fields in the settings, its zone and cluster, go along with every question.
    """

    def __init__(
        self,
        settings: Target,
        endpoint: Endpoint,
        credentials: Credentials,
        clock: Callable[[], datetime],
        open_client: Callable[[], httpx.Client],
        *,
        sleep: Callable[[float], None] = time.sleep,
        patience: Patience = PATIENCE,
        skew: timedelta = timedelta(),
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._endpoint = endpoint
        self._credentials = credentials
        data = to_data(settings.job) if settings.job is not None else {}
        self._job = job = data if isinstance(data, dict) else {}
        self._client = Client(endpoint, credentials, clock, open_client, sleep, patience, skew)
        given = {"zone": credentials.zone, **job}
        self._place = {field: str(given[field]) for field in PLACE if given.get(field)}
        self._queries = Queries(self._client.get, self._place)
        self._ended: dict[str, JobReport] = {}

    @property
    def identity(self) -> str:
        return identity_of(self._endpoint, self._credentials.access_key_id, self._job)

    @property
    def quota(self) -> int | None:
        return QUOTA

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know before anything is sent."""
        unsafe = f"{self._endpoint.origin} is not encrypted: anybody on the way can read jobs and alter answers"
        found = (self._credentials.warning, unsafe if self._endpoint.is_open_to_eavesdroppers else None)
        return tuple(warning for warning in found if warning)

    @property
    def last_error(self) -> str:
        """Why the last question about jobs was not answered; empty when it was."""
        return self._queries.last_error.reason

    @property
    def blind(self) -> str:
        """What the last list of jobs did not show; empty when it was whole."""
        return self._queries.blind

    @property
    def is_idempotent(self) -> bool:
        """Return False: the API has no place for a key."""
        return False

    @property
    def batches(self) -> None:
        """Return None: each payload is sent by itself."""

    def refuse(self, payload: Payload) -> Rejected | None:
        """Return every reason why the payload cannot be sent, known without asking the API; None if there is none."""
        return rejected(list(refusals(payload.body, self._settings, {})))

    def submit(self, attempt: Attempt) -> Outcome:
        """Send one request.

        Where the answer shows that our clock is wrong, the next request is signed with the server's time.
        """
        refused = self.refuse(attempt.payload)
        if refused is not None:
            return refused
        reply = self._client.post("job/submitJob", _body(attempt), attempt.key)
        outcome = submit_outcome(reply, attempt.payload.body)
        wrong = self._learn(reply)
        # A clock that is wrong explains only an answer that asks for another signature, and surely started nothing.
        return wrong if wrong is not None and isinstance(outcome, NotSent) else outcome

    def look_up(self, attempts: Sequence[Attempt], since: datetime, until: datetime) -> list[Candidate]:
        """Return jobs by the name sent and the time of submission. A name with a tag belongs to one attempt: an exact
        match.

        A time without a zone is not a moment: such a job is a candidate with a doubt, unless it is out of time in every
        zone.
        """
        names = {attempt.sent_name for attempt in attempts}
        tags = {attempt.sent_name: attempt.key for attempt in attempts if attempt.sent_name != attempt.payload.name}
        found = [job for job in self._queries.listed() if job.name in names]
        blind = (self._queries.blind,) if self._queries.blind else ()
        candidates = []
        for number, job in enumerate(found):
            whole = self._with_moment(job) if number < MOST_DETAILS else job
            at, has_zone = whole.submitted_at, whole.submitted_at is not None and whole.submitted_at.tzinfo is not None
            margin = MARGIN if has_zone else MOST_ZONE
            if at is not None and not since - margin <= at.replace(tzinfo=UTC) - self._client.skew <= until + margin:
                continue
            moment = at - self._client.skew if at is not None and has_zone else None
            doubts = blind if has_zone or at is None else (*blind, "the list gives its time without a zone")
            candidates.append(Candidate(whole.uuid, moment, whole.fields, tags.get(whole.name), doubts))
        return candidates

    def status(self, uuids: Sequence[str]) -> dict[str, JobReport]:
        """Return what is known of each job. A job that has ended is not asked about again."""
        reports = {uuid: self._ended[uuid] for uuid in uuids if uuid in self._ended}
        open_jobs = [uuid for uuid in dict.fromkeys(uuids) if uuid not in reports]
        for uuid, job in self._queries.jobs(open_jobs).items() if open_jobs else ():
            reports[uuid] = (
                JobReport(uuid, JobState.UNKNOWN, "", job.reason) if isinstance(job, Missing) else job.report()
            )
        self._ended |= {uuid: report for uuid, report in reports.items() if report.state.is_final}
        return reports

    def logs(self, uuid: str) -> Logs:
        """Return where the outputs are: the API has no call that gives a log.

        Raises SpeccError where the API does not tell.
        """
        job = self._queries.detail(uuid)
        if job is None:
            raise SpeccError(f"cannot ask for the outputs of {uuid}: {self.last_error}")
        if isinstance(job, Missing):
            raise SpeccError(f"there is no job {uuid} at {self._endpoint.host}: {job.reason}")
        files = tuple(self._log_file(job, stream) for stream in ("stdout", "stderr"))
        # A folder of that path here is that of the job only if this machine sees the files of the cluster.
        sees_files = any(file.path is not None for file in files)
        return Logs(uuid, files, Path("/", job.directory) if job.directory and sees_files else None)

    def clean(self, uuids: Sequence[str]) -> list[Cleaned]:
        """Remove nothing: the files of these jobs are on the cluster, where specc keeps none."""
        return [Cleaned(uuid, False, "its files are on the cluster; specc keeps none") for uuid in uuids]

    def cancel(self, uuids: Sequence[str]) -> list[Cancelled]:
        """Cancel jobs, with one call for all jobs of a cluster. It is safe to repeat a call that fails."""
        clusters: dict[str | None, list[str]] = {}
        for uuid in dict.fromkeys(uuids):
            clusters.setdefault(self._cluster_of(uuid), []).append(uuid)
        return [
            answer
            for cluster, listed in clusters.items()
            for start in range(0, len(listed), MOST_STOPPED)
            for answer in self._stop(cluster, listed[start : start + MOST_STOPPED])
        ]

    def _learn(self, reply: Reply | Failure) -> Rejected | None:
        """Return the server's time from an answer that refuses ours, or why nothing can be learnt from the answer."""
        if isinstance(reply, Failure) or reply.date is None:
            return None
        answer = read_answer(reply)
        if not isinstance(answer, Answer) or answer.meaning is None or answer.meaning.verdict is not Verdict.SIGN_AGAIN:
            return None
        if self._client.learn(reply.date):
            return None
        said = f"{reply.date:%Y-%m-%d %H:%M:%SZ}"
        message = f"{answer.words}, which says {said}: this machine's clock or the server's is wrong"
        return Rejected(str(answer.ret_code), message, "set this machine's clock, and submit again", is_general=True)

    def _with_moment(self, job: Job) -> Job:
        """Return a job with its time: a list gives times without a zone, the page of the job gives them with a zone."""
        if job.submitted_at is not None and job.submitted_at.tzinfo is not None:
            return job
        detail = self._queries.detail(job.uuid)
        return detail if isinstance(detail, Job) and detail.name == job.name else job

    def _cluster_of(self, uuid: str) -> str | None:
        if "cluster_id" in self._place:
            return self._place["cluster_id"]
        job = self._queries.detail(uuid)
        return job.cluster_id if isinstance(job, Job) else None

    def _stop(self, cluster: str | None, uuids: list[str]) -> list[Cancelled]:
        if cluster is None:
            why = f'its cluster is not known; write `job = {{cluster_id = "..."}}` under `[targets.{self.name}]`'
            return [Cancelled(uuid, False, why) for uuid in uuids]
        zone = {"zone": self._place["zone"]} if "zone" in self._place else {}
        body = rfc8785.dumps({"cluster_id": cluster, "job_ids": list(uuids), **zone})
        reply = self._client.post("job/stopJobs", body)
        self._learn(reply)
        answer = reply if isinstance(reply, Failure) else read_answer(reply)
        if not isinstance(answer, Answer):
            return [Cancelled(uuid, False, answer.reason) for uuid in uuids]
        if not answer.is_ok:
            return [Cancelled(uuid, False, answer.text) for uuid in uuids]
        failed = _failures(answer.data)
        if failed and len(uuids) == 1:
            return [Cancelled(uuids[0], False, failed)]
        return [Cancelled(uuid, True, failed) for uuid in uuids]

    def _log_file(self, job: Job, stream: str) -> LogFile:
        remote = job.output(stream)
        if remote is None:
            return LogFile(stream, None, "the API does not say where it is")
        user, cluster = (
            job.fields.get("run_user", "you"),
            job.cluster_id or self._place.get("cluster_id", "the cluster"),
        )
        where = f"{brief(str(remote), MOST_PATH)} on {cluster}: log in there as `{user}`, or copy it with scp"
        local = Path(remote)
        return LogFile(stream, local if _is_output(local, job.submitted_at) else None, where)


def _body(attempt: Attempt) -> bytes:
    """Return the bytes of the digest, which only a tag changes."""
    payload = attempt.payload
    if attempt.sent_name == payload.name:
        return payload.canonical
    body: dict[str, Any] = {**payload.body, "name": attempt.sent_name}
    return rfc8785.dumps(body)


def _is_output(path: Path, submitted_at: datetime | None) -> bool:
    """Return whether a file of that path here belongs to the job: a file that existed before the job does not."""
    try:
        changed = path.stat().st_mtime
    except (OSError, ValueError):  # a path of the API may be none here
        return False
    if submitted_at is None:
        return path.is_file()
    return path.is_file() and changed >= (submitted_at.replace(tzinfo=UTC) - MARGIN).timestamp()


def _failures(data: Mapping[str, object]) -> str:
    """Return the answers of single jobs to the scheduler's command, which names jobs by numbers that are not known
    here.
    """
    results = data.get("custom_cmd_result")
    if not isinstance(results, list):
        return ""
    failed = sum(_failed(result) for result in results)
    return (
        f"the scheduler refused {failed} of {len(results)}; `specc status` shows which are still running"
        if failed
        else ""
    )


def _failed(result: object) -> bool:
    try:
        parsed = json.loads(result) if isinstance(result, str) else result
    except (ValueError, RecursionError):
        return False
    return isinstance(parsed, dict) and parsed.get("ret_code") not in (0, "0", None)
