"""CheckedSpec -> Payload: the body of submitJob as RFC 8785 JSON, the bytes that are sent, and their digest.

RFC 8785 is one way to write JSON, so that equal data are equal bytes. The transport adds `timestamp`, which is
therefore in neither body nor digest.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from functools import cached_property, lru_cache
from hashlib import sha256
from json.encoder import encode_basestring as quoted
from posixpath import normpath
from typing import TYPE_CHECKING, Any

import rfc8785

from specc.checker import CheckedSpec
from specc.diagnostics import Diagnostic, codes
from specc.evaluator import MASK, Value, env_names
from specc.expander import Cell
from specc.fast_dataclass import dataclass
from specc.schema import ApiSchema
from specc.wording import brief

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MAX_INTEGER = 2**53 - 1


STREAM_FIELDS = ("stdout_redirect_path", "stderr_redirect_path")
FILLED_IN = r"%\w"
"""sbatch would make such a path another one for each job, of which `scheduler-pattern` speaks."""

Values = dict[str, Value]


def stream_paths(body: Mapping[str, object], *, has_folders: bool) -> Iterator[tuple[str, str]]:
    """Yield the files that a job's streams are written to, in a form that can be compared, each behind its field.

    A path that is another file for each job is left out: one that the scheduler fills in, a device, and a relative path
    where each job starts in a folder of its own (`has_folders`).
    """
    for name in STREAM_FIELDS:
        path = body.get(name)
        if not isinstance(path, str) or not path or path.startswith("/dev/") or re.search(FILLED_IN, path):
            continue
        if path.startswith("/") or not has_folders:
            yield name, normpath(path)


@dataclass(frozen=True, eq=False)
class Payload:
    """The payload of one cell. `canonical` is the RFC 8785 form of its body, which is what is sent.

    `folder` is that of the spec, from the root of the project. `unseen` are the variables of the environment whose
    values no report shows; `env_of_matrix` those that the axes depend on. Everything else is made when it is first
    asked for, because most payloads of a long sweep are only written. One that came over the wire has no `values`, and
    no `params`. `like` is an earlier payload of a check, from which this one differs in numbers of its texts alone.
    """

    spec_id: str
    api: str
    cell: Cell
    canonical: bytes
    make_values: Callable[[], Values] = field(default=dict, repr=False)
    folder: str = "."
    unseen: frozenset[str] = frozenset()
    env_of_matrix: frozenset[str] = frozenset()
    make_params: Callable[[], Values] = field(default=dict, repr=False)
    like: "Payload | None" = field(default=None, repr=False)

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the canonical bytes in hex."""
        return sha256(self.canonical).hexdigest()

    @cached_property
    def values(self) -> Values:
        """Return each field with its provenance, in the order written."""
        return self.make_values()

    @property
    def params(self) -> dict[str, object]:
        """Return all parameters of the spec with their values; None for a value that no report shows."""
        values = self.make_params()
        return {n: None if self._is_hidden(value) else value.data for n, value in values.items() if value.is_known}

    @cached_property
    def body(self) -> dict[str, object]:
        """Return what is sent as plain data."""
        body: dict[str, object] = json.loads(self.canonical)
        return body

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Return the fields that no report shows, because they come from variables that none shows."""
        if not self.unseen:
            return frozenset()
        return frozenset(n for n, value in self.values.items() if self._is_hidden(value))

    def _is_hidden(self, value: Value) -> bool:
        return bool(self.unseen) and bool(self.unseen & env_names(value, self.env_of_matrix))

    @property
    def name(self) -> str:
        """The name of the job, which may be empty."""
        return str(self.body.get("name", ""))

    @property
    def shown(self) -> dict[str, object]:
        """The body as reports may show it."""
        return {name: MASK if name in self.hidden else value for name, value in self.body.items()}

    @property
    def shown_name(self) -> str:
        """The name as reports may show it."""
        return MASK if "name" in self.hidden else self.name

    @property
    def hides_cell(self) -> bool:
        """Return whether no report shows the values of the cell."""
        return bool(self.unseen & self.env_of_matrix)

    @property
    def shown_slug(self) -> str:
        """The slug of the cell as reports may show it."""
        return MASK if self.hides_cell else self.cell.slug


def lower(checked: CheckedSpec, unseen: frozenset[str] = frozenset()) -> tuple[Payload | None, list[Diagnostic]]:
    """Return the payload, or None with diagnostics of what canonical JSON cannot hold, such as an integer over 2**53.

    `unseen` are the variables of the environment whose values no report shows.
    """
    evaluated = checked.evaluated
    try:
        canonical = canonical_bytes(checked.body)
    except rfc8785.CanonicalizationError:
        return None, [each for name, value in evaluated.job.items() if (each := _not_canonical(name, value))]
    spec, cell, values = evaluated.spec, evaluated.cell, evaluated.job
    api, env_of_matrix = checked.schema.name, evaluated.env_of_matrix
    return Payload(
        spec.id, api, cell, canonical, lambda: values, spec.folder, unseen, env_of_matrix, evaluated.params
    ), []


def receive(body: dict[str, object], schema: ApiSchema) -> "Payload | list[ValidationError]":
    """Return a body that came over the wire as a payload, or the errors of its schema: for a server of the API.

    Raises rfc8785.CanonicalizationError for a body that canonical JSON cannot hold.
    """
    errors = schema.field_errors(body)
    return errors or Payload("", schema.name, Cell(), canonical_bytes(body))


def _not_canonical(name: str, value: Value) -> Diagnostic | None:
    try:
        canonical_bytes(value.data)
    except rfc8785.IntegerDomainError:
        message = f"`{name}` is {brief(str(value.data))}, and JSON holds whole numbers exactly only up to 2**53 - 1"
    except rfc8785.CanonicalizationError:
        message = f"`{name}` holds a number that JSON does not have, such as infinity"
    else:
        return None
    return codes.NOT_CANONICAL.at(value.node.span, message)


class _Unusual(ValueError):
    """Data that only rfc8785 knows how to write, or to refuse."""


def canonical_bytes(data: Any) -> bytes:
    """Return the canonical form of data. Raises `rfc8785.CanonicalizationError` for data that has none."""
    try:
        return _written(data).encode()
    except (_Unusual, UnicodeEncodeError):  # half of a surrogate pair cannot be encoded
        return rfc8785.dumps(data)


def _written(data: Any) -> str:
    """Return the usual data of payloads as JSON. Python's own encoder, which is in C, writes the texts."""
    kind = type(data)
    if kind is str:
        return quoted(data)
    if kind is int and -MAX_INTEGER <= data <= MAX_INTEGER:
        return str(data)
    if kind is dict:
        return "{" + ",".join([head + _written(data[key]) for key, head in _heads(tuple(data))]) + "}"
    if kind is list:
        return "[" + ",".join(map(_written, data)) + "]"
    if data is None or kind is bool:
        return "null" if data is None else "true" if data else "false"
    raise _Unusual


@lru_cache(maxsize=64)
def _heads(keys: tuple[Any, ...]) -> list[tuple[str, str]]:
    """Return keys in their order, each with how it is written. The cells of a sweep have the same keys."""
    # RFC 8785 sorts by UTF-16, and Python does not.
    if not all(type(key) is str and key.isascii() for key in keys):
        raise _Unusual
    return [(key, f"{quoted(key)}:") for key in sorted(keys)]
