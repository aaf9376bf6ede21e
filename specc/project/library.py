"""The texts of one project by name, each read and parsed once, and the API versions that ship with specc."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import cache
from pathlib import Path

from specc import assets
from specc.diagnostics import Diagnostic, Missing, codes
from specc.disk import Contents
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.parser import Parsed, Suppressions, decode, parse, script_suppressions
from specc.resolver import Library
from specc.schema import ApiSchema, read_schema
from specc.source import Source
from specc.system.reader import Unreadable, read_file


@dataclass(slots=True)
class Reads:
    """The names of the specs and of the other texts that were read. `is_whole`: all were there that were asked for."""

    documents: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    is_whole: bool = True

    def add(self, other: "Reads") -> None:
        self.documents |= other.documents
        self.texts |= other.texts
        self.is_whole &= other.is_whole


@dataclass(frozen=True, slots=True)
class Reader:
    """A library that takes notes."""

    library: Library
    reads: Reads = field(default_factory=Reads)

    def document(self, name: str) -> Parsed | Missing:
        found = self.library.document(name)
        self._note(self.reads.documents, name, found)
        return found

    def text(self, name: str) -> Source | Missing:
        found = self.library.text(name)
        self._note(self.reads.texts, name, found)
        return found

    def _note(self, names: set[str], name: str, found: object) -> None:
        if isinstance(found, Missing):
            self.reads.is_whole = False
        else:
            names.add(name)


SUPPRESSION = b"ignore"
"""A text without it suppresses nothing, and need not be parsed to know that."""


class FileLibrary:
    """Answers the resolver from the files of a project."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self._sources: dict[str, Source] = {}
        self._parsed: dict[str, Parsed | Missing] = {}
        self._texts: dict[str, Source | Missing] = {}

    def document(self, name: str) -> Parsed | Missing:
        if name not in self._parsed:
            self._parsed[name] = self._parse(name)
        return self._parsed[name]

    def source(self, name: str) -> Source | None:
        """The text of a spec, parsed or not; None where there is none."""
        if name not in self._sources:
            source = self._decoded(name)
            if isinstance(source, Source):
                self._sources[name] = source
        return self._sources.get(name)

    def forget(self, names: Iterable[str]) -> None:
        """Forget texts, to read them anew. What was missing is looked for again."""
        read = (*self._parsed.items(), *self._texts.items())
        absent = [name for name, found in read if isinstance(found, Missing)]
        for name in (*names, *absent):
            self._sources.pop(name, None)
            self._parsed.pop(name, None)
            self._texts.pop(name, None)

    def put(self, source: Source, parsed: Parsed) -> None:
        """Take a spec's text that has been read already. Its bytes must be among the contents."""
        self._sources[source.name], self._parsed[source.name] = source, parsed

    def has_read(self, source: Source) -> bool:
        """Is it a spec's text as it was read here, and not a script's or one of another reading?"""
        parsed = self._parsed.get(source.name)
        is_spec = parsed is None or (not isinstance(parsed, Missing) and parsed.document is not None)
        return is_spec and self._sources.get(source.name) is source

    def has_text(self, source: Source) -> bool:
        return self._texts.get(source.name) is source

    def text(self, name: str) -> Source | Missing:
        if name not in self._texts:
            self._texts[name] = self._read_text(name)
        return self._texts[name]

    def sources(self, reads: Reads) -> list[Source]:
        """The texts of these, as far as they are any."""
        found = (*map(self.source, reads.documents), *map(self.text, reads.texts))
        return [source for source in found if isinstance(source, Source)]

    def suppressions(self, reads: Reads | None = None) -> dict[Source, Suppressions]:
        """The comments of these texts, else of every text that has been read, about diagnostics in it."""
        documents, texts = (reads.documents, reads.texts) if reads is not None else (self._parsed, self._texts)
        parsed = [self.document(name) for name in documents if name in self._parsed or self.may_suppress(name)]
        specs = [each for each in parsed if not isinstance(each, Missing)]
        found = {each.document.source: each.suppressions for each in specs if each.document is not None}
        scripts = [text for name in texts if isinstance(text := self.text(name), Source)]
        return found | {text: script_suppressions(text) for text in scripts}

    def may_suppress(self, name: str) -> bool:
        """Return whether a spec may have a comment that ignores diagnostics, told from its bytes."""
        data = self.contents.data(name, codes.PARENT_NOT_FOUND)
        return not isinstance(data, Missing) and SUPPRESSION in data.lower()

    def _parse(self, name: str) -> Parsed | Missing:
        source = self.source(name) or self._decoded(name)
        if isinstance(source, Source):
            return parse(source)
        return source if isinstance(source, Missing) else Parsed(None, (source,))

    def _decoded(self, name: str) -> Source | Diagnostic | Missing:
        data = self.contents.data(name, codes.PARENT_NOT_FOUND)
        return data if isinstance(data, Missing) else decode(data, self.contents.path_of(name), name)

    def _read_text(self, name: str) -> Source | Missing:
        data = self.contents.data(name, codes.FILE_NOT_FOUND)
        if isinstance(data, Missing):
            return data
        source = decode(data, self.contents.path_of(name), name)
        if isinstance(source, Diagnostic):
            return Missing(source.code, f"{source.span.source.path}: {source.message}", source.help)
        return Source(source.path, source.text.replace("\r\n", "\n"), name)


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


@cache
def shipped_apis() -> Apis:
    """Return the API schemas that ship with specc, each of which a process reads once."""
    return Apis()
