"""From a batch script to a spec: directives become fields, the body a script, and what has no place is listed."""

from specc.migration.convert import Migrated, Script, migrate, read_script
from specc.migration.site import NAME, UNITS, Site, new_target, settings_of, units_line
from specc.migration.writing import Note

__all__ = [
    "NAME",
    "UNITS",
    "Migrated",
    "Note",
    "Script",
    "Site",
    "migrate",
    "new_target",
    "read_script",
    "settings_of",
    "units_line",
]
