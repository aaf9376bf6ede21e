"""Holes in a command: where they stand, and which values the shell would not take as they are."""

import json
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.compiling import check, render
from support.laws import law
from support.tables import each

from specc.diagnostics import codes
from specc.evaluator import end_of_template
from specc.evaluator.quoting import Context, contexts_of, judge_of
from specc.expressions import Quoted, Raw, Unknown

HOLE = "{{ x }}"

PLACES = [
    ("run {{ x }}", Context.WORD),
    ("{{ x }}", Context.WORD),
    ("run --case={{ x }}/in", Context.WORD),
    ("run '{{ x }}'", Context.SINGLE),
    ("run 'a\\' {{ x }}", Context.WORD),
    ('run "{{ x }}"', Context.DOUBLE),
    ('run "a\\"{{ x }}"', Context.DOUBLE),
    ('run "it\'s {{ x }}"', Context.DOUBLE),
    ("run \\' {{ x }}", Context.WORD),
    ("run \\{{ x }}", Context.WORD),
    ("run $'a\\'{{ x }}'", Context.ESCAPED),
    ("run $(head {{ x }})", Context.WORD),
    ('run "$(head {{ x }})"', Context.WORD),
    ('run "$(head a) {{ x }}"', Context.DOUBLE),
    ('run "`head {{ x }}`"', Context.WORD),
    ('run "`head a` {{ x }}"', Context.DOUBLE),
    ("run ${a:-{{ x }}}", Context.BRACES),
    ('run "${a:-{{ x }}}"', Context.BRACES),
    ('run "${a:-b} {{ x }}"', Context.DOUBLE),
    ("run ${#a[@]} {{ x }}", Context.WORD),
    ("run $# {{ x }}", Context.WORD),
    ("run a#b {{ x }}", Context.WORD),
    ("run # it's {{ x }}", Context.COMMENT),
    ("# it's\nrun {{ x }}", Context.WORD),
    ("run;# {{ x }}", Context.COMMENT),
    ("cat <<EOF\n{{ x }}\nEOF\n", Context.HERE),
    ("cat << EOF\n{{ x }}\nEOF\n", Context.HERE),
    ("cat <<'EOF'\n{{ x }}\nEOF\n", Context.QUOTED_HERE),
    ('cat <<"E F"\n{{ x }}\nE F\n', Context.QUOTED_HERE),
    ("cat <<\\EOF\n{{ x }}\nEOF\n", Context.QUOTED_HERE),
    ("cat <<EOF\na\nEOF\nrun {{ x }}", Context.WORD),
    ("cat <<EOF\na\n EOF\n{{ x }}", Context.HERE),
    ("cat <<-EOF\n\ta\n\tEOF\n{{ x }}", Context.WORD),
    ("cat <<EOF\nit's \"\nEOF\n{{ x }}", Context.WORD),
    ("cat <<EOF\n$(head {{ x }})\nEOF\n", Context.WORD),
    ("cat <<EOF\n`head\nEOF\n{{ x }}", Context.WORD),
    ("cat <<A <<'B'\na\nA\n{{ x }}\nB\n", Context.QUOTED_HERE),
    ("cat <<A <<'B'\n{{ x }}\nA\nb\nB\n", Context.HERE),
    ("cat <<EOF | tr a b {{ x }}\na\nEOF\n", Context.WORD),
    ("cat <<EOF \\\n  {{ x }}\na\nEOF\n", Context.WORD),
    ("cat <<''\na\n\n{{ x }}", Context.WORD),
    ("$(cat <<EOF\n{{ x }}\nEOF\n)", Context.HERE),
    ("cat <<<word\n{{ x }}", Context.WORD),
    ("# cat <<EOF\n{{ x }}", Context.WORD),
    ("echo '<<EOF'\n{{ x }}", Context.WORD),
    ("echo $((1 << 2))\n{{ x }}", Context.WORD),
    ("(( a = 1 << 2 ))\n{{ x }}", Context.WORD),
    ("echo $(( {{ x }} + 1 ))", Context.ARITHMETIC),
    ("(( a = (b + {{ x }}) ))", Context.ARITHMETIC),
    ("cat << \n{{ x }}", Context.WORD),
    ("a=(1 2) {{ x }}", Context.WORD),
    ("case a in a) {{ x }};; esac", Context.WORD),
    ('{% if a == "it\'s" %}{{ x }}{% endif %}', Context.WORD),
    ('{{ "\'" }} {{ x }}', Context.WORD),
    ("{{ {'a': {'b': '}}'}} }} '{{ x }}'", Context.SINGLE),
    ("{% raw %}'{{ it's }}{% endraw %}{{ x }}", Context.WORD),
    ("{% raw %}'{{{% endraw %}{{ x }}'", Context.SINGLE),
    ("run '\n{{ x }}'", Context.SINGLE),
    ('run "\n{{ x }}"', Context.DOUBLE),
]


@each("text, place", PLACES)
def test_where_a_hole_stands(text, place):
    assert contexts_of(text)[text.rindex(HOLE)] is place


@each("text", ["{{ x", "{{ 'x", "{% if", "{{ (", "{{ '\\"])
def test_a_tag_that_is_never_closed_ends_with_the_text(text):
    assert end_of_template(text, 0) >= len(text)


JUDGED = [
    # the template, the value, what the shell would do to it
    ("run {{ x }}", "a b", "split or expand"),
    ("run {{ x }}", "$HOME", "split or expand"),
    ("run {{ x }}", "*.dat", "split or expand"),
    ("run {{ x }}", "a;b", "split or expand"),
    ("run {{ x }}", "a\nb", "split or expand"),
    ("run {{ x }}", "~/x", "split or expand"),
    ("run {{ x }}", "it's", "split or expand"),
    ("run {{ x }}", "/scratch/a-b_c.d:1,2+3=4%5@6", None),
    ("run {{ x }}", "网格（细）", None),
    ("run {{ x }}", "", "drop"),
    ("{{ x }} run", "", "drop"),
    ("run a{{ x }}", "", None),
    ("run '{{ x }}'", 'a b $c "d" \\', None),
    ("run '{{ x }}'", "it's", "change"),
    ("run '{{ x }}'", "", None),
    ("run $'{{ x }}'", "a\\b", "change"),
    ("run $'{{ x }}'", "a b", None),
    ('run "{{ x }}"', "a b; it's *", None),
    ('run "{{ x }}"', "$a", "change"),
    ('run "{{ x }}"', "`a`", "change"),
    ('run "{{ x }}"', 'a"b', "change"),
    ('run "{{ x }}"', "\\d+", None),
    ('run "{{ x }}"', "a\\", "change"),
    ("cat <<E\n{{ x }}\nE", 'a "b"', None),
    ("cat <<E\n{{ x }}\nE", "$a", "change"),
    ("cat <<'E'\n{{ x }}\nE", "$a `b` \\", None),
    ('run "${a:-{{ x }}}"', "it's", "change"),
    ('run "${a:-{{ x }}}"', "", None),
    ("run # {{ x }}", "it's $a", None),
    ("run # {{ x }}", "a\nrm b", "end the comment within"),
    ("run {{ x }}", ["a", "b"], "split or expand"),
    ("cat <<'E'\n{{ x }}\nE", ["a", "b"], None),
    ("run {{ x }}", 4, None),
    ("run {{ x }}", 0.5, None),
    ("run {{ x }}", True, None),
    ("run {{ x }}", Quoted("'a b'"), None),
    ("run {{ x }}", Raw("a b"), None),
    ("run {{ x }}", Unknown("string"), None),
    ("run $(( {{ x }} ))", "2 * (n + 1)", None),
    ("run $(( {{ x }} ))", "$(rm a)", "change"),
    ("(( a = {{ x }} ))", "a b", "change"),
]


@each("text, value, verb", JUDGED)
def test_what_the_shell_would_do_to_a_value(text, value, verb):
    start = text.index(HOLE)
    mistake = judge_of(text)(value, start, start + len(HOLE))
    assert (mistake is None) == (verb is None)
    if mistake is not None:
        assert (mistake.code, mistake.start, mistake.end) == (codes.UNQUOTED_SHELL_VALUE, start, start + len(HOLE))
        assert f"would {verb} this value" in mistake.message


QUOTED_AGAIN = [
    ("run '{{ x }}'", "'a b'", True),
    ("run $'{{ x }}'", "'a b'", True),
    ("run '{{ x }}'", "plain", False),
    ('bash -c "run {{ x }}"', "'a b'", False),
]


@each("text, value, is_found", QUOTED_AGAIN)
def test_what_sh_has_quoted_does_not_stand_in_single_quotes(text, value, is_found):
    start = text.index(HOLE)
    mistake = judge_of(text)(Quoted(value), start, start + len(HOLE))
    assert (mistake is not None) == is_found
    if mistake is not None:
        assert "`sh` has quoted this value" in mistake.message
        assert (mistake.start, mistake.end) == (start, start + len(HOLE))


WAYS_OUT = [
    ("run {{ x }}", "a b", "write `{{ x | sh }}` to pass it as one word, or `{{ x | raw }}` to"),
    ("run {{- x -}}", "a b", "write `{{ x | sh }}`"),
    ("run {{ x | default('a b') }}", "a b", "write `{{ x | default('a b') | sh }}`"),
    ("run {{ x | default('a-b') }}", "a b", "write `{{ x | default('a-b') | sh }}`"),
    ("run {{ x ~ y }}", "a b", "write `{{ (x ~ y) | sh }}`"),
    ("run {{ x if y else z }}", "a b", "write `{{ (x if y else z) | sh }}`"),
    ("run {{ x }}", ["a"], "write `{{ x | sh }}` to pass its items as words, or `{{ x | join(' ') | raw }}` to"),
    ("run '{{ x }}'", "it's", "remove the quotes and write `{{ x | sh }}`"),
    ('run "{{ x }}"', "$a", "remove the quotes and write `{{ x | sh }}`"),
    ("cat <<E\n{{ x }}\nE", "$a", "quote the here-document's word (`<<'EOF'`)"),
    ("run # {{ x }}", "a\nb", "remove it from the comment"),
    ("run ${a:-{{ x }}}", "a b", "give the value to a shell variable first: `name={{ x | sh }}`"),
]


@each("text, value, help", WAYS_OUT)
def test_the_way_out_depends_on_the_place(text, value, help):
    start = text.index("{{")
    mistake = judge_of(text)(value, start, end_of_template(text, start))
    assert mistake.help.startswith(help)


def test_a_long_or_odd_value_is_shown_on_one_short_line():
    judge = judge_of("run {{ x }}")
    assert "`a\\nb`" in judge("a\nb", 4, 11).message
    assert '"`a`"' in judge("`a`", 4, 11).message
    assert len(judge("a " * 1000, 4, 11).message) < 200


def test_a_command_that_is_one_expression_is_exempt():
    body = render("vars: {x: a b}\njob: {name: n, cmd_line: '{{ vars.x }}'}").body
    assert body["cmd_line"] == "a b"


def test_only_commands_are_judged():
    spec = "vars: {x: a b}\njob: {name: 'n {{ vars.x }}', cmd_line: run, input_file: '{{ vars.x }}/a'}"
    assert render(spec).body["name"] == "n a b"


def test_holes_of_all_rounds_of_a_loop_are_judged_once_a_place():
    found = check(
        """
        vars: {xs: [a, b c, d e]}
        job:
          name: n
          cmd_line: |
            {% for x in vars.xs %}run {{ x }}
            {% endfor %}
        """
    )
    assert found.slugs == ["unquoted-shell-value"]
    assert "`b c`" in found.messages[0]


@each(
    "command, value, start",
    [
        ("run x{{ matrix.a }} {{ matrix.a }}", "", 20),
        ("run {{ matrix.a }} x{{ matrix.a }}", "", 4),
        ("run '{{ matrix.a }}' {{ matrix.a }}", "b c", 21),
        ("run \"{{ matrix.a }}\" '{{ matrix.a }}'", "it's", 22),
    ],
)
def test_a_hole_that_stands_otherwise_is_judged_for_itself(command, value, start):
    """In a sweep, the text of a hole is made once for all that are written alike and stand alike."""
    cmd = json.dumps(command)
    found = check(f"matrix: {{axes: {{a: [{json.dumps(value)}]}}}}\njob: {{name: n, cmd_line: {cmd}}}").found
    shown = [finding for finding in found if finding.code is codes.UNQUOTED_SHELL_VALUE]
    assert [finding.span.text for finding in shown] == ["{{ matrix.a }}"]
    assert shown[0].span.source.text[: shown[0].span.start].endswith(json.dumps(command[:start])[1:-1])


WORD = "WORD"
SKELETONS = [text for text, _ in PLACES if text.count("{{") == 1 and "{%" not in text and "\\{{" not in text] + [
    "p 'a' \"b\" {{ x }} c"
]
VALUES = st.text("ab '\"$`\\\n#;*~=-é（", max_size=6)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@given(st.sampled_from(SKELETONS), VALUES)
@law(80)
def test_bash_takes_a_value_that_is_let_pass_as_it_is(skeleton, value):
    """The command does with the value what it does with a plain word, bash says."""
    start = skeleton.index(HOLE)
    if judge_of(skeleton)(value, start, start + len(HOLE)) is None:
        plain, filled = outcome(skeleton.replace(HOLE, WORD)), outcome(skeleton.replace(HOLE, value))
        assert filled == plain.replace(WORD.encode(), value.encode())


def outcome(command: str) -> bytes:
    """What the words of a command are, with `run` and `head` as programs that tell their arguments."""
    tell = 'run() { printf "<%s>" "$@"; }; head() { run "$@"; }; tr() { run "$@"; }; p() { run "$@"; }\n'
    command = (
        command
        if command.lstrip().startswith(("run", "cat", "echo", "#", "p ", "(", "$", "a=", "case"))
        else f"run {command}"
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", tell + command + "\n"],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        cwd="/",
        timeout=10,
    )
    return done.stdout
