"""What templates see: `params`, `vars`, `matrix`, `job`, `cell`, `spec`, `env`, each answered lazily."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from specc.expressions import MISSING
from specc.nodes import Mapping, Node

NAMESPACES = ("params", "vars", "matrix", "job", "cell", "spec", "env")
STATIC_NAMESPACES = ("params", "env")
"""All that axes and parameter defaults may read, because they are needed before there is a cell."""


@dataclass(frozen=True, slots=True)
class Members:
    """A namespace with a fixed list of names, each looked up when a template asks for it."""

    names: tuple[str, ...]
    look_up: Callable[[str], object]

    def member(self, key: str | int) -> object:
        return self.look_up(key) if isinstance(key, str) else MISSING

    def keys(self) -> Sequence[str | int]:
        return self.names

    def plain(self) -> object:
        return {name: plain(self.look_up(name)) for name in self.names}


@dataclass(frozen=True, slots=True)
class Tree:
    """A mapping inside `vars`: its values are evaluated one by one, so that they may refer to each other.

    `absent` is what a name gives that is not there: MISSING, or an unknown where an heir may supply it.
    """

    node: Mapping
    name: str
    read: Callable[[Node, str], object]
    absent: object = MISSING

    def member(self, key: str | int) -> object:
        node = self.node.get(key) if isinstance(key, str) else None
        return self.absent if node is None else self.read(node, f"{self.name}.{key}")

    def keys(self) -> Sequence[str | int]:
        return tuple(self.node.entries)

    def plain(self) -> object:
        return {key: plain(self.member(key)) for key in self.node.entries}


def plain(value: object) -> object:
    return value.plain() if isinstance(value, Members | Tree) else value


@dataclass(frozen=True, slots=True)
class Scope:
    namespaces: dict[str, Members | Tree]

    def namespace(self, name: str) -> Members | Tree | None:
        return self.namespaces.get(name)
