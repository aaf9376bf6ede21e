"""Opening an account of the EHPC API as a target."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from specc.cli.targets import Calls, Opened, Opening
from specc.errors import SpeccError
from specc.nodes import to_data
from specc.targets.ehpc import EhpcTarget, Endpoint, Patience, client_opener, read_credentials
from specc.targets.ehpc.account import identity_of

PATIENCE = Patience()


def open_target(opening: Opening) -> Opened:
    """Raises SpeccError without an endpoint or credentials. Offline, the target has no way to open a connection."""
    name = opening.settings.name
    if opening.endpoint is None:
        help = f'write `endpoint = "https://HOST/api"` under `[targets.{name}]`'
        raise SpeccError(f"the target `{name}` has no endpoint", help=help)
    endpoint = Endpoint.parse(opening.endpoint)
    credentials = read_credentials(opening.environment, Path.home())
    data = to_data(opening.settings.job) if opening.settings.job is not None else {}
    job = data if isinstance(data, dict) else {}
    target = EhpcTarget(
        opening.settings,
        endpoint,
        credentials,
        lambda: datetime.now(UTC),
        _no_client if opening.is_offline else _counted(client_opener(PATIENCE), opening.calls),
        patience=PATIENCE,
        skew=timedelta(seconds=opening.skew(identity_of(endpoint, credentials.access_key_id, job))),
    )
    return Opened(name, target, opening.calls, target.warnings, lambda: target.trouble)


def _no_client() -> httpx.Client:
    raise AssertionError("a dry run has no client")


def _counted(open_client: Callable[[], httpx.Client], calls: Calls) -> Callable[[], httpx.Client]:
    """Every call has a client of its own."""

    def counted() -> httpx.Client:
        calls.add()
        return open_client()

    return counted
