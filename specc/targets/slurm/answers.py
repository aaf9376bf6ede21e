"""What sbatch said, and whether anything was started.

sbatch prints `Batch job submission failed: MESSAGE` after each failed submission. MESSAGE is the controller's answer,
or says at which step of the conversation the connection failed. It is one of Slurm's own fixed texts, never translated.
"""

import errno
import os
import re

from specc.fast_dataclass import dataclass
from specc.targets.batch.programs import Ran, TimedOut
from specc.targets.protocol import NotSent, Outcome, Rejected, Unclear

NUMBER = re.compile(r"(?m)^(\d+)(?:;[^\n;]*)?$")
FAILED = "Batch job submission failed: "
BAD_OPTION = re.compile(r"(?m)^sbatch: error: (?:Invalid (?:--|generic resource \(|numeric value )|unrecognized --)")
"""What sbatch says of its options before it speaks to the controller: those of the settings, and words of a job."""

SITE_FILTER = "sbatch: error: cli_filter plugin terminated with error"
"""A site's own rule in sbatch, which is asked before the controller. The lines before this one say what it wants."""

NOISE = re.compile(r"^(?:sbatch: )?(?:error: |fatal: )?")

QUEUE = ("scheduler_queue_name", "hpcqueue_id")
CORES = ("core_limit", "resource_limit")
MEMORY = ("mem_limit",)
TIME = ("time_limit",)
OTHER = ("resource_limit",)
QUEUES_HELP = "`sinfo -s` lists the partitions, `scontrol show partition NAME` their limits"
SITE_HELP = (
    'ask the cluster\'s staff, or set `options` of the target in specc.toml, as in `options = ["--account=NAME"]`'
)
ARRAYS_HELP = (
    "if it is about arrays, write `arrays = false` under the target in specc.toml: then each cell is a job of its own"
)
OPTIONS_HELP = (
    "look at `resource_limit`, and at `options` and `resource_limits` of the target: this cluster's sbatch refuses them"
)

NOT_NOW = (
    "Unable to contact slurm controller (connect failure)",
    "Communication connection failure",
    "Connection timed out establishing",
    "Connection refused",
    "Rate limit exceeded",
    "Slurm backup controller in standby mode",
    "Controller is in standby mode",
    "I/O error writing script/environment to file",
    "Unable to connect to database",
)
"""Answers after which surely nothing was started, and which a later try may not get. Slurm has texts of its own for a
connection that could not be made, and for one that failed while sending or while receiving."""

FULL = (
    "MaxJobCount limit reached",
    "Slurm temporarily unable to accept job",
    "Resource temporarily unavailable",
    "Slurm job queue full",
    "Job queue full",
    "Unable to create job record, try again",
    "System submissions disabled",
)
"""Answers of a controller that has as many jobs as it takes, or takes none at the moment."""

SUBMIT_LIMIT = re.compile(r"\b(?:Assoc|QOS)(?:(?!Submit)\w)*+Submit\w*+(?<=Limit)")
"""Slurm's names for limits on how many jobs may be in the queue, such as `QOSMaxSubmitJobPerUserLimit`. sbatch says
them before the answer, which is the same for all limits."""

OPEN = (
    "No error",
    "Operation now in progress",
    "Unexpected message received",
    "Message send failure",
    "Message receive failure",
    "Communication shutdown failure",
    "Incompatible versions of client and server code",
    "Protocol version has changed",
    "I/O stream version number error",
    "Protocol authentication error",
    "Insane message length",
    "Can't find an address",
    "Unexpected missing socket error",
    "Unable to process incoming",
    "Unable to process outgoing",
    "Read would block",
    "Write would block",
    "Connection rejected by handler",
    "Connection forced closed by quiesce timeout",
    "Connection timed out",
    "Kernel reported delayed socket error",
    "Process is shutting down",
    "Unable to contact slurm controller",
    "Received zero length message",
    "Received message length < 0",
    "Failed to send entire message",
    "Header lengths are longer than data received",
    "Socket timed out on send/recv operation",
    "Zero Bytes were transmitted or received",
    "Invalid authentication credential",
    "Authentication credential expired",
    "Bad argument to plugin function",
    "Cannot unpack credential",
    "Authentication does not apply to request",
    "Token Generation failed",
    "Unable to query kernel for socket peer credential",
)
"""Texts that leave it open whether the controller has the job: a time-out, a request or an answer that was cut, an
answer that could not be checked. They come before the refusals."""

OF_A_CONNECTION = re.compile(
    r"connect|socket|communicat|time[ds]? ?-?out|receiv|\b(?:send|sent)\b|transmi|protocol|messag|authenti|credential|"
    r"contact|network|packet",
    re.IGNORECASE,
)
"""Words of a text that stands in no table and may be about the conversation, as a later Slurm may have one."""

OF_THE_SYSTEM = {os.strerror(number): number for number in range(1, 134)}
"""The errors of Linux, of which most can come from either end of a connection."""

NEVER_OF_A_CONNECTION = frozenset({errno.EPERM, errno.ENOENT, errno.ESRCH, errno.EACCES})
"""Errors that no open connection gives. After words of a site they are the number that its rule gave: `return 1`."""

UNKNOWN_CODE = re.compile(r"Unknown error (\d{4,})")
"""A number of Slurm's own that has no text, as a site's rule in Lua may give it. Those of the system are smaller."""

POLICY = re.compile(r"\b(?:Assoc|QOS)[A-Z]\w+")
"""Slurm's name for a limit of an account (an association), of a user or of a QOS, such as `QOSMaxCpuPerUserLimit`."""

NOT_SUBMITTED = re.compile(r"\bnot submitted\b", re.IGNORECASE)
"""What wrappers of sbatch say of a job that they keep back."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal of the controller, which begins with `message`. It can be about these `fields` and `options`."""

    message: str
    code: str
    fields: tuple[str, ...] = ()
    help: str | None = None
    is_general: bool = False
    options: tuple[str, ...] = ()


NODE_OPTIONS = ("nodelist", "exclude")
GRES_OPTIONS = ("gres", "gpus", "gpus-per-node", "gpus-per-socket", "gpus-per-task", "tres-per-task", "gres-flags")
SHAPE_OPTIONS = (
    *GRES_OPTIONS, *NODE_OPTIONS, "constraint", "nodes", "ntasks", "ntasks-per-node", "cpus-per-task", "mem-per-cpu",
    "mem-per-gpu", "mincpus", "tmp", "exclusive", "threads-per-core", "sockets-per-node", "cores-per-socket",
    "switches",
)  # fmt: skip

REFUSALS = (
    Refusal("Invalid partition name specified", "no-such-queue", QUEUE, QUEUES_HELP),
    Refusal("No partition specified or system default partition", "no-queue", QUEUE, QUEUES_HELP),
    Refusal("Required partition not available", "queue-closed", QUEUE, QUEUES_HELP),
    Refusal(
        "Requested partition configuration not available now", "over-queue-limit", (*TIME, *CORES, *QUEUE), QUEUES_HELP
    ),
    Refusal("User's group not permitted to use this partition", "queue-denied", QUEUE, QUEUES_HELP),
    Refusal(
        "Invalid account or account/partition combination",
        "bad-account",
        (*OTHER, *QUEUE),
        SITE_HELP,
        options=("account",),
    ),
    Refusal(
        "Requested node configuration is not available",
        "too-large",
        (*CORES, *MEMORY),
        "`sinfo -N -l` shows the nodes",
        options=SHAPE_OPTIONS,
    ),
    Refusal("Requested time limit is invalid", "over-time", TIME, QUEUES_HELP),
    Refusal("Requested time limit exceeds partition limit", "over-time", TIME, QUEUES_HELP),
    Refusal("Time limit specification required", "no-time", (), "write `time_limit`, which this cluster demands"),
    Refusal("Memory required by task is not available", "over-memory", MEMORY, QUEUES_HELP),
    Refusal("Memory specification can not be satisfied", "over-memory", MEMORY, QUEUES_HELP),
    Refusal("CPU count per node can not be satisfied", "too-many-cores", CORES, "`sinfo -N -l` shows the nodes"),
    Refusal("CPU count specification invalid", "too-many-cores", CORES),
    Refusal("More processors requested than permitted", "too-many-cores", CORES, QUEUES_HELP),
    Refusal("Node count specification invalid", "too-large", CORES, QUEUES_HELP),
    Refusal(
        "Invalid generic resource",
        "bad-resource",
        OTHER,
        "`scontrol show config` lists GresTypes",
        options=GRES_OPTIONS,
    ),
    Refusal("Invalid Trackable RESource", "bad-resource", OTHER, options=GRES_OPTIONS),
    Refusal("Invalid feature specification", "bad-resource", OTHER, options=("constraint",)),
    Refusal("Invalid license specification", "bad-resource", OTHER, options=("licenses",)),
    Refusal("Invalid qos specification", "bad-qos", OTHER, SITE_HELP, options=("qos",)),
    Refusal("Requested reservation is invalid", "bad-resource", OTHER, options=("reservation",)),
    Refusal("Requested reservation not usable now", "bad-resource", OTHER, options=("reservation",)),
    Refusal("Access denied to requested reservation", "bad-resource", OTHER, SITE_HELP, options=("reservation",)),
    Refusal(
        "Invalid node name specified", "bad-resource", OTHER, "`sinfo -N -l` shows the nodes", options=NODE_OPTIONS
    ),
    Refusal(
        "Requested nodes not in this partition",
        "bad-resource",
        (*OTHER, *QUEUE),
        "`sinfo -N -l` shows the nodes",
        options=NODE_OPTIONS,
    ),
    Refusal("Invalid preferred feature specification", "bad-resource", OTHER, options=("prefer",)),
    Refusal("Duplicate generic resource", "bad-resource", OTHER, options=GRES_OPTIONS),
    Refusal("Invalid GRES specification", "bad-resource", OTHER, options=GRES_OPTIONS),
    Refusal("Requested GRES option unsupported", "bad-resource", OTHER, options=GRES_OPTIONS),
    Refusal("Access/permission denied", "denied", (), SITE_HELP, is_general=True),
    Refusal("User's account is invalid", "denied", (), SITE_HELP, is_general=True),
    Refusal("Invalid user id", "denied", (), "the cluster does not know this user", is_general=True),
    Refusal("Invalid wckey specification", "bad-account", (), SITE_HELP, is_general=True, options=("wckey",)),
    Refusal("Pathname of a file, directory or other parameter too long", "too-long", ("cmd_line", "name")),
    Refusal("Invalid --nice value", "bad-option", OTHER, options=("nice",)),
    Refusal("Job dependency problem", "bad-option", OTHER),
    Refusal("Circular job dependency", "bad-option", OTHER),
    Refusal(
        "Requested account has breached requested QOS usage threshold", "over-policy", (), options=("qos", "account")
    ),
    Refusal("Invalid QOS specification, relative", "bad-qos", OTHER, options=("qos",)),
    Refusal("Invalid or unknown association", "bad-account", (), options=("account",)),
    Refusal("Invalid parent account specified", "bad-account", (), options=("account",)),
    Refusal("Task count specification invalid", "too-many-cores", CORES, options=("ntasks", "ntasks-per-node")),
    Refusal("Task distribution specification invalid", "bad-option", OTHER, options=("distribution",)),
    Refusal("Job size specification needs to be provided", "too-large", CORES),
    Refusal("Cannot request more threads per core", "too-many-cores", CORES, options=("threads-per-core",)),
    Refusal("Insufficient GRES available", "bad-resource", OTHER, options=GRES_OPTIONS),
    Refusal("RestrictedCoresPerGPU", "bad-resource", OTHER, options=GRES_OPTIONS),
    Refusal("Licenses currently unavailable", "bad-resource", OTHER, options=("licenses",)),
    Refusal("Burst Buffer", "bad-resource", OTHER, options=("bb",)),
    Refusal("Required node not available", "bad-resource", OTHER, options=NODE_OPTIONS),
    Refusal("Requested nodes are busy", "bad-resource", OTHER, options=NODE_OPTIONS),
    Refusal("Requested topology configuration is not available", "too-large", CORES, options=("switches", "nodes")),
    Refusal("Multiple KNL", "bad-resource", OTHER, options=("constraint",)),
    Refusal("Partition in DOWN state", "queue-closed", QUEUE),
    Refusal("Multiple partition job request not supported", "no-such-queue", QUEUE),
    Refusal("Invalid time specified", "over-time", TIME, options=("begin", "deadline")),
    Refusal("Invalid time-min specification", "over-time", TIME),
    Refusal("Job can not start due to maintenance reservation", "over-time", TIME),
    Refusal("Invalid accounting frequency requested", "bad-option", OTHER, options=("acctg-freq",)),
    Refusal("Invalid extra constraints specification", "bad-option", OTHER),
    Refusal("Invalid mcs_label specified", "bad-option", OTHER, options=("exclusive",)),
    Refusal("Job --batch option is invalid", "bad-option", OTHER),
    Refusal("Immediate execution impossible", "bad-option", OTHER),
    Refusal("Job is in held state", "bad-option", OTHER),
    Refusal("X11 forwarding not available", "bad-option", OTHER),
    Refusal("Invalid job array specification", "bad-option", help=ARRAYS_HELP),
    Refusal("Invalid cluster feature specification", "bad-option", OTHER),
    Refusal("Invalid group id", "denied", (), SITE_HELP, is_general=True),
    Refusal("Invalid group ID", "denied", (), SITE_HELP, is_general=True),
    Refusal("Unable to resolve group ID", "denied", (), SITE_HELP, is_general=True),
    Refusal("Invalid user ID", "denied", (), SITE_HELP, is_general=True),
    Refusal("Unable to resolve user ID", "denied", (), SITE_HELP, is_general=True),
    Refusal("Rejecting authentication of user nobody", "denied", (), SITE_HELP, is_general=True),
    Refusal("Requested operation not supported on this system", "not-supported", (), SITE_HELP, is_general=True),
    Refusal("Requested operation is presently disabled", "not-supported", (), SITE_HELP, is_general=True),
    Refusal("Only batch jobs are accepted", "not-supported", (), SITE_HELP, is_general=True),
    Refusal("Slurm internal error", "internal", (), SITE_HELP, is_general=True),
    Refusal("Error generating job credential", "internal", (), SITE_HELP, is_general=True),
    Refusal("Job script not specified", "internal", (), SITE_HELP, is_general=True),
    Refusal(
        "Job cannot be submitted without the current working directory", "internal", (), SITE_HELP, is_general=True
    ),
    Refusal("Environment is missing in job", "internal", (), SITE_HELP, is_general=True),
    Refusal("Duplicate job id", "internal", (), SITE_HELP, is_general=True),
    Refusal("Invalid JobDefaults specification", "internal", (), SITE_HELP, is_general=True),
    Refusal("Error configuring interconnect", "internal", (), SITE_HELP, is_general=True),
    Refusal("Core count for reservation node list", "internal", (), SITE_HELP, is_general=True),
    Refusal("Invalid cluster name", "no-such-cluster", (), SITE_HELP, is_general=True),
    Refusal("No eligible clusters", "no-such-cluster", (), SITE_HELP, is_general=True),
    Refusal("Max powered up nodes reached", "queue-closed", (), SITE_HELP, is_general=True),
    Refusal("QOS Preemption loop detected", "internal", (), SITE_HELP, is_general=True),
    Refusal("Required ports are in use", "internal", (), SITE_HELP, is_general=True),
    Refusal("Requires more ports", "internal", (), SITE_HELP, is_general=True),
    Refusal("Plugin initialization failed", "internal", (), SITE_HELP, is_general=True),
    Refusal("Invalid MPI plugin name", "internal", (), SITE_HELP, is_general=True),
    Refusal("MPI plugin", "internal", (), SITE_HELP, is_general=True),
)


@dataclass(frozen=True, slots=True)
class Doubtful(Unclear):
    """An answer of the controller that no table names, or words of a wrapper of sbatch: where the queue then has no job
    of it, it is the `refusal`.
    """

    refusal: Rejected


LIMITED = (
    (re.compile(r"Wall|Minutes|TimeLimit"), TIME),
    (re.compile(r"C[Pp][Uu]|Node"), CORES),
    (re.compile(r"Mem"), MEMORY),
    (re.compile(r"GRES|Gres|TRES|Tres|License|BB|Billing|Energy|FS|Pages|VMem|Unk"), OTHER),
)
"""The fields that a limit is about, by words in its name."""


def job_number(ran: Ran | TimedOut) -> str | None:
    """Return the number of the job that sbatch says it submitted.

    The wrapper of a site may print more; if that is a number, too, nobody can tell them apart, and the job has to be
    found by its key.
    """
    found = _numbers(ran.out) if isinstance(ran, Ran) and ran.code == 0 else []
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Call:
    """What sbatch was called with: the fields of the payload, its own options, and those of the target by that name."""

    fields: frozenset[str]
    own: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    target: str = ""


def outcome_without_job(ran: Ran | TimedOut, call: Call) -> Outcome:
    """Return what surely happened, of an sbatch that gave no job."""
    if isinstance(ran, TimedOut):
        said = f": {last}" if (last := _lines(ran.err)) else ""
        return Unclear(f"sbatch did not end within {ran.seconds:g} s{said}")
    answers = _answers(ran.err)
    said = _lines(ran.err)
    numbers = _numbers(ran.out)
    if ran.code == 0 and not numbers:
        return Unclear(f"sbatch gave no job number: {said or ran.out.strip()[:200] or 'it said nothing'}")
    if numbers or len(answers) > 1:
        # A site's wrapper has asked more than once, or says more than sbatch does.
        each = [_answered(ran, answer, said, call) for answer in answers]
        refused = [outcome for outcome in each if isinstance(outcome, Rejected)]
        is_refused = not numbers and len(refused) == len(each)
        return Doubtful(said, refused[-1]) if is_refused else Unclear("; ".join(filter(None, (said, *numbers))))
    answer = next(iter(answers), None)
    if answer is None:
        return _before_submission(ran, said, call.fields)
    return _answered(ran, answer, said, call)


def _answered(ran: Ran, answer: str, said: str, call: Call) -> Outcome:
    """Return what the one answer of the controller stands for, in the order of the table."""
    if answer.startswith(NOT_NOW):
        return NotSent(answer)
    if answer.startswith(FULL) or (answer.startswith("Job violates accounting") and SUBMIT_LIMIT.search(ran.err)):
        return NotSent(said, is_full=True)
    if "encode failed" in ran.err.lower() and "decode failed" not in ran.err.lower():
        return NotSent(f"the request could not be signed: {said}")
    site_rule = Rejected("site-rule", said, SITE_HELP)
    if answer.startswith("Unspecified error") and answer != said:
        # A site's own rule: it says what it wants, and gives the job no better code than -1.
        return site_rule
    if answer.startswith(OPEN):
        return Unclear(said)
    refusal = next((known for known in REFUSALS if answer.startswith(known.message)), None)
    if refusal is not None:
        return _refused(refusal, said, call)
    if answer.startswith("Job violates accounting"):
        return _over_policy(ran.err, said, call)
    if UNKNOWN_CODE.match(answer):
        return site_rule
    number = OF_THE_SYSTEM.get(answer)
    if number is not None or answer.startswith("Unknown error "):
        is_rule = number in NEVER_OF_A_CONNECTION and answer != said
        return Doubtful(said, site_rule) if is_rule else Unclear(said)
    return Unclear(said) if OF_A_CONNECTION.search(answer) else Doubtful(said, site_rule)


def _over_policy(err: str, said: str, call: Call) -> Rejected:
    """Return the refusal of a job that is over a limit of an account or a QOS, at the fields that the limit is about.
    Slurm says its name before the answer.
    """
    found = POLICY.search(err)
    name = found[0] if found is not None else ""
    shows = "`sacctmgr show qos`" if name.startswith("QOS") else "`sacctmgr show assoc where user=$USER`"
    named = [field for words, fields in LIMITED if words.search(name) for field in fields if field in call.fields]
    help = f"{shows} shows the limits" if name else SITE_HELP
    return Rejected("over-policy", said, help, dict.fromkeys(named, said) or None)


def _refused(refusal: Refusal, said: str, call: Call) -> Rejected:
    """Return a refusal at the fields that it may be about, or with the options of the target in its help."""
    own = any(_named(option) in refusal.options for option in call.own)
    fields = [name for name in refusal.fields if name in call.fields and (name not in OTHER or own or not call.own)]
    fields += ["resource_limit"] if own and "resource_limit" not in fields else []
    theirs = [option for option in call.options if _named(option) in refusal.options]
    help = refusal.help
    if theirs and not own:
        listed = ", ".join(f"`{option}`" for option in theirs)
        help = f"{listed} stands in `options` under `[targets.{call.target}]` in specc.toml"
        fields = [name for name in fields if name not in OTHER]
    return Rejected(refusal.code, said, help, dict.fromkeys(fields, said) or None, refusal.is_general)


def _named(option: str) -> str:
    return option.removeprefix("--").partition("=")[0]


def _before_submission(ran: Ran, said: str, sent: frozenset[str]) -> Outcome:
    """Return the outcome of an sbatch that ended without the line of a failed submission."""
    if ran.code > 0 and BAD_OPTION.search(ran.err):
        return Rejected("bad-option", said, OPTIONS_HELP, {field: said for field in OTHER if field in sent} or None)
    if ran.code > 0 and SITE_FILTER in ran.err:
        return Rejected("site-rule", said, SITE_HELP)
    if ran.code > 0 and NOT_SUBMITTED.search(f"{ran.err} {ran.out}"):
        words = "; ".join(filter(None, (said, _lines(ran.out))))
        return Doubtful(words, Rejected("site-rule", words, SITE_HELP))
    died_early = "sbatch: fatal:" in ran.err or 'Try "sbatch --help"' in ran.err
    if ran.code > 0 and died_early:
        return Rejected("sbatch", said, "sbatch failed before it submitted anything", is_general=True)
    return Unclear(
        f"sbatch ended with {_ending(ran.code)}: {said}" if said else f"sbatch ended with {_ending(ran.code)}"
    )


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _numbers(out: str) -> list[str]:
    return list(dict.fromkeys(NUMBER.findall(out)))


def _answers(err: str) -> list[str]:
    return list(dict.fromkeys(line.partition(FAILED)[2].strip() for line in err.splitlines() if FAILED in line))


def _lines(err: str) -> str:
    """Return what sbatch said, without the words that every line has."""
    lines = (NOISE.sub("", line.strip()).removeprefix(FAILED) for line in err.splitlines())
    return "; ".join(dict.fromkeys(line for line in lines if line))[:1000]
