"""The state of jobs: from the queue, the accounting, and what they left in their folders. Success is never guessed.

Slurm's states are told in the words of the API.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from specc.targets.batch.folder import Folder, Handle, tag_of
from specc.targets.batch.journal import Journal
from specc.targets.batch.reports import BY_STATE, SAID_IN_LOG, SIGNALLED, by_records, lost, not_shared, recorded
from specc.targets.batch.script import COPY
from specc.targets.lives import EndReason, Life
from specc.targets.protocol import JobReport, JobState
from specc.targets.slurm.queries import Entry, Queries

STATES: dict[str, JobState] = {
    "PENDING": JobState.PENDING,
    "CONFIGURING": JobState.PENDING,
    "REQUEUED": JobState.PENDING,
    "REQUEUE_FED": JobState.PENDING,
    "REQUEUE_HOLD": JobState.PENDING,
    "RESV_DEL_HOLD": JobState.PENDING,
    "SPECIAL_EXIT": JobState.PENDING,
    "RUNNING": JobState.RUNNING,
    "COMPLETING": JobState.RUNNING,
    "RESIZING": JobState.RUNNING,
    "SIGNALING": JobState.RUNNING,
    "STAGE_OUT": JobState.RUNNING,
    "SUSPENDED": JobState.SUSPENDED,
    "STOPPED": JobState.SUSPENDED,
    "COMPLETED": JobState.FINISHED,
    "FAILED": JobState.EXITED,
    "LAUNCH_FAILED": JobState.EXITED,
    "TIMEOUT": JobState.EXITED,
    "OUT_OF_MEMORY": JobState.EXITED,
    "CANCELLED": JobState.CANCELLED,
    # Ended by the cluster: neither by the job itself nor by its user.
    "PREEMPTED": JobState.STOPPED,
    "NODE_FAIL": JobState.STOPPED,
    "BOOT_FAIL": JobState.STOPPED,
    "DEADLINE": JobState.STOPPED,
    "REVOKED": JobState.STOPPED,
}
"""Slurm's STOPPED is a job that is halted and keeps its cores; that of the API is a job that has ended."""

END_REASONS: dict[str, EndReason] = {
    "TIMEOUT": EndReason.TIME,
    "DEADLINE": EndReason.TIME,
    "OUT_OF_MEMORY": EndReason.MEMORY,
    "NODE_FAIL": EndReason.NODE,
    "BOOT_FAIL": EndReason.NODE,
    "LAUNCH_FAILED": EndReason.NODE,
    "PREEMPTED": EndReason.PREEMPTED,
}
NOT_LAUNCHED = ("JobLaunchFailure", "RaisedSignal:53")
"""The beginnings of what Slurm gives as the reason of a job whose node could not open its log."""

NO_OUTPUT = SIGNALLED + 53
"""The exit code of such a job."""

WAITS_AGAIN = "BeginTime"
"""Slurm's reason of a job that it has put back into the queue, and of one that asked for a later time. Tasks of an
array that wait are listed together, with the reasons of all of them."""

LARGEST_NUMBER = (1 << 26) - 1
UNSAVED_SECONDS = 60.0
"""A controller that is started so soon after a job was sent may have lost it: it saves its jobs every few seconds."""

CLOCK_SECONDS = 2.0
"""Clocks of a cluster differ by no more, and Slurm writes whole seconds."""

VANISHED = (
    "Slurm had accepted it, lost it in a crash of its controller, and never began it; `specc submit` sends it again"
)
NEVER_BEGAN = (
    "Slurm says that it has completed, and its script never began: Slurm took the end of another job for that of this "
    "one, as after a crash of its controller; `specc submit` sends it again"
)
SEEN_SECONDS = 65.0
"""So long after a job has ended, each machine sees its files: NFS believes for a minute what it knows of a folder."""
NOT_SEEN = (
    "Slurm says that it has completed, and its files are not to be seen yet; a network file system may show them a "
    "minute later"
)
LEFT_ARRAY = "Slurm has its array without it, and it never began: it was probably cancelled while it waited"
SAYS_NOTHING = frozenset({"", "None", "(null)"})
WAITED = frozenset({
    "Priority", "Resources", "JobArrayTaskLimit", "JobHeldUser", "JobHeldAdmin", "Dependency", "Licenses",
    "Reservation", WAITS_AGAIN,
})  # fmt: skip
"""Reasons for which a job waits. Slurm still gives them for a job that was cancelled meanwhile."""


def state_of(word: str) -> JobState:
    """Return the state of a word such as `RUNNING` or, as sacct has it, `CANCELLED by 1000`."""
    return STATES.get(word.partition(" ")[0].rstrip("+"), JobState.UNKNOWN)


def ended_for(word: str, state: JobState, code: int | None, folder: Folder) -> EndReason | None:
    """Return why a job ended: by Slurm's word for its state, else by what Slurm wrote into the job's log.

    Without accounting an older controller calls a job that ran out of memory `FAILED`. A command that gave an exit code
    of its own has ended by itself.
    """
    named = END_REASONS.get(word.partition(" ")[0].rstrip("+"))
    if named is None and state is JobState.EXITED and (code is None or code > SIGNALLED):
        named = folder.ended_for()
    return named or BY_STATE.get(state)


def reason_of(word: str, said: str, state: JobState) -> str:
    """Return Slurm's reason, or its word for the state where that says more than the API's."""
    is_over = state is JobState.CANCELLED and WAITED.issuperset(said.split(","))
    if said not in SAYS_NOTHING and not is_over:
        return said
    return word if word != "COMPLETED" and state.is_final else ""


def could_not_begin(entry: Entry, folder: Folder) -> bool:
    """Return whether a job that failed never began, because its node could not even open its log.

    Slurm says nothing else of that to anybody but its own log on the node.
    """
    is_no_launch = entry.exit_code == NO_OUTPUT or entry.reason.startswith(NOT_LAUNCHED)
    return is_no_launch and state_of(entry.word) is JobState.EXITED and folder.has_nothing()


class Reports:
    """Says how jobs are. `target` is the name of the target in the settings, which messages advise to change."""

    def __init__(self, queries: Queries, folder: Callable[[str], Folder], target: str) -> None:
        self._queries = queries
        self._folder = folder
        self._target = target

    def of(self, uuids: Sequence[str], *, fresh: bool = False) -> dict[str, JobReport]:
        """Return a report for each job about which something is known."""
        handles = {uuid: handle for uuid in uuids if (handle := Handle.parse(uuid)) is not None}
        foreign = {
            uuid: JobReport(uuid, JobState.UNKNOWN, "", "this is not a job of specc on a Slurm cluster")
            for uuid in uuids
            if uuid not in handles
        }
        if not handles:
            return foreign
        jobs = self._queries.listed([handle.job_id for handle in handles.values()], fresh=fresh)
        if jobs is None:
            return foreign | self._by_records(handles)
        found: dict[str, JobReport] = {}
        for uuid, handle in handles.items():
            if (entry := _own(jobs, handle)) is not None:
                found[uuid] = self._listed(uuid, handle, entry, jobs)
        self._explain(found, handles)
        self._measure(found, handles)
        forgotten = self._forgotten({uuid: handles[uuid] for uuid in handles if uuid not in found})
        return foreign | found | forgotten | self._vanished(forgotten, handles, jobs)

    def _listed(self, uuid: str, handle: Handle, entry: Entry, jobs: Mapping[str, Entry]) -> JobReport:
        """Return the report of a listed job.

        If it has ended it may be a second copy: then the one that ran the command counts.
        """
        state = state_of(entry.word)
        if not state.is_final:
            life = _life_so_far(entry.life, state)
            said = reason_of(entry.word, entry.reason, state)
            if WAITS_AGAIN in entry.reason.split(",") and self._folder(handle.place).owner() == entry.job_id:
                said = f"requeued; {said}"
            return JobReport(uuid, state, entry.word, said, life=life)
        folder = self._folder(handle.place)
        owner = folder.owner()
        if owner and owner != handle.job_id and state is JobState.EXITED:
            first = jobs.get(owner)
            if first is not None and not state_of(first.word).is_final:
                return JobReport(uuid, state_of(first.word), first.word, f"as Slurm's job {owner}")
            return recorded(uuid, folder.exit(), folder) or JobReport(
                uuid, state, entry.word, f"the command ran as Slurm's job {owner}", COPY
            )
        return _ended(uuid, entry, folder, self._target)

    def _explain(self, found: dict[str, JobReport], handles: Mapping[str, Handle]) -> None:
        """Return the exit codes of jobs that failed and left no record."""
        silent = [
            uuid for uuid, report in found.items() if report.state is JobState.EXITED and report.exit_code is None
        ]
        if not silent:
            return
        codes = self._queries.exit_codes()
        for uuid in silent:
            report = found[uuid]
            code = codes.get(handles[uuid].job_id)
            found[uuid] = replace(report, exit_code=code)

    def _measure(self, found: dict[str, JobReport], handles: Mapping[str, Handle]) -> None:
        """Add what the accounting knows of jobs that have ended and that the controller still lists.

        Of such a job the controller knows no usage, and nobody asks again.
        """
        ended = {uuid: report for uuid, report in found.items() if report.state.is_final}
        accounted = self._queries.usage([handles[uuid].job_id for uuid in ended]) if ended else {}
        for uuid, report in ended.items():
            entry = _own(accounted, handles[uuid])
            if entry is not None and state_of(entry.word).is_final:
                found[uuid] = replace(report, life=report.life.over(entry.life))

    def _forgotten(self, handles: Mapping[str, Handle]) -> dict[str, JobReport]:
        if not handles:
            return {}
        accounted = self._queries.accounted([handle.job_id for handle in handles.values()])
        if accounted is None:
            return self._by_records(handles)
        found = {}
        for uuid, handle in handles.items():
            folder, entry = self._folder(handle.place), _own(accounted, handle)
            if entry is not None and state_of(entry.word) is not JobState.UNKNOWN:
                found[uuid] = _ended(uuid, entry, folder, self._target)
            else:
                if folder.exit() is not None:
                    folder.tidy()
                found[uuid] = recorded(uuid, folder.exit(), folder, knows_cancelled=True) or lost(uuid, folder, "Slurm")
        return found

    def _vanished(
        self, reports: Mapping[str, JobReport], handles: Mapping[str, Handle], jobs: Mapping[str, Entry]
    ) -> dict[str, JobReport]:
        """Return the reports of those lost jobs that a controller has accepted and then forgotten, as a crash does, and
        of tasks that have left their array.

        Its numbers show it, which come again: that of such a job is not given yet, or is that of another job. So does
        its start, if it came shortly after the job was sent: what it accepts is on its disk only some seconds later.
        """
        lost = [
            uuid
            for uuid, report in reports.items()
            if report.state is JobState.LOST and self._folder(handles[uuid].place).owner() is None
        ]
        if not lost:
            return {}
        controller = self._queries.controller()
        others = {_number(entry.job_id): tag_of(entry.key) for entry in jobs.values() if entry.key is not None}
        found = {}
        for uuid in lost:
            handle = handles[uuid]
            number = _number(handle.job_id)
            is_given_anew = others.get(number, handle.tag) != handle.tag
            next_number = controller.next_number
            is_not_given = next_number is not None and number >= _number(str(next_number))
            is_unsaved = number not in others and self._crashed_after(handle, controller.began_at)
            if is_given_anew or is_not_given or is_unsaved:
                found[uuid] = replace(reports[uuid], reason=VANISHED, is_vanished=True)
            elif number in others:
                found[uuid] = replace(reports[uuid], reason=LEFT_ARRAY)
        return found

    def _crashed_after(self, handle: Handle, began_at: float | None) -> bool:
        """Return whether the controller was started shortly after a job was sent."""
        sent_at = self._folder(handle.place).sent_at()
        if began_at is None or sent_at is None:
            return False
        return -CLOCK_SECONDS <= began_at - sent_at <= UNSAVED_SECONDS

    def _by_records(self, handles: Mapping[str, Handle]) -> dict[str, JobReport]:
        """Return what is sure without an answer of Slurm."""
        reports = {uuid: by_records(uuid, self._folder(handle.place)) for uuid, handle in handles.items()}
        return {uuid: report for uuid, report in reports.items() if report is not None}


def _number(job_id: str) -> int:
    """Return the number of a job or of a task's array, without the part that says the cluster of a federation."""
    return int(job_id.partition("_")[0]) & LARGEST_NUMBER


def _own(jobs: Mapping[str, Entry], handle: Handle) -> Entry | None:
    """Return the job of a handle, and not another job that has its number since."""
    entry = jobs.get(handle.job_id)
    if entry is None:
        return None
    tag = tag_of(entry.key) if entry.key is not None else entry.folder.rpartition("/")[2]
    return entry if tag in (handle.tag, "") else None


def _ended(uuid: str, entry: Entry, folder: Folder, target: str) -> JobReport:
    """Return the report of a job that Slurm says has ended. Without a record it was ended from outside, or never
    began.
    """
    state, noted = state_of(entry.word), folder.noted()
    if state is JobState.FINISHED and folder.is_there() and folder.has_nothing():
        return _without_files(uuid, entry)
    if (before := _ended_before_its_node(uuid, entry, folder, noted)) is not None:
        return before
    is_own = noted.owner == entry.job_id
    recorded = noted.exit if is_own else None
    if is_own and (recorded is None or recorded.code != 0):  # after success its script has done so
        folder.tidy()
    is_unseen = recorded is None and could_not_begin(entry, folder)
    code = recorded.code if recorded is not None else entry.exit_code
    why = EndReason.NODE if is_unseen else ended_for(entry.word, state, code, folder)
    said = entry.reason
    if recorded is not None and recorded.reason:
        said = recorded.reason
    elif recorded is None and why is EndReason.MEMORY:
        said = SAID_IN_LOG[why]  # Slurm's own reason may be `JobLaunchFailure`, and what it logs has numbers of the job
    elif recorded is None and state is JobState.EXITED:
        error = not_shared(folder, entry.life.node, target) if is_unseen else folder.error_text()
        said = "; ".join(filter(None, (said, error)))
    if said in ("NonZeroExitCode", "") and entry.word == "FAILED" and code:
        said = f"exit code {code}"
    if code is None and state is JobState.FINISHED:
        code = 0
    life = noted.life if is_own else Life()
    life = replace(entry.life.over(life), seconds=entry.life.seconds if life.seconds is None else life.seconds)
    life = replace(life, ended_for=why)
    return JobReport(uuid, state, entry.word, reason_of(entry.word, said, state), code, life=life)


def _without_files(uuid: str, entry: Entry) -> JobReport:
    """Return the report of a job that Slurm says has completed, and that has left nothing: not even a log."""
    ended_at = entry.life.ended_at
    if ended_at is not None and time.time() < ended_at + SEEN_SECONDS:
        return JobReport(uuid, JobState.RUNNING, entry.word, NOT_SEEN, life=_life_so_far(entry.life, JobState.RUNNING))
    life = replace(entry.life, ended_for=EndReason.LOST)
    return JobReport(uuid, JobState.LOST, entry.word, NEVER_BEGAN, life=life, is_vanished=True)


def _ended_before_its_node(uuid: str, entry: Entry, folder: Folder, noted: Journal) -> JobReport | None:
    """Return how a command had ended by itself before its node, or what Slurm knew of the job, was lost; else None."""
    own = noted.exit if noted.owner == entry.job_id else None
    if own is None or own.code >= SIGNALLED or END_REASONS.get(entry.word) is not EndReason.NODE:
        return None
    report = recorded(uuid, own, folder)
    return None if report is None else replace(report, life=entry.life.over(report.life))


def _life_so_far(life: Life, state: JobState) -> Life:
    """Return what is known of a job that has not ended: Slurm gives an expected end, and before that a start, too."""
    if state in (JobState.RUNNING, JobState.SUSPENDED):
        return replace(life, ended_at=None, seconds=None)
    return Life(life.submitted_at)
