"""The bodies of requests: read strictly, and checked with the schema with which the compiler checks payloads."""

import json
from collections.abc import Iterable
from typing import Any

import rfc8785
from jsonschema.exceptions import ValidationError

from specc.gateway.access import Caller
from specc.gateway.answers import Refusal
from specc.lowering import Payload, receive
from specc.schema import ApiSchema
from specc.targets.ehpc.ret_codes import BAD_VALUE, MISSING
from specc.targets.ehpc.signing import timestamp_of
from specc.wording import brief

FORMAT = frozenset({"required", "type", "anyOf"})
"""Errors of these keywords are "missing or of a wrong form"; errors of others are values that are not allowed."""

MOST_IDS = 100
MOST_NUMBER = 2**53 - 1


class _Twice(ValueError):
    """A key that an object has twice."""


def read_object(body: bytes) -> dict[str, object] | Refusal:
    """Return the JSON object of a body. All its texts can be written as UTF-8."""
    try:
        data = json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_constant)
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return Refusal(MISSING, "the body has an unpaired surrogate, such as `\\ud800`")
    except _Twice as error:
        return Refusal(BAD_VALUE, f"the body has {error} twice")
    except (ValueError, RecursionError):
        return Refusal(MISSING, "the body is not JSON in UTF-8")
    return data if isinstance(data, dict) else Refusal(MISSING, "the body is not a JSON object")


def read_payload(data: dict[str, object], caller: Caller, schema: ApiSchema) -> Payload | Refusal:
    """Return the payload of a submission. `timestamp` may be in the body, too, as in the parameter table."""
    fields = dict(data)
    if "timestamp" in fields and fields.pop("timestamp") != timestamp_of(caller.timestamp):
        return Refusal(BAD_VALUE, "`timestamp` in the body differs from that of the query")
    if "zone" in caller.asked and caller.asked["zone"] != fields.get("zone"):
        return Refusal(BAD_VALUE, "`zone` in the body differs from that of the query")
    if unknown := set(caller.asked) - {"zone"}:
        return Refusal(BAD_VALUE, f"unknown in the query: {_names(unknown)}")
    # JSON Schema accepts 4.0 as an integer; targets do not.
    if fractional := [name for name, value in fields.items() if isinstance(value, float)]:
        return Refusal(MISSING, f"wrong form: {_names(fractional)} must be a whole number, written without a point")
    try:
        received = receive(fields, schema)
    except rfc8785.IntegerDomainError:
        large = [name for name, value in fields.items() if isinstance(value, int) and abs(value) > MOST_NUMBER]
        return Refusal(BAD_VALUE, f"{_names(large)} is more than 2**53 - 1")
    return received if isinstance(received, Payload) else _misfit(received, schema)


def read_stop(data: dict[str, object], caller: Caller) -> tuple[str, list[str]] | Refusal:
    """Return the cluster and the jobs of a stopJobs request."""
    missing = [name for name in ("cluster_id", "job_ids", "zone") if not data.get(name)]
    if missing:
        return Refusal(MISSING, f"missing: {_names(missing)}")
    if unknown := set(data) - {"cluster_id", "job_ids", "zone", "timestamp"}:
        return Refusal(BAD_VALUE, f"unknown: {_names(unknown)}")
    cluster, uuids = data["cluster_id"], data["job_ids"]
    if not isinstance(cluster, str) or not isinstance(data["zone"], str):
        return Refusal(MISSING, "wrong form: `cluster_id` and `zone` must be texts")
    if not isinstance(uuids, list) or not all(isinstance(uuid, str) and uuid for uuid in uuids):
        return Refusal(MISSING, "wrong form: `job_ids` must be a list of texts")
    if len(uuids) > MOST_IDS:
        return Refusal(BAD_VALUE, f"`job_ids` has {len(uuids)} items, at most {MOST_IDS} are allowed")
    return cluster, list(dict.fromkeys(uuids))


def _misfit(errors: list[ValidationError], schema: ApiSchema) -> Refusal:
    code = MISSING if all(error.validator in FORMAT for error in errors) else BAD_VALUE
    return Refusal(code, "; ".join(sorted({_sentence(error, schema.payload["properties"]) for error in errors})))


def _sentence(error: ValidationError, known: Iterable[str]) -> str:
    """Return what is wrong on one line, without the value, which may be long, or a command."""
    field = ".".join(str(part) for part in error.absolute_path)
    expected: Any = error.validator_value
    found: Any = error.instance
    match error.validator:
        case "required":
            return f"missing: {_names(name for name in expected if name not in found)}"
        case "anyOf":
            return f"one of {_names(name for branch in expected for name in branch.get('required', ()))} is needed"
        case "additionalProperties":
            return f"unknown: {_names(set(found) - set(known))}"
        case "type":
            return f"wrong form: `{field}` must be of type {expected}"
        case "enum":
            return f"`{field}` must be one of {', '.join(map(str, expected))}"
    return f"`{field}` has a value that is not allowed ({error.validator})"


def _names(names: Iterable[object]) -> str:
    return brief(", ".join(f"`{brief(str(name))}`" for name in sorted(map(str, names))), 1000)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    data = dict(pairs)
    if len(data) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(_names({name for name in names if names.count(name) > 1}))
    return data


def _constant(name: str) -> object:
    raise ValueError(name)
