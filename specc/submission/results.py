"""The results of the steps of one run, and how many there are of each kind."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import field

from specc.fast_dataclass import dataclass
from specc.submission.keys import LogicalKey
from specc.submission.plan import Action, Step
from specc.submission.records import Record, State
from specc.targets import Accepted, Rejected, Unclear


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The result of one step. `state` is None if the step was not tried.

    `fields` are the job fields that the target rejected. `is_general`: the rejection is about the account or the place,
    so every other payload would be rejected, too. `is_not_yet`: nothing is wrong, and there was no room for the job.
    """

    step: Step
    state: State | None
    uuid: str | None = None
    code: str | None = None
    message: str = ""
    help: str | None = None
    fields: dict[str, str] = field(default_factory=dict)
    is_general: bool = False
    is_not_yet: bool = False


def result_of(step: Step, outcome: Accepted | Rejected | Unclear) -> Result:
    """Return the result of a step that an answer settles."""
    match outcome:
        case Accepted(uuid=uuid):
            return Result(step, State.ACCEPTED, uuid=uuid)
        case Unclear(reason=reason):
            return Result(step, State.UNKNOWN, message=reason)
    fields = outcome.fields or {}
    return Result(step, State.REJECTED, None, outcome.code, outcome.message, outcome.help, fields, outcome.is_general)


def settled_elsewhere(step: Step, last: Record | None) -> Result:
    """Return the result of a step that another process has sent in the meantime, from the last attempt of its key."""
    if last is None or last.digest != step.payload.digest:
        return Result(step, None, message="another process has sent something else for this cell")
    message = "another process is sending it" if last.state is State.INTENT else "another process sent it"
    return Result(step, last.state, last.uuid, last.code, message)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many payloads there are of each outcome."""

    accepted: int = 0
    kept: int = 0
    rejected: int = 0
    unknown: int = 0
    not_sent: int = 0
    not_tried: int = 0
    retried: int = 0
    not_yet: int = 0

    def __str__(self) -> str:
        named = {
            "accepted": self.accepted,
            "retried": self.retried,
            "accepted before": self.kept,
            "rejected": self.rejected,
            "unknown": self.unknown,
            "not sent": self.not_sent,
            "not tried": self.not_tried,
            "not yet sent": self.not_yet,
        }
        return ", ".join(f"{count:,} {name}" for name, count in named.items() if count) or "nothing to do"


ACCEPTED = {Action.KEEP: "kept", Action.RETRY: "retried"}


def tally(results: Iterable[Result]) -> Tally:
    """Return the summary of a run. An attempt that another process is still sending counts as unknown, and one that was
    sent again, because the target had lost its job, counts once.
    """
    counts: Counter[str] = Counter()
    accepted: set[LogicalKey] = set()
    for result in results:
        if result.is_not_yet:
            counts["not_yet"] += 1
            continue
        match result.state:
            case State.ACCEPTED:
                is_same = result.step.action is Action.RESUME and result.step.key in accepted
                counts[ACCEPTED.get(result.step.action, "accepted")] += not is_same
                accepted.add(result.step.key)
            case State.REJECTED:
                counts["rejected"] += 1
            case State.UNKNOWN | State.INTENT:
                counts["unknown"] += 1
            case None:
                counts["not_tried"] += 1
            case _:
                counts["not_sent"] += 1
    return Tally(**counts)
