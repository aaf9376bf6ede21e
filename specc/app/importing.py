"""Batch scripts become specs of a project, each whole or not at all."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

from specc.app.selection import show
from specc.config import OWN, SHARED, configures, find_root, is_there, mistake_in_option, read_configuration
from specc.diagnostics import Diagnostic, Missing
from specc.disk import check_stays, read_bytes
from specc.disk.outputs import write_files
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.formatter import Formatted, format_source
from specc.migration import Migrated, Script, Site, migrate, new_target, read_script, settings_of
from specc.parser import decode
from specc.project import Apis
from specc.settings import Settings, Target
from specc.source import Source
from specc.targets.slurm import SLURM
from specc.visible import visible

JOBS = "jobs"
SCHEMA = Path("schemas") / "jobspec.schema.json"
SUFFIX = re.compile(r"\.(?:sh|bash|sbatch|slurm|slm|job|batch|sub|cmd|run|txt|pbs|sge|qsub)\Z", re.IGNORECASE)
ODD = re.compile(r"[^\w.+-]+")
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Place:
    """Where specs go, in which units and for which API their project is, and which target of it is Slurm's."""

    folder: Path
    root: Path
    units: Mapping[str, str]
    schema: Path | None
    target: Target | None
    api: str = Settings("").api


class BadSettings(SpeccError):
    """The settings of the project that specs are imported into have these errors."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__("the project's settings have errors, so the units of its cluster are not known")
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True)
class Imported:
    """One script that became a spec: which files were written for it, and what has no place in a spec."""

    script: Path
    spec: Path
    body: Path
    written: tuple[Path, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotImported:
    """One script that did not: diagnostics in its text, or an error."""

    script: Path
    diagnostics: tuple[Diagnostic, ...] = ()
    error: SpeccError | None = None


Scripts = Mapping[Path, Script | list[Diagnostic] | SpeccError]


def split_paths(first: list[str], others: list[str]) -> tuple[list[Path], Path]:
    """Scripts and the folder, as `cp` takes them: what stands last may be a folder.

    Raises SpeccError where a name that looks like a script's is not there: a folder of that name is not meant.
    """
    last = others[-1] if others else None
    is_folder = last is not None and not os.path.isfile(last)
    if last is not None and is_folder and not os.path.isdir(last) and SUFFIX.search(last):
        raise SpeccError(f"{last}: no such script", help="for a new folder write a name without such a suffix")
    if last is not None and is_folder and os.path.lexists(last) and not os.path.isdir(last):
        raise SpeccError(f"{last} is neither a script nor a folder")
    scripts = [*first, *(others[:-1] if is_folder else others)]
    folder = Path(last) if last is not None and is_folder else Path()
    return list(dict.fromkeys(map(Path, scripts))), folder


def root_of(folder: Path) -> Path | None:
    """The root of the project that the folder belongs to, or None where there is none yet."""
    root = find_root(folder)
    return root if is_there(root / OWN) or configures(root / SHARED) else None


def place_in(root: Path, folder: Path) -> Place:
    """Return the folder itself, or its `jobs/` where it is the project's root. Raises BadSettings for bad settings."""
    configuration = read_configuration(root, show, os.environ)
    if errors := [diagnostic for diagnostic in configuration.diagnostics if diagnostic.is_error]:
        raise BadSettings(errors)
    settings = configuration.settings
    is_root = Path(os.path.abspath(folder)) == root
    schema = root / SCHEMA if os.path.isfile(root / SCHEMA) else None
    slurm = [target for target in settings.targets.values() if target.kind == SLURM.name]
    chosen = [target for target in slurm if target.name == settings.target] or slurm
    target = chosen[0] if chosen else None
    units, specs = settings.units_for(settings.target), folder / JOBS if is_root else folder
    return Place(specs, root, units, schema, target, settings.api)


def read_scripts(paths: list[Path]) -> Scripts:
    """Return each script as it was read, once, because some come through pipes; else why there is none."""
    return {path: _read(path) for path in paths}


def target_for(scripts: Scripts) -> Target | None:
    """Return the `slurm` target of a new project for these scripts, or None where none of them is Slurm's."""
    options = [each.options for each in scripts.values() if isinstance(each, Script) and each.is_of_slurm]
    return new_target(options, mistake_in_option) if options else None


def target_lines(target: Target, scripts: Scripts, root: Path, units: Mapping[str, str]) -> str:
    """Return the target as specc.toml has it. A folder that all scripts are from may be where their jobs start."""
    folders = {_folder(path) for path in scripts}
    only = folders.pop() if len(folders) == 1 else None
    elsewhere = str(only) if only is not None and only != Path(os.path.realpath(root)) else None
    return settings_of(target, units, elsewhere if elsewhere is not None and visible(elsewhere) == elsewhere else None)


def import_scripts(scripts: Scripts, place: Place, project: Mapping[Path, str]) -> Iterator[Imported | NotImported]:
    """Write every spec that can be made, and with the first of them the project's own files.

    A script that is refused stops no other.
    """
    names = _names(list(scripts))
    schema = os.path.relpath(place.schema, place.folder) if place.schema is not None else None
    root = Path(os.path.realpath(place.root))
    apis = Apis()
    fields = tuple(apis[place.api].fields) if place.api in apis else ()
    files = project
    for path, script in scripts.items():
        if isinstance(script, SpeccError):
            yield NotImported(path, error=script)
            continue
        try:
            site = Site(mistake_in_option, place.target, is_elsewhere=_folder(path) != root)
            migrated = migrate(script, names[path], place.units, schema, site) if isinstance(script, Script) else script
            if not isinstance(migrated, Migrated):
                yield NotImported(path, tuple(migrated))
                continue
            laid_out = replace(migrated, spec=_laid_out(migrated.spec, fields))
            imported = _write(path, names[path], place.folder, laid_out, files)
        except SpeccError as error:
            yield NotImported(path, error=error)
            continue
        files = {}
        yield imported


def _laid_out(spec: str, fields: tuple[str, ...]) -> str:
    """Return the spec as `specc fmt` would leave it."""
    result = format_source(Source("", spec), fields)
    return result.text if isinstance(result, Formatted) else spec


def _read(path: Path) -> Script | list[Diagnostic] | SpeccError:
    try:
        check_stays(path, "read")
        data = read_bytes(path, takes_pipes=True)
    except SpeccError as error:
        return error
    if isinstance(data, Missing):
        return SpeccError(f"{path}: {data.message}", help=data.help)
    source = decode(data, show(path), path.name)
    return [source] if isinstance(source, Diagnostic) else read_script(source)


def _folder(script: Path) -> Path:
    return Path(os.path.realpath(script.parent))


def _write(script: Path, name: str, folder: Path, migrated: Migrated, project: Mapping[Path, str]) -> Imported:
    """Write both files or none; nothing that is there is touched."""
    spec, body = folder / f"{name}.job.yaml", folder / migrated.file
    taken = [str(path) for path in (spec, body) if os.path.lexists(path)]
    if taken:
        help = "choose another folder: `specc init --from SCRIPT... DIR`"
        raise SpeccError(f"{script} is not imported, as it is already there: {', '.join(taken)}", help=help)
    texts = {**project, spec: migrated.spec, body: migrated.script}
    write_files(texts)
    return Imported(script, spec, body, tuple(texts), tuple(note.shown() for note in migrated.notes))


def _names(scripts: list[Path]) -> dict[Path, str]:
    """A name for each: of the file, with its folder's before it where several files are called the same."""
    names = {script: _name(SUFFIX.sub("", script.name)) for script in scripts}
    parents = {script: Path(os.path.abspath(script)).parent.name for script in scripts}
    counts = _counted(names)
    wide = {s: _name(f"{parents[s]}-{n}") if counts[_folded(n)] > 1 else n for s, n in names.items()}
    counts = _counted(wide)
    taken: set[str] = set()
    for script, name in wide.items():
        number = 2
        while counts[_folded(name)] > 1 and _folded(wide[script]) in taken:
            wide[script], number = f"{name}-{number}", number + 1
        taken.add(_folded(wide[script]))
    return wide


def _counted(names: Mapping[Path, str]) -> dict[str, int]:
    folded = [_folded(name) for name in names.values()]
    return {name: folded.count(name) for name in folded}


def _folded(name: str) -> str:
    """Two names that differ in case alone are one file on some disks."""
    return normalize("NFC", name).casefold()


def _name(text: str) -> str:
    """Plain letters for a file and a job, whatever the script is called."""
    return ODD.sub("-", text)[:LONGEST_NAME].strip("-.") or "job"
