"""No web page can call the gateway: not one that posts to this machine, nor one whose name is rebound to it."""

import ipaddress
import re
from collections.abc import Mapping

from specc.gateway.answers import Refusal
from specc.targets.ehpc.ret_codes import DENIED, MISSING

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
JSON = "application/json"
HOST = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{1,5})?")
"""Nothing of the rest of an authority is a host: no user before an `@`, no zone, no bytes beyond ASCII."""

BROWSERS = ("origin", "sec-fetch-site")
"""Headers that only browsers send, and that no page can leave out."""


def not_for_pages(method: str, headers: Mapping[str, str], hosts: frozenset[str]) -> Refusal | None:
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
