"""Texts that make a regular expression slow, if any do: its own parts, over and over, and then something that fails."""

import re
from collections.abc import Iterator
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

ENDINGS = ("", "\0", "\n", "!", " ")
CATEGORIES = {
    sre.CATEGORY_DIGIT: "1",
    sre.CATEGORY_NOT_DIGIT: "a",
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_NOT_SPACE: "a",
    sre.CATEGORY_WORD: "a",
    sre.CATEGORY_NOT_WORD: "-",
}
USUAL = "aA1_-./:= \t\n\"'#$\\{}()[]%,;x"


def pumps(pattern: "re.Pattern[Any]") -> list[str]:
    """Return short texts to repeat: every part of the pattern, every beginning of it, and pairs of its characters."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    tree = _parser.parse(text, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags)
    found = [part for part in _parts(tree) if part]
    characters = sorted({char for part in found for char in part if ord(char) < 0x3000})[:40]
    found += characters
    found += [part + char for part in found[:30] for char in (" ", "\n", "-", ".", "a", "1", '"')]
    return [part for part in dict.fromkeys(found) if len(part) <= 80]


def _parts(tree: Any) -> Iterator[str]:
    """Yield a text of each beginning of a sequence, of each item, and of what lies in it."""
    beginning = ""
    for item in tree:
        sample = _sample(item)
        beginning += sample
        yield sample
        yield beginning
        for inner in _inside(item):
            yield from _parts(inner)


def _inside(item: Any) -> Iterator[Any]:
    operator, argument = item
    if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        yield argument[2]
    elif operator is sre.SUBPATTERN:
        yield argument[3]
    elif operator is sre.BRANCH:
        yield from argument[1]
    elif operator is sre.ATOMIC_GROUP:
        yield argument
    elif operator in (sre.ASSERT, sre.ASSERT_NOT):
        yield argument[1]


def _sample(item: Any) -> str:
    """Return a short text that an item matches."""
    operator, argument = item
    match operator:
        case sre.LITERAL:
            return chr(argument)
        case sre.NOT_LITERAL:
            return "a" if argument != ord("a") else "b"
        case sre.ANY:
            return "a"
        case sre.IN:
            return _of_set(argument)
        case sre.MAX_REPEAT | sre.MIN_REPEAT | sre.POSSESSIVE_REPEAT:
            least, most, inner = argument
            return "".join(map(_sample, inner)) * min(max(least, 1), 40) if most else ""
        case sre.SUBPATTERN:
            return "".join(map(_sample, argument[3]))
        case sre.BRANCH:
            return "".join(map(_sample, argument[1][0]))
        case sre.ATOMIC_GROUP:
            return "".join(map(_sample, argument))
    return ""


def _of_set(items: Any) -> str:
    negated = items and items[0][0] is sre.NEGATE
    if negated:
        inside = re.compile("|".join(re.escape(char) for char in _members(items[1:])) or r"(?!)")
        return next((char for char in USUAL if not inside.match(char)), "é")
    return _members(items)[:1]


def _members(items: Any) -> str:
    found = ""
    for operator, argument in items:
        if operator is sre.LITERAL:
            found += chr(argument)
        elif operator is sre.RANGE:
            low, high = argument
            found += chr(low) + "".join(char for char in USUAL if low <= ord(char) <= high)
        elif operator is sre.CATEGORY:
            found += CATEGORIES.get(argument, "")
            found += "".join(c for c in USUAL if argument is sre.CATEGORY_SPACE and c.isspace())
    return found
