"""Is a file a script that sbatch would take, and that a target can run?"""

from collections.abc import Iterator, Mapping

from specc.diagnostics import Diagnostic, codes
from specc.migration.directives import MAGICS, Header
from specc.migration.interpreter import LIKE_SHELLS, SHELLS, interpreter, interpreter_notes
from specc.migration.notes import Note
from specc.migration.options import Option
from specc.source import Source

SCHEDULERS = {"PBS": "PBS", "BSUB": "LSF", "COBALT": "Cobalt", "OAR": "OAR", "$": "Grid Engine"}


def script_faults(source: Source, scheduler: str) -> Iterator[Diagnostic]:
    """Why sbatch or a target would refuse the text as a whole; the first that is found."""
    text = source.text
    code = codes.NOT_A_BATCH_SCRIPT
    if not text.strip():
        yield code.at(source.span(), "the file is empty", help="give a script with `#SBATCH` lines")
    elif "\r\n" in text:
        at = text.index("\r\n")
        help = "convert it with `dos2unix`, or `sed -i 's/\\r$//'`"
        yield code.at(source.span(at, at + 1), "the lines end as on Windows, which sbatch refuses", help=help)
    elif not text.startswith("#!") and scheduler != "Slurm":
        return
    elif not text.startswith("#!"):
        help = "write `#!/bin/bash` as the first line"
        yield code.at(source.span(0, 1), "the script does not begin with `#!`, so sbatch refuses it", help=help)
    else:
        yield from _interpreter_faults(source)


def directive_faults(source: Source, header: Header) -> Iterator[Diagnostic]:
    """Why there is nothing to import."""
    if header.directives:
        return
    code, span = codes.NOT_A_BATCH_SCRIPT, source.span(0, len(source.line(1)))
    if header.foreign:
        line, mark = header.foreign[0]
        message = (
            f"the script is one of {SCHEDULERS[mark]} (line {line}); only lines of Slurm, PBS and Grid Engine are read"
        )
        help = "translate its directives to `#SBATCH` ones, or write a spec by hand: `cmd_line: {$file: run.sh}`"
        yield code.at(span, message, help=help)
    elif header.late:
        message = f"sbatch reads no `#SBATCH` line behind a command, and the first one here is line {header.late[0]}"
        yield code.at(span, message, help="move the `#SBATCH` lines up, to the line below `#!`")
    else:
        help = "for a plain script write a spec with `cmd_line: {$file: run.sh}`"
        yield code.at(span, "the script has no line of `#SBATCH`, `#PBS` or `#$`", help=help)


def script_notes(source: Source, header: Header) -> Iterator[Note]:
    """What runs otherwise, or is read by sbatch and not by specc."""
    yield from interpreter_notes(source)
    for line, mark in header.foreign:
        yield Note(
            line,
            f"`#{mark}` is a directive of {SCHEDULERS[mark]}, not read beside those of {header.scheduler}: it stays",
        )
    magic = MAGICS[header.scheduler]
    reader = "sbatch" if header.scheduler == "Slurm" else header.scheduler
    for line in header.late:
        yield Note(line, f"`{magic}` behind a command is not read by {reader} either: it stays, as a comment")


def _interpreter_faults(source: Source) -> Iterator[Diagnostic]:
    if interpreter(source.line(1)).name in ("", "env"):
        span = source.span(0, len(source.line(1)))
        message = "the first line names no program that runs the script"
        yield codes.NOT_A_BATCH_SCRIPT.at(span, message, help="write `#!/bin/bash`, or `#!/usr/bin/env python3`")


def foreign_faults(source: Source, name: str, options: Mapping[str, Option]) -> Iterator[Diagnostic]:
    """Yield why a script of a program that is no shell cannot be imported: nothing can be put before it."""
    for option in options.values():
        is_variable = option.flag.name == "export" and "=" in (option.value or "")
        if is_variable or option.flag.name in ("array", "chdir"):
            message = f"{option.shown} would be lines before the script, and `{name}` runs it, not a shell"
            help = f"write a shell script with the `#SBATCH` lines that runs it: `{name} {source.path}`"
            yield codes.BAD_DIRECTIVE.at(option.span, message, help=help)


def program_of(source: Source) -> str | None:
    """Return the program that runs the script, by its bare name, or None where it is a shell."""
    line = source.line(1)
    name = interpreter(line).name if line.startswith("#!") else "sh"
    return None if name in SHELLS or name in LIKE_SHELLS else name
