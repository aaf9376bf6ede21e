"""What people read beside the data: lines on standard error, questions, and tables where there is a terminal."""

import json
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from specc.errors import SpeccError

OUTPUTS = ("text", "json")


def say(line: str) -> None:
    """One line for people."""
    print(line, file=sys.stderr, flush=True)


def is_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def is_watched() -> bool:
    """Whether a person sees the output: then results are drawn, and not written line by line as they come."""
    return sys.stdout.isatty() or sys.stderr.isatty()


def confirm(question: str) -> bool:
    """Asks a person; no answer means no. After ^C or ^D, what follows stands on a line of its own."""
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    answer = ""
    try:
        answer = sys.stdin.readline()
    finally:
        if not answer.endswith("\n"):
            say("")
    return answer.strip().casefold() in ("y", "yes")


def counted(count: int, thing: str) -> str:
    """`1 job`, `2 jobs`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def check_output(output: str) -> None:
    if output not in OUTPUTS:
        raise SpeccError(f"there is no output format `{output}`", help=f"formats: {', '.join(OUTPUTS)}")


def write_json(document: dict[str, object]) -> None:
    sys.stdout.write(json.dumps({"version": 1, **document}, ensure_ascii=False, indent=2) + "\n")


def write_row(cells: Iterable[str]) -> None:
    """One line of data, its cells apart by tabs; out at once, because it may be long until the next."""
    sys.stdout.write("\t".join(_one_line(cell) for cell in cells) + "\n")
    sys.stdout.flush()


def write_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on a terminal, else a line for each row without the head."""
    if sys.stdout.isatty():
        drawing().table(head, [[_one_line(cell) for cell in row] for row in rows])
        return
    for row in rows:
        write_row(row)


def drawing() -> Any:
    """The module that draws on terminals. It brings rich, which costs 50 ms, so it is imported when it is needed."""
    return import_module("specc.cli.drawing")


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
