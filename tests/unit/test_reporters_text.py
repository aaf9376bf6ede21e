"""The text report: each layout as it stands in a terminal."""

import re
from textwrap import dedent

from support.tables import each

from specc.diagnostics import Label
from specc.diagnostics.codes import BAD_VALUE, EMPTY_SPEC, KIND_CONFLICT, UNKNOWN_FIELD, WRONG_TYPE, YAML_1_1
from specc.reporters import Report, ReportFormat, Summary, report_text
from specc.reporters.text import render
from specc.source import Source

SPEC = Source(
    "jobs/cavity.job.yaml",
    dedent("""\
        specc: 1
        extends: base.yaml
        job:
          name: "流体力学-{{ params.cas }}"
          core_limt: 4
          mem_limit: 64G
          a: 1
          b: 2
          c: 3
        \tcmd_line: "\x1b[31m"
        last: {x: 1, y: 2}"""),
)
BASE = Source("base.yaml", "job:\n  core_limit: 1\n  name: x\n\n\n")


def at(source, text):
    start = source.text.index(text)
    return source.span(start, start + len(text))


def shown(*diagnostics, width=120):
    """The report of these diagnostics without its summary."""
    report = Report(diagnostics, Summary(1, 1, 0, 1, 0))
    return render(report, color=False, width=width).removesuffix("\n\nfound 1 error in 1 file\n")


def is_shown(expected, *diagnostics, width=120):
    assert shown(*diagnostics, width=width) == dedent(expected).strip("\n")


def test_a_word_with_help():
    is_shown(
        """
        error[SPC401 unknown-field]: unknown field `core_limt`
         --> jobs/cavity.job.yaml:5:3
          |
        5 |   core_limt: 4
          |   ^^^^^^^^^
          |
          = help: did you mean `core_limit`?
        """,
        UNKNOWN_FIELD.at(at(SPEC, "core_limt"), "unknown field `core_limt`", help="did you mean `core_limit`?"),
    )


def test_carets_stand_under_wide_characters():
    is_shown(
        """
        warning[SPC110 yaml-1.1]: m
         --> jobs/cavity.job.yaml:4:10
          |
        4 |   name: "流体力学-{{ params.cas }}"
          |          ^^^^^^^^ four characters
        """,
        YAML_1_1.at(at(SPEC, "流体力学"), "m", label="four characters"),
    )


def test_tabs_and_escapes_are_made_visible_and_do_not_move_the_carets():
    is_shown(
        """
        error[SPC404 bad-value]: found \\x1b[31m
          --> jobs/cavity.job.yaml:10:13
           |
        10 |     cmd_line: "\\x1b[31m"
           |                ^^^^^^^^
        """,
        BAD_VALUE.at(at(SPEC, "\x1b[31m"), "found \x1b[31m"),
    )


def test_notes_of_several_lines():
    is_shown(
        """
        error[SPC404 bad-value]: m
         --> jobs/cavity.job.yaml:1:1
          |
        1 | specc: 1
          | ^^^^^
          |
          = note: one
          = note: two
                  lines
          = help: three
                  lines
        """,
        BAD_VALUE.at(at(SPEC, "specc"), "m", notes=("one", "two\nlines"), help="three\nlines"),
    )


def test_near_labels_share_the_snippet_and_others_have_their_own():
    labels = (
        Label(at(SPEC, "mem_limit"), "this field"),
        Label(at(SPEC, "job"), "in here"),
        Label(at(BASE, "core_limit: 1"), "inherited from here"),
        Label(at(BASE, "name"), "beside the other"),
        Label(at(SPEC, "y: 2"), "far below"),
    )
    is_shown(
        """
        error[SPC402 wrong-type]: expected an integer
          --> jobs/cavity.job.yaml:6:14
           |
         3 | job:
           | --- in here
        ...
         6 |   mem_limit: 64G
           |              ^^^ found the text "64G"
           |   --------- this field
           |
          ::: base.yaml:2:3
           |
         2 |   core_limit: 1
           |   ------------- inherited from here
         3 |   name: x
           |   ---- beside the other
           |
          ::: jobs/cavity.job.yaml:11:14
           |
        11 | last: {x: 1, y: 2}
           |              ---- far below
        """,
        WRONG_TYPE.at(at(SPEC, "64G"), "expected an integer", label='found the text "64G"', labels=labels),
    )


def test_a_gap_of_one_line_is_filled():
    is_shown(
        """
        error[SPC402 wrong-type]: m
         --> jobs/cavity.job.yaml:3:1
          |
        3 | job:
          | ^^^
        4 |   name: "流体力学-{{ params.cas }}"
        5 |   core_limt: 4
          |   --------- l
        """,
        WRONG_TYPE.at(at(SPEC, "job"), "m", labels=(Label(at(SPEC, "core_limt"), "l"),)),
    )


def test_several_lines_from_the_start_of_one():
    is_shown(
        """
        error[SPC212 kind-conflict]: m
         --> base.yaml:1:1
          |
        1 | / job:
        2 | |   core_limit: 1
          | |   ---------- inner
        3 | |   name: x
          | |_________^ this mapping
        """,
        KIND_CONFLICT.at(
            BASE.span(0, len(BASE.text)), "m", label="this mapping", labels=(Label(at(BASE, "core_limit"), "inner"),)
        ),
    )


def test_several_lines_from_the_middle_of_one():
    start, end = SPEC.text.index("流"), SPEC.text.index("mem_limit")
    is_shown(
        """
        error[SPC212 kind-conflict]: m
         --> jobs/cavity.job.yaml:4:10
          |
        3 |   job:
          |   --- above
        4 |     name: "流体力学-{{ params.cas }}"
          |  __________^
          | |   ---- on the line
        5 | |   core_limt: 4
          | |______________^
        """,
        KIND_CONFLICT.at(
            SPEC.span(start, end),
            "m",
            labels=(Label(at(SPEC, "job"), "above"), Label(at(SPEC, "name"), "on the line")),
        ),
    )


def test_many_lines_are_shortened():
    is_shown(
        """
        error[SPC212 kind-conflict]: m
          --> jobs/cavity.job.yaml:3:1
           |
         3 | / job:
         4 | |   name: "流体力学-{{ params.cas }}"
         5 | |   core_limt: 4
        ...  |
         9 | |   c: 3
        10 | |     cmd_line: "\\x1b[31m"
           | |________________________^
        """,
        KIND_CONFLICT.at(SPEC.span(SPEC.text.index("job"), SPEC.text.index("last")), "m"),
    )


def test_a_label_over_several_lines_has_its_own_snippet():
    is_shown(
        """
        error[SPC212 kind-conflict]: m
         --> base.yaml:1:1
          |
        1 | job:
          | ^^^
          |
         ::: base.yaml:2:3
          |
        2 | /   core_limit: 1
        3 | |   name: x
          | |_________^ these
        """,
        KIND_CONFLICT.at(
            at(BASE, "job"), "m", labels=(Label(BASE.span(BASE.text.index("core"), len(BASE.text)), "these"),)
        ),
    )


def test_an_empty_span_at_the_end_of_the_file():
    is_shown(
        """
        error[SPC404 bad-value]: m
          --> jobs/cavity.job.yaml:11:19
           |
        11 | last: {x: 1, y: 2}
           |                   ^ here
        """,
        BAD_VALUE.at(SPEC.span(len(SPEC.text)), "m", label="here"),
    )


def test_an_empty_file_has_no_snippet_unless_something_is_to_be_said_there():
    empty = Source("empty.yaml", "")
    is_shown(
        """
        error[SPC111 empty-spec]: the file is empty
         --> empty.yaml:1:1
          |
          = help: write a spec
        """,
        EMPTY_SPEC.at(empty.span(), "the file is empty", help="write a spec"),
    )
    is_shown(
        """
        error[SPC111 empty-spec]: m
         --> empty.yaml:1:1
          |
        1 |
          | ^ here
        """,
        EMPTY_SPEC.at(empty.span(), "m", label="here"),
    )


def test_a_long_line_is_cut_around_the_place():
    long = Source("long.yaml", "x: " + "流" * 3000 + "{{ params.q }}" + "z" * 3000)
    is_shown(
        """
        error[SPC404 bad-value]: m
         --> long.yaml:1:3007
          |
        1 | ...流流流流流{{ params.q }}zzzzzzzzzzzzzzzzzzzz...
          |                 ^^^^^^^^ here
        """,
        BAD_VALUE.at(at(long, "params.q"), "m", label="here"),
        width=54,
    )


def test_the_end_of_a_long_line_is_shown_in_full_width():
    long = Source("long.yaml", "a" * 200 + "END")
    is_shown(
        """
        error[SPC404 bad-value]: m
         --> long.yaml:1:201
          |
        1 | ...aaaaaaaaaaaaaaaaaaaaEND
          |                        ^^^
        """,
        BAD_VALUE.at(at(long, "END"), "m"),
        width=33,
    )


def test_a_long_mark_ends_where_the_line_is_cut():
    long = Source("long.yaml", "k: " + "v" * 500)
    is_shown(
        """
        error[SPC404 bad-value]: m
         --> long.yaml:1:4
          |
        1 | k: vvvvvvvvvvvvvvvvv...
          |    ^^^^^^^^^^^^^^^^^ l
        """,
        BAD_VALUE.at(long.span(3, 503), "m", label="l"),
        width=30,
    )


def test_long_lines_of_a_long_stretch():
    source = Source("long.yaml", "-" * 50 + "A\n" + "b" * 60 + "\n" + "c" * 50 + "\n")
    is_shown(
        """
        error[SPC404 bad-value]: m
         --> long.yaml:1:51
          |
        1 |   ...-------------A
          |  _________________^
        2 | | bbbbbbbbbbbbbb...
        3 | | ...cccccccccccccc
          | |_________________^
        """,
        BAD_VALUE.at(source.span(50, len(source.text)), "m"),
        width=25,
    )


def test_labels_far_apart_on_one_long_line():
    long = Source("long.yaml", "k: " + "v" * 200 + "!")
    text = shown(BAD_VALUE.at(at(long, "!"), "m", labels=(Label(at(long, "k"), "the key"),)))
    assert "::: long.yaml:1:1\n" in text
    assert "| - the key" in text


def test_crlf_lines():
    source = Source("dos.yaml", "a: 1\r\nb: 2\r\n")
    is_shown(
        """
        error[SPC404 bad-value]: m
         --> dos.yaml:2:1
          |
        2 | b: 2
          | ^
        """,
        BAD_VALUE.at(at(source, "b"), "m"),
    )


def test_invisible_characters_are_named():
    source = Source("x\n.yaml", "a\u202eb\u200bc\x85d\ud800")
    text = shown(BAD_VALUE.at(at(source, "d"), "line\nbreak"))
    assert r"x\n.yaml:1:7" in text
    assert r"a\u202eb\u200bc\x85d\ud800" in text
    assert r"line\nbreak" in text
    text.encode()


def test_order_is_by_path_place_code_and_message():
    first = UNKNOWN_FIELD.at(at(BASE, "job"), "b")
    second = WRONG_TYPE.at(at(BASE, "job"), "a")
    third = UNKNOWN_FIELD.at(at(BASE, "name"), "a")
    last = UNKNOWN_FIELD.at(at(SPEC, "specc"), "a")
    for order in ([last, third, second, first], [first, last, second, third]):
        assert shown(*order) == "\n\n".join(map(shown, [first, second, third, last]))


@each(
    "summary, line",
    [
        (Summary(12, 5, 34, 0, 0), "checked 12 files, 34 payloads: no problems"),
        (Summary(1, 1, 1, 0, 0), "checked 1 file, 1 payload: no problems"),
        (Summary(3, 3, 0, 0, 0), "checked 3 files: no problems"),
        (Summary(12, 5, 0, 3, 1), "found 3 errors and 1 warning in 12 files"),
        (Summary(1, 1, 0, 1, 0), "found 1 error in 1 file"),
        (Summary(2, 2, 9, 0, 2), "found 2 warnings in 2 files"),
    ],
)
def test_the_last_line_sums_up(summary, line):
    assert render(Report((), summary), color=False) == line + "\n"


def test_colors_change_nothing_but_the_colors():
    diagnostics = (
        UNKNOWN_FIELD.at(at(SPEC, "core_limt"), "m", help="h", notes=("n",), labels=(Label(at(BASE, "job"), "l"),)),
        YAML_1_1.at(BASE.span(0, len(BASE.text)), "m"),
    )
    report = Report(diagnostics, Summary(2, 1, 0, 1, 1))
    colored, plain = report_text(report, ReportFormat.TEXT, color=True), report_text(report, ReportFormat.TEXT)
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == plain
    assert "\x1b[1;31merror[SPC401 unknown-field]\x1b[0m\x1b[1m: m\x1b[0m" in colored
    assert "\x1b[1;33mwarning[SPC110 yaml-1.1]\x1b[0m" in colored
    assert "\x1b" not in plain
