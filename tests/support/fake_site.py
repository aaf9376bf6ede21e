"""A site whose four commands are made up: a scheduler of one file, which starts each job at once, beside the test."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ACTIONS = ("submit", "status", "cancel", "find")


class Site:
    """The folder of a made-up scheduler. Files in it change what its commands do:

    `ACTION.raw` is said instead of an answer, `ACTION.error` is an error; with `silent` no job number is told, with
    `hold` no job starts, with `forgets` no job is known.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "jobs").mkdir(parents=True)

    @property
    def commands(self) -> dict[str, tuple[str, ...]]:
        program = str(Path(__file__).with_name("site_commands.py"))
        return {action: (sys.executable, "-I", program, str(self.folder), action) for action in ACTIONS}

    @property
    def table(self) -> str:
        """The commands as specc.toml has them."""
        return "".join(f"commands.{action} = {json.dumps(list(words))}\n" for action, words in self.commands.items())

    def set(self, name: str, text: str = "") -> None:
        (self.folder / name).write_text(text)

    def unset(self, name: str) -> None:
        (self.folder / name).unlink()

    def calls(self, action: str | None = None) -> list[dict[str, Any]]:
        """What the commands were asked so far."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        found = [json.loads(line) for line in lines]
        return [call for call in found if action in (None, call["action"])]

    def start_all(self, copies: int = 1) -> None:
        """Start each job that is held, as a scheduler does that has room, so many copies of it at once."""
        running = []
        for path in sorted(self.folder.glob("jobs/*/script")):
            environment = {"PATH": os.environ.get("PATH", os.defpath), "JOB_ID": path.parent.name}
            words = ["bash", path.read_text()]
            silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            running += [subprocess.Popen(words, env=environment, cwd="/", **silent) for _ in range(copies)]
        for process in running:
            process.wait(60)

    def keys(self) -> list[str]:
        """The keys of its jobs."""
        return [path.read_text() for path in self.folder.glob("jobs/*/key")]

    def end(self) -> None:
        """End what is left of its jobs."""
        for path in self.folder.glob("jobs/*/pid"):
            with contextlib.suppress(ProcessLookupError, ValueError):
                os.killpg(int(path.read_text()), signal.SIGKILL)
