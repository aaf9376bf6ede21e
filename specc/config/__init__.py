"""The configuration: `specc.toml`, or `[tool.specc]` in `pyproject.toml`, and `specc.local.toml` over it.

`[defaults]` holds values of job fields directly (`[defaults]` and below it `core_limit = 1`), as does
`[targets.NAME.job]`; both are layers below every spec. Where a project has a `specc.toml`, `[tool.specc]` has no
effect and a warning says so.
"""

from specc.config.configuration import Configuration, read_configuration
from specc.config.entries import Entry
from specc.config.root import find_root

__all__ = ["Configuration", "Entry", "find_root", "read_configuration"]
