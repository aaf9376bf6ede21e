"""What `--fix` writes reads again, lacks what it mended, has no new errors, and comes to the same jobs."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from support.compiling import Files, apis, context
from support.laws import law

from specc.compiler import Request, payloads
from specc.diagnostics import Diagnostic
from specc.disk import Contents, Site
from specc.linter import check_specs
from specc.linter.fixing import fixed, is_fixable
from specc.lowering import Payload
from specc.project import DiagnosticSet, Project

SPEC, BASE = "a.job.yaml", "lib/b.job.yaml"
YAML_1_1 = ("no", "on", "12:00:00", "1:30", "2024-01-01", "1_000", "010", "0o14", "y", "1e3", "~", "null", "=", "<<")
PLAIN = (
    "x",
    "'a b'",
    '"no"',
    "'it''s'",
    '"a\\tb"',
    "4",
    "烟花",
    "[no, 'yes',  off]",
    "{on: off,'b' : 2}",
    "",
    "*n",
    "&m no",
)
HOLES = (
    "{{ 1 + 1 }}",
    "{{ vars.a }}",
    '"{{ vars.a }}"',
    "'{{ vars.nme }}'",
    "{{ vars['a'] }}",
    "x{{ 1 }}",
    "{% if 1 %}",
)
VALUES = (*YAML_1_1, *PLAIN, *HOLES, "|\n    no\n    {{ vars.a }}", ">-  # folded\n    on\n    off", "no\n    yes")

JOB = (
    "core_limt", "core_limit", "mem_limit", "time_limit", "partition", "hpcqueue_id", "timestamp", "name", "input_file",
    "scheduler_queue_name", "cmd_line", "stdout_redirect_path", '"name"', "on", "12", "working_directory", "nodes",
)  # fmt: skip
TEXT_JOB = ("input_file", "resource_limit", "hpcqueue_id", "scheduler_queue_name", "stdout_redirect_path")
TEXTS = (
    "no",
    "on",
    "1:30",
    "12:00:00",
    "y",
    "=",
    "2024-01-01",
    "x",
    "'a b'",
    '"{{ vars.a }}"',
    "x{{ vars.a }}",
    "off-1",
)
NAMES = ("a", "nme", "no", "1", "'b'", "[x]", "true", "type", "defualt", "烟", "2024-01-01")
PARAMS = (
    "{type: integer, default: '4'}", "{type: string, default: 4}", "{type: integer, defualt: 1}", "{typ: string}",
    "{type: string, choices: [icoFoam, x], default: icoFaom}", "{type: boolean, default: no}",
    "{type: string, choices: [no, '1', 010], default: no}", "{type: number, default: '1.5', maximum: 2}", "{}",
)  # fmt: skip
SECTIONS = ("vars", "parms", "params", "x-site", "id", "jobs", "matrix", "profiles")
COMMENTS = ("", "", "", "  # beside", "   # no: 'x' \"", "  # specc: ignore[yaml-1.1] by hand")
LINES = ("", "# alone", "    # no: on", "#\tdeep")


@st.composite
def entries(draw: st.DrawFn, indent: int, names: Iterable[str], values: Iterable[str]) -> list[str]:
    """Lines of `key: value`, some twice, some in one `{...}`, with remarks between them."""
    pairs = draw(st.lists(st.tuples(st.sampled_from(list(names)), st.sampled_from(list(values))), max_size=4))
    lines: list[str] = []
    for key, value in pairs:
        lines += draw(st.lists(st.sampled_from(LINES), max_size=1))
        comment = draw(st.sampled_from(COMMENTS)) if "\n" not in value else ""
        blank = draw(st.sampled_from([" ", "   ", " "]))
        lines += (f"{' ' * indent}{key}:{blank}{value}".rstrip() + comment).split("\n")
    return lines


@st.composite
def sound(draw: st.DrawFn) -> str:
    """A spec that comes to a job, in which all that is odd is a matter of spelling."""
    job = draw(st.dictionaries(st.sampled_from(TEXT_JOB), st.sampled_from(TEXTS), min_size=1))
    lines = [f"  {key}:  {value}{draw(st.sampled_from(COMMENTS))}" for key, value in job.items()]
    a = draw(st.sampled_from(["no", "12:00:00", "1_000", "010", "y", "x", "null", "[no, 'y']", "&n on", "{no: on}"]))
    head = ["specc: 1", f"vars: {{a: {a}}}", "job:", "  name: n", '  cmd_line: "a {{ vars.a | tojson | sh }}"']
    return "\n".join([*head, *lines, ""])


@st.composite
def specs(draw: st.DrawFn, *, is_base: bool) -> str:
    lines = draw(st.sampled_from([["specc: 1"], ["specc: 1", "id: 7"], ["# head", "---"], []]))
    lines = [*lines, "abstract: true"] if is_base else [*lines, *draw(st.sampled_from([[], [f"extends: {BASE}"]]))]
    lines += [draw(st.sampled_from(["x-anchor: &n no", "x-anchor: &n x"]))]
    for name in draw(st.lists(st.sampled_from(SECTIONS), max_size=3, unique=True)):
        inner = draw(entries(2, NAMES, PARAMS if name in ("params", "parms") else VALUES))
        lines += [f"{name}:", *inner]
    flow = draw(st.booleans()) and not is_base
    if flow:
        lines += [
            draw(st.sampled_from(["job: {name: n, cmd_line: a,core_limit: '4'}", "job: {name: n, 'cmd_line':a b}"]))
        ]
    else:
        start = (
            [] if is_base else ["  name: n", draw(st.sampled_from(["  cmd_line: ./a", "  cmd_line: a {{ vars.a }}"]))]
        )
        lines += ["job:", *start, *draw(entries(2, JOB, VALUES))]
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return end.join(lines) + draw(st.sampled_from(["", end, end * 3]))


def project(root: Path, texts: dict[str, str]) -> Project:
    for name, text in texts.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(text.encode())
    return Project.open(Site(root, context(Files({})).settings, Contents(root, str), {}), apis())


def bodies(project: Project) -> list[bytes] | None:
    """What the spec comes to, or None where something is wrong with it."""
    document = project.document(SPEC, DiagnosticSet())
    made = list(payloads(document, project.context(), Request())) if document is not None else []
    if document is None or any(isinstance(item, Diagnostic) and item.is_error for item in made):
        return None
    return [item.canonical for item in made if isinstance(item, Payload)]


def check(project: Project) -> tuple[Diagnostic, ...]:
    return check_specs(project, [SPEC, BASE], Request(), all_specs=True).diagnostics


@pytest.mark.parametrize("unsafe", [False, True])
@given(spec=st.one_of(sound(), specs(is_base=False)), base=specs(is_base=True))
@law(50)
def test_fixes_mend_and_nothing_else(unsafe: bool, spec: str, base: str) -> None:
    with TemporaryDirectory() as folder:
        before = project(Path(folder), {SPEC: spec, BASE: base})
        found = check(before)
        result = fixed(before, check, unsafe=unsafe)
        event(f"{len(result.files)} files, refused {len(result.refused)}, unsafe {unsafe}")
        if not result.files:
            assert result.refused or not any(is_fixable(each, before, unsafe=unsafe) for each in found)
            return
        after = project(Path(folder), {file.source.name: file.text for file in result.files})
        left = check(after)
        refused = {source.name for source, _ in result.refused}
        assert not [each for each in left if is_fixable(each, after, unsafe=unsafe) and not names(each) & refused]
        assert not errors(left) - errors(found)
        if not unsafe and (made := bodies(before)) is not None:
            event("compared")
            assert bodies(after) == made
        assert fixed(after, check, unsafe=unsafe).files == ()
        for file in result.files:
            assert comments(file.text) == comments(file.source.text)
            assert line_ends(file.text) <= (line_ends(file.source.text) or {"\n"})


def line_ends(text: str) -> set[str]:
    return {*re.findall(r"\r\n|\r|\n", text)}


def names(finding: Diagnostic) -> set[str]:
    assert finding.fix is not None
    return {edit.span.source.name for edit in finding.fix.edits}


def errors(found: Iterable[Diagnostic]) -> Counter[tuple[str, str, str]]:
    return Counter((each.span.source.name, each.code.code, each.message) for each in found if each.is_error)


def comments(text: str) -> list[str]:
    """Every comment; no value of these texts has a `#`."""
    return [line[line.index("#") :] for line in text.splitlines() if "#" in line]
