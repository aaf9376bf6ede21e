"""YAML joins the lines of two commands to one.

## What
Finds a line that begins with a command, such as `mpirun`, `export` or `./solver`, and that is joined to the command in
the line above: in a text with `>`, in a plain text of several lines, or in a quoted one. Where the command above runs
another one, as `srun`, `time` and `env` do, nothing is found.

## Why
The second command becomes an argument of the first: `module load gcc mpirun ./solver` loads a module with the name
`mpirun`. Often the first command only warns, and the job ends without an error though nothing was computed.

## Bad
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: >
    module load gcc
    mpirun ./solver
```

## Good
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: |
    module load gcc
    mpirun ./solver
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import FOLDED_COMMANDS
from specc.rules.commands import commands
from specc.rules.rule import Job, JobRule
from specc.rules.written import Written, joiner, numbers, unfolded, way_out, written
from specc.wording import brief

SETUP = frozenset(["cd", "pushd", "export", "unset", "module", "ml", "set", "ulimit", "source", ".", "spack"])
"""What sets something up, and runs no command that it is given."""
ACTIVATED = frozenset(["conda", "mamba", "micromamba"])
"""As those above, if `activate` follows."""
LAUNCHERS = frozenset(["srun", "mpirun", "mpiexec", "mpiexec.hydra", "orterun", "aprun", "jsrun", "torchrun"])
WRAPPING = (
    "time nohup exec eval env nice timeout numactl taskset sudo xargs parallel perf valgrind strace gdb apptainer "
    "singularity docker podman bash sh ssh command find conda mamba micromamba uv poetry pixi accelerate nsys ncu "
    "hyperfine watch"
)
WRAPPERS = LAUNCHERS.union(WRAPPING.split())
"""What runs a command that it is given."""
INTERPRETERS = frozenset(["python", "python3", "Rscript", "julia", "matlab"])
STARTED = "mkdir rm cp mv tar rsync gmx gmx_mpi lmp echo apptainer singularity nohup time"
PROGRAMS = (LAUNCHERS | INTERPRETERS).union(STARTED.split())
PRINTERS = frozenset(["echo", "printf"])
MOVERS = frozenset(["mkdir", "rm", "cp", "mv", "ln", "touch", "tar"])
MADE = frozenset(["mkdir", "touch", "rm"])
"""Programs whose arguments are written alike: all of them as `./name`, or none."""
EXECUTABLE = r"\./[\w+-]+(?:/[\w+-]+)*(?:\.(?:sh|bash|py|pl|R|jl|exe|x|out))?"
EXPORTED = r"(?s)[A-Za-z_]\w*(?:=.*)?"
SPOKEN = frozenset(["set", "source", ".", "export", "module"])
"""Commands that are also words of a sentence, or names."""
ASSIGNED = r"(?<!\w)([A-Za-z_]\w*+)="
ASSIGNMENTS = r"\s*(?:[A-Za-z_]\w*=[^\s'\"]*+(?:\s+|\Z))+"
LONG = 60
"""Nobody breaks a command into lines that would be so short as one."""


def find(job: Job) -> Iterator[Diagnostic]:
    for command in commands(job):
        text = written(command)
        if text.joins:
            yield from _in(text)


def _in(text: Written) -> Iterator[Diagnostic]:
    joins = frozenset(text.joins)
    assigned = _lost_assignment(text, joins)
    if assigned is not None:
        yield assigned
    for call in sorted(text.reading.calls):
        words = [text.shell[start:end] for start, end in call]
        for index, (start, _) in enumerate(call):
            if index and start - 1 in joins and _is_command(words, index, _lower(call, words, index, joins)):
                yield _found(text, call[0][0], call[index])
                return


def _found(text: Written, first: int, word: tuple[int, int]) -> Diagnostic:
    lines = numbers(text.line(first), text.line(word[0]))
    shown = brief(text.text[first : word[1]], LONG)
    message = f"{joiner(text)} joins {lines} to one command: `{shown}`"
    help = f"{way_out(text)}, or end the line above with `;` or `&&`"
    fix = unfolded(text) if _are_commands(text) else None
    return FOLDED_COMMANDS.at(text.span(*word), message, help=help, fix=fix)


def _lost_assignment(text: Written, joins: frozenset[int]) -> Diagnostic | None:
    """Find `N=4` on a line of its own, joined to a command whose words read `$N`: the shell expands them before."""
    for call in sorted(text.reading.calls):
        start, end = call[0][0], call[-1][1]
        if start - 1 in joins:
            above = text.shell[text.shell.rfind("\n", 0, start) + 1 : start - 1]
            names = {match[1] for match in re.finditer(ASSIGNED, above)} if re.fullmatch(ASSIGNMENTS, above) else set()
            if any(each.name in names and start <= each.start < end for each in text.reading.variables):
                return _found(text, start - 1 - len(above), call[0])
    return None


def _lower(call: tuple[tuple[int, int], ...], words: list[str], index: int, joins: frozenset[int]) -> list[str]:
    """Return the words in the line that begins with one of them."""
    end = index + 1
    while end < len(call) and call[end][0] - 1 not in joins:
        end += 1
    return words[index:end]


def _is_command(words: list[str], index: int, lower: list[str]) -> bool:
    """Return whether the word at `index`, the first of the line `lower`, is surely a command, not an argument."""
    word, first, last = lower[0], words[0].rpartition("/")[2], words[index - 1]
    has_option = any(other.startswith("-") for other in lower[1:])
    if first in SETUP or (first in ACTIVATED and words[1] == "activate"):
        return _ends_setup(words, index, lower, has_option=has_option)
    is_builtin = word in SETUP - SPOKEN
    if first in PRINTERS:
        return index > 1 and (word in LAUNCHERS or re.fullmatch(EXECUTABLE, word) is not None or is_builtin)
    if last.startswith("-") or word.startswith("-"):
        return False
    if is_builtin or first in WRAPPERS:
        return is_builtin or (word == words[0] and index > 1)
    if first in MADE and re.fullmatch(EXECUTABLE, word) and not any(other.startswith("./") for other in words[1:index]):
        return True
    if word in LAUNCHERS or (word in INTERPRETERS and (first in MOVERS or word == words[0])):
        return True
    is_short = len(words) < LONG and sum(map(len, words)) + len(words) < LONG
    are_both = re.fullmatch(EXECUTABLE, words[0]) is not None and re.fullmatch(EXECUTABLE, word) is not None
    return are_both and (has_option or is_short)


def _ends_setup(words: list[str], index: int, lower: list[str], *, has_option: bool) -> bool:
    """Return whether the word at `index` is surely not an argument of `cd`, `module load` and the like."""
    first, word = words[0], words[index]
    if index == 1 or word.startswith("-"):
        return False
    if first in ("cd", "pushd") and not words[index - 1].startswith("-"):
        return True
    if first in ("export", "unset"):
        return word != first and any(re.fullmatch(EXPORTED, other) is None for other in lower)
    return has_option or word in PROGRAMS | SETUP or re.fullmatch(EXECUTABLE, word) is not None


def _are_commands(text: Written) -> bool:
    """Return whether each line would be a command on its own."""
    return not any(text.shell.startswith(("-", "<", ">", "|", "&"), join + 1) for join in text.joins)


RULE = JobRule(FOLDED_COMMANDS, find)
