"""A new project, as `specc init` makes it: one to learn from, or one for batch scripts that become specs."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from specc import assets
from specc.app.importing import JOBS, SCHEMA, Place, Scripts, target_for, target_lines
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.migration import UNITS as SLURM_UNITS
from specc.migration import units_line
from specc.settings import Target
from specc.system.reader import Unreadable, read_file
from specc.units import DURATION_UNITS, MEMORY_UNITS

UNITS: Mapping[str, Iterable[str]] = {"mem_limit": MEMORY_UNITS, "time_limit": DURATION_UNITS}
"""The fields of which the API documents no unit, and the units that a cluster may count them in."""

HOOKS = ".pre-commit-config.yaml"
SHARED = (".gitignore", HOOKS)
"""Files that are not specc's own: a repository often has them."""

SETTINGS = {
    "specc.toml": "specc.toml",
    "pre-commit-config.yaml": HOOKS,
    "gitignore": ".gitignore",
}
EXAMPLE = {
    "specc.toml": "specc.toml",
    "base/site.job.yaml": "base/site.job.yaml",
    "jobs/hello.job.yaml": "jobs/hello.job.yaml",
    "pre-commit-config.yaml": HOOKS,
    "gitignore": ".gitignore",
}
"""The scaffolds, and where each goes: of a project for imported jobs, and of one to learn from."""

EDITORS: Mapping[str, Mapping[str, str]] = {
    "vscode": {
        "extensions.json": ".vscode/extensions.json",
        "settings.json": ".vscode/settings.json",
        "prettierrc.yaml": ".prettierrc.yaml",
    },
    "prettier": {"prettierrc.yaml": ".prettierrc.yaml"},
    "taplo": {"taplo.toml": ".taplo.toml"},
}
"""The settings of each editor or tool, and where they stand: from the root of the repository."""

SETTINGS_SCHEMA = SCHEMA.with_name("specc.schema.json")

USUAL = {"mem_limit": "MiB", "time_limit": "min"}
"""The units that stand in the settings as a comment, where nobody knows the right ones yet."""

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


@dataclass(frozen=True, slots=True)
class Cluster:
    """What identifies the caller to a cluster behind the API. The defaults are placeholders, to be replaced later."""

    zone: str = "jn1a"
    id: str = "ehpc-xxxxxxxx"
    user: str = "usr-xxxxxxxx"


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project that can be written, file by file.

    The configuration of pre-commit stands at the root of the repository, where pre-commit looks for it. `kept` are
    shared files that are there already, with the texts that they should have. `place` is where scripts are imported,
    and `unset` are the fields whose units nobody has given.
    """

    folder: Path
    files: Mapping[Path, str]
    kept: Mapping[Path, str]
    place: Place
    unset: tuple[str, ...]


def is_for_cloud(scripts: Scripts, cluster: Cluster) -> bool:
    """Return whether jobs of the project go to the API, and not only to the Slurm cluster that the scripts are for."""
    return target_for(scripts) is None or cluster != Cluster()


def new_project(
    folder: Path, name: str | None, cluster: Cluster, units: Mapping[str, str], scripts: Scripts
) -> NewProject:
    """Return the project; nothing is written. `name` is the folder's by default, `units` are those that are known.

    Raises SpeccError where a file of the project is there already.
    """
    slurm = target_for(scripts)
    inside = _inside(folder)
    # Slurm is told sizes in its own units, whatever the project counts in.
    own = {} if is_for_cloud(scripts, cluster) else {f: unit for f, unit in SLURM_UNITS.items() if f not in units}
    values = {
        "project": _plain(name or folder.resolve().name or "jobs"),
        "slurm_target": target_lines(slurm, scripts, folder, own) if slurm is not None else "",
        "target": _default_target(slurm, is_cloud=is_for_cloud(scripts, cluster)),
        "own_units": units_line(own),
        "units": _unit_lines(units),
        "limits": "".join(f"  {field}: {MODEST[units[field]]}\n" for field in UNITS if field in units),
        "zone": _plain(cluster.zone),
        "cluster": _plain(cluster.id),
        "user": _plain(cluster.user),
    } | _hook_lines(inside)
    files = _files(folder, values, SETTINGS if scripts else EXAMPLE)
    if inside != Path():
        files[_up(folder, inside) / HOOKS] = files.pop(folder / HOOKS)
    kept = {path: text for path, text in files.items() if path.name in SHARED and os.path.lexists(path)}
    new = {path: text for path, text in files.items() if path not in kept}
    if taken := [str(path) for path in new if os.path.lexists(path)]:
        raise SpeccError(f"already there: {', '.join(taken)}", help="choose another folder: `specc init DIR`")
    place = Place(folder / JOBS, folder, {**units, **own}, folder / SCHEMA, slurm)
    return NewProject(folder, new, kept, place, tuple(f for f in UNITS if f not in units and f not in own))


class EditorSettings(NamedTuple):
    """Files that can be written, and the texts that should be in files that are there already."""

    files: Mapping[Path, str]
    kept: Mapping[Path, str]


def editor_settings(folder: Path, editors: Iterable[str]) -> EditorSettings:
    """Return the settings of these editors for the project in a folder; nothing is written."""
    inside = _inside(folder)
    root = folder if inside == Path() else _up(folder, inside)
    values = {
        "settings_files": ", ".join(_text(str(inside / name)) for name in ("specc.toml", "specc.local.toml")),
        "settings_schema": _text(str(inside / SETTINGS_SCHEMA)),
    }
    scaffold = assets.folder("templates") / "init" / "editors"
    files: dict[Path, str] = {}
    for editor in editors:
        files |= {root / path: _filled(scaffold / f"{name}.in", values) for name, path in EDITORS[editor].items()}
        if editor == "taplo":
            schema = assets.folder("schemas") / SETTINGS_SCHEMA.name
            files[folder / SETTINGS_SCHEMA] = schema.read_text(encoding="utf-8")
    there = [path for path in files if os.path.lexists(path)]
    kept = {path: files[path] for path in there if path.name != SETTINGS_SCHEMA.name and not _holds(path, files[path])}
    return EditorSettings({path: text for path, text in files.items() if path not in there}, kept)


def _holds(path: Path, text: str) -> bool:
    """Return whether a file holds just this text."""
    try:
        return read_file(path, len(text) * 4) == text.encode()
    except Unreadable:
        return False


def _text(text: str) -> str:
    """Return a text in TOML's double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _inside(folder: Path) -> Path:
    """Return the project's path from the root of the git repository that it lies in; empty at the root, or in none.

    A home that is kept in git as a whole does not count: its owner did not mean its hooks. Neither does a path that a
    YAML file cannot hold.
    """
    place = Path(os.path.realpath(folder))
    root = next((above for above in (place, *place.parents) if os.path.lexists(above / ".git")), place)
    is_home = str(root) == os.path.realpath(os.path.expanduser("~"))
    if is_home or re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", str(place)):
        return Path()
    return place.relative_to(root)


def _up(folder: Path, inside: Path) -> Path:
    """Return the folder so many levels above as `inside` has parts, named as briefly as the folder was."""
    root = Path(os.path.realpath(folder)).parents[len(inside.parts) - 1]
    return Path(os.path.relpath(root)) if not folder.is_absolute() else root


def _hook_lines(inside: Path) -> dict[str, str]:
    """Return what the hooks are told of the project's place in its repository, as YAML."""
    schema = str(inside / SCHEMA)
    below = f"{re.escape(str(inside))}/(.*/)?[^/]*" if inside != Path() else ""
    return {
        "check_args": "" if inside == Path() else f"        args: [{_quoted(str(inside))}]\n",
        "specs": _quoted(f"^{below}\\.job\\.ya?ml$") if below else r"\.job\.ya?ml$",
        "schema": schema if inside == Path() else _quoted(schema),
        "schema_files": _quoted(f"^{re.escape(schema)}$"),
    }


def _quoted(text: str) -> str:
    """Return a text in YAML's single quotes, in which nothing else has a meaning."""
    return "'" + text.replace("'", "''") + "'"


def _default_target(slurm: Target | None, *, is_cloud: bool) -> str:
    return "cluster" if is_cloud or slurm is None else slurm.name


def _unit_lines(units: Mapping[str, str]) -> str:
    """Return the settings; a unit that nobody knows yet stays a comment."""
    return "\n".join(
        f'{field} = "{units[field]}"' if field in units else f'# {field} = "{USUAL[field]}"' for field in UNITS
    )


def _plain(text: str) -> str:
    """Return a text that can stand in TOML's double quotes. The name of a folder can hold any bytes."""
    return re.sub(r'["\\\x00-\x1f\x7f\ud800-\udfff]', "_", text)


def _files(folder: Path, values: Mapping[str, str], places: Mapping[str, str]) -> dict[Path, str]:
    scaffold = assets.folder("templates") / "init"
    files = {folder / place: _filled(scaffold / f"{name}.in", values) for name, place in places.items()}
    schema = assets.folder("schemas") / "jobspec.schema.json"
    files[folder / SCHEMA] = schema.read_text(encoding="utf-8")
    return files


def _filled(path: Path, values: Mapping[str, str]) -> str:
    """Return a scaffold with each `@name@` replaced. The scaffolds hold Jinja of their own, so that is not used."""
    return re.sub(r"@(\w+)@", lambda match: values[match[1]], path.read_text(encoding="utf-8"))
