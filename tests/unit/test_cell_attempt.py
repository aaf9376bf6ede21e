"""`cell.attempt`: one number for all cells, 1 unless the payload is one of a retry."""

import pytest
from support.compiling import check, render, request

RETRIED = """
matrix: {axes: {n: [1, 2, 3]}}
vars: {memory: "{{ 8 * 2 ** (cell.attempt - 1) }}"}
job: {name: "a-{{ matrix.n }}", cmd_line: "run {{ matrix.n }}", core_limit: 1, mem_limit: "{{ vars.memory }}MiB"}
"""
LISTED = 'job: {name: a, cmd_line: run, core_limit: 1, mem_limit: "{{ [8, 16, 32][:LENGTH][cell.attempt - 1] }}"}'


def memory(attempt: int, text: str = RETRIED) -> list[object]:
    return [payload.body["mem_limit"] for payload in render(text, asked=request(attempt=attempt)).payloads]


def test_it_is_1_unless_another_is_asked_for() -> None:
    assert memory(1) == [8, 8, 8]
    assert memory(4) == [64, 64, 64]


def test_cells_keep_their_ids_and_what_does_not_read_it_keeps_its_bytes() -> None:
    plain = RETRIED.replace("cell.attempt", "1")
    first, third = (render(plain, asked=request(attempt=number)).payloads for number in (1, 3))
    assert [(one.cell.id, one.canonical) for one in first] == [(one.cell.id, one.canonical) for one in third]
    ids = [[one.cell.id for one in render(RETRIED, asked=request(attempt=number)).payloads] for number in (1, 3)]
    assert ids[0] == ids[1]


def test_chosen_cells_alone_are_made_as_another_attempt() -> None:
    wanted = render(RETRIED).payloads[1]
    asked = request(attempt=2, cells=(wanted.cell.id,))
    assert [(one.name, one.body["mem_limit"]) for one in render(RETRIED, asked=asked).payloads] == [("a-2", 16)]


def test_axes_and_conditions_cannot_read_it() -> None:
    found = check('matrix: {axes: {n: "{{ range(cell.attempt) }}"}}\njob: {name: a, cmd_line: run, core_limit: 1}')
    assert "`cell` cannot be read here" in found.shown[0]


def test_a_check_looks_at_the_second_attempt_too() -> None:
    assert check(RETRIED).shown == []
    assert check(LISTED.replace("LENGTH", "2")).shown == []
    found = check(LISTED.replace("[:LENGTH]", "[:1]"))
    assert len(found.found) == 1
    assert found.found[0].notes[-1] == "so it is when `cell.attempt` is 2"


def test_a_mistake_of_both_attempts_is_said_once() -> None:
    found = check('job: {name: a, cmd_line: "run {{ cell.attempt }}", core_limit: nine}')
    assert [one.code.slug for one in found.found] == ["wrong-type"]


@pytest.mark.parametrize("name", ["cell.atempt", "attempt"])
def test_a_slip_is_told_the_name(name: str) -> None:
    (found,) = check(f'job: {{name: a, cmd_line: "run {{{{ {name} }}}}", core_limit: 1}}').found
    assert "`cell.attempt`" in str(found.help)
