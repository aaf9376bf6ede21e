"""Slurm's programs on a made-up cluster: `python cluster_programs.py FOLDER PROGRAM ARGUMENTS...`.

They keep jobs and arrays in a folder, start nothing, and import nothing of specc. By the file `chances` in the folder
they fail, each in its own ways. `support.fake_cluster` is the other half, which runs the tasks.
"""

import fcntl
import json
import os
import re
import signal
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

RECORD, FIELD = "\x1e", "\x1f"
AT = "2026-01-02T03:04:05"
LAST_STATES = ("COMPLETED", "FAILED", "CANCELLED", "NODE_FAIL", "TIMEOUT")
NO_CONTROLLER = "Unable to contact slurm controller (connect failure)"
NO_ROOM = "sbatch: error: QOSMaxSubmitJobPerUserLimit"
NO_ROOM_ANSWER = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"


class Job:
    """A job, or an array, in its folder. `events` has a line for each change of a task, the last one counts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = int(folder.name)
        self.asked = json.loads((folder / "asked").read_text())
        self.tasks: list[int] | None = self.asked["tasks"]

    @property
    def is_forgotten(self) -> bool:
        """Whether the controller does not know the job, which may start all the same."""
        return (self.folder / "forgotten").exists()

    def forget(self) -> None:
        (self.folder / "forgotten").touch()

    def states(self, back: int = 0) -> dict[int, str]:
        """Return the state of each task, of a job its own as that of -1; or those before the last events."""
        path = self.folder / "events"
        events = path.read_text().splitlines() if path.exists() else []
        states = dict.fromkeys(self.tasks if self.tasks is not None else [-1], "PENDING")
        for event in events[: len(events) - back]:
            task, _, word = event.partition(" ")
            states[int(task)] = word
        return states

    def note(self, task: int, word: str) -> None:
        with open(self.folder / "events", "ab", buffering=0) as file:
            file.write(f"{task} {word}\n".encode())

    def id_of(self, task: int) -> str:
        return str(self.number) if self.tasks is None else f"{self.number}_{task}"


def jobs_of(here: Path, *, all: bool = False) -> list[Job]:
    """Return the jobs that the controller knows, by their numbers; or also those that it has forgotten."""
    jobs = [Job(path) for path in sorted((here / "jobs").iterdir(), key=lambda path: int(path.name))]
    return jobs if all else [job for job in jobs if not job.is_forgotten]


def numbers_of(ranges: str) -> list[int]:
    found: list[int] = []
    for part in ranges.partition("%")[0].split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def ranges_of(numbers: list[int]) -> str:
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in parts)


def setting(here: Path, name: str, usual: int) -> int:
    path = here / name
    return int(path.read_text()) if path.exists() else usual


def fail(program: str, answer: str) -> None:
    sys.exit(f"{program}: error: Batch job submission failed: {answer}")


def sbatch(here: Path, words: list[str]) -> str:
    """Take a job, and return what is said of it."""
    options = dict(word.removeprefix("--").split("=", 1) for word in words if word.startswith("--") and "=" in word)
    script = sys.stdin.read()
    tasks = numbers_of(options["array"]) if "array" in options else None
    if tasks is not None and max(tasks) >= setting(here, "max-array", 1001):
        fail("sbatch", "Invalid job array specification")
    asked = {name: options.get(name, "") for name in ("comment", "chdir", "output", "array", "job-name")}
    with open(here / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = sum(word not in LAST_STATES for job in jobs_of(here) for word in job.states().values())
        if waiting + len(tasks or [0]) > setting(here, "most-jobs", 10**6):
            sys.exit(f"{NO_ROOM}\nsbatch: error: Batch job submission failed: {NO_ROOM_ANSWER}")
        number = len(os.listdir(here / "jobs")) + 1
        draft = here / f"draft.{os.getpid()}"
        draft.mkdir()
        (draft / "script").write_text(script)
        (draft / "asked").write_text(json.dumps({**asked, "tasks": tasks}))
        draft.rename(here / "jobs" / str(number))
    return f"{number}\n"


def squeue(here: Path, words: list[str], back: int = 0) -> str:
    return "".join(RECORD + FIELD.join(line) + "\n" for job in jobs_of(here) for line in _lines(job, back))


def _lines(job: Job, back: int) -> Iterator[tuple[str, ...]]:
    """Yield the job as squeue lists it: tasks that have not begun together, all others on lines of their own."""
    states = job.states(back)
    times = (AT, "N/A", "N/A", "")
    waiting = [task for task, word in states.items() if word == "PENDING" and job.tasks is not None]
    if waiting:
        limit = job.asked["array"].partition("%")[2]
        listed = f"{job.number}_[{ranges_of(waiting)}{'%' + limit if limit else ''}]"
        yield listed, "PENDING", job.asked["comment"], *times, "Priority"
    for task, word in states.items():
        if task not in waiting:
            reason = "NonZeroExitCode" if word == "FAILED" else "None"
            yield job.id_of(task), word, job.asked["comment"] or "(null)", *times, reason


def sacct(here: Path, words: list[str]) -> str:
    """Say what became of jobs, also of those that the controller has forgotten after their end."""
    if not (here / "accounting").exists():
        sys.exit("Slurm accounting storage is disabled")
    wanted = next(word for word in words if word.startswith("--jobs=")).removeprefix("--jobs=")
    said = []
    for job, task in _meant(here, re.findall(r"\d+(?:_(?:\[[\d,-]+\]|\d+))?", wanted), all=True):
        word = job.states()[task]
        if job.is_forgotten and word not in LAST_STATES:
            continue
        code = "0:0" if word != "FAILED" else "1:0"
        times = (AT, AT, AT, "1") if word in LAST_STATES else (AT, "Unknown", "Unknown", "0")
        comment, folder = job.asked["comment"], job.asked["chdir"]
        said.append(FIELD.join((job.id_of(task), word, code, *times, "node1", "", "", folder, comment)) + "\n")
    return "".join(said)


def scancel(here: Path, words: list[str]) -> str:
    for job, task in _meant(here, words):
        if job.states()[task] not in LAST_STATES:
            job.note(task, "CANCELLED")
    return ""


def _meant(here: Path, words: list[str], *, all: bool = False) -> Iterator[tuple[Job, int]]:
    """Yield the tasks that words such as `12`, `12_7` and `12_[7,9-10]` name, as far as they are known."""
    jobs = {job.number: job for job in jobs_of(here, all=all)}
    for word in words:
        number, _, tasks = word.partition("_")
        job = jobs.get(int(number))
        for task in numbers_of(tasks.strip("[]")) if tasks else [-1]:
            if job is not None and task in (job.tasks if job.tasks is not None else [-1]):
                yield job, task


def scontrol(here: Path, words: list[str]) -> str:
    if words[-2:] == ["show", "config"] and not (here / "silent").exists():
        return f"MaxArraySize            = {setting(here, 'max-array', 1001)}\n"
    return ""


DUTIES = {"sbatch": sbatch, "squeue": squeue, "sacct": sacct, "scancel": scancel, "scontrol": scontrol}
NOTHING_DONE = ("dies-before", "refuses", "rejects", "full", "timed-out-before", "hangs-before")
SUBMISSION_FAILED = {
    "refuses": NO_CONTROLLER,
    "rejects": "Invalid qos specification",
    "full": "Slurm temporarily unable to accept job, sleeping and retrying",
    "timed-out-before": "Socket timed out on send/recv operation",
    "timed-out-after": "Socket timed out on send/recv operation",
}


def chosen_fault(here: Path, program: str) -> str:
    """Return the fault of this call, by the chances of the program's faults; an empty text for none."""
    path = here / "chances"
    if not path.exists():
        return ""
    chances = json.loads(path.read_text())
    with open(here / "calls", "ab", buffering=0) as calls:
        calls.write(b".")
        number = calls.tell()
    for fault, chance in chances.get(program, {}).items():
        if zlib.crc32(f"{chances['seed']} {number} {fault}".encode()) / 2**32 < chance:
            with open(here / "faults", "a") as file:
                file.write(f"{program}:{fault}\n")
            return str(fault)
    return ""


def serve(here: Path, program: str, words: list[str]) -> None:
    """Do the duty of a program, or fail before it, or after it."""
    fault = chosen_fault(here, program)
    if fault in NOTHING_DONE:
        _end_with(program, fault)
    if fault == "slow":
        time.sleep(0.3)
    if fault == "forgets":
        newest = jobs_of(here)[-1:]
        for job in newest:
            job.forget()
    said = squeue(here, words, back=5) if fault == "old" else DUTIES[program](here, words)
    match fault:
        case "silent" | "nothing":
            said = ""
        case "garbage":
            said = "Segmentation fault (core dumped)\n"
        case "two-lines":
            said += f"{int(said) + 1}\n"
        case "cut":
            said = said[: len(said) // 2]
        case "wrapped":
            said = f"Welcome!\n{said}"
        case _:
            pass
    if fault in ("dies-after", "cut"):
        sys.stdout.write(said if fault == "cut" else "")
        sys.stdout.flush()
    if fault in ("dies-after", "cut", "timed-out-after", "hangs-after"):
        _end_with(program, fault)
    sys.stdout.write(said)


def _end_with(program: str, fault: str) -> None:
    if fault.startswith("hangs"):
        time.sleep(4)
    if fault.startswith(("dies", "cut", "hangs")):
        os.kill(os.getpid(), signal.SIGKILL)
    if program == "sbatch":
        fail("sbatch", SUBMISSION_FAILED[fault])
    sys.exit(f"slurm_load_jobs error: {NO_CONTROLLER}")


def main() -> None:
    here, program, words = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    with open(here / "busy", "a") as busy:
        fcntl.flock(busy, fcntl.LOCK_SH)
        serve(here, program, words)


if __name__ == "__main__":
    main()
