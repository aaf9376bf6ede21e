"""`specc init`: a working project to start from."""

import os
import re
import shlex
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from specc import __version__, assets
from specc.app.importing import (
    JOBS,
    SCHEMA,
    BadSettings,
    Imported,
    Place,
    import_scripts,
    place_in,
    read_scripts,
    root_of,
    split_paths,
    target_for,
    target_lines,
)
from specc.app.importing import Scripts as ReadScripts
from specc.app.selection import show
from specc.cli import exits
from specc.cli.console import say, say_error, say_lines, write_line
from specc.cli.printing import print_diagnostics
from specc.diagnostics import Diagnostic
from specc.errors import SpeccError
from specc.migration import UNITS as SLURM_UNITS
from specc.migration import units_line
from specc.project.outputs import write_file
from specc.units import DURATION_UNITS, MEMORY_UNITS

UNKNOWN = "unknown"
ZONE, CLUSTER, USER = "jn1a", "ehpc-xxxxxxxx", "usr-xxxxxxxx"
SHARED = (".gitignore", ".pre-commit-config.yaml")
"""Files that are not specc's own: a repository often has them."""

SETTINGS = {
    "specc.toml": "specc.toml",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
    "gitignore": ".gitignore",
}
EXAMPLE = {
    "specc.toml": "specc.toml",
    "base/site.job.yaml": "base/site.job.yaml",
    "jobs/hello.job.yaml": "jobs/hello.job.yaml",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
    "gitignore": ".gitignore",
}
"""The scaffolds, and where each goes: of a project for imported jobs, and of one to learn from."""

MODEST = {
    **dict.fromkeys(("B", "KiB", "MiB", "GiB"), "1GiB"),
    **dict.fromkeys(("kB", "MB", "GB"), "1GB"),
    "TiB": "1TiB",
    "TB": "1TB",
    **dict.fromkeys(("s", "min"), "10min"),
    "h": "1h",
    "d": "1d",
}
"""A small limit for a first job that is exact in each unit."""

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[DIR]", help="Where the project goes; made if it is not there. More scripts can stand before it."
    ),
]
Scripts = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="SCRIPT...",
        help="Make specs from batch scripts (Slurm, PBS, Grid Engine), in this project or a new one.",
    ),
]
Name = Annotated[str | None, typer.Option("--project", metavar="NAME", help="The project's name [the folder's].")]
Memory = Annotated[
    str | None, typer.Option("--mem-unit", help=f"The cluster's unit of mem_limit: {', '.join(MEMORY_UNITS)}.")
]
Time = Annotated[
    str | None, typer.Option("--time-unit", help=f"The cluster's unit of time_limit: {', '.join(DURATION_UNITS)}.")
]
Zone = Annotated[str, typer.Option("--zone", help="The zone of the cluster.")]
Cluster = Annotated[str, typer.Option("--cluster-id", help="The id of the cluster.")]
User = Annotated[str, typer.Option("--run-user", help="The user that runs the jobs.")]


def init(
    paths: Paths = None,
    from_: Scripts = None,
    project: Name = None,
    mem_unit: Memory = None,
    time_unit: Time = None,
    zone: Zone = ZONE,
    cluster_id: Cluster = CLUSTER,
    run_user: User = USER,
) -> int:
    """Make a working project: settings, a base, a job, the editor's schema, a pre-commit hook, .gitignore.

    The units of memory and time are asked for on a terminal, because the API documents none. Nothing is overwritten: a
    .gitignore or pre-commit configuration that is there stays as it is.

    With --from, as in `specc init --from old/*.sbatch new`, each batch script becomes a spec NAME.job.yaml and the
    script NAME.sh that it runs. They go into DIR, or into jobs/ where DIR is the root of the project. What has no place
    in a spec is listed on standard error and at the top of the spec. A script that is refused stops no other. A new
    project gets a target `slurm`, its default, with the account, the queues and the resources of the scripts.

    Example: specc init cfd --mem-unit MiB --time-unit min
    """
    given = paths or []
    if len(given) > 1 and not from_:
        raise SpeccError(
            f"one folder is expected, not {len(given)}", help="for scripts write `specc init --from SCRIPT... DIR`"
        )
    scripts, folder = split_paths(from_, given) if from_ else ([], Path(*given))
    root = root_of(folder) if scripts else None
    read = read_scripts(scripts)
    if root is not None:
        return _import(read, _place_in(root, folder), {})
    name = project or folder.resolve().name or "jobs"
    slurm = target_for(read)
    is_cloud = slurm is None or (zone, cluster_id, run_user) != (ZONE, CLUSTER, USER)
    units = {
        "mem_limit": _unit(mem_unit, "mem_limit", MEMORY_UNITS, asks=is_cloud),
        "time_limit": _unit(time_unit, "time_limit", DURATION_UNITS, asks=is_cloud),
    }
    known = {field: unit for field, unit in units.items() if unit is not None}
    # Slurm is told sizes in its own units, whatever the project counts in.
    own = {} if is_cloud else {field: unit for field, unit in SLURM_UNITS.items() if field not in known}
    values = {
        "project": _plain(name),
        "target": "cluster" if is_cloud or slurm is None else slurm.name,
        "slurm": target_lines(slurm, read, folder, own) if slurm is not None else "",
        "own_units": units_line(own),
        "units": _unit_lines(units),
        "limits": _limit_lines(units),
        "zone": _plain(zone),
        "cluster": _plain(cluster_id),
        "user": _plain(run_user),
        "version": __version__,
    }
    files = _files(folder, values, SETTINGS if scripts else EXAMPLE)
    kept = {path: text for path, text in files.items() if path.name in SHARED and os.path.lexists(path)}
    taken = [str(path) for path in files if os.path.lexists(path) and path not in kept]
    if taken:
        raise SpeccError(f"already there: {', '.join(taken)}", help="choose another folder: `specc init DIR`")
    new = {path: text for path, text in files.items() if path not in kept}
    code = 0
    if scripts:
        place = Place(folder / JOBS, folder, {**known, **own}, folder / SCHEMA, slurm)
        code = _import(read, place, new)
        if not os.path.lexists(folder / "specc.toml"):
            return code
    else:
        for path, text in new.items():
            write_file(path, text)
            write_line(str(path))
    for path, text in kept.items():
        say(f"{path} is there already; specc would like to have this in it:")
        say_lines("".join(f"    {line}\n" for line in text.splitlines()))
    unset = [field for field in units if field not in known and field not in own]
    if unset:
        say(f"set the unit of {' and '.join(unset)} in {folder / 'specc.toml'} before you use them")
    # Without units this machine could not keep the limits, and somebody's old scripts are not run on a whim.
    try_it = "specc render" if unset or scripts else "specc submit --target local --wait"
    say(f"next: cd {shlex.quote(str(folder))} && specc check && {try_it}")
    return code


def _place_in(root: Path, folder: Path) -> Place:
    try:
        return place_in(root, folder)
    except BadSettings as error:
        print_diagnostics(error.diagnostics)
        raise


def _import(scripts: ReadScripts, place: Place, project: Mapping[Path, str]) -> int:
    """Import scripts, say what became of each, and return the exit code."""
    done, code = 0, exits.OK
    found: list[Diagnostic] = []
    for result in import_scripts(scripts, place, project):
        if isinstance(result, Imported):
            done += 1
            for path in result.written:
                write_line(str(path))
            say(f"{show(result.script)} -> {result.spec}, {result.body}")
            for note in result.notes:
                say(f"  {note}")
        elif result.error is not None:
            say_error(result.error)
            code = exits.BROKEN
        else:
            found.extend(result.diagnostics)
    if print_diagnostics(found):
        code = max(code, exits.REFUSED)
    if len(scripts) > 1:
        say(f"{len(scripts)} scripts: {done} imported, {len(scripts) - done} refused")
    return code


def _unit(given: str | None, field: str, units: Iterable[str], *, asks: bool) -> str | None:
    """The unit as given or asked for; None where nobody knows it."""
    choice = given
    if choice is None and asks and sys.stdin.isatty():
        question = f"In which unit does your cluster read {field}? ({', '.join(units)}, or {UNKNOWN})"
        choice = typer.prompt(question, default=UNKNOWN)
    if choice is None or choice == UNKNOWN:
        return None
    if choice not in units:
        raise SpeccError(f"`{choice}` is not a unit of {field}", help=f"units: {', '.join(units)}")
    return choice


def _unit_lines(units: dict[str, str | None]) -> str:
    """The settings; a unit that nobody knows yet stays a comment."""
    usual = {"mem_limit": "MiB", "time_limit": "min"}
    return "\n".join(f'{f} = "{unit}"' if unit else f'# {f} = "{usual[f]}"' for f, unit in units.items())


def _limit_lines(units: dict[str, str | None]) -> str:
    """Limits for the first job, as quantities that are whole numbers of the cluster's unit."""
    return "".join(f"  {field}: {MODEST[unit]}\n" for field, unit in units.items() if unit is not None)


def _plain(text: str) -> str:
    """Return a text that can stand in TOML's double quotes. The name of a folder can hold any bytes."""
    return re.sub(r'["\\\x00-\x1f\x7f\ud800-\udfff]', "_", text)


def _files(folder: Path, values: dict[str, str], places: dict[str, str]) -> dict[Path, str]:
    scaffold = assets.folder("templates") / "init"
    files = {folder / place: _filled(scaffold / f"{name}.in", values) for name, place in places.items()}
    schema = assets.folder("schemas") / "jobspec.schema.json"
    files[folder / SCHEMA] = schema.read_text(encoding="utf-8")
    return files


def _filled(path: Path, values: dict[str, str]) -> str:
    """A scaffold with each `@name@` replaced. Jinja is not used here: the scaffolds hold Jinja of their own."""
    return re.sub(r"@(\w+)@", lambda match: values[match[1]], path.read_text(encoding="utf-8"))
