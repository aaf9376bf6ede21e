"""What others wrote reaches a terminal as text that it does not obey, and that does not deceive its reader."""

import contextlib
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
from support import repositories
from support.fake_target import FakeTarget
from support.projects import Place
from support.sampling import mostly_slow

from specc.app.workplace import Opened, Opening
from specc.cli.dispatch import load
from specc.cli.main import run
from specc.cli.table import COMMANDS
from specc.targets import Accepted, Attempt, Cancelled, JobState, LogFile, Logs, Outcome, Rejected, Unclear

ODD = "::error::o\x1b[31m\x1b]0;t\x07\x9b2J\x85\u2028\r\n::warning::d\u202ee\u2066\u200b\x7f##[group]\U000e0041\x08"
NAME = f"{ODD}.job.yaml"
YAML = "".join(f"\\U{ord(char):08x}" if not char.isalnum() else char for char in ODD)
"""The same in double quotes, as YAML writes it."""

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
COMMAND = re.compile(r"^\s*::[a-z]", re.MULTILINE)

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
params: {{p: {{type: string, default: "{YAML}"}}, env: {{type: string, default: "{{{{ env.ODD }}}}"}}}}
vars: {{v: "{YAML}"}}
matrix: {{axes: {{a: ["{YAML}", plain]}}}}
profiles: {{"smoke{YAML}": {{job: {{core_limit: 1}}}}}}
job:
  name: n-{{{{ cell.index }}}}
  cmd_line: "echo {{{{ [params.p, vars.v, matrix.a] | sh }}}}"
  core_limit: 1
  stdout_redirect_path: "out-{{{{ cell.index }}}}.txt"
results:
  out: {{pattern: "(.+)", take: first}}
  file: {{from: "{YAML}-{{{{ cell.slug }}}}", key: "{YAML}", format: json}}
"""
BAD = f"""specc: 1
extends: "base{YAML}.job.yaml"
params: {{"{YAML}": {{type: string, default: "{YAML}"}}, q: {{type: "{YAML}"}}}}
vars: {{"{YAML}": "{{{{ vars['{YAML}'] }}}}", w: "{{{{ nope }}}}", t: "{{{{ 1 + '{YAML}' }}}}"}}
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
            self.set(accepted.uuid, JobState.EXITED, ODD, 1)
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

    monkeypatch.setattr("specc.targets.local.opening.open_target", opened)
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
    if arguments[0] not in DRAWN and "github" not in arguments:
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
REFUSED = {"--port", "--calls", "--open-jobs"}
"""Commands that go on when nothing is wrong: only options that they refuse are walked."""
DRAWN = {"logs", "submit", "plan", "status", "cancel", "ledger", "results"}
"""What draws tables, whose folded lines may begin with anything, or shows the output of jobs, on a terminal alone."""
WITHOUT = {
    "--raw",
    "--help",
    "-h",
    "--follow",
    "--wait",
    "--write",
    "--yes",
    "--install-completion",
    "--show-completion",
}
TAKE_ALL = ("text", "json", "github", "sarif")
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
            yield from ([*words, "--output", form, *([folder] if form in TAKE_ALL else [])] for form in FORMATS)
        if words in ENDLESS and name not in REFUSED:
            continue
        yield [*words, name, *([] if param.is_flag else [ODD]), *([] if words in ENDLESS else [spec])]
        if not param.is_flag:
            yield [*words, name, f"job.{ODD}={ODD}"]
    if words not in ENDLESS:
        yield from ([*words, *rest] for rest in ([], [folder], [spec], [ODD, ODD], [spec, ODD], ["-"]))
        yield from ([*words, f"{ODD}/{name}{NAME}"] for name in ("bad", "torn", "gone"))


NAMES = [" ".join(words) for words, _ in LEAVES]


@pytest.mark.parametrize(("words", "command"), mostly_slow(LEAVES, quick=5), ids=NAMES)
def test_no_command_lets_through_what_others_wrote(words, command, odd, monkeypatch):
    if words[0] not in ("submit", "serve"):
        shown(["submit", f"{ODD}/good{NAME}"], monkeypatch)  # so that there is something in the ledger
    for arguments in command_lines(words, command):
        code, text = shown(arguments, monkeypatch)
        check_harmless(text, arguments)
        assert code != 101, (arguments, text)


def printed(arguments: list[str], folder: Path, **environment: str) -> str:
    """What a process writes to a real terminal, of which standard output and standard error are."""
    ours, theirs = pty.openpty()
    values = {"TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "200"} | environment
    process = subprocess.Popen(
        [sys.executable, "-m", "specc", *arguments],
        cwd=folder,
        env={**os.environ, **values},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    data = b""
    with contextlib.suppress(OSError):  # a terminal that nobody writes to any more gives EIO
        while block := os.read(ours, 1 << 16):
            data += block
    os.close(ours)
    process.wait(30)
    return data.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("command", ["check", "render", "explain", "fmt --diff", "graph", "config"])
@pytest.mark.slow
def test_a_real_terminal(command, odd):
    words = [*command.split(), *([] if command in ("graph", "config") else [f"{ODD}/good{NAME}"])]
    text = printed(words, odd.root)
    assert text
    check_harmless(text, words)


COLOUR = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;[!-~]*\x1b\\")


def test_the_colours_and_links_are_those_of_specc_alone(odd):
    text = printed(["check", f"{ODD}/bad{NAME}"], odd.root, NO_COLOR="", TERM="xterm", FORCE_COLOR="1")
    assert "\x1b[1;31merror" in text
    assert "\x1b]8;;file://" in text
    check_harmless(COLOUR.sub("", text), ["check"])


@pytest.mark.parametrize("command", ["plan", "submit", "status", "cancel", "ledger list", "wait", "check", "graph"])
def test_no_line_in_the_log_of_a_ci_job_is_a_command(command, odd):
    odd.run("submit", f"{ODD}/good{NAME}")
    odd.run(*command.split(), f"{ODD}/good{NAME}")
    assert not COMMAND.search(odd.out + odd.err)
    assert "##[" not in odd.out + odd.err


REQUIRED = "zone: z, cluster_id: c, run_user: u"


def test_data_in_a_pipe_keeps_its_bytes(place):
    text = f'specc: 1\njob: {{name: a, core_limit: 1, {REQUIRED}, cmd_line: "\\x7f\\u0085\\u202e\\U000e0041"}}\n'
    place.write(odd=text)
    assert place.run("render", "odd.job.yaml", "--target", "local") == 0
    assert '"cmd_line":"\x7f\x85\u202e\U000e0041"' in place.out
    assert place.run("render", "odd.job.yaml", "--target", "local", "--format", "yaml") == 0
    assert r'cmd_line: "\x7F\x85\u202e\U000e0041"' in place.out.replace(r"\x7f", r"\x7F").replace(r"\N", r"\x85")


def test_what_a_job_wrote_is_filtered_on_a_terminal_alone(odd, monkeypatch):
    shown(["submit", f"{ODD}/good{NAME}"], monkeypatch)
    code, text = shown(["logs"], monkeypatch)
    assert code == 0, text
    assert r"\x1b[31mred\xff\x9b::error::o\x1b[31m" in text
    check_harmless(text, ["logs"])
    written = (odd.root / "odd-output").read_bytes()
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", out)
    assert run(["logs"]) == 0
    assert out.buffer.getvalue() == written
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert run(["logs", "--raw"]) == 0
    assert terminal.buffer.getvalue() == written


@pytest.mark.parametrize("options", [[], ["--csv"], ["--output", "json"]])
def test_results_that_jobs_wrote_are_filtered_on_a_terminal_alone(odd, monkeypatch, options):
    shown(["submit", f"{ODD}/good{NAME}"], monkeypatch)
    _, text = shown(["results", *options], monkeypatch)
    check_harmless(text, ["results", *options])
    assert "31mred" in text
    assert odd.run("results", "--csv") == 0
    assert "\x1b[31mred" in odd.out


def test_raw_and_json_contradict_each_other(odd):
    assert odd.run("logs", "--raw", "--output", "json") == 2
    assert "`--raw` prints text only" in odd.err


def test_a_host_that_no_name_server_could_know(odd):
    assert odd.run("serve", "--host", "a\x9b") == 2
    assert r"error: `--host a\x9b` is not the name of a host" in odd.err


def test_completion_offers_no_name_that_a_shell_could_not_show(odd, monkeypatch):
    odd.put("plain.job.yaml", GOOD.encode())
    odd.put("p\nq.job.yaml", GOOD.encode())
    for name, value in {
        "_SPECC_COMPLETE": "complete_bash",
        "COMP_WORDS": "specc\ncheck\np",
        "COMP_CWORD": "2",
    }.items():
        monkeypatch.setenv(name, value)
    assert odd.run() == 0
    assert odd.out == "plain.job.yaml\n"
