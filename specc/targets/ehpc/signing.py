"""Signatures of the EHPC API. Pure functions, for the client that signs and the server that checks.

    string to sign = METHOD LF path/ LF sorted query LF hex MD5 of the body
    signature      = base64 of HMAC-SHA256 of that, percent-encoded twice on the wire

The path is signed with a slash at its end and requested without it. The query is signed without the signature, each
value as the vendor's SDK quotes it: a space is `%20`, a slash stays.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

TIMESTAMP = "%Y-%m-%dT%H:%M:%SZ"
SIGNATURE = "signature"
PROTOCOL = {"version": "1", "signature_version": "1", "signature_method": "HmacSHA256"}
"""The common parameters that have one value. `access_key_id` and `timestamp` join them in every query."""


def canonical_query(query: Mapping[str, str]) -> str:
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in sorted(query.items()))


def string_to_sign(method: str, path: str, query: Mapping[str, str], body: bytes) -> str:
    """`path` is unquoted, and as it is requested: without the slash at the end."""
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return f"{method.upper()}\n{quote(path.rstrip('/'))}/\n{canonical_query(query)}\n{digest}"


def sign(method: str, path: str, query: Mapping[str, str], body: bytes, secret: str) -> str:
    """The signature in base64, before it is percent-encoded. `body` must be the very bytes that are sent."""
    text = string_to_sign(method, path, query, body)
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode("ascii")


def on_the_wire(signature: str) -> str:
    return quote_plus(quote_plus(signature))


def signed_query(
    method: str, path: str, query: Mapping[str, str], body: bytes, access_key_id: str, secret: str, timestamp: str
) -> str:
    """The whole query of a request, as it goes into the URL. `query` holds what the call itself asks."""
    full = {**query, **PROTOCOL, "access_key_id": access_key_id, "timestamp": timestamp}
    signature = on_the_wire(sign(method, path, full, body, secret))
    return f"{canonical_query(full)}&{SIGNATURE}={signature}"


def timestamp_of(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(TIMESTAMP)


def moment_of(timestamp: str) -> datetime | None:
    """The moment that a timestamp means, or None where it is not of the one form."""
    try:
        moment = datetime.strptime(timestamp, TIMESTAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if moment.strftime(TIMESTAMP) == timestamp else None
