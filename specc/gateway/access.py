"""Who may call: the signature of a request is that of a key, and no web page is the caller.

This is the other side of `specc.targets.ehpc.signing`. A web page can neither post to this machine nor call under a
name that is rebound to it.
"""

import hmac
import ipaddress
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, quote_plus

from specc.fast_dataclass import dataclass
from specc.gateway.answers import Refusal
from specc.targets.ehpc.ret_codes import AUTH, BAD_VALUE, DENIED, EXPIRED, MISSING
from specc.targets.ehpc.signing import MARK, PROTOCOL, SIGNATURE, attempt_of, moment_of, sign

WINDOW = timedelta(seconds=60)
KEY, TIMESTAMP = "access_key_id", "timestamp"
MOST_PARAMETERS = 64
TURN = 4
NOBODY = "the secret of a key that does not exist"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
JSON = "application/json"
HOST = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{1,5})?")
"""The other parts of an authority are refused: a user before an `@`, a zone, bytes beyond ASCII."""

BROWSERS = ("origin", "sec-fetch-site")
"""Headers that only browsers send, and that no page can leave out."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A request whose signature is right.

    `request_id` belongs to one request for ever: it is derived from the signature, and from the mark of the client's
    attempt where there is one. `signature_id` is derived from the signature alone. `asked` holds the parameters of the
    query that belong to the call.
    """

    access_key_id: str
    request_id: str
    timestamp: datetime
    asked: dict[str, str]
    signature_id: str


def authenticate(
    method: str, path: str, query: bytes, body: bytes, secrets: Mapping[str, str], mark: str = ""
) -> Caller | Refusal:
    """Return the caller, if the signature is that of a known key for exactly this request, as is its mark, if any.

    The age of the request is not checked.
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
        return Refusal(AUTH, f"the header {MARK} is not a mark of this request")
    marked = sha256(f"{signature_id}\n{attempt}".encode()).hexdigest()
    # All requests of one signature take turns by the beginning of their ids.
    return Caller(key, signature_id[:TURN] + marked[: 32 - TURN], timestamp, asked, signature_id)


def stale(caller: Caller, now: datetime) -> Refusal | None:
    """Return a refusal for a timestamp that is too old, or too far in the future."""
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
        return Refusal(BAD_VALUE, "a parameter of the query is given twice")
    missing = [name for name in (KEY, SIGNATURE, TIMESTAMP, *PROTOCOL) if not given.get(name)]
    if missing:
        return Refusal(MISSING, f"missing in the query: {', '.join(f'`{name}`' for name in missing)}")
    for name, value in PROTOCOL.items():
        if given[name] != value:
            return Refusal(BAD_VALUE, f"parameter `{name}` must be `{value}`")
    return given


def not_for_pages(method: str, headers: Mapping[str, str], hosts: frozenset[str]) -> Refusal | None:
    """Return a refusal for a request that a web page could have made."""
    if name_of(headers.get("host", "")) not in hosts:
        return Refusal(DENIED, "the Host header does not name this server", 421)
    if any(name in headers for name in BROWSERS):
        return Refusal(DENIED, "web pages may not call this server", 403)
    if method == "POST" and headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        return Refusal(MISSING, f"the Content-Type must be {JSON}", 415)
    return None


def name_of(header: str) -> str | None:
    """Return the name in a Host header, as names are compared; None where it is not a name with perhaps a port.

    The vendor's SDK leaves the port out. A proxy in front of this server has another one, so it is not compared.
    """
    match = HOST.fullmatch(header)
    if match is None:
        return None
    address, name = match["address"], match["name"]
    if address is None:
        return name.lower().removesuffix(".") or None
    try:
        return ipaddress.IPv6Address(address).compressed
    except ValueError:
        return None
