"""What a template gives does not depend on whether another one of the same shape was compiled before it."""

from hypothesis import given
from hypothesis import strategies as st
from support.jinja_oracle import SCOPE

from specc.expressions import Budget, Compiler, EvaluationFailed, Template, compile_template
from specc.expressions.template import shape_of

PIECES = st.sampled_from(
    [
        *("{{ params.n }}", "{{params.name}}", "{{ vars.sizes[1] }}", "{{ params.n + 1 }}", "{{ params.nothing }}"),
        *(
            "{{ 'a7' }}",
            "{{- params.n }}",
            "{{ params.n -}}",
            "{{ params.n %}",
            "{{ params.n",
            "{{ }}",
            "{{ {'a': 1} }}",
        ),
        *("{", "}", "}}", "{%", "%}", "{% if params.n %}", "{% endif %}", "{% raw %}", "{% endraw %}", "{#", "-", "'"),
        *("0", "7", "42", "case-", " ", "\n", "\r", "\r\n", "é", "٣", "\\"),
    ]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=8).map("".join)


def outcome(compiled: object) -> object:
    if not isinstance(compiled, Template):
        return compiled
    parts = compiled.text, compiled.is_expression, compiled.references, compiled.statements, compiled.size
    budget = Budget()
    try:
        return parts, compiled.evaluate(SCOPE, budget), budget.steps, budget.characters
    except EvaluationFailed as mistake:
        return parts, mistake.mistakes, budget.steps, budget.characters


@given(TEXTS, st.lists(st.integers(0, 9).map(str), min_size=1))
def test_the_digits_of_another_template_are_not_in_this_one(text: str, digits: list[str]) -> None:
    compiler = Compiler({}, most=8)
    for number in ("1", "2", *digits):
        numbered = f"{number}{text.replace('7', number)}{number}"
        assert outcome(compiler.compile(numbered)) == outcome(compile_template(numbered))


@given(TEXTS)
def test_a_shape_is_its_own_shape(text: str) -> None:
    shape = shape_of(text)
    assert shape is None or (shape_of(shape) == shape and len(shape) == len(text))


def test_numbered_names_have_one_shape() -> None:
    assert {shape_of(f"case-{{{{ params.n9 }}}}-{number:04d}") for number in range(300)} == {
        "case-{{ params.n9 }}-0000"
    }
