"""Comments that ignore findings: where they are comments, which lines they are about, what they name."""

from support.tables import each

from specc.diagnostics import codes
from specc.parser import parse, script_suppressions
from specc.source import Source


def spec(text):
    parsed = parse(Source("a.job.yaml", text, "a.job.yaml"))
    assert parsed.document is not None
    return parsed.suppressions


def about(suppressions):
    """The codes and lines of each comment."""
    return [
        ("/".join(code.slug for code, _ in comment.ignored), comment.first, comment.last)
        for comment in suppressions.comments
    ]


YAML_11, DEAD = ("yaml-1.1", "dead-exclude")


@each(
    "text, lines",
    [
        ("a: no # specc: ignore[SPC110] it is a name\n", [(YAML_11, 1, 1)]),
        ("a: no #specc:ignore[SPC110]\n", [(YAML_11, 1, 1)]),
        ("a: no # specc: ignore [ SPC110 ]\n", [(YAML_11, 1, 1)]),
        ("a: no # specc: ignore[yaml-1.1, dead-exclude,]\n", [("yaml-1.1/dead-exclude", 1, 1)]),
        ("a: no # specc: ignore[yaml-1.1, SPC110]\n", [(YAML_11, 1, 1)]),
        ("# specc: ignore[SPC110]\na: no\n", [(YAML_11, 2, 2)]),
        ("# specc: ignore[SPC110]\n\n# why\n  \na: no\n", [(YAML_11, 3, 5)]),
        ("# specc: ignore[SPC110]\n# specc: ignore[SPC224]\na: no\n", [(YAML_11, 3, 3), (DEAD, 3, 3)]),
        ("a: no # specc: ignore[SPC110] one # specc: ignore[SPC224] two\n", [(YAML_11, 1, 1), (DEAD, 1, 1)]),
        ("a: 1\n# specc: ignore[SPC110]", [(YAML_11, 2, 2)]),
        ("a: 1 # specc: ignore[SPC110]\r\nb: 2 # specc: ignore[SPC224]\r\n", [(YAML_11, 1, 1), (DEAD, 2, 2)]),
        ("a: # specc: ignore[SPC110]\n  b: no\n", [(YAML_11, 1, 1)]),
        ("a:\n  - no # specc: ignore[SPC110]\n  - yes\n", [(YAML_11, 2, 2)]),
        ("a: [no, # specc: ignore[SPC110]\n yes]\n", [(YAML_11, 1, 1)]),
        ("流: 体 😀 # specc: ignore[SPC110] 名字\n", [(YAML_11, 1, 1)]),
    ],
)
def test_comments_of_yaml(text, lines):
    found = spec(text)
    assert about(found) == lines
    assert found.diagnostics == ()


@each(
    "text",
    [
        'a: "x # specc: ignore[SPC110]"\n',
        "a: 'x # specc: ignore[SPC110]'\n",
        'a: "x\n  # specc: ignore[SPC110]\n  y"\n',
        "a: x#specc:ignore[SPC110]\n",
        "a: 1 # see specc: ignore[SPC110]\n",
        "a: 1 # specc ignores this\n",
        "# specc ignore patterns stand in specc.toml\na: 1\n",
        "# specc: 1\na: 1\n",
        "# specc: ignored\na: 1\n",
    ],
)
def test_what_is_no_such_comment(text):
    found = spec(text)
    assert found.comments == ()
    assert found.diagnostics == ()


@each("style", ["|", ">", "|-", ">2"])
def test_a_comment_in_a_block_is_the_shells(style):
    text = f"job:\n  cmd: {style}\n    # specc: ignore[SPC110]\n\n    one\n    two # specc: ignore[SPC224]\n  b: 1\n"
    assert about(spec(text)) == [(YAML_11, 5, 5), (DEAD, 6, 6)]


def test_a_comment_at_the_head_of_a_block_is_about_all_of_it():
    text = "a: |  # specc: ignore[SPC110]\n  one\n  two\n\nb: 1\n"
    assert about(spec(text)) == [(YAML_11, 1, 3)]
    assert about(spec("# specc: ignore[SPC110]\na: |\n  one\n  two\nb: 1\n")) == [(YAML_11, 2, 4)]
    assert about(spec('# specc: ignore[SPC110]\na: "one\n  two"\nb: 1\n')) == [(YAML_11, 2, 3)]


def test_a_comment_behind_a_block_is_not_in_it():
    text = "job:\n  cmd: |\n    one\n# specc: ignore[SPC110]\n  b: no\n"
    assert about(spec(text)) == [(YAML_11, 5, 5)]
    text = "job:\n  cmd: |\n    one\n    # specc: ignore[SPC110]\n  b: no\n"
    assert about(spec(text)) == [(YAML_11, 4, 4)]


def test_a_continued_command_is_one_line():
    text = "a: |\n  # specc: ignore[SPC110]\n  one \\\n    two \\\n    three\n  four\n"
    assert about(spec(text)) == [(YAML_11, 3, 5)]
    script = "#!/bin/bash\n# specc: ignore[SPC110] why\none \\\n  two\nthree # specc: ignore[SPC224]\n"
    assert about(script_suppressions(Source("run.sh", script))) == [(YAML_11, 3, 4), (DEAD, 5, 5)]
    assert about(script_suppressions(Source("run.sh", "# specc: ignore[SPC110]\na \\"))) == [(YAML_11, 2, 2)]


def test_a_comment_of_the_shell_can_have_one_above():
    script = "# specc: ignore[SPC543]\n# specc: ignore[SPC514]\n#SBATCH -n 4\n\n#SBATCH -N 1\nrun\nrun\n"
    found = script_suppressions(Source("run.sh", script))
    assert about(found) == [("sbatch-directive", 3, 6), ("secret-in-spec", 3, 6)]


@each(
    "comment, marked, message, help",
    [
        ("#specc:ignore SPC110", None, "must have another form", "write `# specc: ignore[SPC110] reason`"),
        ("# specc: ignore SPC110, dead-exclude", None, "another form", "write `# specc: ignore[SPC110, dead-exclude]"),
        ("# specc ignore[SPC110]", None, "must have another form", "write `# specc: ignore[SPC110] reason`"),
        ("# SPECC: Ignore[SPC110]", None, "must have another form", "write `# specc: ignore[SPC110] reason`"),
        ("# specc: ignore[SPC110", None, "must have another form", "write `# specc: ignore[SPC110] reason`"),
        ("# specc: ignore-file[SPC110]", None, "must have another form", "write `# specc: ignore[SPC110] reason`"),
        ("# specc: ignore unused-parm", None, "must have another form", "write `# specc: ignore[unused-param] reason`"),
        ("# specc: ignore", None, "does not name the code", "write `# specc: ignore[CODE] reason`"),
        ("# specc: ignore[]", None, "does not name the code", "write `# specc: ignore[CODE] reason`"),
        ("# specc: ignore[ , ]", None, "does not name the code", "write `# specc: ignore[CODE] reason`"),
        ("# specc: ignore this line", None, "does not name the code", "write `# specc: ignore[CODE] reason`"),
        ("# specc: ignore[SPC999]", "SPC999", "specc has no code `SPC999`", "a code is `SPC` and"),
        ("# specc: ignore[yaml-1.2]", "yaml-1.2", "specc has no code", "did you mean `yaml-1.1`?"),
        ("# specc: ignore[spc110]", "spc110", "specc has no code", "did you mean `SPC110`?"),
        ("# specc: ignore[SPC110 SPC224]", "SPC110 SPC224", "has no code", "put commas between them: `SPC110, SPC224`"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_comment(comment, marked, message, help):
    (finding,) = spec(f"a: 1  {comment}\nb: 2\n").diagnostics
    assert finding.code is codes.BAD_IGNORE
    assert finding.span.text == (marked or comment)
    assert message in finding.message
    assert (finding.help or "").startswith(help)


def test_an_unknown_code_leaves_the_known_ones():
    found = spec("a: no # specc: ignore[SPC110, nonsense] why\n")
    assert about(found) == [(YAML_11, 1, 1)]
    assert [finding.span.text for finding in found.diagnostics] == ["nonsense"]


def test_a_text_that_is_no_spec_has_none():
    parsed = parse(Source("a", "- 1 # specc: ignore[SPC110]\n"))
    assert parsed.suppressions.comments == ()


def test_many_comments_are_read_quickly():
    text = "".join(f"a{number}: 1 # specc: ignore[SPC110]\n" for number in range(3000))
    assert len(spec(text).comments) == 3000
