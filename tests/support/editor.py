"""An editor: a real client of `specc lsp`, over standard input and output.

The client is that of pytest-lsp. Tests are plain functions, which the loop of the client runs in between.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

Result = TypeVar("Result")
MOST = 60.0
"""So many seconds a test waits for an answer."""
MARK = "‸"
"""Where the cursor is in the texts of tests."""


class Editor:
    """A session with a server. Texts are known by their path in the project."""

    def __init__(self, root: Path, loop: asyncio.AbstractEventLoop, client: LanguageClient) -> None:
        self.root = root
        self.client = client
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.heard = asyncio.Event()
        self.published: dict[str, types.PublishDiagnosticsParams] = {}
        self.registered: list[str] = []
        self.refreshed = 0
        self._loop = loop

    def run(self, awaited: Awaitable[Result]) -> Result:
        return self._loop.run_until_complete(asyncio.wait_for(awaited, MOST))

    def uri(self, name: str) -> str:
        return (self.root / name).as_uri()

    def open(self, name: str, text: str) -> None:
        self.versions[name], self.texts[name] = self.versions.get(name, 0) + 1, text
        item = types.TextDocumentItem(self.uri(name), "yaml", self.versions[name], text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, name: str, text: str, *changes: Any) -> None:
        """Let the text be this one, by these changes or as a whole."""
        self.versions[name] += 1
        self.texts[name] = text
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version=self.versions[name], uri=self.uri(name)),
                list(changes) or [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def close(self, name: str) -> None:
        del self.texts[name]
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(self.uri(name)))
        )

    def diagnostics(self, name: str, *, version: int | None = None) -> list[types.Diagnostic]:
        """Return what is shown of an open text as it is now, or of a file."""

        async def shown() -> list[types.Diagnostic]:
            wanted = version if version is not None else self.versions.get(name) if name in self.texts else None
            while (found := self.published.get(self.uri(name))) is None or found.version != wanted:
                self.heard.clear()
                await self.heard.wait()
            return list(found.diagnostics)

        return self.run(shown())

    def wait_until(self, holds: Any) -> None:
        """Wait for diagnostics until something holds."""

        async def wait() -> None:
            while not holds():
                self.heard.clear()
                await self.heard.wait()

        self.run(wait())

    def ask(self, method: str, params: Any) -> Any:
        return self.run(asyncio.wrap_future(self.client.protocol.send_request(method, params), loop=self._loop))

    def at(self, name: str, text: str, **options: Any) -> Any:
        """Show the text without its mark, and return the position of the mark."""
        before, _, after = text.partition(MARK)
        (self.change if name in self.texts else self.open)(name, before + after)
        position = types.Position(before.count("\n"), len(before.rpartition("\n")[2]))
        return {"text_document": types.TextDocumentIdentifier(self.uri(name)), "position": position, **options}

    def hover(self, name: str, text: str) -> str:
        """Return what is shown at the mark in a text."""
        found = self.ask(types.TEXT_DOCUMENT_HOVER, types.HoverParams(**self.at(name, text)))
        return found.contents.value if found is not None else ""


@contextmanager
def editor(
    root: Path,
    *,
    like: str = "neovim",
    pulls: bool = False,
    encoding: str = "utf-16",
    options: object = None,
    locale: str | None = None,
    but: Callable[[types.ClientCapabilities], None] = lambda able: None,
) -> Iterator[Editor]:
    """Give a session in a project, with an editor that can do what the named one can, `but` for what that changes.

    `pulls`: it asks for the diagnostics of what is open, in place of being told. Columns are counted by
    `encoding`. `locale` is the language that it speaks itself.
    """
    loop = asyncio.new_event_loop()
    client = make_test_lsp_client()
    session = Editor(root, loop, client)

    del client.protocol.fm.features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS]  # it keeps no versions

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def published(params: types.PublishDiagnosticsParams) -> None:
        session.published[params.uri] = params
        session.heard.set()

    @client.feature(types.WORKSPACE_INLAY_HINT_REFRESH)
    def refreshed(params: None) -> None:
        session.refreshed += 1
        session.heard.set()

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def registered(params: types.RegistrationParams) -> None:
        session.registered += [registration.method for registration in params.registrations]

    try:
        session.run(client.start_io(sys.executable, "-P", "-m", "specc", "lsp", cwd=root))
        able = client_capabilities(like)
        able.text_document.diagnostic = types.DiagnosticClientCapabilities() if pulls else None
        able.general = able.general or types.GeneralClientCapabilities()
        able.general.position_encodings = [encoding]
        but(able)
        asked = types.InitializeParams(
            able,
            root_uri=root.as_uri(),
            workspace_folders=[types.WorkspaceFolder(root.as_uri(), root.name)],
            initialization_options=options,
            locale=locale,
        )
        session.answer = session.run(client.initialize_session(asked))
        yield session
        session.run(client.shutdown_session())
    finally:
        if client._server is not None and client._server.returncode is None:
            client._server.kill()
        session.run(client.stop())
        loop.close()
