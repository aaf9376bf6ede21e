"""The local target: the questions of a submission, answered from the store."""

import os
import platform
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from specc.errors import SpeccError
from specc.settings import Target
from specc.system import locks, private
from specc.targets.lives import Life, Usage
from specc.targets.local import wakeup
from specc.targets.local.files import unusable
from specc.targets.local.jobs import (
    Ended,
    Job,
    Measured,
    Request,
    Run,
    Waiting,
    by_turns,
    ended_for,
    startable,
    used_by_owner,
)
from specc.targets.local.machine import Options, machine_id
from specc.targets.local.paths import StateDir, is_noted, told
from specc.targets.local.record import settle_dead
from specc.targets.local.request import Rules, rejected_key
from specc.targets.local.store import Store
from specc.targets.protocol import (
    Accepted,
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
    Unclear,
)

if TYPE_CHECKING:
    from specc.lowering import Payload

DEFAULTS = Options()
RUNNER_STOPPED = "something has stopped its runner, so its limits are not kept until the supervisor wakes it"
NOT_HERE = "there is no such job on this machine"


class LocalTarget:
    """This machine as a target, for several threads and several processes."""

    def __init__(self, state: StateDir, store: Store, rules: Rules) -> None:
        self._state = state
        self._store = store
        self._rules = rules

    @classmethod
    def open(
        cls,
        settings_target: Target,
        units: Mapping[str, str],
        state_dir: Path,
        caller: str,
        options: Options = DEFAULTS,
        own: int = 1,
    ) -> "LocalTarget":
        """Return the target whose jobs lie in `state_dir`, which is made if needed. Its last `own` folders are those of
        specc.

        Raises SpeccError if the folder cannot be used, or if others could put jobs there.
        """
        state = StateDir(private.make_folder(state_dir.expanduser(), own=own))
        store = Store(state.store)
        store.prepare()
        return cls(state, store, Rules(settings_target, units, caller, options))

    @property
    def identity(self) -> str:
        """The identity. The machine is named by an id of its own, because its name may change with its network."""
        # Names of folders are bytes; what no ledger can hold as text is written as escapes.
        root = os.fsencode(self._state.root).decode(errors="backslashreplace")
        return f"local:{machine_id()}:{self._rules.caller}:{root}"

    @property
    def quota(self) -> int | None:
        return None

    @property
    def is_idempotent(self) -> bool:
        """Return True: the store takes each key once."""
        return True

    @property
    def batches(self) -> None:
        """Return None: each payload is sent by itself."""

    def refuse(self, payload: "Payload") -> Rejected | None:
        return self._rules.refuse(payload)

    def submit(self, attempt: Attempt) -> Outcome:
        """Add the job to the queue, once for each key: the same key again gives the first job."""
        try:
            known = self._store.with_keys([attempt.key])
        except SpeccError as error:
            return NotSent(error.message)
        if known:
            return _same(known[0], attempt)
        refused = self.refuse(attempt.payload)
        if refused is None:
            run = replace(self._rules.run(attempt.payload.body, os.environ, attempt.origin), owner=attempt.owner)
            refused = unusable(run)
        if refused is not None:
            return replace(refused, is_withdrawn=True)  # no earlier call has put the job into the queue
        return self._add(attempt, run)

    def _add(self, attempt: Attempt, run: Run) -> Outcome:
        payload = attempt.payload
        try:
            locks.check_excluding(self._state.root)  # where locks do not work, a job could be started twice
        except SpeccError as error:
            return NotSent(error.message)
        try:
            job = self._store.add(
                Request(attempt.key, payload.digest, payload.canonical.decode(), attempt.sent_name, run)
            )
        except SpeccError as error:
            return self._after(error, attempt)
        self._wake()
        return _same(job, attempt)

    def look_up(self, attempts: Sequence[Attempt], since: datetime, until: datetime) -> list[Candidate]:
        """Return jobs by their keys, so exactly; the time does not matter."""
        return [
            Candidate(job.uuid, datetime.fromtimestamp(job.submitted_at, UTC), self._store.body_of(job.uuid), job.key)
            for job in self._store.with_keys([attempt.key for attempt in attempts])
        ]

    def status(self, uuids: Sequence[str]) -> dict[str, JobReport]:
        """Return the state of all jobs with few queries.

        A job without a runner is settled first, so that it is not reported as running.
        """
        running = self._store.running()
        dead = settle_dead(self._store, self._state, running)
        is_served = self._wake(ring=False) if running or self._store.pending(1) else True
        why_pending = self._why_pending([job for job in running if job.uuid not in dead], is_served=is_served)
        known = self._store.with_uuids(uuids)
        measured = self._store.measured([job.uuid for job in known.values() if job.state.is_final])
        measured |= {uuid: ended.measured for uuid, ended in dead.items() if ended.measured is not None}
        return {uuid: _report(uuid, known.get(uuid), dead.get(uuid), measured.get(uuid), why_pending) for uuid in uuids}

    def logs(self, uuid: str) -> Logs:
        """Return the output files. Raises SpeccError for a job that was never here."""
        run = self._store.run_of(uuid)
        if run is None:
            raise SpeccError(f"there is no job {uuid} on this machine", help=f"its jobs are in {self._state.root}")
        folder = self._state.job(uuid)
        paths = {
            "stdout": folder.stream("stdout", run.stdout, run.workdir),
            "stderr": folder.stream("stderr", run.stderr, run.workdir),
        }
        start = Path(run.workdir) if run.workdir is not None else folder.work
        return Logs(
            uuid, tuple(LogFile(stream, path, str(path), is_timed_here=True) for stream, path in paths.items()), start
        )

    def cancel(self, uuids: Sequence[str]) -> list[Cancelled]:
        """Cancel jobs. Pending jobs leave the queue at once; running processes are asked to end, and later killed."""
        settle_dead(self._store, self._state, self._store.running())
        before = self._store.with_uuids(uuids)
        self._store.cancel(uuids)
        after = self._store.with_uuids(uuids)
        for job in after.values():
            if job.state is JobState.RUNNING and job.runner is not None:
                job.runner.send(signal.SIGTERM)
                # One that is stopped would not hear; where it is stopped again, the supervisor ends the job.
                job.runner.send(signal.SIGCONT)
        self._wake()
        return [_cancelled(uuid, before.get(uuid), after.get(uuid)) for uuid in uuids]

    def clean(self, uuids: Sequence[str]) -> list[Cleaned]:
        """Remove the folders of jobs that have ended by what the store says. The store keeps how they ended."""
        private.sweep_removed(self._state.root / "jobs")
        known = self._store.with_uuids(uuids)
        return [self._cleaned(uuid, known.get(uuid)) for uuid in uuids]

    def _cleaned(self, uuid: str, job: Job | None) -> Cleaned:
        if job is None:
            return Cleaned(uuid, False, NOT_HERE)
        if not job.state.is_final:
            return Cleaned(uuid, False, f"it has not ended: {job.state}")
        if job.runner is not None and job.runner.is_alive:
            return Cleaned(uuid, False, "its runner is still there")
        folder = self._state.job(uuid).root
        if not folder.is_dir():
            return Cleaned(uuid, False, "it has no files here any more", is_gone=True)
        why = private.remove_folder(folder)
        return Cleaned(uuid, not why, why)

    def _after(self, error: SpeccError, attempt: Attempt) -> Outcome:
        """Return the outcome when the store failed: what the store says, if it can still be read."""
        try:
            known = self._store.with_keys([attempt.key])
        except SpeccError:
            return Unclear(error.message)
        return _same(known[0], attempt) if known else NotSent(error.message)

    def _wake(self, *, ring: bool = True) -> bool:
        """Return whether there is a supervisor. Where none can be started the jobs wait, and a later call tries
        again.
        """
        try:
            return wakeup.ensure(self._state, self._rules.options, ring=ring)
        except SpeccError:
            return False

    def _why_pending(self, running: Sequence[Job], *, is_served: bool) -> Callable[[Job], str]:
        """Return what each job in the queue waits for: cores only where there are none, or other jobs that come
        first.
        """
        if not is_served:
            return lambda job: (
                f"waiting for a supervisor, which cannot be started from here; {self._state.log} may say why"
            )
        total = self._rules.options.total_cores
        head = [Waiting(job.uuid, job.cores, job.owner) for job in self._store.pending(total)]
        used = used_by_owner(running)
        starting = {job.uuid for job in startable(by_turns(head, used), used.total(), total)}
        error = told(self._state) if starting else ""
        doubt = f"about to start; if it does not, {self._state.log} may say why" if is_noted(self._state.log) else ""

        def why(job: Job) -> str:
            if error:
                return f"no job can be started now: {error}"
            if job.uuid in starting:
                return doubt
            return "waiting for a core" if job.cores == 1 else f"waiting for {job.cores} cores"

        return why


def _report(
    uuid: str,
    job: Job | None,
    found: Ended | None,
    measured: Measured | None,
    why_pending: Callable[[Job], str],
) -> JobReport:
    """Return the report of a job. `found` is an end that is not in the store."""
    if job is None:
        return JobReport(uuid, JobState.UNKNOWN, "", NOT_HERE)
    if job.state is JobState.PENDING:
        return JobReport(uuid, job.state, job.state.value, why_pending(job), job.exit_code, job.name, _life(job, None))
    if found is None and job.state is JobState.RUNNING and job.runner is not None and job.runner.is_stopped:
        return JobReport(uuid, job.state, job.state.value, RUNNER_STOPPED, job.exit_code, job.name, _life(job, None))
    last = found if found is not None and job.state is JobState.RUNNING else job
    life = replace(_life(job, measured), ended_for=ended_for(last.state, last.reason))
    return JobReport(uuid, last.state, last.state.value, last.reason, last.exit_code, job.name, life)


def _life(job: Job, measured: Measured | None) -> Life:
    """Return when a job ran here, and what it used.

    A job without a runner's measurements ended when that was written, but for a lost job: nobody knows its end.
    """
    ran = measured or Measured()
    ended_at = None if job.state in (JobState.LOST, JobState.RUNNING) else job.ended_at
    return Life(
        job.submitted_at,
        job.started_at,
        ended_at if ran.ended_at is None else ran.ended_at,
        ran.seconds,
        "" if job.started_at is None else platform.node(),
        Usage(ran.peak_memory, ran.cpu_seconds, job.cores, job.memory, job.seconds),
    )


def _same(job: Job, attempt: Attempt) -> Outcome:
    if job.digest != attempt.payload.digest:
        return rejected_key(attempt.key, job.uuid)
    return Accepted(job.uuid, {"job_status": job.state.value, "job_id": str(job.number)})


def _cancelled(uuid: str, before: Job | None, after: Job | None) -> Cancelled:
    if before is None or after is None:
        return Cancelled(uuid, False, NOT_HERE)
    if before.state.is_final:
        return Cancelled(uuid, False, f"it has ended: {before.state}")
    if after.state is JobState.RUNNING:
        return Cancelled(uuid, True, "its processes were told to end")
    if after.state is JobState.CANCELLED:
        return Cancelled(uuid, True, "it had not started" if before.state is JobState.PENDING else "")
    return Cancelled(uuid, False, f"it has ended: {after.state}")
