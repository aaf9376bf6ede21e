"""Holes in a shell command: would the shell split or expand the value, standing where it stands?"""

import re
from collections.abc import Callable

from specc.diagnostics import codes
from specc.evaluator.quotes import Place, places_of_tags
from specc.expressions import Judge, Quoted, Raw, TemplateMistake, Unknown
from specc.source import BLANKS
from specc.wording import brief

SAFE = r"[^\x00-$&-*;<>?\[-^`{-\x7f]"
"""One of `A-Za-z0-9_@%+=:,./-`, or not of ASCII. To compile the set of what it is not is ten times as fast."""
SAFE_WORD = re.compile(rf"{SAFE}*+")
CHANGED: dict[Place, re.Pattern[str]] = {
    Place.SINGLE: re.compile(r"'"),
    Place.ESCAPED: re.compile(r"['\\]"),
    Place.DOUBLE: re.compile(r'["$`]|\\(?=[$`"\\\n]|\Z)'),
    Place.HERE: re.compile(r"[$`]|\\(?=[$`\\\n]|\Z)"),
    Place.COMMENT: re.compile(r"[\n\r]"),
}
EXPANDED = re.compile(
    r"(?=~|[^$\n]*+\$)(?:~[\w.-]*+(?=/|\Z))?" rf"(?:{SAFE}++|\$\{{[A-Za-z_]\w*+\}}|\$[A-Za-z_]\w*+)*+"
)
"""A path that the shell is surely meant to expand, such as `~/data` and `$HOME/data`."""
WITHIN_A_WORD = "write `$HOME` for the `~`, which the shell expands at the beginning of a word alone"
SUM = re.compile(r"(?!.*\w\s+\w)[\w\s+*/%()!=?:,^~-]*", re.DOTALL)
"""A text that arithmetic takes as it is, whatever it means."""
TAG = re.compile(r"\{\{[-+]?(.*?)[-+]?\}\}", re.DOTALL)
QUOTED = re.compile(r"'(?:\\.|[^'\\])*+(?:'|\\?\Z)|\"(?:\\.|[^\"\\])*+(?:\"|\\?\Z)", re.DOTALL)
OPERATOR = re.compile(r"\b(?:if|and|or|not|in|is)\b|[-~+*/%<>=]")
MAX_SHOWN = 60
CHOICE = re.compile(r"^(?>.*?\bif\b).*\belse\b", re.MULTILINE)
LAST_FILTER = re.compile(r"(?<!\s)\s*+\|\s*+(?:raw|sh)\s*+\Z")


def judge_of(text: str) -> Judge:
    """What judges the holes of a command's template: a mistake for a value that the shell would change."""
    places = places_of_tags(text)

    def judge(value: object, start: int, end: int) -> TemplateMistake | None:
        place = places.get(start, Place.WORD)
        if isinstance(value, Quoted):
            return _quoted_again(value, place, start, end)
        if isinstance(value, Raw | Unknown | bool | int | float):
            return None
        if not _is_changed(value, place, is_alone=_is_alone(text, start, end)):
            return None
        message = f"the shell would {_verb(value, place)} this value, {_shown(value)}, which stands {place}"
        way_out = _way_out(place, text[start:end], is_list=not isinstance(value, str))
        tag = text[start:end]
        trims = tag[2:3] in ("-", "+") or tag[-3:-2] in ("-", "+")
        filter = "sh"
        if isinstance(value, str) and place is Place.WORD and EXPANDED.fullmatch(value):
            filter, way_out = "raw", _expansion_meant(tag)
            if value.startswith("~") and text[start - 1 : start].strip():
                filter, way_out = (
                    "",
                    "write `$HOME` for the `~`, which the shell expands at the beginning of a word alone",
                )
        has_fix = place is Place.WORD and not trims and filter
        instead = f"{{{{ {_expression(tag)} | {filter} }}}}" if has_fix else None
        return TemplateMistake(codes.UNQUOTED_SHELL_VALUE, start, end, message, way_out, instead)

    return judge


def _quoted_again(value: Quoted, place: Place, start: int, end: int) -> TemplateMistake | None:
    """Inside double quotes the quotes of `sh` are kept, for another shell: that may be meant."""
    if place not in (Place.SINGLE, Place.ESCAPED) or CHANGED[place].search(value) is None:
        return None
    message = f"`sh` has quoted this value, {_shown(value)}, and it stands {place}, which its quotes would end"
    help = "take the quotes around it away, or give a shell variable the value first"
    return TemplateMistake(codes.UNQUOTED_SHELL_VALUE, start, end, message, help)


def standing(text: str) -> Callable[[int, int], tuple[Place, bool]]:
    """What the judge asks of a hole beside its value: where it stands, and whether alone."""
    places = places_of_tags(text)
    return lambda start, end: (places.get(start, Place.WORD), _is_alone(text, start, end))


def _is_alone(text: str, start: int, end: int) -> bool:
    """Is the hole between blanks, or ends of the text?"""
    return not (text[start - 1 : start] + text[end : end + 1]).strip(BLANKS)


def _is_changed(value: object, place: Place, *, is_alone: bool) -> bool:
    """`is_alone`: an empty value is lost only where it is a word of its own."""
    if not isinstance(value, str) or place is Place.QUOTED_HERE:
        return place is not Place.QUOTED_HERE
    if place in (Place.WORD, Place.BRACES):
        is_lost = not value and place is Place.WORD and is_alone
        return is_lost or SAFE_WORD.fullmatch(value) is None
    if place is Place.ARITHMETIC:
        return SUM.fullmatch(value) is None
    return CHANGED[place].search(value) is not None


def _verb(value: object, place: Place) -> str:
    if place is Place.COMMENT:
        return "end the comment within"
    return "drop" if value == "" else "split or expand" if place is Place.WORD else "change"


def _shown(value: object) -> str:
    if not isinstance(value, str):
        return "a list"
    if not value:
        return "an empty text"
    text = brief(value, MAX_SHOWN)
    return f'"{text}"' if "`" in text else f"`{text}`"


def _way_out(place: Place, tag: str, *, is_list: bool) -> str:
    """`sh` quotes a value that stands alone; inside quotes it would add quotes to quotes."""
    expression = _expression(tag)
    text = f"{expression} | join(' ')" if is_list else expression
    raw = f"`{{{{ {text} | raw }}}}` if the shell is meant to see it"
    match place:
        case Place.WORD:
            return f"write `{{{{ {expression} | sh }}}}`, or {raw}"
        case Place.SINGLE | Place.DOUBLE | Place.ESCAPED:
            return f"take the quotes away and write `{{{{ {expression} | sh }}}}`, or write {raw}"
        case Place.BRACES | Place.ARITHMETIC:
            return f"give a shell variable the value first: `name={{{{ {expression} | sh }}}}`"
        case Place.COMMENT:
            return "take it out of the comment"
        case _:
            return f"quote the here-document's word (`<<'EOF'`), or write {raw}"


def _expansion_meant(tag: str) -> str:
    """Return the advice for a value with a `~` or a `$NAME`, which quotes would keep as it is."""
    expression = _expression(tag)
    raw, sh = (f"`{{{{ {expression} | {name} }}}}`" for name in ("raw", "sh"))
    return f"write {raw} for the shell to expand it, or {sh} for the text itself"


def _expression(tag: str) -> str:
    """What stands in a hole, as a filter can be put behind it.

    A filter `raw` or `sh` that belongs to the last value of a choice alone was meant for the whole.
    """
    match = TAG.fullmatch(tag)
    expression = match[1].strip() if match else tag
    if CHOICE.search(QUOTED.sub("", expression)) and (last := LAST_FILTER.search(expression)):
        expression = expression[: last.start()]
    # a filter binds closer than any operator
    return f"({expression})" if OPERATOR.search(QUOTED.sub("", expression)) else expression
