"""Lines of a command that YAML joins, though they were meant apart."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Edit, Fix
from specc.diagnostics.codes import (
    FOLDED_COMMANDS,
    FOLDED_COMMENT,
    FOLDED_CONTINUATION,
    FOLDED_HERE_DOCUMENT,
    FOLDED_INDENTATION,
)
from specc.nodes import Scalar, Style
from specc.rules.commands import commands, texts
from specc.rules.rule import Job, JobRule
from specc.rules.written import Line, Written, aligned, joiner, lines, lost_lines, numbers, unfolded, way_out, written
from specc.wording import brief


def folded_here_document(job: Job) -> Iterator[Diagnostic]:
    """A here-document in a folded text.

    ## What
    Finds a here-document (`<<EOF`) in a command that is written with `>`.

    ## Why
    YAML joins the lines of a folded text with spaces before the shell sees them. The here-document loses its lines and
    the line that ends it, and the commands after it become a part of it.

    ## Bad
    ```yaml
    specc: 1
    job:
      name: cavity
      core_limit: 4
      cmd_line: >
        cat > case.ini <<EOF
        mesh = fine
        EOF
    ```

    ## Good
    ```yaml
    specc: 1
    job:
      name: cavity
      core_limit: 4
      cmd_line: |
        cat > case.ini <<EOF
        mesh = fine
        EOF
    ```
    """
    for command in commands(job):
        reading = command.reading
        is_broken = bool(reading.unended) or reading.mistake is not None
        if command.is_folded and is_broken and reading.heres:
            here = reading.heres[0]
            message = "`>` joins the lines of this here-document"
            span = command.span(here.start, here.end)
            yield FOLDED_HERE_DOCUMENT.at(span, message, help="write the command with `|` instead of `>`")


def folded_comment(job: Job) -> Iterator[Diagnostic]:
    """A comment in a folded text swallows the lines that follow.

    ## What
    Finds a `#` comment, also a `#!` line, in a command whose lines YAML joins: a text with `>`, or a quoted text of
    several lines. Where only more comments follow, nothing is found.

    ## Why
    The lines become one line before the shell sees them, and a comment goes on to the end of its line. What follows it
    is never run. If the comment is the first line, the job does nothing at all, and ends without an error.

    ## Bad
    ```yaml
    specc: 1
    job:
      name: cavity
      core_limit: 4
      cmd_line: >
        # the fine mesh
        ./solver --mesh fine
    ```

    ## Good
    ```yaml
    specc: 1
    job:
      name: cavity
      core_limit: 4
      cmd_line: |
        # the fine mesh
        ./solver --mesh fine
    ```
    """
    for command in texts(job):
        text = written(command)
        for start, joins in lost_lines(text):
            end = _end_of_line(text, start, joins[0])
            fix = None if _has_options(text) else unfolded(text)
            yield FOLDED_COMMENT.at(
                text.span(start, end), _lost_in_comment(text, start, joins), help=way_out(text), fix=fix
            )


def _lost_in_comment(text: Written, start: int, joins: tuple[int, ...]) -> str:
    lines = numbers(text.line(joins[0] + 1), text.line(joins[-1] + 1))
    if text.reading.is_whole and not text.reading.statements:
        return f"nothing runs: {joiner(text)} joins {lines} to this comment"
    if lines.startswith("line "):
        return f"{joiner(text)} joins {lines} to this comment, so {lines} does not run"
    return f"{joiner(text)} joins {lines} to this comment, so {lines} do not run"


def _end_of_line(text: Written, start: int, join: int) -> int:
    return max(start + 1, len(text.text[:join].rstrip()))


def _has_options(text: Written) -> bool:
    """Return whether a line on its own would be a command that begins with an option."""
    return any(text.text.startswith("-", join + 1) for join in text.joins)


def folded_continuation(job: Job) -> Iterator[Diagnostic]:
    """A backslash continues a line that a folded text has joined already.

    ## What
    Finds a `\\` at the end of a line in a text with `>`, or in another text whose lines YAML joins.

    ## Why
    YAML puts a space in the place of the line break, so the backslash stands before a space and not before the end of
    the line. The shell takes this space as part of a word: the program gets the argument ` --steps`, which it does not
    know.

    ## Bad
    ```yaml
    specc: 1
    job:
      name: cavity
      core_limit: 4
      cmd_line: >
        ./solver \\
        --steps 10
    ```

    ## Good
    ```yaml
    specc: 1
    job:
      name: cavity
      core_limit: 4
      cmd_line: >
        ./solver
        --steps 10
    ```
    """
    for command in commands(job):
        text = written(command)
        places = list(_backslashes(text)) if text.joins else []
        if places:
            first, last = text.line(places[0]), text.line(places[-1]) + 1
            message = f"{joiner(text)} joins {numbers(first, last)}, so this `\\` makes the space part of an argument"
            help = f"remove each `\\` at the end of a line, or {way_out(text)}"
            yield FOLDED_CONTINUATION.at(
                text.span(places[0], places[0] + 1), message, help=help, fix=_without_backslashes(text, places)
            )


def _backslashes(text: Written) -> Iterator[int]:
    """Yield where a backslash stands before a space that YAML has made of a line break."""
    for at in text.reading.escaped_blanks:
        end = at + 1
        while text.text[end : end + 1] in (" ", "\t"):
            end += 1
        if bisect_right(text.joins, at) < bisect_left(text.joins, end):
            yield at


def _without_backslashes(text: Written, places: list[int]) -> Fix | None:
    """Return the fix that removes the backslashes, with the blanks before them."""
    if not isinstance(text.node, Scalar) or text.node.style not in (Style.FOLDED, Style.PLAIN):
        return None
    edits = []
    for at in places:
        start = len(text.text[:at].rstrip(" \t"))
        edits.append(Edit(text.span(start, at + 1), ""))
    return Fix("remove each `\\` at the end of a line", tuple(edits), is_safe=False)


def folded_indentation(job: Job) -> Iterator[Diagnostic]:
    """A line of a folded text that is indented deeper is a command of its own.

    ## What
    Finds a command in a text with `>` at the beginning of a line that is indented deeper than the command in the line
    above. Bodies of loops and functions are left alone, as are lines below a `\\`, `|` or `&&`.

    ## Why
    `>` joins only lines of one indentation. In front of a line that is indented deeper it keeps the line break, and so
    ends the command there. The options and files of the deeper lines become commands, which the shell does not find.

    ## Bad
    ```yaml
    specc: 1
    job:
      name: cavity
      core_limit: 4
      cmd_line: >
        mpirun -np 4
          ./solver
          fine.mesh
    ```

    ## Good
    ```yaml
    specc: 1
    job:
      name: cavity
      core_limit: 4
      cmd_line: >
        mpirun -np 4
        ./solver
        fine.mesh
    ```
    """
    for command in commands(job):
        text = written(command)
        if isinstance(text.node, Scalar) and text.node.style is Style.FOLDED and "\n " in text.shell:
            yield from _deeper_lines(text)


def _deeper_lines(text: Written) -> Iterator[Diagnostic]:
    upper: Line | None = None
    for line in lines(text):
        # What begins with an option is a mistake in any text, and found by `lost-continuation`.
        if upper is not None and line.follows(upper) and line.indent > upper.indent and not line.is_option:
            message = "this line is indented deeper, so `>` keeps its line break: it is a command of its own"
            help = "indent all lines of a command alike"
            yield FOLDED_INDENTATION.at(text.span(*line.word), message, help=help, fix=aligned(text, upper, line))
            return
        upper = line


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


def folded_commands(job: Job) -> Iterator[Diagnostic]:
    """YAML joins the lines of two commands to one.

    ## What
    Finds a line that begins with a command, such as `mpirun`, `export` or `./solver`, and that is joined to the command
    in the line above: in a text with `>`, in a plain text of several lines, or in a quoted one. Where the command above
    runs another one, as `srun`, `time` and `env` do, nothing is found.

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
    for command in commands(job):
        text = written(command)
        if text.joins:
            yield from _joined_commands(text)


def _joined_commands(text: Written) -> Iterator[Diagnostic]:
    joins = frozenset(text.joins)
    assigned = _lost_assignment(text, joins)
    if assigned is not None:
        yield assigned
    for call in sorted(text.reading.calls):
        words = [text.shell[start:end] for start, end in call]
        for index, (start, _) in enumerate(call):
            if index and start - 1 in joins and _is_command(words, index, _lower_line(call, words, index, joins)):
                yield _joined(text, call[0][0], call[index])
                return


def _joined(text: Written, first: int, word: tuple[int, int]) -> Diagnostic:
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
                return _joined(text, start - 1 - len(above), call[0])
    return None


def _lower_line(call: tuple[tuple[int, int], ...], words: list[str], index: int, joins: frozenset[int]) -> list[str]:
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


RULES = (
    JobRule(FOLDED_HERE_DOCUMENT, folded_here_document),
    JobRule(FOLDED_COMMENT, folded_comment),
    JobRule(FOLDED_CONTINUATION, folded_continuation),
    JobRule(FOLDED_INDENTATION, folded_indentation),
    JobRule(FOLDED_COMMANDS, folded_commands),
)
