"""What the shell offers after TAB: specs, fields, params, profiles, axes, cells, targets.

Completion must be quick and must never fail, so a spec with mistakes offers what can be read of it.
"""

import os
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import redirect_stdout, suppress
from io import StringIO
from itertools import islice
from pathlib import Path

import typer

from specc.app.selection import STDIN
from specc.cli import COMPLETE
from specc.cli.console import write_shown
from specc.cli.sessions import open_session
from specc.compiler import Request, evaluated_cells
from specc.diagnostics.codes import CODES
from specc.errors import SpeccError
from specc.evaluator import EvaluatedSpec
from specc.expander import Cell
from specc.project import Apis, DiagnosticSet
from specc.reporters import PayloadFormat, ReportFormat
from specc.resolver import ResolvedSpec
from specc.visible import visible

MOST_CELLS = 200
MOST_SPECS = 50


def answer_shell(ask: Callable[[], object]) -> None:
    """Prints what the shell is to offer. `ask` has typer print it, and ends the process."""
    known = _join_words(os.environ)
    with redirect_stdout(StringIO()) as offers, suppress(SystemExit):
        ask()
    write_shown("".join(f"{line.removeprefix(known)}\n" for line in offers.getvalue().split("\n") if line))


def _join_words(environment: MutableMapping[str, str]) -> str:
    """Undoes what bash does to `mesh=fine`, three words to it. Gives what bash does not want back."""
    if environment[COMPLETE] != "complete_bash":
        return ""
    words: list[str] = []
    position = 0
    is_open = False
    for number, word in enumerate(environment["COMP_WORDS"].split("\n")):
        if words and (is_open or word == "="):
            words[-1] += word
        else:
            words.append(word)
        is_open = word == "="
        if number == int(environment["COMP_CWORD"]):
            position = len(words) - 1
    environment["COMP_WORDS"], environment["COMP_CWORD"] = "\n".join(words), str(position)
    name, equals, _ = words[position].partition("=")
    return name + equals if equals else ""


def complete_spec(incomplete: str) -> list[str]:
    """Spec files and folders that begin with what is typed."""
    folder, typed = os.path.split(incomplete)
    try:
        entries = sorted(os.scandir(folder or "."), key=lambda entry: entry.name)
    except OSError:
        return []
    named = [entry for entry in entries if entry.name.startswith(typed) and not _is_hidden(entry.name, typed)]
    offered = [entry for entry in named if _is_offered(entry) and _is_plain(entry.name)]
    return [os.path.join(folder, entry.name) + ("/" if entry.is_dir() else "") for entry in offered]


def _is_plain(name: str) -> bool:
    """Whether a shell can show and insert the name: a line break in one would make two offers of it."""
    return visible(name) == name


def _is_hidden(name: str, typed: str) -> bool:
    """As shells have it: a name that begins with a dot is offered to whoever types the dot."""
    return name.startswith(".") and not typed


def _is_offered(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir() or entry.name.endswith((".job.yaml", ".job.yml"))


def complete_field(ctx: typer.Context, incomplete: str) -> list[str]:
    offers: list[str] = []
    for spec in _specs(ctx):
        offers += spec.section("job").entries
        offers += (f"{part}.{name}" for part in ("params", "vars") for name in spec.section(part).entries)
    offers += (f"matrix.{axis}" for cell in _cells(ctx) for axis in cell.data())
    return _matching(offers, incomplete)


def complete_param(ctx: typer.Context, incomplete: str) -> list[str]:
    """`NAME=VALUE` for what a parameter can be, `NAME=` where that can be anything."""
    params = {name: param for spec in _specs(ctx) for name, param in spec.params.items()}
    pairs = [(name, [str(choice.value) for choice in param.choices] or [""]) for name, param in params.items()]
    return _matching((f"{name}={value}" for name, values in pairs for value in values), incomplete)


def complete_profile(ctx: typer.Context, incomplete: str) -> list[str]:
    return _matching([name for spec in _specs(ctx) for name in spec.profile_names], incomplete)


def complete_axis(ctx: typer.Context, incomplete: str) -> list[str]:
    pairs = (f"{name}={value}" for cell in _cells(ctx) for name, value in cell.data().items())
    return _matching(pairs, incomplete)


def complete_cell(ctx: typer.Context, incomplete: str) -> list[str]:
    return _matching([cell.id for cell in _cells(ctx)], incomplete)


def complete_target(incomplete: str) -> list[str]:
    try:
        return _matching(open_session().project(Path.cwd()).settings.targets, incomplete)
    except SpeccError:
        return []


def complete_format(incomplete: str) -> list[str]:
    return _matching(PayloadFormat, incomplete)


def complete_report(incomplete: str) -> list[str]:
    return _matching(ReportFormat, incomplete)


def complete_code(incomplete: str) -> list[str]:
    """Codes, or the names of diagnostics for whoever begins with one."""
    offers = [name for code in CODES.values() for name in ((code.code,) if not incomplete else (code.code, code.slug))]
    return _matching(offers, incomplete)


def complete_api(incomplete: str) -> list[str]:
    return _matching(Apis(), incomplete)


def _matching(offers: Iterable[str], incomplete: str) -> list[str]:
    return [offer for offer in dict.fromkeys(offers) if offer.startswith(incomplete) and _is_plain(offer)]


def _evaluated(ctx: typer.Context, most: int) -> Iterator[EvaluatedSpec]:
    """The first cells of the specs that the command line names so far, or of the first ones of the project."""
    given = ctx.params.get("paths") or ctx.params.get("chosen") or ctx.params.get("spec") or []
    paths = [given] if isinstance(given, str) else list(given)
    if STDIN in paths:
        return  # what comes there is not there yet
    try:
        selected = open_session().specs(paths)
        context = {entry.project.root: entry.project.context() for entry in selected}
        named = ((entry.project, name) for entry in selected for name in entry.names)
        for project, name in islice(named, MOST_SPECS):
            document = project.document(name, DiagnosticSet())
            items = evaluated_cells(document, context[project.root], Request()) if document else iter(())
            yield from islice((item[1] for item in items if isinstance(item, tuple)), most)
    except SpeccError:
        return


def _specs(ctx: typer.Context) -> list[ResolvedSpec]:
    return [evaluated.spec for evaluated in _evaluated(ctx, 1)]


def _cells(ctx: typer.Context) -> list[Cell]:
    return [evaluated.cell for evaluated in _evaluated(ctx, MOST_CELLS)]
