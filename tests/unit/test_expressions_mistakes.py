"""What is said about a wrong template, and at which characters."""

from support.jinja_oracle import DATA, mistakes_of
from support.tables import each

from specc.diagnostics import codes
from specc.expressions import Unknown

SYNTAX, NAME, FORBIDDEN, ERROR = (
    codes.TEMPLATE_SYNTAX,
    codes.UNDEFINED_NAME,
    codes.FORBIDDEN_TEMPLATE,
    codes.TEMPLATE_ERROR,
)


def told(text: str) -> list[tuple[str, str]]:
    return [(text[mistake.start : mistake.end], mistake.message) for mistake in mistakes_of(text)]


@each(
    "text, place, message",
    [
        ("a {{ x", "{{", "`{{` is never closed"),
        ("a {% if x", "{%", "`{%` is never closed"),
        ("{{ }}", "}}", "found `}}`, expected a value"),
        ("{{ a b }}", "b", "found `b`, expected `}}`"),
        ("{{ (a }}", "}", "found `}`, expected `)`"),
        ("{{ a) }}", ")", "`)` does not fit here"),
        ("awk '{{print $1}}'", "$", "the character `$` has no meaning in a template"),
        ("{{ a + }}", "}}", "found `}}`, expected a value"),
        ("{{ a.  }}", "}}", "found no name after `.`"),
        ("{{ a is b is c }}", "is", "`is` cannot follow another `is` without `and` or `or`"),
        ("{{ f(a=1, 2) }}", "(", "these arguments are in the wrong order"),
        ("{{ '\\x' }}", "'\\x'", "truncated \\xXX escape"),
        ("{{ 1e999 }}", "1e999", "the number is too large"),
        ("{{ 1.٣ }}", "1.٣", "a number is written with the digits 0 to 9"),
        ("{{ a² }}", "a²", "a name has a character that names cannot have"),
        ("{% %}", "%}", "found no statement after `{%`, expected a name such as `if`"),
        ("{% if a %}", "{% if a %}", "`{% if %}` is never closed"),
        ("{% set a %}b", "{% set a %}", "`{% set %}` is never closed"),
        ("a{% endif %}", "{% endif %}", "`endif` closes nothing"),
        ("{% else %}", "{% else %}", "`else` is outside of `if` or `for`"),
        ("{% for a in b %}{% elif c %}{% endfor %}", "{% elif c %}", "`elif` is outside of `if`"),
        ("{% if a %}{% endfor %}", "{% endfor %}", "found `endfor`, expected `endif`"),
        ("{% fro a in b %}", "{% fro a in b %}", "there is no statement `fro`"),
        ("{% for a b %}{% endfor %}", "b", "found `b`, expected `in`"),
        ("{% set 1 = 2 %}", "1", "nothing can be assigned to this"),
        ("x{%,y}", "{%", "`{%` begins a template statement, expected a name such as `if` after it"),
        ("{%a,b}", "{%", "`{%` begins a template statement, expected a name such as `if` after it"),
        ('printf "{%s}" x', "{%", "`{%` begins a template statement, expected a name such as `if` after it"),
        ("{% if a %}{%d}{% endif %}", "{%", "`{%` begins a template statement, expected a name such as `if` after it"),
        ("{% if a }b{% endif %}", "}", "`}` does not fit here: a template statement ends with `%}`"),
        ("{{ '{%' } }}", "}", "`}` does not fit here: a template ends with `}}`"),
        ("{% raw %} {{ x }}", "{% raw %}", "`{% raw %}` is never closed"),
        ("{{ a if b else }}", "}}", "found `}}`, expected a value"),
        ("{{ a[1 }}", "}", "found `}`, expected `]`"),
    ],
)
def test_a_text_that_jinja_cannot_read(text: str, place: str, message: str) -> None:
    (mistake,) = mistakes_of(text)
    assert mistake.code is SYNTAX
    assert (text[mistake.start : mistake.end], mistake.message) == (place, message)


@each(
    "text, place, help",
    [
        ("{{ ().__class__ }}", "().__class__", None),
        ("{{ ''['__class__'] }}", "''['__class__']", None),
        ("{{ ''.__class__.upper() }}", "''.__class__", None),
        ("{{ x.__init__() }}", "x.__init__()", None),
        ("{{ x | attr('y') }}", "x | attr('y')", "write `x.name` or `x['name']`"),
        ("{{ '{}'.format(1) }}", "'{}'.format(1)", "write `'%s' | format(...)`, or `~` to join texts"),
        ("{{ xs.append(1) }}", "xs.append(1)", "write `xs + [x]`"),
        ("{{ x | uper }}", "x | uper", "did you mean `upper`?"),
        ("{{ x | random }}", "x | random", "templates give the same result every time"),
        ("{{ x is srting }}", "x is srting", "did you mean `string`?"),
        ("{{ x is callable }}", "x is callable", None),
        ("{{ x.splt() }}", "x.splt()", "did you mean `split`?"),
        ("{{ xs | map('uper') }}", "'uper'", "did you mean `upper`?"),
        ("{{ xs | select('od') }}", "'od'", "did you mean `odd`?"),
        ("{{ lipsum(5) }}", "lipsum(5)", "templates call methods such as `x.upper()`, and `range(...)`"),
        ("{{ x['upper']() }}", "x['upper']()", "templates call methods such as `x.upper()`, and `range(...)`"),
        ("{{ cycler }}", "cycler", None),
        ("{{ self }}", "self", None),
        ("{{ range }}", "range", "write `range(...)`"),
        ("{{ range(*xs) }}", "range(*xs)", None),
        ("{{ xs[1:2, 3] }}", "1:2", None),
        ("{% include 'x' %}", "{% include 'x' %}", "statements here: `if`, `for`, `set`, `with`"),
        ("{% print 1 %}", "{% print 1 %}", "write `{{ ... }}`"),
        ("{% do x %}", "{% do x %}", "statements here: `if`, `for`, `set`, `with`"),
        ("{% macro f() %}{% endmacro %}", "{% macro f() %}", "statements here: `if`, `for`, `set`, `with`"),
        ("{% set x %}a{% endset %}", "{% set x %}", "statements here: `if`, `for`, `set`, `with`"),
        ("{% filter upper %}a{% endfilter %}", "{% filter upper %}", "statements here: `if`, `for`, `set`, `with`"),
        ("{% autoescape true %}{% endautoescape %}", "{% autoescape true %}", None),
        ("{% for x in y recursive %}{% endfor %}", "{% for x in y recursive %}", None),
        ("{% set ns.x = 1 %}", "ns", "write `{% set name = ... %}`"),
        ("{% set params = 1 %}", "params", "choose another name"),
        ("{% for loop in [] %}{% endfor %}", "loop", "choose another name"),
        ("{% for x in [] %}{{ loop }}{% endfor %}", "loop", None),
        ("{% for x in [] %}{{ loop.indx }}{% endfor %}", "loop.indx", "did you mean `index`?"),
    ],
)
def test_what_templates_do_not_have(text: str, place: str, help: str | None) -> None:
    (mistake,) = mistakes_of(text)
    assert mistake.code is FORBIDDEN
    assert text[mistake.start : mistake.end] == place
    assert help in (None, mistake.help)


def test_all_that_is_forbidden_is_told_at_once_and_in_order() -> None:
    text = "{% block b %}{% endblock %}{{ x | pprint }}{{ y.z() }}{{ _.__a }}"
    assert [mistake.code for mistake in mistakes_of(text)] == [FORBIDDEN] * 4
    assert [text[mistake.start : mistake.end] for mistake in mistakes_of(text)] == [
        "{% block b %}",
        "x | pprint",
        "y.z()",
        "_.__a",
    ]


@each(
    "text, place, message",
    [
        ("{{ 1 + params.n * 'a' / 2 }}", "params.n * 'a' / 2", "`/` takes two numbers, not a text and a number"),
        ("{{ 'a' + 1 }}", "'a' + 1", "`+` takes two numbers, two texts or two lists, not a text and a number"),
        ("{{ [1] - [2] }}", "[1] - [2]", "`-` takes two numbers, not two lists"),
        (
            "{{ none * 2 }}",
            "none * 2",
            "`*` takes two numbers, or a text or list and a whole number, not null and a number",
        ),
        ("{{ -'a' }}", "-'a'", "`-` takes a number, not a text"),
        ("{{ 1 / params.zero }}", "1 / params.zero", "division by zero"),
        ("{{ 1 // 0 }}", "1 // 0", "division by zero"),
        ("{{ 5 is divisibleby 0 }}", "5 is divisibleby 0", "division by zero"),
        ("{{ (-8) ** 0.5 }}", "(-8) ** 0.5", "a negative number has no such power"),
        ("{{ 10.0 ** 999 }}", "10.0 ** 999", "the number is too large"),
        ("{{ 1 < 'a' }}", "1 < 'a'", "`<` takes two numbers or two texts, not a number and a text"),
        ("{{ 1 in 'a' }}", "1 in 'a'", "`in` looks for a text in a text, not for a number"),
        ("{{ 1 in 2 }}", "1 in 2", "`in` looks into a list, a mapping or a text, not into a number"),
        ("{{ [] in {} }}", "[] in {}", "a list cannot be the key of a mapping"),
        ("{{ {[]: 1} }}", "{[]: 1}", "a list or mapping cannot be the key of a mapping"),
        (
            "{{ '%d' % 'a' }}",
            "'%d' % 'a'",
            "the format does not fit its values: %d format: a real number is required, not str",
        ),
        ("{{ '%y' % 1 }}", "'%y' % 1", "`%y` is not a format"),
        ("a{{ params.none }}", "params.none", "null is not allowed in a text"),
        ("a{{ vars.run }}", "vars.run", "a mapping is not allowed in a text"),
        ("a{{ vars.words }}", "vars.words", "a list is not allowed in a text"),
        ("a{{ vars.words | map('upper') }}", "vars.words | map('upper')", "a list is not allowed in a text"),
        ("{{ 'a' ~ none }}", "none", "null is not allowed in a text"),
        ("{{ 'a' if false }}", "'a' if false", "the condition is false and there is no `else`"),
        ("{{ ('a' if false) ~ 'b' }}", "'a' if false", "the condition is false and there is no `else`"),
        ("{{ vars.run.items }}", "vars.run.items", "`vars.run.items` is not defined"),
        ("{{ {}.items }}", "{}.items", "`items` is a method of a mapping, not a value"),
        ("{{ 'a'['upper'] }}", "'a'['upper']", "`upper` is a method of a text, not a value"),
        ("{{ params.n.real }}", "params.n.real", "`real` is a method of a number, not a value"),
        ("{{ params.n.upper() }}", "params.n.upper()", "`upper` is not a method of a number"),
        ("{{ vars.words.get('a') }}", "vars.words.get('a')", "`get` is not a method of a list"),
        (
            "{{ vars.run.get('a', 1, 2) }}",
            "vars.run.get('a', 1, 2)",
            "`get` takes a name and a value to use when there is none",
        ),
        ("{{ 'a'.index('b') }}", "'a'.index('b')", "`index`: substring not found"),
        ("{{ 'a'.upper(1) }}", "'a'.upper(1)", "`upper`: str.upper() takes no arguments (1 given)"),
        ("{{ 5 | length }}", "5 | length", "`length` does not work on a number like this"),
        ("{{ [1, 'a'] | sort }}", "[1, 'a'] | sort", "`sort` does not work on a list like this"),
        ("{{ 'a' | abs }}", "'a' | abs", "`abs` takes a number, not a text"),
        ("{{ [1] | indent }}", "[1] | indent", "`indent` takes a text, not a list"),
        ("{{ '' * 10**20 }}", "'' * 10**20", "the number is too large"),
        ("{{ [1] * (0 - 10**20) }}", "[1] * (0 - 10**20)", "the number is too large"),
        ("{{ [1] | truncate }}", "[1] | truncate", "`truncate` takes a text, not a list"),
        ("{{ [] | first }}", "[] | first", "`first` finds nothing: the list is empty"),
        ("{{ [] | map('abs') | first }}", "[] | map('abs') | first", "`first` finds nothing: the list is empty"),
        ("{{ 'a' | replace('b') }}", "'a' | replace('b')", "`replace`: missing a required argument: 'new'"),
        ("{{ 'a' | sh(1) }}", "'a' | sh(1)", "`sh`: too many positional arguments"),
        ("{{ 1 is even(2) }}", "1 is even(2)", "`even`: too many positional arguments"),
        ("{{ 'a' is even }}", "'a' is even", "`is even` takes numbers"),
        ("{{ 1 is sameas 1 }}", "1 is sameas 1", "`is sameas` compares with `true`, `false` or `none`"),
        ("{{ [1] | map('even') }}", "'even'", "templates have no filter `even`"),
        ("{{ [1] | map('se' ~ 'lf') }}", "[1] | map('se' ~ 'lf')", "`map` takes the name of a filter"),
        ("{{ [1] | map }}", "[1] | map", "`map` takes the name of a filter"),
        (
            "{{ [1] | map(x=1, attribute='a') }}",
            "[1] | map(x=1, attribute='a')",
            "`map` takes `attribute` and `default`, or the name of a filter",
        ),
        ("{{ [1] | map('map', 'abs') }}", "[1] | map('map', 'abs')", "`map` cannot run `map`"),
        ("{{ [1] | map('round', 1, 2, 3) }}", "[1] | map('round', 1, 2, 3)", "`round`: too many positional arguments"),
        ("{{ [1] | select('even', 3) }}", "[1] | select('even', 3)", "`even`: too many positional arguments"),
        ("{{ [1] | selectattr }}", "[1] | selectattr", "`selectattr` takes the name of an attribute"),
        ("{{ [1] | selectattr(none) }}", "none", "`attribute` is a name or a number, not null"),
        (
            "{{ [{}] | map(attribute='__class__') }}",
            "'__class__'",
            "`attribute`: `__class__` begins with `_`",
        ),
        ("{{ [{}] | sort(attribute='_a') }}", "'_a'", "`attribute`: `_a` begins with `_`"),
        ("{{ 5 | select }}", "5 | select", "found a number, expected a list"),
        (
            "{{ [1] | map('abs') | length }}",
            "[1] | map('abs') | length",
            "the result of `map`, `select` and similar filters is not a list yet",
        ),
        (
            "{{ [[1] | map('abs')] | string }}",
            "[[1] | map('abs')] | string",
            "the result of `map`, `select` and similar filters is not a list yet",
        ),
        (
            "{{ '%s' % ([1] | map('abs')) }}",
            "'%s' % ([1] | map('abs'))",
            "the result of `map`, `select` and similar filters is not a list yet",
        ),
        (
            "{{ [[1] | map('abs')] | sh }}",
            "[[1] | map('abs')] | sh",
            "the result of `map`, `select` and similar filters is not a list yet",
        ),
        (
            "{{ [1].index([1] | map('abs')) }}",
            "[1].index([1] | map('abs'))",
            "the result of `map`, `select` and similar filters is not a list yet",
        ),
        (
            "{{ ([1] | map('abs')) is lower }}",
            "([1] | map('abs')) is lower",
            "the result of `map`, `select` and similar filters is not a list yet",
        ),
        ("{{ [none] | sh }}", "[none] | sh", "`sh` makes words of texts and numbers, not of null"),
        ("{{ {} | sh }}", "{} | sh", "`sh` makes words of texts and numbers, not of a mapping"),
        ("{{ [1] | raw }}", "[1] | raw", "a list is not allowed in a text"),
        ("{{ 5 | format(1) }}", "5 | format(1)", "`format` takes a text such as '%03d', not a number"),
        ("{{ 'a' | format(1, a=2) }}", "'a' | format(1, a=2)", "`format` takes either values or named values"),
        ("{{ 1.5 | round('x') }}", "1.5 | round('x')", "`round` takes a number of digits up to 300"),
        ("{{ 1.5 | round(1, 'x') }}", "1.5 | round(1, 'x')", "`round`: method must be common, ceil or floor"),
        ("{{ [1] | sum(start='a') }}", "[1] | sum(start='a')", "`sum` adds numbers, not a text"),
        (
            "{{ 'abcdef' | truncate(2) }}",
            "'abcdef' | truncate(2)",
            "`truncate` to 2 characters has no room for its `...`",
        ),
        ("{{ 1 | tojson(99) }}", "1 | tojson(99)", "`tojson` indents by at most 8 blanks"),
        ("{{ {(1, 2): 3} }}", "{(1, 2): 3}", "a list or mapping cannot be the key of a mapping"),
        ("{{ {range(3): 1} }}", "{range(3): 1}", "a list or mapping cannot be the key of a mapping"),
        (
            "{{ {['a'] | map('upper'): 1} }}",
            "{['a'] | map('upper'): 1}",
            "a list or mapping cannot be the key of a mapping",
        ),
        (
            "{{ 1 | default(boolean=1, boolean=2) }}",
            "1 | default(boolean=1, boolean=2)",
            "the argument `boolean` is given twice",
        ),
        ("{{ [1][::0] }}", "[1][::0]", "the step of a slice cannot be 0"),
        ("{{ [1]['a':] }}", "[1]['a':]", "a slice goes from one whole number to another, not to a text"),
        ("{{ {}[1:] }}", "{}[1:]", "a slice is taken of a list or a text, not of a mapping"),
        ("{{ range('a') }}", "range('a')", "`range` takes one to three whole numbers"),
        ("{{ range() }}", "range()", "`range` takes one to three whole numbers"),
        ("{{ range(1, 2, 0) }}", "range(1, 2, 0)", "the step of a range cannot be 0"),
        ("{% for x in 5 %}{% endfor %}", "5", "found a number, expected a list"),
        ("{% for a, b in [[1]] %}{% endfor %}", "a, b", "found 1 values for 2 names"),
    ],
)
def test_what_cannot_be_evaluated(text: str, place: str, message: str) -> None:
    assert told(text) == [(place, message)]


@each(
    "text, place, help",
    [
        ("{{ prams.n }}", "prams", "did you mean `params`?"),
        ("{{ ranks }}", "ranks", "write `params.ranks`, `vars.ranks` or another namespace before the name"),
        ("{{ params.nam }}", "params.nam", "did you mean `name`?"),
        ("{{ params.nam.x.y }}", "params.nam", "did you mean `name`?"),
        ("{{ vars['wrds'] }}", "vars['wrds']", "did you mean `words`?"),
        ("{{ vars.run.dri }}", "vars.run.dri", "did you mean `dir`?"),
        ("{{ {'abc': 1}.abd }}", "{'abc': 1}.abd", "did you mean `abc`?"),
        ("{{ vars.words[9] }}", "vars.words[9]", None),
        ("{{ vars.words[-9] }}", "vars.words[-9]", None),
        ("{{ params[1.5] }}", "params[1.5]", None),
        ("{{ [1].foo }}", "[1].foo", None),
        ("{{ params.x | upper }}", "params.x", None),
        ("{{ params.x is none }}", "params.x", None),
        ("{{ params.x and 1 }}", "params.x", None),
        ("{{ [params.x] }}", "params.x", None),
        ("{% set y = params.x %}", "params.x", None),
        ("{% if false %}{% set y = 1 %}{% endif %}{{ y }}", "y", None),
        ("{{ vars.cases | map(attribute='x') | join }}", "'x'", "names here: `id`, `name`, `tags`"),
        ("{{ vars.cases | sort(attribute='x') }}", "'x'", "names here: `id`, `name`, `tags`"),
        ("{{ vars.cases | map(attribute='x') | list }}", "'x'", None),
        ("{{ 1 in vars.cases | map(attribute='x') }}", "'x'", None),
    ],
)
def test_a_name_that_nothing_defines(text: str, place: str, help: str | None) -> None:
    (mistake,) = mistakes_of(text)
    assert (mistake.code, text[mistake.start : mistake.end]) == (NAME, place)
    assert help in (None, mistake.help)


def test_every_hole_of_a_text_is_looked_at() -> None:
    loop = "{% for i in [1, 2] %}{{ params.y }}{% endfor %}"
    text = "{{ params.x }}{{ 1 / 0 }}" + loop + "{{ params.n }}{% if params.z %}{% endif %}"
    assert [place for place, _ in told(text)] == ["params.x", "1 / 0", "params.y", "params.z"]


def test_only_so_many_faults_are_told() -> None:
    assert len(mistakes_of("{{ 1 / 0 }}" * 50)) == 21


def test_the_kind_of_an_unknown_is_enough_to_refuse_it_in_a_text() -> None:
    data = {"params": {**DATA["params"], "xs": Unknown("list"), "m": Unknown("mapping")}}
    messages = [mistake.message for mistake in mistakes_of("{{ params.xs }} {{ params.m }}", data)]
    assert messages == ["a list is not allowed in a text", "a mapping is not allowed in a text"]


def test_every_help_is_one_line() -> None:
    for text in ("{{ x.foo() }}", "{{ x | foo }}", "{{ params.foo }}", "{% foo %}", "{{ 'a' + 1 }}"):
        for mistake in mistakes_of(text):
            assert mistake.help
            assert "\n" not in mistake.help
            assert len(mistake.help) < 400
