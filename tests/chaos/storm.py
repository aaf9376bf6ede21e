"""The storm: many payloads, a hostile server, and a client that is killed at random, until all is settled.

    python tests/chaos/storm.py --seeds 5 --payloads 60
    python tests/chaos/storm.py --seeds 1 --first 7      the storm of one seed

prints one line of figures, and the seed of each storm that went wrong; it exits with 1 if a payload started twice or a
job was forgotten.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from chaos.hostile import Hostile, Job

from specc.submission import Ledger, Record, State, verify_ledger

PATIENCE = 0.15
MOST_RUNS = 400

SETTINGS = """
project = "chaos"
target = "cloud"
[ledger]
path = "ledger.sqlite"
[targets.cloud]
kind = "ehpc"
endpoint = "{endpoint}"
job = {{zone = "z", cluster_id = "c", run_user = "u"}}
"""
KEYS = {"QY_ACCESS_KEY_ID": "KEYKEYKEYKEY", "QY_SECRET_ACCESS_KEY": "secret"}
SPEC = """
specc: 1
matrix: {{axes: {{n: {{from: 1, to: {count}}}}}}}
job:
  name: "storm-{{{{ matrix.n }}}}"
  cmd_line: "run {{{{ matrix.n }}}} {{{{ cell.attempt }}}}"
  core_limit: 1
"""
FAILING = 3
"""Each job whose number can be divided by this fails as its first attempt."""


def end_of(job: Job) -> str:
    """How a job of the storm ends, where its ends are looked at."""
    _, number, attempt = str(job.body["cmd_line"]).split()
    return "exited" if int(number) % FAILING == 0 and attempt == "1" else "finished"


@dataclass
class Figures:
    """What happened. `lost` are jobs of the server that the ledger has neither as accepted nor as unknown; `shared`
    are jobs that two clients both believe to be theirs. `pairs` counts the payloads that two clients sent at once,
    `retried` the second attempts of jobs that failed."""

    payloads: int = 0
    retried: int = 0
    runs: int = 0
    kills: int = 0
    hangups: int = 0
    starved: int = 0
    bugs: int = 0
    shared: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    unknown: int = 0
    pairs: int = 0
    duplicates: int = 0
    lost: int = 0
    unsettled: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def is_good(self) -> bool:
        return not (self.duplicates or self.lost or self.unsettled or self.bugs or self.shared)

    def __str__(self) -> str:
        return (
            f"{self.payloads} payloads, {self.retried} tried again, {self.runs} runs, "
            f"{sum(self.faults.values())} faults of {len(self.faults)} "
            f"kinds, {self.kills} kills, {self.hangups} hangups, {self.starved} runs with few threads, "
            f"{self.unknown} unknown and settled, {self.pairs} payloads of two clients in one second; "
            f"duplicates = {self.duplicates}, lost = {self.lost}, unsettled = {self.unsettled}, "
            f"shared = {self.shared}, bugs = {self.bugs}"
        )


class Clients:
    """`specc` processes in a project of their own."""

    def __init__(self, folder: Path, keys: Mapping[str, str] = KEYS, patience: float = PATIENCE) -> None:
        self.folder = folder
        self.log = folder / "log"
        kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("client.py")), str(patience)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={**kept, **keys, "HOME": str(folder), "SPECC_TRUSTED_HOSTS": "http://127.0.0.1:*"},
        )

    def run(self, *arguments: str, **how: object) -> list[int]:
        """The exit statuses: -9 when it was killed in time."""
        self.begin(*arguments, **how)
        return self.end()

    def begin(self, *arguments: str, **how: object) -> None:
        """`at_once` processes, which get `signal` after `kill_after` seconds and may start so many `threads` each.

        `dies_at` is a moment at which the first of them kills itself, and the how-manieth of its kind.
        """
        assert self._process.stdin is not None
        usual = {"kill_after": None, "signal": signal.SIGKILL, "at_once": 1, "threads": None, "dies_at": None}
        call = {"arguments": arguments, "log": str(self.log), **usual, **how}
        print(json.dumps(call), file=self._process.stdin, flush=True)

    def end(self) -> list[int]:
        assert self._process.stdout is not None
        return [int(status) for status in self._process.stdout.readline().split()]

    def close(self) -> None:
        self._process.communicate()


def write_project(folder: Path, endpoint: str, payloads: int) -> Path:
    """Write a project with a ledger of its own, and return the ledger's path."""
    (folder / "specc.toml").write_text(SETTINGS.format(endpoint=endpoint))
    (folder / "storm.job.yaml").write_text(SPEC.format(count=payloads))
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        return ledger.path


class Storm:
    def __init__(self, folder: Path, seed: int, payloads: int, runs: int) -> None:
        self._random = random.Random(seed)
        self._count = payloads
        self._runs = runs
        skew = self._random.choice([0.0, 0.0, 3700.0, -90.0])
        self._server = Hostile(seed, share=0.6, patience=PATIENCE, skew=skew)
        self._ledger = write_project(folder, self._server.endpoint, payloads)
        self._clients = Clients(folder)
        self._unknown: set[str] = set()
        self._lost: set[str] = set()
        self.figures = Figures(payloads=payloads)
        self._failing = 0
        if seed % 2:
            self._server.ends, self._failing = end_of, payloads // FAILING
            self.figures.retried = self._failing

    def blow(self) -> Figures:
        try:
            self._submit_all()
            self._settle()
        finally:
            self._clients.close()
            self._server.close()
        self.figures.faults = self._server.faults
        self.figures.unknown, self.figures.lost = len(self._unknown), len(self._lost)
        return self.figures

    def _run(self, *arguments: str) -> None:
        """A run that is killed or hung up on at a random moment, or not; alone or with another; with few threads."""
        kill_after = self._random.choice([None, *(self._random.uniform(0.0, most * PATIENCE) for most in (1, 2, 4))])
        number = self._random.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGHUP])
        at_once = self._random.choice([1, 1, 1, 2])
        threads = self._random.choice([*[None] * 5, self._random.randrange(12)])
        statuses = self._clients.run(*arguments, kill_after=kill_after, signal=number, at_once=at_once, threads=threads)
        self.figures.runs += len(statuses)
        self.figures.bugs += statuses.count(101)
        self.figures.kills += statuses.count(-signal.SIGKILL)
        self.figures.hangups += statuses.count(-signal.SIGHUP) + statuses.count(130)
        self.figures.starved += len(statuses) if threads is not None else 0

    def _submit_all(self) -> None:
        """Until every payload has its job, or long enough. The ledger is held against the server after each run."""
        while self.figures.runs < self._runs:
            self._run("submit", "storm.job.yaml", "--max-in-flight", str(self._random.choice([1, 4, 8])), *self._how())
            self._compare()
            if self._random.random() < 0.4:
                self._run("ledger", "resolve", "--yes")
                self._dismiss()
            if len({one.digest for one in self._records() if one.state is State.ACCEPTED}) == self._all:
                return

    @property
    def _all(self) -> int:
        """How many payloads there are, with the second attempts."""
        return self._count + self._failing

    def _how(self) -> list[str]:
        """Options of a run: where jobs end it may wait, try again what fails, and feed the rest as they end."""
        if not self._failing:
            return []
        waits = self._random.choice(
            [[], ["--wait", "--timeout", "0.3"], ["--wait", "--retries", "1", "--timeout", "1"]]
        )
        return [*waits, *self._random.choice([[], ["--max-active", str(self._random.choice([3, 20]))]])]

    def _dismiss(self) -> None:
        """A user who looks at the server when nothing is on its way to it, and says what surely was not started."""
        self._server.wait_until_quiet()
        started = {job.digest for job in self._server.jobs}
        unknown = [one for one in self._records(recover=True) if one.state is State.UNKNOWN]
        attempts = [one.attempt for one in unknown if one.digest not in started]
        if attempts:
            self._run("ledger", "resolve", *attempts, "--dismiss", "--yes")

    def _compare(self) -> None:
        """What the server has, against what the ledger says, while the storm is at its worst."""
        jobs = list(self._server.jobs)
        records = self._records(recover=True)
        unknown = {record.digest: record.attempt for record in records if record.state is State.UNKNOWN}
        accepted = {record.uuid for record in records}
        self._unknown.update(unknown.values())
        self._lost.update(job.uuid for job in jobs if job.uuid not in accepted and job.digest not in unknown)

    def _settle(self) -> None:
        """In calm weather: what is there is found, what is not is dismissed and sent. Then each payload has its job."""
        self._server.calm = True
        self._server.wait_until_quiet()
        self._compare()
        self._clients.run("ledger", "resolve", "--yes")
        self._clients.run("ledger", "resolve", "storm.job.yaml", "--dismiss", "--yes")
        self._clients.run("submit", "storm.job.yaml", *(["--wait", "--retries", "1"] if self._failing else []))
        self.figures.duplicates = self._server.duplicates()
        records = self._records()
        accepted = {record.uuid: record.digest for record in records if record.state is State.ACCEPTED}
        jobs = {job.uuid: job.digest for job in self._server.jobs}
        self.figures.unsettled = len(accepted.items() ^ jobs.items()) + abs(len(jobs) - self._all)
        with Ledger.read(self._ledger) as ledger:
            self.figures.unsettled += len(list(verify_ledger(ledger, time.time())))

    def _records(self, *, recover: bool = False) -> Sequence[Record]:
        with Ledger.open(self._ledger) as ledger:
            if recover:
                ledger.recover()
            return ledger.all()


def pairs(folder: Path, payloads: int) -> Figures:
    """Two clients with ledgers of their own and one key send the same payloads to a gateway, all at once."""
    state = folder / "gateway"
    state.mkdir(mode=0o700)
    script = str(Path(__file__).with_name("gateway.py"))
    sides = {name: folder / name for name in ("one", "two")}
    clients = []
    with subprocess.Popen([sys.executable, script, str(state)], stdout=subprocess.PIPE, text=True) as gateway:
        try:
            assert gateway.stdout is not None
            endpoint = gateway.stdout.readline().strip()
            lines = (state / "keys.env").read_text().splitlines()
            pairs_of_key = [line.removeprefix("export ").partition("=") for line in lines]
            keys = {name: value.strip("'\"") for name, _, value in pairs_of_key if name in KEYS}
            for side in sides.values():
                side.mkdir()
                write_project(side, endpoint, payloads)
                clients.append(Clients(side, keys, patience=30.0))
            for client in clients:
                client.begin("submit", "storm.job.yaml", "--max-in-flight", "8")
            statuses = [status for client in clients for status in client.end()]
        finally:
            for client in clients:
                client.close()
            gateway.terminate()
    accepted: Counter[str] = Counter()
    for side in sides.values():
        with Ledger.read(side / "ledger.sqlite") as ledger:
            accepted.update(one.uuid for one in ledger.all() if one.uuid is not None)
    shared = sum(count - 1 for count in accepted.values())
    return Figures(pairs=payloads, bugs=statuses.count(101), shared=shared, unsettled=2 * payloads - accepted.total())


def storm(seeds: Sequence[int], payloads: int, runs: int = MOST_RUNS) -> Figures:
    total = Figures()
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            figures = Storm(Path(folder), seed, payloads, runs).blow()
        with tempfile.TemporaryDirectory() as folder:
            figures += pairs(Path(folder), payloads)
        if not figures.is_good:
            print(f"seed {seed}: {figures}", flush=True)
        total += figures
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description="Submit through a storm, and count what went wrong.")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--payloads", type=int, default=60)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    given = parser.parse_args()
    print(f"chaos: {given.seeds} storms, from seed {given.first} on", flush=True)
    figures = storm(range(given.first, given.first + given.seeds), given.payloads)
    print(f"chaos: {figures}")
    return 0 if figures.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
