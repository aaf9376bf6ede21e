"""A project as it was in one commit: its settings, and its texts."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from specc.config import MAX_BYTES, OWN, PERSONAL, SHARED, Configuration, is_there, read_configuration, read_settings
from specc.diagnostics import Diagnostic
from specc.disk import Site
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.project import Project
from specc.revision.contents import TreeContents
from specc.revision.tree import Tree
from specc.source import Span

NOT_OF_PAYLOADS = ("rules", "ledger", "include", "exclude")
"""Settings that change no payload, and those that are asked of each side anyway."""


@dataclass(frozen=True, eq=False)
class Past:
    """`settings_differ`: in a way that can change payloads. `places` says where each setting stands."""

    project: Project
    findings: tuple[Diagnostic, ...]
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

        then = read_configuration(folder, show_past, environment)
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
