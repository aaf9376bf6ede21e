"""parse(): the header of a spec, and its sections."""

from support.tables import each

from specc.diagnostics import Diagnostic
from specc.nodes import Mapping, to_data
from specc.parser import HEADER, SECTIONS, Document, parse
from specc.source import Source

FULL = """\
specc: 1
id: cfd/cavity
extends: [base/mpi.job.yaml, //site.job.yaml]
abstract: true
api: ehpc/v2
x-owner: {team: cfd}
params: {ranks: {type: integer}}
vars:
matrix: {axes: {mesh: [a]}}
profiles: {}
job: {$replace: {name: x}}
results: {n: 'n = (\\S+)'}
"""


def document(text: str) -> Document:
    parsed = parse(Source("x.yaml", text))
    assert parsed.document is not None
    return parsed.document


def findings(text: str) -> list[Diagnostic]:
    return list(parse(Source("x.yaml", text)).diagnostics)


def said(text: str) -> list[tuple[str, str, str]]:
    return [(each.code.slug, each.span.text, each.message) for each in findings(text)]


def test_a_full_spec() -> None:
    assert findings(FULL) == []
    spec = document(FULL)
    assert spec.id is not None
    assert spec.api is not None
    assert (spec.id.value, spec.api.value, spec.abstract) == ("cfd/cavity", "ehpc/v2", True)
    assert [parent.value for parent in spec.parents] == ["base/mpi.job.yaml", "//site.job.yaml"]
    assert list(spec.body.entries) == list(spec.body.keys) == list(SECTIONS)
    assert to_data(spec.body.entries["job"]) == {"$replace": {"name": "x"}}
    assert set(spec.root.entries) == {*HEADER, *SECTIONS, "x-owner"}


def test_the_least_spec() -> None:
    spec = document("specc: 1\n")
    assert (spec.id, spec.parents, spec.abstract, spec.api) == (None, (), False, None)
    assert spec.body.entries == {}
    assert findings("specc: 1\n") == []


def test_a_section_without_content_is_an_empty_mapping() -> None:
    section = document("specc: 1\njob:\n").body.entries["job"]
    assert isinstance(section, Mapping)
    assert section.entries == {}
    assert section.span.first == (2, 5)


def test_a_section_can_be_an_alias() -> None:
    spec = document("specc: 1\nx-base: &base {name: a}\njob: *base\n")
    assert to_data(spec.body) == {"job": {"name": "a"}}
    assert spec.body.entries["job"].span.text == "*base"


def test_one_parent() -> None:
    assert [parent.value for parent in document("specc: 1\nextends: specc:mpi\n").parents] == ["specc:mpi"]


@each("text", ["", "# only a comment\n", "---\n", "--- # c\n...\n", "\n \n"])
def test_an_empty_file(text: str) -> None:
    assert said(text) == [("empty-spec", "", "the file holds no spec")]


@each(
    "text",
    [
        "#!/bin/bash\n#SBATCH -n 4\nmodule load x\ncd $HOME\n",
        "#!/bin/bash\nif a; then\n\tb\nfi\n",
        "#PBS -N x\n./run: it\n echo a\n",
        "#!/usr/bin/env python3\n",
    ],
)
def test_a_script_is_told_from_a_spec(text: str) -> None:
    (one,) = parse(Source("run.sh", text)).diagnostics
    assert (one.message, one.span.start) == ("the file is a script, not a spec", 0)
    assert "specc init --from" in (one.help or "")


def test_a_spec_that_begins_like_a_script_is_read_as_a_spec() -> None:
    assert document("#!/usr/bin/env -S specc check\nspecc: 1\njob: {}\n").body
    messages = [each.message for each in parse(Source("x.yaml", "#!/bin/sh\nspecc: 1\njob: [\n")).diagnostics]
    assert messages
    assert "the file is a script, not a spec" not in messages


@each(
    "text, found",
    [
        ("[a]", "a list"),
        ("a", 'the text "a"'),
        ("~", "null"),
        ("- a: 1\n", "a list"),
        ("|\n a\n b\n", 'the text "a\\nb\\n"'),
    ],
)
def test_a_document_that_is_no_mapping(text: str, found: str) -> None:
    parsed = parse(Source("x.yaml", text))
    assert parsed.document is None
    assert [each.message for each in parsed.diagnostics] == [f"expected a mapping with `specc: 1` in it, found {found}"]


def test_a_document_that_cannot_be_read_is_not_also_called_empty() -> None:
    assert [slug for slug, _, _ in said("a: 'b")] == ["yaml-syntax"]


VERSION = "expected `specc: 1`, the only language version so far, found "


@each(
    "text, written, message",
    [
        ("job: {}\n", "job", "the spec does not say its language version"),
        ("{}\n", "{}", "the spec does not say its language version"),
        ("specc: 2\n", "2", VERSION + "the number 2"),
        ("specc: '1'\n", "'1'", VERSION + 'the text "1"'),
        ("specc: 1.0\n", "1.0", VERSION + "the number 1.0"),
        ("specc: true\n", "true", VERSION + "the boolean true"),
        ("specc: [1]\n", "[1]", VERSION + "a list"),
        ("specc:\n", "", VERSION + "null"),
    ],
)
def test_the_version(text: str, written: str, message: str) -> None:
    assert said(text) == [("bad-version", written, message)]


def test_a_missing_version_says_what_to_write() -> None:
    assert findings("job: {}\n")[0].help == "add `specc: 1` as the first line"


@each(
    "key, help",
    [
        ("prams", "did you mean `params`?"),
        ("Job", "did you mean `job`?"),
        ("extend", "did you mean `extends`?"),
        ("cmd_line", "fields of the job go below `job:`; keys for other tools begin with `x-`"),
        ("core_limit", "fields of the job go below `job:`; keys for other tools begin with `x-`"),
    ],
)
def test_an_unknown_key(key: str, help: str) -> None:
    found = findings(f"specc: 1\n{key}: {{}}\n")
    assert [(each.code.slug, each.span.text, each.message, each.help) for each in found] == [
        ("unknown-key", key, f"unknown key `{key}` at the top level of a spec", help)
    ]


def test_many_unknown_keys_are_cut_short() -> None:
    found = findings("specc: 1\n" + "".join(f"k{n}: 1\n" for n in range(150)))
    assert len(found) == 100
    assert found[-1].notes == ("50 more like this are not shown",)


@each(
    "line, written, message",
    [
        ("id: 5", "5", "`id` takes a text, found the number 5"),
        ("id: [a]", "[a]", "`id` takes a text, found a list"),
        ("id:", "", "`id` takes a text, found nothing"),
        ("id: ''", "''", "`id` takes a text, found nothing"),
        ("api: 1", "1", "`api` takes a text, found the number 1"),
        ("extends: 5", "5", "`extends` takes a path or a list of paths, found the number 5"),
        ("extends: {a: b}", "{a: b}", "`extends` takes a path or a list of paths, found a mapping"),
        ("extends: [a, [b]]", "[b]", "`extends` takes a path or a list of paths, found a list"),
        ("extends:", "", "`extends` takes a path or a list of paths, found nothing"),
        ("abstract: 1", "1", "`abstract` is `true` or `false`, found the number 1"),
        ("abstract: [true]", "[true]", "`abstract` is `true` or `false`, found a list"),
        ("job: [a]", "[a]", "`job` takes a mapping, found a list"),
        ("params: x", "x", '`params` takes a mapping, found the text "x"'),
        ('vars: "{{ x }}"', '"{{ x }}"', '`vars` takes a mapping, found the text "{{ x }}"'),
    ],
)
def test_a_header_key_of_the_wrong_kind(line: str, written: str, message: str) -> None:
    assert said(f"specc: 1\n{line}\n") == [("bad-header", written, message)]


def test_a_number_as_id_says_how_to_write_it() -> None:
    assert findings("specc: 1\nid: 5\n")[0].help == 'write `"5"` with quotes'


def test_the_good_parents_are_kept() -> None:
    assert [parent.value for parent in document("specc: 1\nextends: [a, 1, b]\n").parents] == ["a", "b"]


def test_yes_is_no_boolean() -> None:
    assert [slug for slug, _, _ in said("specc: 1\nabstract: yes\n")] == ["yaml-1.1", "bad-header"]
    assert document("specc: 1\nabstract: yes\n").abstract is False


@each("name", ["a", "cfd/cavity", "a.b-c_d/e.1", "2024-run", "作业", "a/.b", "..a"])
def test_an_id(name: str) -> None:
    assert findings(f'specc: 1\nid: "{name}"\n') == []


@each("name", ["/a", "a/", "a//b", "..", "a/../b", "./a", "a b", "a\\b", "a:b", "a\n", "x" * 201, "a*"])
def test_what_is_no_id(name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n")
    text = f'specc: 1\nid: "{escaped}"\n'
    assert [slug for slug, _, _ in said(text)] == ["bad-header"]
    assert document(text).id is None


@each(
    "line, written",
    [
        ('id: "a-{{ x }}"', "{{ x }}"),
        ('extends: ["b/{{ params.x }}.yaml"]', "{{ params.x }}.yaml"),
        ('api: "{% if x %}"', "{% if x %}"),
        ('abstract: "{{ x }}"', "{{ x }}"),
    ],
)
def test_the_header_is_static(line: str, written: str) -> None:
    message = "a template is not allowed here: the header of a spec is read before any template"
    assert said(f"specc: 1\n{line}\n") == [("template-not-allowed", written, message)]


def test_findings_of_yaml_and_of_the_header_stand_in_order() -> None:
    text = "specc: 1\nid: 5\nid: 6\nfoo: no\njob: !t {}\n"
    assert [each.span.first.line for each in findings(text)] == [2, 3, 4, 4, 5]
