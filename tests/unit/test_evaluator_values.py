"""What values are: typed expressions, parameters, quantities, scripts, and what a check does without input."""

import pytest
from support.compiling import Compiled, check, context, document, render, request
from support.tables import each

from specc.compiler import evaluated_cells
from specc.evaluator import evaluation, walk

JOB = "job:\n  name: n\n  cmd_line: run\n"


def of(field, value, **world):
    """What a field's value becomes."""
    return render(f"{JOB}  {field}: {value}\n", **world).body[field]


def faults(field, value, **world):
    return [(finding.code.slug, finding.message) for finding in check(f"{JOB}  {field}: {value}\n", **world).found]


GIVES = [
    # a template that is exactly one expression keeps its type; anything else is a text
    ("core_limit", '"{{ 4 }}"', 4),
    ("core_limit", '"{{ 8 / 2 }}"', 4),
    ("core_limit", "4.0", 4),
    ("core_limit", "\"{{ '4' | int }}\"", 4),
    ("core_limit", '"  {{ 4 }}"', None),
    ("core_limit", '"{{ 4 }}{{ 2 }}"', None),
    ("core_limit", "\"{{ '4' }}\"", None),
    ("core_limit", '"4"', None),
    ("core_limit", '"{{ 4.5 }}"', None),
    ("core_limit", '"{{ true }}"', None),
    ("core_limit", "true", None),
    ("input_file", '"{{ 4 }}"', "4"),
    ("input_file", '"{{ -4 }}"', "-4"),
    ("input_file", '"{{ 2 ** 70 }}"', "1180591620717411303424"),
    ("input_file", '"x{{ 4 }}{{ 1.50 }}{{ true }}"', "x41.5true"),
    ("input_file", '"{{ 1.5 }}"', None),
    ("input_file", '"{{ true }}"', None),
    ("input_file", '"{{ none }}"', None),
    ("input_file", '"{{ [1] }}"', None),
    ("input_file", "4", None),
    ("input_file", "true", None),
    ("input_file", "{$literal: '{{ x }} {% y %}'}", "{{ x }} {% y %}"),
    ("input_file", "'{# not a comment #} ${#a[@]}'", "{# not a comment #} ${#a[@]}"),
    ("input_file", '\'{{ "a" }}{# {{ "b" }} #}\'', "a{# b #}"),
    ("input_file", "\"{{ '' }}\"", ""),
    ("input_file", "|\n    {% if 1 %}a{% endif %}\n    b\n", "a\nb\n"),
    ("input_file", ">-\n    {% set x = 3 %}\n    {{ x }}\n", " 3"),
]


@each("field, value, data", GIVES)
def test_what_a_value_becomes(field, value, data):
    if data is None:
        assert [slug for slug, _ in faults(field, value)] == ["wrong-type"]
    else:
        assert of(field, value) == data


@each(
    "value",
    ['"{% if 1 %}a{% endif %}"', "'a {% set x = 1 %}'", "a {% for x in [1] %}{% endfor %}"],
)
def test_a_statement_in_a_single_line(value):
    (finding,) = check(f"{JOB}  input_file: {value}\n").found
    assert finding.code.slug == "statement-in-line"
    assert finding.span.text.startswith("{%")
    assert finding.span.text.endswith("%}")


class TestQuantities:
    def test_in_the_units_of_the_project(self):
        assert of("mem_limit", "64GiB", units={"mem_limit": "GiB"}) == 64
        assert of("time_limit", "2h30m", units={"time_limit": "s"}) == 9000

    @each("value", ["64", '"{{ 60 + 4 }}"', '"{{ 64.0 }}"'])
    def test_a_plain_number_needs_no_unit(self, value):
        assert of("mem_limit", value, units={}) == 64

    def test_a_quantity_without_a_unit_says_what_to_write(self):
        ((slug, message),) = faults("mem_limit", "64GiB", units={})
        assert (slug, "the API documents no unit for `mem_limit`" in message) == ("unit-not-set", True)

    def test_a_field_that_has_no_value_is_unknown_to_those_who_read_it(self):
        spec = (
            JOB + "  mem_limit: 64GiB\n  input_file: 'm{{ job.mem_limit }}'\n  core_limit: '{{ job.mem_limit // 2 }}'\n"
        )
        assert check(spec, units={}).slugs == ["unit-not-set"]

    @each(
        "template, text",
        [
            ("{{ job.mem_limit }}", "65536"),
            ("{{ '64GiB' | mib }} {{ '64GiB' | gib }}", "65536 64"),
            ("{{ '2h' | minutes }} {{ '2h' | seconds }} {{ 90 | minutes }}", "120 7200 90min"),
        ],
    )
    def test_in_templates(self, template, text):
        assert render(f'{JOB}  mem_limit: 64GiB\n  input_file: "a {template}"\n').body["input_file"] == f"a {text}"

    def test_what_a_template_gives_is_converted_too(self):
        assert of("time_limit", '"{{ 90 | minutes }}"') == 90
        assert of("mem_limit", '"{{ 2 | gib }}"') == 2048

    def test_a_wrong_quantity_of_a_template_names_what_it_read(self):
        (finding,) = check(f"vars: {{m: 64G}}\n{JOB}  mem_limit: '{{{{ vars.m }}}}'\n").found
        assert finding.code.slug == "ambiguous-quantity"
        assert finding.notes == ('`vars.m` is "64G", set at a.job.yaml:2:11',)

    def test_a_number_as_text_of_a_template(self):
        (finding,) = check(f"vars: {{m: '64'}}\n{JOB}  mem_limit: '{{{{ vars.m }}}}'\n").found
        assert finding.help == "write `| int` in the template for a plain number, or give it a unit"

    def test_a_filter_refuses_what_it_cannot_convert(self):
        assert [slug for slug, _ in faults("input_file", "\"{{ '1.5KiB' | mib }}{{ true | gib }}\"")] == [
            "template-error"
        ] * 2


class TestInputs:
    PARAM = 'params: {p: {type: %s}}\njob: {name: n, cmd_line: run, input_file: "{{ params.p | tojson }}"}'

    @each(
        "type_name, typed, json",
        [
            ("string", "a b", '"a b"'),
            ("string", "007", '"007"'),
            ("string", "", '""'),
            ("string", "null", '"null"'),
            ("string", "[a]*", '"[a]*"'),
            ("string", "{a: 1}", '"{a: 1}"'),
            ("string", "a: b", '"a: b"'),
            ("string", "'a'", '"a"'),
            ("string", "{{ spec.id }}", '"{{ spec.id }}"'),
            ("string", "a=b", '"a=b"'),
            ("integer", "4", "4"),
            ("number", "1e-3", "0.001"),
            ("number", "4", "4"),
            ("boolean", "true", "true"),
            ("list", "[1, a, '{{ x }}', {b: '{{ y }}'}]", '[1, "a", "{{ x }}", {"b": "{{ y }}"}]'),
        ],
    )
    def test_what_is_given(self, type_name, typed, json):
        assert render(self.PARAM % type_name, asked=request(p=[f"p={typed}"])).body["input_file"] == json

    @each(
        "type_name, typed",
        [
            ("integer", "four"),
            ("integer", "1.5"),
            ("integer", "true"),
            ("boolean", "yes"),
            ("list", "1,2"),
            ("list", "[1"),
        ],
    )
    def test_what_does_not_fit_is_said_once(self, type_name, typed):
        found = render(self.PARAM % type_name, asked=request(p=[f"p={typed}"]))
        assert len(found.found) == 1
        assert found.found[0].span.source.path == "-p"
        assert not found.payloads

    def test_the_last_one_wins(self):
        assert render(self.PARAM % "integer", asked=request(p=["p=1", "p=2"])).body["input_file"] == "2"

    def test_bounds_and_choices(self):
        spec = "params: {a: {type: integer, minimum: 1}, b: {type: string, choices: [x, y]}}\n" + JOB
        found = render(spec, asked=request(p=["a=0", "b=z"]))
        assert found.messages == ["`params.a` must be at least 1, not 0", '`params.b` must be one of "x", "y", not "z"']

    def test_an_unknown_parameter_and_one_without_a_value(self):
        found = check("params: {ranks: {type: integer, default: 1}}\n" + JOB, asked=request(p=["rank=2", "ranks"]))
        assert found.slugs == ["unknown-param", "bad-override"]
        assert found.found[0].help == "did you mean `ranks`?"

    def test_what_is_missing_is_named_with_an_example_to_type(self):
        spec = (
            "params: {a: {type: string, example: it's}, b: {type: list, example: [1, x]}, c: {type: integer}}\n" + JOB
        )
        found = render(spec).found
        assert [finding.message for finding in found] == [f"`params.{name}` has no value" for name in "abc"]
        typed = [finding.help.split("`")[1] for finding in found]
        assert typed == ["-p 'a=it'\"'\"'s'", "-p 'b=[1, \"x\"]'", "-p c=VALUE"]

    def test_a_default_that_a_template_gives_is_held_to_the_declaration(self):
        spec = "params: {a: {type: integer, default: '{{ env.N }}'}}\n" + JOB + "  core_limit: '{{ params.a }}'\n"
        (finding,) = render(spec, env=["N"], environment={"N": "4"}).found
        assert (finding.code.slug, finding.span.text) == ("bad-param-value", "'{{ env.N }}'")
        (finding,) = check(spec, env=["N"]).found
        assert finding.message == "`params.a` must be an integer, but its template gives a string"

    @each("default", ["{{ '4' }}", "{{ 4.5 }}", "{{ none }}", "{{ [4] }}"])
    def test_a_default_of_a_wrong_type_is_never_silent(self, default):
        for compiled in (check, render):
            found = compiled(
                f'params: {{a: {{type: integer, default: "{default}"}}}}\n{JOB}  core_limit: "{{{{ params.a }}}}"\n'
            )
            assert (found.slugs, found.payloads) == (["bad-param-value"], [])

    def test_set_values_are_literal(self):
        sets = ["job.name=a{{ x }}b", "job.core_limit=4", "job.mem_limit=2GiB", "vars.a=[1, '{{ y }}']"]
        spec = "vars: {a: []}\n" + JOB + "  input_file: '{{ vars.a | join }}'\n"
        body = render(spec, asked=request(set=sets)).body
        assert (body["name"], body["core_limit"], body["mem_limit"], body["input_file"]) == (
            "a{{ x }}b",
            4,
            2048,
            "1{{ y }}",
        )

    @each("typed", ["007", "1.50", "true", "1e3"])
    def test_set_gives_a_text_field_what_is_typed(self, typed):
        assert render(JOB, asked=request(set=[f"job.name={typed}"])).body["name"] == typed

    def test_set_null_is_null(self):
        assert check(JOB, asked=request(set=["job.name=null"])).slugs == ["wrong-type"]


class TestWithoutInput:
    def test_each_choice_is_tried(self):
        spec = "params: {a: {type: string, choices: [x, 'y z', w]}}\njob: {name: n, cmd_line: 'run {{ params.a }}'}"
        found = check(spec)
        assert found.slugs == ["unquoted-shell-value"]
        assert [payload.body["cmd_line"] for payload in found.payloads] == ["run x"]

    def test_choices_come_before_the_example(self):
        spec = "params: {a: {type: string, choices: [x], example: x}}\n" + JOB + "  input_file: '{{ params.a }}'\n"
        assert check(spec).payloads[0].body["input_file"] == "x"

    def test_the_example_stands_for_the_value(self):
        spec = "params: {a: {type: integer, example: 3}}\n" + JOB + "  core_limit: '{{ params.a * 2 }}'\n"
        assert check(spec).payloads[0].body["core_limit"] == 6

    def test_a_template_of_an_example(self):
        spec = "params: {a: {type: string, example: '{{ params.b }}x'}, b: {type: string, default: y}}\n" + JOB
        assert check(spec + "  input_file: '{{ params.a }}'\n").payloads[0].body["input_file"] == "yx"

    def test_two_parameters_are_not_combined_each_with_each(self):
        spec = """
        params: {a: {type: string, choices: [p, q]}, b: {type: string, choices: [r, s]}}
        job: {name: n, cmd_line: %s}
        """
        command = "\"run {{ 'a b' if params.a == 'q' and params.b == 's' else 1 }}\""
        assert check(spec % command).shown == []

    UNKNOWN = (
        "params: {t: {type: string}, i: {type: integer}, n: {type: number}, b: {type: boolean}, l: {type: list}}\n"
    )

    @each(
        "field, template",
        [
            ("input_file", "{{ params.t }}"),
            ("input_file", "{{ params.i }}"),
            ("input_file", "{{ params.n }}"),
            ("input_file", "a{{ params.b }}"),
            ("input_file", "{{ params.l[0] }}"),
            ("input_file", "{{ params.l | join }}"),
            ("core_limit", "{{ params.i + 1 }}"),
            ("core_limit", "{{ params.n }}"),
            ("core_limit", "{{ params.t | int }}"),
            ("core_limit", "{{ 4 if params.b else 8 }}"),
            ("core_limit", "{{ params.l | length }}"),
            ("mem_limit", "{{ params.t }}"),
            ("mem_limit", "{{ params.i | gib }}"),
        ],
    )
    def test_what_some_input_makes_right(self, field, template):
        found = check(f'{self.UNKNOWN}{JOB}  {field}: "{template}"\n')
        assert found.shown == []
        assert found.payloads == []

    @each(
        "field, template, kind",
        [
            ("input_file", "{{ params.b }}", "a boolean"),
            ("input_file", "{{ params.l }}", "a list"),
            ("core_limit", "{{ params.t }}", "a text"),
            ("core_limit", "{{ params.t ~ 1 }}", "a text"),
            ("core_limit", "{{ params.b }}", "a boolean"),
            ("core_limit", "x{{ params.i }}", "a text"),
            ("mem_limit", "{{ params.l }}", "a list"),
        ],
    )
    def test_what_no_input_makes_right(self, field, template, kind):
        (finding,) = check(f'{self.UNKNOWN}{JOB}  {field}: "{template}"\n').found
        assert finding.code.slug == "wrong-type"
        assert finding.message.endswith(f"this template gives {kind}")

    def test_the_unknown_spreads_and_the_rest_is_checked(self):
        found = check(
            """
            params: {p: {type: string}}
            vars: {dir: "/s/{{ params.p }}", log: "{{ vars.dir }}/log"}
            matrix: {axes: {m: ["{{ params.p }}", 2]}}
            job:
              name: "{{ params.p }}-{{ cell.slug }}"
              cmd_line: "run {{ vars.dir }} {{ matrix.m }} {{ vars.nope }}"
              core_limit: four
            """
        )
        assert set(found.slugs) == {"undefined-name", "wrong-type"}

    DEAR = "{% for i in range(60000) %}a{% endfor %}"

    @each(
        "text",
        [
            "{% if params.t == '' %}DEAR{% endif %}",
            "{% if params.t == '' %}DEAR{% else %}DEAR{% endif %}",
            "{% for i in [1, 2] if params.t == '' %}DEAR{% endfor %}",
            "{% if params.t == '' %}{% if params.t == '' %}DEAR{% endif %}{% endif %}",
            "{{ 'a' if params.t == '' else range(60000) | map('string') | join }}",
            "{{ params.t == '' or range(60000) | map('string') | join }}",
        ],
    )
    def test_what_may_never_happen_and_is_dear_hides_nothing(self, text):
        dear = text.replace("DEAR", self.DEAR)
        spec = f"vars: {{n: many}}\n{JOB}  input_file: |\n    {dear}\n  core_limit: '{{{{ vars.n }}}}'\n"
        assert check(self.UNKNOWN + spec).slugs == ["wrong-type"]
        assert set(check(self.UNKNOWN + "matrix: {axes: {m: [1, 2]}}\n" + spec).slugs) == {"wrong-type"}

    def test_what_a_dear_branch_may_set_is_unknown(self):
        text = f"{{% set n = 'x' %}}{{% if params.t == '' %}}{self.DEAR}{{% set n = 1 %}}{{% endif %}}{{{{ n + 1 }}}}"
        assert check(f"{self.UNKNOWN}{JOB}  input_file: |\n    {text}\n").slugs == []
        cheap = text.replace("60000", "6").replace("{% set n = 1 %}", "")
        assert check(f"{self.UNKNOWN}{JOB}  input_file: |\n    {cheap}\n").slugs == ["template-error"]

    def test_an_axis_that_is_not_known(self):
        spec = """
        params: {l: {type: list}, a: {type: string}, b: {type: string}, n: {type: integer}}
        matrix:
          axes: {x: "{{ params.l }}", y: ["{{ params.a }}", "{{ params.b }}"], z: {from: 1, to: "{{ params.n }}"}}
          exclude: [{x: 1}, {y: q}, {y: "{{ params.a }}"}]
          include: [{x: 9, y: r, z: 4}, {x: "{{ params.a }}", y: "{{ params.b }}", z: 1}]
        job: {name: "{{ cell.slug }}", cmd_line: "run {{ matrix.x }} {{ matrix.y }} {{ matrix.z }}"}
        """
        assert check(spec).shown == []
        given = request(p=["l=[1, 2]", "a=p", "b=q", "n=2"])
        assert len(render(spec, asked=given).payloads) == 2

    def test_an_exclude_that_only_some_inputs_use_is_no_mistake(self):
        axes = "matrix: {axes: {z: {from: 1, to: '{{ params.n }}'}}, exclude: [{z: 3}]}\n"
        assert check("params: {n: {type: integer, default: 2}}\n" + axes + JOB).shown == []

    def test_every_profile_is_checked(self):
        found = check(
            """
            profiles:
              a: {job: {core_limit: x}}
              b: {vars: {v: "{{ nope }}"}}
              c: {matrix: {axes: {m: [1]}}}
            matrix: {axes: {m: [1, 2]}}
            vars: {v: 1}
            job: {name: "{{ vars.v }}", cmd_line: run}
            """
        )
        assert set(found.slugs) == {"wrong-type", "undefined-name"}
        assert len(found.payloads) == 2

    def test_a_chosen_profile_alone_is_checked(self):
        found = check(
            f"profiles: {{a: {{job: {{core_limit: x}}}}, b: {{job: {{core_limit: 1}}}}}}\n{JOB}",
            asked=request(profiles=("b",)),
        )
        assert found.shown == []
        assert found.payloads[0].body["core_limit"] == 1


FILES = {
    "run.sh": "#!/bin/bash -e\necho {{ $X }}\n",
    "plain.sh": "echo hi",
    "only": "#!/bin/sh",
    "run.py": "#!/usr/bin/env python3\nprint()\n",
    "run.csh": "#!/bin/csh\n",
    "run.sh.j2": "echo {{ vars.x | sh }}\n{% for i in range(2) %}{{ i }}{% endfor %}\n",
    "bad.sh.j2": "echo '{{ vars.x }}'\necho {{ vars.x }}\n",
    "env.sh": "#!/usr/bin/env -S bash\n:\n",
}


def script(form, **world):
    return render(f"vars: {{x: a b}}\njob: {{name: n, cmd_line: {form}}}", FILES, **world)


class TestFiles:
    @each(
        "form, text",
        [
            ("{$file: run.sh}", FILES["run.sh"]),
            ("{$file: run.sh, env: {}, args: []}", FILES["run.sh"]),
            ("{$file: run.py, env: {}}", FILES["run.py"]),
            ("{$file: run.sh, env: {A: 1}}", "#!/bin/bash -e\nexport A=1\necho {{ $X }}\n"),
            ("{$file: plain.sh, args: [a b, 2, true, 0.5, '']}", "set -- 'a b' 2 true 0.5 ''\necho hi"),
            ("{$file: plain.sh, env: {A: \"{{ vars.x ~ '$' }}\"}}", "export A='a b$'\necho hi"),
            ("{$file: only, env: {A: x}, args: [y]}", "#!/bin/sh\nexport A=x\nset -- y\n"),
            ("{$file: env.sh, env: {A: x}}", "#!/usr/bin/env -S bash\nexport A=x\n:\n"),
            ("{$file: run.sh.j2}", "echo 'a b'\n01\n"),
            ("{$file: run.sh.j2, env: {A: x}}", "export A=x\necho 'a b'\n01\n"),
        ],
    )
    def test_what_a_file_becomes(self, form, text):
        assert script(form).body["cmd_line"] == text

    def test_a_template_file_is_a_command_like_any_other(self):
        found = script("{$file: bad.sh.j2}")
        assert found.shown == [
            "307 bad.sh.j2:2:6-18 the shell would split or expand this value, `a b`, which is not quoted"
        ]

    @each("form", ["{$file: run.py, env: {A: 1}}", "{$file: run.csh, args: [1]}"])
    def test_only_a_shell_script_takes_a_prologue(self, form):
        (finding,) = script(form).found
        assert finding.message.startswith("`env` and `args` need a shell script")

    @each("name", ["2A", "A-B", "A B", "", "A=1", "é"])
    def test_names_of_variables(self, name):
        (finding,) = script(f'{{$file: run.sh, env: {{"{name}": 1}}}}').found
        assert finding.message.endswith("is not a name of a shell variable")

    @each(
        "value, noun",
        [
            ("[1]", "a list"),
            ("{a: 1}", "a mapping"),
            ("null", "null"),
            ('"{{ [1] }}"', "a list"),
            ('"{{ {} }}"', "a mapping"),
        ],
    )
    def test_what_cannot_be_passed(self, value, noun):
        for part in (f"env: {{A: {value}}}", f"args: [{value}]"):
            (finding,) = script(f"{{$file: run.sh, {part}}}").found
            assert finding.message == f"{noun} cannot be passed to a script"

    def test_what_is_unknown_makes_the_command_unknown(self):
        spec = "params: {p: {type: %s}}\njob: {name: n, cmd_line: {$file: run.sh, args: ['{{ params.p }}']}}"
        found = check(spec % "string", FILES)
        assert (found.shown, found.payloads) == ([], [])
        assert check(spec % "list", FILES).messages == ["a list cannot be passed to a script"]

    def test_what_its_arguments_read_is_known(self):
        spec, files, _ = document(
            "vars: {x: 1}\njob: {name: n, cmd_line: {$file: run.sh, args: ['{{ vars.x }}']}}", FILES
        )
        ((_, evaluated),) = evaluated_cells(spec, context(files), request())
        assert [read.name for read in evaluated.job["cmd_line"].reads] == ["vars.x"]


class TestSweeps:
    @pytest.fixture
    def evaluated(self, monkeypatch):
        """The names of the values of which something was evaluated, each as often as it was."""
        names = []
        whole, part = walk.Walk._evaluated, walk.Walk.observed

        def counting(self, node, name, allowed, of):
            names.append(name)
            return whole(self, node, name, allowed, of)

        def counting_parts(self, name, node, make):
            names.append(name)
            return part(self, name, node, make)

        monkeypatch.setattr(walk.Walk, "_evaluated", counting)
        monkeypatch.setattr(walk.Walk, "observed", counting_parts)
        return names

    def test_what_does_not_depend_on_the_cell_is_evaluated_once(self, evaluated):
        found = render(
            """
            params: {p: {type: integer, default: "{{ 2 + 2 }}"}}
            vars:
              same: "{{ params.p }}{{ spec.id }}"
              cell: "{{ vars.same }}{{ matrix.m }}"
              through: "{{ vars.cell }}"
              list: ["{{ vars.same }}", "{{ cell.index }}"]
            matrix: {axes: {m: {from: 1, to: 50}, n: [1]}}
            job:
              name: "{{ vars.through }}"
              cmd_line: "run {{ vars.same }}"
              core_limit: "{{ params.p }}"
              mem_limit: "{{ matrix.n }}GiB"
              input_file: "{{ vars.list | join }}{{ job.name }}"
            """
        )
        assert len({payload.digest for payload in found.payloads}) == 50
        counts = {name: evaluated.count(name) for name in evaluated}
        for name in ("params.p", "vars.list[0]"):
            assert counts[name] == 1, name
        for name in ("vars.same", "job.cmd_line", "job.core_limit", "job.mem_limit"):
            assert counts[name] <= 4, name  # in one cell, and once more where it was not known which axes are read
        for name in ("vars.list", "vars.list[1]"):
            assert 50 <= counts[name] <= 53, name
        for name in ("vars.cell", "vars.through", "job.name"):
            assert 50 <= counts[name] <= 3 * 52, name

    def test_cells_do_not_see_each_other(self):
        found = render(
            "vars: {v: '{{ matrix.m }}'}\nmatrix: {axes: {m: [a, b]}}\njob: {name: '{{ vars.v }}', cmd_line: run}"
        )
        assert [payload.name for payload in found.payloads] == ["a", "b"]

    BOMB = "\"{{ range(60000) | map('string') | join | length }}{{ matrix.m }}\""

    def test_without_a_matrix_all_is_evaluated_once(self, evaluated):
        doubled = "\n".join(f"  v{i + 1}: '{{{{ vars.v{i} + vars.v{i} }}}}'" for i in range(18))
        found = render(f"vars:\n  v0: '{{{{ cell.index }}}}'\n{doubled}\n{JOB}  input_file: '{{{{ vars.v18 }}}}'\n")
        assert found.slugs == []
        assert evaluated.count("vars.v0") == 1

    @each("values", ["[1, 2]", "[2, 1]"])
    def test_a_circle_in_one_cell_hides_nothing_in_another(self, values):
        found = check(
            f"""
            matrix: {{axes: {{m: {values}}}}}
            vars: {{x: "{{{{ vars.y if matrix.m == 1 else 'many' }}}}", y: "{{{{ vars.x }}}}"}}
            job: {{name: "n{{{{ matrix.m }}}}{{{{ vars.x }}}}", cmd_line: run, core_limit: "{{{{ vars.y }}}}"}}
            """
        )
        assert set(found.slugs) == {"reference-cycle", "wrong-type"}

    @pytest.mark.parametrize("compiled", [check, render])
    def test_a_bomb_is_met_once_by_columns_and_once_by_the_walk(self, compiled, evaluated):
        """A check of a long sweep makes columns twice: without, and then with what is not known."""
        found = compiled(f"matrix: {{axes: {{m: {{from: 1, to: 1000}}}}}}\n{JOB}  input_file: {self.BOMB}\n")
        assert found.slugs == ["template-limit"]
        assert evaluated.count("job.input_file") == (3 if compiled is check else 2)

    def test_a_bomb_is_not_met_again_under_profiles_and_with_other_choices(self, evaluated):
        found = check(
            "params: {p: {type: string, choices: [a, b, c]}}\nprofiles: {x: {}, y: {}}\nmatrix: {axes: {m: [1]}}\n"
            f"{JOB}  input_file: {self.BOMB}\n"
        )
        assert found.slugs == ["template-limit"]
        assert evaluated.count("job.input_file") == 2

    def test_a_bomb_does_not_make_others_look_guilty(self):
        found = check(
            """
            vars: {b: "{{ range(60000) | map('string') | join }}"}
            job: {name: "x{{ vars.b }}", cmd_line: "run {{ spec.name }}"}
            """
        )
        assert found.slugs == ["template-limit"]
        assert found.found[0].span.first.line == 2

    def test_axes_are_paid_for_too(self):
        items = ", ".join(["\"{{ range(50000) | map('string') | join | length }}\""] * 50)
        found = check(f"matrix: {{axes: {{m: [{items}]}}}}\n{JOB}")
        assert found.slugs.count("template-limit") == 1

    def test_all_cells_together_have_a_limit(self):
        template = "{{ (range(9000) | sum) ~ matrix.m }}"
        heavy = f'matrix: {{axes: {{m: {{from: 1, to: 400}}}}}}\n{JOB}  input_file: "{template}"\n'
        (finding,) = render(heavy).found
        assert finding.message == "the templates of this sweep take too many steps, all cells together"
        assert len(render(heavy.replace("400", "40")).payloads) == 40

    def test_the_other_choices_are_tried_with_a_share_of_the_cells(self, monkeypatch, evaluated):
        monkeypatch.setattr("specc.compiler.compile.CELLS_OF_VARIANTS", 12)
        found = check(
            "params: {p: {type: integer, choices: [1, 2, 3]}}\nmatrix: {axes: {m: {from: 1, to: 20}}}\n"
            f"{JOB}  input_file: '{{{{ params.p }}}}{{{{ matrix.m }}}}'\n"
        )
        assert len(found.payloads) == 20
        # an expression for each choice, and one for each cell with it; twice, until it is known that it reads the axis
        assert evaluated.count("job.input_file") == (1 + 1 + 20) + (1 + 1 + 4) + (1 + 1 + 4)


def test_what_is_never_used_is_checked_too():
    found = check("vars: {a: '{{ b }}', c: {d: ['{{ e }}']}}\nparams: {p: {type: integer, default: '{{ q }}'}}\n" + JOB)
    assert found.messages == ["`b` is not defined", "`e` is not defined", "`q` is not defined"]
    assert render("vars: {a: '{{ b }}'}\n" + JOB).payloads, "but it does not keep a spec from being rendered"


def test_an_alias_to_nothing_is_reported_by_the_parser_alone():
    assert check(JOB + "  input_file: *nothing\n").slugs == ["bad-alias"]


@each(
    "text, help",
    [
        ("'{{ .Names }}'", "if the braces are not a template, write `{$literal: ...}` around the text"),
        ("'{{ a b }}'", None),
        ("{$file: bad.j2}", "if the braces are not a template, remove `.j2` from the file's name"),
    ],
)
def test_braces_that_are_no_template(text, help):
    (finding,) = check(f"job: {{name: n, cmd_line: {text}}}", {"bad.j2": "docker ps {{ .Names }}\n"}).found
    assert finding.code.slug == "template-syntax"
    assert help is None or help in (finding.help or "")


class TestHalfCharacters:
    MESSAGE = "an unpaired surrogate, U+D83D, is not a character"

    @each("template", ["{{ '\\ud83d' }}", "{{ ['\\ud83d'] | join }}", "a{{ {'\\ud83d': 1}.keys() | join }}"])
    def test_of_an_escape(self, template):
        (finding,) = check(f"{JOB}  input_file: '{template.replace(chr(39), chr(34))}'\n").found
        assert (finding.message, finding.help) == (self.MESSAGE, "remove it, or write the character that is meant")

    def test_on_an_axis(self):
        found = check("matrix: {axes: {m: ['{{ [\"\\ud83d\"] }}', '{{ {\"\\ud83d\": 1} }}']}}\n" + JOB)
        assert found.messages == [self.MESSAGE] * 2

    def test_of_the_environment(self):
        (finding,) = render(JOB + "  input_file: '{{ env.A }}'\n", env=["A"], environment={"A": "\ud83d"}).found
        assert (finding.message, finding.help) == (self.MESSAGE, "`env.A` is not UTF-8")

    def test_of_the_command_line(self):
        found = check("params: {p: {type: string}}\n" + JOB, asked=request(p=["p=\ud83d"]))
        assert found.slugs == ["not-text"]


class TestNamed:
    """What `explain` asks for."""

    @pytest.fixture
    def asked(self):
        spec, files, _ = document(
            """
            params: {p: {type: integer, default: 3}, q: {type: integer}}
            vars: {m: {x: "{{ params.p }}"}}
            matrix: {axes: {a: [1]}}
            job: {name: "{{ vars.m.x }}", cmd_line: run, mem_limit: 1GiB}
            """
        )
        *_, (evaluation, _) = evaluated_cells(spec, context(files), request())
        return evaluation

    @pytest.mark.parametrize(
        ("name", "data"),
        [
            ("params.p", 3),
            ("vars.m.x", 3),
            ("vars.m", {"x": 3}),
            ("matrix.a", 1),
            ("job.name", "3"),
            ("job.mem_limit", 1024),
        ],
    )
    def test_a_value(self, asked, name, data):
        assert asked.named(name).data == data

    @pytest.mark.parametrize("name", ["params.z", "vars.m.y", "vars.m.x.z", "matrix.b", "job.zz", "nope.x"])
    def test_nothing(self, asked, name):
        assert asked.named(name) is None

    def test_what_can_be_asked_for(self, asked):
        assert asked.names_in("params") == ["p", "q"]
        assert not asked.named("params.q").is_known


def test_evaluation_is_of_one_cell_at_a_time():
    spec, files, _ = document("matrix: {axes: {m: [1, 2]}}\njob: {name: '{{ matrix.m }}', cmd_line: run}")
    cells = Compiled([])
    cells.items = list(evaluated_cells(spec, context(files), request()))
    first, second = cells.items
    assert first[0] is second[0]
    assert isinstance(first[0], evaluation.Evaluation)
    assert first[0].named("matrix.m").data == 2
