"""The events of any YAML text, the fast way where there is one. Nothing above knows libyaml or ruamel.yaml."""

from collections.abc import Iterator
from importlib import import_module
from typing import Protocol

from specc.parser import libyaml
from specc.parser.event import Event, Stretch


class Events(Protocol):
    """Iterating raises `SyntaxProblem` or `DepthProblem` where the text cannot be read on.

    `tags` and `templates` are where tags and unquoted templates stand, `scalars` where all scalars do, in the order of
    the text: at least those of the events that were read.
    """

    @property
    def tags(self) -> list[tuple[int, int]]: ...

    @property
    def templates(self) -> list[tuple[int, int]]: ...

    @property
    def scalars(self) -> list[Stretch]: ...

    def __iter__(self) -> Iterator[Event]: ...


def events_of(text: str, start: int = 0, max_depth: int = 64) -> Events:
    """The events of `text[start:]`; all offsets count from the start of `text`."""
    return libyaml.events_of(text, start, max_depth) or _pure(text, start, max_depth)


def _pure(text: str, start: int, max_depth: int) -> Events:
    """Imported late, and by name: ruamel.yaml costs 15 ms, and only what is odd or wrong needs it."""
    events: Events = import_module("specc.parser.pure").PureEvents(text, start, max_depth)
    return events
