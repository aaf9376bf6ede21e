"""Which text is checked next, and which diagnostics are shown where.

All work is done by one task in steps, and an edit ends the check that is under way. The text that was edited comes
first, then what depends on it. A text that is open shows what a check of it says; a file that is not open, what the
checks of open texts say about it.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from specc.app.editing import EditedProject, Verdict
from specc.diagnostics import Diagnostic
from specc.lsp.workspace import Buffer, Workspace

LOOK_EVERY = 1.0
"""So many seconds can pass before the disk is looked at again; an editor tells of most changes before that."""
LOOK_SHARE = 20
"""A look at a slow disk is followed by a pause that is so many times as long."""

File = tuple[EditedProject, str]
"""A file of a project by its name in it."""
Show = Callable[[File, Buffer | None, tuple[Diagnostic, ...]], None]
"""Shows the diagnostics of a file, which may be open, in place of those shown before."""
Fail = Callable[[Exception], None]
"""Tells of an error that no request is the reason of."""
Settled = Callable[[], None]
"""Tells that texts have been checked again because of a change elsewhere."""


Known = TypeVar("Known")


class Checks:
    """The checks of a workspace. `show` is told what is found, and `fail` what went wrong."""

    def __init__(
        self,
        workspace: Workspace,
        show: Show,
        fail: Fail,
        settled: Settled = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workspace = workspace
        self._show = show
        self._fail = fail
        self._settled = settled
        self._concerns_others = False
        self._clock = clock
        self._looked = float("-inf")
        self._pause = LOOK_EVERY
        self._waiting: dict[str, None] = {}
        self.edits = 0
        self._task: asyncio.Task[None] | None = None
        self._found: dict[str, dict[File, tuple[Diagnostic, ...]]] = {}
        """By the address of a text that is open: what its check has found, in each file."""
        self._fresh: set[str] = set()
        """The texts that are open whose diagnostics are known, be they of the text alone."""
        self._asked: dict[str, asyncio.Event] = {}
        self._shown: dict[File, tuple[int | None, tuple[Diagnostic, ...]]] = {}
        self._generation = workspace.generation

    @property
    def is_busy(self) -> bool:
        """Return whether a text waits for its check."""
        return bool(self._waiting)

    def look(self) -> None:
        """Look at the disk before the next check."""
        self._looked = float("-inf")

    def look_now(self, *, at_once: bool = False) -> None:
        """Look at the disk for an answer that tells of files, and check all texts again where one has changed.

        With `at_once`, also where the last look was a moment ago: positions in a file must be those it has now.
        """
        if (at_once or self._is_due) and self._refresh():
            self.all_again()

    @property
    def _is_due(self) -> bool:
        return self._clock() - self._looked > self._pause

    def _refresh(self) -> bool:
        began = self._clock()
        has_changed = self._workspace.refresh()
        self._looked = self._clock()
        self._pause = max(LOOK_EVERY, LOOK_SHARE * (self._looked - began))
        return has_changed

    def edited(self, buffer: Buffer) -> None:
        """Check a text as soon as nothing else is to be read, then all others of its project that are open."""
        project, _ = self._workspace.named(buffer.path)
        others = [each.uri for each in self._workspace.open_in(project) if each.uri != buffer.uri]
        self._concerns_others |= bool(others)
        self._wait_for([buffer.uri, *self._waiting, *others])

    def all_again(self) -> None:
        """Check all texts that are open."""
        self._concerns_others = True
        self._wait_for([*self._waiting, *self._workspace.buffers])

    def closed(self, buffer: Buffer) -> None:
        """Forget a text that was closed. What its check has found in files is no longer shown."""
        files = self._found.pop(buffer.uri, {})
        self._waiting.pop(buffer.uri, None)
        self._known_now(buffer.uri)
        self._follow_projects()
        project, name = self._workspace.named(buffer.path)
        for file in {(project, name), *self._now(files)}:
            self._show_file(file)
        self._concerns_others = True
        self._wait_for([*self._waiting, *(each.uri for each in self._workspace.open_in(project))])

    async def diagnostics_of(self, uri: str) -> tuple[Diagnostic, ...]:
        """Return what is found in a text that is open, as soon as it is known of the text as it is now."""
        while uri in self._waiting and uri not in self._fresh:
            await self._asked.setdefault(uri, asyncio.Event()).wait()
        return self.found_in(uri)

    def found_in(self, uri: str) -> tuple[Diagnostic, ...]:
        """Return what the last check has found in a text that is open."""
        buffer = self._workspace.buffers.get(uri)
        return self._found.get(uri, {}).get(self._workspace.named(buffer.path), ()) if buffer is not None else ()

    def _wait_for(self, uris: Iterable[str]) -> None:
        self.edits += 1
        self._waiting = dict.fromkeys(uris)
        self._fresh -= self._waiting.keys()
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # more may have been typed
            uri = next(iter(self._waiting))
            buffer = self._workspace.buffers.get(uri)
            try:
                if buffer is not None:
                    await self._check(buffer)
                    continue
            except Exception as error:  # a bug in one check ends neither the other checks nor the server
                self._fail(error)
            self._waiting.pop(uri, None)
            self._known_now(uri)
        if self._concerns_others:
            self._concerns_others = False
            self._settled()

    async def _check(self, buffer: Buffer) -> None:
        if self._is_due:
            self._refresh()
        self._follow_projects()
        project, name = self._workspace.named(buffer.path)
        edits = self.edits
        for verdict in project.check(name):
            if verdict is not None:
                self._take(buffer, project, verdict)
            await asyncio.sleep(0)
            if self.edits != edits:
                return
        self._waiting.pop(buffer.uri, None)

    def _follow_projects(self) -> None:
        """Know files by the projects that they belong to now, where projects were opened anew since the last check."""
        if self._generation == self._workspace.generation:
            return
        self._generation = self._workspace.generation
        self._found = {uri: self._now(files) for uri, files in self._found.items()}
        self._shown = self._now(self._shown)

    def _now(self, files: Mapping[File, Known]) -> dict[File, Known]:
        named = ((self._workspace.now(*file), known) for file, known in files.items())
        return {file: known for file, known in named if file is not None}

    def _take(self, buffer: Buffer, project: EditedProject, verdict: Verdict) -> None:
        before = self._found.get(buffer.uri, {})
        now = {(project, name): diagnostics for name, diagnostics in verdict.found.items()}
        self._found[buffer.uri] = now if verdict.is_whole else before | now
        for file in now | before if verdict.is_whole else now:
            self._show_file(file)
        self._known_now(buffer.uri)

    def _show_file(self, file: File) -> None:
        """Show what is known of a file, if that is not what is shown."""
        buffer = self._workspace.open_as(*file)
        if buffer is not None:
            found = self._found.get(buffer.uri, {}).get(file, ())
        else:
            every = (each for files in self._found.values() for each in files.get(file, ()))
            found = tuple({_told(each): each for each in every}.values())
        shown = (buffer.version if buffer is not None else None, found)
        if self._shown.get(file, (None, ())) != shown:
            self._show(file, buffer, found)
        if buffer is None and not found:
            self._shown.pop(file, None)
        else:
            self._shown[file] = shown

    def _known_now(self, uri: str) -> None:
        self._fresh.add(uri)
        if (asked := self._asked.pop(uri, None)) is not None:
            asked.set()


def _told(found: Diagnostic) -> object:
    """Return what an editor shows of a diagnostic."""
    return found.code.code, found.message, found.span.start, found.span.end, found.severity
