"""The bytes of one project's files by name, each read once; and a site, the project before its specs are read."""

import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from specc import assets
from specc.diagnostics import Code, Missing, closest, codes
from specc.disk.files import entries_of, read_bytes, specs_below
from specc.disk.secrets import BELONGS_TO_GIT, is_git_folder, kind_of_secret
from specc.fast_dataclass import dataclass
from specc.settings import Settings
from specc.system.reader import is_below

SHIPPED = "specc:"
SHIPPED_NAME = re.compile(r"[a-z0-9-]+")
SUFFIX = ".job.yaml"
DIGITS = 32


def file_name(name: str) -> str:
    """Return the name of a file, which is never that of a shipped base."""
    return f"./{name}" if name.startswith(SHIPPED) else name


class Contents:
    """The bytes of the files below `root`. `show` gives the path that messages print."""

    def __init__(self, root: Path, show: Callable[[str], str]) -> None:
        self.root = root
        self._place = str(root)  # a text, because each file of the project is looked for in it
        self._resolved_root = os.path.realpath(root)
        self._folders: dict[str, str] = {}
        self._git_folders: dict[str, bool] = {}
        self._show = show
        self._contents: dict[str, bytes] = {}
        self._digests: dict[str, str | None] = {}
        self._digested: tuple[list[str], str] | None = None
        self._given: dict[str, str] = {}

    def again(self) -> "Contents":
        """Return the same files, to be read anew."""
        return Contents(self.root, self._show)

    def entries_of(self, folder: str) -> list[os.DirEntry[str]]:
        """Return the entries of a folder, as `files.entries_of` does."""
        return entries_of(folder)

    def add(self, name: str, path: str, data: bytes) -> None:
        """Add a text that is not in a file, such as standard input, under the path that messages print."""
        self._contents[name], self._given[name], self._digests[name] = data, path, None

    def forget(self, names: Iterable[str]) -> None:
        """Forget the bytes of files, or the texts that were added in their place, so that the files are read anew."""
        for name in names:
            self._contents.pop(name, None)
            self._digests.pop(name, None)
            self._given.pop(name, None)
        self._digested = None
        self._folders.clear()
        self._git_folders.clear()

    def names_read(self) -> list[str]:
        """Return the names of the files whose bytes are known, without texts that are not in a file."""
        return [name for name in self._contents if name not in self._given]

    def data(self, name: str, code: Code) -> bytes | Missing:
        """Return the bytes of a file, which is read once. `code` is the diagnostic of a file that does not exist."""
        if name not in self._contents:
            data = self.read(name, code)
            if isinstance(data, Missing):
                return data
            self._contents[name] = data
        return self._contents[name]

    def digest(self, name: str) -> str | None:
        """Return the digest of a file's bytes; None for a text that is not in a file."""
        if name not in self._digests:
            data = self.data(name, codes.FILE_NOT_FOUND)
            self._digests[name] = None if isinstance(data, Missing) else sha256(data).hexdigest()[:DIGITS]
        return self._digests[name]

    def digest_of_all(self, names: Iterable[str]) -> str | None:
        """Return one digest of files, by name and bytes; None where a text is not in a file."""
        if self._given:
            return None
        listed = sorted(names)
        if self._digested is not None and self._digested[0] == listed:
            return self._digested[1]
        whole = sha256()
        for name in listed:
            data = self.data(name, codes.UNREADABLE)
            length = "none" if isinstance(data, Missing) else len(data)
            whole.update(f"{name}\0{length}\0".encode("utf-8", "surrogateescape"))
            if isinstance(data, bytes):
                whole.update(data)
        self._digested = listed, whole.hexdigest()
        return self._digested[1]

    def digests(self) -> dict[str, str]:
        """Return the digest of every file that was read so far, by name."""
        return {name: digest for name in self._contents if (digest := self.digest(name)) is not None}

    def name_of(self, path: Path) -> str:
        """Return the name of a file below the root, else its absolute path.

        A file behind a symlinked folder has the name that it has without the link, so that one file is not two specs. A
        symlinked file keeps the name by which it is called.
        """
        folder, base = os.path.split(os.path.abspath(path))
        return self.names_of(folder, [base])[0]

    def names_of(self, folder: str, files: Iterable[str]) -> list[str]:
        """Return the names of files of one folder, as `name_of` does."""
        absolute = os.path.abspath(folder)
        real = self._real(absolute)
        if is_below(real, self._resolved_root):
            inside = f"{real.rstrip('/')}/"[len(self._resolved_root.rstrip("/")) + 1 :]
            return [file_name(inside + file) for file in files]
        if is_below(absolute, str(self.root)):
            inside = Path(absolute).relative_to(self.root).as_posix()
            return [file if inside == "." else f"{inside}/{file}" for file in files]
        return [os.path.join(absolute, file) for file in files]

    def path_of(self, name: str) -> str:
        """Return the path that messages print for a name."""
        given = self._given.get(name)
        return given or (name if name.startswith(SHIPPED) else self._show(os.path.join(self._place, name)))

    def _real(self, folder: str) -> str:
        """Return the real path of a folder, looked up once, because a folder can have thousands of specs."""
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return self._folders[folder]

    def read(self, name: str, code: Code) -> bytes | Missing:
        """Return the bytes of a file, read anew: hardly more than a spec may have."""
        path = self._path(name, code)
        return path if isinstance(path, Missing) else read_bytes(path)

    def _path(self, name: str, code: Code) -> Path | str | Missing:
        """Return the file of a name. The file must lie in the project, also behind symlinks."""
        if name.startswith(SHIPPED):
            return _shipped(name.removeprefix(SHIPPED))
        path = os.path.join(self._place, name)
        try:
            is_file = stat.S_ISREG(os.lstat(path).st_mode)
        except (OSError, ValueError):
            is_file = False
        if not is_file and not os.path.isfile(path):
            return self._absent(name, Path(path), code)
        folder, _, base = path.rpartition("/")
        real = f"{self._real(folder or '/')}/{base}" if is_file else os.path.realpath(path)
        if not is_below(real, self._resolved_root):
            help = "copy the file into the project"
            return Missing(codes.OUTSIDE_PROJECT, f"{name} leads out of the project", help)
        return self._secret(name, real) or path

    def _secret(self, name: str, real: str) -> Missing | None:
        """Return why a file of the project must not be included, by the name in use and by its real name."""
        inside = real[len(self._resolved_root.rstrip("/")) + 1 :]
        kind = kind_of_secret(name) or (None if inside == name else kind_of_secret(inside))
        is_gits = kind == BELONGS_TO_GIT or self._lies_in_git(os.path.dirname(real))
        if not is_gits and kind is None:
            return None
        if is_gits:
            help = "copy what the job needs into a file of the project"
            return Missing(codes.PRIVATE_FILE, f"{name} {BELONGS_TO_GIT}, and is never read", help)
        help = "if the file holds no secret, rename it; else let the job read it where the job runs"
        return Missing(codes.PRIVATE_FILE, f"{name} {kind}, and is not read", help)

    def _lies_in_git(self, folder: str) -> bool:
        """Return whether a folder of the project is git's own, or lies in one; each is looked at once."""
        passed: list[str] = []
        found = False
        while folder not in self._git_folders:
            if folder == self._resolved_root or not is_below(folder, self._resolved_root):
                break
            passed.append(folder)
            if is_git_folder(folder):
                found = True
                break
            folder = os.path.dirname(folder)
        found = found or self._git_folders.get(folder, False)
        self._git_folders.update(dict.fromkeys(passed, found))
        return found

    def _absent(self, name: str, path: Path, code: Code) -> Missing:
        """Return why there is no file of a name. Messages print the name, which is the same in every current folder."""
        there = os.path.lexists(path)
        is_inside = is_below(os.path.realpath(path.parent), self._resolved_root)
        message = f"{name} {_what_is(path) if there else 'does not exist'}"
        if there or not is_inside:
            return Missing(code, message)
        meant = _meant(path)
        help = f"did you mean `{meant}`?" if meant else self._submodule(path.parent) or _meant_folder(path.parent)
        return Missing(code, message, help, meant)

    def _submodule(self, folder: Path) -> str | None:
        """Return help for a file in a folder that git has made for another repository and not filled."""
        if not (self.root / ".gitmodules").is_file():
            return None
        for above in (folder, *folder.parents):
            if is_below(str(self.root), str(above)):
                return None
            if os.path.isdir(above) and not _names_in(above):
                name = above.relative_to(self.root).as_posix()
                return f"`{name}` is empty; if it is a submodule of git, `git submodule update --init {name}` fills it"
        return None


def _shipped(name: str) -> Path | Missing:
    path = assets.folder("templates") / f"{name}{SUFFIX}"
    if SHIPPED_NAME.fullmatch(name) and os.path.isfile(path):
        return path
    known = shipped_names()
    near = closest(name, known)
    help = f"did you mean `specc:{near}`?" if near else "specc ships " + ", ".join(f"`specc:{n}`" for n in known)
    return Missing(codes.PARENT_NOT_FOUND, f"specc ships no base `{name}`", help)


def _what_is(path: Path) -> str:
    return "is not a regular file" if os.path.exists(path) else "is a symlink that leads nowhere"


def _meant(path: Path) -> str | None:
    """Return the name that was probably meant: often the suffix is missing, or `specc:`."""
    if os.path.isfile(path.with_name(path.name + SUFFIX)):
        return f"{path.name}{SUFFIX}"
    if not os.path.isdir(path.parent):
        return None
    near = closest(path.name, _names_in(path.parent))
    base = path.name.removesuffix(SUFFIX)
    return near or (f"{SHIPPED}{base}" if base in shipped_names() else None)


def _meant_folder(folder: Path) -> str | None:
    """Return help for a file in a folder that does not exist, where another folder has nearly its name."""
    near = None if os.path.isdir(folder) else closest(folder.name, _names_in(folder.parent))
    return None if near is None else f"there is no folder `{folder.name}`; did you mean `{near}`?"


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def shipped_names() -> list[str]:
    """Return the names of the bases that ship with specc, without `specc:`."""
    return sorted(file.name.removesuffix(SUFFIX) for file in assets.folder("templates").glob(f"*{SUFFIX}"))


@dataclass(frozen=True, eq=False)
class Site:
    """A project and its settings. `digest` covers the files of the settings; it is empty where nothing is cached.

    `hidden` are the variables of the environment whose values no report shows.
    """

    root: Path
    settings: Settings
    contents: Contents
    environment: Mapping[str, str]
    digest: str = ""
    hidden: frozenset[str] = frozenset()

    @cached_property
    def folders(self) -> list[tuple[str, list[str]]]:
        """The folders of the project, with the names of the specs in each, as `specs_below` lists them, once."""
        root = str(self.root)
        return list(specs_below(root, root, self.settings.include, self.settings.exclude, self.contents.entries_of))

    @cached_property
    def spec_names(self) -> list[str]:
        """The names of all specs of the project."""
        return [name for folder, files in self.folders for name in self.contents.names_of(folder, files)]
