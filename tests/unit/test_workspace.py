"""The project on disk: files, names, the static graph, findings said once."""

import os
from functools import partial
from pathlib import Path

import pytest

from specc.app.selection import Sites
from specc.diagnostics import Missing, codes
from specc.disk import Contents, matches, read_bytes, specs_below
from specc.disk.files import Patterns
from specc.disk.outputs import write_file
from specc.errors import SpeccError
from specc.inheritance import references
from specc.linter.families import Register, dependents
from specc.project import Apis, DiagnosticSet, FileLibrary
from specc.project.project import SAME_PLACE
from specc.source import Source

INCLUDE = ("**/*.job.yaml",)


def library(root: Path) -> FileLibrary:
    return FileLibrary(Contents(root, str))


def fill(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".job.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def names(root: Path, folder: Path, include: tuple[str, ...] = INCLUDE, exclude: tuple[str, ...] = ()) -> list[str]:
    found = specs_below(str(folder), str(root), include, exclude)
    return [Path(place, name).relative_to(root).as_posix() for place, names in found for name in names]


def test_folders_are_searched_in_a_fixed_order(tmp_path: Path) -> None:
    fill(tmp_path, b="", a="", deep__er__c="", **{".git__x": "", ".venv__y": ""})
    (tmp_path / "notes.yaml").write_text("")
    assert names(tmp_path, tmp_path) == ["a.job.yaml", "b.job.yaml", "deep/er/c.job.yaml"]


def test_patterns_start_at_the_root_whichever_folder_is_searched(tmp_path: Path) -> None:
    fill(tmp_path, jobs__a="", jobs__old__b="", other__c="")
    for folder in (tmp_path, tmp_path / "jobs"):
        assert names(tmp_path, folder, ("jobs/*.job.yaml",), ("jobs/old",)) == ["jobs/a.job.yaml"]


def test_a_folder_comes_again_where_another_stands_between_its_files(tmp_path: Path) -> None:
    fill(tmp_path, a="", b__c="", d="")
    found = list(specs_below(str(tmp_path), str(tmp_path), INCLUDE, ()))
    assert [names for _, names in found] == [["a.job.yaml"], ["c.job.yaml"], ["d.job.yaml"]]


def test_a_file_that_is_named_needs_no_pattern(tmp_path: Path) -> None:
    odd = tmp_path / "odd.yaml"
    odd.write_text("")
    (chosen,) = Sites().specs([str(odd), str(odd)])
    assert (list(chosen.names), chosen.explicit) == (["odd.yaml"], {"odd.yaml"})
    with pytest.raises(SpeccError, match="no such file"):
        Sites().specs([str(tmp_path / "gone")])


def test_names_start_at_the_root(tmp_path: Path) -> None:
    assert library(tmp_path).contents.name_of(tmp_path / "jobs" / ".." / "a.job.yaml") == "a.job.yaml"
    assert library(tmp_path / "deep").contents.name_of(tmp_path / "a.job.yaml") == str(tmp_path / "a.job.yaml")


def test_a_file_is_read_once(tmp_path: Path) -> None:
    fill(tmp_path, a="specc: 1\n")
    shelf = library(tmp_path)
    first = shelf.document("a.job.yaml")
    fill(tmp_path, a="specc: 2\n")
    assert shelf.document("a.job.yaml") is first


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("gone.job.yaml", codes.PARENT_NOT_FOUND),
        ("specc:nope", codes.PARENT_NOT_FOUND),
        ("specc:../x", codes.PARENT_NOT_FOUND),
    ],
)
def test_what_is_not_there(tmp_path: Path, name: str, code: object) -> None:
    answer = library(tmp_path).document(name)
    assert isinstance(answer, Missing)
    assert answer.code is code


def test_a_near_name_is_offered(tmp_path: Path) -> None:
    fill(tmp_path, solver="")
    answer = library(tmp_path).document("sovler.job.yaml")
    assert isinstance(answer, Missing)
    assert "solver.job.yaml" in (answer.help or "")
    shipped = library(tmp_path).document("specc:mpii")
    assert isinstance(shipped, Missing)
    assert "specc:mpi" in (shipped.help or "")


def test_a_text_has_line_feeds(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_bytes(b"a\r\nb\r\n")
    text = library(tmp_path).text("run.sh")
    assert isinstance(text, Source)
    assert text.text == "a\nb\n"
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    assert isinstance(library(tmp_path).text("binary"), Missing)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone", Path("/dev/zero"), tmp_path / "nul\0"):
        assert isinstance(read_bytes(path), Missing)


def test_the_graph_follows_parents_and_files(tmp_path: Path) -> None:
    fill(
        tmp_path,
        base="specc: 1\nabstract: true\n",
        child="specc: 1\nextends: base.job.yaml\n",
        grandchild="specc: 1\nextends: //child.job.yaml\n",
        script="specc: 1\njob: {cmd_line: {$file: run.sh}, name: [{$file: x}]}\n",
        broken="specc: [\n",
    )
    shelf = library(tmp_path)
    specs = [f"{name}.job.yaml" for name in ("base", "child", "grandchild", "script", "broken", "gone")]
    found = partial(dependents, names=specs, contents=shelf.contents, register=Register(shelf))
    assert found(["base.job.yaml"]) == ["child.job.yaml", "grandchild.job.yaml"]
    assert found(["run.sh"]) == ["script.job.yaml"]
    assert found(["grandchild.job.yaml"]) == []
    parsed = shelf.document("script.job.yaml")
    assert not isinstance(parsed, Missing)
    assert parsed.document is not None
    assert references(parsed.document) == {"run.sh", "x"}


def test_a_fact_is_said_once() -> None:
    source = Source("a", "text")
    findings = DiagnosticSet()
    for _ in range(3):
        findings.add(codes.UNKNOWN_FIELD.at(source.span(), "one"))
    findings.add(codes.UNKNOWN_FIELD.at(source.span(), "two"), codes.WRONG_TYPE.at(source.span(), "one"))
    assert [d.message for d in findings.all()] == ["one", "two", "one"]
    assert findings.has_errors


def test_many_of_a_kind_at_one_place_are_counted() -> None:
    source = Source("a", "text")
    findings = DiagnosticSet()
    for number in range(100):
        findings.add(codes.YAML_1_1.at(source.span(), str(number)))
    shown = findings.all()
    assert len(shown) == SAME_PLACE
    assert shown[-1].notes == (f"and {100 - SAME_PLACE} more like this here",)
    assert not findings.has_errors


def test_apis_are_found_by_name() -> None:
    apis = Apis()
    assert list(apis) == ["ehpc/v1", "ehpc/v2"]
    assert len(apis) == 2
    assert apis["ehpc/v1"] is apis["ehpc/v1"]
    with pytest.raises(KeyError):
        apis["ehpc/v3"]


def test_an_installation_without_its_schemas_says_so(tmp_path: Path) -> None:
    (tmp_path / "x" / "v1").mkdir(parents=True)
    (tmp_path / "x" / "v1" / "request.schema.json").write_text("{}")
    with pytest.raises(SpeccError, match="cannot read"):
        Apis(tmp_path)["x/v1"]


def test_a_file_is_replaced_whole_and_keeps_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "report.json"
    write_file(path, "one\n")
    write_file(path, "two\n")
    assert path.read_text() == "two\n"
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(SpeccError, match="cannot write"):
        write_file(path / "below", "x")
    with pytest.raises(SpeccError, match="cannot write"):
        write_file(tmp_path / "deep", "x")


def test_a_folder_that_goes_away_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("gone", "here"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.job.yaml").touch()
    listing = os.scandir

    def scandir(folder: str) -> object:
        if Path(folder).name == "gone":
            raise FileNotFoundError(folder)
        return listing(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    assert names(tmp_path, tmp_path) == ["here/a.job.yaml"]


@pytest.mark.parametrize(
    "pattern", ["*.job.yaml", "**/*.job.yaml", "jobs/*.yaml", "**", "/a*", "old/", "[a-c]?", "jobs/**/x"]
)
@pytest.mark.parametrize(
    "path", ["a.job.yaml", "jobs/a.job.yaml", "jobs/old/x", "old", "b1", "jobs/x", "a\nb.job.yaml"]
)
def test_patterns_made_ready_fit_what_a_pattern_matches(pattern: str, path: str) -> None:
    *inside, name = path.split("/")
    assert Patterns([pattern]).fit(tuple(inside), name) == matches((*inside, name), pattern)
    assert Patterns(["gone", pattern]).fit(tuple(inside), name) == matches((*inside, name), pattern)
