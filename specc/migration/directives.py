"""The `#SBATCH` lines of a script, cut into words as sbatch cuts them."""

import re
from collections.abc import Iterator
from dataclasses import field
from itertools import accumulate

from specc.diagnostics import Diagnostic, codes
from specc.fast_dataclass import dataclass
from specc.source import Source, Span

MAGIC = "#SBATCH"
MAGICS = {"Slurm": MAGIC, "PBS": "#PBS", "Grid Engine": "#$"}
"""How a line begins that one of these schedulers reads."""

OWN = {
    "Slurm": re.compile(r"#SBATCH"),
    "PBS": re.compile(r"#PBS(?=[ \t]|$)"),
    "Grid Engine": re.compile(r"#\$(?=[ \t]*-)"),
}
FOREIGN = re.compile(r"#(PBS|BSUB|COBALT|OAR|\$)(?=\s)")
READ_BY_SBATCH = ("PBS", "BSUB")
"""The other schedulers whose directives sbatch reads as its own, wherever they stand, unless it has `--ignore-pbs`."""

HETEROGENEOUS = ("hetjob", "packjob")
SPACE = " \t\v\f\r"
QUOTES = "\"'"


@dataclass(frozen=True, slots=True)
class Word:
    """One argument as sbatch gets it, and where it is written."""

    text: str
    span: Span
    line: int


@dataclass(frozen=True, slots=True)
class Header:
    """The header, before the first command: the numbers of its directive lines, and the script without them.

    `late` are directives behind the first command, which sbatch does not read; `foreign` those of other schedulers,
    also behind it where sbatch reads them.
    """

    body: str
    words: list[Word] = field(default_factory=list)
    directives: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    foreign: list[tuple[int, str]] = field(default_factory=list)
    scheduler: str = "Slurm"


def scheduler_of(source: Source) -> str:
    """Return the scheduler whose directives the script has: Slurm where there are several, or none."""
    lines = source.text.split("\n")
    return next((name for name, own in OWN.items() if any(map(own.match, lines))), "Slurm")


def read_header(source: Source, scheduler: str) -> tuple[Header, list[Diagnostic]]:
    """Return the directives as sbatch reads them, up to the first line that is neither blank nor a comment.

    Directives of Grid Engine may stand anywhere.
    """
    own, magic = OWN[scheduler], MAGICS[scheduler]
    # Not `splitlines`, which ends lines at characters that end no line for sbatch and the shell.
    lines = source.text.split("\n")
    commands = (number for number, line in enumerate(lines, 1) if line.strip(SPACE)[:1] not in ("", "#"))
    end = next(commands, len(lines) + 1)
    marked = [number for number, line in enumerate(lines, 1) if own.match(line)]
    end = len(lines) + 1 if scheduler == "Grid Engine" else end
    read = [number for number in marked if number < end]
    kept = set(marked) - set(read)
    header = Header(
        "\n".join(line for number, line in enumerate(lines, 1) if number in kept or not own.match(line)),
        directives=read,
        late=[number for number in marked if number > end],
        foreign=[
            (n, match[1])
            for n, line in enumerate(lines, 1)
            if not own.match(line) and (match := FOREIGN.match(line))
            if n < end or (scheduler == "Slurm" and match[1] in READ_BY_SBATCH)
        ],
        scheduler=scheduler,
    )
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    found: list[Diagnostic] = []
    for number in read:
        start = starts[number - 1]
        for part in _parts(source, number, start + len(magic), start + len(lines[number - 1])):
            if isinstance(part, Word):
                header.words.append(part)
            else:
                found.append(part)
    return header, found


def _parts(source: Source, line: int, at: int, end: int) -> Iterator[Word | Diagnostic]:
    """Yield the words of one line, up to a comment, an empty word or a mistake, where sbatch stops to read."""
    is_first = True
    while True:
        while at < end and source.text[at] in SPACE:
            at += 1
        part = _word(source, line, at, end)
        if isinstance(part, Word) and is_first and part.text in HETEROGENEOUS:
            help = "import the parts as scripts of their own"
            yield codes.BAD_DIRECTIVE.at(part.span, "a heterogeneous job is several jobs in one script", help=help)
            return
        if part is not None:
            yield part
        if not isinstance(part, Word):
            return
        is_first, at = False, part.span.end


def _word(source: Source, line: int, start: int, end: int) -> Word | Diagnostic | None:
    """Return the word that begins at `start`. Quotes and backslashes act as in sbatch, not as in a shell."""
    text = source.text
    if start < end and text[start] == ":" and text.startswith(MAGIC, text.rfind("\n", 0, start) + 1):
        message = "sbatch refuses a `:` at the start of a word"
        return codes.BAD_DIRECTIVE.at(source.span(start, start + 1), message, help="write `#SBATCH`, then a space")
    word, at, quote = "", start, ""
    is_escaped = False
    while at < end and (quote or text[at] not in SPACE):
        char = text[at]
        if is_escaped:
            word, is_escaped = word + char, False
        elif char == "\\":
            is_escaped = True
        elif char == quote:
            quote = ""
        elif not quote and char in QUOTES:
            quote = char
        elif not quote and char == "#":
            break
        else:
            word += char
        at += 1
    if quote:
        message = f"the quote {quote} is not closed on its line"
        return codes.BAD_DIRECTIVE.at(source.span(start, end), message, help=f"add the closing {quote}")
    return Word(word, source.span(start, at), line) if word else None
