"""A Slurm cluster as a target: the questions of a submission, through Slurm's own programs.

A submission leaves three traces by which it is found again: its key in the job's comment, a folder that the job claims
before the command runs, and how the command ended, in that folder. So the job of a lost answer of sbatch is found, and
a job that the controller has forgotten is still known.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from specc.fast_dataclass import dataclass
from specc.targets.batch.folder import Folder, Handle, tag_of
from specc.targets.batch.jobs import WITHDRAWN, Jobs
from specc.targets.batch.programs import Programs, Ran, TimedOut
from specc.targets.batch.script import Native, script_of
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
from specc.targets.slurm.answers import Call, Doubtful, job_number, outcome_without_job
from specc.targets.slurm.arrays import Arrays
from specc.targets.slurm.finding import Finding, accepted
from specc.targets.slurm.folder import CellFolder, SlurmFolder
from specc.targets.slurm.queries import COMMENT, Entry, Queries
from specc.targets.slurm.refusals import own_options
from specc.targets.slurm.reports import Reports, state_of
from specc.targets.slurm.request import Rules, escaped

if TYPE_CHECKING:
    from specc.lowering import Payload

NATIVE = Native("$SLURM_JOB_ID", '"$SLURM_JOB_NODELIST"', "${SLURM_RESTART_COUNT:-0}", ("SLURM_SUBMIT_DIR",))
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


class SlurmTarget:
    """A user's jobs on a cluster, for several threads and several processes."""

    def __init__(self, place: Place, rules: Rules, programs: Programs, queries: Queries) -> None:
        self._place = place
        self._rules = rules
        self._programs = programs
        self._queries = queries
        self._jobs = Jobs(rules.target, place.directory, SlurmFolder, CellFolder)
        self._arrays = Arrays(self._jobs, rules, queries, self._sbatch, self._without_job)
        self._reports = Reports(queries, self._jobs.folder, rules.target.name)

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

    @property
    def is_idempotent(self) -> bool:
        """Return True: of the jobs of one key, the one that claims the folder runs the command."""
        return True

    @property
    def batches(self) -> Arrays | None:
        """Return how arrays are sent, unless the settings want a job for each payload."""
        return self._arrays if self._rules.target.arrays else None

    def refuse(self, payload: "Payload") -> Rejected | None:
        return self._rules.refuse(payload)

    def submit(self, attempt: Attempt) -> Outcome:
        """Call sbatch once. A key that was sent before is looked for first, and sent again only when there is no trace
        of it.

        If the job exists all the same, only one of the two runs.
        """
        if "/" in self._jobs.place_of(attempt.key):
            return self._arrays.submit([attempt], None)[0]
        refused = self.refuse(attempt.payload) or self._jobs.missing_file(attempt)
        folder = self._jobs.folder(tag_of(attempt.key))
        if refused is not None and not attempt.is_resumed and folder.read_request() is None:
            return refused
        if folder.is_withdrawn():
            return WITHDRAWN
        if attempt.is_resumed and folder.read_request() is None and not folder.is_half_made():
            return self._without_folder(attempt)
        folder, before = self._jobs.prepare(attempt, is_requeued=self._rules.is_requeued(attempt.payload.body))
        if before is not None and before.get("digest") != attempt.payload.digest:
            return Rejected("key-used", f"the key {attempt.key} is that of another payload")
        if before is not None or attempt.is_resumed:
            jobs = self._queries.listed(fresh=True)
            if jobs is None and folder.not_sent.exists():
                return NotSent(f"Slurm cannot be asked: {self._queries.last_error}")
            if jobs is None:
                return Unclear(f"it may have been sent before, and Slurm cannot be asked: {self._queries.last_error}")
            if (known := self._found(attempt.key, jobs)) is not None:
                return known
        outcome = refused or self._send(attempt, folder)
        if isinstance(outcome, Rejected) and (before is not None or attempt.is_resumed):
            return self._jobs.withdraw(folder, outcome)
        return outcome

    def _without_folder(self, attempt: Attempt) -> Outcome:
        """Return what is known of an attempt that was sent before and has no folder here.

        It may have had one in another `directory`, where a job would make its claim; so it is not sent again.
        """
        jobs = self._queries.listed(fresh=True)
        known = self._found(attempt.key, jobs) if jobs is not None else None
        where = self._place.directory / "jobs"
        return known or Unclear(f"it has no folder in {where}, and Slurm lists no job of it")

    def look_up(self, attempts: Sequence[Attempt], since: datetime, until: datetime) -> list[Candidate]:
        """Return jobs by their keys, so exactly; the time does not matter."""
        finding = Finding(self._jobs, self._queries.listed(fresh=True))
        found = []
        for attempt in attempts:
            known = finding.job(attempt.key, self._jobs.place_of(attempt.key))
            if known is not None:
                handle, entry = known
                at = entry.submitted_at if entry is not None else None
                found.append(Candidate(str(handle), at, dict(attempt.payload.body), attempt.key))
        return found

    def status(self, uuids: Sequence[str]) -> dict[str, JobReport]:
        """Return the state of jobs, with one call for all, and two more at most for those forgotten or unexplained."""
        return self._reports.of(uuids)

    def logs(self, uuid: str) -> Logs:
        """Return the output files. The third is what Slurm itself says.

        Raises SpeccError for a job that was not submitted from here.
        """
        return self._jobs.logs(uuid, Handle.parse(uuid), "slurm")

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

    def clean(self, uuids: Sequence[str]) -> list[Cleaned]:
        """Remove the folders of jobs that have ended by what Slurm says now. A copy that starts later finds none.

        Without its folder no job can make its claim, so it does not run the command.
        """
        return self._jobs.clean(uuids, self._reports.of(uuids, fresh=True))

    def _cancellable(self, uuid: str, report: JobReport | None) -> Handle | None:
        handle = Handle.parse(uuid)
        if handle is None or report is None or report.state.is_final or report.state is JobState.UNKNOWN:
            return None
        owner = self._jobs.folder(handle.place).owner()
        return Handle(owner or handle.job_id, handle.tag)

    def _cancelled(self, uuid: str, handle: Handle, jobs: Mapping[str, Entry] | None, last_error: str) -> Cancelled:
        if jobs is None:
            return Cancelled(uuid, False, last_error or f"the outcome is unknown: {self._queries.last_error}")
        entry = jobs.get(handle.job_id)
        state = state_of(entry.word) if entry is not None else JobState.CANCELLED
        if entry is not None and not state.is_final and entry.word != "COMPLETING":
            return Cancelled(uuid, False, last_error or f"Slurm still reports the state {entry.word}")
        if state in (JobState.CANCELLED, JobState.RUNNING):
            self._jobs.folder(handle.place).note_cancelled()
        elif state.is_final:
            return Cancelled(uuid, False, f"it has ended: {state}")
        return Cancelled(uuid, True, "its processes were told to end" if state is JobState.RUNNING else "")

    def _send(self, attempt: Attempt, folder: Folder) -> Outcome:
        body, name = attempt.payload.body, attempt.sent_name
        command = self._jobs.command(body, folder, attempt.origin)
        script = script_of(NATIVE, folder, tag_of(attempt.key), name, self._rules.manner(body), command)
        options = self._rules.options(body, name, COMMENT + attempt.key, folder.root, escaped(folder.log))
        self._jobs.note_sending(folder)
        ran = self._sbatch(options, script)
        job_id = job_number(ran)
        if job_id is not None:
            return accepted(Handle(job_id, tag_of(attempt.key)), "pending")
        outcome = self._without_job(ran, body)
        if isinstance(outcome, Unclear):
            jobs = self._queries.listed(fresh=True)
            known = self._found(attempt.key, jobs) if jobs is not None else None
            if known is not None or jobs is None or not isinstance(outcome, Doubtful):
                return known or outcome
            outcome = outcome.refusal
        folder.note_not_sent()
        return outcome

    def _sbatch(self, options: Sequence[str], script: str) -> Ran | TimedOut:
        command = ["sbatch", "--parsable", *options]
        return self._programs(command, self._place.environment, SUBMIT_SECONDS, script.encode())

    def _without_job(self, ran: Ran | TimedOut, body: Mapping[str, object]) -> Outcome:
        settings = self._rules.target
        own = tuple(own_options(body, settings))
        return outcome_without_job(ran, Call(frozenset(body), own, settings.options, settings.name))

    def _found(self, key: str, jobs: Mapping[str, Entry]) -> Accepted | None:
        return Finding(self._jobs, jobs).accepted(key, tag_of(key))
