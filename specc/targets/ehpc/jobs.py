"""A job as job/list and job/jobdetail report it, read tolerantly: the calls and the documentation disagree.

Known disagreements: `job_id` is an integer or a string; limits are integers, strings or null; times have a Z or not;
the working directory is `exec_cwd` or `exec_swd`; in a list `name` is that of the queue, and that of the job is
`job_name`.

Jobs are asked about in few calls: lists in pages of 100, single jobs where that is cheaper or the list does not say.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath

from specc.fast_dataclass import dataclass
from specc.targets.ehpc.answers import UUID, Answer, NoAnswer, read_answer
from specc.targets.ehpc.client import Failure, Reply
from specc.targets.ehpc.ret_codes import NOT_FOUND
from specc.targets.lives import Life, elapsed, is_life_data, life_of_data
from specc.targets.protocol import JobReport, JobState
from specc.wording import brief

STATES = {state.value: state for state in JobState if state not in (JobState.LOST, JobState.UNKNOWN)}
REASONS = ("end_reason", "suspend_reson", "suspend_reason", "pend_reason", "reason")
NUMBERS = ("core_limit", "mem_limit", "time_limit", "priority", "submit_type")
YEARS = range(1970, 9999)
NUMBER = re.compile(r"-?[0-9]{1,15}")
MOST_NUMBER = 1 << 53
TEXTS = (
    "cluster_id", "cmd_line", "cmd_line_type", "hpcqueue_id", "input_file", "resource_limit", "run_user",
    "scheduler_queue_name", "zone",
)  # fmt: skip
"""Fields of a submission that the API repeats. It changes the redirect paths, so they are not listed."""

LIFE_FIELD = "specc_life"
"""A field of `specc serve` that the API does not have: times and usage as the ledger keeps them."""

Get = Callable[[str, Mapping[str, str]], Reply | Failure]
PAGE = 100
MOST_PAGES = 50
MOST_DETAILS = 50


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the API reports it. `fields` are those of the submission that the answer repeats.

    `submitted_at` may lack a zone.
    """

    uuid: str
    raw: str
    name: str
    reason: str
    exit_code: int | None
    submitted_at: datetime | None
    fields: dict[str, object]
    directory: str
    outputs: dict[str, str]
    life: Life = Life()

    @property
    def state(self) -> JobState:
        return STATES.get(self.raw.strip().lower(), JobState.UNKNOWN)

    @property
    def cluster_id(self) -> str | None:
        cluster = self.fields.get("cluster_id")
        return cluster if isinstance(cluster, str) else None

    def report(self) -> JobReport:
        return JobReport(self.uuid, self.state, self.raw, self.reason, self.exit_code, self.name, self.life)

    def output(self, stream: str) -> PurePosixPath | None:
        """Return the path of an output stream on the cluster.

        The API sometimes leaves out the leading slash of a directory.
        """
        written = self.outputs[stream]
        if not written:
            return None
        path = PurePosixPath(written)
        if path.is_absolute():
            return path
        folder = PurePosixPath("/", self.directory)
        rooted = PurePosixPath("/", written)
        return rooted if rooted.is_relative_to(folder) and self.directory else folder / path


def count_entries(data: Mapping[str, object]) -> int:
    """Return how many entries an answer has, jobs or not."""
    listed = data.get("hpc_job_set")
    return len(listed) if isinstance(listed, list) else int(isinstance(listed, dict))


def read_jobs(data: Mapping[str, object]) -> list[Job]:
    """Return the jobs of an answer. Entries that are not jobs, or whose uuid is not a handle, are ignored."""
    listed = data.get("hpc_job_set")
    entries = [listed] if isinstance(listed, dict) else listed
    return list(_jobs(entries)) if isinstance(entries, list) else []


def total_count(data: Mapping[str, object]) -> int | None:
    """Return the number of all jobs, which one page of the documentation calls `total_sum`."""
    counts = (_number(data.get(name)) for name in ("total_count", "total_sum"))
    return next((count for count in counts if count is not None), None)


def _jobs(entries: list[object]) -> Iterator[Job]:
    for entry in entries:
        if isinstance(entry, dict) and UUID.fullmatch(uuid := _text(entry, "hpcjob_uuid")):
            yield _job(uuid, entry)


def _job(uuid: str, entry: dict[str, object]) -> Job:
    name = _text(entry, "job_name")
    fields: dict[str, object] = {field: text for field in TEXTS if (text := _text(entry, field))}
    fields |= {field: number for field in NUMBERS if (number := _number(entry.get(field))) is not None}
    if name:
        fields["name"] = name
    return Job(
        uuid,
        brief(_text(entry, "job_status"), 60),
        name,
        reason=next((brief(text, 200) for key in REASONS if (text := _text(entry, key))), ""),
        exit_code=_exit_code(entry),
        submitted_at=read_time(_text(entry, "submitted_time")),
        fields=fields,
        directory=next((text for key in ("exec_cwd", "exec_swd", "output_dir") if (text := _text(entry, key))), ""),
        life=_life(entry),
        outputs={stream: _text(entry, f"{stream}_redirect_path") for stream in ("stdout", "stderr")},
    )


def _life(entry: dict[str, object]) -> Life:
    """Return when a job ran: as `specc serve` says it, else by the documented fields.

    Without a zone a time is not known. `run_time` is in seconds, as the documented example has it. `cpu_time`, `mem`
    and `cpu_usage` have no unit, so they are not read.
    """
    said = entry.get(LIFE_FIELD)
    if isinstance(said, dict) and is_life_data(said):
        return life_of_data({**said, "node": brief(_text(said, "node"), 200)})
    state = STATES.get(_text(entry, "job_status").lower())
    has_ended = state is not None and state.is_final
    submitted, started, ended = (_moment(entry, name) for name in ("submitted_time", "started_time", "end_time"))
    seconds = _number(entry.get("run_time")) if has_ended and started is not None else None
    if not has_ended:
        ended = None
    return Life(submitted, started, ended, elapsed(started, ended) if seconds is None else seconds, _node(entry))


def _moment(entry: Mapping[str, object], key: str) -> float | None:
    moment = read_time(_text(entry, key))
    return moment.timestamp() if moment is not None and moment.tzinfo is not None else None


def _node(entry: Mapping[str, object]) -> str:
    """Return the nodes of a job. The API writes them as the text of a JSON list, which may be empty."""
    text = _text(entry, "job_node_list")
    try:
        nodes = json.loads(text)
    except (ValueError, RecursionError):
        return brief(text, 200)
    named = [node for node in nodes if isinstance(node, str)] if isinstance(nodes, list) else [text]
    return brief(",".join(named), 200)


def _exit_code(entry: dict[str, object]) -> int | None:
    """Return `end_status` if it is a number. It is likely the exit code, but that is not documented."""
    state = STATES.get(_text(entry, "job_status").lower())
    return _number(entry.get("end_status")) if state is not None and state.is_final else None


def read_time(text: str) -> datetime | None:
    """Return a time of the API, aware if it ends in Z or an offset, else naive. The year 1 stands for no time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.year not in YEARS:
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment


def _text(entry: Mapping[str, object], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) and value.strip() else ""


def _number(value: object) -> int | None:
    """Return a number, or None for other data and for a number that no ledger can hold."""
    if type(value) is int:
        return value if abs(value) < MOST_NUMBER else None
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        return int(value)
    return None


@dataclass(slots=True)
class LastError:
    """Why the last query had no answer, for people; empty if it had one."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """The API answered that it does not have the job."""

    reason: str


class Queries:
    """Asks about jobs. `place` is the zone and cluster that go along with every question, as far as they are known."""

    def __init__(self, get: Get, place: Mapping[str, str]) -> None:
        self.last_error = LastError()
        self.blind = ""
        """What the last list did not show, for people; empty when it was whole."""
        self._get = get
        self._place = place
        self._pages = 1

    def jobs(self, uuids: Collection[str]) -> dict[str, Job | Missing]:
        """Return what is known of each job. A question without an answer leaves jobs out."""
        found: dict[str, Job | Missing] = {}
        self.blind = ""
        # How many pages the last sweep took says what the next one would cost.
        if len(uuids) > self._pages:
            wanted = set(uuids)
            for job in self.listed():
                if job.uuid in wanted:
                    found[job.uuid] = job
                if len(found) == len(wanted):
                    return found
            if self.last_error.reason:
                return found
        for uuid in [uuid for uuid in uuids if uuid not in found][:MOST_DETAILS]:
            detail = self.detail(uuid)
            if detail is None:
                break
            found[uuid] = detail
        return found

    def listed(self) -> Iterator[Job]:
        """Yield all jobs once, page by page, in the order of the API, which is not documented.

        The list ends early where a page fails or brings nothing new. `blind` then says what was not seen.
        """
        self.blind = ""
        seen: set[str] = set()
        entries = unread = 0
        total: int | None = None
        for page in range(MOST_PAGES):
            data = self._ask("job/list", {**self._place, "limit": str(PAGE), "offset": str(entries)})
            if not isinstance(data, Mapping):
                self.blind = (
                    f"the list of jobs ended early, after {len(seen):,}: {self.last_error.reason}" if seen else ""
                )
                return
            self._pages = page + 1
            jobs = read_jobs(data)
            new = {job.uuid: job for job in jobs if job.uuid not in seen}
            yield from new.values()
            seen.update(new)
            count, total = count_entries(data), total_count(data)
            entries += count
            unread += count - len(jobs)
            if count == 0 or (total is not None and entries >= total):
                break
            if not new:
                self.blind = f"the list of jobs shows a page again after {len(seen):,}"
                return
        else:
            self.blind = f"the list of jobs was cut at {entries:,} of " + ("more" if total is None else f"{total:,}")
            return
        if unread:
            self.blind = f"{unread:,} of {entries:,} entries in the list of jobs cannot be read"
        elif total is not None and total != len(seen):
            self.blind = f"the list of jobs shows {len(seen):,}, and says that there are {total:,}"

    def detail(self, uuid: str) -> Job | Missing | None:
        """Return one job, or None when the question had no answer."""
        if not UUID.fullmatch(uuid):
            return Missing("it is not of the form of a job's uuid")
        data = self._ask(f"job/jobdetail/{uuid}", self._place)
        if isinstance(data, Answer):
            return Missing(data.text) if data.ret_code == NOT_FOUND else None
        if data is None:
            return None
        jobs = [job for job in read_jobs(data) if job.uuid == uuid]
        return jobs[0] if jobs else Missing("the API answers with no such job")

    def _ask(self, action: str, query: Mapping[str, str]) -> Mapping[str, object] | Answer | None:
        """Return the data of a good answer, or an answer that is an error, or None. The reason is noted."""
        reply = self._get(action, query)
        if isinstance(reply, Failure):
            self.last_error.reason = reply.reason
            return None
        answer = read_answer(reply)
        if isinstance(answer, NoAnswer):
            self.last_error.reason = answer.reason
            return None
        self.last_error.reason = "" if answer.is_ok or answer.ret_code == NOT_FOUND else answer.text
        return answer.data if answer.is_ok else answer
