"""Small projects on disk, and the command run in them."""

from pathlib import Path

import pytest

from specc.cli.main import run

SETTINGS = """project = "demo"
target = "hpc"
[units]
mem_limit = "MiB"
time_limit = "min"
[targets.hpc]
kind = "ehpc"
job = {zone = "jn1a", cluster_id = "ehpc-1", run_user = "usr-1"}
"""
BASE = "specc: 1\nabstract: true\njob: {core_limit: 4, time_limit: 2h}\n"
SWEEP = """specc: 1
extends: base.job.yaml
params: {solver: {type: string, default: ico}}
matrix: {axes: {mesh: [coarse, fine], seed: {from: 1, to: 2}}}
profiles: {smoke: {matrix: {axes: {seed: [1]}}, job: {core_limit: 1}}}
job:
  name: run-{{ cell.slug }}
  cmd_line: ./{{ params.solver | sh }} {{ matrix.mesh }} {{ matrix.seed }}
"""


class Place:
    """A folder with a project, and what commands print in it."""

    def __init__(self, root: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capture = capture
        self.out = ""
        self.err = ""

    def write(self, **files: str) -> None:
        """Writes files; `__` in a name stands for `/`, and `.job.yaml` is added where there is no suffix."""
        for name, text in files.items():
            path = self.root / (name.replace("__", "/") + ("" if "." in name else ".job.yaml"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def put(self, name: str, data: bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def run(self, *arguments: str) -> int:
        code = run(list(arguments))
        self.out, self.err = self._capture.readouterr()
        return code
