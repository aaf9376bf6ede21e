"""Laws: what the editor schema refuses, `check` refuses with an error, too; so nobody has to argue with an editor."""

import json
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator
from support.compiling import SPEC, check

from specc.parser import parse
from specc.source import Source

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "jobspec.schema.json").read_text(encoding="utf-8"))
MODERN = Draft202012Validator(SCHEMA)
CLASSIC = Draft7Validator({key: value for key, value in SCHEMA.items() if key != "$schema"})

PIECES = st.sampled_from(
    [
        *("{{", "}}", "{%", "%}", " ", "\n"),
        *("'\"`()[]{}.,:|-+=*%#$_\\"),
        *("params.n", "vars.b", "matrix.m", "spec.name", "spec.nam", "cell.id", "cell.x", "env.HOME", "x"),
        *("sh", "default(1)", "is defined", "not", "if", "else", "endif", "for", "raw", "endraw", "set", "range(2)"),
        *("1", "true"),
    ]
)
TEXTS = st.one_of(
    st.lists(PIECES, max_size=9).map("".join),
    st.lists(PIECES, max_size=4).map(lambda inner: "{{ " + "".join(inner) + " }}"),
    st.lists(PIECES, max_size=4).map(lambda inner: "a {% " + " ".join(inner) + " %}\nb"),
)
SCALARS = st.one_of(TEXTS, st.integers(-(2**60), 2**60), st.sampled_from([None, True, 1.5, 4.0]))
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=2))
PARAMS = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "integer", "number", "boolean", "list"])},
    optional={"default": VALUES, "choices": st.lists(SCALARS, min_size=1, max_size=2)},
)
BASE = {"name": "a", "cmd_line": "./run", "core_limit": 1}


def sections() -> st.SearchStrategy[dict[str, object]]:
    """A spec in which one thing may be wrong."""
    axis = st.one_of(st.lists(SCALARS, min_size=1, max_size=3), TEXTS)
    return st.one_of(
        TEXTS.map(lambda text: {"vars": {"a": text, "b": 1}}),
        TEXTS.map(lambda text: {"vars": {"a": {"deep": [text]}, "b": 1}}),
        TEXTS.map(lambda text: {"job": {"cmd_line": text}}),
        SCALARS.map(lambda value: {"job": {"core_limit": value}}),
        SCALARS.map(lambda value: {"job": {"mem_limit": value}}),
        SCALARS.map(lambda value: {"job": {"time_limit": value}}),
        PARAMS.map(lambda param: {"params": {"n": param}}),
        axis.map(lambda values: {"matrix": {"axes": {"m": values}}}),
        axis.map(lambda values: {"matrix": {"zip": {"m": values}}}),
        st.lists(VALUES, max_size=2).map(lambda args: {"job": {"cmd_line": {"$command": "./run $1", "args": args}}}),
        VALUES.map(lambda value: {"job": {"cmd_line": {"$command": "./run $A", "env": {"A": value}}}}),
        TEXTS.map(lambda text: {"extends": text}),
    )


@given(sections())
@example({"vars": {"a": "{% raw %}{{.x}}{% endraw %}"}})
@example({"vars": {"a": "{{ 'a }}' ~ '{{ .b' }}"}})
@example({"vars": {"a": "{{ x is defined }}{{ x | default(1) }}"}})
@example({"matrix": {"axes": {"m": [1, 1]}}})
@example({"matrix": {"axes": {"m": "{{ vars.b }}"}}})
@example({"job": {"core_limit": 2**53}})
def test_what_the_schema_refuses_check_refuses(part: dict[str, object]) -> None:
    spec = {"specc": 1, **part, "job": {**BASE, **part.get("job", {})}}
    judged = [validator.is_valid(spec) for validator in (MODERN, CLASSIC)]
    assert judged[0] == judged[1], "the two drafts agree"
    if not judged[0]:
        text = f"# specc: in JSON\n{json.dumps(spec)}"
        parsed = parse(Source(SPEC, text))
        found = parsed.diagnostics if parsed.document is None else check(text).found
        assert any(each.is_error for each in found), spec
