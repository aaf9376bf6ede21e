"""What the EHPC API cannot mean, known from the payload and the settings alone.

The API documents few limits. `core_limit` counts cores and is 1 by default, so less than 1 is a mistake; of `mem_limit`
and `time_limit` it says nothing, so only a negative one is refused.
"""

from collections.abc import Iterator, Mapping

from specc.evaluator import SHELL_LINE
from specc.settings import Target
from specc.targets.refusals import (
    LIMITS,
    OUTPUTS,
    Refusal,
    core_refusals,
    name_refusals,
    number,
    place_refusals,
    prelude_refusals,
    queue_refusals,
    text,
    unseen_refusals,
)
from specc.wording import brief


def refusals(body: Mapping[str, object], target: Target, units: Mapping[str, str]) -> Iterator[Refusal]:
    """Yield every reason why no account with these settings can send the payload."""
    yield from name_refusals(body, target)
    yield from unseen_refusals(body, ("scheduler_queue_name", "input_file", *OUTPUTS))
    yield from place_refusals(body, target)
    yield from queue_refusals(body, target)
    yield from core_refusals(body)
    yield from _prelude_refusals(body, target)
    for field in LIMITS:
        value = number(body, field)
        if value is not None and value < 0:
            yield Refusal(
                "bad-limit", field, f"`{field}` is {value}, expected 1 or more", "remove the field for no limit"
            )


def _prelude_refusals(body: Mapping[str, object], target: Target) -> Iterator[Refusal]:
    """Refuse what the lines of a prelude cannot stand before: nobody knows how the API starts such a script."""
    yield from prelude_refusals(body, target)
    command = text(body, "cmd_line") or ""
    if target.prelude is not None and command.startswith("#!") and SHELL_LINE.match(command) is None:
        first = brief(command.partition("\n")[0])
        message = f"the `prelude` of the target `{target.name}` cannot stand before a script that starts with `{first}`"
        help = "write the script into a file, and a command that runs it"
        yield Refusal("prelude", "cmd_line", message, help)
