"""Schema errors in a user's words: each at the key or value that is wrong, in the file that wrote it."""

import json
from dataclasses import replace

from support.compiling import Files, check, context, line, render, request
from support.tables import each

from specc.compiler import check_document
from specc.diagnostics import Diagnostic
from specc.schema import read_schema
from specc.source import Source

BASE = "specc: 1\nabstract: true\n"


def one(text, others=None, asked=None, **world):
    (finding,) = check(text, others, asked, **world).found
    return finding


def test_an_unknown_field_is_shown_at_its_key():
    finding = one("job: {name: n, cmd_line: run, mem_limt: 4}")
    assert line(finding) == "401 2:31-39 unknown field `mem_limt`"
    assert finding.help == "did you mean `mem_limit`?"


def test_unknown_fields_are_all_found_whatever_their_values_are():
    found = check("job: {name: n, cmd_line: run, aaaa: null, bbbb: '{{ vars.x }}', cccc: {d: 1}}")
    assert [finding.span.text for finding in found.found if finding.code.slug == "unknown-field"] == [
        "aaaa",
        "bbbb",
        "cccc",
    ]
    assert "fields of ehpc/v1 here: `cluster_id`" in found.found[-1].help
    assert "timestamp" not in found.found[-1].help


def test_a_field_of_the_transport():
    finding = one("job: {name: n, cmd_line: run, timestamp: now}")
    assert line(finding) == "405 2:31-40 `timestamp` is filled in when the payload is sent"


def test_a_missing_field_is_asked_for_where_the_job_is():
    finding = one("job: {cmd_line: run}")
    assert line(finding) == "403 2:1-4 `name` is missing"
    assert finding.notes == ("ehpc/v1 requires it (submitjob.md:28): 作业名称",)


def test_a_spec_without_a_job_is_asked_for_everything():
    found = check("vars: {}", job="{}")
    assert found.shown == [
        *(f"403 1:1-6 `{name}` is missing" for name in ("cluster_id", "zone", "run_user", "name")),
        "403 1:1-6 `cmd_line` or `input_file` is missing",
    ]
    assert '`job = {zone = "..."}` under `[targets.NAME]` in specc.toml' in found.found[1].help
    assert found.found[-1].help == "add `cmd_line: ...` under `job:`, or inherit it from a base with `extends:`"


def test_a_job_that_stands_inside_another_key_is_shown():
    help = one("vars: {job: {name: n, cmd_line: run}}", job="{name: n, zone: z, cluster_id: c, run_user: u}").help
    assert help == "`job:` in line 2 stands inside `vars:`; begin it at the left margin"
    assert "stands inside" not in (one("vars: {job: {a: 1}}\njob: {cmd_line: run}").help or "")


@each(
    "job, missing",
    [
        ("{cmd_line: '{{ params.p }}'}", ["`name` is missing"]),
        ("{name: '{{ params.p }}'}", ["`cmd_line` or `input_file` is missing"]),
        ("{name: '{{ params.p }}', core_limit: 1, cmd_line: x}", []),
    ],
)
def test_what_is_missing_beside_values_that_are_not_known_yet(job, missing):
    assert check(f"params: {{p: {{type: string}}}}\njob: {job}").messages == missing


@each(
    "job, replacement",
    [
        ("{name: n, cmd_line: run, mem_limt: 4}", "mem_limit"),
        ("{name: n, cmd_line: run, mem_limt: 4, mem_limit: 5}", None),
    ],
)
def test_a_name_is_corrected_by_a_fix_where_it_is_free(job, replacement):
    (fix,) = [found.fix for found in check(f"job: {job}").found if found.code.slug == "unknown-field"]
    assert (fix and [edit.replacement for edit in fix.edits]) == (replacement and [replacement])


def test_a_name_is_corrected_by_a_fix_where_a_parent_sets_what_is_meant():
    spec = "extends: b\njob: {name: n, cmd_line: run, mem_limt: 4}"
    (fix,) = [found.fix for found in check(spec, {"b": BASE + "job: {mem_limit: 5}"}).found if found.fix is not None]
    assert [edit.replacement for edit in fix.edits] == ["mem_limit"]


@each("written, replacement", [("4", '"4"'), ("0x10", '"0x10"'), ("true", '"true"'), ("null", None), ("[4]", None)])
def test_quotes_are_added_by_a_fix_where_a_text_is_wanted(written, replacement):
    fix = one(f"job: {{name: n, cmd_line: run, input_file: {written}}}").fix
    assert (fix and [edit.replacement for edit in fix.edits]) == (replacement and [replacement])


def test_a_field_that_was_taken_away_shows_where():
    finding = one("extends: b\njob: {name: {$unset: true}, cmd_line: run}", {"b": BASE + "job: {name: x}"})
    assert (line(finding), finding.labels[0].message) == ("403 3:1-4 `name` is missing", "removed here")
    assert finding.labels[0].span.text == "{$unset: true}"


@each("command", ["cmd_line: run", "input_file: a", "cmd_line: '{{ params.p }}'"])
def test_one_of_the_two_ways_to_run(command):
    assert check(f"params: {{p: {{type: string}}}}\njob: {{name: n, {command}}}").shown == []


def test_an_abstract_spec_is_not_asked_for_fields():
    assert check("abstract: true\njob: {core_limit: 4}").shown == []


def test_a_parent_that_cannot_be_had_may_hold_what_is_missing():
    assert check("extends: nope\njob: {core_limit: 4, input_file: '{{ vars.x }}'}").slugs == ["parent-not-found"]


TYPES = [
    # the field, its value, what is said of it, the way out
    ("core_limit", "'4'", 'an integer, not the text "4"', "write the number without quotes: `core_limit: 4`"),
    ("core_limit", "'016'", 'an integer, not the text "016"', "write the number without quotes: `core_limit: 16`"),
    ("core_limit", "four", 'an integer, not the text "four"', None),
    ("core_limit", "4.5", "an integer, not the number 4.5", None),
    ("core_limit", "true", "an integer, not the boolean true", None),
    ("core_limit", "[4]", "an integer, not a list", None),
    ("core_limit", "{a: 4}", "an integer, not a mapping", None),
    ("core_limit", "null", "an integer, but it is empty (null)", "give it a value, or remove it"),
    ("core_limit", ".nan", "an integer, not the number .nan", None),
    ("core_limit", "{$file: f}", "an integer, not the text of a file", None),
    (
        "core_limit",
        "\"{{ '4' }}\"",
        'an integer, but its template evaluates to the text "4"',
        "add `| int` in the template to make it an integer",
    ),
    (
        "core_limit",
        '"{{ 4.5 }}"',
        "an integer, but its template evaluates to 4.5",
        "add `| int` in the template to make it an integer",
    ),
    ("core_limit", '"{{ none }}"', "an integer, but its template evaluates to null", None),
    ("core_limit", '"{{ [4] }}"', "an integer, but its template evaluates to a list", None),
    ("core_limit", '"{{ {} }}"', "an integer, but its template evaluates to a mapping", None),
    ("input_file", "4", "a text, not the number 4", 'quote it: `input_file: "4"`'),
    ("input_file", "0x10", "a text, not the number 0x10", 'quote it: `input_file: "0x10"`'),
    ("input_file", "true", "a text, not the boolean true", 'quote it: `input_file: "true"`'),
    (
        "input_file",
        '"{{ 1.5 }}"',
        "a text, but its template evaluates to 1.5",
        "add `| string` in the template to make it a text",
    ),
    (
        "input_file",
        '"{{ true }}"',
        "a text, but its template evaluates to true",
        "add `| string` in the template to make it a text",
    ),
]


@each("field, value, said, help", TYPES)
def test_a_wrong_type(field, value, said, help):
    finding = one(f"job: {{name: n, cmd_line: run, {field}: {value}}}", {"f": "4"})
    assert finding.message == f"`{field}` must be {said}"
    assert finding.span.text == value
    assert (finding.help or "").startswith(help or "")
    assert (finding.help is None) == (help is None)


@each("given", ["{{ 1.5 | string }}", "{{ true | string }}"])
def test_the_way_out_of_a_wrong_text_works(given):
    assert check(f"job: {{name: n, cmd_line: run, input_file: '{given}'}}").shown == []


def test_a_template_names_what_it_read_and_where_that_is_set():
    finding = one(
        """
        params: {a: {type: string, default: x}, u: {type: integer}}
        vars: {b: "{{ params.a }}y", l: [1, 2]}
        matrix: {axes: {m: [z]}}
        job: {name: n, cmd_line: run, core_limit: "{{ vars.b ~ matrix.m ~ cell.index ~ vars.l[0] }}"}
        """
    )
    assert finding.notes == (
        '`vars.b` is "xy", set at a.job.yaml:3:11',
        '`matrix.m` is "z", set at a.job.yaml:4:21',
        "`cell.index` is 0",
        "`vars.l[0]` is 1, set at a.job.yaml:3:34",
    )


@each(
    "type, field, help",
    [
        ("boolean", "input_file", "add `| string` in the template to make it a text"),
        ("list", "input_file", None),
        ("string", "core_limit", "add `| int` in the template to make it an integer"),
        ("boolean", "core_limit", None),
    ],
)
def test_the_filter_that_gives_the_type_is_named(type, field, help):
    assert (
        one(f"params: {{p: {{type: {type}}}}}\njob: {{name: n, cmd_line: x, {field}: '{{{{ params.p }}}}'}}").help
        == help
    )


def test_what_is_not_known_is_not_told():
    template = "{{ 'a' if params.u is number else 'b' }}"
    finding = one(
        f'params: {{u: {{type: integer, default: 1}}}}\njob: {{name: n, cmd_line: run, core_limit: "{template}"}}'
    )
    assert finding.notes == ("`params.u` is 1, set at a.job.yaml:2:38",)


class TestInherited:
    def test_a_wrong_value_is_shown_where_it_was_written(self):
        finding = one("extends: b\njob: {name: n, cmd_line: run}", {"b": BASE + "job: {core_limit: x}"})
        assert line(finding).startswith("402 b:3:19-20 ")
        assert [(str(label.span), label.message) for label in finding.labels] == [
            ("a.job.yaml:2:10", "inherited through this")
        ]

    def test_an_unknown_field_as_well(self):
        finding = one("extends: [b, c]\njob: {name: n, cmd_line: run}", {"b": BASE, "c": BASE + "job: {core: 1}"})
        assert line(finding).startswith("401 c:3:7-11 ")

    def test_two_files_up(self):
        others = {"b": BASE + "extends: c\n", "c": BASE + "job: {core_limit: x}"}
        assert one("extends: b\njob: {name: n, cmd_line: run}", others).span.source.path == "c"

    def test_what_it_overrides(self):
        finding = one("extends: b\njob: {name: n, cmd_line: run, core_limit: x}", {"b": BASE + "job: {core_limit: 4}"})
        assert [(str(label.span), label.message) for label in finding.labels] == [("b:3:19", "overrides the number 4")]

    def test_null_over_an_inherited_value(self):
        finding = one(
            "extends: b\njob: {name: n, cmd_line: run, core_limit: null}", {"b": BASE + "job: {core_limit: 4}"}
        )
        assert finding.help == "to remove the inherited value, write `core_limit: {$unset: true}`"

    def test_a_profile_over_the_file(self):
        finding = one("profiles: {p: {job: {core_limit: x}}}\njob: {name: n, cmd_line: run, core_limit: 4}")
        assert (line(finding)[:14], finding.labels[0].message) == ("402 2:34-35 `c", "overrides the number 4")

    def test_a_value_of_the_command_line(self):
        finding = one("job: {name: n, cmd_line: run}", None, request(set=["job.core_limit=x"]))
        assert line(finding).startswith("402 --set:1:16-17 ")

    def test_a_value_of_the_target(self):
        finding = one("job: {name: n, cmd_line: run}", job="{zone: 1, cluster_id: c, run_user: u}")
        assert finding.span.source.path == "specc.toml"


def test_a_value_that_is_not_among_the_allowed_ones():
    finding = one("api: ehpc/v2\njob: {name: n, cmd_line: run, submit_type: 3}")
    assert line(finding) == "404 3:44-45 `submit_type` must be 0 or 1, not 3"
    assert finding.labels == (), "the API's own default is no value that somebody set"


def test_a_wrong_type_is_not_also_a_bad_value():
    assert check("api: ehpc/v2\njob: {name: n, cmd_line: run, submit_type: '1'}").slugs == ["wrong-type"]


def test_all_mistakes_are_found_in_one_run():
    found = check(
        "job: {zzz: n, core_limit: x, time_limit: 1:30, mem_limit: '{{ vars.x }}', timestamp: 1, cmd_line: run}"
    )
    assert sorted(set(found.slugs) - {"yaml-1.1"}) == sorted(
        ["ambiguous-quantity", "missing-field", "transport-field", "undefined-name", "unknown-field", "wrong-type"]
    )


REQUEST = {
    "type": "object",
    "properties": {
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "kind": {"enum": ["a", "b", None]},
        "name": {"type": "string", "pattern": "^[a-z]+$", "description": "lower case"},
        "list": {"type": "array", "items": {"type": "string"}},
        "deep": {"type": "object", "properties": {"x": {"type": "boolean"}}},
        "free": {},
    },
    "additionalProperties": False,
}


def other_api(job):
    """A spec against an API that has more than submitJob's table."""
    api = read_schema("t/v1", Source("r", json.dumps(REQUEST)), Source("a", "{}"), Source("p", "{}"))
    files = Files(
        {"a.job.yaml": f"specc: 1\napi: t/v1\nparams: {{b: {{type: boolean}}, l: {{type: list}}}}\njob: {job}\n"}
    )
    known = context(files, job="{}")
    world = replace(known, apis={"t/v1": api}, settings=replace(known.settings, api="t/v1"))
    items = list(check_document(files.document("a.job.yaml").document, world, request()))
    return [(item.span.text, item.message) for item in items if isinstance(item, Diagnostic)]


@each(
    "job, span, message",
    [
        ("{count: 0}", "0", "`count` must be at least 1, not 0"),
        ("{count: 10}", "10", "`count` must be at most 9, not 10"),
        ("{kind: c}", "c", '`kind` must be "a" or "b" or null, not "c"'),
        ("{name: ABC}", "ABC", "`name` does not fit: 'ABC' does not match '^[a-z]+$'"),
        ("{list: [a, 4]}", "4", "`list` must be a text, not the number 4"),
        ("{list: '{{ [1] }}'}", "'{{ [1] }}'", "`list` must be a text, but its template evaluates to a list"),
        (
            "{list: '{{ params.b }}'}",
            "'{{ params.b }}'",
            "`list` must be a list, but this template gives a boolean",
        ),
        ("{deep: {x: 1}}", "1", "`deep` must be a boolean, not the number 1"),
        ("{deep: x}", "x", '`deep` must be a mapping, not the text "x"'),
        ("{free: [.inf]}", "[.inf]", "`free` holds a number that JSON does not have, such as infinity"),
    ],
)
def test_other_keywords_of_a_schema(job, span, message):
    assert other_api(job) == [(span, message)]


@each("job", ["{free: [1, {a: null}]}", "{list: '{{ params.l }}'}", "{deep: {x: true}, kind: null}"])
def test_other_types_that_fit(job):
    assert other_api(job) == []


def test_render_gives_a_payload_or_an_error_for_every_cell():
    made = render("matrix: {axes: {m: [1, x, 2]}}\njob: {name: n, cmd_line: run, core_limit: '{{ matrix.m }}'}")
    assert [payload.body["core_limit"] for payload in made.payloads] == [1, 2]
    assert made.slugs == ["wrong-type"]


def test_a_misspelled_field_is_not_missing_too():
    found = check("job: {name: n, cmd_lin: run, cluster_id: c, zone: z, run_user: u}")
    assert found.slugs == ["unknown-field"]


@each("job", ["{nam: n, cmd_line: run}", "{name: n, command: run}"])
def test_a_misspelled_field_is_not_missing_as_well(job):
    assert check(f"job: {job}").slugs == ["unknown-field"]


@each(
    "written, replacement",
    [("'4'", "4"), ('"400"', "400"), ("'016'", None), ("'4 '", None), ("four", None), ("'four'", None), ("4.5", None)],
)
def test_quotes_are_removed_by_a_fix_where_a_number_is_left(written, replacement):
    fix = one(f"job: {{name: n, cmd_line: run, core_limit: {written}}}").fix
    assert (fix and [edit.replacement for edit in fix.edits]) == (replacement and [replacement])


@each("digits, is_meant", [(18, True), (19, False)])
def test_no_help_repeats_more_digits_than_a_person_means(digits, is_meant):
    help = one(f"job: {{name: n, cmd_line: run, core_limit: '{'9' * digits}'}}").help or ""
    assert ("9" * digits in help) == is_meant
