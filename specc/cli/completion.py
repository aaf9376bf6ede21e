"""What the shell offers after TAB: specs, fields, params, profiles, axes, cells, targets.

Completion must be quick and must never fail, so a spec with mistakes offers what can be read of it.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import typer

from specc.cli.session import STDIN, Session
from specc.compiler import Request, evaluated_cells
from specc.errors import SpeccError
from specc.evaluator import EvaluatedSpec
from specc.expander import Cell
from specc.reporters import REPORTERS
from specc.reporters.payloads import FORMATS
from specc.resolver import ResolvedSpec
from specc.workspace import Apis, Findings

MOST_CELLS = 200
MOST_SPECS = 50


def complete_spec(incomplete: str) -> list[str]:
    """Spec files and folders that begin with what is typed."""
    folder, typed = os.path.split(incomplete)
    try:
        entries = sorted(os.scandir(folder or "."), key=lambda entry: entry.name)
    except OSError:
        return []
    named = [entry for entry in entries if entry.name.startswith(typed) and not _is_hidden(entry.name, typed)]
    return [os.path.join(folder, entry.name) + ("/" if entry.is_dir() else "") for entry in named if _is_offered(entry)]


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
    """`NAME=` first, then the choices of that parameter."""
    name, equals, _ = incomplete.partition("=")
    params = {name: param for spec in _specs(ctx) for name, param in spec.params.items()}
    if not equals:
        return _matching([f"{param}=" for param in params], incomplete)
    choices = params[name].choices if name in params else ()
    return _matching([f"{name}={choice.value}" for choice in choices], incomplete)


def complete_profile(ctx: typer.Context, incomplete: str) -> list[str]:
    return _matching([name for spec in _specs(ctx) for name in spec.profile_names], incomplete)


def complete_axis(ctx: typer.Context, incomplete: str) -> list[str]:
    """`AXIS=` first, then the values of that axis."""
    pairs = [(name, str(value)) for cell in _cells(ctx) for name, value in cell.data().items()]
    has_axis = "=" in incomplete
    return _matching([f"{name}={value}" if has_axis else f"{name}=" for name, value in pairs], incomplete)


def complete_cell(ctx: typer.Context, incomplete: str) -> list[str]:
    return _matching([cell.id for cell in _cells(ctx)], incomplete)


def complete_target(incomplete: str) -> list[str]:
    try:
        return _matching(Session().project(Path.cwd()).settings.targets, incomplete)
    except SpeccError:
        return []


def complete_format(incomplete: str) -> list[str]:
    return _matching(FORMATS, incomplete)


def complete_report(incomplete: str) -> list[str]:
    return _matching(REPORTERS, incomplete)


def complete_api(incomplete: str) -> list[str]:
    return _matching(Apis(), incomplete)


def _matching(offers: Iterable[str], incomplete: str) -> list[str]:
    return [offer for offer in dict.fromkeys(offers) if offer.startswith(incomplete)]


def _evaluated(ctx: typer.Context, most: int) -> Iterator[EvaluatedSpec]:
    """The first cells of the specs that the command line names so far, or of the first ones of the project."""
    given = ctx.params.get("paths") or ctx.params.get("chosen") or ctx.params.get("spec") or []
    paths = [given] if isinstance(given, str) else list(given)
    if STDIN in paths:
        return  # what comes there is not there yet
    try:
        selected = Session().specs(paths)
        context = {entry.project.root: entry.project.context() for entry in selected}
        named = ((entry.project, name) for entry in selected for name in entry.names)
        for project, name in islice(named, MOST_SPECS):
            document = project.document(name, Findings())
            items = evaluated_cells(document, context[project.root], Request()) if document else iter(())
            yield from islice((item[1] for item in items if isinstance(item, tuple)), most)
    except SpeccError:
        return


def _specs(ctx: typer.Context) -> list[ResolvedSpec]:
    return [evaluated.spec for evaluated in _evaluated(ctx, 1)]


def _cells(ctx: typer.Context) -> list[Cell]:
    return [evaluated.cell for evaluated in _evaluated(ctx, MOST_CELLS)]
