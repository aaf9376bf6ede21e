"""A project in a git repository that pre-commit guards."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from support import repositories
from support.projects import SETTINGS

ROOT = Path(__file__).parents[2]
BASE = "specc: 1\nabstract: true\njob:\n  core_limit: 4\n"
CHILD = "specc: 1\nextends: base.job.yaml\njob:\n  name: child\n  cmd_line:\n    $file: run.sh\n"


class Hooked:
    """A git repository whose commits go through the hooks that `.pre-commit-config.yaml` at its root names."""

    def __init__(self, root: Path, runner: Sequence[str] = (sys.executable, "-m", "pre_commit")) -> None:
        self.root = root
        self.said = ""
        self._runner = runner
        repositories.begin(root)

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def commit(self) -> bool:
        """Everything that is there. Was it taken?"""
        repositories.git(self.root, "add", "--all")
        ended = self._run("git", "commit", "--quiet", "--message", "a change")
        return ended.returncode == 0

    def tool(self, *arguments: str) -> None:
        ended = self._run(*self._runner, *arguments)
        assert ended.returncode == 0, self.said

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= repositories.SETTINGS
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        environment["PRE_COMMIT_HOME"] = environment["PREK_HOME"] = str(self.root.parent / "pre-commit")
        # What coverage would start in every Python has no place in the environments of pre-commit.
        environment.pop("COVERAGE_PROCESS_START", None)
        ended = subprocess.run(arguments, cwd=self.root, env=environment, capture_output=True, text=True, check=False)
        self.said = ended.stdout + ended.stderr
        return ended


def team(root: Path, configuration: str) -> Hooked:
    """What a team has: settings, a base, a spec with a script, the editor schema."""
    made = Hooked(root)
    for name, text in {
        "specc.toml": SETTINGS,
        "base.job.yaml": BASE,
        "child.job.yaml": CHILD,
        "run.sh": "echo hello\n",
        ".pre-commit-config.yaml": configuration,
    }.items():
        made.write(name, text)
    (root / "schemas").mkdir()
    shutil.copy(ROOT / "schemas" / "jobspec.schema.json", root / "schemas")
    made.tool("install")
    return made
