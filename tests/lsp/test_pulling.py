"""`specc lsp` with an editor that asks for diagnostics by itself, as VS Code does, and with messages that are wrong."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from lsprotocol import types
from support.editor import Editor, editor
from support.projects import BASE, SETTINGS, SWEEP

SPEC = "specc: 1\nextends: base.job.yaml\njob: {name: 𝄞, cmd_lime: ./run}\n"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    root = tmp_path_factory.mktemp("project")
    (root / "specc.toml").write_text(SETTINGS)
    (root / "base.job.yaml").write_text(BASE)
    (root / "sweep.job.yaml").write_text(SWEEP)
    with editor(root, like="visual-studio-code", pulls=True, encoding="utf-8") as session:
        yield session


def pulled(session: Editor, name: str) -> list[types.Diagnostic]:
    document = types.TextDocumentIdentifier(session.uri(name))
    report = session.ask(types.TEXT_DOCUMENT_DIAGNOSTIC, types.DocumentDiagnosticParams(document))
    assert report.kind == "full"
    return list(report.items)


def test_diagnostics_are_given_when_they_are_asked_for(session: Editor) -> None:
    session.open("a.job.yaml", SPEC)
    (found,) = pulled(session, "a.job.yaml")
    assert (found.code, found.range.start) == ("SPC401", types.Position(2, 18))  # the clef takes four bytes
    session.change("a.job.yaml", SPEC.replace("lime", "line"))
    assert pulled(session, "a.job.yaml") == []
    assert session.uri("a.job.yaml") not in session.published


def test_files_are_watched(session: Editor) -> None:
    assert session.registered == [types.WORKSPACE_DID_CHANGE_WATCHED_FILES]
    session.open("heir.job.yaml", SPEC.replace("cmd_lime", "cmd_line").replace("base", "later"))
    assert [each.code for each in pulled(session, "heir.job.yaml")] == ["SPC204"]
    (session.root / "later.job.yaml").write_text(BASE)
    event = types.FileEvent(session.uri("later.job.yaml"), types.FileChangeType.Created)
    session.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    assert pulled(session, "heir.job.yaml") == []


def test_those_of_files_that_are_not_open_are_told(session: Editor) -> None:
    session.open("base.job.yaml", BASE.replace("core_limit: 4", "core_limit: 4, nmae: x"))
    assert [each.code for each in pulled(session, "base.job.yaml")] == ["SPC401"]
    session.change("base.job.yaml", BASE + "params: {solver: {choices: [a, b]}}\n")
    session.wait_until(lambda: session.uri("sweep.job.yaml") in session.published)
    found = session.published[session.uri("sweep.job.yaml")].diagnostics
    assert [each.code for each in found] == ["SPC220"]
    session.close("base.job.yaml")
    session.wait_until(lambda: not session.published[session.uri("sweep.job.yaml")].diagnostics)


def test_edits_name_the_version_that_they_are_of(session: Editor) -> None:
    session.open("b.job.yaml", SPEC)
    (found,) = pulled(session, "b.job.yaml")
    document = types.TextDocumentIdentifier(session.uri("b.job.yaml"))
    context = types.CodeActionContext([found], only=[types.CodeActionKind.QuickFix])
    (action,) = session.ask(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionParams(document, found.range, context))
    (change,) = action.edit.document_changes
    assert change.text_document.version == session.versions["b.job.yaml"]


def send(session: Editor, body: bytes) -> None:
    session.client._server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


WRONG: tuple[Any, ...] = (
    {"jsonrpc": "2.0", "method": "textDocument/hover", "params": {"position": "x"}},
    {"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {"textDocument": {"uri": 5}}},
    {"jsonrpc": "2.0", "method": "textDocument/didChange",
     "params": {"textDocument": {"uri": "file:///nowhere", "version": 1}, "contentChanges": [{"text": ""}]}},
    {"jsonrpc": "2.0", "method": "textDocument/didOpen",
     "params": {"textDocument": {"uri": "file:///%00%2e%2e/x.yaml", "languageId": "", "version": 1, "text": "a: ["}}},
    {"jsonrpc": "2.0", "method": "textDocument/didOpen",
     "params": {"textDocument": {"uri": "untitled:U-1", "languageId": "", "version": 1, "text": "specc: 1\ud800"}}},
    {"jsonrpc": "2.0", "method": "workspace/didChangeWatchedFiles", "params": {"changes": [{"uri": "??", "type": 1}]}},
    {"jsonrpc": "2.0", "method": "no/such/thing", "params": []},
    {"jsonrpc": "1.0"},
    {"id": 7},
    [],
    17,
)  # fmt: skip


def test_messages_that_are_wrong_do_not_end_the_server(session: Editor) -> None:
    for message in WRONG:
        send(session, json.dumps(message).encode())
    for body in (b"{", b"\xff\xfe", b"[" * 5000):
        send(session, body)
    session.client._server.stdin.write(b"Nonsense: 1\r\n" + b"x" * 100_000 + b"\r\n")
    session.open("after.job.yaml", SPEC)
    assert len(pulled(session, "after.job.yaml")) == 1


def test_a_request_that_is_wrong_is_answered_with_an_error(session: Editor) -> None:
    answered: asyncio.Future[Any] = session._loop.create_future()
    session.client.protocol._request_futures["odd"] = answered
    wrong = {"jsonrpc": "2.0", "id": "odd", "method": "textDocument/hover", "params": {"position": 1}}
    send(session, json.dumps(wrong).encode())
    with pytest.raises(Exception, match="Invalid Params"):
        session.run(answered)


@pytest.mark.parametrize(
    "asks", [types.TEXT_DOCUMENT_HOVER, types.TEXT_DOCUMENT_DEFINITION, types.TEXT_DOCUMENT_COMPLETION]
)
def test_positions_outside_of_a_text_are_taken_for_the_nearest(session: Editor, asks: str) -> None:
    session.open("c.job.yaml", SPEC)
    for line, column in ((0, 0), (2, 10**9), (10**9, 5), (2, 13)):
        place = {"text_document": types.TextDocumentIdentifier(session.uri("c.job.yaml"))}
        params = types.METHOD_TO_TYPES[asks][2](position=types.Position(line, column), **place)
        session.ask(asks, params)


def test_a_request_is_cancelled(session: Editor) -> None:
    session.open("d.job.yaml", SPEC)
    document = types.TextDocumentIdentifier(session.uri("d.job.yaml"))
    asked = session.client.protocol.send_request(
        types.TEXT_DOCUMENT_DIAGNOSTIC, types.DocumentDiagnosticParams(document), msg_id="cancelled"
    )
    session.client.cancel_request(types.CancelParams("cancelled"))
    session.run(asyncio.wait([asyncio.wrap_future(asked, loop=session._loop)]))
    assert len(pulled(session, "d.job.yaml")) == 1
