"""The bytes of a project's files as they are in one commit."""

from pathlib import Path

from specc.diagnostics import Code, Missing, codes
from specc.disk import SHIPPED, Contents
from specc.revision.tree import Lost, Tree


class TreeContents(Contents):
    """Reads from git. Shipped bases are those of this specc.

    A path that messages print has the commit before it, as `git show` takes it.
    """

    def __init__(self, root: Path, tree: Tree, label: str) -> None:
        super().__init__(root, lambda path: f"{label}:{path.relative_to(root).as_posix()}")
        self._tree = tree

    def read(self, name: str, code: Code) -> bytes | Missing:
        if name.startswith(SHIPPED):
            return super().read(name, code)
        data = self._tree.read(name)
        if isinstance(data, Lost):
            return Missing(codes.OUTSIDE_PROJECT if data.leads_out else code, f"{self.path_of(name)} {data.why}")
        return data
