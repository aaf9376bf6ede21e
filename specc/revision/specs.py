"""Which files of a commit are specs of the project."""

import posixpath
from pathlib import PurePosixPath

from specc.config import MAX_BYTES, OWN, SHARED, SHARED_TABLE
from specc.disk import SKIPPED, matches
from specc.revision.tree import Tree


def spec_names(tree: Tree, include: tuple[str, ...], exclude: tuple[str, ...]) -> frozenset[str]:
    """As the search for specs in the work tree finds them. Those of a project further down are not this project's."""
    nested = _nested(tree)

    known = {"": True}

    def is_open(folder: str) -> bool:
        """Are specs looked for in it? Not in a folder that is closed, and in none below."""
        above: list[str] = []
        while folder not in known:
            above.append(folder)
            folder = posixpath.dirname(folder)
        for below in reversed(above):
            path = PurePosixPath(below)
            is_closed = below in nested or path.name in SKIPPED
            known[below] = known[folder] and not (is_closed or any(matches(path.parts, each) for each in exclude))
            folder = below
        return known[folder]

    return frozenset(
        name
        for name in tree.entries
        if is_open(posixpath.dirname(name))
        and any(matches(PurePosixPath(name).parts, pattern) for pattern in include)
        and not any(matches(PurePosixPath(name).parts, pattern) for pattern in exclude)
    )


def _nested(tree: Tree) -> frozenset[str]:
    """Folders below the root that configure specc themselves."""
    return frozenset(
        folder
        for name in tree.entries
        if (folder := posixpath.dirname(name))
        and (posixpath.basename(name) == OWN or (posixpath.basename(name) == SHARED and _configures(tree, name)))
    )


def _configures(tree: Tree, name: str) -> bool:
    data = tree.read(name, MAX_BYTES)
    return isinstance(data, bytes) and SHARED_TABLE.search(data.decode("utf-8", "replace")) is not None
