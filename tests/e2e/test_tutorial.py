"""Every command of the tutorial, run in its order; what it prints is what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
TITLE = re.compile(r'title="([^"]+)"')


def run(command: str, folder: Path, environment: dict[str, str]) -> tuple[str, Path]:
    """What a command prints, and the folder afterwards."""
    script = f"{command}\npwd >&3"
    read, write = os.pipe()
    try:
        ended = subprocess.run(
            ["bash", "-c", f"exec 3>&{write}\n{script}"], cwd=folder, env=environment, pass_fds=[write], timeout=60,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        os.close(write)
        write = -1
        with os.fdopen(read) as place:
            return ended.stdout, Path(place.read().strip())
    finally:
        if write >= 0:
            os.close(write)


def agrees(expected: str, printed: str) -> bool:
    """A line `...` stands for any number of lines."""
    pattern = "".join(r"(?:.*\n)*?" if line == "...\n" else re.escape(line) for line in expected.splitlines(True))
    return re.fullmatch(pattern, printed) is not None


def sessions(text: str) -> list[tuple[str, str]]:
    """The commands of a block, each with what it prints."""
    return [
        (command, output)
        for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)
    ]  # fmt: skip


def test_dots_stand_for_lines_and_nothing_else_does() -> None:
    assert agrees("a\n...\nd\n", "a\nb\nc\nd\n")
    assert agrees("a\n...\n", "a\n")
    assert not agrees("a\n...\nd\n", "a\nb\n")
    assert not agrees("a.c\n", "abc\n")


@pytest.mark.slow
def test_the_tutorial_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "NO_COLOR": "1",
    }
    folder = tmp_path
    commands = 0
    for token in MarkdownIt().parse(PAGE.read_text(encoding="utf-8")):
        kind, _, rest = token.info.partition(" ")
        if token.type == "fence" and kind == "yaml" and (title := TITLE.search(rest)):
            (folder / title[1]).write_text(token.content, encoding="utf-8")
        elif token.type == "fence" and kind == "console":
            for command, expected in sessions(token.content):
                printed, folder = run(command, folder, environment)
                assert agrees(expected, printed), f"$ {command}\n{printed}"
                commands += 1
    assert commands > 10
