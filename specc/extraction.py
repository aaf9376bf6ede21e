"""Values read from what a job wrote: from its output by pattern, or from files of JSON, YAML and CSV by key.

Files of jobs are not trusted. A name must lead to a regular file below the folder that the job started in, links
included, and nothing is read of git or of what keeps passwords. Nothing here waits, and nothing reads more than the
bounds below: of a log of many gigabytes the end is searched, or the beginning for the first match. No code of anybody
runs, and patterns are matched in linear time.

What cannot be read is `Missing`, with the reason in words. All kinds of files are read in this one module, because they
share these bounds.
"""

import contextlib
import csv
import json
import os
import re
import stat
from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import field
from math import isfinite
from pathlib import Path
from typing import Any

from specc.diagnostics import closest, codes
from specc.disk.secrets import kind_of_secret
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node, Scalar, Sequence, to_data
from specc.parser import UTF16_BOMS, decode, json_number, parse_tree
from specc.parser.scalars import to_number
from specc.patterns import line_pattern
from specc.resolver.results import STREAMS, Extraction, path_mistake
from specc.source import Source
from specc.system.reader import Unreadable, is_below, is_on_own_disk
from specc.wording import brief, counted

MIB = 1 << 20
MOST_SEARCHED = 64 * MIB
MOST_PARSED = 16 * MIB
BLOCK = 1 << 18
HEAD = 1 << 12
"""So much of a file is looked at to see whether it is UTF-16, in which each blank and line break has a zero byte."""

MOST_MATCHES = 1 << 18
"""So many matches in one block, and the pattern is wrong."""

MOST_VALUES = 10_000
"""So many values has a result that takes all of them."""

LONGEST = 10_000
"""Characters of a text."""

READING = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
CLOCKS = 5.0
"""Seconds by which the clocks of a node and of a file server may differ."""

KERNEL_TICK = 0.02
"""Seconds by which the times of files on a disk of this machine may lag behind its clock."""

BOM = b"\xef\xbb\xbf"
HOLE = bytes(64)
LOOSE_NUMBER = re.compile(r"[+-]?+(?:[0-9]++\.?+[0-9]*+|\.[0-9]++)(?:[eEdD][+-]?+[0-9]{1,4}+)?+")
FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

Value = str | int | float | bool | list["Value"]


@dataclass(frozen=True, slots=True)
class Missing:
    """Why there is no value."""

    why: str


class _Written(float):
    """A number of a file with its text: as a text, `1.10` is not `1.1`."""

    def __new__(cls, text: str, value: float | None = None) -> "_Written":
        self = super().__new__(cls, text if value is None else value)
        self.text = text
        return self

    text: str


class _Lacks(Exception):
    """There is no value. The message says why."""


@dataclass(frozen=True, slots=True)
class JobFiles:
    """What a job left behind, as far as it is visible from here.

    `folder` is where the job started; None where this machine does not see it, which `elsewhere` explains. `streams`
    are its outputs; in place of a path, a text says where it is. `since` is when the job started and `until` when it
    ended, in seconds since the epoch: what was not written in between is not its result. `is_over`: nothing more is
    written. `is_timed_here`: these times are exact, and of this machine's clock.
    """

    folder: Path | None
    elsewhere: str
    streams: Map[str, Path | str]
    since: float | None = None
    is_over: bool = True
    until: float | None = None
    is_timed_here: bool = False


def written_again(name: str) -> str:
    """Return what to say of a file that was written after its job had ended."""
    return (
        f"{name} was written again after the job had ended, perhaps by another job; put the axes or parameters by "
        "which the jobs differ into the file's name"
    )


def is_written_again(path: Path, status: os.stat_result, ended_at: float | None, *, is_timed_here: bool) -> bool:
    """Return whether a file was written after a job had ended, as far as that is known."""
    if ended_at is None or status.st_mtime <= ended_at:
        return False
    return status.st_mtime > ended_at + CLOCKS or (is_timed_here and is_on_own_disk(path))


def _is_older(path: Path, status: os.stat_result, started_at: float | None, *, is_timed_here: bool) -> bool:
    if started_at is None or status.st_ctime >= started_at - KERNEL_TICK:
        return False
    return status.st_ctime < started_at - CLOCKS or (is_timed_here and is_on_own_disk(path))


@dataclass(frozen=True, slots=True)
class Asked:
    """One result to read: `file` is the name of its file in this cell, `shown` the same name as reports may show it."""

    extraction: Extraction
    file: str
    shown: str


def extracted(asked: list[Asked], files: JobFiles) -> dict[str, Value | Missing]:
    """Return the value of each result, or why it is missing."""
    reading = _Reading(files)
    found: dict[str, Value | Missing] = {}
    for each in asked:
        try:
            found[each.extraction.name] = reading.value(each)
        except (_Lacks, Unreadable) as reason:
            found[each.extraction.name] = Missing(str(reason))
    return found


@dataclass(slots=True)
class _Reading:
    """The files of one job. What is parsed as a whole is parsed once."""

    files: JobFiles
    parsed: dict[tuple[str, str], object] = field(default_factory=dict)

    def value(self, asked: Asked) -> Value:
        extraction, name = asked.extraction, asked.shown
        if extraction.pattern is None and extraction.format in ("json", "yaml"):
            return _taken(extraction, [_at(self._whole(asked), extraction.key, name)], name)
        with self._opened(asked) as descriptor:
            head = os.pread(descriptor, HEAD, 0)
            if head[:2] in UTF16_BOMS and b"\0" in head:
                raise _Lacks(f"{_named(name)} is UTF-16, expected UTF-8")
            file = _File(descriptor, self.files.is_over)
            if extraction.pattern is not None:
                return _by_pattern(extraction, file, name)
            if extraction.format == "jsonl":
                return _by_line(extraction, file, name)
            return _by_column(extraction, descriptor, name, is_over=self.files.is_over)

    def _whole(self, asked: Asked) -> object:
        key = asked.file, asked.extraction.format
        if key not in self.parsed:
            with self._opened(asked) as descriptor:
                data = _read_all(descriptor, asked.shown)
            self.parsed[key] = (_json if key[1] == "json" else _yaml)(data, asked.shown)
        return self.parsed[key]

    @contextlib.contextmanager
    def _opened(self, asked: Asked) -> Iterator[int]:
        """Open a file of the job. Raises _Lacks where it cannot be read, or is older or newer than the job."""
        name, shown = asked.file, _named(asked.shown)
        descriptor = _open_stream(self.files.streams.get(name), name) if name in STREAMS else self._open(name, shown)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                is_folder = stat.S_ISDIR(status.st_mode)
                raise _Lacks(f"{shown} is a folder" if is_folder else f"{shown} is not a regular file")
            # Not the time of the content: what a job unpacks or copies keeps that of the original.
            path, since, is_timed_here = Path(f"/proc/self/fd/{descriptor}"), self.files.since, self.files.is_timed_here
            if _is_older(path, status, since, is_timed_here=is_timed_here):
                raise _Lacks(f"{shown} is older than the job, which has not written it")
            if is_written_again(path, status, self.files.until, is_timed_here=is_timed_here):
                raise _Lacks(written_again(shown))
            yield descriptor
        finally:
            os.close(descriptor)

    def _open(self, name: str, shown: str) -> int:
        mistake = path_mistake(name)
        if mistake is not None:
            raise _Lacks(f"the file name {shown} {mistake[0]}")
        folder = self.files.folder
        if folder is None:
            raise _Lacks(f"{shown} is not visible from here: {self.files.elsewhere}")
        root = os.path.realpath(folder)
        path = os.path.realpath(os.path.join(root, name))
        if not is_below(path, root):
            raise _Lacks(f"{shown} lies outside of the folder that the job started in")
        if not os.path.isdir(root):
            raise _Lacks("the folder that the job started in is not there any more")
        parts = Path(os.path.relpath(path, root)).parts
        kind = kind_of_secret("/".join(parts))
        if kind is not None:
            raise _Lacks(f"{shown} {kind}, and is not read")
        return _open_below(root, parts, shown)


def _open_stream(path: Path | str | None, name: str) -> int:
    if path is None:
        raise _Lacks(f"the target does not say where {name} is")
    if isinstance(path, str):
        raise _Lacks(f"{name} is not visible from here: {path}")
    try:
        return os.open(path, READING | os.O_NOFOLLOW)
    except OSError as error:
        raise _Lacks(f"cannot read {name}: {_reason(error)}") from error


def _open_below(root: str, parts: tuple[str, ...], shown: str) -> int:
    """Open a file whose way has no link. Where somebody has put one there meanwhile, it is not followed."""
    held: int | None = None
    try:
        held = os.open(root, FOLDER)
        for at, part in enumerate(parts):
            inner = os.open(part, (READING if at == len(parts) - 1 else FOLDER) | os.O_NOFOLLOW, dir_fd=held)
            os.close(held)
            held = inner
    except OSError as error:
        if held is not None:
            os.close(held)
        raise _Lacks(f"cannot read {shown}: {_reason(error)}") from error
    return held


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _named(name: str) -> str:
    return name if name in STREAMS else f"`{brief(name)}`"


class _File:
    """The text of a file in blocks of whole lines. The line that a running job is writing is left out.

    Of a line that is longer than all that is searched, as behind a hole in the file, the part that is searched is a
    line, without what stands next to the cut: half of a number is another number.
    """

    def __init__(self, descriptor: int, is_over: bool) -> None:
        self._descriptor = descriptor
        self.is_over = is_over
        self.size = os.fstat(descriptor).st_size
        self.is_cut = self.size > MOST_SEARCHED

    def forwards(self) -> Iterator[bytes]:
        """Yield the beginning of the file, at most MOST_SEARCHED bytes."""
        held, at, size, is_first = b"", 0, BLOCK, True
        while at < MOST_SEARCHED and (block := os.pread(self._descriptor, size, at)):
            at += len(block)
            lines, newline, rest = (held + block).rpartition(b"\n")
            held, size = (rest, BLOCK) if newline else (held + block, 2 * size)
            if newline:
                yield _clean(lines, is_first=is_first)
                is_first = False
        if self.is_cut:
            yield _clean(held[:-LONGEST], is_first=is_first)
        elif held and self.is_over:
            yield _clean(held, is_first=is_first)

    def backwards(self) -> Iterator[bytes]:
        """Yield the end of the file, at most MOST_SEARCHED bytes, the last lines first."""
        end, size, held = self.size, BLOCK, b""
        first = max(0, self.size - MOST_SEARCHED)
        is_last = True
        while end > first:
            start = max(first, end - size)
            block = os.pread(self._descriptor, end - start, start) + held
            end = start
            if start > 0:
                held, newline, block = block.partition(b"\n")
                if not newline:
                    size *= 2
                    continue
            size = BLOCK
            if is_last and not self.is_over:
                block = block.rpartition(b"\n")[0]
            is_last = False
            yield _clean(block, is_first=start == 0)
        if first > 0 and (self.is_over or not is_last):
            yield _clean(held[LONGEST:], is_first=False)


def _clean(block: bytes, *, is_first: bool) -> bytes:
    """Return lines with plain ends, in UTF-8: a pattern matches no byte that is not.

    A lone carriage return ends a line, too: progress is written over what was there before. So does a hole in the file,
    which reads as zeros.
    """
    if HOLE in block:
        block = re.sub(HOLE + b"\0*", b"\n", block)
    lines = (block.removeprefix(BOM) if is_first else block).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return lines if lines.isascii() else lines.decode(errors="replace").encode()


def _by_pattern(extraction: Extraction, file: _File, name: str) -> Value:
    pattern = line_pattern(extraction.pattern or "")
    if pattern.groups == 0:
        if any(pattern.search(block) for block in file.backwards()):
            return True
        if file.is_cut:
            raise _Lacks(_no_match(file, name, "last"))
        if not file.is_over:
            raise _Lacks("the pattern matches nothing yet, and the job has not ended")
        return False
    if extraction.take == "all":
        if file.is_cut:
            raise _Lacks(f"{_named(name)} is larger than {MOST_SEARCHED // MIB} MiB, so not all of it is searched")
        found = [text for block in file.forwards() for text in _matches(pattern, block)]
        if len(found) > MOST_VALUES:
            raise _Lacks(f"the pattern matches more than {MOST_VALUES:,} times in {_named(name)}")
    elif extraction.take == "first":
        found = next(([text] for block in file.forwards() for text in _matches(pattern, block)), [])
    else:
        blocks = (list(_matches(pattern, block)) for block in file.backwards())
        found = next((texts[-1:] for texts in blocks if texts), [])
    if not found:
        raise _Lacks(_no_match(file, name, extraction.take))
    return _taken(extraction, [text.decode(errors="replace") for text in found], name)


def _matches(pattern: Any, block: bytes) -> Iterator[bytes]:
    """Yield what the group of each match holds.

    A group that takes no part in its match has no value, and a match of nothing is none: `(.*)` has one at each end.
    """
    for count, match in enumerate(pattern.finditer(block)):
        if (text := match.group(1)) is not None and match.group():
            yield text
        if count > MOST_MATCHES:
            raise _Lacks("the pattern matches nearly every character")


def _no_match(file: _File, name: str, take: str) -> str:
    if not file.size:
        return f"{_named(name)} is empty"
    end = "first" if take == "first" else "last"
    where = f"the {end} {MOST_SEARCHED // MIB} MiB of {_named(name)}" if file.is_cut else _named(name)
    return f"the pattern matches nothing in {where}"


def _by_column(extraction: Extraction, descriptor: int, name: str, *, is_over: bool) -> Value:
    (column,) = extraction.key
    if os.fstat(descriptor).st_size > MOST_SEARCHED:
        raise _Lacks(f"{_named(name)} is larger than {MOST_SEARCHED // MIB} MiB")
    with open(descriptor, encoding="utf-8-sig", errors="replace", newline="", closefd=False) as file:
        lines = file if is_over else (line for line in file if line.endswith(("\n", "\r")))
        delimiter = "\t" if extraction.format == "tsv" else ","
        rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
        try:
            head = [each.strip() for each in next((row for row in rows if row), [])]
            if not head:
                raise _Lacks(f"{_named(name)} is empty")
            if head.count(column) != 1:
                raise _Lacks(_no_column(column, head, name))
            texts = _column(_numbered(rows, is_over=is_over), head.index(column), len(head), extraction, name)
        except csv.Error as error:
            raise _Lacks(f"line {rows.line_num:,} of {_named(name)} is not CSV: {error}") from error
    if not texts:
        raise _Lacks(f"{_named(name)} has a head, and no row")
    return _taken(extraction, texts, name)


def _numbered(rows: Any, *, is_over: bool) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with its line, but for one that ends within quotes, which a running job is writing."""
    try:
        for row in rows:
            yield rows.line_num, row
    except csv.Error as error:
        if is_over or str(error) != "unexpected end of data":
            raise


def _column(rows: Iterator[tuple[int, list[str]]], at: int, width: int, extraction: Extraction, name: str) -> list[str]:
    """Return the values of a column that are wanted, from the rows behind the head. Blank lines are no rows.

    A row with more values than the head has names has no value of which the name is known: `1,5` may be one number.
    """
    texts: list[str] = []
    for line, row in rows:
        if not row or (width > 1 and len(row) == 1 and not row[0].strip()):
            continue
        if at >= len(row):
            raise _Lacks(f"line {line:,} of {_named(name)} is too short for the column `{extraction.key[0]}`")
        if any(row[width:]):
            values, names = counted(len(row), "value"), counted(width, "name")
            raise _Lacks(f"line {line:,} of {_named(name)} has {values}, and the head {names}")
        if extraction.take == "last":
            texts.clear()
        texts.append(row[at])
        if extraction.take == "first":
            break
        if len(texts) > MOST_VALUES:
            raise _Lacks(f"{_named(name)} has more than {MOST_VALUES:,} rows")
    return texts


def _no_column(column: str, head: list[str], name: str) -> str:
    if column in head:
        return f"{_named(name)} has several columns `{brief(column)}`"
    near = closest(column, head)
    listed = ", ".join(f"`{brief(each, 40)}`" for each in head[:8]) + (", ..." if len(head) > 8 else "")
    instead = f": did you mean `{near}`?" if near else f", but {listed}"
    return f"{_named(name)} has no column `{brief(column)}`{instead}"


def _by_line(extraction: Extraction, file: _File, name: str) -> Value:
    """Return a value of a file with a JSON document on each line."""
    if extraction.take == "last":
        lines = (line for block in file.backwards() for line in reversed(block.split(b"\n")))
    elif extraction.take == "all" and file.is_cut:
        raise _Lacks(f"{_named(name)} is larger than {MOST_SEARCHED // MIB} MiB")
    else:
        lines = (line for block in file.forwards() for line in block.split(b"\n"))
    filled = (line for line in lines if line.strip())
    wanted = [line for _, line in zip(range(MOST_VALUES + 1 if extraction.take == "all" else 1), filled, strict=False)]
    if len(wanted) > MOST_VALUES:
        raise _Lacks(f"{_named(name)} has more than {MOST_VALUES:,} lines")
    if not wanted:
        raise _Lacks(f"{_named(name)} is empty")
    return _taken(extraction, [_at(_json(line, name), extraction.key, name) for line in wanted], name)


def _read_all(descriptor: int, name: str) -> bytes:
    data, at = [], 0
    while block := os.pread(descriptor, MIB, at):
        data.append(block)
        at += len(block)
        if at > MOST_PARSED:
            raise _Lacks(f"{_named(name)} is larger than {MOST_PARSED // MIB} MiB")
    return b"".join(data)


def _json(data: bytes, name: str) -> object:
    try:
        return json.loads(data.removeprefix(BOM), parse_float=_Written, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        said = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise _Lacks(f"{_named(name)} is not JSON: {brief(said, 120)}") from error


def _whole(text: str) -> int | _Written:
    """Return a whole number of JSON. One that no float can hold is not made an int, which takes long."""
    return int(text) if len(text) < 400 else _Written(text)


def _yaml(data: bytes, name: str) -> object:
    source = decode(data, name, name)
    if not isinstance(source, Source):
        raise _Lacks(f"{_named(name)} is not YAML: {source.message}")
    root, found = parse_tree(source)
    # A program writes numbers as keys, too. The tree has their texts.
    mistake = next((each for each in found if each.is_error and each.code is not codes.BAD_KEY), None)
    if mistake is not None:
        raise _Lacks(f"line {mistake.span.first.line} of {_named(name)} is not YAML: {mistake.message}")
    return None if root is None else _data(root)


def _data(node: Node) -> object:
    match node:
        case Mapping():
            return {key: _data(value) for key, value in node.entries.items()}
        case Sequence():
            return [_data(item) for item in node.items]
        case Scalar(value=float() as number):
            return _Written(node.raw, number)
    return to_data(node)


def _at(data: object, key: tuple[str, ...], name: str) -> object:
    """Return the value at a key. Numbers count the items of lists, from 0, or from the end where they are negative."""
    for at, part in enumerate(key):
        here = f"`{'.'.join(key[:at])}` in {_named(name)}" if at else _named(name)
        if isinstance(data, dict):
            if part not in data:
                near = closest(part, [str(each) for each in data])
                raise _Lacks(f"{here} has no `{brief(part)}`" + (f": did you mean `{near}`?" if near else ""))
            data = data[part]
        elif isinstance(data, list):
            if not re.fullmatch("-?[0-9]{1,9}", part) or not -len(data) <= int(part) < len(data):
                raise _Lacks(f"{here} is a list of {counted(len(data), 'item')}, without `{brief(part)}`")
            data = data[int(part)]
        else:
            raise _Lacks(f"{here} is a single value, without `{brief(part)}`")
    return data


def _taken(extraction: Extraction, values: list[Any], name: str) -> Value:
    """Return the values that are taken, as their type has them. A list in a file is several values."""
    several = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if not several:
        raise _Lacks(f"the list in {_named(name)} is empty")
    if len(several) > MOST_VALUES:
        raise _Lacks(f"there are more than {MOST_VALUES:,} values in {_named(name)}")
    if extraction.take == "all":
        return [_typed(each, extraction.type) for each in several]
    return _typed(several[0 if extraction.take == "first" else -1], extraction.type)


def _typed(value: object, type_name: str | None) -> Value:
    """Return a value as its type has it. Raises _Lacks for one that does not fit."""
    if value is None:
        raise _Lacks("the value is null")
    if isinstance(value, dict | list):
        raise _Lacks(f"the value is a {'mapping' if isinstance(value, dict) else 'list'}, and not a single value")
    if isinstance(value, str):
        return _typed_text(value, type_name)
    if type_name == "text":
        return value.text if isinstance(value, _Written) else json.dumps(value)
    if isinstance(value, bool):
        if type_name in ("number", "integer"):
            raise _Lacks(
                f"the value is {json.dumps(value)}, and not {'an integer' if type_name == 'integer' else 'a number'}"
            )
        return value
    assert isinstance(value, int | float)
    if type_name == "boolean":
        if value in (0, 1):
            return bool(value)
        raise _Lacks(f"the value is {value}, and neither true nor false")
    return _number(value, str(value), type_name)


def _typed_text(text: str, type_name: str | None) -> Value:
    if len(text) > LONGEST:
        raise _Lacks(f"the text is longer than {LONGEST:,} characters")
    plain = text.strip()
    if not plain and type_name != "text":
        raise _Lacks("the value is empty")
    match type_name:
        case "text":
            return text.encode(errors="replace").decode()  # JSON can write half of a surrogate pair
        case "boolean":
            if plain.lower() not in FLAGS:
                raise _Lacks(f"`{brief(plain)}` is neither true nor false")
            return FLAGS[plain.lower()]
        case "number" | "integer":
            if not LOOSE_NUMBER.fullmatch(plain):
                raise _Lacks(f"`{brief(plain)}` is not {'an integer' if type_name == 'integer' else 'a finite number'}")
            # Fortran writes 1.5D-03.
            return _number(to_number(re.sub("[dD]", "e", plain)), plain, type_name)
    number = json_number(plain)
    return _typed_text(text, "text") if number is None else number


def _number(value: int | float, written: str, type_name: str | None) -> Value:
    is_whole = isinstance(value, int) or value.is_integer()
    if isinstance(value, float) and not isfinite(value):
        raise _Lacks(f"`{brief(written)}` is not a finite number")
    if type_name == "integer":
        if not is_whole or abs(value) >= 1 << 63:
            raise _Lacks(f"`{brief(written)}` is not an integer" + (" of 64 bits" if is_whole else ""))
        return int(value)
    if isinstance(value, int) and type_name is None and abs(value) >= 1 << 63:
        return _typed_text(written, "text")  # as a number, it would lose digits
    if isinstance(value, int) and type_name == "number":
        try:
            return float(value)
        except OverflowError as error:
            raise _Lacks(f"`{brief(written)}` is too large for a number") from error
    return value if isinstance(value, int) else float(value)
