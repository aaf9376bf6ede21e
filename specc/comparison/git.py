"""What git says, asked without a network, hooks or filters; and where a project comes from, as git tells it."""

import os
import re
import select
import selectors
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from specc.errors import SpeccError
from specc.system.programs import find_program, safe_path

TIMEOUT = 60.0
CHUNK = 1 << 16
MOST_OUTPUT = 256 * 1024 * 1024
"""A tree can name itself again and again: a few hundred bytes can list billions of files."""

KEPT = frozenset({"GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH"})
KEPT_BEGINNING = "GIT_CONFIG_"
"""What is kept of git's variables: where it may look, and configuration, such as which folders are safe. Others can be
those of a hook, which are about its own repository and its own index."""

ADDED = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    # A folder can be called `:(glob)x`.
    "GIT_LITERAL_PATHSPECS": "1",
    # A partial clone would else ask its server for what is missing. The list of protocols wins over
    # `protocol.ext.allow` of the repository, and an older git knows only that list.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}
OPTIONS = (
    *("-c", "safe.bareRepository=explicit"),
    *("-c", "protocol.allow=never"),
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
)
FILTER = ("filter.", (".clean", ".smudge", ".process", ".required"))
FETCH_ALL = "`git fetch --refetch --no-filter origin`"
NOTHING = "SPECC_NOTHING"
BARE = ("objects", "refs")


class GitFault(Exception):
    """Git refused. The text is its first line."""


class Repository:
    """The repository that `folder` belongs to. Names are relative to `folder`."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        _refuse_bare(folder)
        self.folder = folder
        program = find_program("git", environment, outside=folder)
        if program is None:
            raise SpeccError("there is no `git` on this machine", help=_where_git_is_looked_for(environment, folder))
        self._program = program
        kept = {name: value for name, value in environment.items() if _is_kept(name)}
        path = os.pathsep.join(safe_path(environment, outside=folder))
        self._environment = {**kept, **ADDED, "PATH": path, NOTHING: ""}
        self._filters: list[str] | None = None

    def ask(self, *arguments: str) -> bytes:
        """What git prints. Raises GitFault where it refuses, SpeccError where there is none or it does not end."""
        return self._answer(self._command(arguments), arguments[0])

    def _answer(self, command: list[str], name: str) -> bytes:
        try:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise _not_started(error) from error
        with process:
            try:
                out, errors = _outputs(process, name)
            except BaseException:  # also ^C: no git is left behind
                process.kill()
                raise
        if process.returncode != 0:
            raise GitFault(_first_line(errors) or f"`git {name}` ended with {process.returncode}")
        return out

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

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        if self._filters is None:
            self._filters = [*self._without_filters()]
        return [self._program, "--no-pager", *OPTIONS, *self._filters, *arguments]

    def _without_filters(self) -> Iterator[str]:
        """Give options that leave every configured filter without a program.

        Git filters a file that may have changed in the second in which the index was written, to compare it.
        """
        beginning, ends = FILTER
        listing = [self._program, "--no-pager", *OPTIONS, "config", "--list", "--name-only", "-z"]
        for key in self._answer(listing, "config").split(b"\0"):
            name = os.fsdecode(key)
            if name.startswith(beginning) and name.endswith(ends):
                # Not `-c NAME=`, which takes a name to end at its first equals sign.
                yield from (f"--config-env={name}={NOTHING}",) if "=" in name else ("-c", f"{name}=")


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
            raise SpeccError(
                f"git does not have the object {oid[:12]}",
                help=f"`git fsck` looks for what is missing; in a partial clone, {FETCH_ALL} brings it",
            )
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
        if any(word in why for word in ("lazy fetching disabled", "not allowed", "promisor")):
            message = "git does not have the files of the revision, because this clone is partial"
            return SpeccError(message, help=f"{FETCH_ALL} brings them")
        return SpeccError(f"git cannot give the content of a file of the revision: {why}")


def _is_kept(name: str) -> bool:
    return not name.startswith("GIT_") or name in KEPT or name.startswith(KEPT_BEGINNING)


def _refuse_bare(folder: Path) -> None:
    """Raise SpeccError where git would take a folder between this one and its `.git` for a bare repository.

    From 2.38 on, git can be told to leave one alone. An older one cannot.
    """
    real = Path(os.path.realpath(folder))
    for place in (real, *real.parents):
        has = {name for name in (".git", "HEAD", "commondir", *BARE) if os.path.lexists(place / name)}
        if ".git" in has:
            return
        if "HEAD" in has and ("commondir" in has or has.issuperset(BARE)):
            message = f"{place} looks like a bare git repository, whose configuration could name programs to run"
            raise SpeccError(
                message, help="specc diff needs the work tree of a repository; rename the file `HEAD` in it"
            )


def _outputs(process: subprocess.Popen[bytes], name: str) -> tuple[bytes, bytes]:
    """Return what a process writes to its two outputs until both end. Raises SpeccError where that is too much."""
    assert process.stdout is not None
    assert process.stderr is not None
    deadline = time.monotonic() + TIMEOUT
    outputs: dict[int, list[bytes]] = {process.stdout.fileno(): [], process.stderr.fileno(): []}
    left = MOST_OUTPUT
    with selectors.DefaultSelector() as selector:
        for output in outputs:
            selector.register(output, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                raise SpeccError(f"`git {name}` did not end within {TIMEOUT:.0f} seconds")
            for key, _ in ready:
                data = os.read(key.fd, CHUNK)
                outputs[key.fd].append(data)
                left -= len(data)
                if not data:
                    selector.unregister(key.fd)
            if left < 0:
                raise SpeccError(f"`git {name}` prints more than {MOST_OUTPUT >> 20} MiB")
    out, errors = (b"".join(chunks) for chunks in outputs.values())
    return out, errors


def _where_git_is_looked_for(environment: Mapping[str, str], folder: Path) -> str:
    if find_program("git", environment) is None:
        return "put it on the PATH; two specs can be compared without it"
    return f"the one in {folder} is not run, because the repository could have brought it"


def _not_started(error: OSError) -> SpeccError:
    return SpeccError(f"cannot run `git`: {error.strerror or error}")


def _first_line(text: bytes) -> str:
    return text.decode("utf-8", "replace").strip().partition("\n")[0]


SHORT = re.compile(r"(?:[^@/:]+@)?([^/:]+):(?!//)(.+)")
"""`git@host:owner/name`, an address without a scheme."""


class GitOrigin:
    """The origin of the project in a folder. Without git, or where it refuses, it is known by its folder alone."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = Path(os.path.realpath(folder))
        self._repository = _repository(self.folder, environment)
        self._first: tuple[str, ...] | None = None
        place = self._line("rev-parse", "--show-prefix")
        self.place = None if place is None else place.rstrip("/")
        self.remote = "" if place is None else address_of(self._line("config", "--get", "remote.origin.url") or "")

    def first_commits(self) -> tuple[str, ...]:
        """Return the commits without a parent that the current one comes from; none where the clone is shallow."""
        if self._first is None:
            is_shallow = self._line("rev-parse", "--is-shallow-repository") != "false"
            found = None if is_shallow else self._line("rev-list", "--max-parents=0", "HEAD", "--")
            self._first = tuple(sorted((found or "").split()))
        return self._first

    def revision(self) -> tuple[str, bool] | None:
        """Return the current commit, and whether files that git knows differ from it; None where there is no commit."""
        commit = self._line("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if commit is None:
            return None
        return commit, bool(self._line("diff-index", "--name-only", "HEAD", "--", "."))

    def holds(self, commits: Collection[str]) -> frozenset[str]:
        """Return those of the commits that the repository has."""
        # One by one: a partial clone would ask its server for one that it has not got, may not, and says no more.
        return frozenset(
            one for one in commits if self._line("rev-parse", "--verify", "--quiet", f"{one}^{{commit}}") == one
        )

    def _line(self, *arguments: str) -> str | None:
        """Return what git prints; None where it refuses, is not there, or does not end."""
        try:
            return self._repository.line(*arguments) if self._repository is not None else None
        except SpeccError:
            return None


def _repository(folder: Path, environment: Mapping[str, str]) -> Repository | None:
    """Return the repository that the folder lies in. Git is not started to say that there is none."""
    if not any(os.path.lexists(above / ".git") for above in (folder, *folder.parents)):
        return None
    try:
        return Repository(folder, environment)
    except SpeccError:  # there is no git, or the folder looks like a repository that git must not use
        return None


def address_of(url: str) -> str:
    """Return the host and path of an address, the same however it is reached; empty for a path of this disk.

    User names, tokens and ports are left out.
    """
    short = SHORT.fullmatch(url)
    if short is not None:
        host, path = short[1], short[2]
    else:
        try:
            parts = urlsplit(url)
            host, path = parts.hostname or "", parts.path
        except ValueError:
            return ""
    path = path.strip("/").removesuffix(".git")
    return f"{host.lower()}/{path}" if host and path else ""
