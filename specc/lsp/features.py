"""What the server answers to requests about texts.

Each handler finds the snapshot that a request is about, asks one function for the answer, and translates it.
"""

from collections.abc import Iterable
from typing import BinaryIO

from lsprotocol import types

from specc.app.editing import SETTINGS, EditedProject, Snapshot
from specc.diagnostics import Edit
from specc.errors import SpeccError
from specc.language import translated
from specc.lsp.actions import Action, actions_at, fix_all, formatting_of
from specc.lsp.actions import Kind as ActionKind
from specc.lsp.completion import Kind, Offer, complete_at, complete_script
from specc.lsp.hints import hints_of
from specc.lsp.hover import hover_at, hover_script
from specc.lsp.names import Name, name_of_script
from specc.lsp.navigation import (
    Relative,
    Symbol,
    SymbolKind,
    definitions_at,
    definitions_in_script,
    folds_of,
    heirs_of_file,
    highlights_at,
    links_of,
    parents_of,
    references_at,
    references_of,
    relative_of,
    symbols_named,
    symbols_of,
)
from specc.lsp.positions import offset_of, place_of
from specc.lsp.rename import Refused, renamable_at, renamed, renamed_everywhere
from specc.lsp.server import RequestRefused, Server, run, server
from specc.lsp.settings import complete_setting
from specc.lsp.translation import lsp_diagnostic, lsp_range, markup, uri_of
from specc.source import Span
from specc.visible import visible


@server.feature(types.TEXT_DOCUMENT_HOVER)
def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    """Answer with what is under the cursor."""
    uri, at = params.text_document.uri, (params.position.line, params.position.character)
    known, script = ls.snapshot(uri), ls.script(uri)
    if known is not None:
        project, snapshot = known
        found = hover_at(project, snapshot, offset_at(ls, snapshot, params.position))
    elif script is not None:
        found = hover_script(*script, offset_of(script[2], at, ls.encoding))
    else:
        return None
    if found is None:
        return None
    able = ls.text_capabilities.hover
    return types.Hover(
        markup(found.markdown, able.content_format if able is not None else None), lsp_range(found.span, ls.encoding)
    )


QUOTES = ('"', "'")
KINDS = {
    Kind.KEY: types.CompletionItemKind.Property,
    Kind.FIELD: types.CompletionItemKind.Field,
    Kind.NAME: types.CompletionItemKind.Variable,
    Kind.VALUE: types.CompletionItemKind.Value,
    Kind.FUNCTION: types.CompletionItemKind.Function,
    Kind.FILE: types.CompletionItemKind.File,
    Kind.OPERATOR: types.CompletionItemKind.Operator,
    Kind.UNIT: types.CompletionItemKind.Unit,
    Kind.CODE: types.CompletionItemKind.Constant,
    Kind.SNIPPET: types.CompletionItemKind.Snippet,
}


@server.feature(
    types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[".", "{", "|", "$", "/", "[", ":", " "])
)
def completion(ls: Server, params: types.CompletionParams) -> types.CompletionList | None:
    """Answer with what can be written at the cursor."""
    uri, at = params.text_document.uri, (params.position.line, params.position.character)
    known = ls.snapshot(uri)
    if known is not None:
        project, snapshot = known
        offers = complete_at(project, snapshot, offset_at(ls, snapshot, params.position))
    else:
        script = ls.script(uri)
        if script is None:
            return None
        project, name, text = script
        if name in SETTINGS:
            offers = complete_setting(text, offset_of(text, at, ls.encoding))
        else:
            offers = complete_script(project, name, text, offset_of(text, at, ls.encoding))
    items = [_item(ls, offer, index) for index, offer in enumerate(offers) if ls.snippets or not offer.is_snippet]
    return types.CompletionList(any(offer.kind is Kind.UNIT for offer in offers), items)


def _item(ls: Server, offer: Offer, index: int) -> types.CompletionItem:
    able = ls.text_capabilities.completion
    formats = (
        able.completion_item.documentation_format if able is not None and able.completion_item is not None else None
    )
    quote = offer.span.text[:1]  # an editor compares what is typed with the label, also the quote that begins it
    return types.CompletionItem(
        offer.label,
        filter_text=f"{quote}{offer.label}" if quote in QUOTES else None,
        kind=KINDS[offer.kind],
        detail=offer.detail or None,
        documentation=markup(offer.documentation, formats) if offer.documentation else None,
        sort_text=f"{index:04}",
        insert_text_format=types.InsertTextFormat.Snippet if offer.is_snippet else None,
        insert_text_mode=types.InsertTextMode.AdjustIndentation if offer.is_snippet else None,
        text_edit=types.TextEdit(lsp_range(offer.span, ls.encoding), offer.insert),
    )


def offset_at(ls: Server, snapshot: Snapshot, position: types.Position) -> int:
    """Return the offset of a position in the text that the editor shows."""
    return offset_of(snapshot.text, (position.line, position.character), ls.encoding)


@server.feature(types.TEXT_DOCUMENT_DEFINITION)
def definition(ls: Server, params: types.DefinitionParams) -> list[types.Location] | None:
    """Answer with where the thing under the cursor is set."""
    ls.checks.look_now()
    uri, at = params.text_document.uri, (params.position.line, params.position.character)
    known, script = ls.snapshot(uri), ls.script(uri)
    if known is not None:
        project, snapshot = known
        spans = definitions_at(snapshot, offset_at(ls, snapshot, params.position))
    elif script is not None:
        project, _, text = script
        spans = definitions_in_script(*script, offset_of(text, at, ls.encoding))
    else:
        return None
    return [ls.location(project, span) for span in spans]


@server.feature(types.TEXT_DOCUMENT_REFERENCES)
async def references(ls: Server, params: types.ReferenceParams) -> list[types.Location] | None:
    """Answer with where the thing under the cursor is written, in all files."""
    ls.checks.look_now()
    known = ls.snapshot(params.text_document.uri)
    with_declarations = params.context.include_declaration
    if known is not None:
        project, snapshot = known
        offset = offset_at(ls, snapshot, params.position)
        steps = references_at(project, snapshot, offset, with_declarations=with_declarations)
    elif (read := read_in_script(ls, params.text_document.uri, params.position)) is not None:
        project, snapshot, name, _ = read
        steps = references_of(project, snapshot, name, with_declarations=with_declarations)
    else:
        return None
    spans = await ls.stepped(steps)
    return [ls.location(project, span) for span in spans]


@server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
def highlight(ls: Server, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight] | None:
    """Answer with where the name under the cursor is written in the same text."""
    known = ls.snapshot(params.text_document.uri)
    if known is None:
        return None
    _, snapshot = known
    kinds = {True: types.DocumentHighlightKind.Write, False: types.DocumentHighlightKind.Read}
    return [
        types.DocumentHighlight(lsp_range(snapshot.in_text(each.span), ls.encoding), kinds[each.is_declaration])
        for each in highlights_at(snapshot, offset_at(ls, snapshot, params.position))
    ]


@server.feature(types.TEXT_DOCUMENT_DOCUMENT_LINK)
def document_link(ls: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink] | None:
    """Answer with the files that a spec names."""
    known = ls.snapshot(params.text_document.uri)
    if known is None:
        return None
    project, snapshot = known
    return [
        types.DocumentLink(lsp_range(span, ls.encoding), uri_of(project.file_of(name)))
        for span, name in links_of(snapshot)
    ]


SYMBOL_KINDS = {
    SymbolKind.SPEC: types.SymbolKind.File,
    SymbolKind.SECTION: types.SymbolKind.Namespace,
    SymbolKind.PARAMETER: types.SymbolKind.Constant,
    SymbolKind.VARIABLE: types.SymbolKind.Variable,
    SymbolKind.AXIS: types.SymbolKind.Enum,
    SymbolKind.PROFILE: types.SymbolKind.Class,
    SymbolKind.FIELD: types.SymbolKind.Field,
}


@server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
def document_symbol(
    ls: Server, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol] | list[types.SymbolInformation] | None:
    """Answer with what a spec declares: as a tree, or as a list where the client shows no trees."""
    known = ls.snapshot(params.text_document.uri)
    if known is None:
        return None
    project, snapshot = known
    symbols, able = symbols_of(snapshot), ls.text_capabilities.document_symbol
    if able is None or able.hierarchical_document_symbol_support:
        return [_symbol(ls, symbol) for symbol in symbols]
    every = (each for symbol in symbols for each in (symbol, *symbol.below))
    return [
        types.SymbolInformation(ls.location(project, each.span), each.name, SYMBOL_KINDS[each.kind]) for each in every
    ]


def _symbol(ls: Server, symbol: Symbol) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        symbol.name,
        SYMBOL_KINDS[symbol.kind],
        lsp_range(symbol.span, ls.encoding),
        lsp_range(symbol.key, ls.encoding),
        detail=symbol.detail or None,
        children=[_symbol(ls, each) for each in symbol.below] or None,
    )


@server.feature(types.WORKSPACE_SYMBOL)
async def workspace_symbol(ls: Server, params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
    """Answer with specs, and what they declare, by their names."""
    found: dict[object, types.WorkspaceSymbol] = {}
    for project in ls.projects:
        try:
            symbols = await ls.stepped(symbols_named(project, params.query))
        except SpeccError as error:  # other projects can be read
            ls.tell(error)
            continue
        for symbol in symbols:
            place, kind = ls.location(project, symbol.key), SYMBOL_KINDS[symbol.kind]
            at = (place.uri, place.range.start.line, place.range.start.character, kind)
            found.setdefault(at, types.WorkspaceSymbol(place, symbol.name, kind))  # a project can lie in another one
    return list(found.values())


@server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
def folding_range(ls: Server, params: types.FoldingRangeParams) -> list[types.FoldingRange] | None:
    """Answer with what a spec has over several lines."""
    known = ls.snapshot(params.text_document.uri)
    return [types.FoldingRange(first, last) for first, last in folds_of(known[1])] if known is not None else None


@server.feature(types.TEXT_DOCUMENT_PREPARE_TYPE_HIERARCHY)
def prepare_hierarchy(ls: Server, params: types.TypeHierarchyPrepareParams) -> list[types.TypeHierarchyItem] | None:
    """Answer with the spec itself, whose parents and heirs can be asked for then."""
    known = ls.snapshot(params.text_document.uri)
    return [_relative(known[0], relative_of(known[1]))] if known is not None else None


@server.feature(types.TYPE_HIERARCHY_SUPERTYPES)
def parents(ls: Server, params: types.TypeHierarchySupertypesParams) -> list[types.TypeHierarchyItem] | None:
    """Answer with the parents of a spec."""
    known = ls.snapshot(params.item.uri)
    return [_relative(known[0], each) for each in parents_of(known[1])] if known is not None else None


@server.feature(types.TYPE_HIERARCHY_SUBTYPES)
async def heirs(ls: Server, params: types.TypeHierarchySubtypesParams) -> list[types.TypeHierarchyItem] | None:
    """Answer with the heirs of a spec."""
    known = ls.snapshot(params.item.uri)
    if known is None:
        return None
    return [_relative(known[0], each) for each in await ls.stepped(heirs_of_file(*known))]


def _relative(project: EditedProject, relative: Relative) -> types.TypeHierarchyItem:
    kind = types.SymbolKind.Interface if relative.is_base else types.SymbolKind.Class
    start = types.Range(types.Position(0, 0), types.Position(0, 0))
    return types.TypeHierarchyItem(visible(relative.name), kind, uri_of(project.file_of(relative.name)), start, start)


@server.feature(
    types.TEXT_DOCUMENT_CODE_ACTION,
    types.CodeActionOptions([kind.value for kind in ActionKind]),
)
async def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    """Answer with what can be done about the selected text, as soon as its diagnostics are known."""
    ls.checks.look_now()
    found = await ls.checks.diagnostics_of(params.text_document.uri)
    known = ls.snapshot(params.text_document.uri)
    if known is None:
        return None
    project, snapshot = known
    start, end = (offset_at(ls, snapshot, at) for at in (params.range.start, params.range.end))
    only = tuple(params.context.only or ())
    actions: list[Action] = []
    if not only or any(ActionKind.FIX_ALL.startswith(kind) for kind in only):
        every = fix_all(project, snapshot, found)
        actions += [every] if every is not None else []
    if not only or any(not ActionKind.FIX_ALL.startswith(kind) for kind in only):
        actions += await ls.stepped(actions_at(project, snapshot, found, start, end))
    wanted = [each for each in actions if not only or any(each.kind.startswith(kind) for kind in only)]
    return [_action(ls, project, each) for each in wanted]


def _action(ls: Server, project: EditedProject, action: Action) -> types.CodeAction:
    fixes = [lsp_diagnostic(action.fixes, project, ls.encoding, ls.manual)] if action.fixes is not None else None
    return types.CodeAction(
        visible(translated(action.title)),
        kind=action.kind.value,
        diagnostics=fixes,
        is_preferred=action.is_preferred or None,
        edit=ls.workspace_edit(project, action.edits),
    )


@server.feature(types.TEXT_DOCUMENT_FORMATTING)
def formatting(ls: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
    """Answer with the edits that bring a spec into the layout of `specc fmt`."""
    known = ls.snapshot(params.text_document.uri)
    return _text_edits(ls, formatting_of(*known)) if known is not None else None


@server.feature(types.TEXT_DOCUMENT_RANGE_FORMATTING)
def range_formatting(ls: Server, params: types.DocumentRangeFormattingParams) -> list[types.TextEdit] | None:
    """Answer with those edits of the layout that touch the selected lines."""
    known = ls.snapshot(params.text_document.uri)
    lines = (params.range.start.line, params.range.end.line)
    return _text_edits(ls, formatting_of(*known, lines)) if known is not None else None


def _text_edits(ls: Server, edits: Iterable[Edit]) -> list[types.TextEdit]:
    return [types.TextEdit(lsp_range(edit.span, ls.encoding), edit.replacement) for edit in edits]


@server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
def inlay_hint(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint] | None:
    """Answer with what values come to, and what they override."""
    known = ls.snapshot(params.text_document.uri)
    if known is None:
        return None
    _, snapshot = known
    start, end = (offset_at(ls, snapshot, at) for at in (params.range.start, params.range.end))
    return [
        types.InlayHint(
            types.Position(*place_of(snapshot.text, hint.offset, ls.encoding)),
            visible(hint.text),
            tooltip=visible(hint.whole),
            padding_left=True,
        )
        for hint in hints_of(snapshot, start, end)
    ]


@server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
def prepare_rename(ls: Server, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
    """Answer with the name that can be renamed at the cursor."""
    known = ls.snapshot(params.text_document.uri)
    if known is not None:
        found = renamable_at(known[1], offset_at(ls, known[1], params.position))
    else:
        read = read_in_script(ls, params.text_document.uri, params.position)
        found = read[2:] if read is not None else None
    if found is None:
        return None
    name, span = found
    return types.PrepareRenamePlaceholder(lsp_range(span, ls.encoding), name.word)


def read_in_script(ls: Server, uri: str, position: types.Position) -> tuple[EditedProject, Snapshot, Name, Span] | None:
    """Return the name that an open script reads at a position, and a spec that includes the script."""
    script = ls.script(uri)
    if script is None:
        return None
    project, _, text = script
    found = name_of_script(*script, offset_of(text, (position.line, position.character), ls.encoding))
    return (project, *found) if found is not None else None


@server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
async def rename(ls: Server, params: types.RenameParams) -> types.WorkspaceEdit | None:
    """Answer with the edits of a new name, or with why there can be none."""
    ls.checks.look_now(at_once=True)
    known = ls.snapshot(params.text_document.uri)
    if known is not None:
        project, snapshot = known
        steps = renamed(project, snapshot, offset_at(ls, snapshot, params.position), params.new_name)
    elif (read := read_in_script(ls, params.text_document.uri, params.position)) is not None:
        project, snapshot, name, _ = read
        steps = renamed_everywhere(project, snapshot, name, params.new_name)
    else:
        return None
    try:
        renaming = await ls.stepped(steps)
    except Refused as refused:
        raise RequestRefused(str(refused)) from refused
    if renaming.warning:
        text = f"specc: {visible(translated(renaming.warning))}"
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, text))
    return ls.workspace_edit(project, tuple(Edit(span, params.new_name) for span in renaming.spans))


def serve(stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Answer the client at the other end of these streams until it ends, and return the exit code."""
    return run(stdin, stdout)
