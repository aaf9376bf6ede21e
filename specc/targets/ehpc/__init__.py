"""The EHPC API as a target: signed HTTP requests to a cloud, or to a `specc serve`.

A submission is one request on a connection of its own, signed anew, never sent twice. What came of it is decided by
what surely happened: `answers.py` reads the answer, `ret_codes.py` says what each code means, `client.py` whether
bytes went out. Assumptions that the API's documentation does not settle are stated where they are made.
"""

from collections.abc import Iterator, Mapping

from specc.settings import Target
from specc.targets.kind import Kind
from specc.targets.opening import Opened, Opening
from specc.targets.refusals import Refusal


def _refusals(body: Mapping[str, object], target: Target, units: Mapping[str, str]) -> Iterator[Refusal]:
    from specc.targets.ehpc.refusals import refusals  # only a project with such a target needs the module

    return refusals(body, target, units)


def _open(opening: Opening) -> Opened:
    from specc.targets.ehpc.opening import open_target  # it brings an HTTP client, which costs more than a check

    return open_target(opening)


EHPC = Kind("ehpc", _refusals, _open, is_of_api=True)

__all__ = ["EHPC"]
