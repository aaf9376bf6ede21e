"""One project: its root, its settings, its texts, and what its specs are compiled against."""

from collections.abc import Mapping as Map
from dataclasses import replace
from pathlib import Path

from specc.compiler import Context
from specc.diagnostics import Missing, codes, did_you_mean
from specc.disk import Site
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Scalar
from specc.parser import Document
from specc.resolver import join
from specc.schema import ApiSchema
from specc.settings import Settings
from specc.source import NO_FILES, Source
from specc.workspace.findings import Findings
from specc.workspace.library import FileLibrary
from specc.workspace.refused import refusals_of


@dataclass(frozen=True, eq=False)
class Project:
    site: Site
    library: FileLibrary
    apis: Map[str, ApiSchema]

    @classmethod
    def open(cls, site: Site, apis: Map[str, ApiSchema]) -> "Project":
        return cls(site, FileLibrary(site.contents), apis)

    @property
    def root(self) -> Path:
        return self.site.root

    @property
    def settings(self) -> Settings:
        return self.site.settings

    @property
    def environment(self) -> Map[str, str]:
        return self.site.environment

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
        name = target or self.settings.target
        refusals = refusals_of(self.settings, name, is_chosen=target is not None or self.settings.is_target_chosen)
        return Context(
            self.library, self.apis, self.settings, name, self.environment, refusals, hidden=self.site.hidden
        )

    def prelude_file(self, target: str | None = None) -> str | None:
        """Return the name of the file whose lines a target, the project's own by default, puts before commands."""
        known = self.settings.targets.get(target or self.settings.target)
        node = known.prelude.get("$file") if known is not None and isinstance(known.prelude, Mapping) else None
        return join(node.span.source.name, str(node.value)) if isinstance(node, Scalar) else None

    def document(self, name: str, findings: Findings) -> Document | None:
        """The spec of that name, or None with the reason among the findings."""
        parsed = self.library.document(name)
        if isinstance(parsed, Missing):
            place = Source(self.site.contents.path_of(name), "", name).span()
            code = codes.UNREADABLE if parsed.code is codes.PARENT_NOT_FOUND else parsed.code
            findings.add(code.at(place, parsed.message, help=parsed.help))
            return None
        findings.add(*parsed.diagnostics)
        return parsed.document

    def owns(self, source: Source) -> bool:
        """Is that the text of one of the project's specs, as it stands in its file?"""
        return not source.path.startswith(NO_FILES) and self.library.has_read(source)

    def again(self, texts: Map[str, str]) -> "Project":
        """The same project, read anew, with these texts in place of those of the files."""
        contents = self.site.contents.again()
        for name, text in texts.items():
            contents.add(name, self.site.contents.path_of(name), text.encode())
        return Project.open(replace(self.site, contents=contents), self.apis)
