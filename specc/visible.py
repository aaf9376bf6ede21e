r"""Makes foreign text safe to show: names, paths, values, output of other programs.

Every such text passes through `visible`. A character that a terminal obeys, or that nobody sees, becomes an escape:
`\x1b`, `\u202e`, `\U000e0041`. So no file name can colour, move or delete what specc says, begin a line of its own, or
look like another name.

Ordinary text is left alone: Chinese with its full-width space, combining marks, and emoji, also those that are joined
of several. The escapes are for reading. They are not undone, and a backslash is not doubled.
"""

import codecs
import re

HIDDEN = (
    "\x00-\x1f\x7f-\x9f"  # control characters
    "\xa0\u1680\u2000-\u200a\u202f\u205f"  # blanks that look like a space
    "\xad\u200b-\u200d\u2060-\u206f\ufeff"  # of no width: soft hyphen, joiners, isolates, byte order mark
    "\u061c\u200e\u200f\u2028-\u202e"  # marks of direction, overrides, line and paragraph separators
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0"  # fillers, and letters that are not drawn
    "\ufe00-\ufe0f\ufff0-\ufffb\U000e0000-\U000e0fff"  # variation selectors, annotations, tags
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # how hieroglyphs, shorthand and notes are set
    "\ud800-\udfff"  # halves of surrogate pairs, by which Python has bytes that are not UTF-8
    "\ufdd0-\ufdef" + "".join(f"{chr(plane | 0xFFFE)}{chr(plane | 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
)
"""The characters that `visible` escapes, for the brackets of a regular expression."""

FOUND = re.compile(f"[{HIDDEN}]")
NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
JOINER, BLACK_FLAG = "\u200d", "\U0001f3f4"
LONE_EMOJI = "\xa9\xae\u203c\u2049\u3030\u303d\u3297\u3299"
"""Emoji outside of the blocks of emoji."""
KEYCAPS = "#*0123456789"
"""The plain characters that have more than one form."""
FLAG = re.compile(BLACK_FLAG + "(?:" + "|".join("".join(chr(0xE0000 + ord(c)) for c in f"{name}\x7f") for name in (
    "gbeng", "gbsct", "gbwls")) + ")")  # fmt: skip
"""The flags of England, Scotland and Wales are spelled with tags."""

UNDECIDED = re.compile("(?:\r|" + JOINER + "|" + BLACK_FLAG + "[\U000e0000-\U000e007f]{0,6})\\Z")
RETURN = re.compile("\r\n?")

LINE_COMMAND = re.compile(r"^([^\S\n]*+):(?=:[A-Za-z])", re.MULTILINE)
ANY_COMMAND = re.compile(r"#(?=#\[)")
"""Commands of the log of a GitHub Actions job: `::name::` at the beginning of a line, `##[name]` anywhere."""


def visible(text: str, keep: str = "") -> str:
    r"""Return `text` on one line, with every character that could deceive its reader as an escape.

    `keep` are characters that stay as they are: `"\n"` for a text of several lines, `"\t"` for tabs.
    """
    if text.isascii() and text.isprintable():
        return text
    return FOUND.sub(lambda match: match[0] if match[0] in keep or _is_of_emoji(match) else escape(match[0]), text)


def visible_characters(text: str, keep: str = "") -> list[str]:
    """Return what `visible` shows for each character of a text, one item for each."""
    shown = list(text)
    for match in FOUND.finditer(text):
        if match[0] not in keep and not _is_of_emoji(match):
            shown[match.start()] = escape(match[0])
    return shown


class VisibleStream:
    """Makes the output of another program visible. Blocks may end anywhere, also within a character."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._before, self._held = "", ""

    def more(self, block: bytes, *, is_last: bool = False) -> str:
        """Return the text of one more block. An end that depends on the next block is held back.

        A carriage return begins a new line, so that no line is written over another.
        """
        text = self._held + self._decoder.decode(block, is_last)
        held = None if is_last else UNDECIDED.search(text)
        text, self._held = (text, "") if held is None else (text[: held.start()], held[0])
        text = RETURN.sub("\n", text)
        shown = visible_characters(self._before + text, "\n\t")[len(self._before) :]
        self._before = (self._before + text)[-2:]
        return "".join(shown)


def _is_of_emoji(match: re.Match[str]) -> bool:
    """Return whether the character joins two emoji, chooses the form of the one before it, or spells a flag."""
    char, text, at = match[0], match.string, match.start()
    before = text[at - 1 : at]
    if char == JOINER:
        base = text[at - 2 : at - 1] if _is_selector(before) else before
        return _is_emoji(base) and _is_emoji(text[at + 1 : at + 2])
    if _is_selector(char):
        return (before > "\x7f" or (before != "" and before in KEYCAPS)) and not FOUND.match(before)
    flag = FLAG.match(text, text.rfind(BLACK_FLAG, 0, at)) if "\U000e0000" < char < "\U000e0080" else None
    return flag is not None and at < flag.end()


def _is_emoji(char: str) -> bool:
    in_a_block = "\u2100" <= char <= "\u2bff" or "\U0001f000" <= char <= "\U0001faff"
    return in_a_block or (char != "" and char in LONE_EMOJI)


def _is_selector(char: str) -> bool:
    """Return whether the character chooses the form of the one before it."""
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def escape(char: str) -> str:
    r"""Return the escape that stands for one character: `\n`, `\x1b`, `\u202e`, `\U000e0041`."""
    number = ord(char)
    if char in NAMED:
        return NAMED[char]
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def uncommanded(text: str) -> str:
    """Return a text of which no line is a command to the log of a GitHub Actions job."""
    return ANY_COMMAND.sub(r"\\x23", LINE_COMMAND.sub(r"\1\\x3a", text))


def visible_json(text: str) -> str:
    """Return a JSON text that says the same, with the escapes of JSON for what `visible` would escape.

    Such characters stand in strings alone, apart from the line breaks between tokens.
    """
    return FOUND.sub(lambda match: match[0] if match[0] == "\n" else _json_escape(match[0]), text)


def _json_escape(char: str) -> str:
    number = ord(char)
    if number < 0x10000:
        return f"\\u{number:04x}"
    return f"\\u{0xD7C0 + (number >> 10):04x}\\u{0xDC00 | number & 0x3FF:04x}"
