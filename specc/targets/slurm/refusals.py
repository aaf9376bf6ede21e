"""What a Slurm cluster does not take, known from the payload and the settings alone.

`resource_limit` is a text that the target maps, or words such as `nodes=2 ntasks-per-node=8`.
"""

import re
from collections.abc import Iterator, Mapping

from specc.settings import Target
from specc.targets.refusals import (
    OUTPUTS,
    Refusal,
    amount,
    command_refusals,
    core_refusals,
    leaves,
    limit_refusals,
    name_refusals,
    number,
    place_refusals,
    prelude_refusals,
    queue_refusals,
    text,
    unseen_refusals,
)
from specc.targets.slurm.words import (
    COUNTING,
    MOST_WORDS,
    OPTIONS,
    Shape,
    Word,
    are_words,
    gpus_of,
    has_open_nodes,
    mebibytes,
    mistakes_in,
    shape_of,
    words_of,
)
from specc.units import UNITS
from specc.wording import brief

FIELD = "resource_limit"
CODE = "bad-resource"
EXCLUSIVE_PAIRS = (("cpus-per-task", "cpus-per-gpu"), ("mem-per-cpu", "mem-per-gpu"))
MEBIBYTE = 1 << 20
PARTITION = re.compile(r"[\w.+@][\w.+@-]*")
MEBIBYTE, MINUTE = 1 << 20, 60
MOST_CORES = 60_000
MOST_MINUTES = 10 * 366 * 24 * 60
MOST_MEBIBYTES = 1 << 40
"""Slurm counts cores of a task in 16 bits and minutes in 32, and misreads larger numbers."""


def own_options(body: Mapping[str, object], target: Target) -> tuple[str, ...]:
    """Return the options of sbatch that a job gives by itself, of a body that was not refused."""
    said = text(body, FIELD)
    if said is None:
        return ()
    mapped = target.resource_limits.get(said)
    return tuple(f"--{word.text}" for word in words_of(said)) if mapped is None else mapped


def shape_in(body: Mapping[str, object], target: Target) -> Shape | None:
    """Return how the words of a job share out its cores; None where they do not say, or are not valid."""
    said = text(body, FIELD)
    if said is None or said in target.resource_limits or not are_words(said):
        return None
    return shape_of({word.name: word.value for word in words_of(said)})


def resource_refusals(body: Mapping[str, object], target: Target, units: Mapping[str, str]) -> Iterator[Refusal]:
    """Yield what is wrong with the words of a job. A text that the target maps has no words."""
    said = text(body, FIELD)
    if said is None or said in target.resource_limits:
        return
    words = words_of(said)
    found = list(mistakes_in(words))
    mapping = f"or map the whole text to options of sbatch under `[targets.{target.name}.resource_limits]`"
    is_mapping_likely = bool(target.resource_limits) or not any(word.name in OPTIONS for word in words)
    for mistake in found:
        way = f"{mistake.help}; {mapping}" if is_mapping_likely else mistake.help
        yield Refusal(CODE, FIELD, f"`{FIELD}`: {mistake.message}", way, (mistake.start, mistake.end))
    yield from _said_by_target(words[:MOST_WORDS], target)
    if found:
        return
    by_name = {word.name: word for word in words}
    yield from _pairs(by_name)
    yield from _counts(body, by_name)
    yield from _memory(body, by_name, units)


def _said_by_target(words: list[Word], target: Target) -> Iterator[Refusal]:
    own = {option.removeprefix("--").partition("=")[0]: option for option in target.options}
    for word in words:
        if word.name in own:
            message = f"`{brief(word.text)}` is set by the target `{target.name}`, too: `{brief(own[word.name])}`"
            help = f"remove the word, or remove the option from `options` of `[targets.{target.name}]`"
            yield Refusal(CODE, FIELD, message, help, (word.start, word.end))


def _pairs(words: Mapping[str, Word]) -> Iterator[Refusal]:
    for one, other in EXCLUSIVE_PAIRS:
        if one in words and other in words:
            message = f"sbatch refuses `{one}` beside `{other}`"
            yield Refusal(CODE, FIELD, message, "keep one of them", _place(words, (one, other)))


def _counts(body: Mapping[str, object], words: Mapping[str, Word]) -> Iterator[Refusal]:
    values = {name: word.value for name, word in words.items()}
    shape = shape_of(values)
    if shape is None:
        return
    place = _place(words, COUNTING)
    if has_open_nodes(values) and shape.tasks is None:
        message = f"`{words['nodes'].text}` leaves open how many cores the job has"
        yield Refusal(CODE, FIELD, message, "write `ntasks=` with the number of tasks, too", place)
        return
    room = shape.nodes * int(values["ntasks-per-node"] or 1) if shape.nodes and "ntasks-per-node" in values else None
    if room is not None and shape.tasks is not None and shape.tasks > room:
        message = (
            f"`{words['ntasks'].text}` is more than `{words['nodes'].text} {words['ntasks-per-node'].text}`, "
            f"which is {room} tasks"
        )
        yield Refusal(CODE, FIELD, message, f"write `ntasks={room}`, or remove the word", place)
        return
    yield from _total(body, values, shape, place)


def _total(
    body: Mapping[str, object], words: Mapping[str, str | None], shape: Shape, place: tuple[int, int]
) -> Iterator[Refusal]:
    """Compare the cores of the words with `core_limit`, which is 1 where it is not set."""
    cores = number(body, "core_limit") if "core_limit" in body else 1
    if cores is None or shape.total is None or cores == shape.total or cores < 1:
        return
    is_said = "core_limit" in body
    here = f"`core_limit` is {cores:,}" if is_said else "`core_limit` is not set, which is 1 core"
    ways = [f"write `core_limit: {shape.total}`"]
    if is_said and (other := _words_for(cores, words)) is not None:
        ways.append(f"`{other}`")
    message = f"{_sum(words, shape)}, and {here}"
    yield Refusal("other-cores", FIELD, message, ", or ".join(ways), place)


def _sum(words: Mapping[str, str | None], shape: Shape) -> str:
    """Return the words that count cores, and their sum."""
    said = " ".join(f"{name}={words[name]}" for name in COUNTING if name in words)
    return f"`{said}` is {shape.total:,} core{'' if shape.total == 1 else 's'}"


def _words_for(cores: int, words: Mapping[str, str | None]) -> str | None:
    """Return the same words with another number of tasks, so that their sum is these cores; None where that cannot
    be.
    """
    if any(name in words for name in ("cpus-per-gpu", "ntasks-per-gpu")) or has_open_nodes(words):
        return None
    each, nodes = int(words.get("cpus-per-task") or 1), int(words.get("nodes") or 1)
    if [name for name in COUNTING if name in words] == ["cpus-per-task"]:
        return f"cpus-per-task={cores}"
    if "ntasks" in words:
        return f"ntasks={cores // each}" if cores % each == 0 and cores // each >= nodes else None
    return f"ntasks-per-node={cores // (each * nodes)}" if cores % (each * nodes) == 0 else None


def _memory(body: Mapping[str, object], words: Mapping[str, Word], units: Mapping[str, str]) -> Iterator[Refusal]:
    """Compare the memory of the words with `mem_limit`, which is of the whole job."""
    values = {name: word.value for name, word in words.items()}
    word = words.get("mem-per-cpu") or words.get("mem-per-gpu")
    if word is None or word.value is None or units.get("mem_limit") not in UNITS["memory"]:
        return
    limit = amount(body, "mem_limit", units)
    cores = number(body, "core_limit") if "core_limit" in body else 1
    shape = shape_of(values) or Shape(1, 1, cores, cores)
    times = shape.total if word.name == "mem-per-cpu" else gpus_of(values, shape.nodes, shape.tasks)
    if limit is None or times is None or mebibytes(word.value) * times == -(-limit // MEBIBYTE):
        return
    total, have = mebibytes(word.value) * times, -(-limit // MEBIBYTE)
    things = "cores" if word.name == "mem-per-cpu" else "GPUs"
    message = f"`{word.text}` is {total:,} MiB for {times:,} {things}, and `mem_limit` is {have:,} MiB"
    help = f"write `mem_limit: {total}MiB`, or leave one of them out"
    yield Refusal("other-memory", FIELD, message, help, (word.start, word.end))


def _place(words: Mapping[str, Word], names: tuple[str, ...]) -> tuple[int, int]:
    """Return the range of the first to the last of the words."""
    found = [words[name] for name in names if name in words]
    return min(word.start for word in found), max(word.end for word in found)


def refusals(body: Mapping[str, object], target: Target, units: Mapping[str, str]) -> Iterator[Refusal]:
    """Yield every reason why no cluster with these settings takes the payload."""
    yield from name_refusals(body, target)
    yield from unseen_refusals(body, ("scheduler_queue_name", "input_file", *OUTPUTS))
    yield from command_refusals(body)
    yield from prelude_refusals(body, target)
    yield from place_refusals(body, target)
    yield from _partition_refusals(body, target)
    yield from _size_refusals(body, units)
    if text(body, "resource_limit") is None:
        yield from core_refusals(body, MOST_CORES)
    else:
        yield from _resource_refusals(body, target, units)
    for field in OUTPUTS:
        path = text(body, field)
        if path and leaves(path):
            message = f"`{field}` is `{path}`, which leads out of where the job starts"
            yield Refusal("bad-path", field, message, "write an absolute path")


def _partition_refusals(body: Mapping[str, object], target: Target) -> Iterator[Refusal]:
    queue, queue_id = text(body, "scheduler_queue_name"), text(body, "hpcqueue_id")
    if queue is not None and not PARTITION.fullmatch(queue) and queue.isprintable():
        message = f"`scheduler_queue_name` is `{brief(queue)}`, which cannot be the name of a partition"
        yield Refusal("bad-queue", "scheduler_queue_name", message, "`sinfo -s` lists the partitions")
    elif queue is not None and queue_id is None:
        yield from queue_refusals({"scheduler_queue_name": queue}, target)
    if queue_id is None:
        return
    mapped = target.hpcqueues.get(queue_id)
    if mapped is None:
        message = f"`hpcqueue_id` is `{queue_id}`, and Slurm has no such ids"
        help = f'write `hpcqueues = {{"{queue_id}" = "PARTITION"}}` under `[targets.{target.name}]`'
        yield Refusal("unmapped-queue", "hpcqueue_id", message, help)
    elif queue is not None and queue != mapped:
        message = f"`hpcqueue_id` `{queue_id}` is the partition `{mapped}`, and `scheduler_queue_name` is `{queue}`"
        yield Refusal("two-queues", "hpcqueue_id", message, "leave one of them out")


def _size_refusals(body: Mapping[str, object], units: Mapping[str, str]) -> Iterator[Refusal]:
    found = list(limit_refusals(body, units))
    yield from found
    if found:
        return
    for field, unit, most in (("mem_limit", MEBIBYTE, MOST_MEBIBYTES), ("time_limit", MINUTE, MOST_MINUTES)):
        size = amount(body, field, units)
        if size is not None and ceil(size, unit) > most:
            message = f"`{field}` is {body[field]} {units[field]}, which is more than Slurm can count"
            yield Refusal("bad-limit", field, message, "remove the field for no limit of your own")


def _resource_refusals(body: Mapping[str, object], target: Target, units: Mapping[str, str]) -> Iterator[Refusal]:
    # Few jobs have such a text, and every check imports this module.
    from specc.targets.slurm.refusals import resource_refusals, shape_in

    yield from core_refusals(body, MOST_CORES if shape_in(body, target) is None else None)
    yield from resource_refusals(body, target, units)


def ceil(amount: int, unit: int) -> int:
    """Return how many whole units cover an amount."""
    return -(-amount // unit)
