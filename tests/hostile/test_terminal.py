"""What others wrote reaches a terminal as text that the terminal does not obey, and that a reader is not deceived by."""

import contextlib
import errno
import io
import os
import pty
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
import repositories
from fake_target import FakeTarget
from projects import Place

from specc.cli.app import load
from specc.cli.commands import COMMANDS
from specc.cli.main import run
from specc.cli.targets import Opened, Opening
from specc.targets import Accepted, Attempt, Cancelled, JobState, LogFile, Logs, Outcome, Rejected, Unclear

ODD = "::error::o\x1b[31m\x1b]0;t\x07\x9b2J\x85\u2028\r\n::warning::d\u202ee\u2066\u200b\x7f##[group]\ue000\U000e0041\x08"
NAME = f"{ODD}.job.yaml"
YAML = "".join(f"\\U{ord(char):08x}" if not char.isalnum() else char for char in ODD)
"""The same in double quotes, as YAML writes it."""

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
COMMAND = re.compile(r"^\s*::[a-z]|##\[", re.MULTILINE)
OWN_COMMAND = re.compile(r"^::(?:error|warning|notice) (?:[a-zA-Z]+=[^,:\n]*,?)+::[^\n]*$", re.MULTILINE)

SETTINGS = f"""project = "{YAML}"
target = "here"
env = ["ODD"]
[units]
mem_limit = "MiB"
time_limit = "min"
[targets.here]
kind = "local"
[targets."{YAML}"]
kind = "local"
queues = {{"{YAML}" = {{max_cores = 1}}}}
[defaults]
zone = "z"
cluster_id = "c"
run_user = "u"
"""
GOOD = f"""specc: 1
id: "good{YAML}"
params: {{p: {{type: string, default: "{YAML}"}}, env: {{type: string, default: "{{{{ env.ODD }}}}"}}}}
vars: {{v: "{YAML}"}}
matrix: {{axes: {{a: ["{YAML}", plain]}}}}
profiles: {{"smoke{YAML}": {{job: {{core_limit: 1}}}}}}
job:
  name: n-{{{{ cell.index }}}}
  cmd_line: "echo {{{{ [params.p, vars.v, matrix.a] | sh }}}}"
  core_limit: 1
  stdout_redirect_path: "out-{{{{ cell.index }}}}.txt"
"""
BAD = f"""specc: 1
extends: "base{YAML}.job.yaml"
params: {{"{YAML}": {{type: string, default: "{YAML}"}}, q: {{type: "{YAML}"}}}}
vars: {{"{YAML}": "{{{{ vars['{YAML}'] }}}}", w: "{{{{ nope }}}}", u: "{{{{ '{YAML}' | int }}}}", t: "{{{{ 1 + '{YAML}' }}}}"}}
matrix: {{axes: {{"{YAML}": [1]}}, exclude: [{{"{YAML}": "{YAML}"}}]}}
profiles: {{"{YAML}": "{YAML}"}}
"x-{YAML}": 1
"{YAML}": 1
job:
  name: "{YAML}"
  "{YAML}": "{YAML}"
  core_limit: "{YAML}"
  mem_limit: "{YAML}"
  cmd_line: {{$file: "{YAML}.sh"}}
  scheduler_queue_name: "{YAML}"
"""
TORN = f"specc: 1\n# specc: ignore[{ODD}]\njob: {{name: '{ODD}', 'x\n"


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="backslashreplace", newline="\n")

    def isatty(self) -> bool:
        return True

    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode()  # type: ignore[attr-defined]


class OddTarget(FakeTarget):
    """Takes one job, refuses one, and has odd words for everything."""

    def submit(self, attempt: Attempt) -> Outcome:
        self.submissions += 1
        if self.submissions == 1:
            accepted = self.start(attempt)
            self.set(accepted.uuid, JobState.RUNNING, ODD)
            return accepted
        return Rejected(ODD, ODD, ODD, {"name": ODD}) if self.submissions == 2 else Unclear(ODD)

    def start(self, attempt: Attempt) -> Accepted:
        super().start(attempt)
        return Accepted(self.keys[attempt.key], {ODD: ODD})

    def logs(self, uuid: str) -> Logs:
        return Logs(uuid, (LogFile("stdout", Path("odd-output"), "odd-output"), LogFile("stderr", None, ODD)))

    def cancel(self, uuids: list[str]) -> list[Cancelled]:  # type: ignore[override]
        return [Cancelled(uuid, False, ODD) for uuid in uuids]


@pytest.fixture
def odd(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A repository in which everything that can have a name has an odd one."""
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    for variable, value in {"NO_COLOR": "1", "TERM": "dumb", "ODD": ODD, "COLUMNS": "200"}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("CI", raising=False)
    target = OddTarget()

    def opened(opening: Opening) -> Opened:
        return Opened(opening.settings.name, target, opening.calls, (ODD,), lambda: ODD)

    monkeypatch.setattr("specc.cli.target_local.open_target", opened)
    monkeypatch.setattr("specc.submission.follow.FIRST_SECONDS", 0.01)
    place.put("specc.toml", SETTINGS.encode())
    place.put(f"{ODD}/good{NAME}", GOOD.encode())
    place.put(f"{ODD}/bad{NAME}", BAD.encode())
    place.put(f"{ODD}/torn{NAME}", TORN.encode())
    place.put(f"{ODD}/{ODD}.sh", f"#!/bin/bash {ODD}\n#SBATCH --job-name={ODD!r}\n#SBATCH --{ODD}\n".encode())
    place.put("odd-output", b"\x1b[31mred\xff\x9b" + ODD.encode())
    repositories.begin(place.root)
    repositories.commit(place.root, ODD)
    place.put(f"{ODD}/good{NAME}", GOOD.replace("plain", "changed").encode())
    return place


def shown(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """The exit code of a command, and what it writes to a terminal."""
    out, err = Terminal(), Terminal()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", out)
        patched.setattr(sys, "stderr", err)
        patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
        with contextlib.suppress(SystemExit):
            code = run(arguments)
    return code, out.text() + err.text()


def check_harmless(text: str, arguments: list[str]) -> None:
    raw = sorted({ascii(char) for char in text if char != "\n" and unicodedata.category(char) in HIDDEN})
    assert not raw, (arguments, raw, text)
    if not any(argument.startswith("github") for argument in arguments):
        assert not COMMAND.search(text), (arguments, text)


def leaves(command: object, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    """Each command that can be run, with the words that name it."""
    below = getattr(command, "commands", None)
    if not below:
        yield words, command
    for name, each in (below or {}).items():
        yield from leaves(each, (*words, name))


LEAVES = [leaf for command in COMMANDS for leaf in leaves(load(command), (command.name,))]
ENDLESS = {("serve",)}
"""Commands that go on when nothing is wrong: only what they refuse is walked."""
WITHOUT = {"--help", "-h", "--follow", "--wait", "--write", "--yes", "--install-completion", "--show-completion"}
FORMATS = ("text", "json", "concise", "sarif", "github", "gitlab", "junit", "markdown", "mermaid")


def command_lines(words: tuple[str, ...], command: object) -> Iterator[list[str]]:
    """The command with every option that it has, and with odd words for all that it takes."""
    options = [param for param in command.params if param.param_type_name == "option"]  # type: ignore[attr-defined]
    folder, spec = ODD, f"{ODD}/good{NAME}"
    yield [*words, "--help"]
    yield [*words, f"--{ODD}"]
    for param in options:
        name = next((each for each in param.opts if each.startswith("--")), param.opts[0])
        if name in WITHOUT:
            continue
        if name == "--output":
            yield from ([*words, "--output", form, *rest] for form in FORMATS for rest in ([], [folder], [spec]))
        for value in () if param.is_flag else (ODD, f"{ODD}={ODD}", f"job.{ODD}={ODD}", f"job.name={ODD}"):
            yield [*words, name, value]
            if words not in ENDLESS:
                yield [*words, spec, name, value]
        if param.is_flag and words not in ENDLESS:
            yield [*words, name, folder]
            yield [*words, name, spec]
    if words not in ENDLESS:
        yield from ([*words, *rest] for rest in ([], [ODD], [folder], [spec], [ODD, ODD], [spec, ODD], ["-"]))
        yield from ([*words, f"{ODD}/{name}{NAME}"] for name in ("bad", "torn", "gone"))


@pytest.mark.parametrize(("words", "command"), LEAVES, ids=[" ".join(words) for words, _ in LEAVES])
def test_no_command_lets_through_what_others_wrote(words, command, odd, monkeypatch):
    if words[0] not in ("submit", "serve"):
        shown(["submit", f"{ODD}/good{NAME}"], monkeypatch)  # so that there is something in the ledger
    for arguments in command_lines(words, command):
        code, text = shown(arguments, monkeypatch)
        check_harmless(text, arguments)
        assert code != 101, (arguments, text)
