"""The fixes that findings offer, each made where the finding is."""

from specc.diagnostics.model import Edit, Fix
from specc.source import Span


def replaced(span: Span, written: str, text: str, *, is_safe: bool = False) -> Fix | None:
    """`text` in the place of `written`; None where something else stands there, such as an alias or an escape."""
    if span.text != written or written == text or "\n" in written:
        return None
    return Fix(f"replace `{written}` with `{text}`", (Edit(span, text),), is_safe)


def respelled(span: Span, word: str, meant: str | None) -> Fix | None:
    """The word that was meant, where one slip of the fingers tells them apart. It is a guess, and so unsafe."""
    return replaced(span, word, meant) if meant is not None and is_one_slip(word, meant) else None


def unquoted(span: Span, text: str) -> Fix | None:
    """A number without the quotes around it."""
    return replaced(span, f'"{text}"', text, is_safe=True) or replaced(span, f"'{text}'", text, is_safe=True)


def quoted(span: Span, raw: str) -> Fix | None:
    """A plain scalar as the text that it looks like."""
    return None if '"' in raw or "\\" in raw else replaced(span, raw, f'"{raw}"', is_safe=True)


def removed_line(key: Span, value: Span, title: str) -> Fix | None:
    """An entry of a mapping taken away, where it has its line to itself."""
    text = key.source.text
    start = text.rfind("\n", 0, key.start) + 1
    end = text.find("\n", value.end) + 1 or len(text)
    rest = text[start : key.start] + text[max(value.end, key.end) : end]
    has_more = bool(rest.strip(" \t\r\n:")) or "\n" in text[key.start : value.end]
    return None if has_more or value.end < key.end else Fix(title, (Edit(key.source.span(start, end), ""),), False)


def is_one_slip(word: str, meant: str) -> bool:
    """One letter more, less or other, or two letters in the wrong order."""
    start = 0
    while start < min(len(word), len(meant)) and word[start] == meant[start]:
        start += 1
    end = 0
    while end < min(len(word), len(meant)) - start and word[-1 - end] == meant[-1 - end]:
        end += 1
    left, right = word[start : len(word) - end], meant[start : len(meant) - end]
    is_swapped = len(left) == 2 and left == right[::-1]
    return word != meant and (max(len(left), len(right)) <= 1 or is_swapped)
