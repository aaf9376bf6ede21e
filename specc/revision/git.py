"""The `git` command, asked in a way that changes nothing and waits for nobody."""

import os
import select
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from specc.errors import SpeccError

TIMEOUT = 60.0
CHUNK = 1 << 16

MISLEADING = frozenset(
    {
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_IMPLICIT_WORK_TREE", "GIT_SHALLOW_FILE",
        "GIT_GRAFT_FILE", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
        "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS",
    }
)  # fmt: skip
"""What a hook, such as pre-commit's, sets for its own repository and its own index."""

NO_NETWORK = ("-c", "protocol.allow=never")
"""A partial clone would else ask its server for what is missing."""
NO_PROGRAMS = ("-c", "core.fsmonitor=false")


class GitFault(Exception):
    """Git refused. The text is its first line."""


class Repository:
    """The repository that `folder` belongs to. Names are relative to `folder`."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._environment = {name: value for name, value in environment.items() if name not in MISLEADING}
        self._environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}

    def ask(self, *arguments: str) -> bytes:
        """What git prints. Raises GitFault where it refuses, SpeccError where there is none or it does not end."""
        try:
            ended = subprocess.run(
                self._command(arguments),
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise SpeccError(f"`git {arguments[0]}` did not end within {TIMEOUT:.0f} seconds") from error
        except OSError as error:
            raise _not_started(error) from error
        if ended.returncode != 0:
            raise GitFault(_first_line(ended.stderr) or f"`git {arguments[0]}` ended with {ended.returncode}")
        return ended.stdout

    def line(self, *arguments: str) -> str | None:
        """The one line that git prints, or None where it refuses."""
        try:
            return os.fsdecode(self.ask(*arguments)).removesuffix("\n")
        except GitFault:
            return None

    def names(self, *arguments: str) -> list[str]:
        """A list that ends each name with a zero byte. Raises SpeccError where git refuses."""
        try:
            return [os.fsdecode(name) for name in self.ask(*arguments).split(b"\0") if name]
        except GitFault as fault:
            raise SpeccError(f"git refuses: {fault}") from fault

    def below(self, folder: str) -> "Repository":
        """The repository of a submodule."""
        return Repository(self.folder / folder, self._environment)

    def blobs(self) -> "Blobs":
        return Blobs(self._command(("cat-file", "--batch")), self.folder, self._environment)

    @staticmethod
    def _command(arguments: tuple[str, ...]) -> list[str]:
        return ["git", "--no-pager", *NO_NETWORK, *NO_PROGRAMS, *arguments]


class Blobs:
    """One process that gives the content of any number of objects."""

    def __init__(self, command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        try:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise _not_started(error) from error
        self._read = b""
        self._deadline = 0.0

    def __enter__(self) -> "Blobs":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def content(self, oid: str, most: int) -> bytes:
        """The first bytes of an object, `most` of them."""
        assert self._process.stdin is not None
        self._deadline = time.monotonic() + TIMEOUT
        try:
            self._process.stdin.write(f"{oid}\n".encode())
        except BrokenPipeError as error:
            raise self._ended() from error
        header = self._until_line_end().split()
        if len(header) != 3:
            raise SpeccError(f"git has not got the object {oid[:12]}", help="`git fsck` looks for what is missing")
        return self._counted(int(header[2]), most)

    def _until_line_end(self) -> bytes:
        while b"\n" not in self._read:
            self._read += self._chunk()
        line, _, self._read = self._read.partition(b"\n")
        return line

    def _counted(self, size: int, most: int) -> bytes:
        """Reads it all, and the line break behind it, and keeps no more than is wanted."""
        kept, left = b"", size + 1
        while left:
            chunk = self._read or self._chunk()
            taken, self._read = chunk[:left], chunk[left:]
            left -= len(taken)
            kept += taken[: max(0, min(size, most) - len(kept))]
        return kept

    def _chunk(self) -> bytes:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, self._deadline - time.monotonic()))
        if not ready:
            raise SpeccError(f"`git cat-file` did not answer within {TIMEOUT:.0f} seconds")
        data = os.read(self._process.stdout.fileno(), CHUNK)
        if not data:
            raise self._ended()
        return data

    def _ended(self) -> SpeccError:
        self._process.kill()
        _, errors = self._process.communicate()
        why = _first_line(errors) or "it gave no reason"
        if "not allowed" in why or "promisor" in why:
            message = "git has not got the files of the revision: this clone is partial"
            return SpeccError(message, help="`git fetch --refetch --no-filter origin` brings them")
        return SpeccError(f"git cannot give the content of a file of the revision: {why}")


def _not_started(error: OSError) -> SpeccError:
    if isinstance(error, FileNotFoundError):
        return SpeccError("there is no `git` on this machine", help="two specs can be compared without it")
    return SpeccError(f"cannot run `git`: {error.strerror or error}")


def _first_line(text: bytes) -> str:
    return text.decode("utf-8", "replace").strip().partition("\n")[0]
