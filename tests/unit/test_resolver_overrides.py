"""`--set PATH=VALUE`: one value taken literally, the strongest layer."""

from support.resolving import Resolved, resolve_text
from support.tables import each

from specc.diagnostics import codes
from specc.nodes import LayerKind, Mapping, Scalar, to_data

SPEC = """
params: {ranks: {type: integer, default: 4}}
vars: {dir: /home, m: {a: 1}}
matrix: {axes: {seed: {from: 1, to: 10}}, max: 10}
job: {name: n, flags: [-v], core_limit: 4, env: {A: x}}
"""


def given(*sets: str) -> Resolved:
    return resolve_text(SPEC, sets=sets)


@each(
    "text, path, value",
    [
        ("job.core_limit=8", "job.core_limit", 8),
        ("job.name=a=b", "job.name", "a=b"),
        ("job.name=no", "job.name", "no"),
        ("job.name='8'", "job.name", "8"),
        ("job.name=", "job.name", ""),
        ("job.name=null", "job.name", None),
        ("job.name=a {{ vars.dir }}", "job.name", "a {{ vars.dir }}"),
        ("job.name='{{ vars.dir }}'", "job.name", "{{ vars.dir }}"),
        ("job.flags=[-x, 1]", "job.flags", ["-x", 1]),
        ("job.env={B: y}", "job.env", {"A": "x", "B": "y"}),
        ("job.env.A=z", "job.env", {"A": "z"}),
        ("job.env.B.C=1", "job.env", {"A": "x", "B": {"C": 1}}),
        ("job.new=1", "job.new", 1),
        ("vars.m.b=2", "vars.m", {"a": 1, "b": 2}),
        ("matrix.max=5", "matrix.max", 5),
        ("matrix.axes.seed=[1]", "matrix.axes.seed", [1]),
        ("matrix.axes.seed.to=2", "matrix.axes.seed", {"from": 1, "to": 2}),
        ("matrix.repeat=3", "matrix.repeat", 3),
        ("params.ranks.default=2", "params.ranks.default", 2),
        ("params.ranks={default: 2}", "params.ranks.default", 2),
    ],
)
def test_sets_one_place(text: str, path: str, value: object) -> None:
    assert given(text).data(path) == value


def test_a_value_is_taken_literally_and_belongs_to_the_command_line() -> None:
    node = given("job.name=a {{ x }}").at("job.name")
    assert isinstance(node, Scalar)
    assert (node.verbatim, node.layer.kind) == (True, LayerKind.SET)
    assert str(node.span) == "--set job.name=a {{ x }}"
    assert node.span.text == "a {{ x }}"


def test_each_part_of_the_path_is_pointed_at() -> None:
    job = given("job.env.B.C=1").at("job")
    env = job.get("env") if isinstance(job, Mapping) else None
    inner = env.get("B") if isinstance(env, Mapping) else None
    assert isinstance(env, Mapping)
    assert isinstance(inner, Mapping)
    assert env.keys["B"].span.text == "B"
    assert (inner.span.text, inner.keys["C"].span.text) == ("C=1", "C")
    new = given("job.new.deep=x").at("job.new")
    assert isinstance(new, Mapping)
    assert (str(new.span), new.span.text) == ("--set job.new.deep=x", "deep=x")


def test_templates_in_lists_and_mappings_are_literal_too() -> None:
    found = given("job.flags=['{{ a }}', {b: '{{ c }}'}]")
    assert found.data("job.flags") == ["{{ a }}", {"b": "{{ c }}"}]
    inner = found.at("job.flags").items
    assert inner[0].verbatim
    assert inner[1].get("b").verbatim


def test_the_last_one_wins_and_all_are_remembered() -> None:
    found = given("job.core_limit=8", "job.core_limit=16")
    assert found.history("job.core_limit") == ["--set: 16", "--set: 8", "a.job.yaml: 4"]


class TestOperators:
    @each(
        "text, job",
        [
            ("job.flags={$append: [-x]}", {"flags": ["-v", "-x"]}),
            ("job.flags={$unset: true}", {"flags": None}),
            ("job.env={$replace: {B: y}}", {"env": {"B": "y"}}),
        ],
    )
    def test_act_as_in_a_file(self, text: str, job: dict[str, object]) -> None:
        found = given(text)
        assert found.shown == []
        for name, value in job.items():
            node = found.at(f"job.{name}")
            assert (to_data(node) if node is not None else None) == value

    def test_what_is_not_there_cannot_be_taken_away(self) -> None:
        found = given("job.core_limits={$unset: true}")
        assert found.messages == ["`$unset` finds no inherited `job.core_limits`"]
        assert found.helps == ["did you mean `core_limit`?"]

    @each("form", ["{$file: run.sh}", "{$literal: x}"])
    def test_value_forms_belong_into_files(self, form: str) -> None:
        found = given(f"job.name={form}")
        assert found.messages == [f"`{form[1:].partition(':')[0]}` works only in a spec file"]
        assert found.history("job.name") == ["a.job.yaml: n"]


class TestFaults:
    @each(
        "text, spot, message, help",
        [
            (
                "job.name",
                "job.name",
                "`--set` takes PATH=VALUE, and there is no `=`",
                "write `--set job.FIELD=VALUE`",
            ),
            ("", "", "`--set` takes PATH=VALUE, and there is no `=`", "write `--set job.FIELD=VALUE`"),
            (
                "=4",
                "",
                "`--set` takes PATH=VALUE, and there is nothing before `=`",
                "sections here: `params`, `vars`, `matrix`, `job`",
            ),
            ("core_limit=8", "core_limit", "`core_limit` is not a path in a spec", "write `--set job.core_limit=...`"),
            ("env.A=8", "env.A", "`env.A` is not a path in a spec", "write `--set job.env.A=...`"),
            ("jobs.name=x", "jobs.name", "`jobs.name` is not a path in a spec", "did you mean `job`?"),
            (
                "profiles.s=x",
                "profiles.s",
                "`profiles.s` is not a path in a spec",
                "sections here: `params`, `vars`, `matrix`, `job`",
            ),
            ("job=x", "job", "`job` is not the path of a single value", "name the value, too: `--set job.NAME=VALUE`"),
            (
                "job.=x",
                "job.",
                "`job.` is not the path of a single value",
                "name the value, too: `--set job.NAME=VALUE`",
            ),
            (
                "job.env..A=x",
                "job.env..A",
                "`job.env..A` is not the path of a single value",
                "name the value, too: `--set job.NAME=VALUE`",
            ),
            ("vars.dri=x", "vars.dri", "the spec has no `vars.dri`", "did you mean `vars.dir`?"),
            ("vars.zzz=x", "vars.zzz", "the spec has no `vars.zzz`", "names in `vars` here: `dir`, `m`"),
            (
                "params.rank.default=1",
                "params.rank.default",
                "the spec has no `params.rank`",
                "did you mean `params.ranks`?",
            ),
            (
                "job.core_limit = 8",
                "job.core_limit ",
                "a path in a spec has no spaces",
                "write `--set job.core_limit=...`",
            ),
            (
                "params.ranks=8",
                "params.ranks=8",
                "`params.ranks` is the declaration of a parameter, not its value",
                "to give the parameter a value, write `-p ranks=8`",
            ),
        ],
    )
    def test_of_the_place(self, text: str, spot: str, message: str, help: str) -> None:
        found = given(text)
        assert found.messages == [message]
        assert found.only.code is codes.BAD_OVERRIDE
        assert (found.only.span.text, found.helps) == (spot, [help])

    def test_of_a_spec_without_vars(self) -> None:
        assert resolve_text("job: {}", sets=["vars.x=1"]).helps == [None]

    @each("text", ["job.name=[1", "job.name={a: b: c}", "job.name=a: b", "job.name=a # b", "job.name=*x"])
    def test_of_the_value_leave_all_as_it_was(self, text: str) -> None:
        found = given(text)
        assert found.found
        assert all(finding.is_error for finding in found.found)
        assert all(finding.span.source.name == "--set" for finding in found.found)
        assert found.history("job.name") == ["a.job.yaml: n"]

    @each("text, above", [("job.env=1", "the number 1"), ("job.core_limit.x=1", "a mapping")])
    def test_of_the_kind(self, text: str, above: str) -> None:
        finding = given(text).only
        assert finding.code is codes.KIND_CONFLICT
        assert f"is {above} here" in finding.message

    def test_each_is_reported_and_the_others_act(self) -> None:
        found = given("nope=1", "job.name=x", "vars.nope=1")
        assert found.slugs == ["bad-override"] * 2
        assert found.history("job.name")[0] == "--set: x"
