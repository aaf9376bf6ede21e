"""Work in steps: a generator that pauses where its caller may have something else to do, and returns a result.

`specc check` runs such work to its end; an editor's server looks between two steps whether somebody has typed.
"""

from collections.abc import Generator
from typing import TypeVar

Result = TypeVar("Result")


def run_to_end(steps: Generator[object, None, Result]) -> Result:
    """Return the result of work in steps, done at once."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
