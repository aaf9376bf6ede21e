"""Credentials do not belong in a configuration, and must not be printed when they stand there all the same."""

import re

from specc.config.places import Places

WORDS = r"access[_-]?key|secret|passw|token|credential|private[_-]?key|api[_-]?key"
KEY = re.compile(WORDS, re.IGNORECASE)
ASSIGNMENT = re.compile(r"""(?<![\w-])([\w-]++)["']?\s*+=[ \t]*+""")
"""Each name is read once, from its beginning: a search for the words themselves would begin again at each of them."""
VISIBLE = re.compile(r"[^\r\n]")
REST_OF_LINE = re.compile(r"[^\r\n]*+")

HELP = (
    "remove it, and set the environment variables `QY_ACCESS_KEY_ID` and `QY_SECRET_ACCESS_KEY` "
    "or use ~/.qingcloud/config.yaml"
)


def is_credential(key: str) -> bool:
    """Return whether a key looks like the name of a credential."""
    return KEY.search(key) is not None


def masked(text: str, places: Places) -> str:
    """Return a TOML text with a star for each character of a credential's value, so that spans stay true."""
    shown = list(text)
    for path, place in places.items():
        if place.value is not None and any(is_credential(str(part)) for part in path):
            start, end = place.value
            shown[start:end] = VISIBLE.sub("*", text[start:end])
    return "".join(shown)


def masked_lines(text: str) -> str:
    """Return a text that is not TOML, with a star for each character that follows a credential's name on its line."""
    pieces: list[str] = []
    done = 0
    for match in ASSIGNMENT.finditer(text):
        if match.start() < done or not is_credential(match[1]):
            continue
        if (rest := REST_OF_LINE.match(text, match.end())) is not None:
            pieces += (text[done : rest.start()], "*" * len(rest[0]))
            done = rest.end()
    return "".join((*pieces, text[done:]))
