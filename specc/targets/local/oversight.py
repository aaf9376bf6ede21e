"""What the supervisor does for jobs whose runners cannot: a job runs as its user, and can stop its own runner.

A stopped runner keeps no limit and hears no cancellation. The supervisor wakes it; where that does not help, it keeps
the limit and the cancellation itself, and kills the runner together with the job. Times are those of the monotonic
clock, as in the runner.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence

import psutil

from specc.fast_dataclass import dataclass
from specc.targets.local import tree
from specc.targets.local.jobs import Ended, Job, Run
from specc.targets.local.log import note
from specc.targets.local.paths import StateDir
from specc.targets.local.process import ProcessId
from specc.targets.local.watch import KILL_SECONDS
from specc.targets.protocol import JobState

MOST_STOPS = 3
"""So often a runner is found stopped, and woken, before its job is ended. Nobody stops a runner by accident twice."""

SLACK_SECONDS = 15.0
"""So much longer than it may take a runner has on a busy machine before the supervisor does its work."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """Why a job is ended in place of its runner."""

    state: JobState
    reason: str


class Oversight:
    """Looks after the runners of one state folder. Kept as long as the supervisor lives."""

    def __init__(self, state: StateDir, run_of: Callable[[str], Run | None], slack: float = SLACK_SECONDS) -> None:
        self._state = state
        self._run_of = run_of
        self._slack = slack
        self._runs: dict[str, Run | None] = {}
        self._stops: dict[str, int] = {}
        self._asked: dict[str, float] = {}

    def look(self, running: Sequence[Job]) -> dict[str, Ended]:
        """Wake runners that are stopped, and end the jobs whose runners do not do their work: how those ended."""
        self._forget({job.uuid for job in running})
        ended = {}
        for job in running:
            overdue = self._overdue(job, job.runner) if job.runner is not None else None
            if overdue is not None and job.runner is not None:
                note(f"{job.uuid}: {overdue.reason}")
                self._kill(job, job.runner)
                ended[job.uuid] = Ended(overdue.state, None, overdue.reason)
        return ended

    def _forget(self, running: set[str]) -> None:
        for known in (self._runs, self._stops, self._asked):
            for uuid in [uuid for uuid in known if uuid not in running]:
                known.pop(uuid)

    def _overdue(self, job: Job, runner: ProcessId) -> Overdue | None:
        if runner.is_stopped:
            stops = self._stops[job.uuid] = self._stops.get(job.uuid, 0) + 1
            if stops >= MOST_STOPS:
                return Overdue(JobState.EXITED, "ended by the supervisor: its runner was stopped again and again")
            note(f"{job.uuid}: its runner was stopped, and is woken")
            runner.send(signal.SIGCONT)
        if job.uuid not in self._runs:
            self._runs[job.uuid] = self._run_of(job.uuid)
        run = self._runs[job.uuid]
        if run is None:
            return None
        now, spare = time.monotonic(), run.grace + KILL_SECONDS + self._slack
        if job.cancel_asked and now > self._asked.setdefault(job.uuid, now) + spare:
            return Overdue(JobState.CANCELLED, "cancelled while it ran; its runner did not end it, the supervisor did")
        if run.seconds is not None and _age(runner) > run.seconds + spare:
            limit = f"time limit of {run.seconds} s reached"
            return Overdue(JobState.EXITED, f"{limit}; its runner did not end it, the supervisor did")
        return None

    def _kill(self, job: Job, runner: ProcessId) -> None:
        """Kill the runner with all below it, all stopped first: without the runner nobody would know them."""
        folder = self._state.job(job.uuid).root
        tree.kill(lambda: [*_with_descendants(runner), *tree.marked(folder)])


def _with_descendants(runner: ProcessId) -> list[psutil.Process]:
    if not runner.is_alive:
        return []
    try:
        process = psutil.Process(runner.pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _age(runner: ProcessId) -> float:
    """The seconds since the process started, of which a machine's sleep is not one; never more than it really is.

    The kernel counts a start from the boot, sleep included. Elsewhere the limit is left to the runner.
    """
    if sys.platform != "linux":
        return 0.0
    return time.monotonic() - runner.born / os.sysconf("SC_CLK_TCK")
