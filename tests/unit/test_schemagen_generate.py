"""Generated files: all of them from their pages, and a finding for each that differs."""

from pathlib import Path

import pytest

from specc.errors import SpeccError
from specc.schemagen import EDITOR, SETTINGS, generate, stale

SCHEMAS = Path(__file__).parents[2] / "schemas"

PAGE = (
    "## Request\n\n| Name | Type | Required |\n|--|--|--|\n| a | int | true |\n\n## Response\n\n| Name |\n|--|\n| b |\n"
)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "schemas" / "some" / "v1"
    folder.mkdir(parents=True)
    (folder / "submitjob.md").write_text(PAGE)
    for path, text in generate(tmp_path / "schemas")[0].items():
        path.write_text(text)
    return tmp_path / "schemas"


def places(found):
    return [(finding.code.slug, str(finding.span)) for finding in found]


def test_what_ships_is_not_stale():
    assert stale(SCHEMAS) == []


def test_what_was_generated_is_not_stale(root):
    names = sorted(path.name for path in root.rglob("*.json"))
    assert names == [EDITOR, "request.schema.json", "response.schema.json", SETTINGS]
    assert stale(root) == []


def test_line_breaks_of_a_checkout_do_not_matter(root):
    for path in root.rglob("*.json"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert stale(root) == []


def test_an_edit_is_found_at_its_line(root):
    path = root / "some/v1/request.schema.json"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], '  "edited": 1,\n', *lines[4:]]))
    (finding,) = stale(root)
    assert places([finding]) == [("stale-schema", "schemas/some/v1/request.schema.json:4:1")]
    assert finding.span.text == '  "edited": 1,'
    assert lines[3].strip()[:20] in finding.message


def test_text_behind_the_end_and_a_cut_file(root):
    request, editor = root / "some/v1/request.schema.json", root / EDITOR
    request.write_text(request.read_text() + "more\n")
    editor.write_text(editor.read_text()[:2])
    assert places(stale(root)) == [
        ("stale-schema", f"schemas/some/v1/request.schema.json:{request.read_text().count(chr(10))}:1"),
        ("stale-schema", f"schemas/{EDITOR}:2:1"),
    ]


def test_a_missing_file(root):
    (root / EDITOR).unlink()
    assert places(stale(root)) == [("stale-schema", f"schemas/{EDITOR}:1:1")]


def test_a_generated_file_that_is_not_text(root):
    (root / EDITOR).write_bytes(b"\xff")
    assert places(stale(root)) == [("not-text", f"schemas/{EDITOR}:1:1")]


def test_a_page_with_an_error_gives_no_file_at_all(root):
    (root / "some/v2").mkdir()
    (root / "some/v2/submitjob.md").write_text(PAGE.replace("true", "maybe"))
    files, found = generate(root)
    assert files == {}
    assert places(found) == [("bad-required", "schemas/some/v2/submitjob.md:5:13")]


@pytest.mark.parametrize(("data", "slug"), [(b"\xff", "not-text"), (b"", "bad-table")])
def test_a_page_that_is_none(root, data, slug):
    (root / "some/v1/submitjob.md").write_bytes(data)
    assert [slug for slug, _ in places(stale(root))] == [slug]


@pytest.mark.parametrize(("text", "slug"), [("a: [", "yaml-syntax"), ("title: x", "bad-patch")])
def test_a_patch_with_an_error(root, text, slug):
    (root / "some/v1/submitjob.patch.yaml").write_text(text)
    found = places(stale(root))
    assert [slug for slug, _ in found] == [slug]
    assert found[0][1].startswith("schemas/some/v1/submitjob.patch.yaml:1:")


def test_a_patch_that_is_not_text(root):
    (root / "some/v1/submitjob.patch.yaml").write_bytes(b"\xff")
    assert [slug for slug, _ in places(stale(root))] == ["not-text"]


def test_a_folder_without_pages(tmp_path):
    with pytest.raises(SpeccError, match="has no API page"):
        stale(tmp_path)


def test_a_file_that_cannot_be_read(root):
    (root / EDITOR).unlink()
    (root / EDITOR).mkdir()
    with pytest.raises(SpeccError, match="cannot read"):
        stale(root)
