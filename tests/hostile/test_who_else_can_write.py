"""A member of one's group, and anybody in /tmp: what they planted is not run, what specc makes is not theirs to write.

Each attack is made from nothing, with the umask of 002 with which groups share folders.
"""

import errno
import os
import sqlite3
import stat
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from support import submitting
from support.local_jobs import attempt
from support.projects import Place

from specc.errors import SpeccError
from specc.gateway.keys import load_keys
from specc.gateway.store import Store as GatewayStore
from specc.settings import Target
from specc.submission import Access, Ledger
from specc.targets.batch.folder import Folder
from specc.targets.local.target import LocalTarget

MALLORY = 4242
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
SETTINGS = """project = "demo"
[units]
time_limit = "min"
[targets.local]
run_as = "caller"
job = {zone = "z", cluster_id = "c", run_user = "u"}
"""


@pytest.fixture(autouse=True)
def group_umask():
    before = os.umask(0o002)
    yield
    os.umask(before)


@pytest.fixture
def place(tmp_path, capsys, monkeypatch):
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    place = Place(tmp_path, capsys)
    place.put("specc.toml", SETTINGS.encode())
    place.put("a.job.yaml", b"specc: 1\njob: {name: n, cmd_line: 'true', core_limit: 1, time_limit: 1}\n")
    (tmp_path / "state").mkdir(mode=0o755)
    (tmp_path / "state").chmod(0o755)
    return place


def modes(root):
    """Return what others may do with each folder and file below a folder."""
    paths = [root, *root.rglob("*")]
    return {str(path): stat.S_IMODE(path.stat().st_mode) & 0o077 for path in paths if not path.is_symlink()}


def as_mallory(call):
    """Return whether a call works for a member of the group."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(MALLORY)
            os.setuid(MALLORY)
            call()
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] == 0


def test_every_state_folder_is_the_users_alone_whatever_the_umask(place):
    assert place.run("plan", "--out", "plan.json") == 0
    LocalTarget.open(Target("local", "local"), {}, place.root / "state" / "specc" / "local" / "m", "me", own=3)
    load_keys(place.root / "state" / "specc" / "serve" / "m" / "keys.env")
    GatewayStore(place.root / "state" / "specc" / "serve" / "m" / "gateway.sqlite").close()
    Folder(place.root / "state" / "specc" / "slurm" / "c" / "jobs" / "0123456789abcdef").prepare({})
    found = modes(place.root / "state" / "specc")
    assert len(found) > 10
    assert set(found.values()) == {0}


@needs_root
def test_a_member_of_the_group_cannot_put_a_row_into_the_job_store(place):
    state = place.root / "state" / "specc" / "local" / "m"
    LocalTarget.open(Target("local", "local"), {}, state, "me", own=3)
    for path in (state, *state.parents[:2], state / "jobs.db"):
        os.chown(path, -1, MALLORY)

    def plants():
        with closing(sqlite3.connect(state / "jobs.db")) as connection, connection:
            connection.execute("UPDATE jobs SET run = 'mine'")

    assert not as_mallory(plants)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_folders_of_an_older_specc_are_refused_with_the_command_that_fixes_them(place, depth):
    state = place.root / "state" / "specc" / "local" / "m"
    LocalTarget.open(Target("local", "local"), {}, state, "me", own=3)
    open_folder = [state, *state.parents][depth]
    open_folder.chmod(0o775)
    with pytest.raises(SpeccError, match="can be written by the group") as caught:
        LocalTarget.open(Target("local", "local"), {}, state, "me", own=3)
    assert f"`chmod 700 {open_folder}`" in caught.value.help
    open_folder.chmod(0o700)
    LocalTarget.open(Target("local", "local"), {}, state, "me", own=3)


@pytest.mark.parametrize("bits", [0o660, 0o606])
def test_a_store_that_others_can_write_runs_nothing(place, bits):
    state = place.root / "state" / "m"
    target = LocalTarget.open(Target("local", "local", run_as="caller"), {}, state, "me")
    (state / "jobs.db").chmod(bits)
    with pytest.raises(SpeccError, match=r"jobs\.db can be written by"):
        LocalTarget.open(Target("local", "local"), {}, state, "me")
    assert target is not None
    assert attempt("true") is not None


@needs_root
@pytest.mark.parametrize("planted", ["specc", "specc/local", "specc/local/m"])
def test_a_folder_that_was_planted_beforehand_is_refused(place, planted):
    state = place.root / "state"
    state.chmod(0o1777)
    (state / planted).mkdir(parents=True)
    for folder in (state / "specc", state / "specc" / "local"):
        if folder.exists():
            folder.chmod(0o700)
    os.chown(state / planted, MALLORY, MALLORY)
    with pytest.raises(SpeccError, match=f"belongs to the user {MALLORY}"):
        LocalTarget.open(Target("local", "local"), {}, state / "specc" / "local" / "m", "me", own=3)
    assert list((state / planted).rglob("jobs.db")) == []


@needs_root
@pytest.mark.parametrize("name", ["ledger.sqlite", "ledger.sqlite-journal", "ledger.sqlite-wal"])
def test_a_ledger_or_journal_of_somebody_else_is_refused(place, name):
    folder = place.root / "state" / "l"
    folder.mkdir(mode=0o700)
    (folder / name).write_bytes(b"")
    os.chown(folder / name, MALLORY, MALLORY)
    with (
        pytest.raises(SpeccError, match=f"{name} belongs to the user {MALLORY}"),
        Ledger.open(folder / "ledger.sqlite"),
    ):
        pass


@pytest.mark.parametrize(
    "command", ["submit", "status", "ledger list", "ledger verify", "plan", "cancel --all", "wait"]
)
def test_every_command_refuses_a_ledger_that_others_can_write(place, command):
    assert place.run("plan", "--out", "plan.json") == 0
    (ledger,) = (place.root / "state" / "specc").glob("*/ledger.sqlite")
    ledger.chmod(0o666)
    assert place.run(*command.split()) == 2
    assert f"`chmod 600 {ledger}`" in place.err
    ledger.chmod(0o600)
    ledger.parent.chmod(0o770)
    assert place.run(*command.split()) == 2
    assert f"`chmod 700 {ledger.parent}`" in place.err


@needs_root
def test_serve_refuses_a_state_folder_that_others_can_write(place):
    folder = place.root / "serve"
    folder.mkdir()
    folder.chmod(0o775)
    assert place.run("serve", "--state", str(folder), "--port", "0") == 2
    assert f"`chmod 700 {folder}`" in place.err
    assert list(folder.iterdir()) == []
    os.chown(folder, MALLORY, MALLORY)
    folder.chmod(0o700)
    assert place.run("serve", "--state", str(folder), "--port", "0") == 2
    assert f"belongs to the user {MALLORY}" in place.err


class TestASharedLedger:
    @pytest.fixture
    def shared(self, place):
        """Return a project whose ledger lies in a folder of a group."""
        folder = place.root / "group"
        folder.mkdir()
        if os.geteuid() == 0:
            os.chown(folder, MALLORY, MALLORY)
        folder.chmod(0o2775)
        place.put("specc.toml", (SETTINGS + '[ledger]\npath = "group/l.sqlite"\n').encode())
        return place

    @needs_root
    def test_must_be_said_to_be_one(self, shared):
        assert shared.run("ledger", "init") == 2
        assert f"belongs to the user {MALLORY}" in shared.err
        assert not (shared.root / "group" / "l.sqlite").exists()

    @needs_root
    def test_is_for_each_member_of_the_group(self, shared):
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # the folders of pytest are closed to others
            group = Path(folder)
            os.chown(group, MALLORY, MALLORY)
            group.chmod(0o2775)
            self.share(shared, group / "l.sqlite")

    def share(self, shared, path):
        settings = SETTINGS + f'[ledger]\npath = "{path}"\nshared = true\n'
        (shared.root / "specc.toml").write_text(settings)
        assert shared.run("ledger", "init") == 0, shared.err
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert path.stat().st_gid == MALLORY
        with Ledger.open(path, access=Access(is_shared=True)) as ledger, ledger.owners.claim() as owner:
            ledger.begin(submitting.record(owner=owner))

            def reads_and_writes():
                with Ledger.open(path, access=Access(is_shared=True)) as other:
                    assert other.recover() == []  # the owner lives
                    other.begin(submitting.record("b1", key=submitting.KEY._replace(cell="b"), digest="d"))

            assert as_mallory(reads_and_writes)
            assert ledger.count() == 2

    def test_is_never_for_everybody(self, shared):
        (shared.root / "specc.toml").write_text(SETTINGS + '[ledger]\npath = "group/l.sqlite"\nshared = true\n')
        (shared.root / "group").chmod(0o777)
        assert shared.run("ledger", "init") == 2
        assert f"`chmod o-w {shared.root / 'group'}`" in shared.err

    def test_needs_a_path(self, place):
        place.put("specc.toml", (SETTINGS + "[ledger]\nshared = true\n").encode())
        assert place.run("submit") == 2
        assert "needs a path" in place.err

    def test_in_a_folder_that_is_closed_to_this_user_is_not_taken_for_missing(self, shared, monkeypatch):
        ledger, really = shared.root / "group" / "l.sqlite", os.lstat

        def closed(path, **options):
            if os.fspath(path) == os.fspath(ledger):
                raise PermissionError(errno.EACCES, "Permission denied")
            return really(path, **options)

        (shared.root / "specc.toml").write_text(SETTINGS + f'[ledger]\npath = "{ledger}"\nshared = true\n')
        ledger.parent.chmod(0o2770)
        monkeypatch.setattr(os, "lstat", closed)
        assert shared.run("plan") == 2
        assert f"{ledger} cannot be used: Permission denied" in shared.err
        assert f"ask the owner of {ledger.parent} for access" in shared.err
        assert "does not exist" not in shared.err
