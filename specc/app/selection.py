"""From paths to projects and the names of their specs, none of which is read."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from functools import lru_cache
from pathlib import Path

from specc.cache import world_of
from specc.config import NO_TEXTS, OWN, Configuration, find_root, read_configuration
from specc.diagnostics import Diagnostic, closest
from specc.disk import Contents, Site, look_alikes, specs_below
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.source import file_path

STDIN = "-"
STDIN_NAME = "<stdin>"


def show(path: str | Path) -> str:
    """The path that messages print: relative to the current folder where it lies below it."""
    try:
        absolute, cwd = os.path.abspath(path), os.getcwd()
    except FileNotFoundError:  # the current folder was removed, and paths are relative to nothing
        return file_path(str(path))
    return shown_in(cwd, absolute)


def shown_in(folder: str, absolute: str) -> str:
    """Return a path relative to a folder where it lies in it. Both are texts: this is done for each of many files."""
    if absolute == folder:
        return "."
    return file_path(absolute.removeprefix(folder.rstrip("/") + "/"))


@lru_cache(maxsize=16)
def world(site: Site, target: str | None) -> str:
    """Return a digest of what a check of the project for a target, its own by default, depends on beside its files."""
    settings, environment = site.settings, site.environment
    readable = {name: environment[name] for name in settings.env if name in environment}
    # A target that was chosen is held to more than one that is only the default.
    return world_of(site.digest, target or f"default {settings.target}", readable)


def viewpoint(site: Site) -> str:
    """Return a text that differs where messages print other paths for the files of the project."""
    # Below the root, messages print some paths from there, and the root itself as from anywhere else.
    below = os.path.relpath(os.getcwd(), site.root)
    return f"{show(site.root)}:{'' if below.startswith(os.pardir) else below}"


def site_at(
    root: Path, texts: Mapping[str, bytes] = NO_TEXTS, shown: Callable[[str | Path], str] = show
) -> tuple[Site, Configuration]:
    """Return the project whose root is this folder, and its settings as they were read.

    `texts` are read in place of files of settings. `shown` gives the path that messages print.
    Raises SpeccError for a file that cannot be read.
    """
    read = read_configuration(root, shown, os.environ, texts=texts)
    site = Site(root, read.settings, Contents(root, shown), os.environ, read.digest, read.hidden)
    return site, read


@dataclass
class Chosen:
    """A project and the names of the specs that a command is about. `explicit` were given as files, by name."""

    site: Site
    names: dict[str, None] = field(default_factory=dict)
    explicit: set[str] = field(default_factory=set)


@dataclass
class Sites:
    """The projects that one run touches, each found once.

    `standard_input` reads what the path `-` stands for; `stdin_name` is the file that this is the text of.
    """

    stdin_name: str = STDIN_NAME
    standard_input: Callable[[], bytes] | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    _sites: dict[Path, Site] = field(default_factory=dict)
    _roots: dict[Path, Path] = field(default_factory=dict)

    def of(self, start: Path) -> Site:
        """The project that a path belongs to. Its configuration's diagnostics are noted."""
        root = self._root(Path(os.path.abspath(start)))
        if root not in self._sites:
            self._sites[root], read = site_at(root)
            self.diagnostics.extend(read.diagnostics)
        return self._sites[root]

    def _root(self, start: Path) -> Path:
        """Looked up once for each folder: a folder can have thousands of specs."""
        if start not in self._roots:
            self._roots[start] = find_root(start)
        return self._roots[start]

    def specs(self, paths: list[str]) -> list[Chosen]:
        """The specs of the paths by project, in the order given; no path means the whole project."""
        chosen: dict[Path, Chosen] = {}
        for text in dict.fromkeys(paths) or [show(find_root(Path.cwd()))]:
            if text == STDIN:
                site = self.of(Path(self.stdin_name))
                _choose(chosen, site, [self._stdin(site)])
                continue
            if not text:
                raise SpeccError("a path is empty", help="leave it out to mean the whole project, or write `.`")
            self._choose_path(chosen, Path(text))
        return list(chosen.values())

    def _choose_path(self, chosen: dict[Path, Chosen], path: Path) -> None:
        """Add a file as it is, or the specs of a folder. Raises SpeccError for a path that does not exist."""
        owner = self.of(path)
        # Not `Path.is_dir()`, which raises where a name is too long or a folder is closed to us.
        if os.path.isdir(path):
            folders = self._folders(owner, path)
            for folder, files in folders:
                site = self.of(Path(folder))
                _choose(chosen, site, site.contents.names_of(folder, files))
            if not folders:
                self.diagnostics.extend(look_alikes(path, owner.root, owner.settings, show))
        elif os.path.lexists(path):
            name = owner.contents.name_of(path)
            _choose(chosen, owner, [name])
            chosen[owner.root].explicit.add(name)
        else:
            raise SpeccError(f"{path}: no such file or folder", help=_meant(path, owner))

    @staticmethod
    def _folders(owner: Site, path: Path) -> list[tuple[str, list[str]]]:
        folder, root = os.path.abspath(path), str(owner.root)
        if folder == root:
            return owner.folders
        return list(specs_below(folder, root, owner.settings.include, owner.settings.exclude))

    def _stdin(self, site: Site) -> str:
        """Its name puts it into a folder, the current one by default, so that a relative parent is found from there."""
        name = site.contents.name_of(Path(self.stdin_name))
        if self.standard_input is None:
            raise SpeccError("there is no standard input here", help="name the file")
        site.contents.add(name, self.stdin_name, self.standard_input())
        return name


def _meant(path: Path, site: Site) -> str | None:
    """Return a help line with the spec of a project that a path may have been meant for: by its name, or nearly so."""
    if not os.path.lexists(site.root / OWN):
        return None  # it may be a home folder, or all of a disk
    specs = [show(Path(folder, file)) for folder, files in site.folders for file in files]
    named = [spec for spec in specs if path.name in (Path(spec).name, Path(spec).name.partition(".")[0])]
    near = named[0] if len(named) == 1 else closest(str(path), specs)
    return f"did you mean `{near}`?" if near is not None else None


def _choose(chosen: dict[Path, Chosen], site: Site, names: Iterable[str]) -> None:
    entry = chosen.setdefault(site.root, Chosen(site))
    entry.names.update(dict.fromkeys(names))
