"""How much of a project a check went through: what it did not find is only gone where it looked."""

from collections.abc import Iterable
from functools import cached_property

from specc.fast_dataclass import dataclass
from specc.rules import CLASH_RULES
from specc.source import Source
from specc.workspace.dependents import Graph, graph_of
from specc.workspace.facts import Register
from specc.workspace.library import FileLibrary
from specc.workspace.reading import Reads

CLASHES = frozenset(rule.code.code for rule in CLASH_RULES)


@dataclass(frozen=True, eq=False)
class Coverage:
    """`checked` are the specs that were, and `broken` those with an error that may have hidden other findings.

    `reads` are the texts that these are made of. `as_is` says that nothing of the command line changed them: no
    profile, parameter, override or target.
    """

    specs: tuple[str, ...]
    library: FileLibrary
    register: Register
    reads: Reads
    checked: frozenset[str]
    broken: frozenset[str]
    as_is: bool

    def is_complete(self, name: str, code: str) -> bool:
        """Has every spec been checked that a text is part of, and the text itself if it is a spec?

        What specs do to each other is found when all of the project are checked.
        """
        return self.as_is and (not self._unseen if code in CLASHES else name not in self._unseen)

    def is_sound(self, name: str, code: str) -> bool:
        """Have they, without an error on the way?"""
        is_sound = not self.broken if code in CLASHES else name not in self._doubtful
        return is_sound and self.is_complete(name, code)

    @cached_property
    def texts(self) -> list[Source]:
        return self.library.sources(self.reads)

    @cached_property
    def _graph(self) -> Graph:
        return graph_of(dict.fromkeys([*self.specs, *self.checked]), self.register)

    @cached_property
    def _unseen(self) -> frozenset[str]:
        return self._reached(self._graph.keys() - self.checked)

    @cached_property
    def _doubtful(self) -> frozenset[str]:
        return self._reached(self.broken)

    def _reached(self, names: Iterable[str]) -> frozenset[str]:
        """These specs, and all that they consist of."""
        found = set(names)
        waiting = list(found)
        while waiting:
            new = self._graph.get(waiting.pop(), frozenset()) - found
            found |= new
            waiting += new
        return frozenset(found)
