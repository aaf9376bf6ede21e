"""Names in templates: which there are, what is undefined, where it stands, and what was probably meant."""

from support.compiling import check, line, render, request
from support.tables import each

JOB = "job: {name: n, cmd_line: run, input_file: '%s'}\n"


def lines(text, **world):
    return check(text, **world).shown


def helps(text, **world):
    return [finding.help for finding in check(text, **world).found]


def test_values_refer_to_each_other_in_any_order():
    body = render(
        """
        params: {case: {type: string, default: cavity}}
        vars:
          log: "{{ vars.dir }}/log.{{ job.name }}"
          dir: "/s/{{ params.case }}/{{ matrix.mesh }}"
        matrix: {axes: {mesh: [fine]}}
        job: {name: "{{ spec.name }}-{{ cell.slug }}", cmd_line: run, stdout_redirect_path: "{{ vars.log }}"}
        """
    ).body
    assert body["stdout_redirect_path"] == "/s/cavity/fine/log.a-fine"


def test_a_job_field_is_read_as_it_is_sent():
    spec = """
    vars: {per_core: "{{ job.mem_limit // job.core_limit }}"}
    job:
      name: "{{ job.core_limit }}-{{ job.time_limit }}"
      cmd_line: run
      core_limit: 4
      mem_limit: 64GiB
      time_limit: 1-12:00:00
      input_file: "{{ vars.per_core }}"
    """
    body = render(spec).body
    assert (body["name"], body["input_file"]) == ("4-2160", "16384")


def test_what_the_target_and_the_api_set_is_a_job_field_too():
    body = render("api: ehpc/v2\njob: {name: '{{ job.zone }}-{{ job.submit_type }}', cmd_line: run}").body
    assert body["name"] == "z-1"


MEMBERS = [
    ("{{ cell.id | length }} {{ cell.index }} {{ cell.slug }} {{ cell.repeat }}", "12 0 0 1"),
    ("{{ spec.id }} {{ spec.name }} {{ spec.dir }} {{ spec.path }}", "a.job.yaml a . a.job.yaml"),
    ("{{ vars.m.x }} {{ vars.m['x'] }} {{ vars.l[1] }} {{ vars.l[-1] }} {{ vars.l | length }}", "1 1 b b 2"),
    ("{{ vars.m | length }} {{ vars.m.keys() | list | join }} {{ vars.m.n.y }}", "2 xn deep"),
    ("{% for k, v in vars.m.items() %}{{ k }} {% endfor %}\n", "x n \n"),
    ("{{ vars.l[0:1] | join }} {{ 'a' in vars.l }} {{ 'x' in vars.m }}", "a true true"),
    ("{{ vars.q is defined }} {{ vars.q | default('d') }} {{ vars.m.q is defined }}", "false d false"),
    ("{{ 'y' if vars.q is defined and vars.q.r else 'n' }}", "n"),
    ("{{ nothing is defined }} {{ env.NO is defined }}", "false false"),
]


@each("template, text", MEMBERS)
def test_members(template, text):
    spec = "vars: {m: {x: 1, n: {y: deep}}, l: [a, b]}\njob:\n  name: n\n  cmd_line: run\n  input_file: %s\n"
    assert render(spec % repr(template).replace("\\n", "\n\n    ")).body["input_file"] == text


UNDEFINED = [
    # what is written, the place of the finding, its subject, its help
    ("{{ ranks }}", "19-24", "ranks", "write `params.ranks`"),
    ("{{ dir }}", "19-22", "dir", "write `vars.dir`"),
    ("{{ rank }}", "19-23", "rank", "did you mean `params.ranks`?"),
    ("{{ param.ranks }}", "19-24", "param", "did you mean `params`?"),
    ("{{ params.rank }}", "19-30", "params.rank", "did you mean `params.ranks`?"),
    ("{{ params.ranks.x.y }}", None, None, None),
    ("{{ params.dir }}", "19-29", "params.dir", "did you mean `vars.dir`?"),
    (
        "{{ params.zzz }}",
        "19-29",
        "params.zzz",
        "declare it: `params: {zzz: {type: string}}`, or with a default: `params: {zzz: {type: integer, default: 1}}`",
    ),
    ("{{ vars.zzz }}", "19-27", "vars.zzz", "add it: `vars: {zzz: ...}`"),
    ("{{ vars.run.fast }}", "19-32", "vars.run.fast", "did you mean `vars.run.last`?"),
    ("{{ vars.run.zzzz.b }}", "19-32", "vars.run.zzzz", None),
    ('{{ vars["zzz"] }}', "19-30", "vars.zzz", "add it: `vars: {zzz: ...}`"),
    ("{{ job.nam }}", "19-26", "job.nam", "did you mean `job.name`?"),
    ("{{ cell.ID }}", "19-26", "cell.ID", "did you mean `cell.id`?"),
    ("{{ spec.zzz }}", "19-27", "spec.zzz", "in `spec` there is `id`, `name`, `dir`, `path`"),
    ("{{ matrix.mesh }}", "19-30", "matrix.mesh", "the spec has no `matrix`"),
    ("{{ env.HOME }}", "19-27", "env.HOME", 'templates read only what specc.toml lists: `env = ["HOME"]`'),
    ("{{ vars.dir | default(vars.zzz) }}", "38-46", "vars.zzz", "add it: `vars: {zzz: ...}`"),
]


@each("template, place, name, help", UNDEFINED)
def test_an_undefined_name(template, place, name, help):
    spec = "params: {ranks: {type: string, default: '4'}}\nvars: {dir: /s, run: {last: 1}}\n"
    found = check(spec + "job:\n  name: n\n  cmd_line: run\n" + f"  input_file: '{template}'\n").found
    if name is None:
        # not a name of the spec: the member of a value
        assert [finding.code.slug for finding in found] == ["undefined-name"]
        return
    (finding,) = found
    assert line(finding) == f"302 7:{place} `{name}` is not defined"
    assert finding.help == help


def test_all_undefined_names_are_found_in_one_run():
    found = lines(
        """
        vars: {a: "{{ vars.b }}", unused: "{{ params.x }}{{ params.y }}"}
        matrix: {axes: {m: ["{{ params.z }}"]}}
        job:
          name: "{{ vars.c }} {{ vars.d }}"
          cmd_line: |
            {% if spec.nam %}{{ vars.e }}{% else %}{{ vars.f }}{% endif %}
            {% for x in vars.g %}{{ vars.h }}{% endfor %}
        """
    )
    names = [text.split("`")[1] for text in found]
    assert sorted(names) == sorted(
        [f"vars.{name}" for name in "bcdefgh"] + ["params.x", "params.y", "params.z", "spec.nam"]
    )


PLACES = [
    ("literal", "|\n    a\n     {{ vars.x }}\n", "7:9-15"),
    ("literal that keeps its end", "|+\n    a\n    {{ vars.x }}\n\n", "7:8-14"),
    ("folded", ">\n    a\n    b {{ vars.x }}\n", "7:10-16"),
    ("folded with an empty line", ">-\n    a\n\n    b {{ vars.x }}\n", "8:10-16"),
    ("double with escapes", '"\\u4e2d\\t\\"{{ vars.x }}"', "5:29-35"),
    ("double over two lines", '"a\\\n     b\n     {{ vars.x }}"', "7:9-15"),
    ("single with a quote", "'it''s {{ vars.x }}'", "5:25-31"),
    ("plain", "中文 {{ vars.x }}", "5:21-27"),
    ("plain over two lines", "a\n    {{ vars.x }}", "6:8-14"),
]


@each("style, place", [row[1:] for row in PLACES])
def test_a_name_is_found_in_every_style_of_scalar(style, place):
    spec = f"job:\n  name: n\n  cmd_line: run\n  input_file: {style}"
    assert lines(spec) == [f"302 {place} `vars.x` is not defined"]


def test_a_name_at_an_alias_stands_where_the_alias_does():
    found = lines("x-a: &a '{{ vars.x }}'\njob: {name: n, cmd_line: run, input_file: *a}")
    assert found == ["302 3:43-45 `vars.x` is not defined"]


def test_a_member_of_a_value_is_looked_for_when_it_is_evaluated():
    found = check(JOB % "{{ spec.id.x }}{{ (1).y }}")
    assert found.slugs == ["undefined-name", "undefined-name"]


STATIC = [
    ("{{ vars.x }}", "vars"),
    ("{{ matrix.b }}", "matrix"),
    ("{{ cell.id }}", "cell"),
    ("{{ job.name }}", "job"),
    ("{{ spec.name }}", "spec"),
]


@each("template, root", STATIC)
@each("place", ["axis", "item", "range", "exclude", "max", "default"])
def test_what_is_needed_before_there_is_a_cell_reads_only_inputs(template, root, place):
    quoted = f'"{template}"'
    matrix = {
        "axis": f"axes: {{a: {quoted}}}",
        "item": f"axes: {{a: [1, {quoted}]}}",
        "range": f"axes: {{a: {{from: 1, to: {quoted}}}}}",
        "exclude": f"axes: {{a: [1, 2]}}, exclude: [{{a: {quoted}}}]",
        "max": f"axes: {{a: [1]}}, max: {quoted}",
    }.get(place, "axes: {a: [1]}")
    default = quoted if place == "default" else "1"
    found = check(
        f"params: {{p: {{type: integer, default: {default}}}}}\nvars: {{x: 1}}\nmatrix: {{{matrix}}}\n"
        "job: {name: '{{ matrix.a }}', cmd_line: run, core_limit: '{{ params.p }}'}\n"
    )
    assert found.slugs == ["template-not-allowed"]
    assert found.messages[0].startswith(f"`{root}` cannot be read here")
    assert found.found[0].span.text == template.strip("{} ")


def test_axes_read_params_and_the_environment():
    spec = """
    params: {n: {type: integer, default: 2}}
    matrix: {axes: {a: {from: 1, to: "{{ params.n }}"}, b: ["{{ env.SITE }}"]}}
    job: {name: "{{ cell.slug }}", cmd_line: run}
    """
    made = render(spec, asked=request(p=["n=3"]), env=["SITE"], environment={"SITE": "x"})
    assert [payload.name for payload in made.payloads] == ["1-x", "2-x", "3-x"]


class TestEnvironment:
    SPEC = JOB % "{{ env.SITE }}"

    def test_a_listed_variable_is_read(self):
        assert render(self.SPEC, env=["SITE"], environment={"SITE": "x", "NO": "y"}).body["input_file"] == "x"

    def test_a_variable_that_is_set_but_not_listed_is_not_read(self):
        found = render(self.SPEC, environment={"SITE": "x"})
        assert found.messages == ["`env.SITE` is not defined"]
        assert not found.payloads

    def test_a_listed_variable_that_nobody_set_is_missed_when_rendering(self):
        found = render(self.SPEC, env=["SITE"])
        assert found.messages == ["`env.SITE` is not defined"]
        assert found.found[0].help == "set SITE in the environment, or write `| default(...)`"

    def test_a_check_needs_no_environment(self):
        found = check(self.SPEC, env=["SITE"], environment={"SITE": "x"})
        assert not found.shown
        assert not found.payloads, "nor does it depend on one"

    def test_a_listed_variable_is_suggested(self):
        assert helps(JOB % "{{ env.SIDE }}", env=["SITE"]) == ["did you mean `env.SITE`?"]

    def test_a_default_for_a_variable_that_is_not_set(self):
        assert render(JOB % '{{ env.SITE | default("d") }}', env=["SITE"]).body["input_file"] == "d"

    def test_the_whole_environment_is_what_is_listed_and_set(self):
        body = render(JOB % "{{ env | tojson }}", env=["A", "B"], environment={"A": "1", "HOME": "/"}).body
        assert body["input_file"] == '{"A": "1"}'


class TestCycles:
    def test_a_value_that_reads_itself(self):
        (finding,) = check("vars: {a: '{{ vars.a }}'}\njob: {name: n, cmd_line: run}").found
        assert finding.message == "`vars.a` refers to itself"
        assert finding.notes == ("a.job.yaml:2:11: vars.a reads vars.a",)

    def test_a_cycle_is_told_once_edge_by_edge(self):
        (finding,) = check(
            """
            vars:
              a: "{{ vars.b }}"
              b: "{{ vars.m.c }}"
              m: {c: "{{ vars.a }}"}
            job: {name: "{{ vars.a }}", cmd_line: "run {{ vars.b }}", input_file: "{{ vars.m.c }}"}
            """
        ).found
        assert finding.message == "`vars.a` refers to itself through `vars.b`, `vars.m.c`"
        assert [note.partition(": ")[2] for note in finding.notes] == [
            "vars.a reads vars.b",
            "vars.b reads vars.m.c",
            "vars.m.c reads vars.a",
        ]

    def test_through_a_job_field(self):
        found = render("vars: {a: '{{ job.name }}'}\njob: {name: 'n{{ vars.a }}', cmd_line: run}")
        assert found.messages == ["`job.name` refers to itself through `vars.a`"]

    def test_through_defaults_of_parameters(self):
        found = check(
            """
            params:
              a: {type: integer, default: "{{ params.b }}"}
              b: {type: integer, default: "{{ params.a }}"}
            job: {name: n, cmd_line: run, core_limit: "{{ params.b }}"}
            """
        )
        assert found.messages == ["`params.b` refers to itself through `params.a`"]

    def test_in_every_cell_of_a_sweep_it_is_one_fact(self):
        found = check(
            """
            vars: {a: "{{ vars.b }}{{ matrix.m }}", b: "{{ vars.a }}"}
            matrix: {axes: {m: {from: 1, to: 9}}}
            job: {name: "{{ vars.a }}", cmd_line: run}
            """
        )
        assert set(found.messages) == {"`vars.a` refers to itself through `vars.b`"}

    @each(
        "section",
        [
            "m: {a: 1, b: '{{ vars.m.a }}', c: {d: '{{ vars.m.b }}'}}",
            "m: {b: '{{ vars.m.l[0] }}', l: [1, '{{ vars.m.b }}', '{{ vars.m.l[1] }}']}",
            "m: [{a: 1, b: '{{ vars.m[0].a }}'}, '{{ vars.m[0].b }}']",
            "a: '{{ vars.m.x }}', m: {x: 1, y: '{{ vars.a }}'}",
        ],
    )
    def test_members_of_one_mapping_or_list_may_read_each_other(self, section):
        assert check(f"vars: {{{section}}}\njob: {{name: n, cmd_line: run}}").shown == []

    @each("whole", ["{{ vars.m }}", "{{ vars.m | length }}", "{{ vars.m | tojson }}", "{{ vars }}"])
    def test_a_member_that_reads_the_whole_reads_itself(self, whole):
        found = check(f"vars: {{m: {{a: '{whole}'}}}}\njob: {{name: n, cmd_line: run}}")
        assert found.slugs == ["reference-cycle"]

    def test_a_mapping_merged_into_two_places(self):
        body = render(
            """
            x-common: &common {root: /s, dir: "{{ vars.a.root }}/{{ vars.b.root }}"}
            vars: {a: {<<: *common}, b: {<<: *common, root: /t}}
            job: {name: "{{ vars.a.dir }}", cmd_line: run, input_file: "{{ vars.b.dir }}"}
            """
        ).body
        assert (body["name"], body["input_file"]) == ("/s//t", "/s//t")


class TestAbstract:
    def test_an_heir_may_supply_names(self):
        found = check(
            """
            abstract: true
            vars: {m: {x: 1}, l: [1]}
            job:
              name: "{{ vars.a }}{{ vars.m.y }}{{ vars.l[3] }}{{ params.p }}{{ matrix.q }}{{ job.zone }}{{ job.x }}"
              core_limit: "{{ vars.n }}"
            """
        )
        assert found.shown == []
        assert found.payloads == []

    def test_but_not_the_names_that_no_file_supplies(self):
        found = check("abstract: true\njob: {name: '{{ foo }}{{ cell.x }}{{ spec.y }}{{ env.Z }}'}")
        assert found.slugs == ["undefined-name"] * 4

    def test_types_are_checked(self):
        assert check("abstract: true\njob: {core_limit: x}").slugs == ["wrong-type"]

    def test_nothing_is_rendered(self):
        found = render("abstract: true\njob: {name: n, cmd_line: run}")
        assert found.slugs == ["abstract-spec"]
        assert found.found[0].span.text == "abstract"


def test_a_parameter_that_is_declared_wrongly_is_not_missed_as_well():
    found = check("params: {x: {typ: integer}}\njob: {name: n, cmd_line: run, core_limit: '{{ params.x }}'}")
    assert set(found.slugs) == {"bad-param"}


def test_a_matrix_that_cannot_be_used_leaves_its_axes_unknown():
    found = check("matrix: {axes: {m: []}}\njob: {name: '{{ matrix.m }}', cmd_line: 'run {{ vars.x }}'}")
    assert found.slugs == ["bad-matrix", "undefined-name"]


def test_one_node_in_two_places_is_held_to_what_each_may_read():
    found = check(
        """
        vars: {x: &x "{{ job.core_limit }}"}
        matrix: {axes: {m: [1]}, max: *x}
        job: {name: "{{ vars.x }}", cmd_line: run, core_limit: 4}
        """
    )
    assert found.slugs == ["template-not-allowed"]


def test_one_node_in_two_fields_is_fitted_to_each():
    spec = "vars: {a: 1}\njob: {cmd_line: run, <<: {name: &x '{{ vars.a }}', core_limit: *x}}"
    body = render(spec).body
    assert (body["name"], body["core_limit"]) == ("1", 1)


def test_a_mapping_merged_into_vars_and_job():
    body = render(
        "x-c: &c {mem_limit: 2GiB}\nvars: {<<: *c}\njob: {name: '{{ vars.mem_limit }}', cmd_line: run, <<: *c}"
    ).body
    assert (body["name"], body["mem_limit"]) == ("2GiB", 2048)
