"""The picture of the README: a terminal with what specc really prints, as SVG."""

import os
import pty
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "assets" / "specc.svg"
PROJECT = ROOT / "examples" / "openfoam"
COLUMNS, LINE, CELL, MARGIN = 92, 19, 8.4, 20
"""The width in characters; the rest in pixels."""

GROUND, PLAIN = "#1e1e2e", "#cdd6f4"
COLORS = {"31": "#f38ba8", "32": "#a6e3a1", "33": "#f9e2af", "34": "#89b4fa", "35": "#cba6f7", "36": "#94e2d5"}
LAMPS = ("31", "33", "32")
ESCAPE = re.compile(r"\x1b\[([\d;]*)m")
OTHERS = re.compile(r"\x1b\[[\d;?]*[A-Za-ln-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\r")

MISTAKES = (
    ('"{{ vars.memory[matrix.mesh] }}"', '"{{ vars.memroy[matrix.mesh] }}"'),
    ("time_limit: \"{{ '1-00:00:00' if matrix.mesh == 'XL' else '4h' }}\"", "time_limit: 1:30"),
)
"""What the spec of the picture says in place of what the example says."""

CHECK = ("check",)
LOOKS = (
    ("explain", "cases/cavity.job.yaml", "mem_limit", "--only", "mesh=M"),
    ("plan", "cases/cavity.job.yaml", "--only", "seed=1"),
)
KEYS = {"QY_ACCESS_KEY_ID": "EXAMPLE", "QY_SECRET_ACCESS_KEY": "example"}
"""Nothing is sent; with keys, `plan` knows whose ledger it reads."""


class Piece(NamedTuple):
    """A part of a line in one colour."""

    text: str
    color: str
    is_bold: bool


def readme_picture() -> str:
    """Return the SVG: a check that finds two mistakes, and a value and a plan of the spec without them."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "openfoam")
        shutil.copytree(PROJECT, project)
        environment = {**os.environ, **KEYS, "XDG_STATE_HOME": folder, "XDG_CACHE_HOME": folder}
        spec = project / "cases" / "cavity.job.yaml"
        right = spec.read_text(encoding="utf-8")
        wrong = right
        for old, new in MISTAKES:
            wrong = wrong.replace(old, new)
        spec.write_text(wrong, encoding="utf-8")
        shown = [_session(CHECK, project, environment)]
        spec.write_text(right, encoding="utf-8")
        shown += [_session(words, project, environment) for words in LOOKS]
    return _svg([*_lines("\n".join(shown))])


def _session(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    return f"\x1b[32m$\x1b[0m \x1b[1mspecc {' '.join(words)}\x1b[0m\n{_on_terminal(words, folder, environment)}"


def _on_terminal(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Return what specc writes to a terminal of `COLUMNS` columns."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        settings = {**environment, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        for name in ("NO_COLOR", "FORCE_COLOR", "CI", "COVERAGE_PROCESS_START", "SPECC_LANG", "LC_ALL"):
            settings.pop(name, None)
        os.execve(sys.executable, [sys.executable, "-P", "-m", "specc", *words], settings)
    written = b""
    try:
        while block := os.read(terminal, 1 << 16):
            written += block
    except OSError:  # how Linux says that the other end was closed
        pass
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)
    return OTHERS.sub("", written.decode())


def _lines(text: str) -> Iterator[list[Piece]]:
    color, is_bold = PLAIN, False
    for line in text.rstrip("\n").split("\n"):
        pieces = []
        for at, part in enumerate(ESCAPE.split(line)):
            if at % 2:
                for number in part.split(";"):
                    color, is_bold = (
                        (COLORS[number], is_bold) if number in COLORS
                        else (color, True) if number == "1"
                        else (PLAIN, False)
                    )  # fmt: skip
            elif part:
                pieces.append(Piece(part, color, is_bold))
        yield pieces


def _svg(lines: Sequence[Sequence[Piece]]) -> str:
    width, height = COLUMNS * CELL + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN + LINE
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img">',
        "<title>specc check, explain and plan in a terminal</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>',
        *(f'<circle cx="{MARGIN + 18 * at}" cy="20" r="5.5" fill="{COLORS[key]}"/>' for at, key in enumerate(LAMPS)),
        '<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14">',
    ]
    for number, pieces in enumerate(lines):
        column = 0
        for piece in pieces:
            if words := piece.text.strip():
                x = MARGIN + (column + piece.text.index(words)) * CELL
                drawn.append(_text(piece._replace(text=words), x, 2 * MARGIN + LINE * (number + 0.75)))
            column += len(piece.text)
    return "\n".join([*drawn, "</g>", "</svg>"]) + "\n"


def _text(piece: Piece, x: float, y: float) -> str:
    # The length keeps columns in their places, whatever font there is.
    weight = ' font-weight="bold"' if piece.is_bold else ""
    length = f' textLength="{len(piece.text) * CELL:.1f}" lengthAdjust="spacingAndGlyphs"'
    text = escape(piece.text).replace(" ", "\xa0")  # SVG takes several blanks for one
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{piece.color}"{weight}{length}>{text}</text>'
