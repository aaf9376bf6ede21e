"""The text of a piece of Markdown: HTML tags are read as layout, Markdown's marks are dropped."""

from collections.abc import Iterable
from html import escape
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

BREAKS = frozenset(["br", "dd", "div", "dl", "dt", "hr", "li", "ol", "p", "pre", "table", "tr", "ul"])
CELLS = frozenset(["tbody", "td", "th", "thead"])
MARKS = frozenset(["a", "b", "big", "center", "code", "del", "em", "font", "i", "kbd", "mark", "s", "small", "span"])
SMALL_MARKS = frozenset(["strike", "strong", "sub", "sup", "tt", "u"])
LAYOUT = BREAKS | CELLS | MARKS | SMALL_MARKS
"""Tags that say how a text looks. Any other is a placeholder that somebody wrote, such as `<name>`, so it is text."""

INLINE = MarkdownIt("commonmark")


class Layout(HTMLParser):
    """Collects text. A tag that starts a line gives a line break, a list item also a dash."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BREAKS:
            self.parts.append("\n- " if tag == "li" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in BREAKS:
            self.parts.append("\n")


def plain(markdown: str) -> str:
    """The text that a reader of the page sees, one line for each line shown, list items with a dash."""
    layout = Layout()
    for token in tokens(markdown):
        layout.feed(_markup(token))
    layout.close()
    lines = (" ".join(line.split()) for line in "".join(layout.parts).split("\n"))
    return "\n".join(line for line in lines if line not in ("", "-"))


def is_bold(markdown: str) -> bool:
    """Is all of it bold? Some pages write their headings so."""
    if not markdown.startswith(("**", "__")):
        return False
    shown = [token for token in tokens(markdown) if token.type != "text" or token.content]
    depths = list(_depths(shown))
    return bool(shown) and shown[0].type == "strong_open" and depths[-1] == 0 and 0 not in depths[:-1]


def tokens(markdown: str) -> list[Token]:
    return INLINE.parseInline(markdown)[0].children or []


def _depths(shown: Iterable[Token]) -> Iterable[int]:
    """How deep in bold each token leaves the text."""
    depth = 0
    for token in shown:
        depth += {"strong_open": 1, "strong_close": -1}.get(token.type, 0)
        yield depth


def _markup(token: Token) -> str:
    match token.type:
        case "html_inline":
            return token.content if _is_layout(token.content) else escape(_visible(token.content), quote=False)
        case "softbreak" | "hardbreak":
            return "\n"
        case _:
            return escape(token.content, quote=False)


def _is_layout(tag: str) -> bool:
    name = tag.strip("</>").split(maxsplit=1)
    return bool(name) and name[0].rstrip("/").lower() in LAYOUT


def _visible(tag: str) -> str:
    return "" if tag.startswith(("<!", "<?")) else tag
