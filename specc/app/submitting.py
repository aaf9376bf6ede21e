"""One submission, from the ledger to what came of each payload. Whoever starts it prints, and asks its user."""

import json
import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from queue import Empty, SimpleQueue
from typing import Protocol

from specc.app.following import last_seen
from specc.app.requests import Overwritten, SubmissionRequest, decide, overwritten, refusals, rejections
from specc.app.retrying import Retrying, Versions, with_retries
from specc.diagnostics import Diagnostic, codes
from specc.errors import SpeccError
from specc.evaluator import MASK
from specc.fast_dataclass import dataclass
from specc.lowering import Payload
from specc.project import DiagnosticSet
from specc.submission import (
    Action,
    Clock,
    Ledger,
    LogicalKey,
    PlanFile,
    Record,
    Result,
    Room,
    Sender,
    Sending,
    State,
    Step,
    look,
    plan_differences,
    state_of,
)
from specc.targets import JobReport, JobState, Rejected
from specc.targets.kinds import KINDS
from specc.targets.opening import Opened

MOST_IN_FLIGHT = 64
"""So many payloads can be sent at once, whatever the target is."""

PATIENCE = 120.0
"""Seconds in which another process should have sent what it is sending now."""

GLANCE = 0.2
AT_ONCE = 0.5
"""Seconds in which a pause sees at the latest that it is to end."""
STANDING = {Action.KEEP: State.ACCEPTED, Action.REFUSE_UNKNOWN: State.UNKNOWN}


class Stop:
    """Whether to stop, and pauses that end when it is set. A handler of signals may set it at any moment.

    A `threading.Event` takes a lock of its own, so one that is set in the middle of its own `wait` waits for ever.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._awake: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        self._is_set = True
        self._awake.put(None)

    def is_set(self) -> bool:
        return self._is_set

    def wait(self, seconds: float) -> None:
        """Return after so many seconds, or when it has been set.

        Python runs the handler of a signal that came just before the system call only when the call returns, so no call
        waits long.
        """
        left = seconds
        while not self._is_set and left > 0:
            with suppress(Empty):
                self._awake.get(timeout=min(left, AT_ONCE))
            left -= AT_ONCE


class Watcher(Protocol):
    """Whoever follows a run of sending: it may stop the run, and gets each result as it comes."""

    def begun(self, sender: Sender, stop: Stop) -> None:
        """The sender is about to begin. `stop` and the sender's own `stop` end the run in good order."""

    def came(self, result: Result) -> None:
        """One step has a result."""


@dataclass(frozen=True, slots=True)
class Objection:
    """What speaks against sending anything: diagnostics at lines of specs, or reasons with one way out."""

    diagnostics: tuple[Diagnostic, ...] = ()
    errors: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The steps of a run, what speaks against sending anything, and the steps that a person must decide on first."""

    steps: list[Step]
    objection: Objection | None

    @property
    def stopped(self) -> list[Step]:
        return [step for step in self.steps if step.action.stops]


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a run. `fault` is what broke it, to be raised when all has been said."""

    results: tuple[Result, ...]
    was_stopped: bool
    fault: SpeccError | None

    def rejections(self) -> list[Diagnostic]:
        """Return the rejections at the lines of the specs that they are about."""
        diagnostics = DiagnosticSet()
        for result in self.results:
            if result.state is State.REJECTED:
                refused = Rejected(result.code or "", result.message, result.help, result.fields)
                diagnostics.add(*rejections(result.step.payload, refused, codes.REJECTED.at))
        return diagnostics.all()


@dataclass(frozen=True, eq=False)
class Submission:
    """A request in front of its ledger and its target. Nothing is sent before `send`.

    `retrying` says which cells are tried again.
    """

    request: SubmissionRequest
    planned: PlanFile | None
    ledger: Ledger
    opened: Opened
    retrying: Retrying | None = None

    @cached_property
    def versions(self) -> Versions:
        """Return the payloads of other attempts than the first, as far as they were needed."""
        return Versions(self.request.compile_again)

    def decide(self, payloads: Sequence[Payload] | None = None) -> list[Step]:
        """Return a step for each payload, from what the ledger knows now; or for some whose jobs have just ended."""
        steps = decide(self.request, self.opened.target, self.ledger, self.versions, payloads)
        is_as_planned = self.planned is not None and payloads is None
        if self.retrying is None or is_as_planned:
            return steps
        return with_retries(steps, self.retrying, self.versions, self.ledger)

    def decided(self) -> Decision:
        """Return the steps as they are to be sent now, and what speaks against that."""
        if self.request.asked.states or self.retrying is not None:
            self.refresh()
        steps = self.decide()
        return Decision(steps, self.objection(steps))

    def keepable(self, steps: Sequence[Step]) -> list[Step]:
        """Return the steps whose payloads have changed since their jobs finished: the results can be kept."""
        changed = [step for step in steps if step.action is Action.REFUSE_CHANGED and step.accepted is not None]
        is_chosen = bool(self.request.asked.states)
        return [one for one in changed if is_chosen or (one.accepted and one.accepted.job_state == JobState.FINISHED)]

    def kept(self, steps: Sequence[Step]) -> list[Step]:
        """Return the steps whose results are kept in place of those of the payload that there is now."""
        return [one for one in steps if one.accepted is not None and one.payload.digest == one.accepted.kept]

    def keep(self, steps: Sequence[Step]) -> None:
        """Write that the results of these steps stand for their payloads of now, or, of those kept before, no more."""
        digests = {one.accepted.attempt: (one.accepted.kept, one.payload.digest) for one in steps if one.accepted}
        self.ledger.keep({name: None if kept == digest else digest for name, (kept, digest) in digests.items()})

    def refresh(self) -> None:
        """Ask the target for the states of the jobs of these specs."""
        specs = {payload.spec_id for payload in self.request.payloads}
        identity = self.opened.target.identity
        known = self.ledger.chosen(sorted(specs), (), whole_history=True) if specs else ()
        uuids = [one.uuid for one in known if one.uuid and one.key.target == identity]
        look(self.opened, uuids, self.ledger, self.request.workplace.person.tell)

    def objection(self, steps: Sequence[Step]) -> Objection | None:
        """Return what speaks against the whole run, or None. Asked before every send."""
        found = self.refusals(steps)
        if any(diagnostic.is_error for diagnostic in found):
            return Objection(tuple(found))
        if self.planned is not None:
            return self._plan_objection(self.planned, steps)
        reruns = sum(step.action is Action.RERUN for step in steps)
        asked = self.request.asked
        if reruns > 1 and not (asked.only or asked.cells or asked.states):
            help = "choose them with --only, --cell or --state, such as `--state failed`"
            return Objection(errors=(f"`--rerun` would run {reruns:,} cells again",), help=help)
        return None

    def refusals(self, steps: Sequence[Step]) -> list[Diagnostic]:
        """Return what speaks against sending, known without sending."""
        return [*self.versions.diagnostics, *refusals(steps, self.opened.target)]

    def overwritten(self, steps: Sequence[Step]) -> list[Overwritten]:
        """Return the files of earlier jobs, with other parameters, that the payloads to be sent would write anew."""
        target = self.request.workplace.project.settings.targets[self.request.target]
        has_folders = KINDS[target.kind].traits.has_workdir and target.workdir == "job"
        return overwritten(steps, self.ledger, has_folders=has_folders)

    def _plan_objection(self, planned: PlanFile, steps: Sequence[Step]) -> Objection | None:
        if self.ledger.has_used(planned.id):
            help = f"`specc plan{self.request.at}` shows what is left to send"
            return Objection(errors=("this plan has been carried out already",), help=help)
        found = tuple(plan_differences(planned, self.ledger.id, self.opened.target.identity, steps))
        help = "nothing was sent; plan again, and have the new plan approved"
        return Objection(errors=found, help=help) if found else None

    def take_over(self, moved: Sequence[tuple[LogicalKey, LogicalKey]]) -> None:
        """Put jobs under the new names of their specs."""
        self.ledger.move(moved)

    def begin(self) -> Objection | None:
        """Note that the plan is being carried out; return why it must not be, if another process does so."""
        if self.planned is None or self.ledger.use_plan(self.planned.id):
            return None
        return Objection(
            errors=("another process is carrying out this plan",), help="`specc status` shows how far it is"
        )

    def standing(self, steps: Sequence[Step]) -> tuple[list[Result], dict[str, JobReport]]:
        """Return what is known of the steps that send nothing, and what the target says of their jobs now."""
        kept = [
            Result(step, STANDING[step.action], step.last.uuid if step.last else None, message=step.why)
            for step in steps
            if step.action in STANDING
        ]
        records = [step.last for step in steps if step.action in STANDING and step.last is not None]
        ended = last_seen(records)
        uuids = [result.uuid for result in kept if result.uuid and result.uuid not in ended]
        return kept, ended | look(self.opened, uuids, self.ledger, self.request.workplace.person.tell)

    def send(
        self, steps: Sequence[Step], watcher: Watcher, in_flight: int | None = None, room: Room | None = None
    ) -> Sent:
        """Send what is to be sent, and wait for what another process is sending. Each key is sent once.

        Without `room` for more active jobs, the rest is not sent yet.

        ^C (KeyboardInterrupt) leaves at once: what was in flight is told to the person, and raised on. Raises
        SpeccError for a number in flight that is not from 1 to `MOST_IN_FLIGHT`.
        """
        if in_flight is not None and not 1 <= in_flight <= MOST_IN_FLIGHT:
            raise SpeccError(f"{in_flight:,} payloads cannot be in flight", help=f"write 1 to {MOST_IN_FLIGHT}")
        tell = self.request.workplace.person.tell
        stop = Stop()
        clock = Clock(time.time, time.monotonic, stop.wait)
        with self.ledger.owners.claim() as owner:
            if weakness := self.ledger.owners.weakness:
                tell(f"warning: {weakness}")
            sending = self._sending(owner, in_flight, room)
            sender = Sender(self.opened.target, self.ledger, sending, clock, random.random, tell)
            watcher.begun(sender, stop)
            results: list[Result] = []
            fault = None
            try:
                for result in self._results(steps, sender, sending, clock, stop):
                    results.append(result)
                    watcher.came(result)
            except SpeccError as error:
                fault = error
            except KeyboardInterrupt:
                for step in sender.in_flight:
                    tell(f"in flight, so its outcome is unknown: {step.key}")
                raise
            finally:
                for result in sender.unwritten:
                    what = f"accepted as {result.uuid}" if result.uuid else str(result.state)
                    tell(f"not in the ledger: {result.step.key} was {what}; `specc ledger resolve` can note it later")
        return Sent(tuple(results), stop.is_set(), fault)

    def _results(
        self, steps: Sequence[Step], sender: Sender, sending: Sending, clock: Clock, stop: Stop
    ) -> Iterator[Result]:
        elsewhere = [Result(step, State.INTENT, message=step.why) for step in steps if step.action is Action.WAIT]
        # Closed here, whatever happens: then what is in flight is still written to an open ledger.
        with closing(sender.results(steps)) as coming:
            for result in coming:
                if result.state is State.INTENT:
                    elsewhere.append(result)
                else:
                    yield result
        yield from _settled(elsewhere, self.ledger, sending.owner, clock, stop)

    def _sending(self, owner: str, in_flight: int | None, room: Room | None) -> Sending:
        project = self.request.workplace.project
        settings = project.settings.targets[self.request.target]
        usual = KINDS[settings.kind].in_flight
        units = json.dumps(self.request.units, sort_keys=True)
        root = os.path.realpath(project.root)
        return Sending(
            settings.name,
            units,
            owner,
            in_flight or usual,
            tag_names=settings.tag_names,
            project=root,
            room=room,
            sender=self.request.workplace.sender(),
        )


@contextmanager
def submission(
    request: SubmissionRequest, planned: PlanFile | None = None, retrying: Retrying | None = None
) -> Iterator[Submission]:
    """Open the ledger and the target of a request. Raises SpeccError where either cannot be had."""
    workplace = request.workplace
    with ExitStack() as stack:
        workplace.check_name(request.target)
        ledger = stack.enter_context(workplace.ledger())
        opened = workplace.open(request.target, skew=ledger.accounts.skew)
        yield Submission(request, planned, ledger, opened, retrying)


@contextmanager
def look_ahead(
    request: SubmissionRequest,
    planned: PlanFile | None = None,
    *,
    needs_ledger: bool = False,
    retrying: Retrying | None = None,
) -> Iterator[Submission]:
    """Open a request for a look at what would be done. The target is made without any way to send.

    No ledger is made unless `needs_ledger`: a plan in a file is bound to one.
    """
    workplace = request.workplace
    workplace.check_name(request.target)
    opened = workplace.open_to_look(request.target)
    with workplace.ledger() if needs_ledger else workplace.ledger_for_plan() as ledger:
        target = workplace.settled(opened, ledger, planned.identity if planned is not None else None)
        yield Submission(request, planned, ledger, replace(opened, target=target), retrying)


def _settled(results: Sequence[Result], ledger: Ledger, owner: str, clock: Clock, stop: Stop) -> Iterator[Result]:
    """Yield what became of steps that another process is sending, which is waited for."""
    until = clock.monotonic() + PATIENCE
    for result in results:
        attempts = ledger.of_key(result.step.key)
        while attempts and attempts[-1].state is State.INTENT and clock.monotonic() < until and not stop.is_set():
            clock.sleep(GLANCE)
            ledger.recover(owner)
            attempts = ledger.of_key(result.step.key)
        if not attempts:
            yield replace(result, state=State.UNKNOWN, message="its attempts were renamed in the meantime")
            continue
        last = attempts[-1]
        said = result.message if last.state is State.INTENT else "another process sent it"
        yield replace(result, state=last.state, uuid=last.uuid, code=last.code, message=said)


def message_of(result: Result) -> str:
    """Return what the target said of a payload. Its words may quote a hidden variable: then they are masked."""
    return MASK if _may_quote(result) else result.message


def word_for(result: Result, reports: Mapping[str, JobReport]) -> str:
    """Return the state of a result in one word: of a job that was there before, its last known state."""
    if result.step.action is Action.KEEP:
        return state_of(result.step.last, reports) if result.step.last is not None else State.ACCEPTED.value
    if result.is_not_yet:
        return "not yet"
    return "not tried" if result.state is None else result.state.value


def result_data(result: Result, reports: dict[str, JobReport]) -> dict[str, object]:
    """Return a result as JSON data, with what its target says of the job now."""
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
        "cell_attempt": result.step.attempt,
        "retried_for": result.step.retried_for,
        "state": None if result.state is None else result.state.value,
        "uuid": result.uuid,
        "job_state": report.state.value if report else _last_seen(result.step.last, result.uuid),
        "reason": report.reason if report else None,
        "exit_code": report.exit_code if report else None,
        "code": result.code,
        "message": message_of(result),
        "help": result.help,
        "fields": dict.fromkeys(result.fields, MASK) if result.fields and _may_quote(result) else result.fields,
    }


def _may_quote(result: Result) -> bool:
    return bool(result.message) and bool(result.step.payload.hidden)


def _last_seen(record: Record | None, uuid: str | None) -> str | None:
    return record.job_state if record is not None and record.uuid == uuid else None
