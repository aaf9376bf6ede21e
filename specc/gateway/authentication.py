"""Who sent a request, and whether just this: the other side of `specc.targets.ehpc.signing`."""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, quote_plus

from specc.fast_dataclass import dataclass
from specc.gateway.answers import Refusal
from specc.targets.ehpc.ret_codes import AUTH, BAD_VALUE, EXPIRED, MISSING
from specc.targets.ehpc.signing import MARK, PROTOCOL, SIGNATURE, attempt_of, moment_of, sign

WINDOW = timedelta(seconds=60)
KEY, TIMESTAMP = "access_key_id", "timestamp"
MOST_PARAMETERS = 64
TURN = 4
NOBODY = "the secret of a key that does not exist"


@dataclass(frozen=True, slots=True)
class Caller:
    """A request whose signature is right. `request_id` is one request's for ever: it is derived from the signature, and
    from the mark of the client's attempt where there is one. `signature_id` is derived from the signature alone.

    `asked` holds the call's own parameters of the query.
    """

    access_key_id: str
    request_id: str
    timestamp: datetime
    asked: dict[str, str]
    signature_id: str


def authenticate(
    method: str, path: str, query: bytes, body: bytes, secrets: Mapping[str, str], mark: str = ""
) -> Caller | Refusal:
    """Return the caller, if the signature is that of a known key for exactly this request, and so is its mark, if any.

    The age of the request is not looked at.
    """
    given = _parameters(query)
    if isinstance(given, Refusal):
        return given
    signature, key = given.pop(SIGNATURE), given[KEY]
    # An unknown key takes as long as a wrong signature, and gets the same answer.
    expected = sign(method, path, given, body, secrets.get(key, NOBODY))
    is_right = hmac.compare_digest(signature.encode(), quote_plus(expected).encode())
    if not is_right or key not in secrets:
        once = hmac.compare_digest(signature.encode(), expected.encode()) and key in secrets
        hint = ": it must be percent-encoded twice" if once else " for this request"
        return Refusal(AUTH, f"the access key is unknown, or the signature is wrong{hint}")
    timestamp = moment_of(given[TIMESTAMP])
    if timestamp is None:
        return Refusal(MISSING, "parameter `timestamp` must be of the form 2021-08-19T16:44:40Z, in UTC")
    common = {KEY, TIMESTAMP, *PROTOCOL}
    asked = {name: value for name, value in given.items() if name not in common}
    signature_id = sha256(f"specc serve\n{key}\n{expected}".encode()).hexdigest()[:32]
    if not mark:
        return Caller(key, signature_id, timestamp, asked, signature_id)
    attempt = attempt_of(mark, expected, secrets[key])
    if attempt is None:
        return Refusal(AUTH, f"the header {MARK} is not one of this request")
    marked = sha256(f"{signature_id}\n{attempt}".encode()).hexdigest()
    # All requests of one signature take turns by the beginning of their ids.
    return Caller(key, signature_id[:TURN] + marked[: 32 - TURN], timestamp, asked, signature_id)


def stale(caller: Caller, now: datetime) -> Refusal | None:
    """Refuses a timestamp that is too old, or too far in the future."""
    if abs(now - caller.timestamp) <= WINDOW:
        return None
    return Refusal(EXPIRED, "the timestamp is more than 60 seconds from the server's clock")


def _parameters(query: bytes) -> dict[str, str] | Refusal:
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except ValueError:
        return Refusal(MISSING, "the query cannot be read")
    given = dict(pairs)
    if len(given) != len(pairs):
        return Refusal(BAD_VALUE, "a parameter of the query is there twice")
    missing = [name for name in (KEY, SIGNATURE, TIMESTAMP, *PROTOCOL) if not given.get(name)]
    if missing:
        return Refusal(MISSING, f"missing in the query: {', '.join(f'`{name}`' for name in missing)}")
    for name, value in PROTOCOL.items():
        if given[name] != value:
            return Refusal(BAD_VALUE, f"parameter `{name}` must be `{value}`")
    return given
