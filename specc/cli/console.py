"""The one module that writes to standard output and standard error, and asks questions.

Text for people has every foreign character that could deceive them as an escape. Data keeps its bytes in a pipe or a
file; on a terminal it is shown like any other text.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain, islice
from typing import IO

from specc.errors import SpeccError
from specc.language import translated
from specc.source import MAX_BYTES
from specc.visible import uncommanded, visible, visible_json

MOST_DRAWN = 5000
"""Rows. The columns of a longer table are not lined up, because all of it would have to be read first."""


def say(line: str) -> None:
    """Write one line for people to standard error."""
    print(uncommanded(visible(translated(line))), file=sys.stderr, flush=True)


def say_error(error: SpeccError) -> None:
    """Write the message of an error to standard error, and its help on a line of its own."""
    say(f"error: {error.message}")
    if error.help:
        say(f"help: {error.help}")


def say_lines(text: str) -> None:
    """Write a text of several lines for people to standard error."""
    sys.stderr.write(uncommanded(visible(text, "\n")))


def write_text(text: str) -> None:
    """Write a text of several lines for people to standard output, where it is the result of a command."""
    sys.stdout.write(uncommanded(visible(text, "\n")))


def write_line(line: str) -> None:
    """Write one line for people to standard output; out at once, because it may be long until the next."""
    print(uncommanded(visible(line)), flush=True)


def write_painted(text: str, stream: IO[str]) -> None:
    """Write a report in specc's own colours, whose foreign parts are visible already."""
    stream.write(uncommanded(text))


def visible_text(text: str) -> str:
    """Return data of several lines as a terminal may show it."""
    return visible(text, "\n\t")


def write_data(text: str, shown: Callable[[str], str] = visible_text) -> None:
    """Write data to standard output: as it is for a program, through `shown` for a person at a terminal."""
    sys.stdout.write(shown(text) if sys.stdout.isatty() else text)


def write_lines(lines: Iterable[str]) -> None:
    """Write lines of data to standard output one by one, each with its end, as `write_data` does."""
    is_seen = sys.stdout.isatty()
    for line in lines:
        sys.stdout.write(visible_text(line.replace("\r\n", "\n")) if is_seen else line)


def write_spool(file: IO[str], shown: Callable[[str], str]) -> None:
    """Write data that may be larger than memory, as `write_data` does."""
    file.seek(0)
    if sys.stdout.isatty():
        sys.stdout.writelines(map(shown, file))
    else:
        shutil.copyfileobj(file, sys.stdout, 1 << 16)
    sys.stdout.flush()


def write_bytes(data: bytes) -> None:
    """Write the bytes of another program to standard output, as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def write_shown(text: str) -> None:
    """Write a text to standard output that is visible already; out at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def write_document(document: object) -> None:
    """Write a JSON document to standard output. What nobody sees in its strings is written with JSON's escapes."""
    sys.stdout.write(_json(document) + "\n")


def _json(data: object) -> str:
    from specc.wording import json_text  # deferred: help and errors are no JSON

    return visible_json(json_text(data, 2))


def write_json(document: dict[str, object]) -> None:
    """Write a JSON document, with the version of its form, to standard output."""
    write_document({"version": 1, **document})


def write_json_list(head: dict[str, object], name: str, items: Iterable[object]) -> None:
    """Write a JSON document whose last member is a list, item by item: it may be larger than memory."""
    begun = _json({"version": 1, **head})
    sys.stdout.write(begun.removesuffix("\n}") + f",\n  {json.dumps(name)}: [")
    is_first = True
    for item in items:
        text = _json(item)
        sys.stdout.write(
            ("" if is_first else ",") + "\n" + "".join(f"    {line}" for line in text.splitlines(keepends=True))
        )
        is_first = False
    sys.stdout.write("]\n}\n" if is_first else "\n  ]\n}\n")


def write_row(cells: Iterable[str]) -> None:
    """Write one line of data at once, because it may be long until the next. Tabs divide it, blanks on a terminal."""
    between = "  " if sys.stdout.isatty() else "\t"
    sys.stdout.write(uncommanded(between.join(map(visible, cells))) + "\n")
    sys.stdout.flush()


def write_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, foreign: Collection[int] = ()) -> None:
    """Write a table on a terminal, else, or when it is too long for one, a line for each row without the head.

    Columns without a name, and those named `why`, hold messages. Columns at `foreign` have the names of axes,
    parameters and results, which stay as they are.
    """
    left = iter(rows)
    if sys.stdout.isatty():
        first = [[uncommanded(visible(cell)) for cell in row] for row in islice(left, MOST_DRAWN)]
        if not first:
            return
        if len(first) < MOST_DRAWN:
            from specc.cli.drawing import table  # brings rich, which costs 50 ms

            said = {at for at, name in enumerate(head) if name in ("", "why") and at not in foreign}
            shown = [[translated(cell) if at in said else cell for at, cell in enumerate(row)] for row in first]
            table(head, shown, [name if at in foreign else translated(name) for at, name in enumerate(head)])
            return
        left = chain(first, left)
    for row in left:
        write_row(row)


def wants_color(stream: IO[str]) -> bool:
    """Return whether to print in colours: on a terminal, and where FORCE_COLOR is set; never where NO_COLOR is set.

    NO_COLOR is a convention of many programs (https://no-color.org).
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


def is_terminal() -> bool:
    """Return whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def is_watched() -> bool:
    """Return whether a person sees the output: then results are drawn, and not written line by line as they come."""
    return sys.stdout.isatty() or sys.stderr.isatty()


def confirm(question: str) -> bool:
    """Ask a person, and return whether they say yes. After ^C or ^D, what follows stands on a line of its own."""
    sys.stderr.write(f"{visible(translated(question))} [y/N] ")
    sys.stderr.flush()
    answer = ""
    try:
        answer = sys.stdin.readline()
    finally:
        if not answer.endswith("\n"):
            say("")
    return answer.strip().casefold() in ("y", "yes")


class Terminal:
    """The person at the command line (`specc.person`): told on standard error, asked where both ends are a terminal."""

    def tell(self, line: str) -> None:
        say(line)

    def can_answer(self) -> bool:
        return is_terminal()

    def confirm(self, question: str) -> bool:
        return confirm(question)


def agrees(question: str, otherwise: str = "nothing was sent") -> bool:
    """Ask a person. Without a yes, also at ^C, say what that came to."""
    is_agreed = False
    try:
        is_agreed = confirm(question)
    finally:
        if not is_agreed:
            say(otherwise)
    return is_agreed


def read_stdin() -> bytes:
    """Return what stands on standard input, and not much more of it than a file may have."""
    try:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    except (OSError, AttributeError) as error:
        # Python has no `sys.stdin` where the caller has closed it.
        raise SpeccError("cannot read standard input") from error
