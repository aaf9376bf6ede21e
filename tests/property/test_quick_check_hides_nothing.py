"""A job with values that are not known is passed over quickly only if nothing would be said of it."""

from unittest.mock import patch

from hypothesis import example, given
from hypothesis import strategies as st
from support.compiling import check
from support.laws import law

PARAMS = "params: {i: {type: integer}, n: {type: number}, s: {type: string}, b: {type: boolean}, l: {type: list}}\n"
VALUES = st.sampled_from(["x", "1", "1.5", "true", "null", "[1]", *(f"'{{{{ params.{name} }}}}'" for name in "insbl")])
FIELDS = st.sampled_from(["name", "cmd_line", "core_limit", "submit_type", "time_limit", "timestamp", "naem"])
HEADS = st.tuples(
    st.sampled_from(["", "abstract: true\n", "extends: gone.yaml\n"]), st.sampled_from(["", "api: ehpc/v2\n"])
).map("".join)
USUAL = "{zone: z, cluster_id: c, run_user: u}"
TARGETS = st.sampled_from(["{}", USUAL])


@given(HEADS, st.dictionaries(FIELDS, VALUES, max_size=5), TARGETS)
@example("", {"name": "'{{ params.s }}'"}, USUAL)
@example("", {"name": "x", "cmd_line": "'{{ params.s }}'", "core_limit": "'{{ params.n }}'"}, USUAL)
@example("", {"name": "x", "cmd_line": "y", "core_limit": "'{{ params.s }}'"}, USUAL)
@law(100)
def test_the_quick_way_and_the_long_way_find_the_same(head: str, job: dict[str, str], target: str) -> None:
    text = head + PARAMS + f"job: {{{', '.join(f'{name}: {value}' for name, value in job.items())}}}\n"
    quick = check(text, job=target)
    with patch("specc.checker.check._can_become_right", return_value=False):
        slow = check(text, job=target)
    assert list(map(repr, quick.found)) == list(map(repr, slow.found))
    assert [payload.canonical for payload in quick.payloads] == [payload.canonical for payload in slow.payloads]
