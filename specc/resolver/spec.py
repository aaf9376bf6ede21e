"""What the resolver gives: one spec with everything inherited, overlaid and set, before anything is evaluated."""

from dataclasses import replace
from posixpath import basename, dirname

from specc.diagnostics import Diagnostic, Label
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Scalar
from specc.parser import Document
from specc.resolver.params import Param
from specc.resolver.paths import join
from specc.source import Source, Span

SUFFIXES = (".job.yaml", ".job.yml", ".yaml", ".yml")


@dataclass(frozen=True, eq=False)
class ResolvedSpec:
    """One spec under one choice of profiles and `--set`s.

    `ancestors` are the files it is made of, weakest first, without itself. `body` is the merged whole: `params`,
    `vars`, `matrix` and `job`, each a mapping (the empty one where nothing is said). `profile_names` are all that
    can be chosen. `is_whole` is False where a parent could not be had, which is reported.
    """

    document: Document
    ancestors: tuple[Document, ...]
    api: str
    api_node: Scalar | None
    body: Mapping
    params: dict[str, Param]
    profile_names: dict[str, Scalar]
    is_whole: bool = True

    @property
    def path(self) -> str:
        """The path from the project's root."""
        return self.document.source.name

    @property
    def name(self) -> str:
        """The file's name without `.job.yaml`."""
        file = basename(self.path)
        return next((file.removesuffix(s) for s in SUFFIXES if file.endswith(s) and file != s), file)

    @property
    def folder(self) -> str:
        return dirname(self.path) or "."

    @property
    def id(self) -> str:
        """`id:` of the file, else its path: what a submission of this spec is known by."""
        return str(self.document.id.value) if self.document.id else self.path

    @property
    def abstract(self) -> bool:
        return self.document.abstract

    @property
    def is_open(self) -> bool:
        """What is missing here may stand in another file: an heir of a base, or a parent that could not be had."""
        return self.abstract or not self.is_whole

    def traced(self, finding: Diagnostic) -> Diagnostic:
        """The finding as one about this spec: in an inherited file, it shows the `extends` that led there."""
        place = self._through(finding.span.source)
        if place is None or any(label.span == place for label in finding.labels):
            return finding
        return replace(finding, labels=(*finding.labels, Label(place, "inherited through this")))

    def _through(self, source: Source) -> Span | None:
        """The parent in `extends` that is that file, else the whole of it where some parent brings the file."""
        if all(source is not ancestor.source for ancestor in self.ancestors):
            return None
        name = self.document.source.name
        direct = (ref.span for ref in self.document.parents if join(name, str(ref.value)) == source.name)
        return next(direct, self.document.root.entries["extends"].span)

    def section(self, name: str) -> Mapping:
        node = self.body.entries[name]
        assert isinstance(node, Mapping)
        return node
