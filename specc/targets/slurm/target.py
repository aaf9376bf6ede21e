"""A Slurm cluster as a target: the questions of a submission, through Slurm's own programs.

A submission leaves three traces by which it is found again: its key in the job's comment, a folder that the job claims
before the command runs, and how the command ended, in that folder. So the job of a lost answer of sbatch is found, and
a job that the controller has forgotten is still known.
"""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.targets.protocol import (
    Accepted,
    Attempt,
    Cancelled,
    Candidate,
    JobReport,
    JobState,
    LogFile,
    Logs,
    NotSent,
    Origin,
    Outcome,
    Rejected,
    Unclear,
)
from specc.targets.refusals import Refusal, rejected, text
from specc.targets.secrets import kept_from_jobs
from specc.targets.slurm.answers import job_number, outcome_without_job
from specc.targets.slurm.folder import Folder, Handle, tag_of
from specc.targets.slurm.programs import Programs
from specc.targets.slurm.queries import COMMENT, Entry, Queries
from specc.targets.slurm.reports import Reports, state_of
from specc.targets.slurm.request import Rules
from specc.targets.slurm.script import Command, script_of
from specc.targets.start import path_from, start_folder, starter_of, starter_of_file, variables_of

if TYPE_CHECKING:
    from specc.lowering import Payload

SUBMIT_SECONDS = 180.0
"""The longest time of sbatch, which itself tries again for two minutes while the controller is busy."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and who: the name of the cluster, the user, the folder that the nodes share, and the caller's
    environment.
    """

    cluster: str
    user: str
    directory: Path
    environment: Mapping[str, str]

    def folder(self, tag: str) -> Folder:
        return Folder(self.directory / "jobs" / tag)


class SlurmTarget:
    """A user's jobs on a cluster, for several threads and several processes."""

    def __init__(self, place: Place, rules: Rules, programs: Programs, queries: Queries) -> None:
        self._place = place
        self._rules = rules
        self._programs = programs
        self._queries = queries
        self._reports = Reports(queries, place.folder)

    @property
    def identity(self) -> str:
        return f"slurm:{self._place.cluster}:{self._place.user}"

    @property
    def quota(self) -> int | None:
        return None

    @property
    def last_error(self) -> str:
        """Why the last question about jobs was not answered; empty when it was."""
        return self._queries.last_error

    def refuse(self, payload: "Payload") -> Rejected | None:
        return self._rules.refuse(payload)

    def submit(self, attempt: Attempt) -> Outcome:
        """Call sbatch once. A key that was sent before is looked for first, and sent again only when there is no trace
        of it.

        If the job exists all the same, only one of the two runs.
        """
        refused = self.refuse(attempt.payload) or self._missing_file(attempt)
        if refused is not None:
            return refused
        folder = self._place.folder(tag_of(attempt.key))
        before = self._prepare(folder, attempt)
        if before is not None:
            if before.get("digest") != attempt.payload.digest:
                return Rejected("key-used", f"the key {attempt.key} is that of another payload")
            jobs = self._queries.listed(fresh=True)
            if jobs is None and folder.not_sent.exists():
                return NotSent(f"Slurm cannot be asked: {self._queries.last_error}")
            if jobs is None:
                return Unclear(f"it may have been sent before, and Slurm cannot be asked: {self._queries.last_error}")
            if (known := self._found(attempt.key, jobs)) is not None:
                return known
        return self._send(attempt, folder)

    def look_up(self, attempts: Sequence[Attempt], since: datetime, until: datetime) -> list[Candidate]:
        """Return jobs by their keys, so exactly; the time does not matter."""
        jobs = self._queries.listed(fresh=True)
        by_key = {entry.key: entry for entry in (jobs or {}).values() if entry.key}
        found = []
        for attempt in attempts:
            entry, folder = by_key.get(attempt.key), self._place.folder(tag_of(attempt.key))
            job_id = folder.owner() or (entry.job_id if entry else None)
            if job_id:
                at = entry.submitted_at if entry else None
                handle = Handle(job_id, tag_of(attempt.key))
                found.append(Candidate(str(handle), at, dict(attempt.payload.body), attempt.key))
        return found

    def status(self, uuids: Sequence[str]) -> dict[str, JobReport]:
        """Return the state of jobs, with one call for all, and two more at most for those forgotten or unexplained."""
        return self._reports.of(uuids)

    def logs(self, uuid: str) -> Logs:
        """Return the output files. The third is what Slurm itself says.

        Raises SpeccError for a job that was not submitted from here.
        """
        handle = Handle.parse(uuid)
        folder = self._place.folder(handle.tag) if handle else None
        request = folder.read_request() if folder else None
        if folder is None or request is None:
            help = f"jobs that were submitted here have their folders in {self._place.directory / 'jobs'}"
            raise SpeccError(f"nothing is known here of the job {uuid}", help=help)
        workdir = request.get("workdir")
        start = workdir if isinstance(workdir, str) else None
        paths = {stream: folder.stream(stream, _path(request, stream), start) for stream in ("stdout", "stderr")}
        paths["slurm"] = folder.log
        return Logs(uuid, tuple(LogFile(stream, path, str(path)) for stream, path in paths.items()))

    def cancel(self, uuids: Sequence[str]) -> list[Cancelled]:
        """Cancel jobs with one scancel, and a look at the queue before and after it."""
        before = self._reports.of(uuids, fresh=True)
        wanted = {uuid: handle for uuid in uuids if (handle := self._cancellable(uuid, before.get(uuid)))}
        last_error = self._queries.cancel([handle.job_id for handle in wanted.values()]) if wanted else ""
        jobs = self._queries.listed(fresh=True) if wanted else {}
        answers = []
        for uuid in uuids:
            report, handle = before.get(uuid), wanted.get(uuid)
            if handle is None:
                ended = f"it has ended: {report.state}" if report is not None and report.state.is_final else ""
                why = ended or self._queries.last_error or "Slurm knows no such job"
                answers.append(Cancelled(uuid, False, why))
            else:
                answers.append(self._cancelled(uuid, handle, jobs, last_error))
        return answers

    def _cancellable(self, uuid: str, report: JobReport | None) -> Handle | None:
        handle = Handle.parse(uuid)
        if handle is None or report is None or report.state.is_final or report.state is JobState.UNKNOWN:
            return None
        owner = self._place.folder(handle.tag).owner()
        return Handle(owner or handle.job_id, handle.tag)

    def _cancelled(self, uuid: str, handle: Handle, jobs: Mapping[str, Entry] | None, last_error: str) -> Cancelled:
        if jobs is None:
            return Cancelled(uuid, False, last_error or f"the outcome is unknown: {self._queries.last_error}")
        entry = jobs.get(handle.job_id)
        state = state_of(entry.word) if entry is not None else JobState.CANCELLED
        if entry is not None and not state.is_final and entry.word != "COMPLETING":
            return Cancelled(uuid, False, last_error or f"Slurm still reports the state {entry.word}")
        if state in (JobState.CANCELLED, JobState.RUNNING):
            self._place.folder(handle.tag).note_cancelled()
        elif state.is_final:
            return Cancelled(uuid, False, f"it has ended: {state}")
        return Cancelled(uuid, True, "its processes were told to end" if state is JobState.RUNNING else "")

    def _missing_file(self, attempt: Attempt) -> Rejected | None:
        named = text(attempt.payload.body, "input_file")
        path = path_from(start_folder(self._rules.target.workdir, attempt.origin), named) if named else None
        if path is None:
            return None
        is_file = os.path.isfile(path)  # false, too, where the system takes no such path
        why = kept_from_jobs(str(path)) if is_file else None
        if is_file and why is None:
            return None
        message = f"`input_file` is not a file here: {path}"
        if why is not None:
            message = f"`input_file` cannot be given to a job: {path}: {why}"
        help = "a relative path starts at the folder that the job starts in (`workdir` of the target)"
        return rejected([Refusal("no-input-file", "input_file", message, help)])

    def _prepare(self, folder: Folder, attempt: Attempt) -> dict[str, object] | None:
        """Return the request that the folder was made for before. Raises SpeccError where the folder cannot be made."""
        payload = attempt.payload
        request = {
            "key": attempt.key,
            "digest": payload.digest,
            "name": attempt.sent_name,
            "body": payload.body,
            "workdir": start_folder(self._rules.target.workdir, attempt.origin),
            "requeue": self._rules.is_requeued(payload.body),
        }
        try:
            return folder.prepare(json.loads(json.dumps(request)))
        except OSError as error:
            raise self._unwritable(folder, error) from error

    def _note_sending(self, folder: Folder) -> None:
        try:
            folder.note_sending()
        except OSError as error:
            raise self._unwritable(folder, error) from error

    def _unwritable(self, folder: Folder, error: OSError) -> SpeccError:
        help = f"set `directory` under `[targets.{self._rules.target.name}]` to a folder that the nodes share"
        return SpeccError(f"cannot make the job's folder {folder.root}: {error.strerror}", help=help)

    def _send(self, attempt: Attempt, folder: Folder) -> Outcome:
        body, name = attempt.payload.body, attempt.sent_name
        command = _command(body, folder, self._rules.target.workdir, attempt.origin)
        script = script_of(folder, tag_of(attempt.key), name, self._rules.manner(body), command)
        options = self._rules.options(body, name, COMMENT + attempt.key, folder)
        self._note_sending(folder)
        ran = self._programs(
            ["sbatch", "--parsable", *options], self._place.environment, SUBMIT_SECONDS, script.encode()
        )
        job_id = job_number(ran)
        if job_id is not None:
            return _accepted(Handle(job_id, tag_of(attempt.key)), "pending")
        outcome = outcome_without_job(ran, frozenset(body))
        if isinstance(outcome, Unclear):
            jobs = self._queries.listed(fresh=True)
            return (self._found(attempt.key, jobs) if jobs is not None else None) or outcome
        folder.note_not_sent()
        return outcome

    def _found(self, key: str, jobs: Mapping[str, Entry]) -> Accepted | None:
        """Return the job of a key: the job that has claimed its folder, else the job with the key in its comment."""
        owner = self._place.folder(tag_of(key)).owner()
        listed = next((entry.job_id for entry in jobs.values() if entry.key == key), None)
        job_id = owner or listed
        if job_id is None:
            return None
        entry = jobs.get(job_id)
        return _accepted(Handle(job_id, tag_of(key)), state_of(entry.word).value if entry else "unknown")


def _accepted(handle: Handle, state: str) -> Accepted:
    return Accepted(str(handle), {"job_status": state, "job_id": handle.job_id})


def _command(body: Mapping[str, object], folder: Folder, setting: str, origin: Origin | None) -> Command:
    """Return the command. Without `cmd_line` the input file is the script itself."""
    command, file = text(body, "cmd_line"), text(body, "input_file")
    workdir = start_folder(setting, origin)
    path = path_from(workdir, file) if file else None
    return Command(
        command,
        None if command else path,
        path if command else None,
        folder.stream("stdout", text(body, "stdout_redirect_path"), workdir),
        folder.stream("stderr", text(body, "stderr_redirect_path"), workdir),
        starter_of(command) if command else starter_of_file(path or ""),
        Path(workdir) if workdir is not None else folder.work,
        variables_of(origin),
    )


def _path(request: Mapping[str, object], stream: str) -> str | None:
    body = request.get("body")
    return text(body, f"{stream}_redirect_path") if isinstance(body, dict) else None
