"""`specc lsp`, as an editor sees it: one session for all tests of this module."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from support.editor import Editor, editor
from support.language_server import path_of
from support.projects import BASE, SETTINGS, SWEEP

SPEC = "specc: 1\nextends: base.job.yaml\njob: {name: one, cmd_line: ./run}\n"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    root = tmp_path_factory.mktemp("project")
    (root / "specc.toml").write_text(SETTINGS)
    (root / "base.job.yaml").write_text(BASE)
    (root / "sweep.job.yaml").write_text(SWEEP)
    with editor(root) as session:
        yield session


def codes(found: list[types.Diagnostic]) -> list[str]:
    return [str(each.code) for each in found]


def test_a_text_is_checked_as_it_is_typed(session: Editor) -> None:
    session.open("typed.job.yaml", SPEC)
    assert session.diagnostics("typed.job.yaml") == []
    session.change("typed.job.yaml", SPEC.replace("name", "nmae"))
    found = session.diagnostics("typed.job.yaml")
    assert codes(found) == ["SPC401"]
    assert (found[0].range.start, found[0].range.end) == (types.Position(2, 6), types.Position(2, 10))
    assert found[0].message.endswith("help: did you mean `name`?")
    assert found[0].source == "specc"
    session.change("typed.job.yaml", SPEC)
    assert session.diagnostics("typed.job.yaml") == []


def test_changes_of_parts_count_units_of_utf_16(session: Editor) -> None:
    text = "specc: 1\nextends: base.job.yaml\njob: {name: 𝄞, cmd_line: ./run}\n"
    session.open("parts.job.yaml", text)
    at = types.Position(2, len("job: {name: ") + 2)  # the clef takes two
    change = types.TextDocumentContentChangePartial(types.Range(at, at), "xyzé")
    session.change("parts.job.yaml", text.replace("𝄞", "𝄞xyzé"), change)
    session.diagnostics("parts.job.yaml")
    typo = types.Range(types.Position(2, at.character + 6), types.Position(2, at.character + 6 + len("cmd_line")))
    session.change("parts.job.yaml", "", types.TextDocumentContentChangePartial(typo, "cmd_lime"))
    (unknown,) = (each for each in session.diagnostics("parts.job.yaml") if each.code == "SPC401")
    assert unknown.range == typo


def test_an_edit_of_a_base_is_seen_in_its_heirs_open_or_not(session: Editor) -> None:
    session.open("heir.job.yaml", SPEC)
    session.open("base.job.yaml", BASE.replace("core_limit: 4", "core_limit: four"))
    assert codes(session.diagnostics("base.job.yaml")) == ["SPC402"]
    session.change("base.job.yaml", BASE.replace("core_limit: 4", 'core_limit: "{{ vars.n }}"'))
    session.diagnostics("base.job.yaml")
    session.change("heir.job.yaml", SPEC + "vars: {n: many}\n")
    session.diagnostics("heir.job.yaml")
    session.close("base.job.yaml")
    session.wait_until(lambda: not session.published[session.uri("base.job.yaml")].diagnostics)


def test_a_half_written_text_keeps_what_is_known_of_others(session: Editor) -> None:
    session.open("sweep.job.yaml", SWEEP)
    session.open("base.job.yaml", BASE + "x-a: [")
    assert codes(session.diagnostics("base.job.yaml")) == ["SPC102"]
    session.change("sweep.job.yaml", SWEEP + "\n")
    assert session.diagnostics("sweep.job.yaml") == []
    assert "time_limit" in session.hover("base.job.yaml", BASE.replace("time", "ti‸me") + "x-a: [")
    session.close("base.job.yaml")


def test_settings_are_checked_and_hold_at_once(session: Editor) -> None:
    session.open("unit.job.yaml", SPEC.replace("name:", "mem_limit: 2GiB, name:"))
    assert session.diagnostics("unit.job.yaml") == []
    session.open("specc.toml", SETTINGS.replace("project", "projct"))
    assert codes(session.diagnostics("specc.toml")) == ["SPC902"]
    session.change("specc.toml", SETTINGS.replace('mem_limit = "MiB"\n', ""))
    assert session.diagnostics("specc.toml") == []
    session.wait_until(lambda: session.published[session.uri("unit.job.yaml")].diagnostics)
    session.close("specc.toml")
    session.wait_until(lambda: not session.published[session.uri("unit.job.yaml")].diagnostics)


def test_a_script_that_a_spec_includes_is_checked_with_it(session: Editor) -> None:
    (session.root / "run.sh.j2").write_text("echo {{ params.n }}\n")
    text = "specc: 1\nextends: base.job.yaml\nparams: {n: {type: integer, default: 1}}\n"
    (session.root / "script.job.yaml").write_text(text + "job: {name: s, cmd_line: {$file: run.sh.j2}}\n")
    session.open("run.sh.j2", "echo {{ params.m }}\n")
    assert codes(session.diagnostics("run.sh.j2")) == ["SPC302"]
    session.change("run.sh.j2", "echo {{ params.n }}\n")
    assert session.diagnostics("run.sh.j2") == []


def test_other_yaml_is_left_alone(session: Editor) -> None:
    session.open("compose.yaml", "services: {a: [}\n")
    assert session.diagnostics("compose.yaml") == []
    assert session.hover("compose.yaml", "serv‸ices: {}\n") == ""


def test_related_places_and_pages_and_tags_are_given(session: Editor) -> None:
    text = "specc: 1\nextends: base.job.yaml\nvars: {a: 1}\njob: {name: one, name: two, cmd_line: ./run}\n"
    session.open("more.job.yaml", text)
    found = {each.code: each for each in session.diagnostics("more.job.yaml")}
    twice = found["SPC103"]
    assert twice.related_information is not None
    assert twice.related_information[0].location.uri == session.uri("more.job.yaml")
    assert twice.code_description is not None
    assert "# SPC103" in Path(path_of(twice.code_description.href)).read_text(encoding="utf-8")
    session.change("more.job.yaml", text.replace("name: two, ", ""))
    (unused,) = session.diagnostics("more.job.yaml")
    assert (unused.code, unused.tags) == ("SPC502", (types.DiagnosticTag.Unnecessary,))


class TestHover:
    def test_shows_a_value_with_all_that_it_comes_from(self, session: Editor) -> None:
        shown = session.hover("h.job.yaml", SPEC.replace("{name", "{core‸_limit: 8, name"))
        assert "job.core_limit = 8\n├─ set by file h.job.yaml:3:19: 8\n└─ overrides file base.job.yaml:3:19: 4" in shown
        assert "**core_limit** (integer" in shown

    def test_shows_the_values_of_the_first_cells_where_they_differ(self, session: Editor) -> None:
        shown = session.hover("h.job.yaml", SWEEP.replace("name: run", "na‸me: run"))
        assert "4 values in 4 cells:\n" in shown
        assert '- `"run-coarse-1"` where `mesh="coarse", seed=1`' in shown

    def test_shows_the_name_that_a_template_reads(self, session: Editor) -> None:
        shown = session.hover("h.job.yaml", SWEEP.replace("params.solver", "params.sol‸ver"))
        assert shown.startswith('```text\nparams.solver = "ico"')

    def test_a_result(self, session):
        results = "results: {r: {from: 'out/{{ matrix.mesh }}.json', k‸ey: r}}\n"
        shown = session.hover("h.job.yaml", SWEEP + results)
        assert "results.r" in shown
        assert "out/coarse.json" in shown

    def test_of_a_base_tells_who_inherits_a_value(self, session: Editor) -> None:
        shown = session.hover("base.job.yaml", BASE.replace("core_", "core‸_"))
        assert "Inherited by" in shown
        assert "`sweep.job.yaml`" in shown


class TestCompletion:
    def test_of_a_field_has_its_page_and_a_place(self, session: Editor) -> None:
        at = session.at("c.job.yaml", SPEC.replace("name: one, ", "mem‸, "))
        found = session.ask(types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams(**at))
        item = next(item for item in found.items if item.label == "mem_limit")
        assert item.text_edit.new_text == "mem_limit: "
        assert item.text_edit.range == types.Range(types.Position(2, 6), types.Position(2, 9))
        assert "mem_limit" in item.documentation.value
        assert [item.sort_text for item in found.items] == sorted(item.sort_text for item in found.items)

    def test_of_units_goes_on_while_digits_are_typed(self, session: Editor) -> None:
        at = session.at("c.job.yaml", SPEC.replace("name: one", "mem_limit: 6‸"))
        found = session.ask(types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams(**at))
        assert found.is_incomplete
        assert "6GiB" in [item.label for item in found.items]

    def test_of_settings_and_other_files(self, session: Editor) -> None:
        at = session.at("specc.toml", SETTINGS + "[targets.hpc.queues.long]\n‸\n")
        found = session.ask(types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams(**at))
        assert [item.label for item in found.items] == ["max_cores", "max_time", "max_mem", "layout"]
        session.close("specc.toml")
        at = session.at("other.yaml", "a‸: 1\n")
        assert session.ask(types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams(**at)).items == ()


class TestNavigation:
    def test_leads_from_a_template_to_the_file_that_sets_the_name(self, session: Editor) -> None:
        at = session.at("n.job.yaml", SWEEP.replace("params.solver", "params.sol‸ver"))
        (found,) = session.ask(types.TEXT_DOCUMENT_DEFINITION, types.DefinitionParams(**at))
        assert (found.uri, found.range.start) == (session.uri("n.job.yaml"), types.Position(2, 9))
        context = types.ReferenceContext(include_declaration=False)
        (read,) = session.ask(types.TEXT_DOCUMENT_REFERENCES, types.ReferenceParams(context=context, **at))
        assert read.range.start == types.Position(7, 24)

    def test_shows_parents_and_heirs(self, session: Editor) -> None:
        at = session.at("n.job.yaml", SWEEP.replace("params.solver", "params.sol‸ver"))
        (item,) = session.ask(types.TEXT_DOCUMENT_PREPARE_TYPE_HIERARCHY, types.TypeHierarchyPrepareParams(**at))
        (base,) = session.ask(types.TYPE_HIERARCHY_SUPERTYPES, types.TypeHierarchySupertypesParams(item))
        assert (base.name, base.kind) == ("base.job.yaml", types.SymbolKind.Interface)
        heirs = session.ask(types.TYPE_HIERARCHY_SUBTYPES, types.TypeHierarchySubtypesParams(base))
        assert "sweep.job.yaml" in [heir.name for heir in heirs]

    def test_links_and_lists_what_a_text_has(self, session: Editor) -> None:
        session.open("n2.job.yaml", SWEEP)
        document = types.TextDocumentIdentifier(session.uri("n2.job.yaml"))
        (link,) = session.ask(types.TEXT_DOCUMENT_DOCUMENT_LINK, types.DocumentLinkParams(document))
        assert link.target == session.uri("base.job.yaml")
        symbols = session.ask(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, types.DocumentSymbolParams(document))
        assert [symbol.name for symbol in symbols] == ["params", "matrix", "profiles", "job"]
        folds = session.ask(types.TEXT_DOCUMENT_FOLDING_RANGE, types.FoldingRangeParams(document))
        assert [(fold.start_line, fold.end_line) for fold in folds] == [(5, 7)]
        found = session.ask(types.WORKSPACE_SYMBOL, types.WorkspaceSymbolParams("sweep"))
        assert session.uri("sweep.job.yaml") in [symbol.location.uri for symbol in found]
        session.close("n2.job.yaml")


class TestChanges:
    def test_fixes_are_offered_and_known_to_be_of_a_diagnostic(self, session: Editor) -> None:
        session.open("f.job.yaml", SPEC.replace("cmd_line", "cmd_lime"))
        (found,) = session.diagnostics("f.job.yaml")
        document = types.TextDocumentIdentifier(session.uri("f.job.yaml"))
        context = types.CodeActionContext([found], only=[types.CodeActionKind.QuickFix])
        (action,) = session.ask(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionParams(document, found.range, context))
        ((uri, edits),) = action.edit.changes.items()
        assert (uri, edits[0].new_text, edits[0].range) == (session.uri("f.job.yaml"), "cmd_line", found.range)
        assert action.diagnostics[0].code == "SPC401"

    def test_fixes_are_those_of_the_text_as_it_is(self, session: Editor) -> None:
        """Also where they are asked for with the last key, before the text has been checked."""
        session.open("f.job.yaml", SPEC)
        session.diagnostics("f.job.yaml")
        session.change("f.job.yaml", SPEC.replace("cmd_line", "cmd_lime"))
        document = types.TextDocumentIdentifier(session.uri("f.job.yaml"))
        at, only = types.Position(2, 20), [types.CodeActionKind.QuickFix]
        params = types.CodeActionParams(document, types.Range(at, at), types.CodeActionContext([], only=only))
        (action,) = session.ask(types.TEXT_DOCUMENT_CODE_ACTION, params)
        ((_, edits),) = action.edit.changes.items()
        assert [edit.new_text for edit in edits] == ["cmd_line"]

    def test_formatting_is_that_of_fmt(self, session: Editor) -> None:
        session.open("f.job.yaml", "job: {name: a}\nspecc: 1\n")
        document = types.TextDocumentIdentifier(session.uri("f.job.yaml"))
        options = types.FormattingOptions(2, True)
        edits = session.ask(types.TEXT_DOCUMENT_FORMATTING, types.DocumentFormattingParams(document, options))
        assert [edit.new_text for edit in edits] == ["specc: 1\n", ""]

    def test_a_name_is_changed_in_all_files_or_refused(self, session: Editor) -> None:
        at = session.at("r.job.yaml", SWEEP.replace("params.solver", "params.sol‸ver"))
        place = session.ask(types.TEXT_DOCUMENT_PREPARE_RENAME, types.PrepareRenameParams(**at))
        assert place.placeholder == "solver"
        edit = session.ask(types.TEXT_DOCUMENT_RENAME, types.RenameParams(new_name="program", **at))
        assert [each.new_text for each in edit.changes[session.uri("r.job.yaml")]] == ["program", "program"]
        with pytest.raises(JsonRpcException, match="is not a name"):
            session.ask(types.TEXT_DOCUMENT_RENAME, types.RenameParams(new_name="a b", **at))

    def test_hints_stand_behind_values(self, session: Editor) -> None:
        session.open("hints.job.yaml", SWEEP)
        document = types.TextDocumentIdentifier(session.uri("hints.job.yaml"))
        whole = types.Range(types.Position(0, 0), types.Position(99, 0))
        hint, *_ = session.ask(types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintParams(document, whole))
        assert (hint.label, hint.position) == ("= run-coarse-1, ...", types.Position(6, 27))


def test_without_anybody_to_talk_to_it_ends() -> None:
    """Also where standard input is a device, which an event loop cannot wait for."""
    words = (sys.executable, "-P", "-m", "specc", "lsp")
    ended = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "header", ["content-length:%d\r\n\r\n", "CONTENT-LENGTH : %d\r\nX: y\r\n\r\n", "Content-Length: %d\n\n"]
)
def test_headers_are_read_as_clients_write_them(header: str) -> None:
    begin = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"processId": None, "rootUri": None, "capabilities": {}},
    }
    bodies = [json.dumps(each).encode() for each in (begin, {"jsonrpc": "2.0", "id": 2, "method": "shutdown"})]
    given = b"".join((header % len(body)).encode() + body for body in bodies)
    words = (sys.executable, "-P", "-m", "specc", "lsp")
    ended = subprocess.run(words, input=given, capture_output=True, timeout=60, check=False)
    assert b'"id": 2' in ended.stdout or b'"id":2' in ended.stdout


@pytest.mark.parametrize("is_over", [False, True], ids=["before", "after"])
def test_requests_outside_of_a_session_are_answered_with_an_error(tmp_path: Path, is_over: bool) -> None:
    hover = {"textDocument": {"uri": (tmp_path / "a.job.yaml").as_uri()}, "position": {"line": 0, "character": 0}}
    begin = ("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    asked = (
        [begin, begin, ("shutdown", None), ("textDocument/hover", hover)]
        if is_over
        else [("textDocument/hover", hover)]
    )
    sent = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        for number, (method, params) in enumerate(asked)
    ]
    bodies = [json.dumps(message).encode() for message in [*sent, {"jsonrpc": "2.0", "method": "exit"}]]
    words = (sys.executable, "-P", "-m", "specc", "lsp")
    given = b"".join(b"Content-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies)
    ended = subprocess.run(words, input=given, capture_output=True, timeout=60, check=False)
    answers = [
        json.loads(found) for found in re.findall(rb"\r\n\r\n(\{.*?\})(?=Content-Length|$)", ended.stdout, re.DOTALL)
    ]
    codes = {answer["id"]: answer["error"]["code"] for answer in answers if "error" in answer}
    assert codes == ({1: -32600, 3: -32600} if is_over else {0: -32002})
    assert ended.returncode == (0 if is_over else 1)
