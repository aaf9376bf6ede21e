"""Imports one batch script, as `specc init --from` does."""

from collections.abc import Mapping

from specc.config import mistake_in_option
from specc.diagnostics import Diagnostic
from specc.migration import Migrated, Script, Site, migrate, read_script
from specc.settings import Target
from specc.source import Source


def migrated_or_refused(
    text: str, units: Mapping[str, str], target: Target | None = None, *, is_elsewhere: bool = False
) -> Migrated | list[Diagnostic]:
    script = read_script(Source("run.sbatch", text))
    site = Site(mistake_in_option, target, is_elsewhere)
    return migrate(script, "run", units, None, site) if isinstance(script, Script) else script
