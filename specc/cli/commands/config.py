"""`specc config`: each setting and where it came from."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from specc.app.selection import show
from specc.cli.console import write_document, write_line
from specc.cli.printing import print_diagnostics
from specc.config import find_root, read_configuration
from specc.errors import SpeccError
from specc.reporters import TextOrJson, format_named
from specc.reporters.display import cells

Output = Annotated[str, typer.Option("--output", metavar="FORMAT", help="text or json.")]
Folder = Annotated[Path, typer.Argument(metavar="[PATH]", help="A folder or file of the project.")]


def config(path: Folder = Path(), output: Output = "text") -> int:
    """Print each setting of the project and where it came from.

    Example: specc config --output json
    """
    format = format_named(output, TextOrJson)
    if not os.path.lexists(path):
        raise SpeccError(f"{path}: no such file or folder")
    configuration = read_configuration(find_root(Path(os.path.abspath(path))), show, os.environ)
    failed = print_diagnostics(configuration.diagnostics)
    rows = [(entry, str(entry.span) if entry.span else "default") for entry in configuration.entries]
    if format is TextOrJson.JSON:
        settings = [
            {"key": entry.key, "value": entry.value, "origin": origin, "overridden": entry.is_overridden}
            for entry, origin in rows
        ]
        document = {"version": 1, "root": str(configuration.root), "settings": settings}
        write_document(document)
        return 2 if failed else 0
    write_line(f"root = {json.dumps(str(configuration.root), ensure_ascii=False)}")
    width = max((cells(entry.key) for entry, _ in rows), default=0)
    for entry, origin in rows:
        verdict = "overridden, " if entry.is_overridden else ""
        value = json.dumps(entry.value, ensure_ascii=False, default=str)
        write_line(f"{entry.key}{' ' * (width - cells(entry.key))} = {value}  # {verdict}{origin}")
    return 2 if failed else 0
