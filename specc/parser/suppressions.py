"""`# specc: ignore[CODE] reason`: comments which say that a finding is meant to be there.

A comment at the end of a line is about that line, one on a line of its own about the next, and about
comments between them: a `#SBATCH` line is one to the shell. In a script, and in a block of a spec, the `#` is the
shell's. A mark in a quoted text is text.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from specc.diagnostics import Code, Diagnostic, codes
from specc.diagnostics.suggest import closest, closest_code
from specc.frozen import dataclass
from specc.nodes.offsets import BLOCK_HEADER
from specc.nodes.tree import Style
from specc.parser.event import Stretch
from specc.pattern import pattern
from specc.source import Source, Span

WORD = "ignore"
MARK = pattern(
    r"(?<!\S)#[ \t]*specc[ \t]*(?P<colon>:?)[ \t]*ignore\b"
    r"(?P<rest>[^\r\n]*?)(?=[ \t]+#[ \t]*specc[ \t]*:?[ \t]*ignore\b|[ \t]*(?:[\r\n]|\Z))",
    re.IGNORECASE,
)
GOOD = pattern(r"#[ \t]*specc:[ \t]*ignore[ \t]*\[(?P<names>[^\]]*)\]")
NAME = pattern(r"[^,\s]+(?:[ \t]+[^,\s]+)*")
CODE = pattern(r"[\w.-]+")

KNOWN: dict[str, Code] = {**codes.CODES, **{code.slug: code for code in codes.CODES.values()}}


Lines = tuple[int, int]
"""The first and the last."""


class Mark(NamedTuple):
    """A comment that begins like ours, in its source."""

    source: Source
    match: re.Match[str]

    def start(self) -> int:
        return self.match.start()

    @property
    def span(self) -> Span:
        return self.source.span(*self.match.span())


class Ignored(NamedTuple):
    """A code that a comment names, and where it does."""

    code: Code
    span: Span


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment. It is about findings that begin on the lines from `first` to `last`."""

    span: Span
    ignored: tuple[Ignored, ...]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Suppressions:
    """The comments of one text, and what is wrong with others. `blanket` are those that name no code."""

    comments: tuple[Suppression, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    blanket: tuple[Suppression, ...] = ()


NO_SUPPRESSIONS = Suppressions()


def script_suppressions(source: Source) -> Suppressions:
    """Those of a script, which is a shell's text as a whole."""
    return _read((match, _shell_lines(source, match.start(), len(source.text))) for match in _marks(source))


def spec_suppressions(source: Source, places: Callable[[], list[Stretch]]) -> Suppressions:
    """Those of a spec whose scalars stand at these places, which are asked for only if there is any such comment."""
    marks = list(_marks(source))
    return _read(_commented(source, marks, places() if marks else []))


def _commented(source: Source, marks: list[Mark], scalars: list[Stretch]) -> Iterator[tuple[Mark, Lines]]:
    for mark in marks:
        index = bisect_right(scalars, mark.start(), key=_start) - 1
        around = scalars[index] if index >= 0 and mark.start() < scalars[index].end else None
        if around is None or mark.start() < _text_of(source, around):
            yield mark, _yaml_lines(source, mark.start(), scalars)
        elif around.style in (Style.LITERAL, Style.FOLDED):
            yield mark, _shell_lines(source, mark.start(), around.end)


def _start(scalar: Stretch) -> int:
    return scalar.start


def _text_of(source: Source, scalar: Stretch) -> int:
    """Where the text of a scalar begins: that of a block behind its header, which can have a comment."""
    header = BLOCK_HEADER.match(source.text, scalar.start)
    is_block = scalar.style in (Style.LITERAL, Style.FOLDED)
    return header.end() if header and is_block else scalar.start


def _marks(source: Source) -> Iterator[Mark]:
    if WORD in source.text.lower():
        yield from (Mark(source, match) for match in MARK.finditer(source.text))


# which lines a comment is about


def _yaml_lines(source: Source, at: int, scalars: list[Stretch]) -> Lines:
    """A text of several lines counts as its first: a comment cannot stand inside of each."""
    first, line = _targets(source, at, len(source.text))
    begin = source.line_starts[line - 1]
    index = bisect_right(scalars, begin + len(source.line(line)), key=_start) - 1
    begins_here = index >= 0 and scalars[index].start >= begin
    return first, max(line, source.position(scalars[index].end).line) if begins_here else line


def _shell_lines(source: Source, at: int, end: int) -> Lines:
    """A command that a backslash continues is one line to the shell."""
    first, last = _targets(source, at, end)
    while source.line(last).endswith("\\") and last < source.position(end).line:
        last += 1
    return first, last


def _targets(source: Source, at: int, end: int) -> Lines:
    """The next line that is neither blank nor a comment, and comments above it that are not ours."""
    line, column = source.position(at)
    if source.line(line)[: column - 1].strip():
        return line, line
    first = 0
    for below in range(line + 1, source.position(end).line + 1):
        text = source.line(below).strip()
        if text and not MARK.match(text):
            first = first or below
            if not text.startswith("#"):
                return first, below
    return line, line


# what a comment says


def _read(marks: Iterator[tuple[Mark, Lines]]) -> Suppressions:
    comments: list[Suppression] = []
    blanket: list[Suppression] = []
    found: list[Diagnostic] = []
    for mark, (first, last) in marks:
        good = GOOD.match(mark.match.group())
        if good is None or not good["names"].strip(", \t"):
            named = _meant(mark)
            found.extend(_malformed(mark, named))
            if not named:
                blanket.append(Suppression(mark.span, (), first, last))
            continue
        ignored, unknown = _names(mark, good)
        found.extend(unknown)
        if ignored:
            comments.append(Suppression(mark.span, tuple(ignored), first, last))
    return Suppressions(tuple(comments), tuple(found), tuple(blanket))


def _names(mark: Mark, good: re.Match[str]) -> tuple[list[Ignored], list[Diagnostic]]:
    ignored: dict[str, Ignored] = {}
    unknown = []
    begin = mark.start() + good.start("names")
    for name in NAME.finditer(good["names"]):
        span = mark.source.span(begin + name.start(), begin + name.end())
        code = KNOWN.get(name.group())
        if code is None:
            unknown.append(_unknown(span))
        else:
            ignored.setdefault(code.code, Ignored(code, span))
    return list(ignored.values()), unknown


def _unknown(span: Span) -> Diagnostic:
    words = CODE.findall(span.text)
    near = closest_code(span.text, KNOWN)
    if len(words) > 1 and all(word in KNOWN for word in words):
        help = f"put commas between them: `{', '.join(words)}`"
    elif near is not None:
        help = f"did you mean `{near}`?"
    else:
        help = "a code is `SPC` and three digits, or its name, such as `unknown-field`"
    return codes.BAD_IGNORE.at(span, f"specc has no code `{span.text}`", help=help)


def _meant(mark: Mark) -> list[str]:
    """The codes that a comment of another form names, or the one that it nearly does."""
    words = CODE.findall(mark.match["rest"])
    named = list(dict.fromkeys(word for word in words if word in KNOWN))
    near = closest(words[0], KNOWN) if words and not named else None
    return [near] if near is not None else named


def _malformed(mark: Mark, named: list[str]) -> Iterator[Diagnostic]:
    if named:
        message = "a comment that ignores a finding has another form"
        yield codes.BAD_IGNORE.at(mark.span, message, help=right_form(named))
    elif mark.match["colon"] or "[" in mark.match["rest"]:
        message = "this ignores nothing, because it does not name the code of a finding"
        help = f"{right_form(['CODE'])}, with the code that is in brackets where the finding is shown"
        yield codes.BAD_IGNORE.at(mark.span, message, help=help)
    # else it is a sentence about specc


def right_form(named: Iterable[str]) -> str:
    """What to write instead."""
    return f"write `# specc: ignore[{', '.join(named)}] reason`"
