"""Tests that are a table of cases, each run in a few microseconds."""

import functools
import inspect
import reprlib
from collections.abc import Callable, Iterable
from typing import Any


def each(names: str, cases: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test for each case, as one test: `parametrize` takes longer for a case than the case itself.

    All cases are tried, and each that fails is shown with its values. The cases share the test's fixtures, so this is
    for functions without a state; where a case writes files or changes settings, use `pytest.mark.parametrize`.
    """
    parameters = [name.strip() for name in names.split(",")]
    rows = [dict(zip(parameters, (case,) if len(parameters) == 1 else case, strict=True)) for case in cases]
    assert rows, "a test without a case shows nothing"

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def all_cases(*arguments: Any, **fixtures: Any) -> None:
            failed = []
            for row in rows:
                try:
                    test(*arguments, **fixtures, **row)
                except Exception as error:
                    error.add_note("with " + ", ".join(f"{name}={reprlib.repr(value)}" for name, value in row.items()))
                    failed.append(error)
            if len(failed) > 1:
                raise ExceptionGroup(f"{len(failed)} of {len(rows)} cases", failed)
            for error in failed:
                raise error

        signature = inspect.signature(test)
        others = [value for name, value in signature.parameters.items() if name not in parameters]
        all_cases.__signature__ = signature.replace(parameters=others)  # what pytest has to give
        return all_cases

    return decorate
