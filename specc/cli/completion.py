"""What the shell offers after TAB: specs, fields, params, profiles, axes, cells, targets.

Completion must be quick and must never fail, so a spec with mistakes offers what can be read of it.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import typer

from specc.cli.session import Session
from specc.compiler import Request, evaluated_cells
from specc.errors import SpeccError
from specc.evaluator import EvaluatedSpec
from specc.expander import Cell
from specc.resolver import ResolvedSpec
from specc.workspace import Findings

MOST_CELLS = 200


def complete_spec(incomplete: str) -> list[str]:
    """Spec files and folders that begin with what is typed."""
    typed = Path(incomplete)
    folder = typed if incomplete.endswith("/") else typed.parent
    if not folder.is_dir():
        return []
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    names = [f"{entry}/" if entry.is_dir() else str(entry) for entry in entries if _is_offered(entry)]
    return [name for name in names if name.startswith(incomplete)]


def _is_offered(path: Path) -> bool:
    return path.is_dir() or path.name.endswith((".job.yaml", ".job.yml"))


def complete_field(ctx: typer.Context, incomplete: str) -> list[str]:
    fields = [name for spec in _specs(ctx) for name in spec.section("job").entries]
    inputs = [
        f"{part}.{name}" for spec in _specs(ctx) for part in ("params", "vars") for name in spec.section(part).entries
    ]
    return _matching(fields + inputs, incomplete)


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


def complete_target(ctx: typer.Context, incomplete: str) -> list[str]:
    try:
        return _matching(list(Session().project(Path.cwd()).settings.targets), incomplete)
    except SpeccError:
        return []


def _matching(offers: list[str], incomplete: str) -> list[str]:
    return [offer for offer in dict.fromkeys(offers) if offer.startswith(incomplete)]


def _evaluated(ctx: typer.Context) -> Iterator[EvaluatedSpec]:
    """The first cells of the specs that the command line names so far."""
    given = ctx.params.get("paths") or ctx.params.get("spec") or []
    try:
        for entry in Session().specs([given] if isinstance(given, str) else list(given)):
            for name in entry.names:
                document = entry.project.document(name, Findings())
                items = evaluated_cells(document, entry.project.context(), Request()) if document else iter(())
                yield from islice((item[1] for item in items if isinstance(item, tuple)), MOST_CELLS)
    except SpeccError:
        return


def _specs(ctx: typer.Context) -> list[ResolvedSpec]:
    return list(dict.fromkeys(evaluated.spec for evaluated in _evaluated(ctx)))


def _cells(ctx: typer.Context) -> list[Cell]:
    return [evaluated.cell for evaluated in _evaluated(ctx)]
