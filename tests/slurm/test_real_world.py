"""What a job finds on a real Slurm: the lines of the target before its command, and the `module` command."""

import shutil
import subprocess
from pathlib import Path

import pytest
from support.real_slurm import Project

INIT = Path("/usr/share/modules/init/bash")
MODULE = "#%Module\nsetenv TOOL_HOME /opt/tool\n"


def printed(project: Project) -> str:
    done = project("submit", "-y", "--wait")
    assert done.returncode == 0, done.stderr + project("logs").stdout
    return project("logs", "--stream", "stdout").stdout


def test_a_prelude_stands_before_a_command(project: Project) -> None:
    settings = (project.folder / "specc.toml").read_text()
    project.write("specc.toml", settings + "prelude = '''\nset -u\nexport SITE=here\nset -- one\n'''\n")
    project.spec("a", '#!/bin/bash -e\necho "$SITE $1 $-"')
    site, one, flags = printed(project).split()
    assert (site, one) == ("here", "one")
    assert {"e", "u"} <= set(flags)


def test_a_prelude_runs_before_a_script_of_python_and_keeps_its_input(project: Project) -> None:
    settings = (project.folder / "specc.toml").read_text()
    project.write("specc.toml", settings + 'prelude = {file = "lines.sh"}\n')
    project.write("lines.sh", "export SITE=here\ncd /\n")
    (project.folder / "in.txt").write_text("the input")
    script = "#!/usr/bin/env python3\nimport os, sys\nprint(os.environ['SITE'], os.getcwd(), sys.stdin.read())"
    project.spec("a", script, input_file="in.txt")
    assert printed(project) == "here / the input\n"


def test_environment_modules(project: Project, tmp_path: Path) -> None:
    """With the environment of a login shell that has loaded a module: the job has the command, and loads its own."""
    if not INIT.exists() or shutil.which("tclsh") is None:
        pytest.skip("environment-modules not installed (Debian: apt-get install environment-modules)")
    (tmp_path / "modulefiles").mkdir()
    (tmp_path / "modulefiles" / "tool").write_text(MODULE)
    login = f". {INIT}; module use {tmp_path}/modulefiles; module load tool; env -0"
    shell = subprocess.run(["bash", "-c", login], env=project.environment, capture_output=True, check=True)
    entries = (entry for entry in shell.stdout.decode().split("\0") if "=" in entry)
    project.environment = dict(entry.split("=", 1) for entry in entries)
    assert project.environment["LOADEDMODULES"] == "tool"
    project.spec("a", 'echo "${TOOL_HOME-none}"; module load tool; echo "$TOOL_HOME"')
    assert printed(project) == "none\n/opt/tool\n"
