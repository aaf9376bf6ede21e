"""Tries random inputs for some minutes: none may end in a traceback, take long or much memory, or break another law.

    python tests/fuzz/run.py --minutes 10 [--seed WORD] [--workers 2] [--replay build/fuzz/FOLDER]
    python tests/fuzz/run.py --inputs 4000 --seed WORD [--first 1200]

prints the seed, by which a run can be repeated, and what was tried. With `--inputs`, a run of one seed tries the same,
however long it takes. Each fault is made small and written to `build/fuzz/`; with one, the exit code is 1.
"""

import argparse
import json
import mmap
import os
import resource
import secrets
import shutil
import signal
import struct
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fuzz.generators import Input, made
from fuzz.judging import Fault, judge

OUT = Path(__file__).parents[2] / "build" / "fuzz"
BLOCK = 200
"""So many inputs does a process try before another takes over, so that none profits from what others left behind."""
MOST_OF_A_LAW = 3
"""So many inputs of one broken law are kept."""
TRIES, PATIENCE = 300, 20.0
CHILD = struct.Struct("q")


@dataclass
class Figures:
    """What was tried so far, and which laws were broken how often."""

    tried: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[tuple[int, Fault]]] = field(default_factory=dict)


def main() -> int:
    options = _options()
    if options.replay is not None:
        return _replay(options.replay)
    seed = options.seed or os.environ.get("SEED") or secrets.token_hex(4)
    print(f"seed {seed}: `make fuzz SEED={seed}` tries the same inputs", flush=True)
    figures = _run(seed, options)
    _keep(figures, seed)
    for law, count in figures.broken.most_common():
        print(f"  {count:>6} broke: {law}")
    return 1 if figures.broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed")
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--inputs", type=int, help="try so many, in whatever time they take")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--replay", type=Path, help="a folder that an earlier run has written")
    return parser.parse_args()


def _run(seed: str, options: argparse.Namespace) -> Figures:
    """Blocks of inputs, so many at a time, until the time is over or there are enough."""
    figures, began, following = Figures(), time.monotonic(), options.first
    seconds = options.minutes * 60 if options.inputs is None else float("inf")
    last = options.first + options.inputs if options.inputs is not None else sys.maxsize
    running: dict[int, _Block] = {}
    while running or (time.monotonic() - began < seconds and following < last):
        while len(running) < options.workers and time.monotonic() - began < seconds and following < last:
            block = _Block(seed, following, min(following + BLOCK, last))
            following += BLOCK
            running[block.begin()] = block
        if not running:
            break
        pid, status = os.wait()
        if pid in running:
            block = running.pop(pid)
            if block.ended(status, figures) is not None and time.monotonic() - began < seconds:
                running[block.begin()] = block
        _say(figures, time.monotonic() - began)
    _say(figures, time.monotonic() - began, is_last=True)
    return figures


_SAID = [0.0]


def _say(figures: Figures, seconds: float, *, is_last: bool = False) -> None:
    if not is_last and seconds - _SAID[0] < 60:
        return
    _SAID[0] = seconds
    total = figures.tried.total()
    kinds = ", ".join(f"{name} {count:,}" for name, count in figures.tried.most_common())
    faults = f"{figures.broken.total():,} faults of {len(figures.broken)} kinds"
    print(
        f"{total:,} inputs in {seconds:.0f} s, {total / max(seconds, 1):.0f} a second ({kinds}): {faults}", flush=True
    )


class _Block:
    """Inputs that one process tries. It says in shared memory which one it has begun, and in a pipe what was broken."""

    def __init__(self, seed: str, start: int, stop: int) -> None:
        self.seed, self.start, self.stop = seed, start, stop
        self.current = mmap.mmap(-1, CHILD.size)
        self.folder = Path(
            tempfile.mkdtemp(prefix="specc-fuzz-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        )

    def begin(self) -> int:
        """The process that tries them from `start` on."""
        self.report = self.folder / "report.jsonl"
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                self._try_all()
                code = 0
            finally:
                os._exit(code)
        return pid

    def _try_all(self) -> None:
        place = _prepared(self.folder)
        with self.report.open("a", encoding="utf-8") as report:
            for number in range(self.start, self.stop):
                self.current[:] = CHILD.pack(number)
                kind, tried = made(self.seed, number)
                _limit_time()
                fault = judge(tried, place)
                report.write(
                    json.dumps([number, kind, tried.count, *((fault.law, fault.detail) if fault else ())]) + "\n"
                )
                if fault is not None and fault.law.startswith("memory"):
                    report.flush()
                    os._exit(3)  # what was needed at most stays known, and would be said of all that follow

    def ended(self, status: int, figures: Figures) -> int | None:
        """Counts what was done; the number to go on with, if there is one."""
        done = self.start - 1
        for line in self.report.read_text(encoding="utf-8").splitlines() if self.report.exists() else ():
            number, kind, count, *fault = json.loads(line)
            done = max(done, number)
            figures.tried[kind] += count
            if fault:
                _note(figures, self.seed, number, Fault(*fault))
        self.report.unlink(missing_ok=True)
        if status != 0 and os.waitstatus_to_exitcode(status) != 3:
            done = CHILD.unpack(self.current[:])[0]
            how = os.waitstatus_to_exitcode(status)
            law = "time (killed)" if how in (-signal.SIGXCPU, -signal.SIGPROF) else f"the process ended with {how}"
            figures.tried[made(self.seed, done)[0]] += 1
            _note(figures, self.seed, done, Fault(law, ""))
        self.start = done + 1
        if self.start < self.stop:
            return self.start
        shutil.rmtree(self.folder, ignore_errors=True)
        return None


def _prepared(folder: Path) -> Path:
    """The folder of the inputs, as the current one, in an environment of its own."""
    place = folder / "work"
    place.mkdir(exist_ok=True)
    for name in ("STATE", "CACHE", "CONFIG", "DATA"):
        os.environ[f"XDG_{name}_HOME"] = str(folder / name.lower())
    os.environ.update(HOME=str(folder), SPECC_NO_FORKS="1", NO_COLOR="1")
    os.environ.pop("CI", None)
    os.chdir(place)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return place


def _limit_time() -> None:
    """The process is killed when one input takes so much processor time: it may be in C, where nothing else helps."""
    signal.setitimer(signal.ITIMER_PROF, 30)


def _note(figures: Figures, seed: str, number: int, fault: Fault) -> None:
    """Counts a fault, and keeps the first few of each law as they are."""
    figures.broken[fault.law] += 1
    if figures.broken[fault.law] <= MOST_OF_A_LAW:
        print(f"input {number} broke: {fault.law}", flush=True)
        _write(OUT / f"{seed}-{number}", made(seed, number)[1], fault)
        figures.faults.setdefault(fault.law, []).append((number, fault))


def _keep(figures: Figures, seed: str) -> None:
    """Makes one input of each broken law small, the smallest ones first."""
    for faults in figures.faults.values():
        number, fault = min(faults, key=lambda found: made(seed, found[0])[1].size)
        small, fault = _smaller(made(seed, number)[1], fault)
        _write(OUT / f"{seed}-{number}", small, fault)
        print(f"kept: {OUT / f'{seed}-{number}'}: {fault.law}", flush=True)


def _write(place: Path, tried: Input, fault: Fault) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name, data in tried.files.items():
        (place / name).write_bytes(data)
    about = {"kind": tried.kind, "commands": tried.commands, "law": fault.law, "detail": fault.detail}
    (place / "fault.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def _replay(place: Path) -> int:
    about = json.loads((place / "fault.json").read_text(encoding="utf-8"))
    files = {path.name: path.read_bytes() for path in place.iterdir() if path.name != "fault.json"}
    fault = _fault_of(Input(about["kind"], files, tuple(map(tuple, about["commands"]))))
    print(f"{fault.law}\n{fault.detail}" if fault else "no law is broken")
    return 1 if fault else 0


# smaller


def _fault_of(tried: Input) -> Fault | None:
    """What an input breaks, found in a process of its own."""
    folder = Path(tempfile.mkdtemp(prefix="specc-fuzz-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    answer = folder / "answer.json"
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            place = _prepared(folder)
            signal.setitimer(signal.ITIMER_PROF, 12)
            fault = judge(tried, place)
            answer.write_text(json.dumps([fault.law, fault.detail] if fault else None), encoding="utf-8")
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    said = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else ["killed", str(status)]
    shutil.rmtree(folder, ignore_errors=True)
    return Fault(*said) if said else None


def _smaller(tried: Input, fault: Fault) -> tuple[Input, Fault]:
    """The input without what the fault does not need, as far as some hundred tries show."""
    left, until = [TRIES], time.monotonic() + PATIENCE

    def breaks(candidate: Input) -> Fault | None:
        if left[0] <= 0 or time.monotonic() > until:
            return None
        left[0] -= 1
        found = _fault_of(candidate)
        return found if found is not None and found.law == fault.law else None

    for command in tried.commands:
        alone = replace(tried, commands=(command,))
        if len(tried.commands) > 1 and (found := breaks(alone)):
            tried, fault = alone, found
            break
    for name in sorted(tried.files, key=lambda name: -len(tried.files[name])):
        for unit in (b"\n", b""):
            tried, fault = _without(tried, fault, name, unit, breaks)
    return tried, fault


def _without(tried: Input, fault: Fault, name: str, unit: bytes, breaks) -> tuple[Input, Fault]:
    """One file without the lines, or the bytes, that the fault does not need: halves first, then smaller parts."""
    data = tried.files[name]
    parts = data.splitlines(keepends=True) if unit else [data[index : index + 1] for index in range(len(data))]
    size = max(1, len(parts) // 2)
    while parts:
        start, changed = 0, False
        while start < len(parts):
            fewer = parts[:start] + parts[start + size :]
            candidate = replace(tried, files={**tried.files, name: b"".join(fewer)})
            found = breaks(candidate)
            if found is not None:
                tried, fault, parts, changed = candidate, found, fewer, True
            else:
                start += size
        if size == 1 and not changed:
            break
        size = max(1, size // 2)
        if size == 1 and len(parts) > 200:
            break
    return tried, fault


if __name__ == "__main__":
    sys.exit(main())
