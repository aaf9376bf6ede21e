"""Payloads as text, one function a format."""

import json
from collections.abc import Callable, Mapping
from importlib import import_module

from specc.lowering import Payload
from specc.schema import ApiSchema
from specc.visible import visible

MASK = "***"

Format = Callable[[Payload, ApiSchema, str | None], str]
"""A payload with its API and the target's endpoint (None: the API page's own), as text that ends with a line break."""


def ndjson(payload: Payload, api: ApiSchema, endpoint: str | None) -> str:
    """The canonical bytes themselves."""
    return payload.canonical.decode() + "\n"


def pretty(payload: Payload, api: ApiSchema, endpoint: str | None) -> str:
    return _indented(in_table_order(payload, api))


def yaml(payload: Payload, api: ApiSchema, endpoint: str | None) -> str:
    # Deferred, because ruamel.yaml costs 7 ms, and few ask for this format.
    text: str = import_module("specc.reporters.payload_yaml").dump_yaml(in_table_order(payload, api))
    return text


def request(payload: Payload, api: ApiSchema, endpoint: str | None) -> str:
    """The whole HTTP request as it will be sent, with what only the sender knows masked."""
    query = {
        "access_key_id": MASK,
        "signature": MASK,
        "signature_method": "HmacSHA256",
        "signature_version": "1",
        "timestamp": "filled in when it is sent, UTC",
        "version": "1",
    }
    url = f"{(endpoint or api.endpoint or '').rstrip('/')}/{api.action or ''}"
    return _indented({"method": api.method, "url": url, "query": query, "body": in_table_order(payload, api)})


def cells(payload: Payload, api: ApiSchema, endpoint: str | None) -> str:
    """Which cell of the sweep a payload is: for choosing with `--cell` and `--only`."""
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
    return json.dumps(row, ensure_ascii=False) + "\n"


def digest_line(payload: Payload, api: ApiSchema, endpoint: str | None) -> str:
    """As sha256sum prints it, the payload's name in place of the file's."""
    return f"{payload.digest}  {visible(payload.name)}\n"


def in_table_order(payload: Payload, api: ApiSchema) -> dict[str, object]:
    return {name: payload.body[name] for name in api.fields if name in payload.body}


def _indented(document: Mapping[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


FORMATS: dict[str, Format] = {
    "ndjson": ndjson,
    "pretty": pretty,
    "yaml": yaml,
    "request": request,
    "cells": cells,
}
