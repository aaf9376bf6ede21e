"""Whether a spec can refer to a file, told from its bytes. No reference is a template.

So whoever looks for the specs that refer to a file parses only those that can: in a project of thousands, that is the
difference between a moment and seconds. `property/test_dependents_by_text.py` holds that none escapes.
"""

import re
from collections.abc import Collection, Iterable
from posixpath import basename

WORD = re.compile(rb"[\w.\x80-\xff-]+")
"""What YAML neither breaks nor quotes: no reference is split within a word, but by what follows here."""
NUMBERED = re.compile(rb"\\[xuU]|\xc2\x85|\xe2\x80[\xa8\xa9]")
"""In double quotes, a character can be written by its number. The others are line breaks to some, letters to others."""
CONTINUED = re.compile(rb"\\(?:\r\n?|\n)[ \t]*")
"""In double quotes, a word can go on in the next line."""
FEW = 100
"""So many words are looked for one by one. For more, a text is taken apart into its words."""


def word_of(name: str) -> bytes:
    """Return a word that is in every text that refers to the file. It is empty where there is none."""
    base = basename(name)
    if not base.isprintable():
        # Such characters have escapes of their own, as `\\t`, of which a letter would be a part of the word behind it.
        return b""
    return max(WORD.findall(base.encode()), key=len, default=b"")


def searchable(text: bytes) -> bytes | None:
    """Return a text in which the words of references are whole; None for one in which they may not be."""
    if NUMBERED.search(text):
        return None
    return text + b"\n" + CONTINUED.sub(b"", text) if b"\\" in text else text


def mentioned_in(texts: Collection[bytes | None], words: Iterable[bytes]) -> set[bytes]:
    """Return the words that are in any of the texts; all, if they are many.

    Most files that a person edits are those that no other refers to.
    """
    looked_for = set(words)
    if len(looked_for) > FEW:
        return looked_for
    whole = b"\n".join(text for text in texts if text is not None)
    return {word for word in looked_for if word in whole}


def mentions(text: bytes | None, words: Collection[bytes]) -> bool:
    """Return whether a text, as `searchable` gives it, can refer to a file with one of these words."""
    if text is None or b"" in words:
        return True
    if len(words) <= FEW:
        return any(map(text.__contains__, words))
    return not set(words).isdisjoint(WORD.findall(text))
