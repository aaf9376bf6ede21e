"""One run of sending, as a person sees it: rows as they come or a bar, then what came of it all."""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace

from specc.cli.exits import BROKEN, OK, REJECTED, UNKNOWN
from specc.cli.interrupts import Stop, heeding_signals
from specc.cli.ordering import complaints
from specc.cli.printing import print_findings
from specc.cli.speech import drawing, is_watched, say, write_row, write_table
from specc.cli.targets import Opened
from specc.diagnostics import codes
from specc.errors import SpeccError
from specc.evaluator import MASK
from specc.fast_dataclass import dataclass
from specc.submission.follow import state_of
from specc.submission.ledger import Ledger
from specc.submission.plan import Action, Step
from specc.submission.records import Record, State
from specc.submission.results import Result, tally
from specc.submission.send import Sender
from specc.submission.world import Sending, World
from specc.targets import JobReport, Rejected
from specc.workspace import Findings

PATIENCE = 120.0
"""Seconds in which another process should have sent what it is sending now."""

GLANCE = 0.2
HEAD = ("state", "uuid", "spec", "cell", "name", "")
STANDING = {Action.KEEP: State.ACCEPTED, Action.REFUSE_UNKNOWN: State.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a run. `fault` is what broke it, and ends the command when all has been said."""

    results: tuple[Result, ...]
    was_stopped: bool
    fault: SpeccError | None

    @property
    def exit_code(self) -> int:
        counts = tally(self.results)
        if counts.unknown:
            return UNKNOWN
        if counts.rejected:
            return REJECTED
        return BROKEN if counts.not_sent or counts.not_tried else OK


def standing(steps: Sequence[Step]) -> list[Result]:
    """What is known of the steps that send nothing."""
    return [
        Result(step, STANDING[step.action], step.last.uuid if step.last else None, message=step.why)
        for step in steps
        if step.action in STANDING
    ]


def send(steps: Sequence[Step], opened: Opened, ledger: Ledger, sending: Sending, *, quiet: bool) -> Sent:
    """Sends what is to be sent, waits for what another process is sending, and shows each result as it comes.

    `quiet` leaves standard output alone.
    """
    stopped = Stop()
    world = World(time.time, time.monotonic, stopped.wait, random.random, say)
    sender = Sender(opened.target, ledger, sending, world)
    results: list[Result] = []
    elsewhere = [Result(step, State.INTENT, message=step.why) for step in steps if step.action is Action.WAIT]
    fault = None
    with heeding_signals(sender, stopped), _showing(steps, quiet=quiet) as show:
        try:
            # Closed here, whatever happens: then what is in flight is still written to an open ledger.
            with closing(sender.results(steps)) as coming:
                for result in coming:
                    if result.state is State.INTENT:
                        elsewhere.append(result)
                        continue
                    results.append(result)
                    show(result)
            for result in _settled(elsewhere, ledger, sending.owner, world, stopped):
                results.append(result)
                show(result)
        except SpeccError as error:
            fault = error
        except KeyboardInterrupt:
            for step in sender.in_flight:
                say(f"in flight, so its outcome is unknown: {step.key}")
            raise
        finally:
            for result in sender.unwritten:
                what = f"accepted as {result.uuid}" if result.uuid else str(result.state)
                say(f"not in the ledger: {result.step.key} was {what}; `specc ledger resolve` can note it later")
    return Sent(tuple(results), stopped.is_set(), fault)


def _settled(results: Sequence[Result], ledger: Ledger, owner: str, world: World, stopped: Stop) -> Iterator[Result]:
    """What became of steps that another process is sending. It is waited for, as long as sending should take."""
    until = world.monotonic() + PATIENCE
    for result in results:
        attempts = ledger.of_key(result.step.key)
        while attempts and attempts[-1].state is State.INTENT and world.monotonic() < until and not stopped.is_set():
            world.sleep(GLANCE)
            ledger.recover(owner)
            attempts = ledger.of_key(result.step.key)
        if not attempts:
            yield replace(result, state=State.UNKNOWN, message="its attempts were put under another name meanwhile")
            continue
        last = attempts[-1]
        said = result.message if last.state is State.INTENT else "another process sent it"
        yield replace(result, state=last.state, uuid=last.uuid, code=last.code, message=said)


@contextmanager
def _showing(steps: Sequence[Step], *, quiet: bool) -> Iterator[Callable[[Result], None]]:
    """A bar where a person sits at a terminal; rows as they come where a program reads."""
    count = sum(step.action.sends for step in steps)
    if sys.stderr.isatty() and count:
        shown: list[Result] = []
        with drawing().bar("sending", count) as bar:

            def advance(result: Result) -> None:
                shown.append(result)
                bar.show(len(shown), str(tally(shown)))

            yield advance
    else:
        yield lambda result: None if quiet or is_watched() else write_row(row(result, {}))


def show_standing(results: Sequence[Result], reports: dict[str, JobReport]) -> None:
    """What is not sent, before the sending begins, where a program reads."""
    if not is_watched():
        for result in results:
            write_row(row(result, reports))


def show(results: Sequence[Result], reports: dict[str, JobReport]) -> None:
    """All results as a table, where a person sees it."""
    if is_watched():
        write_table(HEAD, [row(result, reports) for result in results])


def row(result: Result, reports: dict[str, JobReport]) -> tuple[str, ...]:
    key = result.step.key
    uuid = result.uuid or ""
    said = ": ".join(filter(None, (result.code, MASK if _may_quote(result) else result.message)))
    return _state(result, reports), uuid, key.spec, key.cell, result.step.payload.shown_name, said


def _state(result: Result, reports: dict[str, JobReport]) -> str:
    """For a job that was there before, its last known state."""
    if result.step.action is Action.KEEP:
        return state_of(result.step.last, reports) if result.step.last is not None else State.ACCEPTED.value
    return "not tried" if result.state is None else result.state.value


def _may_quote(result: Result) -> bool:
    """Return whether the words of a target can hold what comes from a hidden variable."""
    return bool(result.message) and bool(result.step.payload.hidden)


def report_rejections(results: Sequence[Result]) -> None:
    """Rejections at the lines of the specs that they are about."""
    findings = Findings()
    for result in results:
        if result.state is State.REJECTED:
            refused = Rejected(result.code or "", result.message, result.help, result.fields)
            findings.add(*complaints(result.step.payload, refused, codes.REJECTED.at))
    print_findings(findings.all())


def result_data(result: Result, reports: dict[str, JobReport]) -> dict[str, object]:
    key = result.step.key
    report = reports.get(result.uuid or "")
    return {
        "spec": key.spec,
        "cell": key.cell,
        "slug": result.step.payload.shown_slug,
        "params": json.loads(key.params),
        "name": result.step.payload.shown_name,
        "digest": result.step.payload.digest,
        "action": result.step.action.value,
        "state": None if result.state is None else result.state.value,
        "uuid": result.uuid,
        "job_state": report.state.value if report else _last_seen(result.step.last, result.uuid),
        "reason": report.reason if report else None,
        "exit_code": report.exit_code if report else None,
        "code": result.code,
        "message": MASK if _may_quote(result) else result.message,
        "help": result.help,
        "fields": dict.fromkeys(result.fields, MASK) if result.fields and _may_quote(result) else result.fields,
    }


def _last_seen(record: Record | None, uuid: str | None) -> str | None:
    return record.job_state if record is not None and record.uuid == uuid else None
