"""What TAB inserts in real shells on a terminal: names with blanks and quotes, folders, values of parameters."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.sampling import mostly_slow

SPEC = 'specc: 1\nparams: {solver: {type: string, choices: [ico, "two words"]}, n: {type: integer}}\njob: {name: a}\n'
FILES = ("my jobs/a b.job.yaml", "算例/一.job.yaml", "jobs/x.job.yaml", "it's.job.yaml")
PATIENCE = 40.0
BEHIND = "~"
"""Typed after what was inserted: whether a blank stands before it shows what the shell put there."""

INSERTED = [
    ("specc check my\\ jobs/\t", r"specc check my\ jobs/a\ b.job.yaml ~"),
    ("specc check it\t", r"specc check it\'s.job.yaml ~"),
    ("specc explain jobs/x.job.yaml -p solver=t\t", r"-p solver=two\ words ~"),
    ("specc check my\t", r"specc check my\ jobs/~"),
    ("specc check 算\t", "specc check 算例/~"),
    ("specc explain jobs/x.job.yaml -p n\t", "-p n=~"),
]
"""What is typed, and the line then. The first three stand for all."""


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, argv: list[str], environment: dict[str, str], folder: Path) -> None:
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(argv[0], argv, environment)
        self.seen = ""

    def until(self, text: str) -> str:
        """All that was shown since the last call, once this text is in it."""
        data, end = self.seen, time.monotonic() + PATIENCE
        while text not in data:
            assert time.monotonic() < end, data
            if select.select([self.descriptor], [], [], 0.2)[0]:
                data += os.read(self.descriptor, 65536).decode("utf-8", "replace").replace("\a", "")
        self.seen = ""
        return data

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def close(self) -> None:
        os.close(self.descriptor)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)


def script_for(shell: str) -> str:
    shown = subprocess.run(
        [sys.executable, "-m", "specc", "--show-completion", shell], capture_output=True, text=True, check=True
    )
    return shown.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shells")
    for name in FILES:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(SPEC, encoding="utf-8")
    (root / "specc.toml").write_text('project = "demo"\n')
    (root / "bin").mkdir()
    (root / "bin" / "specc").write_text(f'#!/bin/sh\nexec {sys.executable} -m specc "$@"\n')
    (root / "bin" / "specc").chmod(0o755)
    return root


@pytest.fixture(scope="module")
def environment(folder: Path) -> dict[str, str]:
    path = f"{folder}/bin:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(folder), "TERM": "dumb", "LC_ALL": "C.UTF-8", "PS1": "> "}


@pytest.fixture(scope="module")
def start(folder: Path, environment: dict[str, str]) -> Iterator[Callable[[str], Terminal]]:
    """A shell that knows the completion; one for all tests."""
    running: dict[str, Terminal] = {}

    def started(shell: str) -> Terminal:
        if shutil.which(shell) is None:
            pytest.skip(f"{shell} is not installed")
        if shell not in running:
            (folder / f"script.{shell}").write_text(script_for(shell))
            options = ["--norc", "--noprofile", "-i"] if shell == "bash" else ["-f", "-i"]
            running[shell] = terminal = Terminal([shell, *options], environment, folder)
            quiet = "bind 'set bell-style none'; bind 'set enable-bracketed-paste off'"
            if shell == "zsh":
                quiet = "unsetopt prompt_cr prompt_sp; autoload -Uz compinit; compinit -u -D"
            # in two parts, so that the echo of the line is not taken for the prompt
            terminal.type(f"{quiet}; . ./script.{shell}; PS1='REA''DY> '\n")
            terminal.until("READY> ")
        return running[shell]

    yield started
    for terminal in running.values():
        terminal.close()


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize(("typed", "line"), mostly_slow(INSERTED, quick=3))
def test_what_tab_inserts(start: Callable[[str], Terminal], shell: str, typed: str, line: str) -> None:
    terminal = start(shell)
    terminal.type(typed + BEHIND)
    shown = re.sub(r".\x08", "", terminal.until(BEHIND))  # what zsh takes back while it draws
    terminal.type("\x15\n")  # the line is thrown away
    terminal.until("READY> ")
    assert line in shown


@pytest.mark.slow
def test_fish_is_told_names_as_they_are(folder: Path, environment: dict[str, str]) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    (folder / "script.fish").write_text(script_for("fish"))
    asked = r"source script.fish; complete -C 'specc check my'; complete -C 'specc check my\ jobs/'"
    told = subprocess.run(
        ["fish", "-c", asked], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.splitlines() == ["my jobs/", "my jobs/a b.job.yaml"]
