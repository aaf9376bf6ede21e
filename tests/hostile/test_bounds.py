"""Whatever stands in 256 KiB, a check makes 20 million calls and needs 300 MB at most: what had no bound has one.

Each input was made for work that grows faster than the input. Where a check ends before it has seen all, it says so.
"""

import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support import uncovered
from support.projects import Place
from support.work import calls

from specc.compiler import allowance

CALLS, MEGABYTES = 20_000_000, 300
"""So many calls take some 5 seconds without a profile."""
SECONDS = 120
"""Far more processor time than any check here needs: one without a bound ends."""
ROOT = Path(__file__).parent.parent.parent
NODES = 4_900
"""So many keys with their values may a spec have."""
HEAD = "specc: 1\n"
JOB = "job: {name: n, core_limit: 1, cmd_line: run}\n"
COMMAND = "job:\n  name: n\n  core_limit: 1\n  cmd_line: |\n"


def lines(form: str, count: int) -> str:
    return "".join(form.replace("@", str(number)) for number in range(count))


def block(text: str) -> str:
    return COMMAND + "".join(f"    {line}\n" for line in text.splitlines())


LOOP = "{% for i in range(3000) %}{{ params.p if i == 8 else '' }}{% endfor %}"
CHOICES = f"params: {{p: {{type: string, choices: [{lines('c@, ', 100)}]}}}}\n"
SPECS: dict[str, Callable[[], str]] = {
    "choices and profiles": lambda: CHOICES + "profiles:\n" + lines("  p@: {job: {core_limit: 2}}\n", 40) + block(LOOP),
    "parameters with choices": lambda: "params:\n" + lines("  p@: {type: string, choices: [a, b, c]}\n", 1_000) + JOB,
    "empty profiles": lambda: "profiles:\n" + lines("  p@: {}\n", NODES) + JOB,
    "ignore comments": lambda: "# specc: ignore[SPC501]\n" * 5_000 + JOB,
    "ignore comments of a command": lambda: block("# specc: ignore[SPC501]\n" * 4_000),
    "ignore comments of unknown codes": lambda: lines("# specc: ignore[SPCx@]\n", 5_000) + JOB,
    "ignore comments of no code": lambda: "# specc: ignore\n" * 7_000 + JOB,
    "one ignore comment of many codes": lambda: f"# specc: ignore[{lines('a@, ', 15_000)}]\n{JOB}",
    "one ignore comment and blanks": lambda: f"# specc: ignore{' ' * 100_000}x\n{JOB}",
    "ignore comments beside what they ignore": lambda: (
        "vars:\n" + lines("  v@: 1 # specc: ignore[SPC502]\n", 3_000) + JOB
    ),
    "ignore comments above a continued command": lambda: block("# specc: ignore[SPC501]\n" * 2_000 + "a \\\n" * 9_000),
    "undefined names": lambda: "vars:\n" + lines("  v@: '{{ vars.w@ }}'\n", 3_000) + JOB,
    "subshells": lambda: block("(a)" * 20_000),
    "mistakes of one kind in one command": lambda: block("cat <<'E' " * 6_000),
    "thousands of axes": lambda: "matrix:\n  axes:\n" + lines("    a@: [1]\n", 3_000) + JOB,
    "cells at the limit": lambda: (
        "matrix: {max: 1000000, axes: {a: {from: 1, to: 1000000}}}\n" + block("run {{ matrix.a }}")
    ),
    "cells of unknown fields": lambda: (
        "matrix: {axes: {a: {from: 1, to: 90}}}\n" + block("run {{ matrix.a }}") + lines("  cmd_line@: x\n", 4_000)
    ),
    "cells of long commands": lambda: (
        "matrix: {axes: {a: {from: 1, to: 1000}}}\n" + block("a " * 32_000 + "{{ matrix.a }}")
    ),
}


pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")


ALLOWED = ["choices and profiles", "parameters with choices", "cells at the limit", "cells of long commands"]


@pytest.mark.parametrize("name", ALLOWED)
def test_a_check_with_a_twentieth_of_the_allowance_does_a_tenth(
    place: Place, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(allowance, "WORK", allowance.WORK // 20)
    place.write(**{"large.job.yaml": HEAD + SPECS[name]()})
    assert calls(lambda: place.run("check", "--no-cache", "large.job.yaml")) < CALLS // 10
    assert "SPC310" in place.out


@pytest.mark.slow
@pytest.mark.parametrize("name", SPECS)
def test_a_check_has_a_bound(place: Place, name: str) -> None:
    text = HEAD + SPECS[name]()
    assert len(text) < 256 * 1024
    place.write(**{"large.job.yaml": text})
    measured(place.root, "check", "--no-cache", "large.job.yaml")


PROFILED = """
import sys
from benchmarks.counting import calls
from specc.cli.main import run
codes = []
print("calls", calls(lambda: codes.append(run(sys.argv[1:]))))
sys.exit(codes[0])
"""


def measured(root: Path, *arguments: str) -> str:
    """What a command prints, in a process of its own that is held to the bounds."""

    def held() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    environment = {name: value for name, value in uncovered.environment().items() if name != "CI"}
    with subprocess.Popen(
        [sys.executable, "-c", PROFILED, *arguments],
        cwd=root,
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=held,
    ) as process:
        assert process.stdout is not None
        printed: list[bytes] = []
        reader = threading.Thread(target=lambda pipe: printed.append(pipe.read()), args=[process.stdout])
        reader.start()
        megabytes = 0.0
        while (peak := peak_of(process.pid)) is not None:
            megabytes = max(megabytes, peak)
            time.sleep(0.01)
        reader.join()
    out, _, count = printed[0].decode().rpartition("calls ")
    assert process.returncode in (0, 1, 2), out[-2_000:]
    assert 0 < int(count) < CALLS
    assert 0 < megabytes < MEGABYTES
    return out


def peak_of(pid: int) -> float | None:
    """The largest memory of a process in MB so far, or None when it has ended.

    Not `ru_maxrss`, which begins at the size of the process that started it: that of a test run can be larger.
    """
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), None)


def test_a_check_that_stops_before_its_end_says_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance, "WORK", 100_000)
    place.write(
        cells=f"{HEAD}matrix: {{max: 5000, axes: {{a: {{from: 1, to: 5000}}}}}}\n" + block("run {{ matrix.a }}")
    )
    assert place.run("check", "--no-cache", "--output", "concise", "cells.job.yaml") == 0
    assert "SPC310" in place.out
    assert "of 5,000 cells" in place.out


def test_what_is_left_out_is_said_of_choices_and_of_profiles(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance, "WORK", 100_000)
    profiles = "profiles:\n" + lines("  p@: {job: {core_limit: 2}}\n", 20)
    place.write(both=HEAD + CHOICES + profiles + block("run {{ params.p }}"))
    assert place.run("check", "--no-cache", "--output", "concise", "both.job.yaml") == 0
    assert "of 100 choices of parameters and 0 of 20 profiles" in place.out


def test_a_usual_sweep_is_checked_to_its_end(place: Place) -> None:
    text = f"{HEAD}matrix: {{axes: {{a: {{from: 1, to: 1000}}}}}}\n" + block("run {{ matrix.a }}").replace(
        "name: n", "name: n{{ cell.slug }}"
    )
    place.write(usual=text)
    assert place.run("check", "--no-cache", "usual.job.yaml") == 0
    assert "1,000 payloads: no problems" in place.out


def test_an_error_in_the_last_choice_is_found(place: Place) -> None:
    place.write(last=HEAD + CHOICES + block("{{ 1 / (0 if params.p == 'c99' else 1) }}"))
    assert place.run("check", "--no-cache", "last.job.yaml") == 1
    assert "division by zero" in place.out


def test_of_very_many_mistakes_of_one_kind_the_first_are_shown(place: Place) -> None:
    place.write(many=HEAD + block("mpirun -np 4 a\n" * 300))
    assert place.run("check", "--no-cache", "--output", "concise", "many.job.yaml") == 0
    assert sum("SPC545" in line for line in place.out.splitlines()) == 100
    place.run("check", "--no-cache", "many.job.yaml")
    assert "there are more like this, which are not shown" in place.out
