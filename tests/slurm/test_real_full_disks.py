"""Disks of the cluster that are full: that of the controller, which then takes no jobs, and that of a node."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.real_slurm import Project, accepted, attempt, ended, eventually
from support.slurm_cluster import PROGRAMS, Cluster, cluster, need

from specc.targets import JobState, NotSent


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    need(PROGRAMS, "slurm-wlm munge")
    with cluster(small={"state": "4m", "spool.n1": "2m"}) as made:
        yield made


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Fill a file system to its last byte, until the end."""
    path = folder / "filler"
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def ran_once(project: Project, count: int) -> None:
    found = {path.name: path.read_text() for path in project.folder.glob("ran.*")}
    assert found == {f"ran.{number}": "ran\n" for number in range(1, count + 1)}


def test_a_controller_that_cannot_write_has_not_got_the_job(project: Project, slurm: Cluster) -> None:
    with filled(slurm.folder / "state"):
        outcome = project.target().submit(attempt())
    assert isinstance(outcome, NotSent), outcome
    assert "I/O error writing script/environment to file" in outcome.reason


@pytest.mark.parametrize("count", [1, 20])
def test_what_is_sent_when_there_is_room_again(project: Project, slurm: Cluster, count: int) -> None:
    """A job, and an array: the run tries again by itself."""
    axes = {"axes": {"n": {"from": 1, "to": count}}}
    project.spec("a-{{ matrix.n }}", f"echo ran >>{project.folder}/ran.{{{{ matrix.n }}}}", matrix=axes)
    with filled(slurm.folder / "state"):
        process = project.begin("submit", "-y", "--wait")
        eventually(lambda: "trying again" in project.said())
        assert process.poll() is None
    assert process.wait(200) == 0, project.said()
    ran_once(project, count)


def test_a_run_that_is_over_before_there_is_room_says_what_is_left(project: Project, slurm: Cluster) -> None:
    project.spec(
        "a-{{ matrix.n }}", f"echo ran >>{project.folder}/ran.{{{{ matrix.n }}}}", matrix={"axes": {"n": [1, 2]}}
    )
    with filled(slurm.folder / "state"):
        done = project("submit", "-y")
        assert done.returncode not in (0, 3), done.stderr
        assert "I/O error writing script/environment to file" in done.stderr
    done = project("submit", "-y", "--wait")
    assert done.returncode == 0, done.stderr
    ran_once(project, 2)


def test_a_node_that_cannot_write_the_script(project: Project, slurm: Cluster) -> None:
    """It says so, whatever Slurm makes of the job, and the command has not run."""
    target = project.target()
    with filled(slurm.folder / "spool.n1"):
        uuid = accepted(target, attempt(f"echo ran >{project.folder}/ran.1", scheduler_queue_name="short"))
        report = eventually(
            lambda: next(
                (
                    one
                    for one in target.status([uuid]).values()
                    if one.state.is_final or one.reason not in ("", "None", "Priority", "Resources")
                ),
                None,
            )
        )
    assert report is not None
    assert report.state is not JobState.FINISHED
    assert report.reason, report
    if not report.state.is_final:
        assert all(one.done for one in target.cancel([uuid]))
        assert ended(target, uuid).state is JobState.CANCELLED
    with contextlib.suppress(AssertionError):  # it was drained by Slurm, or it was not
        slurm.run("scontrol", "update", "nodename=n1", "state=resume")
    assert not (project.folder / "ran.1").exists()
