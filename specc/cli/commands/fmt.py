"""`specc fmt`: one layout for all specs."""

from dataclasses import field
from typing import Annotated

import typer

from specc.app.formatting import LaidOut, lay_out
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
from specc.project import Project
from specc.wording import counted

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

    Example: specc fmt --check jobs/hello.job.yaml
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
    result = lay_out(project, name)
    if isinstance(result, LaidOut):
        _deliver(run, project, result)
    elif result.source is None:
        run.diagnostics += result.diagnostics
        run.failed += 1
    else:
        _say_failed(
            run,
            f"{result.source.path} is left as it is, because after formatting {result.problem}. "
            "This is a bug in specc; please paste this line and the file into an issue.",
        )


def _deliver(run: Run, project: Project, result: LaidOut) -> None:
    """Write, print or count the new text. Standard input goes to standard output, whether it changes or not."""
    source = result.source
    if run.diff:
        write_data(difference(source, result.text))
    elif run.check:
        if result.is_changed:
            say(f"would reformat {source.path}")
    elif source.path == run.stdin:
        write_data(result.text)
    elif result.is_changed:
        rewrite(project.root / source.name, source.text, result.text, source.path)
        say(f"reformatted {source.path}")
    run.changed += result.is_changed
    run.unchanged += not result.is_changed


def _say_failed(run: Run, message: str) -> None:
    run.failed += 1
    say(f"error: {message}")


def _summary(run: Run) -> str:
    done = "would be reformatted" if run.check or run.diff else "reformatted"
    parts = [f"{counted(run.changed, 'file')} {done}"] if run.changed else []
    parts += [f"{counted(run.unchanged, 'file')} already formatted"] if run.unchanged else []
    parts += [f"{counted(run.failed, 'file')} not formatted"] if run.failed else []
    return ", ".join(parts) or "no specs here"
