"""The API versions that ship with specc, each read when it is first needed."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from specc import assets
from specc.errors import SpeccError
from specc.reader import Unreadable, read_file
from specc.schema import ApiSchema, read_schema
from specc.source import Source

REQUEST, RESPONSE, PATCH = "request.schema.json", "response.schema.json", "submitjob.patch.yaml"
MAX_BYTES = 4 << 20


class Apis(Mapping[str, ApiSchema]):
    """API schemas by name, such as "ehpc/v1"."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or assets.folder("schemas")
        self._names = sorted(path.parent.relative_to(self._folder).as_posix() for path in self._folder.rglob(REQUEST))
        self._read: dict[str, ApiSchema] = {}

    def __getitem__(self, name: str) -> ApiSchema:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = read_schema(name, *(self._source(name, file) for file in (REQUEST, RESPONSE, PATCH)))
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _source(self, name: str, file: str) -> Source:
        path = self._folder / name / file
        try:
            text = read_file(path, MAX_BYTES).decode()
        except Unreadable as error:
            raise SpeccError(f"cannot read {path}: {error.reason}") from error
        return Source(f"schemas/{name}/{file}", text, f"schemas/{name}/{file}")
