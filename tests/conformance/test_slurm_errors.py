"""Slurm's error texts, of today and some older ones, and what specc takes each for when sbatch says it.

The texts are those of Slurm's table of error codes (`slurm_errno`), as far as a submission can meet them.
"""

import pytest

from specc.targets import NotSent, Outcome, Rejected, Unclear
from specc.targets.batch.programs import Ran
from specc.targets.slurm.answers import Call, Doubtful, outcome_without_job

REJECTED = {
    "Invalid partition name specified": "no-such-queue",
    "No partition specified or system default partition": "no-queue",
    "Access/permission denied": "denied",
    "User's group not permitted to use this partition": "queue-denied",
    "Requested nodes not in this partition": "bad-resource",
    "More processors requested than permitted": "too-many-cores",
    "Node count specification invalid": "too-large",
    "Job size specification needs to be provided": "too-large",
    "Job script not specified": "internal",
    "Invalid user id": "denied",
    "Duplicate job id": "internal",
    "Pathname of a file, directory or other parameter too long": "too-long",
    "Immediate execution impossible, insufficient priority": "bad-option",
    "Requested node configuration is not available": "too-large",
    "Requested partition configuration not available now": "over-queue-limit",
    "Requested nodes are busy": "bad-resource",
    "Invalid node name specified": "bad-resource",
    "Core count for reservation node list is not consistent!": "internal",
    "Error configuring interconnect": "internal",
    "Task distribution specification invalid": "bad-option",
    "Task count specification invalid": "too-many-cores",
    "Error generating job credential": "internal",
    "Invalid feature specification": "bad-resource",
    "Requested operation not supported on this system": "not-supported",
    "Requested operation is presently disabled": "not-supported",
    "Job dependency problem": "bad-option",
    "Only batch jobs are accepted or processed": "not-supported",
    "Licenses currently unavailable": "bad-resource",
    "Job is in held state, pending scheduler release": "bad-option",
    "Memory required by task is not available": "over-memory",
    "Invalid account or account/partition combination specified": "bad-account",
    "Invalid parent account specified": "bad-account",
    "Invalid qos specification": "bad-qos",
    "Invalid wckey specification": "bad-account",
    "Invalid license specification": "bad-resource",
    "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)": "over-policy",
    "Requested time limit is invalid (missing or exceeds some limit)": "over-time",
    "Time limit specification required, but not provided": "no-time",
    "Access denied to requested reservation": "bad-resource",
    "Requested reservation is invalid": "bad-resource",
    "Invalid time specified": "over-time",
    "Requested reservation not usable now": "bad-resource",
    "Required ports are in use": "internal",
    "Requires more ports than can be reserved": "internal",
    "Job cannot be submitted without the current working directory specified.": "internal",
    "QOS Preemption loop detected": "internal",
    "Required node not available (down, drained or reserved)": "bad-resource",
    "CPU count specification invalid": "too-many-cores",
    "Required partition not available (inactive or drain)": "queue-closed",
    "Circular job dependency": "bad-option",
    "Invalid generic resource (gres) specification": "bad-resource",
    "Requested account has breached requested QOS usage threshold": "over-policy",
    "Invalid job array specification": "bad-option",
    "Slurm internal error, contact system administrator": "internal",
    "Burst Buffer permission denied": "bad-resource",
    "Burst Buffer resource limit exceeded": "bad-resource",
    "Burst Buffer request invalid": "bad-resource",
    "Invalid mcs_label specified": "bad-option",
    "Partition in DOWN state": "queue-closed",
    "Duplicate generic resource (gres) specification": "bad-resource",
    "X11 forwarding not available": "bad-option",
    "Invalid group id": "denied",
    "Job --batch option is invalid or not a subset of --constraint": "bad-option",
    "Invalid Trackable RESource (TRES) specification": "bad-resource",
    "Invalid JobDefaults specification": "internal",
    "Job can not start due to maintenance reservation.": "over-time",
    "Invalid GRES specification (with and without type identification)": "bad-resource",
    "Multiple KNL NUMA and/or MCDRAM constraints require use of a heterogeneous job": "bad-resource",
    "Requested GRES option unsupported by configured SelectType plugin": "bad-resource",
    "Invalid --nice value": "bad-option",
    "Invalid time-min specification (exceeds job's time or other limits)": "over-time",
    "Environment is missing in job": "internal",
    "Multiple partition job request not supported when a partition is set in the association": "no-such-queue",
    "Cannot request more threads per core than the job allocation": "too-many-cores",
    "Invalid preferred feature specification": "bad-resource",
    "Insufficient GRES available in allocation": "bad-resource",
    "Invalid group ID": "denied",
    "Unable to resolve group ID to group name": "denied",
    "Invalid user ID": "denied",
    "Unable to resolve user ID to user name": "denied",
    "Invalid or unknown association": "bad-account",
    "Invalid QOS specification, relative QOS can only be used in a single partition per cluster.": "bad-qos",
    "Invalid extra constraints specification": "bad-option",
    "RestrictedCoresPerGPU: Not enough unique cores per GPU": "bad-resource",
    "Max powered up nodes reached": "queue-closed",
    "Requested topology configuration is not available": "too-large",
    "Invalid accounting frequency requested": "bad-option",
    "Rejecting authentication of user nobody or group nobody": "denied",
    "Invalid cluster feature specification": "bad-option",
    "Invalid cluster name": "no-such-cluster",
    "No eligible clusters for federated job": "no-such-cluster",
    "Invalid MPI plugin name": "internal",
    "MPI plugin's pre-launch setup failed": "internal",
    "Plugin initialization failed": "internal",
    "Unknown error 9999": "site-rule",
}
LATER = [
    "Unable to contact slurm controller (connect failure)",
    "Communication connection failure",
    "Connection timed out establishing",
    "Connection refused",
    "Rate limit exceeded, please retry momentarily",
    "Rate limit exceeded, please retry later",
    "Slurm backup controller in standby mode",
    "Controller is in standby mode, try a different controller",
    "I/O error writing script/environment to file",
    "Unable to connect to database",
]
FULL = [
    "MaxJobCount limit reached",
    "Resource temporarily unavailable",
    "Slurm temporarily unable to accept job, sleeping and retrying",
    "Unable to create job record, try again",
    "System submissions disabled",
]
OPEN = [
    "No error",
    "Operation now in progress",
    "Unexpected message received",
    "Message send failure",
    "Message receive failure",
    "Communication shutdown failure",
    "Incompatible versions of client and server code",
    "Protocol version has changed, re-link your code",
    "Protocol authentication error",
    "Insane message length",
    "Can't find an address, check slurm.conf",
    "Connection rejected by handler",
    "Connection forced closed by quiesce timeout",
    "Connection timed out writing",
    "Connection timed out reading",
    "Connection timed out",
    "Kernel reported delayed socket error after successful write(), client side likely closed",
    "Process is shutting down and closing all communications",
    "Unable to contact slurm controller (send failure)",
    "Unable to contact slurm controller (receive failure)",
    "Unable to contact slurm controller (shutdown failure)",
    "Received zero length message",
    "Header lengths are longer than data received",
    "Socket timed out on send/recv operation",
    "Zero Bytes were transmitted or received",
    "Invalid authentication credential",
    "Authentication credential expired",
    "Cannot unpack credential",
    # Errors of the system, which can come from either side of the connection.
    "Connection reset by peer",
    "Broken pipe",
    "Interrupted system call",
    "Input/output error",
    "Unknown error 512",
    "No such file or directory",
    # Texts that a later Slurm may have for the conversation.
    "Secure channel: connection was reset",
    "Timed out in conversation",
    "Request was not sent",
]
DOUBTFUL = [
    "Unspecified error",
    "A text that a later Slurm has",
    # What a site's rule makes of a job by giving any number of Slurm's.
    "Job is pending execution",
    "Requested reservation is in use",
    "Duplicate job step id",
    "Empty list",
    "Required nodes do not fit topology",
    "Invalid job id specified",
    "Kill task failed",
]


def said(text: str, before: str = "", call: Call = Call(frozenset())) -> Outcome:  # noqa: B008
    return outcome_without_job(Ran(1, "", f"{before}sbatch: error: Batch job submission failed: {text}\n"), call)


@pytest.mark.parametrize(("text", "code"), REJECTED.items())
def test_a_refusal_is_taken_as_what_it_is(text: str, code: str) -> None:
    outcome = said(text)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.message) == (code, text)


@pytest.mark.parametrize("text", LATER)
def test_nothing_was_sent_and_a_later_try_may_help(text: str) -> None:
    assert said(text) == NotSent(text)


@pytest.mark.parametrize("text", FULL)
def test_a_full_queue_is_not_a_refusal(text: str) -> None:
    outcome = said(text)
    assert isinstance(outcome, NotSent)
    assert outcome.is_full


@pytest.mark.parametrize("text", OPEN)
def test_what_leaves_it_open_is_unclear(text: str) -> None:
    assert said(text) == Unclear(text)


@pytest.mark.parametrize("text", DOUBTFUL)
def test_an_answer_that_no_table_names_is_a_refusal_where_the_queue_has_no_such_job(text: str) -> None:
    outcome = said(text)
    assert isinstance(outcome, Doubtful)
    assert (outcome.reason, outcome.refusal.code, outcome.refusal.message) == (text, "site-rule", text)


def test_the_number_of_a_rule_is_not_an_error_of_the_connection() -> None:
    """`return 1` of a site's rule is an error of the system to sbatch; its words come before it."""
    outcome = said("Operation not permitted", "sbatch: error: say a project\n")
    assert isinstance(outcome, Doubtful)
    assert outcome.refusal.message == "say a project; Operation not permitted"
    assert said("Connection reset by peer", "sbatch: error: say a project\n") == Unclear(
        "say a project; Connection reset by peer"
    )


@pytest.mark.parametrize(
    "name",
    [
        "AssocMaxSubmitJobLimit",
        "AssocGrpSubmitJobsLimit",
        "QOSMaxSubmitJobPerUserLimit",
        "QOSMaxSubmitJobPerAccountLimit",
        "QOSGrpSubmitJobsLimit",
    ],
)
def test_a_limit_on_submitted_jobs_is_not_yet(name: str) -> None:
    policy = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"
    outcome = said(policy, f"sbatch: error: {name}\n")
    assert outcome == NotSent(f"{name}; {policy}", is_full=True)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("QOSMaxCpuPerUserLimit", {"core_limit", "resource_limit"}),
        ("QOSMinCpuNotSatisfied", {"core_limit", "resource_limit"}),
        ("AssocMaxNodePerJobLimit", {"core_limit", "resource_limit"}),
        ("AssocMaxWallDurationPerJobLimit", {"time_limit"}),
        ("AssocGrpCPURunMinutesLimit", {"time_limit", "core_limit", "resource_limit"}),
        ("QOSMaxMemoryPerJob", {"mem_limit"}),
        ("QOSMaxGRESPerUser", {"resource_limit"}),
        ("AssocMaxLicPerJobSomething", set()),
        ("", set()),
    ],
)
def test_a_limit_on_the_size_of_a_job_is_a_refusal_at_its_field(name: str, fields: set[str]) -> None:
    policy = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"
    every = frozenset({"name", "core_limit", "resource_limit", "mem_limit", "time_limit"})
    outcome = said(policy, f"sbatch: error: {name}\n" if name else "", Call(every))
    assert isinstance(outcome, Rejected)
    assert set(outcome.fields or {}) == fields
    shows = "sacctmgr show qos" if name.startswith("QOS") else "sacctmgr show assoc" if name else "staff"
    assert shows in (outcome.help or "")


class TestWhereARefusedOptionComesFrom:
    TEXT = "Invalid qos specification"

    def test_from_the_job(self) -> None:
        outcome = said(self.TEXT, call=Call(frozenset({"resource_limit", "name"}), ("--qos=fast",)))
        assert isinstance(outcome, Rejected)
        assert outcome.fields == {"resource_limit": self.TEXT}

    def test_from_the_settings(self) -> None:
        call = Call(frozenset({"resource_limit"}), ("--gres=gpu:1",), ("--account=a", "--qos=fast"), "hpc")
        outcome = said(self.TEXT, call=call)
        assert isinstance(outcome, Rejected)
        assert outcome.fields is None
        assert outcome.help == "`--qos=fast` stands in `options` under `[targets.hpc]` in specc.toml"

    def test_a_job_that_asks_for_too_much_of_a_resource(self) -> None:
        call = Call(frozenset({"core_limit", "resource_limit"}), ("--gres=gpu:99",))
        outcome = said("Requested node configuration is not available", call=call)
        assert isinstance(outcome, Rejected)
        assert set(outcome.fields or {}) == {"core_limit", "resource_limit"}


@pytest.mark.parametrize("out", ["", "job NOT submitted: ask for a project first\n"])
def test_a_wrapper_that_keeps_a_job_back_is_shown(out: str) -> None:
    err = "" if out else "ERROR: no project given. Job not submitted.\n"
    outcome = outcome_without_job(Ran(1, out, err), Call(frozenset()))
    assert isinstance(outcome, Doubtful), "its words may be about something else: the queue is asked"
    assert "project" in outcome.refusal.message


def test_a_wrapper_that_was_refused_in_several_ways_was_refused() -> None:
    """It tries one partition after the other; the queue is asked all the same, because it may have tried one more."""
    line = "sbatch: error: Batch job submission failed: "
    closed, unknown = "Required partition not available (inactive or drain)", "Invalid partition name specified"
    outcome = outcome_without_job(Ran(1, "", f"{line}{closed}\n{line}{unknown}\n"), Call(frozenset()))
    assert isinstance(outcome, Doubtful)
    assert (outcome.refusal.code, outcome.refusal.message) == ("no-such-queue", f"{closed}; {unknown}")
    lost = "Socket timed out on send/recv operation"
    assert outcome_without_job(Ran(1, "", f"{line}{closed}\n{line}{lost}\n"), Call(frozenset())) == Unclear(
        f"{closed}; {lost}"
    )
