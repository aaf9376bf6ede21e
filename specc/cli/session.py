"""From the paths of a command line to projects and the names of their specs."""

import os
import sys
from collections import ChainMap
from collections.abc import Iterable
from dataclasses import field
from itertools import groupby
from pathlib import Path

from specc.config import find_root, read_configuration
from specc.diagnostics import Diagnostic
from specc.errors import SpeccError
from specc.frozen import dataclass
from specc.parser import MAX_BYTES
from specc.source import Source
from specc.workspace import Apis, Findings, Project, not_ignored, spec_files
from specc.workspace.memory import Memory, Shards, world_of

STDIN = "-"
STDIN_NAME = "<stdin>"
CACHE = ".specc_cache"


def show(path: Path) -> str:
    """The path that messages print: relative to the current folder where it lies below it."""
    absolute, cwd = os.path.abspath(path), os.getcwd()
    if absolute == cwd:
        return "."
    below = cwd.rstrip("/") + "/"  # texts, because this is done for each of many files
    return absolute.removeprefix(below)


@dataclass
class Session:
    """The projects that one command touches, each opened once. `stdin_name` is the file that standard input is of."""

    stdin_name: str = STDIN_NAME
    apis: Apis = field(default_factory=Apis)
    projects: dict[Path, Project] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)
    _roots: dict[Path, Path] = field(default_factory=dict)

    def project(self, start: Path) -> Project:
        """The project that a path belongs to. Its configuration's findings are noted."""
        root = self._root(Path(os.path.abspath(start)))
        if root not in self.projects:
            configuration = read_configuration(root, show, os.environ)
            self.findings.extend(configuration.diagnostics)
            self.projects[root] = Project.open(root, configuration.settings, self.apis, os.environ, show)
        return self.projects[root]

    def _root(self, start: Path) -> Path:
        """Looked up once for each folder: a folder can have thousands of specs."""
        if start not in self._roots:
            self._roots[start] = find_root(start)
        return self._roots[start]

    def specs(self, paths: list[str]) -> "list[Selected]":
        """The specs of the paths by project, in the order given; no path means the whole project."""
        selected: dict[Path, Selected] = {}
        for text in dict.fromkeys(paths) or [show(find_root(Path.cwd()))]:
            if text == STDIN:
                project = self.project(Path(self.stdin_name))
                self._select(selected, project, [self._stdin(project)])
                continue
            if not text:
                raise SpeccError("a path is empty", help="leave it out to mean the whole project, or write `.`")
            path = Path(text)
            owner = self.project(path)
            files = spec_files([path], owner.root, owner.settings.include, owner.settings.exclude)
            for folder, inside in groupby(files, key=os.path.dirname):
                project = self.project(Path(folder))
                names = {file: project.library.name_of(file) for file in inside}
                self._select(selected, project, names.values())
                if path in names:
                    selected[project.root].explicit.add(names[path])
        return list(selected.values())

    def has_errors(self) -> bool:
        """Is a configuration wrong?"""
        return any(finding.is_error for finding in self.findings)

    @staticmethod
    def memory(project: Project, target: str | None) -> Memory:
        """What is remembered of checks of the project for a target, its own by default."""
        settings, environment = project.settings, project.environment
        readable = {name: environment[name] for name in settings.env if name in environment}
        world = world_of(project.root, show(project.root), target or settings.target, readable)
        return Memory(project, Shards(project.root / CACHE, world))

    def not_ignored(self, findings: Findings) -> list[Diagnostic]:
        """The findings that no comment of their text ignores."""
        texts = [project.library.suppressions() for project in self.projects.values()]
        return not_ignored(findings.all(), dict(ChainMap(*texts)))

    @staticmethod
    def _select(selected: "dict[Path, Selected]", project: Project, names: Iterable[str]) -> None:
        entry = selected.setdefault(project.root, Selected(project))
        entry.names.update(dict.fromkeys(names))

    def _stdin(self, project: Project) -> str:
        """Its name puts it into a folder, the current one by default, so that a relative parent is found from there."""
        name = project.library.name_of(Path(self.stdin_name))
        project.library.add(name, self.stdin_name, read_stdin())
        return name


def stdin_name_of(given: str | None, paths: list[str] | None) -> str:
    """Raises SpeccError for a name of what is not read."""
    if given is not None and STDIN not in (paths or ()):
        raise SpeccError("`--stdin-filename` does nothing without `-`", help="add `-` to read standard input")
    return given or STDIN_NAME


def read_stdin() -> bytes:
    """What stands on standard input, and not much more of it than a file may have."""
    try:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    except (OSError, AttributeError) as error:
        # Python has no `sys.stdin` where the caller has closed it.
        raise SpeccError("cannot read standard input") from error


@dataclass
class Selected:
    """A project and the names of the specs that a command is about. `explicit` were given as files, by name."""

    project: Project
    names: dict[str, None] = field(default_factory=dict)
    explicit: set[str] = field(default_factory=set)


def arguments(option: str, texts: list[str] | None) -> tuple[Source, ...]:
    """Values of a repeatable option as sources, so that findings can point into them."""
    return tuple(Source(option, text, option) for text in texts or ())
