"""How much a job asks for: cores, memory, time."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from specc.diagnostics import Diagnostic, codes
from specc.fast_dataclass import dataclass
from specc.migration.notes import Note
from specc.migration.options import Option
from specc.migration.quantities import (
    UNLIMITED,
    Amount,
    mebibytes,
    memory_amount,
    minutes,
    nodes,
    time_amount,
    whole_number,
)  # fmt: skip

MOST_CORES = 10_000_000
MOST_MEMORY = 2**30
"""In MiB. JSON holds no more bytes exactly."""

MOST_MINUTES = 50 * 365 * 24 * 60
"""Slurm itself counts wrong from 68 years on."""

Options = Mapping[str, Option]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cores:
    """`ntasks` and `cpus_per_task` as Slurm would tell the script; None where it would not."""

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
    """Return the cores of a script, with notes on what gets lost. `keeps_shape`: nothing does but a range of nodes."""
    said: list[Diagnostic | Note] = []
    least, most = _number(options, "nodes", nodes, "a number of nodes such as `2` or `2-4`", said) or (1, 1)
    tasks = _number(options, "ntasks", whole_number, "a whole number from 1", said)
    per_node = _number(options, "ntasks-per-node", whole_number, "a whole number from 1", said)
    per_task = _number(options, "cpus-per-task", whole_number, "a whole number from 1", said)
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
    if times > 1:
        text = f"{option.shown} is counted for {times} {each} together: mem_limit is {limit.amount.text}"
        said.append(Note(option.line, text))
    said.extend(_unit_notes(limit, option, unit))
    return limit, said


def read_time(options: Options, unit: str | None) -> tuple[Limit | None, list[Diagnostic | Note]]:
    said: list[Diagnostic | Note] = []
    option = options.get("time")
    form = "a time such as `90`, which are minutes, `1:30:00` or `2-12:00:00`"
    duration = _number(options, "time", minutes, form, said)
    if option is None or duration is None:
        return None, said
    if duration == UNLIMITED:
        said.append(Note(option.line, f"{option.shown} is dropped: it means no limit, and no limit is left out"))
        return None, said
    if duration > MOST_MINUTES:
        said.append(codes.BAD_DIRECTIVE.at(option.span, "a time limit of more than 50 years"))
        return None, said
    limit = Limit("time_limit", time_amount(duration, unit), unit is not None)
    said.extend(_unit_notes(limit, option, unit))
    return limit, said


def _unit_notes(limit: Limit, option: Option, unit: str | None) -> Iterator[Note]:
    if unit is None:
        text = "stays a comment, as specc.toml sets no unit of it: set `[units]`, then take the `#` away"
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
