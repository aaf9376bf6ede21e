"""The jobs that a key submitted here: job/list and job/jobdetail in the documented form, and stopJobs.

To stop a job twice does no harm, so a repeated request is simply carried out.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.gateway.access import Caller
from specc.gateway.answers import DETAIL, LIST, STOP, Answer, Refusal, good
from specc.gateway.store import Job, Store
from specc.targets import Cancelled, JobState, Target
from specc.targets.ehpc.jobs import LIFE_FIELD
from specc.targets.ehpc.ret_codes import BAD_VALUE, DENIED, NOT_FOUND, OK
from specc.targets.lives import life_data
from specc.wording import brief

DEFAULT_LIMIT, MOST_LIMIT, MOST_OFFSET = 10, 100, 1 << 31

FILTERS = {
    "cluster_id": "cluster",
    "zone": "zone",
    "run_user": "run_user",
    "queue_name": "queue",
    "hpcjob_uuid": "uuid",
    "jobs_status": "state",
    "job_status": "state",
}
"""The filters of a list. The documentation has `jobs_status`, the vendor's SDK has `job_status`."""

SORT_KEYS = {"job_id": "number", "submitted_time": "number", "job_name": "name", "modified_time": "changed_at"}
PAGING = frozenset({"limit", "offset", "reverse", "sort_key", "search_word", "verbose"})
WORDS = {JobState.LOST: "exited"}
"""The state of a lost job in a word that every client of the API knows. Its reason says that the job was lost."""


@dataclass(frozen=True, slots=True)
class Page:
    """A list request as a query of the store."""

    condition: str
    values: tuple[object, ...]
    order: str
    limit: int
    offset: int
    needs_states: bool


class Listing:
    """Lists jobs, for several threads. `recover` is called before the store is read."""

    def __init__(
        self, target: Target, store: Store, recover: Callable[[], None], clock: Callable[[], datetime]
    ) -> None:
        self._target = target
        self._store = store
        self._recover = recover
        self._clock = clock

    def page(self, caller: Caller) -> Answer:
        """Return one page of the list of jobs."""
        page = read_page(caller)
        if isinstance(page, Refusal):
            return page.answer()
        self._recover()
        if page.needs_states:
            self.refresh(self._store.open_uuids(caller.access_key_id))
        jobs, count = self._find(page)
        if not page.needs_states:
            self.refresh([job.uuid for job in jobs if not job.state.is_final])
            jobs, count = self._find(page)
        return good(LIST, hpc_job_set=[_entry(job) for job in jobs], total_count=count)

    def detail(self, caller: Caller, uuid: str) -> Answer:
        """Return all that is known about one job."""
        if unknown := set(caller.asked) - {"cluster_id", "zone"}:
            return _unknown(unknown).answer()
        self._recover()
        job = self._store.job(uuid, caller.access_key_id)
        if job is None or job.cluster != caller.asked.get("cluster_id", job.cluster):
            return Refusal(NOT_FOUND, "there is no such job").answer()
        if not job.state.is_final:
            self.refresh([uuid])
            job = self._store.job(uuid, caller.access_key_id) or job
        return good(DETAIL, hpc_job_set=[self._details(job)])

    def refresh(self, uuids: Sequence[str]) -> None:
        """Ask the target about jobs that have not ended, and store the answer."""
        if uuids:
            self._store.saw(list(self._target.status(uuids).values()), self._clock().timestamp())

    def _find(self, page: Page) -> tuple[list[Job], int]:
        return self._store.jobs(page.condition, page.values, page.order, page.limit, page.offset)

    def _details(self, job: Job) -> dict[str, object]:
        body = json.loads(job.body)
        folder, stdout, stderr = self._outputs(job, body)
        return {
            **_common(job, body),
            "exec_cwd": folder,
            "cluster_id": job.cluster,
            "cluster_type": "ehpc",
            "cmd_line_type": body.get("cmd_line_type", "input"),
            "end_status": "" if job.exit_code is None else str(job.exit_code),
            "end_time": _end_time(job),
            "input_file": body.get("input_file", ""),
            "modified_time": _time(job.changed_at) + "Z",
            "reason": job.reason,
            "resource_limit": body.get("resource_limit", ""),
            "run_time": "" if job.life.seconds is None else f"{job.life.seconds:.0f}",
            "started_time": None if job.life.started_at is None else _time(job.life.started_at) + "Z",
            "stderr_redirect_path": stderr,
            "stdout_redirect_path": stdout,
            "submit_type": body.get("submit_type", 1),
            "submitted_time": _time(job.submitted_at) + "Z",
            "time_limit": _optional(body.get("time_limit")),
        }

    def _outputs(self, job: Job, body: dict[str, object]) -> tuple[str, object, object]:
        """Return the folder that the job started in, and where its outputs are: as the target says, else as asked."""
        folder, files = "", {}
        try:
            logs = self._target.logs(job.uuid)
            folder = str(logs.folder or "")
            files = {file.stream: str(file.path or file.where) for file in logs.files}
        except SpeccError:
            pass  # the target has forgotten the job
        stdout, stderr = (files.get(each, body.get(f"{each}_redirect_path", "")) for each in ("stdout", "stderr"))
        return folder, stdout, stderr


def read_page(caller: Caller) -> Page | Refusal:
    """Return the query of a list request. An unknown filter is refused, because without it the list would differ."""
    asked = caller.asked
    if unknown := set(asked) - set(FILTERS) - PAGING:
        return _unknown(unknown)
    limit, offset = _count(asked, "limit", DEFAULT_LIMIT), _count(asked, "offset", 0)
    if limit is None or not 1 <= limit <= MOST_LIMIT:
        return Refusal(BAD_VALUE, f"`limit` must be a number from 1 to {MOST_LIMIT}")
    if offset is None or offset > MOST_OFFSET:
        return Refusal(BAD_VALUE, "`offset` must be a number from 0")
    order = asked.get("sort_key", "")
    if order and order not in SORT_KEYS:
        return Refusal(BAD_VALUE, f"`sort_key` must be one of {', '.join(SORT_KEYS)}")
    if asked.get("reverse", "0") not in ("0", "1"):
        return Refusal(BAD_VALUE, "`reverse` must be 0 or 1")
    conditions, values = ["owner = ?"], [caller.access_key_id]
    for name, column in FILTERS.items():
        if asked.get(name):
            conditions.append(f"{_column(column)} = ?")
            values.append(asked[name])
    if asked.get("search_word"):
        conditions.append("(instr(lower(name), lower(?)) OR uuid = ?)")
        values += [asked["search_word"], asked["search_word"]]
    # Without a sort key the newest jobs come first. Equal jobs stay in the order of submission.
    is_down = (asked.get("reverse") == "1") == bool(order)
    direction = "DESC" if is_down else "ASC"
    by = f"{SORT_KEYS[order]} {direction}, number {direction}" if order else f"number {direction}"
    needs_states = any(asked.get(name) for name in ("jobs_status", "job_status")) or order == "modified_time"
    return Page(" AND ".join(conditions), tuple(values), by, limit, offset, needs_states)


def _unknown(names: set[str]) -> Refusal:
    return Refusal(BAD_VALUE, brief(f"unknown in the query: {', '.join(sorted(names))}", 1000))


def _column(column: str) -> str:
    if column != "state":
        return column
    words = " ".join(f"WHEN '{state}' THEN '{word}'" for state, word in WORDS.items())
    return f"CASE state {words} ELSE state END"


def _count(asked: dict[str, str], name: str, default: int) -> int | None:
    text = asked.get(name, str(default))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def _entry(job: Job) -> dict[str, object]:
    """Return a job of a list, where `name` is that of the queue, and times have no Z, as documented."""
    body = json.loads(job.body)
    return {
        **_common(job, body),
        "hpq_name": job.queue,
        "modified_time": _time(job.changed_at),
        "name": job.queue,
        "queue_name": job.queue,
        "stderr_redirect_path": body.get("stderr_redirect_path", ""),
        "stdout_redirect_path": body.get("stdout_redirect_path", ""),
        "submitted_time": _time(job.submitted_at),
    }


def _common(job: Job, body: dict[str, object]) -> dict[str, object]:
    return {
        "cmd_line": body.get("cmd_line", ""),
        "core_limit": body.get("core_limit", 1),
        "exec_cwd": "",
        "hpcjob_uuid": job.uuid,
        "hpcqueue_id": body.get("hpcqueue_id", ""),
        "job_id": job.number,
        "job_name": job.name,
        "job_node_list": job.life.node,
        "job_priority": body.get("priority", 1),
        "job_status": WORDS.get(job.state, job.state.value),
        "mem_limit": _optional(body.get("mem_limit")),
        "run_user": job.run_user,
        "scheduler_queue_name": job.queue,
        LIFE_FIELD: life_data(job.life),
    }


def _end_time(job: Job) -> str | None:
    """Return when a job ended: as the target says, else when its end was seen."""
    if not job.state.is_final:
        return None
    return _time(job.changed_at if job.life.ended_at is None else job.life.ended_at) + "Z"


def _optional(value: object) -> str | None:
    return None if value is None else str(value)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class Stops:
    """Stops jobs, for several threads."""

    def __init__(self, target: Target, store: Store, clock: Callable[[], datetime]) -> None:
        self._target = target
        self._store = store
        self._clock = clock

    def stop(self, caller: Caller, cluster: str, uuids: list[str]) -> Answer:
        """Stop jobs. All must be known, else none is stopped. A job that cannot be stopped does not keep the others."""
        jobs = {uuid: job for uuid in uuids if (job := self._store.job(uuid, caller.access_key_id)) is not None}
        missing = [uuid for uuid in uuids if uuid not in jobs or jobs[uuid].cluster != cluster]
        if missing:
            text = brief(", ".join(missing), 300)
            return Refusal(NOT_FOUND, f"there are no such jobs in the cluster: {text}").answer()
        results = self._target.cancel(uuids)
        reports = self._target.status(uuids)
        self._store.saw(list(reports.values()), self._clock().timestamp())
        if not any(result.done for result in results):
            reasons = dict.fromkeys(f"{result.uuid} cannot be stopped: {result.message}" for result in results)
            return Refusal(DENIED, brief("; ".join(reasons), 1000)).answer()
        lines = [_result(jobs[result.uuid], result) for result in results]
        return good(STOP, custom_cmd_result=lines, job_uuid=f"j-{caller.request_id[:11]}")


def _result(job: Job, result: Cancelled) -> str:
    """Return the line of one job, which is named by its number."""
    code = OK if result.done else DENIED
    return json.dumps({"job_ids": str(job.number), "ret_code": code})
