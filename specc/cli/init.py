"""`specc init`: a working project to start from."""

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from specc import __version__, assets
from specc.errors import SpeccError
from specc.units import DURATION_UNITS, MEMORY_UNITS
from specc.workspace import write_file

UNKNOWN = "unknown"
SHARED = (".gitignore", ".pre-commit-config.yaml")
"""Files that are not specc's own: a repository often has them."""

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

Folder = Annotated[Path, typer.Argument(metavar="[DIR]", help="Where the project goes; made if it is not there.")]
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
    folder: Folder = Path(),
    project: Name = None,
    mem_unit: Memory = None,
    time_unit: Time = None,
    zone: Zone = "jn1a",
    cluster_id: Cluster = "ehpc-xxxxxxxx",
    run_user: User = "usr-xxxxxxxx",
) -> int:
    """Make a working project: settings, a base, a job, the editor's schema, a pre-commit hook, .gitignore.

    The units of memory and time are asked for on a terminal, because the API documents none. Nothing is overwritten: a
    .gitignore or pre-commit configuration that is there stays as it is.

    Example: specc init cfd --mem-unit MiB --time-unit min
    """
    name = project or folder.resolve().name or "jobs"
    units = {
        "mem_limit": _unit(mem_unit, "mem_limit", MEMORY_UNITS),
        "time_limit": _unit(time_unit, "time_limit", DURATION_UNITS),
    }
    values = {
        "project": _plain(name),
        "units": _unit_lines(units),
        "limits": _limit_lines(units),
        "zone": _plain(zone),
        "cluster": _plain(cluster_id),
        "user": _plain(run_user),
        "version": __version__,
    }
    files = _files(folder, values)
    kept = {path: text for path, text in files.items() if path.name in SHARED and os.path.lexists(path)}
    taken = [str(path) for path in files if os.path.lexists(path) and path not in kept]
    if taken:
        raise SpeccError(f"already there: {', '.join(taken)}", help="choose another folder: `specc init DIR`")
    for path, text in files.items():
        if path not in kept:
            write_file(path, text)
            print(path)
    for path, text in kept.items():
        print(f"{path} is there already; specc would like to have this in it:", file=sys.stderr)
        print("".join(f"    {line}\n" for line in text.splitlines()), end="", file=sys.stderr)
    unset = [field for field, unit in units.items() if unit is None]
    if unset:
        print(f"set the unit of {' and '.join(unset)} in {folder / 'specc.toml'} before you use them", file=sys.stderr)
    print(f"next: cd {folder} && specc check && specc render", file=sys.stderr)
    return 0


def _unit(given: str | None, field: str, units: Iterable[str]) -> str | None:
    """The unit as given or asked for; None where nobody knows it."""
    choice = given
    if choice is None and sys.stdin.isatty():
        question = f"In which unit does your cluster read {field}? ({', '.join(units)}, or {UNKNOWN})"
        choice = typer.prompt(question, default=UNKNOWN)
    if choice is None or choice == UNKNOWN:
        return None
    if choice not in units:
        raise SpeccError(f"`{choice}` is no unit of {field}", help=f"units: {', '.join(units)}")
    return choice


def _unit_lines(units: dict[str, str | None]) -> str:
    """The settings; a unit that nobody knows yet stays a comment."""
    usual = {"mem_limit": "MiB", "time_limit": "min"}
    return "\n".join(f'{f} = "{unit}"' if unit else f'# {f} = "{usual[f]}"' for f, unit in units.items())


def _limit_lines(units: dict[str, str | None]) -> str:
    """Limits for the first job, as quantities that are whole numbers of the cluster's unit."""
    return "".join(f"  {field}: {MODEST[unit]}\n" for field, unit in units.items() if unit is not None)


def _plain(text: str) -> str:
    """Text that can stand inside TOML's double quotes. A folder's name can hold anything, even half a character."""
    return re.sub(r'["\\\x00-\x1f\x7f\ud800-\udfff]', "_", text)


def _files(folder: Path, values: dict[str, str]) -> dict[Path, str]:
    scaffold = assets.folder("templates") / "init"
    places = {
        "specc.toml": "specc.toml",
        "base/site.job.yaml": "base/site.job.yaml",
        "jobs/hello.job.yaml": "jobs/hello.job.yaml",
        "pre-commit-config.yaml": ".pre-commit-config.yaml",
        "gitignore": ".gitignore",
    }
    files = {folder / place: _filled(scaffold / f"{name}.in", values) for name, place in places.items()}
    schema = assets.folder("schemas") / "jobspec.schema.json"
    files[folder / "schemas" / "jobspec.schema.json"] = schema.read_text(encoding="utf-8")
    return files


def _filled(path: Path, values: dict[str, str]) -> str:
    """A scaffold with each `@name@` replaced. Jinja is not used here: the scaffolds hold Jinja of their own."""
    return re.sub(r"@(\w+)@", lambda match: values[match[1]], path.read_text(encoding="utf-8"))
