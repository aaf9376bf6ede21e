"""Tries the commands of a site: whether a target of its own keeps the contract, and what to change where it does not.

Each trial sends small jobs of its own through the target, as a submission would. It says the first thing that is
wrong, and what has to be different in which command.
"""

import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.lowering import Payload
from specc.targets.batch.folder import Folder, Handle, tag_of
from specc.targets.batch.programs import Ran, TimedOut
from specc.targets.batch.script import COPY
from specc.targets.command.contract import JOB_ID, BrokenAnswer, SiteCommands, lines_of
from specc.targets.command.target import CommandTarget
from specc.targets.lives import EndReason
from specc.targets.protocol import Accepted, Attempt, JobReport, JobState, NotSent, Rejected
from specc.wording import one_line

KNOWN = {
    "submit": frozenset({"job", "rejected", "not_sent", "unclear", "code", "fields", "help", "is_general"}),
    "status": frozenset(
        {
            "job", "state", "raw", "reason", "exit_code", "end", "node", "submitted_at", "started_at", "ended_at",
            "cpu_seconds", "peak_memory",
        }
    ),
    "cancel": frozenset({"job", "cancelled", "message"}),
    "find": frozenset({"key", "job", "submitted_at"}),
}  # fmt: skip
"""What the answers of each command may hold."""

PAUSE = 1.0
FAILING = 7


class Broken(Exception):
    """A trial that failed: what is wrong, and what to change."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True, slots=True)
class Result:
    """How a trial ended. `message` says what is wrong, and `help` what to change; both are empty for a success."""

    name: str
    what: str
    seconds: float
    message: str = ""
    help: str = ""


@dataclass
class Bench:
    """What trials are made with: the target, its commands, payloads for it, and a clock.

    `make` returns the payload of a command with more fields. `patience` is how many seconds a job may take that runs
    for a moment, `limit` the time limit of the job that exceeds its own.
    """

    target: CommandTarget
    site: SiteCommands
    make: Callable[[str, dict[str, object]], Payload]
    monotonic: Callable[[], float]
    sleep: Callable[[float], object]
    limit: tuple[int, dict[str, object]]
    patience: float = 300.0
    folders: list[Folder] = field(default_factory=list)
    odd: dict[str, str] = field(default_factory=dict)

    def attempt(self, command: str, **fields: object) -> Attempt:
        payload = self.make(command, dict(fields))
        return Attempt(secrets.token_hex(16), payload, payload.name)

    def folder(self, attempt: Attempt) -> Folder:
        folder = self.target.jobs.folder(tag_of(attempt.key))
        if folder not in self.folders:
            self.folders.append(folder)
        return folder

    def heard(self, action: str, request: Mapping[str, object], ran: Ran | TimedOut) -> None:
        """Note what is odd in an answer: what cannot be read, jobs that are missing, names that are misspelled."""
        if isinstance(ran, TimedOut) or (ran.code != 0 and not ran.out):
            return
        try:
            lines = list(lines_of(ran.out))
        except BrokenAnswer as error:
            self.odd.setdefault(action, str(error))
            return
        names = sorted({name for line in lines for name in line} - KNOWN[action])
        jobs, answered = request.get("jobs"), {line.get("job") for line in lines}
        missing = [job for job in jobs if job not in answered] if isinstance(jobs, list) else []
        if action == "submit" and len(lines) != 1:
            self.odd.setdefault(action, f"it answered with {len(lines)} lines, expected one")
        elif names:
            self.odd.setdefault(action, f"specc does not read {', '.join(f'`{name}`' for name in names)}")
        elif missing and ran.code == 0:
            self.odd.setdefault(action, f"it had no line for the job {missing[0]}")


def trials(bench: Bench, chosen: frozenset[str] = frozenset()) -> Iterator[Result]:
    """Make the trials, or those that are chosen, and yield how each ended."""
    late = None
    begun = bench.monotonic()
    if not chosen or "time" in chosen:
        late = _Late(bench)
    for name, (what, trial) in TRIALS.items():
        if not chosen or name in chosen:
            yield _result(bench, name, what, trial)
    if late is not None:
        yield _result(bench, "time", LATE, late.judge, begun)


def tidy(bench: Bench) -> None:
    """Remove the folders of the jobs that were tried."""
    for folder in bench.folders:
        shutil.rmtree(folder.root, ignore_errors=True)


def _result(bench: Bench, name: str, what: str, trial: Callable[[Bench], None], begun: float | None = None) -> Result:
    start = bench.monotonic() if begun is None else begun
    try:
        trial(bench)
    except Broken as error:
        return Result(name, what, bench.monotonic() - start, error.message, error.help)
    except SpeccError as error:
        return Result(name, what, bench.monotonic() - start, error.message, error.help or "")
    return Result(name, what, bench.monotonic() - start)


def _submit(bench: Bench) -> None:
    """A job runs, and what it wrote is here."""
    word = secrets.token_hex(4)
    attempt = bench.attempt(f"echo {word}; sleep 2")
    handle = _accepted(bench, attempt)
    report = _ended(bench, handle)
    _had_record(bench, attempt, handle, report)
    if handle.job_id not in (bench.site.status([handle.job_id]) or {}):
        raise Broken(
            bench.site.last_error or f"`status` had no line for the job {handle.job_id}, which has ended",
            "it has to answer for each job, in a line, and with `gone` for one that is not known any more",
        )
    if report.state is not JobState.FINISHED or report.exit_code != 0:
        raise Broken(
            f"a job that succeeds ended as {_said(report)}",
            "`status` has to answer `finished` for a job whose script ended with exit code 0",
        )
    out = bench.folder(attempt).root / "stdout"
    if _text(out) != f"{word}\n":
        raise Broken(
            f"the output of a job is not in {out}: {_text(out)!r}",
            "the script has to run as it is, with bash, on nodes that share the folder of the target",
        )


def _fail(bench: Bench) -> None:
    attempt = bench.attempt(f"exit {FAILING}")
    handle = _accepted(bench, attempt)
    report = _ended(bench, handle)
    _had_record(bench, attempt, handle, report)
    if report.state is not JobState.EXITED or report.exit_code != FAILING:
        raise Broken(
            f"a job that fails with exit code {FAILING} ended as {_said(report)}",
            f"`status` has to answer `exited` for it, with `exit_code` {FAILING} if the scheduler knows the code",
        )


LATE = "a job over its time limit is ended, and the reason is `time`"


class _Late:
    """A job that exceeds its time limit, which is begun first and judged last."""

    def __init__(self, bench: Bench) -> None:
        seconds, fields = bench.limit
        self._attempt = bench.attempt(f"sleep {seconds * 20 + 3600}", **fields)
        self._error: Broken | SpeccError | None = None
        try:
            self._handle = _accepted(bench, self._attempt)
        except (Broken, SpeccError) as error:
            self._error = error

    def judge(self, bench: Bench) -> None:
        if self._error is not None:
            raise self._error
        seconds, _ = bench.limit
        try:
            report = _ended(bench, self._handle, seconds + bench.patience)
        except Broken as error:
            bench.target.cancel([str(self._handle)])
            raise Broken(
                f"a job with a time limit of {seconds} s was not ended: {error.message}",
                "`submit` has to give `time_seconds` to the scheduler as the limit of the job's time",
            ) from error
        if report.state not in (JobState.EXITED, JobState.STOPPED) or report.life.ended_for is not EndReason.TIME:
            raise Broken(
                f"a job over its time limit ended as {_said(report)}",
                "`status` has to answer `exited` with `end` as `time` for it, so that `specc retry` knows why",
            )


def _cancel(bench: Bench) -> None:
    attempt = bench.attempt("while sleep 0.5; do date +%s.%N >beat; done")
    handle = _accepted(bench, attempt)
    uuid, beat = str(handle), bench.folder(attempt).work / "beat"
    _until(bench, beat.exists, bench.patience, lambda: _waits_for(bench, uuid), "a cluster with room for a job")
    (answer,) = bench.target.cancel([uuid])
    if not answer.done:
        raise Broken(
            f"a job that runs was not cancelled: {answer.message}",
            '`cancel` has to answer `{"job": "...", "cancelled": true}` for each job that it ended or will end',
        )
    report = _ended(bench, handle)
    before = _text(beat)
    bench.sleep(3 * PAUSE)
    if _text(beat) != before:
        raise Broken("the job runs on after it was cancelled", "`cancel` has to end all processes of the job's script")
    if report.state is not JobState.CANCELLED:
        raise Broken(
            f"a job that was cancelled ended as {_said(report)}",
            "`status` has to answer `cancelled`, or `exited` with an exit code over 128, or `gone`",
        )


def _find(bench: Bench) -> None:
    """The answer of `submit` is thrown away, and the job is looked for."""
    attempt = bench.attempt("echo ran >>ran; sleep 5")
    sent = _sent(bench, attempt)
    found = bench.site.find([attempt.key, "0" * 32])
    if found is None:
        raise Broken(bench.site.last_error, "`find` has to end with exit code 0, also where it finds nothing")
    if attempt.key not in found:
        raise Broken(
            f"`find` did not find the job {sent} by its key",
            "`submit` has to give `key` to the scheduler (as a comment, a label or a variable of the job), "
            "and `find` has to look for it there, from the moment when `submit` has ended",
        )
    if found[attempt.key].job_id != sent:
        raise Broken(
            f"`find` answered with the job {found[attempt.key].job_id}, and `submit` with {sent}",
            "both have to name a job by the same text",
        )
    outcome = bench.target.submit(attempt)
    handle = _handle(outcome)
    if handle is None or handle.job_id != sent:
        said = f"the job {handle.job_id}" if handle is not None else _why(outcome)
        raise Broken(f"the key of the job {sent} was sent again, and the answer was {said}", "look at `find`")
    _ended(bench, handle)
    ran = _text(bench.folder(attempt).work / "ran")
    if ran != "ran\n":
        raise Broken(f"the job ran {ran.count('ran')} times", "the script of a job has to run once")


def _twice(bench: Bench) -> None:
    """Two jobs of one key, as after an answer that was lost and a resend: one of them runs the command."""
    attempt = bench.attempt("echo ran >>ran; sleep 2")
    first, second = _sent(bench, attempt), _sent(bench, attempt)
    if first == second:
        raise Broken(
            f"two submissions were answered with one job, {first}",
            "`submit` has to submit each time that it is called: that a key runs once is seen to by the script",
        )
    handle = Handle(first, tag_of(attempt.key))
    _ended(bench, handle)
    ends: dict[str, JobState | None] = {}

    def all_ended() -> bool:
        told = bench.site.status([first, second]) or {}
        ends.update({job: one.state for job, one in told.items() if one.state is None or one.state.is_final})
        return len(ends) == 2

    _until(bench, all_ended, bench.patience, lambda: f"{len(ends)} of two jobs ended", "look at `status`")
    ran = _text(bench.folder(attempt).work / "ran")
    if ran != "ran\n":
        raise Broken(
            f"of two jobs with one key the command ran {ran.count('ran')} times",
            f"the script has to run as it is, on a file system where a link can be made only once; it ends with "
            f"exit code {COPY} where another copy was the first",
        )


def _unknown(bench: Bench) -> None:
    attempt = bench.attempt("true")
    handle = _accepted(bench, attempt)
    _ended(bench, handle)
    nobody = re.sub("[0-9]+", "99999999", handle.job_id, count=1)
    told = bench.site.status([nobody, handle.job_id])
    if told is None:
        raise Broken(
            f"`status` failed because one of the jobs does not exist: {bench.site.last_error}",
            "it has to answer for all the others, and `gone` for a job that the scheduler does not know",
        )
    if nobody not in told or told[nobody].state is not None:
        answer = "nothing" if nobody not in told else f"`{told[nobody].state}`"
        raise Broken(
            f"`status` answered {answer} for the job {nobody}, which does not exist",
            "it has to answer `gone` for a job that the scheduler does not know, or not any more; "
            "no line means that nobody could be asked",
        )
    if handle.job_id not in told:
        raise Broken(f"`status` did not answer for the job {handle.job_id}", "it has to answer for each job, in a line")
    cancelled = bench.site.cancel([nobody])
    if cancelled is None or cancelled.get(nobody, (True, ""))[0]:
        why = f": {bench.site.last_error}" if bench.site.last_error else ""
        raise Broken(
            f"`cancel` did not say that the job {nobody} cannot be cancelled{why}",
            'it has to answer `{"job": "...", "cancelled": false, "message": "..."}`, with exit code 0',
        )


def _answers(bench: Bench) -> None:
    """What was odd in the answers, even where the job was found all the same. It comes last, when all were heard."""
    for action, said in bench.odd.items():
        help = "answer with JSON objects alone, as docs/schedulers.md has them, and write all else to standard error"
        raise Broken(f"an answer of `{action}` breaks the contract: {said}", help)


TRIALS: dict[str, tuple[str, Callable[[Bench], None]]] = {
    "submit": ("a job runs, ends as `finished`, and its output is here", _submit),
    "fail": ("a job that fails ends as `exited`, with its exit code", _fail),
    "cancel": ("a job is cancelled, and its processes end", _cancel),
    "find": ("a job whose answer was lost is found by its key", _find),
    "twice": ("of two jobs with one key, one runs the command", _twice),
    "unknown": ("a job that does not exist is `gone`, and others are still answered for", _unknown),
    "answers": ("the answers hold only what specc reads", _answers),
}
"""The trials by name, each with what it shows. `time` is one more: its job begins before all others, and is judged
last."""

NAMES = (*TRIALS, "time")


def _accepted(bench: Bench, attempt: Attempt) -> Handle:
    """Send an attempt as a submission does, and return its job."""
    bench.folder(attempt)
    outcome = bench.target.submit(attempt)
    handle = _handle(outcome)
    if handle is not None:
        return handle
    if isinstance(outcome, Rejected):
        help = "give the fields that the site needs in `job` of the target, or look at `submit`"
        raise Broken(f"the job was rejected: {outcome.message}", outcome.help or help)
    if isinstance(outcome, NotSent):
        raise Broken(f"the job was not sent: {outcome.reason}", "try again when the scheduler can be reached")
    raise Broken(
        f"it is unclear whether the job was submitted: {_why(outcome)}",
        '`submit` has to answer with one line, `{"job": "NUMBER"}`, and nothing else on its standard output',
    )


def _why(outcome: object) -> str:
    """Return what was said of a submission that gave no job."""
    return outcome.message if isinstance(outcome, Rejected) else str(getattr(outcome, "reason", ""))


def _sent(bench: Bench, attempt: Attempt) -> str:
    """Call `submit` by itself, and return the number of the job."""
    folder = bench.folder(attempt)
    bench.target.jobs.prepare(attempt)
    answer = bench.site.submit(bench.target.request(attempt, folder))
    if not isinstance(answer, str):
        raise Broken(f"`submit` gave no job: {_why(answer)}", "look at the trial `submit` first")
    return answer


def _handle(outcome: object) -> Handle | None:
    return Handle.parse(outcome.uuid, JOB_ID) if isinstance(outcome, Accepted) else None


def _ended(bench: Bench, handle: Handle, seconds: float | None = None) -> JobReport:
    """Wait for the end of a job, and return its last report."""
    uuid = str(handle)
    last: list[JobReport] = []

    def look() -> bool:
        report = bench.target.reports([uuid], fresh=True).get(uuid)
        last[:] = [report] if report is not None else last
        return report is not None and report.state.is_final

    help = "`status` has to answer `finished`, `exited`, `cancelled`, `stopped` or `gone` for a job that has ended"
    wait = bench.patience if seconds is None else seconds
    _until(bench, look, wait, lambda: _waits_for(bench, uuid, last[0] if last else None), help)
    return last[0]


def _waits_for(bench: Bench, uuid: str, report: JobReport | None = None) -> str:
    report = report or bench.target.reports([uuid], fresh=True).get(uuid)
    if report is not None:
        return f"the job {uuid} is still {report.state.value}" + (f" ({report.reason})" if report.reason else "")
    return f"nothing is known of the job {uuid}: {bench.target.last_error or '`status` had no line for it'}"


def _until(bench: Bench, look: Callable[[], bool], seconds: float, what: Callable[[], str], help: str) -> None:
    end = bench.monotonic() + seconds
    while not look():
        if bench.monotonic() >= end:
            raise Broken(f"{what()} after {seconds:g} s", help)
        bench.sleep(PAUSE)


def _had_record(bench: Bench, attempt: Attempt, handle: Handle, report: JobReport) -> None:
    """Check that the script ran, and that it knows its number."""
    folder = bench.folder(attempt)
    owner, own = folder.owner(), folder.exit()
    if own is None:
        log = one_line(_text(folder.log), 300) or "nothing"
        raise Broken(
            f"the job ended as {_said(report)}, and its script left no record in {folder.root}; its log says: {log}",
            "`submit` has to run `script` with bash, on nodes that share this folder, and to send both outputs of the "
            "script to `log`",
        )
    if owner != handle.job_id:
        raise Broken(
            f"the job calls itself {owner!r}, and `submit` answered {handle.job_id!r}",
            "`submit` has to answer with the text that the scheduler gives the job in its variable; "
            "`job_variable` of the target names the variable",
        )


def _said(report: JobReport) -> str:
    parts: list[Any] = [report.state.value]
    parts += [f"exit code {report.exit_code}"] if report.exit_code is not None else []
    parts += [f"end {report.life.ended_for.value}"] if report.life.ended_for is not None else []
    parts += [report.reason] if report.reason else []
    return f"`{parts[0]}`" + (f" ({', '.join(parts[1:])})" if len(parts) > 1 else "")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
