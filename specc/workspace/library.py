"""The texts of one project by name, each read and parsed once."""

from specc.diagnostics import Diagnostic, Missing, codes
from specc.disk import Contents
from specc.parser import Parsed, Suppressions, decode, parse, script_suppressions
from specc.source import Source
from specc.workspace.reading import Reads

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
        """The comments of these texts, else of every text that has been read, about findings in it."""
        documents, texts = (reads.documents, reads.texts) if reads is not None else (self._parsed, self._texts)
        parsed = [self.document(name) for name in documents if name in self._parsed or self._may_suppress(name)]
        specs = [each for each in parsed if not isinstance(each, Missing)]
        found = {each.document.source: each.suppressions for each in specs if each.document is not None}
        scripts = [text for name in texts if isinstance(text := self.text(name), Source)]
        return found | {text: script_suppressions(text) for text in scripts}

    def _may_suppress(self, name: str) -> bool:
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
