"""The options of sbatch: how each takes its value, and why those that become no field of the API do not."""

from typing import Literal, NamedTuple

Takes = Literal["nothing", "maybe", "value"]

PLACEMENT = "the API knows cores, not where on the nodes they are"
HARDWARE = "the API has no field for it; choose a queue that has what the job needs"
ACCELERATORS = "the API has no field for accelerators; choose a queue that has them"
ACCOUNTING = "the API has no field for accounts and shares"
MAIL = "the API sends no mail; `specc wait` says when jobs end"
ORDER = "specc submits jobs that are independent and start when they can; use `specc wait` between them"
PRIORITY = "`ehpc/v1` has no priority, and that of `ehpc/v2` has values of its own"
SBATCH = "it says how sbatch behaves, not the job"
RETRY = "specc never runs a job twice by itself; `specc submit --rerun` does"
LIMITS = "limits of the shell are not passed on; write `ulimit` into the script"
SITE = "it belongs to the site's Slurm, and the API has no field for it"
WHO = "the job runs as the run_user of specc.toml"
SIGNALS = "the API sends no signal before the time limit"
LOGS = "the target decides whether an output file is overwritten"


class Flag(NamedTuple):
    """`reason` is empty for an option that has a meaning in a spec."""

    name: str
    short: str = ""
    takes: Takes = "value"
    reason: str = ""


USED = (
    Flag("array", "a"), Flag("chdir", "D"), Flag("cpus-per-task", "c"), Flag("error", "e"), Flag("export"),
    Flag("input", "i"), Flag("job-name", "J"), Flag("mem"), Flag("mem-per-cpu"), Flag("nodes", "N"),
    Flag("ntasks", "n"), Flag("ntasks-per-node"), Flag("output", "o"), Flag("partition", "p"), Flag("time", "t"),
    Flag("wrap"),
)  # fmt: skip
DROPPED = (
    Flag("account", "A", "value", ACCOUNTING),
    Flag("acctg-freq", "", "value", SITE),
    Flag("batch", "", "value", HARDWARE),
    Flag("bb", "", "value", SITE),
    Flag("bbf", "", "value", SITE),
    Flag("begin", "b", "value", ORDER),
    Flag("cluster-constraint", "", "value", SITE),
    Flag("clusters", "M", "value", "the cluster is chosen by the target in specc.toml"),
    Flag("comment", "", "value", "the API has no field for it; a comment in the spec does"),
    Flag("constraint", "C", "value", HARDWARE),
    Flag("container", "", "value", "the API has no field for it; run the container in the script"),
    Flag("context", "", "value", SITE),
    Flag("contiguous", "", "nothing", PLACEMENT),
    Flag("core-spec", "S", "value", PLACEMENT),
    Flag("cores-per-socket", "", "value", PLACEMENT),
    Flag("cpu-freq", "", "value", HARDWARE),
    Flag("cpus-per-gpu", "", "value", ACCELERATORS),
    Flag("deadline", "", "value", ORDER),
    Flag("delay-boot", "", "value", SITE),
    Flag("dependency", "d", "value", ORDER),
    Flag("distribution", "m", "value", PLACEMENT),
    Flag("exclude", "x", "value", PLACEMENT),
    Flag("exclusive", "", "maybe", PLACEMENT),
    Flag("export-file", "", "value", "write the variables under `env` of cmd_line"),
    Flag("extra-node-info", "B", "value", PLACEMENT),
    Flag("get-user-env", "", "maybe", WHO),
    Flag("gid", "", "value", WHO),
    Flag("gpu-bind", "", "value", ACCELERATORS),
    Flag("gpu-freq", "", "value", ACCELERATORS),
    Flag("gpus", "G", "value", ACCELERATORS),
    Flag("gpus-per-node", "", "value", ACCELERATORS),
    Flag("gpus-per-socket", "", "value", ACCELERATORS),
    Flag("gpus-per-task", "", "value", ACCELERATORS),
    Flag("gres", "", "value", ACCELERATORS),
    Flag("gres-flags", "", "value", ACCELERATORS),
    Flag("help", "h", "nothing", SBATCH),
    Flag("hint", "", "value", PLACEMENT),
    Flag("hold", "H", "nothing", "specc submits jobs when you say so, and never on hold"),
    Flag("ignore-pbs", "", "nothing", SBATCH),
    Flag("kill-on-invalid-dep", "", "value", ORDER),
    Flag("licenses", "L", "value", HARDWARE),
    Flag("mail-type", "", "value", MAIL),
    Flag("mail-user", "", "value", MAIL),
    Flag("mcs-label", "", "value", SITE),
    Flag("mem-bind", "", "value", PLACEMENT),
    Flag("mem-per-gpu", "", "value", ACCELERATORS),
    Flag("mincpus", "", "value", PLACEMENT),
    Flag("network", "", "value", SITE),
    Flag("nice", "", "maybe", PRIORITY),
    Flag("no-kill", "k", "maybe", SITE),
    Flag("no-requeue", "", "nothing", RETRY),
    Flag("nodefile", "F", "value", PLACEMENT),
    Flag("nodelist", "w", "value", PLACEMENT),
    Flag("ntasks-per-core", "", "value", PLACEMENT),
    Flag("ntasks-per-gpu", "", "value", ACCELERATORS),
    Flag("ntasks-per-socket", "", "value", PLACEMENT),
    Flag("ntasks-per-tres", "", "value", ACCELERATORS),
    Flag("open-mode", "", "value", LOGS),
    Flag("overcommit", "O", "nothing", PLACEMENT),
    Flag("oversubscribe", "s", "nothing", PLACEMENT),
    Flag("parsable", "", "nothing", SBATCH),
    Flag("power", "", "value", SITE),
    Flag("prefer", "", "value", HARDWARE),
    Flag("priority", "", "value", PRIORITY),
    Flag("profile", "", "value", SITE),
    Flag("propagate", "", "maybe", LIMITS),
    Flag("qos", "q", "value", ACCOUNTING),
    Flag("quiet", "Q", "nothing", SBATCH),
    Flag("reboot", "", "nothing", SITE),
    Flag("requeue", "", "nothing", RETRY),
    Flag("reservation", "", "value", SITE),
    Flag("signal", "", "value", SIGNALS),
    Flag("sockets-per-node", "", "value", PLACEMENT),
    Flag("spread-job", "", "nothing", PLACEMENT),
    Flag("switches", "", "value", PLACEMENT),
    Flag("test-only", "", "nothing", SBATCH),
    Flag("thread-spec", "", "value", PLACEMENT),
    Flag("threads-per-core", "", "value", PLACEMENT),
    Flag("time-min", "", "value", "the API has one limit of time"),
    Flag("tmp", "", "value", HARDWARE),
    Flag("uid", "", "value", WHO),
    Flag("usage", "", "nothing", SBATCH),
    Flag("use-min-nodes", "", "nothing", PLACEMENT),
    Flag("verbose", "v", "nothing", SBATCH),
    Flag("version", "V", "nothing", SBATCH),
    Flag("wait", "W", "nothing", "`specc wait` waits for jobs"),
    Flag("wait-all-nodes", "", "value", SITE),
    Flag("wckey", "", "value", ACCOUNTING),
)
"""As `sbatch` 22.05 knows them, in the order of its manual."""

NEWER = (
    Flag("consolidate-segments", "", "nothing", PLACEMENT),
    Flag("container-id", "", "value", "the API has no field for it; run the container in the script"),
    Flag("extra", "", "value", SITE),
    Flag("oom-kill-step", "", "maybe", SITE),
    Flag("resv-ports", "", "maybe", SITE),
    Flag("segment", "", "value", PLACEMENT),
    Flag("spread-segments", "", "nothing", PLACEMENT),
    Flag("stepmgr", "", "nothing", SITE),
    Flag("tres-bind", "", "value", ACCELERATORS),
    Flag("tres-per-task", "", "value", ACCELERATORS),
)
"""Of later releases. They are known by their full names alone, so that they make no abbreviation ambiguous."""

LONG = {flag.name: flag for flag in (*USED, *DROPPED)}
ALIASES = {"tasks-per-node": "ntasks-per-node", "cluster": "clusters"}
SHORT = {flag.short: flag for flag in LONG.values() if flag.short}
ABBREVIATED = {**LONG, **{alias: LONG[name] for alias, name in ALIASES.items()}}
KNOWN = {**ABBREVIATED, **{flag.name: flag for flag in NEWER}}
