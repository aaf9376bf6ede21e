"""`specc logs`: what jobs wrote."""

import os
import stat
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import cell_len

from specc.app.attempts import Words
from specc.app.failures import words_for
from specc.app.following import Group, chosen_now, is_over, look_at, reach
from specc.cli import exits
from specc.cli.console import say, write_bytes, write_json, write_shown
from specc.cli.options import AtTarget, Cells, Chosen, Only, Output, States, WithParams
from specc.cli.records import choose
from specc.errors import SpeccError
from specc.extraction import is_written_again, written_again
from specc.fast_dataclass import dataclass
from specc.person import Person
from specc.reporters import TextOrJson, format_named
from specc.submission import Ledger, OutputReader, Record, life_of
from specc.targets import LogFile
from specc.targets.kinds import KINDS
from specc.visible import VisibleStream, visible
from specc.wording import counted

LOOK_SECONDS = 2.0
READ_SECONDS = 0.2
LONGEST_LINE = 1 << 16
JSON_BYTES = 1 << 20
"""Of each file, so much of its end is in a document of JSON, which has to be made as a whole."""

STREAMS = ("stdout", "stderr", "both", *(name for kind in KINDS.values() for name in kind.own_streams))
"""`both` is all that there is; the last ones are there on targets of some kinds alone."""

Follow = Annotated[bool, typer.Option("--follow", "-f", help="Keep printing until the jobs have ended.")]
Stream = Annotated[
    str, typer.Option("--stream", metavar="NAME", help="stdout, stderr, both or slurm: what Slurm says of the job.")
]
Raw = Annotated[
    bool,
    typer.Option(
        "--raw", help="Print what jobs wrote byte for byte, even on a terminal, which obeys control characters."
    ),
]
Tail = Annotated[int | None, typer.Option("--tail", metavar="N", min=0, help="Only the last N lines of each file.")]


@dataclass(frozen=True, eq=False)
class Log:
    """One output of one job. `reading` is None where the file is not visible from here."""

    uuid: str
    name: str
    file: LogFile
    reading: OutputReader | None

    @property
    def label(self) -> str:
        """Return what stands before a line of this output: the job's name, and another stream than stdout."""
        return visible(self.name if self.file.stream == "stdout" else f"{self.name} {self.file.stream}")


def logs(
    chosen: Chosen = None,
    follow: Follow = False,
    stream: Stream = "stdout",
    tail: Tail = None,
    raw: Raw = False,
    output: Output = "text",
    state: States = None,
    only: Only = None,
    cell: Cells = None,
    param: WithParams = None,
    target: AtTarget = None,
) -> int:
    """Print what jobs wrote. Where this machine cannot see it, say where it is and how to get it.

    On a terminal, what would control the terminal or cannot be seen is written as an escape, such as `\\x1b`. In a pipe
    or a file the bytes are those that the jobs wrote. Exits with 2 where a target cannot be asked for them, or a file
    cannot be read.

    Example: specc logs jobs/hello.job.yaml --only who=world -f
    """
    format_named(output, TextOrJson)
    if stream not in STREAMS:
        raise SpeccError(f"there is no stream `{stream}`", help=f"streams: {', '.join(STREAMS)}")
    for option in [name for name, is_given in (("--follow", follow), ("--raw", raw)) if is_given and output == "json"]:
        raise SpeccError(f"`{option}` prints text only", help="leave out `--output json`")
    words = Words.of(chosen, only, cell, state, target, param)
    choice = choose(words)
    with choice.workplace.ledger_if_any() as ledger:
        records = chosen_now(choice, ledger)
        why_none = "no jobs" if records else choice.why_none(ledger)
        found, lost = reach(choice.workplace, ledger, records)
        listed = [log for group in found for log in _logs(group, stream, tail)]
        shown = {log.uuid for log in listed}
        cleaned = [one for one in records if one.cleaned_at is not None and one.uuid not in shown]
        if output == "json":
            data = [_data(log) for log in listed]
            write_json({"logs": data})
            _say_cleaned(cleaned)
            return exits.BROKEN if lost or any(one["error"] for one in data) else exits.OK
        is_shown = sys.stdout.isatty() and not raw
        printer = _Printer(len(listed) > 1, is_filtered=is_shown, is_mixed=is_shown and follow and len(listed) > 1)
        while True:
            # Asked before reading: what a job wrote before it ended is then surely read.
            has_ended = not follow or _have_ended(found, ledger, choice.workplace.person)
            printer.print(listed)
            if has_ended:
                break
            _read_on(printer, listed)
        printer.finish()
        _say_foreign_and_gone(found, listed, ledger, choice.workplace.person)
        if stream == "stdout":
            _say_other_stream(found, listed)
    for log in listed:
        if log.reading is None:
            say(f"{log.name} {log.file.stream}: not visible from here: {log.file.where}")
    _say_cleaned(cleaned)
    if not listed and not lost and not cleaned:
        sent = any(record.uuid is not None for group in found for record in group.records)
        say(f"no job here has a stream `{stream}`" if sent else why_none)
    return exits.BROKEN if lost or printer.unread else exits.OK


def _files(group: Group, record: Record) -> tuple[LogFile, ...]:
    """Return the output files of a job; of one whose files were removed, those that the spec has sent elsewhere."""
    if record.uuid is None or record.cleaned_at is None:
        return group.opened.target.logs(str(record.uuid)).files
    try:
        files = group.opened.target.logs(record.uuid).files
    except SpeccError:  # the target knew where they were from the job's folder
        return ()
    return tuple(file for file in files if file.path is not None and os.path.exists(file.path))


def _say_cleaned(records: Sequence[Record]) -> None:
    """Say of which jobs there is no output any more, because its files were removed."""
    for record in records:
        say(f"{record.shown_name} {record.uuid}: {record.cleaned_on}, so there is no output here")


def _logs(group: Group, stream: str, tail: int | None) -> list[Log]:
    found = []
    for record in group.records:
        if record.uuid is None:
            continue
        asked = [file for file in _files(group, record) if stream in (file.stream, "both")]
        for at, file in enumerate(asked):
            if not any(_is_same(file, other) for other in asked[:at]):
                reading = None if file.path is None else OutputReader(file.path, tail)
                found.append(Log(record.uuid, record.shown_name, file, reading))
    return found


def _say_foreign_and_gone(groups: Sequence[Group], listed: Sequence[Log], ledger: Ledger, person: Person) -> None:
    """Say which files were written after their jobs had ended, and which are not there.

    Targets are asked for the ends that are not known.
    """
    shown = {log.uuid for log in listed if log.reading is not None}
    running = [
        Group(group.opened, tuple(one for one in group.records if one.uuid in shown and not is_over(one)))
        for group in groups
    ]
    reports = look_at([group for group in running if group.records], ledger, person)
    ends = {
        record.uuid: life_of(record, reports).ended_at
        for group in groups
        for record in group.records
        if is_over(record) or (record.uuid in reports and reports[record.uuid].state.is_final)
    }
    again: dict[Path, None] = {}
    gone: dict[Path, None] = {}
    for log in listed:
        path, is_timed_here, ended_at = log.file.path, log.file.is_timed_here, ends.get(log.uuid)
        status = None if path is None else _status(path)
        if path is None or status is None:
            if path is not None and ended_at is not None and not os.path.lexists(path):
                gone[path] = None
        elif is_written_again(path, status, ended_at, is_timed_here=is_timed_here):
            again[path] = None
    if gone:
        say(f"warning: {next(iter(gone))} is not there")
        if len(gone) > 1:
            say(f"the same is true of {counted(len(gone) - 1, 'other file')}")
    if again:
        say(f"warning: {written_again(os.path.relpath(next(iter(again))))}")
        if len(again) > 1:
            say(f"the same is true of {counted(len(again) - 1, 'other file')}")


def _status(path: Path) -> os.stat_result | None:
    """Return what is known of a regular file; None where there is none, or nobody may see it."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _size(path: Path) -> int:
    status = _status(path)
    return 0 if status is None else status.st_size


def _say_other_stream(groups: Sequence[Group], listed: Sequence[Log]) -> None:
    """Say where to look for what jobs wrote, where that is not their standard output, which is empty."""
    silent = {log.uuid for log in listed if log.file.path is not None and not _size(log.file.path)}
    found: dict[str, tuple[str, Path]] = {}
    for group in groups:
        for record in group.records:
            for file in _files(group, record) if record.uuid in silent else ():
                if file.stream == "stderr" and file.path is not None and record.uuid and _size(file.path):
                    found[record.uuid] = record.key.spec, file.path
    if len(found) == 1:
        ((uuid, (_, path)),) = found.items()
        say(f"stdout is empty; stderr has {_lines_of(path)}: specc logs {uuid} --stream stderr")
    elif found:
        words = words_for({spec for spec, _ in found.values()}, found)
        say(f"stdout of {len(found):,} jobs is empty, and stderr is not: specc logs{words} --stream stderr")


def _lines_of(path: Path) -> str:
    """Return how many lines a file has, as far as that is quickly told."""
    try:
        data, is_cut = OutputReader(path).last(JSON_BYTES)
    except SpeccError:  # nobody asked for this file, and reading it will say why it cannot be read
        return "something"
    lines = counted(len(data.splitlines()), "line")
    return f"more than {lines}" if is_cut else lines


def _is_same(file: LogFile, other: LogFile) -> bool:
    """Whether both streams go to one file, which is then printed once."""
    if file.path is None or other.path is None:
        return False
    try:
        return file.path.samefile(other.path)
    except OSError:
        return os.path.normpath(file.path) == os.path.normpath(other.path)


def _have_ended(groups: Sequence[Group], ledger: Ledger, person: Person) -> bool:
    reports = look_at(groups, ledger, person)
    return all(uuid in reports and reports[uuid].state.is_final for group in groups for uuid in group.uuids)


def _read_on(printer: "_Printer", listed: Sequence[Log]) -> None:
    """Until it is time to ask again how the jobs are."""
    until = time.monotonic() + LOOK_SECONDS
    while time.monotonic() < until:
        time.sleep(READ_SECONDS)
        printer.print(listed)


class _Printer:
    """Writes bytes as they are, or filtered, with a head where it goes over to another file, as `tail` does.

    With `is_mixed`, lines of several jobs come as they are written, each with the job's name before it. `unread` are
    those that could not be read, which was said once.
    """

    def __init__(self, has_heads: bool, *, is_filtered: bool, is_mixed: bool = False) -> None:
        self.unread: list[Log] = []
        self._streams: dict[Log, VisibleStream] | None = {} if is_filtered else None
        self._has_heads = has_heads
        self._is_mixed = is_mixed
        self._begun: dict[Log, str] = {}
        self._width = 0
        self._last: Log | None = None

    def print(self, listed: Sequence[Log]) -> None:
        self._width = max((cell_len(log.label) for log in listed), default=0) if self._is_mixed else 0
        for log in listed:
            if log.reading is not None and log not in self.unread:
                try:
                    self._copy(log, log.reading)
                except SpeccError as error:
                    self.unread.append(log)
                    say(error.message)

    def finish(self) -> None:
        """Write what was held back of characters that are not whole."""
        for log, stream in (self._streams or {}).items():
            left = stream.more(b"", is_last=True)
            if self._is_mixed:
                self._mix(log, left, is_last=True)
            else:
                write_shown(left)

    def _copy(self, log: Log, reading: OutputReader) -> None:
        for block in reading.more():
            if self._is_mixed and self._streams is not None:
                self._mix(log, self._streams.setdefault(log, VisibleStream()).more(block))
                continue
            if self._has_heads and log is not self._last:
                head = visible(f"==> {log.name} {log.file.stream} <==")
                write_shown(f"{'' if self._last is None else chr(10)}{head}\n")
            self._last = log
            if self._streams is None:
                write_bytes(block)
            else:
                write_shown(self._streams.setdefault(log, VisibleStream()).more(block))

    def _mix(self, log: Log, text: str, *, is_last: bool = False) -> None:
        """Write whole lines with the job's name. The begun line waits for its end, or until it is very long."""
        *whole, begun = (self._begun.pop(log, "") + text).split("\n")
        if begun and (is_last or len(begun) > LONGEST_LINE):
            whole.append(begun)
            begun = ""
        self._begun[log] = begun
        blanks = " " * (self._width - cell_len(log.label))
        write_shown("".join(f"{log.label}{blanks} | {line}\n" for line in whole))


def _data(log: Log) -> dict[str, object]:
    data, is_cut, fault = None, False, None
    try:
        if log.reading is not None:
            data, is_cut = log.reading.last(JSON_BYTES)
    except SpeccError as error:
        fault = error.message
    path = None if log.file.path is None else str(log.file.path)
    return {
        "uuid": log.uuid,
        "name": log.name,
        "stream": log.file.stream,
        "path": path,
        "where": log.file.where,
        "text": None if data is None else data.decode(errors="replace"),
        "truncated": is_cut,
        "error": fault,
    }
