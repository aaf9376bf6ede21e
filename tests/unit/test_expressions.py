"""What a template tells of itself, what it asks of its scope, and what it gives."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.jinja_oracle import DATA, SCOPE, Lazy, Names
from support.tables import each

from specc.diagnostics import codes
from specc.expressions import (
    MISSING,
    Budget,
    EvaluationFailed,
    Quoted,
    Raw,
    Template,
    TemplateMistake,
    Unknown,
    compile_template,
    is_template,
)


def compiled(text: str, **filters: Any) -> Template:
    template = compile_template(text, filters=filters)
    assert isinstance(template, Template), template
    return template


def value(text: str, **unknown: Any) -> object:
    """The value of a template, where the names in `unknown` are members of `params`."""
    names = Names({**DATA, "params": {**DATA["params"], **unknown}})
    return compiled(text).evaluate(names, Budget())


@each(
    "text, expected",
    [
        ("{{ params.n }}", True),
        ("{{- params.n -}}", True),
        ("{{ '}}' }}", True),
        ("{{\n params.n\r\n}}", True),
        (" {{ params.n }}", False),
        ("{{ params.n }}\n", False),
        ("{{ params.n -}}  ", False),
        ("{{ 1 }}{{ 2 }}", False),
        ("{% set x = 1 %}", False),
        ("", False),
    ],
)
def test_only_one_whole_hole_is_an_expression(text: str, expected: bool) -> None:
    assert compiled(text).is_expression is expected


@each(
    "text, expected",
    [
        ("{{ 64 }}", 64),
        ("{{ '007' }}", "007"),
        ("{{ 'True' }}", "True"),
        ("{{ true }}", True),
        ("{{ none }}", None),
        ("{{ 1e3 }}", 1000.0),
        ("{{ 1, 'a' }}", [1, "a"]),
        ("{{ vars.words | map('lower') }}", ["mesh", "coarse", "fine"]),
        ("{{ vars.run }}", {"dir": "/scratch/a b", "depth": 2}),
        ("n{{ 64 }}", "n64"),
        ("${#a[@]} {# no comment #} {{ 1 }}", "${#a[@]} {# no comment #} 1"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("a\r\n{{ 1 }}\rb", "a\n1\nb"),
    ],
)
def test_an_expression_keeps_its_type_and_a_text_is_text(text: str, expected: object) -> None:
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


def test_only_braces_make_a_template() -> None:
    assert [is_template(text) for text in ("a {{ b", "{% a", "{ b }", "${x}", "{# a #}", "")] == [True, True] + [
        False
    ] * 4


def references(text: str) -> list[tuple[str, str, bool]]:
    return [
        (".".join(map(str, found.path)), text[found.start : found.end], found.guarded)
        for found in compiled(text).references
    ]


@each(
    "text, expected",
    [
        ("{{ params.n }}", [("params.n", "params.n", False)]),
        ("{{ vars['run'].dir }}", [("vars.run.dir", "vars['run'].dir", False)]),
        ("{{ vars.xs[0].id }}", [("vars.xs.0.id", "vars.xs[0].id", False)]),
        ("{{ vars.xs[-1].id }}", [("vars.xs", "vars.xs", False)]),
        ("{{ vars[params.n].x }}", [("vars", "vars", False), ("params.n", "params.n", False)]),
        ("{{ vars.name.upper() }}", [("vars.name", "vars.name", False)]),
        ("{{ ranks }}", [("ranks", "ranks", False)]),
        ("{{ b.x if a.x else c.x }}", [("b.x", "b.x", False), ("a.x", "a.x", False), ("c.x", "c.x", False)]),
        ("{{ a.x | default(b.x) }}", [("a.x", "a.x", True), ("b.x", "b.x", False)]),
        ("{{ a.x if a.x is defined }}", [("a.x", "a.x", True), ("a.x", "a.x", True)]),
        ("{{ a.b.c if a.b is not defined }}", [("a.b.c", "a.b.c", True), ("a.b", "a.b", True)]),
        ("{{ a.b if a.b.c is defined }}", [("a.b", "a.b", False), ("a.b.c", "a.b.c", True)]),
        ("{% if a.x is undefined %}{{ a.x }}{% endif %}", [("a.x", "a.x", True), ("a.x", "a.x", True)]),
        ("{% for x in a.xs %}{{ x.y }}{{ loop.index }}{% endfor %}", [("a.xs", "a.xs", False)]),
        ("{% set y = a.b %}{{ y.c }}", [("a.b", "a.b", False)]),
        ("{{ y }}{% set y = 1 %}{{ y }}", [("y", "y", False)]),
        ("{% for x in [] %}{% endfor %}{{ x }}", [("x", "x", False)]),
        ("{% with x = a.b %}{{ x }}{% endwith %}", [("a.b", "a.b", False)]),
        ("{{ range(params.n) }}", [("params.n", "params.n", False)]),
    ],
)
def test_references_are_the_longest_constant_paths(text: str, expected: list[tuple[str, str, bool]]) -> None:
    assert references(text) == expected


def test_offsets_count_the_characters_of_the_text_as_it_is() -> None:
    text = "é\r\n{{- params.n }}\r{% if vars.x\r\n%}{% endif %}"
    template = compiled(text)
    assert [text[found.start : found.end] for found in template.references] == ["params.n", "vars.x"]
    assert [text[start:end] for start, end in template.statements] == ["{% if vars.x\r\n%}", "{% endif %}"]


def test_raw_text_is_no_statement() -> None:
    assert compiled("{% raw %}{% if %}{% endraw %}").statements == ()


@dataclass
class Asked:
    """A namespace that notes which members are asked for."""

    data: dict[str, object]
    asked: list[str | int] = field(default_factory=list)

    def namespace(self, name: str) -> "Asked | None":
        return self if name == "vars" else None

    def member(self, key: str | int) -> object:
        self.asked.append(key)
        return self.data.get(str(key), MISSING)

    def keys(self) -> list[str | int]:
        return list(self.data)

    def plain(self) -> object:
        self.asked.append("*")
        return self.data


@each(
    "text, asked",
    [
        ("{{ vars.a if vars.b else vars.c }}", ["b", "c"]),
        ("{{ vars.a or vars.b }}", ["a"]),
        ("{{ vars.b and vars.c }}", ["b"]),
        ("{{ vars.get('a') }}", ["a"]),
        ("{{ vars.get('x', 1) }}", ["x"]),
        ("{{ 1 if vars }}", []),
        ("{{ not vars }}", []),
        ("{{ vars | length }}", ["*"]),
        ("{{ vars }}", ["*"]),
        ("{{ vars.a ~ vars.a }}", ["a", "a"]),
    ],
)
def test_only_what_is_needed_is_asked_for(text: str, asked: list[str]) -> None:
    scope = Asked({"a": 1, "b": 0, "c": 3})
    compiled(text).evaluate(scope, Budget())
    assert scope.asked == asked


def test_a_list_may_be_a_namespace() -> None:
    scope = Names({"vars": {"xs": ["a", "b"]}})
    for text, expected in [("{{ vars.xs[-1] }}", "b"), ("{{ vars.xs[true] }}", "b"), ("{{ vars.xs[0:1] }}", ["a"])]:
        assert compiled(text).evaluate(scope, Budget()) == expected
    assert isinstance(scope.namespace("vars"), Lazy)


@each(
    "text, expected",
    [
        ("{{ vars.run.dir | sh }}", Quoted("'/scratch/a b'")),
        ("{{ ['a b', 1, 2.5, true] | sh }}", Quoted("'a b' 1 2.5 true")),
        ("{{ range(2) | sh }}", Quoted("0 1")),
        ("{{ '' | sh }}", Quoted("''")),
        ("{{ 'a b' | raw }}", Raw("a b")),
        ("{{ 3 | raw }}", Raw("3")),
        ("{{ ['a b', 'c'] | map('sh') | list }}", [Quoted("'a b'"), "c"]),
        ("{{ ('a b' | sh).upper() }}", "'A B'"),
        ("{{ ('a b' | sh) ~ 'c' }}", "'a b'c"),
        ("{{ ('a' | raw)[:] }}", "a"),
        ("{{ 'a b' | sh | string }}", "'a b'"),
    ],
)
def test_quoted_and_raw_texts_are_marked_until_something_is_done_to_them(text: str, expected: object) -> None:
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


def test_filters_of_the_caller() -> None:
    def gib(number: object, scale: int = 1) -> str:
        if not isinstance(number, int):
            raise ValueError("`gib` takes a number")
        return f"{number * scale}GiB"

    def evaluate(text: str) -> object:
        return compiled(text, gib=gib).evaluate(SCOPE, Budget())

    assert evaluate("{{ 3 | gib }}") == "3GiB"
    assert evaluate("{{ 3 | gib(scale=2) }}") == "6GiB"
    assert evaluate("{{ vars.sizes | map('gib') | join(' ') }}") == "3GiB 1GiB 2GiB"
    with pytest.raises(EvaluationFailed) as caught:
        evaluate("{{ 'x' | gib }}")
    assert caught.value.mistakes == (TemplateMistake(codes.TEMPLATE_ERROR, 3, 12, "`gib` takes a number"),)
    with pytest.raises(EvaluationFailed, match="is not a list yet"):
        evaluate("{{ [1] | map('abs') | gib }}")
    assert compile_template("{{ 3 | gib(1, 2) }}", filters={"gib": gib})[0].code is codes.TEMPLATE_ERROR
    unknown = Names({"params": {"n": Unknown("integer")}})
    assert compiled("{{ params.n | gib }}", gib=gib).evaluate(unknown, Budget()) == Unknown(None)


@each(
    "expression, kind",
    [
        ("n", "integer"),
        *[("n + 1", "integer"), ("n + 1.5", "number"), ("n / 2", "number"), ("n ** 2", "number"), ("-n", "integer")],
        *[
            ("n // 2", "integer"),
            ("s + 'a'", "string"),
            ("s * 2", "string"),
            ("'%s' % n", "string"),
            ("xs + [1]", "list"),
        ],
        *[
            ("n + what", None),
            ("n > 1", "boolean"),
            ("1 < n < 3", "boolean"),
            ("n in [1]", "boolean"),
            ("[n] == [1]", "boolean"),
        ],
        *[
            ("1 in [n]", "boolean"),
            ("s ~ 1", "string"),
            ("not n", "boolean"),
            ("n is even", "boolean"),
            ("4 is divisibleby(n)", "boolean"),
        ],
        *[
            ("n if s else 1", "integer"),
            ("1 if s else 'a'", None),
            ("n or 1", "integer"),
            ("n and 'a'", None),
            ("1/0 if n else 1", None),
        ],
        *[
            ("s | upper", "string"),
            ("s | length", "integer"),
            ("xs | sort", "list"),
            ("xs | first", None),
            ("[n] | sum", "number"),
        ],
        *[
            ("[n, 1] | join", "string"),
            ("'a' | replace('a', s)", "string"),
            ("n | abs", "integer"),
            ("xs | map('int')", "list"),
        ],
        *[
            ("xs | select('odd')", "list"),
            ("[n] | select('odd')", "list"),
            ("[1] | select('gt', n)", "list"),
            ("s | sh", "string"),
        ],
        *[("n | raw", "string"), ("[s] | sh", "string"), ("s | format(1)", "string"), ("'%d' | format(n)", "string")],
        *[("n | default(1)", "integer"), ("n | default(1, true)", "integer"), ("n | default('a', true)", None)],
        *[
            ("s.upper()", "string"),
            ("s.split()", "list"),
            ("'a'.join(xs)", "string"),
            ("'a'.count(s)", "integer"),
            ("m.get('x')", None),
        ],
        *[
            ("s[1:]", "string"),
            ("'abc'[n:]", "string"),
            ("s[0]", None),
            ("xs.a.b", None),
            ("{'a': 1}[s]", None),
            ("[1, 2][n]", None),
        ],
        *[("range(n)", "list"), ("[n, 1]", "list"), ("{'a': [n]}", "mapping"), ("{s: 1}", "mapping"), ("m", "mapping")],
        *[
            ("[{'a': n}] | selectattr('a') | list", "list"),
            ("[{'a': n}] | map(attribute='a') | list", "list"),
            ("m.a", None),
        ],
        *[
            ("[m] | map(attribute='a') | list", "list"),
            ("n in ([1] | map('abs'))", "boolean"),
            ("1 in ([n] | map('abs'))", "boolean"),
        ],
        *[("-(n > 1)", "integer"), ("+(n > 1)", "integer"), ("(n > 1) | abs", "integer"), ("what | abs", None)],
        *[("s | int", "integer"), ("s | int(1)", "integer"), ("s | int('x')", None), ("s | int(1.5)", None)],
        *[("s | float", "number"), ("s | float(1)", "number"), ("s | float(none)", None), ("xs | int(n)", "integer")],
        *[("m | reverse", "list"), ("xs | reverse", "list"), ("s | reverse", "string"), ("what | reverse", None)],
        *[
            ("['a'] | map(s)", "list"),
            ("['a'] | map(attribute=n)", "list"),
            ("['a'] | select(s)", "list"),
            ("['a'] | selectattr(n)", "list"),
            ("['a'] | rejectattr('x', s)", "list"),
        ],
        *[("{'a': n} is lower", "boolean"), ("[n] is upper", "boolean")],
    ],
)
def test_what_depends_on_an_unknown_is_unknown(expression: str, kind: str | None) -> None:
    unknown = {"n": "integer", "s": "string", "xs": "list", "m": "mapping", "what": None}
    sets = " ".join(f"{name}=params.{name}," for name in unknown).rstrip(",")
    given = {name: Unknown(kind) for name, kind in unknown.items()}
    text = f"{{% with {sets} %}}{{{{ {expression} }}}}{{% endwith %}}"
    assert value("{{ " + qualified(expression, unknown) + " }}", **given) == Unknown(kind)
    if kind not in ("list", "mapping"):
        assert value(text, **given) == Unknown("string")


def qualified(expression: str, names: dict[str, Any]) -> str:
    """The expression with `params.` before the names."""
    return re.sub(rf"(?<![\w.'%])({'|'.join(names)})(?![\w'])", r"params.\1", expression)


@each(
    "text, expected",
    [
        ("{{ params.u is defined }}", True),
        ("{{ params.u is undefined }}", False),
        ("{{ params.u[9] is undefined }}", Unknown("boolean")),
        ("{{ (params.u | map(attribute='x'))[1] is defined }}", Unknown("boolean")),
        ("{{ params.u.x is defined }}", Unknown("boolean")),
        ("{{ ([params.u, {}] | selectattr('x', 'undefined')) | list }}", Unknown("list")),
        ("{{ ([params.u, {}] | map(attribute='x') | rejectattr('y', 'defined')) | list }}", Unknown("list")),
        ("{% if params.u %}{{ 1 / 0 }}{% endif %}a", Unknown("string")),
        ("{% if params.no %}{% elif params.u %}b{% endif %}", Unknown("string")),
        ("{% for x in params.u %}{{ x / 0 }}{{ loop.index }}{% else %}{{ x.y }}{% endfor %}", Unknown("string")),
        ("{% for x in [1] if params.u %}{{ x }}{% endfor %}", Unknown("string")),
        ("{% if params.u %}{% set a = 1 %}{% endif %}{{ a + 1 }}", Unknown("string")),
        ("{% set a, b = params.xs %}{{ a }} {{ b + 1 }}", Unknown("string")),
        ("{% for a, b in [params.xs, params.m] %}{{ a }}{{ b }}{% endfor %}", Unknown("string")),
        ("{% with a, b = params.m %}{{ a ~ b }}{% endwith %}", Unknown("string")),
        ("{% for a, b in [params.u] %}{{ a ~ b }}{% endfor %}", Unknown("string")),
        ("{{ 1 if params.yes else params.u }}", 1),
        ("{{ [params.u, 1] | length }}", Unknown("integer")),
    ],
)
def test_faults_that_may_never_happen_are_not_told(text: str, expected: object) -> None:
    assert value(text, u=Unknown(None), xs=Unknown("list"), m=Unknown("mapping")) == expected


def test_variables_set_under_an_unknown_condition_are_unknown_the_others_are_not() -> None:
    text = "{% set a, b = 1, 2 %}{% if params.u %}{% set a = 2 %}{% endif %}{{ 1 // 0 if b == 2 }}"
    with pytest.raises(EvaluationFailed, match="division by zero"):
        value(text, u=Unknown(None))


def test_each_hole_of_a_text_is_shown_to_the_caller() -> None:
    seen: list[tuple[object, str]] = []
    text = "a {{ params.name }} {{- ['x y'] | sh -}} {{ 2.5 }}{{ 'z' if false }}"

    def hole(found: object, start: int, end: int) -> None:
        seen.append((found, text[start:end]))

    assert compiled(text).evaluate(SCOPE, Budget(), hole) == "a cavity'x y'2.5"
    assert seen == [("cavity", "{{ params.name }}"), ("'x y'", "{{- ['x y'] | sh -}}"), (2.5, "{{ 2.5 }}")]
    assert isinstance(seen[1][0], Quoted)


def test_a_whole_expression_is_no_hole() -> None:
    def hole(found: object, start: int, end: int) -> TemplateMistake:
        raise AssertionError

    assert compiled("{{ params.name }}").evaluate(SCOPE, Budget(), hole) == "cavity"


def test_the_caller_may_object_to_holes() -> None:
    text = "{{ vars.run.dir }} {{ vars.words }} {{ 1 }}"

    def hole(found: object, start: int, end: int) -> TemplateMistake | None:
        return (
            TemplateMistake(codes.UNQUOTED_SHELL_VALUE, start, end, "unquoted")
            if isinstance(found, str | list)
            else None
        )

    with pytest.raises(EvaluationFailed) as caught:
        compiled(text).evaluate(SCOPE, Budget(), hole)
    assert [text[mistake.start : mistake.end] for mistake in caught.value.mistakes] == [
        "{{ vars.run.dir }}",
        "{{ vars.words }}",
    ]


def test_no_hole_is_shown_where_the_condition_is_unknown() -> None:
    def hole(found: object, start: int, end: int) -> TemplateMistake:
        raise AssertionError

    names = Names({"params": {"u": Unknown("string")}})
    template = compiled("{{ params.u }}{% if params.u %}{{ 'a' }}{% endif %}")
    assert template.evaluate(names, Budget(), hole) == Unknown("string")


def test_a_template_is_evaluated_as_often_as_one_likes() -> None:
    template = compiled("{% set x = params.n %}{% for i in range(2) %}{{ x + i }}{% endfor %}")
    budget = Budget()
    assert [template.evaluate(Names({"params": {"n": n}}), budget) for n in (1, 5)] == ["12", "56"]


def test_values_of_the_scope_are_never_changed() -> None:
    data = {"xs": [3, 1], "m": {"a": [1]}}
    before = repr(data)
    for text in ("{{ vars.xs | indent }}", "{{ vars.xs | sort }}{{ vars.xs + [1] }}", "{{ vars.m.a | sum(start=[]) }}"):
        template = compiled(text)
        with pytest.raises(EvaluationFailed):
            template.evaluate(Names({"vars": data}), Budget())
    assert repr(data) == before
