"""How much of a project a check went through: what it did not find is only gone where it looked."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from specc.resolver import Library
from specc.workspace.dependents import Graph, dependents, graph_of

NO_NAMES: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Coverage:
    """`checked` are the specs that were, and `broken` those of them with an error that may have hidden other findings.

    `as_is` says that nothing of the command line changed them: no profile, parameter, override or target.
    """

    specs: tuple[str, ...]
    library: Library
    checked: frozenset[str]
    broken: frozenset[str] = NO_NAMES
    as_is: bool = True

    @cached_property
    def graph(self) -> Graph:
        return graph_of(dict.fromkeys([*self.specs, *self.checked]), self.library)

    def is_complete(self, name: str) -> bool:
        """Has every spec that a text is part of been checked, and the text itself if it is a spec?"""
        return self.as_is and self._needed(name) <= self.checked

    def is_sound(self, name: str) -> bool:
        """Has it, without an error on the way?"""
        return self.is_complete(name) and not (self._needed(name) & self.broken)

    def _needed(self, name: str) -> frozenset[str]:
        own: Iterable[str] = [name] if name in self.graph else []
        return frozenset([*own, *dependents([name], self.graph)])
