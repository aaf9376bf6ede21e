"""Every setting with its value and its origin, for people who ask why."""

from collections.abc import Iterator
from typing import NamedTuple

from specc.config.checks import dotted
from specc.config.shapes import SETTINGS, TARGET
from specc.nodes import Mapping, Node, Path, to_data
from specc.settings import Settings
from specc.source import Span


class Entry(NamedTuple):
    """One setting. No span: a built-in default. `is_overridden` marks a value that lost to the entry before it."""

    key: str
    value: object
    span: Span | None
    is_overridden: bool = False


def entries(written: Mapping, settings: Settings) -> Iterator[Entry]:
    """All settings, in the order of the table of settings; inside of free tables in the order written."""
    for name in SETTINGS:
        if name == "targets":
            yield from _targets(written.get(name))
        elif (node := written.get(name)) is not None:
            yield from _node(node, (name,))
        elif name not in ("defaults", "units", "ledger", "rules"):
            value = getattr(settings, name)
            yield Entry(name, list(value) if isinstance(value, tuple) else value, None)


def _targets(node: Node | None) -> Iterator[Entry]:
    """The built-in `local` comes first."""
    declared = dict(node.entries) if isinstance(node, Mapping) else {}
    local = declared.pop("local", None)
    if not isinstance(local, Mapping) or local.get("kind") is None:
        yield Entry("targets.local.kind", "local", None)
    for name, target in [("local", local), *declared.items()]:
        if isinstance(target, Mapping):
            for key in TARGET:
                if (value := target.get(key)) is not None:
                    yield from _node(value, ("targets", name, key))


def _node(node: Node, path: Path) -> Iterator[Entry]:
    if isinstance(node, Mapping):
        for key, value in node.entries.items():
            yield from _node(value, (*path, key))
        return
    name, loser = dotted(path), node.beneath
    yield Entry(name, to_data(node), node.span)
    while loser is not None:
        yield Entry(name, to_data(loser), loser.span, is_overridden=True)
        loser = loser.beneath
