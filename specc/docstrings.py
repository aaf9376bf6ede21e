"""Docstrings that Python has dropped: with `PYTHONOPTIMIZE=2` or `-OO` none is left, and some are specc's manual."""

import ast
import inspect
from collections.abc import Callable
from importlib import import_module
from importlib.abc import InspectLoader
from typing import Any


def of_module(name: str) -> str | None:
    """Return the docstring of a module; None where it has none, or where its source is not there."""
    return import_module(name).__doc__ or _written(_source_of(name))


def restore(function: Callable[..., Any]) -> None:
    """Give a function the docstring that its source has, where Python has dropped it."""
    plain = inspect.unwrap(function)
    if plain.__doc__ is not None:
        return
    defined = [node for node in _source_of(plain.__module__).body if isinstance(node, ast.FunctionDef)]
    plain.__doc__ = function.__doc__ = next((_written(node) for node in defined if node.name == plain.__name__), None)


def _source_of(module: str) -> ast.Module:
    """Return an empty module where only compiled files are installed."""
    loader = import_module(module).__spec__.loader  # type: ignore[union-attr]
    text = loader.get_source(module) if isinstance(loader, InspectLoader) else None
    return ast.parse(text or "")


def _written(node: ast.Module | ast.FunctionDef) -> str | None:
    return ast.get_docstring(node, clean=False)
