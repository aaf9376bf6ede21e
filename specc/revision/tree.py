"""The files of a project in one commit."""

import os
import posixpath
import re
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha1, sha256
from pathlib import Path
from typing import NamedTuple

from specc.disk import file_name, read_bytes
from specc.errors import SpeccError
from specc.revision.git import Blobs, GitFault, Repository
from specc.source import MAX_BYTES

MODULE, LINK = "160000", "120000"
MOST_LINKS = 40
LONGEST_PATH = 4096
SHA1_DIGITS = 40
POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\n")


class Entry(NamedTuple):
    """One file. `module` is the folder of the submodule that holds it, or nothing."""

    mode: str
    oid: str
    module: str


class Lost(NamedTuple):
    """Why a name has no content, in words that go behind the name. `leads_out`: a symlink leaves the project."""

    why: str
    leads_out: bool = False


class Tree:
    """Reads from git alone. Names are relative to the project's root, which may lie below that of the repository."""

    def __init__(self, repository: Repository, commit: str) -> None:
        self.root = Path(os.path.realpath(repository.folder))
        self.commit = commit
        self.entries: dict[str, Entry] = {}
        self.absent_modules: list[str] = []
        self._repositories = {"": repository}
        self._commits = {"": commit}
        self._blobs: dict[str, Blobs] = {}
        self._open = ExitStack()
        self._list("", repository, commit)

    def __enter__(self) -> "Tree":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _list(self, module: str, repository: Repository, commit: str) -> None:
        inside = os.fsdecode(repository.ask("rev-parse", "--show-prefix")).removesuffix("\n")
        listed = repository.names("ls-tree", "-r", "-z", "--full-tree", "--", commit, *([inside] if inside else []))
        for line in listed:
            what, _, path = line.partition("\t")
            mode, _, oid = what.split(" ")
            name = module + path.removeprefix(inside)
            if mode == MODULE:
                self._list_module(f"{name}/", oid)
            else:
                self.entries[file_name(name)] = Entry(mode, oid, module)

    def _list_module(self, module: str, commit: str) -> None:
        """A submodule that is checked out is read like a folder."""
        repository = self._repositories[""].below(module)
        if not os.path.exists(repository.folder / ".git") or not _has_commit(repository, commit):
            self.absent_modules.append(module)
            return
        self._repositories[module], self._commits[module] = repository, commit
        self._list(module, repository, commit)

    def resolved(self, name: str) -> Entry | Lost:
        """The file of that name, behind symlinks to it and to its folders."""
        for _ in range(MOST_LINKS):
            name, link = self._to_first_link(name)
            if link is None:
                return self.entries.get(name) or Lost(self._why_not_there(name))
            target = self.target_of(link) or ""
            rest = name[len(link) :].lstrip("/")
            if target.startswith("/"):
                inside = os.path.relpath(target, self.root)
            else:
                inside = posixpath.join(posixpath.dirname(link), target)
            name = posixpath.normpath(posixpath.join(inside, rest))
            if name.startswith("../") or name in ("..", "."):
                return Lost("leads out of the project", leads_out=True)
        return Lost("is a symlink that leads nowhere")

    def target_of(self, name: str) -> str | None:
        """Where a symlink leads, as it is written; None for what is none."""
        entry = self.entries.get(name)
        if entry is None or entry.mode != LINK:
            return None
        return os.fsdecode(self._content(entry, LONGEST_PATH))

    def _to_first_link(self, name: str) -> tuple[str, str | None]:
        parts = name.split("/")
        heads = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        return name, next((head for head in heads if (e := self.entries.get(head)) and e.mode == LINK), None)

    def _why_not_there(self, name: str) -> str:
        module = next((module for module in self.absent_modules if f"{name}/".startswith(module)), None)
        if module is None:
            return "does not exist"
        return f"lies in the submodule `{module.rstrip('/')}`, whose commit is not here"

    def read(self, name: str, most: int = MAX_BYTES + 1) -> bytes | Lost:
        """The first bytes, by default one more than a spec may have.

        What is kept in Git LFS is taken from its store on this disk.
        """
        entry = self.resolved(name)
        if isinstance(entry, Lost):
            return entry
        data = self._content(entry, most)
        pointer = POINTER.match(data)
        return data if pointer is None else self._large(entry, pointer[1].decode())

    def _large(self, entry: Entry, digest: str) -> bytes | Lost:
        folder = self._repositories[entry.module].line("rev-parse", "--git-common-dir") or ".git"
        path = self._repositories[entry.module].folder / folder / "lfs" / "objects" / digest[:2] / digest[2:4] / digest
        data = read_bytes(path)
        if not isinstance(data, bytes):
            return Lost("is kept in Git LFS, and not on this disk: `git lfs fetch`")
        if len(data) <= MAX_BYTES and sha256(data).hexdigest() != digest:
            # The store could hold a link to some other file of the user.
            return Lost("is kept in Git LFS, whose store has other content under its name: `git lfs fsck`")
        return data

    def _content(self, entry: Entry, most: int) -> bytes:
        if entry.module not in self._blobs:
            blobs = self._repositories[entry.module].blobs()
            self._blobs[entry.module] = self._open.enter_context(blobs)
        return self._blobs[entry.module].content(entry.oid, most)

    def is_as_in(self, name: str, data: bytes) -> bool:
        """Is that the content of the file in the commit, byte for byte?"""
        entry = self.resolved(name)
        if isinstance(entry, Lost) or len(data) > MAX_BYTES:
            return False
        stored = b"blob %d\0" % len(data) + data
        return entry.oid == (sha1(stored) if len(entry.oid) == SHA1_DIGITS else sha256(stored)).hexdigest()

    def touched(self) -> Iterator[str]:
        """Files that may differ from the commit, by what git remembers of them, and those that it does not know.

        Ignored files are left out.
        """
        for module, repository in self._repositories.items():
            differing = ("diff-index", "-z", "--name-only", "--no-renames", "--ignore-submodules=all", "--relative")
            for command in (
                (*differing, self._commits[module], "--"),
                ("ls-files", "-z", "--others", "--exclude-standard"),
            ):
                yield from (file_name(module + name) for name in repository.names(*command))


def _has_commit(repository: Repository, commit: str) -> bool:
    try:
        repository.ask("cat-file", "-e", f"{commit}^{{commit}}")
    except (GitFault, SpeccError):
        return False
    return True
