"""A storm over arrays: sweeps at a made-up Slurm whose programs fail in every way, whose controller forgets and has too
little room, and whose nodes die; and clients that are killed at random and at the worst moments, also two at once.

    python tests/chaos/arrays.py --seeds 5 --cells 400
    python tests/chaos/arrays.py --seeds 1 --first 7      the storm of one seed

At the end the site starts all that it ever had, each task in several copies and in any order, and once more after the
files of the jobs were removed. It prints one line of figures, and exits with 1 if an attempt of a cell ran twice, or a
cell never ran.
"""

import argparse
import json
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from chaos.storm import Clients
from support.fake_cluster import Cluster

from specc.submission import Ledger, Record, State, verify_ledger

PATIENCE = 0.1
MOST_RUNS = 40
MOST_ROUNDS = 12
SETTINGS = """\
project = "storm"
target = "cluster"
[ledger]
path = "ledger.sqlite"
[targets.cluster]
kind = "slurm"
run_as = "caller"
directory = "{folder}/shared"
job = {{zone = "z", cluster_id = "c", run_user = "u"}}
"""
SPEC = """\
specc: 1
params: {{wave: {{type: integer, default: 0}}}}
matrix: {{axes: {{n: {{from: 1, to: {count}}}, c: [1, 2]}}}}
job:
  name: "cell-{{{{ matrix.n }}}}"
  core_limit: "{{{{ matrix.c }}}}"
  cmd_line: |
    echo {{{{ params.wave }}}}.{{{{ matrix.n }}}}.{{{{ matrix.c }}}}.{{{{ cell.attempt }}}} >> {folder}/ran
    [ $(({{{{ matrix.n }}}} % 5)) -ne 0 ] || [ {{{{ cell.attempt }}}} -gt 1 ]
"""
"""The cells of a wave are two arrays, with other cores. Every fifth fails as a first attempt."""

SPEC_NAME = "sweep.job.yaml"
SENDING = (
    "in the folder", "after the folder", "in the intents", "after the intents", "before sbatch",
    "while a program starts", "after sbatch", "after a refusal", "in the outcomes", "in the outcomes",
    "while resuming", "in a list of jobs",
)  # fmt: skip
ASKING = ("in a list of jobs", "while noting states", "in the outcomes")
CLEANING = ("in a list of jobs", "while cleaning", "in a removal", "after cleaning")
MOMENTS_OF = {"submit": SENDING, "retry": SENDING, "clean": CLEANING}
CHANCES = {
    "sbatch": (
        "dies-before", "dies-after", "silent", "garbage", "two-lines", "wrapped", "refuses", "rejects", "full",
        "timed-out-before", "timed-out-after", "hangs-before", "hangs-after", "forgets", "slow",
    ),
    "squeue": ("dies-before", "refuses", "cut", "nothing", "old", "hangs-before", "forgets", "slow"),
    "scancel": ("dies-before", "dies-after", "refuses", "hangs-after"),
    "scontrol": ("dies-before", "refuses", "nothing"),
    "sacct": ("dies-before", "refuses", "nothing"),
}  # fmt: skip
REASONS = "exit,node,stopped,lost,memory,time,preempted"
LAST = ("finished", "cancelled")


@dataclass
class Figures:
    """What happened. `twice` counts runs of an attempt of a cell beyond the first; `lost` are the cells that never ran
    and that nobody cancelled, and the runs of which the ledger knows nothing."""

    cells: int = 0
    attempts: int = 0
    runs: int = 0
    kills: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    nodes: int = 0
    bugs: int = 0
    jobs: int = 0
    arrays: int = 0
    starts: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    cancelled: int = 0
    twice: int = 0
    lost: int = 0
    unsettled: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def is_good(self) -> bool:
        return not (self.twice or self.lost or self.unsettled or self.bugs)

    def __str__(self) -> str:
        return (
            f"{self.cells} cells, {self.attempts} attempts in {self.arrays} arrays and {self.jobs} jobs, "
            f"{self.cancelled} cancelled, {self.runs} runs, {self.kills} kills, {self.moments.total()} of them at "
            f"{len(self.moments)} moments, {self.nodes} nodes that died, {self.faults.total()} faults of "
            f"{len(self.faults)} kinds, {self.starts} starts of tasks; twice = {self.twice}, lost = {self.lost}, "
            f"unsettled = {self.unsettled}, bugs = {self.bugs}"
        )


class Storm:
    def __init__(self, folder: Path, seed: int, cells: int, runs: int) -> None:
        self._runs = runs
        self._random = random.Random(seed)
        self._waves = min(self._random.choice([2, 8, 16]), cells // 12)
        self._each = max(2, cells // self._waves // 2 * 2)
        self._cells = self._each * self._waves
        self._ran = folder / "ran"
        self._project = folder / "project"
        self._project.mkdir()
        (self._project / "specc.toml").write_text(SETTINGS.format(folder=folder))
        (self._project / SPEC_NAME).write_text(SPEC.format(count=self._each // 2, folder=folder))
        with Ledger.open(self._project / "ledger.sqlite") as ledger:
            self._ledger = ledger.path
        self.cluster = Cluster(folder / "cluster")
        self.cluster.set("max-array", str(self._random.choice([1001, cells // 3, 50])))
        self.cluster.set("most-jobs", str(self._random.choice([10**6, cells, cells // 4])))
        if seed % 2:
            self.cluster.set("accounting")
        if seed % 3 == 0:
            self.cluster.set("silent")
        variables = {**self.cluster.variables, "XDG_STATE_HOME": str(folder / "state")}
        self._clients = Clients(self._project, variables, PATIENCE)
        self._open = list(range(self._waves))
        self.figures = Figures(cells=self._cells)

    def blow(self) -> Figures:
        try:
            while self.figures.runs < self._runs and self._open:
                self._weather()
                self._run(*self._command())
                self._look()
            self._settle()
            self._judge()
        finally:
            self._clients.close()
        return self.figures

    def _look(self) -> None:
        """Note which waves are not accepted as a whole yet."""
        accepted = Counter(wave_of(key) for key, one in latest_of(self._records()).items() if one.uuid is not None)
        self._open = [wave for wave in range(self._waves) if accepted[wave] < self._each]

    def _weather(self) -> None:
        """Say how often the programs fail until the next run."""
        most = self._random.choice([0.05, 0.15, 0.3])
        chances = {
            program: {fault: self._random.random() * most for fault in faults} for program, faults in CHANCES.items()
        }
        chances["squeue"]["nothing"] /= 4  # then all that waits counts as lost, and is not cancelled any more
        self.cluster.weather(self._random.random(), chances)

    def _command(self) -> list[str]:
        """Return what the next client is told to do."""
        wave = ["-p", f"wave={self._random.choice(self._open)}"]
        any_wave = ["-p", f"wave={self._random.randrange(self._waves)}"]
        one = ["--only", f"n={self._random.randint(1, self._each // 2)}"]
        limit = ["--max-active", str(self._random.choice([3, self._each // 2, self._each]))]
        waits = ["--wait", "--timeout", "0.5"]
        choices = {
            ("submit", SPEC_NAME, "-y", *wave): 9,
            ("submit", SPEC_NAME, "-y", *wave, *limit): 2,
            ("submit", SPEC_NAME, "-y", *wave, *limit, *waits, "--retries", "1"): 3,
            ("submit", SPEC_NAME, "-y", *wave, *one): 2,
            ("retry", SPEC_NAME, "-y", *any_wave, *self._random.choice([[], waits, ["--reason", "lost,node"]])): 3,
            ("cancel", SPEC_NAME, "-y", *one): 3,
            ("status", SPEC_NAME): 1,
            ("wait", SPEC_NAME, "--timeout", "0.3"): 1,
            ("clean", "--all", "-y"): 2,
            ("ledger", "resolve", "-y"): 2,
        }
        return list(self._random.choices(list(choices), list(choices.values()))[0])

    def _run(self, *arguments: str) -> None:
        """Run a client, or two at once, which may be killed, while the site runs some of its tasks."""
        how = self._random.choice(["ends", "killed", "dies", "dies", "dies"])
        kinds = MOMENTS_OF.get(arguments[0], ASKING)
        moment = [self._random.choice(kinds), self._random.choice([1, 1, self._random.randint(1, self._each // 2)])]
        kill_after = self._random.uniform(0.1, self._random.choice([0.6, 2.0])) if how == "killed" else None
        at_work = threading.Thread(target=self._work, args=(random.Random(self._random.random()),))
        at_work.start()
        statuses = self._clients.run(
            *arguments,
            at_once=self._random.choice([1, 1, 2]),
            kill_after=kill_after,
            dies_at=moment if how == "dies" else None,
        )
        at_work.join()
        if self._random.random() < 0.1:
            self.cluster.forget_ended()
        kills = statuses.count(-signal.SIGKILL)
        self.figures.runs += len(statuses)
        self.figures.kills += kills
        self.figures.moments.update([moment[0]] if how == "dies" and kills else [])
        self.figures.bugs += statuses.count(101)

    def _work(self, chance: random.Random) -> None:
        """Run some tasks that wait, also some that come meanwhile; now and then a node dies."""
        for _ in range(3):
            waiting = self.cluster.waiting()
            some = chance.sample(waiting, min(len(waiting), self._cells // 60))
            self.figures.nodes += self.cluster.run(some, chance, killed=0.1)
            time.sleep(0.1)

    def _settle(self) -> None:
        """In calm weather whatever is in doubt settles by itself, and what failed is tried again until it is well."""
        self.cluster.be_calm()
        for _ in range(MOST_ROUNDS):
            for wave in range(self._waves):
                for arguments in (["submit"], ["retry", "--reason", REASONS]):
                    statuses = self._clients.run(*arguments, SPEC_NAME, "-y", "-p", f"wave={wave}")
                    self.figures.bugs += statuses.count(101)
            waiting = self.cluster.waiting()
            self._random.shuffle(waiting)
            self.cluster.run(waiting, self._random)
            self._clients.run("status", SPEC_NAME)
            latest = latest_of(self._records())
            if len(latest) == self._cells and all(one.job_state in LAST for one in latest.values()):
                return

    def _judge(self) -> None:
        """Start all that the site ever had, before and after the files of the jobs are removed, and count."""
        records = self._records()
        accepted = [record for record in records if record.state is State.ACCEPTED]
        self.figures.attempts = len(accepted)
        self._start_all(copies=2)
        self._clients.run("clean", "--all", "-y")
        self._start_all(copies=1)
        ran = Counter(self._ran.read_text().split() if self._ran.exists() else [])
        cancelled = [name_of(one) for one in latest_of(records).values() if one.job_state == "cancelled"]
        known = {name_of(record) for record in accepted}
        self.figures.cancelled = len(cancelled)
        self.figures.twice = sum(count - 1 for count in ran.values())
        self.figures.lost = self._cells - len({name.rpartition(".")[0] for name in {*ran, *cancelled}})
        self.figures.lost += len({*ran} - known)
        self.figures.unsettled = sum(one.state in (State.UNKNOWN, State.INTENT) for one in records)
        with Ledger.read(self._ledger) as ledger:
            self.figures.unsettled += len(list(verify_ledger(ledger, time.time())))
        jobs = self.cluster.jobs()
        self.figures.arrays = sum(job.tasks is not None for job in jobs)
        self.figures.jobs = len(jobs) - self.figures.arrays
        self.figures.faults = Counter(self.cluster.faults())

    def _start_all(self, copies: int) -> None:
        tasks = [(job, task) for job in self.cluster.jobs() for task in job.states()] * copies
        self._random.shuffle(tasks)
        self.figures.starts += len(tasks)
        self.cluster.run_copies(tasks)

    def _records(self) -> Sequence[Record]:
        with Ledger.open(self._ledger) as ledger:
            ledger.recover()
            return ledger.all()


def name_of(record: Record) -> str:
    """Return what the job of an attempt writes down of itself."""
    axes, params = json.loads(record.axes), json.loads(record.key.params)
    return f"{params['wave']}.{axes['n']}.{axes['c']}.{record.cell_attempt or 1}"


def wave_of(key: tuple[str, str]) -> int:
    """Return the wave of a cell."""
    return int(json.loads(key[0]).get("wave", 0))


def latest_of(records: Sequence[Record]) -> dict[tuple[str, str], Record]:
    """Return the last attempt of each cell."""
    return {(record.key.params, record.key.cell): record for record in records}


def storm(seeds: Sequence[int], cells: int, runs: int = MOST_RUNS, kept: Path | None = None) -> Figures:
    """Return the figures of all storms. Their folders are left in `kept`."""
    total = Figures()
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) if kept is None else kept / str(seed)
            place.mkdir(parents=True, exist_ok=True)
            figures = Storm(place, seed, cells, runs).blow()
        if not figures.is_good or kept is not None:
            print(f"seed {seed}: {figures}", flush=True)
        total += figures
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description="A storm over arrays at a made-up Slurm.")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cells", type=int, default=400)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave all files of the storms there")
    given = parser.parse_args()
    print(f"arrays: {given.seeds} storms, from seed {given.first} on", flush=True)
    figures = storm(range(given.first, given.first + given.seeds), given.cells, kept=given.keep)
    print(f"arrays: {figures}")
    return 0 if figures.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
