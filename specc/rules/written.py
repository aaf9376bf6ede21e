"""A command as its author wrote it: a scalar or a file, with the places at which YAML joins its lines.

It differs from the text that is sent: templates in it are not evaluated. So it is the same for all cells of a sweep,
and each of its characters has a place in a file.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache

from specc.diagnostics import Edit, Fix, Label, replacing_fix
from specc.evaluator import end_of_template, passed_to, span_in, template_text
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, Mapping, Node, Scalar, Sequence, Style, folds, written_characters
from specc.rules.commands import Command
from specc.shell import Reading, read
from specc.source import Span

TAG = re.compile(r"\{\{|\{%")
REDIRECTIONS = re.compile(r"(?:[ \t]*+(?:\d|&)?[<>]{1,2}[&|]?[ \t]*+[^\s<>&|;]++)*+[ \t]*+;?[ \t]*+")
OPTION = re.compile(r"--?[A-Za-z0-9]")


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """`shell` is `text` with words in place of its templates, character by character; `reading` is what stands in it.

    `joins` are the spaces in the text that YAML puts where the file has a line break. `sent` is the command itself if
    the template has statements, because only their result says which lines there are; nothing can be edited then.
    """

    node: Scalar | FileText
    text: str
    shell: str
    joins: tuple[int, ...]
    sent: Command | None = None

    @property
    def reading(self) -> Reading:
        return read(self.shell)

    def span(self, start: int, end: int) -> Span:
        """Return where these characters of the text stand in the file."""
        return span_in(self.node, start, end) if self.sent is None else self.sent.span(start, end)

    def line(self, at: int) -> int:
        """Return the number of the line in the file that has this character."""
        return self.span(at, at + 1).first.line


def written(command: Command) -> Written:
    """Return the text of a command as its author wrote it."""
    text = _written(command.node)
    return text if text is not None else Written(command.node, command.text, command.text, (), command)


@lru_cache(maxsize=256)
def _written(node: Scalar | FileText) -> Written | None:
    """Return the text that a node holds; None for a template with statements."""
    text = node.text.text if isinstance(node, FileText) else str(node.value)
    joins = tuple(_joins(node)) if isinstance(node, Scalar) else ()
    is_template = template_text(node) is not None
    if is_template and "{%" in text:
        return None
    return Written(node, text, masked(text) if is_template else text, joins)


def _joins(node: Scalar) -> Iterator[int]:
    """Yield the offset of each space that stands for a line break."""
    source, start, end = node.span
    if node.style is Style.LITERAL or "\n" not in source.text[start:end]:
        return
    if node.style is Style.FOLDED:
        yield from folds(node)
        return
    for at, character in enumerate(written_characters(node) or ()):
        if character.character == " " and source.text[character.start] in "\r\n":
            yield at


def masked(text: str) -> str:
    """Return a template with a word of the same length for each expression, and blanks for each statement."""
    pieces, at = [], 0
    while match := TAG.search(text, at):
        end = end_of_template(text, match.start())
        pieces += [text[at : match.start()], ("x" if match.group() == "{{" else " ") * (end - match.start())]
        at = end
    return "".join([*pieces, text[at:]])


def lost_lines(text: Written) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield each comment that goes on in joined lines that are not comments: where it begins, and the joins."""
    for start, end in text.reading.comments if text.joins else ():
        joins = text.joins[bisect_right(text.joins, start) : bisect_left(text.joins, end)]
        if any(not text.text.startswith("#", join + 1) for join in joins):
            yield start, joins


def joiner(text: Written) -> str:
    """Return what a message calls the style that joins lines."""
    is_folded = isinstance(text.node, Scalar) and text.node.style is Style.FOLDED
    return "`>`" if is_folded else "a text of this style"


def way_out(text: Written) -> str:
    """Return the advice to keep the lines apart."""
    is_folded = isinstance(text.node, Scalar) and text.node.style is Style.FOLDED
    return "write the command with `|` instead of `>`" if is_folded else "write the command below `|`"


def unfolded(text: Written) -> Fix | None:
    """Return the fix that writes `|` for `>`, if a folded text stands here."""
    node = text.node
    if not isinstance(node, Scalar) or node.style is not Style.FOLDED:
        return None
    source, start, _ = node.span
    return replacing_fix(Span(source, start, start + 1), ">", "|")


def numbers(first: int, last: int) -> str:
    """Return "line 7", "lines 7 and 8", "lines 7 to 9"."""
    if first == last:
        return f"line {first}"
    return f"lines {first} {'and' if last == first + 1 else 'to'} {last}"


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line that begins with a simple command: its first word, and where its last word and its redirections end.

    `is_done` says that the command ends with the line. `is_option`: the first word looks like an option.
    """

    begin: int
    indent: int
    word: tuple[int, int]
    end: int
    is_done: bool
    is_option: bool

    def follows(self, other: "Line") -> bool:
        """Return whether this line comes right after another line, whose command ended with the line."""
        return other.is_done and other.end == self.begin


def lines(text: Written) -> Iterator[Line]:
    """Yield the lines that begin with a simple command, in their order."""
    for call in sorted(text.reading.calls):
        start, stop = call[0]
        begin = start
        while text.shell[begin - 1 : begin] in (" ", "\t"):
            begin -= 1
        if text.shell[begin - 1 : begin] not in ("", "\n"):
            continue
        end = text.shell.find("\n", call[-1][1])
        end = len(text.shell) if end < 0 else end
        is_done = REDIRECTIONS.fullmatch(text.shell, call[-1][1], end) is not None
        is_option = OPTION.match(text.shell, start, stop) is not None
        yield Line(begin, start - begin, (start, stop), end + 1, is_done, is_option)


def aligned(text: Written, upper: Line, first: Line) -> Fix | None:
    """Return the fix that indents a line, and those below it that are deeper than `upper`, as `upper` is."""
    if text.sent is not None:
        return None
    edits = []
    for line in lines(text):
        if line.begin >= first.begin:
            if line.indent <= upper.indent:
                break
            edits.append(Edit(text.span(line.begin + upper.indent, line.begin + line.indent), ""))
    return Fix("indent the lines alike", tuple(edits), is_safe=False)


def scalars(node: Node) -> Iterator[Scalar | FileText]:
    """Yield the scalars and the scripts below a node, also those that are passed to a command."""
    match node:
        case Scalar() | FileText():
            yield node
            passed = passed_to(node)
            for part in (passed.env, passed.args):
                yield from scalars(part) if part is not None else ()
        case Mapping():
            for value in node.entries.values():
                yield from scalars(value)
        case Sequence():
            for item in node.items:
                yield from scalars(item)


def labels_of(node: Scalar | FileText) -> tuple[Label, ...]:
    """Return the label that says who reads a script, because the script does not know."""
    return (Label(node.ref.span, "read here"),) if isinstance(node, FileText) else ()
