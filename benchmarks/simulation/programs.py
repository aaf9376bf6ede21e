"""Slurm's programs before the simulated controller: their options, their answers and their failures.

They take as much of the command lines as specc writes, and fail on anything else, so that a new option cannot be
ignored by the simulation.
"""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from random import Random

from benchmarks.simulation import traces
from benchmarks.simulation.clock import VirtualClock
from benchmarks.simulation.controller import CANCELLED, PENDING, RUNNING, Controller, Full, Refused, Submission, Task
from benchmarks.simulation.site import Site
from specc.targets.batch.programs import Ran, TimedOut

FAILED = "sbatch: error: Batch job submission failed: "
NO_ANSWER = "Socket timed out on send/recv operation"
NO_CONTROLLER = "Unable to contact slurm controller (connect failure)"
SAYS = {"sbatch": FAILED, "squeue": "slurm_load_jobs error: ", "scontrol": "slurm_load_jobs error: "}
TASKS = re.compile(r"(\d+)(?:_(?:(\d+)|\[([\d,-]+)\]))?")
WORD = re.compile(r"[^,\[]+(?:\[[^\]]*\])?")
"""A word of a list of jobs, in which commas may stand in brackets."""

TIME_LIMIT = 3600.0
MOST_SHOWN = 64
"""How many characters of a list of tasks squeue shows where SLURM_BITSTR_LEN says nothing else."""


class SimulatedPrograms:
    """Answers as `Programs` of specc do, by a controller. Each call moves the clock by the time that it takes."""

    def __init__(self, site: Site, clock: VirtualClock, seed: int = 0, user: str = "ada") -> None:
        self.site = site
        self.clock = clock
        self.calls: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.seconds = 0.0
        """Processor time of the simulation itself."""

        self._random = Random(seed)
        self.controller = Controller(site, Random(seed + 1), clock.now())
        self._user = user
        self._lock = threading.Lock()
        self._late: list[tuple[float, Callable[[], Ran]]] = []
        self._down_at, self._up_at = float("inf"), 0.0
        self._plan_restart(clock.now())
        self._tokens, self._filled_at = float(site.burst), clock.now()

    def __call__(
        self, command: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: bytes = b""
    ) -> Ran | TimedOut:
        """Answer one call, as the program on the PATH would."""
        with self._lock:
            begun = time.thread_time()
            try:
                return self._answered(command, environment, seconds, stdin)
            finally:
                self.seconds += time.thread_time() - begun

    def finish(self, most_seconds: float = 1e7) -> None:
        """Let time pass until no job is left that would run, without any call."""
        with self._lock:
            end = self.clock.now() + most_seconds
            while (at := self.controller.next_event()) is not None and at < end:
                self.clock.sleep(at - self.clock.now())
                self._catch_up()

    def _answered(
        self, command: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: bytes
    ) -> Ran | TimedOut:
        name = command[0]
        self.calls[name] += 1
        self._catch_up()
        self._wait_for_a_token()
        self.clock.sleep(self.site.times.start)
        self._catch_up()
        answer = self._programs()[name]

        def doing() -> Ran:
            return answer(command[1:], environment, stdin)

        fault = self._fault() if name != "sacct" else None
        if fault is not None:
            self.faults[fault] += 1
            return self._failed(name, fault, seconds, doing)
        try:
            ran = doing()
        except Full:
            return self._retried(doing, seconds)
        self.clock.sleep(self._controller_seconds(ran.out.count("\n")))
        return ran

    def _programs(self) -> dict[str, Callable[[Sequence[str], Mapping[str, str], bytes], Ran]]:
        return {
            "sbatch": self._sbatch,
            "squeue": self._squeue,
            "sacct": self._sacct,
            "scontrol": self._scontrol,
            "scancel": self._scancel,
        }

    def _controller_seconds(self, rows: int) -> float:
        times = self.site.times
        return (times.answer + times.row * rows) * times.slowness * self._random.lognormvariate(0, 0.15)

    def _catch_up(self) -> None:
        """Let happen what happens until now: jobs, restarts, and messages that were on their way."""
        now = self.clock.now()
        while self._late and self._late[0][0] <= now:
            at, doing = self._late.pop(0)
            self.controller.advance(at)
            try:
                doing()
            except Full:
                self.refusals["full"] += 1
        self.controller.advance(now)
        if now >= self._up_at and now >= self._down_at:
            self._plan_restart(now)

    def _plan_restart(self, now: float) -> None:
        faults = self.site.faults
        if faults.restart_every:
            self._down_at = max(now, self._up_at) + self._random.expovariate(1 / faults.restart_every)
            self._up_at = self._down_at + self._random.uniform(0.2, 1.8) * faults.restart_takes

    def _wait_for_a_token(self) -> None:
        """Wait as a program does whom the controller tells that it asks too often: a second at a time."""
        if self.site.rate is None:
            return
        while True:
            now = self.clock.now()
            self._tokens = min(self.site.burst, self._tokens + (now - self._filled_at) * self.site.rate)
            self._filled_at = now
            if self._tokens >= 1:
                self._tokens -= 1
                return
            self.refusals["rate"] += 1
            self.clock.sleep(1.0)

    def _fault(self) -> str | None:
        """Return how this call fails, if it does."""
        if self._down_at <= self.clock.now() < self._up_at:
            return "down"
        faults, drawn = self.site.faults, self._random.random()
        for name in ("unheard", "unanswered", "hanging", "late", "refused"):
            drawn -= getattr(faults, name)
            if drawn < 0:
                return name
        return None

    def _failed(self, name: str, fault: str, seconds: float, doing: Callable[[], Ran]) -> Ran | TimedOut:
        times = self.site.times
        if fault in ("unanswered", "hanging"):
            try:
                doing()
            except Full:
                self.refusals["full"] += 1
        if fault == "late" and name in ("sbatch", "scancel"):
            self._late.append((self.clock.now() + self.site.faults.late_after, doing))
            self._late.sort(key=lambda one: one[0])
        if fault == "hanging":
            self.clock.sleep(seconds)
            return TimedOut(seconds, "")
        is_gone = fault in ("refused", "down")
        self.clock.sleep(times.refused if is_gone else times.timeout)
        said = NO_CONTROLLER if is_gone else NO_ANSWER
        if name == "scancel":
            return Ran(8, "", f"scancel: error: Kill job error on job id 0: {said}\n")
        return Ran(1, "", f"{SAYS[name]}{said}\n")

    def _retried(self, doing: Callable[[], Ran], seconds: float) -> Ran | TimedOut:
        """Try again as sbatch does where there is no room: after 1, 2, 3, ... 15 seconds."""
        self.refusals["full"] += 1
        left = min(self.site.times.full, seconds)
        pause = 1.0
        while left > 0:
            self.clock.sleep(min(pause, left))
            left, pause = left - pause, pause + 1
            self._catch_up()
            try:
                ran = doing()
            except Full:
                continue
            waited = "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\n"
            return Ran(ran.code, ran.out, waited + ran.err)
        said = "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\n"
        return Ran(1, "", f"{said}{FAILED}Resource temporarily unavailable\n")

    def _sbatch(self, words: Sequence[str], environment: Mapping[str, str], stdin: bytes) -> Ran:
        options = dict(word.removeprefix("--").partition("=")[::2] for word in words)
        assert "parsable" in options, words
        tasks, most_active = options.get("array"), None
        if tasks is not None:
            tasks, _, most = tasks.partition("%")
            most_active = int(most) if most else None
        try:
            number = self.controller.submit(
                options["job-name"],
                options.get("comment", ""),
                Path(options["chdir"]),
                options["output"],
                traces.Script.read(stdin.decode()),
                is_requeued="requeue" in options,
                indices=None if tasks is None else sorted(indices_of(tasks)),
                most_active=most_active,
            )
        except Refused as error:
            *before, last = str(error).split("\n")
            self.refusals[last] += 1
            lines = [*(f"sbatch: error: {line}\n" for line in before), f"{FAILED}{last}\n"]
            return Ran(1, "", "".join(lines))
        return Ran(0, f"{number}\n", "")

    def _squeue(self, words: Sequence[str], environment: Mapping[str, str], stdin: bytes) -> Ran:
        known = ("--noheader", "--states=all", "--format=", "--user=", "--array-unique")
        assert all(word.startswith(known) for word in words), words
        form = next(word.removeprefix("--format=") for word in words if word.startswith("--format="))
        shown = int(environment.get("SLURM_BITSTR_LEN") or MOST_SHOWN)
        values: dict[str, str] = {"%u": self._user}
        put = _filled(form)
        rows = []
        for made, task in self.controller.listed():
            values.update(_values(made, task, shown))
            rows.append(put(values))
        return Ran(0, "".join(rows), "")

    def _sacct(self, words: Sequence[str], environment: Mapping[str, str], stdin: bytes) -> Ran:
        if not self.site.has_accounting:
            return Ran(1, "", "Slurm accounting storage is disabled\n")
        options = dict(word.removeprefix("--").partition("=")[::2] for word in words)
        delimiter, names = options.get("delimiter", "|"), options["format"].split(",")
        rows = []
        for task in self._accounted(WORD.findall(options["jobs"])):
            values = _account(task)
            rows.append(delimiter.join(values[name] for name in names) + "\n")
            if task.started is not None:
                word = "FAILED" if task.word == CANCELLED else task.word  # the script ends by its own
                step = {name: values.get(name, "") for name in names} | {
                    "State": word,
                    "MaxRSS": "102400K",
                    "Comment": "",
                }
                step |= {name: f"{values[name]}.batch" for name in ("JobID", "JobIDRaw") if name in step}
                rows.append(delimiter.join(step[name] for name in names) + "\n")
        return Ran(0, "".join(rows), "")

    def _accounted(self, wanted: Iterable[str]) -> Iterator[Task]:
        accounts = self.controller.accounts
        for word in wanted:
            number, indices = parsed(word)
            if indices is None:
                if (one := accounts.get(word)) is not None:
                    yield one
            else:
                yield from (task for index in indices if (task := accounts.get(f"{number}_{index}")) is not None)

    def _scontrol(self, words: Sequence[str], environment: Mapping[str, str], stdin: bytes) -> Ran:
        asked = [word for word in words if not word.startswith("-")]
        if asked[:2] == ["show", "config"]:
            limits = {"MaxArraySize": self.site.max_array_size, "MaxJobCount": self.site.max_job_count}
            said = "".join(f"{name:<24}= {value}\n" for name, value in limits.items())
            return Ran(0, f"Configuration data as of {_time(self.clock.now())}\n{said}", "")
        assert asked == ["show", "job"], words
        rows = []
        for made, task in self.controller.listed():
            of_array = f"ArrayJobId={made.number} ArrayTaskId={_index(made, task)} " if made.is_array else ""
            number, word, code = (task.number, task.word, task.exits) if task else (made.number, PENDING, (0, 0))
            rows.append(
                f"JobId={number} {of_array}JobName={made.name} JobState={word} Reason=None BatchFlag=1 Reboot=0 "
                f"ExitCode={code[0]}:{code[1]} RunTime=00:00:00 \n"
            )
        return Ran(0, "".join(rows), "")

    def _scancel(self, words: Sequence[str], environment: Mapping[str, str], stdin: bytes) -> Ran:
        """End jobs. Of a job that there is not, scancel says nothing."""
        for word in words:
            self.controller.cancel(*parsed(word))
        return Ran(0, "", "")


def parsed(word: str) -> tuple[int, list[int] | None]:
    """Return the number of a job and the indices of tasks, of a word such as `12`, `12_7` or `12_[1-5,8]`."""
    found = TASKS.fullmatch(word)
    assert found is not None, word
    indices = found[2] or found[3]
    return int(found[1]), None if indices is None else indices_of(indices)


def indices_of(text: str) -> list[int]:
    """Return the indices of a list such as `1-5,8`, or of one with steps, such as `0-9:2`."""
    found: list[int] = []
    for part in text.split(","):
        span, _, step = part.partition(":")
        first, _, last = span.partition("-")
        found.extend(range(int(first), int(last or first) + 1, int(step or 1)))
    return found


def ranges(indices: Iterable[int]) -> str:
    """Return indices in order as Slurm writes them, such as `0,6,8-999`."""
    parts: list[list[int]] = []
    for index in indices:
        if parts and parts[-1][1] == index - 1:
            parts[-1][1] = index
        else:
            parts.append([index, index])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def _filled(form: str) -> Callable[[Mapping[str, str]], str]:
    """Return what makes a row of a format such as `%A %T`."""
    pieces = re.split(r"(%[A-Za-z])", form)

    def put(values: Mapping[str, str]) -> str:
        return "".join([values[piece] if piece[:1] == "%" else piece for piece in pieces]) + "\n"

    return put


def _values(made: Submission, task: Task | None, shown: int = 0) -> dict[str, str]:
    """Return what squeue shows of a job; without a task, of those that wait."""
    index = _index(made, task, shown)
    if task is None:
        word = PENDING if made.cancelled is None else CANCELLED
        name = f"{made.number}_[{index}]" if made.is_array else str(made.number)
        number, reason, start, end, node = made.number, "Priority", made.cancelled, made.cancelled, ""
    else:
        name, word, number, reason = task.id, task.word, task.number, task.reason
        start, end, node = task.started, task.ended, task.node if task.word != PENDING else ""
        if task.word == RUNNING and start is not None:
            end = start + TIME_LIMIT  # when Slurm expects the end
    return {
        "%A": str(number), "%T": word, "%k": made.comment or "(null)", "%V": _time(made.submitted), "%S": _time(start),
        "%e": _time(end), "%N": node, "%r": reason, "%F": str(made.number), "%K": index, "%i": name, "%j": made.name,
    }  # fmt: skip


def _index(made: Submission, task: Task | None, shown: int = 0) -> str:
    """Return the index of a task, or the list of those that wait, as `%K` has it. `shown` cuts it; 0 does not."""
    if not made.is_array:
        return "N/A"
    if task is not None:
        return str(task.index)
    text = ranges(index for index in made.waiting if index is not None)
    if shown and len(text) > shown:
        text = text[: shown - 4].rpartition(",")[0] + ",..."
    return text if made.most_active is None else f"{text}%{made.most_active}"


def _account(task: Task) -> dict[str, str]:
    ran = int(task.ended - task.started) if task.started is not None and task.ended is not None else 0
    made = task.submission
    return {
        "JobID": task.id, "JobIDRaw": str(task.number), "State": task.word, "Submit": _time(made.submitted),
        "ExitCode": f"{task.exits[0]}:{task.exits[1]}", "Start": _time(task.started),
        "End": _time(task.ended, "Unknown"),
        "ElapsedRaw": str(ran), "NodeList": task.node or "None assigned", "MaxRSS": "", "TotalCPU": "00:01.500",
        "WorkDir": str(made.folder), "Comment": made.comment, "JobName": made.name,
    }  # fmt: skip


@lru_cache(maxsize=1 << 16)
def _time(seconds: float | None, without: str = "N/A") -> str:
    return without if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
