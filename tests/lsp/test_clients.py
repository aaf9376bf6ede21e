"""`specc lsp` with editors that can less than most, that show texts of no file, or that have opened nothing yet."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from support.editor import Editor, editor
from support.projects import BASE, SETTINGS
from support.tables import each

from manual.codes import page_of
from specc.diagnostics import Code
from specc.diagnostics.codes import CODES
from specc.expressions.filters import NAMES as FILTER_NAMES
from specc.expressions.predicates import TESTS as TEST_NAMES
from specc.language.catalogue import catalogue_of
from specc.lsp.language import FILTERS, TESTS
from specc.lsp.server import folder_without_workspace
from specc.lsp.translation import Manual
from specc.units import filters as unit_filters

SPEC = "specc: 1\nextends: base.job.yaml\njob: {name: one, core_limit: 4, cmd_line: ./run}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "specc.toml").write_text(SETTINGS)
    (root / "base.job.yaml").write_text(BASE)
    (root / "spec.job.yaml").write_text(SPEC)
    return root


def plain(able: types.ClientCapabilities) -> None:
    """An editor that shows no Markdown and no trees, and wants to be told of hints."""
    assert able.text_document is not None
    assert able.workspace is not None
    able.text_document.hover = types.HoverClientCapabilities(content_format=[types.MarkupKind.PlainText])
    able.text_document.document_symbol = types.DocumentSymbolClientCapabilities()
    able.workspace.inlay_hint = types.InlayHintWorkspaceClientCapabilities(refresh_support=True)


@pytest.fixture
def session(root: Path) -> Iterator[Editor]:
    with editor(root, but=plain) as session:
        yield session


def codes(found: list[types.Diagnostic]) -> list[str]:
    return [str(each.code) for each in found]


def test_a_client_without_markdown_is_shown_plain_text(session: Editor) -> None:
    at = session.at("spec.job.yaml", SPEC.replace("name", "na‸me"))
    shown = session.ask(types.TEXT_DOCUMENT_HOVER, types.HoverParams(**at)).contents
    assert shown.kind == types.MarkupKind.PlainText
    assert shown.value.startswith(
        'job.name = "one"\n└─ set by file spec.job.yaml:3:13: "one"\n\nname (string, required'
    )


def test_a_client_without_trees_is_given_a_list_of_symbols(session: Editor) -> None:
    session.open("spec.job.yaml", SPEC)
    document = types.TextDocumentIdentifier(session.uri("spec.job.yaml"))
    found = session.ask(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, types.DocumentSymbolParams(document))
    assert [symbol.name for symbol in found] == ["job", "name", "core_limit", "cmd_line"]
    assert found[1].location.uri == document.uri


def test_hints_are_asked_for_again_after_an_edit_of_a_base(session: Editor) -> None:
    session.open("spec.job.yaml", SPEC)
    session.open("base.job.yaml", BASE)
    session.wait_until(lambda: session.refreshed)
    before = session.refreshed
    session.change("base.job.yaml", BASE.replace("core_limit: 4", "core_limit: 8"))
    session.wait_until(lambda: session.refreshed > before)
    whole = types.Range(types.Position(0, 0), types.Position(9, 0))
    document = types.TextDocumentIdentifier(session.uri("spec.job.yaml"))
    (hint,) = session.ask(types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintParams(document, whole))
    assert hint.label == "overrides base.job.yaml: 8"


def test_symbols_of_a_folder_are_known_before_a_text_is_open(session: Editor) -> None:
    found = session.ask(types.WORKSPACE_SYMBOL, types.WorkspaceSymbolParams("spec"))
    assert [symbol.name for symbol in found] == ["spec.job.yaml"]


def test_a_text_of_a_revision_does_not_stand_for_the_file(session: Editor) -> None:
    session.open("spec.job.yaml", SPEC)
    assert session.diagnostics("spec.job.yaml") == []
    uri = f"git:{session.root}/spec.job.yaml?HEAD"
    item = types.TextDocumentItem(uri, "yaml", 1, SPEC.replace("name", "nmae"))
    session.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    session.wait_until(lambda: uri in session.published)
    assert codes(list(session.published[uri].diagnostics)) == ["SPC401"]
    session.change("spec.job.yaml", SPEC + "\n")
    assert session.diagnostics("spec.job.yaml") == []
    assert '= "one"' in session.hover("spec.job.yaml", SPEC.replace("name", "na‸me"))


def test_an_api_that_there_is_not_is_shown_in_the_settings_while_it_is_typed(session: Editor) -> None:
    session.open("spec.job.yaml", SPEC)
    session.open("specc.toml", SETTINGS)
    for typed in ('api = "ehpc/v"', 'api = "ehpc/v9"'):
        session.change("specc.toml", f"{typed}\n{SETTINGS}")
        (found,) = session.diagnostics("specc.toml")
        assert (found.code, found.range.start) == ("SPC903", types.Position(0, 6))
        assert '= "one"' in session.hover("spec.job.yaml", SPEC.replace("name", "na‸me"))
    session.change("specc.toml", f'api = "ehpc/v1"\n{SETTINGS}')
    assert session.diagnostics("specc.toml") == []
    assert not session.client.messages


def test_a_project_that_cannot_be_opened_is_told_once_and_answers_nothing(root: Path) -> None:
    (root / "specc.toml").unlink()
    (root / "specc.toml").symlink_to("/etc/hostname")
    with editor(root) as session:
        assert session.hover("spec.job.yaml", SPEC.replace("name", "na‸me")) == ""
        assert not session.ask(types.WORKSPACE_SYMBOL, types.WorkspaceSymbolParams("spec"))
        assert len(session.client.messages) == 1


def test_a_folder_that_goes_and_comes_back_is_read_again(root: Path) -> None:
    """Also where the server was started in it, so that it has no current folder any more."""
    with editor(root) as session:
        session.open("spec.job.yaml", SPEC)
        assert session.diagnostics("spec.job.yaml") == []
        shutil.rmtree(root)
        event = types.FileEvent(session.uri("specc.toml"), types.FileChangeType.Deleted)
        session.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
        session.wait_until(lambda: session.published[session.uri("spec.job.yaml")].diagnostics)
        assert not [each.message for each in session.client.log_messages if "a bug" in each.message]
        root.mkdir()
        (root / "specc.toml").write_text(SETTINGS)
        (root / "base.job.yaml").write_text(BASE)
        session.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
        session.wait_until(lambda: not session.published[session.uri("spec.job.yaml")].diagnostics)


@pytest.mark.parametrize("place", ["root", "home", "gone", "project"])
def test_texts_without_a_file_or_a_folder_do_not_have_the_whole_disk_searched(
    root: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("HOME", str(root if place == "home" else root.parent))
    monkeypatch.chdir("/" if place == "root" else root)
    if place == "gone":
        shutil.rmtree(root)
    folder = folder_without_workspace()
    assert folder.is_dir() == (place == "project")


class TestRename:
    NEEDED = SPEC.replace("one", "'{{ params.x }}'") + "params: {x: {type: string}}\n"
    VARIABLE = BASE.replace("core_limit: 4", "core_limit: '{{ vars.a }}'") + "vars: {‸a: 1}\n"

    def rename(self, session: Editor, name: str, text: str, new: str) -> dict[str, list[str]]:
        params = types.RenameParams(new_name=new, **session.at(name, text))
        edit = session.ask(types.TEXT_DOCUMENT_RENAME, params)
        changes = edit.changes or {each.text_document.uri: each.edits for each in edit.document_changes}
        return {uri.rpartition("/")[2]: [each.new_text for each in edits] for uri, edits in changes.items()}

    def test_is_of_the_files_as_they_are_on_the_disk(self, session: Editor) -> None:
        """Also where no editor tells of a change, and nobody types: an edit of an older text would damage the file."""
        heir = SPEC.replace("one", "'{{ vars.‸a }}'")
        session.open("heir.job.yaml", heir.replace("‸", ""))
        base = session.root / "base.job.yaml"
        base.write_text(self.VARIABLE.replace("‸", ""))
        assert self.rename(session, "heir.job.yaml", heir, "c") == {"heir.job.yaml": ["c"], "base.job.yaml": ["c", "c"]}
        session.diagnostics("heir.job.yaml")
        at = session.at("heir.job.yaml", heir, new_name="c")
        for above in ("# one\n", "# one\n# two\n"):
            session.diagnostics("heir.job.yaml")
            base.write_text(above + self.VARIABLE.replace("‸", ""))
            edit = session.ask(types.TEXT_DOCUMENT_RENAME, types.RenameParams(**at))
            changes = edit.changes or {each.text_document.uri: each.edits for each in edit.document_changes}
            lines = base.read_text().splitlines()
            found = [(each.range.start, each.range.end) for each in changes[session.uri("base.job.yaml")]]
            assert [lines[start.line][start.character : end.character] for start, end in found] == ["a", "a"]

    def test_is_refused_where_an_heir_that_needs_inputs_has_the_new_name(self, session: Editor) -> None:
        """Without its inputs such an heir has no payload to compare."""
        text = self.NEEDED.replace("./run", "./run {{ vars.b }}") + "vars: {b: 2}\n"
        (session.root / "heir.job.yaml").write_text(text)
        with pytest.raises(JsonRpcException, match=r"`vars\.b` exists already, in heir"):
            self.rename(session, "base.job.yaml", self.VARIABLE, "b")
        assert self.rename(session, "base.job.yaml", self.VARIABLE, "c") == {"base.job.yaml": ["c", "c"]}

    @pytest.mark.parametrize(("mentioned", "is_refused"), [("vars.a", True), ("vars.ab", False)])
    def test_is_refused_where_the_settings_mention_the_name(
        self, session: Editor, mentioned: str, is_refused: bool
    ) -> None:
        settings = f'{SETTINGS}[defaults]\nstdout_redirect_path = "{{{{ {mentioned} }}}}.log"\n'
        (session.root / "specc.toml").write_text(settings)
        text = self.VARIABLE.replace("{‸a: 1}", "{‸a: 1, ab: x}")
        if is_refused:
            with pytest.raises(JsonRpcException, match=r"specc.toml mentions `vars\.a`"):
                self.rename(session, "base.job.yaml", text, "c")
        else:
            assert self.rename(session, "base.job.yaml", text, "c") == {"base.job.yaml": ["c", "c"]}

    def test_begins_in_a_script_as_well(self, session: Editor) -> None:
        (session.root / "run.sh.j2").write_text("./run {{ params.x }}\n")
        text = self.NEEDED.replace("./run", "{$file: run.sh.j2}")
        (session.root / "heir.job.yaml").write_text(text)
        found = self.rename(session, "run.sh.j2", "./run {{ params.‸x }}\n", "word")
        assert found == {"run.sh.j2": ["word"], "heir.job.yaml": ["word", "word"]}
        at = session.at("run.sh.j2", "./run {{ params.‸x }}\n")
        asked = types.ReferenceParams(context=types.ReferenceContext(include_declaration=True), **at)
        assert len(session.ask(types.TEXT_DOCUMENT_REFERENCES, asked)) == 3

    def test_is_refused_where_a_stranger_includes_the_same_script(self, session: Editor) -> None:
        (session.root / "run.sh.j2").write_text("./run {{ params.x }}\n")
        text = self.NEEDED.replace("./run", "{$file: run.sh.j2}").replace("type: string", "type: string, default: a")
        for name in ("heir", "stranger"):
            (session.root / f"{name}.job.yaml").write_text(text)
        with pytest.raises(JsonRpcException, match="the payloads of stranger"):
            self.rename(session, "heir.job.yaml", text.replace("{x", "{‸x"), "y")


SWEEP = """\
specc: 1
params: {n: {type: integer, default: 3}}
matrix: {axes: {size: [1, 2]}}
job:
  name: one
  cmd_line: ./run {{ matrix.size }}
  core_limit: 4
  scheduler_queue_name: "{{ params.n }}"
  mem_limt: 3
"""
ENGLISH = re.compile(r"[a-z]{2,} [a-z]+ [a-z]{2,}")


def own_words(text: str) -> str:
    """Return a text without code, values and what others wrote."""
    return re.sub(r"`[^`]*`|\"[^\"]*\"|```.*?```", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("locale", ["zh-cn", "zh_CN.UTF-8"])
def test_a_client_whose_person_reads_chinese_is_spoken_to_in_chinese(
    root: Path, locale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPECC_LANG", raising=False)
    with editor(root, locale=locale) as session:
        session.open("spec.job.yaml", SWEEP)
        document = types.TextDocumentIdentifier(session.uri("spec.job.yaml"))
        found = session.diagnostics("spec.job.yaml")
        unknown = next(each for each in found if each.code == "SPC401")
        assert unknown.message.startswith("未知字段 `mem_limt`\n")
        assert "\n建议: " in unknown.message
        shown = session.hover("spec.job.yaml", SWEEP.replace("matrix.size", "matrix.si‸ze"))
        assert shown.startswith("2 个单元中有 2 个值：")
        texts = [each.message for each in found] + [shown]
        texts.append(session.hover("spec.job.yaml", SWEEP.replace("matrix:", "mat‸rix:")))
        whole = types.Range(types.Position(0, 0), types.Position(9, 0))
        actions = types.CodeActionParams(document, whole, types.CodeActionContext(found))
        texts += [each.title for each in session.ask(types.TEXT_DOCUMENT_CODE_ACTION, actions)]
        at = session.at("spec.job.yaml", SWEEP + "\n‸")
        offers = session.ask(types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams(**at)).items
        texts += [each.detail or "" for each in offers]
        texts += [each.documentation.value for each in offers if each.documentation is not None]
        assert len(texts) > 20
        assert [text for text in texts if ENGLISH.search(own_words(text))] == []


def test_a_person_chooses_the_language_by_the_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECC_LANG", "en")
    with editor(root, locale="zh-cn") as session:
        session.open("spec.job.yaml", SWEEP)
        assert any(each.message.startswith("unknown field") for each in session.diagnostics("spec.job.yaml"))


def test_each_filter_and_test_of_a_template_says_what_it_does() -> None:
    assert {*FILTERS} == {*FILTER_NAMES, *unit_filters()}
    assert {*TESTS} == {name for name in TEST_NAMES if name.isidentifier()}
    chinese = catalogue_of("zh_CN").translate
    assert [said for said in (*FILTERS.values(), *TESTS.values()) if chinese(said) == said] == []


def test_heirs_and_settings_are_told_in_chinese(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPECC_LANG", raising=False)
    (root / "base.job.yaml").write_text("specc: 1\nabstract: true\njob: {core_limit: 4}\n")
    for number in range(7):
        (root / f"heir-{number}.job.yaml").write_text("specc: 1\nextends: base.job.yaml\njob: {name: x}\n")
    with editor(root, locale="zh-cn") as session:
        shown = session.hover("base.job.yaml", "specc: 1\nabstract: true\njob: {core_‸limit: 4}\n")
        assert "被 7 个规格继承：`heir-0.job.yaml`" in shown
        assert "`heir-4.job.yaml` 另有 2 个\n\n被 1 个规格重新设置：" in shown
        at = session.at("specc.toml", "[rules.severity]\nunused‸")
        offers = session.ask(types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams(**at)).items
        assert "取值之一：`error`, `warning`, `off`" in {offer.detail for offer in offers}
        at = session.at("specc.toml", "[targets.x]\n‸")
        offers = session.ask(types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams(**at)).items
        details = {offer.label: offer.detail for offer in offers}
        assert [label for label, detail in details.items() if not re.search("[\u4e00-\u9fff]", detail)] == [
            "run_as",
            "adapter",
        ]
        assert details["arrays"] == "true 或 false"
        at = session.at("new.job.yaml", "‸")
        offers = session.ask(types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams(**at)).items
        assert "params: 一个参数" in {offer.label for offer in offers}


def test_a_range_of_a_text_with_ends_of_lines_of_windows_is_laid_out_alone(root: Path) -> None:
    text = "specc: 1\nid:  x\nextends: base.job.yaml\njob: {name:  x, cmd_line: ./r}\n".replace("\n", "\r\n")
    with editor(root) as session:
        session.open("new.job.yaml", text)
        lines = types.Range(types.Position(3, 0), types.Position(3, 4))
        asked = types.DocumentRangeFormattingParams(
            types.TextDocumentIdentifier(session.uri("new.job.yaml")), lines, types.FormattingOptions(2, True)
        )
        edits = session.ask(types.TEXT_DOCUMENT_RANGE_FORMATTING, asked)
        assert [edit.new_text for edit in edits] == ["job: {name: x, cmd_line: ./r}\r\n"]


def test_what_is_offered_in_quotes_is_found_by_what_is_typed_with_them(root: Path) -> None:
    with editor(root) as session:
        at = session.at("new.job.yaml", 'specc: 1\njob:\n  mem_limit: "4‸"\n')
        offers = session.ask(types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams(**at)).items
        (found,) = (offer for offer in offers if offer.label == "4GiB")
        assert found.filter_text == '"4GiB'
        assert (found.text_edit.new_text, found.text_edit.range.end.character) == ("4GiB", 16)


@each("code", CODES.values())
def test_a_code_leads_to_the_page_that_the_manual_has(code: Code) -> None:
    address = Manual("https://specc.example.org/").page_of(code.code)
    assert address == f"https://specc.example.org/{page_of(code)[:-3]}.html"
