"""A job as job/list and job/jobdetail tell of it, read tolerantly: the two and the documentation disagree.

Known disagreements: `job_id` is an integer or a string; limits are integers, strings or null; times have a Z or not;
the working directory is `exec_cwd` or `exec_swd`; in a list `name` is the queue's, and the job's is `job_name`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath

from specc.fast_dataclass import dataclass
from specc.targets.ehpc.answers import UUID
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
"""Fields of a submission that come back. The redirect paths are not among them: the service writes them anew."""


@dataclass(frozen=True, slots=True)
class Job:
    """`fields` are those of the submission that the answer repeats. `submitted_at` without a zone is no moment yet."""

    uuid: str
    raw: str
    name: str
    reason: str
    exit_code: int | None
    submitted_at: datetime | None
    fields: dict[str, object]
    directory: str
    outputs: dict[str, str]

    @property
    def state(self) -> JobState:
        return STATES.get(self.raw.strip().lower(), JobState.UNKNOWN)

    @property
    def cluster_id(self) -> str | None:
        cluster = self.fields.get("cluster_id")
        return cluster if isinstance(cluster, str) else None

    def report(self) -> JobReport:
        return JobReport(self.uuid, self.state, self.raw, self.reason, self.exit_code, self.name)

    def output(self, stream: str) -> PurePosixPath | None:
        """The path of an output stream on the cluster. A directory is given without its leading slash at times."""
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
    """The jobs of an answer. An entry that is no job, or has no uuid that is one, is passed over."""
    listed = data.get("hpc_job_set")
    entries = [listed] if isinstance(listed, dict) else listed
    return list(_jobs(entries)) if isinstance(entries, list) else []


def total_count(data: Mapping[str, object]) -> int | None:
    """How many jobs there are in all; one page of the documentation calls it `total_sum`."""
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
        outputs={stream: _text(entry, f"{stream}_redirect_path") for stream in ("stdout", "stderr")},
    )


def _exit_code(entry: dict[str, object]) -> int | None:
    """`end_status` where it is a number: that it is the exit code is not documented, only likely."""
    state = STATES.get(_text(entry, "job_status").lower())
    return _number(entry.get("end_status")) if state is not None and state.is_final else None


def read_time(text: str) -> datetime | None:
    """A time of the API: aware where it ends in Z or an offset, else naive. The year 1 means that there is none."""
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
    """None also for what no ledger could hold."""
    if type(value) is int:
        return value if abs(value) < MOST_NUMBER else None
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        return int(value)
    return None
