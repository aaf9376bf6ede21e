"""A site's scheduler as a target: the questions of a submission, through the four commands of the site.

A submission leaves two traces by which it is found again: its key, which `submit` gives to the scheduler and by which
`find` looks, and a folder that the job claims before the command runs. So the job of a lost answer is found, and of two
jobs with one key only the first runs the command.
"""

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from specc.fast_dataclass import dataclass
from specc.settings import Target
from specc.targets.batch.folder import SCRIPT, Folder, Handle, tag_of
from specc.targets.batch.jobs import WITHDRAWN, Jobs
from specc.targets.batch.reports import BY_STATE, SIGNALLED, by_records, lost, recorded
from specc.targets.batch.script import Manner, Native, script_of
from specc.targets.command.contract import JOB_ID, SiteCommands, Told
from specc.targets.command.refusals import refusals
from specc.targets.lives import EndReason, Life
from specc.targets.protocol import (
    Accepted,
    Attempt,
    Cancelled,
    Candidate,
    Cleaned,
    JobReport,
    JobState,
    Logs,
    NotSent,
    Outcome,
    Rejected,
    Unclear,
)
from specc.targets.refusals import Refusal, amount, number, rejected, text

if TYPE_CHECKING:
    from specc.lowering import Payload

GONE_SECONDS = 60.0
"""How long a job that has left no record has to be gone before it is lost: queues, accountings and shared folders do
not change at one moment."""

LEAST_AGE, SHARE = 1.0, 5
"""The seconds between questions about the same jobs; more where an answer takes more than a fifth of that."""

JOB_VARIABLES = ("JOB_ID", "PBS_JOBID", "LSB_JOBID", "SLURM_JOB_ID")
SUBMIT_FOLDERS = ("SGE_O_WORKDIR", "PBS_O_WORKDIR", "LS_SUBCWD", "SLURM_SUBMIT_DIR")


@dataclass(frozen=True, slots=True)
class Place:
    """Where and who: the name of the cluster, the user, the folder that the nodes share, and the variables of jobs."""

    cluster: str
    user: str
    directory: Path
    environment: Mapping[str, str]


class CommandTarget:
    """A user's jobs of a scheduler, for several threads and several processes."""

    def __init__(
        self,
        place: Place,
        settings: Target,
        units: Mapping[str, str],
        site: SiteCommands,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._place = place
        self._settings = settings
        self._units = units
        self.site = site
        self._now = now
        self.jobs = Jobs(settings, place.directory)
        self._lock = threading.Lock()
        self._answers: dict[str, tuple[float, Told]] = {}

    @property
    def identity(self) -> str:
        return f"{self._settings.kind}:{self._place.cluster}:{self._place.user}"

    @property
    def quota(self) -> int | None:
        return None

    @property
    def last_error(self) -> str:
        """Why the last question about jobs was not answered; empty when it was."""
        return self.site.last_error

    @property
    def is_idempotent(self) -> bool:
        """Return True: of the jobs of one key, the one that claims the folder runs the command."""
        return True

    @property
    def batches(self) -> None:
        """Return None: each payload is sent by itself."""

    def refuse(self, payload: "Payload") -> Rejected | None:
        found = list(refusals(payload.body, self._settings, self._units))
        user = text(payload.body, "run_user")
        if user is not None and user != self._place.user and self._settings.run_as != "caller":
            me = self._place.user
            message = f"`run_user` is `{user}`, and what `{me}` submits runs as `{me}`"
            help = f'write `run_as = "caller"` under `[targets.{self._settings.name}]` to run it as yourself'
            found.append(Refusal("run-user", "run_user", message, help))
        return rejected(found)

    def submit(self, attempt: Attempt) -> Outcome:
        """Call `submit` once. A key that was sent before is looked for first, and sent again only when there is no
        trace of it.

        If the job exists all the same, only one of the two runs.
        """
        refused = self.refuse(attempt.payload) or self.jobs.missing_file(attempt)
        folder = self.jobs.folder(tag_of(attempt.key))
        if refused is not None and not attempt.is_resumed and folder.read_request() is None:
            return refused
        if folder.is_withdrawn():
            return WITHDRAWN
        if attempt.is_resumed and folder.read_request() is None and not folder.is_half_made():
            # It may have had a folder in another `directory`, where a job would make its claim.
            _, known = self._found(attempt.key, folder)
            return known or Unclear(f"it has no folder in {self.jobs.directory / 'jobs'}, and no job of it is found")
        folder, before = self.jobs.prepare(attempt)
        if before is not None and before.get("digest") != attempt.payload.digest:
            return Rejected("key-used", f"the key {attempt.key} is that of another payload")
        if before is not None or attempt.is_resumed:
            is_known, known = self._found(attempt.key, folder)
            if known is not None:
                return known
            if not is_known and folder.not_sent.exists():
                return NotSent(f"the scheduler cannot be asked: {self.last_error}")
            if not is_known:
                return Unclear(f"it may have been sent before, and the scheduler cannot be asked: {self.last_error}")
        outcome = refused or self._send(attempt, folder)
        if isinstance(outcome, Rejected) and (before is not None or attempt.is_resumed):
            return self.jobs.withdraw(folder, outcome)
        return outcome

    def look_up(self, attempts: Sequence[Attempt], since: datetime, until: datetime) -> list[Candidate]:
        """Return jobs by their keys, so exactly; the time does not matter."""
        by_key = self.site.find([attempt.key for attempt in attempts]) or {}
        candidates = []
        for attempt in attempts:
            found, tag = by_key.get(attempt.key), tag_of(attempt.key)
            folder = self.jobs.folder(tag)
            job_id = folder.owner() or (found.job_id if found and not folder.is_withdrawn() else None)
            if job_id:
                at = found.submitted_at if found else None
                when = datetime.fromtimestamp(at, UTC) if at is not None else None
                candidates.append(Candidate(str(Handle(job_id, tag)), when, dict(attempt.payload.body), attempt.key))
        return candidates

    def status(self, uuids: Sequence[str]) -> dict[str, JobReport]:
        """Return the state of jobs, with one call for all."""
        return self.reports(uuids)

    def logs(self, uuid: str) -> Logs:
        """Return the output files. The third is what the scheduler itself says.

        Raises SpeccError for a job that was not submitted from here.
        """
        return self.jobs.logs(uuid, Handle.parse(uuid, JOB_ID), "scheduler")

    def cancel(self, uuids: Sequence[str]) -> list[Cancelled]:
        """Cancel jobs with one call, after a look at their states."""
        before = self.reports(uuids, fresh=True)
        wanted = {uuid: handle for uuid in uuids if (handle := self._cancellable(uuid, before.get(uuid)))}
        self._answers.clear()
        ids = {uuid: self._current(handle) for uuid, handle in wanted.items()}
        answers = self.site.cancel(list(dict.fromkeys(ids.values()))) if ids else {}
        done = []
        for uuid in uuids:
            report, job_id = before.get(uuid), ids.get(uuid)
            if job_id is None:
                ended = f"it has ended: {report.state}" if report is not None and report.state.is_final else ""
                done.append(Cancelled(uuid, False, ended or self.last_error or "the scheduler knows no such job"))
            elif answers is None:
                done.append(Cancelled(uuid, False, f"the outcome is unknown: {self.last_error}"))
            else:
                is_done, message = answers.get(job_id, (False, "`cancel` did not answer for this job"))
                if is_done:
                    self.jobs.folder(wanted[uuid].tag).note_cancelled()
                done.append(Cancelled(uuid, is_done, message))
        return done

    def clean(self, uuids: Sequence[str]) -> list[Cleaned]:
        """Remove the folders of jobs that have ended by what the site's command says now."""
        return self.jobs.clean(uuids, self.reports(uuids, fresh=True))

    def _send(self, attempt: Attempt, folder: Folder) -> Outcome:
        request = self.request(attempt, folder)
        self.jobs.note_sending(folder)
        answer = self.site.submit(request)
        if isinstance(answer, str):
            return _accepted(answer, attempt.key)
        if owner := folder.owner():
            return _accepted(owner, attempt.key, "unknown")  # an earlier copy, while this one was sent
        if isinstance(answer, Unclear):
            return self._found(attempt.key, folder)[1] or answer
        folder.note_not_sent()
        return answer

    def request(self, attempt: Attempt, folder: Folder) -> dict[str, object]:
        """Write the script of a job, and return what `submit` is asked. Raises SpeccError where that cannot be done."""
        body, tag = attempt.payload.body, tag_of(attempt.key)
        command = self.jobs.command(body, folder, attempt.origin, self._place.environment)
        cores = number(body, "core_limit") or 1
        script = folder.root / SCRIPT
        try:
            _write(script, script_of(self._native(), folder, tag, attempt.sent_name, Manner(cores, cores), command))
        except OSError as error:
            raise self.jobs.unwritable(folder.root, error) from error
        queue_id = text(body, "hpcqueue_id") or ""
        return {
            "key": attempt.key,
            "name": attempt.sent_name,
            "script": str(script),
            "folder": str(folder.root),
            "log": str(folder.log),
            "queue": text(body, "scheduler_queue_name") or self._settings.hpcqueues.get(queue_id),
            "cores": cores,
            "memory_bytes": amount(body, "mem_limit", self._units),
            "time_seconds": amount(body, "time_limit", self._units),
            "payload": dict(body),
        }

    def _native(self) -> Native:
        job = ""
        for name in reversed((self._settings.job_variable,) if self._settings.job_variable else JOB_VARIABLES):
            job = f"${{{name}:-{job}}}"
        return Native(f'"{job}"', '"$HOSTNAME"', submit_folders=SUBMIT_FOLDERS, measures=True)

    def _found(self, key: str, folder: Folder) -> tuple[bool, Accepted | None]:
        """Return whether the scheduler answered, and the job of a key: the one that has claimed its folder, else the
        one that the scheduler has with the key.
        """
        owner = folder.owner()
        if owner:
            return True, _accepted(owner, key, "unknown")
        found = self.site.find([key])
        job = found.get(key) if found is not None and not folder.is_withdrawn() else None
        return found is not None, _accepted(job.job_id, key, "unknown") if job is not None else None

    def _current(self, handle: Handle) -> str:
        """Return the number of the job that runs the command: another copy may have been the first."""
        return self.jobs.folder(handle.tag).owner() or handle.job_id

    def _cancellable(self, uuid: str, report: JobReport | None) -> Handle | None:
        if report is None or report.state.is_final or report.state is JobState.UNKNOWN:
            return None
        return Handle.parse(uuid, JOB_ID)

    def reports(self, uuids: Sequence[str], *, fresh: bool = False) -> dict[str, JobReport]:
        """Return the state of jobs. A recent answer is used unless a new one is demanded."""
        handles = {uuid: handle for uuid in uuids if (handle := Handle.parse(uuid, JOB_ID)) is not None}
        found = {
            uuid: JobReport(uuid, JobState.UNKNOWN, "", "this is not a job of specc on this scheduler")
            for uuid in uuids
            if uuid not in handles
        }
        current = {uuid: self._current(handle) for uuid, handle in handles.items()}
        answers = self._told(list(dict.fromkeys(current.values())), fresh=fresh) if current else {}
        for uuid, handle in handles.items():
            folder = self.jobs.folder(handle.tag)
            told = answers.get(current[uuid]) if answers is not None else None
            report = by_records(uuid, folder) if told is None else self._report(uuid, told, folder)
            if report is not None:
                found[uuid] = report
        return found

    def _told(self, job_ids: Sequence[str], *, fresh: bool) -> Mapping[str, Told] | None:
        with self._lock:
            now = time.monotonic()
            young = {job_id: told for job_id, (until, told) in self._answers.items() if now < until}
            if not fresh and all(job_id in young for job_id in job_ids):
                return young
            answers = self.site.status(job_ids)
            if answers is None:
                return None
            end = time.monotonic()
            until = end + max(LEAST_AGE, SHARE * (end - now))
            self._answers |= {job_id: (until, told) for job_id, told in answers.items()}
            return answers

    def _report(self, uuid: str, told: Told, folder: Folder) -> JobReport | None:
        """Return the report of a job from what the scheduler says of it and what it left in its folder."""
        state = told.state
        if state is not None and not state.is_final:
            return JobReport(uuid, state, told.raw, told.reason, life=_life_so_far(told.life, state))
        own = folder.exit()
        if own is not None and own.job_id not in ("", told.job_id):
            own = None
        if own is not None:
            folder.tidy()  # without its record it may be running, whatever the scheduler says
        if state is None or (state is JobState.FINISHED and (own is None or own.code != 0)):
            return self._by_folder(uuid, told, folder)
        return _ended(uuid, told, folder)

    def _by_folder(self, uuid: str, told: Told, folder: Folder) -> JobReport | None:
        """Return how a job ended that the scheduler does not know, or that it calls finished without a record."""
        report = recorded(uuid, folder.exit(), folder, knows_cancelled=True)
        if report is None and not folder.cancelled.exists() and not folder.has_been_gone(GONE_SECONDS, self._now()):
            return None
        report = report or lost(uuid, folder, "the scheduler")
        return replace(report, raw=told.raw, life=_together(report.life, told.life) if told.state else report.life)


def _ended(uuid: str, told: Told, folder: Folder) -> JobReport:
    """Return the report of a job that the scheduler says has ended. Without a record it was ended from outside, or
    never began.
    """
    assert told.state is not None
    state, own = told.state, folder.exit()
    code = own.code if own is not None and own.job_id in ("", told.job_id) else told.exit_code
    is_killed = code is None or code > SIGNALLED
    unexplained = told.life.ended_for in (None, EndReason.STOPPED, EndReason.EXIT)
    if state is JobState.EXITED and is_killed and unexplained and folder.cancelled.exists():
        state = JobState.CANCELLED
    if code is None and state is JobState.FINISHED:
        code = 0
    said = told.reason or (own.reason if own is not None else folder.error_text())
    if not said and code:
        said = f"exit code {code}"
    if state is JobState.CANCELLED:
        said = told.reason or "cancelled"
    life = folder.life(own.job_id if own is not None else told.job_id)
    why = told.life.ended_for if state is not JobState.CANCELLED else EndReason.CANCELLED
    life = replace(_together(life, told.life), ended_for=why or BY_STATE.get(state))
    return JobReport(uuid, state, told.raw, "" if state is JobState.FINISHED else said, code, life=life)


def _together(own: Life, told: Life) -> Life:
    """Return what a job's record and the scheduler know. Both may miss a peak of memory, so the higher one is right."""
    peaks = [peak for peak in (own.usage.peak_memory, told.usage.peak_memory) if peak is not None]
    life = own.over(told)
    return replace(life, usage=replace(life.usage, peak_memory=max(peaks, default=None)))


def _life_so_far(life: Life, state: JobState) -> Life:
    if state in (JobState.RUNNING, JobState.SUSPENDED):
        return replace(life, ended_at=None, seconds=None, ended_for=None)
    return Life(life.submitted_at)


def _accepted(job_id: str, key: str, state: str = "pending") -> Accepted:
    return Accepted(str(Handle(job_id, tag_of(key))), {"job_status": state, "job_id": job_id})


def _write(path: Path, content: str) -> None:
    """Write a script of the user alone, whole or not at all. Raises OSError."""
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        os.chmod(name, 0o700)
        os.replace(name, path)
    except OSError:
        with contextlib.suppress(OSError):  # it is to be removed, and the error is the one before
            os.unlink(name)
        raise
