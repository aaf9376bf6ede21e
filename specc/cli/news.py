"""What is new about jobs that are waited for, as lines for people."""

from collections import Counter
from collections.abc import Iterator, Mapping

from specc.submission.follow import word_of
from specc.targets import JobReport, JobState


class News:
    """`names` are the jobs' names by uuid. A watched job's start is no news: the progress bar has it."""

    def __init__(self, names: Mapping[str, str], *, has_bar: bool) -> None:
        self._names = names
        self._has_bar = has_bar
        self._has_begun = False
        self._reasons: set[str] = set()

    def lines(self, before: Mapping[str, JobReport], now: Mapping[str, JobReport]) -> Iterator[str]:
        """A line for each job that got into another state, and for each new reason why jobs wait."""
        yield from self._waiting([report for report in now.values() if report.state is JobState.PENDING])
        for uuid, report in now.items():
            if self._is_told(report.state) and (uuid not in before or before[uuid].state is not report.state):
                why = f" ({report.reason})" if report.reason else ""
                yield f"{word_of(report)}: {self._names[uuid]} {uuid}{why}"

    def _is_told(self, state: JobState) -> bool:
        if self._has_bar:
            return state.is_final and not state.is_success
        return state is not JobState.PENDING

    def _waiting(self, pending: list[JobReport]) -> Iterator[str]:
        """First only how many there are; the reasons of the first look are those of a moment."""
        if not self._has_begun:
            self._has_begun = True
            if pending and not self._has_bar:
                yield f"{len(pending):,} pending"
            return
        for reason, count in Counter(report.reason for report in pending if report.reason).items():
            if reason not in self._reasons:
                self._reasons.add(reason)
                yield f"{count:,} pending ({reason})"
