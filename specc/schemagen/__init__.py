"""From an API page in Markdown to JSON Schema: the only source of what the fields of a job are."""

from specc.schemagen.build import build_request, build_response
from specc.schemagen.compare import Aspect, Change, diff
from specc.schemagen.editor import build_editor
from specc.schemagen.generate import EDITOR, generate, stale, stale_copy
from specc.schemagen.page import Message, Page, read_page
from specc.schemagen.patch import merge_patch
from specc.schemagen.table import Parameter, Table
from specc.schemagen.text import dump

__all__ = [
    "EDITOR",
    "Aspect",
    "Change",
    "Message",
    "Page",
    "Parameter",
    "Table",
    "build_editor",
    "build_request",
    "build_response",
    "diff",
    "dump",
    "generate",
    "merge_patch",
    "read_page",
    "stale",
    "stale_copy",
]
