"""The server: its state, the texts that come and go, and the messages of the Language Server Protocol.

pygls reads, checks and writes the messages. A handler that fails answers its request with an error, and the server
stays. What requests about texts are answered with is in `features`.
"""

import asyncio
import contextlib
import logging
import os
import re
import stat
import sys
import threading
from collections.abc import Generator, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from urllib.parse import unquote, urlsplit

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidRequest
from pygls.io_ import StdinAsyncReader, StdoutWriter, run_async
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter
from pygls.protocol.language_server import lsp_method
from pygls.uris import to_fs_path

from specc import __version__, assets
from specc.app.editing import EditedProject, Snapshot
from specc.diagnostics import Diagnostic, Edit
from specc.errors import SpeccError
from specc.language import choose_language, translated
from specc.lsp.checks import Checks, File
from specc.lsp.positions import Encoding, offset_of
from specc.lsp.translation import NAME, Manual, lsp_diagnostic, lsp_range, uri_of
from specc.lsp.workspace import Buffer, Workspace
from specc.source import Source, Span

logger = logging.getLogger("specc.lsp")

WATCHED = ("**/*.yaml", "**/*.yml", "**/*.toml", "**/*.sh", "**/*.j2")
"""The files whose changes an editor is asked to tell of."""
LONGEST_LINE = 1 << 16
"""The longest line that a header of a message may have."""

NO_FOLDER = "no-folder-is-open"
LENGTH = re.compile(rb"content-length[ \t]*+:[ \t]*+(\d++)\s*+", re.IGNORECASE)

Handled = Generator[Any, Any, None]
Result = TypeVar("Result")


class ContentModified(JsonRpcException):
    """Says that a text changed while an answer was made."""

    CODE = types.LSPErrorCodes.ContentModified
    MESSAGE = "the text changed meanwhile"

    def __init__(self) -> None:
        super().__init__(message=self.MESSAGE, code=self.CODE)


class ServerNotInitialized(JsonRpcException):
    """Says that a session begins with `initialize`."""

    CODE = types.ErrorCodes.ServerNotInitialized
    MESSAGE = "a session begins with `initialize`"

    def __init__(self) -> None:
        super().__init__(message=self.MESSAGE, code=self.CODE)


class RequestRefused(JsonRpcException):
    """Says why something that was asked for is not done."""

    def __init__(self, why: str) -> None:
        super().__init__(message=translated(why), code=types.LSPErrorCodes.RequestFailed)


class Protocol(LanguageServerProtocol):
    """The protocol of pygls, whose texts are kept by `Workspace`: pygls breaks lines where editors do not."""

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Handled:
        """Hand a text that was opened to its handler."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Handled:
        """Hand the changes of a text to their handler."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Handled:
        """Hand a text that was closed to its handler."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE], (params,), None

    def handle_message(self, message: Any) -> None:
        """Hand on a message. A request outside of a session is answered with an error, a notification is dropped."""
        method, number = getattr(message, "method", ""), getattr(message, "id", None)
        refused = self._why_outside(method) if method not in ("", types.EXIT) else None
        if refused is None:
            super().handle_message(message)
        elif number is not None:
            self._send_response(number, error=refused.to_response_error())

    def _why_outside(self, method: str) -> JsonRpcException | None:
        """Return what is wrong with a message that comes before `initialize` or after `shutdown`; None in between."""
        if self._shutdown:
            return JsonRpcInvalidRequest("the session has been shut down")
        has_begun = self._workspace is not None
        if method == types.INITIALIZE:
            return JsonRpcInvalidRequest("the session has begun already") if has_begun else None
        return None if has_begun else ServerNotInitialized()

    def _send_handler_result(self, future: Future[Any], *, msg_id: Any) -> None:
        """Send the answer to a request. What is wrong with the environment is told once, and is not a crash."""
        error = None if future.cancelled() else future.exception()
        if isinstance(error, SpeccError):
            server.tell(error)
            future = Future()
            future.set_exception(RequestRefused(str(error)))
        super()._send_handler_result(future, msg_id=msg_id)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Return a message as its type. A request that does not fit its type is answered with an error."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if isinstance(data.get("id"), int | str) and "method" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise


def folder_without_workspace() -> Path:
    """Return the folder that texts without a file lie in where no folder is open.

    That is the current one, unless it is the home of the user or of the machine, as where an editor is started from a
    menu: its specs are not looked for in all that lies there.
    """
    try:
        here = os.getcwd()
    except FileNotFoundError:
        here = os.sep
    return Path(here, NO_FOLDER) if here in (os.sep, os.path.expanduser("~")) else Path(here)


class Server(LanguageServer):
    """The state of a session: its workspace, the checks, and what the client can do."""

    def __init__(self) -> None:
        super().__init__(NAME, __version__, protocol_cls=Protocol, converter_factory=default_converter)
        self.texts = Workspace()
        self.checks = Checks(self.texts, self.show, self.tell, self.refresh_hints)
        self.encoding = Encoding.UTF16
        self.manual: Manual | None = None
        self.pulled: dict[str, tuple[Diagnostic, ...]] = {}
        self.folder = folder_without_workspace()
        self._told: set[str] = set()

    @property
    def text_capabilities(self) -> types.TextDocumentClientCapabilities:
        """What the client can do with texts."""
        return self.client_capabilities.text_document or types.TextDocumentClientCapabilities()

    @property
    def pulls(self) -> bool:
        """Whether the client asks for the diagnostics of open texts by itself."""
        return self.text_capabilities.diagnostic is not None

    @property
    def snippets(self) -> bool:
        """Whether the client takes texts with places to fill in."""
        completion = self.text_capabilities.completion
        item = completion.completion_item if completion is not None else None
        return item is not None and bool(item.snippet_support)

    @property
    def has_shut_down(self) -> bool:
        """Whether the client has said that it is about to end."""
        return bool(self.protocol._shutdown)

    @property
    def projects(self) -> list[EditedProject]:
        """Return the projects of the texts that are open, and of the folders of the workspace."""
        folders = [*self.workspace.folders] or [self.workspace.root_uri or ""]
        roots = (to_fs_path(uri) for uri in folders if uri.startswith("file:"))
        paths = [buffer.path for buffer in self.texts.buffers.values()]
        paths += [Path(root) / "specc.toml" for root in roots if root is not None]
        return list(dict.fromkeys(self.texts.named(path)[0] for path in paths))

    def path_of(self, uri: str) -> Path:
        """Return the file of an address.

        A text without a file, such as one of a revision, lies in the folder of the workspace, and stands for no file.
        """
        parts = urlsplit(uri)
        path = to_fs_path(uri) if parts.scheme == "file" else None
        if path is None:
            name = Path(unquote(parts.path).replace("\0", "") or "untitled").name
            is_taken = os.path.lexists(self.folder / name)
            return self.folder / (f"{parts.scheme}-{name}" if is_taken else name)
        return Path(path.replace("\0", ""))

    def snapshot(self, uri: str) -> tuple[EditedProject, Snapshot] | None:
        """Return the spec at an address as it is now; None for what is not a spec, or cannot be compiled at all."""
        buffer = self.texts.buffers.get(uri)
        project, name = self.texts.named(buffer.path if buffer is not None else self.path_of(uri))
        if not project.is_spec(name, buffer.text if buffer is not None else None):
            return None
        try:
            return project, project.snapshot(name)
        except SpeccError as error:
            self.tell(error)
            return None

    def script(self, uri: str) -> tuple[EditedProject, str, Source] | None:
        """Return an open text that is not a spec, with its name in its project."""
        buffer = self.texts.buffers.get(uri)
        if buffer is None:
            return None
        project, name = self.texts.named(buffer.path)
        return project, name, Source(name, buffer.text, name)

    def show(self, file: File, buffer: Buffer | None, found: tuple[Diagnostic, ...]) -> None:
        """Send the diagnostics of a file, or say that there are others where the client asks for them by itself."""
        if buffer is not None and self.pulls:
            if self.pulled.get(buffer.uri, found) != found:
                del self.pulled[buffer.uri]
                self._refresh()
            return
        project, name = file
        uri = buffer.uri if buffer is not None else uri_of(project.file_of(name))
        version = buffer.version if buffer is not None else None
        items = [lsp_diagnostic(each, project, self.encoding, self.manual) for each in found]
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, items, version))

    def refresh_hints(self) -> None:
        """Say that hints of texts may be others: what a text inherits has changed."""
        workspace = self.client_capabilities.workspace
        if workspace is not None and workspace.inlay_hint is not None and workspace.inlay_hint.refresh_support:
            self.protocol.send_request(types.WORKSPACE_INLAY_HINT_REFRESH, None)

    def _refresh(self) -> None:
        workspace = self.client_capabilities.workspace
        if workspace is not None and workspace.diagnostics is not None and workspace.diagnostics.refresh_support:
            self.protocol.send_request(types.WORKSPACE_DIAGNOSTIC_REFRESH, None)

    def location(self, project: EditedProject, span: Span) -> types.Location:
        """Return where a span is in the texts that the editor shows."""
        name = span.source.name
        buffer = self.texts.open_as(project, name)
        if buffer is not None and project.is_spec(name, buffer.text):
            span = project.snapshot(name).in_text(span)
        uri = buffer.uri if buffer is not None else uri_of(project.file_of(name))
        return types.Location(uri, lsp_range(span, self.encoding))

    def workspace_edit(self, project: EditedProject, edits: Iterable[Edit]) -> types.WorkspaceEdit:
        """Return edits of texts, each of the version that the editor shows where the client counts versions."""
        by_uri: dict[str, list[types.TextEdit]] = {}
        for edit in edits:
            place = self.location(project, edit.span)
            by_uri.setdefault(place.uri, []).append(types.TextEdit(place.range, edit.replacement))
        workspace = self.client_capabilities.workspace
        able = workspace.workspace_edit if workspace is not None else None
        if able is None or not able.document_changes:
            return types.WorkspaceEdit(changes=by_uri)
        versions = {uri: buffer.version for uri, buffer in self.texts.buffers.items()}
        named = types.OptionalVersionedTextDocumentIdentifier
        changes = [
            types.TextDocumentEdit(named(uri=uri, version=versions.get(uri)), each) for uri, each in by_uri.items()
        ]
        return types.WorkspaceEdit(document_changes=changes)

    async def stepped(self, steps: Generator[object, None, Result]) -> Result:
        """Return the result of work in steps, between which messages are read.

        Raises JsonRpcException where a text changes meanwhile.
        """
        edits = self.checks.edits
        while True:
            try:
                next(steps)
            except StopIteration as end:
                result: Result = end.value
                return result
            await asyncio.sleep(0)
            if self.checks.edits != edits:
                raise ContentModified

    def tell(self, error: Exception) -> None:
        """Tell the client and the log of an error: once of a broken environment, each time of a bug."""
        if isinstance(error, SpeccError):
            text = translated(str(error)) + (f"\n{translated(error.help)}" if error.help else "")
            if text not in self._told:
                self._told.add(text)
                self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"specc: {text}"))
            return
        logger.error("a bug in specc", exc_info=error)
        text = f"specc: a bug: {type(error).__name__}: {error}"
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, text))


server = Server()


@server.feature(types.INITIALIZE)
def initialize(ls: Server, params: types.InitializeParams) -> None:
    """Take what the client is able to do, and its options."""
    encoding = ls.workspace.position_encoding
    ls.encoding = Encoding(encoding or "utf-16")
    folders = [folder.uri for folder in params.workspace_folders or ()] or [params.root_uri or ""]
    first = to_fs_path(folders[0]) if folders[0].startswith("file:") else None
    ls.folder = Path(first) if first is not None else folder_without_workspace()
    if params.locale and not os.environ.get("SPECC_LANG"):
        choose_language({"LC_ALL": params.locale})
    options = params.initialization_options
    manual = options.get("manual") if isinstance(options, dict) else None
    ls.manual = Manual(manual) if isinstance(manual, str) and manual else shipped_manual()


def shipped_manual() -> Manual | None:
    """Return the manual's pages in a checkout, as they are written; None where specc is installed without them."""
    pages = assets.PACKAGE.parent / "docs"
    return Manual(uri_of(pages), ".md") if (pages / "codes.md").is_file() else None


@server.feature(types.INITIALIZED)
def initialized(ls: Server, params: types.InitializedParams) -> None:
    """Ask the client to tell of files that others change."""
    workspace = ls.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is not None and watching.dynamic_registration:
        watchers = [types.FileSystemWatcher(pattern) for pattern in WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        registration = types.Registration("watch", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        ls.client_register_capability(types.RegistrationParams([registration]))


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    """Take a text, and check it."""
    document = params.text_document
    ls.checks.look()
    take(ls, Buffer(document.uri, ls.path_of(document.uri), document.text, document.version))


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    """Take the changes of a text, and check it."""
    known = ls.texts.buffers.get(params.text_document.uri)
    if known is None:
        return
    text = known.text
    for change in params.content_changes:
        text = changed(text, change, ls.encoding)
    take(ls, Buffer(known.uri, known.path, text, params.text_document.version))


def changed(text: str, change: types.TextDocumentContentChangeEvent, encoding: Encoding) -> str:
    """Return a text with one change. A range outside of the text means its nearest end."""
    if not isinstance(change, types.TextDocumentContentChangePartial):
        return change.text
    source = Source("", text)
    start, end = (offset_of(source, (at.line, at.character), encoding) for at in (change.range.start, change.range.end))
    return text[:start] + change.text + text[max(start, end) :]


def take(ls: Server, buffer: Buffer) -> None:
    """Take a text as it is now, and check it."""
    ls.texts.put(buffer)
    ls.checks.edited(buffer)


@server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    """Go back to the file."""
    buffer = ls.texts.close(params.text_document.uri)
    ls.pulled.pop(params.text_document.uri, None)
    if buffer is not None:
        ls.checks.closed(buffer)


@server.feature(types.TEXT_DOCUMENT_DID_SAVE)
def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    """Look at the disk, where the text is now."""
    ls.texts.files_changed([ls.path_of(params.text_document.uri)])
    ls.checks.all_again()


@server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
def did_change_watched_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    """Look at the disk."""
    ls.texts.files_changed([ls.path_of(change.uri) for change in params.changes])
    ls.checks.all_again()


@server.feature(
    types.TEXT_DOCUMENT_DIAGNOSTIC,
    types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=False, identifier=NAME),
)
async def diagnostic(ls: Server, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
    """Answer with the diagnostics of an open text, as soon as they are known."""
    uri = params.text_document.uri
    found = ls.pulled[uri] = await ls.checks.diagnostics_of(uri)
    project, _ = ls.texts.named(ls.path_of(uri))
    items = [lsp_diagnostic(each, project, ls.encoding, ls.manual) for each in found]
    return types.RelatedFullDocumentDiagnosticReport(items)


def is_unforeseen(record: logging.LogRecord) -> bool:
    """Return whether a line of the log is about an error that no handler has raised on purpose."""
    return record.exc_info is None or not isinstance(record.exc_info[1], ContentModified | RequestRefused)


class PipeReader:
    """Reads messages without a thread. A line that is too long for a header is skipped.

    pygls knows one spelling of the header that matters, and clients have others: `content-length:5`.
    """

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._stream = stream

    async def readline(self) -> bytes:
        """Return a line of a header."""
        while True:
            try:
                line = await self._stream.readline()
                length = LENGTH.fullmatch(line)
                return b"Content-Length: %b\r\n" % length[1] if length is not None else line
            except ValueError:
                logger.error("a line of a header is too long, and is skipped")

    async def readexactly(self, count: int) -> bytes:
        """Return the body of a message; nothing where it ends too soon."""
        with contextlib.suppress(asyncio.IncompleteReadError):
            return await self._stream.readexactly(count)
        return b""


async def _reader(stdin: BinaryIO) -> Any:
    """Return what reads the messages: the loop itself, or a thread where standard input is not a pipe."""
    if not _is_pipe(stdin):
        return StdinAsyncReader(stdin)
    stream = asyncio.StreamReader(limit=LONGEST_LINE)
    loop = asyncio.get_running_loop()
    try:
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), stdin)
    except (OSError, NotImplementedError):
        return StdinAsyncReader(stdin)
    return PipeReader(stream)


def _is_pipe(stdin: BinaryIO) -> bool:
    """Return whether the loop can read it: a pipe, a socket or a terminal, and not a file or `/dev/null`."""
    try:
        mode = os.fstat(stdin.fileno()).st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stdin.isatty()
    except (OSError, ValueError):
        return False


def run(stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Serve the client at the other end of these streams until it ends, and return the exit code."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format="%(name)s: %(message)s")
    logging.getLogger("pygls.protocol.json_rpc").addFilter(is_unforeseen)
    server.protocol.set_writer(StdoutWriter(stdout))
    stop = threading.Event()

    async def serve() -> None:
        reader = await _reader(stdin)
        await run_async(stop, reader, server.protocol, logger, server.report_server_error)

    with contextlib.suppress(BrokenPipeError, SystemExit):
        asyncio.run(serve())
    return 0 if server.has_shut_down else 1
