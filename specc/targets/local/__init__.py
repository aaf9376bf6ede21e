"""This machine as a target: a queue for its cores, limits that are kept, and jobs that outlive whoever submitted them.

Three kinds of processes meet in one store (`store.py`), and any of them may die at any time:

- clients (`target.py`) add jobs, ask, and cancel;
- one supervisor a user (`supervisor.py`) starts a runner for each job when there are cores;
- one runner a job (`runner.py`) claims the job, starts it, keeps its limits, and writes down how it ended.

A job starts in the folder that `specc.targets.start` says, in a process group of its own. Its environment is the
caller's `PATH`, `HOME`, `USER`, `LOGNAME`, `SHELL`, `LANG`, `LANGUAGE`, `LC_*`, `TZ` and `TMPDIR` from the time of
submission, `OMP_NUM_THREADS`, and what it is told of itself as `SPECC_*`; nothing else, so no credential. Processes
that outlive the command are ended with it. What each field of a payload means here, and which are ignored, is said in
`request.py`.

Jobs that waited when the machine was stopped wait until the next call of a client. Nothing is ever deleted: a job's
directory is STATE/jobs/UUID, its outputs are the user's.

Made for Linux. macOS has no subreaper, so there a process that leaves its job's tree *and* drops the job's mark from
its environment is neither limited nor ended.
"""

from collections.abc import Iterator, Mapping

from specc.settings import Target, Traits
from specc.targets.kind import Kind
from specc.targets.opening import Opened, Opening
from specc.targets.refusals import Refusal


def _refusals(body: Mapping[str, object], target: Target, units: Mapping[str, str]) -> Iterator[Refusal]:
    from specc.targets.local.refusals import refusals  # only a project with such a target needs the module

    return refusals(body, target, units)


def _open(opening: Opening) -> Opened:
    from specc.targets.local.opening import open_target  # it brings SQLite, which no check needs

    return open_target(opening)


def _ignored(body: Mapping[str, object], target: Target) -> list[str]:
    from specc.targets.local.refusals import ignored  # only a project with such a target needs the module

    return ignored(body)


TRAITS = Traits(
    scheduler="",
    variables=frozenset({"SLURM_SUBMIT_DIR"}),
    obeys_interpreter_line=True,
    runs_scripts=True,
    has_workdir=True,
)
MEANINGS = {
    "name": "for people",
    "cmd_line": "a script for bash, or for the program that its `#!` line names",
    "input_file": "standard input; without `cmd_line`, the script",
    "core_limit": "the cores that the job waits for; it is not bound to them",
    "mem_limit": "a limit of all processes of the job together",
    "time_limit": "a limit of the job; its processes are ended",
    "stdout_redirect_path": "the file of the standard output, made anew",
    "stderr_redirect_path": "the file of the standard error, made anew",
    "run_user": "must be you, unless the target says `run_as`",
    "resource_limit": "words that count cores, and a signal before the time limit",
    "cluster_id": "not used",
    "zone": "not used",
    "hpcqueue_id": "not used",
    "scheduler_queue_name": "not used",
    "priority": "not used",
    "submit_type": "not used",
    "cmd_line_type": "not used",
}
LOCAL = Kind("local", _refusals, _open, _ignored, in_flight=1, traits=TRAITS, is_free=True, meanings=MEANINGS)
"""Jobs on this machine are queued in the order in which they come, so one is sent at a time."""

__all__ = ["LOCAL"]
