"""An account of the EHPC API without its key, for a look ahead: it can say what it would refuse, and send nothing."""

from collections.abc import Sequence
from datetime import datetime

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.lowering import Payload
from specc.settings import Target
from specc.targets.protocol import Attempt, Cancelled, Candidate, JobReport, Logs, NotSent, Outcome, Rejected
from specc.targets.refusals.common import rejected
from specc.targets.refusals.ehpc import refusals

WITHOUT = "specc has no credentials for this target"


@dataclass(frozen=True, slots=True)
class KeylessTarget:
    """The account with this identity, or an unknown one at its place."""

    settings: Target
    identity: str

    @property
    def quota(self) -> int | None:
        return None

    def refuse(self, payload: Payload) -> Rejected | None:
        """Return every reason why no account with these settings takes the payload; None if there is none."""
        return rejected(list(refusals(payload.body, self.settings, {})))

    def submit(self, attempt: Attempt) -> Outcome:
        return NotSent(WITHOUT)

    def look_up(self, attempts: Sequence[Attempt], since: datetime, until: datetime) -> list[Candidate]:
        raise SpeccError(WITHOUT)

    def status(self, uuids: Sequence[str]) -> dict[str, JobReport]:
        return {}

    def logs(self, uuid: str) -> Logs:
        raise SpeccError(WITHOUT)

    def cancel(self, uuids: Sequence[str]) -> list[Cancelled]:
        return [Cancelled(uuid, False, WITHOUT) for uuid in uuids]
