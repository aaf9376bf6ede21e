"""One project: its root, its settings, its texts, and what its specs are compiled against."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from specc.compiler import Context
from specc.diagnostics import codes, did_you_mean
from specc.errors import SpeccError
from specc.frozen import dataclass
from specc.parser import Document
from specc.resolver import Missing
from specc.schema import ApiSchema
from specc.settings import Settings
from specc.source import Source
from specc.workspace.files import spec_files
from specc.workspace.findings import Findings
from specc.workspace.library import SHIPPED, FileLibrary


@dataclass(frozen=True, eq=False)
class Project:
    root: Path
    settings: Settings
    library: FileLibrary
    apis: Mapping[str, ApiSchema]
    environment: Mapping[str, str]

    @classmethod
    def open(
        cls,
        root: Path,
        settings: Settings,
        apis: Mapping[str, ApiSchema],
        environment: Mapping[str, str],
        show: Callable[[Path], str],
    ) -> "Project":
        return cls(root, settings, FileLibrary(root, show), apis, environment)

    def context(self, target: str | None = None) -> Context:
        """What to compile against for a target, the project's own by default.

        Raises SpeccError for a target or an API that there is not: nothing is checked against nothing.
        """
        if target is not None and target not in self.settings.targets:
            help = did_you_mean(target, self.settings.targets, "targets")
            raise SpeccError(f"the project {self.settings.project} has no target `{target}`", help=help)
        if self.settings.api not in self.apis:
            help = did_you_mean(self.settings.api, self.apis, "APIs")
            raise SpeccError(
                f"the settings of {self.root} name an API that there is not: `{self.settings.api}`", help=help
            )
        return Context(self.library, self.apis, self.settings, target or self.settings.target, self.environment)

    def document(self, name: str, findings: Findings) -> Document | None:
        """The spec of that name, or None with the reason among the findings."""
        parsed = self.library.document(name)
        if isinstance(parsed, Missing):
            place = Source(self.library.path_of(name), "", name).span()
            code = codes.UNREADABLE if parsed.code is codes.PARENT_NOT_FOUND else parsed.code
            findings.add(code.at(place, parsed.message, help=parsed.help))
            return None
        findings.add(*parsed.diagnostics)
        return parsed.document

    def owns(self, source: Source) -> bool:
        """Is that the text of one of the project's specs, as it stands in its file?"""
        return not source.name.startswith((SHIPPED, "<", "-")) and self.library.has_read(source)

    def again(self, texts: Mapping[str, str]) -> "Project":
        """The same project, read anew, with these texts in place of those of the files."""
        library = self.library.again()
        for name, text in texts.items():
            library.add(name, self.library.path_of(name), text.encode())
        return replace(self, library=library)

    def spec_names(self) -> list[str]:
        """Every spec of the project, by name."""
        files = spec_files([self.root], self.root, self.settings.include, self.settings.exclude)
        return [self.library.name_of(path) for path in files]
