"""What the resolver gives: one spec with everything inherited, overlaid and set, before anything is evaluated."""

from dataclasses import dataclass
from posixpath import basename, dirname

from specc.nodes import Mapping, Scalar
from specc.parser import Document
from specc.resolver.params import Param

SUFFIXES = (".job.yaml", ".job.yml", ".yaml", ".yml")


@dataclass(frozen=True, eq=False)
class ResolvedSpec:
    """One spec under one choice of profiles and `--set`s.

    `ancestors` are the files it is made of, weakest first, without itself. `body` is the merged whole: `params`,
    `vars`, `matrix` and `job`, each a mapping (the empty one where nothing is said). `profile_names` are all that
    can be chosen.
    """

    document: Document
    ancestors: tuple[Document, ...]
    api: str
    api_node: Scalar | None
    body: Mapping
    params: dict[str, Param]
    profile_names: dict[str, Scalar]

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

    def section(self, name: str) -> Mapping:
        node = self.body.entries[name]
        assert isinstance(node, Mapping)
        return node
