"""The personal file over the project's: tables merge, all else replaces and keeps what it replaced beneath."""

from dataclasses import replace

from specc.nodes import Mapping, Node


def merged(weak: Mapping, strong: Mapping) -> Mapping:
    """`strong` over `weak`. Keys keep the order of the weaker, with new ones behind them."""
    entries: dict[str, Node] = dict(weak.entries)
    for key, value in strong.entries.items():
        entries[key] = _over(entries[key], value) if key in entries else value
    return replace(weak, entries=entries, keys={**weak.keys, **strong.keys})


def _over(weak: Node, strong: Node) -> Node:
    if isinstance(weak, Mapping) and isinstance(strong, Mapping):
        return merged(weak, strong)
    return replace(strong, beneath=weak)
