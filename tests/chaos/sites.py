"""A storm over a site with commands of its own: each of them fails in every way that it can, clients are killed at
random, and at the end the site starts all that it has, each job in several copies.

    python tests/chaos/sites.py --seeds 5 --payloads 30

prints one line of figures, and exits with 1 if a payload ran twice or never.
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
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from support.fake_site import Site

from specc.submission import Ledger, Record, State
from specc.targets.trust import TrustedCommands

MOST_RUNS = 200
SETTINGS = """\
project = "storm"
target = "site"
[ledger]
path = "ledger.sqlite"
[targets.site]
kind = "command"
run_as = "caller"
directory = "{folder}/jobs"
job = {{zone = "z", cluster_id = "c", run_user = "u"}}
"""
SPEC = """\
specc: 1
matrix: {{axes: {{n: {{from: 1, to: {count}}}}}}}
job: {{name: "storm-{{{{ matrix.n }}}}", cmd_line: "echo {{{{ matrix.n }}}} >> {folder}/ran", core_limit: 1}}
"""
FAULTS = ("dies-before", "dies-after", "silent", "garbage", "two-lines", "refuses", "full", "lies", "forgets", "slow")
"""What a command does in place of its duty, or beside it; `site_commands` has them."""


@dataclass
class Figures:
    """What happened. `twice` counts runs of a payload beyond the first, `lost` the payloads that never ran."""

    payloads: int = 0
    runs: int = 0
    kills: int = 0
    bugs: int = 0
    jobs: int = 0
    faults: Counter[str] = field(default_factory=Counter)
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
            f"{self.payloads} payloads, {self.runs} runs, {self.kills} kills, {sum(self.faults.values())} faults of "
            f"{len(self.faults)} kinds, {self.jobs} jobs at the site; twice = {self.twice}, lost = {self.lost}, "
            f"unsettled = {self.unsettled}, bugs = {self.bugs}"
        )


class Storm:
    def __init__(self, folder: Path, seed: int, payloads: int) -> None:
        self.random = random.Random(seed)
        self.project = folder / "project"
        self.project.mkdir()
        self.site = Site(folder / "site")
        self.site.set("hold")
        self.ran = folder / "ran"
        self.figures = Figures(payloads=payloads)
        (self.project / "specc.toml").write_text(SETTINGS.format(folder=folder) + self.site.table)
        (self.project / "a.job.yaml").write_text(SPEC.format(count=payloads, folder=folder))
        kept = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
        trusted = {"SPECC_TRUSTED_COMMANDS": TrustedCommands.digest(self.site.commands)}
        self.environment = {**kept, **trusted, "XDG_STATE_HOME": str(folder / "state")}
        self.run("ledger", "init")

    def run(self, *words: str, kill_after: float | None = None) -> int:
        process = subprocess.Popen(
            [sys.executable, "-m", "specc", *words],
            cwd=self.project,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.figures.runs += 1
        try:
            status = process.wait(kill_after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            self.figures.kills += 1
            status = process.wait()
        self.figures.bugs += status == 101
        return status

    def weather(self, *, calm: bool = False) -> None:
        """Say which faults the next commands of the site have, and how often."""
        chances = {} if calm else {fault: self.random.choice([0.0, 0.1, 0.3]) for fault in FAULTS}
        self.site.set("chances", json.dumps({"seed": self.random.random(), **chances}))

    def blow(self) -> Figures:
        for _ in range(MOST_RUNS):
            self.weather()
            self.run("submit", "a.job.yaml", "-y", kill_after=self.random.choice([None, 0.4, 0.8, 1.2, 2.0]))
            if self.random.random() < 0.5:
                self.run("ledger", "resolve", "-y", kill_after=self.random.choice([None, 0.5, 0.9]))
            if len(self.accepted()) >= self.figures.payloads * 0.9 or self.figures.runs > 40:
                break
        self.settle()
        self.site.start_all(copies=3)
        ran = Counter(self.ran.read_text().split() if self.ran.exists() else [])
        self.figures.twice = sum(count - 1 for count in ran.values())
        self.figures.lost = self.figures.payloads - len(ran)
        self.figures.jobs = len(self.site.keys())
        path = self.site.folder / "faults"
        self.figures.faults = Counter(path.read_text().split() if path.exists() else [])
        self.figures.unsettled = len([one for one in self.records() if one.state in (State.UNKNOWN, State.INTENT)])
        return self.figures

    def settle(self) -> None:
        """With a calm site, whatever is in doubt settles under its own key."""
        self.weather(calm=True)
        for _ in range(20):
            self.run("ledger", "resolve", "-y")
            self.run("submit", "a.job.yaml", "-y", "--resend-unknown")
            if len(self.accepted()) == self.figures.payloads:
                return
            time.sleep(0.1)

    def records(self) -> list[Record]:
        with Ledger.open(self.project / "ledger.sqlite") as ledger:
            ledger.recover()
            return list(ledger.all())

    def accepted(self) -> set[str]:
        return {str(record.key) for record in self.records() if record.state is State.ACCEPTED}


def storm(seeds: Sequence[int], payloads: int) -> Figures:
    total = Figures()
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            figures = Storm(Path(folder), seed, payloads).blow()
        if not figures.is_good:
            print(f"seed {seed}: {figures}", flush=True)
        total += figures
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description="A storm over a site with commands of its own.")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--payloads", type=int, default=30)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    given = parser.parse_args()
    print(f"sites: {given.seeds} storms, from seed {given.first} on", flush=True)
    figures = storm(range(given.first, given.first + given.seeds), given.payloads)
    print(f"sites: {figures}")
    return 0 if figures.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
