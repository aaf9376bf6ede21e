"""The texts of one project by name, each read and parsed once."""

import os
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from specc import assets
from specc.diagnostics import Code, Diagnostic, codes
from specc.diagnostics.suggest import closest
from specc.parser import Parsed, Suppressions, decode, parse, script_suppressions
from specc.resolver import Missing
from specc.source import Source
from specc.workspace.files import read_bytes
from specc.workspace.reading import Reads

SHIPPED = "specc:"
SHIPPED_NAME = re.compile(r"[a-z0-9-]+")
SUFFIX = ".job.yaml"
SUPPRESSION = b"ignore"
"""A text without it suppresses nothing, and need not be parsed to know that."""
DIGITS = 32


class FileLibrary:
    """Answers the resolver from the files below `root`. `show` gives the path that messages print."""

    def __init__(self, root: Path, show: Callable[[Path], str]) -> None:
        self.root = root
        self._resolved_root = os.path.realpath(root)
        self._folders: dict[str, str] = {}
        self._show = show
        self._contents: dict[str, bytes] = {}
        self._digests: dict[str, str | None] = {}
        self._sources: dict[str, Source] = {}
        self._parsed: dict[str, Parsed | Missing] = {}
        self._texts: dict[str, Source | Missing] = {}

    def document(self, name: str) -> Parsed | Missing:
        if name not in self._parsed:
            self._parsed[name] = self._parse(name)
        return self._parsed[name]

    def add(self, name: str, path: str, data: bytes) -> None:
        """Takes what is in no file, such as standard input."""
        self._digests[name] = None
        self._parsed[name] = self._parsed_from(name, decode(data, path, name))

    def source(self, name: str) -> Source | None:
        """The text of a spec, parsed or not; None where there is none."""
        if name not in self._sources:
            data = self._bytes(name, codes.PARENT_NOT_FOUND)
            source = decode(data, self.path_of(name), name) if not isinstance(data, Missing) else None
            if isinstance(source, Source):
                self._sources[name] = source
        return self._sources.get(name)

    def digest(self, name: str) -> str | None:
        """Of the bytes that a file has in this library, which reads it once; None for what is in no file."""
        if name not in self._digests:
            data = self._bytes(name, codes.FILE_NOT_FOUND)
            self._digests[name] = None if isinstance(data, Missing) else sha256(data).hexdigest()[:DIGITS]
        return self._digests[name]

    def again(self) -> "FileLibrary":
        """The same files, read anew."""
        return FileLibrary(self.root, self._show)

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
        data = self._bytes(name, codes.PARENT_NOT_FOUND)
        return not isinstance(data, Missing) and SUPPRESSION in data.lower()

    def name_of(self, path: Path) -> str:
        """The name of a file below the root, else its whole path.

        A file behind a symlinked folder has the name that it has without it: one file is not two specs. A symlinked
        file keeps the name by which it is called.
        """
        absolute = os.path.abspath(path)
        folder, base = os.path.split(absolute)
        real = self._real(folder)
        if _is_below(real, self._resolved_root):
            return (real + "/" + base)[len(self._resolved_root.rstrip("/")) + 1 :]
        return Path(absolute).relative_to(self.root).as_posix() if _is_below(absolute, str(self.root)) else absolute

    def _real(self, folder: str) -> str:
        """Texts, and each looked up once: a folder can have thousands of specs."""
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return self._folders[folder]

    def path_of(self, name: str) -> str:
        """The path that messages print for a name."""
        return name if name.startswith((SHIPPED, "<")) else self._show(self.root / name)

    def _parse(self, name: str) -> Parsed | Missing:
        if name in self._sources:
            return parse(self._sources[name])
        data = self._bytes(name, codes.PARENT_NOT_FOUND)
        if isinstance(data, Missing):
            return data
        return self._parsed_from(name, decode(data, self.path_of(name), name))

    def _parsed_from(self, name: str, source: Source | Diagnostic) -> Parsed:
        if isinstance(source, Diagnostic):
            return Parsed(None, (source,))
        self._sources[name] = source
        return parse(source)

    def _read_text(self, name: str) -> Source | Missing:
        data = self._bytes(name, codes.FILE_NOT_FOUND)
        if isinstance(data, Missing):
            return data
        source = decode(data, self.path_of(name), name)
        if isinstance(source, Diagnostic):
            return Missing(source.code, f"{source.span.source.path}: {source.message}", source.help)
        return Source(source.path, source.text.replace("\r\n", "\n"), name)

    def _bytes(self, name: str, code: Code) -> bytes | Missing:
        """Read once, so that all that comes of a file is of one reading."""
        if name not in self._contents:
            data = self.content(name, code)
            if isinstance(data, Missing):
                return data
            self._contents[name] = data
        return self._contents[name]

    def content(self, name: str, code: Code) -> bytes | Missing:
        """The bytes of a file, not many more than a spec may have. `code` is for one that is not there."""
        path = self._path(name, code)
        return path if isinstance(path, Missing) else read_bytes(path)

    def _path(self, name: str, code: Code) -> Path | Missing:
        """The file of a name. It must lie in the project, also behind symlinks."""
        if name.startswith(SHIPPED):
            return self._shipped(name.removeprefix(SHIPPED))
        path = os.path.join(self.root, name)
        if not os.path.isfile(path):
            return self._absent(Path(path), code)
        real = os.path.realpath(path) if os.path.islink(path) else self._real(os.path.dirname(path))
        if not _is_below(real, self._resolved_root):
            help = "copy the file into the project"
            return Missing(codes.OUTSIDE_PROJECT, f"{self._show(Path(path))} leads out of the project", help)
        return Path(path)

    def _absent(self, path: Path, code: Code) -> Missing:
        there = os.path.lexists(path)
        help = None if there else _meant(path)
        return Missing(code, f"{self._show(path)} {_what_is(path) if there else 'does not exist'}", help)

    def _shipped(self, name: str) -> Path | Missing:
        path = assets.folder("templates") / f"{name}{SUFFIX}"
        if SHIPPED_NAME.fullmatch(name) and path.is_file():
            return path
        known = shipped_names()
        near = closest(name, known)
        help = f"did you mean `specc:{near}`?" if near else "specc ships " + ", ".join(f"`specc:{n}`" for n in known)
        return Missing(codes.PARENT_NOT_FOUND, f"specc ships no base `{name}`", help)


def _is_below(path: str, folder: str) -> bool:
    """Of two paths without links or dots."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _what_is(path: Path) -> str:
    return "is no regular file" if os.path.exists(path) else "is a symlink that leads nowhere"


def _meant(path: Path) -> str | None:
    """What a missing file's name was probably meant to be: often its suffix is missing, or `specc:`."""
    if os.path.isfile(path.with_name(path.name + SUFFIX)):
        return f"did you mean `{path.name}{SUFFIX}`?"
    near = closest(path.name, _neighbours(path))
    if near is not None:
        return f"did you mean `{near}`?"
    base = path.name.removesuffix(SUFFIX)
    return f"did you mean `{SHIPPED}{base}`?" if base in shipped_names() else None


def _neighbours(path: Path) -> list[str]:
    try:
        return sorted(os.listdir(path.parent))
    except OSError:
        return []


def shipped_names() -> list[str]:
    """The names of the bases that ship with specc, without `specc:`."""
    return sorted(file.name.removesuffix(SUFFIX) for file in assets.folder("templates").glob(f"*{SUFFIX}"))
