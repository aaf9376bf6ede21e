"""The `slurm` target of a project: what the options of scripts that have no field of the API become there."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from specc.fast_dataclass import dataclass
from specc.migration.notes import Note
from specc.migration.options import Option
from specc.migration.resources import Cores, Options, read_cores
from specc.settings import Layout, Target
from specc.visible import visible

NAME = "slurm"
UNITS = {"mem_limit": "MiB", "time_limit": "min"}
"""Those that a new project counts in for Slurm. Any would do, because the target converts them."""

SHARED = frozenset({"account", "mail-type", "mail-user", "qos", "reservation", "wckey"})
"""Options that are about the people and their account: where all scripts have them, so does the target."""

CONFLICTING = frozenset({"cpus-per-gpu", "ntasks-per-gpu", "ntasks-per-node"})
"""Options that sbatch refuses beside the number of tasks and cores, which the target gives for `core_limit`."""

QUEUE = re.compile(r"[\w.+@][\w.+@-]*")


@dataclass(frozen=True, slots=True)
class Site:
    """Where imported jobs go. `target` is the project's `slurm` target, if it has one. `fault_in` says why an option
    may not stand in the settings of a target, or returns None. `is_elsewhere`: the project's folder is another than the
    script's."""

    fault_in: Callable[[str], str | None]
    target: Target | None = None
    is_elsewhere: bool = False

    def takes(self, option: Option) -> bool:
        """Return whether the settings of a `slurm` target can hold the option."""
        text = written(option)
        return option.flag.name not in CONFLICTING and self.fault_in(text) is None and visible(text) == text


def written(option: Option) -> str:
    """Return the option as settings write it."""
    return f"--{option.flag.name}" + ("" if option.value is None else f"={option.value}")


def resources(words: Iterable[str]) -> str:
    """Return a text of `resource_limit` for options of sbatch, such as `gpus=1 constraint=a100`."""
    return " ".join(word.removeprefix("--") for word in words)


def without_field(options: Options) -> Iterator[Option]:
    """Yield the options that have no field of the API, in their order."""
    return (option for option in options.values() if option.flag.reason)


def place(options: Options, site: Site) -> tuple[str | None, str | None, list[Note]]:
    """Return the `resource_limit` of a job, the text of one that its target does not know yet, and notes on each option
    that has no field."""
    target = site.target
    notes: list[Note] = []
    own: list[Option] = []
    for option in without_field(options):
        if not site.takes(option):
            notes.append(Note(option.line, f"{option.shown} is dropped: {option.flag.reason}"))
        elif target is None:
            text = f"{option.flag.reason}; a `slurm` target takes it under `options` or `resource_limits` in specc.toml"
            notes.append(Note(option.line, f"{option.shown} is dropped: {text}"))
        elif written(option) in target.options:
            text = f"is among the `options` of the target `{target.name}` in specc.toml, for all jobs there"
            notes.append(Note(option.line, f"{option.shown} {text}"))
        else:
            own.append(option)
    if target is None or not own:
        return None, None, notes
    words = tuple(map(written, own))
    known = next((text for text, each in target.resource_limits.items() if sorted(each) == sorted(words)), None)
    if known is not None:
        text = f"is in `resource_limit`, which the target `{target.name}` turns into it again; `local` ignores it"
        notes.extend(Note(option.line, f"{option.shown} {text}") for option in own)
        return known, None, notes
    asked = resources(words)
    entry = f"{json.dumps(asked, ensure_ascii=False)} = {json.dumps(words, ensure_ascii=False)}"
    text = f"stays a comment: write `{entry}` under `[targets.{target.name}.resource_limits]`, then remove the `#`"
    notes.append(Note(own[0].line, f"`resource_limit: {asked}` {text}"))
    return None, asked, notes


def layout_notes(cores: Cores, queue: str | None, options: Options, target: Target) -> Iterator[Note]:
    """Yield a note where the cores of the job are another thing on the target than they were in the script."""
    wanted, layout = _wanted(cores), target.layout_of(queue)
    option = options.get("cpus-per-task") or options.get("ntasks") or options.get("nodes")
    if wanted is None or wanted == layout or option is None:
        return
    there = f"{cores.total} tasks of one core" if layout == "tasks" else f"one task of {cores.total} cores"
    here = f"{cores.tasks} tasks of {cores.cpus_per_task or 1} cores" if cores.tasks > 1 else f"one of {cores.total}"
    setting = f"`layout` is {json.dumps(layout)}"
    way = "" if wanted == "both" else f", or write `layout = {json.dumps(wanted)}` for its queue"
    text = f"are {there} on the target `{target.name}`, whose {setting}, not {here}: start the ranks by their number"
    yield Note(option.line, f"{cores.total} cores {text}{way}")


def new_target(scripts: Sequence[Options], fault_in: Callable[[str], str | None]) -> Target:
    """Return a target that takes over what the scripts say and jobs of the API cannot."""
    site = Site(fault_in)
    words = [tuple(written(option) for option in without_field(each) if site.takes(option)) for each in scripts]
    first = scripts[0]
    shared = [written(option) for option in without_field(first) if option.flag.name in SHARED and site.takes(option)]
    common = tuple(word for word in shared if all(word in each for each in words))
    own = (tuple(word for word in each if word not in common) for each in words)
    layouts = [(_queue(each), wanted) for each in scripts if (wanted := _wanted(read_cores(each)[0])) is not None]
    layout = _majority([wanted for _, wanted in layouts])
    queues: dict[str, Mapping[str, object]] = {}
    for queue in dict.fromkeys(filter(None, map(_queue, scripts))):
        its = _majority([wanted for name, wanted in layouts if name == queue], layout)
        queues[queue] = {} if its == layout else {"layout": its}
    mapped = {resources(each): each for each in own if each}
    return Target(NAME, "slurm", layout=layout, options=common, queues=queues, resource_limits=mapped)


def settings_of(target: Target, units: Mapping[str, str], workdir: str | None) -> str:
    """Return the target as `specc.toml` has it. `workdir` is a folder that jobs might start in."""
    lines = [
        "# The Slurm cluster that the scripts were for. specc runs on its login node: specc submit",
        f"[targets.{target.name}]",
        'kind = "slurm"',
        'run_as = "caller"',
        'job = {zone = "slurm", cluster_id = "slurm", run_user = "me"}',
        *units_line(units).splitlines(),
        f'layout = "{target.layout}"   # what cores are: "tasks" for MPI, "threads" for one program with threads',
        *([f"options = {_toml(target.options)}"] if target.options else []),
        '# cluster = "NAME"   # the name of the cluster, needed where slurm.conf cannot be read',
        *(
            [f"# workdir = {_toml(workdir)}   # to start jobs there, and not in the project's folder"]
            if workdir
            else []
        ),
    ]
    if target.queues:
        lines += ["", "# Queues that the scripts name. Give them limits that `specc check` holds jobs to:"]
        lines += ['# normal = {max_cores = 64, max_time = "1d", max_mem = "250GiB"}', f"[targets.{target.name}.queues]"]
        for queue, table in target.queues.items():
            entries = ", ".join(f"{key} = {_toml(value)}" for key, value in table.items())
            lines.append(f"{_toml(queue)} = {{{entries}}}")
    if target.resource_limits:
        lines += ["", "# What `resource_limit` of a job means to sbatch.", f"[targets.{target.name}.resource_limits]"]
        lines += [f"{_toml(text)} = {_toml(words)}" for text, words in target.resource_limits.items()]
    return "\n".join(lines) + "\n\n"


def units_line(units: Mapping[str, str]) -> str:
    """Return the setting `units` of a target, as a line; nothing where there are none."""
    entries = ", ".join(f'{field} = "{unit}"' for field, unit in units.items())
    return f"units = {{{entries}}}\n" if entries else ""


def _toml(value: object) -> str:
    """Write texts and lists as JSON does: TOML reads them, where all their characters are visible."""
    return json.dumps(value, ensure_ascii=False)


def _wanted(cores: Cores) -> Literal["tasks", "threads", "both"] | None:
    """Return what the cores of a script are, or None where one core is both."""
    is_threaded = (cores.cpus_per_task or 1) > 1
    if cores.tasks > 1:
        return "both" if is_threaded else "tasks"
    return "threads" if is_threaded else None


def _majority(wanted: list[Literal["tasks", "threads", "both"]], default: Layout = "threads") -> Layout:
    """Return the layout that most scripts want. Ranks with threads want ranks rather than none."""
    counts = Counter("threads" if each == "threads" else "tasks" for each in wanted)
    if counts["tasks"] == counts["threads"]:
        return default
    return "tasks" if counts["tasks"] > counts["threads"] else "threads"


def _queue(options: Options) -> str | None:
    option = options.get("partition")
    first = (option.value or "").split(",")[0] if option is not None else ""
    return first if QUEUE.fullmatch(first) else None
