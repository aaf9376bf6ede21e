"""A formatted spec comes to the same bytes in the same order, and each comment is still beside what it is about."""

import re
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from support.compiling import render
from support.laws import law

from specc.formatter import Formatted, format_source
from specc.source import Source

FIELDS = ("name", "cmd_line", "core_limit", "mem_limit", "time_limit", "input_file", "resource_limit")
SECTIONS = {
    "params": (
        ["params: {mesh: {default: 'fine', type: string}}"],
        ["params:", "  mesh:", "      default: fine", "      type: string"],
    ),
    "vars": (
        ["vars: {label: '烟花', 'n': 4}"],
        ["vars:", "    n: 4", "    label: &a '烟花'", "    again: *a"],
        [
            "vars:",
            "    text: |+",
            "        # no comment",
            "",
            "        b  # nor this",
            "",
            "    n: 4",
            '    label: "烟花"',
        ],
    ),
    "matrix": (
        ["matrix: {repeat: 2, axes: {z: [2, '1'], a: {to: 2, from: 1}}}"],
        ["matrix:", "  repeat: 2", "  axes:", "    z:", "    - 2", "    - '1'", "    a: {to: 2, from: 1}"],
        ["matrix:", "   exclude: [{a: 1, z: 2}]", "   axes: {z: [2,   '1'],  # two", "     a: [1, 2]}"],
    ),
    "x-empty": (["x-empty:"], ["x-empty: &e"]),
    "x-site": (["x-site: [1,2, {b: 1, a: 2}]"], ["x-site:", "- b", "-   - 'a'", "    - {c: d}"]),
}
JOB = {
    "cmd_line": (
        ["cmd_line: './run {{ params.mesh }} {{ matrix.z }} {{ matrix.a }}'"],
        ["cmd_line: |-", "      ./run {{ matrix.a }}", "        deeper # {{ matrix.z }}", "", "      end"],
        ["cmd_line: >", "      ./run {{ matrix.a }}", "      {{ matrix.z }}"],
        ["cmd_line: \"./run {{ matrix.a }} \\", "        {{ matrix.z }} {{ vars.n }}\""],
    ),
    "name": (["'name': 作业-{{ vars.label }}-{{ cell.slug }}"], ["name: &name \"n-{{ cell.index }}\""]),
    "core_limit": (["core_limit: '{{ vars.n }}'"], ["core_limit: 16"]),
    "mem_limit": (["mem_limit: 64GiB"], ["mem_limit: '64GiB'"]),
    "time_limit": (["time_limit:   2h30m"], ["time_limit: {$replace: '2h30m'}"]),
    "input_file": (["input_file: 'no'"], ['input_file: ""']),
}  # fmt: skip
OPEN = re.compile(r"[|>][-+\d]*$|[\\{,]$")
"""The end of a line that goes on in the next one."""


@st.composite
def specs(draw: st.DrawFn) -> str:
    """A real spec in one of its many layouts. Each comment has its own number."""
    numbers = count()
    lines = ["specc: 1"]
    for name in draw(st.permutations([*SECTIONS, "job"])):
        if name == "job":
            pairs = [draw(st.sampled_from(JOB[field])) for field in draw(st.permutations(list(JOB)))]
            indent = " " * draw(st.integers(1, 4))
            block = ["job:", *(indent + line for pair in pairs for line in remarked(draw, pair, numbers))]
        else:
            block = remarked(draw, draw(st.sampled_from(SECTIONS[name])), numbers)
        lines += [""] * draw(st.integers(0, 2)) + block
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(lines) + end


def remarked(draw: st.DrawFn, lines: list[str], numbers: "count[int]") -> list[str]:
    """With a comment above, and one beside, where they can stand."""
    above = [f"# c{next(numbers)}: 'x' 说明"] * draw(st.integers(0, 1))
    first, *rest = lines
    if draw(st.booleans()) and not OPEN.search(first):
        first += f"{' ' * draw(st.integers(1, 4))}# c{next(numbers)} 说明"
    return [*above, first, *rest]


def attachments(text: str) -> dict[str, str]:
    """Each numbered comment with the key on its line, or the one of the next line."""
    found: dict[str, str] = {}
    waiting: list[str] = []
    for line in text.splitlines():
        code, _, comment = line.partition("# c")
        if code.strip():
            key = code.strip().split(":")[0].strip("\"'- ")
            found |= dict.fromkeys([*waiting, *([comment] if comment else [])], key)
            waiting = []
        elif comment:
            waiting.append(comment)
    assert not waiting
    return found


@given(text=specs())
@law(60)
def test_a_formatted_spec_comes_to_the_same_payloads(text: str) -> None:
    before = render(text)
    assert len(before.payloads) >= 3, before.shown
    result = format_source(Source("a.job.yaml", text), FIELDS)
    assert isinstance(result, Formatted)
    assert result.problem is None
    after = render(result.text)
    assert [(p.cell.id, p.canonical) for p in after.payloads] == [(p.cell.id, p.canonical) for p in before.payloads]
    assert sorted(after.messages) == sorted(before.messages)
    assert attachments(result.text) == attachments(text)
