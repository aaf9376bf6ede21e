"""From an sbatch script to a spec: directives become fields, the body a script, and what has no place is listed."""

from specc.migration.convert import Migrated, migrate
from specc.migration.notes import Note

__all__ = ["Migrated", "Note", "migrate"]
