"""What does not mean anything does not change a byte of a payload."""

import json

from hypothesis import given
from hypothesis import strategies as st
from support.compiling import Files, check, context, render, request
from support.laws import law

from specc.compiler import check_document
from specc.diagnostics import Diagnostic
from specc.parser import parse
from specc.source import Source

PLAIN_TEXTS = st.text("abc é中😀 '\"\\:#-{}[],&*!|>%@`\t\n\x01\u2028", max_size=12) | st.sampled_from(
    [
        "no",
        "1",
        "1.5",
        "null",
        "~",
        "12:30",
        "",
        " ",
        "a: b",
        "- a",
        "{a: 1}",
        "# c",
        "*a",
        "64GiB",
        "a\n\nb",
        "\n",
        "run",
        "Echo",
    ]
)
TEXTS = PLAIN_TEXTS.filter(lambda text: "{{" not in text and "{%" not in text)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1)
JOBS = st.fixed_dictionaries(
    {"name": TEXTS, "cmd_line": TEXTS},
    optional={
        "core_limit": NUMBERS,
        "mem_limit": NUMBERS,
        "input_file": TEXTS,
        "resource_limit": TEXTS,
        "hpcqueue_id": TEXTS,
    },
)


def canonical(text: str) -> list[bytes]:
    """The payloads of a spec, in which nothing may be wrong."""
    made = render(text)
    assert not [finding for finding in made.found if finding.is_error], made.shown
    return [payload.canonical for payload in made.payloads]


def quoted(text: str) -> str:
    """In double quotes, as JSON has it; YAML has no pairs of escapes for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\u2028", "\\u2028")


class Writer:
    """Writes one job in one of the many ways that YAML has for it."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def spec(self, job: dict[str, object]) -> str:
        names = self.draw(st.permutations(list(job)))
        anchored = self.draw(st.none() | st.sampled_from(names))
        merged = self.draw(st.sets(st.sampled_from(names), max_size=2)) - {anchored}
        lines = ["specc: 1", *self.noise(0)]
        if merged:
            lines += ["x-merged: &merged", *(f"  {name}: {self.value(job[name])}" for name in names if name in merged)]
        if anchored is not None:
            lines += [*self.noise(0), f"x-value: &value {self.value(job[anchored])}"]
        lines += ["job:"]
        for name in names:
            lines += self.noise(2)
            if name not in merged:
                value = "*value" if name == anchored else self.value(job[name])
                lines.append(f"  {self.key(name)}: {value}{self.draw(st.sampled_from(['', ' ', '  # comment']))}")
        lines += ["  <<: *merged"] if merged else []
        return "\n".join([*lines, *self.noise(0)]) + self.draw(st.sampled_from(["", "\n", "\n\n# end"]))

    def noise(self, indent: int) -> list[str]:
        return self.draw(st.lists(st.sampled_from(["", " " * indent + "# comment: {{ x }}", "   "]), max_size=2))

    def key(self, name: str) -> str:
        return self.draw(st.sampled_from([name, f'"{name}"', f"'{name}'"]))

    def value(self, value: object) -> str:
        if not isinstance(value, str):
            return str(value)
        ways = [quoted(value), '"' + "".join(f"\\U{ord(char):08x}" for char in value) + '"']
        if value.isprintable() and value.isascii():
            ways.append("'" + value.replace("'", "''") + "'")
        if value.isalpha() and value.isascii() and value not in ("no", "null"):
            ways.append(value)
        return self.draw(st.sampled_from(ways))


@st.composite
def written_twice(draw: st.DrawFn) -> tuple[str, str]:
    job = draw(JOBS)
    writer = Writer(draw)
    return writer.spec(job), writer.spec(job)


@given(written_twice())
@law(80)
def test_how_a_spec_is_written_does_not_change_its_payload(texts):
    first, second = texts
    assert canonical(first) == canonical(second)


def flat(job: dict[str, object]) -> str:
    return (
        "specc: 1\njob: {"
        + ", ".join(f"{name}: {quoted(value) if isinstance(value, str) else value}" for name, value in job.items())
        + "}\n"
    )


@given(JOBS)
@law(80)
def test_a_spec_without_templates_is_sent_as_it_is(job):
    (payload,) = render(flat(job)).payloads
    assert {**payload.body, **job} == payload.body
    assert set(payload.body) - set(job) == {"zone", "cluster_id", "run_user"}
    assert json.loads(payload.canonical) == payload.body


@given(JOBS)
@law(40)
def test_a_value_read_through_a_variable_is_the_value(job):
    direct = flat(job)
    through = "specc: 1\nvars: " + direct.partition("job: ")[2] + "job: {"
    through += ", ".join(f"{name}: '{{{{ vars.{name} }}}}'" for name in job) + "}\n"
    assert canonical(direct) == canonical(through)


@given(JOBS)
@law(40)
def test_an_heir_that_adds_nothing_sends_what_its_base_would(job):
    base = flat(job).replace("specc: 1\n", "specc: 1\nabstract: true\n")
    (heir,) = render("specc: 1\nextends: b\n", {"b": base}).payloads
    assert [heir.canonical] == canonical(flat(job))


TEMPLATES = [
    *("{{ params.n }}", "{{ params.n * 2 }}", "a-{{ params.t }}", "{{ vars.x }}", "{{ matrix.m }}", "{{ cell.slug }}"),
    *(
        "{{ spec.name }}",
        "{{ 'a' if params.b else 'b' }}",
        "{{ vars.l | join(',') }}",
        "{{ vars.l | sh }}",
        "{{ job.name }}",
    ),
    *(
        "run {{ params.t | sh }}",
        "{{ vars.l[0] }}",
        "{{ vars.m.y | default('z') }}",
        "{{ matrix.m ~ params.n }}",
        "x",
        "4",
    ),
    *("{{ vars.nope }}", "{{ params.b }}", "run {{ params.t }}", "{{ 64 | gib }}", "{{ 1.5 }}", "{{ vars.cycle }}"),
]
FIELDS = ["name", "cmd_line", "core_limit", "mem_limit", "input_file", "time_limit", "nope"]
PARAMS = {
    "n": ["type: integer, default: 3", "type: integer, choices: [1, 2]", "type: integer, example: 4"],
    "t": ["type: string, default: a b", "type: string, choices: [x, y z]", "type: string, example: q"],
    "b": ["type: boolean, default: true", "type: boolean, example: false"],
}
GIVEN = {"n": {"default": "3", "choices": "1", "example": "4"}, "t": {"default": "a b", "choices": "x", "example": "q"}}
AXES = st.sampled_from(["[a, b]", "[1, 2, 3]", "{from: 1, to: 3}", '["{{ params.t }}"]', '"{{ [1, 2] }}"'])


@st.composite
def specs(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A spec that may be right or wrong, and the `-p` that a check would try first."""
    declared = {name: draw(st.sampled_from(ways)) for name, ways in PARAMS.items()}
    job = {
        "name": "n",
        "cmd_line": "run",
        **draw(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(TEMPLATES), max_size=4)),
    }
    text = "specc: 1\nparams: {" + ", ".join(f"{name}: {{{way}}}" for name, way in declared.items()) + "}\n"
    text += "vars: {x: '{{ params.n + 1 }}', l: [a, 'b c', '{{ vars.x }}'], m: {k: v}}\n"
    text += f"matrix: {{axes: {{m: {draw(AXES)}}}}}\n"
    text += "job: {" + ", ".join(f"{name}: {quoted(value)}" for name, value in job.items()) + "}\n"
    ways = {name: way.split(", ")[1].partition(":")[0] for name, way in declared.items()}
    given = [f"{name}={GIVEN[name][way]}" for name, way in ways.items() if name in GIVEN and way != "default"]
    return text, given + (["b=false"] if ways["b"] == "example" else [])


@given(specs())
@law(100)
def test_what_a_check_accepts_is_rendered_to_what_it_said(spec_and_inputs):
    text, given = spec_and_inputs
    checked = check(text)
    rendered = render(text, asked=request(p=given))
    if not checked.found:
        assert not rendered.found, rendered.shown
        assert [payload.canonical for payload in rendered.payloads] == [
            payload.canonical for payload in checked.payloads
        ]
    if rendered.found:
        assert set(rendered.shown) <= set(checked.shown), "nor does a render find what a check does not"


@given(specs())
@law(60)
def test_compiling_twice_gives_the_same(spec_and_inputs):
    text, given = spec_and_inputs
    for compiled in (check, render):
        first, second = (compiled(text, asked=request(p=given)) for _ in range(2))
        assert first.shown == second.shown
        assert [payload.digest for payload in first.payloads] == [payload.digest for payload in second.payloads]


@given(specs(), st.sampled_from(["job", "vars"]))
@law(60)
def test_a_finding_about_a_value_stands_in_the_file_that_wrote_it(spec_and_inputs, section):
    """Half of a spec in a base: whatever is wrong is shown in that of the two files which has it."""
    text, _ = spec_and_inputs
    lines = text.splitlines(keepends=True)
    base = "specc: 1\nabstract: true\n" + "".join(line for line in lines if line.startswith(section))
    heir = "specc: 1\nextends: b\n" + "".join(line for line in lines[1:] if not line.startswith(section))
    files = Files({"a.job.yaml": heir, "b": base})
    document = parse(Source("a.job.yaml", heir, "a.job.yaml")).document
    found = [item for item in check_document(document, context(files), request()) if isinstance(item, Diagnostic)]
    for finding in found:
        assert finding.span.source.text[finding.span.start : finding.span.end] == finding.span.text
        if finding.code.slug in ("wrong-type", "unknown-field", "bad-quantity", "unquoted-shell-value"):
            assert finding.span.source.path == ("b" if section == "job" else "a.job.yaml")
    assert {finding.code.slug for finding in found} == set(check(text).slugs)
