"""Merging layers: what wins, what operators do, and that nothing is forgotten."""

from support.resolving import Resolved, layer, resolve_text
from support.tables import each

from specc.diagnostics import codes
from specc.nodes import LayerKind, Scalar, to_data

BASE = "base.yaml"


def child(own: str, base: str, **more: str) -> Resolved:
    """A spec over one base."""
    return resolve_text(f"extends: {BASE}\n{own}", {BASE: base, **more})


class TestValues:
    @each(
        "below, above, merged",
        [
            ("{a: 1}", "{b: 2}", {"a": 1, "b": 2}),
            ("{a: 1}", "{a: 2}", {"a": 2}),
            ("{a: 1}", "{a: text}", {"a": "text"}),
            ("{a: 1}", "{a: null}", {"a": None}),
            ("{a: null}", "{a: 1}", {"a": 1}),
            ("{a: null}", "{a: [1]}", {"a": [1]}),
            ("{a: [1, 2]}", "{a: [3]}", {"a": [3]}),
            ("{a: [1, 2]}", "{a: []}", {"a": []}),
            ("{a: [1, 2]}", "{a: '{{ vars.l }}'}", {"a": "{{ vars.l }}"}),
            ("{a: 1}", "{a: [1]}", {"a": [1]}),
            ("{m: {a: 1, n: {x: 1}}}", "{m: {b: 2, n: {y: 2}}}", {"m": {"a": 1, "n": {"x": 1, "y": 2}, "b": 2}}),
            ("{m: {a: 1}}", "{m: {}}", {"m": {"a": 1}}),
            ("{l: [{a: 1}]}", "{l: [{b: 2}]}", {"l": [{"b": 2}]}),
        ],
    )
    def test_mappings_merge_deeply_and_all_else_replaces(self, below: str, above: str, merged: object) -> None:
        assert child(f"vars: {above}", f"vars: {below}").data("vars") == merged

    def test_keys_stay_in_the_order_in_which_they_are_first_written(self) -> None:
        data = child("job: {z: 3, b: 2, a: 1}", "job: {b: 1, z: 1}").data()
        assert isinstance(data, dict)
        assert list(data) == ["b", "z", "a"]

    def test_a_key_stands_where_the_strongest_file_writes_it(self) -> None:
        job = child("job: {a: 2}", "job: {a: 1, b: 1}").spec.section("job")
        assert [key.span.source.name for key in job.keys.values()] == ["a.job.yaml", BASE]

    @each(
        "below, above, merged",
        [
            ("{from: 1, to: 9}", "[1, 2]", [1, 2]),
            ("{from: 1, to: 9, step: 2}", "[]", []),
            ("[1, 2]", "{from: 1, to: 9}", {"from": 1, "to": 9}),
            ("{from: 1, to: 9}", "{to: 3}", {"from": 1, "to": 3}),
            ("{from: 1, to: 9}", "{step: 2}", {"from": 1, "to": 9, "step": 2}),
        ],
    )
    def test_a_range_is_a_short_list(self, below: str, above: str, merged: object) -> None:
        found = child(f"matrix: {{axes: {{s: {above}}}}}", f"matrix: {{axes: {{s: {below}}}}}")
        assert found.data("matrix.axes.s") == merged

    def test_anchors_and_merge_keys_are_resolved_before_inheritance(self) -> None:
        found = child("x-a: &a {p: 1, q: 2}\nvars: {<<: *a, q: 3}", "vars: {p: 0, r: 0}")
        assert found.data("vars") == {"p": 1, "r": 0, "q": 3}


class TestKindConflicts:
    @each(
        "below, above, here, there",
        [
            ("text", "{a: 1}", "a mapping", 'the text "text"'),
            ("{a: 1}", "text", 'the text "text"', "a mapping"),
            ("{a: 1}", "null", "null", "a mapping"),
            ("null", "{a: 1}", "a mapping", "null"),
            ("[1]", "{a: 1}", "a mapping", "a list"),
            ("{a: 1}", "[1]", "a list", "a mapping"),
            ("[1]", "{to: 3}", "a mapping", "a list"),
            ("{a: 1}", "'{{ vars.m }}'", 'the text "{{ vars.m }}"', "a mapping"),
            ("{a: 1}", "{$file: run.sh}", "the text of a file", "a mapping"),
            ("4", "{from: 1, to: 2}", "a mapping", "the number 4"),
        ],
    )
    def test_both_places_are_shown_and_the_inherited_value_stays(
        self, below: str, above: str, here: str, there: str
    ) -> None:
        found = child(f"vars: {{v: {above}}}", f"vars: {{v: {below}}}", **{"run.sh": "x"})
        assert found.messages == [f"`vars.v` is {here} here, but {there} where it was inherited"]
        finding = found.only
        assert finding.code is codes.KIND_CONFLICT
        assert str(finding.span) == "a.job.yaml:3:11"
        assert [str(label.span) for label in finding.labels] == [f"{BASE}:2:11"]
        assert finding.help == "to put it in place of the inherited value on purpose, write `{$replace: ...}`"
        assert found.history("vars.v")[0].startswith(BASE)

    @each("below, above", [("text", "{a: 1}"), ("{a: 1}", "[1]"), ("{a: 1}", "null")])
    def test_the_help_helps(self, below: str, above: str) -> None:
        assert child(f"vars: {{v: {{$replace: {above}}}}}", f"vars: {{v: {below}}}").shown == []

    def test_all_of_them_are_reported(self) -> None:
        assert child("vars: {a: 1, b: {c: 1}}", "vars: {a: {}, b: {c: {}}}").slugs == ["kind-conflict"] * 2

    def test_an_alias_to_nothing_is_no_conflict_as_well(self) -> None:
        parsed = resolve_text(
            f"extends: [{BASE}, top.yaml]", {BASE: "vars: {m: {a: 1}}", "top.yaml": "vars: {m: *nope}"}
        )
        assert parsed.slugs == ["bad-alias"]


class TestAppend:
    @each(
        "below, above, merged",
        [
            ("{l: [1]}", "{l: {$append: [2, 3]}}", [1, 2, 3]),
            ("{l: [1]}", "{l: {$prepend: [2, 3]}}", [2, 3, 1]),
            ("{l: [1]}", "{l: {$append: []}}", [1]),
            ("{l: []}", "{l: {$append: [1]}}", [1]),
            ("{l: [1]}", "{l: {$append: [1]}}", [1, 1]),
            ("{l: [1]}", "{l: {$append: ['{{ vars.x }}', {a: [1]}]}}", [1, "{{ vars.x }}", {"a": [1]}]),
            ("{}", "{l: {$append: [1]}}", [1]),
        ],
    )
    def test_adds_to_what_is_there(self, below: str, above: str, merged: object) -> None:
        assert child(f"vars: {above}", f"vars: {below}").data("vars.l") == merged

    def test_along_a_chain_each_acts_on_what_has_been_merged_so_far(self) -> None:
        others = {
            "1.yaml": "job: {l: [c]}",
            "2.yaml": "extends: 1.yaml\njob: {l: {$prepend: [b]}}",
            "3.yaml": "extends: 2.yaml\njob: {l: {$append: [d]}}",
        }
        found = resolve_text("extends: 3.yaml\njob: {l: {$prepend: [a]}}", others)
        assert found.data("job.l") == ["a", "b", "c", "d"]
        assert found.history("job.l") == [
            "a.job.yaml: ['a', 'b', 'c', 'd']",
            "3.yaml: ['b', 'c', 'd']",
            "2.yaml: ['b', 'c']",
            "1.yaml: ['c']",
        ]

    @each("operator", ["$append", "$prepend"])
    @each(
        "below, kind",
        [
            ("'{{ vars.l }}'", "a template"),
            ('"{% if a %}x{% endif %}"', "a template"),
            ("{$literal: '{{ x }}'}", 'the text "{{ x }}"'),
            ("text", 'the text "text"'),
            ("null", "null"),
            ("{from: 1, to: 2}", "a mapping"),
            ("{$file: run.sh}", "the text of a file"),
        ],
    )
    def test_needs_a_list(self, operator: str, below: str, kind: str) -> None:
        found = child(f"vars: {{l: {{{operator}: [1]}}}}", f"vars: {{l: {below}}}", **{"run.sh": "x"})
        assert found.messages == [f"`{operator}` needs a list below it, not {kind}"]
        assert found.only.span.text == operator
        assert found.only.labels[0].span.source.name == BASE
        assert found.helps == ["write the whole list, or make the inherited value a list"]
        assert found.history("vars.l")[0].startswith(BASE)


class TestReplace:
    def test_a_mapping_as_a_whole(self) -> None:
        found = child("vars: {m: {$replace: {b: 2}}}", "vars: {m: {a: 1, b: 1}}")
        assert found.data("vars") == {"m": {"b": 2}}
        assert found.history("vars.m.b") == ["a.job.yaml: 2", f"{BASE}: 1"]
        assert found.history("vars.m.a") == ["a.job.yaml: {'$replace': {'b': 2}}", f"{BASE}: 1"]

    def test_a_later_layer_merges_with_the_new_mapping(self) -> None:
        others = {"1.yaml": "vars: {m: {a: 1}}", "2.yaml": "extends: 1.yaml\nvars: {m: {$replace: {b: 2}}}"}
        assert resolve_text("extends: 2.yaml\nvars: {m: {c: 3}}", others).data("vars.m") == {"b": 2, "c": 3}

    def test_what_was_taken_away_inside_of_it_is_not_forgotten(self) -> None:
        others = {
            "1.yaml": "vars: {m: {a: 1, b: 1}}",
            "2.yaml": "extends: 1.yaml\nvars: {m: {a: {$unset: true}}}",
        }
        found = resolve_text("extends: 2.yaml\nvars: {m: {$replace: {a: {x: 1}}}}", others)
        assert found.history("vars.m.a") == ["a.job.yaml: {'x': 1}", "2.yaml: {'$unset': True}", "1.yaml: 1"]

    def test_inside_of_it_nothing_is_inherited(self) -> None:
        found = child("vars: {m: {$replace: {a: {$unset: true}}}}", "vars: {m: {a: 1}}")
        assert found.messages == ["`$unset` finds no inherited `vars.m.a`"]

    @each("inner", ["{$unset: true}", "{$replace: 1}", "{$append: [1]}"])
    def test_of_another_operator(self, inner: str) -> None:
        found = child(f"vars: {{m: {{$replace: {inner}}}}}", "vars: {m: [1]}")
        name = inner[1:].partition(":")[0]
        assert found.messages == [f"`{name}` is not allowed here, where nothing is inherited"]
        assert found.history("vars.m") == [f"{BASE}: [1]"]

    @each("value", ["{$literal: '{{ x }}'}", "{$file: run.sh}"])
    def test_of_a_value_form(self, value: str) -> None:
        assert child(f"vars: {{m: {{$replace: {value}}}}}", "vars: {m: {a: 1}}", **{"run.sh": "x"}).shown == []


class TestUnset:
    def test_takes_away_and_keeps_what_was_there(self) -> None:
        found = child("job: {a: {$unset: true}}", "job: {a: 1, b: 2}")
        assert found.data() == {"b": 2}
        assert "a" not in found.spec.section("job").keys
        assert found.history("job.a") == ["a.job.yaml: {'$unset': True}", f"{BASE}: 1"]

    def test_set_again_goes_on_with_the_history(self) -> None:
        others = {"1.yaml": "job: {a: 1}", "2.yaml": "extends: 1.yaml\njob: {a: {$unset: true}}"}
        found = resolve_text("extends: 2.yaml\njob: {a: 3}", others)
        assert found.data() == {"a": 3}
        assert found.spec.section("job").removed == {}
        assert found.history("job.a") == ["a.job.yaml: 3", "2.yaml: {'$unset': True}", "1.yaml: 1"]

    def test_a_mapping_set_again_has_only_what_is_new_and_all_of_its_history(self) -> None:
        others = {"1.yaml": "vars: {m: {a: 1, b: 1}}", "2.yaml": "extends: 1.yaml\nvars: {m: {$unset: true}}"}
        found = resolve_text("extends: 2.yaml\nvars: {m: {a: 3, c: 3}}", others)
        assert found.data("vars.m") == {"a": 3, "c": 3}
        assert found.history("vars.m.a") == ["a.job.yaml: 3", "2.yaml: {'$unset': True}", "1.yaml: 1"]
        assert found.history("vars.m.b") == ["2.yaml: {'$unset': True}", "1.yaml: 1"]
        assert found.history("vars.m.c") == ["a.job.yaml: 3"]

    @each("again", ["{$replace: {a: 3}}", "{$append: [1]}", "[1]", "3"])
    def test_any_value_can_come_back(self, again: str) -> None:
        others = {"1.yaml": "vars: {m: {a: 1}}", "2.yaml": "extends: 1.yaml\nvars: {m: {$unset: true}}"}
        found = resolve_text(f"extends: 2.yaml\nvars: {{m: {again}}}", others)
        assert found.shown == []
        assert found.history("vars.m")[-1] == "1.yaml: {'a': 1}"

    @each("operator", ["{$unset: true}", "{$replace: 1}"])
    def test_what_was_not_inherited(self, operator: str) -> None:
        name = operator[1:].partition(":")[0]
        found = child(f"job: {{core_limits: {operator}}}", "job: {core_limit: 4}")
        assert found.messages == [f"`{name}` finds no inherited `job.core_limits`"]
        assert found.helps == ["did you mean `core_limit`?"]
        assert found.only.span.text == name
        assert child(f"job: {{x: {operator}}}", "job: {core_limit: 4}").helps == [f"remove `{name}` here"]

    def test_two_siblings_take_the_same_away(self) -> None:
        others = {
            BASE: "job: {a: 1, b: 1}\nvars: {m: {x: 1}}",
            "l.yaml": f"extends: {BASE}\njob: {{a: {{$unset: true}}}}\nvars: {{m: {{$unset: true}}}}",
            "r.yaml": f"extends: {BASE}\njob: {{a: {{$unset: true}}}}\nvars: {{m: {{x: {{$unset: true}}}}}}",
        }
        found = resolve_text("extends: [l.yaml, r.yaml]", others)
        assert set(found.slugs) <= {"siblings-disagree"}
        assert found.history("job.a") == ["r.yaml: {'$unset': True}", "l.yaml: {'$unset': True}", f"{BASE}: 1"]

    def test_a_sibling_replaces_what_the_other_took_away(self) -> None:
        others = {
            BASE: "job: {a: 1}",
            "l.yaml": f"extends: {BASE}\njob: {{a: {{$unset: true}}}}",
            "r.yaml": f"extends: {BASE}\njob: {{a: {{$replace: 2}}}}",
        }
        assert resolve_text("extends: [l.yaml, r.yaml]", others).slugs == ["siblings-disagree"]


class TestMisuse:
    @each(
        "form, message, help",
        [
            ("{$apend: [1]}", "there is no operator `$apend`", "did you mean `$append`?"),
            ("{$: 1}", "there is no operator `$`", None),
            ("{$append: 1}", "`$append` has the number 1", "`$append` takes a list: `{$append: [...]}`"),
            (
                "{$append: '{{ vars.l }}'}",
                '`$append` has the text "{{ vars.l }}"',
                "`$append` takes a list: `{$append: [...]}`",
            ),
            ("{$prepend: {a: 1}}", "`$prepend` has a mapping", "`$prepend` takes a list: `{$prepend: [...]}`"),
            ("{$unset: false}", "`$unset` has the boolean false", "`$unset` takes `true`: `{$unset: true}`"),
            ("{$unset: 1}", "`$unset` has the number 1", "`$unset` takes `true`: `{$unset: true}`"),
            ("{$unset: null}", "`$unset` has null", "`$unset` takes `true`: `{$unset: true}`"),
            ("{$literal: [a]}", "`$literal` has a list", "`$literal` takes a text: `{$literal: 'text'}`"),
            ("{$file: 3}", "`$file` has the number 3", "`$file` takes a path: `{$file: run.sh}`"),
            (
                "{$append: [1], $prepend: [2]}",
                "`$prepend` is not allowed beside `$append`",
                "an operator is a mapping of its own: `{$append: ...}`",
            ),
            (
                "{a: 1, $unset: true}",
                "`a` is not allowed beside `$unset`",
                "an operator is a mapping of its own: `{$unset: ...}`",
            ),
            ("{$file: run.sh, ags: [1]}", "`ags` is not allowed beside `$file`", "did you mean `args`?"),
        ],
    )
    def test_is_explained_and_the_inherited_value_stays(self, form: str, message: str, help: str | None) -> None:
        found = child(f"vars: {{v: {form}}}", "vars: {v: [0]}", **{"run.sh": "x"})
        assert found.messages == [message]
        assert found.only.code is codes.BAD_OPERATOR
        if help is not None:
            assert found.helps == [help]
        else:
            assert str(found.helps[0]).startswith("operators here: ")
        assert found.history("vars.v")[-1] == f"{BASE}: [0]"

    @each("where", ["[1, {}]", "[[{}]]", "[{{a: [{}]}}]", "{{$append: [{}]}}", "{{$replace: [{}]}}"])
    @each("operator", ["{$unset: true}", "{$append: [1]}", "{$replace: 1}"])
    def test_in_a_list_nothing_is_inherited(self, where: str, operator: str) -> None:
        found = child(f"vars: {{l: {where.format(operator)}}}", "vars: {l: [0]}")
        assert found.messages == [f"`{operator[1:].partition(':')[0]}` is not allowed here, where nothing is inherited"]
        node = found.at("vars.l")
        assert node is not None
        assert "$" not in str(to_data(node))

    def test_a_misspelled_operator_in_a_list_is_called_that(self) -> None:
        assert resolve_text("vars: {l: [{$litteral: x}]}").helps == ["did you mean `$literal`?"]

    def test_each_is_reported(self) -> None:
        found = resolve_text("vars: {a: {$apend: [1]}, b: {$unset: 1}, c: [{$unset: true}]}")
        assert found.slugs == ["bad-operator"] * 3


class TestSections:
    """An operator can stand for a whole section."""

    def test_replaced(self) -> None:
        found = child("job: {$replace: {b: 2}}", "job: {a: 1, b: 1}")
        assert found.data() == {"b": 2}
        assert found.history("job.a") == ["a.job.yaml: {'$replace': {'b': 2}}", f"{BASE}: 1"]
        assert found.history("job.b") == ["a.job.yaml: 2", f"{BASE}: 1"]

    def test_replaced_also_what_the_target_says(self) -> None:
        assert resolve_text("job: {$replace: {b: 2}}", below=[layer("{zone: z}")]).data() == {"b": 2}

    def test_taken_away(self) -> None:
        found = child("vars: {$unset: true}", "vars: {a: 1}\njob: {b: 1}")
        assert found.data("vars") == {}
        assert found.data("job") == {"b": 1}
        assert found.history("vars.a") == ["a.job.yaml: {'$unset': True}", f"{BASE}: 1"]

    def test_taken_away_and_set_again(self) -> None:
        others = {"1.yaml": "job: {a: 1}", "2.yaml": "extends: 1.yaml\njob: {$unset: true}"}
        found = resolve_text("extends: 2.yaml\njob: {a: 3}", others)
        assert found.data() == {"a": 3}
        assert found.history("job.a") == ["a.job.yaml: 3", "2.yaml: {'$unset': True}", "1.yaml: 1"]

    def test_taken_away_twice(self) -> None:
        others = {"1.yaml": "job: {a: 1}", "2.yaml": "extends: 1.yaml\njob: {$unset: true}"}
        assert resolve_text("extends: 2.yaml\njob: {$unset: true}", others).data() == {}

    @each("section", ["params", "vars", "matrix", "job"])
    @each("operator", ["{$unset: true}", "{$replace: {}}"])
    def test_where_nothing_was_inherited(self, section: str, operator: str) -> None:
        found = resolve_text(f"{section}: {operator}")
        assert found.messages == [f"`{operator[1:].partition(':')[0]}` finds no inherited `{section}`"]

    @each(
        "value, message",
        [
            ("{$replace: [1]}", "`vars` is a list, not a mapping"),
            ("{$replace: 4}", "`vars` is the number 4, not a mapping"),
            ("{$replace: null}", "`vars` is null, not a mapping"),
            ("{$append: [1]}", "`$append` needs a list below it, not a mapping"),
            ("{$literal: x}", '`vars` is the text "x" here, but a mapping where it was inherited'),
            ("{$nope: x}", "there is no operator `$nope`"),
        ],
    )
    def test_it_stays_a_mapping(self, value: str, message: str) -> None:
        found = child(f"vars: {value}", "vars: {a: 1}")
        assert found.messages == [message]
        assert found.at("vars.a") is not None

    @each("value", ["{$append: [1]}", "{$literal: x}", "{$nope: 1}"])
    def test_it_is_a_mapping_also_where_nothing_was(self, value: str) -> None:
        found = resolve_text(f"vars: {value}")
        assert len(found.found) == 1
        assert found.spec.section("vars").entries == {}


class TestAbstract:
    """A base is checked alone: what it takes away or lengthens may come from another parent of its heir."""

    @each(
        "text",
        [
            "job: {a: {$unset: true}}",
            "job: {a: {$replace: 1}}",
            "job: {$unset: true}",
            "vars: {m: {x: {$unset: true}}}",
            "vars: {m: {$replace: {x: {$unset: true}}}}",
        ],
    )
    def test_what_is_not_inherited_may_come_from_elsewhere(self, text: str) -> None:
        assert resolve_text(f"abstract: true\n{text}").shown == []
        assert set(resolve_text(text).slugs) == {"nothing-inherited"}

    @each("text", ["job: {a: {$unset: 1}}", "job: {a: {$apend: [1]}}", "job: {a: [{$unset: true}]}"])
    def test_what_is_wrong_in_any_case_is_reported(self, text: str) -> None:
        assert resolve_text(f"abstract: true\n{text}").slugs == ["bad-operator"]

    def test_the_heir_is_held_to_it(self) -> None:
        base = {BASE: "abstract: true\njob: {a: {$unset: true}}"}
        found = resolve_text(f"extends: {BASE}", base)
        assert found.messages == ["`$unset` finds no inherited `job.a`"]
        assert found.only.span.source.name == BASE
        assert resolve_text(f"extends: [b.yaml, {BASE}]", {**base, "b.yaml": "job: {a: 1}"}).shown == []


class TestLayers:
    def test_the_order_from_weak_to_strong(self) -> None:
        found = resolve_text(
            f"extends: {BASE}\njob: {{a: 4}}\nprofiles: {{s: {{job: {{a: 5}}}}, t: {{job: {{a: 6}}}}}}",
            {BASE: "job: {a: 3}"},
            profiles=["s", "t"],
            sets=["job.a=7", "job.a=8"],
            below=[layer("{a: 1}", LayerKind.DEFAULTS, ""), layer("{a: 2}", LayerKind.TARGET, "prod")],
            api_defaults=layer("{a: 0}", LayerKind.API, ""),
        )
        assert found.data() == {"a": 8}
        assert found.history("job.a") == [
            "--set: 8",
            "--set: 7",
            "profile t: 6",
            "profile s: 5",
            "a.job.yaml: 4",
            f"{BASE}: 3",
            "target prod: 2",
            "project defaults: 1",
            "API default: 0",
        ]

    def test_a_target_can_take_a_default_away(self) -> None:
        below = [layer("{a: 1, b: 1}", LayerKind.DEFAULTS, ""), layer("{a: {$unset: true}}")]
        found = resolve_text("job: {}", below=below)
        assert found.data() == {"b": 1}
        assert found.history("job.a") == ["target t: {'$unset': True}", "project defaults: 1"]

    @each("form", ["{$literal: x}", "{$file: run.sh}"])
    @each("where", ["{{a: {}}}", "{{a: [{}]}}"])
    def test_a_value_form_outside_of_a_spec_is_not_taken_for_a_replacement(self, form: str, where: str) -> None:
        found = resolve_text("job: {}", below=[layer(where.format(form))])
        assert found.messages == [f"`{form[1:].partition(':')[0]}` works only in a spec file"]

    @each("text", ["{$replace: 4}", "{$unset: true}", "{$append: [1]}"])
    def test_a_layer_that_is_no_mapping_is_a_finding_and_no_traceback(self, text: str) -> None:
        found = resolve_text("job: {b: 1}", below=[layer("{a: 1}"), layer(text)])
        assert "b" in found.spec.section("job").entries

    def test_every_section_is_there_also_in_an_empty_spec(self) -> None:
        spec = resolve_text("x-a: 1").spec
        assert [spec.section(name).entries for name in ("params", "vars", "matrix", "job")] == [{}, {}, {}, {}]
        assert isinstance(spec.body.keys["job"], Scalar)
