"""What sbatch said, and whether anything was started.

sbatch prints `Batch job submission failed: MESSAGE` after each failed submission. MESSAGE is the controller's answer,
or says at which step of the conversation the connection failed. It is one of Slurm's own fixed texts, never translated.
"""

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
OPTIONS_HELP = (
    "look at `resource_limit`, and at `options` and `resource_limits` of the target: this cluster's sbatch refuses them"
)

TRY_LATER = (
    "Slurm temporarily unable to accept job",
    "Slurm job queue full",
    "Resource temporarily unavailable",
    "Job queue full",
    "Slurm backup controller in standby mode",
)
"""Answers of a controller that is busy, and took nothing."""

NOT_CONNECTED = "Unable to contact slurm controller (connect failure)"
"""Slurm has texts of its own for a connection that could not be made, and for one that failed while sending or while
receiving. After this one no byte of the request was sent."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal of the controller, which begins with `message`. `fields` are those that it can be about."""

    message: str
    code: str
    fields: tuple[str, ...] = ()
    help: str | None = None
    is_general: bool = False


REFUSALS = (
    Refusal("Invalid partition name specified", "no-such-queue", QUEUE, QUEUES_HELP),
    Refusal("No partition specified or system default partition", "no-queue", QUEUE, QUEUES_HELP),
    Refusal("Required partition not available", "queue-closed", QUEUE, QUEUES_HELP),
    Refusal(
        "Requested partition configuration not available now", "over-queue-limit", (*TIME, *CORES, *QUEUE), QUEUES_HELP
    ),
    Refusal("User's group not permitted to use this partition", "queue-denied", QUEUE, QUEUES_HELP),
    Refusal("Invalid account or account/partition combination", "bad-account", (*OTHER, *QUEUE), SITE_HELP),
    Refusal(
        "Requested node configuration is not available", "too-large", (*CORES, *MEMORY), "`sinfo -N -l` shows the nodes"
    ),
    Refusal("Requested time limit is invalid", "over-time", TIME, QUEUES_HELP),
    Refusal("Requested time limit exceeds partition limit", "over-time", TIME, QUEUES_HELP),
    Refusal("Memory required by task is not available", "over-memory", MEMORY, QUEUES_HELP),
    Refusal("Memory specification can not be satisfied", "over-memory", MEMORY, QUEUES_HELP),
    Refusal("CPU count per node can not be satisfied", "too-many-cores", CORES, "`sinfo -N -l` shows the nodes"),
    Refusal("CPU count specification invalid", "too-many-cores", CORES),
    Refusal("More processors requested than permitted", "too-many-cores", CORES, QUEUES_HELP),
    Refusal("Node count specification invalid", "too-large", CORES, QUEUES_HELP),
    Refusal("Invalid generic resource", "bad-resource", OTHER, "`scontrol show config` lists GresTypes"),
    Refusal("Invalid Trackable RESource", "bad-resource", OTHER),
    Refusal("Invalid feature specification", "bad-resource", OTHER),
    Refusal("Invalid license specification", "bad-resource", OTHER),
    Refusal("Invalid qos specification", "bad-qos", OTHER, SITE_HELP),
    Refusal("Job violates accounting/QOS policy", "over-policy", (), SITE_HELP),
    Refusal("Requested reservation is invalid", "bad-resource", OTHER),
    Refusal("Requested reservation not usable now", "bad-resource", OTHER),
    Refusal("Access denied to requested reservation", "bad-resource", OTHER, SITE_HELP),
    Refusal("Invalid node name specified", "bad-resource", OTHER, "`sinfo -N -l` shows the nodes"),
    Refusal("Requested nodes not in this partition", "bad-resource", (*OTHER, *QUEUE), "`sinfo -N -l` shows the nodes"),
    Refusal("Invalid preferred feature specification", "bad-resource", OTHER),
    Refusal("Duplicate generic resource", "bad-resource", OTHER),
    Refusal("Invalid GRES specification", "bad-resource", OTHER),
    Refusal("Requested GRES option unsupported", "bad-resource", OTHER),
    Refusal("Access/permission denied", "denied", (), SITE_HELP, is_general=True),
    Refusal("User's account is invalid", "denied", (), SITE_HELP, is_general=True),
    Refusal("Invalid user id", "denied", (), "the cluster does not know this user", is_general=True),
    Refusal("Invalid wckey specification", "bad-account", (), SITE_HELP, is_general=True),
    Refusal("Pathname of a file, directory or other parameter too long", "too-long", ("cmd_line", "name")),
)


def job_number(ran: Ran | TimedOut) -> str | None:
    """Return the number of the job that sbatch says it submitted.

    The wrapper of a site may print more; if that is a number, too, nobody can tell them apart, and the job has to be
    found by its key.
    """
    found = _numbers(ran.out) if isinstance(ran, Ran) and ran.code == 0 else []
    return found[0] if len(found) == 1 else None


def outcome_without_job(ran: Ran | TimedOut, sent: frozenset[str]) -> Outcome:
    """Return what surely happened, of an sbatch that gave no job. `sent` are the fields of the payload."""
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
        return Unclear("; ".join(filter(None, (said, *numbers))))
    answer = next(iter(answers), None)
    if answer is None:
        return _before_submission(ran, said, sent)
    if answer.startswith(NOT_CONNECTED) or answer.startswith(TRY_LATER):
        return NotSent(answer)
    if "encode failed" in ran.err.lower() and "decode failed" not in ran.err.lower():
        return NotSent(f"the request could not be signed: {said}")
    for refusal in REFUSALS:
        if answer.startswith(refusal.message):
            fields = dict.fromkeys((field for field in refusal.fields if field in sent), said)
            return Rejected(refusal.code, said, refusal.help, fields or None, refusal.is_general)
    if answer.startswith("Unspecified error") and answer != said:
        # A site's own rule: it says what it wants, and gives the job no better code than -1.
        return Rejected("site-rule", said, SITE_HELP)
    return Unclear(said)


def _before_submission(ran: Ran, said: str, sent: frozenset[str]) -> Outcome:
    """Return the outcome of an sbatch that ended without the line of a failed submission."""
    if ran.code > 0 and BAD_OPTION.search(ran.err):
        return Rejected("bad-option", said, OPTIONS_HELP, {field: said for field in OTHER if field in sent} or None)
    if ran.code > 0 and SITE_FILTER in ran.err:
        return Rejected("site-rule", said, SITE_HELP)
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
