"""The `slurm` target of a project: what the options of scripts that have no field of the API become there."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from specc.fast_dataclass import dataclass
from specc.migration.options import Option
from specc.migration.resources import Cores, Options, read_cores
from specc.migration.writing import Note
from specc.settings import Layout, Target
from specc.shell import Reading
from specc.targets.slurm import SLURM
from specc.targets.slurm.words import are_words
from specc.visible import visible

NAME = "slurm"
UNITS = {"mem_limit": "MiB", "time_limit": "min"}
"""Those that a new project counts in for Slurm. Any would do, because the target converts them."""

SHARED = frozenset({"account", "mail-type", "mail-user", "qos", "reservation", "wckey"})
"""Options that are about the people and their account: where all scripts have them, so does the target."""

BY_GPU = ("cpus-per-gpu", "ntasks-per-gpu")

LAUNCHERS = frozenset({"mpiexec", "mpirun", "orterun", "srun"})
"""Programs that start as many processes as the job has tasks."""

QUEUE = re.compile(r"[\w.+@][\w.+@-]*")


@dataclass(frozen=True, slots=True)
class Site:
    """Where imported jobs go. `target` is the project's `slurm` target, if it has one. `mistake_in` says why an option
    may not stand in the settings of a target, or returns None. `is_elsewhere`: the project's folder is another than the
    script's."""

    mistake_in: Callable[[str], str | None]
    target: Target | None = None
    is_elsewhere: bool = False

    def takes(self, option: Option) -> bool:
        """Return whether the settings of a `slurm` target can hold the option, for all jobs."""
        text = written(option)
        return self.mistake_in(text) is None and visible(text) == text


def written(option: Option) -> str:
    """Return the option as settings write it."""
    return f"--{option.flag.name}" + ("" if option.value is None else f"={option.value}")


def word(option: Option) -> str:
    """Return the option as a word of `resource_limit`."""
    return written(option).removeprefix("--")


def without_field(options: Options) -> Iterator[Option]:
    """Yield the options that have no field of the API, in their order."""
    return (option for option in options.values() if option.flag.reason)


def place(options: Options, site: Site) -> tuple[list[str], list[Note]]:
    """Return the words for options that have no field, and notes on those that have no place."""
    target = site.target
    notes: list[Note] = []
    words: list[str] = []
    for option in without_field(options):
        if not are_words(word(option)):
            notes.append(Note(option.line, f"{option.shown} is dropped: {option.flag.reason}"))
        elif option.directive is not None:
            text = f"{option.flag.reason}; on a `slurm` target write `{word(option)}` in `resource_limit`"
            notes.append(Note(option.line, f"{option.shown} is dropped: {text}"))
        elif target is None:
            text = f"{option.flag.reason}; with a `slurm` target in specc.toml it is a word of `resource_limit`"
            notes.append(Note(option.line, f"{option.shown} is dropped: {text}"))
        elif written(option) in target.options:
            text = f"is in `options` of the target `{target.name}` in specc.toml, so it applies to all jobs there"
            notes.append(Note(option.line, f"{option.shown} {text}"))
        elif (other := _of_target(option, target)) is not None:
            text = f"the target `{target.name}` says `{other}` in specc.toml, for all jobs there"
            notes.append(Note(option.line, f"{option.shown} is dropped: {text}"))
        else:
            words.append(word(option))
    return words, notes


def shape_words(options: Options, cores: Cores, reading: Reading, site: Site) -> list[str]:
    """Return the words that share out the cores as the script did; none where the target does so without them."""
    target, wanted = site.target, _wanted(cores)
    if target is None or (wanted is None and not any(name in options for name in BY_GPU)):
        return []
    if wanted == "threads" and target.layout_of(_queue(options)) == "threads" and not _launches(reading):
        return []
    names = ("nodes", "ntasks", "ntasks-per-node", "cpus-per-task")
    values = {name: option.value for name in names if (option := options.get(name)) is not None}
    if "nodes" in values:
        values["nodes"] = str(cores.nodes)
    return [f"{name}={value}" for name, value in values.items()]


def known_text(words: list[str], target: Target) -> str:
    """Return the text of `resource_limit` for words: one that the target maps to the same options, else the words."""
    wanted = sorted(f"--{one}" for one in words)
    same = (text for text, each in target.resource_limits.items() if sorted(each) == wanted)
    return next(same, " ".join(words))


def _of_target(option: Option, target: Target) -> str | None:
    name = f"--{option.flag.name}"
    return next((each for each in target.options if each.partition("=")[0] == name), None)


def _launches(reading: Reading) -> bool:
    heads = (call[0] for call in reading.calls if call)
    return any(reading.text[start:end].rpartition("/")[2] in LAUNCHERS for start, end in heads)


def new_target(scripts: Sequence[Options], mistake_in: Callable[[str], str | None]) -> Target:
    """Return a target that takes over what the scripts say and jobs of the API cannot."""
    site = Site(mistake_in)
    words = [{written(option) for option in without_field(each) if site.takes(option)} for each in scripts]
    first = scripts[0]
    shared = [written(option) for option in without_field(first) if option.flag.name in SHARED and site.takes(option)]
    common = tuple(option for option in shared if all(option in each for each in words))
    layouts = [(_queue(each), wanted) for each in scripts if (wanted := _wanted(read_cores(each)[0])) is not None]
    layout = _majority([wanted for _, wanted in layouts])
    queues: dict[str, Mapping[str, object]] = {}
    for queue in dict.fromkeys(filter(None, map(_queue, scripts))):
        its = _majority([wanted for name, wanted in layouts if name == queue], layout)
        queues[queue] = {} if its == layout else {"layout": its}
    return Target(NAME, SLURM.name, SLURM.traits, layout=layout, options=common, queues=queues)


def settings_of(target: Target, units: Mapping[str, str], workdir: str | None) -> str:
    """Return the target as `specc.toml` has it. `workdir` is a folder that jobs might start in."""
    lines = [
        "# The Slurm cluster that the scripts were for. specc runs on its login node: specc submit",
        f"[targets.{target.name}]",
        f'kind = "{SLURM.name}"',
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
