"""Whatever is written in a spec, compiling it ends with findings and payloads, and every place lies in its text."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from support.compiling import Compiled, context, request
from support.compiling import Files as InMemory
from support.laws import law

from specc.compiler import check_document, payloads
from specc.diagnostics import Diagnostic
from specc.parser import parse
from specc.reporters import Report, ReportFormat, Summary, report_text
from specc.source import Source, Span

NAMES = [
    *("a", "b", "m", "x", "ranks", "mesh", "smoke", "é", "from", "to", "step", "type", "default", "choices", "example"),
    *("minimum", "maximum", "axes", "zip", "exclude", "include", "max", "repeat", "name", "cmd_line", "core_limit"),
    *("mem_limit", "time_limit", "input_file", "timestamp", "submit_type", "env", "args", "job", "vars", "matrix"),
    *("$append", "$prepend", "$replace", "$unset", "$file", "$literal", "$nope", "<<", "specc", "null", "1", "[a]"),
]
EXPRESSIONS = [
    *("params.a", "params.ranks", "vars.a", "vars.m.x", "vars.b[0]", "matrix.a", "matrix.mesh", "job.name", "job.a"),
    *("job.mem_limit", "cell.slug", "cell.id", "cell.index", "spec.id", "spec.name", "env.HOME", "env.A", "ranks"),
    *(
        "1",
        "1.5",
        "true",
        "none",
        "'x y'",
        "[1, 2]",
        "{'a': 1}",
        "[]",
        "'\\\\ud800'",
        "10 ** 400",
        "1 / 0",
        "'a' * 10 ** 9",
    ),
    *("vars", "params", "matrix", "job", "cell", "range(3)", "range(10 ** 9)", "vars.a.b.c", "vars['a']", "nope.x.y"),
    *("vars.a | sh", "vars.b | map('upper')", "vars.x | default(3)", "vars.x is defined", "params.a ~ matrix.a"),
    *("vars.a + 1", "vars.b | join(' ')", "64 | gib", "job.mem_limit | int", "vars.m | tojson", "vars.m | length"),
    *("'\\\\x00'", "1e400", "-1", "2 ** 53", "'a' if params.a else vars.b", "vars.a |", "(", "x.__class__", "1 | nope"),
]
TEXTS = [
    *(
        "",
        "a",
        "a b",
        "4",
        "64GiB",
        "2h30m",
        "1:30",
        "64G",
        "$x",
        "it's",
        "中文",
        "run.sh",
        "bad.sh.j2",
        "p.py",
        "nope",
    ),
    *(
        "b.job.yaml",
        "a.job.yaml",
        "../x",
        "//b.job.yaml",
        "specc:mpi",
        "ehpc/v2",
        "integer",
        "string",
        "list",
        "number",
    ),
    *(
        "cat <<EOF\n$x\n{{ vars.a }}\nEOF",
        "{% if params.a %}x{% endif %}",
        "{% for i in vars.b %}{{ i }}\n{% endfor %}",
    ),
    *("{{", "}}", "{% nope %}", "{{ }}", "\\ud800", "\\0", "a\nb"),
]
PLAIN = [
    "null",
    "true",
    "1",
    "0",
    "-3",
    "4.0",
    "1.5",
    ".nan",
    ".inf",
    "1e300",
    "9007199254740993",
    "010",
    "no",
    "~",
    "*n",
]


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'.replace("\\\\ud800", "\\ud800").replace("\\\\0", "\\0")


EXPRESSION = st.sampled_from(EXPRESSIONS)
SCALAR = st.one_of(
    st.sampled_from(PLAIN),
    st.sampled_from(TEXTS).map(quoted),
    EXPRESSION.map(lambda text: quoted(f"{{{{ {text} }}}}")),
    st.lists(EXPRESSION, min_size=1, max_size=2).map(lambda found: quoted("run {{ " + " }} '{{ ".join(found) + " }}")),
)
KEY = st.sampled_from(NAMES)


def flow(items: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in items) + "}"


VALUE = st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(KEY, inner), max_size=3, unique_by=lambda item: item[0]).map(flow),
        st.tuples(st.sampled_from(NAMES[-12:-7]), inner).map(lambda item: flow([item])),
        inner.map(lambda text: "&n " + text if not text.startswith(("&", "*")) else text),
    ),
    max_leaves=6,
)


def mapping(names: list[str], *, usual: dict[str, str] | None = None) -> st.SearchStrategy[str]:
    """A mapping of some of the names to anything, and the usual values where that says nothing."""
    entries = st.dictionaries(st.sampled_from(names), VALUE, max_size=4)
    return entries.map(lambda found: flow(list({**(usual or {}), **found}.items())))


DECLARATION = mapping(["type", "default", "minimum", "maximum", "choices", "example"], usual={"type": "integer"})
PARAMS = st.dictionaries(st.sampled_from(["a", "ranks", "x"]), DECLARATION | VALUE, max_size=3).map(
    lambda found: flow(list(found.items()))
)
VARS = mapping(["a", "b", "m", "x"])
JOB_NAMES = ["name", "cmd_line", "core_limit", "mem_limit", "time_limit", "input_file", "timestamp", "a", "zone"]
JOB = mapping(JOB_NAMES, usual={"name": "n", "cmd_line": "run"})
AXES = mapping(["a", "mesh", "x"]) | VALUE
MATRIX = st.fixed_dictionaries(
    {}, optional={"axes": AXES, "zip": AXES, "exclude": VALUE, "include": VALUE, "max": VALUE, "repeat": VALUE}
).map(lambda found: flow(list(found.items())))
SECTIONS = {"params": PARAMS, "vars": VARS, "matrix": MATRIX, "job": JOB}
PROFILES = st.fixed_dictionaries({}, optional=SECTIONS).map(lambda found: flow([("smoke", flow(list(found.items())))]))
SPEC = st.fixed_dictionaries(
    {"specc": st.just("1")},
    optional={
        **{name: strategy | VALUE for name, strategy in SECTIONS.items()},
        "profiles": PROFILES | VALUE,
        "abstract": st.sampled_from(["true", "false", '"{{ x }}"']),
        "api": st.sampled_from(["ehpc/v1", "ehpc/v2", "nope", "[a]"]),
        "id": st.sampled_from(["x", "{}", '"{{ y }}"']),
        "extends": st.sampled_from(["b.job.yaml", "a.job.yaml", "nope.yaml", "[b.job.yaml, b.job.yaml]", "3"]),
        "x-any": VALUE,
    },
).map(lambda found: "\n".join(f"{key}: {value}" for key, value in found.items()))

FILES = {
    "b.job.yaml": "specc: 1\nabstract: true\nparams: {a: {type: string, default: q}}\n"
    "vars: {a: 1, b: [x, y], m: {x: '{{ vars.a }}'}}\nmatrix: {axes: {mesh: [c, f]}}\njob: {name: b, core_limit: 2}\n",
    "run.sh": "#!/bin/bash\necho $MESH\n",
    "bad.sh.j2": "echo {{ vars.nope }} {{ vars.a }}\n{% if params.a %}{{ vars.b }}{% endif %}",
    "p.py": "#!/usr/bin/env python3\n",
}
REQUESTS = [
    request(),
    request(p=["a=1", "ranks=[1", "x"], set=["job.name={{ x }}", "vars.a=[1, {a: null}]", "matrix.axes.a=3", "zz=1"]),
    request(profiles=("smoke", "nope"), only=["a=1", "mesh=c"], cells=("0",)),
]


def spans(finding: Diagnostic) -> Iterator[Span]:
    yield finding.span
    yield from (label.span for label in finding.labels)


def assert_ends_well(text, asked):
    files = InMemory({**FILES, "a.job.yaml": text})
    parsed = files.document("a.job.yaml")
    known = context(files, env=["HOME"], environment={"HOME": "/h"})
    found = list(parsed.diagnostics)
    if parsed.document is not None:
        checked = Compiled(check_document(parsed.document, known, asked))
        rendered = Compiled(payloads(parsed.document, known, asked))
        found += [*checked.found, *rendered.found]
        assert rendered.payloads or any(finding.is_error for finding in found)
    for span in (span for finding in found for span in spans(finding)):
        assert 0 <= span.start <= span.end <= len(span.source.text)
    for finding in found:
        assert finding.message
        assert "Unknown(" not in repr((finding.message, finding.help, finding.notes)), finding.message
        assert "object at 0x" not in finding.message
    report = Report(tuple(found), Summary(1, 1, 1, 1, 1))
    assert report_text(report, ReportFormat.TEXT)
    assert report_text(report, ReportFormat.CONCISE).count("\n") == len(found)


@given(SPEC, st.sampled_from(REQUESTS))
@law(60)
def test_any_spec_ends_with_findings_and_payloads(text, asked):
    assert_ends_well(text, asked)


GOOD = """\
specc: 1
id: sweep
extends: b.job.yaml
params:
  ranks: {type: integer, default: 4, minimum: 1}
  case: {type: string, choices: [cavity, channel]}
  seeds: {type: list, example: [1, 2]}
vars:
  x: "{{ params.ranks * 2 }}"
  run_dir: "/s/{{ params.case }}/{{ matrix.mesh }}"
  deep: {one: "{{ vars.x }}", two: ["{{ vars.deep.one }}", 3]}
matrix:
  axes:
    mesh: [coarse, fine]
    seed: {from: 1, to: "{{ params.ranks }}"}
  zip:
    lr: [0.1, 0.2]
    decay: [1, 2]
  exclude:
    - {mesh: fine, seed: 1}
  include:
    - {mesh: huge, seed: 9, lr: 0.5, decay: 3}
  max: 100
  repeat: 2
profiles:
  smoke:
    matrix: {axes: {mesh: [coarse]}}
    job: {core_limit: 1}
job:
  name: "n-{{ cell.slug }}"
  cmd_line: |
    cat <<EOF
    {{ job.mem_limit }} {{ matrix.seed }} {{ matrix.lr }} {{ matrix.decay }}
    EOF
    {% for seed in params.seeds %}run {{ vars.run_dir | sh }} {{ seed }}{% endfor %}
  core_limit: "{{ vars.deep.two[0] }}"
  mem_limit: 64GiB
  time_limit: "{{ 90 | minutes }}"
  input_file: {$file: run.sh, env: {MESH: "{{ matrix.mesh }}"}, args: ["{{ vars.x }}"]}
"""
LINES = GOOD.splitlines()
EDIT = st.tuples(
    st.integers(1, len(LINES) - 1), st.none() | VALUE | st.sampled_from(NAMES).map(lambda name: f"{name}:")
)


def edited(edits: list[tuple[int, str | None]]) -> str:
    """The good spec with the values of some lines replaced, some keys, and some lines left out."""
    lines: list[str | None] = list(LINES)
    for number, new in edits:
        line = LINES[number]
        before, colon, after = line.partition(": ")
        if new is None:
            lines[number] = None
        elif new.endswith(":"):
            lines[number] = line[: len(line) - len(line.lstrip())] + new + " " + after
        else:
            lines[number] = f"{before}{': ' if colon else ' '}{new}"
    return "".join(f"{line}\n" for line in lines if line is not None)


def test_the_spec_that_is_edited_is_good():
    spec, files = parse(Source("a.job.yaml", GOOD, "a.job.yaml")).document, InMemory(FILES)
    found = Compiled(check_document(spec, context(files), request()))
    assert not found.shown
    assert len(found.payloads) == 2 * (2 * (2 * 4 - 1) + 1)


@given(st.lists(EDIT, min_size=1, max_size=4), st.sampled_from(REQUESTS))
@law(60)
def test_any_edit_of_a_good_spec_ends_with_findings_and_payloads(edits, asked):
    assert_ends_well(edited(edits), asked)
