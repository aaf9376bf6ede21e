"""The `#!` line: which program runs the script, with which options, and what a script says in their place."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from specc.migration.notes import Note
from specc.source import Source

SHELLS = ("sh", "bash", "dash")
LIKE_SHELLS = ("ksh", "zsh", "mksh")
FOR_SET = frozenset("abefhkmnptuvxBCEHPTr")
"""Options of one letter that bash takes at its start and from `set`."""

WITHOUT_EFFECT = frozenset(["--norc", "--noprofile", "--noediting", "-", "--"])
"""What says nothing to a bash that runs a script."""

IN_WORDS = {
    "--posix": "set -o posix",
    "--restricted": "set -r",
    "--verbose": "set -v",
    "--login": "source /etc/profile",
}
WITH_FILE = frozenset(["--rcfile", "--init-file"])
SPLITS = re.compile(r"(?:-[vi]*S|--split-string(?:=|$))")
ASSIGNMENT = re.compile(r"\w+=.*")


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
        yield Note(1, f"`{name}`: a target may run the script with bash; see that bash can read it")
    elif name not in SHELLS:
        text = "runs the script where the `#!` line is obeyed, as by `local` and `slurm`; what it reads is not known"
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
        text = "as one word, so the script does not start where the line is obeyed"
        yield Note(1, f"Linux gives `{joined}` to `{program}` {text}: write `#!{first}`{way}")
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
