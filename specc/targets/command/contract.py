"""What a site's commands are asked, and how their answers are read. docs/schedulers.md is this module for people.

A request is one JSON object on the standard input of a command. Its answer is lines of JSON objects on the standard
output. An answer that breaks the contract says nothing: of a submission it is unclear what became of it, and about jobs
nothing is known.
"""

import json
import re
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from specc.fast_dataclass import dataclass
from specc.targets.batch.programs import Programs, Ran, TimedOut
from specc.targets.lives import EndReason, Life, Usage, elapsed, is_life_data
from specc.targets.protocol import JobState, NotSent, Rejected, Unclear
from specc.wording import named, one_line

VERSION = 1
SECONDS = {"submit": 180.0, "status": 60.0, "cancel": 60.0, "find": 60.0}
"""How long each command may take. It is killed afterwards, with all that it started."""

AT_ONCE = 500
"""The most jobs or keys of one request."""

JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@\[\]+-]{0,99}")
GONE = "gone"
STATES: dict[str, JobState | None] = {
    GONE: None,
    **{state.value: state for state in JobState if state not in (JobState.LOST, JobState.UNKNOWN)},
}
"""The states that an answer may have. `gone` is a job that the scheduler does not know, or not any more."""

ENDS = {reason.value: reason for reason in EndReason if reason is not EndReason.LOST}
TEXTS, NUMBERS = ("reason", "raw", "node"), ("submitted_at", "started_at", "ended_at", "cpu_seconds", "peak_memory")
OUTCOMES = ("job", "rejected", "not_sent", "unclear")


class BrokenAnswer(Exception):
    """An answer that breaks the contract. The message says how."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the scheduler says of a job. `state` is None for a job that it does not know."""

    job_id: str
    state: JobState | None
    raw: str = ""
    reason: str = ""
    exit_code: int | None = None
    life: Life = Life()


@dataclass(frozen=True, slots=True)
class Found:
    """A job that has the key of an attempt."""

    key: str
    job_id: str
    submitted_at: float | None = None


Line = TypeVar("Line")
Listen = Callable[[str, Mapping[str, object], Ran | TimedOut], object]


class SiteCommands:
    """The four commands of a site. `last_error` says why the last question had no answer; empty when it had one.

    `base` is what every request holds. `listen` is told of every conversation, for the test of a target.
    """

    def __init__(
        self,
        commands: Mapping[str, Sequence[str]],
        programs: Programs,
        environment: Mapping[str, str],
        base: Mapping[str, object],
        listen: Listen = lambda action, request, ran: None,
    ) -> None:
        self._commands = commands
        self._programs = programs
        self._environment = environment
        self._base = base
        self._listen = listen
        self.last_error = ""

    def submit(self, request: Mapping[str, object]) -> "str | Rejected | NotSent | Unclear":
        """Return the number of the job, or what became of the request otherwise.

        Raises SpeccError where the command cannot be started: then nothing was asked.
        """
        ran = self._run("submit", request)
        if isinstance(ran, TimedOut):
            return Unclear(_joined(f"`submit` did not end within {ran.seconds:g} s", ran.err))
        try:
            lines = list(lines_of(ran.out))
            if len(lines) != 1:
                number = "no line" if not lines else f"{len(lines)} lines"
                raise BrokenAnswer(f"it answered with {number}, expected one")
            return outcome_of(lines[0], request)
        except BrokenAnswer as error:
            return Unclear(_joined(f"`submit` ended with {ending(ran.code)}, and {error}", ran.err))

    def status(self, job_ids: Sequence[str]) -> dict[str, Told] | None:
        """Return what the scheduler says of jobs; None where it could not be asked."""
        lines = self._ask("status", "jobs", job_ids, told_of)
        found: dict[str, Told] = {}
        for told in lines or ():
            if found.setdefault(told.job_id, told) != told:
                self.last_error = f"the answer of `status` has two lines for the job {told.job_id}, which differ"
                return None
        return None if lines is None else found

    def cancel(self, job_ids: Sequence[str]) -> dict[str, tuple[bool, str]] | None:
        """Ask for the end of jobs. Return of each whether that was done, and why not; None without an answer."""
        lines = self._ask("cancel", "jobs", job_ids, cancelled_of)
        return None if lines is None else {job_id: (is_done, why) for job_id, is_done, why in lines}

    def find(self, keys: Sequence[str]) -> dict[str, Found] | None:
        """Return the jobs that have these keys; None where the scheduler could not be asked."""
        lines = self._ask("find", "keys", keys, found_of)
        return None if lines is None else {found.key: found for found in lines if found.key in keys}

    def _run(self, action: str, request: Mapping[str, object]) -> Ran | TimedOut:
        asked = {"specc": VERSION, "action": action, **self._base, **request}
        stdin = (json.dumps(asked, ensure_ascii=False) + "\n").encode()
        ran = self._programs(self._commands[action], self._environment, SECONDS[action], stdin)
        self._listen(action, asked, ran)
        return ran

    def _ask(
        self, action: str, name: str, values: Sequence[str], read: Callable[[Mapping[str, object]], Line]
    ) -> list[Line] | None:
        found: list[Line] = []
        for start in range(0, len(values), AT_ONCE):
            ran = self._run(action, {name: list(values[start : start + AT_ONCE])})
            if isinstance(ran, TimedOut):
                self.last_error = _joined(f"`{action}` did not end within {ran.seconds:g} s", ran.err)
                return None
            if ran.code != 0:
                self.last_error = _joined(f"`{action}` ended with {ending(ran.code)}", ran.err)
                return None
            try:
                found += [read(line) for line in lines_of(ran.out)]
            except BrokenAnswer as error:
                self.last_error = f"the answer of `{action}` cannot be read: {error}"
                return None
        self.last_error = ""
        return found


def lines_of(out: str) -> Iterator[Mapping[str, object]]:
    """Yield the objects of an answer. Raises BrokenAnswer for a line that is not one."""
    for number, line in enumerate(out.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            if "\\u" in line:  # JSON can hold halves of characters, and no file can
                value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise BrokenAnswer(f"line {number} of its output is not a JSON object: {one_line(line, 80)}")
        yield value


def outcome_of(line: Mapping[str, object], request: Mapping[str, object]) -> "str | Rejected | NotSent | Unclear":
    """Return what an answer of `submit` says. Raises BrokenAnswer for any other."""
    names = [name for name in OUTCOMES if name in line]
    if len(names) != 1:
        raise BrokenAnswer(f"its answer has {_listed(names) or 'none'} of {_listed(OUTCOMES)}, expected just one")
    if "job" in line:
        return _job_id(line)
    said = _text(line, names[0])
    if "not_sent" in line:
        return NotSent(said)
    if "unclear" in line:
        return Unclear(said)
    payload = request.get("payload")
    sent = payload if isinstance(payload, Mapping) else {}
    fields, helps = line.get("fields", {}), line.get("help", "")
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise BrokenAnswer("`fields` is not an object of texts")
    if not isinstance(helps, str):
        raise BrokenAnswer("`help` is not a text")
    code = line.get("code", "rejected")
    general = line.get("is_general", False)
    if not isinstance(code, str) or not isinstance(general, bool):
        raise BrokenAnswer("`code` is not a text, or `is_general` is not true or false")
    own = {name: value for name, value in fields.items() if name in sent}
    return Rejected(code, said, helps or None, own or None, general)


def told_of(line: Mapping[str, object]) -> Told:
    """Return what a line of `status` says. Raises BrokenAnswer for any other."""
    job_id, word = _job_id(line), _text(line, "state")
    if word not in STATES:
        raise BrokenAnswer(f"`state` is {named(word)}, expected one of {_listed(STATES)}")
    for name in TEXTS:
        if not isinstance(line.get(name, ""), str):
            raise BrokenAnswer(f"`{name}` is not a text")
    times = {name: value for name in NUMBERS if (value := line.get(name)) is not None}
    if not is_life_data(times):
        raise BrokenAnswer(f"one of {_listed(times)} is not a number above 0 that can be")
    code = line.get("exit_code")
    if code is not None and not (type(code) is int and 0 <= code <= 255):
        raise BrokenAnswer("`exit_code` is not an integer from 0 to 255")
    end = line.get("end")
    if end is not None and (not isinstance(end, str) or end not in ENDS):
        raise BrokenAnswer(f"`end` is {named(str(end))}, expected one of {_listed(ENDS)}")
    raw, reason, node = (str(line.get(name, "")) for name in ("raw", "reason", "node"))
    return Told(job_id, STATES[word], raw, reason, code, _life(times, node, ENDS.get(str(end))))


def _life(times: Mapping[str, object], node: str, end: EndReason | None) -> Life:
    numbers = {name: float(value) for name, value in times.items() if isinstance(value, int | float)}
    started, ended, peak = numbers.get("started_at"), numbers.get("ended_at"), numbers.get("peak_memory")
    usage = Usage(int(peak) if peak else None, numbers.get("cpu_seconds"))
    return Life(numbers.get("submitted_at"), started, ended, elapsed(started, ended), node, usage, end)


def cancelled_of(line: Mapping[str, object]) -> tuple[str, bool, str]:
    """Return what a line of `cancel` says. Raises BrokenAnswer for any other."""
    is_done, message = line.get("cancelled"), line.get("message", "")
    if not isinstance(is_done, bool) or not isinstance(message, str):
        raise BrokenAnswer("`cancelled` is not true or false, or `message` is not a text")
    return _job_id(line), is_done, message


def found_of(line: Mapping[str, object]) -> Found:
    """Return what a line of `find` says. Raises BrokenAnswer for any other."""
    at = line.get("submitted_at")
    if at is not None and not is_life_data({"submitted_at": at}):
        raise BrokenAnswer("`submitted_at` is not a time in seconds since 1970")
    return Found(_text(line, "key"), _job_id(line), float(at) if isinstance(at, int | float) else None)


def ending(code: int) -> str:
    """Return how a program ended, in words."""
    if code >= 0:
        return f"exit code {code}"
    return next((f"the signal {known.name}" for known in signal.Signals if known == -code), f"signal {-code}")


def _job_id(line: Mapping[str, object]) -> str:
    value = line.get("job")
    if not isinstance(value, str) or not JOB_ID.fullmatch(value):
        form = "a text of letters, digits and `_.:@[]+-`, at most 100"
        raise BrokenAnswer(f"`job` is {one_line(json.dumps(value), 60)}, expected {form}")
    return value


def _text(line: Mapping[str, object], name: str) -> str:
    value = line.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BrokenAnswer(f"`{name}` is not a text, or empty")
    return value


def _listed(names: object) -> str:
    return ", ".join(f"`{name}`" for name in names) if isinstance(names, Mapping | Sequence) else ""


def _joined(message: str, err: str) -> str:
    said = one_line("; ".join(line.strip() for line in err.splitlines() if line.strip()), 400)
    return f"{message}: {said}" if said else message
