"""Profiles: overlays of the spec and its parents, chosen by name."""

from support.resolving import Resolved, leaves, resolve_text
from support.tables import each

from specc.diagnostics import codes
from specc.nodes import LayerKind

BASE = "base.yaml"


def with_profiles(own: str, base: str = "{}", *chosen: str, job: str = "{a: 0}", **more: str) -> Resolved:
    """A spec with `own` profiles over a base with its profiles."""
    text = f"extends: {BASE}\nprofiles: {own}"
    return resolve_text(text, {BASE: f"job: {job}\nprofiles: {base}", **more}, profiles=chosen)


class TestOrder:
    SPEC = "job: {a: 0, l: [0]}\nprofiles: {s: {job: {a: 1, l: {$append: [1]}}}, t: {job: {a: 2, l: {$append: [2]}}}}"

    @each(
        "chosen, merged",
        [
            ([], {"a": 0, "l": [0]}),
            (["s"], {"a": 1, "l": [0, 1]}),
            (["s", "t"], {"a": 2, "l": [0, 1, 2]}),
            (["t", "s"], {"a": 1, "l": [0, 2, 1]}),
            (["s", "s"], {"a": 1, "l": [0, 1]}),
            (["s", "t", "s"], {"a": 1, "l": [0, 2, 1]}),
        ],
    )
    def test_the_one_given_last_is_the_strongest(self, chosen: list[str], merged: object) -> None:
        assert resolve_text(self.SPEC, profiles=chosen).data() == merged

    def test_over_the_file_and_below_set(self) -> None:
        found = resolve_text(self.SPEC, profiles=["s"], sets=["job.a=3"])
        assert found.history("job.a") == ["--set: 3", "profile s: 1", "a.job.yaml: 0"]


class TestInheritance:
    def test_a_childs_overlay_comes_over_its_parents(self) -> None:
        found = with_profiles("{s: {job: {a: 2}}}", "{s: {job: {a: 1, b: 1}}}", "s")
        assert found.data() == {"a": 2, "b": 1}
        assert found.history("job.a") == ["profile s: 2", "profile s: 1", f"{BASE}: 0"]

    def test_a_parents_profile_can_be_chosen(self) -> None:
        assert with_profiles("{}", "{s: {job: {a: 1}}}", "s").data() == {"a": 1}

    def test_an_overlay_comes_over_the_childs_own_values(self) -> None:
        text = f"extends: {BASE}\njob: {{a: 5}}"
        assert resolve_text(text, {BASE: "profiles: {s: {job: {a: 1}}}"}, profiles=["s"]).data() == {"a": 1}

    def test_operators_act_on_what_the_parents_overlay_left(self) -> None:
        found = with_profiles(
            "{s: {job: {l: {$append: [2]}, a: {$unset: true}}}}",
            "{s: {job: {l: {$append: [1]}}}}",
            "s",
            job="{a: 0, l: [0]}",
        )
        assert found.data() == {"l": [0, 1, 2]}
        assert found.history("job.a") == ["profile s: {'$unset': True}", f"{BASE}: 0"]

    def test_all_names_that_can_be_chosen_with_the_place_of_the_strongest(self) -> None:
        names = with_profiles("{t: {}, u: {}}", "{s: {}, t: {}}").spec.profile_names
        assert {name: key.span.source.name for name, key in names.items()} == {
            "s": BASE,
            "t": "a.job.yaml",
            "u": "a.job.yaml",
        }


class TestOperatorsOfAProfile:
    def test_a_child_takes_a_profile_away(self) -> None:
        found = with_profiles("{s: {$unset: true}}", "{s: {job: {a: 1}}}")
        assert found.shown == []
        assert found.spec.profile_names == {}
        gone = with_profiles("{s: {$unset: true}}", "{s: {job: {a: 1}}, t: {}}", "s")
        assert gone.messages == ["the spec has no profile `s`"]
        assert gone.history("job.a") == [f"{BASE}: 0"]

    def test_a_child_replaces_a_profile(self) -> None:
        found = with_profiles("{s: {$replace: {job: {b: 2}}}}", "{s: {job: {a: 1}}}", "s")
        assert found.data() == {"a": 0, "b": 2}

    def test_taken_away_and_declared_anew(self) -> None:
        others = {
            "1.yaml": "profiles: {s: {job: {a: 1}}}",
            "2.yaml": "extends: 1.yaml\nprofiles: {s: {$unset: true}}",
        }
        found = resolve_text("extends: 2.yaml\nprofiles: {s: {job: {b: 2}}}", others, profiles=["s"])
        assert found.data() == {"b": 2}

    def test_two_siblings_take_one_away(self) -> None:
        others = {
            BASE: "profiles: {s: {}}",
            "l.yaml": f"extends: {BASE}\nprofiles: {{s: {{$unset: true}}}}",
            "r.yaml": f"extends: {BASE}\nprofiles: {{s: {{$unset: true}}}}",
        }
        found = resolve_text("extends: [l.yaml, r.yaml]", others)
        assert (found.shown, found.spec.profile_names) == ([], {})

    @each("operator", ["{$unset: true}", "{$replace: {}}"])
    def test_of_one_that_was_not_inherited(self, operator: str) -> None:
        found = with_profiles(f"{{smok: {operator}}}", "{smoke: {}}")
        name = operator[1:].partition(":")[0]
        assert found.messages == [f"`{name}` finds no inherited profile `smok`"]
        assert found.only.code is codes.NOTHING_INHERITED
        assert found.helps == ["did you mean `smoke`?"]
        assert resolve_text(f"profiles: {{s: {operator}}}").helps == [f"remove `{name}` here"]
        assert resolve_text(f"abstract: true\nprofiles: {{s: {operator}}}").shown == []

    @each(
        "value, message",
        [
            ("{$unset: 1}", "`$unset` has the number 1"),
            ("{$replace: 4}", "`s` is the number 4, not a mapping"),
            ("{$append: [1]}", "`$append` cannot act on `s`, which is a mapping"),
            ("{$nope: 1}", "there is no operator `$nope`"),
            ("{$unset: true, job: {}}", "`job` is not allowed beside `$unset`"),
        ],
    )
    def test_misuse(self, value: str, message: str) -> None:
        assert with_profiles(f"{{s: {value}}}", "{s: {job: {a: 1}}}").messages == [message]


class TestOperatorsOfTheSection:
    BASE_PROFILES = "{s: {job: {a: 1}}, t: {job: {a: 2}}}"

    def test_all_are_taken_away(self) -> None:
        found = with_profiles("{$unset: true}", self.BASE_PROFILES)
        assert (found.shown, found.spec.profile_names) == ([], {})

    def test_all_are_replaced(self) -> None:
        found = with_profiles("{$replace: {t: {job: {b: 3}}}}", self.BASE_PROFILES, "t")
        assert found.data() == {"a": 0, "b": 3}
        assert list(found.spec.profile_names) == ["t"]

    @each(
        "value, message",
        [
            ("{$append: [1]}", "`$append` cannot act on `profiles`, which is a mapping"),
            ("{$replace: [1]}", "`profiles` is a list, not a mapping"),
            ("{$nope: 1}", "there is no operator `$nope`"),
        ],
    )
    def test_misuse(self, value: str, message: str) -> None:
        assert with_profiles(value, self.BASE_PROFILES).messages == [message]

    def test_where_none_was_inherited(self) -> None:
        assert with_profiles("{$unset: true}").messages == ["`$unset` finds no inherited `profiles`"]


class TestChoice:
    @each(
        "own, help",
        [
            ("{smoke: {}}", "did you mean `smoke`?"),
            ("{full: {}, tiny: {}}", "profiles here: `full`, `tiny`"),
            ("{}", "the spec and its parents declare no `profiles:`"),
        ],
    )
    def test_an_unknown_one_is_reported_as_it_was_typed(self, own: str, help: str) -> None:
        found = with_profiles(own, "{}", "smok")
        assert found.messages == ["the spec has no profile `smok`"]
        assert found.only.code is codes.UNKNOWN_PROFILE
        assert (str(found.only.span), found.helps) == ("--profile smok", [help])

    def test_every_unknown_one_is_reported_and_the_known_ones_act(self) -> None:
        found = with_profiles("{s: {job: {a: 1}}}", "{}", "x", "s", "y")
        assert found.slugs == ["unknown-profile"] * 2
        assert found.history("job.a")[0] == "profile s: 1"


class TestBadOverlays:
    @each("value", ["4", "[1]", "null", "text", "{$literal: x}"])
    def test_that_are_no_mapping(self, value: str) -> None:
        found = with_profiles(f"{{s: {value}}}", "{}")
        assert found.slugs == ["kind-conflict"]
        assert found.messages[0].startswith("profile `s` is ")
        assert found.messages[0].endswith(", not an overlay")
        assert found.helps == ["write `s: {job: {...}}`"]
        assert found.spec.profile_names == {}

    @each(
        "key, message",
        [
            ("core_limit", "profile `s` has no section `core_limit` (fields of the job go below `job:`)"),
            ("extends", "profile `s` has no section `extends`"),
            ("profiles", "profile `s` has no section `profiles`"),
        ],
    )
    def test_with_a_section_that_there_is_not(self, key: str, message: str) -> None:
        found = with_profiles(f"{{s: {{{key}: {{}}, job: {{a: 1}}}}}}", "{}", "s")
        assert found.messages == [message]
        assert found.only.span.text == key
        assert found.history("job.a")[0] == "profile s: 1"

    def test_a_misspelled_section(self) -> None:
        assert with_profiles("{s: {jobs: {}}}").helps == ["did you mean `job`?"]

    @each("value", ["4", "[1]", "null"])
    @each("chosen", [[], ["s"]])
    def test_with_a_section_that_is_no_mapping_it_is_said_once(self, value: str, chosen: list[str]) -> None:
        found = with_profiles(f"{{s: {{vars: {value}, job: {{a: 1}}}}}}", "{}", *chosen)
        assert found.slugs == ["kind-conflict"]
        assert found.messages[0].startswith("`vars` is ")
        assert found.messages[0].endswith(", not a mapping")

    def test_are_reported_whether_chosen_or_not_and_wherever_they_stand(self) -> None:
        found = with_profiles("{s: {job: {}}}", "{t: {vras: {}}}", "s")
        assert found.shown == [
            f"201 {BASE}:3:16-20 profile `t` has no section `vras` (fields of the job go below `job:`)"
        ]

    def test_what_a_merge_finds_is_found_when_it_is_chosen(self) -> None:
        own = "{s: {job: {b: {$unset: true}, a: {x: 1}}}}"
        assert with_profiles(own).shown == []
        assert sorted(with_profiles(own, "{}", "s").slugs) == ["kind-conflict", "nothing-inherited"]


def test_a_whole_section_in_an_overlay_can_be_replaced() -> None:
    assert with_profiles("{s: {job: {$replace: {b: 1}}}}", "{}", "s").data() == {"b": 1}
    assert with_profiles("{s: {job: {$unset: true}}}", "{}", "s").data() == {}


def test_a_profile_shrinks_a_matrix_and_changes_params_and_vars() -> None:
    text = """
        params: {n: {type: integer, default: 8}}
        vars: {v: 1}
        matrix: {axes: {s: {from: 1, to: 10}}}
        profiles:
          smoke: {params: {n: {default: 1}}, vars: {v: 2}, matrix: {axes: {s: [1]}}}
    """
    found = resolve_text(text, profiles=["smoke"])
    assert found.data("matrix.axes") == {"s": [1]}
    assert found.data("vars.v") == 2
    default = found.spec.params["n"].default
    assert default is not None
    assert (default.layer.kind, default.layer.name) == (LayerKind.PROFILE, "smoke")


def test_every_value_of_an_overlay_belongs_to_the_profile() -> None:
    job = "{a: [1, {b: 2}], c: {$file: run.sh, env: {X: 1}, args: [y]}, d: {$literal: z}}"
    found = resolve_text(f"profiles: {{s: {{job: {job}}}}}", {"run.sh": "x"}, profiles=["s"])
    kinds = {str(node.layer) for _, node in leaves(found.spec.section("job"))}
    file = found.at("job.c")
    assert file is not None
    kinds |= {str(node.layer) for part in (file.env, file.args) for _, node in leaves(part)}
    assert kinds == {"profile s"}
