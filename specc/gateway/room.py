"""How many connections the gateway can take with the file descriptors that it may open.

A process without descriptors takes no connection, opens no journal and starts no job. So the connections get only what
is left when the rest of the work has its share, and nobody can take that by connecting.
"""

import resource
from dataclasses import replace

from specc.errors import SpeccError
from specc.gateway.limits import Limits

THREADS = 40
"""The threads that answer calls, as many as anyio has."""

WORK = 24 + 3 * THREADS
"""Descriptors for all but connections: those of the process, and in each thread a store, its journal and a folder."""

BACKLOG, SMALL_BACKLOG = 128, 16
"""So many connections are taken at once before any can be refused, each with a descriptor of its own."""

LEAST = 16


def within_descriptors(limits: Limits) -> tuple[Limits, int]:
    """Return the limits with as many connections as there is room for, and how many may wait to be taken.

    Raises SpeccError where there is no room for any.
    """
    may_open = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if may_open == resource.RLIM_INFINITY:
        return limits, BACKLOG
    backlog = BACKLOG if may_open >= WORK + BACKLOG + limits.connections else SMALL_BACKLOG
    connections = may_open - WORK - backlog
    if connections < LEAST:
        needed = WORK + SMALL_BACKLOG + LEAST
        message = f"this process may open {may_open} files at one time, and `specc serve` needs {needed}"
        raise SpeccError(message, help=f"`ulimit -n {max(1024, needed)}`")
    return replace(limits, connections=min(limits.connections, connections)), backlog
