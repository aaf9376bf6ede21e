"""A shell text, read once."""

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

from specc.shell.commands import Commands
from specc.shell.faults import Broken, GivenUp, ShellFault
from specc.shell.words import Here

MAX_LENGTH = 1_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What is wrong with a text: the first mistake of syntax, or the here-documents that never end."""

    fault: ShellFault | None = None
    unended: tuple[Here, ...] = ()


@lru_cache(maxsize=1024)
def suspected(text: str) -> Reading:
    """What our own parser finds."""
    if len(text) > MAX_LENGTH:
        return Reading()
    try:
        return Reading(unended=tuple(Commands(text).script()))
    except Broken as broken:
        return Reading(broken.fault)
    except GivenUp:
        return Reading()


@lru_cache(maxsize=1024)
def read(text: str) -> Reading:
    """What is wrong with a text, as far as both parsers see it."""
    reading = suspected(text)
    if reading.fault is None or reading.fault.is_sure:
        return reading
    # 30 ms, which only a text with a mistake in it costs
    trees = import_module("specc.shell.trees")
    return reading if trees.tree_of(text).root_node.has_error else Reading()
