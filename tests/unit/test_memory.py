"""The cache of checks, and the processes that share a check."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import psutil
import pytest
from support.projects import BASE, SETTINGS, SWEEP, Place
from support.tables import each

from specc.cache import shards
from specc.cache.shards import Shards
from specc.cache.store import Store, store_of
from specc.compiler import Context, Request
from specc.linter import checking as examinations
from specc.linter.examining import Examined
from specc.project import Project, rendering
from specc.project.processes import elsewhere, processors


def caches() -> list[Path]:
    """Return every file with records."""
    return [path for path in Path(os.environ["XDG_CACHE_HOME"]).glob("specc/*/*/*") if path.is_file()]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    place = Place(tmp_path, capsys)
    place.write(**{"specc.toml": SETTINGS, "base": BASE, "a": SWEEP, "b": SWEEP.replace("run-", "walk-")})
    monkeypatch.chdir(tmp_path)
    return place


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the specs that are looked at, rather than remembered."""
    names: list[str] = []
    examine = examinations.examine

    def noted(project: Project, name: str, context: Context, request: Request) -> Examined:
        names.append(name)
        return examine(project, name, context, request)

    monkeypatch.setattr(examinations, "examine", noted)
    return names


def test_what_has_not_changed_is_not_checked_again(place: Place, examined: list[str]) -> None:
    assert place.run("check") == 0
    assert sorted(examined) == ["a.job.yaml", "b.job.yaml", "base.job.yaml"]
    said = place.out
    examined.clear()
    assert place.run("check") == 0
    assert (examined, place.out) == ([], said)
    place.write(b=SWEEP.replace("run-", "ride-"))
    assert place.run("check") == 0
    assert examined == ["b.job.yaml"]


def test_a_changed_base_is_checked_with_its_heirs(place: Place, examined: list[str]) -> None:
    place.run("check")
    examined.clear()
    place.write(base=BASE.replace("4", "8"))
    place.run("check")
    assert sorted(examined) == ["a.job.yaml", "b.job.yaml", "base.job.yaml"]


@pytest.mark.parametrize("change", ["specc.toml", "target", "environment"])
def test_what_specs_are_held_against_belongs_to_what_is_remembered(
    place: Place, examined: list[str], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_env = f'env = ["COLOUR"]\n{SETTINGS}'
    place.write(**{"specc.toml": with_env})
    place.run("check")
    examined.clear()
    arguments: list[str] = []
    if change == "specc.toml":
        place.write(**{"specc.toml": with_env.replace("usr-1", "usr-2")})
    elif change == "target":
        arguments = ["--target", "local"]
    else:
        monkeypatch.setenv("COLOUR", "red")
    place.run("check", *arguments)
    assert len(examined) == 3


def test_in_another_folder_specs_with_diagnostics_are_checked_again(
    place: Place, examined: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths in messages are relative to where the command runs."""
    place.write(b=SWEEP.replace("run-", "walk-").replace("job:", "job:\n  cor_limit: 1"))
    place.run("check")
    examined.clear()
    (place.root / "sub").mkdir()
    monkeypatch.chdir(place.root / "sub")
    place.run("check", "..")
    assert examined == ["b.job.yaml"]


def test_inputs_and_no_cache_leave_it_alone(place: Place, examined: list[str]) -> None:
    for arguments in (["--no-cache"], ["--profile", "smoke", "a.job.yaml"], ["-p", "solver=x", "a.job.yaml"]):
        place.run("check", *arguments)
        assert not caches()
    assert examined


def test_nothing_is_written_into_the_project(place: Place) -> None:
    before = sorted(place.root.rglob("*"))
    place.run("check")
    assert sorted(place.root.rglob("*")) == before
    assert caches()


def test_a_folder_that_takes_no_files_is_no_fault(place: Place) -> None:
    Path(os.environ["XDG_CACHE_HOME"]).parent.mkdir()
    Path(os.environ["XDG_CACHE_HOME"]).write_text("in the way")
    assert place.run("check") == 0
    assert place.err == ""


def test_standard_input_is_not_remembered(place: Place) -> None:
    command = [sys.executable, "-m", "specc.cli.main", "check", "-"]
    subprocess.run(command, input=SWEEP, text=True, check=True, capture_output=True)
    place.run("check")
    assert caches()
    assert "<stdin>" not in "".join(path.read_text() for path in caches())


@pytest.mark.parametrize("text", [SWEEP.replace("core", "cure"), "job: [", "\0"])
@pytest.mark.slow
def test_an_unsaved_text_is_not_taken_for_its_file(place: Place, text: str) -> None:
    place.write(base=BASE.replace("core_limit: 4, ", ""), a=SWEEP.replace("  name", "  core_limit: 2\n  name"))
    place.run("check")
    command = [sys.executable, "-m", "specc.cli.main", "check", "-", "--stdin-filename", "base.job.yaml"]
    done = subprocess.run(command, input=text, text=True, check=False, capture_output=True)
    assert done.returncode == 1
    place.run("check", "a.job.yaml")
    assert "no problems" in place.out


@pytest.mark.slow
def test_two_checks_at_once_disturb_neither(place: Place) -> None:
    command = [sys.executable, "-m", "specc.cli.main", "check"]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert {run.communicate()[0] for run in runs} == {"checked 3 files, 8 payloads: no problems\n"}
    assert {path.suffix for path in caches()} == {".json"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = store_of(str(tmp_path / "project"), os.environ)
    assert made is not None
    return made


def world(number: int) -> str:
    return f"{number:064x}"


def test_specs_that_are_gone_are_forgotten_and_old_worlds_go(store: Store) -> None:
    folder = Path(store.cache, "specc", store.project)
    for number in range(shards.MOST_WORLDS + 3):
        kept = Shards(store, world(number))
        kept.put("a", "facts", number)
        kept.put("gone", "facts", number)
        kept.save(lambda name: name != "gone")
        os.utime(folder / world(number), (number, number))
    assert Shards(store, kept.world).get("a") == {"facts": number}
    assert Shards(store, kept.world).get("gone") == {}
    assert len(list(folder.iterdir())) == shards.MOST_WORLDS


def test_the_size_of_a_project_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "MOST_RECORD_BYTES", 100)
    monkeypatch.setattr(shards, "MOST_BYTES", 1000)
    kept = Shards(store, world(0))
    kept.put("large", "facts", "x" * 200)
    kept.put("small", "facts", "x")
    kept.save(lambda name: True)
    again = Shards(store, world(0))
    assert (again.get("large"), again.get("small")) == ({}, {"facts": "x"})
    for number in range(50):
        again.put(str(number), "facts", "x" * 50)
    again.save(lambda name: True)
    assert sum(path.stat().st_size for path in caches()) <= 1000


def test_the_projects_used_last_are_kept(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "MOST_PROJECTS", 3)
    stores = [store_of(str(tmp_path / str(number)), os.environ) for number in range(5)]
    for number, store in enumerate(stores):
        assert store is not None
        kept = Shards(store, world(0))
        kept.put("a", "facts", number)
        kept.save(lambda name: True)
        os.utime(Path(store.cache, "specc", store.project), (number, number))
        if number == 2:
            stores[0].touch()  # a project in which nothing changes is used, too
    left = [store is not None and Shards(store, world(0)).get("a") != {} for store in stores]
    assert left == [True, False, False, True, True]


def test_forks_work_on_their_shares() -> None:
    with elsewhere([["a", "b"], ["c"]], lambda item: [f"{item}!\n".encode()]) as forks:
        assert sorted(forks.results()) == [b"a!\n", b"b!\n", b"c!\n"]


def test_of_a_fork_that_fails_nothing_is_taken() -> None:
    def work(item: str) -> list[bytes]:
        if item == "bad":
            os.kill(os.getpid(), signal.SIGKILL)
        return [item.encode() + b"\n"]

    with elsewhere([["a", "bad"], ["c"]], work) as forks:
        assert list(forks.results()) == [b"c\n"]


def test_no_fork_outlives_an_interruption() -> None:
    def work(item: str) -> list[bytes]:
        time.sleep(60)
        return []

    forks = elsewhere([["a"], ["b"]], work)
    assert len(psutil.Process().children()) == 2
    forks.__exit__(KeyboardInterrupt)
    assert psutil.Process().children() == []


KILLED = """
import time
from specc.project.processes import elsewhere
def work(item):
    while True:
        time.sleep(0.01)
        yield b"x"
elsewhere([["a"], ["b"]], work)
print("begun", flush=True)
time.sleep(60)
"""


@each("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.slow
def test_no_fork_outlives_a_parent_that_is_killed(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        children = psutil.Process(process.pid).children()
        process.send_signal(number)
        process.wait()
        assert len(children) == 2
        assert psutil.wait_procs(children, timeout=10)[1] == []


def no_folder(**_: object) -> NoReturn:
    raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")


def no_process() -> NoReturn:
    raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")


@pytest.mark.parametrize(("name", "broken"), [("tempfile.mkstemp", no_folder), ("os.fork", no_process)])
def test_without_forks_all_is_done_here(
    name: str, broken: Callable[[], NoReturn], place: Place, examined: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert place.run("render") == 0
    alone = place.out
    for module in (examinations, rendering):
        monkeypatch.setattr(module, "processors", lambda: 2)
    monkeypatch.setattr(examinations, "WORTH_A_FORK", 1)
    monkeypatch.setattr(rendering, "CELLS_WORTH_A_FORK", 2)
    monkeypatch.setattr(name, broken)
    open_before = os.listdir("/proc/self/fd")
    assert place.run("check") == 0
    assert sorted(examined) == ["a.job.yaml", "b.job.yaml", "base.job.yaml"]
    assert (place.run("render"), place.out) == (0, alone)
    assert len(os.listdir("/proc/self/fd")) == len(open_before)


def test_where_nobody_learns_how_a_fork_ends_there_is_none() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert processors() == 1
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_a_share_whose_fork_dies_is_done_here(
    place: Place, examined: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = os.getpid()
    noted = examinations.examine

    def fragile(project: Project, name: str, context: Context, request: Request) -> Examined:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return noted(project, name, context, request)

    monkeypatch.setattr(examinations, "examine", fragile)
    monkeypatch.setattr(examinations, "WORTH_A_FORK", 1)
    monkeypatch.setattr(examinations, "processors", lambda: 2)
    assert place.run("check") == 0
    assert sorted(examined) == ["a.job.yaml", "b.job.yaml", "base.job.yaml"]


def test_a_share_that_a_fork_does_is_not_done_here(
    place: Place, examined: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examinations, "WORTH_A_FORK", 1)
    monkeypatch.setattr(examinations, "processors", lambda: 2)
    assert place.run("check") == 0
    assert len(examined) == 2


@pytest.fixture(autouse=True)
def no_child_is_left() -> Iterator[None]:
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
