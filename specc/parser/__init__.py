"""From bytes to a `Document`: the nodes of a YAML text, with a diagnostic for everything that a spec must not hold.

`decode` reads bytes as text, `parse` a text as a spec, `parse_tree` any YAML text as nodes, and `parse_flow` a
value of a command line as a node. `script_suppressions` reads the `# specc: ignore` comments of a script.
The formatter works on `events_of` a text.
"""

from specc.parser.builder import is_dangling
from specc.parser.document import EXTENSION, HEADER, SECTIONS, TEMPLATE_OPENER, Document, Parsed, parse
from specc.parser.events import BETWEEN, Event, Kind, events_of
from specc.parser.scalars import json_number, plain_value, read_1_1
from specc.parser.suppressions import Suppression, Suppressions, right_form, script_suppressions
from specc.parser.tree import MAX_ALIKE, UTF8_BOM, UTF16_BOMS, decode, parse_flow, parse_tree, thinned

__all__ = [
    "BETWEEN",
    "EXTENSION",
    "HEADER",
    "MAX_ALIKE",
    "SECTIONS",
    "TEMPLATE_OPENER",
    "UTF8_BOM",
    "UTF16_BOMS",
    "Document",
    "Event",
    "Kind",
    "Parsed",
    "Suppression",
    "Suppressions",
    "decode",
    "events_of",
    "is_dangling",
    "json_number",
    "parse",
    "parse_flow",
    "parse_tree",
    "plain_value",
    "read_1_1",
    "right_form",
    "script_suppressions",
    "thinned",
]
