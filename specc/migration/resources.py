"""How much a job asks for: cores, memory and time, from the numbers, sizes and times that sbatch reads."""

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import ceil
from typing import Final, NamedTuple, TypeVar

from specc.diagnostics import Diagnostic, codes
from specc.fast_dataclass import dataclass
from specc.migration.options import Option
from specc.migration.writing import Note
from specc.settings import Quantity
from specc.units import MEMORY_UNITS, UNITS

UNLIMITED: Final = 0
"""The value of a time of zero, and of the words for no limit."""

WHOLE = re.compile(r"[ \t\v\f\r]*\+?([0-9]{1,18})")
TIME = re.compile(r"(?:([0-9]+)-)?([0-9]+)(?::([0-9]+))?(?::([0-9]+))?")
NODES = re.compile(r"([0-9]+)([kKmM]?)(?:-([0-9]+)([kKmM]?))?")
MEMORY = re.compile(r"[ \t\v\f\r]*\+?([0-9]+)(?:([kKmMgGtT])[bB]?)?")
KIBIBYTES = {"K": 1, "M": 1024, "G": 1024**2, "T": 1024**3}
NO_LIMIT = ("-1", "infinite", "unlimited")
MULTIPLES = {"": 1, "k": 1024, "m": 1024**2}
LARGEST = 2**31 - 1
LONGEST = 64
MOST_CORES = 10_000_000
MOST_MEMORY = 2**30
"""The most memory, in MiB. JSON cannot hold more bytes exactly."""

MOST_MINUTES = 50 * 365 * 24 * 60
"""Slurm itself counts wrong from 68 years on."""

Options = Mapping[str, Option]
T = TypeVar("T")


class Amount(NamedTuple):
    """A quantity as a spec writes it; `is_rounded` where the cluster's unit is too coarse for it."""

    text: str
    is_rounded: bool


def whole_number(text: str) -> int | None:
    """Return the count of an option such as `--ntasks`, at least 1; None for another text."""
    match = WHOLE.fullmatch(text)
    number = int(match[1]) if match else 0
    return number if 0 < number <= LARGEST else None


def nodes(text: str) -> tuple[int, int] | None:
    """Return the least and the largest number of `--nodes`; None for another text."""
    match = NODES.fullmatch(text[:LONGEST])
    if match is None or len(text) > LONGEST:
        return None
    least = int(match[1]) * MULTIPLES[match[2].lower()]
    most = int(match[3]) * MULTIPLES[match[4].lower()] if match[3] else least
    return (least, most) if least <= most <= LARGEST else None


def seconds(text: str) -> int | None:
    """Return the seconds of `M`, `M:S`, `H:M:S`, `D-H`, `D-H:M` or `D-H:M:S`; None for another text."""
    if text.lower() in NO_LIMIT:
        return UNLIMITED
    # sbatch takes `2-` for two days.
    match = TIME.fullmatch(f"{text}0" if text.endswith("-") else text) if len(text) <= LONGEST else None
    if match is None:
        return None
    days, *parts = (None if group is None else int(group) for group in match.groups())
    first, second, third = parts
    if days is not None:
        hours, mins, secs = first or 0, second or 0, third or 0
    elif third is not None:
        hours, mins, secs = first or 0, second or 0, third
    else:
        hours, mins, secs = 0, first or 0, second or 0
    return (((days or 0) * 24 + hours) * 60 + mins) * 60 + secs


def minutes(text: str) -> int | None:
    """Return the whole minutes of such a time. Seconds round up, as in Slurm."""
    exact = seconds(text)
    return None if exact is None else ceil(Fraction(exact, 60))


def mebibytes(text: str) -> int | None:
    """Return the size of `4G`, `512M`, `4GB` or `4096` in MiB; parts of a MiB round up, as in Slurm."""
    match = MEMORY.fullmatch(text) if len(text) <= LONGEST else None
    return ceil(Fraction(int(match[1]) * KIBIBYTES[(match[2] or "M").upper()], 1024)) if match else None


def memory_amount(size: int, unit: str | None) -> Amount:
    """Return a size in MiB in the largest exact unit, or in the unit of the cluster, rounded up."""
    amount = size * 1024**2
    name = next(name for name in ("TiB", "GiB", "MiB") if amount % MEMORY_UNITS[name] == 0)
    return _fitted(amount, f"{amount // MEMORY_UNITS[name]}{name}", unit, "memory")


def time_amount(duration: int, unit: str | None) -> Amount:
    """Return a duration in minutes as a person writes it, or in the unit of the cluster, rounded up."""
    hours, mins = divmod(duration, 60)
    days, hours = divmod(hours, 24) if hours > 48 else (0, hours)
    parts = [f"{count}{name}" for count, name in ((days, "d"), (hours, "h"), (mins, "min")) if count]
    return _fitted(duration * 60, "".join(parts), unit, "duration")


def _fitted(amount: int, text: str, unit: str | None, quantity: Quantity) -> Amount:
    factors: Mapping[str, int] = UNITS[quantity]
    if unit is None or unit not in factors or amount % factors[unit] == 0:
        return Amount(text, False)
    return Amount(f"{ceil(Fraction(amount, factors[unit]))}{unit}", True)


@dataclass(frozen=True, slots=True)
class Cores:
    """`ntasks` and `cpus_per_task` as Slurm tells them to the script; None where Slurm does not tell."""

    tasks: int
    cpus_per_task: int | None
    nodes: int

    @property
    def total(self) -> int:
        return self.tasks * (self.cpus_per_task or 1)


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the job; `is_written` is false where the project has no unit for it."""

    field: str
    amount: Amount
    is_written: bool


def read_cores(options: Options, *, keeps_shape: bool = False) -> tuple[Cores, list[Diagnostic | Note]]:
    """Return the cores of a script, with notes on what is lost. With `keeps_shape` only a range of nodes is."""
    said: list[Diagnostic | Note] = []
    least, most = _number(options, "nodes", nodes, "a number of nodes such as `2` or `2-4`", said) or (1, 1)
    tasks = _number(options, "ntasks", whole_number, "an integer of at least 1", said)
    per_node = _number(options, "ntasks-per-node", whole_number, "an integer of at least 1", said)
    per_task = _number(options, "cpus-per-task", whole_number, "an integer of at least 1", said)
    if tasks and per_node and "nodes" not in options:
        least = -(-tasks // per_node)
    cores = Cores(tasks or max(least, 1) * (per_node or 1), per_task, max(least, 1))
    if cores.total > MOST_CORES:
        option = options.get("cpus-per-task") or options.get("ntasks") or options["nodes"]
        message = f"{cores.total:,} cores are more than specc counts, {MOST_CORES:,}"
        said.append(codes.BAD_DIRECTIVE.at(option.span, message))
    if keeps_shape and most > least:
        text = f"is `nodes={cores.nodes}` in `resource_limit`: a job of specc says how many it has"
        said.append(Note(options["nodes"].line, f"{options['nodes'].shown} {text}"))
    elif most > 1 and not keeps_shape:
        text = f"is dropped: the API knows cores, not nodes; core_limit is {cores.total}, for all nodes together"
        said.append(Note(options["nodes"].line, f"{options['nodes'].shown} {text}"))
    if tasks and per_node and not keeps_shape:
        option = options["ntasks-per-node"]
        said.append(
            Note(option.line, f"{option.shown} is dropped: the API knows cores, not where on the nodes they are")
        )
    return cores, said


def read_memory(options: Options, cores: Cores, unit: str | None) -> tuple[Limit | None, list[Diagnostic | Note]]:
    said: list[Diagnostic | Note] = []
    whole, per_cpu = options.get("mem"), options.get("mem-per-cpu")
    option = whole or per_cpu
    if option is None:
        return None, said
    if whole and per_cpu:
        message = "sbatch refuses `--mem` beside `--mem-per-cpu`"
        said.append(codes.BAD_DIRECTIVE.at(per_cpu.span, message, help="keep one of them"))
    size = _number(options, option.flag.name, mebibytes, "a size such as `4G`, `512M` or `4096`, in MiB", said)
    times, each = (cores.nodes, "nodes") if whole else (cores.total, "cores")
    if size == 0:
        said.append(Note(option.line, f"{option.shown} is dropped: it means all memory of a node; set mem_limit"))
    elif size is not None and size * times > MOST_MEMORY:
        said.append(codes.BAD_DIRECTIVE.at(option.span, "more than 1024 TiB of memory is more than specc counts"))
    if not size or size * times > MOST_MEMORY:
        return None, said
    limit = Limit("mem_limit", memory_amount(size * times, unit), unit is not None)
    # Outside of chunks, these are of the whole job.
    if times > 1 and not (option.directive or "").startswith(("-l mem=", "-l vmem=")):
        text = f"{option.shown} times {times} {each} gives mem_limit {limit.amount.text}"
        said.append(Note(option.line, text))
    said.extend(_unit_notes(limit, option, unit))
    return limit, said


def read_time(options: Options, unit: str | None) -> tuple[Limit | None, list[Diagnostic | Note]]:
    said: list[Diagnostic | Note] = []
    option = options.get("time")
    form = "a time such as `90` (minutes), `1:30:00` or `2-12:00:00`"
    duration = _number(options, "time", minutes, form, said)
    if option is None or duration is None:
        return None, said
    if duration == UNLIMITED:
        said.append(Note(option.line, f"{option.shown} is dropped: it means no limit, which is the default"))
        return None, said
    if duration > MOST_MINUTES:
        said.append(codes.BAD_DIRECTIVE.at(option.span, "a time limit of more than 50 years"))
        return None, said
    limit = Limit("time_limit", time_amount(duration, unit), unit is not None)
    if not limit.amount.is_rounded and (seconds(option.value or "") or 0) % 60:
        said.append(
            Note(option.line, f"{option.shown} is rounded up to {limit.amount.text}: an import counts whole minutes")
        )
    said.extend(_unit_notes(limit, option, unit))
    return limit, said


def _unit_notes(limit: Limit, option: Option, unit: str | None) -> Iterator[Note]:
    if unit is None:
        text = "stays a comment, because specc.toml sets no unit for it: set `[units]`, then remove the `#`"
        yield Note(option.line, f"`{limit.field}: {limit.amount.text}` {text}")
    elif limit.amount.is_rounded:
        text = f"is rounded up to {limit.amount.text}: the cluster counts {limit.field} in whole {unit}"
        yield Note(option.line, f"{option.shown} {text}")


def _number(
    options: Options, name: str, read: Callable[[str], T | None], form: str, said: list[Diagnostic | Note]
) -> T | None:
    option = options.get(name)
    if option is None:
        return None
    value = read(option.value or "")
    if value is None:
        message = f"{option.shown} cannot be read, expected {form}"
        said.append(codes.BAD_DIRECTIVE.at(option.span, message))
    return value
