"""A project as it was in one commit: its files, its settings, its specs, read from git alone."""

import os
import posixpath
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from hashlib import sha1, sha256
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from specc.comparison.git import Blobs, GitFault, Repository
from specc.config import (
    MAX_BYTES,
    OWN,
    PERSONAL,
    SHARED,
    SHARED_TABLE,
    Configuration,
    is_there,
    read_configuration,
    read_settings,
)
from specc.diagnostics import Code, Diagnostic, Missing, codes
from specc.disk import SHIPPED, SKIPPED, Contents, Site, file_name, read_bytes
from specc.disk.files import Patterns
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.project import Project
from specc.source import MAX_BYTES as MAX_SPEC_BYTES
from specc.source import Span

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

    def read(self, name: str, most: int = MAX_SPEC_BYTES + 1) -> bytes | Lost:
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
        if len(data) <= MAX_SPEC_BYTES and sha256(data).hexdigest() != digest:
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
        if isinstance(entry, Lost) or len(data) > MAX_SPEC_BYTES:
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


class TreeContents(Contents):
    """Reads from git. Shipped bases are those of this specc.

    A path that messages print has the commit before it, as `git show` takes it.
    """

    def __init__(self, root: Path, tree: Tree, label: str) -> None:
        super().__init__(root, lambda path: f"{label}:{Path(path).relative_to(root).as_posix()}")
        self._tree = tree

    def read(self, name: str, code: Code) -> bytes | Missing:
        if name.startswith(SHIPPED):
            return super().read(name, code)
        data = self._tree.read(name)
        if isinstance(data, Lost):
            return Missing(codes.OUTSIDE_PROJECT if data.leads_out else code, f"{self.path_of(name)} {data.why}")
        return data


def spec_names(tree: Tree, include: tuple[str, ...], exclude: tuple[str, ...]) -> frozenset[str]:
    """As the search for specs in the work tree finds them. Those of a project further down are not this project's."""
    nested = _nested(tree)
    wanted, unwanted = Patterns(include), Patterns(exclude)
    known = {"": True}

    def is_open(folder: str) -> bool:
        """Are specs looked for in it? Not in a folder that is closed, and in none below."""
        above: list[str] = []
        while folder not in known:
            above.append(folder)
            folder = posixpath.dirname(folder)
        for below in reversed(above):
            path = PurePosixPath(below)
            is_closed = below in nested or path.name in SKIPPED
            known[below] = known[folder] and not (is_closed or unwanted.fit(path.parts[:-1], path.name))
            folder = below
        return known[folder]

    def is_spec(name: str) -> bool:
        *inside, base = name.split("/")
        return wanted.fit(tuple(inside), base) and not unwanted.fit(tuple(inside), base)

    return frozenset(name for name in tree.entries if is_open(posixpath.dirname(name)) and is_spec(name))


def _nested(tree: Tree) -> frozenset[str]:
    """Folders below the root that configure specc themselves."""
    return frozenset(
        folder
        for name in tree.entries
        if (folder := posixpath.dirname(name))
        and (posixpath.basename(name) == OWN or (posixpath.basename(name) == SHARED and _configures(tree, name)))
    )


def _configures(tree: Tree, name: str) -> bool:
    data = tree.read(name, MAX_BYTES)
    return isinstance(data, bytes) and SHARED_TABLE.search(data.decode("utf-8", "replace")) is not None


NOT_OF_PAYLOADS = ("rules", "ledger", "include", "exclude")
"""Settings that change no payload, and those that are asked of each side anyway."""


@dataclass(frozen=True, eq=False)
class Past:
    """`settings_differ`: in a way that can change payloads. `places` says where each setting stands."""

    project: Project
    diagnostics: tuple[Diagnostic, ...]
    settings_differ: bool
    places: Mapping[str, Span]
    places_now: Mapping[str, Span]


def past_of(project: Project, tree: Tree, label: str, show: Callable[[Path], str]) -> Past:
    """The project in the commit. `label` is what messages put before its paths.

    The personal settings are those of now: they are about a person, not about a commit.
    """
    environment = project.environment
    with tempfile.TemporaryDirectory() as temporary:
        # The folder's name is the project's, where no setting names it.
        folder = Path(temporary) / (project.root.name or "project")
        _copy_settings(project, tree, folder, show)

        def show_past(path: Path) -> str:
            return show(project.root / PERSONAL) if path.name == PERSONAL else f"{label}:{path.name}"

        then = read_configuration(folder, show_past, environment, project=project.root)
    now = read_configuration(project.root, show, environment)
    site = Site(project.root, then.settings, TreeContents(project.root, tree, label), environment, hidden=then.hidden)
    past = Project.open(site, project.apis)
    return Past(past, then.diagnostics, _said(then) != _said(now), _places(then), _places(now))


def _copy_settings(project: Project, tree: Tree, folder: Path, show: Callable[[Path], str]) -> None:
    try:
        folder.mkdir()
        for name in (OWN, SHARED):
            data = tree.read(name, MAX_BYTES + 1)
            if isinstance(data, bytes):
                (folder / name).write_bytes(data)
        if is_there(project.root / PERSONAL):
            own = read_settings(project.root / PERSONAL, show(project.root / PERSONAL))
            (folder / PERSONAL).write_bytes(own)
    except OSError as error:
        raise SpeccError(f"cannot write into the folder for temporary files: {error.strerror or error}") from error


def _said(configuration: Configuration) -> list[tuple[str, str]]:
    entries = [(entry.key, repr(entry.value)) for entry in configuration.entries if not entry.is_overridden]
    return sorted(entry for entry in entries if entry[0].partition(".")[0] not in NOT_OF_PAYLOADS)


def _places(configuration: Configuration) -> dict[str, Span]:
    return {
        entry.key: entry.span for entry in configuration.entries if entry.span is not None and not entry.is_overridden
    }
