"""Projects that somebody edits: texts that are not saved stand over the files, and only what changed is done again.

`EditedProject` is one project, and a `Snapshot` is one spec of it at one moment. A check says of a text what
`specc check -` says of it. It runs in steps, so that an edit can come between two of them.

A text that is not YAML at the moment, because somebody is in the middle of a line, has diagnostics of its own. For all
else, and for other specs, the project keeps what the text said when it was read last and could be.
"""

import os
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

from specc import assets
from specc.app.selection import shown_in, site_at
from specc.compiler import Request
from specc.config import OWN, PERSONAL, SHARED, Configuration
from specc.diagnostics import Code, Diagnostic, Missing, codes, did_you_mean
from specc.disk import Contents
from specc.disk.contents import SHIPPED, SUFFIX
from specc.disk.files import HEADER, Patterns
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.inheritance import mentions, word_of
from specc.linter import check_specs
from specc.linter.examining import Examined, examine_in_steps
from specc.linter.families import Facts, Register, dependents_in_steps
from specc.linter.records import Memory
from specc.linter.steps import run_to_end
from specc.parser import Document, Parsed, decode, parse
from specc.project import Project, shipped_apis
from specc.project.library import Reads
from specc.rules import FAMILY_RULES
from specc.settings import Settings
from specc.source import Source, Span

REQUEST = Request()
SETTINGS = (OWN, PERSONAL)
"""The files of settings that are checked as they are typed. `pyproject.toml` is read when it is saved."""

PAGE, PATCH = ".md", ".patch.yaml"
"""The endings of a page of an API, and of what is added to it."""

OF_ALL_HEIRS = frozenset({codes.UNUSED_IGNORE.code, *(rule.code.code for rule in FAMILY_RULES)})
"""What is only known of a text when all that inherits from it has been checked."""

TOO_NEW = 2_000_000_000
"""A folder that changed less than so many nanoseconds ago may change again and look the same."""

SOON = 20
"""So many specs are parsed while somebody waits for an answer."""

Found = Mapping[str, tuple[Diagnostic, ...]]
"""Diagnostics by the name of the text that they are in."""


def encoded(text: str) -> bytes:
    """Return a text as a file would hold it. A half character, which no file can hold, becomes what is no UTF-8."""
    return text.encode("utf-8", "surrogatepass")


class Verdict(NamedTuple):
    """What a check has found, by text. `is_whole`: also nothing else has been found in any other text."""

    found: Found
    is_whole: bool


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A spec as it is typed: the text that the editor shows, and the last tree that could be read of it.

    It holds until the next edit of the project.
    """

    project: Project
    name: str
    text: Source
    document: Document | None

    @cached_property
    def _changed(self) -> tuple[int, int, int]:
        """Where text and tree differ: the length of what is alike before, and the end of the rest in either."""
        new = self.text.text
        old = self.document.source.text if self.document is not None else new
        if new == old:
            return len(new), len(new), len(new)
        before = _alike(new, old)
        most = min(len(new), len(old)) - before
        behind = _alike(new[len(new) - most :][::-1], old[len(old) - most :][::-1])
        return before, len(new) - behind, len(old) - behind

    def in_tree(self, offset: int) -> int:
        """Return the offset in the text of the tree; for one in the part that was typed since, where that begins."""
        before, new_end, old_end = self._changed
        return offset if offset <= before else before if offset < new_end else offset - new_end + old_end

    def in_text(self, span: Span) -> Span:
        """Return a span of the tree's text as one of the text that the editor shows."""
        if self.document is None or span.source is not self.document.source:
            return span
        before, new_end, old_end = self._changed
        start, end = (
            offset if offset <= before else before if offset < old_end else offset - old_end + new_end
            for offset in (span.start, span.end)
        )
        return self.text.span(start, max(start, end))


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


class _Memory(Memory):
    """What is known of files until one of those changes that it was made of."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._facts: dict[str, Facts] = {}
        self._examined: dict[str, Examined] = {}
        self._searchable: dict[str, tuple[bytes, bytes | None]] = {}

    def searchable(self, name: str, data: bytes) -> bytes | None:
        known = self._searchable.get(name)
        if known is None or known[0] is not data:
            known = self._searchable[name] = data, super().searchable(name, data)
        return known[1]

    def facts(self, name: str) -> Facts | None:
        return self._facts.get(name)

    def examined(self, name: str) -> Examined | None:
        return self._examined.get(name)

    @property
    def count(self) -> int:
        """Return of how many files the facts are known."""
        return len(self._facts)

    def learn_facts(self, facts: Facts) -> None:
        self._facts[facts.name] = facts

    def learn_examined(self, examined: Examined) -> None:
        self._examined[examined.name] = examined

    def forget(self, changed: set[str]) -> None:
        """Forget what was made of these files, and what found no file where it looked for one."""
        for name in [name for name, facts in self._facts.items() if name in changed or _is_of(facts.reads, changed)]:
            del self._facts[name]
        for name in [name for name, each in self._examined.items() if name in changed or _is_of(each.reads, changed)]:
            del self._examined[name]


def _is_of(reads: Reads, changed: set[str]) -> bool:
    return not (reads.is_whole and reads.documents.isdisjoint(changed) and reads.texts.isdisjoint(changed))


Signature = tuple[int, int, int] | None


def shown_from(root: Path, path: str | Path) -> str:
    """Return the path that messages print: from the root of the project, wherever the server was started."""
    return shown_in(str(root), os.path.abspath(path))


class _Contents(Contents):
    """The bytes of files, and by which signs it is known whether those have changed since they were read.

    A folder is listed again when its own signs have changed: a project can have tens of thousands, of what jobs wrote.
    """

    def __init__(self, root: Path, wanted: Patterns) -> None:
        super().__init__(root, partial(shown_from, root))
        self.signatures: dict[str, Signature] = {}
        self._wanted = wanted
        self._listed: dict[str, tuple[Signature, list[os.DirEntry[str]]]] = {}

    def again(self) -> Contents:
        again = _Contents(self.root, self._wanted)
        again._listed = self._listed
        return again

    def entries_of(self, folder: str) -> list[os.DirEntry[str]]:
        signature = _signature(folder)
        known = self._listed.get(folder)
        if known is not None and signature is not None and known[0] == signature:
            return known[1]
        inside = tuple(part for part in folder.removeprefix(str(self.root)).split("/") if part)
        entries = super().entries_of(folder)
        found = [each for each in entries if each.is_dir(follow_symlinks=False) or self._wanted.fit(inside, each.name)]
        is_old = signature is not None and time.time_ns() - signature[0] > TOO_NEW
        self._listed[folder] = (signature if is_old else None, found)
        return found

    def read(self, name: str, code: Code) -> bytes | Missing:
        self.signatures[name] = _signature(_file_of(self.root, name))  # before it is read: what comes later is a change
        return super().read(name, code)

    def changed(self) -> set[str]:
        """Return the files that were read and are not as they were."""
        read = self.names_read()
        return {name for name in read if _signature(_file_of(self.root, name)) != self.signatures.get(name)}


class EditedProject:
    """One project, with the texts of an editor over its files.

    `error` says why it cannot be opened. `settings_found` are the diagnostics of its settings; with an error among
    them, specs are held to the settings as they were before, and to none where there were none.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.error: SpeccError | None = None
        self.settings_found: tuple[Diagnostic, ...] = ()
        self.texts: dict[str, str] = {}
        self._settings: dict[str, str] = {}
        self._typed: set[str] = set()
        self._unreadable: set[str] = set()
        self._readable: dict[str, str] = {}
        self._signatures: dict[str, Signature] = {}
        self._contents = _Contents(root, Patterns(()))
        self._names = Contents(root, partial(shown_from, root))
        self._project: Project | None = None
        self._memory: _Memory | None = None
        self._open()

    @property
    def project(self) -> Project:
        """The project as it is typed. Raises SpeccError where it cannot be opened."""
        self._settle()
        if self._project is None:
            raise self.error or SpeccError(f"the settings of {self.root} cannot be used", help="`specc check` says why")
        self._project.context()  # raises for an API that does not exist
        return self._project

    @property
    def is_readable(self) -> bool:
        """Return whether all texts can be read, so that the project is what the editor shows."""
        self._settle()
        return not self._unreadable

    def name_of(self, path: Path) -> str:
        """Return the name of a file in the project."""
        return self._names.name_of(path)

    def file_of(self, name: str) -> Path:
        """Return the file of a name."""
        return _file_of(self.root, name)

    def is_spec(self, name: str, text: str | None = None) -> bool:
        """Return whether a file is checked as a spec: by the project's patterns, or by a first line `specc: 1`."""
        include = self._project.settings.include if self._project is not None else ("**/*.job.yaml",)
        *folders, base = name.split("/")
        if Patterns(include).fit(tuple(folders), base):
            return True
        return (base.endswith((".yaml", ".yml")) or "." not in base) and HEADER.search(encoded(text or "")) is not None

    def put(self, name: str, text: str) -> None:
        """Take a text in place of that of a file. It is read when somebody asks, so that fast typing is cheap."""
        if name in SETTINGS:
            self._settings[name] = text
            self._open()
            return
        self.texts[name] = text
        self._typed.add(name)

    def drop(self, name: str) -> None:
        """Go back to the text of the file."""
        if self._settings.pop(name, None) is not None:
            self._open()
        elif self.texts.pop(name, None) is not None:
            self._unreadable.discard(name)
            self._forget({name})

    def refresh(self) -> set[str]:
        """Look for files that others have changed, and return their names. Settings that changed open all anew."""
        settings = {name: _signature(self.root / name) for name in (*SETTINGS, SHARED)}
        if any(self._signatures.get(name) != now for name, now in settings.items()):
            self._open()
            return {*SETTINGS, *self.texts}
        if self._project is None:
            return set()
        changed = self._contents.changed()
        self._project = replace(self._project, site=replace(self._project.site))  # lists its specs anew
        with suppress(SpeccError):  # whoever needs the list is told
            _ = self._project.site.folders
        self._forget(changed)
        return changed

    def snapshot(self, name: str) -> Snapshot:
        """Return a spec as it is now. Raises SpeccError where the project cannot be opened."""
        project = self.project
        parsed = project.library.document(name)
        document = None if isinstance(parsed, Missing) else parsed.document
        path = project.site.contents.path_of(name)
        text = self.texts.get(name)
        is_shown = text is None or (document is not None and document.source.text == text)
        shown = document.source if document is not None and is_shown else Source(path, text or "", name)
        return Snapshot(project, name, shown, document)

    def dependents(self, name: str) -> list[str]:
        """Return the specs that inherit from a file, or include it, directly or not."""
        return run_to_end(self.dependents_in_steps(name))

    def dependents_soon(self, name: str) -> list[str] | None:
        """Return what `dependents` does, or None where many specs would have to be parsed first."""
        steps = self.dependents_in_steps(name)
        _, memory = self._opened()
        known = memory.count
        try:
            while memory.count - known < SOON:
                next(steps)
        except StopIteration as end:
            found: list[str] = end.value
            return found
        return None

    def dependents_in_steps(self, name: str) -> Generator[None, None, list[str]]:
        """Return what `dependents` does, in steps."""
        project, memory = self._opened()
        register = Register(project.library, memory.facts, memory.learn_facts)
        names, contents = project.site.spec_names, project.site.contents
        return dependents_in_steps([name], names, contents, register, memory.searchable)

    def _may_have_heirs(self, name: str) -> bool:
        project, memory = self._opened()
        contents, word = project.site.contents, word_of(name)
        data = ((each, contents.data(each, codes.UNREADABLE)) for each in project.site.spec_names if each != name)
        return any(isinstance(text, bytes) and mentions(memory.searchable(each, text), (word,)) for each, text in data)

    def check_alone(self, project: Project, name: str) -> tuple[Diagnostic, ...]:
        """Return what is found in a spec of a project like this one, without its heirs and all that they would tell."""
        found = check_specs(project, [name], REQUEST, all_specs=True, memory=Memory(project)).diagnostics
        return tuple(each for each in found if each.code.code not in OF_ALL_HEIRS and each.span.source.name == name)

    def check(self, name: str) -> Generator[Verdict | None]:
        """Check a text and all that depends on it. Yields None after each step, and a verdict where there is one.

        The verdict of the text itself comes first, and the last one holds. For a text that cannot be read there is no
        other: what was found in other texts is as it was. An edit ends the check: what it would yield after that is
        wrong. Raises SpeccError where the project cannot be opened.
        """
        if name in SETTINGS or any(each.is_error for each in self.settings_found):
            yield Verdict({name: (), **dict.fromkeys(SETTINGS, ()), **_by_name(self.settings_found)}, is_whole=True)
            return
        project, memory = self._opened()
        if name in self._unreadable:
            alone = project.again({name: self.texts[name]})
            found = check_specs(alone, [name], REQUEST, all_specs=True, memory=Memory(alone)).diagnostics
            yield Verdict({name: _by_name(found).get(name, ())}, is_whole=False)
            return
        if name.endswith((PAGE, PATCH)):
            yield Verdict({name: (), **_by_name(self._found_in_page(name))}, is_whole=True)
            return
        is_spec = self.is_spec(name, self.texts.get(name))
        if is_spec:
            yield from self._examine(name)
            if self._may_have_heirs(name):
                alone_found = check_specs(project, [name], REQUEST, all_specs=True, memory=memory).diagnostics
                own = [each for each in alone_found if each.code.code not in OF_ALL_HEIRS]
                yield Verdict({name: _by_name(own).get(name, ())}, is_whole=False)
        heirs = yield from self.dependents_in_steps(name)
        for heir in heirs:
            yield from self._examine(heir)
        names = [name] if is_spec else heirs
        whole = check_specs(project, names, REQUEST, memory=memory) if names else None
        found = whole.diagnostics if whole is not None else ()
        yield Verdict({name: (), **dict.fromkeys(heirs, ()), **_by_name(found)}, is_whole=True)

    def _found_in_page(self, name: str) -> Iterator[Diagnostic]:
        """Yield what is wrong with a page of an API and its patch, of which both must be there, as in `schemas/`."""
        stem = name.removesuffix(PATCH).removesuffix(PAGE)
        page, patch = (self.project.library.text(f"{stem}{suffix}") for suffix in (PAGE, PATCH))
        if isinstance(page, Missing) or isinstance(patch, Missing):
            return
        from specc.schemagen import Kind, build_schema  # it reads Markdown, which nothing else here does

        for kind in (Kind.REQUEST, Kind.RESPONSE):
            _, found = build_schema(page, patch, kind)
            yield from found

    def _examine(self, name: str) -> Generator[None]:
        project, memory = self._opened()
        if memory.examined(name) is None:
            examined, _ = yield from examine_in_steps(project, name, project.context(), REQUEST)
            memory.learn_examined(examined)
            yield

    def _opened(self) -> tuple[Project, _Memory]:
        project = self.project
        if self._memory is None:
            self._memory = _Memory(project)
        return project, self._memory

    def _open(self) -> None:
        """Read the settings, and all else when it is asked for."""
        self._signatures = {name: _signature(self.root / name) for name in (*SETTINGS, SHARED)}
        self.error, self._memory = None, None
        texts = {name: encoded(text) for name, text in self._settings.items()}
        try:
            site, read = site_at(self.root, texts, partial(shown_from, self.root))
        except SpeccError as error:
            self.error, self.settings_found = error, ()
            return
        unknown = tuple(_unknown_api(read))
        self.settings_found = read.diagnostics + unknown
        if unknown:
            site = replace(site, settings=replace(site.settings, api=Settings("").api))
        if self._project is not None and any(each.is_error for each in self.settings_found):
            site = self._project.site
        self._contents = _Contents(self.root, Patterns(site.settings.include))
        self._project = Project.open(replace(site, contents=self._contents), shipped_apis())
        for name, text in self.texts.items():
            if name in self._unreadable:
                self._take(name, self._readable[name])
            self._take(name, text)

    def _settle(self) -> None:
        """Read the texts that were typed since somebody asked last."""
        while self._typed:
            name = self._typed.pop()
            if name in self.texts:
                self._take(name, self.texts[name])

    def _take(self, name: str, text: str) -> None:
        """Put a text into the project, unless it is a spec that cannot be read now and could be read before."""
        project = self._project
        if project is None:
            return
        data, path = encoded(text), project.site.contents.path_of(name)
        source = decode(data, path, name) if self.is_spec(name, text) else None
        if source is not None:
            parsed = parse(source) if isinstance(source, Source) else Parsed(None, (source,))
            before = project.library.document(name)
            if parsed.document is None and not isinstance(before, Missing) and before.document is not None:
                self._unreadable.add(name)
                self._readable[name] = before.document.source.text
                return
        self._unreadable.discard(name)
        self._forget({name})
        project.site.contents.add(name, path, data)
        if isinstance(source, Source):
            project.library.put(source, parsed)

    def _forget(self, changed: set[str]) -> None:
        if self._project is not None:
            self._project.site.contents.forget(changed)
            self._project.library.forget(changed)
        if self._memory is not None:
            self._memory.forget(changed)


def _file_of(root: Path, name: str) -> Path:
    if name.startswith(SHIPPED):
        return assets.folder("templates") / f"{name.removeprefix(SHIPPED)}{SUFFIX}"
    if name.startswith("schemas/") and not os.path.lexists(root / name):
        return assets.folder("schemas").parent / name  # where the API states a default
    return root / name


def _unknown_api(read: Configuration) -> Iterator[Diagnostic]:
    """Yield a diagnostic where the settings name an API that there is not."""
    apis, name = shipped_apis(), read.settings.api
    for entry in read.entries:
        if entry.key == "api" and entry.span is not None and not entry.is_overridden and name not in apis:
            yield codes.BAD_SETTING.at(entry.span, f"there is no API `{name}`", help=did_you_mean(name, apis, "APIs"))


def _by_name(diagnostics: Iterable[Diagnostic]) -> dict[str, tuple[Diagnostic, ...]]:
    found: dict[str, dict[Diagnostic, None]] = {}
    for diagnostic in diagnostics:
        found.setdefault(diagnostic.span.source.name, {})[diagnostic] = None
    return {name: tuple(each) for name, each in found.items()}


def _signature(path: Path | str) -> Signature:
    """Return what differs where a file has changed; None where there is none."""
    with suppress(OSError, ValueError):  # no file, or no name of one
        known = os.stat(path)
        return known.st_mtime_ns, known.st_size, known.st_ino
    return None
