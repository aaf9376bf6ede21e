"""The supervisor: one process of the user that starts jobs when there are cores for them. `python -m` runs it.

It holds no state that matters: the queue is the store, each job has its own runner, and a supervisor that dies is
replaced by the next call of a client or the next job that ends. It only looks, forks, and waits.
"""

import argparse
import contextlib
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.targets.local import processes, runner, wakeup
from specc.targets.local.jobs import TIME_LIMIT, Ended, Job, Run, Waiting, by_turns, startable, used_by_owner
from specc.targets.local.machine import Options
from specc.targets.local.paths import StateDir, note, tell
from specc.targets.local.processes import ProcessId, hide_memory
from specc.targets.local.record import settle_dead
from specc.targets.local.store import Store
from specc.targets.local.watch import KILL_SECONDS, Signals
from specc.targets.protocol import JobState

MOST_STOPS = 3
"""How often a stopped runner is woken before its job is ended. Nobody stops a runner by accident twice."""

SLACK_SECONDS = 15.0
"""How much longer a runner may take on a busy machine before the supervisor does its work."""

CHECK_SECONDS = 2.0
"""How often jobs of an earlier supervisor are checked: of their ends this one hears only by chance."""

PAUSE, LONGEST_PAUSE = 0.5, 10.0
MOST_FAULTS = 60
"""How often in a row the store may be unusable before the supervisor ends. The next client starts another."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """Why a job is ended in place of its runner."""

    state: JobState
    reason: str


class Oversight:
    """Watches the runners of one state folder, as long as the supervisor lives."""

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
            limit = f"{TIME_LIMIT}{run.seconds} s reached"
            return Overdue(JobState.EXITED, f"{limit}; its runner did not end it, the supervisor did")
        return None

    def _kill(self, job: Job, runner: ProcessId) -> None:
        """Kill the runner with all below it, all stopped first: without the runner nobody would know them."""
        folder = self._state.job(job.uuid).root
        processes.kill(lambda: [*_with_descendants(runner), *processes.marked(folder)])


def _with_descendants(runner: ProcessId) -> list[psutil.Process]:
    if not runner.is_alive:
        return []
    try:
        process = psutil.Process(runner.pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _age(runner: ProcessId) -> float:
    """Return the seconds since the process started, without those of a machine's sleep; never more than they really
    are.

    The kernel counts a start from the boot, sleep included. On other systems the limit is left to the runner.
    """
    if sys.platform != "linux":
        return 0.0
    return time.monotonic() - runner.born / os.sysconf("SC_CLK_TCK")


class Supervisor:
    """Serves the queue of `state` while it holds `lock`."""

    def __init__(self, state: StateDir, options: Options, lock: int) -> None:
        self._state = state
        self._options = options
        self._lock = lock
        self._store = Store(state.store)
        self._signals = Signals()
        self._bell = wakeup.listen(state)
        tell(state, "")
        self._oversight = Oversight(state, self._store.run_of)
        self._launched: dict[int, Waiting] = {}
        self._turns: dict[str, int] = {}
        self._faults = 0
        self._resume_at = 0.0

    def serve(self) -> None:
        """Serve until there has been nothing to do for a while, SIGTERM came, or the state folder is gone."""
        idle_since: float | None = None
        while self._is_at_home() and self._faults < MOST_FAULTS:
            is_busy = self._tick() or bool(self._launched)
            now = time.monotonic()
            idle_since = None if is_busy else idle_since or now
            left = CHECK_SECONDS if idle_since is None else idle_since + self._options.idle - now
            if left <= 0 and self._leave():
                return
            pause = self._resume_at - now
            came = self._signals.wait(max(0.0, min(left, pause) if pause > 0 else left), self._bell)
            if signal.SIGTERM in came:
                return

    def _tick(self) -> bool:
        """Do all that can be done now, and return whether there are open jobs."""
        self._reap()
        if time.monotonic() < self._resume_at:
            return True
        try:
            running = self._store.running()
            dead = settle_dead(self._store, self._state, running)
            running = [job for job in running if job.uuid not in dead]
            self._end_overdue(running)
            pending = self._store.pending(len(self._launched) + self._options.total_cores)
            self._repeat_cancellations(running)
            self._start(running, pending)
        except (SpeccError, OSError) as error:
            self._pause(f"{error}")
            tell(self._state, f"{error}")
            return True
        return bool(running or pending)

    def _end_overdue(self, running: Sequence[Job]) -> None:
        """End jobs whose runners do not do their work any more. They count as running until the next look."""
        ended = self._oversight.look(running)
        for job in running:
            if job.uuid in ended and job.runner is not None:
                self._store.settle(job.uuid, job.runner, ended[job.uuid])

    def _repeat_cancellations(self, running: Sequence[Job]) -> None:
        """Tell runners of cancellations again: a client may have died before it told the runner."""
        for job in running:
            if job.cancel_asked and job.runner is not None:
                job.runner.send(signal.SIGTERM)

    def _start(self, running: Sequence[Job], pending: Sequence[Job]) -> None:
        claimed = {job.uuid for job in running}
        coming = {job.uuid: job for job in self._launched.values() if job.uuid not in claimed}
        waiting = [Waiting(job.uuid, job.cores, job.owner) for job in pending if job.uuid not in coming]
        used = used_by_owner([*running, *coming.values()])
        for start in startable(by_turns(waiting, used, self._turns), used.total(), self._options.total_cores):
            self._turns[start.owner] = max(self._turns.values(), default=0) + 1
            self._launch(start)

    def _launch(self, job: Waiting) -> None:
        """Fork the job's runner. Nothing is written, because the runner's own claim is what counts."""
        supervisor = os.getpid()
        pid = os.fork()
        if pid:
            self._launched[pid] = job
            return
        code = os.EX_SOFTWARE
        try:
            self._become_runner()
            code = runner.attend(self._state, job.uuid, self._options, supervisor=supervisor)
        finally:
            if code == os.EX_SOFTWARE:
                note(f"{job.uuid}: {traceback.format_exc()}")
            os._exit(code)

    def _become_runner(self) -> None:
        """Cut everything that would tie the new process to this one: above all the lock, which it must not keep."""
        signal.set_wakeup_fd(-1)
        for descriptor in (self._lock, self._bell, *self._signals.descriptors):
            os.close(descriptor)
        os.setsid()

    def _reap(self) -> None:
        """Collect children that ended. Children that are not runners were left by a runner that was killed."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = ended
                job = self._launched.pop(pid, None)
                if job is not None and status:
                    self._failed(job, os.waitstatus_to_exitcode(status))
                    processes.kill(lambda: processes.strangers(self._launched))
                elif job is not None:
                    self._recover()

    def _failed(self, job: Waiting, code: int) -> None:
        """Note a runner that failed. Only a runner that could not start its job makes the others wait.

        A job can kill its runner, and must not hold up the queue with that.
        """
        text = f"the runner of {job.uuid} ended with {code}"
        if code != runner.NOT_PREPARED and self._has_started(job):
            note(text)
            return
        self._pause(text)
        if code != runner.NOT_PREPARED:
            tell(self._state, text)

    def _has_started(self, job: Waiting) -> bool:
        with contextlib.suppress(SpeccError):  # as long as the store cannot be read, nothing has started
            return self._store.with_uuids([job.uuid])[job.uuid].state is not JobState.PENDING
        return False

    def _recover(self) -> None:
        if self._faults:
            tell(self._state, "")
        self._faults = 0

    def _pause(self, why: str) -> None:
        """Wait before the next start, the longer the more often starts failed."""
        pause = min(PAUSE * 2**self._faults, LONGEST_PAUSE)
        self._faults += 1
        self._resume_at = time.monotonic() + pause
        note(f"{why}; starting no job for {pause:.1f} s")

    def _leave(self) -> bool:
        """Stop listening, then release the lock, then look once more. Return False when there is work after all.

        So a client that has written to the store before, and found this process still there, is not forgotten.
        """
        os.close(self._bell)
        os.close(self._lock)
        if not self._store.running() and not self._store.pending(1):
            return True
        lock = wakeup.try_lock(self._state)
        if lock is None:
            return True
        self._lock, self._bell = lock, wakeup.listen(self._state)
        return False

    def _is_at_home(self) -> bool:
        """Return whether the lock is still that of the state folder, and not of a folder that was removed."""
        try:
            return os.path.samestat(os.stat(self._state.lock), os.fstat(self._lock))
        except OSError:
            return False


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog=f"python -m {wakeup.SUPERVISOR}", description=__doc__)
    parser.add_argument("state", type=Path, metavar="STATE_DIR")
    parser.add_argument("--lock", type=int, help="descriptor of the lock, from whoever took it")
    parser.add_argument("--idle", type=float, default=Options().idle, help="seconds without a job after which it ends")
    parser.add_argument("--cores", type=int, help="cores to hand out; default: the machine's")
    given = parser.parse_args(arguments)
    state = StateDir(given.state)
    lock = given.lock if given.lock is not None else wakeup.try_lock(state)
    if lock is None:
        return 0
    os.set_inheritable(lock, False)
    _settle_in(state, lock)
    try:
        Supervisor(state, Options(given.cores, idle=given.idle), lock).serve()
    except SpeccError as error:
        note(error.message)
        return 2
    return 0


def _settle_in(state: StateDir, lock: int) -> None:
    """Leave the current folder, use the log as standard error, and write the pid into the lock file for people."""
    processes.adopt_orphans()
    hide_memory()
    os.umask(0o077)
    os.chdir("/")
    log = os.open(state.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    with contextlib.suppress(OSError):  # the lock counts; its text only helps people and `resume`
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    gc.freeze()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
