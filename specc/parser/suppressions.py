"""`# specc: ignore[CODE] reason`: comments which say that a diagnostic is expected.

A comment at the end of a line is about that line. A comment on a line of its own is about the next line, and about
comments between the two: a `#SBATCH` line is a comment to the shell. In a script, and in a block of a spec, the `#` is
the shell's. A comment inside a quoted text is text.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import zip_longest
from typing import NamedTuple

from specc.diagnostics import Code, Diagnostic, closest, closest_code, codes
from specc.fast_dataclass import dataclass
from specc.nodes import BLOCK_HEADER, Style
from specc.parser.events import ScalarSpan
from specc.source import BLANKS, Source, Span

WORD = "ignore"
MARK = re.compile(r"(?<!\S)#[ \t]*+specc[ \t]*+(?P<colon>:?)[ \t]*+ignore\b", re.IGNORECASE)
MOST_SAID = 100
"""How many wrong comments of one text are reported: thousands of the same help nobody."""
GOOD = re.compile(r"#[ \t]*specc:[ \t]*ignore[ \t]*\[(?P<names>[^\]]*)\]")
NAME = re.compile(r"[^,\s]+(?:[ \t]+[^,\s]+)*")
CODE = re.compile(r"[\w.-]+")

KNOWN: dict[str, Code] = {**codes.CODES, **{code.slug: code for code in codes.CODES.values()}}


Lines = tuple[int, int]
"""The numbers of the first and the last line."""


class Mark(NamedTuple):
    """A comment that begins like a suppression. It ends with its line, or where the next such comment begins."""

    source: Source
    match: re.Match[str]
    end: int

    def start(self) -> int:
        return self.match.start()

    @property
    def span(self) -> Span:
        return self.source.span(self.match.start(), self.end)

    @property
    def text(self) -> str:
        return self.span.text

    @property
    def rest(self) -> str:
        """Return the text behind `ignore`."""
        return self.source.text[self.match.end() : self.end]


class Ignored(NamedTuple):
    """A code that a comment names, with the span of the name."""

    code: Code
    span: Span


@dataclass(frozen=True, slots=True)
class Suppression:
    """A comment about the diagnostics that begin on the lines from `first` to `last`."""

    span: Span
    ignored: tuple[Ignored, ...]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Suppressions:
    """The comments of one text, and the diagnostics of malformed ones. `blanket` are comments that name no code."""

    comments: tuple[Suppression, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    blanket: tuple[Suppression, ...] = ()


NO_SUPPRESSIONS = Suppressions()


def script_suppressions(source: Source) -> Suppressions:
    """Return the suppressions of a script, all of which is a text for the shell."""
    lines = _Lines(source)
    return _read((mark, lines.of_shell(mark.start(), len(source.text))) for mark in _marks(source))


def spec_suppressions(source: Source, scalars: Callable[[], list[ScalarSpan]]) -> Suppressions:
    """Return the suppressions of a spec. `scalars` gives the spans of its scalars."""
    marks = list(_marks(source))
    return _read(_commented(source, marks, scalars() if marks else []))


def _commented(source: Source, marks: list[Mark], scalars: list[ScalarSpan]) -> Iterator[tuple[Mark, Lines]]:
    lines = _Lines(source)
    for mark in marks:
        index = bisect_right(scalars, mark.start(), key=_start) - 1
        around = scalars[index] if index >= 0 and mark.start() < scalars[index].end else None
        if around is None or mark.start() < _text_of(source, around):
            yield mark, lines.of_yaml(mark.start(), scalars)
        elif around.style in (Style.LITERAL, Style.FOLDED):
            yield mark, lines.of_shell(mark.start(), around.end)


def _start(scalar: ScalarSpan) -> int:
    return scalar.start


def _text_of(source: Source, scalar: ScalarSpan) -> int:
    """Return where the text of a scalar begins. A block begins behind its header, which can have a comment."""
    header = BLOCK_HEADER.match(source.text, scalar.start)
    is_block = scalar.style in (Style.LITERAL, Style.FOLDED)
    return header.end() if header and is_block else scalar.start


def _marks(source: Source) -> Iterator[Mark]:
    if WORD in source.text.lower():
        matches = [*MARK.finditer(source.text)]
        for match, following in zip_longest(matches, matches[1:]):
            first = source.position(match.start()).line
            end = source.line_starts[first - 1] + len(source.line(first))
            end = min(end, following.start()) if following is not None else end
            text = source.text[match.end() : end]
            yield Mark(source, match, match.end() + len(text.rstrip(" \t")))


# which lines a comment is about


class _Lines:
    """The lines that comments of one source are about, remembered: thousands of comments can follow each other."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._below: dict[int, dict[int, Lines | None]] = {}
        self._continued: dict[int, dict[int, int]] = {}

    def of_yaml(self, at: int, scalars: list[ScalarSpan]) -> Lines:
        """Return the lines of a comment of YAML. A text of several lines belongs to its first line."""
        source = self._source
        first, line = self._targets(at, len(source.text))
        begin = source.line_starts[line - 1]
        index = bisect_right(scalars, begin + len(source.line(line)), key=_start) - 1
        begins_here = index >= 0 and scalars[index].start >= begin
        return first, max(line, source.position(scalars[index].end).line) if begins_here else line

    def of_shell(self, at: int, end: int) -> Lines:
        """Return the lines of a comment of the shell, to which a command that a backslash continues is one line."""
        first, last = self._targets(at, end)
        known = self._continued.setdefault(end, {})
        final, passed = self._source.position(end).line, []
        while last not in known and last < final and self._source.line(last).endswith("\\"):
            passed.append(last)
            last += 1
        last = known.get(last, last)
        known.update(dict.fromkeys(passed, last))
        return first, last

    def _targets(self, at: int, end: int) -> Lines:
        """Return the next line that is neither blank nor a comment, with comments above that are not suppressions."""
        line, column = self._source.position(at)
        if self._source.line(line)[: column - 1].strip(BLANKS):
            return line, line
        return self._following(line + 1, end) or (line, line)

    def _following(self, line: int, end: int) -> Lines | None:
        """Return the lines that a comment above this line is about, or None if only comments and blanks follow."""
        known = self._below.setdefault(end, {})
        final, passed = self._source.position(end).line, []
        found: Lines | None = None
        while line <= final:
            if line in known:
                found = known[line]
                break
            text = self._source.line(line).strip(BLANKS)
            is_ours = not text or MARK.match(text) is not None
            if not is_ours and not text.startswith("#"):
                found = known[line] = (line, line)
                break
            passed.append((line, is_ours))
            line += 1
        for line, is_ours in reversed(passed):
            found = known[line] = found if is_ours or found is None else (line, found[1])
        return found


# what a comment says


def _read(marks: Iterator[tuple[Mark, Lines]]) -> Suppressions:
    comments: list[Suppression] = []
    blanket: list[Suppression] = []
    wrong = _Wrong()
    for mark, (first, last) in marks:
        good = GOOD.match(mark.text)
        if good is None or not good["names"].strip(", \t"):
            named = _meant(mark) if wrong.has_room else []
            wrong.add(_malformed, mark, named)
            if not named:
                blanket.append(Suppression(mark.span, (), first, last))
            continue
        ignored = _names(mark, good, wrong)
        if ignored:
            comments.append(Suppression(mark.span, tuple(ignored), first, last))
    return Suppressions(tuple(comments), wrong.said(), tuple(blanket))


class _Wrong:
    """The diagnostics of malformed comments. The first ones are worded, which takes time, and the others counted."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._more = 0

    @property
    def has_room(self) -> bool:
        return len(self._found) < MOST_SAID

    def add(self, word: Callable[..., Iterable[Diagnostic]], *about: object) -> None:
        if self.has_room:
            self._found.extend(word(*about))
        else:
            self._more += 1

    def said(self) -> tuple[Diagnostic, ...]:
        if not self._more:
            return tuple(self._found)
        *first, last = self._found
        note = f"up to {self._more:,} more like this are not shown"
        return (*first, replace(last, notes=(*last.notes, note)))


def _names(mark: Mark, good: re.Match[str], wrong: _Wrong) -> list[Ignored]:
    ignored: dict[str, Ignored] = {}
    begin = mark.start() + good.start("names")
    for name in NAME.finditer(good["names"]):
        span = mark.source.span(begin + name.start(), begin + name.end())
        code = KNOWN.get(name.group())
        if code is None:
            wrong.add(_unknown, span)
        else:
            ignored.setdefault(code.code, Ignored(code, span))
    return list(ignored.values())


def _unknown(span: Span) -> Iterator[Diagnostic]:
    words = CODE.findall(span.text)
    near = closest_code(span.text, KNOWN)
    if len(words) > 1 and all(word in KNOWN for word in words):
        help = f"put commas between them: `{', '.join(words)}`"
    elif near is not None:
        help = f"did you mean `{near}`?"
    else:
        help = "a code is `SPC` and three digits, or its name, such as `unknown-field`"
    yield codes.BAD_IGNORE.at(span, f"specc has no code `{span.text}`", help=help)


def _meant(mark: Mark) -> list[str]:
    """Return the codes that a malformed comment names, or the code that it nearly names."""
    words = CODE.findall(mark.rest)
    named = list(dict.fromkeys(word for word in words if word in KNOWN))
    near = closest(words[0], KNOWN) if words and not named else None
    return [near] if near is not None else named


def _malformed(mark: Mark, named: list[str]) -> Iterator[Diagnostic]:
    if named:
        message = "a comment that ignores a diagnostic must have another form"
        yield codes.BAD_IGNORE.at(mark.span, message, help=right_form(named))
    elif mark.match["colon"] or "[" in mark.rest:
        message = "this comment ignores nothing, because it does not name the code of a diagnostic"
        help = f"{right_form(['CODE'])}; the code is in brackets where the diagnostic is shown"
        yield codes.BAD_IGNORE.at(mark.span, message, help=help)
    # else the comment is a sentence about specc


def right_form(named: Iterable[str]) -> str:
    """Return the help that says how to write the comment."""
    return f"write `# specc: ignore[{', '.join(named)}] reason`"
