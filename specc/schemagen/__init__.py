"""From an API page in Markdown to JSON Schema: the only source of the fields of a job.

`read_page` reads a page, `build_request` and `build_response` make schemas of it, `build_editor` makes the schema of
specs for editors, `build_settings` that of specc.toml. `build_schema` makes any schema of a page, `generate` and
`stale` write and check all files, and `diff` compares two versions.
"""

from specc.schemagen.build import build_request, build_response, dump
from specc.schemagen.compare import Aspect, Change, diff
from specc.schemagen.editor import build_editor
from specc.schemagen.generate import EDITOR, SETTINGS, Kind, build_schema, generate, stale, stale_copy
from specc.schemagen.page import Message, Page, read_page
from specc.schemagen.patch import merge_patch
from specc.schemagen.settings import build_settings
from specc.schemagen.table import Parameter, Table

__all__ = [
    "EDITOR",
    "SETTINGS",
    "Aspect",
    "Change",
    "Kind",
    "Message",
    "Page",
    "Parameter",
    "Table",
    "build_editor",
    "build_request",
    "build_response",
    "build_schema",
    "build_settings",
    "diff",
    "dump",
    "generate",
    "merge_patch",
    "read_page",
    "stale",
    "stale_copy",
]
