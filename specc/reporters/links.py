"""Paths that a terminal opens when they are clicked: OSC 8 hyperlinks.

https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda describes them; terminals without them show the text.
"""

from specc.fast_dataclass import dataclass
from specc.reporters.locations import is_file, uri

OPEN, CLOSE = "\x1b]8;;", "\x1b\\"


@dataclass(frozen=True, slots=True)
class Links:
    """Makes links to files. `folder` is the whole path that relative ones begin in, `host` the machine's name.

    With the name of the machine, a terminal on another one knows that it does not have the file.
    """

    folder: str
    host: str

    def path(self, path: str, shown: str) -> str:
        """`shown` as a link to the file of that path, where it is one."""
        if not is_file(path):
            return shown
        whole = path if path.startswith("/") else f"{self.folder.rstrip('/')}/{path}"
        return f"{OPEN}file://{uri(self.host)}{uri(whole)}{CLOSE}{shown}{OPEN}{CLOSE}"
