"""What templates see: `params`, `vars`, `matrix`, `job`, `cell`, `spec`, `env`, each answered lazily."""

from collections.abc import Callable
from collections.abc import Sequence as Many

from specc.expressions import MISSING
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node, Sequence

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

    def keys(self) -> Many[str | int]:
        return self.names

    def plain(self) -> object:
        members = {name: plain(self.look_up(name)) for name in self.names}
        return {name: data for name, data in members.items() if data is not MISSING}


@dataclass(frozen=True, slots=True)
class Tree:
    """A mapping or list inside `vars`: its values are evaluated one by one, so that they may refer to each other.

    `read` gives one member, `whole` all of it. `absent` is what a name gives that is not there: MISSING, or an
    unknown where an heir may supply it.
    """

    node: Mapping | Sequence
    name: str
    read: Callable[[Node, str], object]
    whole: Callable[[Node, str], object]
    absent: object = MISSING

    def member(self, key: str | int) -> object:
        match self.node, key:
            case Mapping(entries=entries), str() if key in entries:
                return self.read(entries[key], f"{self.name}.{key}")
            case Sequence(items=items), int() if 0 <= key < len(items):
                return self.read(items[key], f"{self.name}[{key}]")
            case _:
                return self.absent

    def keys(self) -> Many[str | int]:
        return tuple(self.node.entries) if isinstance(self.node, Mapping) else range(len(self.node.items))

    def plain(self) -> object:
        return self.whole(self.node, self.name)


def plain(value: object) -> object:
    return value.plain() if isinstance(value, Members | Tree) else value


@dataclass(frozen=True, slots=True)
class Scope:
    namespaces: dict[str, Members | Tree]

    def namespace(self, name: str) -> Members | Tree | None:
        return self.namespaces.get(name)
