"""What a kind of target is: its name, why it does not take a payload, and how a target of it is opened."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import NamedTuple

from specc.fast_dataclass import dataclass
from specc.settings import UNKNOWN_KIND, Target, Traits
from specc.targets.opening import Opened, Opening
from specc.targets.refusals import Refusal


class Mistake(NamedTuple):
    """What is wrong with the settings of a target as a whole: the key that it shows at, what is wrong, what to write.

    The message goes on after the target's name: `has no ...`.
    """

    key: str
    message: str
    help: str


def _right(settings: Mapping[str, object]) -> Mistake | None:
    return None


def _nothing(body: Mapping[str, object], target: Target) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of target. The functions import what they need when they are called.

    `refusals` yields every reason against a payload, from its body, the target's settings and its units. `open` makes
    the target, and raises SpeccError where that cannot be done. `ignored` returns the parts of `resource_limit` that
    the target ignores. `in_flight` is how many payloads are sent at once, unless the user says otherwise. `traits` are
    what the compiler and the rules know of the kind. With `is_free` a job costs nothing, so that a project needs no
    name; with `is_of_api` a target is an account of the EHPC API, perhaps at the endpoint of an API page. `own_streams`
    are the outputs of jobs that other kinds do not have, beside `stdout` and `stderr`. `mistake` returns what is wrong
    with the settings of a target as a whole, from what is written of it. `adapters` are the traits of targets that have
    an `adapter`. `meanings` say, in a few words, what the target makes of a field, for whoever writes the field.
    """

    name: str
    refusals: Callable[[Mapping[str, object], Target, Mapping[str, str]], Iterator[Refusal]]
    open: Callable[[Opening], Opened]
    ignored: Callable[[Mapping[str, object], Target], list[str]] = _nothing
    in_flight: int = 4
    traits: Traits = UNKNOWN_KIND
    is_free: bool = False
    is_of_api: bool = False
    own_streams: tuple[str, ...] = ()
    mistake: Callable[[Mapping[str, object]], Mistake | None] = _right
    adapters: Mapping[str, Traits] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)
