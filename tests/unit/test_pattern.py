"""Regular expressions that are compiled at their first use."""

import pkgutil
import re
from importlib import import_module

import pytest

import specc
from specc.pattern import pattern

MODULES = [found.name for found in pkgutil.walk_packages(specc.__path__, "specc.") if found.name != "specc.__main__"]
TAKEN = type(pattern("a"))


def test_it_is_the_pattern() -> None:
    lazy, real = pattern("(?P<x>a+)b?", re.IGNORECASE), re.compile("(?P<x>a+)b?", re.IGNORECASE)
    assert lazy.groupindex == real.groupindex
    assert lazy.pattern == real.pattern
    assert lazy.flags == real.flags
    for text in ("", "xAab", "b", "aba"):
        assert lazy.findall(text) == real.findall(text)
        assert lazy.sub("-", text) == real.sub("-", text)
        assert bool(lazy.fullmatch(text)) is bool(real.fullmatch(text))


def test_nothing_is_compiled_before_it_is_used() -> None:
    broken = pattern("(")
    with pytest.raises(re.error):
        broken.search("")


@pytest.mark.parametrize("name", MODULES)
def test_every_pattern_of_a_module_is_right(name: str) -> None:
    module = vars(import_module(name))
    for value in module.values():
        for each in value.values() if isinstance(value, dict) else [value]:
            if isinstance(each, TAKEN):
                each.groups  # noqa: B018  asked for, so compiled
