"""The address of the API, and a name of the account that does not give its key away."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from urllib.parse import urlsplit

import httpx

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass

NAME = re.compile(r"[A-Za-z0-9._:-]+")
ACCOUNT = re.compile(r"[!-~]{0,4}\.\.\.[!-~]{0,4}:[0-9a-f]{12}")
"""An account in an identity: its masked key, and a digest of it."""
ANY_PORT = ":*"
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The base URL of the API in parts: `https://host:port` and the path before every call, such as `/api`."""

    origin: str
    host: str
    path: str

    @classmethod
    def parse(cls, url: str) -> "Endpoint":
        """Return the parts of a URL. Raises SpeccError for a URL that requests cannot be made from."""
        help = 'write `endpoint = "https://HOST/api"` under the target in specc.toml'
        try:
            parts = urlsplit(url)
            port = parts.port
            # What looks names up refuses parts that are empty or too long, and would do so while a request is made.
            name = httpx.URL(url).raw_host.decode("ascii")
            name.encode("idna")
        except (ValueError, httpx.InvalidURL):
            raise SpeccError("the target's endpoint is not a web address", help=help) from None
        if parts.username is not None or parts.password is not None:
            raise SpeccError("the target's endpoint holds a user name or password", help=f"remove it: {help}")
        if parts.scheme not in PORTS or not NAME.fullmatch(name) or not parts.hostname or parts.query or parts.fragment:
            raise SpeccError(f"the target's endpoint `{url}` is not a web address", help=help)
        shown = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        host = shown if port in (None, PORTS[parts.scheme]) else f"{shown}:{port}"
        return cls(f"{parts.scheme}://{host}", host, parts.path.rstrip("/"))

    @property
    def ascii_origin(self) -> str:
        """The origin in ASCII alone, where letters of other scripts that look like Latin letters show."""
        scheme, _, rest = self.origin.partition("://")
        name = httpx.URL(self.origin).raw_host.decode("ascii")
        port = rest.rpartition("]")[2].partition(":")[2]
        return f"{scheme}://{f'[{name}]' if ':' in name else name}" + (f":{port}" if port else "")

    def path_of(self, action: str) -> str:
        return f"{self.path}/{action}"

    @property
    def is_open_to_eavesdroppers(self) -> bool:
        """Whether requests go over a network without TLS: anybody on the way can read jobs and alter answers."""
        if self.origin.startswith("https://"):
            return False
        return not is_loopback(urlsplit(self.origin).hostname or "")


def is_loopback(name: str) -> bool:
    """Return whether a host's name means this machine."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def origin_of(text: str) -> str:
    """Return the origin of a host or web address as a user writes it; without a scheme, `https://` is meant.

    `HOST:*` stands for every port of this machine, such as `http://127.0.0.1:*`. Raises SpeccError for what is neither.
    """
    text = text if "://" in text else f"https://{text}"
    base = text.removesuffix(ANY_PORT)
    try:
        endpoint = Endpoint.parse(base)
        if base == text:
            return endpoint.ascii_origin
        if is_loopback(urlsplit(base).hostname or ""):
            return f"{endpoint.ascii_origin}{ANY_PORT}"
        raise SpeccError("name the port: without one, a host means every port, which is allowed for this machine alone")
    except SpeccError as error:
        help = "write `HOST`, `HOST:PORT` or `https://HOST:PORT`"
        raise SpeccError(f"`{text}` cannot be trusted: {error.message}", help=help) from None


def identity_of(endpoint: Endpoint, access_key_id: str, job: Mapping[str, object]) -> str:
    """Return the account at the endpoint, with the zone and cluster of the target: one account can have several.

    The identity is the same on every machine of the user, and differs for every key.
    """
    digest = sha256(f"specc ehpc {access_key_id}".encode()).hexdigest()[:12]
    return f"{masked(access_key_id)}:{digest}".join(_around_account(endpoint, job))


def unknown_account(endpoint: Endpoint, job: Mapping[str, object]) -> str:
    """Return the identity of an account whose key is not known. No account has this identity."""
    return "unknown account".join(_around_account(endpoint, job))


def accounts_at(identities: Iterable[str], endpoint: Endpoint, job: Mapping[str, object]) -> list[str]:
    """Return those identities that are accounts at the endpoint, in the zone and cluster of the target."""
    account = re.compile(ACCOUNT.pattern.join(map(re.escape, _around_account(endpoint, job))))
    return [identity for identity in identities if account.fullmatch(identity)]


def _around_account(endpoint: Endpoint, job: Mapping[str, object]) -> tuple[str, str]:
    """Return the parts of an identity before and behind the account."""
    place = "/".join(str(job[name]) for name in ("zone", "cluster_id") if name in job)
    return f"ehpc:{endpoint.host}{endpoint.path}:", f"@{place}" if place else ""


def masked(access_key_id: str) -> str:
    """Return enough of a key to recognise it. A short key is hidden completely."""
    return f"{access_key_id[:4]}...{access_key_id[-4:]}" if len(access_key_id) >= 12 else "..."
