"""The projects of one run, opened: their specs can be read and compiled, as a person asks for it."""

from collections import ChainMap
from collections.abc import Iterable
from dataclasses import field
from pathlib import Path

from specc.app.selection import Chosen, Sites, viewpoint, world
from specc.cache import CleanChecks, store_of
from specc.cache.shards import Shards
from specc.compiler import Request
from specc.diagnostics import Diagnostic
from specc.disk import Site
from specc.fast_dataclass import dataclass
from specc.linter import not_ignored
from specc.linter.records import Memory
from specc.person import Nobody, Person
from specc.project import Apis, DiagnosticSet, Project, shipped_apis
from specc.source import Source


def request_of(
    profiles: Iterable[str] | None = None,
    params: Iterable[str] | None = None,
    sets: Iterable[str] | None = None,
    only: Iterable[str] | None = None,
    cells: Iterable[str] | None = None,
    attempt: int = 1,
) -> Request:
    """Return what is asked of specs. Diagnostics about a text point into it, under the name of its option."""
    texts = {"-p": params, "--set": sets, "--only": only}
    given, overrides, chosen = (tuple(Source(name, text, name) for text in of or ()) for name, of in texts.items())
    return Request(tuple(profiles or ()), given, overrides, chosen, tuple(cells or ()), attempt)


@dataclass
class Selected:
    """A project and the names of the specs that are meant. `explicit` were given as files, by name."""

    project: Project
    names: dict[str, None] = field(default_factory=dict)
    explicit: set[str] = field(default_factory=set)


@dataclass
class Session:
    sites: Sites = field(default_factory=Sites)
    person: Person = field(default_factory=Nobody)
    apis: Apis = field(default_factory=shipped_apis)
    projects: dict[Path, Project] = field(default_factory=dict)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """What is wrong with the configurations."""
        return self.sites.diagnostics

    def project(self, start: Path) -> Project:
        """The project that a path belongs to. Its configuration's diagnostics are noted."""
        return self._opened(self.sites.of(start))

    def specs(self, paths: list[str]) -> list[Selected]:
        """The specs of the paths by project, in the order given; no path means the whole project."""
        return self.opened(self.sites.specs(paths))

    def opened(self, chosen: list[Chosen]) -> list[Selected]:
        return [Selected(self._opened(each.site), each.names, each.explicit) for each in chosen]

    def has_errors(self) -> bool:
        """Is a configuration wrong?"""
        return any(diagnostic.is_error for diagnostic in self.diagnostics)

    @staticmethod
    def memory(project: Project, target: str | None) -> Memory:
        """What is remembered of checks of the project for a target, its own by default."""
        store = store_of(str(project.root), project.environment)
        if store is None:
            return Memory(project)
        held_against = world(project.site, target)
        return Memory(project, Shards(store, held_against), CleanChecks(store, held_against), viewpoint(project.site))

    def not_ignored(self, diagnostics: DiagnosticSet) -> list[Diagnostic]:
        """The diagnostics that no comment of their text ignores."""
        texts = [project.library.suppressions() for project in self.projects.values()]
        return not_ignored(diagnostics.all(), dict(ChainMap(*texts)))

    def _opened(self, site: Site) -> Project:
        if site.root not in self.projects:
            self.projects[site.root] = Project.open(site, self.apis)
        return self.projects[site.root]
