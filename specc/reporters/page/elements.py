"""Elements of a page, from which no text can break out.

`element` is the one way to make markup. Its name and the names of its attributes are words of the program; every text
in it, and every value of an attribute, is foreign: what would deceive a reader becomes an escape (`specc.visible`), and
what means something to HTML is quoted (markupsafe). Nothing foreign ever stands in a script, a style or an address,
where other rules hold.
"""

from collections.abc import Iterable

from markupsafe import Markup, escape

from specc.visible import visible

Child = Markup | str | None
Attribute = str | float | bool | None
"""True stands for an attribute without a value; False and None leave it out."""

EMPTY = Markup("")
VOID = frozenset({"meta", "link", "input"})
SHAPES = frozenset({"rect", "circle", "line", "path", "polyline"})


def element(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """Return an element. In names of attributes, `_` stands for `-`, and is left out at the end: `class_`."""
    start = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}"
    if name in VOID:
        return Markup(f"{start}>")
    if name in SHAPES and not children:
        return Markup(f"{start}/>")
    return Markup(f"{start}>{''.join(map(_inner, children))}</{name}>")


def cell(text: str, class_: str | None, exact: str | None) -> Markup:
    """Return what `element("td", text, class_=class_, data_v=exact)` does, in a third of the time: there are many."""
    marks = (f' class="{class_}"' if class_ else "") + (f' data-v="{escape(shown(exact))}"' if exact else "")
    return Markup(f"<td{marks}>{escape(shown(text))}</td>")


def joined(parts: Iterable[Child]) -> Markup:
    """Return parts one after the other."""
    return Markup("".join(map(_inner, parts)))


def shown(text: str) -> str:
    """Return a foreign text as a page may show it: of several lines, if it is."""
    return visible(text, "\n\t")


def number(value: float) -> str:
    """Return a number for a drawing, in at most one decimal."""
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def _inner(child: Child) -> str:
    if child is None:
        return ""
    return child if isinstance(child, Markup) else escape(shown(child))


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    return f' {name}="{escape(shown(value)) if isinstance(value, str) else number(value)}"'
