"""The bytes of generated files."""

import json

from specc.schema import JsonObject


def dump(schema: JsonObject) -> str:
    """A generated file's whole text. Equal schemas give equal texts."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
