"""The options of sbatch that a project or a job may give, and the values that they take.

The list names what is allowed, in whatever release of Slurm, because a file of a project must not give a job to another
user, run another program, or change what specc itself decides. The settings of a target give options as `--gres=gpu:1`,
a job as words of `resource_limit`, `gres=gpu:1`.
"""

import re
from typing import NamedTuple

from specc.diagnostics import did_you_mean

WITH_VALUE = frozenset(
    {
        "account", "acctg-freq", "bb", "begin", "constraint", "core-spec", "cores-per-socket", "cpu-freq",
        "cpus-per-gpu", "deadline", "delay-boot", "distribution", "exclude", "exclusive", "gpu-bind", "gpu-freq",
        "gpus", "gpus-per-node", "gpus-per-socket", "gpus-per-task", "gres", "gres-flags", "hint", "licenses",
        "mail-type", "mail-user", "mcs-label", "mem-bind", "mem-per-gpu", "mincpus", "network", "nice", "no-kill",
        "nodelist", "ntasks-per-core", "ntasks-per-gpu", "ntasks-per-node", "ntasks-per-socket", "oom-kill-step",
        "prefer", "profile", "qos", "reservation", "segment", "signal", "sockets-per-node", "switches", "thread-spec",
        "threads-per-core", "tmp", "tres-bind", "tres-per-task", "wait-all-nodes", "wckey",
    }
)  # fmt: skip
FLAGS = frozenset(
    {
        "consolidate-segments", "contiguous", "exclusive", "no-kill", "oom-kill-step", "overcommit", "oversubscribe",
        "requeue", "spread-job", "spread-segments", "stepmgr", "use-min-nodes",
    }
)  # fmt: skip
OF_JOBS = frozenset({"nodes", "ntasks", "cpus-per-task", "mem-per-cpu"})
"""Options that a job alone may give: in the settings of a target, they would contradict `core_limit` or `mem_limit`."""

REQUEUE = "--requeue"
SIGNAL_NAMES = "HUP|INT|QUIT|ABRT|KILL|ALRM|TERM|USR1|USR2|URG|CONT|STOP|TSTP|TTIN|TTOU|XCPU"


class Form(NamedTuple):
    """The form of a value, for a machine and for a person."""

    text: str
    said: str

    def takes(self, value: str) -> bool:
        return re.fullmatch(self.text, value, re.IGNORECASE) is not None


COUNT = Form(r"0*[1-9][0-9]{0,8}", "an integer of at least 1, such as `8`")
NODES = Form(r"0*[1-9][0-9]{0,8}(?:-0*[1-9][0-9]{0,8})?", "a number of nodes, such as `2` or `2-4`")
SIZE = Form(r"0*[1-9][0-9]{0,12}[KMGT]?B?", "a size, such as `4G` or `512M`")
GPUS = Form(
    r"(?:[\w.-]+:)?0*[1-9][0-9]{0,8}(?:,[\w.-]+:0*[1-9][0-9]{0,8})*", "a number of GPUs, such as `2` or `a100:2`"
)
GRES = Form(
    r"(?!help\Z)[\w./-]+(?::[\w.+-]+){0,3}(?:,[\w./-]+(?::[\w.+-]+){0,3})*",
    "resources, such as `gpu:1` or `gpu:a100:2`",
)
HINT = Form(r"compute_bound|memory_bound|(?:no)?multithread", "`compute_bound`, `memory_bound` or `nomultithread`")
EXCLUSIVE = Form(r"user|mcs|topo", "no value, `user`, `mcs` or `topo`")
SIGNAL = Form(
    rf"(?:[BR]{{1,2}}:)?(?:(?:SIG)?(?:{SIGNAL_NAMES})|[1-9]|[1-5][0-9]|6[0-4])(?:@[0-9]{{1,5}})?",
    "a signal and the seconds before the time limit, such as `B:USR1@60`",
)
SWITCH = Form(r"[01]", "`0` or `1`")
OFF = Form(r"off", "no value, or `off`")
INTEGER = Form(r"[+-]?[0-9]{1,10}", "an integer, such as `100`")
SWITCHES = Form(r"[1-9][0-9]{0,5}(?:@[0-9:-]+)?", "a number of switches, such as `1` or `1@10:00`")
ANY = Form(r"(?!help\Z)[^\"'`]+", "a value without quotation marks")

FORMS: dict[str, Form] = {
    "nodes": NODES,
    **dict.fromkeys(
        (
            "ntasks", "ntasks-per-node", "ntasks-per-socket", "ntasks-per-core", "ntasks-per-gpu", "cpus-per-task",
            "cpus-per-gpu", "mincpus", "core-spec", "thread-spec", "segment",
        ),
        COUNT,
    ),
    **dict.fromkeys(("gpus", "gpus-per-node", "gpus-per-task", "gpus-per-socket"), GPUS),
    **dict.fromkeys(("mem-per-cpu", "mem-per-gpu", "tmp"), SIZE),
    "gres": GRES,
    "hint": HINT,
    "exclusive": EXCLUSIVE,
    "signal": SIGNAL,
    "nice": INTEGER,
    "no-kill": OFF,
    "oom-kill-step": SWITCH,
    "wait-all-nodes": SWITCH,
    "switches": SWITCHES,
}  # fmt: skip


def mistake_in_value(name: str, value: str | None) -> str | None:
    """Return what an option expects in place of its value, or None where the value is right."""
    if value is None:
        return None if name in FLAGS else f"needs a value: {_form(name).said}"
    if name not in WITH_VALUE | OF_JOBS:
        return "takes no value"
    return None if _form(name).takes(value) else f"expects {_form(name).said}"


def _form(name: str) -> Form:
    return FORMS.get(name, ANY)


FORM = re.compile(r"--([a-z][a-z-]*)(?:=([^\x00-\x20\x7f]+))?")

DECIDED = {
    "job-name": "`name`", "partition": "`scheduler_queue_name`", "time": "`time_limit`", "mem": "`mem_limit`",
    "ntasks": "`core_limit` and `layout`", "cpus-per-task": "`core_limit` and `layout`", "nodes": "`core_limit`",
    "output": "`stdout_redirect_path`", "error": "`stderr_redirect_path`", "input": "`input_file`",
}  # fmt: skip
"""Options that a field of the job or another setting stands for."""

CLUSTERS = "a target is one cluster: submit from a login node of the other cluster, with a target of its own"
"""What stands in place of `--clusters`, with which each program of Slurm would have to be called."""


def mistake_in_option(option: str) -> str | None:
    """Return why a configuration cannot give an option, and what to write; None if it can."""
    if option.startswith(("--clusters", "-M")):
        return f"remove the option: {CLUSTERS}"
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
