"""The runner: one process for each job, forked by the supervisor and independent of it from then on.

The runner claims the job in the store before it starts anything: any other process started for the same job gets no
claim, and leaves. It writes the exit record first and the store second; either is enough for others to know how the job
ended. If the runner is killed, nobody can know, and the job is `lost`.
"""

import contextlib
import os
import signal
import time
from dataclasses import replace

from specc.errors import SpeccError
from specc.targets.local import command, processes, record, wakeup
from specc.targets.local.jobs import Ended, Job, Measured, Run
from specc.targets.local.machine import Options
from specc.targets.local.paths import StateDir, note, tell
from specc.targets.local.processes import ProcessId, this_process
from specc.targets.local.store import Store
from specc.targets.local.watch import Meter, Signals, Watch
from specc.targets.protocol import JobState

PATIENCE = 600.0
"""How many seconds the end of a job is kept in memory while neither the record nor the store can be written."""

PAUSE = 1.0
NOT_PREPARED = 1


def attend(state: StateDir, uuid: str, options: Options, *, supervisor: int) -> int:
    """Run the job to its end, if it can be claimed, and return the exit code of this process.

    The code is NOT_PREPARED when the job could not even be prepared (a full disk, a locked store): then the job is
    still pending, and the reason is told. A runner whose supervisor has died makes sure that there is a new one.
    """
    signals = Signals()
    subreaper = processes.adopt_orphans()
    me, store, secret = this_process(), Store(state.store), record.new_secret()
    try:
        run = store.run_of(uuid)
        job = _claim(state, store, uuid, me, run, options, record.seal_of(secret)) if run else None
    except (OSError, SpeccError) as error:
        note(f"{uuid} cannot be started now: {error}")
        tell(state, f"{error}")
        return NOT_PREPARED
    if run is None or job is None:
        return 0
    _report(state, store, job.uuid, me, _run(state, store, job, run, signals, subreaper=subreaper), secret)
    if os.getppid() != supervisor:
        with contextlib.suppress(SpeccError):  # the next client starts one
            wakeup.ensure(state, options)
    return 0


def _claim(
    state: StateDir, store: Store, uuid: str, me: ProcessId, run: Run, options: Options, seal: str
) -> Job | None:
    """Prepare all that can fail for want of room, then claim: a full disk leaves the job pending."""
    folder, job = state.job(uuid), None
    try:
        command.prepare(folder, run)
        record.reserve(folder.record, me)
        job = store.claim(uuid, me, options.total_cores, seal)
    finally:
        if job is None:
            record.release(folder.record, me)
    return job


def _run(state: StateDir, store: Store, job: Job, run: Run, signals: Signals, *, subreaper: bool) -> Ended:
    folder = state.job(job.uuid)

    def is_cancelled() -> bool:
        with contextlib.suppress(SpeccError):  # asked again in a moment
            return store.with_uuids([job.uuid])[job.uuid].cancel_asked
        return False

    meter = Meter()
    try:
        main = command.start(job, run, folder)
    except command.CannotStart as error:
        return Ended(JobState.EXITED, None, f"never started: {error}")
    watch = Watch(main, run, folder, signals, subreaper=subreaper, is_cancelled=is_cancelled, meter=meter)
    ended = watch.to_the_end()
    return replace(ended, measured=replace(ended.measured or Measured(), ended_at=store.now()))


def _report(state: StateDir, store: Store, uuid: str, me: ProcessId, ended: Ended, secret: str) -> None:
    """Write the end, in two places if possible, in one at least."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end = time.monotonic() + PATIENCE
    while not _is_written(state, store, uuid, me, ended, secret) and time.monotonic() < end:
        time.sleep(PAUSE)


def _is_written(state: StateDir, store: Store, uuid: str, me: ProcessId, ended: Ended, secret: str) -> bool:
    written = False
    try:
        record.write(state.job(uuid).record, uuid, me, ended, secret)
        written = True
    except OSError as error:
        note(f"{uuid} is {ended.state}, but its exit record cannot be written: {error}")
    try:
        if not store.settle(uuid, me, ended):
            _correct(store, uuid, me, ended)
        written = True
    except SpeccError as error:
        note(f"{uuid} is {ended.state}, but {error}")
    return written


def _correct(store: Store, uuid: str, me: ProcessId, ended: Ended) -> None:
    """Write the end over an end that another process, perhaps the job, has put into the store in the meantime."""
    reasons = filter(None, (ended.reason, "while it ran, something else than its runner wrote another end"))
    if not store.correct(uuid, me, replace(ended, reason="; ".join(reasons))):
        note(f"{uuid} is {ended.state}, but the store does not know this runner any more")
