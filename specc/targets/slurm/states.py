"""Slurm's states of jobs in the API's words."""

from specc.targets.protocol import JobState

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
"""Slurm's STOPPED is a job whose processes were halted and that keeps its cores; the API's is one that has ended."""

SAYS_NOTHING = frozenset({"", "None", "(null)"})


def state_of(word: str) -> JobState:
    """The state of a word such as `RUNNING` or, as sacct has it, `CANCELLED by 1000`."""
    return STATES.get(word.partition(" ")[0].rstrip("+"), JobState.UNKNOWN)


def reason_of(word: str, said: str, state: JobState) -> str:
    """Slurm's reason, or its word for the state where that says more than the API's."""
    if said not in SAYS_NOTHING:
        return said
    return word if word != "COMPLETED" and state.is_final else ""
