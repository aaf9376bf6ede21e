"""`specc fmt`: one layout for all specs."""

from dataclasses import field
from typing import Annotated

import typer

from specc.app.selection import STDIN
from specc.cli.completion import complete_spec
from specc.cli.console import say, write_data
from specc.cli.options import StdinName
from specc.cli.printing import difference, print_diagnostics
from specc.cli.sessions import open_session
from specc.diagnostics import Diagnostic
from specc.disk.outputs import rewrite
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.formatter import format_source
from specc.parser import Document
from specc.project import DiagnosticSet, Project
from specc.resolver.ancestry import ancestry
from specc.source import Source

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PATH]...",
        help="Specs or folders; `-` formats standard input to standard output.",
        autocompletion=complete_spec,
    ),
]
Check = Annotated[bool, typer.Option("--check", help="Change nothing; exit with 1 where something would change.")]
Diff = Annotated[
    bool, typer.Option("--diff", help="Print what would change, and change nothing; exit as with --check.")
]


@dataclass
class Run:
    """What became of the specs. `failed` could not be read or written; `stdin` is what standard input is called."""

    check: bool
    diff: bool
    stdin: str | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    changed: int = 0
    unchanged: int = 0
    failed: int = 0


def fmt(paths: Paths = None, check: Check = False, diff: Diff = False, stdin_filename: StdinName = None) -> int:
    """Bring specs into one layout: the order of keys, quotes and indentation. What they say stays as it is.

    Comments are kept. Without a path, the whole project is formatted.

    Example: specc fmt --check jobs/cavity.job.yaml
    """
    session = open_session(stdin_filename, paths)
    selected = session.specs(list(paths or ()))
    if print_diagnostics(session.diagnostics):
        return 2
    run = Run(check, diff, session.sites.stdin_name if STDIN in (paths or ()) else None)
    for entry in selected:
        for name in entry.names:
            try:
                _format(run, entry.project, name)
            except SpeccError as error:
                _say_failed(run, error.message)
    print_diagnostics(run.diagnostics)
    say(_summary(run))
    if run.failed:
        return 2
    return 1 if (check or diff) and run.changed else 0


def _format(run: Run, project: Project, name: str) -> None:
    diagnostics = DiagnosticSet()
    document = project.document(name, diagnostics)
    if document is None:
        run.diagnostics += [diagnostic for diagnostic in diagnostics.all() if diagnostic.is_error]
        run.failed += 1
        return
    source = document.source
    result = format_source(source, _fields(project, document))
    if isinstance(result, tuple):
        run.diagnostics += result
        run.failed += 1
    elif result.problem is not None:
        _say_failed(
            run,
            f"{source.path} is left as it is, because after formatting {result.problem}. "
            "This is a bug of specc; please paste this line and the file into an issue.",
        )
    else:
        _deliver(run, project, source, result.text)


def _deliver(run: Run, project: Project, source: Source, text: str) -> None:
    """Standard input goes to standard output, whether it changes or not."""
    is_changed = text != source.text
    if run.diff:
        write_data(difference(source, text))
    elif run.check:
        if is_changed:
            say(f"would reformat {source.path}")
    elif source.path == run.stdin:
        write_data(text)
    elif is_changed:
        rewrite(project.root / source.name, source.text, text, source.path)
        say(f"reformatted {source.path}")
    run.changed += is_changed
    run.unchanged += not is_changed


def _fields(project: Project, document: Document) -> tuple[str, ...]:
    """The fields in the order of the API's table: the API that this file or what it inherits from names,
    else the project's."""
    line, _ = ancestry(document, project.library)
    node = next((part.api for part in reversed(line.order) if part.api is not None), None)
    named = str(node.value) if node is not None else project.settings.api
    api = project.apis.get(named) or project.apis.get(project.settings.api)
    return tuple(api.fields) if api is not None else ()


def _say_failed(run: Run, message: str) -> None:
    run.failed += 1
    say(f"error: {message}")


def _summary(run: Run) -> str:
    done = "would be reformatted" if run.check or run.diff else "reformatted"
    parts = [f"{_files(run.changed)} {done}"] if run.changed else []
    parts += [f"{_files(run.unchanged)} already formatted"] if run.unchanged else []
    parts += [f"{_files(run.failed)} not formatted"] if run.failed else []
    return ", ".join(parts) or "no specs here"


def _files(count: int) -> str:
    return f"{count:,} file" if count == 1 else f"{count:,} files"
