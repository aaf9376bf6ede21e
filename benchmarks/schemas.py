"""The schema that the peers check plain files with: the API's own for the job, and a little around it."""

import json
from pathlib import Path

REQUEST = Path(__file__).parents[1] / "schemas" / "ehpc" / "v1" / "request.schema.json"


def plain_schema() -> dict[str, object]:
    request = json.loads(REQUEST.read_text(encoding="utf-8"))
    fields = request["properties"]
    request["required"] = [name for name in request["required"] if "x-filled-by" not in fields[name]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["specc", "job"],
        "additionalProperties": False,
        "properties": {
            "specc": {"const": 1},
            "params": {"type": "object", "additionalProperties": {"type": "object"}},
            "vars": {"type": "object"},
            "job": _standard(request),
        },
    }


def _standard(schema: object) -> object:
    """Without the annotations that only specc reads, and without a `$schema` of its own."""
    if isinstance(schema, dict):
        return {key: _standard(value) for key, value in schema.items() if not key.startswith(("x-", "$schema", "$id"))}
    return [_standard(item) for item in schema] if isinstance(schema, list) else schema
