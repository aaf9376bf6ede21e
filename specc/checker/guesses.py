"""Which field a person meant by a name that the API does not have."""

from collections.abc import Collection

from specc.diagnostics import closest

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
    "ncpus": "core_limit",
    "nproc": "core_limit",
    "procs": "core_limit",
    "slots": "core_limit",
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
"""The words of Slurm and its relatives, which people new to this API write, and the fields that they mean."""


TOLD_ELSEWHERE = (
    (
        "env environment variables",
        "variables are set in the command (`export NAME=value`), or `cmd_line: {$command: ./run, env: {NAME: value}}`",
    ),
    (
        "args arguments",
        "arguments belong to the command, such as a script: `cmd_line: {$file: run.sh, args: [a, b]}`",
    ),
    (
        "array arrays job_array",
        "an array of jobs is a sweep: `matrix: {axes: {i: {from: 1, to: 10}}}`, and `{{ matrix.i }}` in the command",
    ),
    (
        "dependency depends_on depend after needs",
        "the API cannot put jobs in order: `specc submit --wait FIRST && specc submit SECOND` does",
    ),
    (
        "nodes ntasks_per_node tasks_per_node cpus_per_gpu gpus gpu gres gpus_per_node constraint exclusive requeue",
        "the API has no such field; on Slurm write `resource_limit: nodes=2 gpus=1`, or set `options` of the target",
    ),
    (
        "account qos reservation project wckey nice licenses",
        'set it for the target: `options = ["--account=NAME", "--qos=NAME"]` under `[targets.NAME]` in specc.toml',
    ),
    (
        "email mail mail_user mail_type notify notification",
        "the API sends no mail: `specc submit --wait` ends when the jobs have ended, and the next command can send one",
    ),
    ("modules module conda prelude", "modules and environments are loaded in the command"),
    ("workdir working_directory chdir cwd dir directory", "begin the command with `cd FOLDER`"),
    ("retry retries", "the API sends a job once: `specc submit --rerun` sends it again"),
)
ELSEWHERE = {word: told for words, told in TOLD_ELSEWHERE for word in words.split()}
"""Names that other systems have and this API has not, and how the same is said here."""


def elsewhere(name: str) -> str | None:
    """Return how to say what a name means elsewhere, or None where the name is not known."""
    return ELSEWHERE.get(_folded(name))


def is_scheduler_word(name: str) -> bool:
    """Return whether schedulers have a name."""
    return _folded(name) in SCHEDULER_WORDS


def _folded(name: str) -> str:
    return name.replace("-", "_").casefold()


def meant_by(name: str, fields: Collection[str]) -> str | None:
    """Return the field that was probably meant, or None when nothing is near."""
    word = SCHEDULER_WORDS.get(_folded(name))
    return word if word in fields else closest(name, fields)
