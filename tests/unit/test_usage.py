"""What jobs used of what they asked for: shares, sums by spec, and how they are written."""

from dataclasses import replace

import pytest
from support.submitting import KEY, record

from specc.app.usage import Share, Used, by_spec, used_by
from specc.cli.commands.usage import _cells
from specc.language import choose_language
from specc.submission import Record, State
from specc.targets import Life, Usage
from specc.targets.lives import life_text
from specc.wording import duration_text, size_text

GIB = 1 << 30


def ended(number: int, life: Life, spec: str = "a.job.yaml", state: str = "finished") -> Record:
    key = KEY._replace(spec=spec, cell=str(number))
    one = record(f"a{number}", key=key)
    return replace(one, state=State.ACCEPTED, uuid=f"u{number}", job_state=state, life=life_text(life))


def life(seconds: float | None, cpu: float | None, cores: int, peak: int | None, memory: int | None) -> Life:
    return Life(seconds=seconds, usage=Usage(peak, cpu, cores, memory, 100))


def test_shares_of_a_job() -> None:
    used = used_by(life(50.0, 100.0, 4, 3 * GIB, 4 * GIB))
    assert used == Used(Share(2.0, 4), Share(3 * GIB, 4 * GIB), Share(50.0, 100))
    assert (used.cores.efficiency, used.memory.efficiency, used.time.efficiency) == (0.5, 0.75, 0.5)
    assert _cells(used) == ("2 of 4 (50%)", "3GiB of 4GiB (75%)", "50s of 1m40s (50%)")


def test_shares_are_shown_in_chinese_on_a_terminal_and_as_data_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    used = used_by(life(50.0, 100.0, 4, 3 * GIB, 4 * GIB))
    try:
        choose_language({"SPECC_LANG": "zh"})
        assert _cells(used)[0] == "2 of 4 (50%)"
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        assert _cells(used) == ("2 / 4 (50%)", "3GiB / 4GiB (75%)", "50s / 1m40s (50%)")
    finally:
        choose_language({})


@pytest.mark.parametrize("nothing", [Life(), life(0.0, 0.0, 1, None, None), life(None, 5.0, 1, None, 4 * GIB)])
def test_what_is_not_known_is_left_empty(nothing: Life) -> None:
    used = used_by(nothing)
    assert (used.cores.used, used.memory.used) == (None, None)
    assert _cells(used)[:2] == ("", "")


def test_what_was_used_is_said_where_nothing_was_asked_for() -> None:
    assert _cells(used_by(Life(seconds=3725.0, usage=Usage(peak_memory=1536)))) == ("", "1.5KiB", "1h02m")


def test_a_spec_is_summed_over_its_ended_jobs() -> None:
    """Cores on average over the time of all jobs; memory and time of the job that came nearest to its limit."""
    records = [
        ended(1, life(10.0, 10.0, 2, 1 * GIB, 2 * GIB)),
        ended(2, life(30.0, 60.0, 4, 3 * GIB, 8 * GIB), state="exited"),
        ended(3, Life()),
        ended(4, life(90.0, 900.0, 10, 9 * GIB, 9 * GIB), state="running"),
        ended(5, life(1.0, 1.0, 1, None, None), spec="b.job.yaml"),
        record("a6"),
    ]
    first, second = by_spec(records, {})
    assert (first.spec, first.jobs, second.spec, second.jobs) == ("a.job.yaml", 3, "b.job.yaml", 1)
    assert first.used == Used(Share(70 / 40, 140 / 40), Share(1 * GIB, 2 * GIB), Share(30.0, 100))
    assert second.used == Used(Share(1.0, 1.0), Share(None, None), Share(1.0, 100))
    assert by_spec([], {}) == []


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0B"),
        (1023, "1023B"),
        (1 << 20, "1MiB"),
        (205 << 20, "205MiB"),
        (GIB * 3.14159, "3.14GiB"),
        (5 << 40, "5TiB"),
    ],
)
def test_sizes(amount: float, text: str) -> None:
    assert size_text(amount) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0123, "0.0123s"), (59.96, "60s"), (60, "1m00s"), (3599.6, "1h00m"), (90061, "25h01m")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
