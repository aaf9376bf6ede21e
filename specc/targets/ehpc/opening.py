"""Opening an account of the EHPC API as a target, with its key, or without it for a plan.

An account without its key can say what it would refuse, and cannot send anything.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.lowering import Payload
from specc.nodes import to_data
from specc.person import Person
from specc.settings import Target as TargetSettings
from specc.system.private import home_folder
from specc.system.reader import is_brought
from specc.targets import Target
from specc.targets.ehpc.account import Endpoint, accounts_at, identity_of, origin_of, unknown_account
from specc.targets.ehpc.client import Patience, client_opener
from specc.targets.ehpc.credentials import read_credentials
from specc.targets.ehpc.refusals import refusals
from specc.targets.ehpc.target import EhpcTarget
from specc.targets.opening import Calls, Opened, Opening
from specc.targets.protocol import Attempt, Cancelled, Candidate, Cleaned, JobReport, Logs, NotSent, Outcome, Rejected
from specc.targets.refusals import rejected
from specc.targets.trust import VARIABLE, TrustedHosts, UntrustedHost

WITHOUT = "specc has no credentials for this target"
PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class KeylessTarget:
    """A target with the identity of an account, which may be unknown, but without its key."""

    settings: TargetSettings
    identity: str

    @property
    def quota(self) -> int | None:
        return None

    @property
    def is_idempotent(self) -> bool:
        return False

    @property
    def batches(self) -> None:
        """Return None: each payload is sent by itself."""

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

    def clean(self, uuids: Sequence[str]) -> list[Cleaned]:
        return [Cleaned(uuid, False, WITHOUT) for uuid in uuids]


def open_target(opening: Opening) -> Opened:
    """Return the target. Raises SpeccError without an endpoint or credentials.

    Offline, the target cannot open a connection.
    """
    name = opening.settings.name
    if opening.endpoint is None:
        help = f'write `endpoint = "https://HOST/api"` under `[targets.{name}]`'
        raise SpeccError(f"the target `{name}` has no endpoint", help=help)
    endpoint = Endpoint.parse(opening.endpoint)
    trusted = TrustedHosts(opening.environment, opening.vendor_endpoints, origin_of, opening.root)
    if not opening.is_offline:
        ask_for_trust(name, endpoint, trusted, opening.person)
    data = to_data(opening.settings.job) if opening.settings.job is not None else {}
    job = data if isinstance(data, dict) else {}
    is_vendors = endpoint.ascii_origin in trusted.of_vendor()
    place = None if is_vendors else f"{endpoint.ascii_origin}{endpoint.path}"
    try:
        credentials = read_credentials(opening.environment, _home(opening))
    except SpeccError as error:
        if not opening.may_lack_keys:
            raise
        return _without_keys(opening, endpoint, job, place, error.message)
    target = EhpcTarget(
        opening.settings,
        endpoint,
        credentials,
        lambda: datetime.now(UTC),
        _no_client if opening.is_offline else _counted(client_opener(PATIENCE), opening.calls),
        patience=PATIENCE,
        skew=timedelta(seconds=opening.skew(identity_of(endpoint, credentials.access_key_id, job))),
    )
    return Opened(name, target, opening.calls, target.warnings, lambda: target.last_error, place, lambda: target.blind)


def _home(opening: Opening) -> Path | None:
    """Return the user's home; None where it lies in the repository, which could bring a key that is not the user's."""
    home = home_folder(opening.environment)
    return None if home is None or is_brought(home, opening.root, opening.environment) else home


def _without_keys(
    opening: Opening, endpoint: Endpoint, job: Mapping[str, object], place: str | None, why: str
) -> Opened:
    """Return the target for a plan without credentials."""
    settings, unknown = opening.settings, unknown_account(endpoint, job)

    def settle(identities: Sequence[str]) -> tuple[Target, str]:
        known = accounts_at(identities, endpoint, job)
        if len(known) == 1:
            word = f"{why}: what follows is about the only account that is known at this place, {known[0]}"
            return KeylessTarget(settings, known[0]), word
        count = f"{len(known)} accounts are" if known else "no account is"
        word = f"{why}, and {count} known at this place: what was sent before with the missing key is not known"
        return KeylessTarget(settings, unknown), word

    return Opened(settings.name, KeylessTarget(settings, unknown), opening.calls, place=place, settle=settle)


def ask_for_trust(name: str, endpoint: Endpoint, trusted: TrustedHosts, person: Person) -> None:
    """Let signed requests go only to hosts that the user trusts: a person is asked once for each host.

    Raises UntrustedHost where the answer is no, and where nobody can be asked.
    """
    origin = endpoint.ascii_origin
    if trusted.trusts(origin):
        return
    written = "" if origin == endpoint.origin else f" (written as {endpoint.origin})"
    unsafe = ", without encryption" if endpoint.is_open_to_eavesdroppers else ""
    if person.can_answer():
        usual = ", ".join(trusted.of_vendor())
        person.tell(f"The settings of this project have the target `{name}` at {origin}{endpoint.path}{written}.")
        person.tell(f"It would get signed requests and your jobs{unsafe}. The vendor's own place is {usual}.")
        if person.confirm(f"Trust {origin} from now on?"):
            trusted.add([origin])
            return
    message = f"the target `{name}` is at {origin}{written}{unsafe}, a host that you have not trusted"
    help = f"if it is the right one, run `specc trust {origin}`; on a CI runner set `{VARIABLE}={origin}`"
    raise UntrustedHost(message, help=help)


def _no_client() -> httpx.Client:
    raise AssertionError("a dry run has no client")


def _counted(open_client: Callable[[], httpx.Client], calls: Calls) -> Callable[[], httpx.Client]:
    """Return a function that opens a client for one call, and counts the call."""

    def counted() -> httpx.Client:
        calls.add()
        return open_client()

    return counted
