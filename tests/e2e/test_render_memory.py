"""A sweep is rendered cell by cell: twenty times as many cells take no more memory."""

import os
import sys
from pathlib import Path

import pytest

CONFIG = '[units]\nmem_limit = "MiB"\ntime_limit = "min"\n'
SPEC = """\
specc: 1
api: ehpc/v1
vars:
  dir: "/scratch/{{ matrix.mesh }}/{{ matrix.seed }}"
  cores: {S: 16, M: 32}
matrix:
  axes:
    mesh: [S, M]
    seed: {from: 1, to: %d}
  max: 100000
job:
  zone: z
  cluster_id: c
  run_user: u
  name: "{{ cell.slug }}"
  scheduler_queue_name: normal
  core_limit: "{{ vars.cores[matrix.mesh] }}"
  cmd_line: "cd {{ vars.dir | sh }} && run {{ matrix.seed }}"
  stdout_redirect_path: "{{ vars.dir }}/out"
"""
SMALL, LARGE = 1_000, 20_000
MARGIN = 1.3


def peak(folder: Path, *arguments: str) -> int:
    """The most memory that a `specc` with these arguments had, which ends well."""
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "specc", *arguments],
        {**os.environ, "PYTHONHASHSEED": "0"},
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, folder / "out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)],
    )
    _, status, usage = os.wait4(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return usage.ru_maxrss


@pytest.mark.parametrize("form", [[], ["--digest"]], ids=["payloads", "digests"])
@pytest.mark.slow
def test_memory_does_not_grow_with_the_cells(form: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "specc.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    peaks = {}
    for cells in (SMALL, LARGE):
        (tmp_path / "a.job.yaml").write_text(SPEC % (cells // 2))
        peaks[cells] = peak(tmp_path, "render", "a.job.yaml", *form)
        assert len((tmp_path / "out").read_bytes().splitlines()) == cells
    assert peaks[LARGE] <= MARGIN * peaks[SMALL], peaks
