"""A matrix that only lists its cells, under `include`."""

from support.compiling import check, render, request
from support.tables import each

JOB = 'job: {name: "n-{{ matrix.n }}-{{ matrix.m }}", cmd_line: "run {{ matrix.n }} {{ matrix.m }}", core_limit: 1}\n'


def names(matrix: str, **asked: object) -> list[str]:
    made = render(f"matrix: {matrix}\n{JOB}", asked=request(**asked))  # type: ignore[arg-type]
    assert made.shown == []
    return [payload.name for payload in made.payloads]


def test_each_entry_is_a_cell() -> None:
    assert names("{include: [{n: 1, m: a}, {n: 2, m: b}, {m: c, n: 1}]}") == ["n-1-a", "n-2-b", "n-1-c"]


def test_all_else_of_a_matrix_works_as_ever() -> None:
    cells = "include: [{n: 1, m: a}, {n: 2, m: b}]"
    assert names(f"{{{cells}, repeat: 2}}") == ["n-1-a", "n-1-a", "n-2-b", "n-2-b"]
    assert names(f'{{{cells}, where: "{{{{ matrix.n > 1 }}}}"}}') == ["n-2-b"]
    assert names(f"{{{cells}, exclude: [{{m: b}}]}}") == ["n-1-a"]
    assert names(f"{{{cells}}}", only=["m=b"]) == ["n-2-b"]


def test_values_may_read_parameters() -> None:
    text = "params: {p: {type: integer, default: 7}}\nmatrix: {include: [{n: '{{ params.p }}', m: 1}]}\n" + JOB
    assert [payload.name for payload in render(text, asked=request(p=["p=8"])).payloads] == ["n-8-1"]


def test_a_child_that_declares_axes_adds_the_entries_of_its_parent() -> None:
    base = "specc: 1\nabstract: true\nmatrix: {include: [{n: 1, m: a}]}\n" + JOB
    child = "extends: base.job.yaml\nmatrix: {axes: {n: [5], m: [b]}}\n"
    made = render(child, {"base.job.yaml": base})
    assert [payload.name for payload in made.payloads] == ["n-5-b", "n-1-a"]


@each(
    "entries, message",
    [
        ("[{n: 1, m: 2}, {n: 3}]", "this entry lacks `m`, unlike the first one"),
        ("[{n: 1, m: 2}, {n: 3, m: 4, k: 5}]", "this entry also names `k`, unlike the first one"),
        ("[{n: 1, m: 2}, 3]", "an entry of `include` is the number 3, not a mapping from axes to values"),
        ("[{}]", "an entry of `include` is empty, not a mapping from axes to values"),
        ("[]", "`include` lists no cell"),
    ],
)
def test_entries_are_alike(entries: str, message: str) -> None:
    assert message in check(f"matrix: {{include: {entries}}}\n{JOB}").messages
