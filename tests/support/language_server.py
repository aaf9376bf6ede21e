"""A client of any language server: it opens texts, and asks what the server says of them."""

import itertools
import json
import queue
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

MOST = 60.0
"""So many seconds a test waits for an answer."""
QUIET = 0.4
"""A server that sends diagnostics twice sends them again within so many seconds."""


class LanguageServer:
    """A server, and a session with it. `settings` are what the server is told when it asks for its configuration."""

    def __init__(self, command: list[str], settings: dict[str, Any], root: Path | None = None) -> None:
        self.settings = settings
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        self.capabilities: dict[str, Any] = {}
        self._root = root
        self._numbers = itertools.count(1)
        self._versions = itertools.count(1)
        self._answers: dict[int, Any] = {}
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Self:
        threading.Thread(target=self._read, daemon=True).start()
        text = {
            "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
            "hover": {"contentFormat": ["markdown"]},
        }
        capabilities = {"textDocument": text, "workspace": {"configuration": True, "workspaceFolders": True}}
        root = self._root.as_uri() if self._root is not None else None
        begin = {"processId": None, "rootUri": root, "capabilities": capabilities}
        self.capabilities = self.ask("initialize", begin)["capabilities"]
        self._send({"method": "initialized", "params": {}})
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": self.settings}})
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def check(self, path: Path, text: str) -> list[dict[str, Any]]:
        """Return the diagnostics of a text at a path, whatever is in the file."""
        uri = self.open(path, text)
        until = time.monotonic() + MOST
        while uri not in self.diagnostics and time.monotonic() < until:
            self._take(until - time.monotonic())
        while self._take(QUIET):
            pass
        return self.diagnostics[uri]

    def open(self, path: Path, text: str) -> str:
        """Show the server a text, as one that is new, and return its address."""
        uri = path.as_uri()
        self.diagnostics.pop(uri, None)
        self._send({"method": "textDocument/didClose", "params": {"textDocument": {"uri": uri}}})
        while self._take(0.05):
            pass
        self.diagnostics.pop(uri, None)
        item = {"uri": uri, "languageId": "yaml", "version": next(self._versions), "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": item}})
        return uri

    def at(self, method: str, path: Path, line: int, character: int, **more: Any) -> Any:
        """Return the answer to a request about a place in a text that is open."""
        position = {"line": line, "character": character}
        return self.ask(method, {"textDocument": {"uri": path.as_uri()}, "position": position, **more})

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """Return the answer to a request."""
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        until = time.monotonic() + MOST
        while number not in self._answers:
            if not self._take(until - time.monotonic()):
                raise TimeoutError(f"no answer to {method}")
        answer = self._answers.pop(number)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["result"]

    def _take(self, seconds: float) -> bool:
        """Take the next message, and return whether there was one."""
        try:
            message = self._messages.get(timeout=max(seconds, 0.01))
        except queue.Empty:
            return False
        if message is None:
            raise EOFError("the server has ended")
        if "method" not in message:
            self._answers[message["id"]] = message
        elif message["method"] == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif message["method"] == "workspace/configuration":
            items = message["params"]["items"]
            self._send({"id": message["id"], "result": [self.settings.get(item.get("section")) for item in items]})
        elif "id" in message:
            self._send({"id": message["id"], "result": None})
        return True

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        stdin.flush()

    def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        while line := stdout.readline():
            length = int(line.split(b":")[1]) if line.lower().startswith(b"content-length") else 0
            if line.lower().startswith(b"content-length"):
                while stdout.readline().strip():
                    pass
                self._messages.put(json.loads(stdout.read(length)))
        self._messages.put(None)


def path_of(uri: str) -> str:
    return urlsplit(uri).path
