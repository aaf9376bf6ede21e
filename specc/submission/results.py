"""What came of the steps of one run."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import field

from specc.fast_dataclass import dataclass
from specc.submission.plan import Action, Step
from specc.submission.records import Record, State
from specc.targets import Accepted, Rejected, Unclear

STOP_AFTER = 5
"""So many misfortunes of one kind in a row: the rest would meet it, too."""


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What came of one step; `state` None: not tried. `fields` are the job fields that the target complained about.

    `is_general`: the rejection is about the account or the place, so every other payload would meet it.
    """

    step: Step
    state: State | None
    uuid: str | None = None
    code: str | None = None
    message: str = ""
    help: str | None = None
    fields: dict[str, str] = field(default_factory=dict)
    is_general: bool = False


def result_of(step: Step, outcome: Accepted | Rejected | Unclear) -> Result:
    """What an answer that settles a step makes of it."""
    match outcome:
        case Accepted(uuid=uuid):
            return Result(step, State.ACCEPTED, uuid=uuid)
        case Unclear(reason=reason):
            return Result(step, State.UNKNOWN, message=reason)
    fields = outcome.fields or {}
    said = (outcome.code, outcome.message, outcome.help, fields, outcome.is_general)
    return Result(step, State.REJECTED, None, *said)


def settled_elsewhere(step: Step, last: Record | None) -> Result:
    """What another process has made of a step in the meantime, from the last attempt of its key."""
    if last is None or last.digest != step.payload.digest:
        return Result(step, None, message="another process has sent something else for this cell")
    message = "another process is sending it" if last.state is State.INTENT else "another process sent it"
    return Result(step, last.state, last.uuid, last.code, message)


class Luck:
    """Tells when going on makes no sense: every answer is the same rejection, or none, or nothing gets through."""

    def __init__(self) -> None:
        self._kind: str | None = None
        self._count = 0
        self._barred_by: str | None = None

    def note(self, result: Result) -> None:
        if result.state is State.ACCEPTED:
            self._kind, self._count = None, 0
            return
        kind = result.code or str(result.state)
        self._count = self._count + 1 if kind == self._kind else 1
        self._kind = kind
        if result.is_general:
            self._barred_by = kind

    @property
    def is_out(self) -> bool:
        return self._barred_by is not None or self._count >= STOP_AFTER

    def __str__(self) -> str:
        return f"`{self._barred_by}`" if self._barred_by else f"{self._count} times in a row `{self._kind}`"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many payloads there are of each outcome."""

    accepted: int = 0
    kept: int = 0
    rejected: int = 0
    unknown: int = 0
    not_sent: int = 0
    not_tried: int = 0

    def __str__(self) -> str:
        named = {
            "accepted": self.accepted,
            "accepted before": self.kept,
            "rejected": self.rejected,
            "unknown": self.unknown,
            "not sent": self.not_sent,
            "not tried": self.not_tried,
        }
        return ", ".join(f"{count:,} {name}" for name, count in named.items() if count) or "nothing to do"


def tally(results: Iterable[Result]) -> Tally:
    """The summary of a run. What is still under way in another process is as unknown as what went wrong."""
    counts: Counter[str] = Counter()
    for result in results:
        match result.state:
            case State.ACCEPTED:
                counts["kept" if result.step.action is Action.KEEP else "accepted"] += 1
            case State.REJECTED:
                counts["rejected"] += 1
            case State.UNKNOWN | State.INTENT:
                counts["unknown"] += 1
            case None:
                counts["not_tried"] += 1
            case _:
                counts["not_sent"] += 1
    return Tally(**counts)
