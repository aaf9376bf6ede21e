"""How jobs ended, by what they left in their folders. Success is never guessed."""

from dataclasses import replace

from specc.targets.batch.folder import Folder
from specc.targets.batch.journal import Exit
from specc.targets.lives import EndReason, Life
from specc.targets.protocol import JobReport, JobState

SIGNALLED = 128
SAID_IN_LOG = {
    EndReason.MEMORY: "out of memory",
    EndReason.TIME: "time limit reached",
    EndReason.NODE: "its node failed",
    EndReason.PREEMPTED: "preempted",
}
BY_STATE: dict[JobState, EndReason] = {
    JobState.EXITED: EndReason.EXIT,
    JobState.STOPPED: EndReason.STOPPED,
    JobState.CANCELLED: EndReason.CANCELLED,
    JobState.LOST: EndReason.LOST,
}


def recorded(uuid: str, own: Exit | None, folder: Folder, *, knows_cancelled: bool = False) -> JobReport | None:
    """Return how the command ended by its own record; None without a record."""
    if own is None:
        return None
    life = folder.life(own.job_id)
    if own.code == 0:
        return JobReport(uuid, JobState.FINISHED, "", "", 0, life=life)
    if own.code > SIGNALLED and knows_cancelled and folder.was_cancelled():
        life = replace(life, ended_for=EndReason.CANCELLED)
        return JobReport(uuid, JobState.CANCELLED, "", "cancelled while it ran", own.code, life=life)
    why = folder.ended_for() if own.code > SIGNALLED else None
    said = own.reason or (_by_log(why) if why else f"exit code {own.code}")
    life = replace(life, ended_for=why or EndReason.EXIT)
    return JobReport(uuid, JobState.EXITED, "", said, own.code, life=life)


def by_records(uuid: str, folder: Folder) -> JobReport | None:
    """Return what is sure without an answer of the scheduler: that the command has ended by itself, in a job that
    cannot be started again. None where nothing is sure.
    """
    ended = None if (folder.read_request() or {}).get("requeue") else folder.exit()
    return recorded(uuid, ended, folder) if ended is not None and ended.code < SIGNALLED else None


def lost(uuid: str, folder: Folder, scheduler: str) -> JobReport:
    """Return the report of a job that the scheduler does not know, and that left no record of its end."""
    if folder.was_cancelled():
        return JobReport(uuid, JobState.CANCELLED, "", "cancelled", life=Life(ended_for=EndReason.CANCELLED))
    if (why := folder.ended_for()) is not None:
        return JobReport(uuid, JobState.EXITED, "", _by_log(why), life=Life(ended_for=why))
    said = f"{scheduler} does not know it any more; {_traces(folder)}"
    return JobReport(uuid, JobState.LOST, "", said, life=Life(ended_for=EndReason.LOST))


def _traces(folder: Folder) -> str:
    if folder.owner() is not None:
        return "it began, and left no record of its end"
    if folder.has_nothing():
        return f"it left no trace of having run; if it ran, its node does not share {folder.shared}"
    return "it left no trace of having run"


def not_shared(folder: Folder, node: str, target: str) -> str:
    """Return what is probably wrong where a job could not begin, and nothing of it is in its folder."""
    where = f"the node {node}" if node else "its node"
    return (
        f"the job left no trace in {folder.shared}, which {where} probably does not share, or cannot write: "
        f"set `directory` under `[targets.{target}]` to a folder that all nodes share"
    )


def _by_log(why: EndReason) -> str:
    """Return why a job ended by its log. Its name is left out, because jobs are counted by these words."""
    return f"{SAID_IN_LOG[why]}, by its log"
