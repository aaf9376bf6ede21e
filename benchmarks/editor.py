"""What somebody feels in an editor: `specc lsp`, with the YAML language server on the same texts beside it.

`python -m benchmarks.editor` prints a table of medians. Each server is a process that gets the messages that an editor
sends, one after the other, as soon as the answer to the last one is there.
"""

import json
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.corpora import project
from benchmarks.growth import shared
from benchmarks.peers import NODE_MODULES, ROOT, SPECC, usable

YAML_SERVER = NODE_MODULES / ".bin" / "yaml-language-server"
SPECS, HEIRS, ROUNDS = 1_000, 300, 40
TARGETS = {"first diagnostics": 1000.0, "edit": 50.0, "hover": 30.0, "completion": 30.0, "all heirs": 2000.0}
"""The most milliseconds that each should take, on two idle cores."""
MEMORY = 200.0

Json = dict[str, Any]


@dataclass
class Server:
    """A language server, started, with the last diagnostics of each text."""

    command: tuple[str, ...]
    root: Path
    began: float = field(default_factory=time.perf_counter)
    seen: dict[str, Json] = field(default_factory=dict)
    number: int = 0

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            self.command, cwd=self.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        able = {"textDocument": {"publishDiagnostics": {"versionSupport": True}, "hover": {}, "completion": {}}}
        asked = {"processId": None, "rootUri": self.root.as_uri(), "capabilities": able,
                 "workspaceFolders": [{"uri": self.root.as_uri(), "name": "study"}]}  # fmt: skip
        self.ask("initialize", asked)
        self.tell("initialized", {})

    def send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def tell(self, method: str, params: Json) -> None:
        self.send({"method": method, "params": params})

    def receive(self) -> Json:
        """Return the next message, and note it if it brings diagnostics."""
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline()).strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: Json = json.loads(self.process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.seen[message["params"]["uri"]] = message["params"]
        elif "method" in message and "id" in message:
            settings = [self.settings for _ in message["params"].get("items", [])] if message["params"] else None
            self.send({"id": message["id"], "result": settings})
        return message

    @property
    def settings(self) -> Json:
        """What the YAML language server asks its editor for."""
        return {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}

    def ask(self, method: str, params: Json) -> Any:
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        while (message := self.receive()).get("id") != self.number or "method" in message:
            pass
        return message.get("result")

    def open(self, path: Path, text: str) -> None:
        item = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": item})

    def change(self, path: Path, version: int, text: str) -> None:
        named = {"uri": path.as_uri(), "version": version}
        self.tell("textDocument/didChange", {"textDocument": named, "contentChanges": [{"text": text}]})

    def wait(self, path: Path, holds: Callable[[Json], bool] = bool) -> None:
        """Read until the diagnostics of a text are as wanted."""
        while not holds(self.seen.get(path.as_uri(), {})):
            self.receive()

    def wait_for(self, path: Path, version: int) -> None:
        """Read until there are diagnostics of a version of a text."""
        self.wait(path, lambda seen: seen.get("version") == version)

    @property
    def processor(self) -> float:
        """The milliseconds that the process has spent on a processor."""
        times = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(times[11]) + int(times[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    @property
    def megabytes(self) -> float:
        """The memory of the process, at its peak."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def timed(action: Callable[[], object]) -> float:
    """Return how many milliseconds an action takes."""
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def one_of_many(command: tuple[str, ...], root: Path) -> Iterator[tuple[str, float]]:
    """Yield what it takes to edit one spec among many."""
    path = sorted((root / "jobs").iterdir())[SPECS // 2]
    text = path.read_text(encoding="utf-8")
    wrong = text.replace("mem_limit", "mem_limt")
    server = Server(command, root)
    server.open(path, wrong)
    server.wait(path)
    yield "first diagnostics", (time.perf_counter() - server.began) * 1000
    yield "first diagnostics, of a processor", server.processor
    edits = []
    for version in range(2, 2 + ROUNDS):
        now = f"{text if version % 2 else wrong}# {version}\n"
        has_mistake = version % 2 == 0

        def edit(version: int = version, now: str = now, has_mistake: bool = has_mistake) -> None:
            server.change(path, version, now)
            server.wait(path, lambda seen: bool(seen["diagnostics"]) is has_mistake)

        edits.append(timed(edit))
    yield "edit", median(edits)
    line = next(number for number, each in enumerate(text.splitlines()) if "time_limit" in each)
    place = {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": 4}}
    yield "hover", median(timed(lambda: server.ask("textDocument/hover", place)) for _ in range(ROUNDS))
    typing = text.replace("  time_limit", "  \n  time_limit")
    server.change(path, 99, typing)
    place = {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": 2}}
    yield "completion", median(timed(lambda: server.ask("textDocument/completion", place)) for _ in range(ROUNDS))
    yield "memory", server.megabytes
    server.end()


def a_base(command: tuple[str, ...], root: Path) -> Iterator[tuple[str, float]]:
    """Yield what it takes to edit a base with many heirs, of which each gets a mistake by the edit."""
    base = root / "base" / "changed.job.yaml"
    text = base.read_text(encoding="utf-8")
    heirs = sorted((root / "jobs").iterdir())[:HEIRS]
    server = Server(command, root)
    server.open(base, text)
    server.wait(base)
    waiting, own, every = deque(heirs), [], []
    for version in range(2, 8):
        is_wrong = version % 2 == 0
        server.change(base, version, text.replace("minimum: 2", "minimum: 9999") if is_wrong else text)
        began = time.perf_counter()
        server.wait_for(base, version)
        own.append((time.perf_counter() - began) * 1000)
        waiting = deque(heirs)
        while waiting:
            uri = waiting[0].as_uri()
            if bool(server.seen.get(uri, {}).get("diagnostics")) is is_wrong:
                waiting.popleft()
            else:
                server.receive()
        every.append((time.perf_counter() - began) * 1000)
    yield "own diagnostics of the base", median(own)
    yield "all heirs", median(every)
    typed = []
    for version in range(8, 28):  # each key comes while the heirs of the last one are being checked
        began = time.perf_counter()
        server.change(base, version, f"{text}# {version}\n")
        server.wait_for(base, version)
        typed.append((time.perf_counter() - began) * 1000)
        time.sleep(0.05)
    yield "a key in the base, heirs under way", median(typed)
    yield "memory", server.megabytes
    server.end()


def main() -> int:
    rows: list[tuple[str, str, float]] = []
    with TemporaryDirectory(prefix="specc-editor-") as place:
        made = project(Path(place) / "specs", SPECS).root
        for name, value in one_of_many((SPECC, "lsp"), made):
            rows.append((f"one of {SPECS:,} specs: {name}", "specc", value))
        if usable(YAML_SERVER):
            schema = (ROOT / "schemas" / "jobspec.schema.json").as_uri()
            for path in (made / "jobs").iterdir():
                lines = path.read_text(encoding="utf-8")
                path.write_text(f"# yaml-language-server: $schema={schema}\n{lines}", encoding="utf-8")
            for name, value in one_of_many((str(YAML_SERVER), "--stdio"), made):
                rows.append((f"one of {SPECS:,} specs: {name}", "yaml-language-server", value))
        else:
            print("without yaml-language-server: npm could not install it here", file=sys.stderr)
        for name, value in a_base((SPECC, "lsp"), shared(Path(place) / "base", SPECS, HEIRS).root):
            rows.append((f"a base with {HEIRS} heirs: {name}", "specc", value))
    print("| what | server | median | wanted |\n|---|---|---|---|")
    for what, server, value in rows:
        name = what.rpartition(": ")[2]
        unit = "MB" if name == "memory" else "ms"
        most = MEMORY if name == "memory" else TARGETS.get(name)
        print(f"| {what} | {server} | {value:,.0f} {unit} | {f'{most:,.0f} {unit}' if most else ''} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
