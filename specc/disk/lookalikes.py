"""Files in a folder without specs that look like specs, and are not named so."""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from specc.diagnostics import Diagnostic, Missing, codes
from specc.disk.files import read_bytes, spec_files
from specc.settings import Settings
from specc.source import Source

YAML = ("**/*.yaml", "**/*.yml")
MOST_READ, MOST_TOLD = 200, 10
HEADER = re.compile(rb"^specc:[ \t]*[0-9]+[ \t\r]*$", re.MULTILINE)


def look_alikes(folder: Path, root: Path, settings: Settings, show: Callable[[Path], str]) -> Iterator[Diagnostic]:
    """Yield a warning for each file of a folder that begins like a spec, where the folder has no spec.

    Only the first files are looked at, because a folder can have any number of them.
    """
    files = islice(spec_files([folder], root, YAML, settings.exclude), MOST_READ)
    alike = (file for file in files if _is_alike(read_bytes(file)))
    for file in islice(alike, MOST_TOLD):
        shown = show(file)
        named = " or ".join(f"`{pattern}`" for pattern in settings.include)
        message = f"{shown} looks like a spec, and was not checked: the specs of this project are named {named}"
        help = f"rename it to {file.stem}.job.yaml, or check it by its name: `specc check {shown}`"
        yield codes.NOT_CHOSEN.at(Source(shown, "", shown).span(), message, help=help)


def _is_alike(data: bytes | Missing) -> bool:
    return isinstance(data, bytes) and HEADER.search(data) is not None
