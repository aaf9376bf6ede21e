"""What is said while jobs are waited for."""

from specc.cli.waiting import Progress
from specc.targets import JobReport, JobState

NAMES = {f"u{n}": f"job-{n}" for n in range(200)}


def reports(state: str, *numbers: int, reason: str = "") -> dict[str, JobReport]:
    return {f"u{n}": JobReport(f"u{n}", JobState(state), state, reason) for n in numbers}


def test_waiting_jobs_are_counted_and_not_listed() -> None:
    news = Progress(NAMES, has_bar=False)
    waiting = reports("pending", *range(200), reason="waiting for a core")
    assert list(news.lines({}, waiting)) == ["200 pending"]
    assert list(news.lines(waiting, waiting)) == ["200 pending (waiting for a core)"]
    assert list(news.lines(waiting, waiting)) == []
    now = waiting | reports("running", 0)
    assert list(news.lines(waiting, now)) == ["running: job-0 u0"]
    full = now | reports("pending", 5, 6, reason="no job can be started now: the disk is full")
    assert list(news.lines(now, full)) == ["2 pending (no job can be started now: the disk is full)"]


def test_each_end_is_told_with_its_reason() -> None:
    news = Progress(NAMES, has_bar=False)
    ended = reports("finished", 1) | reports("exited", 2, reason="exit code 3") | reports("lost", 3)
    assert list(news.lines({}, ended)) == [
        "finished: job-1 u1",
        "failed: job-2 u2 (exit code 3)",
        "failed: job-3 u3 (nobody knows how it ended)",
    ]
    assert list(news.lines(ended, ended)) == []


def test_beside_a_bar_only_what_went_wrong_is_told() -> None:
    news = Progress(NAMES, has_bar=True)
    before = reports("pending", 1, 2, 3, 4, reason="waiting for a core")
    assert list(news.lines({}, before)) == []
    now = reports("running", 1) | reports("finished", 2) | reports("exited", 3, reason="exit code 3")
    now |= reports("pending", 4, reason="the disk is full")
    assert list(news.lines(before, now)) == ["1 pending (the disk is full)", "failed: job-3 u3 (exit code 3)"]
