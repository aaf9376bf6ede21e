"""Every filter, test and method that templates have gives what Jinja2's gives."""

import re

from support.jinja_oracle import REFUSED, cells, ours, same, text_by_jinja, value_by_jinja
from support.tables import each

from specc.expressions.filters import NAMES
from specc.expressions.methods import METHODS
from specc.expressions.predicates import TESTS

FILTERS = """
-3|abs                                   | 2.5|abs
range(7)|batch(3)|list                   | range(7)|batch(3, 0)|list        | 'abcd'|batch(2)|list
'aB cD'|capitalize                       | params.name|capitalize           | 12|capitalize
'ab'|center(7)                           | 'ab'|center                      | 5|center(width=3)
vars.sizes|count                         | params.name|count                | vars.run|count
params.x|d('y')                          | params.name|d('y')
params.x|default                         | params.empty|default('e')        | params.empty|default('e', true)
params.none|default('e', boolean=true)   | params.x|default(default_value=1)
vars.run|dictsort                        | {'B': 1, 'a': 2}|dictsort        | {'B': 1, 'a': 2}|dictsort(true)
{'b': 1, 'a': 2}|dictsort(by='value')    | {'b': 1, 'a': 2}|dictsort(false, 'key', true)
vars.words|first                         | 'abc'|first                      | range(3)|first
vars.words|map('lower')|first            | vars.run|first
'2.5'|float                              | 'x'|float                        | 'x'|float(1.5)       | 3|float
'%s-%03d'|format('a', 7)                 | '%(a)s %(b).2f'|format(a=1, b=2) | '%x%%'|format(255)
vars.cases|groupby('name')               | vars.cases|groupby('tags')       | vars.cases|groupby('x', default=1)
(vars.cases|groupby('name')|first).grouper | (vars.cases|groupby('id')|last).list
vars.text|indent                         | vars.text|indent(2, true)        | vars.text|indent('> ', blank=true)
'12'|int                                 | '0x1f'|int(0, 16)                | 'x'|int              | 'x'|int(7)
3.9|int                                  | '3.9'|int                        | true|int             | none|int
vars.run|items|list                      | {}|items|list
vars.words|join                          | vars.words|join('-')             | 'abc'|join(',')
vars.cases|join('+', attribute='id')     | [1, none, 2.5, true]|join(' ')   | vars.sizes|map('string')|join
vars.words|last                          | 'abc'|last                       | vars.run|last
vars.words|length                        | 'abc'|length                     | {}|length            | range(4)|length
'abc'|list                               | range(3)|list                    | vars.run|list
'ABc'|lower                              | params.yes|lower                 | none|lower           | [1, 'A']|lower
vars.words|map('upper')|list             | vars.cases|map(attribute='name')|list
vars.cases|map(attribute='x', default=0)|list | vars.cases|map(attribute='tags.0', default='-')|list
vars.sizes|map('float')|map('round', 1)|list | vars.cases|map('length')|list
[[1], []]|map('first')|map('default', 9)|list
vars.sizes|max                           | vars.words|max                   | vars.words|max(case_sensitive=true)
vars.cases|max(attribute='id')           | vars.sizes|min                   | vars.words|min       | [[1, 2], [1]]|min
vars.sizes|reject('odd')|list            | vars.sizes|reject|list           | [0, 1, '']|reject|list
vars.cases|rejectattr('tags')|list       | vars.cases|rejectattr('id', 'gt', 1)|list
'aXbX'|replace('X', '-')                 | 'aXbX'|replace('X', '-', 1)      | 'ab'|replace('', '.')
1221|replace(2, 'x')                     | vars.words|replace('e', 'E')
vars.sizes|reverse|list                  | 'abc'|reverse                    | range(3)|reverse|list
2.567|round | 2.567|round(2) | 2.567|round(1, 'floor') | 2.1|round(method='ceil')
7|round                                  | 1234|round(-2)                   | true|round(1, 'ceil')
vars.sizes|select('odd')|list            | [0, 1, '']|select|list           | vars.sizes|select('>', 1)|list
vars.sizes|select('divisibleby', 2)|list | vars.cases|map(attribute='x')|select('defined')|list
vars.cases|selectattr('tags')|list       | vars.cases|selectattr('name', 'eq', 'b')|list
vars.cases|selectattr('x', 'undefined')|list
range(7)|slice(3)|list                   | range(7)|slice(3, 'x')|list      | 'abcd'|slice(3)|list
vars.words|sort                          | vars.words|sort(case_sensitive=true) | vars.sizes|sort(reverse=true)
vars.cases|sort(attribute='name')        | vars.cases|sort(attribute='tags,id') | 'cab'|sort       | vars.run|sort
12|string                                | 2.50|string                      | vars.sizes|string    | range(3)|string
vars.run|string                          | {'a': 1}.items()|string          | none|string
vars.sizes|sum                           | vars.cases|sum('id')             | vars.sizes|sum(start=0.5) | []|sum
'hello big-world (x)'|title              | "it's"|title                     | params.name|title
vars.run|tojson                          | vars.cases|tojson                | vars.cases|tojson(2) | vars.text|tojson
{'b': [1, 2.5, none, true], 'a': (1,)}|tojson | 'é<>&'|tojson               | 1|tojson
'  a '|trim                              | 'xxaxx'|trim('x')                | 5|trim
'foo bar baz qux'|truncate(9) | 'foo bar baz qux'|truncate(9, true) | 'foo bar baz qux'|truncate(11, leeway=0)
'foo bar baz qux'|truncate(5, true, '~', 0) | vars.text|truncate
[1, 2, 1, 'a', 'A']|unique|list          | ['b', 'B']|unique(true)|list     | vars.cases|unique(attribute='name')|list
'aBc'|upper                              | 'straße'|upper                   | params.f|upper
'a b/c?é'|urlencode                      | {'a': 'x y', 'b': 1}|urlencode   | [['a', 1]]|urlencode
'one two, three_3'|wordcount             | vars.text|wordcount              | 12|wordcount
"""

PREDICATES = """
4 is even | 3 is odd | 2.0 is even | true is odd | 9 is divisibleby 3 | 9 is divisibleby(2) | 9 is divisibleby(num=3)
params.x is defined | params.n is defined | params.x is not defined | params.x is undefined
params.n is not undefined
params.none is none | params.n is none | params.yes is boolean | 1 is boolean | params.yes is true | 1 is true
params.no is false | 0 is false | 1 is integer | true is integer | 1.0 is integer | 1.0 is float | 1 is float
1 is number | true is number | '1' is number | 'a' is string | 1 is string | vars.run is mapping | [] is mapping
vars is mapping | vars.words is iterable | 1 is iterable | 'a' is iterable | vars.sizes is sequence | 1 is sequence
range(2) is sequence | vars.sizes|map('abs') is iterable | vars.sizes|map('abs') is sequence | {} is sequence
'abc' is lower | 'aBc' is lower | 'ABC' is upper | 1 is upper | none is lower | none is sameas none | 1 is sameas true
2 is in [1, 2] | 'a' is in 'abc' | 'x' is not in vars.run | 1 is eq 1 | 1 is equalto(1.0) | 1 is ne 2 | 1 is lt 2
2 is lessthan 1 | 1 is le 1 | 2 is gt 1 | 'b' is greaterthan 'a' | 2 is ge 3 | [1, 2] is eq([1, 2])
"""

CALLS = """
'aBc'.upper() | 'aBc'.lower() | 'aBc'.swapcase() | 'ab cd'.title() | 'aB'.capitalize() | 'Straße'.casefold()
'ab'.center(6) | 'ab'.center(6, '*') | 'ab'.ljust(5, '.') | 'ab'.rjust(5) | '7'.zfill(3) | 'a\\tb'.expandtabs(4)
'a\\tb'.expandtabs() | ','.join(vars.words) | ','.join('abc') | '-'.join(vars.words|map('upper'))
'  a '.strip() | ' a '.lstrip() | ' a '.rstrip() | 'xax'.strip('x') | 'xax'.lstrip('x') | 'xax'.rstrip('x')
'a.py'.removesuffix('.py') | 'a.py'.removeprefix('a') | 'aXbX'.replace('X', '') | 'aXbX'.replace('X', '', 1)
'abc'.startswith('ab') | 'abc'.endswith('x') | 'abc'.startswith(('x', 'a')) | 'abab'.count('a') | 'abab'.find('b')
'abab'.rfind('b') | 'abab'.index('b') | 'abab'.rindex('b') | 'abab'.find('z') | 'a1'.isalnum() | 'ab'.isalpha()
'é'.isascii() | '12'.isdecimal() | '12'.isdigit() | 'ab'.islower() | '½'.isnumeric() | ' '.isspace() | 'Ab'.istitle()
'AB'.isupper() | 'a b c'.split() | 'a,b,c'.split(',') | 'a,b,c'.split(',', 1) | 'a,b'.split(sep=',')
'a,b,c'.rsplit(',', 1)
vars.text.splitlines() | vars.text.splitlines(true) | 'a=b=c'.partition('=') | 'a=b=c'.rpartition('=')
vars.sizes.count(1) | vars.words.index('fine') | (1, 2, 1).count(1) | ('a', 'b').index('b')
vars.run.get('dir') | vars.run.get('x') | vars.run.get('x', 3) | {'a': 1}.get('a') | {'a': 1}.get('b', 2)
params.get('n')
vars.run.items() | vars.run.keys() | vars.run.values() | {'a': 1}.items() | {'a': 1}.keys()|list
{2: 'b'}.values()|first
range(3) | range(1, 4) | range(5, 0, -2) | range(0) | range(3, 1) | range(true)
"""

LANGUAGE = """
1 + 2 * 3 - 4 | 7 // 2 | -7 // 2 | 7 / 2 | 7 % 3 | -7 % 3 | 2 ** 3 ** 2 | -2 ** 2 | +3 | - - 3 | 2.5 * 2 | 1e3
1_000 + 1
true + 1 | 'a' + 'b' | 'ab' * 3 | 3 * 'ab' | [1] + [2] | [0] * 3 | (1,) + (2,) | 'a' ~ 1 ~ 2.50 ~ true
'%s is %d' % ('a', 1)
'%(x)s' % {'x': 1} | '%5.1f|' % 2.25 | '%s' % [1, 2] | '%r' % 'a' | 0x1F | 0b11 | 0o17 | 'a' 'b' | 'it\\'s'
"\\u00e9\\n" | '\\d+'
1 < 2 < 3 | 1 < 2 > 3 | 1 == 1.0 | 'a' != 'b' | [1, 2] < [1, 3] | 'a' in 'abc' | 1 not in [2]
'dir' in vars.run | 2 in range(3)
'FINE' in vars.words|map('upper') | 'b' in vars.cases|map(attribute='name') | none == none | 'a' == 1 | {} == {}
not true | not 0 and 1 | 0 or 'x' | '' and 1 | 1 and '' | none or [] | params.zero or params.n
'a' if params.yes else 'b' | 'a' if params.no else 'b' | 1 if 0 else 2 if 0 else 3 | ('a' if false) is defined
('a' if false)|default('b') | [1, 'a', none, [2]] | (1, 2) | () | {'a': 1, 2: [3]} | {'a': 1}['a']
[1, 2, 3][-1] | 'abc'[1]
'abcdef'[1:4] | 'abcdef'[::-1] | [1, 2, 3][:2] | (1, 2, 3)[1:] | range(9)[2:8:3] | vars.words[1:]
vars.words[0] | vars.words.0
vars['words'][-1] | vars.words[params.zero] | vars.run.dir | vars['run']['dir'] | vars.cases[1].name
vars.cases.0.tags
vars.run['de' ~ 'pth'] | params.name[0].upper() | params | vars.run | [vars.sizes, params.n] | vars.words[true]
params.x is defined and params.x > 3 | params.n is defined and params.n > 3 | vars.run.x|default(vars.run.dir)
"""

STATEMENTS = [
    "plain",
    "",
    "a\n",
    "{{ 1 }}\n",
    "\r\n{{ 1 }}\r",
    " {{- 1 -}} x",
    "{#{{ 1 }}#}",
    "${#a[@]} {{ 1 }}",
    "{% raw %}{{ x }}{% endraw %}",
    "{{ '{{' }} }}",
    "{% if params.yes %}a{% endif %}b",
    "{% if params.no %}a{% elif params.n %}b{% else %}c{% endif %}",
    "{% if params.no %}a{% endif %}",
    "{% for w in vars.words %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }},{% endfor %}",
    "{% for w in vars.words %}{{ w }}{{ ', ' if not loop.last }}{% endfor %}",
    "{% for w in vars.words %}{{ loop.first }}{{ loop.length }}{% endfor %}",
    "{% for x in [] %}{{ x }}{% else %}none{% endfor %}",
    "{% for x in vars.sizes if x > 1 %}{{ x }}{{ loop.index }}{% endfor %}",
    "{% for x in vars.sizes if x > 9 %}{{ x }}{% else %}none{% endfor %}",
    "{% for k, v in vars.run.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k in vars.run %}{{ k }}{% endfor %}",
    "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for c in 'abc' %}{{ c }}-{% endfor %}",
    "{% for x in vars.sizes|map('string') %}{{ x }}{{ loop.last }}{% endfor %}",
    "{% for a in [1, 2] %}{% for b in 'xy' %}{{ loop.index }}{{ a }}{{ b }}{% endfor %}{{ loop.index }}{% endfor %}",
    "{% for a in [[1], [2]] %}{% for b in a if loop.first %}{{ b }}{% endfor %}{% endfor %}",
    "{% for a in [1] %}{% for b in [] %}{% else %}{{ loop.index }}{% endfor %}{% endfor %}",
    "{% set x = 1 %}{{ x }}",
    "{% set x, y = 1, 2 %}{{ x + y }}",
    "{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}",
    "{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}",
    "{% for i in [1, 2] %}{% set y = i %}{{ y }}{% endfor %}{{ y is defined }}",
    "{% for i in [1, 2] %}{{ y is defined }}{% set y = i %}{% endfor %}",
    "{% for i in [0, 1] %}{% if i %}{% set y = i %}{% endif %}{{ y is defined }}{% endfor %}",
    "{% set i = 9 %}{% for i in [1] %}{{ i }}{% endfor %}{{ i }}",
    "{% for x in [] %}{% else %}{% set z = 1 %}{% endfor %}{{ z is defined }}",
    "{% if params.no %}{% set x = 1 %}{% endif %}{{ x is defined }}",
    "{{ x is defined }}{% set x = 1 %}{{ x is defined }}",
    "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}",
    "{% set a = 1 %}{% with a = 2, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}",
    "{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q is defined }}",
    "{% set g = vars.sizes|map('abs') %}{{ g|list|length }}{{ g|list|length }}",
    "{% set g = vars.sizes|map('abs') %}{{ 1 in g }}{{ g|first }}{{ g|list|length }}",
    "{% for n, g in vars.cases|groupby('name') %}{{ n }}:{{ g|length }} {% endfor %}",
    "{% for row in vars.words|batch(2, '-') %}{{ row|join(' ') }};{% endfor %}",
    "{%- if true -%} a {%- endif -%} b",
    "{% for i in range(3) -%}\n {{ i }}\n{%- endfor %}\n",
    "{{ params.n }}{{ params.f }}{{ params.yes }}",
]


BOOLEANS = {
    "false|replace(false, '')": "",
    "(''==0)|replace(false, '')": "",
    "true|replace('t', 'T')": "True",
    "'a'|replace('a', true)": "true",
    "'true'|replace(old=true, new=1)": "1",
    "'falsefalse'|replace(false, 'x', 1)": "xfalse",
    "[1, true]|join(',')": "1,true",
    "['a', 'b']|join(true)": "atrueb",
    "{true: 1}|join": "true",
    "{true: 1}.keys()|join(d='')": "true",
    "(false,)|join": "false",
    "[true]|map('string')|join": "true",
    "[[true], [false]]|join(',', 0)": "true,false",
    "[{'a': true}]|join(attribute='a')": "true",
    "[[true]]|join": "[True]",
    "'%s %d %r'|format(true, true, true)": "true 1 True",
    "'%(a)s'|format(a=false)": "false",
    "'%-6s-%.1s'|format(true, false)": "true  -f",
    "'%s' % true": "true",
    "'%s%s' % (true, 1)": "true1",
    "'%(a)s' % {'a': false}": "false",
    "'%s' % [true]": "[True]",
    "true ~ ''": "true",
    "true|string": "true",
    "[true]|string": "[True]",
    "true|capitalize": "True",
    "true|center(6)": " true ",
    "true|lower": "true",
    "true|title": "True",
    "true|tojson": "true",
    "false|trim('f')": "alse",
    "true|upper": "TRUE",
    "true|urlencode": "true",
    "{'a': true, false: 1}|urlencode": "a=true&false=1",
    "[[1, true]]|urlencode": "1=true",
    "(true is lower) ~ (true is upper)": "truefalse",
    "[true, 'A', [1]]|select('lower')|join": "true",
}
"""Expressions that make a text of a boolean, and the text."""

EXPRESSIONS = [*cells(FILTERS), *cells(PREDICATES), *cells(CALLS), *cells(LANGUAGE), *BOOLEANS]


def test_an_expression_gives_what_jinja_gives() -> None:
    values = {expression: ours("{{ " + expression + " }}") for expression in EXPRESSIONS}
    assert not [expression for expression, value in values.items() if value is REFUSED]
    assert not [
        (expression, value) for expression, value in values.items() if not same(value, value_by_jinja(expression))
    ]


def test_a_boolean_becomes_true_or_false_in_a_text() -> None:
    assert {expression: ours("{{ " + expression + " }}") for expression in BOOLEANS} == BOOLEANS


def test_in_a_text_too() -> None:
    texts = {text: ours(text) for text in (f"<{{{{ {expression} }}}}>" for expression in EXPRESSIONS)}
    others = [
        (text, found) for text, found in texts.items() if found is not REFUSED and not same(found, text_by_jinja(text))
    ]
    assert not others


@each("text", STATEMENTS)
def test_a_text_becomes_what_jinja_makes_of_it(text: str) -> None:
    found = ours(text)
    assert found is not REFUSED
    assert same(found if isinstance(found, str) else str(found), text_by_jinja(text))


def test_the_table_has_every_filter_test_and_method() -> None:
    filters = [name for name in NAMES if name not in ("sh", "raw") and not re.search(rf"\|\s*{name}\b", FILTERS)]
    tests = [name for name in TESTS if name.isalpha() and not re.search(rf"\bis (not )?{name}\b", PREDICATES)]
    methods = [name for name in METHODS if f".{name}(" not in CALLS]
    assert not filters + tests + methods
