"""The texts that an editor has open, and the projects that they belong to."""

from collections.abc import Iterable
from pathlib import Path

from specc.app.editing import SETTINGS, EditedProject
from specc.config import SHARED, find_root
from specc.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Buffer:
    """A text that is open: its address as the editor writes it, its file, and the version that the editor counts."""

    uri: str
    path: Path
    text: str
    version: int | None


class Workspace:
    """Buffers by address, and projects by root. A project is opened when a text of it is, and stays."""

    def __init__(self) -> None:
        self.buffers: dict[str, Buffer] = {}
        self.generation = 0
        """How often all projects were opened anew."""
        self._projects: dict[Path, EditedProject] = {}
        self._roots: dict[Path, Path] = {}

    @property
    def projects(self) -> list[EditedProject]:
        return list(self._projects.values())

    def put(self, buffer: Buffer) -> None:
        """Take a text that was opened or changed."""
        self.buffers[buffer.uri] = buffer
        project, name = self.named(buffer.path)
        project.put(name, buffer.text)

    def close(self, uri: str) -> Buffer | None:
        """Go back to the file of a text. Return what was open, if anything was."""
        buffer = self.buffers.pop(uri, None)
        if buffer is not None:
            project, name = self.named(buffer.path)
            if self.open_as(project, name) is None:
                project.drop(name)
        return buffer

    def named(self, path: Path) -> tuple[EditedProject, str]:
        """Return the project of a file, and the name of the file in it."""
        folder = path.parent
        if folder not in self._roots:
            self._roots[folder] = find_root(path)
        root = self._roots[folder]
        if root not in self._projects:
            self._projects[root] = EditedProject(root)
        project = self._projects[root]
        return project, project.name_of(path)

    def now(self, project: EditedProject, name: str) -> tuple[EditedProject, str] | None:
        """Return the project that a file belongs to now, and its name there; None for one outside of any project."""
        path = project.file_of(name)
        return self.named(path) if path.is_relative_to(project.root) else None

    def open_as(self, project: EditedProject, name: str) -> Buffer | None:
        """Return the buffer of a file, if it is open."""
        return next((buffer for buffer in self.buffers.values() if self.named(buffer.path) == (project, name)), None)

    def open_in(self, project: EditedProject) -> list[Buffer]:
        """Return the buffers of a project."""
        return [buffer for buffer in self.buffers.values() if self.named(buffer.path)[0] is project]

    def files_changed(self, paths: Iterable[Path]) -> None:
        """Look anew at the disk. Where settings came or went, a file can belong to another project than before."""
        if not any(path.name in (*SETTINGS, SHARED) or path.name == ".git" for path in paths):
            for project in self._projects.values():
                project.refresh()
            return
        self.generation += 1
        self._projects.clear()
        self._roots.clear()
        for buffer in self.buffers.values():
            self.put(buffer)

    def refresh(self) -> bool:
        """Look whether roots or files have changed that no editor tells about, and return whether any have."""
        roots = {folder: find_root(folder / "file") for folder in self._roots}
        if roots != self._roots:
            self.files_changed([Path(SETTINGS[0])])
            return True
        changed = [project.refresh() for project in self._projects.values()]
        return any(changed)
