"""The process of `specc serve`: a gateway made of a target and a folder for its state."""

import ipaddress
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from specc.errors import SpeccError
from specc.gateway.access import LOOPBACK, name_of
from specc.gateway.app import create_app
from specc.gateway.journal import Journal
from specc.gateway.keys import load_keys
from specc.gateway.limits import Limits
from specc.gateway.server import Address, serve, within_descriptors
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
) -> None:
    """Serve until told to end.

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

    def listening(url: str) -> None:
        say(f"keys: {path}")
        say(f"a shell of yours is a client after: set -a; . {path}; set +a")
        ready(url)

    app = create_app(target, api, secrets, store, _now, hosts=hosts, limits=possible, journal=journal)
    try:
        serve(app, address, possible, listening, journal, backlog)
    finally:
        journal.finish()
        store.close()
    say("ended")


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
