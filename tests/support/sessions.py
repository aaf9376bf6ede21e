"""Sessions in pages: blocks of `console` with commands, and what they print."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
TITLE = re.compile(r'title="([^"]+)"')
PLACE = re.compile(r"<!-- in: (\S+) -->")
NOT_RUN = re.compile(r"<!-- not run: (.+) -->")


@dataclass(frozen=True)
class Block:
    """A block of a page: a file to write where it has a title, or a session.

    `place` is an example or `init`, of which the block needs a copy of its own; None where it goes on where the last
    one ended. `not_run` is why a session is not tried here.
    """

    kind: str
    text: str
    title: str | None
    place: str | None
    not_run: str | None


def blocks(page: Path) -> Iterator[Block]:
    place = not_run = None
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "html_block":
            place = found[1] if (found := PLACE.search(token.content)) else place
            not_run = found[1] if (found := NOT_RUN.search(token.content)) else not_run
        elif token.type == "fence":
            kind, _, rest = token.info.partition(" ")
            title = found[1] if (found := TITLE.search(rest)) else None
            yield Block(kind, token.content, title, place, not_run)
            place = not_run = None


def commands(text: str) -> list[tuple[str, str]]:
    """The commands of a session, each with what it prints."""
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)


def agrees(expected: str, printed: str) -> bool:
    """A line `...` stands for any number of lines."""
    pattern = "".join(r"(?:.*\n)*?" if line == "...\n" else re.escape(line) for line in expected.splitlines(True))
    return re.fullmatch(pattern, printed) is not None


class Session:
    """A shell of a person who has read a page from its top."""

    def __init__(self, folder: Path) -> None:
        self.home = self.folder = folder
        self.count = 0
        self._environment = {
            **{name: value for name, value in os.environ.items() if name != "CI"},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "XDG_STATE_HOME": str(folder / ".state"),
            "NO_COLOR": "1",
        }

    def do(self, block: Block) -> None:
        if block.place is not None:
            self._enter(block.place)
        if block.title is not None and block.kind != "console":
            path = self.folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.kind == "console" and block.not_run is None:
            for command, expected in commands(block.text):
                printed = self.run(command)
                assert agrees(expected, printed), f"$ {command}\n{printed}"
                self.count += 1

    def _enter(self, place: str) -> None:
        self.folder = self.home / f"place-{self.count}" / Path(place).name
        if place == "init":
            self.folder.mkdir(parents=True)
            self.run("specc init . --mem-unit MiB --time-unit min")
        else:
            shutil.copytree(ROOT / place, self.folder)

    def run(self, command: str) -> str:
        """What a command prints. The shell's folder is kept for the next."""
        read, write = os.pipe()
        with os.fdopen(read) as place:
            try:
                ended = subprocess.run(
                    ["bash", "-c", f"exec 3>&{write}\n{command}\npwd >&3"],
                    cwd=self.folder, env=self._environment, pass_fds=[write], timeout=120,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                )  # fmt: skip
            finally:
                os.close(write)
            self.folder = Path(place.read().strip())
        return ended.stdout
