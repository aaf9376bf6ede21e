"""A command has a character that only looks like one of the shell's.

## What
Finds, outside of quotes, what word processors, web pages and Chinese input methods write in place of plain characters:
blanks such as the full-width and the non-breaking space, quotes `“ ”` and `‘ ’` around a word, a long dash before an
option, and `；`, `｜`, `＆`, `＜`, `＞` at the end of a word. What `echo` and `printf` write is text, and is
not looked at.

## Why
To the shell they are letters like any other. The words do not end where they seem to, and the program gets an argument
that it does not know, or a file with a strange name appears.

## Bad
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: mpirun –np 4 ./solver
```

## Good
```yaml
specc: 1
job:
  name: cavity
  core_limit: 4
  cmd_line: mpirun -np 4 ./solver
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import LOOK_ALIKE_CHARACTER
from specc.rules.commands import Command, commands
from specc.rules.rule import Job, JobRule

QUOTED = re.compile(r"""\\.|'[^']*'|"(?:\\.|[^"\\])*"|\$'(?:\\.|[^'\\])*'""")
SUBSTITUTION = re.compile(r"\$\(|`")
BLANK = r"[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]"
BEGIN, END = rf"(?:^|(?<==)|(?<={BLANK}))", rf"(?=$|{BLANK})"
ODD = re.compile(rf"{BLANK}|{BEGIN}[“”„‘’＂＇]|[“”‘’＂＇]{END}|{BEGIN}[–—－−](?=[\w–—－−-])|[；｜＆＜＞]{END}")
PLAIN = {
    **dict.fromkeys("“”„＂", '"'),
    **dict.fromkeys("‘’＇", "'"),
    **dict.fromkeys("–—－−", "-"),
    "；": ";",
    "｜": "|",
    "＆": "&",
    "＜": "<",
    "＞": ">",
}
PRINTS = frozenset({"echo", "printf"})


def find(job: Job) -> Iterator[Diagnostic]:
    for command in commands(job):
        # Nearly all commands are plain.
        if not command.text.isascii():
            yield from _in(command)


def _in(command: Command) -> Iterator[Diagnostic]:
    for at in _places(command):
        char = command.text[at]
        plain = PLAIN.get(char)
        name = f"`{char}`" if plain is not None else f"the blank U+{ord(char):04X}"
        help = f"write `{plain}`" if plain is not None else "write a plain space, or quote the word that it belongs to"
        message = f"{name} is a letter like any other to the shell"
        yield LOOK_ALIKE_CHARACTER.at(command.span(at, at + 1), message, labels=command.labels(at), help=help)


def _places(command: Command) -> Iterator[int]:
    """In words that stand in no other word: those in `$( )` are calls of their own."""
    for call in command.reading.calls:
        words = [(start, command.text[start:end]) for start, end in call]
        for start, word in words[:1] if words and words[0][1] in PRINTS else words:
            if not word.isascii() and not SUBSTITUTION.search(word):
                blanked = QUOTED.sub(lambda match: "_" * len(match.group()), word)
                yield from (start + match.start() for match in ODD.finditer(blanked))


RULE = JobRule(LOOK_ALIKE_CHARACTER, find)
