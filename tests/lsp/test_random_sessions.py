"""Sessions of random edits, requests, cancellations and wrong messages: no crash, and no answer about a text that was.

Each step is drawn by a seed. `make slow` takes 10,000 steps.
"""

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from support.editor import Editor, editor

from specc.app.editing import EditedProject
from specc.lsp.positions import Encoding, place_of
from specc.lsp.translation import lsp_diagnostic
from specc.source import Source

EXAMPLE = Path(__file__).parents[2] / "examples" / "broken"
PIECES = (
    "\n", " ", "  ", ": ", "- ", "{", "}", "[", "]", '"', "'", "#", "{{ ", " }}", "| sh", "params.", "vars.", "matrix.",
    "job:\n", "x: 1\n", "𝄞", "é", "\u2028", "\r\n", "$file: ", "extends: ", "null", "1", "specc: 1\n", "\ud800",
)  # fmt: skip
ALLOWED = {types.LSPErrorCodes.RequestCancelled, types.LSPErrorCodes.ContentModified, types.LSPErrorCodes.RequestFailed}
WRONG = (b"{", b"[]", b"7", b'{"jsonrpc": "2.0"}', b'{"jsonrpc": "2.0", "method": 5}', b'{"id": {}, "jsonrpc": "2.0"}',
         b'{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {}}', b"\xff", b"")  # fmt: skip
CHECKED_EVERY = 60


class Session:
    """A session with its random choices, and the answers that are still to come."""

    def __init__(self, session: Editor, seed: int) -> None:
        self.editor = session
        self.random = Random(seed)
        self.names = sorted(str(path.relative_to(session.root)) for path in session.root.rglob("*.job.yaml"))
        self.names += ["specc.toml", *(str(path.relative_to(session.root)) for path in session.root.rglob("*.sh"))]
        self.waiting: list[asyncio.Future[Any]] = []

    def text_of(self, name: str) -> str:
        path = self.editor.root / name
        return self.editor.texts.get(name) or (path.read_text(encoding="utf-8") if path.exists() else "")

    def step(self) -> None:
        """Take one step."""
        opened = sorted(self.editor.texts)
        chance = self.random.random()
        if not opened or (chance < 0.05 and len(opened) < 4):
            name = self.random.choice(self.names)
            if name not in opened:
                self.editor.open(name, self.text_of(name))
        elif chance < 0.08:
            self.editor.close(self.random.choice(opened))
        elif chance < 0.12:
            body = self.random.choice(WRONG)
            self.editor.client._server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        elif chance < 0.65:
            self.edit(self.random.choice(opened))
        else:
            self.ask(self.random.choice(opened))

    def edit(self, name: str) -> None:
        text = self.editor.texts[name]
        if self.random.random() < 0.15:
            path = self.editor.root / name
            whole = path.read_text(encoding="utf-8") if path.exists() else "specc: 1\n"
            self.editor.change(name, whole)
            return
        start = self.random.randrange(len(text) + 1)
        end = min(len(text), start + self.random.choice((0, 0, 0, 1, 4)))
        piece = self.random.choice(PIECES)
        source = Source("", text)
        first, last = (types.Position(*place_of(source, at, Encoding.UTF16)) for at in (start, end))
        if text[max(start - 1, 0) : start + 1] == "\r\n" or text[max(end - 1, 0) : end + 1] == "\r\n":
            return  # no editor stands inside of a line break
        change = types.TextDocumentContentChangePartial(types.Range(first, last), piece)
        self.editor.change(name, text[:start] + piece + text[end:], change)

    def ask(self, name: str) -> None:
        """Ask for something, and perhaps take it back."""
        document = types.TextDocumentIdentifier(self.editor.uri(name))
        text = self.editor.texts[name]
        at = types.Position(*place_of(Source("", text), self.random.randrange(len(text) + 1), Encoding.UTF16))
        span = types.Range(types.Position(0, 0), at)
        place = {"text_document": document, "position": at}
        new, layout = self.random.choice(("n", "a b", "ranks")), types.FormattingOptions(2, True)
        method, params = self.random.choice((
            (types.TEXT_DOCUMENT_HOVER, types.HoverParams(**place)),
            (types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams(**place)),
            (types.TEXT_DOCUMENT_DEFINITION, types.DefinitionParams(**place)),
            (types.TEXT_DOCUMENT_REFERENCES, types.ReferenceParams(types.ReferenceContext(True), **place)),
            (types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, types.DocumentHighlightParams(**place)),
            (types.TEXT_DOCUMENT_PREPARE_RENAME, types.PrepareRenameParams(**place)),
            (types.TEXT_DOCUMENT_RENAME, types.RenameParams(new_name=new, **place)),
            (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, types.DocumentSymbolParams(document)),
            (types.TEXT_DOCUMENT_DOCUMENT_LINK, types.DocumentLinkParams(document)),
            (types.TEXT_DOCUMENT_FOLDING_RANGE, types.FoldingRangeParams(document)),
            (types.TEXT_DOCUMENT_FORMATTING, types.DocumentFormattingParams(document, layout)),
            (types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintParams(document, span)),
            (types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionParams(document, span, types.CodeActionContext([]))),
            (types.TEXT_DOCUMENT_DIAGNOSTIC, types.DocumentDiagnosticParams(document)),
            (types.WORKSPACE_SYMBOL, types.WorkspaceSymbolParams(self.random.choice(("", "a", "ranks")))),
        ))  # fmt: skip
        number = f"asked-{self.random.random()}"
        answer = self.editor.client.protocol.send_request(method, params, msg_id=number)
        self.waiting.append(asyncio.wrap_future(answer, loop=self.editor._loop))
        if self.random.random() < 0.2:
            self.editor.client.cancel_request(types.CancelParams(number))

    def settle(self) -> None:
        """Wait for all answers. None may be a crash, and what is shown must be of the texts as they are now."""
        answers = self.editor.run(asyncio.gather(*self.waiting, return_exceptions=True)) if self.waiting else []
        self.waiting.clear()
        for answer in answers:
            assert not isinstance(answer, BaseException) or (
                isinstance(answer, JsonRpcException) and answer.code in ALLOWED
            ), answer
        shown = {name: told(self.editor.diagnostics(name)) for name in self.editor.texts}
        fresh = EditedProject(self.editor.root)
        for name, text in self.editor.texts.items():
            fresh.put(name, text)
        if not fresh.is_readable or any(each.is_error for each in fresh.settings_found):
            return  # what stands then for the text that cannot be read, depends on what was before
        for name in self.editor.texts:
            *_, verdict = (each for each in fresh.check(name) if each is not None)
            found = [lsp_diagnostic(each, fresh, Encoding.UTF16, None) for each in verdict.found[name]]
            if shown[name] != told(found):  # the disk is looked at once a second, and others follow an edit
                self.editor.wait_until(lambda name=name, found=found: self.shows(name, told(found)))

    def shows(self, name: str, found: list[str]) -> bool:
        return told(self.editor.published[self.editor.uri(name)].diagnostics) == found


def told(diagnostics: Any) -> list[str]:
    return sorted(f"{each.range} {each.code} {each.message}" for each in diagnostics)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Editor]:
    shutil.copytree(EXAMPLE, tmp_path / "project", symlinks=True)
    with editor(tmp_path / "project") as session:
        yield session


def go(session: Editor, seed: int, steps: int) -> None:
    walk = Session(session, seed)
    for number in range(steps):
        walk.step()
        if number % CHECKED_EVERY == CHECKED_EVERY - 1:
            walk.settle()
    logged = [message.message for message in session.client.log_messages]
    assert not [message for message in logged if "a bug" in message]
    assert json.dumps(logged) is not None


def test_a_short_session(session: Editor) -> None:
    go(session, 1, 300)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_a_long_session(session: Editor, seed: int) -> None:
    go(session, seed, 1000)
