"""`#PBS` and `#$` lines: options of PBS and Grid Engine as options of sbatch."""

import re
from dataclasses import field, replace
from math import ceil
from pathlib import PurePosixPath

from specc.diagnostics import Diagnostic, codes
from specc.fast_dataclass import dataclass
from specc.migration.directives import Word
from specc.migration.options import KNOWN, Option
from specc.migration.script import LIKE_SHELLS, SHELLS
from specc.migration.writing import Note
from specc.wording import counted

PBS, GRID_ENGINE = "PBS", "Grid Engine"
COUNT = re.compile(r"[0-9]{1,8}")
PARALLEL = re.compile(r"[0-9]{1,8}(?:-[0-9]*)?")
SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([kKmMgGtTpP]?)[bBwW]?")
TASK = re.compile(r"\$\{?(?:PBS_ARRAY_INDEX|PBS_ARRAYID|SGE_TASK_ID|TASK_ID)\}?|\^array_index\^")
JOB_ID = re.compile(r"\$\{?(?:PBS_JOBID|JOB_ID)\}?")
NAME = re.compile(r"\$\{?(?:PBS_JOBNAME|JOB_NAME)\}?")
HOST = re.compile(r"(?<![\w.-])[\w.-]*+:(?=.)")
FOLDER = re.compile(r"\$\{?(?:PBS|SGE)_O_WORKDIR\}?(?:/+|$)")
"""The folder that a relative path begins in, at the start of a path."""

KIB = {"k": 1, "m": 1024, "g": 1024**2, "t": 1024**3, "p": 1024**4}

HOLDS = "a target cannot hold a job"
WITHOUT_VALUE = {
    PBS: frozenset("fhIVXz"),
    GRID_ENGINE: frozenset(["V", "cwd", "h", "notify", "terse", "clear", "verify"]),
}
DROPPED = {
    "W": "its attributes have no field; order jobs with `specc wait`",
    "h": HOLDS,
    "hold_jid": "specc submits jobs that are independent and start when they can; use `specc wait` between them",
    "hold_jid_ad": "specc submits jobs that are independent and start when they can; use `specc wait` between them",
    "m": "the API sends no mail; `specc wait` says when jobs end",
    "r": "specc never runs a job twice by itself; `specc submit --rerun` does",
    "notify": "the API sends no signal before the time limit",
}
OTHER = "the API has no field for it"
IGNORED = frozenset(["V", "k", "R", "z", "f", "terse", "clear", "w", "b", "shell", "sync", "ac"])
"""Options that change nothing for a job of specc."""


@dataclass(slots=True)
class Reading:
    """What was read so far. `options` are those of sbatch, in the order written; `memory` is that of the whole
    job, in KiB, which sbatch is told for each node. `shown` is the directive that is being read. `program` is what the
    `#!` line names; None is a shell. `joins` is the option whose file takes both streams, and the directive."""

    scheduler: str
    program: str | None = None
    options: list[Option] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)
    joins: tuple[str, str] | None = None
    starts_at_home: bool = True
    shown: str = ""
    memory: tuple[int, Word, str] | None = None

    def put(self, name: str, value: str | None, word: Word) -> None:
        """Add an option of sbatch for the directive that is being read."""
        self.options.append(Option(KNOWN[name], value, word.span, word.line, self.shown))

    def drop(self, shown: str, word: Word, reason: str) -> None:
        """Note that something has no place."""
        self.notes.append(Note(word.line, f"`{shown}` is dropped: {reason}"))

    def refuse(self, shown: str, word: Word, form: str) -> None:
        """Report a value that cannot be read."""
        message = f"`{shown}` cannot be read, expected {form}"
        self.found.append(codes.BAD_DIRECTIVE.at(word.span, message))


def read_foreign(words: list[Word], scheduler: str, program: str | None) -> Reading:
    """Return the options of sbatch that the words of a header stand for, in the order written."""
    reading = Reading(scheduler, program)
    rest = list(reversed(words))
    while rest:
        word = rest.pop()
        name = word.text[1:]
        if not word.text.startswith("-") or not name:
            help = "put quotes around a value that has spaces in it"
            message = f"`{word.text}` is not an option of {scheduler}"
            reading.found.append(codes.BAD_DIRECTIVE.at(word.span, message, help=help))
            continue
        _option(name, word, rest, reading)
    _settle_paths(reading)
    nodes = next((int(each.value or 1) for each in reading.options if each.flag.name == "nodes"), 1)
    if reading.memory is not None:
        kib, word, reading.shown = reading.memory
        reading.put("mem", f"{-(-kib // nodes)}K", word)
    return reading


def _option(name: str, word: Word, rest: list[Word], reading: Reading) -> None:
    is_pbs = reading.scheduler == PBS
    value: str | None = None
    if is_pbs and len(name) > 1:
        name, value = name[0], name[1:]
    has_value = name not in WITHOUT_VALUE[reading.scheduler]
    if has_value and value is None:
        if not rest or rest[-1].line != word.line:
            reading.found.append(codes.BAD_DIRECTIVE.at(word.span, f"`{word.text}` lacks its value"))
            return
        value = rest.pop().text
        if name == "pe":
            if not rest or rest[-1].line != word.line:
                reading.refuse(f"-pe {value}", word, "the name of an environment and a number")
                return
            value = f"{value} {rest.pop().text}"
    _one(name, value or "", word, reading)


def _one(name: str, value: str, word: Word, reading: Reading) -> None:
    is_pbs = reading.scheduler == PBS
    shown = reading.shown = f"-{name} {value}".rstrip()
    match name:
        case "l":
            (_pbs_resources if is_pbs else _grid_resources)(value, word, reading)
        case "N":
            reading.put("job-name", value, word)
        case "q":
            queue = value.partition("@")[0]
            if queue:
                reading.put("partition", queue, word)
            if queue != value:
                reading.drop(shown, word, f"only its queue `{queue}` is taken over")
        case "o" | "e" | "i" if name != "i" or not is_pbs:
            reading.put({"o": "output", "e": "error", "i": "input"}[name], _path(value, is_pbs), word)
        case "j":
            into = "error" if value == "eo" else "output"
            reading.joins = None if value in ("n", "no") else (into, shown)
        case "S":
            _shell(value, word, reading)
        case "cwd":
            reading.starts_at_home = False
        case "A" if is_pbs:
            reading.put("account", value, word)
        case "P":
            reading.put("account", value, word)
        case "M":
            reading.put("mail-user", value, word)
        case "J" | "t":
            reading.put("array", value, word)
        case "tc":
            most = value if value.isdecimal() else "N"
            reading.drop(shown, word, f"a spec does not hold jobs back, but `specc submit --max-active {most}` does")
        case "pe":
            _parallel(value, word, reading)
        case "v":
            reading.put("export", value, word)
        case "wd" | "d" | "w" if name == "wd" or is_pbs:
            reading.put("chdir", value, word)
        case _ if name in IGNORED:
            return
        case _:
            reading.drop(shown, word, DROPPED.get(name, OTHER))


def _path(text: str, is_pbs: bool) -> str:
    """Return a path with the patterns of sbatch. What a host has before it is not the path's."""
    path = HOST.sub("", text, count=1) if is_pbs or text.startswith(":") else text
    path = path.replace("%", "%%")
    if (folder := FOLDER.match(path)) is not None:
        path = path[folder.end() :] or "./"
    return NAME.sub("%x", JOB_ID.sub("%j", TASK.sub("%a", path)))


def _settle_paths(reading: Reading) -> None:
    """Keep the path of the file that takes both streams, and name files in the folders that paths name."""
    task = ".%a" if any(option.flag.name == "array" for option in reading.options) else ""
    for at, option in enumerate(reading.options):
        name, path = option.flag.name, option.value or ""
        if name in ("output", "error") and path.endswith("/"):
            suffix = "out" if name == "output" else "err"
            reading.options[at] = replace(option, value=f"{path.removeprefix('./')}%x{task}.{suffix}")
    if reading.joins is None:
        return
    into, shown = reading.joins
    streams = [option for option in reading.options if option.flag.name in ("output", "error")]
    for option in streams:
        if option.flag.name != into:
            text = f"{option.shown} has no effect: `{shown}` writes both streams into one file"
            reading.notes.append(Note(option.line, text))
    kept = [replace(option, flag=KNOWN["output"]) for option in streams if option.flag.name == into]
    reading.options = [option for option in reading.options if option not in streams] + kept


def _shell(value: str, word: Word, reading: Reading) -> None:
    """Report a `-S` that names another program than the `#!` line, by which a job of specc is run."""
    path = re.split("[@,]", value)[0]
    name = PurePosixPath(path).name
    if (None if name in (*SHELLS, *LIKE_SHELLS) else name) != reading.program:
        message = f"`-S {value}` runs the script with `{name}`, which its `#!` line does not name"
        help = f"write `#!{path}` as the first line, or remove `-S`"
        reading.found.append(codes.BAD_DIRECTIVE.at(word.span, message, help=help))


def _parallel(value: str, word: Word, reading: Reading) -> None:
    name, _, number = value.partition(" ")
    if PARALLEL.fullmatch(number) is None:
        reading.refuse(f"-pe {value}", word, "the name of an environment and a number, such as `-pe mpi 16`")
        return
    slots = number.partition("-")[0]
    is_threads = re.search(r"smp|thread|omp|shared|local|serial", name, re.IGNORECASE) is not None
    reading.put("cpus-per-task" if is_threads else "ntasks", slots, word)
    text = f"`-pe {value}` becomes {counted(int(slots), 'core')}; the API has no parallel environments"
    reading.notes.append(Note(word.line, text))


def _grid_resources(value: str, word: Word, reading: Reading) -> None:
    for part in filter(None, value.split(",")):
        name, _, amount = part.partition("=")
        reading.shown = f"-l {part}"
        match name:
            case "h_rt" | "s_rt":
                _time(part, amount, word, reading)
            case "h_vmem" | "mem_free" | "vf" | "virtual_free" | "s_vmem" | "h_rss" | "memory" | "mem":
                _memory("mem-per-cpu", part, amount, word, reading)
            case "gpu" | "gpus" | "ngpus" if _is_count(amount):
                reading.put("gpus", amount, word)
            case "q":
                reading.put("partition", amount, word)
            case _:
                reading.drop(f"-l {part}", word, OTHER)


def _pbs_resources(value: str, word: Word, reading: Reading) -> None:
    for part in filter(None, re.split(r",(?=[a-zA-Z_]\w*=)", value)):
        name, _, amount = part.partition("=")
        reading.shown = f"-l {part}"
        match name:
            case "walltime":
                _time(part, amount, word, reading)
            case "mem" | "vmem" | "pmem" | "pvmem":
                option = "mem" if name in ("mem", "vmem") else "mem-per-cpu"
                _memory(option, part, amount, word, reading)
            case "select" | "nodes":
                _chunks(name, amount, word, reading)
            case "ncpus" if _is_count(amount):
                reading.put("cpus-per-task", amount, word)
            case "procs" | "mppwidth" if _is_count(amount):
                reading.put("ntasks", amount, word)
            case "ngpus" | "gpus" if _is_count(amount):
                reading.put("gpus", amount, word)
            case "feature":
                reading.put("constraint", amount, word)
            case _:
                reading.drop(f"-l {part}", word, OTHER)


def _chunks(kind: str, text: str, word: Word, reading: Reading) -> None:
    """Read `select=2:ncpus=8:mpiprocs=4:mem=16gb` of PBS Pro, or `nodes=2:ppn=8:gpus=1` of Torque."""
    shown = f"-l {kind}={text}"
    chunks = [_chunk(each) for each in text.split("+")]
    nodes = sum(chunk["nodes"] for chunk in chunks)
    ranks = sum(chunk["nodes"] * chunk["ranks"] for chunk in chunks)
    cores = sum(chunk["nodes"] * chunk["cores"] for chunk in chunks)
    if not nodes or not ranks or not cores:
        reading.refuse(shown, word, f"chunks such as `{kind}=2:{'ncpus' if kind == 'select' else 'ppn'}=8`")
        return
    is_serial = ranks == nodes and kind == "select" and "mpiprocs" not in text
    if is_serial and nodes == 1:
        reading.put("cpus-per-task", str(cores), word)
    else:
        tasks = cores if kind == "nodes" or is_serial else ranks
        reading.put("ntasks", str(tasks), word)
        if cores > tasks and cores % tasks == 0:
            reading.put("cpus-per-task", str(cores // tasks), word)
        elif cores > tasks:
            said = f"`{shown}` asks for {cores:,} cores for {tasks:,} ranks; core_limit is {tasks}, one core for each"
            reading.notes.append(Note(word.line, said))
    if nodes > 1:
        reading.put("nodes", str(nodes), word)
    if gpus := sum(chunk["nodes"] * chunk["gpus"] for chunk in chunks):
        reading.shown = f"{shown}: {counted(gpus, 'GPU')}"
        reading.put("gpus", str(gpus), word)
        reading.shown = shown
    for chunk in text.split("+"):
        for part in chunk.split(":")[1:] if _is_count(chunk[:1]) else chunk.split(":"):
            name, _, amount = part.partition("=")
            if name == "mem":
                _memory("mem", part, amount, word, reading, _chunk(chunk)["nodes"])
            elif name == "ompthreads":
                reading.drop(f"{shown}: {part}", word, f"write `export OMP_NUM_THREADS={amount}` into the script")
            elif name not in ("ncpus", "ppn", "mpiprocs", "ngpus", "gpus"):
                reading.drop(f"{shown}: {part}", word, "the API has no field for it; choose a queue that has it")


def _chunk(text: str) -> dict[str, int]:
    first, *parts = text.split(":")
    values = dict(part.partition("=")[::2] for part in (parts if _is_count(first) else [first, *parts]))

    def number(*names: str, default: int) -> int:
        given = next((values[name] for name in names if name in values), None)
        return default if given is None else int(given) if _is_count(given) else 0

    cores = number("ncpus", "ppn", default=1)
    nodes = int(first) if _is_count(first) else 1
    return {
        "nodes": nodes,
        "cores": cores,
        "ranks": number("mpiprocs", default=1),
        "gpus": number("ngpus", "gpus", default=0),
    }


def _is_count(text: str) -> bool:
    """Return whether a text is a number of plain digits, of a size that counts something."""
    return COUNT.fullmatch(text) is not None


def _time(shown: str, text: str, word: Word, reading: Reading) -> None:
    """Put a time: seconds, `M:S`, `H:M:S` or `D:H:M:S`."""
    parts = text.split(":")
    if not all(_is_count(part) for part in parts) or len(parts) > 4:
        reading.refuse(f"-l {shown}", word, "a time such as `2:00:00`, or `7200` seconds")
        return
    days, hours, minutes, seconds = [0] * (4 - len(parts)) + [int(part) for part in parts]
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    reading.put("time", f"{total // 3600}:{total // 60 % 60}:{total % 60}", word)


def _memory(option: str, shown: str, text: str, word: Word, reading: Reading, times: int = 1) -> None:
    """Put a size in KiB: for each core, or for the whole job, where a chunk of it is there `times` over."""
    match = SIZE.fullmatch(text) if len(text) < 20 else None
    if match is None:
        reading.refuse(f"-l {shown}", word, "a size such as `4gb`")
        return
    # A number alone is bytes.
    kib = float(match[1]) * KIB[match[2].lower()] if match[2] else float(match[1]) / 1024
    whole = max(1, ceil(kib)) * times
    if option == "mem":
        before = reading.memory[0] if reading.memory is not None and times > 1 else 0
        reading.memory = (whole + before, word, reading.shown)
    else:
        reading.put(option, f"{whole}K", word)
