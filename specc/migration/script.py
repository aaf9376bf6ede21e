"""Whether a file is a script that sbatch would take and a target can run, and what its `#!` line asks for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import PurePosixPath
from typing import NamedTuple

from specc.diagnostics import Diagnostic, codes
from specc.migration.directives import MAGICS, READ_BY_SBATCH, Header
from specc.migration.options import Option
from specc.migration.writing import Note
from specc.shell import read
from specc.source import Source

SHELLS = ("sh", "bash", "dash")
LIKE_SHELLS = ("ksh", "zsh", "mksh")
FOR_SET = frozenset("abefhkmnptuvxBCEHPTr")
"""Options of one letter that bash takes at its start and from `set`."""

WITHOUT_EFFECT = frozenset(["--norc", "--noprofile", "--noediting", "-", "--"])
"""Options without an effect on a bash that runs a script."""

IN_WORDS = {
    "--posix": "set -o posix",
    "--restricted": "set -r",
    "--verbose": "set -v",
    "--login": "source /etc/profile",
}
WITH_FILE = frozenset(["--rcfile", "--init-file"])
SPLITS = re.compile(r"(?:-[vi]*S|--split-string(?:=|$))")
ASSIGNMENT = re.compile(r"\w+=.*")
SCHEDULERS = {"PBS": "PBS", "BSUB": "LSF", "COBALT": "Cobalt", "OAR": "OAR", "$": "Grid Engine"}


class Interpreter(NamedTuple):
    """The program by its bare name, and its options as words.

    `joined` is what the kernel hands over as one word where several are meant: it reads one argument of a `#!` line.
    """

    name: str
    options: tuple[str, ...]
    joined: str = ""


def interpreter(line: str) -> Interpreter:
    """Return what the first line of a script, which begins with `#!`, asks for."""
    words = line[2:].split()
    if not words:
        return Interpreter("", ())
    name, rest = PurePosixPath(words[0]).name, words[1:]
    if name != "env":
        return Interpreter(name, tuple(rest), " ".join(rest) if len(rest) > 1 else "")
    split = SPLITS.match(rest[0]) if rest else None
    joined = "" if split or len(rest) < 2 else " ".join(rest)
    if split is not None:
        rest = [*filter(None, [rest[0][split.end() :]]), *rest[1:]]
    while rest and (rest[0].startswith("-") or ASSIGNMENT.fullmatch(rest[0])):
        rest = rest[1:]
    if not rest:
        return Interpreter("env", ())
    return Interpreter(PurePosixPath(rest[0]).name, tuple(rest[1:]), joined)


def interpreter_notes(source: Source) -> Iterator[Note]:
    """Yield what the `#!` line asks for and not every target does, and what to write instead."""
    line = source.line(1)
    if not line.startswith("#!"):
        return
    name, options, joined = interpreter(line)
    if name in LIKE_SHELLS:
        yield Note(1, f"`{name}`: a target may run the script with bash; check that bash can run it")
    elif name not in SHELLS:
        text = (
            "runs the script where a target uses its `#!` line, as `local` and `slurm` do; what it reads is not known"
        )
        yield Note(1, f"`{name}` {text}")
    shown = " ".join(options)
    if name not in SHELLS:
        if options and name in LIKE_SHELLS:
            yield Note(1, f"`{shown}` may have no effect, as a target may run `bash SCRIPT`")
        return
    instead = " and ".join(f"`{each}`" for each in in_script(options))
    if joined:
        way = f", then {instead} in the next line" if instead else ""
        program = line[2:].split()[0]
        first = f"{program} {name}" if PurePosixPath(program).name == "env" else program
        text = "as one argument, so the script does not start when it is run directly"
        yield Note(1, f"Linux passes `{joined}` to `{program}` {text}: write `#!{first}`{way}")
    elif instead:
        yield Note(1, f"`{shown}` has no effect where a target runs `bash SCRIPT`, as `ehpc` may: write {instead}")


def in_script(options: tuple[str, ...]) -> list[str]:
    """Return the commands that do in a script what these options of bash do."""
    settings: list[str] = []
    others: list[str] = []
    rest = list(reversed(options))
    while rest:
        option = rest.pop()
        if option in WITHOUT_EFFECT:
            continue
        if option in IN_WORDS:
            others.append(IN_WORDS[option])
        elif option.partition("=")[0] in WITH_FILE:
            # Read by interactive shells alone.
            if "=" not in option and rest:
                rest.pop()
        elif option[:2] in ("-O", "+O") and rest:
            others.append(f"shopt -{'s' if option[0] == '-' else 'u'} {rest.pop()}")
        elif option[:1] in ("-", "+") and not option.startswith("--"):
            _letters(option, rest, settings, others)
        else:
            break
    # A profile is not written for `set -eu`.
    return [*dict.fromkeys(others), *([f"set {' '.join(settings)}"] if settings else [])]


def _letters(option: str, rest: list[str], settings: list[str], others: list[str]) -> None:
    """Sort the letters of one word, such as `-euo` with `pipefail` behind it."""
    sign, letters = option[0], option[1:]
    kept = "".join(letter for letter in letters if letter in FOR_SET)
    names = [rest.pop() for letter in letters if letter == "o" and rest]
    if names:
        settings.append(f"{sign}{kept}o {names[0]}")
        settings.extend(f"{sign}o {name}" for name in names[1:])
    elif kept:
        settings.append(f"{sign}{kept}")
    if sign == "-" and "l" in letters:
        others.append("source /etc/profile")
    if sign == "-" and "i" in letters:
        others.append("source ~/.bashrc")


def script_mistakes(source: Source, scheduler: str) -> Iterator[Diagnostic]:
    """Yield the first reason why sbatch or a target would refuse the text as a whole."""
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
        yield from _interpreter_mistakes(source)


def directive_mistakes(source: Source, header: Header) -> Iterator[Diagnostic]:
    """Yield why there is nothing to import."""
    if header.directives:
        return
    code, span = codes.NOT_A_BATCH_SCRIPT, source.span(0, len(source.line(1)))
    if header.foreign:
        line, mark = header.foreign[0]
        message = (
            f"a script for {SCHEDULERS[mark]} (line {line}); only those for Slurm, PBS and Grid Engine are imported"
        )
        help = "translate its directives to `#SBATCH` ones, or write a spec by hand: `cmd_line: {$file: run.sh}`"
        yield code.at(span, message, help=help)
    elif header.late:
        message = f"sbatch reads no `#SBATCH` line after a command, and the first one here is line {header.late[0]}"
        yield code.at(span, message, help="move the `#SBATCH` lines up, to the line below `#!`")
    else:
        help = "for a plain script write a spec with `cmd_line: {$file: run.sh}`"
        yield code.at(span, "the script has no line of `#SBATCH`, `#PBS` or `#$`", help=help)


def script_notes(source: Source, header: Header) -> Iterator[Note]:
    """Yield notes on what runs otherwise, or is read by sbatch and not by specc."""
    yield from interpreter_notes(source)
    ignores = header.scheduler != "Slurm" or any(word.text == "--ignore-pbs" for word in header.words)
    for line, mark in header.foreign:
        text = f"`#{mark}` is ignored because the script has directives of {header.scheduler}; it stays as a comment"
        if mark in READ_BY_SBATCH and not ignores:
            instead = "set in the spec what it sets"
            text = f"sbatch reads `#{mark}`, too, and rather than `#SBATCH`; specc does not: {instead}"
        yield Note(line, text)
    magic = MAGICS[header.scheduler]
    reader = "sbatch" if header.scheduler == "Slurm" else header.scheduler
    for line in _comments(source, header.late):
        yield Note(line, f"`{magic}` after a command is not read by {reader} either; it stays as a comment")


def _comments(source: Source, lines: Sequence[int]) -> Iterator[int]:
    """Yield the lines that are comments of a shell, and not the text of a script that this one writes."""
    reading = read(source.text) if lines and program_of(source) is None else None
    if reading is None or not reading.is_whole:
        yield from lines
        return
    starts = {start for start, _ in reading.comments}
    offsets = [0, *accumulate(len(line) + 1 for line in source.text.split("\n"))]
    yield from (line for line in lines if offsets[line - 1] in starts)


def _interpreter_mistakes(source: Source) -> Iterator[Diagnostic]:
    if interpreter(source.line(1)).name in ("", "env"):
        span = source.span(0, len(source.line(1)))
        message = "the first line names no program that runs the script"
        yield codes.NOT_A_BATCH_SCRIPT.at(span, message, help="write `#!/bin/bash`, or `#!/usr/bin/env python3`")


def foreign_mistakes(source: Source, name: str, magic: str, options: Mapping[str, Option]) -> Iterator[Diagnostic]:
    """Yield why a script of a program that is not a shell cannot be imported: no lines can be put before it."""
    for option in options.values():
        is_variable = option.flag.name == "export" and "=" in (option.value or "")
        if is_variable or option.flag.name in ("array", "chdir"):
            message = f"{option.shown} needs shell lines before the script, and this is a script for `{name}`"
            help = f"put the `{magic}` lines into a shell script that runs `{name} {source.path}`"
            yield codes.BAD_DIRECTIVE.at(option.span, message, help=help)


def program_of(source: Source) -> str | None:
    """Return the program that runs the script, by its bare name, or None where it is a shell."""
    line = source.line(1)
    name = interpreter(line).name if line.startswith("#!") else "sh"
    return None if name in SHELLS or name in LIKE_SHELLS else name
