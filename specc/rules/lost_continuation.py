"""A command ends before the lines that belong to it.

## What
Finds, in a text with `|` and in scripts:

- a `\\` with blanks behind it at the end of a line, or with a comment behind it
- a comment between the lines of a command that a `\\` continues, where the lines below are still indented as its part
- a line that begins with an option, such as `--steps 10`

## Why
A `\\` continues a line only if it is the very last character, and a comment ends the command. The lines below then are
commands of their own. The program runs without its options, and the shell looks for a program called `--steps`.

## Bad
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: |
    ./solver --mesh fine
    --steps 10
```

## Good
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: |
    ./solver --mesh fine \\
      --steps 10
```
"""

from bisect import bisect_left
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Edit, Fix
from specc.diagnostics.codes import LOST_CONTINUATION
from specc.nodes import Scalar, Style
from specc.rules.commands import Command, commands
from specc.rules.rule import Job, JobRule
from specc.rules.written import Line, Written, aligned, lines, written


def find(job: Job) -> Iterator[Diagnostic]:
    for command in (part for whole in commands(job) for part in whole.parts()):
        text = written(command)
        # Nearly all commands are a line, and continue nothing.
        if "\\" in text.shell:
            yield from _blanks(text, command)
            yield from _comments(text, command)
        if "-" in text.shell:
            yield from _options(text, command)


def _blanks(text: Written, command: Command) -> Iterator[Diagnostic]:
    for at in text.reading.escaped_blanks:
        end = at + 1
        while text.shell[end : end + 1] in (" ", "\t"):
            end += 1
        following = text.shell[end : end + 1]
        is_word = text.shell[at - 1 : at] in ("", " ", "\t", "\n")
        if following in ("", "\n"):
            message = "this `\\` does not continue the line, because blanks follow it"
            fix = Fix("remove the blanks behind the `\\`", (Edit(text.span(at + 1, end), ""),), is_safe=False)
            help = "remove the blanks behind the `\\`" if following else "remove the `\\`: nothing follows"
            if end not in text.joins:
                yield _found(text, command, (at, at + 1), message, help, fix if following else None)
        elif following == "#" and is_word:
            message = "this `\\` does not continue the line, because a comment follows it"
            yield _found(text, command, (at, at + 1), message, "move the comment above the command", None)


def _comments(text: Written, command: Command) -> Iterator[Diagnostic]:
    """Find comments on a line of their own below a `\\`, with a line below that looks like the rest of the command."""
    shell, until, last = text.shell, 0, 0
    starts = sorted(call[0][0] for call in text.reading.calls)
    for start, end in sorted(text.reading.comments):
        begin = shell.rfind("\n", 0, start) + 1
        is_continued = last != begin - 1 and _is_continued(shell, begin)
        last = end
        if start < until or shell[begin:start].strip(" \t"):
            continue
        until = _behind_comments(shell, end)
        if not is_continued:
            continue
        index = bisect_left(starts, start) - 1
        indent = _indent(shell, shell.rfind("\n", 0, starts[index]) + 1) if index >= 0 else 0
        stop = shell.find("\n", until)
        line = shell[until : stop if stop >= 0 else len(shell)]
        is_option = line.lstrip(" \t").startswith("-")
        if line.strip() and _indent(shell, until) > indent and not is_option:
            message = "this comment ends the command, though a `\\` continues the line above and more lines follow"
            yield _found(text, command, (start, end), message, "move the comment above the command", None)


def _is_continued(shell: str, begin: int) -> bool:
    """Return whether the line above ends with a `\\` that nothing escapes."""
    end = at = begin - 1
    while at > 0 and shell[at - 1] == "\\":
        at -= 1
    return (end - at) % 2 == 1


def _behind_comments(shell: str, end: int) -> int:
    """Return where the next line begins that is not a comment."""
    at = end + 1
    while at < len(shell):
        stop = shell.find("\n", at)
        stop = len(shell) if stop < 0 else stop
        if not shell[at:stop].lstrip(" \t").startswith("#"):
            break
        at = stop + 1
    return min(at, len(shell))


def _indent(shell: str, begin: int) -> int:
    at = begin
    while shell[at : at + 1] in (" ", "\t"):
        at += 1
    return at - begin


def _options(text: Written, command: Command) -> Iterator[Diagnostic]:
    """Find lines that begin with an option. Those that follow such a line are part of the same mistake."""
    upper: Line | None = None
    known = list(lines(text))
    for index, line in enumerate(known):
        above, upper = upper if upper is not None and line.follows(upper) else None, line
        if not line.is_option or (above is not None and above.is_option):
            continue
        name = text.text[slice(*line.word)]
        if _is_folded(text) and above is not None and line.indent > above.indent:
            message = f"`{name}` is a command of its own: its line is indented deeper, so `>` keeps the line break"
            help, fix = "indent all lines of a command alike", aligned(text, above, line)
        elif above is None:
            message = f"the shell looks for a program called `{name}`"
            help, fix = "write the program before it, or ` \\` at the end of the line that it belongs to", None
        else:
            message = f"`{name}` is a command of its own: the line above does not go on"
            help = "write ` \\` at the end of the line above"
            fix = Fix(help, tuple(_continued(text, above, known[index:])), is_safe=False)
        yield _found(text, command, line.word, message, help, fix)


def _is_folded(text: Written) -> bool:
    return isinstance(text.node, Scalar) and text.node.style is Style.FOLDED


def _continued(text: Written, above: Line, below: list[Line]) -> Iterator[Edit]:
    """Yield a ` \\` for the end of each line but the last one that belongs to the command."""
    for line in below:
        if not (line.is_option and line.follows(above)):
            return
        end = above.end - 1
        while text.text[end - 1] in " \t;":
            end -= 1
        yield Edit(text.span(end, above.end - 1), " \\")
        above = line


def _found(
    text: Written, command: Command, place: tuple[int, int], message: str, help: str, fix: Fix | None
) -> Diagnostic:
    fix = fix if text.sent is None else None
    return LOST_CONTINUATION.at(text.span(*place), message, labels=command.labels(), help=help, fix=fix)


RULE = JobRule(LOST_CONTINUATION, find)
