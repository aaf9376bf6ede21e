"""A project as files: which files are specs, what their names are, and what bytes they hold. Nothing is parsed.

A `Site` is a project with its settings and `Contents`, the bytes of its files by name. `specs_below` finds specs below
a folder; `check_stays` and `kind_of_secret` say which files a repository cannot make specc read or write.
`outputs` writes files whole or not at all.
"""

from specc.disk.contents import SHIPPED, Contents, Site, file_name
from specc.disk.files import SKIPPED, look_alikes, matches, read_bytes, specs_below
from specc.disk.links import check_stays
from specc.disk.secrets import kind_of_secret

__all__ = [
    "SHIPPED",
    "SKIPPED",
    "Contents",
    "Site",
    "check_stays",
    "file_name",
    "kind_of_secret",
    "look_alikes",
    "matches",
    "read_bytes",
    "specs_below",
]
