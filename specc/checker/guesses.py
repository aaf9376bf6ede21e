"""Which field a person meant by a name that the API does not have."""

from collections.abc import Collection

from specc.diagnostics.suggest import closest

SCHEDULER_WORDS = {
    "partition": "scheduler_queue_name",
    "queue": "scheduler_queue_name",
    "queue_name": "scheduler_queue_name",
    "queue_id": "hpcqueue_id",
    "job_name": "name",
    "jobname": "name",
    "command": "cmd_line",
    "cmd": "cmd_line",
    "script": "cmd_line",
    "run": "cmd_line",
    "cores": "core_limit",
    "cpus": "core_limit",
    "ntasks": "core_limit",
    "tasks": "core_limit",
    "cpus_per_task": "core_limit",
    "mem": "mem_limit",
    "memory": "mem_limit",
    "time": "time_limit",
    "walltime": "time_limit",
    "timeout": "time_limit",
    "input": "input_file",
    "stdin": "input_file",
    "output": "stdout_redirect_path",
    "stdout": "stdout_redirect_path",
    "error": "stderr_redirect_path",
    "stderr": "stderr_redirect_path",
    "user": "run_user",
    "cluster": "cluster_id",
}
"""What Slurm and its relatives call the same thing, and people new to this API write."""


def is_scheduler_word(name: str) -> bool:
    return _folded(name) in SCHEDULER_WORDS


def _folded(name: str) -> str:
    return name.replace("-", "_").casefold()


def meant_by(name: str, fields: Collection[str]) -> str | None:
    """The field that was probably meant, or None when nothing is near."""
    word = SCHEDULER_WORDS.get(_folded(name))
    return word if word in fields else closest(name, fields)
