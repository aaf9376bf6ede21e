"""Jinja2 without its `__init__`, which also imports what loads, caches and compiles templates, for half of the time."""

import sys
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any


class Waiting(ModuleType):
    """A package whose `__init__` runs when anything is asked of it. Modules in it can be imported before."""

    def __getattr__(self, name: str) -> Any:
        """Called only for what is not there yet."""
        self.__class__ = ModuleType  # type: ignore[assignment]
        if self.__spec__ is not None and self.__spec__.loader is not None:
            self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def wait(package: str) -> None:
    """Changes nothing for a package that was imported before, or is not there."""
    spec = find_spec(package)
    if package not in sys.modules and spec is not None:
        sys.modules[package] = module_from_spec(spec)
        sys.modules[package].__class__ = Waiting


wait("jinja2")
