"""Waiting for jobs as a person sees it: a progress bar on a terminal, else a line for each change."""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from specc.app.failures import SAID_BY_STATE, Failures, at_target, words_for
from specc.app.following import Feed, Group, Waited, Watch, wait_for
from specc.cli import exits
from specc.cli.console import Terminal, say
from specc.errors import SpeccError
from specc.language import translated
from specc.submission import Ending, Ledger, Record, latest, shown_state, word_of
from specc.targets import JobReport, JobState
from specc.units import QuantityMistake, read
from specc.wording import counted

SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def seconds_of(text: str | None, option: str = "--timeout") -> float | None:
    """Return `--timeout 2h30m` in seconds; a plain number is of seconds. Raises SpeccError for any other text."""
    if text is None:
        return None
    if SECONDS.fullmatch(text):
        return float(text)
    duration = read(text, "duration")
    if isinstance(duration, QuantityMistake):
        raise SpeccError(f"`{option}`: {duration.message}", help=duration.help)
    return float(duration)


def wait_and_show(
    groups: Sequence[Group], ledger: Ledger, timeout: float | None, usual: str, feed: Feed | None = None
) -> Waited:
    """Wait until all have ended, or for `timeout` seconds. Say what can be done next, also after ^C.

    `usual` is the target that a command means without `--target`. `feed` may add jobs of the first target meanwhile.
    """
    records = {record.uuid: record for group in groups for record in group.records if record.uuid}
    names = {uuid: record.shown_name for uuid, record in records.items()}

    def fed(known: Mapping[str, JobReport]) -> tuple[Sequence[Record], bool]:
        came, is_open = feed(known) if feed is not None else ((), False)
        records.update((record.uuid, record) for record in came if record.uuid)
        names.update((record.uuid, record.shown_name) for record in came if record.uuid)
        return came, is_open

    with _showing(names) as watch:
        waited = wait_for(groups, ledger, timeout, Terminal(), watch, fed)
    if waited.interrupted is not None:
        _say_still_running(waited.interrupted, usual)
        return waited
    seen = [record for record in records.values() if record.uuid in waited.reports]
    last = {record.attempt for record in latest(seen)}
    failed = Failures(usual, [record for record in seen if record.attempt in last], waited.reports)
    for line in failed.helps():
        say(line)
    return waited


def exit_code_of(ended: Ending) -> int:
    """Return the exit code for jobs that were waited for."""
    if ended.open:
        return exits.TIMED_OUT
    return exits.JOB_FAILED if ended.failed or ended.cancelled else exits.OK


def _say_still_running(records: Sequence[Record], usual: str) -> None:
    if records:
        named = words_for({record.key.spec for record in records}, [str(record.uuid) for record in records])
        at = at_target({record.target_name for record in records}, usual)
        they = "it" if len(records) == 1 else "them"
        running = f"{counted(len(records), 'job')} still running"
        say(f"{running}; `specc wait{named}{at}` waits again, `specc cancel{named or ' --all'}{at}` ends {they}")


@contextmanager
def _showing(names: Mapping[str, str]) -> Iterator[Watch]:
    has_bar = sys.stderr.isatty()
    progress = Progress(names, has_bar=has_bar)
    if not has_bar:

        def tell(before: Mapping[str, JobReport], now: Mapping[str, JobReport]) -> None:
            for line in progress.lines(before, now):
                say(line)

        yield tell
        return
    from specc.cli.drawing import bar  # brings rich, which costs 50 ms

    with bar(translated("waiting"), len(names)) as drawn:

        def show(before: Mapping[str, JobReport], now: Mapping[str, JobReport]) -> None:
            for line in progress.lines(before, now):
                drawn.say(translated(line))
            known = {**before, **now}
            counts = Counter(shown_state(report.state) for report in known.values())
            done = sum(report.state.is_final for report in known.values())
            words = ", ".join(f"{count:,} {state}" for state, count in sorted(counts.items()))
            drawn.show(done, words, len(names))

        yield show


class Progress:
    """What changed about jobs that are waited for, as lines for people. `names` are the jobs' names by uuid.

    With a bar, the start of a job is not told: the bar has it.
    """

    def __init__(self, names: Mapping[str, str], *, has_bar: bool) -> None:
        self._names = names
        self._has_bar = has_bar
        self._has_begun = False
        self._reasons: set[str] = set()

    def lines(self, before: Mapping[str, JobReport], now: Mapping[str, JobReport]) -> Iterator[str]:
        """Yield a line for each job that got into another state, and for each new reason why jobs wait."""
        yield from self._waiting([report for report in now.values() if report.state is JobState.PENDING])
        for uuid, report in now.items():
            if self._is_told(report.state) and (uuid not in before or before[uuid].state is not report.state):
                reason = report.reason or SAID_BY_STATE.get(report.state, "")
                why = f" ({reason})" if reason else ""
                yield f"{shown_state(word_of(report))}: {self._names[uuid]} {uuid}{why}"

    def _is_told(self, state: JobState) -> bool:
        if self._has_bar:
            return state.is_final and not state.is_success
        return state is not JobState.PENDING

    def _waiting(self, pending: list[JobReport]) -> Iterator[str]:
        """Yield first only how many there are; the reasons of the first look are those of a moment."""
        if not self._has_begun:
            self._has_begun = True
            if pending and not self._has_bar:
                yield f"{len(pending):,} pending"
            return
        for reason, count in Counter(report.reason for report in pending if report.reason).items():
            if reason not in self._reasons:
                self._reasons.add(reason)
                yield f"{count:,} pending ({reason})"
