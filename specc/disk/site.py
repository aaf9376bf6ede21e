"""Where a project is, and what it says of itself before any of its specs is read."""

from collections.abc import Mapping
from pathlib import Path

from specc.disk.contents import Contents
from specc.disk.files import spec_files
from specc.fast_dataclass import dataclass
from specc.settings import Settings


@dataclass(frozen=True, eq=False)
class Site:
    """`digest` is of what the settings were read from; empty where nothing is kept for another time.

    `hidden` are the variables of the environment whose values no report shows.
    """

    root: Path
    settings: Settings
    contents: Contents
    environment: Mapping[str, str]
    digest: str = ""
    hidden: frozenset[str] = frozenset()

    def spec_names(self) -> list[str]:
        """Every spec of the project, by name."""
        files = spec_files([self.root], self.root, self.settings.include, self.settings.exclude)
        return [self.contents.name_of(path) for path in files]
