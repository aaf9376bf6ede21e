"""The process of `specc serve`: a gateway made of a target and a folder for its state."""

import ipaddress
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from specc.errors import SpeccError
from specc.gateway.access import LOOPBACK, name_of
from specc.gateway.app import create_app
from specc.gateway.browser import link_at
from specc.gateway.journal import Journal
from specc.gateway.keys import load_keys
from specc.gateway.limits import Limits
from specc.gateway.server import Address, serve, within_descriptors
from specc.gateway.sessions import LINK_SECONDS, Sessions
from specc.gateway.store import Store
from specc.schema import ApiSchema
from specc.system import private
from specc.targets import Target


def run(
    target: Target,
    api: ApiSchema,
    state: Path,
    address: Address,
    names: Sequence[str],
    limits: Limits,
    say: Callable[[str], None],
    ready: Callable[[str], None],
    own: int = 1,
    *,
    has_page: bool = True,
) -> None:
    """Serve until told to end. With `has_page`, SIGUSR1 prints another link to the page.

    `names` are the names of this machine for clients besides the loopback's names and the address. `say` prints lines
    for people; `ready` is given the URL once connections are accepted. The last `own` folders of `state` are those of
    specc. Raises SpeccError where others could put keys or jobs there.
    """
    hosts = _hosts(address, names)
    possible, backlog = within_descriptors(limits)
    if possible.connections < limits.connections:
        say(f"at most {possible.connections} connections: `ulimit -n` lets this process open few files")
    for warning in _warnings(address):
        say(f"warning: {warning}")
    state = private.make_folder(state, own=own)
    path = state / "keys.env"
    secrets = load_keys(path)
    store = Store(state / "gateway.sqlite")

    journal = Journal(lambda line: say(f"{_now():%Y-%m-%dT%H:%M:%SZ} {line}"))

    sessions = Sessions(time.monotonic) if has_page else None
    named = _host_for_people(address, names)

    def print_link(url: str) -> None:
        if sessions is not None:
            minutes = f"{LINK_SECONDS / 60:.0f} minutes"
            say(f"page: {link_at(named(url), sessions.invite())} (once, within {minutes})")
            say(f"another link: kill -USR1 {os.getpid()}")

    def listening(url: str) -> None:
        say(f"keys: {path}")
        say(f"a shell of yours is a client after: set -a; . {path}; set +a")
        print_link(url)
        ready(url)

    app = create_app(
        target, api, secrets, store, _now, hosts=hosts, limits=possible, journal=journal, sessions=sessions
    )
    try:
        serve(app, address, possible, listening, journal, backlog, asked=print_link if has_page else None)
    finally:
        journal.finish()
        store.close()
    say("ended")


def _host_for_people(address: Address, names: Sequence[str]) -> Callable[[str], str]:
    """Return what puts a name into an address that a browser can open: that of a server that listens everywhere."""
    if not _is_anywhere(address.host):
        return lambda url: url
    return lambda url: urlunsplit(urlsplit(url)._replace(netloc=f"{names[0]}:{urlsplit(url).port}"))


def _hosts(address: Address, names: Sequence[str]) -> frozenset[str]:
    if _is_anywhere(address.host) and not names:
        help = "name this machine as clients do, with `--allow-host NAME`"
        raise SpeccError(f"`--host {address.host}` gives the server no name", help=help)
    own = None if _is_anywhere(address.host) else _name(address.host)
    given = {name: _name(name) for name in names}
    if odd := [name for name, read in given.items() if read is None]:
        raise SpeccError(f"`{odd[0]}` is not the name of a host", help="write it without a scheme and a path")
    return LOOPBACK | {name for name in (own, *given.values()) if name is not None}


def _name(given: str) -> str | None:
    """Return a name as Host headers are compared with it. An IPv6 address may come without its brackets."""
    return name_of(given) or name_of(f"[{given}]")


def _warnings(address: Address) -> list[str]:
    found = []
    if not _is_loopback(address.host):
        found.append("not encrypted, and reachable over the network; put a proxy with TLS before it")
    if os.geteuid() == 0:
        found.append("jobs will run as root")
    return found


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_anywhere(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return not host


def _now() -> datetime:
    return datetime.now(UTC)
