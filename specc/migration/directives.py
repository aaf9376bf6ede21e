"""The `#SBATCH` lines of a script, cut into words as sbatch cuts them."""

from collections.abc import Iterator
from dataclasses import field
from itertools import accumulate

from specc.diagnostics import Diagnostic, codes
from specc.frozen import dataclass
from specc.pattern import pattern
from specc.source import Source, Span

MAGIC = "#SBATCH"
FOREIGN = pattern(r"#(PBS|BSUB|COBALT|OAR|\$)(?=\s)")
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
    """What stands before the first command: the numbers of its directive lines, and the script without them.

    `late` are directives behind the first command, which sbatch does not read; `foreign` those of other schedulers.
    """

    body: str
    words: list[Word] = field(default_factory=list)
    directives: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    foreign: list[tuple[int, str]] = field(default_factory=list)


def read_header(source: Source) -> tuple[Header, list[Diagnostic]]:
    """The directives as sbatch reads them: up to the first line that is neither blank nor a comment."""
    # Not `splitlines`, which sees a line end in characters that are none to sbatch and the shell.
    lines = source.text.split("\n")
    commands = (number for number, line in enumerate(lines, 1) if line.strip(SPACE)[:1] not in ("", "#"))
    end = next(commands, len(lines) + 1)
    marked = [number for number, line in enumerate(lines, 1) if line.startswith(MAGIC)]
    read = [number for number in marked if number < end]
    header = Header(
        "\n".join(line for number, line in enumerate(lines, 1) if number > end or not line.startswith(MAGIC)),
        directives=read,
        late=[number for number in marked if number > end],
        foreign=[(n, match[1]) for n, line in enumerate(lines[: end - 1], 1) if (match := FOREIGN.match(line))],
    )
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    found: list[Diagnostic] = []
    for number in read:
        start = starts[number - 1]
        for part in _parts(source, number, start + len(MAGIC), start + len(lines[number - 1])):
            if isinstance(part, Word):
                header.words.append(part)
            else:
                found.append(part)
    return header, found


def _parts(source: Source, line: int, at: int, end: int) -> Iterator[Word | Diagnostic]:
    """The words of one line, up to a comment, an empty word or a fault, behind which sbatch reads nothing."""
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
    """The word that begins at `start`. Quotes and backslashes act as they do in sbatch, not as in a shell."""
    text = source.text
    if start < end and text[start] == ":":
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
        return codes.BAD_DIRECTIVE.at(source.span(start, end), message, help=f"write a second {quote}")
    return Word(word, source.span(start, at), line) if word else None
