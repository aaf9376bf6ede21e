"""A project and its user, whose default target is a made-up site."""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from specc.cli.main import run
from support.fake_site import Site

SETTINGS = """\
project = "sited"
target = "site"
[units]
mem_limit = "MiB"
time_limit = "s"
[targets.site]
kind = "command"
run_as = "caller"
environment = ["MY_LICENSE"]
settings = {{flavour = "plain", weights = [1, 2]}}
{table}"""
SPEC = """\
specc: 1
job:
  cluster_id: c
  zone: z
  run_user: me
  name: hello
  cmd_line: |
    echo "hello $MY_LICENSE $SPECC_JOB_ID $SPECC_CELL"
    {last}
"""


class Ended(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


class Desk:
    """A project and its user, whose default target is the site."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.site = Site(folder / "site")
        self.root = folder / "project"
        self.root.mkdir()
        self.capture = capture
        self.state = folder / "state"
        self.variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_STATE_HOME": str(self.state),
            "MY_LICENSE": "1@server",
            "AWS_SECRET": "secret",
        }
        self.settings()
        self.spec()

    def settings(self, more: str = "", table: str | None = None) -> None:
        text = SETTINGS.format(table=self.site.table if table is None else table)
        (self.root / "specc.toml").write_text(text + more)

    def spec(self, last: str = "true", more: str = "") -> None:
        (self.root / "a.job.yaml").write_text(SPEC.format(last=last) + more)

    def __call__(self, *words: str, **variables: str) -> Ended:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.root)
            for name in os.environ:
                patch.delenv(name)
            for name, value in {**self.variables, **variables}.items():
                patch.setenv(name, value)
            code = run(list(words))
        return Ended(code, *self.capture.readouterr())

    def trusted(self) -> "Desk":
        assert self("trust", "--target", "site").returncode == 0
        return self

    def job(self) -> dict[str, Any]:
        done = self("status", "--output", "json")
        assert done.returncode == 0, done.stderr
        (job,) = json.loads(done.stdout)["jobs"]
        return dict(job)
