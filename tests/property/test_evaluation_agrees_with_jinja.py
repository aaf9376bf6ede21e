"""What we accept, real Jinja2 gives the same result for; and what is well typed, we accept."""

from hypothesis import given
from hypothesis import strategies as st
from jinja_oracle import REFUSED, ours, same, text_by_jinja, value_by_jinja

from specc.expressions.apply import NAMES
from specc.expressions.methods import METHODS
from specc.expressions.predicates import TESTS

Expressions = st.SearchStrategy[str]

INTEGERS = st.one_of(st.integers(-3, 40).map(lambda n: f"({n})"), st.sampled_from(["params.n", "vars.run.depth", "i"]))
TEXTS = st.one_of(
    st.text("aB é'{}%\\\n-", max_size=5).map(repr),
    st.sampled_from(["params.name", "vars.run['dir']", "w", "vars.text"]),
)
LISTS = st.sampled_from(["vars.sizes", "[1, 2, 2]", "range(4)", "[]", "(5, 6)", "xs"])
WORDS = st.sampled_from(["vars.words", "['b', 'A', 'b']", "'x y'.split()", "vars.cases|map(attribute='name')|list"])
TRUTHS = st.sampled_from(["true", "params.no", "params.x is defined", "i is even", "w in vars.words"])


def formed(*forms: str, **parts: Expressions) -> Expressions:
    """One of the forms, with an expression for each letter in braces."""
    names = sorted(parts)
    return st.tuples(st.sampled_from(forms), *(parts[name] for name in names)).map(
        lambda drawn: drawn[0].format(**dict(zip(names, drawn[1:], strict=True)))
    )


def grown(i: Expressions, t: Expressions, xs: Expressions, ws: Expressions, b: Expressions) -> list[Expressions]:
    """Larger expressions of each type from smaller ones."""
    integers = formed(
        *("({i} + {j})", "({i} - {j})", "({i} * {j})", "({i} // 7)", "({i} % 5)", "-{i}|abs", "({i} if {b} else {j})"),
        *("({t})|length", "({xs})|sum", "({xs})|length", "({t}).count('a')", "({t})|int", "({xs})|max|default({i})"),
        *("({xs})|first|default({j})", "({t}).find('B')", "({ws})|count", "({t})|wordcount", "{i}|round|int"),
        i=i, j=i, t=t, xs=xs, ws=ws, b=b,
    )  # fmt: skip
    texts = formed(
        *("({t} ~ {u})", "({t} + {u})", "({t} ~ {i})", "({t} if {b} else {u})", "({t}).upper()", "({t})|replace('a', {u})"),
        *("({ws})|join({t})", "({t})|trim", "({t})|title", "({t})[1:3]", "({t})[::-1]", "'%s:%03d'|format({t}, {i})"),
        *("({t} or {u})", "({ws})|first|default({u})", "({t})|indent(2)", "({xs})|join('-')", "({xs})|string", "({t}) * 2"),
        *("({t})|truncate(4, true, '.', 0)", "({t}).strip('a')", "({t})|tojson", "({t}).partition('B')[0]", "({t})|center(9)"),
        t=t, u=t, i=i, xs=xs, ws=ws, b=b,
    )  # fmt: skip
    lists = formed(
        *("[{i}, {j}]", "({xs})|list", "({xs})|sort", "({xs})|reverse|list", "({xs})|unique|list", "(({xs})|list)[1:]"),
        *("({xs})|select('odd')|list", "({xs})|reject('gt', {i})|list", "({ws})|map('length')|list", "[{i}] * 2"),
        *("({xs})|map('abs')|list", "({xs} if {b} else [{j}])", "(({xs})|list + [{i}])", "({xs})|batch(2, 0)|map('sum')|list"),
        i=i, j=i, xs=xs, ws=ws, b=b,
    )  # fmt: skip
    words = formed(
        *("[{t}, {u}]", "({t}).split('a')", "({ws})|sort", "({ws})|map('upper')|list", "({ws})|unique|list", "({t})|list"),
        *("({ws})|select('ne', {t})|list", "({ws} if {b} else [{u}])", "({t}).splitlines()", "({ws})|sort(true, true)"),
        t=t, u=t, ws=ws, b=b,
    )  # fmt: skip
    truths = formed(
        *("({i} < {j})", "({i} <= {j} < 9)", "({t} == {u})", "({t} in {u})", "({i} in ({xs})|list)", "(not {b})"),
        *("({b} and {c})", "({b} or {c})", "({t} < {u})", "({i} is divisibleby 3)", "(({xs})|list == [{i}])", "({t} is upper)"),
        *("({t}).startswith({u})", "({ws})|length > {i}", "({i} is ne {j})", "({t} not in {ws})", "({xs})|first is defined"),
        i=i, j=i, t=t, u=t, xs=xs, ws=ws, b=b, c=b,
    )  # fmt: skip
    return [integers, texts, lists, words, truths]


ONCE = grown(INTEGERS, TEXTS, LISTS, WORDS, TRUTHS)
TWICE = grown(*(small | large for small, large in zip((INTEGERS, TEXTS, LISTS, WORDS, TRUTHS), ONCE, strict=True)))
EXPRESSIONS = st.one_of(*ONCE, *TWICE)

# What the names that belong to statements stand for where there is no statement.
FREE = {"i": "(3)", "w": "'aB'", "xs": "[2, 1]"}
ANYTHING = st.one_of(
    *TWICE, st.sampled_from(["none", "1.5", "vars.run", "params", "vars.cases", "{'a': [1]}", "params.x"])
)
LOOSE = formed(
    *(
        "{a} + {b}",
        "{a} * {b}",
        "{a} ~ {b}",
        "{a} < {b}",
        "{a} in {b}",
        "{a} % {b}",
        "{a}[{b}]",
        "{a}|join({b})",
        "{a}|sort",
    ),
    *(
        "{a}|map('int')|list",
        "{a}|int",
        "{a}|length",
        "{a}.upper()",
        "{a}.x",
        "{a}|default({b})",
        "{a}|default({b}, true)",
    ),
    *(
        "{a} and {b}",
        "{a} or {b}",
        "{a} is iterable",
        "{a} is mapping",
        "{a} == {b}",
        "{a}|string",
        "{a}|tojson",
        "{a} // {b}",
    ),
    *(
        "{a}|replace({b}, 'x')",
        "{a}|list",
        "{a}|first",
        "{a}|float",
        "{a}|upper",
        "[{a}, {b}]|sort",
        "[{a}, {b}]|unique|list",
    ),
    *(
        "{a}|round({b})",
        "{a}|batch({b})|list",
        "{a}[{b}:]",
        "{a}.get({b})",
        "{a}|urlencode",
        "{a}|dictsort",
        "{a} ** 3",
        "-{a}",
    ),
    a=ANYTHING,
    b=ANYTHING,
)
FILTERS = st.sampled_from([name for name in NAMES if name not in ("sh", "raw")])
VOCABULARY = formed(
    *(
        "{a}|{f}",
        "{a}|{f}({b})",
        "{a}|{f}({b}, {c})",
        "{a}|{f}|list",
        "{a}|{f}({b})|list",
        "[{a}, {b}]|map('{f}')|list",
    ),
    *("{a}|map('{f}', {b})|list", "{a} is {t}", "{a} is {t}({b})", "[{a}, {b}]|select('{t}', {c})|list", "{a}.{m}()"),
    *(
        "{a}.{m}({b})",
        "{a}.{m}({b}, {c})",
        "{a}|{f}|{g}",
        "{a}|{f}|string",
        "({a}|{f}) == ({b}|{g})",
        "{a}|list|{f}|{g}|list",
    ),
    a=ANYTHING,
    b=ANYTHING,
    c=ANYTHING,
    f=FILTERS,
    g=FILTERS,
    t=st.sampled_from([name for name in TESTS if name.isalpha()]),
    m=st.sampled_from(list(METHODS)),
)


def closed(expression: str) -> str:
    """The expression with the loop's names set."""
    sets = "".join(f"{{% set {name} = {value} %}}" for name, value in FREE.items())
    return sets + "{{ (" + expression + ")|tojson }}"


@given(EXPRESSIONS)
def test_a_well_typed_expression_is_accepted_and_agrees(expression: str) -> None:
    text = closed(expression)
    expected = text_by_jinja(text)
    assert same(ours(text), expected) or (ours(text) is REFUSED and expected is REFUSED)


@given(LOOSE)
def test_any_expression_agrees_or_is_refused(expression: str) -> None:
    found = ours("{{ " + expression + " }}")
    assert found is REFUSED or same(found, value_by_jinja(expression))


@given(VOCABULARY)
def test_any_use_of_a_filter_test_or_method_agrees_or_is_refused(expression: str) -> None:
    found = ours("{{ " + expression + " }}")
    assert found is REFUSED or same(found, value_by_jinja(expression))


@given(LOOSE)
def test_any_expression_in_a_text_agrees_or_is_refused(expression: str) -> None:
    text = "{% set i, w, xs = 3, 'aB', [2, 1] %}<{{ " + expression + " }}>"
    found = ours(text)
    assert found is REFUSED or same(found, text_by_jinja(text))


SETS = formed("{{% set i = {i} %}}", "{{% set w = {t} %}}", "{{% set xs = {x} %}}", i=ONCE[0], t=ONCE[1], x=ONCE[2])
HOLES = formed("<{{{{ {i} }}}}>", "<{{{{- {t} -}}}}> ", " {{{{ 'y' if {b} }}}}\n", i=ONCE[0], t=ONCE[1], b=ONCE[4])
SHOWS = st.sampled_from(["{{ i }}", "{{ w }}", "{{ xs|join }}", "{{ i is defined }}", "text\n", " ", "$"])


def nested(inner: Expressions) -> Expressions:
    parts = {"s": inner, "u": inner, "b": ONCE[4], "x": ONCE[2], "t": ONCE[1], "i": ONCE[0]}
    return formed(
        "{s}{u}",
        "{{% if {b} %}}{s}{{% else %}}{u}{{% endif %}}",
        "{{% if {b} %}}{s}{{% elif i == 2 -%}} {u}{{% endif %}}",
        "{{% for i in {x} %}}{s}{{{{ loop.index }}}}{{% else %}}{u}{{% endfor %}}",
        "{{% for i in {x} if i is odd %}}{s}{{{{ ',' if not loop.last }}}}{{% endfor %}}{u}",
        "{{% for w in {t} %}}{s}{{% set i = i + 1 %}}{{{{ loop.revindex0 }}}}{{% endfor %}}{u}",
        "{{% with i = {i}, w = {t} %}}{s}{{% endwith %}}{u}",
        **parts,
    )


TEMPLATES = st.recursive(st.one_of(SETS, HOLES, SHOWS), nested, max_leaves=6)


@given(TEMPLATES)
def test_a_text_with_statements_agrees(body: str) -> None:
    text = "{% set i, w, xs = 3, 'aB', [2, 1] %}" + body
    expected = text_by_jinja(text)
    found = ours(text)
    assert same(found, expected) or (found is REFUSED and expected is REFUSED)
