"""How a job starts on targets that run jobs themselves: its folder, its program, and its variables.

All of this is settled when the job is submitted, on the machine that submits: the payload stays free of the paths of
one machine.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from specc.system.reader import Unreadable, read_start
from specc.targets.protocol import Origin

PROJECT, SPEC, JOB = "project", "spec", "job"
WORKDIRS = (PROJECT, SPEC, JOB)
"""The words of the setting `workdir`, which may also be an absolute path."""

FIRST_LINE = 512

MODULES = ("MODULEPATH", "MODULESHOME", "MODULERCFILE", "BASH_ENV")
MODULES_BEGINNING = ("MODULES_", "LMOD_", "BASH_FUNC_module", "BASH_FUNC__module", "BASH_FUNC_ml", "BASH_FUNC_clearL")
LOADED = ("LMOD_FAMILY_",)
"""Variables that say which modules are loaded. They are left out, so that a job loads its modules anew."""


def module_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without which `module load` is an unknown command in a job.

    They are those of Environment Modules and of Lmod, and the functions of the shell that they have exported, as
    `sbatch` passes them on.
    """
    return {
        name: value
        for name, value in environment.items()
        if name in MODULES or (name.startswith(MODULES_BEGINNING) and not name.startswith(LOADED))
    }


def start_folder(workdir: str, origin: Origin | None) -> str | None:
    """Return the folder that a job starts in, or None for its private one.

    A job without a project, such as one that came over the API, always starts in its private folder.
    """
    if origin is None or workdir == JOB:
        return None
    return {PROJECT: origin.project, SPEC: origin.spec_folder}.get(workdir, workdir)


def variables_of(origin: Origin | None) -> dict[str, str]:
    """Return the variables that tell a job where it comes from."""
    if origin is None:
        return {}
    return {
        "SPECC_PROJECT": origin.project,
        "SPECC_SPEC_DIR": origin.spec_folder,
        "SPECC_CELL": origin.cell,
        "SPECC_ATTEMPT": str(origin.attempt),
    }


def path_from(folder: str | None, path: str) -> str:
    """Return the absolute path of a file that a job names, from the folder that it starts in, else from here."""
    return str(Path(folder, path)) if folder is not None else str(Path(path).absolute())


def starter_of(text: str) -> tuple[str, ...]:
    """Return the words that start a script with this text, before its path: those of its `#!` line, else bash.

    The line is read as by the kernel: an absolute path, and the rest of the line as one argument.
    """
    first = text.partition("\n")[0].rstrip()
    words = first.removeprefix("#!").split(None, 1) if first.startswith("#!") else []
    return tuple(words) if words and os.path.isabs(words[0]) else ("bash",)


def starter_of_file(path: str) -> tuple[str, ...]:
    """Return the words that start a script in a file. A file that cannot be read is left to bash, which says so."""
    try:
        return starter_of(read_start(path, FIRST_LINE).decode("utf-8", "replace"))
    except Unreadable:
        return ("bash",)
