"""What we accept, Jinja2 gives the same for; what is well typed, we accept; and unknown values change no result."""

from collections.abc import Iterable
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from support.jinja_oracle import REFUSED, cells, ours, same, text_by_jinja, value_by_jinja
from support.unknown_values import contradiction

from specc.expressions import Template, compile_template
from specc.expressions.filters import NAMES
from specc.expressions.methods import METHODS
from specc.expressions.predicates import TESTS

Expressions = st.SearchStrategy[str]

INTEGERS = st.one_of(st.integers(-3, 40).map(lambda n: f"({n})"), st.sampled_from(["params.n", "vars.run.depth"]))
TEXTS = st.one_of(
    st.text("aB é'{}%\\\n-", max_size=5).map(repr), st.sampled_from(["params.name", "vars.run['dir']", "vars.text"])
)
LISTS = st.sampled_from(["vars.sizes", "[1, 2, 2]", "range(4)", "[]", "(5, 6)"])
WORDS = st.sampled_from(["vars.words", "['b', 'A', 'b']", "'x y'.split()", "vars.cases|map(attribute='name')|list"])
TRUTHS = st.sampled_from(["true", "params.no", "params.x is defined", "params.n is even", "'fine' in vars.words"])
GLOBAL = (INTEGERS, TEXTS, LISTS, WORDS, TRUTHS)
# Within statements there are variables, too.
LOCAL = (
    INTEGERS | st.just("i"),
    TEXTS | st.just("w"),
    LISTS | st.just("xs"),
    WORDS,
    TRUTHS | st.sampled_from(["i is even", "w in vars.words", "i in xs"]),
)


def formed(forms: Iterable[str], **parts: Expressions) -> Expressions:
    """One of the forms, with an expression for each name in braces."""
    names = sorted(parts)
    return st.tuples(st.sampled_from(list(forms)), *(parts[name] for name in names)).map(
        lambda drawn: drawn[0].format(**dict(zip(names, drawn[1:], strict=True)))
    )


INTEGER_FORMS = cells("""
    ({i} + {j}) | ({i} - {j}) | ({i} * {j}) | ({i} // 7) | ({i} % 5) | -{i}|abs | ({i} if {b} else {j}) | {i}|round|int
    ({t})|length | ({xs})|sum | ({xs})|length | ({t}).count('a') | ({t})|int | ({xs})|max|default({i}) | ({ws})|count
    ({xs})|first|default({j}) | ({t}).find('B') | ({t})|wordcount
""")
TEXT_FORMS = cells("""
    ({t} ~ {u}) | ({t} + {u}) | ({t} ~ {i}) | ({t} if {b} else {u}) | ({t}).upper() | ({t})|replace('a', {u})
    ({ws})|join({t}) | ({t})|trim | ({t})|title | ({t})[1:3] | ({t})[::-1] | '%s:%03d'|format({t}, {i}) | ({t}) * 2
    ({t} or {u}) | ({ws})|first|default({u}) | ({t})|indent(2) | ({xs})|join('-') | ({xs})|string | ({t})|center(9)
    ({t})|truncate(4, true, '.', 0) | ({t}).strip('a') | ({t})|tojson | ({t}).partition('B')[0]
""")
LIST_FORMS = cells("""
    [{i}, {j}] | ({xs})|list | ({xs})|sort | ({xs})|reverse|list | ({xs})|unique|list | (({xs})|list)[1:]
    ({xs})|select('odd')|list | ({xs})|reject('gt', {i})|list | ({ws})|map('length')|list | [{i}] * 2
    ({xs})|map('abs')|list | ({xs} if {b} else [{j}]) | (({xs})|list + [{i}]) | ({xs})|batch(2, 0)|map('sum')|list
""")
WORD_FORMS = cells("""
    [{t}, {u}] | ({t}).split('a') | ({ws})|sort | ({ws})|map('upper')|list | ({ws})|unique|list | ({t})|list
    ({ws})|select('ne', {t})|list | ({ws} if {b} else [{u}]) | ({t}).splitlines() | ({ws})|sort(true, true)
""")
TRUTH_FORMS = cells("""
    ({i} < {j}) | ({i} <= {j} < 9) | ({t} == {u}) | ({t} in {u}) | ({i} in ({xs})|list) | (not {b}) | ({t} not in {ws})
    ({b} and {c}) | ({b} or {c}) | ({t} < {u}) | ({i} is divisibleby 3) | (({xs})|list == [{i}]) | ({t} is upper)
    ({t}).startswith({u}) | ({ws})|length > {i} | ({i} is ne {j}) | ({xs})|first is defined
""")


def grown(i: Expressions, t: Expressions, xs: Expressions, ws: Expressions, b: Expressions) -> list[Expressions]:
    """Larger expressions of each type from smaller ones."""
    parts = {"i": i, "j": i, "t": t, "u": t, "xs": xs, "ws": ws, "b": b, "c": b}
    return [formed(forms, **parts) for forms in (INTEGER_FORMS, TEXT_FORMS, LIST_FORMS, WORD_FORMS, TRUTH_FORMS)]


ONCE = grown(*GLOBAL)
TWICE = grown(*(small | large for small, large in zip(GLOBAL, ONCE, strict=True)))

ODD_VALUES = ["none", "1.5", "vars.run", "params", "vars.cases", "{'a': [1]}", "params.x", "vars.cases|map('list')"]
ANYTHING = st.one_of(*TWICE, st.sampled_from(ODD_VALUES))
LOOSE_FORMS = cells("""
    {a} + {b} | {a} * {b} | {a} ~ {b} | {a} < {b} | {a} in {b} | {a} % {b} | {a}[{b}] | {a}.x | {a} // {b} | {a} ** 3
    -{a} | {a} and {b} | {a} or {b} | {a} == {b} | [{a}, {b}]|sort | [{a}, {b}]|unique|list | {a}[{b}:] | {a}.get({b})
    {a}|default({b}) | {a}|default({b}, true) | {a}|map('int')|list | {a}|round({b}) | {a}|batch({b})|list
    {{{a}: {b}}}
""")
LOOSE = formed(LOOSE_FORMS, a=ANYTHING, b=ANYTHING)
VOCABULARY_FORMS = cells("""
    {a}|{f} | {a}|{f}({b}) | {a}|{f}({b}, {c}) | {a}|{f}|list | {a}|{f}({b})|list | [{a}, {b}]|map('{f}')|list
    {a}|map('{f}', {b})|list | {a} is {t} | {a} is {t}({b}) | [{a}, {b}]|select('{t}', {c})|list | {a}.{m}()
    {a}.{m}({b}) | {a}.{m}({b}, {c}) | {a}|{f}|{g} | {a}|{f}|string | ({a}|{f}) == ({b}|{g}) | {a}|list|{f}|{g}|list
""")
FILTERS = st.sampled_from([name for name in NAMES if name not in ("sh", "raw")])
VOCABULARY = formed(
    VOCABULARY_FORMS,
    a=ANYTHING,
    b=ANYTHING,
    c=ANYTHING,
    f=FILTERS,
    g=FILTERS,
    t=st.sampled_from([name for name in TESTS if name.isalpha()]),
    m=st.sampled_from(list(METHODS)),
)


@given(st.one_of(*ONCE, *TWICE))
def test_a_well_typed_expression_is_accepted_and_agrees(expression: str) -> None:
    found = ours("{{ " + expression + " }}")
    expected = value_by_jinja(expression)
    assert same(found, expected) or (found is REFUSED and expected is REFUSED)


@given(LOOSE | VOCABULARY)
def test_any_expression_agrees_or_is_refused(expression: str) -> None:
    found = ours("{{ " + expression + " }}")
    assert found is REFUSED or same(found, value_by_jinja(expression))


@given(LOOSE | VOCABULARY)
def test_any_expression_in_a_text_agrees_or_is_refused(expression: str) -> None:
    text = "<{{ " + expression + " }}>"
    found = ours(text)
    assert found is REFUSED or same(found, text_by_jinja(text))


@given(LOOSE | VOCABULARY | st.one_of(*TWICE), st.integers(0, 2**32))
def test_what_is_known_of_unknown_values_holds_for_all(expression: str, seed: int) -> None:
    template = compile_template("{{ " + expression + " }}")
    assert not isinstance(template, Template) or contradiction(template, Random(seed)) is None


GROWN = dict(zip(("i", "t", "x", "ws", "b"), grown(*LOCAL), strict=True))
SETS = formed(["{{% set i = {i} %}}", "{{% set w = {t} %}}", "{{% set xs = {x} %}}"], **GROWN)
HOLES = formed(["<{{{{ {i} }}}}>", "<{{{{- {t} -}}}}> ", " {{{{ 'y' if {b} }}}}\n"], **GROWN)
SHOWS = st.sampled_from(["{{ i }}", "{{ w }}", "{{ xs|join }}", "{{ i is defined }}", "text\n", " ", "$"])
NESTED = [
    "{s}{u}",
    "{{% if {b} %}}{s}{{% else %}}{u}{{% endif %}}",
    "{{% if {b} %}}{s}{{% elif i == 2 -%}} {u}{{% endif %}}",
    "{{% for i in {x} %}}{s}{{{{ loop.index }}}}{{% else %}}{u}{{% endfor %}}",
    "{{% for i in {x} if i is odd %}}{s}{{{{ ',' if not loop.last }}}}{{% endfor %}}{u}",
    "{{% for w in {t} %}}{s}{{% set i = i + 1 %}}{{{{ loop.revindex0 }}}}{{% endfor %}}{u}",
    "{{% with i = {i}, w = {t} %}}{s}{{% endwith %}}{u}",
]
TEMPLATES = st.recursive(
    st.one_of(SETS, HOLES, SHOWS), lambda inner: formed(NESTED, s=inner, u=inner, **GROWN), max_leaves=6
)


@given(TEMPLATES)
def test_a_text_with_statements_agrees(body: str) -> None:
    text = "{% set i, w, xs = 3, 'aB', [2, 1] %}" + body
    expected = text_by_jinja(text)
    found = ours(text)
    assert same(found, expected) or (found is REFUSED and expected is REFUSED)
