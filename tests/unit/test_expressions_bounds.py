"""Bombs: each is refused, or harmless, at once and without memory."""

import tracemalloc

import pytest
from support.jinja_oracle import DATA, SCOPE, mistakes_of
from support.tables import each
from support.work import calls

from specc.diagnostics import codes
from specc.expressions import Budget, EvaluationFailed, Template, Unknown, compile_template

CALLS = 1_000_000
"""Of functions, at most; nearly all need less than a tenth."""
BYTES = 50_000_000

LIMIT = [
    "{{ 'a' * 10**9 }}",
    "{{ 10**9 * 'a' }}",
    "{{ [0] * 10**9 }}",
    "{{ (1,) * 60000 * 2 }}",
    "{{ 2 ** (10**9) }}",
    "{{ 9 ** (9 ** (9 ** 9)) }}",
    "{{ 10**300 * 10**300 * 10**300 * 10**300 * 10**300 }}",
    "{{ range(10**9) }}",
    "{{ range(10**30) }}",
    "{{ range(10**9, 0, -1) }}",
    "{{ 'a'.ljust(10**9) }}",
    "{{ 'a'.rjust(10**9) }}",
    "{{ 'a'.center(10**9) }}",
    "{{ 'a'.zfill(10**9) }}",
    "{{ 'a'|center(10**9) }}",
    "{{ ['a']|map('center', 10**9)|list }}",
    "{{ '%0100000000d'|format(1) }}",
    "{{ '%100000000s' % 1 }}",
    "{{ '%.100000000f' % 1 }}",
    "{{ '%(a)s%(a)s' % {'a': 'x'*40000} }}",
    "{{ 'a'" + "|replace('a','aaaaaaaaaa')" * 40 + " }}",
    "{{ 'a'.replace('', 'x'*60000) }}",
    "{{ 'a'|replace('', 'x'*60000, 5) }}",
    "{{ ['a'*60000]*60000 }}",
    "{{ (['a'*60000]*60000)|join }}",
    "{{ ('x'*9000)|join('y'*9000) }}",
    "{{ ','.join(['a'*60000]*1000) }}",
    "{{ ('x'*9000).join('y'*9000) }}",
    "{{ ('\\n'*60000)|indent(60000) }}",
    "{{ 'a\\nb'|indent('x'*60000) }}",
    "{{ [1]|batch(10**9, 0)|list }}",
    "{{ [1]|slice(10**9)|list }}",
    "{{ ('\\t'*60000).expandtabs(10**6) }}",
    "{{ ('\\t'*60000).expandtabs() }}",
    "{{ [['" + "<" * 20000 + "']]|tojson }}",
    "{{ ('é'*60000)|urlencode }}",
    "{{ ['x'*60000, 'y'*60000, 'z'*60000]|string }}",
    "{{ ['x'*60000, 'y'*60000, 'z'*60000] is lower }}",
    "{{ ('" + "f" * 60000 + "')|int(0, 16) }}",
    "{% for i in range(60000) %}{% for j in range(60000) %}{% endfor %}{% endfor %}",
    "{% for i in range(60000) %}{{ 'x'*60000 }}{% endfor %}",
    "{% for i in range(60000) if 'xb' in 'x'*60000 %}{% endfor %}",
    "{% for i in range(2000) %}" + "x" * 100 + "{% endfor %}",
    "{{ range(60000)|list|list|list|list }}",
    "{{ ('a'*60000).rfind('b' + 'a'*30000) }}",
    "{{ ('a'*60000)|trim('b'*30000~'a') }}",
    "{{ ('a'*60000).strip('b'*30000~'a') }}",
    "{{ 'x'*60000 }}{{ 'x'*60000 }}",
    "{% set a = [1,1] %}" + "{% set a = [a,a] %}" * 60 + "{{ a }}",
    "{% set a = [1] %}" + "{% set a = [a] %}" * 60,
    "{% set a = 'x' %}" + "{% set a = a ~ a %}" * 60,
    "{{ " + "'ab' ~ " * 20 + "'x' * 65536 }}",
    "{{ [['x'*60000]*30, 1] }}",
    "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "{{ " + "[" * 13 + "]" * 13 + " }}",
    "{{ " + "not " * 5000 + "x }}",
    "{{ " + "- " * 5000 + "1 }}",
    "{{ " + "-" * 5000 + "1 }}",
    "{{ a" + ".b" * 9000 + " }}",
    "{{ 1" + "+1" * 9000 + " }}",
    "{{ a" + "[0]" * 60 + " }}",
    "{{ 'a'" + "|upper" * 60 + " }}",
    "{{ " + "1 if 1 else " * 40 + "1 }}",
    "{% if 1 %}" * 13 + "{% endif %}" * 13,
    "{{1}}" * 9000,
    "{{ [" + "1," * 30000 + "] }}",
    "x" * 70000,
]

HARMLESS = [
    "{{ 1e308 * 10 }}",
    "{{ '" + "9" * 60000 + "'|int }}",
    "{{ '" + "9" * 60000 + "'|float }}",
    "{{ 'x'|int('y') }}",
    "{{ 1|round(10**9) }}",
    "{{ 12|round(-10**9) }}",
    "{{ 1.5|round(10**9,'ceil') }}",
    "{{ 'x'|round(9, 'ceil') }}",
    "{{ '%0100000000d' is divisibleby(3) }}",
    "{{ '%*d' % (10**9, 1) }}",
    "{{ '%(a(b))100000000d' % {'a(b)': 1} }}",
    "{{ '{:>100000000}'.format(1) }}",
    "{{ ([[1]]*2000)|sum(start=[]) }}",
    "{{ {'a': 1}|tojson(indent=10**9) }}",
    "{{ 10**300 * 1.5 ** 999 }}",
    "{{ 10**1000 * 1.0 }}",
    "{{ 5.5 in range(30000) }}",
    "{{ '%c' % 99999999999 }}",
    "{{ " + "{{" * 4000,
    "{%" * 4000,
    "{{ '" + "\\'" * 30000,
    "{% raw %}" * 7000,
    "{{" + " " * 60000 + "}}",
    "{{-" * 3000,
    "{{ " + "a " * 4000,
    "{{ ('-a'*30000)|title|title|title }}",
    "{{ range(4000)|sort|reverse|unique|list|length }}",
    "{{ '" + "(" * 20000 + "'|urlencode|length }}",
    "{{ 1" + "9" * 250 + " }}",
    "{{ x|map('map','map','map','map') }}",
    "{{ (10**1200)|string|length }}",
    "{{ ''.join([]) }}",
    "{{ 2 ** -10**9 }}",
]


@each("text", LIMIT)
@pytest.mark.slow
def test_too_much_work_is_refused_before_it_is_done(text: str) -> None:
    found: list[EvaluationFailed] = []
    assert calls(lambda: found.extend(mistakes_of(text))) < CALLS
    assert codes.TEMPLATE_LIMIT in [mistake.code for mistake in found]


@each("text", HARMLESS)
def test_what_only_looks_like_much_work_is_done_at_once(text: str) -> None:
    found: list[EvaluationFailed] = []
    assert calls(lambda: found.extend(mistakes_of(text))) < CALLS
    assert codes.TEMPLATE_LIMIT not in [mistake.code for mistake in found]


@pytest.mark.slow
@pytest.mark.parametrize("text", [*LIMIT[::4], *HARMLESS[::4]], ids=lambda text: text[:40])
def test_nothing_takes_much_memory(text: str) -> None:
    tracemalloc.start()
    mistakes_of(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < BYTES


def test_the_whole_spec_has_one_budget() -> None:
    budget = Budget()
    template = compile_template("{% for i in range(5000) %}{{ i }}{% endfor %}")
    assert isinstance(template, Template)
    template.evaluate(SCOPE, budget)
    with pytest.raises(EvaluationFailed) as caught:
        [template.evaluate(SCOPE, budget) for _ in range(50)]
    assert caught.value.is_limit


def test_real_templates_use_little_of_it() -> None:
    budget = Budget()
    text = "#!/bin/bash\nset -e\n" + "echo {{ vars.run.dir | sh }} {{ params.n }} {{ vars.words | join(' ') }}\n" * 200
    template = compile_template(text)
    assert isinstance(template, Template)
    template.evaluate(SCOPE, budget)
    assert budget.steps > Budget().steps * 0.9
    assert budget.characters > Budget().characters * 0.9


class Chain:
    """Each member of `vars` is a template that refers to the next one, as values of a spec do."""

    def __init__(self, text: str, length: int) -> None:
        compiled = [compile_template(text.replace("NEXT", f"vars.v{index + 1}")) for index in range(length)]
        self.templates = [template for template in compiled if isinstance(template, Template)]
        assert len(self.templates) == length
        self.budget = Budget()

    def namespace(self, name: str) -> "Chain":
        return self

    def keys(self) -> list[str | int]:
        return []

    def plain(self) -> object:
        return {}

    def member(self, key: str | int) -> object:
        if key == "u":
            return Unknown(None)
        index = int(str(key)[1:])
        return self.called(7, index) if index < len(self.templates) else 1

    def called(self, calls: int, index: int) -> object:
        """The calls that lie between a name and the evaluation of its value."""
        return self.called(calls - 1, index) if calls else self.templates[index].evaluate(self, self.budget)


def test_values_may_refer_to_each_other_through_many_steps() -> None:
    assert Chain("{{ NEXT + 1 }}", 20).member("v0") == 21


def outcome(chain: Chain) -> object:
    """The type of the first value, or the code of its mistake."""
    try:
        return type(chain.member("v0"))
    except EvaluationFailed as error:
        return error.mistakes[0].code


@each(
    "text",
    [
        *("{{ NEXT }}", "{{ " + "[" * 11 + "NEXT" + "]" * 11 + "|first" * 11 + " }}", "{{ " + "- " * 29 + "NEXT }}"),
        *("{{ " + "(1 if vars.u else " * 11 + "NEXT" + ")" * 11 + " }}", "{{ " + "1 if vars.u else " * 20 + "NEXT }}"),
        *(
            "{{ NEXT" + "|string" * 40 + " }}",
            "{{ vars.u or " + "vars.u and " * 30 + "NEXT }}",
            "{{ [NEXT]|map('string')|join }}",
        ),
        *(
            "{% if vars.u %}" * 11 + "{{ NEXT }}" + "{% endif %}" * 11,
            "{% if true %}" * 11 + "{{ NEXT }}" + "{% endif %}" * 11,
        ),
        "{% for x in [1] %}" * 11 + "{{ NEXT }}" + "{% endfor %}" * 11,
        "{% for x in vars.u %}" * 11 + "{{ NEXT }}" + "{% endfor %}" * 11,
    ],
)
@pytest.mark.slow
def test_a_chain_without_end_does_not_exhaust_the_stack(text: str) -> None:
    chain = Chain(text, 70)
    assert outcome(chain) in (Unknown, codes.TEMPLATE_LIMIT)
    assert chain.budget.frames == Budget().frames


def test_huge_integers_of_a_spec_do_not_get_into_a_text() -> None:
    data = {**DATA, "params": {"n": 10**5000}}
    for text in (
        "a{{ params.n }}",
        "{{ params.n ~ '' }}",
        "{{ [params.n] | join }}",
        "{{ params.n | sh }}",
        "{{ params.n | raw }}",
    ):
        assert [mistake.code for mistake in mistakes_of(text, data)] == [codes.TEMPLATE_LIMIT], text


def test_deeply_nested_data_of_a_spec_is_refused() -> None:
    data: object = 1
    for _ in range(40):
        data = [data]
    names = {**DATA, "params": {"deep": data}}
    for text in ("{{ params.deep }}", "{% set x = [params.deep] %}", "{{ [params.deep] }}"):
        assert [mistake.code for mistake in mistakes_of(text, names)] == [codes.TEMPLATE_LIMIT], text
    assert mistakes_of("{{ params.deep[0] | length }}", names) == ()
