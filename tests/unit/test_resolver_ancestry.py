"""The order of inheritance. Python's own classes are the judge of it: their bases go from strong to weak."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from support.compiling import Files
from support.resolving import resolve_text
from support.tables import each

from specc.diagnostics import codes
from specc.resolver.ancestry import ancestry

BASE, LEFT, RIGHT = "base.job.yaml", "left.job.yaml", "right.job.yaml"
Graph = dict[str, list[str]]


def extends(parents: list[str]) -> str:
    return f"specc: 1\nextends: [{', '.join(parents)}]\n" if parents else "specc: 1\n"


def order(graph: Graph, root: str) -> tuple[list[str], list[str]]:
    """The names from the weakest ancestor to the file, and the slugs of what was found."""
    others = {name: extends(parents) for name, parents in graph.items() if name != root}
    resolved = resolve_text(extends(graph[root]), others, name=root)
    return [part.source.name for part in resolved.spec.ancestors] + [root], resolved.slugs


def order_of_classes(graph: Graph, root: str) -> list[str] | None:
    """The same by Python. None where it refuses, for any of the classes."""
    made: dict[str, type] = {}

    def make(name: str) -> type:
        if name not in made:
            made[name] = type(name, tuple(make(parent) for parent in reversed(graph[name])), {})
        return made[name]

    try:
        return [kind.__name__ for kind in reversed(make(root).__mro__) if kind is not object]
    except TypeError:
        return None


GRAPHS: dict[str, Graph] = {
    "alone": {"a": []},
    "chain": {"a": ["b"], "b": ["c"], "c": []},
    "two parents": {"a": ["b", "c"], "b": [], "c": []},
    "diamond": {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []},
    "base before child": {"a": ["b", "c"], "b": [], "c": ["b"]},
    "base behind child": {"a": ["c", "b"], "b": [], "c": ["b"]},
    "lists that contradict": {"a": ["b", "c"], "b": ["d", "e"], "c": ["e", "d"], "d": [], "e": []},
    "circle of three lists": {
        "a": ["p", "q", "r"],
        "p": ["x", "y"],
        "q": ["y", "z"],
        "r": ["z", "x"],
        "x": [],
        "y": [],
        "z": [],
    },
    "python's documentation": {
        "z": ["k1", "k2", "k3"],
        "k1": ["c", "b", "a"],
        "k2": ["d", "b", "e"],
        "k3": ["d", "a"],
        "a": [],
        "b": [],
        "c": [],
        "d": [],
        "e": [],
    },
    "unequal depth": {"a": ["b", "e"], "b": ["c"], "c": ["d"], "d": [], "e": ["d"]},
    "contradiction below": {"a": ["b"], "b": ["c", "d"], "c": ["d"], "d": []},
}


@each(
    "name, expected",
    [("alone", True), ("chain", True), ("base before child", True), ("two parents", False), ("diamond", False)],
)
def test_a_chain_has_no_two_files_of_which_none_is_an_heir_of_the_other(name: str, expected: bool) -> None:
    files = Files({file: extends(parents) for file, parents in GRAPHS[name].items()})
    document = files.document("a").document
    assert ancestry(document, files)[0].is_chain is expected


@each("graph", GRAPHS.values())
def test_the_order_is_that_of_pythons_classes(graph: Graph) -> None:
    root = next(iter(graph))
    expected = order_of_classes(graph, root)
    names, slugs = order(graph, root)
    if expected is None:
        assert slugs == ["inheritance-order"]
    else:
        assert (names, slugs) == (expected, [])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Files that inherit only from later ones, so that there is no cycle."""
    names = [f"f{number}" for number in range(draw(st.integers(1, 7)))]
    return {
        name: draw(st.lists(st.sampled_from(later), unique=True, max_size=3)) if (later := names[index + 1 :]) else []
        for index, name in enumerate(names)
    }


@given(graphs())
def test_any_order_is_that_of_pythons_classes(graph: Graph) -> None:
    expected = order_of_classes(graph, "f0")
    names, slugs = order(graph, "f0")
    assert (slugs == []) == (expected is not None)
    if expected is not None:
        assert names == expected
    assert set(slugs) <= {"inheritance-order"}


def test_the_later_parent_is_the_stronger_one() -> None:
    others = {LEFT: "job: {name: left}", RIGHT: "job: {name: right}"}
    found = resolve_text(f"extends: [{LEFT}, {RIGHT}]", others)
    assert found.slugs == ["siblings-disagree"]
    assert found.history("job.name") == [f"{RIGHT}: right", f"{LEFT}: left"]


def test_a_diamonds_base_is_merged_once_and_below_both_sides() -> None:
    others = {
        BASE: "job: {name: base, flags: {$append: [x]}}",
        LEFT: f"extends: {BASE}\njob: {{name: left}}",
        RIGHT: f"extends: {BASE}",
    }
    assert resolve_text(f"extends: [{LEFT}, {RIGHT}]", others).data() == {"name": "left", "flags": ["x"]}


class TestContradictions:
    def said(self, graph: Graph, root: str = "a") -> str:
        others = {name: extends(parents) for name, parents in graph.items() if name != root}
        return resolve_text(extends(graph[root]), others, name=root).only.message

    def test_two_files_are_named_with_what_each_parent_brings(self) -> None:
        others = {LEFT: f"extends: {BASE}", BASE: ""}
        finding = resolve_text(f"extends: [{LEFT}, {BASE}]", others).only
        assert finding.code is codes.INHERITANCE_ORDER
        assert finding.message == (
            f"the parents of a.job.yaml have no common order: this list puts `{BASE}` over `{LEFT}`, "
            f"but `{LEFT}` inherits from `{BASE}`"
        )
        assert (finding.span.text, finding.label) == (BASE, f"brings {BASE}")
        assert [(label.span.text, label.message) for label in finding.labels] == [
            (LEFT, f"brings {LEFT} over {BASE}"),
        ]
        assert finding.help == f"remove `{BASE}` from the list: `{LEFT}` already brings it"

    def test_only_files_that_contradict_each_other_are_named(self) -> None:
        # `w` waits for `x` only: `x` and `y` are the contradiction.
        graph: Graph = {
            "a": ["p", "q", "r"],
            "p": ["x", "y"],
            "q": ["y", "x"],
            "r": ["w", "x"],
            "x": [],
            "y": [],
            "w": [],
        }
        assert order_of_classes(graph, "a") is None
        message = self.said(graph)
        assert message.endswith(
            ("`x` must be both stronger and weaker than `y`", "`y` must be both stronger and weaker than `x`")
        )

    def test_a_file_that_only_waits_for_the_circle_is_not_named(self) -> None:
        graph: Graph = {
            "a": ["p", "q", "r"],
            "p": ["x", "y"],
            "q": ["y", "x"],
            "r": ["w"],
            "w": [],
            "x": ["w"],
            "y": ["w"],
        }
        assert "`w`" not in self.said(graph)

    def test_a_circle_of_three_is_shown_edge_by_edge(self) -> None:
        message = self.said(GRAPHS["circle of three lists"])
        assert message.startswith("the parents of a have no common order: ")
        edges = message.partition(": ")[2].split(", and ")
        assert sorted(edges) == [
            "`x` must be weaker than `y`",
            "`y` must be weaker than `z`",
            "`z` must be weaker than `x`",
        ]

    def test_it_is_said_once_where_it_arises(self) -> None:
        graph = GRAPHS["contradiction below"] | {"a": ["b"]}
        assert self.said(graph).startswith("the parents of b have no common order")


@each("second", [BASE, f"./{BASE}", f"//{BASE}", f"x/../{BASE}"])
def test_a_file_twice_in_a_list(second: str) -> None:
    found = resolve_text(f"extends: [{BASE}, {second}]\njob: {{}}", {BASE: "job: {name: n}"})
    finding = found.only
    assert finding.code is codes.INHERITANCE_ORDER
    assert finding.message == f"`{BASE}` is in this `extends` twice"
    assert finding.span.text == second
    assert [label.span.text for label in finding.labels] == [BASE]
    assert finding.help is not None
    assert found.history("job.name") == [f"{BASE}: n"]  # and the rest goes on


class TestCycles:
    def test_itself(self) -> None:
        finding = resolve_text("extends: a.job.yaml").only
        assert finding.code is codes.INHERITANCE_CYCLE
        assert finding.message == "a.job.yaml inherits from itself"
        assert (finding.span.text, finding.notes, finding.help) == ("a.job.yaml", (), "remove it from its `extends`")

    def test_the_chain_has_one_line_an_edge_and_begins_with_the_first_name(self) -> None:
        others = {"c.job.yaml": "extends: a.job.yaml", "b.job.yaml": "extends: c.job.yaml"}
        finding = resolve_text("extends: b.job.yaml", others).only
        assert finding.message == "a.job.yaml inherits from itself through b.job.yaml and c.job.yaml"
        assert finding.notes == (
            "a.job.yaml:2:10: a.job.yaml extends b.job.yaml",
            "b.job.yaml:2:10: b.job.yaml extends c.job.yaml",
            "c.job.yaml:2:10: c.job.yaml extends a.job.yaml",
        )
        assert finding.span.source.name == "a.job.yaml"

    def test_one_finding_for_all_of_its_files(self) -> None:
        texts = {name: f"extends: {to}" for name, to in [("x.yaml", "y.yaml"), ("y.yaml", "x.yaml")]}
        (first, second) = (
            resolve_text(texts[name], {other: text for other, text in texts.items() if other != name}, name=name).only
            for name in texts
        )
        assert (str(first.span), first.message, first.notes) == (str(second.span), second.message, second.notes)

    def test_above_the_spec(self) -> None:
        others = {"x.yaml": "extends: y.yaml\njob: {name: x}", "y.yaml": "extends: x.yaml"}
        found = resolve_text("extends: [x.yaml]", others)
        assert found.only.message == "x.yaml inherits from itself through y.yaml"
        assert found.history("job.name") == ["x.yaml: x"]
        assert not found.spec.is_whole

    def test_two_cycles_are_both_shown(self) -> None:
        others = {name: f"extends: {name}" for name in ("x.yaml", "y.yaml")}
        assert resolve_text("extends: [x.yaml, y.yaml]", others).messages == [
            "x.yaml inherits from itself",
            "y.yaml inherits from itself",
        ]


class TestDepth:
    def tower(self, height: int, **first: str) -> dict[str, str]:
        """`1.yaml` extends `2.yaml` and so on: `height` files."""
        names = [f"{number}.yaml" for number in range(1, height + 1)]
        return {**{name: f"extends: {to}" for name, to in pairwise(names)}, names[-1]: "vars: {}"}

    def test_sixteen_files_above_are_fine(self) -> None:
        found = resolve_text("extends: 1.yaml", self.tower(16))
        assert (found.found, len(found.spec.ancestors)) == ([], 16)

    @each("height", [17, 40, 2000])
    def test_more_are_an_error_that_shows_the_way(self, height: int) -> None:
        finding = resolve_text("extends: 1.yaml", self.tower(height)).only
        assert finding.code is codes.INHERITANCE_DEPTH
        assert finding.message == "inheritance is deeper than 16 files"
        assert finding.span.text == "1.yaml"
        assert len(finding.notes) == 17
        assert finding.notes[0] == "a.job.yaml:2:10: a.job.yaml extends 1.yaml"
        assert finding.notes[-1] == "16.yaml:2:10: 16.yaml extends 17.yaml"

    @each("parents", ["9.yaml, 1.yaml", "1.yaml, 9.yaml"])
    def test_the_longest_way_counts_whatever_is_met_first(self, parents: str) -> None:
        others = {**self.tower(17), "9.yaml": "extends: 10.yaml"}
        found = resolve_text(f"extends: [{parents}]", others)
        assert set(found.slugs) - {"inheritance-order"} == {"inheritance-depth"}
        assert found.slugs.count("inheritance-depth") == 1

    def test_it_is_said_once_however_many_ways_there_are(self) -> None:
        """A ladder: both files of a rung extend both of the next."""
        others = {
            f"{side}{rung}.yaml": extends([f"l{rung + 1}.yaml", f"r{rung + 1}.yaml"])
            for rung in range(30)
            for side in "lr"
        }
        others |= {f"{side}30.yaml": "" for side in "lr"}
        assert resolve_text("extends: [l0.yaml, r0.yaml]", others).slugs == ["inheritance-depth"]


class TestPaths:
    @each(
        "reference, wanted",
        [
            ("b.yaml", "jobs/b.yaml"),
            ("./b.yaml", "jobs/b.yaml"),
            ("../b.yaml", "b.yaml"),
            ("../base/b.yaml", "base/b.yaml"),
            ("//b.yaml", "b.yaml"),
            ("//base/../b.yaml", "b.yaml"),
            ("specc:mpi", "specc:mpi"),
        ],
    )
    def test_what_a_reference_means(self, reference: str, wanted: str) -> None:
        found = resolve_text(f"extends: {reference}", {wanted: "specc: 1"}, name="jobs/a.yaml")
        assert [part.source.name for part in found.spec.ancestors] == [wanted]

    @each("reference", ["../../b.yaml", "//../b.yaml", "/etc/b.yaml", "///etc/b.yaml", ".."])
    def test_out_of_the_project(self, reference: str) -> None:
        name = "jobs/a.yaml" if reference != ".." else "a.yaml"
        finding = resolve_text(f"extends: {reference}", name=name).only
        assert finding.code is codes.OUTSIDE_PROJECT
        assert finding.message == f"`extends: {reference}` leads out of the project"
        assert finding.span.text == reference
        assert finding.help is not None

    def test_a_shipped_base_has_shipped_neighbours_and_reaches_no_other_file(self) -> None:
        others = {"specc:mpi": "specc: 1\nextends: serial", "specc:serial": "specc: 1"}
        found = resolve_text("extends: specc:mpi", others)
        assert [part.source.name for part in found.spec.ancestors] == ["specc:serial", "specc:mpi"]
        found = resolve_text("extends: specc:mpi", {"specc:mpi": "specc: 1\nextends: ../a"})
        assert found.slugs == ["outside-project"]

    def test_a_missing_parent_is_reported_at_its_name_and_the_others_stay(self) -> None:
        found = resolve_text(
            f"extends: [nope.yaml, {BASE}]\njob: {{name: {{$unset: true}}, x: {{$unset: true}}}}",
            {BASE: "job: {name: n}"},
        )
        assert found.shown == ["204 2:11-20 nope.yaml does not exist"]  # what it might have set is not missed
        assert not found.spec.is_whole
        assert found.spec.is_open

    def test_findings_about_a_parent_are_passed_on_once(self) -> None:
        others = {BASE: "specc: 2", LEFT: f"extends: {BASE}", RIGHT: f"extends: {BASE}"}
        found = resolve_text(f"extends: [{LEFT}, {RIGHT}]", others)
        assert found.slugs == ["bad-version"]
        assert found.only.span.source.name == BASE

    def test_a_parent_that_is_no_spec(self) -> None:
        found = resolve_text(f"extends: {BASE}", {BASE: "specc: [1"})
        assert found.slugs == ["yaml-syntax"]
        assert found.spec.ancestors == ()


def test_what_is_never_inherited() -> None:
    others = {BASE: "id: base\nabstract: true\napi: ehpc/v2\njob: {name: n}"}
    spec = resolve_text(f"extends: {BASE}", others).spec
    assert (spec.id, spec.abstract, spec.api) == ("a.job.yaml", False, "ehpc/v2")
    assert resolve_text("id: mine").spec.id == "mine"


@each("api, expected", [("api: ehpc/v1", "ehpc/v1"), ("x-a: 1", "ehpc/v2")])
def test_the_strongest_files_api(api: str, expected: str) -> None:
    assert resolve_text(f"{api}\nextends: {BASE}", {BASE: "api: ehpc/v2"}).spec.api == expected


def test_an_unknown_api_is_reported_where_it_is_said() -> None:
    found = resolve_text(f"extends: {BASE}", {BASE: "api: ehpc/v3"})
    assert found.shown == [f"227 {BASE}:2:6-13 there is no API `ehpc/v3`"]
    assert found.helps == ["did you mean `ehpc/v2`?"]
    assert (found.spec.api, found.spec.api_node) == ("ehpc/v1", None)


@each(
    "path, name, folder",
    [
        ("cavity.job.yaml", "cavity", "."),
        ("cfd/cavity.yml", "cavity", "cfd"),
        ("cfd/deep/x.job.yml", "x", "cfd/deep"),
        (".job.yaml", ".job", "."),
        ("<stdin>", "<stdin>", "."),
    ],
)
def test_what_a_spec_is_called(path: str, name: str, folder: str) -> None:
    spec = resolve_text("job: {}", name=path).spec
    assert (spec.path, spec.name, spec.folder, spec.id) == (path, name, folder, path)


class TestTraced:
    def spec(self, parents: str = BASE) -> object:
        others = {BASE: "extends: far.yaml\njob: {a: 1}", "far.yaml": "job: {b: 1}"}
        return resolve_text(f"extends: {parents}\njob: {{c: 1}}", others)

    def test_an_inherited_finding_shows_the_parent_that_brings_it(self) -> None:
        found = self.spec()
        for place, through in [("job.a", BASE), ("job.b", BASE)]:
            finding = codes.BAD_VALUE.at(found.at(place).span, "wrong")
            (label,) = found.spec.traced(finding).labels
            assert (label.span.text, label.message) == (through, "inherited through this")

    def test_a_finding_of_the_spec_itself_is_left_alone(self) -> None:
        found = self.spec()
        finding = codes.BAD_VALUE.at(found.at("job.c").span, "wrong")
        assert found.spec.traced(finding) is finding

    def test_the_parent_among_several_is_pointed_at_and_said_once(self) -> None:
        found = self.spec(f"[{BASE}, other.yaml]")
        finding = codes.BAD_VALUE.at(found.at("job.a").span, "wrong")
        traced = found.spec.traced(finding)
        assert [label.span.text for label in traced.labels] == [BASE]
        assert found.spec.traced(traced) is traced
