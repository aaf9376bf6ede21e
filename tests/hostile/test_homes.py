"""Where the user's own files are, in containers and on CI runners: never where a repository could have brought them."""

import os
import pwd
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.projects import Place

NUMBER = 4321
SETTINGS = """project = "demo"
env = ["PASSPHRASE"]
[units]
time_limit = "min"
[targets.local]
run_as = "caller"
job = {zone = "z", cluster_id = "c", run_user = "u"}
[targets.cloud]
kind = "ehpc"
endpoint = "http://evil.example/api"
job = {zone = "z", cluster_id = "c", run_user = "u"}
"""
JOB = "specc: 1\njob: {name: 'a-{{ env.PASSPHRASE }}', cmd_line: 'true', core_limit: 1}\n"
ALL = (
    *(("plan",), ("submit", "--yes"), ("status",), ("wait", "--timeout", "1"), ("logs",), ("cancel", "--all", "--yes")),
    *(("ledger", "list"), ("ledger", "verify"), ("ledger", "resolve"), ("trust",), ("trust", "a.example")),
    *(("serve", "--port", "0"), ("check", "--target", "cloud"), ("submit", "--target", "cloud", "--yes")),
)
BROUGHT = {
    "specc/trusted-hosts": "http://evil.example\n",
    ".local/state/specc/trusted-hosts": "http://evil.example\n",
    ".qingcloud/config.yaml": "qy_access_key_id: EVILEVILEVILEVILEVIL\nqy_secret_access_key: EVIL\n",
    "specc/config.toml": 'show_env = ["PASSPHRASE"]\n',
    ".config/specc/config.toml": 'show_env = ["PASSPHRASE"]\n',
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    """A checkout in a home."""
    home = tmp_path / "home"
    here = Place(home / "demo", capsys)
    here.put(".git/HEAD", b"ref: refs/heads/main\n")
    here.put("specc.toml", SETTINGS.encode())
    here.write(a=JOB)
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "CI", "SPECC_TRUSTED_HOSTS", "SPECC_SHOW_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PASSPHRASE", "open-sesame")
    monkeypatch.chdir(here.root)
    return here


@pytest.fixture
def without_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container whose user is a number that no file knows."""

    def unknown(uid: int) -> object:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)


@pytest.mark.parametrize("home", [None, "", ".", "~", "below"])
@pytest.mark.usefixtures("without_account")
def test_without_a_home_nothing_is_kept_in_the_project(
    here: Place, monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    if home is None:
        monkeypatch.delenv("HOME")
    else:
        monkeypatch.setenv("HOME", home)
    for folder in (".", "~", "below"):
        for name, text in BROUGHT.items():
            here.put(f"{folder}/{name}", text.encode())
    before = sorted(here.root.rglob("*"))
    for command in ALL:
        assert here.run(*command) in (0, 2), here.err
        assert "open-sesame" not in here.out + here.err
        if command[0] not in ("check", "cancel"):
            assert "the user 0 has no home" in here.err.replace(f"user {os.getuid()}", "user 0"), command
    assert here.run("explain", "a.job.yaml") == 0
    assert "open-sesame" not in here.out
    assert sorted(here.root.rglob("*")) == before


@pytest.mark.usefixtures("without_account")
def test_a_user_without_an_account_is_called_by_number(
    here: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert here.run("plan", "a.job.yaml") == 0, here.err
    here.put("specc.toml", SETTINGS.replace('run_as = "caller"\n', "").encode())
    here.write(a=JOB.replace("a-{{ env.PASSPHRASE }}", "a"))
    assert here.run("submit", "a.job.yaml", "--yes") == 1
    assert f"`{os.getuid()}`" in here.err


def test_a_relative_home_is_that_of_the_account(here: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", ".")
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: SimpleNamespace(pw_dir=str(tmp_path / "mine"), pw_name="me"))
    assert here.run("trust", "a.example") == 0
    assert (tmp_path / "mine/.local/state/specc/trusted-hosts").read_text() == "https://a.example\n"


@pytest.mark.parametrize("variable", ["XDG_STATE_HOME", "HOME"])
def test_hosts_that_the_repository_trusts_get_nothing(
    here: Place, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """A CI runner can have its home or its state in the checkout, because only that is cached."""
    monkeypatch.setenv("QY_ACCESS_KEY_ID", "K" * 20)
    monkeypatch.setenv("QY_SECRET_ACCESS_KEY", "S" * 40)
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv(variable, str(here.root))
    for name in ("specc/trusted-hosts", ".local/state/specc/trusted-hosts"):
        here.put(name, BROUGHT[name].encode())
    here.put("specc.toml", SETTINGS.encode() + b'[ledger]\npath = "ledger.sqlite"\n')
    assert here.run("ledger", "init") == 0, here.err
    assert here.run("submit", "--target", "cloud", "--yes") == 2
    assert "in the repository, which could have brought it" in here.err
    assert "XDG_STATE_HOME" in here.err
    assert here.run("trust", "a.example") == 2
    monkeypatch.setenv("SPECC_TRUSTED_HOSTS", "http://evil.example")
    assert here.run("plan", "--target", "cloud") in (0, 2)


@pytest.mark.parametrize("variable", ["XDG_CONFIG_HOME", "HOME"])
def test_settings_that_the_repository_brings_show_no_variable(
    here: Place, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv(variable, str(here.root))
    for name, text in BROUGHT.items():
        here.put(name, text.encode())
    assert here.run("explain", "a.job.yaml") == 2
    assert "is in the repository" in here.err
    assert "open-sesame" not in here.out + here.err


def test_a_key_that_the_repository_brings_is_not_used(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner would get the jobs."""
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("HOME", str(here.root))
    monkeypatch.setenv("XDG_STATE_HOME", str(here.root.parent / "state"))
    monkeypatch.setenv("SPECC_TRUSTED_HOSTS", "http://evil.example")
    monkeypatch.delenv("QY_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("QY_SECRET_ACCESS_KEY", raising=False)
    here.put(".qingcloud/config.yaml", BROUGHT[".qingcloud/config.yaml"].encode())
    here.put("specc.toml", SETTINGS.encode() + b'[ledger]\npath = "ledger.sqlite"\n')
    assert here.run("ledger", "init") == 0, here.err
    assert here.run("submit", "--target", "cloud", "--yes") == 2
    assert "there are no credentials" in here.err


def test_a_home_that_is_kept_in_git_is_its_users(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    home = here.root.parent
    (home / ".git").mkdir()
    (here.root / ".git/HEAD").unlink()
    (here.root / ".git").rmdir()
    own = home / ".config/specc/config.toml"
    own.parent.mkdir(parents=True)
    own.write_text('show_env = ["PASSPHRASE"]\n')
    assert here.run("explain", "a.job.yaml", "name") == 0
    assert "open-sesame" in here.out
    assert here.run("trust", "a.example") == 0


@pytest.mark.parametrize("mode", [0o666, 0o664])
def test_settings_of_the_user_that_others_can_write_are_refused(here: Place, mode: int) -> None:
    own = here.root.parent / ".config/specc/config.toml"
    own.parent.mkdir(parents=True)
    own.write_text('show_env = ["PASSPHRASE"]\n')
    own.chmod(mode)
    assert here.run("explain", "a.job.yaml", "name") == 2
    assert f"chmod 600 {own}" in here.err
    own.chmod(0o644)
    assert here.run("explain", "a.job.yaml", "name") == 0
    own.parent.chmod(0o777)
    assert here.run("explain", "a.job.yaml", "name") == 2
    assert f"chmod go-w {own.parent}" in here.err
