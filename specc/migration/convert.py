"""From a batch script to a spec, the script that the spec runs, and notes on everything that has changed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from pathlib import PurePosixPath
from posixpath import normpath
from shlex import quote

from specc.diagnostics import Diagnostic, codes
from specc.fast_dataclass import dataclass
from specc.migration import environment
from specc.migration.arguments import all_arguments, read_arguments
from specc.migration.arrays import Tasks, axis, read_tasks
from specc.migration.directives import MAGICS, Header, read_header, scheduler_of
from specc.migration.environment import FOLDERS, TASKS, exported, given_variables
from specc.migration.foreign import JOB_ID, read_foreign
from specc.migration.options import Option, last_of_each, read_options
from specc.migration.patterns import Job, escaped, fill
from specc.migration.resources import Cores, Limit, read_cores, read_memory, read_time
from specc.migration.script import directive_mistakes, foreign_mistakes, program_of, script_mistakes, script_notes
from specc.migration.site import Site, known_text, place, shape_words, word
from specc.migration.writing import Note, command, comment, joined, scalar
from specc.shell import Reading, read
from specc.source import Source
from specc.targets.slurm.words import shape_of
from specc.wording import counted

SUFFIXES = {"python": ".py", "perl": ".pl", "Rscript": ".R", "julia": ".jl"}
USUAL_MAX = 1000
"""The most cells of a matrix that does not say `max`."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """The texts of both files. The script is the sbatch script without the directives that were read, and `file` its
    name."""

    spec: str
    script: str
    notes: tuple[Note, ...]
    file: str


@dataclass(frozen=True, slots=True)
class Script:
    """A script as it was read: its options by name, and notes.

    With `joins`, one file takes both streams where only one file is named. With `starts_at_home`, the scheduler starts
    the job in the home folder.
    """

    source: Source
    header: Header
    options: dict[str, Option]
    notes: tuple[Note, ...]
    joins: bool
    starts_at_home: bool = False

    @property
    def is_of_slurm(self) -> bool:
        return self.header.scheduler == "Slurm"


@dataclass(slots=True)
class Draft:
    """A job in the making: the lines of its `job` section in order, with notes and diagnostics."""

    options: dict[str, Option]
    job: dict[str, str] = field(default_factory=dict)
    unset: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)

    def say(self, said: list[Diagnostic | Note]) -> None:
        for each in said:
            (self.notes.append(each) if isinstance(each, Note) else self.found.append(each))

    def put(self, limit: Limit | None) -> None:
        if limit is not None and limit.is_written:
            self.job[limit.field] = limit.amount.text
        elif limit is not None:
            self.unset.append(f"{limit.field}: {limit.amount.text}")


def read_script(source: Source) -> Script | list[Diagnostic]:
    """Return the options of a script, or why there are none: what sbatch itself would refuse, and what a job of the
    API cannot be."""
    scheduler = scheduler_of(source)
    found = list(script_mistakes(source, scheduler))
    if found:
        return found
    header, found = read_header(source, scheduler)
    found.extend(directive_mistakes(source, header))
    notes = list(script_notes(source, header))
    parts: list[Option | Diagnostic] = []
    joins, starts_at_home = True, False
    if not found and scheduler == "Slurm":
        parts = list(read_options(header.words))
    elif not found:
        foreign = read_foreign(header.words, scheduler, program_of(source))
        parts, joins = [*foreign.options, *foreign.found], foreign.joins is not None
        starts_at_home = foreign.starts_at_home
        notes.extend(foreign.notes)
    found.extend(part for part in parts if isinstance(part, Diagnostic))
    if found:
        return found
    options, replaced = last_of_each([part for part in parts if isinstance(part, Option)])
    return Script(source, header, options, (*notes, *replaced), joins, starts_at_home)


def migrate(
    script: Script, name: str, units: Mapping[str, str], schema: str | None, site: Site
) -> Migrated | list[Diagnostic]:
    """Return the spec `name.job.yaml` and its script `name.sh`, or why there are none.

    `units` are those of the project by field, and `schema` is where the editor finds the spec's schema.
    """
    draft = Draft(script.options, notes=list(script.notes))
    site = site if script.is_of_slurm else replace(site, target=None)
    text = _converted(draft, script, name, units, site)
    if draft.found:
        return draft.found
    notes = tuple(sorted(draft.notes))
    body = _body(script, draft)
    spec = joined([*_heading(script.source, notes, schema), *text])
    return Migrated(spec, body, notes, file_of(name, program_of(script.source)))


def file_of(name: str, program: str | None) -> str:
    """Return the name of a script that this program runs; None is a shell."""
    suffix = next((suffix for each, suffix in SUFFIXES.items() if program and program.startswith(each)), ".sh")
    return name if suffix != ".sh" and name.endswith(suffix) else f"{name}{suffix}"


def _converted(draft: Draft, script: Script, name: str, units: Mapping[str, str], site: Site) -> list[str]:
    """Return the lines of the spec below its heading."""
    options = draft.options
    tasks = _tasks(draft)
    cores, said = read_cores(options, keeps_shape=site.target is not None)
    draft.say(said)
    program = program_of(script.source)
    reading = read(script.source.text if program is None else "")
    if program is not None:
        draft.say(list(foreign_mistakes(script.source, program, MAGICS[script.header.scheduler], options)))
    given_name = options["job-name"].value if "job-name" in options else None
    slurm_name = given_name or name
    draft.job["name"] = scalar(_name(slurm_name, tasks))
    draft.job["core_limit"] = str(cores.total)
    memory, said = read_memory(options, cores, units.get("mem_limit"))
    draft.say(said)
    draft.put(memory)
    duration, said = read_time(options, units.get("time_limit"))
    draft.say(said)
    draft.put(duration)
    _put_queue(draft)
    _put_paths(draft, Job(slurm_name, tasks is not None), joins=script.joins)
    _place_others(draft, cores, memory, reading, site)
    draft.say(list(_folder_notes(draft, reading, script, site)))
    arguments = read_arguments(reading)
    draft.say([argument.note() for argument in arguments])
    draft.say(list(all_arguments(reading, arguments)))
    env = _environment(draft, reading, cores, tasks, script.header.scheduler, slurm_name)
    params = ["params:", *(f"  {argument.parameter}" for argument in arguments)] if arguments else []
    args = [f"{{{{ params.{argument.name} }}}}" for argument in arguments]
    matrix = _matrix(tasks) if tasks else []
    job = [f"  {key}: {value}" for key, value in draft.job.items()]
    unset = [f"  # {text}" for text in draft.unset]
    return ["specc: 1", *params, *matrix, "job:", *job, *unset, *command(file_of(name, program), env, args)]


def _heading(source: Source, notes: tuple[Note, ...], schema: str | None) -> list[str]:
    first = [comment(f"yaml-language-server: $schema={schema}")] if schema else []
    origin = Note(1, PurePosixPath(source.path).name).shown().removeprefix("line 1: ")
    if not notes:
        return [*first, comment(f"From {origin}. Everything in it has its place here.")]
    return [*first, comment(f"From {origin}. What is not as it was there:"), *(comment(n.shown()) for n in notes)]


def _name(slurm_name: str, tasks: Tasks | None) -> str:
    return escaped(slurm_name) + ("-{{ matrix.task }}" if tasks else "")


def _tasks(draft: Draft) -> Tasks | None:
    option = draft.options.get("array")
    if option is None:
        return None
    tasks = read_tasks(option.value or "")
    if isinstance(tasks, str):
        help = "write numbers and ranges, such as `1-10`, `0-100:10` or `1,3,5-7`"
        draft.found.append(codes.BAD_DIRECTIVE.at(option.span, f"{option.shown}: {tasks}", help=help))
        return None
    count = len(tasks.numbers)
    text = f"becomes a matrix: {counted(count, 'job')}, each with its number in its name"
    draft.notes.append(Note(option.line, f"{option.shown} {text}"))
    if tasks.at_once is not None:
        text = f"is dropped: a spec does not hold jobs back, but `specc submit --max-active {tasks.at_once}` does"
        draft.notes.append(Note(option.line, f"`%{tasks.at_once}` of {_named(option)} {text}"))
    return tasks


def _matrix(tasks: Tasks) -> list[str]:
    count = len(tasks.numbers)
    limit = [f"  max: {count}"] if count > USUAL_MAX else []
    return ["matrix:", "  axes:", f"    task: {axis(tasks)}", *limit]


def _put_queue(draft: Draft) -> None:
    option = draft.options.get("partition")
    if option is None or not option.value:
        return
    first, *others = option.value.split(",")
    draft.job["scheduler_queue_name"] = scalar(escaped(first))
    if others:
        text = f"{option.shown} is cut to `{first}`: a job of the API names one queue"
        draft.notes.append(Note(option.line, text))


def _put_paths(draft: Draft, job: Job, *, joins: bool) -> None:
    """Put the paths. Relative paths begin where the job starts, which is `--chdir` where it is given."""
    folder = draft.options.get("chdir")
    if folder is not None and folder.value:
        text = f"became the line `cd {quote(folder.value)} || exit 1` in the script"
        draft.notes.append(Note(folder.line, f"{folder.shown} {text}"))
    fields = {"input": "input_file", "output": "stdout_redirect_path", "error": "stderr_redirect_path"}
    for name, key in fields.items():
        option = draft.options.get(name)
        if option is None or not option.value:
            continue
        filled = fill(option.value, job)
        is_relative = folder is not None and folder.value and not option.value.startswith("/")
        start = normpath(folder.value or ".") if folder is not None and is_relative else "."
        draft.job[key] = scalar(filled.text if start == "." else f"{escaped(start)}/{filled.text}")
        written = JOB_ID.search(option.directive or "")
        for change in filled.changes:
            said = change if written is None else change.replace("`%j`", f"`{written[0]}`")
            draft.notes.append(Note(option.line, f"{_named(option)}: {said}"))
    out, err = fields["output"], fields["error"]
    if out in draft.job and draft.job.get(err) in ((None, draft.job[out]) if joins else (draft.job[out],)):
        draft.job[err] = scalar("{{ job.stdout_redirect_path }}")


def _named(option: Option) -> str:
    return f"--{option.flag.name}" if option.directive is None else option.shown


def _place_others(draft: Draft, cores: Cores, memory: Limit | None, reading: Reading, site: Site) -> None:
    """Place the options that have no field of the API in the `slurm` target, as far as it takes them."""
    wrap = draft.options.get("wrap")
    if wrap is not None:
        message = "`--wrap` takes the place of a script, so sbatch refuses it in one"
        draft.found.append(codes.BAD_DIRECTIVE.at(wrap.span, message, help="remove it"))
    words, notes = place(draft.options, site)
    draft.notes.extend(notes)
    if site.target is None:
        return
    shape = shape_words(draft.options, cores, reading, site)
    per_core = draft.options.get("mem-per-cpu")
    if shape and per_core is not None and memory is not None and not memory.amount.is_rounded:
        shape.append(word(per_core))
    if shape or words:
        draft.job["resource_limit"] = scalar(escaped(known_text([*shape, *words], site.target)))
    shared_out = shape_of(dict(each.partition("=")[::2] for each in (*shape, *words)))
    if shared_out is not None and shared_out.total is not None:
        draft.job["core_limit"] = str(shared_out.total)


def _folder_notes(draft: Draft, reading: Reading, script: Script, site: Site) -> Iterator[Note]:
    """Yield where the job starts, if this is another folder than before and matters."""
    folder = draft.options.get("chdir")
    calls = [
        [reading.text[start:end].strip("\"'") for start, end in call[:2]] for call in sorted(reading.calls) if call
    ]
    folders = [words[1] for words in calls if len(words) == 2 and words[0] == "cd"]
    goes = bool(calls) and calls[0][0] == "cd" and folders[:1] != [] and folders[0].startswith("/")
    if script.starts_at_home and folder is None and not any(each.startswith(("/", "~", "$")) for each in folders):
        text = f"{script.header.scheduler} starts the job in the home folder, and specc in the project's folder"
        yield Note(1, f"{text}; if the script means the home folder, write `cd || exit 1` before its first command")
    elif site.is_elsewhere and not goes and not (folder is not None and (folder.value or "").startswith("/")):
        text = "the job starts in the project's folder, not where you submit the script"
        yield Note(1, f"{text}; to change that, set `workdir` under `[targets.NAME]` in specc.toml")


def _body(script: Script, draft: Draft) -> str:
    """Return the script without its directives. In place of `--chdir` it goes to the folder by itself, and where PBS or
    Grid Engine name the folder that a job was submitted in, it does so."""
    folder = draft.options.get("chdir")
    body = script.header.body
    used = [name for name in FOLDERS if re.search(rf"\$\{{?{name}\b", body)]
    added = [f'export {name}="$PWD"' for name in used]
    if folder is not None and folder.value:
        added.append(f"cd {quote(folder.value)} || exit 1")
    if not added:
        return body
    first, end, rest = body.partition("\n") if body.startswith("#!") else ("", "", body)
    return f"{first}{end}{joined(added)}{rest}"


def _environment(
    draft: Draft, reading: Reading, cores: Cores, tasks: Tasks | None, scheduler: str, name: str
) -> dict[str, str | int]:
    """Return what the script is given, with a note on what it expects and is not given."""
    used = environment.uses(reading, scheduler)
    env = given_variables(used, cores, tasks, scheduler, name)
    for name, lines_of in used.items():
        if name in env and name not in TASKS[scheduler]:
            draft.notes.append(
                Note(lines_of[0], f"`{name}` is now set under `env` of cmd_line, as {scheduler} sets it")
            )
    draft.notes.extend(environment.unknown_variables(used, {*env, *FOLDERS}, scheduler))
    draft.notes.extend(environment.commands(reading))
    if "export" in draft.options:
        passed, notes = exported(draft.options["export"])
        env |= passed
        draft.notes.extend(notes)
    return env
