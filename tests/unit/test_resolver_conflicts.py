"""siblings-disagree: two files wrote one leaf, and only the order of a list decides which one counts."""

from support.resolving import Resolved, layer, resolve_text
from support.tables import each

BASE, LEFT, RIGHT, BELOW = "base.yaml", "left.yaml", "right.yaml", "below.yaml"


def siblings(left: str, right: str, own: str = "", base: str = "vars: {}") -> Resolved:
    """A spec that extends `left` and `right`, which both extend `base`; each is its lines behind the header."""
    others = {LEFT: f"extends: {BASE}\n{left}", RIGHT: f"extends: {BASE}\n{right}", BASE: base}
    return resolve_text(f"extends: [{LEFT}, {RIGHT}]\n{own}", others)


def test_both_places_and_the_list_are_shown() -> None:
    finding = siblings("job: {core_limit: 4}", "job: {core_limit: 8}").only
    assert finding.code.slug == "siblings-disagree"
    assert not finding.is_error
    assert finding.message == "two parents that do not inherit from each other set `job.core_limit` differently"
    assert (str(finding.span), finding.label) == (
        f"{RIGHT}:3:19",
        "this one wins, because its file comes later in `extends`",
    )
    assert [(str(label.span), label.message) for label in finding.labels] == [
        (f"{LEFT}:3:19", "this one loses"),
        ("a.job.yaml:2:10", "both extended here"),
    ]
    assert finding.help == "set `job.core_limit` in the spec that extends both, if the order is meant"


DISAGREE = [
    ("job: {a: 1}", "job: {a: 2}"),
    ("job: {a: 1}", "job: {a: true}"),
    ("job: {a: 1}", "job: {a: '1'}"),
    ("job: {a: null}", "job: {a: 0}"),
    ("job: {a: '{{ vars.x }}'}", "job: {a: {$literal: '{{ vars.x }}'}}"),
    ("job: {a: [1, 2]}", "job: {a: [2, 1]}"),
    ("job: {a: []}", "job: {a: [1]}"),
    ("job: {a: [1]}", "job: {a: []}"),
    ("vars: {m: {deep: {a: 1}}}", "vars: {m: {deep: {a: 2}}}"),
    ("params: {p: {type: integer, default: 1}}", "params: {p: {type: integer, default: 2}}"),
    ("matrix: {axes: {a: [1]}}", "matrix: {axes: {a: {from: 1, to: 2}}}"),
    ("matrix: {axes: {a: {from: 1, to: 2}}}", "matrix: {axes: {a: [1]}}"),
    ("matrix: {axes: {a: {from: 1, to: 2}}}", "matrix: {axes: {a: {from: 1, to: 3}}}"),
]


@each("left, right", DISAGREE)
def test_different_values(left: str, right: str) -> None:
    assert siblings(left, right).slugs == ["siblings-disagree"]


AGREE = [
    ("job: {a: 1}", "job: {b: 1}"),
    ("job: {a: 1}", "job: {a: 1}"),
    ("job: {a: 1}", "job: {a: 1.0}"),
    ("job: {a: text}", "job: {a: 'text'}"),
    ("job: {a: text}", "job: {a: {$literal: text}}"),
    ("job: {a: [1, {b: 2}]}", "job: {a: [1, {b: 2}]}"),
    ("matrix: {axes: {a: {from: 1, to: 2}}}", "matrix: {axes: {a: {to: 2, from: 1}}}"),
    ("job: {a: {$append: [1]}}", "job: {a: {$append: [2]}}"),
    ("job: {a: [1]}", "job: {a: {$append: [2]}}"),
    ("job: {a: []}", "job: {a: {$prepend: [2]}}"),
    ("job: {a: []}", "job:\n  a:\n    '$append': [2]"),
]


@each("left, right", AGREE)
def test_equal_values_and_lists_that_grow(left: str, right: str) -> None:
    assert siblings(left, right).shown == []


def test_a_list_that_both_lengthen_keeps_all() -> None:
    found = siblings("job: {a: {$append: [2]}}", "job: {a: {$prepend: [0]}}", base="job: {a: [1]}")
    assert found.data() == {"a": [0, 1, 2]}


@each("own", ["job: {a: 3}", "job: {a: 2}", "job: {a: {$replace: 3}}", "job: {a: {$unset: true}}"])
def test_the_spec_that_extends_both_decides(own: str) -> None:
    assert siblings("job: {a: 1}", "job: {a: 2}", own).shown == []


def test_adding_to_a_list_decides_nothing() -> None:
    found = siblings("job: {a: [1]}", "job: {a: [2]}", "job: {a: {$append: [3]}}")
    assert found.slugs == ["siblings-disagree"]
    assert str(found.only.span) == f"{RIGHT}:3:10"
    assert found.history("job.a")[0] == "a.job.yaml: [2, 3]"


def test_an_heir_of_both_decides_for_its_own_heirs() -> None:
    others = {
        LEFT: "job: {a: 1}",
        RIGHT: "job: {a: 2}",
        BELOW: f"extends: [{LEFT}, {RIGHT}]\njob: {{a: 3}}",
    }
    assert resolve_text(f"extends: {BELOW}", others).shown == []


def test_its_heirs_only_inherit_a_disagreement() -> None:
    others = {LEFT: "job: {a: 1}", RIGHT: "job: {a: 2}", BELOW: f"extends: [{LEFT}, {RIGHT}]"}
    finding = resolve_text(f"extends: {BELOW}", others).only
    assert [str(label.span) for label in finding.labels] == [f"{LEFT}:2:10", f"{BELOW}:2:10"]


def test_a_child_that_overrides_its_own_parent() -> None:
    others = {BASE: "job: {a: 1}", LEFT: f"extends: {BASE}\njob: {{a: 2}}"}
    assert resolve_text(f"extends: {LEFT}", others).shown == []
    assert resolve_text(f"extends: [{BASE}, {LEFT}]", others).shown == []


def test_one_side_of_a_diamond_overrides_the_base() -> None:
    assert siblings("job: {a: 2}", "vars: {}", base="job: {a: 1}").shown == []


def test_a_value_that_its_own_heir_replaced_disagrees_with_nobody() -> None:
    """`left` replaces the 1 of `below`, and agrees with `right`: nobody says 1 any more."""
    others = {BELOW: "job: {a: 1}", LEFT: f"extends: {BELOW}\njob: {{a: 2}}", RIGHT: "job: {a: 2}"}
    for parents in (f"{LEFT}, {RIGHT}", f"{RIGHT}, {LEFT}"):
        assert resolve_text(f"extends: [{parents}]", others).shown == []


def test_a_grandparent_that_an_unrelated_file_overrules() -> None:
    others = {BELOW: "job: {a: 1}", LEFT: f"extends: {BELOW}", RIGHT: "job: {a: 2}"}
    finding = resolve_text(f"extends: [{LEFT}, {RIGHT}]", others).only
    assert (str(finding.span), str(finding.labels[0].span)) == (f"{RIGHT}:2:10", f"{BELOW}:2:10")


def test_of_three_the_winner_is_held_against_the_strongest_that_differs() -> None:
    others = {"x.yaml": "job: {a: 1}", "y.yaml": "job: {a: 2}", "z.yaml": "job: {a: 2}"}
    finding = resolve_text("extends: [x.yaml, y.yaml, z.yaml]", others).only
    assert (finding.span.source.name, finding.labels[0].span.source.name) == ("z.yaml", "x.yaml")


class TestOperators:
    @each(
        "left, right, winner",
        [
            ("job: {a: 2}", "job: {a: {$unset: true}}", f"{RIGHT}:3:10"),
            ("job: {a: {$unset: true}}", "job: {a: 2}", f"{RIGHT}:3:10"),
            ("job: {a: 2}", "job: {$replace: {b: 1}}", f"{RIGHT}:3:6"),
            ("job: {a: 2}", "job: {$unset: true}", f"{RIGHT}:3:6"),
            ("vars: {m: {a: 2}}", "vars: {m: {$unset: true}}", f"{RIGHT}:3:11"),
        ],
    )
    def test_what_one_sets_and_the_other_takes_away(self, left: str, right: str, winner: str) -> None:
        found = siblings(left, right, base="job: {a: 1}\nvars: {m: {b: 1}}")
        assert found.slugs == ["siblings-disagree"]
        assert str(found.only.span) == winner

    @each("both", ["job: {a: {$unset: true}}", "job: {$unset: true}", "job: {a: {$replace: 2}}"])
    def test_both_do_the_same(self, both: str) -> None:
        assert siblings(both, both, base="job: {a: 1}").shown == []

    def test_taken_away_from_the_base_alone(self) -> None:
        assert siblings("job: {a: {$unset: true}}", "job: {b: 1}", base="job: {a: 1}").shown == []

    @each("operator", ["{a: {$unset: true}}", "{$unset: true}", "{$replace: {b: 1}}"])
    def test_what_can_only_be_meant_for_other_parents(self, operator: str) -> None:
        """A file that takes away what none of its own ancestors sets."""
        others = {LEFT: "job: {a: 1}", RIGHT: f"abstract: true\njob: {operator}"}
        found = resolve_text(f"extends: [{LEFT}, {RIGHT}]", others)
        assert found.shown == []
        assert found.at("job.a") is None

    def test_a_mapping_that_is_set_again_disagrees_as_a_whole(self) -> None:
        found = siblings("vars: {m: {$unset: true}}", "vars: {m: {a: 2}}", base="vars: {m: {a: 1, b: 1}}")
        assert found.messages == ["two parents that do not inherit from each other set `vars.m` differently"]


class TestFiles:
    def both(self, left: str, right: str) -> Resolved:
        others = {"run.sh": "x", "go.sh": "x", LEFT: f"job: {{c: {left}}}", RIGHT: f"job: {{c: {right}}}"}
        return resolve_text(f"extends: [{LEFT}, {RIGHT}]", others)

    @each("other", ["{$file: go.sh}", "{$file: run.sh, env: {A: 1}}", "{$file: run.sh, args: [a]}", "x"])
    def test_another_file_or_other_arguments(self, other: str) -> None:
        assert self.both("{$file: run.sh}", other).slugs == ["siblings-disagree"]

    def test_the_same_file_with_the_same_arguments(self) -> None:
        form = "{$file: run.sh, env: {A: 1}, args: [a]}"
        assert self.both(form, form).shown == []


class TestOtherLayers:
    def test_what_no_file_wrote_is_no_siblings_business(self) -> None:
        below = [layer("{a: 1}"), layer("{a: 2}")]
        assert resolve_text("job: {}", below=below).shown == []
        assert resolve_text("job: {a: 3}", below=below).shown == []

    def test_two_files_over_a_target(self) -> None:
        others = {LEFT: "job: {a: 1}", RIGHT: "job: {a: 2}"}
        found = resolve_text(f"extends: [{LEFT}, {RIGHT}]", others, below=[layer("{a: 1}")])
        assert found.slugs == ["siblings-disagree"]

    def test_a_profile_that_both_declare(self) -> None:
        others = {LEFT: "profiles: {s: {job: {a: 1}}}", RIGHT: "profiles: {s: {job: {a: 2}}}"}
        text = f"extends: [{LEFT}, {RIGHT}]"
        assert resolve_text(text, others).shown == []
        finding = resolve_text(text, others, profiles=["s"]).only
        assert finding.message.endswith("set `job.a` differently in the profile `s`")
        assert finding.help == "set `job.a` in the profile `s` in the spec that extends both, if the order is meant"
        assert (finding.span.source.name, finding.labels[0].span.source.name) == (RIGHT, LEFT)
        settled = resolve_text(f"{text}\nprofiles: {{s: {{job: {{a: 3}}}}}}", others, profiles=["s"])
        assert settled.data() == {"a": 3}

    def test_two_profiles_are_in_the_order_given(self) -> None:
        others = {LEFT: "profiles: {s: {job: {a: 1}}}", RIGHT: "profiles: {t: {job: {a: 2}}}"}
        found = resolve_text(f"extends: [{LEFT}, {RIGHT}]", others, profiles=["t", "s"])
        assert found.data() == {"a": 1}

    def test_a_profile_over_a_file_that_it_does_not_inherit_from(self) -> None:
        others = {LEFT: "job: {a: 1}", RIGHT: "profiles: {s: {job: {a: 2}}}"}
        assert resolve_text(f"extends: [{LEFT}, {RIGHT}]", others, profiles=["s"]).data() == {"a": 2}
