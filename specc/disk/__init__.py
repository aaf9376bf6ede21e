"""A project as files: which files are specs, what their names are, and what bytes they hold. Nothing is parsed.

A `Site` is a project with its settings and `Contents`, the bytes of its files by name. `spec_files` finds specs below
folders; `check_stays` and `kind_of_secret` say which files a repository cannot make specc read or write.
"""

from specc.disk.contents import SHIPPED, Contents, Site, file_name
from specc.disk.files import SKIPPED, look_alikes, matches, read_bytes, spec_files
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
    "spec_files",
]
