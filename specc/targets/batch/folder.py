"""The folder of one submission, on a file system that the login node and the compute nodes share.

DIRECTORY/jobs/TAG/ is made before the scheduler is asked. In it, the first copy of the job that runs makes `claim`, and
no other can, because a folder can be made only once. `claim/exit` is how the command ended; it exists only once it is
whole. `claim/life` is when it ran, by the node's clocks.
"""

import contextlib
import json
import os
import re
import tempfile
from hashlib import sha256
from math import isfinite
from pathlib import Path

from specc.fast_dataclass import dataclass
from specc.system import private
from specc.system.reader import Unreadable, read_file, read_start
from specc.targets.lives import EndReason, Life, Usage, elapsed

TAG_DIGITS = 16
DIGITS = re.compile(r"[0-9]+(?:_[0-9]+)?")
"""The number of a job, and of the task of an array."""

LOG_BYTES = 4096
MOST_BYTES = 64 << 20
OWN_ERROR = re.compile(r"specc: (?!\*\*\*)(.+)")
HEX = frozenset("0123456789abcdef")
CPU_TIME = re.compile(r"([0-9]+)m([0-9]+)[.,]([0-9]+)s")
"""A time as the `times` of bash prints it, in any locale."""


def tag_of(key: str) -> str:
    """Return the name of a submission in paths and uuids: the beginning of its key, which is random."""
    return key[:TAG_DIGITS] if len(key) >= TAG_DIGITS and HEX.issuperset(key) else sha256(key.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Handle:
    """A job's uuid in parts: the scheduler's number, and the tag, because numbers are used again.

    `123-TAG` is a job that was sent alone. `123_7-TAG` is the task 7 of an array, and the tag that of its batch.
    """

    job_id: str
    tag: str

    def __str__(self) -> str:
        return f"{self.job_id}-{self.tag}"

    @property
    def place(self) -> str:
        """Return where the folder of the job is, below that of all jobs: `TAG`, or `TAG/7`."""
        _, is_task, task = self.job_id.partition("_")
        return f"{self.tag}/{task}" if is_task else self.tag

    @classmethod
    def parse(cls, uuid: str, ids: re.Pattern[str] = DIGITS) -> "Handle | None":
        """Return the handle of a uuid, or None where that is not one. `ids` is the form of the scheduler's numbers."""
        job_id, _, tag = uuid.rpartition("-")
        fits = ids.fullmatch(job_id) is not None and len(tag) == TAG_DIGITS and HEX.issuperset(tag)
        return cls(job_id, tag) if fits else None


@dataclass(frozen=True, slots=True)
class Exit:
    """How the command ended, by its own script. `code` is over 128 for a signal, as shells count."""

    job_id: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Folder:
    root: Path

    @property
    def request(self) -> Path:
        return self.root / "request.json"

    @property
    def claim(self) -> Path:
        return self.root / "claim"

    @property
    def log(self) -> Path:
        """What the scheduler itself says of the job, such as that it killed the job."""
        return self.root / "scheduler.log"

    @property
    def work(self) -> Path:
        """Where the job runs."""
        return self.root / "work"

    @property
    def cancelled(self) -> Path:
        """A file that exists when the scheduler has accepted a cancellation."""
        return self.root / "cancelled"

    @property
    def not_sent(self) -> Path:
        """A file that exists when the last submission surely did not reach the scheduler."""
        return self.root / "not-sent"

    def stream(self, name: str, asked: str | None, workdir: str | None) -> Path:
        """Return where an output goes: the path of the payload, else a file in this folder.

        A relative path begins in the folder that the job starts in: `workdir`, or `work` for None.
        """
        return Path(workdir or self.work, asked) if asked else self.root / name

    def prepare(self, request: dict[str, object]) -> dict[str, object] | None:
        """Make the folder for a request. Return the request that it was made for before, else None.

        Of many callers at once exactly one gets None. Raises OSError, and SpeccError where others could write there.
        """
        private.make_folder(self.root, own=2, checks_above=False)
        known = self.read_request()
        if known is not None:
            return known
        number, name = tempfile.mkstemp(prefix="request.", suffix=".part", dir=self.root)
        part = Path(name)
        try:
            with open(number, "w", encoding="utf-8") as file:
                json.dump(request, file, ensure_ascii=False)
            os.link(part, self.request)  # unlike a rename, it fails where another was first
        except FileExistsError:
            if (known := self.read_request()) is None:  # torn, as by a power cut
                os.replace(part, self.request)
            return known
        finally:
            part.unlink(missing_ok=True)
        return None

    def read_request(self) -> dict[str, object] | None:
        try:
            found = json.loads(read_file(self.request, MOST_BYTES))
        except (Unreadable, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def note_cancelled(self) -> None:
        """Note a cancellation, for when the scheduler has forgotten the job.

        Without the note less is known of the job.
        """
        with contextlib.suppress(OSError):  # a note, as the docstring says
            self.cancelled.touch()

    def note_not_sent(self) -> None:
        """Note that nothing was sent. Without the note the next try knows less."""
        with contextlib.suppress(OSError):  # a note, as the docstring says
            self.not_sent.touch()

    def note_sending(self) -> None:
        """Remove the note that nothing was sent. Raises OSError, because an old note would be wrong."""
        self.not_sent.unlink(missing_ok=True)

    def is_there(self) -> bool:
        """Return whether there are files of the job."""
        return self.root.is_dir()

    def remove(self) -> str:
        """Remove the files of the job; return why that cannot be done, or an empty text.

        Without its folder no copy of the job can make its claim, so it does not run the command.
        """
        return private.remove_folder(self.root)

    def has_been_gone(self, seconds: float, now: float) -> bool:
        """Note that the scheduler does not know the job, and return whether that is known since so many seconds.

        Where nothing can be written, it is taken for gone at once.
        """
        note = self.root / "gone"
        try:
            note.touch(exist_ok=False)
        except FileExistsError:
            return now - note.stat().st_mtime >= seconds
        except OSError:
            return True
        return False

    def owner(self) -> str | None:
        """Return the scheduler's job that runs or ran the command; empty where it died too early to say; None without
        a job.
        """
        try:
            return read_start(self.claim / "job", LOG_BYTES).decode("utf-8", "replace").strip()
        except Unreadable:
            return "" if self.claim.is_dir() else None

    def error_text(self) -> str:
        """Return the error that the job's script, or its scheduler, has reported; empty without an error."""
        return next((match[1] for line in self.log_lines() if (match := OWN_ERROR.match(line))), "")

    def ended_for(self) -> EndReason | None:
        """Return why the scheduler ended the job by what it wrote into the log; None where it wrote nothing of that."""
        return None

    def log_lines(self) -> list[str]:
        """Return the first lines of the log; none where it cannot be read."""
        try:
            return read_start(self.log, LOG_BYTES).decode(errors="replace").splitlines()
        except Unreadable:
            return []

    def life(self, job_id: str) -> Life:
        """Return when a job ran, and what it used where its script measures that; empty without a record of it."""
        try:
            own, *rest = read_start(self.claim / "life", LOG_BYTES).decode("utf-8", "replace").split("\n")
            start, end, up_before, up_after = (float(text) for text in rest[:4])
        except (Unreadable, ValueError):
            return Life()
        if own != job_id or not all(isfinite(number) for number in (start, end, up_before, up_after)):
            return Life()
        node, *used = [*rest[4:], ""][:4]
        return Life(None, start, end, elapsed(up_before, up_after), node, _usage(used))

    def exit(self) -> Exit | None:
        try:
            lines = read_start(self.claim / "exit", LOG_BYTES).decode("utf-8", "replace").split("\n", 2)
            return Exit(lines[0], int(lines[1]), lines[2].strip())
        except (Unreadable, ValueError, IndexError):
            return None


def _usage(texts: list[str]) -> Usage:
    """Return what a job used, by its script: times in user and system mode, as bash prints them, and a peak in KiB."""
    if len(texts) < 3:
        return Usage()
    times = [CPU_TIME.fullmatch(text) for text in texts[:2]]
    seconds = [int(match[1]) * 60 + float(f"{match[2]}.{match[3]}") for match in times if match is not None]
    peak = int(texts[2]) * 1024 if texts[2].isascii() and texts[2].isdigit() else 0
    return Usage(peak or None, sum(seconds) if len(seconds) == len(times) else None)
