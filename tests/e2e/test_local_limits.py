"""Limits of the local target, over everything that a job starts, however it tries to get away."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.local_jobs import OPTIONS, Place, eventually, place_at

from specc.targets import JobState

PYTHON = sys.executable

ESCAPES = {
    "child": "sleep 60 &",
    "nohup": "nohup sleep 60 > /dev/null 2>&1 &",
    "session": "setsid sleep 60 &",
    "double-fork": "(setsid bash -c 'sleep 60 & exit' &)",
    "no-mark": "env -i setsid sleep 60 &",
    "stopped": "sleep 60 & kill -STOP $!",
    "deaf": "setsid bash -c \"trap '' TERM; while :; do sleep 0.1; done\" &",
    "daemon": f"""{PYTHON} - <<'END'
import os
for _ in range(2):
    if os.fork():
        os._exit(0)
    os.setsid()
os.execvp("sleep", ["sleep", "60"])
END
""",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place_at(tmp_path_factory.mktemp("limits") / "state") as place:
        yield place


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
def test_what_outlives_the_command_is_ended_with_it(place: Place, escape: str) -> None:
    """`place` also makes sure at the end that nothing is left."""
    uuid = place.submit(f"{escape}\necho over > over")
    place.written(uuid, "over")
    (report,) = place.wait(uuid)
    assert (report.state, report.reason) == (JobState.FINISHED, "")
    assert not sleepers(place), "what dropped the mark has no other name than this"


@pytest.mark.parametrize(
    "escape", ["true", "setsid sleep 60", "\n".join(ESCAPES.values())], ids=["child", "foreground", "all"]
)
def test_the_time_limit_holds_for_all(place: Place, escape: str) -> None:
    report = place.run(f"sleep 59 &\n{escape}\nwait; sleep 58", time_limit=1)
    assert (report.state, report.reason) == (JobState.EXITED, "time limit of 1 s reached")
    assert report.exit_code == 143
    assert not sleepers(place)


def test_a_job_that_ends_within_its_limits_is_left_alone(place: Place) -> None:
    report = place.run("sleep 0.3", time_limit=5, mem_limit=500)
    assert report.state is JobState.FINISHED


def test_a_limit_too_long_to_wait_for_is_none(place: Place) -> None:
    assert place.run("sleep 0.1", time_limit=2**53 - 1, mem_limit=2**40).state is JobState.FINISHED


HOLD = "import time; held = bytearray({mebibytes} * 2**20); open('{file}', 'w').write('x'); time.sleep(60)"


@pytest.mark.parametrize("wrap", ["{}", "setsid {} & wait", "(setsid {} &) ; sleep 60"])
def test_the_memory_limit_holds_for_the_sum_of_all(place: Place, wrap: str) -> None:
    """Each alone would be within the limit."""
    one, two = (f'{PYTHON} -c "{HOLD.format(mebibytes=80, file=name)}"' for name in ("one", "two"))
    report = place.run(f"{one} &\n{wrap.format(two)}", mem_limit=150)
    assert report.state is JobState.EXITED
    assert report.reason.startswith("memory limit of 150 MiB exceeded: 1")


def test_memory_within_the_limit_is_no_offence(place: Place) -> None:
    code = HOLD.format(mebibytes=40, file="held").replace("60", "0.6")
    assert place.run(f'{PYTHON} -c "{code}"', mem_limit=150).state is JobState.FINISHED


def test_a_tree_that_keeps_forking_is_killed(place: Place) -> None:
    """Each process of a chain starts the next one and ends: who looks finds another one each time."""
    chain = f"""{PYTHON} - <<'END'
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open("up", "w").write("x")
while True:
    time.sleep(0.005)
    if os.fork():
        os._exit(0)
    os.setsid()
END"""
    uuid = place.submit(f"{chain}\nsleep 60")
    place.written(uuid, "up")
    place.target.cancel([uuid])
    (report,) = place.wait(uuid)
    assert report.state is JobState.CANCELLED
    eventually(lambda: not [p for p in place.processes() if p.ppid() == 1], "the chain goes on")


def test_the_grace_is_kept(tmp_path: Path) -> None:
    """What heeds the request does not wait for the grace; what does not, gets all of it."""
    with place_at(tmp_path / "state", OPTIONS.__class__(cores=2, grace=1.0, idle=0.3)) as place:
        deaf = place.submit("trap '' TERM; echo x > up; while :; do sleep 0.05; done")
        place.written(deaf, "up")
        start = time.monotonic()
        place.target.cancel([deaf])
        place.wait(deaf)
        assert time.monotonic() - start >= 1


def sleepers(place: Place) -> list[psutil.Process]:
    """Processes that sleep for about a minute, as only these tests have them, and that belong to this test run."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == "sleep" and process.cmdline()[1:] in (["58"], ["59"], ["60"]):
                found += [process] if Path(process.cwd()).is_relative_to(place.state.root) else []
        except (psutil.Error, OSError):
            continue
    return found
