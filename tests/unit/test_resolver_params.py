"""Declarations of parameters: what each promises, and what is wrong with one."""

from support.resolving import Resolved, resolve_text
from support.tables import each

from specc.diagnostics import codes
from specc.nodes import to_data
from specc.resolver import Param, has_type, shown


def declare(text: str) -> Resolved:
    return resolve_text(f"params: {{p: {text}}}")


def param(text: str) -> Param:
    found = declare(text)
    assert not found.shown
    return found.spec.params["p"]


class TestReading:
    def test_a_full_declaration(self) -> None:
        full = param(
            "{type: integer, default: 2, minimum: 1, maximum: 8, choices: [1, 2, 4], example: 4, description: d}"
        )
        assert (full.name, full.type, full.key.value) == ("p", "integer", "p")
        assert full.default is not None
        assert full.example is not None
        assert (to_data(full.default), to_data(full.example)) == (2, 4)
        assert full.minimum is not None
        assert full.maximum is not None
        assert (full.minimum.value, full.maximum.value) == (1, 8)
        assert [choice.value for choice in full.choices] == [1, 2, 4]

    def test_the_least_is_a_type(self) -> None:
        least = param("{type: string}")
        assert (least.default, least.minimum, least.maximum, least.choices, least.example) == (
            None,
            None,
            None,
            (),
            None,
        )

    def test_a_child_completes_its_parents_declaration(self) -> None:
        base = "params: {p: {type: integer, default: 1}, q: {type: string}}"
        found = resolve_text(
            "extends: b.yaml\nparams: {p: {default: 3, maximum: 4}, q: {$unset: true}}", {"b.yaml": base}
        )
        assert found.shown == []
        assert list(found.spec.params) == ["p"]
        merged = found.spec.params["p"]
        assert merged.default is not None
        assert (to_data(merged.default), merged.key.span.source.name) == (3, "a.job.yaml")

    @each(
        "default",
        ["'{{ env.HOME }}'", '"{% if params.q %}a{% endif %}"', "{$file: x.j2}"],
    )
    def test_a_computed_default_is_not_judged_here(self, default: str) -> None:
        found = resolve_text(f"params: {{p: {{type: integer, default: {default}}}}}", {"x.j2": "x"})
        assert found.shown == []

    @each("default", ["{$literal: '{{ x }}'}", "{$file: x.sh}"])
    def test_what_is_no_template_is(self, default: str) -> None:
        found = resolve_text(f"params: {{p: {{type: integer, default: {default}}}}}", {"x.sh": "x"})
        assert found.slugs == ["bad-param-value"]

    def test_an_alias_to_nothing_is_not_held_against_the_declaration(self) -> None:
        found = resolve_text("extends: b.yaml", {"b.yaml": "params: {p: {type: integer, default: *nope}}"})
        assert found.slugs == ["bad-alias"]


class TestBadDeclarations:
    @each(
        "text, message, help",
        [
            ("64", "`params.p` is the number 64, not a declaration", "write `p: {type: integer, default: 64}`"),
            ("1.5", "`params.p` is the number 1.5, not a declaration", "write `p: {type: number, default: 1.5}`"),
            ("true", "`params.p` is the boolean true, not a declaration", "write `p: {type: boolean, default: true}`"),
            (
                "cavity",
                '`params.p` is the text "cavity", not a declaration',
                'write `p: {type: string, default: "cavity"}`',
            ),
            ("''", '`params.p` is the text "", not a declaration', "write `p: {type: string, default: ...}`"),
            ("null", "`params.p` is null, not a declaration", "write `p: {type: string, default: ...}`"),
            ("[a]", "`params.p` is a list, not a declaration", "write `p: {type: string, default: ...}`"),
            ("{}", "`params.p` does not say its type", "add `type:`, one of string, integer, number, boolean, list"),
            ("{type: int}", "`params.p` has an unknown type", "did you mean `integer`?"),
            ("{type: bool}", "`params.p` has an unknown type", "did you mean `boolean`?"),
            ("{type: str}", "`params.p` has an unknown type", "did you mean `string`?"),
            (
                "{type: 3}",
                "`params.p` has an unknown type",
                "types here: `string`, `integer`, `number`, `boolean`, `list`",
            ),
            (
                "{type: [string]}",
                "`params.p` has an unknown type",
                "types here: `string`, `integer`, `number`, `boolean`, `list`",
            ),
            ("{type: string, defualt: a}", "a parameter has no `defualt`", "did you mean `default`?"),
            (
                "{type: string, choices: a}",
                "`choices` of `params.p` is not a list of values",
                "write `choices: [first, second]`",
            ),
            (
                "{type: string, choices: []}",
                "`choices` of `params.p` is not a list of values",
                "write `choices: [first, second]`",
            ),
            (
                "{type: string, choices: [[a]]}",
                "`choices` of `params.p` is not a list of values",
                "write `choices: [first, second]`",
            ),
            ("{type: string, minimum: 1}", "`minimum` is for numbers, and `params.p` is a string", None),
            ("{type: list, maximum: 1}", "`maximum` is for numbers, and `params.p` is a list", None),
            ("{type: integer, minimum: a}", '`minimum` of `params.p` is the text "a", not a number', None),
            ("{type: integer, minimum: true}", "`minimum` of `params.p` is the boolean true, not a number", None),
            ("{type: integer, minimum: 2, maximum: 1}", "`maximum` of `params.p` is below its `minimum`", None),
        ],
    )
    def test_is_reported_and_left_out(self, text: str, message: str, help: str | None) -> None:
        found = declare(text)
        assert found.messages == [message]
        assert found.only.code is codes.BAD_PARAM
        assert found.helps == [help]
        assert found.spec.params == {}
        assert "p" in found.spec.section("params").entries

    def test_choices_hold_no_templates(self) -> None:
        found = declare("{type: string, choices: [a, '{{ env.X }}']}")
        assert found.messages == ["the choices of `params.p` are fixed, without templates"]
        assert found.only.span.text == "'{{ env.X }}'"
        assert declare("{type: string, choices: [a, {$literal: '{{ x }}'}]}").shown == []

    def test_every_mistake_in_every_declaration_is_reported(self) -> None:
        found = resolve_text("params: {a: 1, b: {type: nope, mininum: 1}, c: {type: string}}")
        assert found.slugs == ["bad-param"] * 3
        assert list(found.spec.params) == ["c"]


class TestValuesThatDoNotFit:
    @each(
        "text, message, refused_by, help",
        [
            (
                '{type: integer, default: "4"}',
                'the default does not fit: `params.p` must be an integer, not the text "4"',
                "integer",
                "write it without quotes: `default: 4`",
            ),
            (
                '{type: boolean, default: "true"}',
                'the default does not fit: `params.p` must be a boolean, not the text "true"',
                "boolean",
                "write it without quotes: `default: true`",
            ),
            (
                "{type: string, default: 007}",
                "the default does not fit: `params.p` must be a string, not 7",
                "string",
                'write it with quotes: `default: "007"`',
            ),
            (
                "{type: integer, default: 1.5}",
                "the default does not fit: `params.p` must be an integer, not 1.5",
                "integer",
                "remove `default` to make the parameter required",
            ),
            (
                "{type: integer, default: null}",
                "the default does not fit: `params.p` must be an integer, not null",
                "integer",
                "remove `default` to make the parameter required",
            ),
            (
                "{type: integer, default: 0, minimum: 1}",
                "the default does not fit: `params.p` must be at least 1, not 0",
                "1",
                None,
            ),
            (
                "{type: number, example: 9, maximum: 8.5}",
                "the example does not fit: `params.p` must be at most 8.5, not 9",
                "8.5",
                None,
            ),
            (
                "{type: string, default: chanel, choices: [cavity, channel]}",
                'the default does not fit: `params.p` must be one of "cavity", "channel", not "chanel"',
                "[cavity, channel]",
                "did you mean `channel`?",
            ),
            (
                "{type: integer, default: 3, choices: [1, 2]}",
                "the default does not fit: `params.p` must be one of 1, 2, not 3",
                "[1, 2]",
                "add it to `choices`, or take one of them",
            ),
            (
                "{type: string, choices: [1]}",
                "the choice does not fit: `params.p` must be a string, not 1",
                "string",
                'write it with quotes: `"1"`',
            ),
            (
                "{type: integer, choices: [1, 9], maximum: 8}",
                "the choice does not fit: `params.p` must be at most 8, not 9",
                "8",
                None,
            ),
            (
                "{type: boolean, default: 'yes'}",
                'the default does not fit: `params.p` must be a boolean, not the text "yes"',
                "boolean",
                "write `default: true`: YAML 1.2 reads `yes` as a text",
            ),
            (
                "{type: list, example: a}",
                'the example does not fit: `params.p` must be a list, not the text "a"',
                "list",
                None,
            ),
        ],
    )
    def test_are_shown_with_what_refuses_them(self, text: str, message: str, refused_by: str, help: str | None) -> None:
        found = declare(text)
        assert found.messages == [message]
        assert found.only.code is codes.BAD_PARAM_VALUE
        assert [(label.span.text, label.message) for label in found.only.labels] == [(refused_by, "declared here")]
        assert found.helps == [help]
        assert "p" in found.spec.params

    @each(
        "text, fixed",
        [
            ("{type: integer, default: '4'}", "4"),
            ("{type: integer, default: '016'}", None),
            ("{type: boolean, default: 'true'}", "true"),
            ("{type: boolean, default: 'Yes'}", "true"),
            ("{type: boolean, default: 'off'}", "false"),
            ("{type: boolean, default: maybe}", None),
            ("{type: integer, default: 'yes'}", None),
            ("{type: string, default: 1.50}", '"1.50"'),
            ("{type: string, default: null}", None),
            ("{type: string, default: chanel, choices: [cavity, channel]}", "channel"),
            ("{type: string, default: x, choices: [cavity, channel]}", None),
            ("{type: integer, default: 3, choices: [1, 2]}", None),
            ("{type: list, example: a}", None),
            ("{type: integer, default: [1]}", None),
        ],
    )
    def test_are_fixed_where_it_is_certain_what_was_meant(self, text: str, fixed: str | None) -> None:
        fix = declare(text).only.fix
        assert (fix and [edit.replacement for edit in fix.edits]) == (fixed and [fixed])

    def test_an_inherited_choice_is_pointed_at_where_it_stands(self) -> None:
        base = {"b.yaml": "params: {p: {type: string, choices: [a, b]}}"}
        finding = resolve_text("extends: b.yaml\nparams: {p: {default: c}}", base).only
        assert (finding.span.source.name, finding.labels[0].span.source.name) == ("a.job.yaml", "b.yaml")


class TestComplaint:
    """What `-p` and computed defaults are held to."""

    @each(
        "text, good, bad",
        [
            ("{type: string}", ["", "a"], [1, None, True, ["a"]]),
            ("{type: integer}", [0, -1, 10**30], [1.0, "1", True, None]),
            ("{type: number}", [0, 1.5], ["1", False]),
            ("{type: boolean}", [True, False], [0, 1, "true"]),
            ("{type: list}", [[], [1]], ["a", {}, None]),
            ("{type: integer, minimum: 1, maximum: 3}", [1, 3], [0, 4]),
            ("{type: integer, minimum: 2, maximum: 2}", [2], [1, 3]),
            ("{type: number, minimum: 0.5}", [0.5, 1], [0.4, 0]),
            ("{type: string, choices: [a, b]}", ["a"], ["c", ""]),
            ("{type: number, choices: [1, 2.5]}", [1, 1.0, 2.5], [2, True]),
        ],
    )
    def test_of_values(self, text: str, good: list[object], bad: list[object]) -> None:
        declared = param(text)
        assert [value for value in good if declared.objection(value) is not None] == []
        assert [value for value in bad if declared.objection(value) is None] == []

    def test_says_what_was_expected_and_found(self) -> None:
        assert param("{type: integer}").objection("x") == '`params.p` must be an integer, not the text "x"'


@each(
    "value, text",
    [(True, "true"), (None, "null"), (1, "1"), (1.5, "1.5"), ("a b", '"a b"'), ("a\nb", '"a\\nb"'), ([1], "[1]")],
)
def test_a_value_is_shown_as_yaml_writes_it(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_boolean_is_no_number() -> None:
    assert not has_type(True, "integer")
    assert not has_type(True, "number")
    assert has_type(True, "boolean")
