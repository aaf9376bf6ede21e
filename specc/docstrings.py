"""Docstrings, of which some are the manual of specc, also where Python drops them: `PYTHONOPTIMIZE=2` or `-OO`."""

import ast
import inspect
import sys
from collections.abc import Callable
from importlib.abc import InspectLoader
from typing import Any


def of_module(name: str) -> str | None:
    """Return the docstring of a module that is imported; None where it has none, or where its source is missing."""
    return sys.modules[name].__doc__ or _written(_source_of(name))


def restore(function: Callable[..., Any]) -> None:
    """Give a function the docstring of its source, where Python has dropped it."""
    plain = inspect.unwrap(function)
    if plain.__doc__ is not None:
        return
    defined = [node for node in _source_of(plain.__module__).body if isinstance(node, ast.FunctionDef)]
    plain.__doc__ = function.__doc__ = next((_written(node) for node in defined if node.name == plain.__name__), None)


def _source_of(module: str) -> ast.Module:
    """Return an empty module where only compiled files are installed."""
    loader = sys.modules[module].__spec__.loader  # type: ignore[union-attr]
    text = loader.get_source(module) if isinstance(loader, InspectLoader) else None
    tree = compile(text or "", module, "exec", ast.PyCF_ONLY_AST, optimize=0)  # `ast.parse` drops them, too
    assert isinstance(tree, ast.Module)
    return tree


def _written(node: ast.Module | ast.FunctionDef) -> str | None:
    return ast.get_docstring(node, clean=False)
