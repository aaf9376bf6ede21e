"""What comments do to findings, with findings of every kind."""

from support.tables import each

from specc.diagnostics import Code, Severity, codes
from specc.linter.filters import is_ignorable, suppress
from specc.parser import Suppressions, parse, script_suppressions
from specc.source import Source

RULE = codes.UNUSED_PARAM
SPEC = """specc: 1
job:
  cmd_line: |
    # specc: ignore[unused-param] the cluster sets it
    one
    two  # specc: ignore[unused-param]
    three
"""
SCRIPT = "#!/bin/bash\none\n# specc: ignore[unused-param] why\ntwo \\\n  three\n"


def spec_of(text=SPEC):
    source = Source("a.job.yaml", text, "a.job.yaml")
    return source, parse(source).suppressions


def at(source, line, code=RULE, severity=None):
    found = code.at(source.span(source.line_starts[line - 1] + 4), f"line {line}")
    return found if severity is None else type(found)(found.code, severity, found.message, found.span)


def left(findings, *texts, settled=True):
    return suppress(findings, dict(texts), lambda source, code: settled)


def test_findings_in_a_block():
    text = spec_of()
    findings = [at(text[0], line) for line in (3, 5, 6, 7)]
    assert [finding.message for finding in left(findings, text)] == ["line 3", "line 7"]


def test_findings_in_a_script():
    source = Source("run.sh", SCRIPT, "run.sh")
    text = (source, script_suppressions(source))
    findings = [at(source, line) for line in (2, 4, 5)]
    assert [finding.message for finding in left(findings, text)] == ["line 2"]


def test_a_comment_is_about_its_own_text():
    """Two texts with the same words are two texts."""
    text, other = spec_of(), Source("b.job.yaml", SPEC, "b.job.yaml")
    kept = left([at(other, 5)], text)
    assert [finding.code.slug for finding in kept] == ["unused-param", "unused-ignore", "unused-ignore"]
    assert left([at(other, 5)], text, settled=False) == kept[:1]


def test_a_rule_that_was_made_an_error_can_be_ignored():
    text = spec_of()
    findings = [at(text[0], 5, severity=Severity.ERROR), at(text[0], 6, severity=Severity.ERROR)]
    assert left(findings, text) == []


@each("code", codes.CODES.values())
def test_what_can_be_ignored(code: Code):
    source, _ = spec_of()
    expected = code.severity is Severity.WARNING or (code.code.startswith("SPC5") and code is not codes.BAD_IGNORE)
    assert is_ignorable(at(source, 1, code)) is expected


def test_what_cannot_says_so_and_its_comment_has_a_use():
    text = spec_of("a: 1 # specc: ignore[unknown-field]\n")
    (kept,) = left([at(text[0], 1, codes.UNKNOWN_FIELD)], text)
    assert kept.notes == ("it cannot be ignored: until it is fixed there is nothing to send",)


def test_where_the_parser_leaves_findings_out_nothing_is_called_useless():
    lines = "".join("a: no # specc: ignore[SPC110]\n" for _ in range(150))
    text = Source("a", lines, "a")
    suppressions = script_suppressions(text)
    assert isinstance(suppressions, Suppressions)
    assert left([at(text, line, codes.YAML_1_1) for line in range(1, 101)], (text, suppressions)) == []
    assert len(left([at(text, line, codes.YAML_1_1) for line in range(1, 100)], (text, suppressions))) == 51


@each(
    "comment, help",
    [
        ("# specc: ignore", "write `# specc: ignore[SPC110, SPC501] reason`"),
        ("# specc: ignore[]", "write `# specc: ignore[SPC110, SPC501] reason`"),
        ("#specc:ignore dead-exclude", "write `# specc: ignore[dead-exclude] reason`"),
        ("# specc: ignore[nonsense]", "a code is `SPC` and three digits, or its name, such as `unknown-field`"),
    ],
)
def test_a_comment_without_a_code_is_told_the_codes(comment, help):
    text = spec_of(f"a: no {comment}\nb: 1\n")
    findings = [at(text[0], 1), at(text[0], 1, codes.YAML_1_1), at(text[0], 1, codes.UNKNOWN_FIELD), at(text[0], 2)]
    *others, misused = left(findings, text)
    assert others == findings
    assert misused.help == help
