"""What this machine does not take, known from the payload and the settings alone."""

import os
from collections.abc import Iterator, Mapping

from specc.settings import Target
from specc.targets.refusals import (
    OUTPUTS,
    Refusal,
    command_refusals,
    core_refusals,
    limit_refusals,
    name_refusals,
    prelude_refusals,
    text,
    unseen_refusals,
)
from specc.wording import brief


def refusals(body: Mapping[str, object], target: Target, units: Mapping[str, str]) -> Iterator[Refusal]:
    """Yield every reason why no machine of this kind takes the payload."""
    yield from name_refusals(body, target)
    yield from unseen_refusals(body, ("input_file", *OUTPUTS))
    yield from command_refusals(body)
    yield from prelude_refusals(body, target)
    yield from core_refusals(body)
    yield from limit_refusals(body, units)
    for field in OUTPUTS:
        path = text(body, field)
        if path and not path.startswith("/") and leaves(path):
            message = f"`{field}` is `{path}`, which leads out of where the job starts"
            yield Refusal("bad-path", field, message, "write an absolute path")


def ignored(body: Mapping[str, object]) -> list[str]:
    """Return what `resource_limit` asks for and this machine ignores: names of words, or the whole text."""
    said = text(body, "resource_limit")
    if said is None:
        return []
    # Few jobs have such a text, and every check imports this module.
    from specc.targets.slurm.words import are_words, local_words

    return local_words(said)[1] if are_words(said) else [brief(said)]


def leaves(relative: str) -> bool:
    """Return whether a relative path leads out of the directory that it starts from."""
    return os.path.normpath(relative).split(os.sep)[0] == os.pardir
