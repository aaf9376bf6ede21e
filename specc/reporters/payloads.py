"""Payloads as text, one function a format."""

import json
from collections.abc import Callable, Mapping

from specc.lowering import Payload
from specc.reporters.formats import PayloadFormat
from specc.schema import ApiSchema
from specc.visible import visible
from specc.wording import json_text

MASK = "***"

Writer = Callable[[Payload, ApiSchema, str | None], str]
"""Writes a payload with its API and the target's endpoint (None: that of the API page) as text with a line break."""


def _ndjson(payload: Payload, api: ApiSchema, endpoint: str | None) -> str:
    """Return the canonical bytes themselves."""
    return payload.canonical.decode() + "\n"


def _pretty(payload: Payload, api: ApiSchema, endpoint: str | None) -> str:
    return _indented(_in_table_order(payload, api))


def _yaml(payload: Payload, api: ApiSchema, endpoint: str | None) -> str:
    from specc.reporters.payload_yaml import dump_yaml  # brings ruamel.yaml, which other formats do not need

    return dump_yaml(_in_table_order(payload, api))


def _request(payload: Payload, api: ApiSchema, endpoint: str | None) -> str:
    """Return the whole HTTP request as it will be sent. What only the sender knows is masked."""
    query = {
        "access_key_id": MASK,
        "signature": MASK,
        "signature_method": "HmacSHA256",
        "signature_version": "1",
        "timestamp": "filled in when it is sent, UTC",
        "version": "1",
    }
    url = f"{(endpoint or api.endpoint or '').rstrip('/')}/{api.action or ''}"
    return _indented({"method": api.method, "url": url, "query": query, "body": _in_table_order(payload, api)})


def _cells(payload: Payload, api: ApiSchema, endpoint: str | None) -> str:
    """Return which cell of the sweep a payload is, for a choice with `--cell` and `--only`."""
    cell = payload.cell
    row = {
        "spec": payload.spec_id,
        "cell": cell.id,
        "index": cell.index,
        "slug": cell.slug,
        "values": cell.data(),
        "name": payload.name,
        "digest": payload.digest,
    }
    return json_text(row) + "\n"


def digest_line(payload: Payload, api: ApiSchema, endpoint: str | None) -> str:
    """Return a line as sha256sum prints it, with the name of the payload in place of a file."""
    return f"{payload.digest}  {visible(payload.shown_name)}\n"


def _in_table_order(payload: Payload, api: ApiSchema) -> dict[str, object]:
    return {name: payload.body[name] for name in api.fields if name in payload.body}


def _indented(document: Mapping[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


WRITERS: dict[PayloadFormat, Writer] = {
    PayloadFormat.NDJSON: _ndjson,
    PayloadFormat.PRETTY: _pretty,
    PayloadFormat.YAML: _yaml,
    PayloadFormat.REQUEST: _request,
    PayloadFormat.CELLS: _cells,
}
