"""`specc init`: a working project to start from."""

import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from specc.app.importing import (
    BadSettings,
    Imported,
    Place,
    import_scripts,
    place_in,
    read_scripts,
    root_of,
    split_paths,
)
from specc.app.importing import Scripts as ReadScripts
from specc.app.scaffolding import EDITORS, UNITS, Cluster, NewProject, editor_settings, is_for_cloud, new_project
from specc.app.selection import show
from specc.cli import exits
from specc.cli.console import say, say_error, say_lines, write_line
from specc.cli.printing import print_diagnostics
from specc.diagnostics import Diagnostic
from specc.disk.outputs import write_file
from specc.errors import SpeccError
from specc.language import translated

UNKNOWN = "unknown"
RUN_HERE = "specc submit --target local --wait"
USUAL = Cluster()

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[DIR]",
        help="The folder of the project, which is made if it does not exist. More scripts can be given before it.",
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
Name = Annotated[
    str | None, typer.Option("--project", metavar="NAME", help="The project's name (default: the folder's).")
]
Memory = Annotated[
    str | None, typer.Option("--mem-unit", help=f"The cluster's unit of mem_limit: {', '.join(UNITS['mem_limit'])}.")
]
Time = Annotated[
    str | None, typer.Option("--time-unit", help=f"The cluster's unit of time_limit: {', '.join(UNITS['time_limit'])}.")
]
Zone = Annotated[str, typer.Option("--zone", help="The zone of the cluster.")]
ClusterId = Annotated[str, typer.Option("--cluster-id", help="The id of the cluster.")]
Editors = Annotated[
    list[str] | None,
    typer.Option("--editor", metavar="NAME", help=f"Also write settings of {', '.join(EDITORS)}; repeatable."),
]
User = Annotated[str, typer.Option("--run-user", help="The user that runs the jobs.")]


def init(
    paths: Paths = None,
    from_: Scripts = None,
    project: Name = None,
    mem_unit: Memory = None,
    time_unit: Time = None,
    zone: Zone = USUAL.zone,
    cluster_id: ClusterId = USUAL.id,
    run_user: User = USUAL.user,
    editor: Editors = None,
) -> int:
    """Make a working project: settings, a base, a job, the editor's schema, a pre-commit hook, .gitignore.

    The units of memory and time are asked for on a terminal, because the API documents none. Nothing is overwritten: a
    .gitignore or pre-commit configuration that is there stays as it is.

    With --from, as in `specc init --from old/*.sbatch new`, each batch script becomes a spec NAME.job.yaml and the
    script NAME.sh that it runs. They go into DIR, or into jobs/ where DIR is the root of the project. What has no place
    in a spec is listed on standard error and at the top of the spec. Scripts that cannot be imported are skipped. A new
    project for scripts of Slurm gets a target `slurm`, its default, with their account and their queues.

    With --editor, settings are written with which an editor or a formatter agrees with specc. In a project that exists
    already, `specc init --editor vscode` writes nothing else. `prettier` is for its configuration alone, `taplo` for
    the schema of specc.toml.

    Example: specc init cfd --mem-unit MiB --time-unit min
    """
    given = paths or []
    editors = [_editor(name) for name in editor or []]
    if len(given) > 1 and not from_:
        help = "for scripts write `specc init --from SCRIPT... DIR`"
        raise SpeccError(f"one folder is expected, not {len(given)}", help=help)
    paths_of_scripts, folder = split_paths(from_, given) if from_ else ([], Path(*given))
    if folder.is_file():
        help = f"to make a spec of a batch script, write `specc init --from {shlex.quote(str(folder))}`"
        raise SpeccError(f"{show(folder)} is a file, and not a folder", help=help)
    cluster = Cluster(zone, cluster_id, run_user)
    of_new = {"--project": project, "--mem-unit": mem_unit, "--time-unit": time_unit, **_chosen(cluster)}
    if editors and not from_ and os.path.lexists(folder / "specc.toml"):
        _refuse(of_new, folder)
        return _write_settings(folder, editors)
    scripts = read_scripts(paths_of_scripts)
    root = root_of(folder) if scripts else None
    if root is not None:
        _refuse(of_new, root)
        _write_settings(root, editors)
        return _import(scripts, _place_in(root, folder), {})
    units = _units({"mem_limit": mem_unit, "time_limit": time_unit}, asks=is_for_cloud(scripts, cluster))
    made = new_project(folder, project, cluster, units, scripts)
    code = _import(scripts, made.place, made.files) if scripts else _write(made.files)
    if os.path.lexists(folder / "specc.toml"):
        _write_settings(folder, editors)
        _say_next(made, has_scripts=bool(scripts))
    return code


def _chosen(cluster: Cluster) -> dict[str, str]:
    """Return the options that choose another cluster than the usual one."""
    pairs = {
        "--zone": (cluster.zone, USUAL.zone),
        "--cluster-id": (cluster.id, USUAL.id),
        "--run-user": (cluster.user, USUAL.user),
    }
    return {name: value for name, (value, usual) in pairs.items() if value != usual}


def _refuse(of_new: Mapping[str, str | None], root: Path) -> None:
    """Raise an error for options that a project which is there already would not follow."""
    for option, value in of_new.items():
        if value is not None:
            help = f"leave it out; {show(root / 'specc.toml')} has the settings of this project"
            raise SpeccError(f"`{option}` is for a new project, and this one is there already", help=help)


def _editor(name: str) -> str:
    if name not in EDITORS:
        raise SpeccError(f"there are no settings for an editor `{name}`", help=f"write one of {', '.join(EDITORS)}")
    return name


def _write_settings(folder: Path, editors: list[str]) -> int:
    """Write the settings of editors that are not there yet, and say what is to be added to those that are."""
    settings = editor_settings(folder, editors)
    _say_kept(settings.kept)
    return _write(settings.files)


def _units(given: Mapping[str, str | None], *, asks: bool) -> dict[str, str]:
    """Return the units as given or asked for, without those that nobody knows."""
    known = {field: _unit(unit, field, UNITS[field], asks=asks) for field, unit in given.items()}
    return {field: unit for field, unit in known.items() if unit is not None}


def _unit(given: str | None, field: str, units: Iterable[str], *, asks: bool) -> str | None:
    """Return the unit as given or asked for; None where nobody knows it."""
    choice = given
    if choice is None and asks and sys.stdin.isatty():
        question = f"In which unit does your cluster read {field}? ({', '.join(units)}, or {UNKNOWN})"
        choice = typer.prompt(translated(question), default=UNKNOWN)
    if choice is None or choice == UNKNOWN:
        return None
    if choice not in units:
        raise SpeccError(f"`{choice}` is not a unit of {field}", help=f"units: {', '.join(units)}")
    return choice


def _write(files: Mapping[Path, str]) -> int:
    for path, text in files.items():
        write_file(path, text)
        write_line(str(path))
    return exits.OK


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


def _say_kept(kept: Mapping[Path, str]) -> None:
    for path, text in kept.items():
        say(f"{path} exists already; add this to it for specc:")
        say_lines("".join(f"    {line}\n" for line in text.splitlines()))


def _say_next(made: NewProject, *, has_scripts: bool) -> None:
    """Say what is left to do by hand, and the next commands."""
    _say_kept(made.kept)
    if made.unset:
        say(f"set the unit of {' and '.join(made.unset)} in {made.folder / 'specc.toml'} before you use them")
    # Without units this machine could not keep the limits, and somebody's old scripts are not run on a whim.
    commands = f"specc check && {'specc render' if made.unset or has_scripts else RUN_HERE}"
    if os.path.realpath(made.folder) == os.path.realpath(os.curdir):
        say(f"next: {commands}")
    else:
        say(f"next: cd {shlex.quote(str(made.folder))} && {commands}")
    if has_scripts and not made.unset:
        say(f"to run the jobs on this machine: {RUN_HERE}")
