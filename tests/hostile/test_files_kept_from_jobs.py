"""Keys, and what specc keeps for its user, as the input or the output of a job."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.fake_slurm import Fake
from support.local_jobs import Place, attempt

from specc.targets import Rejected
from specc.targets.local import command
from specc.targets.local.command import CannotStart
from specc.targets.secrets import kept_from_jobs

KEYS = "QY_ACCESS_KEY_ID=SPECCAAAAAAAAAAAAAAA\nQY_SECRET_ACCESS_KEY=0123456789abcdef0123456789abcdef\n"
VENDORS = "qy_access_key_id: 'AAAAAAAAAAAAAAAAAAAA'\nqy_secret_access_key: '0123456789abcdef0123456789abcdef'\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return the home of a user who has run all there is."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    state = tmp_path / ".local" / "state" / "specc"
    for path, text in {
        state / "serve" / "m" / "keys.env": KEYS,
        state / "serve" / "m" / "gateway.sqlite": "",
        state / "local" / "m" / "jobs.db": "",
        state / "local" / "m" / "jobs" / "hpcjob-1" / "work" / "out.txt": "a result",
        state / "local" / "m" / "jobs" / "hpcjob-1" / "stdout": "a result",
        state / "demo-1" / "ledger.sqlite": "",
        state / "cache.key": "x",
        tmp_path / ".qingcloud" / "config.yaml": VENDORS,
        tmp_path / ".config" / "specc" / "hosts.toml": "",
        tmp_path / "elsewhere" / "keys.env": KEYS,
        tmp_path / "copy.txt": "# mine\n" + VENDORS,
        tmp_path / "data.txt": "QY_SECRET_ACCESS_KEY is what it needs\n",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


SECRET = [
    ".local/state/specc/serve/m/keys.env", ".local/state/specc/serve/m/gateway.sqlite",
    ".local/state/specc/local/m/jobs.db", ".local/state/specc/demo-1/ledger.sqlite", ".local/state/specc/cache.key",
    ".local/state/specc/local/m/jobs/../jobs.db", ".local/state/specc/local/m/new", ".qingcloud/config.yaml",
    ".qingcloud/other", ".config/specc/hosts.toml", "elsewhere/keys.env", "copy.txt",
]  # fmt: skip
FREE = [
    "data.txt", "missing.txt", ".local/state/specc/local/m/jobs/hpcjob-1/work/out.txt",
    ".local/state/specc/local/m/jobs/hpcjob-1/stdout", ".local/state/other", ".config/other",
]  # fmt: skip


@pytest.mark.parametrize("name", SECRET)
def test_is_no_file_of_a_job(home, name):
    assert kept_from_jobs(str(home / name)) is not None
    (home / "link").symlink_to(home / name)
    assert kept_from_jobs(str(home / "link")) is not None


@pytest.mark.parametrize("name", FREE)
def test_other_files_are(home, name):
    assert kept_from_jobs(str(home / name)) is None


def test_a_hard_link_to_a_key_is_a_key(home):
    os.link(home / ".qingcloud" / "config.yaml", home / "hard")
    assert "secret access key" in kept_from_jobs(str(home / "hard"))


def test_state_that_lies_elsewhere_is_kept_too(home, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "st"))
    assert kept_from_jobs(str(home / "st" / "specc" / "x")) is not None


def test_a_device_is_not_waited_for(home):
    assert kept_from_jobs(str(home)) is None
    os.mkfifo(home / "fifo")
    assert kept_from_jobs(str(home / "fifo")) is None
    assert kept_from_jobs("/dev/zero") is None
    assert kept_from_jobs(str(Path("/dev/null"))) is None


@pytest.mark.parametrize("field", ["input_file", "stdout_redirect_path", "stderr_redirect_path"])
def test_a_job_on_this_machine_is_refused_at_submission(home, tmp_path, field):
    place = Place(tmp_path / "state" / "here")
    outcome = place.target.submit(attempt("cat", **{field: str(home / "elsewhere" / "keys.env")}))
    assert isinstance(outcome, Rejected)
    assert "it holds a secret access key" in outcome.fields[field]
    assert (home / "elsewhere" / "keys.env").read_text() == KEYS


@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC])
def test_one_that_becomes_a_key_after_submission_is_refused_when_the_job_starts(home, flags):
    (home / "in.txt").symlink_to(home / "elsewhere" / "keys.env")
    with ExitStack() as stack, pytest.raises(CannotStart, match="secret access key"):
        command._open(home / "in.txt", flags, stack)
    assert (home / "elsewhere" / "keys.env").read_text() == KEYS


def test_a_job_on_a_cluster_is_refused_at_submission(home, tmp_path):
    fake = Fake(tmp_path / "shared")
    outcome = fake.target.submit(fake.attempt(input_file=str(home / ".qingcloud" / "config.yaml")))
    assert isinstance(outcome, Rejected)
    assert "input_file" in outcome.fields
