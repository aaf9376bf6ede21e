"""The pipeline for one spec: layers, profiles, selection, and every finding in one run."""

from support.compiling import Compiled, check, context, document, render, request
from support.tables import each

from specc.compiler import check_document, evaluated_cells, payloads
from specc.diagnostics import Diagnostic
from specc.project import DiagnosticSet

JOB = "job: {name: n, cmd_line: run}\n"
BASE = "specc: 1\nabstract: true\n"


def names(compiled):
    return [payload.name for payload in compiled.payloads]


OTHERS = {"b": BASE + "job: {core_limit: 3, hpcqueue_id: base}\n"}


class TestPrecedence:
    SPEC = """
    extends: b
    params: {c: {type: integer, default: 5}}
    profiles:
      p: {job: {core_limit: 6}}
      q: {job: {core_limit: 7}}
    job: {name: n, cmd_line: run, core_limit: "{{ params.c }}"}
    """

    def test_each_layer_over_the_last(self):
        target = "{zone: z, cluster_id: c, run_user: u, core_limit: 2, hpcqueue_id: target, resource_limit: target}"
        body = render(self.SPEC, OTHERS, job=target).body
        assert (body["core_limit"], body["hpcqueue_id"], body["resource_limit"]) == (5, "base", "target")

    def test_an_api_default_is_the_weakest(self):
        assert render("api: ehpc/v2\n" + JOB).body["submit_type"] == 1
        assert (
            render("api: ehpc/v2\n" + JOB, job="{zone: z, cluster_id: c, run_user: u, submit_type: 0}").body[
                "submit_type"
            ]
            == 0
        )

    @each(
        "asked, cores",
        [
            ({"p": ["c=9"]}, 9),
            ({"profiles": ("p",)}, 6),
            ({"profiles": ("p", "q")}, 7),
            ({"profiles": ("q", "p")}, 6),
            ({"profiles": ("p",), "set": ["job.core_limit=8"]}, 8),
            ({"set": ["params.c.default=4"]}, 4),
            ({"set": ["job.core_limit=8"], "p": ["c=9"]}, 8),
        ],
    )
    def test_overlays(self, asked, cores):
        assert render(self.SPEC, OTHERS, request(**asked)).body["core_limit"] == cores

    def test_a_parent_sees_the_values_of_its_heir(self):
        base = BASE + "vars: {n: base, dir: '/s/{{ vars.n }}'}\njob: {name: '{{ vars.dir }}', cmd_line: run}\n"
        assert render("extends: b\nvars: {n: heir}\n", {"b": base}).body["name"] == "/s/heir"

    def test_a_profile_shrinks_the_matrix(self):
        spec = """
        matrix: {axes: {m: [a, b, c]}, exclude: [{m: c}]}
        profiles: {smoke: {matrix: {axes: {m: [a]}}}}
        job: {name: "{{ matrix.m }}", cmd_line: "run {{ matrix.m }}"}
        """
        assert names(render(spec)) == ["a", "b"]
        small = render(spec, asked=request(profiles=("smoke",)))
        assert (names(small), small.shown) == (["a"], []), "an exclude without a cell is no mistake of the profile's"
        assert check(spec).shown == []


class TestSelection:
    SPEC = "matrix: {axes: {m: [a, b], n: [1, 2]}}\njob: {name: '{{ cell.slug }}', cmd_line: run}"

    @each(
        "only, slugs",
        [
            ([], ["a-1", "a-2", "b-1", "b-2"]),
            (["m=a"], ["a-1", "a-2"]),
            (["m=a", "n=2"], ["a-2"]),
            (["n=1", "n=2", "m=b"], ["b-1", "b-2"]),
        ],
    )
    def test_only(self, only, slugs):
        assert names(render(self.SPEC, asked=request(only=only))) == slugs

    def test_a_cell_by_the_beginning_of_its_id(self):
        payload = render(self.SPEC).payloads[2]
        assert names(render(self.SPEC, asked=request(cells=(payload.cell.id[:8],)))) == ["b-1"]

    @each(
        "asked, slug",
        [
            ({"only": ["m=z"]}, "no-such-cell"),
            ({"only": ["z=1"]}, "unknown-axis"),
            ({"only": ["m"]}, "bad-override"),
            ({"cells": ("nope",)}, "no-such-cell"),
        ],
    )
    def test_nothing_selected_is_a_mistake(self, asked, slug):
        found = render(self.SPEC, asked=request(**asked))
        assert found.slugs == [slug]

    def test_the_selected_cells_keep_their_index(self):
        (payload,) = render(self.SPEC, asked=request(only=["m=b", "n=2"])).payloads
        assert payload.cell.index == 3


def test_every_mistake_of_every_stage_in_one_run():
    found = check(
        """
        params: {p: {type: integr}, q: {type: integer, default: x}}
        vars: {a: "{{ vars.b }}", b: "{{ vars.a }}", c: "{{ nope }}", d: "{{ 1 / 0 }}", e: "{{ x"}
        matrix: {axes: {m: []}}
        profiles: {s: {jobs: {}}}
        job:
          name: 4
          nam: x
          cmd_line: "run {{ 'a b' }}"
          mem_limit: 64G
          core_limit: "{{ matrix.m }}"
          time_limit: {$append: 3}
        """
    )
    assert set(found.slugs) == {
        *("bad-param", "bad-param-value", "reference-cycle", "undefined-name", "template-error", "template-syntax"),
        *("bad-matrix", "unknown-key", "wrong-type", "unknown-field", "unquoted-shell-value", "ambiguous-quantity"),
        "bad-operator",
    }


def test_what_is_said_of_a_hundred_cells_is_said_once():
    spec, files, _ = document(
        """
        matrix: {axes: {m: {from: 1, to: 100}}}
        profiles: {p: {}, q: {}}
        job: {name: "{{ matrix.m }}", cmd_line: "run {{ matrix.n }}", core_limit: four, nam: x}
        """
    )
    findings = DiagnosticSet()
    findings.add(*(item for item in check_document(spec, context(files), request()) if isinstance(item, Diagnostic)))
    assert sorted(finding.code.slug for finding in findings.all()) == ["undefined-name", "unknown-field", "wrong-type"]


def test_check_gives_the_payloads_of_the_plain_spec_as_far_as_they_are_known():
    spec = """
    params: {p: {type: string}}
    matrix: {axes: {m: [a, "{{ params.p }}"]}}
    profiles: {q: {job: {core_limit: 1}}}
    job: {name: "{{ matrix.m }}", cmd_line: run}
    """
    assert names(check(spec)) == ["a"]


def test_a_payload_beside_an_error_is_still_given_for_its_cell():
    made = render("matrix: {axes: {m: [1, x]}}\njob: {name: n, cmd_line: run, core_limit: '{{ matrix.m }}'}")
    assert (len(made.payloads), made.slugs) == (1, ["wrong-type"])


def test_a_matrix_that_cannot_be_used_still_shows_what_else_is_wrong():
    found = render("matrix: {axes: {m: 3}}\njob: {name: '{{ matrix.m }}', cmd_line: run, nam: 1}")
    assert found.slugs == ["bad-matrix", "unknown-field"]
    assert not found.payloads


def test_an_api_that_is_not_there():
    found = check("api: ehpc/v3\n" + JOB)
    assert found.slugs == ["unknown-api"]


def test_a_profile_that_is_not_there_is_shown_on_the_command_line():
    (finding,) = check("profiles: {smoke: {}}\n" + JOB, asked=request(profiles=("smok",))).found
    assert (finding.message, finding.help) == ("the spec has no profile `smok`", "did you mean `smoke`?")
    assert (finding.span.source.path, finding.span.text) == ("--profile", "smok")


def test_only_the_selected_cells_are_evaluated():
    spec, files, _ = document("matrix: {axes: {m: [a, b]}}\njob: {name: '{{ matrix.m }}', cmd_line: run}")
    items = list(evaluated_cells(spec, context(files), request(only=["m=b"])))
    assert [evaluated.job["name"].data for _, evaluated in items] == ["b"]


def test_payloads_come_one_by_one():
    spec, files, _ = document("matrix: {axes: {m: {from: 1, to: 1000}}}\n" + JOB)
    made = payloads(spec, context(files), request())
    assert next(made).cell.index == 0
    assert next(made).cell.index == 1


def test_the_same_spec_compiled_twice_is_the_same():
    spec, files, _ = document(
        "matrix: {axes: {m: [a, b]}}\njob: {name: '{{ cell.slug }}', cmd_line: 'run {{ x }}', core_limit: y}"
    )
    known = context(files)
    first, second = (Compiled(check_document(spec, known, request())) for _ in range(2))
    assert first.items == second.items or first.shown == second.shown
