"""Jobs have the `module` command if the shell of whoever submits has it, with Environment Modules as with Lmod."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.local_jobs import Place as Jobs
from support.local_jobs import place_at
from support.tables import each

from specc.targets import JobState
from specc.targets.slurm.cluster import of_job
from specc.targets.start import module_variables

INIT = Path("/usr/share/modules/init/bash")
LOADED = {"LOADEDMODULES": "gcc", "_LMFILES_": "/m/gcc", "__MODULES_LMCONFLICT": "x", "_ModuleTable001_": "x"}
FAMILY = {"LMOD_FAMILY_COMPILER": "gcc"}


@each(
    "variables",
    [
        {"MODULESHOME": "/m", "MODULEPATH": "/p", "MODULES_CMD": "/c", "BASH_FUNC__module_raw%%": "() { :; }"},
        {"BASH_FUNC_module%%": "() { :; }", "BASH_FUNC_ml%%": "() { :; }", "BASH_FUNC_module()": "() { :; }"},
        {"LMOD_CMD": "/l", "LMOD_DIR": "/d", "BASH_FUNC_clearLmod%%": "() { :; }", "BASH_ENV": "/init/bash"},
    ],
)
def test_what_the_command_needs_goes_along_and_what_is_loaded_does_not(variables: dict[str, str]) -> None:
    others = {"BASH_FUNC_ls%%": "() { :; }", "MY_SECRET": "s", "LD_LIBRARY_PATH": "/x"}
    given = {**variables, **LOADED, **FAMILY, **others}
    assert module_variables(given) == variables
    assert of_job({"PATH": "/bin", **given}) == {"PATH": "/bin", **variables}


@pytest.fixture
def modules(tmp_path: Path) -> dict[str, str]:
    """The environment of a login shell with Environment Modules, and a module `tool`."""
    if not INIT.exists() or shutil.which("tclsh") is None:
        pytest.skip("Environment Modules are not installed")
    (tmp_path / "modulefiles").mkdir()
    (tmp_path / "modulefiles" / "tool").write_text(
        "#%Module\nsetenv TOOL_HOME /opt/tool\nprepend-path PATH /opt/tool/bin\n"
    )
    script = f". {INIT}; module use {tmp_path}/modulefiles; module load tool; env -0"
    clean = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path)}
    told = subprocess.run(["bash", "-c", script], env=clean, capture_output=True, check=True).stdout.decode()
    return dict(entry.split("=", 1) for entry in told.split("\0") if "=" in entry)


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    with place_at(tmp_path_factory.mktemp("local") / "state") as place:
        yield place


def test_environment_modules_on_this_machine(
    jobs: Jobs, modules: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert modules["LOADEDMODULES"] == "tool"
    for name, value in modules.items():
        if name not in ("PATH", "HOME", "PWD"):
            monkeypatch.setenv(name, value)
    uuid = jobs.submit('echo "${TOOL_HOME-none}"; module load tool; echo "$TOOL_HOME"; module list -t 2>&1 | tail -1')
    (report,) = jobs.wait(uuid)
    assert report.state is JobState.FINISHED, jobs.printed(uuid)
    assert jobs.printed(uuid).split() == ["none", "/opt/tool", "tool"]


def test_what_slurm_hands_to_a_job(modules: dict[str, str]) -> None:
    """`sbatch` exports its own environment, so a shell with it stands for the job."""
    command = 'module load tool && echo "$TOOL_HOME"'
    ran = subprocess.run(["bash", "-c", command], env=of_job(modules), capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "/opt/tool\n"), ran.stderr
    assert os.path.isabs(of_job(modules)["MODULESHOME"])
