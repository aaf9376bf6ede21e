"""The folder of one submission, on a file system that the login node and the compute nodes share.

DIRECTORY/jobs/TAG/ is made before the scheduler is asked, with its journal `job`. The first copy of the job that runs
makes the link `claim` to it, and no other can, because a name can be given only once. What the script notes, such as
how the command ended, is in the journal (`specc.targets.batch.journal`).

A file system of a cluster has room for so many files. So the folder of a job that has ended has the journal, `stdout`
and `stderr`, and whatever is to be remembered with it is another name of the journal, which is not a file more. Where
no job is to run the command any more, specc makes the claim itself, as a file that says so.
"""

import contextlib
import json
import os
import re
import shutil
import tempfile
from hashlib import sha256
from pathlib import Path

from specc.fast_dataclass import dataclass
from specc.system import private
from specc.system.reader import Unreadable, read_end, read_file, read_start
from specc.targets.batch.journal import NOTES_BYTES, Exit, Journal, journal_of, request_of
from specc.targets.lives import EndReason, Life

TAG_DIGITS = 16
DIGITS = re.compile(r"[0-9]+(?:_[0-9]+)?")
"""The number of a job, and of the task of an array."""

LOG_BYTES = 4096
MOST_BYTES = 64 << 20
OWN_ERROR = re.compile(r"specc: (?!\*\*\*)(.+)")
HEX = frozenset("0123456789abcdef")
SCRIPT, RUNNING = "job.sh", ".running."
"""The script, where a scheduler takes it as a file, and the beginning of the folder of what it needs while it runs."""

WITHDRAWAL = b"withdrawn\n"
"""What the claim holds where specc has made it. The claim of a job is a link to the journal."""

GONE = re.compile(r"gone\.([0-9]+)")
"""The name of a note of when the scheduler did not know the job any more."""


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
class Folder:
    root: Path

    @property
    def shared(self) -> Path:
        """The folder of all jobs, which the nodes have to share."""
        return self.root.parent

    @property
    def journal(self) -> Path:
        return self.root / "job"

    @property
    def claim(self) -> Path:
        """A link that the first copy of the job makes, which may run the command; or specc, so that none does."""
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
        """A link that exists when the scheduler has accepted a cancellation."""
        return self.root / "cancelled"

    @property
    def not_sent(self) -> Path:
        """A link that exists when the last submission surely did not reach the scheduler."""
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
        number, name = tempfile.mkstemp(prefix="job.", suffix=".part", dir=self.root)
        part = Path(name)
        try:
            with open(number, "w", encoding="utf-8") as file:
                file.write(f"{json.dumps(request, ensure_ascii=False)}\n")
            os.link(part, self.journal)  # unlike a rename, it fails where another was first
        except FileExistsError:
            if (known := self.read_request()) is None:  # torn, as by a power cut
                self._replace(part)
            return known
        finally:
            part.unlink(missing_ok=True)
        return None

    def _replace(self, part: Path) -> None:
        """Put a new journal in the place of a torn one, with what the script has noted in that."""
        with open(part, "ab") as file, contextlib.suppress(Unreadable):  # then there is nothing to keep
            file.write(b"\n" + read_end(self.journal, NOTES_BYTES))
        os.replace(part, self.journal)

    def read_request(self) -> dict[str, object] | None:
        """Return the request that the folder was made for; None where there is not a whole one."""
        try:
            return request_of(read_file(self.journal, MOST_BYTES))
        except Unreadable:
            return None

    def is_half_made(self) -> bool:
        """Return whether a client ended while it made the folder, before it could send the job."""
        return self.root.is_dir() and not self.journal.exists() and not self.is_claimed()

    def withdraw(self) -> bool:
        """Make the claim for no job, so that no copy of the job runs the command, and return whether that is so.

        It is not where a job was first. Raises OSError, and SpeccError where the folder cannot be made.
        """
        if not self.root.is_dir():
            private.make_folder(self.root, own=2, checks_above=False)
        number, name = tempfile.mkstemp(prefix="withdrawn.", suffix=".part", dir=self.root)
        try:
            with open(number, "wb") as file:
                file.write(WITHDRAWAL)
            with contextlib.suppress(FileExistsError):  # a job was first, or an earlier call
                os.link(name, self.claim)
        finally:
            os.unlink(name)
        return self.is_withdrawn()

    def is_withdrawn(self) -> bool:
        """Return whether specc has made the claim, so that no job runs the command."""
        try:
            return read_start(self.claim, len(WITHDRAWAL)) == WITHDRAWAL
        except Unreadable:
            return False

    def note_cancelled(self) -> None:
        """Note a cancellation, for when the scheduler has forgotten the job.

        Without the note less is known of the job.
        """
        with contextlib.suppress(OSError):  # a note, as the docstring says
            self._note(self.cancelled)

    def was_cancelled(self) -> bool:
        """Return whether a cancellation is known, of a job that the scheduler has forgotten."""
        return self.cancelled.exists()

    def note_not_sent(self) -> None:
        """Note that nothing was sent. Without the note the next try knows less."""
        with contextlib.suppress(OSError):  # a note, as the docstring says
            self._note(self.not_sent)

    def note_sending(self) -> None:
        """Remove the note that nothing was sent. Raises OSError, because an old note would be wrong."""
        self.not_sent.unlink(missing_ok=True)

    def sent_at(self) -> float | None:
        """Return when the job was sent, in seconds since the epoch, if it has not begun since; None if nobody knows."""
        try:
            return self.journal.stat().st_mtime
        except OSError:
            return None

    def is_there(self) -> bool:
        """Return whether there are files of the job."""
        return self.root.is_dir()

    def remove(self) -> str:
        """Remove the files of the job; return why that cannot be done, or an empty text.

        Without its folder no copy of the job can make its claim, so it does not run the command.
        """
        return private.remove_folder(self.root)

    def remove_rest(self) -> str:
        """Finish a `remove` that was killed; return why that cannot be done, or an empty text."""
        return ""

    def has_been_gone(self, seconds: float, now: float) -> bool:
        """Note that the scheduler does not know the job, and return whether that is known since so many seconds.

        Where nothing can be written, it is taken for gone at once.
        """
        try:
            noted = [int(match[1]) for name in os.listdir(self.root) if (match := GONE.fullmatch(name))]
            if not noted:
                self._note(self.root / f"gone.{int(now)}")
        except OSError:
            return True
        return bool(noted) and now - min(noted) >= seconds

    def _note(self, note: Path) -> None:
        """Make a note, if it is not there: a link to the journal. Raises OSError."""
        try:
            os.link(self.journal, note)
        except FileExistsError:
            pass
        except OSError:  # no journal, as before a task has begun; or a file system that links in one folder alone
            note.touch()

    def owner(self) -> str | None:
        """Return the scheduler's job that runs or ran the command; empty where it died too early to say, or was
        withdrawn; None without a job.
        """
        owner = self.noted().owner
        return "" if owner is None and self.is_claimed() else owner

    def is_claimed(self) -> bool:
        """Return whether a job has claimed the folder, so that no other job runs the command, or specc has."""
        return self.claim.exists()

    def has_nothing(self) -> bool:
        """Return whether no job has ever reached this place: neither its script, nor its scheduler with a log."""
        return self.log.parent.is_dir() and not self.log.exists() and self.owner() is None

    def tidy(self) -> None:
        """Remove the rest of a job that has surely ended: an empty log, and what its script left when it was killed."""
        with contextlib.suppress(OSError):  # then it stays until the folder is removed
            if self.log.stat().st_size == 0:
                self.log.unlink()
        with contextlib.suppress(OSError):  # as above
            for name in os.listdir(self.root):
                if name.startswith(RUNNING):
                    shutil.rmtree(self.root / name, ignore_errors=True)
            (self.root / SCRIPT).unlink(missing_ok=True)

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
        noted = self.noted()
        return noted.life if noted.owner == job_id else Life()

    def exit(self) -> Exit | None:
        """Return how the command ended; None where it has not ended, or left no record."""
        return self.noted().exit

    def noted(self) -> Journal:
        """Return what the job's script has noted, with one look at the journal; nothing where there is none."""
        try:
            return journal_of(read_end(self.journal, NOTES_BYTES))
        except Unreadable:
            return Journal()
