"""Which programs and modules specc takes: none that lies in the folder where it is called."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from support import uncovered
from support.local_jobs import eventually
from support.projects import Place
from support.repositories import begin, commit
from support.sampling import mostly_slow

from specc.errors import SpeccError
from specc.system.programs import find_program, safe_path
from specc.targets.batch.programs import Installed
from specc.targets.local import machine
from specc.targets.local.machine import machine_id

PROGRAMS = ("git", "sh", "bash", "sbatch", "squeue", "scontrol", "sacct", "scancel", "python3", "ip", "ifconfig", "arp")


@pytest.fixture
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that every program and module of the project makes."""
    return tmp_path_factory.mktemp("outside") / "canary"


@pytest.fixture
def armed(place: Place, canary: Path) -> Place:
    """A project with a program for every name that specc starts, in its root and in a folder `bin`."""
    for folder in (place.root, place.root / "bin"):
        folder.mkdir(exist_ok=True)
        for name in PROGRAMS:
            (folder / name).write_text(f"#!/bin/sh\necho $0 >> {canary}\n")
            (folder / name).chmod(0o755)
    return place


def paths(root: Path) -> list[str]:
    """Return values of PATH that lead into the project."""
    (root.parent / f"{root.name}-link").symlink_to(root / "bin")
    ways = ["", ".", "bin", "./bin", "../" + root.name, str(root), str(root / "bin"), f"{root}/../{root.name}/bin"]
    return [f"{way}:{os.environ['PATH']}" for way in [*ways, f"{root}-link"]]


def test_none_is_found_in_the_project(armed: Place) -> None:
    for path in paths(armed.root):
        assert find_program("sh", {"PATH": path}, outside=armed.root) in ("/bin/sh", "/usr/bin/sh")
        assert all(os.path.isabs(entry) for entry in safe_path({"PATH": path}))
    (armed.root.parent / "links").mkdir()
    (armed.root.parent / "links" / "sh").symlink_to(armed.root / "sh")
    assert find_program("sh", {"PATH": str(armed.root.parent / "links")}, outside=armed.root) is None


def test_nor_in_the_checkout_around_it(armed: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (armed.root / ".git").mkdir()
    environment = {"PATH": f"{armed.root}/bin"}
    assert find_program("sh", environment, outside=armed.root / "jobs" / "a") is None
    monkeypatch.setenv("HOME", str(armed.root))  # a home that is kept in git holds the user's own programs
    assert find_program("sh", environment, outside=armed.root / "jobs" / "a") == f"{armed.root}/bin/sh"


@pytest.mark.parametrize("path", ["", ".", ":", "bin", "::.", "bin:."])
def test_a_path_that_is_all_relative_finds_nothing(path: str, armed: Place, canary: Path) -> None:
    assert find_program("sh", {"PATH": path}) is None
    with pytest.raises(SpeccError, match="`sbatch` is not on the PATH"):
        Installed()(["sbatch"], {"PATH": path}, 5)
    assert not canary.exists()


def test_without_a_path_the_one_of_the_system_holds() -> None:
    assert find_program("sh", {}) in ("/bin/sh", "/usr/bin/sh")


def test_git_is_not_taken_from_the_project(armed: Place, canary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(armed.root)
    commit(armed.root)
    for path in paths(armed.root):
        monkeypatch.setenv("PATH", path)
        assert armed.run("diff", "HEAD") == 0, armed.err
    monkeypatch.setenv("PATH", str(armed.root / "bin"))
    assert armed.run("diff", "HEAD") == 2
    assert armed.err == (
        "error: there is no `git` on this machine\n"
        f"help: the one in {armed.root} is not run, because the repository could have brought it\n"
    )
    assert not canary.exists()


def test_slurm_is_not_taken_from_the_project(armed: Place, canary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = 'job = {zone = "z", cluster_id = "c", run_user = "me"}'
    target = f'[targets.c]\nkind = "slurm"\nrun_as = "caller"\ncluster = "c"\n{fields}\n'
    armed.put("specc.toml", f'project = "demo"\ntarget = "c"\n{target}'.encode())
    armed.write(one='specc: 1\njob: {name: one, core_limit: 1, cmd_line: "true"}\n')
    monkeypatch.delenv("CI", raising=False)
    for path in [f"{armed.root}/bin", *paths(armed.root)]:
        monkeypatch.setenv("PATH", path.partition(":")[0] + ":/nonexistent")
        assert armed.run("submit", "-y", "one.job.yaml") == 2, armed.out + armed.err
        assert "is not on the PATH" in armed.err
    assert not canary.exists()


def test_jobs_on_this_machine_begin_in_their_own_folder(
    armed: Place, canary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the shell that starts the supervisor, nor bash, nor Python's modules come from the project."""
    home = canary.parent
    fields = 'job = {zone = "z", cluster_id = "c", run_user = "me"}'
    armed.put("specc.toml", f'project = "demo"\n[targets.local]\nrun_as = "caller"\n{fields}\n'.encode())
    armed.write(one=f'specc: 1\njob: {{name: one, core_limit: 1, cmd_line: "touch {home}/done"}}\n')
    for name in MODULES:
        (armed.root / f"{name}.py").write_text(module(canary))
    monkeypatch.setenv("PATH", f":.:bin:{os.environ['PATH']}")
    monkeypatch.delenv("CI", raising=False)
    assert armed.run("submit", "-y", "one.job.yaml") == 0, armed.err
    eventually((home / "done").exists)
    for process in psutil.process_iter(["cmdline"]):
        if os.environ["XDG_STATE_HOME"] in " ".join(process.info["cmdline"] or ()):
            process.kill()
    assert not canary.exists()


def test_the_name_of_a_machine_asks_no_program(
    armed: Place, canary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "MACHINE_IDS", ())
    monkeypatch.setattr(machine, "INTERFACES", tmp_path / "none")
    monkeypatch.setenv("PATH", f":.:{armed.root}/bin")
    assert len(machine_id.__wrapped__()) == 12
    assert not canary.exists()


MODULES = ("json", "typing", "hashlib", "hmac", "dataclasses", "jinja2", "yaml", "typer", "rich", "httpx", "sqlite3",
           "subprocess", "socket", "select", "tempfile", "difflib", "psutil", "platform")  # fmt: skip


def module(canary: Path) -> str:
    return f"open({str(canary)!r}, 'a').write(__name__ + '\\n')\nraise ImportError('from the current folder')\n"


@pytest.mark.parametrize(
    "arguments",
    mostly_slow([["check"], ["--help"], ["render", "sweep.job.yaml"], ["diff"], ["plan"], ["rules"]], quick=1),
)
@pytest.mark.parametrize("way", ["specc", "python -m specc", "python -P -m specc"])
def test_modules_of_the_current_folder_are_not_imported(
    way: str, arguments: list[str], place: Place, canary: Path
) -> None:
    for name in MODULES:
        (place.root / f"{name}.py").write_text(module(canary))
        (place.root / "jobs").mkdir(exist_ok=True)
    begins = {
        "specc": [str(Path(sys.executable).with_name("specc"))],
        "python -m specc": [sys.executable, "-m", "specc"],
        "python -P -m specc": [sys.executable, "-P", "-m", "specc"],
    }
    done = subprocess.run(
        [*begins[way], *arguments], env=uncovered.environment(), capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert not canary.exists(), canary.read_text()


def test_in_a_folder_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    command = f"cd {tmp_path}/gone && rmdir ../gone && exec {sys.executable} -m specc check"
    done = subprocess.run(
        ["sh", "-c", command], env=uncovered.environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: the current folder is gone")
