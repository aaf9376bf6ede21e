"""The folder of jobs that are sent in one call, on the file system that the login node and the compute nodes share.

DIRECTORY/jobs/BATCH/ is made before anything is written to the ledger. `batch.json` has the requests of all its cells,
in the order of their tasks. `cells.0`, `cells.1` and so on are the same for the jobs, some hundred lines each, so that
a task reads little: one line has a cell's key, and as base64 its settings, its command and its request. `sent` says
which tasks the scheduler may have. A task makes the folder of its cell, BATCH/INDEX/, when it starts.
"""

import json
import os
import re
import tempfile
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from specc.fast_dataclass import dataclass
from specc.system import private
from specc.system.reader import Unreadable, read_file
from specc.targets.batch.folder import Folder

LINES = 200
"""The cells in one file of a batch."""

MOST_BYTES = 256 << 20
LIST, SENT = "batch.json", "sent"
GONE, CANCELLED = ".gone", ".cancelled"
"""What stands behind the number of a cell in the names of its notes. A task that sees one does not run the command."""

NOTE = re.compile(r"([+-])([\d,:-]+)\.")
"""A note of tasks that may be sent, or that were not sent. It begins on a line of its own, and ends with a full stop.
Without it the note is torn.
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """One job of a batch: its request as JSON, and what its task has to know, as text of bash and as base64."""

    key: str
    request: str
    settings: str
    coded: str

    def line(self) -> str:
        """Return what the task of this cell reads. A command that is a file has no text, which is a `-`."""
        command = "".join(self.coded.split()) or "-"
        return f"{self.key} {_coded(self.settings)} {command} {_coded(self.request)}\n"


@dataclass(frozen=True, slots=True)
class Batch:
    """The folder of a batch, which may not be there."""

    root: Path

    def write(self, cells: Sequence[Cell]) -> None:
        """Write the cells of a new batch. Raises OSError, and SpeccError where others could write there."""
        private.make_folder(self.root, own=2, checks_above=False)
        for start in range(0, len(cells), LINES):
            text = "".join(cell.line() for cell in cells[start : start + LINES])
            (self.root / f"cells.{start // LINES}").write_text(text, encoding="utf-8")
        number, name = tempfile.mkstemp(prefix="batch.", suffix=".part", dir=self.root)
        with open(number, "w", encoding="utf-8") as file:
            file.write(f"[{','.join(cell.request for cell in cells)}]")
        os.rename(name, self.root / LIST)

    def requests(self) -> list[dict[str, object]]:
        """Return the requests of the cells in the order of their tasks; an empty list if the batch does not exist."""
        return self.listed().requests

    def index_of(self, key: str) -> int | None:
        """Return the number of a cell's task; None for a key that is not in the batch."""
        return self.listed().indexes.get(key)

    def listed(self) -> "Cells":
        """Return the cells, as they are on the disk now."""
        path = self.root / LIST
        try:
            status = path.stat()
        except OSError:
            return Cells([], {})
        return _read(path, status.st_ino, status.st_mtime_ns)

    def note_sending(self, tasks: str) -> None:
        """Note that tasks may be sent from now on, as `0-9,12`. Raises OSError, because without the note they could be
        taken for jobs that were never sent.
        """
        self._note(f"+{tasks}")

    def note_not_sent(self, tasks: str) -> None:
        """Note that the tasks were surely not sent. Raises OSError."""
        self._note(f"-{tasks}")

    def sent(self) -> set[int]:
        """Return the tasks that the scheduler may have: all of them where the notes of that cannot be read."""
        notes = self.root / SENT
        if not notes.exists():
            return set()
        every = set(range(len(self.requests())))
        try:
            lines = read_file(notes, MOST_BYTES).decode("ascii", "replace").splitlines()
        except Unreadable:
            return every
        found: set[int] = set()
        for line in filter(None, lines):
            note = NOTE.fullmatch(line)
            if note is None:
                return every  # it is torn, as by a full disk
            tasks = set(numbers_in(note[2]))
            found = found | tasks if note[1] == "+" else found - tasks
        return found

    def remove_after_cells(self) -> str:
        """Remove the batch if the files of each cell that the scheduler may have are gone, or the cell was withdrawn;
        return why that cannot be done, or an empty text.
        """
        if not self.root.is_dir():
            return ""
        names = (path.name.removesuffix(GONE) for path in self.root.glob(f"*{GONE}"))
        gone = {int(name) for name in names if name.isdigit()}
        late = self.sent() - gone
        are_withdrawn = all(Folder(self.root / str(index)).is_withdrawn() for index in late)
        return private.remove_folder(self.root) if are_withdrawn else ""

    def _note(self, text: str) -> None:
        with open(self.root / SENT, "a", encoding="ascii") as file:
            file.write(f"\n{text}.\n")


def numbers_in(ranges: str) -> list[int]:
    """Return the numbers of a text such as `0,5-9,20-30:5`, as schedulers write the tasks of an array."""
    found: list[int] = []
    for part in ranges.split(","):
        span, _, step = part.partition(":")
        first, _, last = span.partition("-")
        found += range(int(first), int(last or first) + 1, int(step or 1))
    return found


def ranges_of(numbers: Sequence[int]) -> str:
    """Return numbers in the form of `0,5-9`, as schedulers read them."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in parts)


@dataclass(frozen=True, slots=True)
class Cells:
    """The requests of the cells of a batch in the order of their tasks, and the number of the task of each key."""

    requests: list[dict[str, object]]
    indexes: dict[str, int]


@lru_cache(maxsize=16)
def _read(path: Path, inode: int, changed: int) -> Cells:
    """Return what a list holds. A file is read once: it is never changed, and logs are asked for cell by cell."""
    try:
        found = json.loads(read_file(path, MOST_BYTES))
    except (Unreadable, ValueError, RecursionError):
        return Cells([], {})
    requests = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return Cells(requests, {str(request.get("key")): index for index, request in enumerate(requests)})


def _coded(text: str) -> str:
    return b64encode(text.encode()).decode()
