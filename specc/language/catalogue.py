"""A catalogue: English templates with their translations, and how a finished message is found among them.

The code composes its messages in English. A template is such a message with its values left out: "`{1}` has no key
`{2}`". A message belongs to the template that makes this very message of some values, and its translation is the
template's, with the same values. So whatever is said in Chinese is, in English, word for word what was said; what
belongs to no template stays English. Values are inserted as they are. Only where a translation says `{1~}` is the value
wording of specc's own ("a list", "3 files"), which is looked up as a message is. `{1-}` leaves out a value that is only
grammar, such as the `s` of a plural.

Nothing here backtracks: a message is compared with a template in time that grows with the message alone, and a message
of more than `LONGEST` characters stays English.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from heapq import merge
from importlib.resources import files
from itertools import pairwise
from json import loads
from typing import NamedTuple

LONGEST = 4000
FAINT = 6
"""Letters. A template with fewer is not taken for a message one of whose values looks like a sentence."""
FAINTEST = 4
"""Letters. A template with fewer that begins with a value, such as `{1} in {2}`, is wording, and never a message."""
LATIN = re.compile(r"[\w`\"'$/.~-]", re.ASCII)
SENTENCE = re.compile(r"\b[a-z]{2,} [a-z]+ [a-z]{2,}")
DEEPEST = 5
KEY = 4
VALUE = re.compile(r"\{(\d+)([~-]?)\}")
WORDING, LEFT_OUT = "~", "-"
"""Marks of a value in a translation."""
PREFIXES = ("error: ", "warning: ", "help: ")
"""What may stand before any message; it is translated for itself."""
PART = "part"
"""The context of an entry that is never a message of its own."""


class Entry(NamedTuple):
    """A template, with its translation. Without a translation, or with one that is the same, it stays English."""

    template: str
    translation: str
    context: str = ""


def read_entries(text: str) -> Iterator[Entry]:
    """Yield the entries of a catalogue in the form of gettext (`.po`), whose texts are quoted as those of JSON are."""
    for block in text.split("\n\n"):
        texts = {"msgctxt": "", "msgid": "", "msgstr": ""}
        name = ""
        for line in block.splitlines():
            if line.startswith("#") or not line:
                continue
            word, blank, quoted = line.partition(" ")
            if word in texts and blank:
                name = word
            else:
                quoted = line
            texts[name] += loads(quoted, strict=False)
        if texts["msgid"]:
            yield Entry(texts["msgid"], texts["msgstr"], texts["msgctxt"])


class Template(NamedTuple):
    """A template taken apart: the literal texts before, between and behind its values, and the translation's parts."""

    literals: tuple[str, ...]
    translation: tuple[tuple[str, int, str], ...]
    """Pieces of the translation: a literal text, the index of a value behind it (-1: none), and the value's mark."""
    weight: int
    """How much of a message is the template's own. The more it is, the surer is the match."""
    is_faint: bool
    is_wording: bool

    @classmethod
    def of(cls, entry: Entry) -> "Template":
        literals = tuple(VALUE.split(entry.template)[::3])
        pieces = VALUE.split(entry.translation) if entry.translation != entry.template else [""]
        triples = zip(pieces[::3], [*pieces[1::3], "0"], [*pieces[2::3], ""], strict=True)
        parts = tuple((text, int(number) - 1, mark) for text, number, mark in triples) if any(pieces) else ()
        letters = sum(map(str.isalpha, "".join(literals)))
        is_wording = entry.context == PART or (len(literals) > 1 and not literals[0] and letters < FAINTEST)
        return cls(literals, parts, sum(map(len, literals)), letters < FAINT, is_wording)

    def values(self, text: str) -> list[str] | None:
        """Return the values by which the template makes `text`; None where it does not.

        A value in backticks has none itself: two values in backticks are not one.
        """
        first, last = self.literals[0], self.literals[-1]
        if len(self.literals) == 1:
            return [] if text == first else None
        at, end = len(first), len(text) - len(last)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return None
        found = []
        for literal in self.literals[1:-1]:
            next_at = text.find(literal, at, end)
            if next_at < 0:
                return None
            found.append(text[at:next_at])
            at = next_at + len(literal)
        found.append(text[at:end])
        around = zip(found, pairwise(self.literals), strict=True)
        is_cut = any("`" in value and before[-1:] == "`" == behind[:1] for value, (before, behind) in around)
        return None if is_cut else found


class _Index:
    """Templates, the surest first, found by the first characters of a message."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._whole: dict[str, Template] = {}
        self._by_key: dict[str, list[Template]] = {}
        self._others: list[Template] = []
        for template in templates:
            first = template.literals[0]
            if len(template.literals) == 1:
                self._whole.setdefault(first, template)
            elif len(first) >= KEY:
                self._by_key.setdefault(first[:KEY], []).append(template)
            else:
                self._others.append(template)
        for found in (self._others, *self._by_key.values()):
            found.sort(key=_surest)

    def match(self, text: str) -> tuple[Template, list[str]] | None:
        """Return the surest template that makes `text`, with its values."""
        whole = self._whole.get(text)
        if whole is not None:
            return whole, []
        for template in merge(self._by_key.get(text[:KEY], ()), self._others, key=_surest):
            values = template.values(text)
            if values is not None and not (template.is_faint and any(map(SENTENCE.search, values))):
                return template, values
        return None


def _surest(template: Template) -> tuple[int, int]:
    return -template.weight, len(template.literals)


class Catalogue:
    """Translates messages into one language."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        every = [Template.of(entry) for entry in sorted(entries, key=lambda entry: not entry.context)]
        self._messages = _Index(template for template in every if not template.is_wording)
        self._wording = _Index(sorted(every, key=lambda template: not template.is_wording))
        self.translate = lru_cache(maxsize=4096)(self._translate)

    def _translate(self, text: str) -> str:
        """Return the translation of a message, or the message itself where there is none."""
        if len(text) > LONGEST:
            return text
        prefix = next(filter(text.startswith, PREFIXES), "")
        return self._translated(prefix, 0) + self._translated(text[len(prefix) :], 0)

    def _translated(self, text: str, depth: int) -> str:
        found = (self._wording if depth else self._messages).match(text) if depth <= DEEPEST else None
        if found is None or not found[0].translation:
            return text
        template, values = found
        said = ""
        for literal, index, mark in template.translation:
            said = _joined(said, literal)
            if index >= 0 and mark == WORDING:
                said = _joined(said, self._translated(values[index], depth + 1))
            elif index >= 0 and mark != LEFT_OUT:
                said += values[index]
        return said


def _joined(before: str, behind: str) -> str:
    """Return two pieces of wording as one: a blank divides Chinese from Latin letters, and not Chinese from Chinese."""
    if before[-1:] == " " and _is_han(before[-2:-1]) and _is_han(behind[:1]):
        return before[:-1] + behind
    if behind[:1] == " " and _is_han(before[-1:]) and _is_han(behind[1:2]):
        return before + behind[1:]
    is_border = (_is_han(before[-1:]) and LATIN.match(behind)) or (LATIN.match(before[-1:]) and _is_han(behind[:1]))
    return f"{before} {behind}" if is_border else before + behind


def _is_han(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"


@lru_cache(maxsize=2)
def catalogue_of(language: str) -> Catalogue:
    """Return the catalogue of a language that `language_of` names."""
    return Catalogue(entries_of(language))


@lru_cache(maxsize=2)
def entries_of(language: str) -> tuple[Entry, ...]:
    """Return the entries of the catalogue of a language."""
    text = (files("specc.language") / f"{language}.po").read_text(encoding="utf-8")
    return tuple(read_entries(text))
