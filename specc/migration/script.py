"""Is a file a script that sbatch would take, and that a target can run?"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from specc.diagnostics import Diagnostic, codes
from specc.migration.directives import Header
from specc.migration.notes import Note
from specc.source import Source

SHELLS = ("sh", "bash", "dash")
LIKE_SHELLS = ("ksh", "zsh", "mksh")
SCHEDULERS = {"PBS": "PBS", "BSUB": "LSF", "COBALT": "Cobalt", "OAR": "OAR", "$": "Grid Engine"}


def script_faults(source: Source) -> Iterator[Diagnostic]:
    """Why sbatch or a target would refuse the text as a whole; the first that is found."""
    text = source.text
    code = codes.NOT_A_BATCH_SCRIPT
    if not text.strip():
        yield code.at(source.span(), "the file is empty", help="give a script with `#SBATCH` lines")
    elif "\r\n" in text:
        at = text.index("\r\n")
        help = "convert it with `dos2unix`, or `sed -i 's/\\r$//'`"
        yield code.at(source.span(at, at + 1), "the lines end as on Windows, which sbatch refuses", help=help)
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
        message = f"the script is one of {SCHEDULERS[mark]} (line {line}); only `#SBATCH` lines are read"
        help = "translate its directives to `#SBATCH` ones, or write a spec by hand: `cmd_line: {$file: run.sh}`"
        yield code.at(span, message, help=help)
    elif header.late:
        message = f"sbatch reads no `#SBATCH` line behind a command, and the first one here is line {header.late[0]}"
        yield code.at(span, message, help="move the `#SBATCH` lines up, to the line below `#!`")
    else:
        help = "for a plain script write a spec with `cmd_line: {$file: run.sh}`"
        yield code.at(span, "the script has no `#SBATCH` line", help=help)


def script_notes(source: Source, header: Header) -> Iterator[Note]:
    """What runs otherwise, or is read by sbatch and not by specc."""
    name, arguments = interpreter(source)
    if name in LIKE_SHELLS:
        yield Note(1, f"`{name}`: a target may run the script with bash; see that bash can read it")
    if arguments:
        instead = "source /etc/profile" if "l" in arguments else f"set {arguments}"
        yield Note(1, f"`{arguments}` may have no effect, as a target may run `bash SCRIPT`: write `{instead}`")
    for line, mark in header.foreign:
        yield Note(
            line, f"`#{mark}` is a directive of {SCHEDULERS[mark]}, which specc does not read: it stays in the script"
        )
    for line in header.late:
        yield Note(line, "`#SBATCH` behind a command is not read by sbatch either: it stays, as a comment")


def interpreter(source: Source) -> tuple[str, str]:
    """The program of the `#!` line by its bare name, and the arguments that it gets."""
    words = source.line(1)[2:].split()
    if words and PurePosixPath(words[0]).name == "env":
        words = [word for word in words[1:] if word != "-S" and "=" not in word] or words
    return (PurePosixPath(words[0]).name, " ".join(words[1:])) if words else ("", "")


def _interpreter_faults(source: Source) -> Iterator[Diagnostic]:
    name, _ = interpreter(source)
    if name in SHELLS or name in LIKE_SHELLS:
        return
    span = source.span(0, len(source.line(1)))
    message = f"the script is run by `{name}`, and a job's command is a shell script"
    help = f"write a shell script with the `#SBATCH` lines that runs it: `{name or 'python3'} {source.path}`"
    yield codes.NOT_A_BATCH_SCRIPT.at(span, message, help=help)
