"""A run of sending as a person sees it: rows as they come or a bar, and ^C that ends it in good order."""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from specc.app.failures import said_of
from specc.app.submitting import Stop, message_of, word_for
from specc.cli.console import is_watched, say, write_row, write_table
from specc.language import translated
from specc.submission import Action, Result, Sender, Step, shown_state, tally
from specc.targets import JobReport, JobState
from specc.wording import counted

HEAD = ("state", "uuid", "spec", "cell", "name", "")
FAILED_WORD = shown_state(JobState.EXITED)
ONE = 2.0
"""Seconds in which two SIGTERM count as one."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Watcher:
    """Stops the run at a signal: the first in good order, another at once. Shows each result."""

    def __init__(self, show: Callable[[Result], None]) -> None:
        self._show = show
        self._stopped_at = 0.0
        self._before = {number: signal.getsignal(number) for number in SIGNALS}

    def begun(self, sender: Sender, stop: Stop) -> None:
        """Heed signals. One that the caller ignores, as `nohup` does with SIGHUP, stays ignored."""

        def heed(number: int, frame: FrameType | None) -> None:
            if stop.is_set():
                if number == signal.SIGTERM and time.monotonic() < self._stopped_at + ONE:
                    return  # told twice in a moment, as by a batch system and by a shell
                if number == signal.SIGHUP:
                    return  # a terminal that closes is told of by the shell and by the system
                sender.abandon()
                raise KeyboardInterrupt
            stop.set()
            self._stopped_at = time.monotonic()
            sender.stop()
            count = len(sender.in_flight)
            with suppress(OSError):  # after SIGHUP there is nobody to tell it to
                say(
                    f"stopping; waiting for {counted(count, 'payload')} in flight (^C leaves at once)"
                    if count
                    else "stopping"
                )

        for number in self._heeded():
            signal.signal(number, heed)

    def came(self, result: Result) -> None:
        self._show(result)

    def release(self) -> None:
        """Put back how signals were handled before."""
        for number in self._heeded():
            signal.signal(number, self._before[number])

    def _heeded(self) -> list[signal.Signals]:
        return [number for number, handler in self._before.items() if handler is not signal.SIG_IGN]


@contextmanager
def following_run(steps: Sequence[Step], *, quiet: bool, has_bar: bool = True) -> Iterator[_Watcher]:
    """Follow a run of these steps. `quiet` leaves standard output alone; without a bar, another is drawn already."""
    with _showing(steps, quiet=quiet, has_bar=has_bar) as show:
        watcher = _Watcher(show)
        try:
            yield watcher
        finally:
            watcher.release()


@contextmanager
def _showing(steps: Sequence[Step], *, quiet: bool, has_bar: bool) -> Iterator[Callable[[Result], None]]:
    """Draw a bar where a person sits at a terminal; write rows as they come where a program reads."""
    count = sum(step.action.sends for step in steps)
    if sys.stderr.isatty() and count and has_bar:
        from specc.cli.drawing import bar  # brings rich, which costs 50 ms

        shown: list[Result] = []
        with bar(translated("sending"), count) as drawn:

            def advance(result: Result) -> None:
                shown.append(result)
                drawn.show(len(shown), str(tally(shown)))

            yield advance
    else:
        yield lambda result: None if quiet or is_watched() or result.is_not_yet else write_row(_row(result, {}))


def show_standing(results: Sequence[Result], reports: Mapping[str, JobReport]) -> None:
    """Write what is not sent, before the sending begins, where a program reads."""
    if not is_watched():
        for result in results:
            write_row(_row(result, reports))


def show_results(results: Sequence[Result], reports: Mapping[str, JobReport]) -> None:
    """Draw all results as a table, where a person sees it."""
    if is_watched():
        write_table(HEAD, [_row(result, reports) for result in results])


def tell_retry(result: Result) -> None:
    """Say that a cell is tried again, and why, if that is the result."""
    step = result.step
    if step.action is Action.RETRY:
        what = f"attempt {step.attempt}, because the last ended for `{step.retried_for}`"
        say(f"retry: {step.payload.shown_name}: {what}: {word_for(result, {})} {result.uuid or message_of(result)}")


def _row(result: Result, reports: Mapping[str, JobReport]) -> tuple[str, ...]:
    key = result.step.key
    said = ": ".join(filter(None, (result.code, message_of(result))))
    state = shown_state(word_for(result, reports))
    if state == FAILED_WORD and result.step.last is not None:
        said = said_of(result.step.last, reports)
    return state, result.uuid or "", key.spec, key.cell, result.step.payload.shown_name, said
