"""Locks that a file system has not, locks that keep nobody out, and a ledger that another process keeps locked."""

import errno
import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing, contextmanager

import pytest
from support import submitting, uncovered
from support.tables import each

from specc.cli.commands import wait
from specc.errors import SpeccError
from specc.submission import Ledger, database, follow_jobs
from specc.submission import ledger as ledger_module
from specc.system import locks
from specc.targets import JobState
from specc.targets.opening import Opened

PRELOADED = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#define ANSWER {answer}
#define HOOK(name) int name(int fd, int command, ...) {{ \\
  va_list list; va_start(list, command); void *argument = va_arg(list, void *); va_end(list); \\
  if (command == F_SETLK || command == F_SETLKW) {{ ANSWER }} \\
  int (*real)(int, int, ...) = dlsym(RTLD_NEXT, #name); return real(fd, command, argument); }}
HOOK(fcntl)
HOOK(fcntl64)
int flock(int fd, int operation) {{ ANSWER }}
"""


@pytest.fixture(autouse=True)
def unknown(monkeypatch):
    """Let nothing be known of any file system."""
    monkeypatch.setattr(locks, "_supported", set())
    monkeypatch.setattr(locks, "_excluding", set())


def test_locks_that_work_are_asked_for_once_a_run(tmp_path, monkeypatch):
    asked = []
    real = locks._try
    monkeypatch.setattr(locks, "_try", lambda *how, **more: (asked.append(how), real(*how, **more))[1])
    for _ in range(3):
        locks.check_supported(tmp_path)
        locks.check_excluding(tmp_path)
    assert len(asked) == 4  # two kinds, alone and with another process
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", locks.KINDS)
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_said_at_once(tmp_path, monkeypatch, kind, number):
    def fails(descriptor, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setitem(locks.KINDS, kind, fails)
    with pytest.raises(SpeccError) as caught, Ledger.open(tmp_path / "l.sqlite"):
        pass
    assert f"cannot be locked ({kind}): {os.strerror(number)}" in caught.value.message
    assert "`[ledger] path`" in caught.value.help
    assert not (tmp_path / "l.sqlite").exists()


@pytest.mark.parametrize("kind", locks.KINDS)
def test_nothing_is_sent_where_a_lock_keeps_nobody_out(tmp_path, monkeypatch, kind):
    monkeypatch.setitem(locks.KINDS, kind, lambda descriptor, operation: None)
    desk = submitting.Desk(tmp_path / "l.sqlite")
    with pytest.raises(SpeccError, match=f"two processes got the same {kind} lock"):
        desk.submit(submitting.sweep(1))
    assert desk.target.jobs == {}


def test_where_no_process_can_be_started_nothing_is_known(tmp_path, monkeypatch):
    def fails():
        raise BlockingIOError(errno.EAGAIN, "no process")

    monkeypatch.setattr(os, "fork", fails)
    locks.check_excluding(tmp_path)


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.parametrize(
    ("answer", "said"),
    [("return 0;", "two processes got the same"), ("errno = ENOLCK; return -1;", "No locks available")],
    ids=["pretends", "has none"],
)
@pytest.mark.slow
def test_a_library_in_between_is_found_out(tmp_path, answer, said):
    (tmp_path / "lock.c").write_text(PRELOADED.format(answer=answer))
    build = ["cc", "-shared", "-fPIC", "-o", tmp_path / "lock.so", tmp_path / "lock.c", "-ldl"]
    subprocess.run(build, check=True, capture_output=True)
    (tmp_path / "specc.toml").write_text(
        'project = "demo"\n[units]\ntime_limit = "min"\n[targets.local]\nrun_as = "caller"\n'
        'job = {zone = "z", cluster_id = "c", run_user = "u"}\n'
    )
    (tmp_path / "a.job.yaml").write_text("specc: 1\njob: {name: n, cmd_line: 'true', core_limit: 1, time_limit: 1}\n")
    environment = {
        **{name: value for name, value in uncovered.environment().items() if name != "CI"},
        "LD_PRELOAD": str(tmp_path / "lock.so"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    done = subprocess.run(
        [sys.executable, "-P", "-m", "specc", "submit"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "database is locked" not in done.stderr


MOUNTS = """22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:44 / /home rw,relatime shared:2 - nfs4 server:/home rw,vers=4.2,local_lock=none
41 22 0:45 / /old\\040home rw shared:3 - nfs server:/old rw,vers=3,nolock,local_lock=all
42 22 0:46 / /scratch rw - lustre mds:/scratch rw,localflock
garbage
"""


@each(
    "folder, said",
    [("/home/ann", None), ("/elsewhere", None), ("/old home/ann", "`local_lock=all`"), ("/scratch/a", "`localflock`")],
)
def test_mounts_whose_locks_are_of_one_machine_are_said(folder, said):
    found = locks.weakness(folder, MOUNTS)
    assert (found is None) if said is None else (said in found and "submit from no other machine" in found)


class TestALockedLedger:
    @pytest.fixture
    def desk(self, tmp_path, monkeypatch):
        monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
        monkeypatch.setattr(ledger_module, "HURRIED_SECONDS", 0.05)
        desk = submitting.Desk(tmp_path / "l.sqlite")
        desk.submit(submitting.sweep(1))
        return desk

    def test_is_told_apart_from_a_broken_one(self, desk):
        with closing(sqlite3.connect(desk.path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(database.Locked, match="database is locked"), desk.ledger():
                pass

    def test_does_not_end_the_following_of_jobs(self, desk):
        uuids = list(desk.target.jobs)
        with desk.ledger() as ledger, closing(sqlite3.connect(desk.path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            looks = follow_jobs(
                Opened("desk", desk.target, int), uuids, ledger, submitting.handed(desk.clock), desk.told.append, 100.0
            )
            assert next(looks)[uuids[0]].state is JobState.PENDING
            desk.target.states[uuids[0]] = JobState.FINISHED
            assert list(looks)[-1][uuids[0]].state is JobState.FINISHED
        assert any("not noted" in line for line in desk.told)

    def test_is_waited_for_at_the_start_of_wait(self, desk, capsys, monkeypatch):
        class Workplace:
            @contextmanager
            def ledger_if_any(self):
                with desk.ledger() as ledger:
                    yield ledger

        class Choice:
            workplace = Workplace()

        monkeypatch.setattr(wait, "chosen_now", lambda choice, ledger: ledger.all())
        other = sqlite3.connect(desk.path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN EXCLUSIVE")
        threading.Timer(0.5, other.close).start()
        with ExitStack() as stack:
            begun = wait._begun(Choice(), stack, None)
            assert begun is not None
            assert len(begun[1]) == 1
            assert begun[0].count() == 1  # it stays open
        assert capsys.readouterr().err.count("waiting for it") == 1
        other = sqlite3.connect(desk.path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with ExitStack() as stack:
            assert wait._begun(Choice(), stack, time.monotonic()) is None
        other.close()


def test_a_lock_of_the_probe_is_gone_afterwards(tmp_path):
    locks.check_excluding(tmp_path)
    path = tmp_path / "f"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)
