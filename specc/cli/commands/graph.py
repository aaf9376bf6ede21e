"""`specc graph`: what inherits from what."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from specc.app.selection import show
from specc.app.session import Selected
from specc.cli.completion import complete_spec
from specc.cli.console import say, write_text
from specc.cli.printing import print_diagnostics
from specc.cli.sessions import open_session
from specc.config import OWN, PERSONAL, SHARED
from specc.diagnostics import did_you_mean
from specc.errors import SpeccError
from specc.inheritance.graph import (
    EMPTY,
    MOST_EDGES,
    SHIPPED,
    InheritanceGraph,
    Kind,
    PictureFormat,
    below,
    inheritance_graph,
    picture,
)
from specc.project import DiagnosticSet
from specc.reporters import format_named

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATH]...", help="Specs or folders (default: the project).", autocompletion=complete_spec),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        metavar="FORMAT",
        help=f"One of {', '.join(PictureFormat)} (default: text on a terminal, else mermaid).",
    ),
]
Dependents = Annotated[
    list[str] | None,
    typer.Option("--dependents", metavar="FILE", help="Only FILE and what a change of it reaches; repeatable."),
]


def graph(paths: Paths = None, output: Output = None, dependents: Dependents = None) -> int:
    """Draw which specs inherit from which, and the files they include.

    On a terminal it is a tree; in a pipe, or with `--output mermaid`, Mermaid, which GitHub, GitLab and editors draw.

    Example: specc graph --dependents base/site.job.yaml --output text
    """
    format = format_named(output or ("text" if sys.stdout.isatty() else "mermaid"), PictureFormat)
    session = open_session()
    selected = session.specs(list(paths or ()))
    if print_diagnostics(session.diagnostics):
        return 2
    whole = EMPTY
    for entry in selected:
        library = entry.project.library
        whole = whole.joined(inheritance_graph(entry.names, library, entry.project.site.contents.path_of))
    drawn = _reached(whole, dependents, selected) if dependents else whole
    failed = print_diagnostics(session.not_ignored(_unreadable(selected, drawn)))
    write_text(picture(drawn, format))
    if format is PictureFormat.MERMAID and len(drawn.edges) > MOST_EDGES:
        say(
            f"{len(drawn.edges):,} lines: GitHub and GitLab draw at most {MOST_EDGES}; name a folder, or `--dependents`"
        )
    return 1 if failed else 0


def _unreadable(selected: list[Selected], drawn: InheritanceGraph) -> DiagnosticSet:
    """Why specs cannot be read, whose own bases are not in the picture therefore."""
    diagnostics = DiagnosticSet()
    for entry in selected:
        for name in entry.names:
            path = entry.project.site.contents.path_of(name)
            if drawn.kinds.get(path) in (Kind.UNREADABLE, Kind.MISSING):
                entry.project.document(name, diagnostics)
    return diagnostics


def _reached(whole: InheritanceGraph, files: list[str], selected: list[Selected]) -> InheritanceGraph:
    paths = [file if file.startswith(SHIPPED) else show(Path(file)) for file in files]
    for file, path in zip(files, paths, strict=True):
        if path in whole.kinds:
            continue
        if any(_configures(entry.project.root, Path(file)) for entry in selected):
            say(f"every spec depends on {path}")
            return whole
        if not os.path.exists(path):
            raise SpeccError(f"{file}: no such file or folder", help=did_you_mean(path, whole.kinds, "files"))
        say(f"no spec refers to {path}")
    return whole.only(below(paths, whole))


def _configures(root: Path, file: Path) -> bool:
    path = Path(os.path.abspath(file))
    return path.parent == root and path.name in (OWN, SHARED, PERSONAL)
