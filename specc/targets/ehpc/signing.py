"""Signatures of the EHPC API. Pure functions, for the client that signs and the server that checks.

    string to sign = METHOD LF path/ LF sorted query LF hex MD5 of the body
    signature      = base64 of HMAC-SHA256 of that, percent-encoded twice on the wire
    mark           = attempt.hex of HMAC-SHA256 of attempt LF signature, in a header

The path is signed with a slash at its end and requested without it. The query is signed without the signature, each
value as the vendor's SDK quotes it: a space is `%20`, a slash stays.

Timestamps are of whole seconds, so two clients that send one body in the same second make the same signature. The mark
is ours: it says which attempt a request is of. The API knows no such header; `specc serve` tells the two apart by it.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

TIMESTAMP = "%Y-%m-%dT%H:%M:%SZ"
SIGNATURE = "signature"
MARK = "X-Specc-Attempt"
ATTEMPT = re.compile(r"[0-9a-f]{32}")
PROTOCOL = {"version": "1", "signature_version": "1", "signature_method": "HmacSHA256"}
"""The common parameters that have one value. `access_key_id` and `timestamp` join them in every query."""


def canonical_query(query: Mapping[str, str]) -> str:
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in sorted(query.items()))


def string_to_sign(method: str, path: str, query: Mapping[str, str], body: bytes) -> str:
    """Return the text to sign. `path` is unquoted, and as it is requested: without the slash at the end."""
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return f"{method.upper()}\n{quote(path.rstrip('/'))}/\n{canonical_query(query)}\n{digest}"


def sign(method: str, path: str, query: Mapping[str, str], body: bytes, secret: str) -> str:
    """Return the signature in base64, before it is percent-encoded. `body` must be the very bytes that are sent."""
    text = string_to_sign(method, path, query, body)
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode("ascii")


def on_the_wire(signature: str) -> str:
    return quote_plus(quote_plus(signature))


def signed_query(
    method: str, path: str, query: Mapping[str, str], body: bytes, access_key_id: str, secret: str, timestamp: str
) -> str:
    """Return the whole query of a request for the URL. `query` holds the parameters of the call itself."""
    return signed(method, path, query, body, access_key_id, secret, timestamp)[0]


def signed(
    method: str, path: str, query: Mapping[str, str], body: bytes, access_key_id: str, secret: str, timestamp: str
) -> tuple[str, str]:
    """Return the whole query of a request, and the signature in it."""
    full = {**query, **PROTOCOL, "access_key_id": access_key_id, "timestamp": timestamp}
    signature = sign(method, path, full, body, secret)
    return f"{canonical_query(full)}&{SIGNATURE}={on_the_wire(signature)}", signature


def mark_of(attempt: str, signature: str, secret: str) -> str | None:
    """Return the mark of an attempt for a request with this signature; None for an attempt that can have none."""
    if not ATTEMPT.fullmatch(attempt):
        return None
    text = f"{attempt}\n{signature}"
    return f"{attempt}.{hmac.digest(secret.encode(), text.encode(), 'sha256').hex()}"


def attempt_of(mark: str, signature: str, secret: str) -> str | None:
    """Return the attempt that a mark says, or None where the mark does not belong to this request."""
    attempt = mark.partition(".")[0]
    expected = mark_of(attempt, signature, secret)
    is_right = expected is not None and hmac.compare_digest(mark.encode(), expected.encode())
    return attempt if is_right else None


def timestamp_of(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(TIMESTAMP)


def moment_of(timestamp: str) -> datetime | None:
    """Return the moment of a timestamp, or None where the timestamp is not of the documented form."""
    try:
        moment = datetime.strptime(timestamp, TIMESTAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if moment.strftime(TIMESTAMP) == timestamp else None
