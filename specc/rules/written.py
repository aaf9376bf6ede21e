"""A command as its author wrote it: a scalar or a file, with the places at which YAML joins its lines.

It differs from the text that is sent: templates in it are not evaluated. So it is the same for all cells of a sweep, and
each of its characters has a place in a file.
"""

from collections.abc import Iterator
from functools import lru_cache

from specc.evaluator.quotes import end_of_tag
from specc.evaluator.templates import span_in, template_text
from specc.frozen import dataclass
from specc.nodes import FileText, Scalar, Style
from specc.nodes.offsets import folds, walk
from specc.pattern import pattern
from specc.rules.commands import Command
from specc.shell import Reading, read
from specc.source import Span

TAG = pattern(r"\{\{|\{%")


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """`shell` is `text` with words in place of its templates, character by character; `reading` is what stands in it.

    `joins` are the spaces in the text that YAML puts where the file has a line break.
    """

    node: Scalar | FileText
    text: str
    shell: str
    joins: tuple[int, ...]

    @property
    def reading(self) -> Reading:
        return read(self.shell)

    def span(self, start: int, end: int) -> Span:
        """Return where these characters of the text stand in the file."""
        return span_in(self.node, start, end)

    def line(self, at: int) -> int:
        """Return the number of the line in the file that has this character."""
        return self.span(at, at + 1).first.line


def written(command: Command) -> Written:
    """Return the text of a command as its author wrote it."""
    return _written(command.node)


@lru_cache(maxsize=256)
def _written(node: Scalar | FileText) -> Written:
    if isinstance(node, FileText):
        text, joins = node.text.text, ()
    else:
        text, joins = str(node.value), tuple(_joins(node))
    is_template = template_text(node) is not None
    return Written(node, text, "".join(_masked(text)) if is_template else text, joins)


def _joins(node: Scalar) -> Iterator[int]:
    """Yield the offset of each space that stands for a line break."""
    source, start, end = node.span
    if node.style is Style.LITERAL or "\n" not in source.text[start:end]:
        return
    if node.style is Style.FOLDED:
        yield from folds(node)
        return
    for at, character in enumerate(walk(node) or ()):
        if character.character == " " and source.text[character.start] in "\r\n":
            yield at


def _masked(text: str) -> Iterator[str]:
    """Yield the text with a word of the same length for each expression, and blanks for each statement."""
    at = 0
    while match := TAG.search(text, at):
        yield text[at : match.start()]
        at = end_of_tag(text, match.start())
        yield ("x" if match.group() == "{{" else " ") * (at - match.start())
    yield text[at:]
