"""Whatever the text: a template or mistakes inside it, and evaluation gives a value or mistakes inside it."""

import json

from hypothesis import given
from hypothesis import strategies as st
from support.jinja_oracle import DATA, SCOPE, Names

from specc.expressions import Budget, EvaluationFailed, Template, TemplateMistake, Unknown, compile_template

PIECES = st.sampled_from(
    [
        *("{{", "}}", "{%", "%}", "{{-", "-}}", "{#", "#}", "{% raw %}", "{% endraw %}", "(", ")", "[", "]", "{", "}"),
        *(
            "if",
            "else",
            "elif",
            "endif",
            "for",
            "in",
            "endfor",
            "set",
            "with",
            "endwith",
            "not",
            "and",
            "is",
            "defined",
        ),
        *("{% autoescape 1 %}{% endautoescape %}", "{% call f() %}{% endcall %}", "{% filter upper %}{% endfilter %}"),
        *("{% import 'a' as b %}", "{% from 'a' import b %}", "{% block b %}{% endblock %}", "{% set x %}{% endset %}"),
        *(
            "macro",
            "endmacro",
            "include",
            "block",
            "loop",
            "range",
            "params",
            "vars",
            ".n",
            ".words",
            "x",
            "_",
            "__class__",
        ),
        *(
            "+",
            "-",
            "*",
            "**",
            "/",
            "//",
            "%",
            "~",
            "|",
            ".",
            ",",
            ":",
            "=",
            "==",
            "<",
            "'",
            '"',
            "\\",
            "'a'",
            "9",
            "1e400",
        ),
        *(
            "1_0",
            "0x",
            "sort",
            "map",
            "int",
            "tojson",
            "upper",
            "join",
            "\r",
            "\r\n",
            "\n",
            " ",
            "\x00",
            "é",
            "\ud800",
            "٣",
        ),
    ]
)
TEXTS = st.text() | st.lists(PIECES, max_size=14).map(" ".join) | st.lists(PIECES, max_size=14).map("".join)
WRAPPED = st.lists(PIECES, max_size=10).map(lambda pieces: "{{ " + " ".join(pieces) + " }}")

Mistakes = tuple[TemplateMistake, ...]


def assert_well_placed(mistakes: Mistakes, text: str) -> None:
    assert mistakes
    for mistake in mistakes:
        assert 0 <= mistake.start <= mistake.end <= len(text)
        assert "\n" not in mistake.message
        assert mistake.message


@given(TEXTS | WRAPPED)
def test_any_text_compiles_and_evaluates_or_has_faults(text: str) -> None:
    template = compile_template(text)
    if not isinstance(template, Template):
        assert_well_placed(template, text)
        return
    for reference in template.references:
        assert text[reference.start :].startswith(str(reference.path[0]))
        assert reference.end <= len(text)
    try:
        value = template.evaluate(SCOPE, Budget())
    except EvaluationFailed as error:
        assert_well_placed(error.mistakes, text)
    else:
        assert template.is_expression or isinstance(value, str)


UNKNOWNS = Names(
    {"params": {**DATA["params"], "n": Unknown("integer"), "name": Unknown("string")}, "vars": DATA["vars"]}
)
WHAT = st.sampled_from(["params.n", "params.name", "vars.sizes", "3", "'a'", "[params.n]", "{'a': params.name}"])
FORMS = st.sampled_from(
    [
        *(
            "{a} + {b}",
            "{a} ~ {b}",
            "{a} < {b}",
            "{a} in {b}",
            "{a}|join({b})",
            "{a}|int + 1",
            "{a}[{b}]",
            "{a}.upper()",
        ),
        *(
            "{a}|default({b}, true)",
            "{a} and {b}",
            "{a} if {b} else 1",
            "not {a}",
            "-{a}",
            "{a}|map('upper')|list",
            "{a}|sort",
        ),
        *(
            "{a} is string",
            "{a}|tojson",
            "[{a}, {b}]|sum",
            "{a}|length",
            "range({a})",
            "{a}[:{b}]",
            "'%s' % {a}",
            "{a}|sh",
        ),
        *(
            "{a}|select('gt', {b})|list",
            "{a}.get({b})",
            "{a}|format({b})",
            "{a} is divisibleby {b}",
            "{{{a}: {b}}}",
            "{a}|d({b})",
        ),
    ]
)


@given(FORMS, WHAT, WHAT)
def test_nothing_unknown_becomes_known_by_accident(form: str, a: str, b: str) -> None:
    """Any two values of an unknown may give two results, so the result is known only if it does not depend on it."""
    template = compile_template("{{ " + form.format(a=a, b=b) + " }}")
    assert isinstance(template, Template)
    try:
        found = template.evaluate(UNKNOWNS, Budget())
        known = [template.evaluate(Names(with_values(n, name)), Budget()) for n, name in [(0, ""), (7, "zz")]]
    except EvaluationFailed:
        return
    if not isinstance(found, Unknown):
        assert known == [found, found]
        json.dumps(found)


def with_values(n: int, name: str) -> dict[str, object]:
    return {"params": {**DATA["params"], "n": n, "name": name}, "vars": DATA["vars"]}
