"""Suggestions: the name that was probably meant, and the fixes that diagnostics offer.

A fix is made where the diagnostic is, and only if the text at its span is the text that it replaces.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

from specc.diagnostics.model import Edit, Fix
from specc.source import Span

MOST_COMPARED = 60
LONGEST_COMPARED = 100
NUMBERED = re.compile(r"SPC\d+")


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that `word` was probably meant to be, or None when nothing is near."""
    return _closest(word, tuple(candidates))


# Each of a thousand cells can ask for the same wrong names, of which a spec can have thousands.
@lru_cache(maxsize=8_192)
def _closest(word: str, candidates: tuple[str, ...]) -> str | None:
    from difflib import get_close_matches  # 2 ms, and only a wrong name needs it

    folded = word.casefold()
    if len(folded) > LONGEST_COMPARED:
        return None
    by_folded, alike = _folded(candidates)
    # Comparing is slow, and a spec with thousands of names can have thousands of wrong ones.
    lengths = range(len(folded) - 2, len(folded) + 3)
    names = (name for length in lengths for name in alike.get((folded[:1], length), ())) if alike else by_folded
    near = get_close_matches(folded, islice(names, MOST_COMPARED), n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None


@lru_cache(maxsize=8)
def _folded(candidates: tuple[str, ...]) -> tuple[dict[str, str], dict[tuple[str, int], list[str]]]:
    """Return the candidates without regard to case; many of them also by their first letter and their length."""
    by_folded = {name.casefold(): name for name in candidates if len(name) <= LONGEST_COMPARED}
    alike: dict[tuple[str, int], list[str]] = {}
    for name in by_folded if len(by_folded) > MOST_COMPARED else ():
        alike.setdefault((name[:1], len(name)), []).append(name)
    return by_folded, alike


def closest_code(word: str, names: Iterable[str]) -> str | None:
    """Return what `closest` does, but nothing for a number: the next number means something else."""
    return None if NUMBERED.fullmatch(word) else closest(word, names)


def one_of(names: Iterable[str]) -> str:
    """Return the names as a person would list them: `a`, `b` or `c`."""
    quoted = [f"`{name}`" for name in names]
    return " or ".join(filter(None, [", ".join(quoted[:-1]), *quoted[-1:]]))


def did_you_mean(word: str, candidates: Iterable[str], what: str) -> str | None:
    """Return a help line: the nearest candidate, else all that are allowed, else None when there are none.

    `what` names them in the plural: "fields", "axes".
    """
    known = list(candidates)
    near = closest(word, known)
    if near is not None:
        return f"did you mean `{near}`?"
    if not known:
        return None
    shown = known if len(known) <= 20 else known[:20]
    more = "" if len(known) <= 20 else f" and {len(known) - 20} more"
    return f"{what} here: {', '.join(f'`{name}`' for name in shown)}{more}"


def replacing_fix(span: Span, written: str, text: str, *, is_safe: bool = False) -> Fix | None:
    """Return the fix that writes `text` in place of `written`; None if the span has another text, such as an alias."""
    if span.text != written or written == text or "\n" in written:
        return None
    return Fix(f"replace `{written}` with `{text}`", (Edit(span, text),), is_safe)


def spelling_fix(span: Span, word: str, meant: str | None) -> Fix | None:
    """Return the fix of a word that differs from the one meant by a single slip. It is a guess, and so unsafe."""
    return replacing_fix(span, word, meant) if meant is not None and is_one_slip(word, meant) else None


def unquoting_fix(span: Span, text: str) -> Fix | None:
    """Return the fix that removes the quotes around a number."""
    return replacing_fix(span, f'"{text}"', text, is_safe=True) or replacing_fix(span, f"'{text}'", text, is_safe=True)


def quoting_fix(span: Span, raw: str) -> Fix | None:
    """Return the fix that puts a plain scalar in quotes."""
    return None if '"' in raw or "\\" in raw else replacing_fix(span, raw, f'"{raw}"', is_safe=True)


def removing_fix(key: Span, value: Span, title: str) -> Fix | None:
    """Return the fix that removes an entry of a mapping; None if the entry shares its line with something else."""
    text = key.source.text
    start = text.rfind("\n", 0, key.start) + 1
    end = text.find("\n", value.end) + 1 or len(text)
    rest = text[start : key.start] + text[max(value.end, key.end) : end]
    has_more = bool(rest.strip(" \t\r\n:")) or "\n" in text[key.start : value.end]
    return None if has_more or value.end < key.end else Fix(title, (Edit(key.source.span(start, end), ""),), False)


def is_one_slip(word: str, meant: str) -> bool:
    """Return whether two words differ by one letter, or by two letters in the wrong order."""
    start = 0
    while start < min(len(word), len(meant)) and word[start] == meant[start]:
        start += 1
    end = 0
    while end < min(len(word), len(meant)) - start and word[-1 - end] == meant[-1 - end]:
        end += 1
    left, right = word[start : len(word) - end], meant[start : len(meant) - end]
    is_swapped = len(left) == 2 and left == right[::-1]
    return word != meant and (max(len(left), len(right)) <= 1 or is_swapped)
