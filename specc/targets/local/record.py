"""The exit record: one file beside the job, written whole by the job's runner and read by all.

The record stands on its own, so that it outlives a store that was locked or full when the job ended.

A job can write this file as well as its runner can. So the runner makes a secret that only its memory holds, and the
store has the digest of the secret, the seal, from before the job starts. A record without the secret is not the
runner's.

Jobs whose runner is gone are settled by their records.
"""

import contextlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from hashlib import sha256
from pathlib import Path

from specc.errors import SpeccError
from specc.system.reader import Unreadable, read_start
from specc.targets.local import processes
from specc.targets.local.jobs import RESTARTED, Ended, Job, Measured
from specc.targets.local.machine import boot_id
from specc.targets.local.paths import StateDir
from specc.targets.local.processes import ProcessId
from specc.targets.local.store import Store
from specc.targets.protocol import JobState

RESERVED = 4096
"""Bytes that are taken before the job starts, so that the record has room on a disk that the job fills."""

LONGEST_REASON = 1000
MOST_BYTES = 64 << 10


def new_secret() -> str:
    """Return a secret that a runner puts into its record, and shows nobody before."""
    return secrets.token_hex(16)


def seal_of(secret: str) -> str:
    """Return the digest of a secret, which may be known before the secret is shown."""
    return sha256(secret.encode()).hexdigest()


def reserve(path: Path, runner: ProcessId) -> None:
    """Take room on the disk for the record of this runner."""
    part = _part(path, runner)
    with open(part, "wb") as file:
        file.write(b" " * RESERVED)
        file.flush()
        os.fsync(file.fileno())


def release(path: Path, runner: ProcessId) -> None:
    """Give the room back: another runner has the job."""
    with contextlib.suppress(OSError):  # it only takes room
        _part(path, runner).unlink()


def write(path: Path, uuid: str, runner: ProcessId, ended: Ended, secret: str) -> None:
    """Write the record, whole or not at all, and to the disk."""
    data = {
        "uuid": uuid, "boot": runner.boot, "pid": runner.pid, "born": runner.born, "state": ended.state.value,
        "exit_code": ended.exit_code, "reason": ended.reason[:LONGEST_REASON], "secret": secret,
        "measured": None if ended.measured is None else asdict(ended.measured),
    }  # fmt: skip
    part = _part(path, runner)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _write_all(descriptor, json.dumps(data).encode().ljust(RESERVED))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.rename(part, path)
    _sync_directory(path.parent)


def read(path: Path, runner: ProcessId, seal: str | None) -> Ended | None:
    """Return the end in the record, if the record exists and was written by the runner with this seal.

    A runner without a seal was that of an older specc, and its record is trusted.
    """
    try:
        data = json.loads(read_start(path, MOST_BYTES))
        if seal is not None and not hmac.compare_digest(seal_of(data["secret"]), seal):
            return None
        written_by = ProcessId(data["boot"], data["pid"], data["born"])
        ended = Ended(JobState(data["state"]), data["exit_code"], data["reason"], Measured.of(data.get("measured")))
    except (Unreadable, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return ended if written_by == runner else None


def _part(path: Path, runner: ProcessId) -> Path:
    return path.with_name(f"{path.name}.{runner.pid}")


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _sync_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def settle_dead(store: Store, state: StateDir, jobs: Iterable[Job]) -> dict[str, Ended]:
    """Settle the running jobs that have no living runner. An end that cannot be written now is found again."""
    found = {}
    for job in jobs:
        if job.runner is None or job.state is not JobState.RUNNING or job.runner.is_alive:
            continue
        found[job.uuid] = ended = _end_of(job, job.runner, state, store.seal_of(job.uuid))
        with contextlib.suppress(SpeccError):  # the next who asks settles it again
            store.settle(job.uuid, job.runner, ended)
    return found


def _end_of(job: Job, runner: ProcessId, state: StateDir, seal: str | None) -> Ended:
    """Return the end of the exit record. Without a record the job is lost.

    The processes of a lost job are killed first, so that nobody runs the job again while it is still running. They are
    found by their mark; a process that dropped the mark is found by the supervisor, if that is alive.
    """
    folder = state.job(job.uuid)
    ended = read(folder.record, runner, seal)
    if ended is not None:
        return ended
    if runner.boot != boot_id():
        return Ended(JobState.LOST, None, RESTARTED)
    processes.kill(partial(processes.marked, folder.root))
    forged = "; a record was there that is not the runner's" if os.path.lexists(folder.record) else ""
    return Ended(JobState.LOST, None, f"its runner died without a record of how it ended{forged}")
