"""Jobs whose runner is gone: what became of them.

Anybody may find out, at any time and several at once: the answer is the same, and only the first one is written.
"""

import contextlib
import os
from collections.abc import Iterable
from functools import partial

from specc.errors import SpeccError
from specc.targets.local import record, tree
from specc.targets.local.jobs import Ended, Job
from specc.targets.local.machine import boot_id
from specc.targets.local.paths import StateDir
from specc.targets.local.process import ProcessId
from specc.targets.local.store import Store
from specc.targets.protocol import JobState


def settle_dead(store: Store, state: StateDir, jobs: Iterable[Job]) -> dict[str, Ended]:
    """How those of the running jobs ended that have no living runner. What cannot be written now is found again."""
    found = {}
    for job in jobs:
        if job.runner is None or job.state is not JobState.RUNNING or job.runner.is_alive:
            continue
        found[job.uuid] = ended = _end_of(job, job.runner, state, store.seal_of(job.uuid))
        with contextlib.suppress(SpeccError):
            store.settle(job.uuid, job.runner, ended)
    return found


def _end_of(job: Job, runner: ProcessId, state: StateDir, seal: str | None) -> Ended:
    """From the exit record; without one the job is lost. Then its processes are killed before it is called so: whoever
    runs a lost job again must not meet the first one still at work. They are known by their mark; one that dropped it
    is found by the supervisor, if that is alive."""
    folder = state.job(job.uuid)
    ended = record.read(folder.record, runner, seal)
    if ended is not None:
        return ended
    if runner.boot != boot_id():
        return Ended(JobState.LOST, None, "the machine was restarted while it ran")
    tree.kill(partial(tree.marked, folder.root))
    forged = "; a record was there that is not the runner's" if os.path.lexists(folder.record) else ""
    return Ended(JobState.LOST, None, f"its runner died without a record of how it ended{forged}")
