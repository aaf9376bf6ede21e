"""The shell commands of a job, and the way back from a character of a command to where it is written."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from collections.abc import Mapping as Map
from functools import lru_cache

from specc.diagnostics import Label
from specc.evaluator import SHELL_LINE, Prefix, Value, end_of_template, span_in, template_text
from specc.fast_dataclass import dataclass
from specc.lowering import Payload
from specc.nodes import FileText, Scalar, Style
from specc.rules.rule import Job
from specc.schema import ApiSchema
from specc.shell import Reading, read
from specc.source import Span

STATEMENT = r"\{%|\{#"
NAME_ALONE = r"\{\{[-+]?\s*\w+\.\w+\s*[-+]?\}\}"


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """A field that a shell runs, as it is sent. `node` is where its text is written, be it in a variable.

    `prelude` is what the target puts before it: `text` has those lines, too, and other places for them.
    """

    field: str
    text: str
    value: Value
    node: Scalar | FileText
    reading: Reading
    prelude: Prefix | None = None

    @property
    def own(self) -> "Command":
        """The command alone, as its author wrote it."""
        if self.prelude is None:
            return self
        own = self.prelude.own
        text = str(own.data)
        return Command(self.field, text, own, self.node, read(text))

    def parts(self) -> "Iterator[Command]":
        """Yield the command alone, and the lines before it alone."""
        yield self.own
        lines = self.prelude.prelude if self.prelude is not None else None
        if lines is not None and isinstance(lines.node, Scalar | FileText):
            text = str(lines.data)
            yield Command(self.field, text, lines, lines.node, read(text))

    @property
    def is_folded(self) -> bool:
        return isinstance(self.node, Scalar) and self.node.style is Style.FOLDED

    def span(self, start: int, end: int) -> Span:
        """Return where characters of the command are written: at their expression, or at the node, if unknown."""
        node, text, start, end = self._at(start, end)
        return _span(node, text, start, end)

    def labels(self, at: int | None = None) -> tuple[Label, ...]:
        """Say where the script is read that has this character, or the command: a script does not know who reads it."""
        node = self.node if at is None else self._at(at, at + 1)[0]
        return (Label(node.ref.span, "read here"),) if isinstance(node, FileText) else ()

    def _at(self, start: int, end: int) -> tuple[Scalar | FileText, str, int, int]:
        """Return the node that has these characters, what it comes to, and where in it they are."""
        lines = self.prelude
        if lines is None or not isinstance(lines.prelude.node, Scalar | FileText):
            return self.node, self.text, start, end
        if lines.start <= start < lines.end:
            text = self.text[lines.start : lines.end]
            stop = min(end, lines.end) - lines.start
            return lines.prelude.node, str(lines.prelude.data), start - lines.start, min(stop, len(text))
        own = self.text[: lines.start] + self.text[lines.end :]
        length = lines.end - lines.start
        begin, stop = (at if at <= lines.start else max(at - length, lines.start) for at in (start, end))
        return self.node, own, begin, stop


def span_of_text(value: Value, text: str, start: int, end: int) -> Span:
    """Return where characters of a field's text are written; the whole value, if nobody knows."""
    node = _origin(value).node
    return _span(node, text, start, end) if isinstance(node, Scalar | FileText) else value.node.span


def _span(node: Scalar | FileText, text: str, start: int, end: int) -> Span:
    offsets = _offsets(_text_of(node), text, start, end)
    # Nothing of a script is where the reference to it stands.
    whole = Span(node.text, 0, 0) if isinstance(node, FileText) else node.span
    return span_in(node, *offsets) if offsets is not None else whole


def _text_of(node: Scalar | FileText) -> str:
    """Return the text that a node holds, be it a template or not."""
    text = template_text(node)
    if text is not None:
        return text
    return node.text.text if isinstance(node, FileText) else str(node.value)


@lru_cache(maxsize=2)
def commands(job: Job) -> tuple[Command, ...]:
    """Return what shells run in a job, as far as it is known. A script for another interpreter is not among it."""
    return tuple(command for command in texts(job) if _is_for_a_shell(command))


@lru_cache(maxsize=2)
def texts(job: Job) -> tuple[Command, ...]:
    """Return the known texts of the fields that a shell runs, whatever their `#!` line says."""
    return tuple(_texts(job.evaluated.job, job.project.apis[job.evaluated.spec.api]))


def sent_commands(payload: Payload, api: ApiSchema) -> Iterator[Command]:
    """Yield what shells run in a job that is ready to be sent."""
    for command in _texts(payload.values, api):
        if _is_for_a_shell(command):
            yield command


def _is_for_a_shell(command: Command) -> bool:
    return not command.text.startswith("#!") or SHELL_LINE.match(command.text) is not None


def _texts(values: Map[str, Value], api: ApiSchema) -> Iterator[Command]:
    for name, value in values.items():
        is_shell = name in api.fields and api.fields[name].shell
        if is_shell:
            yield from _commands(name, value)


def _commands(name: str, value: Value) -> Iterator[Command]:
    """Yield the command of a field, if it is known."""
    text, lines, node = value.data, value.prefix, _origin(value.own).node
    if not isinstance(text, str) or not isinstance(node, Scalar | FileText):
        return
    if lines is not None and lines.is_wrapped:
        # What follows are the words that start the script; the script itself is not for a shell.
        first = str(lines.own.data).partition("\n")[0]
        text = f"{text[: lines.end]}exec {first.removeprefix('#!')}"
    yield Command(name, text, value, node, read(text), lines)


def _origin(value: Value) -> Value:
    """Return the value that a template hands on unchanged: of `{{ vars.run }}`, that of the variable."""
    while (
        isinstance(value.node, Scalar)
        and len(value.reads) == 1
        and (read := value.reads[0]).value is not None
        and isinstance(read.value.node, Scalar | FileText)
        and read.value.data == value.data
        and re.fullmatch(NAME_ALONE, str(value.node.value).strip())
    ):
        value = read.value
    return value


def _offsets(written: str, text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return where characters of `text` are in its template, or None where that cannot be told.

    Statements repeat text and leave text out; among them only a passage that occurs once can be found again.
    """
    pieces = list(_pieces(written)) if re.search(STATEMENT, written) is None else []
    # From the end, because a `$file` form may put lines before its script.
    at = len(text)
    for begin, stop in reversed(pieces):
        found, length = text.rfind(written[begin:stop], 0, at), stop - begin
        is_last = stop == len(written)
        if found < 0 or (is_last and found + length != len(text)):
            break
        if start >= found + length and not is_last:
            return stop, end_of_template(written, stop)
        if start >= found:
            return begin + start - found, min(begin + end - found, stop)
        at = found
    return _unique(written, text, start, end)


def _pieces(written: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of literal text between the template expressions."""
    at = 0
    while (start := written.find("{{", at)) >= 0:
        yield at, start
        at = end_of_template(written, start)
    yield at, len(written)


def _unique(written: str, text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the characters in the template, if the longest passage around them occurs there once."""
    if text[start:end] not in written:
        return None
    # Every part of a passage of the template is in the template, so the limits are found by halving.
    stop = bisect_left(range(end + 1, len(text) + 1), True, key=lambda at: text[start:at] not in written) + end
    begin = start - bisect_left(range(1, start + 1), True, key=lambda n: text[start - n : stop] not in written)
    if written.count(text[begin:stop]) != 1:
        return None
    found = written.index(text[begin:stop]) + start - begin
    return found, found + end - start
