"""What `check` says of a `results:` section, how it is inherited, and that no payload depends on it."""

import pytest
from support.projects import Place
from support.tables import each

SPEC = """specc: 1
params: {solver: {type: string, default: ico}}
matrix: {axes: {n: [1, 2]}}
job: {name: 'r-{{ cell.slug }}', core_limit: 1, cmd_line: './run {{ matrix.n }} {{ params.solver | sh }}'}
"""
HEIR = SPEC.replace("specc: 1", "specc: 1\nextends: //base/r.job.yaml")


def said(place: Place, results: str) -> list[str]:
    """Return the messages of a check, each with its place and its help."""
    place.put("jobs/r.job.yaml", f"{SPEC}results:\n  {results}\n".encode())
    place.run("check", "jobs/r.job.yaml", "--output", "concise")
    return [line for line in place.out.splitlines() if line.startswith("jobs/") and "SPC518" not in line]


@each(
    "line, column, words",
    [
        ("x: {pattern: '(a', type: text}", 16, "cannot be read: missing )"),
        ("x: {pattern: '(a)(?=b)'}", 16, "cannot be read"),
        ("x: {pattern: '(a)(b)'}", 16, "has 2 groups"),
        ("x: {pattern: abc}", 16, "has no group"),
        ('x: {pattern: "(a)\\n"}', 16, "ends with a line break"),
        (r"x: {pattern: 'energy:\n *(\S+)'}", 16, "demands a line break"),
        ('x: {pattern: "energy:\\n(a)"}', 16, "demands a line break"),
        ("x: {pattern: abc, type: boolean, take: last}", 42, "nothing to take"),
        ("x: {pattern: '(a)', type: nmber}", 29, "`type` of the result `x` is `nmber`"),
        ("x: {pattern: '(a)', type: float}", 29, "`type` of the result `x` is `float`"),
        ("x: {pattern: '(a)', take: frist}", 29, "`take` of the result `x` is `frist`"),
        ("x: {patern: '(a)'}", 7, "a result has no `patern`"),
        ("x: {from: stdout}", 6, "neither `pattern` nor `key`"),
        ("x: {from: a.json, key: a, pattern: (a)}", 29, "both `pattern` and `key`"),
        ("x: {from: stdout, key: a}", 21, "reads JSON, YAML or CSV"),
        ("x: {key: a}", 7, "reads JSON, YAML or CSV"),
        ("x: {from: a.json, key: a..b}", 26, "has an empty part"),
        ("x: {from: a.csv, key: [a, b]}", 25, "name of one column"),
        ("x: {from: a.txt, format: json, pattern: (a)}", 28, "`format` is for `key`"),
        ("x: {from: ../a, pattern: (a)}", 13, "leads out of the folder"),
        ("x: {from: '~/a', pattern: (a)}", 13, "nothing expands `~`"),
        ("x: {from: $HOME/a, pattern: (a)}", 13, "nothing expands `~`"),
        ("x: {from: out/, pattern: (a)}", 13, "is the name of a folder"),
        ("x: {pattern: '(a)', type: text, unit: s}", 41, "is a text, which has no unit"),
        ("x: {pattern: '(a)', unit: ' '}", 29, "`unit` of"),
        ("x: {pattern: '{{ matrix.n }} (a)'}", 16, "is fixed, without templates"),
        ("x: {pattern: ''}", 16, "`pattern` of the result `x` is empty"),
        ("x: {from: '', pattern: (a)}", 13, "`from` of the result `x` is empty"),
        ("x: [a]", 6, "is a list"),
        ("x: 3", 6, "is the number 3"),
        ("n: '(a)'", 3, "`n` is an axis"),
        ("solver: '(a)'", 3, "`solver` is a parameter"),
        ("state: '(a)'", 3, "a column of every table"),
        ("'=x': '(a)'", 3, "cannot name a result"),
        ("x: {from: '{{ cell.slg }}', pattern: (a)}", 17, "`cell.slg` is not defined"),
        ("x: {from: '{{ cell.index }}', pattern: (a)}", 13, "depends on `cell.index`"),
    ],
)
def test_mistakes_are_told_where_they_are(place, line, column, words):
    (message,) = said(place, line)
    assert f"jobs/r.job.yaml:6:{column}:" in message
    assert words in message


@each(
    "line",
    [
        "x: '(a)'",
        "x: {pattern: '(?i)residual: +([-+.e0-9]+)', take: first, type: number, unit: Pa, description: what is left}",
        "x: {from: stderr, pattern: '(a)', take: all}",
        "x: {from: 'out/{{ cell.slug }}/{{ params.solver }}.json', key: a.0.b}",
        "x: {from: a.csv, key: a.b, unit: kg/m3}",
        "x: {from: stdout, key: [a, 0, b.c], format: json}",
        "x: {from: /scratch/a, pattern: (a)}",
        "max p (kPa): '(a)'",
        "x: {pattern: done, type: boolean}",
        "x: {pattern: {$literal: '{{(a)}}'}}",
    ],
)
def test_what_people_write(place, line):
    assert said(place, line) == []


def test_no_payload_depends_on_results(place: Place) -> None:
    place.put("jobs/r.job.yaml", SPEC.encode())
    assert place.run("render", "--digest", "jobs/r.job.yaml") == 0
    before = place.out
    for results in ("results: {x: '(a)'}\n", "results: {x: 3}\n"):
        place.put("jobs/r.job.yaml", (SPEC + results).encode())
        assert place.run("render", "--digest", "jobs/r.job.yaml") == 0
        assert place.out == before


@each(
    "line, is_told",
    [
        ("x: {from: out.json, key: a}", True),
        ("x: {from: /scratch/out.json, key: a}", True),
        ("x: {from: '{{ params.solver }}.json', key: a}", True),
        ("x: {from: '{{ vars.fixed }}.json', key: a}", True),
        ("x: {from: '{{ vars.place }}.json', key: a}", False),
        ("x: {from: 'out-{{ cell.slug }}.json', key: a}", False),
        ("x: {from: stdout, pattern: (a)}", False),
    ],
)
def test_one_file_for_all_cells_is_told(place, line, is_told):
    variables = "vars: {place: 'out/{{ vars.inner }}', inner: '{{ matrix.n }}', fixed: out}\n"
    place.put("jobs/r.job.yaml", f"{SPEC}{variables}results:\n  {line}\n".encode())
    place.run("check", "jobs/r.job.yaml", "--output", "concise")
    assert ("SPC518" in place.out) == is_told
    place.put("jobs/r.job.yaml", f"{SPEC.replace('[1, 2]', '[1]')}{variables}results:\n  {line}\n".encode())
    place.run("check", "jobs/r.job.yaml", "--output", "concise")
    assert "SPC518" not in place.out


class TestInheritance:
    BASE = """specc: 1
abstract: true
results:
  residual: {pattern: 'r = (\\S+)', type: number}
  cells: {from: a.json, key: cells}
"""

    def test_keys_merge_and_a_result_can_be_removed(self, place: Place) -> None:
        place.put("base/r.job.yaml", self.BASE.encode())
        own = "results:\n  residual: {unit: Pa}\n  cells: {$unset: true}\n"
        place.put(
            "jobs/r.job.yaml", SPEC.replace("specc: 1", "specc: 1\nextends: //base/r.job.yaml").encode() + own.encode()
        )
        assert place.run("check", "jobs/r.job.yaml") == 0, place.out
        assert place.run("explain", "jobs/r.job.yaml", "results") == 0
        assert "results.residual" in place.out
        assert "results.cells" not in place.out
        assert place.run("explain", "jobs/r.job.yaml", "results.residual.unit") == 0
        assert 'results.residual.unit = "Pa"\n└─ set by file jobs/r.job.yaml:' in place.out

    def test_a_mistake_of_a_base_is_told_with_the_spec_that_inherits_it(self, place: Place) -> None:
        place.put("base/r.job.yaml", self.BASE.replace("number", "nmber").encode())
        place.put("jobs/r.job.yaml", HEIR.encode())
        assert place.run("check", "base/r.job.yaml", "--output", "concise") == 1
        assert place.out.startswith("base/r.job.yaml:4:")

    def test_a_parameter_that_only_names_a_file_is_used(self, place: Place) -> None:
        text = (
            SPEC.replace(" {{ params.solver | sh }}", "")
            + "results: {x: {from: '{{ params.solver }}-{{ cell.slug }}.log', pattern: (a)}}\n"
        )
        place.put("jobs/r.job.yaml", text.encode())
        assert place.run("check", "jobs/r.job.yaml", "--strict") == 0, place.out


def test_fmt_puts_results_last_and_their_keys_in_order(place: Place) -> None:
    place.put(
        "jobs/r.job.yaml",
        b"specc: 1\nresults:\n  x: {unit: s, pattern: '(a)', from: stdout}\njob: {name: a, cmd_line: ./a}\n",
    )
    assert place.run("fmt", "jobs/r.job.yaml") == 0
    text = (place.root / "jobs/r.job.yaml").read_text()
    assert text.index("job:") < text.index("results:")
    assert 'x: {from: stdout, pattern: "(a)", unit: s}' in text


@pytest.mark.parametrize("name", ["results", "job"])
def test_a_profile_may_lay_results_over(place: Place, name: str) -> None:
    overlay = {"results": "results: {x: {take: first}}", "job": "job: {core_limit: 2}"}[name]
    text = f"{SPEC}results: {{x: '(a)', y: {{pattern: '(b)'}}}}\nprofiles: {{p: {{{overlay}}}}}\n"
    place.put("jobs/r.job.yaml", text.encode())
    place.run("check", "jobs/r.job.yaml", "--output", "concise")
    is_conflict = name == "results"  # `x` is a pattern alone, over which no key can be laid
    assert ("kind-conflict" in place.out) == is_conflict
