"""The configuration: `specc.toml`, or `[tool.specc]` in `pyproject.toml`, and `specc.local.toml` over it.

`[defaults]` holds values of job fields directly (`[defaults]` and below it `core_limit = 1`), as does
`[targets.NAME.job]`; both are layers below every spec. Where a project has a `specc.toml`, `[tool.specc]` has no
effect and a warning says so.

`read_configuration` reads all of it, `find_root` finds the project that it belongs to, and the rest tells its files and
the words that may stand in them.
"""

from specc.config.configuration import NO_TEXTS, Configuration, Entry, read_configuration
from specc.config.files import (
    MAX_BYTES,
    OWN,
    PERSONAL,
    SHARED,
    SHARED_TABLE,
    configures,
    find_root,
    is_there,
    read_settings,
)
from specc.config.shapes import is_optional
from specc.targets.slurm.options import mistake_in_option

__all__ = [
    "MAX_BYTES",
    "NO_TEXTS",
    "OWN",
    "PERSONAL",
    "SHARED",
    "SHARED_TABLE",
    "Configuration",
    "Entry",
    "configures",
    "find_root",
    "is_optional",
    "is_there",
    "mistake_in_option",
    "read_configuration",
    "read_settings",
]
