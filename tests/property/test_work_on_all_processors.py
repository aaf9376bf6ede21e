"""What forks render and check is what one process does: the same lines in the same order, the same diagnostics."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.laws import law
from support.projects import BASE, SETTINGS

from specc.cli.main import run
from specc.linter import sweeps
from specc.project import rendering
from specc.reporters import PayloadFormat

NAMES = (
    "run-{{ cell.slug }}",
    "{{ matrix.n }}-{{ matrix.m | default('x') }}",
    "n{{ 7 // (matrix.n - 4) }}",  # a finding in one cell
    "{{ matrix.n if matrix.n < 6 else nothing }}",
    "{{ params.needed }}",
)
COMMANDS = (
    "echo",
    "echo",
    "echo {% for i in range(7000 if matrix.n == 5 else 1) %}{% endfor %}",  # more than an average cell may take
    "echo {% for i in range(7000 + 0 * matrix.n) %}{% endfor %}",  # more than all may take together, in the end
)
MATRICES = (
    "axes: {n: {from: 1, to: 9}}",
    "axes: {n: {from: 1, to: 4}, m: [a, b]}",
    "axes: {n: {from: 1, to: 9}, m: [a, b]}, exclude: [{m: b, n: 2}, {n: 3}], include: [{n: 12, m: c}]",
    "axes: {n: {from: 1, to: 3}}, repeat: 3",
    "axes: {n: {from: 1, to: 90}, m: {from: 1, to: 10}}",
    "axes: {n: [1, 1]}",
)
SPECS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(COMMANDS),
        st.sampled_from(MATRICES),
        st.sampled_from(["", "abstract: true\n", "odd: 1\n"]),
    ),
    min_size=1,
    max_size=3,
)
SELECTIONS = st.sampled_from(
    ([], [], ["--only", "n=2"], ["-p", "needed=x"], ["--digest"], *(["--format", name] for name in PayloadFormat))
)


def rendered(*arguments: str) -> tuple[int, str, str]:
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = run(["render", *arguments])
    return code, out.getvalue(), err.getvalue()


def job(name: str, command: str) -> str:
    return f"job:\n  name: {name!r}\n  cmd_line: |-\n    {command}\n"


@pytest.fixture
def dear_sweep(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[int], list[tuple[int, str, str]]]:
    """What one process renders of a sweep of so many dear cells, and what two do, each its half."""

    def render_twice(cells: int) -> list[tuple[int, str, str]]:
        monkeypatch.chdir(tmp_path)
        Path("specc.toml").write_text(SETTINGS)
        Path("base.job.yaml").write_text(BASE)
        matrix = f"matrix: {{axes: {{n: {{from: 1, to: {cells}}}}}}}"
        Path("a.job.yaml").write_text(
            f"specc: 1\nextends: base.job.yaml\n{matrix}\n{job('{{ matrix.n }}', COMMANDS[-1])}"
        )
        monkeypatch.setattr(rendering, "CELLS_WORTH_A_FORK", 2)
        said = []
        for processors in (1, 2):
            monkeypatch.setattr(rendering, "processors", lambda count=processors: count)
            said.append(rendered())
        return said

    return render_twice


def test_a_sweep_too_dear_as_a_whole_is_too_dear_in_parts(
    dear_sweep: Callable[[int], list[tuple[int, str, str]]],
) -> None:
    """Each half of 16 cells would be within what a sweep may take beyond the average of its cells."""
    (code, out, err), in_parts = dear_sweep(8)
    assert (code, out.count("\n"), err) == (0, 8, "")
    assert in_parts == (code, out, err)
    (code, out, err), in_parts = dear_sweep(16)
    assert (code, out) == (1, "")
    assert "all cells together" in err
    assert in_parts == (code, out, err)


@law(50)
@given(specs=SPECS, selection=SELECTIONS, processors=st.integers(2, 4), specs_worth=st.sampled_from([1, 100]))
def test_forks_render_what_one_process_renders(
    specs: list[tuple[str, str, str, str]], selection: list[str], processors: int, specs_worth: int
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("specc.toml").write_text(SETTINGS)
        Path("base.job.yaml").write_text(BASE)
        for index, (name, command, matrix, more) in enumerate(specs):
            given = "" if "params" in name else ", default: x"
            Path(f"s{index}.job.yaml").write_text(
                f"specc: 1\n{more}extends: base.job.yaml\nparams: {{needed: {{type: string{given}}}}}\n"
                f"matrix: {{{matrix}}}\n{job(name, command)}"
            )
        patch.setattr(rendering, "processors", lambda: 1)
        alone = rendered(*selection)
        patch.setattr(rendering, "processors", lambda: processors)
        patch.setattr(rendering, "CELLS_WORTH_A_FORK", 2)
        patch.setattr(rendering, "SPECS_WORTH_A_FORK", specs_worth)
        assert rendered(*selection) == alone


def checked(*arguments: str) -> tuple[int, str, str]:
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = run(["check", "--no-cache", "--output", "json", *arguments])
    return code, out.getvalue(), err.getvalue()


@law(40)
@example(name=NAMES[0], command=COMMANDS[2], matrix=MATRICES[0], more="", processors=2)
@example(name=NAMES[0], command=COMMANDS[3], matrix=MATRICES[2], more="abstract: true\n", processors=2)
@given(
    name=st.sampled_from(NAMES),
    command=st.sampled_from(COMMANDS),
    matrix=st.sampled_from([matrix for matrix in MATRICES if "90" not in matrix]),
    more=st.sampled_from(["", "", "abstract: true\n", "odd: 1\n", "profiles: {p: {}}\n", "vars: {unused: 1}\n"]),
    processors=st.integers(2, 4),
)
def test_a_sweep_that_is_shared_out_is_checked_as_by_one_process(
    name: str, command: str, matrix: str, more: str, processors: int
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("specc.toml").write_text(SETTINGS)
        Path("base.job.yaml").write_text(BASE)
        Path("s.job.yaml").write_text(
            f"specc: 1\n{more}extends: base.job.yaml\nparams: {{needed: {{type: string, example: x}}}}\n"
            f"matrix: {{{matrix}}}\n{job(name, command)}  stdout_redirect_path: out-{{{{ matrix.n % 4 }}}}.log\n"
        )
        patch.setattr(sweeps, "processors", lambda: 1)
        alone = checked()
        patch.setattr(sweeps, "processors", lambda: processors)
        patch.setattr(sweeps, "CELLS_WORTH_A_FORK", 2)
        assert checked() == alone


def test_a_long_sweep_is_shared_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("specc.toml").write_text(SETTINGS)
    Path("base.job.yaml").write_text(BASE)
    Path("s.job.yaml").write_text(
        f"specc: 1\nextends: base.job.yaml\nmatrix: {{{MATRICES[1]}}}\n{job('{{ cell.slug }}', 'echo')}"
    )
    shares = []
    real = sweeps.examine_share
    monkeypatch.setattr(sweeps, "examine_share", lambda *args: shares.append(args[-1]) or real(*args))
    monkeypatch.setattr(sweeps, "processors", lambda: 2)
    monkeypatch.setattr(sweeps, "CELLS_WORTH_A_FORK", 2)
    code, _, err = checked()
    assert (code, err) == (0, "")
    assert [tuple(share.part) for share in shares] == [(0, 4)]  # the other half is looked at elsewhere


def test_a_base_that_is_written_meanwhile_is_the_same_for_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("specc.toml").write_text(SETTINGS)
    for name in ("a", "b"):
        Path(f"{name}.job.yaml").write_text(f"specc: 1\nextends: base.job.yaml\n{job(name, 'echo')}")
    Path("base.job.yaml").write_text(BASE)
    alone = rendered()
    here, work = os.getpid(), rendering.payloads

    def written_first(*arguments: Any) -> Iterator[Any]:
        if os.getpid() != here:
            time.sleep(0.5)  # until this process has read it
            Path("base.job.yaml").write_text(BASE.replace("core_limit: 4", "core_limit: 8"))
        return work(*arguments)

    monkeypatch.setattr(rendering, "payloads", written_first)
    monkeypatch.setattr(rendering, "processors", lambda: 2)
    monkeypatch.setattr(rendering, "SPECS_WORTH_A_FORK", 1)
    assert rendered() == alone
    assert rendered()[1].count('"core_limit":8') == 2
