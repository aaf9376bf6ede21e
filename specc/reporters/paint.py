"""Colours of the terminal, in the manner of rustc. Kept by hand: rich's console costs 40 ms to import."""

from collections.abc import Callable
from typing import Literal

Style = Literal["error", "warning", "frame", "bold", "help", "good"]
Paint = Callable[[Style, str], str]

ESCAPES: dict[Style, str] = {
    "error": "1;31",
    "warning": "1;33",
    "frame": "1;34",
    "bold": "1",
    "help": "1;36",
    "good": "1;32",
}


def painter(color: bool) -> Paint:
    """Return a function that colours text, or leaves it as it is."""
    return _colored if color else _plain


def _colored(style: Style, text: str) -> str:
    return f"\x1b[{ESCAPES[style]}m{text}\x1b[0m" if text.strip() else text


def _plain(style: Style, text: str) -> str:
    return text
