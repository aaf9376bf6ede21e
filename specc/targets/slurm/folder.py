"""The folder of one submission, on a file system that the login node and the compute nodes share.

DIRECTORY/jobs/TAG/ is made before sbatch is called. In it, the first copy of the job that runs makes `claim`, and no
other can, because a folder can be made only once. `claim/exit` is how the command ended; it exists only once it is
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
from specc.targets.lives import EndReason, Life, elapsed

TAG_DIGITS = 16
LOG_BYTES = 4096
MOST_BYTES = 64 << 20
ERROR_LINE = re.compile(r"(?:slurmstepd[^:]*: error|specc): (?!\*\*\*)(.+)")
ENDS_IN_LOG = (
    (EndReason.MEMORY, re.compile(r"oom[-_]kill|Exceeded (?:job|step) memory limit|exceeded memory limit")),
    (EndReason.TIME, re.compile(r"\*\*\* .* DUE TO TIME LIMIT")),
    (EndReason.NODE, re.compile(r"\*\*\* .* DUE TO NODE FAILURE")),
    (EndReason.PREEMPTED, re.compile(r"\*\*\* .* DUE TO PREEMPTION")),
)
"""What slurmstepd writes of a job that Slurm ends. Only its own lines count, which begin with its name."""

OWN_LINE = re.compile(r"slurmstepd[^:]*: error: (.+)")
HEX = frozenset("0123456789abcdef")


def tag_of(key: str) -> str:
    """Return the name of a submission in paths and uuids: the beginning of its key, which is random."""
    return key[:TAG_DIGITS] if len(key) >= TAG_DIGITS and HEX.issuperset(key) else sha256(key.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Handle:
    """A job's uuid in parts: Slurm's number, and the tag, because numbers are used again."""

    job_id: str
    tag: str

    def __str__(self) -> str:
        return f"{self.job_id}-{self.tag}"

    @classmethod
    def parse(cls, uuid: str) -> "Handle | None":
        job_id, _, tag = uuid.partition("-")
        fits = job_id.isascii() and job_id.isdigit() and len(tag) == TAG_DIGITS and HEX.issuperset(tag)
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
        """What Slurm itself says of the job, such as that Slurm killed it."""
        return self.root / "slurm.log"

    @property
    def work(self) -> Path:
        """Where the job runs."""
        return self.root / "work"

    @property
    def cancelled(self) -> Path:
        """A file that exists when Slurm has accepted a cancellation."""
        return self.root / "cancelled"

    @property
    def not_sent(self) -> Path:
        """A file that exists when the last sbatch surely did not reach the controller."""
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
        """Note a cancellation, for when the controller has forgotten the job.

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

    def owner(self) -> str | None:
        """Return the Slurm job that runs or ran the command; empty where it died too early to say; None without a
        job.
        """
        try:
            return read_start(self.claim / "job", LOG_BYTES).decode("utf-8", "replace").strip()
        except Unreadable:
            return "" if self.claim.is_dir() else None

    def error_text(self) -> str:
        """Return the error that Slurm or the job's script reported; empty without an error."""
        try:
            lines = read_start(self.log, LOG_BYTES).decode(errors="replace").splitlines()
        except Unreadable:
            return ""
        said = (match[1] for line in lines if (match := ERROR_LINE.match(line)))
        return next(said, "")

    def ended_for(self) -> EndReason | None:
        """Return why Slurm ended the job by what it wrote into the log; None where it wrote nothing of an end."""
        try:
            lines = read_start(self.log, LOG_BYTES).decode(errors="replace").splitlines()
        except Unreadable:
            return None
        said = [match[1] for line in lines if (match := OWN_LINE.match(line))]
        return next((why for why, text in ENDS_IN_LOG if any(text.search(line) for line in said)), None)

    def life(self, job_id: str) -> Life:
        """Return when a job ran by its own record; empty without a record of this job."""
        try:
            own, *rest = read_start(self.claim / "life", LOG_BYTES).decode("utf-8", "replace").split("\n")
            start, end, up_before, up_after = (float(text) for text in rest[:4])
        except (Unreadable, ValueError):
            return Life()
        if own != job_id or not all(isfinite(number) for number in (start, end, up_before, up_after)):
            return Life()
        node = rest[4] if len(rest) > 4 else ""
        return Life(started_at=start, ended_at=end, seconds=elapsed(up_before, up_after), node=node)

    def exit(self) -> Exit | None:
        try:
            lines = read_start(self.claim / "exit", LOG_BYTES).decode("utf-8", "replace").split("\n", 2)
            return Exit(lines[0], int(lines[1]), lines[2].strip())
        except (Unreadable, ValueError, IndexError):
            return None
