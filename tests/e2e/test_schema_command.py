"""`specc schema`: built from the pages, shown, compared, and checked."""

import io
import json
import shutil
import sys
from pathlib import Path

import pytest
from support.projects import Place

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
APIS = ("ehpc/v1", "ehpc/v2")
PAGE, PATCH = "submitjob.md", "submitjob.patch.yaml"


@pytest.fixture
def copy(place: Place) -> Path:
    """The shipped schemas, in the current folder."""
    return Path(shutil.copytree(SCHEMAS, place.root / "schemas"))


def committed(api: str, kind: str) -> str:
    return (SCHEMAS / api / f"{kind}.schema.json").read_text(encoding="utf-8")


def wrong_page(place: Place) -> int:
    """Writes a page with one unknown type and says in which line."""
    lines = (SCHEMAS / "ehpc/v1" / PAGE).read_text(encoding="utf-8").splitlines()
    (index,) = (number for number, line in enumerate(lines) if line.startswith("| core_limit "))
    lines[index] = lines[index].replace("| int ", "| integerish ")
    place.put("wrong.md", "\n".join(lines).encode())
    return index + 1


class TestBuild:
    @pytest.mark.parametrize("api", APIS)
    @pytest.mark.parametrize("kind", ["request", "response"])
    def test_gives_what_is_committed(self, place: Place, api: str, kind: str) -> None:
        folder = SCHEMAS / api
        arguments = [str(folder / PAGE), "--patch", str(folder / PATCH), "--kind", kind]
        assert place.run("schema", "build", *arguments) == 0, place.err
        assert place.out == committed(api, kind)

    def test_the_request_is_built_unless_another_is_asked_for(self, place: Place) -> None:
        folder = SCHEMAS / "ehpc/v1"
        assert place.run("schema", "build", str(folder / PAGE), "--patch", str(folder / PATCH)) == 0
        assert place.out == committed("ehpc/v1", "request")

    def test_the_patch_adds_to_the_page(self, place: Place) -> None:
        assert place.run("schema", "build", str(SCHEMAS / "ehpc/v1" / PAGE)) == 0
        alone = json.loads(place.out)
        patched = json.loads(committed("ehpc/v1", "request"))
        assert list(alone["properties"]) == list(patched["properties"])
        assert alone["properties"] != patched["properties"]

    @pytest.mark.parametrize("patch", [True, False])
    def test_editor(self, place: Place, patch: bool) -> None:
        folder = SCHEMAS / "ehpc/v2"
        patching = ["--patch", str(folder / PATCH)] if patch else []
        assert place.run("schema", "build", str(folder / PAGE), *patching, "--kind", "editor") == 0, place.err
        editor = json.loads(place.out)
        assert "job" in editor["properties"]
        assert '"priority"' in place.out

    def test_a_page_from_standard_input(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        page = (SCHEMAS / "ehpc/v1" / PAGE).read_bytes()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(page), encoding="utf-8"))
        assert place.run("schema", "build", "-", "--kind", "response") == 0, place.err
        assert place.out.replace("<stdin>:", f"{PAGE}:") == committed("ehpc/v1", "response")

    @pytest.mark.parametrize("kind", ["request", "editor"])
    def test_a_mistake_has_a_place_and_prints_no_schema(self, place: Place, kind: str) -> None:
        line = wrong_page(place)
        assert place.run("schema", "build", "wrong.md", "--kind", kind) == 1
        assert place.out == ""
        assert "unknown type `integerish`" in place.err
        assert f"wrong.md:{line}:26" in place.err

    def test_a_page_without_tables(self, place: Place) -> None:
        place.put("empty.md", b"# Nothing here\n")
        assert place.run("schema", "build", "empty.md") == 1
        assert place.out == ""
        assert "empty.md" in place.err

    def test_a_mistake_in_the_patch(self, place: Place) -> None:
        place.put("wrong.yaml", b"properties: {nme: {default: x}}\n")
        assert place.run("schema", "build", str(SCHEMAS / "ehpc/v1" / PAGE), "--patch", "wrong.yaml") == 1
        assert place.out == ""
        assert "wrong.yaml:1:" in place.err

    def test_files_that_cannot_be_read(self, place: Place) -> None:
        assert place.run("schema", "build", "gone.md") == 2
        assert "cannot read gone.md" in place.err
        place.put("latin.md", b"\xff\xfe caf\xe9")
        assert place.run("schema", "build", "latin.md") == 2
        assert "error: latin.md: " in place.err


class TestShow:
    @pytest.mark.parametrize("api", APIS)
    @pytest.mark.parametrize("kind", ["request", "response"])
    def test_prints_the_committed_file(self, place: Place, api: str, kind: str) -> None:
        assert place.run("schema", "show", api, "--kind", kind) == 0
        assert place.out == committed(api, kind)

    def test_editor(self, place: Place) -> None:
        assert place.run("schema", "show", "--kind", "editor") == 0
        assert place.out == (SCHEMAS / "jobspec.schema.json").read_text(encoding="utf-8")

    def test_an_unknown_api(self, place: Place) -> None:
        assert place.run("schema", "show", "ehpc/v9") == 2
        assert place.out == ""
        assert "there is no API `ehpc/v9`" in place.err
        assert "did you mean `ehpc/v" in place.err

    def test_an_unknown_kind(self, place: Place) -> None:
        assert place.run("schema", "show", "--kind", "reply") == 2
        assert "reply" in place.err


class TestDiff:
    def test_text(self, place: Place) -> None:
        assert place.run("schema", "diff", *APIS) == 0
        lines = place.out.splitlines()
        assert "added `submit_type`, integer, required, default 1" in lines
        assert "added `priority`, integer, optional" in lines

    def test_json(self, place: Place) -> None:
        assert place.run("schema", "diff", *APIS, "--output", "json") == 0
        document = json.loads(place.out)
        assert document["version"] == 1
        assert all(set(row) == {"aspect", "field", "keyword", "old", "new"} for row in document["changes"])
        assert {"submit_type", "priority"} <= {row["field"] for row in document["changes"]}

    def test_the_other_way_round_they_are_gone(self, place: Place) -> None:
        assert place.run("schema", "diff", *reversed(APIS)) == 0
        assert "added `priority`" not in place.out
        assert "`priority`" in place.out

    def test_the_same(self, place: Place) -> None:
        assert place.run("schema", "diff", APIS[0], APIS[0]) == 0
        assert place.out == "no difference\n"
        assert place.run("schema", "diff", APIS[0], APIS[0], "--kind", "response", "--output", "json") == 0
        assert json.loads(place.out) == {"version": 1, "changes": []}

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([*APIS, "--kind", "editor"], "one schema of kind `editor`"),
            ([*APIS, "--kind", "settings"], "one schema of kind `settings`"),
            ([*APIS, "--output", "xml"], "no output format `xml`"),
            (["ehpc/v1", "ehpc/v9"], "there is no API `ehpc/v9`"),
        ],
    )
    def test_what_cannot_be_asked(self, place: Place, arguments: list[str], message: str) -> None:
        assert place.run("schema", "diff", *arguments) == 2
        assert place.out == ""
        assert message in place.err


class TestCheck:
    def test_the_shipped_schemas_are_what_their_pages_give(self, place: Place) -> None:
        assert place.run("schema", "check") == 0, place.out
        assert place.out == ""

    @pytest.mark.parametrize("name", ["ehpc/v1/request.schema.json", "ehpc/v2/response.schema.json"])
    def test_a_changed_file_is_found_and_mended(self, place: Place, copy: Path, name: str) -> None:
        assert place.run("schema", "check", "schemas") == 0
        before = (copy / name).read_text(encoding="utf-8")
        (copy / name).write_text(before.replace('"string"', '"number"', 1), encoding="utf-8")
        assert place.run("schema", "check", "schemas") == 1
        assert name in place.out
        assert place.run("schema", "check", "schemas", "--write") == 0
        assert f"schemas/{name}" in place.out.splitlines()
        assert (copy / name).read_text(encoding="utf-8") == before
        assert place.run("schema", "check", "schemas") == 0

    def test_a_missing_file_is_found_and_mended(self, place: Place, copy: Path) -> None:
        (copy / "jobspec.schema.json").unlink()
        assert place.run("schema", "check", "schemas") == 1
        assert "jobspec.schema.json" in place.out
        assert place.run("schema", "check", "schemas", "--write") == 0
        assert (copy / "jobspec.schema.json").read_bytes() == (SCHEMAS / "jobspec.schema.json").read_bytes()

    def test_nothing_is_written_from_a_wrong_page(self, place: Place, copy: Path) -> None:
        wrong_page(place)
        shutil.copy(place.root / "wrong.md", copy / "ehpc/v1" / PAGE)
        before = {path: path.read_bytes() for path in copy.rglob("*.json")}
        assert place.run("schema", "check", "schemas", "--write") == 1
        assert "integerish" in place.err
        assert place.run("schema", "check", "schemas") == 1
        assert {path: path.read_bytes() for path in copy.rglob("*.json")} == before

    def test_a_copy_of_the_editor_schema(self, place: Place) -> None:
        copy = place.put("schemas/jobspec.schema.json", b"{}")
        assert place.run("schema", "check", "schemas/jobspec.schema.json") == 1
        assert "run `specc schema check schemas/jobspec.schema.json --write`" in place.out
        assert place.run("schema", "check", "schemas/jobspec.schema.json", "--write") == 0
        assert place.out == "schemas/jobspec.schema.json\n"
        assert place.run("schema", "check", "schemas/jobspec.schema.json", "--write") == 0
        assert place.out == ""
        assert place.run("schema", "check", "schemas/jobspec.schema.json") == 0
        copy.unlink()
        assert place.run("schema", "check", "schemas/jobspec.schema.json") == 1
        assert "missing" in place.out

    def test_folders_that_have_no_page(self, place: Place) -> None:
        assert place.run("schema", "check", "nowhere") == 2
        assert "nowhere is neither a folder nor a file `jobspec.schema.json`" in place.err
        (place.root / "empty").mkdir()
        assert place.run("schema", "check", "empty") == 2
        assert "no API page" in place.err
