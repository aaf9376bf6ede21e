"""The options of sbatch that a configuration may give, for every job of a target."""

import re

from specc.diagnostics import did_you_mean
from specc.targets.slurm.options import FLAGS, SIGNAL, WITH_VALUE

FORM = re.compile(r"--([a-z][a-z-]*)(?:=([^\x00-\x20\x7f]+))?")

DECIDED = {
    "job-name": "`name`", "partition": "`scheduler_queue_name`", "time": "`time_limit`", "mem": "`mem_limit`",
    "ntasks": "`core_limit` and `layout`", "cpus-per-task": "`core_limit` and `layout`", "nodes": "`core_limit`",
    "output": "`stdout_redirect_path`", "error": "`stderr_redirect_path`", "input": "`input_file`",
}  # fmt: skip
"""Options that a field of the job or another setting stands for."""


def mistake_in_option(option: str) -> str | None:
    """Return why a configuration cannot give an option, and what to write; None if it can."""
    match = FORM.fullmatch(option)
    if match is None:
        return "write one option an item, its name in full, without spaces: `--gres=gpu:1`"
    name, value = match[1], match[2]
    if name in DECIDED:
        return f"remove the option: {DECIDED[name]} {'decide' if ' and ' in DECIDED[name] else 'decides'} it"
    if name not in WITH_VALUE | FLAGS:
        near = did_you_mean(name, sorted(WITH_VALUE | FLAGS), "options")
        said = f"`--{name}` is not among the options that may stand here"
        return f"{said}; {near}" if near else said
    if value is None and name not in FLAGS:
        return f"`--{name}` needs a value: `--{name}=...`"
    if value is not None and name not in WITH_VALUE:
        return f"`--{name}` takes no value"
    if name == "signal" and value is not None and not SIGNAL.takes(value):
        return f"`--signal` expects {SIGNAL.said}"
    return None
