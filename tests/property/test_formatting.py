"""Formatting a spec changes how it looks, and nothing else."""

import json
import re

from hypothesis import assume, given
from hypothesis import strategies as st
from support.laws import law

from specc.formatter import Formatted, format_source
from specc.nodes import to_data
from specc.parser import parse_tree
from specc.source import Source

FIELDS = ("name", "cmd_line", "core_limit", "mem_limit", "time_limit")
SECTIONS = ("specc", "id", "extends", "params", "vars", "matrix", "profiles", "job", "x-notes", "x-site")
NAMES = (*FIELDS, "ranks", "type", "default", "choices", "axes", "目录", '"quoted key"', "'n'", "from", "to")
SCALARS = (
    "1", "x", "-in", '"a b"', "'a b'", '"yes"', "'12:00:00'", "a: b".replace(": ", ":"), "'it''s'", '"{{ vars.n }}"',
    "'{{ vars.n }}'", '"a\\tb"', "null", "~", "'# no comment'", "[1,2,  'a b']", "{b: 1,a: \"x\"}", "[]", "{}", "烟花",
    "./run {{ params.n }} # of them", '"two\n          lines"', "[1,   # one\n          2]",
    "|\n          a\n\n           b",
    "|2-\n            a\n          b", ">+  # folded\n          a\n          b\n\n", "", "a#b",
)  # fmt: skip


@st.composite
def blocks(draw: st.DrawFn, indent: int, depth: int, anchors: list[str], names: tuple[str, ...] = NAMES) -> list[str]:
    """The lines of a mapping or a list at some indentation, with comments and empty lines wherever they can stand."""
    pad = " " * indent
    is_list = names is NAMES and draw(st.booleans())
    keys = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique_by=lambda name: name.strip("'\"")))
    lines: list[str] = []
    for key in keys:
        lines += draw(remarks(indent))
        head = f"{pad}-" if is_list else f"{pad}{key}:"
        end = draw(st.sampled_from(["", "", "  # beside", "     # far"]))
        kind = draw(st.sampled_from(["scalar", "scalar", "block", "anchor", "alias"]))
        if kind == "block" and depth:
            inner = draw(blocks(indent + draw(st.integers(1, 4)), depth - 1, anchors))
            lines += [head + end, *inner]
        elif kind == "alias" and anchors:
            lines.append(f"{head} *{draw(st.sampled_from(anchors))}{end}")
        else:
            value = draw(st.sampled_from(SCALARS))
            mark = ""
            if kind == "anchor" and value:
                mark = f" &a{len(anchors)}"
                anchors.append(mark[2:])
            end = end if not value.startswith(("|", ">")) else ""
            lines.append(f"{head}{mark}{draw(st.sampled_from([' ', '  ']))}{value}".rstrip(" ") + end)
    return [*lines, *draw(remarks(indent))]


def remarks(indent: int) -> st.SearchStrategy[list[str]]:
    comment = st.integers(0, 9).map(lambda number: f"{' ' * indent}# {number}")
    odd = st.integers(0, 9).map(lambda number: f"{' ' * (number % 5)}#{number}")
    return st.lists(st.one_of(st.just(""), st.just(""), comment, comment, odd), max_size=2)


TEXTS = (
    st.builds(list).flatmap(lambda anchors: blocks(0, 3, anchors, SECTIONS)).map(lambda lines: "\n".join(lines) + "\n")
)


def data_of(text: str) -> str:
    root, found = parse_tree(Source("spec", text))
    assert root is not None
    assert not any(finding.is_error for finding in found)
    return json.dumps(to_data(root), sort_keys=True)


@given(text=TEXTS)
@law(100)
def test_formatting_keeps_data_and_comments_and_is_done_once(text: str) -> None:
    result = format_source(Source("spec", text), FIELDS)
    assume(isinstance(result, Formatted))
    assert isinstance(result, Formatted)
    assert result.problem is None
    assert data_of(result.text) == data_of(text)
    assert sorted(hashes(result.text)) == sorted(hashes(text))
    assert format_source(Source("spec", result.text), FIELDS) == Formatted(result.text)


def hashes(text: str) -> list[str]:
    """Every comment of these texts: none of their values has a `#` behind a blank, but one."""
    lines = [line for line in text.split("\n") if "# no comment" not in line]
    return [found.group().strip() for line in lines if (found := re.search(r"(?:^|\s)#.*", line))]
