"""Why a target does not take a payload, as far as the payload and the target's settings alone can tell.

Each kind of target has a module `refusals` in its folder that yields these. `specc check` runs it for the project's
target, and `plan`, `submit` and `serve` run the same module. What only the machine knows (its cores, its files, who
submits) is added where the target is opened.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from specc.diagnostics import did_you_mean
from specc.fast_dataclass import dataclass
from specc.nodes import to_data
from specc.patterns import matches_whole
from specc.settings import Quantity, Target
from specc.targets.protocol import Rejected
from specc.units import UNITS
from specc.wording import brief

OUTPUTS = ("stdout_redirect_path", "stderr_redirect_path")
PLACE = ("cluster_id", "zone")
QUEUES = ("scheduler_queue_name", "hpcqueue_id")
LIMITS: dict[str, Quantity] = {"mem_limit": "memory", "time_limit": "duration"}
EXAMPLES: dict[Quantity, str] = {"memory": "MiB", "duration": "min"}

NO_UNIT = "no-unit"
"""The code of a refusal that is only for a project which has chosen its target."""

CONTROLS = {"\n": "a line break", "\r": "a carriage return", "\t": "a tab", "\0": "a NUL byte"}
UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Unicode's categories of control characters, of characters without a shape, and of line and paragraph separators."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason why a target does not take a payload: a short code, the field, what is wrong, and what to write.

    `place` are the characters of the field's text that are wrong, where it is not the whole.
    """

    code: str
    field: str
    message: str
    help: str | None = None
    place: tuple[int, int] | None = None


def rejected(refusals: list[Refusal]) -> Rejected | None:
    """Return one answer for all refusals, with the code of the first; None if there are none."""
    if not refusals:
        return None
    message = "; ".join(refusal.message for refusal in refusals)
    messages: dict[str, str] = {}
    helps: dict[str, str] = {}
    for refusal in refusals:
        messages[refusal.field] = _joined(messages.get(refusal.field), refusal.message)
        if refusal.help:
            helps[refusal.field] = _joined(helps.get(refusal.field), refusal.help)
    every = "; ".join(dict.fromkeys(refusal.help for refusal in refusals if refusal.help))
    return Rejected(refusals[0].code, message, every or None, messages, helps=helps)


def _joined(before: str | None, text: str) -> str:
    return f"{before}; {text}" if before else text


def text(body: Mapping[str, object], field: str) -> str | None:
    """Return a field's text. A text that is empty is not set: the API's own answers write `\"\"` for that."""
    value = body.get(field)
    return value if isinstance(value, str) and value.strip() else None


def number(body: Mapping[str, object], field: str) -> int | None:
    """Return a field's whole number."""
    value = body.get(field)
    return value if isinstance(value, int) else None


def amount(body: Mapping[str, object], field: str, units: Mapping[str, str]) -> int | None:
    """Return a limit in bytes or seconds, of a body that `limit_refusals` takes."""
    value = number(body, field)
    return None if value is None else value * UNITS[LIMITS[field]][units[field]]


def name_refusals(body: Mapping[str, object], target: Target) -> Iterator[Refusal]:
    """Refuse a job name that is empty, that holds a character which cannot be seen, or that the site does not allow."""
    name = body.get("name")
    if not isinstance(name, str):
        return
    if not name.strip():
        yield Refusal("bad-name", "name", "`name` is empty", "write a name by which you will know the job")
        return
    yield from unseen_refusals(body, ("name",))
    if target.name_max is not None and len(name) > target.name_max:
        message = f"`name` has {len(name)} characters, and `{target.name}` allows {target.name_max}: `{brief(name)}`"
        yield Refusal("bad-name", "name", message, "write a shorter name")
    if target.name_pattern is not None and not matches_whole(target.name_pattern, name):
        message = f"`name` is `{brief(name)}`, which `{target.name}` does not allow"
        help = f"write a name that matches `{target.name_pattern}` as a whole"
        yield Refusal("bad-name", "name", message, help)


def unseen_refusals(body: Mapping[str, object], fields: tuple[str, ...]) -> Iterator[Refusal]:
    """Refuse control characters, line breaks, and characters that change or hide what a person reads."""
    for field in fields:
        value = body.get(field)
        if not isinstance(value, str) or (value.isascii() and value.isprintable()):
            continue
        character = next((one for one in value if unicodedata.category(one) in UNSEEN), None)
        if character is not None:
            message = f"`{field}` holds {named(character)}, which cannot be seen"
            yield Refusal("control-character", field, message, "remove it")


def named(character: str) -> str:
    """Return how a message names a character that cannot be shown."""
    word = "control" if unicodedata.category(character) == "Cc" else "invisible"
    return CONTROLS.get(character, f"the {word} character U+{ord(character):04X}")


def command_refusals(body: Mapping[str, object]) -> Iterator[Refusal]:
    """Refuse a job that has nothing to run, or a command that no program can be given."""
    if "\0" in (text(body, "cmd_line") or ""):
        yield Refusal("nul-byte", "cmd_line", "`cmd_line` holds a NUL byte", "remove it: no command can hold one")
    if not text(body, "cmd_line") and not text(body, "input_file"):
        yield Refusal("no-command", "cmd_line", "there is nothing to run: `cmd_line` is missing", "write `cmd_line`")


def prelude_refusals(body: Mapping[str, object], target: Target) -> Iterator[Refusal]:
    """Refuse a script that the lines of a prelude cannot stand before, because it is in a file."""
    if target.prelude is not None and text(body, "input_file") and not text(body, "cmd_line"):
        message = f"the `prelude` of the target `{target.name}` cannot stand before the script of `input_file`"
        yield Refusal("prelude", "input_file", message, "write a `cmd_line` that runs the script: `bash FILE`")


def place_refusals(body: Mapping[str, object], target: Target) -> Iterator[Refusal]:
    """Refuse a zone or cluster that contradicts the target's own."""
    own = to_data(target.job) if target.job is not None else {}
    for field in PLACE:
        if isinstance(own, dict) and field in own and field in body and own[field] != body[field]:
            message = f"`{field}` is `{body[field]}`, and the target `{target.name}` says `{own[field]}`"
            help = "remove it from the spec, or choose another target with `--target`"
            yield Refusal("other-place", field, message, help)


def queue_refusals(body: Mapping[str, object], target: Target) -> Iterator[Refusal]:
    """Refuse a queue that the `queues` of the target lack, if there are any: its limits would not be checked."""
    for field in QUEUES if target.queues else ():
        queue = text(body, field)
        if queue is None or not queue.isprintable() or target.hpcqueues.get(queue, queue) in target.queues:
            continue
        known = [name for name in target.queues if target.hpcqueues.get(name, name) in target.queues]
        message = f"`{field}` is `{brief(queue)}`, and the target `{target.name}` has no such queue"
        near = did_you_mean(queue, known, "queues")
        new = f"a queue that exists gets a table of its own, `[targets.{target.name}.queues.NAME]`, which may be empty"
        yield Refusal("unknown-queue", field, message, f"{near}; {new}" if near else new)


def core_refusals(body: Mapping[str, object], most: int | None = None) -> Iterator[Refusal]:
    """Refuse less than one core, or more than `most`."""
    cores = number(body, "core_limit")
    if cores is not None and cores < 1:
        yield Refusal("bad-limit", "core_limit", f"`core_limit` is {cores}, expected 1 or more", "write 1 or more")
    elif cores is not None and most is not None and cores > most:
        message = f"`core_limit` is {cores}, expected {most} or less"
        yield Refusal("bad-limit", "core_limit", message, f"write {most} or less")


def limit_refusals(body: Mapping[str, object], units: Mapping[str, str]) -> Iterator[Refusal]:
    """Refuse limits that cannot be kept: below 1, or without a unit."""
    for field, quantity in LIMITS.items():
        value, unit = number(body, field), units.get(field)
        if value is None:
            continue
        known = ", ".join(f"`{name}`" for name in UNITS[quantity])
        if value < 1:
            message = f"`{field}` is {value}, expected 1 or more"
            yield Refusal("bad-limit", field, message, "remove the field for no limit")
        if unit is None:
            message = f"`{field}` is {value}, and no unit is set for it"
            help = f'write `{field} = "{EXAMPLES[quantity]}"` under `[units]` in specc.toml (one of {known})'
            yield Refusal(NO_UNIT, field, message, help)
        elif unit not in UNITS[quantity]:
            message = f"the unit of `{field}` is `{unit}`, which is not a unit of {quantity}"
            yield Refusal(NO_UNIT, field, message, f"set it under `[units]` in specc.toml to one of {known}")


def leaves(path: str) -> bool:
    """Return whether a relative path leads out of the directory that it starts from, at any point."""
    depth = 0
    for part in () if path.startswith("/") else PurePosixPath(path).parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return True
    return False
