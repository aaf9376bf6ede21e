"""A catalogue: English templates with their translations, and how a finished message is found among them.

The code composes its messages in English. A template is such a message with its values left out: "`{1}` has no key
`{2}`". A message belongs to the template that makes this very message of some values, and its translation is the
template's, with the same values. So whatever is said in Chinese is, in English, word for word what was said; what
belongs to no template stays English. Values are inserted as they are. Only where a translation says `{1~}` is the value
wording of specc's own ("a list", "3 files"), which is looked up as a message is. `{1#}` is a number, and with
anything else there the template makes no message. `{1-}` leaves out what is only grammar, such as the `s` of a plural.

Nothing here backtracks: a message is compared with a template in time that grows with the message alone, and a message
of more than `LONGEST` characters stays English.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from json import loads
from pathlib import Path
from typing import NamedTuple

LONGEST = 4000
FAINT = 6
"""Letters. A template with fewer is not taken for a message one of whose values looks like a sentence."""
FAINTEST = 4
"""Letters. A template with fewer that begins with a value, such as `{1} in {2}`, is wording, and never a message."""
LATIN = re.compile(r"[\w`\"'$/.~-]", re.ASCII)
HAN = re.compile("[\u4e00-\u9fff]")
SENTENCE = re.compile(r"(?<![\w.-])[a-z]{2,} [a-z]+ [a-z]{2,}(?![\w.-])|, (?:and|or|but|not|so|which) (?=[\w`])")
QUOTED = re.compile(r"`[^`]*`|\"[^\"\n]*\"|(?<!\w)'[^'\n]*'(?!\w)")
"""Code, or what somebody wrote, within a message. It is the same in every language."""
DEEPEST = 5
VALUE = re.compile(r"\{(\d+)([~#-]?)\}")
WORDING, NUMBER, LEFT_OUT = "~", "#", "-"
"""Marks of a value in a translation: it is wording of specc's own, it is a number, it is left out."""
COUNT = re.compile(r"[\d,.]+")
ENTRY = re.compile(r'^(?:msgctxt ((?:".*"\n)+))?msgid ((?:".*"\n)+)msgstr ((?:".*"(?:\n|\Z))+)', re.MULTILINE)
WORDS = re.compile(r"[A-Za-z]+")
WORD = re.compile(r"(?:^|(?<=[^A-Za-z0-9{}~-]))[A-Za-z]+(?=[^A-Za-z0-9{}]|$)")
"""A word that stands in a template whole: no value can make it longer."""
PREFIXES = ("error: ", "warning: ", "help: ")
"""What may stand before any message; it is translated for itself."""
PART = "part"
"""The context of an entry that is never a message of its own."""
LEAD = "lead"
"""The context of an entry that says what stands before a message of any kind, such as its line."""


class Entry(NamedTuple):
    """A template, with its translation. Without a translation, or with one that is the same, it stays English."""

    template: str
    translation: str
    context: str = ""


def read_entries(text: str) -> Iterator[Entry]:
    """Yield the entries of a catalogue in the form of gettext (`.po`), whose texts are quoted as those of JSON are."""
    for context, template, translation in ENTRY.findall(text):
        if template != '""\n':  # the head
            yield Entry(_text_of(template), _text_of(translation), _text_of(context))


def _text_of(quoted: str) -> str:
    """Return the text of a string that may go over several lines."""
    lines = quoted.splitlines()
    return "".join(loads(line) if "\\" in line else line[1:-1] for line in lines)


class Template(NamedTuple):
    """A template taken apart: the literal texts before, between and behind its values, and the translation's parts."""

    literals: tuple[str, ...]
    translation: tuple[tuple[str, int, str], ...]
    """Pieces of the translation: a literal text, the index of a value behind it (-1: none), and the value's mark."""
    weight: int
    """How much of a message is the template's own. The more it is, the surer is the match."""
    is_faint: bool
    has_letters: bool
    is_wording: bool
    is_lead: bool

    @classmethod
    def of(cls, entry: Entry) -> "Template":
        literals = tuple(VALUE.split(entry.template)[::3])
        pieces = VALUE.split(entry.translation) if entry.translation != entry.template else [""]
        triples = zip(pieces[::3], [*pieces[1::3], "0"], [*pieces[2::3], ""], strict=True)
        parts = tuple((text, int(number) - 1, mark) for text, number, mark in triples) if any(pieces) else ()
        letters = sum(map(str.isalpha, "".join(literals)))
        is_wording = entry.context == PART or (not entry.context and not literals[0] and letters < FAINTEST)
        return cls(
            literals, parts, sum(map(len, literals)), letters < FAINT, letters > 0, is_wording, entry.context == LEAD
        )

    def made_of(self, values: list[str]) -> str:
        """Return the message that the template makes of values."""
        return self.literals[0] + "".join(map("".join, zip(values, self.literals[1:], strict=True)))

    def fits(self, values: list[str]) -> bool:
        """Return whether values may be those of a message, and are not only what is left when its words are cut out."""
        for _, index, mark in self.translation:
            if mark == NUMBER and not COUNT.fullmatch(values[index]):
                return False
            if self.is_faint and mark != WORDING and index >= 0 and SENTENCE.search(values[index]):
                return False
        return True

    def values(self, text: str) -> list[str] | None:
        """Return the values by which the template makes `text`; None where it does not.

        Both marks of what is quoted in a text stand in one value, or in the template's own words: no value is a piece
        of what somebody wrote.
        """
        first, last = self.literals[0], self.literals[-1]
        if len(self.literals) == 1:
            return [] if text == first else None
        at, end = len(first), len(text) - len(last)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return None
        around = quotes_around(text)
        found = []
        for literal in self.literals[1:-1]:
            next_at = text.find(literal, at, end)
            while next_at >= 0 and around[next_at].opening >= at:
                next_at = text.find(literal, around[next_at].closing + 1, end)
            if next_at < 0 or at <= around[at].closing < next_at:
                return None
            found.append(text[at:next_at])
            at = next_at + len(literal)
        found.append(text[at:end])
        return None if around[end].opening >= at or at <= around[at].closing < end else found


class Quotes(NamedTuple):
    """Where the marks stand that quote a character, which may be the closing mark itself."""

    opening: int
    closing: int


UNQUOTED = Quotes(-1, -1)


@lru_cache(maxsize=16)
def quotes_around(text: str) -> list[Quotes]:
    """Return the quotes around each character of a text, and around its end."""
    around = [UNQUOTED] * (len(text) + 1)
    for match in QUOTED.finditer(text):
        quotes = Quotes(match.start(), match.end() - 1)
        around[match.start() + 1 : match.end()] = [quotes] * (len(match[0]) - 1)
    return around


def _surest(template: Template) -> tuple[bool, int, int]:
    return not template.is_lead, -template.weight, len(template.literals)


class Catalogue:
    """Translates messages into one language.

    Templates are found by one word that stands in them whole, the longest, so that few are compared with a message.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = sorted(entries, key=lambda entry: not entry.context)
        self._whole: dict[str, int] = {}
        self._parts: dict[str, int] = {}
        self._by_word: dict[str, list[int]] = {}
        self._wordless: list[int] = []
        self._templates: dict[int, Template] = {}
        for number, entry in enumerate(self._entries):
            if not VALUE.search(entry.template):
                known = self._parts if entry.context == PART else self._whole
                known.setdefault(entry.template, number)
            elif words := WORD.findall(entry.template):
                self._by_word.setdefault(max(words, key=len), []).append(number)
            else:
                self._wordless.append(number)
        self.translate = lru_cache(maxsize=4096)(self._translate)

    def _translate(self, text: str) -> str:
        """Return the translation of a message, or the message itself where there is none."""
        if len(text) > LONGEST:
            return text
        prefix = next(filter(text.startswith, PREFIXES), "")
        return self._translated(prefix, 0) + self._translated(text[len(prefix) :], 0)

    def _translated(self, text: str, depth: int) -> str:
        for template, values in self._matches(text, is_wording=depth > 0) if depth <= DEEPEST else ():
            said = self._said(template, values, depth)
            if said is not None:
                return said
        return text

    def _said(self, template: Template, values: list[str], depth: int) -> str | None:
        """Return the translation with its values; None where a template of few words has taken a sentence for one."""
        if not template.translation:
            return template.made_of(values)
        said, joined = "", str.__add__
        for literal, index, mark in template.translation:
            said, joined = joined(said, literal), str.__add__
            if index >= 0 and mark == WORDING:
                wording = self._translated(values[index], depth + 1)
                if template.is_faint and wording == values[index] and SENTENCE.search(wording):
                    return None
                joined = _joined if wording != values[index] else _spaced
                said = joined(said, wording)
            elif index >= 0 and mark != LEFT_OUT:
                said += values[index]
        return said if template.has_letters or HAN.search(said) else None

    def _matches(self, text: str, *, is_wording: bool) -> Iterator[tuple[Template, list[str]]]:
        """Yield the templates that make `text`, each with its values, the surest first."""
        whole = self._parts.get(text) if is_wording else None
        whole = self._whole.get(text) if whole is None else whole
        if whole is not None:
            yield self._template(whole), []
        numbers = [*self._wordless, *(each for word in {*WORDS.findall(text)} for each in self._by_word.get(word, ()))]
        for template in sorted(map(self._template, sorted(numbers)), key=_surest):
            values = template.values(text) if is_wording or not template.is_wording else None
            if values is not None and template.fits(values):
                yield template, values

    def _template(self, number: int) -> Template:
        if number not in self._templates:
            self._templates[number] = Template.of(self._entries[number])
        return self._templates[number]


def _joined(before: str, behind: str) -> str:
    """Return two pieces of wording as one: a blank divides Chinese from Latin letters, and not Chinese from Chinese."""
    if before[-1:] == " " and _is_han(before[-2:-1]) and _is_han(behind[:1]):
        return before[:-1] + behind
    if behind[:1] == " " and _is_han(before[-1:]) and _is_han(behind[1:2]):
        return before + behind[1:]
    is_border = (_is_han(before[-1:]) and LATIN.match(behind)) or (LATIN.match(before[-1:]) and _is_han(behind[:1]))
    return f"{before} {behind}" if is_border else before + behind


def _spaced(before: str, behind: str) -> str:
    """Return two pieces as one, of which one is a name: a blank divides it from Chinese, in whatever script it is."""
    is_border = all(_is_han(char) or LATIN.match(char) for char in (before[-1:], behind[:1]))
    return f"{before} {behind}" if is_border else before + behind


def _is_han(char: str) -> bool:
    return HAN.fullmatch(char) is not None


@lru_cache(maxsize=2)
def catalogue_of(language: str) -> Catalogue:
    """Return the catalogue of a language that `language_of` names."""
    return Catalogue(entries_of(language))


@lru_cache(maxsize=2)
def entries_of(language: str) -> tuple[Entry, ...]:
    """Return the entries of the catalogue of a language."""
    text = Path(__file__).with_name(f"{language}.po").read_text(encoding="utf-8")
    return tuple(read_entries(text))
