"""From bytes to text: what a spec file may consist of."""

import re

from specc.diagnostics import Diagnostic, codes
from specc.source import MAX_BYTES, Source

UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML forbids in a text (YAML 1.2, rule `c-printable`)."""

UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


def decode(data: bytes, path: str, name: str) -> Source | Diagnostic:
    """The text of a file, or why it is none. The caller reads at most `MAX_BYTES + 1` bytes."""
    if len(data) > MAX_BYTES:
        return too_large(Source(path, "", name))
    if data.startswith(UTF16_BOMS):
        return codes.NOT_TEXT.at(
            Source(path, "", name).span(), "the file is UTF-16, expected UTF-8", help="save the file as UTF-8"
        )
    data = data.removeprefix(UTF8_BOM)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        start = len(data[: error.start].decode("utf-8"))
        shown = UNPRINTABLE.sub("\ufffd", data.decode("utf-8", "replace"))
        return codes.NOT_TEXT.at(
            Source(path, shown, name).span(start, start + 1),
            f"the byte 0x{data[error.start]:02x} is not UTF-8",
            help="save the file as UTF-8",
        )
    source = Source(path, text, name)
    return unprintable(source) or source


def unprintable(source: Source) -> Diagnostic | None:
    """The first character that no YAML text may hold. What is shown of the text is free of such characters."""
    found = UNPRINTABLE.search(source.text)
    if found is None:
        return None
    shown = Source(source.path, UNPRINTABLE.sub("\ufffd", source.text), source.name)
    character = ord(found.group())
    return codes.NOT_TEXT.at(
        shown.span(found.start(), found.end()),
        f"the character U+{character:04X} cannot stand in a text",
        help="is this a binary file?" if character == 0 else 'in double quotes it can be written as an escape: "\\x1b"',
    )


def too_large(source: Source) -> Diagnostic:
    return codes.TOO_LARGE.at(source.span(), f"the file is larger than {MAX_BYTES // 1024} KiB")
