"""Commands that a project's settings name: none runs that its user has not trusted, word by word."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.desk import Desk

from specc.settings import Target
from specc.targets.command.opening import ask_for_trust
from specc.targets.trust import TrustedCommands, UntrustedCommands, command_line

READING = (
    ["check"],
    ["plan"],
    ["submit", "--dry-run"],
    ["render"],
    ["explain", "a.job.yaml"],
    ["config"],
    ["graph"],
    ["usage"],
    ["trust"],
)
FOLLOWING = (
    ["status"],
    ["wait"],
    ["logs"],
    ["cancel", "-y", "a.job.yaml"],
    ["submit", "-y"],
    ["target", "test", "site"],
)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    made = Desk(tmp_path, capsys)
    yield made
    made.site.end()


def test_what_reads_runs_nothing_even_what_is_trusted(desk: Desk) -> None:
    desk.trusted()
    for words in READING:
        assert desk(*words).returncode in (0, 1), words
    assert not desk.site.calls()


def test_what_sends_or_follows_runs_nothing_that_is_not_trusted(desk: Desk) -> None:
    desk.trusted()
    assert desk("submit", "-y", "--wait").returncode == 0
    assert desk("trust", "--target", "site", "--forget").returncode == 0
    before = len(desk.site.calls())
    for words in FOLLOWING:
        desk(*words)
        assert len(desk.site.calls()) == before, words


@pytest.mark.parametrize("action", ["submit", "status", "cancel", "find"])
def test_a_word_that_changes_is_not_trusted_any_more(desk: Desk, action: str) -> None:
    desk.trusted()
    commands = {name: list(words) for name, words in desk.site.commands.items()}
    commands[action].append("--evil")
    desk.settings(table="".join(f"commands.{name} = {json.dumps(words)}\n" for name, words in commands.items()))
    done = desk("submit", "-y")
    assert done.returncode == 2
    assert "that you have not trusted" in done.stderr
    assert "--evil" in done.stderr
    assert not desk.site.calls()


class Somebody:
    """A person who answers all questions alike."""

    def __init__(self, *, agrees: bool) -> None:
        self.agrees = agrees
        self.heard: list[str] = []

    def can_answer(self) -> bool:
        return True

    def tell(self, line: str) -> None:
        self.heard.append(line)

    def confirm(self, question: str) -> bool:
        self.heard.append(question)
        return self.agrees


@pytest.mark.parametrize("agrees", [True, False])
def test_a_person_sees_all_words_and_is_asked_once(desk: Desk, agrees: bool) -> None:
    person, target = Somebody(agrees=agrees), Target("site", "command", commands=desk.site.commands)
    trusted = TrustedCommands({"XDG_STATE_HOME": str(desk.state)}, desk.root)
    with contextlib.nullcontext() if agrees else pytest.raises(UntrustedCommands):
        ask_for_trust(target, trusted, person)
    for words in desk.site.commands.values():
        assert any(command_line(words) in line for line in person.heard)
    assert person.heard[-1] == "Trust these commands from now on?"
    assert trusted.trusts(desk.site.commands) is agrees
    count = len(person.heard)
    if agrees:
        ask_for_trust(target, trusted, person)
        assert len(person.heard) == count


def test_yes_is_not_trust(desk: Desk) -> None:
    assert desk("submit", "--yes").returncode == 2
    assert not desk.site.calls()


def test_a_file_of_the_project_cannot_trust(desk: Desk) -> None:
    """Neither its settings nor a state folder in the checkout, as on a runner whose home is there."""
    digest = desk("trust", "--target", "site").stdout.strip()
    (desk.root / ".git").mkdir()
    home = desk.root / "home" / ".local" / "state" / "specc"
    home.mkdir(parents=True)
    (home / "trusted-commands").write_text(f"{digest} x\n")
    (desk.root / "home").chmod(0o700)
    done = desk("submit", "-y", XDG_STATE_HOME=str(desk.root / "home" / ".local" / "state"), CI="true")
    assert done.returncode == 2
    assert not desk.site.calls()
    desk.settings(more="[trust]\ncommands = true\n")
    assert desk("check").returncode == 2


def test_a_runner_names_the_commands_by_their_digest(desk: Desk) -> None:
    digest = desk("trust", "--target", "site").stdout.strip()
    assert desk("trust", "--target", "site", "--forget").returncode == 0
    assert desk("submit", "-y", SPECC_TRUSTED_COMMANDS="0" * 32).returncode == 2
    assert not desk.site.calls()
    done = desk("submit", "-y", "--wait", SPECC_TRUSTED_COMMANDS=f"{'0' * 32}, {digest}")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("way", ["absolute", "link", "argument", "option", "interpreter"])
def test_a_program_of_the_checkout_is_not_run_even_if_it_is_trusted(desk: Desk, way: str, tmp_path: Path) -> None:
    (desk.root / ".git").mkdir()
    evil = desk.root / "tools" / "submit"
    evil.parent.mkdir()
    evil.write_text("#!/bin/sh\ntouch canary\n")
    evil.chmod(0o755)
    (tmp_path / "link").symlink_to(evil)
    words = {
        "absolute": [str(evil)],
        "link": [str(tmp_path / "link")],
        "argument": ["/bin/sh", str(evil)],
        "option": ["/usr/bin/env", f"--split-string={evil}"],
        "interpreter": ["bash", "-x", f"{desk.root}/tools/../tools/submit"],
    }[way]
    commands = {name: list(words) for name, words in desk.site.commands.items()} | {"submit": words}
    desk.settings(table="".join(f"commands.{name} = {json.dumps(words)}\n" for name, words in commands.items()))
    for command in (["trust", "--target", "site"], ["submit", "-y"]):
        done = desk(*command)
        assert done.returncode == 2
        assert "which the repository could have brought" in done.stderr
    assert not desk.site.calls()


def test_a_relative_program_is_not_looked_for_in_the_project(desk: Desk) -> None:
    table = "".join(f'commands.{name} = ["./submit"]\n' for name in desk.site.commands)
    desk.settings(table=table)
    done = desk("trust", "--target", "site")
    assert done.returncode == 2
    assert "expected an absolute path or a name on the PATH" in done.stderr
    desk.settings(table=table.replace("./submit", "site-submit"))
    (desk.root / "site-submit").write_text("#!/bin/sh\ntouch canary\n")
    (desk.root / "site-submit").chmod(0o755)
    assert desk("trust", "--target", "site").returncode == 0
    done = desk("submit", "-y", PATH=f".:{desk.root}:/usr/bin:/bin")
    assert done.returncode == 2
    assert "`site-submit` is not on the PATH" in done.stderr


def test_no_shell_reads_the_words(desk: Desk, tmp_path: Path) -> None:
    evil = f"$(touch {tmp_path}/canary); touch {tmp_path}/canary"
    commands = {name: [*words, evil] for name, words in desk.site.commands.items()}
    desk.settings(table="".join(f"commands.{name} = {json.dumps(words)}\n" for name, words in commands.items()))
    desk.trusted()
    assert desk("submit", "-y", "--wait").returncode == 0
    assert not (tmp_path / "canary").exists()
    assert desk.site.calls("submit")[0]["argv"] == [evil]


def test_the_list_of_the_user_is_for_the_user_alone(desk: Desk) -> None:
    desk.trusted()
    path = desk.state / "specc" / "trusted-commands"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o666)
    done = desk("submit", "-y")
    assert done.returncode == 2
    assert "chmod" in done.stderr
    assert not desk.site.calls()


def test_escapes_in_words_and_answers_reach_no_terminal(desk: Desk) -> None:
    table = "".join(f'commands.{name} = ["/bin/x", "\\u001b[2J\\u202e::error::"]\n' for name in desk.site.commands)
    desk.settings(table=table)
    for words in (["submit", "-y"], ["trust", "--target", "site"], ["trust"], ["config"]):
        done = desk(*words)
        assert "\x1b" not in done.stdout + done.stderr, words
        assert "\u202e" not in done.stdout + done.stderr, words
    desk.settings()
    desk.site.set("submit.raw", json.dumps({"rejected": "\x1b[2Jno\u202e", "help": "\x1b]0;x\x07"}) + "\n")
    desk.trusted()
    done = desk("submit", "-y")
    assert done.returncode == 3
    assert "\x1b" not in done.stdout + done.stderr
    desk.site.unset("submit.raw")
    desk.site.set(
        "status.raw",
        json.dumps({"job": "1", "state": "running", "raw": "\x1b[2J", "reason": "\x1b[2J\n::error::x"}) + "\n",
    )
    assert desk("submit", "-y").returncode == 0
    done = desk("status")
    assert "\x1b" not in done.stdout + done.stderr
    assert "\n::error::" not in done.stdout


def test_credentials_of_the_environment_reach_neither_commands_nor_jobs(desk: Desk) -> None:
    desk.spec(last="env")
    desk.trusted()
    secrets = {"QY_SECRET_ACCESS_KEY": "s3cret", "AWS_SECRET_ACCESS_KEY": "s3cret", "GITHUB_TOKEN": "s3cret"}
    assert desk("submit", "-y", "--wait", **secrets).returncode == 0
    for call in desk.site.calls():
        assert "s3cret" not in json.dumps(call)
    assert "s3cret" not in desk("logs", "--stream", "stdout").stdout
    for path in desk.state.rglob("*"):
        assert path.is_dir() or b"s3cret" not in path.read_bytes(), path


def test_the_folder_of_jobs_is_for_the_user_alone(desk: Desk) -> None:
    desk.trusted()
    umask = os.umask(0o002)
    try:
        assert desk("submit", "-y", "--wait").returncode == 0
    finally:
        os.umask(umask)
    folder = Path(desk.site.calls("submit")[0]["folder"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "job").stat().st_mode & 0o077 == 0
    assert (folder.parent).stat().st_mode & 0o777 == 0o700
