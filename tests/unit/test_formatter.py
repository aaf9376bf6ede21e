"""The layout of specs: order, quotes, indentation, and where comments go."""

from textwrap import dedent, indent

import pytest
from support.tables import each

from specc.formatter import Formatted, format_source
from specc.formatter import formatting as formatting_module
from specc.formatter.writing import Writer
from specc.source import Source

FIELDS = ("name", "cmd_line", "core_limit", "mem_limit", "time_limit")


def formatted(text: str) -> str:
    result = format_source(Source("spec", dedent(text)), FIELDS)
    assert isinstance(result, Formatted)
    assert result.problem is None
    return result.text


def test_keys_of_the_language_have_one_order() -> None:
    names = ["x-b", "job", "matrix", "x-a", "note", "vars", "api", "params", "id", "profiles", "extends", "specc"]
    text = "".join(f"{name}: 1\n" for name in names)
    keys = [line.partition(":")[0] for line in formatted(text).splitlines()]
    assert keys == [
        "specc",
        "id",
        "extends",
        "api",
        "params",
        "vars",
        "matrix",
        "profiles",
        "job",
        "note",
        "x-b",
        "x-a",
    ]


def test_fields_have_the_order_of_the_table_and_a_long_one_is_last() -> None:
    text = """\
        job:
          other: 1
          time_limit: 1
          cmd_line: |
            a
          name: n
        profiles:
          smoke: {job: {time_limit: 1, name: n}}
        """
    assert formatted(text) == dedent("""\
        profiles:
          smoke: {job: {name: n, time_limit: 1}}
        job:
          name: n
          time_limit: 1
          other: 1
          cmd_line: |
            a
        """)


def test_an_empty_line_parts_the_fields_and_nothing_moves_across() -> None:
    text = "job:\n  time_limit: 1\n  name: n\n\n\n  # about memory\n\n  mem_limit: 1\n  core_limit: 1\n"
    expected = "job:\n  name: n\n  time_limit: 1\n\n  # about memory\n\n  core_limit: 1\n  mem_limit: 1\n"
    assert formatted(text) == expected


def test_attributes_of_parameters_and_ranges_have_an_order_and_names_of_the_user_have_none() -> None:
    text = "params:\n  z: {default: 1, type: integer}\n  a: {}\nmatrix: {axes: {z: {to: 2, from: 1}, a: [1]}}\n"
    expected = "params:\n  z: {type: integer, default: 1}\n  a: {}\nmatrix: {axes: {z: {from: 1, to: 2}, a: [1]}}\n"
    assert formatted(text) == expected


def test_an_operator_is_looked_through() -> None:
    assert formatted("params: {n: {$replace: {default: 1, type: integer}}}\n") == (
        "params: {n: {$replace: {type: integer, default: 1}}}\n"
    )


def test_an_anchor_stays_before_its_alias() -> None:
    text = "x-base: &base {a: 1}\njob:\n  time_limit: &n 1\n  core_limit: *n\n  <<: *base\nspecc: 1\n"
    expected = "specc: 1\nx-base: &base {a: 1}\njob:\n  <<: *base\n  time_limit: &n 1\n  core_limit: *n\n"
    assert formatted(text) == expected


def test_nothing_moves_where_an_anchor_is_there_twice() -> None:
    text = "job:\n  time_limit: &n 1\n  core_limit: *n\n  name: &n x\nspecc: 1\n"
    assert formatted(text) == text


@each(
    "written, expected",
    [
        ('"a"', "a"),
        ("'a b, c'", "a b, c"),
        ('"64GiB"', "64GiB"),
        ('"no"', '"no"'),
        ("'no'", '"no"'),
        ("'12:00:00'", '"12:00:00"'),
        ("'016'", '"016"'),
        ('"a: b"', '"a: b"'),
        ("'a # b'", '"a # b"'),
        ("'say \"a\"'", "'say \"a\"'"),
        ("'a\\b'", "'a\\b'"),
        ('"a\\tb"', '"a\\tb"'),
        ("'{{ vars.n }}'", '"{{ vars.n }}"'),
        ('"run-{{ vars.n }}"', '"run-{{ vars.n }}"'),
        ("run {{ vars.n }}", "run {{ vars.n }}"),
        ('"."', '"."'),
        ('""', '""'),
        ('"中文"', "中文"),
        ("[ 'a', \"b c\",1 ]", '[a, "b c", 1]'),
        ("{b: 1,  'a' : [ ]}", "{b: 1, a: []}"),
        ("[a: b]", "[a: b]"),
        ("{a, b}", "{a, b}"),
        ("{? a : b}", "{a: b}"),
    ],
)
def test_quotes_and_brackets(written: str, expected: str) -> None:
    assert formatted(f"vars:\n  n: {written}\n") == f"vars:\n  n: {expected}\n"


def test_comments_go_with_their_key() -> None:
    text = """\
        # yaml-language-server: $schema=x
        # What it is.
        job: # the job
            # many
            core_limit: 4 # four
            name: n # aligned
            # cmd_line: was here
        # About vars.
        vars:
        - a
        # b
        -   # c
            k: v
        # The end.
        """
    assert formatted(text) == dedent("""\
        # yaml-language-server: $schema=x
        # What it is.
        # About vars.
        vars:
          - a
          # b
          - # c
            k: v
        job: # the job
          name: n # aligned
          # many
          core_limit: 4 # four
          # cmd_line: was here
        # The end.
        """)


def test_a_comment_between_a_key_and_its_value_goes_above() -> None:
    text = "vars:\n  a: # one\n    # two\n\n    b # three\n  c: # four\n    |\n    d\n"
    expected = "vars:\n  # three\n  # two\n  a: b # one\n  # four\n  c: |\n    d\n"
    assert formatted(text) == expected


def test_a_comment_below_a_key_without_a_value_is_about_the_next_key() -> None:
    text = "job:\n  core_limit:\n  # two\n  cmd_line: &a\n  # one\n  name: n\n"
    assert formatted(text) == "job:\n  # one\n  name: n\n  # two\n  cmd_line: &a\n  core_limit:\n"


def test_the_block_above_the_first_key_goes_with_it_and_the_head_stays() -> None:
    text = "# head\n\n# about job\njob: {}\nspecc: 1\n"
    assert formatted(text) == "# head\n\nspecc: 1\n# about job\njob: {}\n"


def test_sections_are_set_apart_all_or_none() -> None:
    assert formatted("specc: 1\n\nid: i\nvars: {}\n\n\njob: {}\n\n") == "specc: 1\nid: i\n\nvars: {}\n\njob: {}\n"
    assert formatted("specc: 1\nvars: {}\njob: {}\n") == "specc: 1\nvars: {}\njob: {}\n"


def test_texts_of_several_lines_keep_their_content() -> None:
    text = (
        "vars:\n"
        "    a: |2-  # why\n          x\n        y\n"
        "    b: >+\n      x\n\n      y\n\n\n"
        '    c: "x\n      y\n\n      z"\n'
        "    d: x\n       y # end\n"
        "    e: [x,   # one\n        y] # end\n"
    )
    assert formatted(text) == (
        "vars:\n"
        "  a: |2-  # why\n        x\n      y\n"
        "  b: >+\n    x\n\n    y\n\n\n"
        '  c: "x\n    y\n\n    z"\n'
        "  d: x\n    y # end\n"
        "  e: [x,   # one\n      y] # end\n"
    )


def test_a_text_without_a_final_line_break_says_so() -> None:
    assert formatted("vars:\n  a: |+  # why\n    b") == "vars:\n  a: |-  # why\n    b\n"


@pytest.mark.parametrize("header", [">-", ">", ">+", "|-", "|", "|+"])
def test_a_text_of_blank_lines_alone_is_formatted_once(header: str) -> None:
    for text in (f"vars: {header}\n  \n  \njob:\n  name: |2\n    x\n", f"vars:\n  - {header}\n     \n   \n\n  - b\n"):
        once = formatted(text)
        assert formatted(once) == once
        assert " \n" not in once


def test_no_empty_line_joins_a_text_that_keeps_them() -> None:
    assert formatted("vars: |+\n  a\n\nspecc: 1\n\n# end\n") == "specc: 1\nvars: |+\n  a\n\n# end\n"


@each("kind", ["job", "params", "matrix", "results"])
def test_a_list_keeps_its_order_also_where_a_mapping_belongs(kind: str) -> None:
    text = f"{kind}:\n  - |\n    a\n  - b\n  - x: 1\n    name: 2\n  - a\n"
    assert formatted(text) == text
    in_a_profile = f"profiles:\n  p:\n{indent(text, '    ')}"
    assert formatted(in_a_profile) == in_a_profile


def test_line_breaks_become_lf_and_the_last_line_has_one() -> None:
    assert formatted("specc: 1\r\njob:\r\n  cmd_line: |\r\n    a\r\n    b") == (
        "specc: 1\njob:\n  cmd_line: |-\n    a\n    b\n"
    )


@each("text", ["{job: {}, specc: 1}", "job: {}\n? specc\n: 1", "&a job: 1\nspecc: 1", "--- &a\nb: 1"])
def test_unusual_forms_are_left_alone(text: str) -> None:
    assert formatted(text) == text + "\n"


def test_markers_of_a_document_do_not_mix_with_its_keys() -> None:
    assert formatted("# head\n--- # here\njob: {}\nspecc: 1\n...\n# end\n") == (
        "# head\n--- # here\nspecc: 1\njob: {}\n# end\n"
    )


def test_what_cannot_be_read_is_reported() -> None:
    result = format_source(Source("spec", "a: 1\na: 2\n"), FIELDS)
    assert isinstance(result, tuple)
    assert [finding.code.slug for finding in result] == ["duplicate-key"]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("a: 2\n# c\n", "a value was different"),
        ("a: 1.0\n# c\n", "a value was different"),
        ("a: 1\n", "a comment was different"),
        ("a: [\n", "the new text could not be read"),
        ("{a: 1}\n# c\n", "the layout of the new text was not found"),
        ("a:   1\n# c\n", "formatting the new text changed it again"),
    ],
)
def test_a_wrong_result_is_never_given(monkeypatch: pytest.MonkeyPatch, wrong: str, problem: str) -> None:
    results = iter([wrong])
    write = Writer.document
    monkeypatch.setattr(
        formatting_module.Writer, "document", lambda self, root: next(results, None) or write(self, root)
    )
    assert format_source(Source("spec", "a: 1\n# c\n"), FIELDS) == Formatted("a: 1\n# c\n", problem)


def test_a_long_chain_of_anchors_and_many_fields_are_sorted_in_time() -> None:
    chain = "".join(f"x-{n}: &a{n} {{<<: *a{n - 1}}}\n" for n in range(1, 50))
    text = f"x-0: &a0 {{a: 1}}\n{chain}job: *a49\nspecc: 1\n"
    assert formatted(text) == f"specc: 1\nx-0: &a0 {{a: 1}}\n{chain}job: *a49\n"
    fields = "".join(f"  f{n}: 1\n" for n in range(2000))
    assert formatted(f"job:\n{fields}  name: n\n") == f"job:\n  name: n\n{fields}"


@each(
    "text",
    [
        "? - a\n: 1\n",
        "specc: 1\n<<:\n  a: 1\n",
        "specc: 1\n&k job: 1\n",
        "specc: 1\nvars:\n  ? |\n    k\n  : 1\n",
        "vars: {n: {&k a: 1}}\n",
        "vars: {a: &x [b, &y {c: *x }]}\n",
    ],
)
def test_rare_forms_lose_nothing(text: str) -> None:
    result = format_source(Source("spec", text), FIELDS)
    assert isinstance(result, tuple) or result.problem is None


def test_anchors_within_brackets_keep_their_order() -> None:
    text = "job: {time_limit: &n 1, core_limit: *n, name: &k [a, &l {b: 1}], x: *l}\n"
    expected = "job: {name: &k [a, &l {b: 1}], time_limit: &n 1, core_limit: *n, x: *l}\n"
    assert formatted(text) == expected


def test_a_misspelled_key_stands_where_the_right_one_would() -> None:
    text = "specc: 1\nextend: base.job.yaml\njob:\n  nam: a\n  cmd_lin: b\n  core_limit: 1\n  unlike: c\n"
    assert formatted(text) == text
    assert (
        formatted("job:\n  core_limit: 1\n  cmd_lin: b\n  nam: a\n")
        == "job:\n  nam: a\n  cmd_lin: b\n  core_limit: 1\n"
    )


WORDS = ", ".join(["abcdefgh"] * 12)
BROKEN = "".join(f"\n        {word}," for word in WORDS.split(", "))
DEEPER = BROKEN.replace("        ", "          ")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a: [\n  1,\n  2,\n]", "a: [1, 2]"),
        ("a: {\n  x: 1,\n  y: [\n    2]\n}", "a: {x: 1, y: [2]}"),
        (f"a: [{WORDS}]", f"a:\n    [{BROKEN.replace('        ', '      ')}\n    ]"),
        (f"a: [{WORDS}] # why", f"a: [{BROKEN.replace('        ', '      ')}\n    ] # why"),
        (f"{'k' * 100}: [1, 2, 3, 4, 5, 6]", f"{'k' * 100}:\n    [1, 2, 3, 4, 5, 6]"),
        (f"{'k' * 110}: []", f"{'k' * 110}: []"),
        (f"a: {{x: {'y' * 120}}}", f"a:\n    {{\n      x: {'y' * 120},\n    }}"),
        (f"a: &n [{WORDS}]\n  b: *n", f"a:\n    &n [{BROKEN.replace('        ', '      ')}\n    ]\n  b: *n"),
        (f"a:\n    - [{WORDS}]", f"a:\n    - [{BROKEN}\n      ]"),
        (f"a: {{x: [{WORDS}]}}", f"a:\n    {{\n      x:\n        [{DEEPER}\n        ],\n    }}"),
        (f"a: [{'汉' * 30}, {'字' * 30}]", f"a:\n    [\n      {'汉' * 30},\n      {'字' * 30},\n    ]"),
        ("a: [1, # one\n    2]", "a: [1, # one\n    2]"),
        ("a: {b: , c: 1}", "a: {b: , c: 1}"),
        ('a: "say \\"hi\\""', "a: 'say \"hi\"'"),
        ('a: "tab\\t\\"hi\\""', 'a: "tab\\t\\"hi\\""'),
        ("a: 'it''s\n\n    so'", 'a: "it\'s\n\n    so"'),
    ],
)
def test_collections_and_quotes_are_those_of_prettier(text: str, wanted: str) -> None:
    assert formatted(f"specc: 1\nvars:\n  {text}\n") == f"specc: 1\nvars:\n  {wanted}\n"
