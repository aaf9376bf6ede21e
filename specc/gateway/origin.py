"""No web page can call the gateway: not one that posts to this machine, nor one whose name is rebound to it."""

from collections.abc import Mapping

from specc.gateway.answers import Refusal
from specc.targets.ehpc.ret_codes import DENIED, MISSING

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
JSON = "application/json"
BROWSERS = ("origin", "sec-fetch-site")
"""Headers that only browsers send, and that no page can leave out."""


def not_for_pages(method: str, headers: Mapping[str, str], hosts: frozenset[str]) -> Refusal | None:
    host = host_of(headers.get("host", ""))
    if host not in hosts:
        return Refusal(DENIED, "the Host header does not name this server", 421)
    if any(name in headers for name in BROWSERS):
        return Refusal(DENIED, "web pages may not call this server", 403)
    if method == "POST" and headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        return Refusal(MISSING, f"the Content-Type must be {JSON}", 415)
    return None


def host_of(header: str) -> str:
    """The name in a Host header, without the port. The vendor's SDK leaves the port out."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()
