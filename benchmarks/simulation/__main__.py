"""What a sweep of many cells costs, before a simulated Slurm: `python -m benchmarks.simulation 1000 10000`.

Prints a table for each number of cells: what submit, wait, status and results call, how long they work, how long they
take on the cluster, and what memory they need; then the ledger, the files, and what became of the cells. Each number
of cells is simulated in a process of its own. Exits with 1 if a cell ran twice or never.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.simulation import ROUGH, STORM, Figures, Load, Simulation, Site, Step, Times

PHASES = (("submit", "-y"), ("wait",), ("status",), ("results", "--csv"))
PROGRAMS = ("sbatch", "squeue", "sacct", "scontrol", "scancel")
HEAD = "| cells | command | {} | work, s | on the cluster, s | memory, MB |"


def main() -> int:
    """Simulate what the command line asks for, and print it as Markdown."""
    options = _options()
    if options.one:
        _print_one(options.cells[0], options)
        return 0
    print(HEAD.format(" | ".join(PROGRAMS)))
    print("|" + "---|" * (6 + len(PROGRAMS) - 1))
    all_figures = []
    for cells in options.cells:
        command = [sys.executable, "-m", "benchmarks.simulation", "--one", *sys.argv[1:]]
        ran = subprocess.run([*command, "--only", str(cells)], stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(ran.stdout)
        for step in found["steps"]:
            calls = " | ".join(f"{step['calls'].get(name, 0):,}" for name in PROGRAMS)
            own, simulated, memory = step["own"], step["simulated"], step["memory"] / 1e6
            print(
                f"| {cells:,} | {step['command']} | {calls} | {own:.1f} | {simulated:,.0f} | {memory:.0f} |", flush=True
            )
        all_figures.append(found["figures"])
    print()
    for figures in all_figures:
        print(
            f"{figures['cells']:,} cells: {figures['twice']} ran twice, {figures['lost']} were lost; "
            f"{figures['copies']} copies were turned away, jobs restarted {figures['restarts']} times; ledger "
            f"{figures['ledger'] / 1e6:.1f} MB, {figures['inodes']:,} files and folders; ends {figures['ends']}; "
            f"failed calls {figures['faults']}, refusals {figures['refusals']}"
        )
    return 1 if any(figures["twice"] or figures["lost"] for figures in all_figures) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulation", description=__doc__)
    parser.add_argument("cells", type=int, nargs="*", default=[1000, 10_000])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--storm", action="store_true", help="one call in nine fails, and one job in fifteen")
    parser.add_argument("--slots", type=int, default=2000, help="jobs that run at once")
    parser.add_argument("--starts", type=float, default=50.0, help="jobs that start in a second")
    parser.add_argument("--minutes", type=float, default=30.0, help="how long a job runs, on average")
    parser.add_argument("--slowness", type=float, default=1.0, help="how many times slower the controller answers")
    parser.add_argument("--max-job-count", type=int, default=1_000_000)
    parser.add_argument("--max-array-size", type=int, default=1001)
    parser.add_argument("--rate", type=float, help="calls in a second that the controller takes in the long run")
    parser.add_argument("--settings", default="", help='lines for the target, such as "arrays = false"')
    parser.add_argument("--submit", default="", help="more words for `specc submit`, such as `--max-active 5000`")
    parser.add_argument("--folder", default=None, help="where the project and the folders of jobs are made")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only is not None:
        options.cells = [options.only]
    return options


def _print_one(cells: int, options: argparse.Namespace) -> None:
    """Simulate one number of cells, and print its figures as JSON."""
    seconds = options.minutes * 60
    load = replace(ROUGH if options.storm else Load(), least=seconds * 0.5, most=seconds * 1.5)
    site = Site(
        slots=options.slots,
        starts_per_second=options.starts,
        max_job_count=options.max_job_count,
        max_array_size=options.max_array_size,
        rate=options.rate,
        times=Times(slowness=options.slowness),
        load=load,
    )
    site = replace(site, faults=STORM) if options.storm else site
    with tempfile.TemporaryDirectory(prefix="specc-simulation-", dir=options.folder) as folder:
        settings = options.settings and f"{options.settings}\n"
        simulation = Simulation(Path(folder), cells, site, options.seed, settings=settings, counts_work=True)
        for command, *words in PHASES:
            more = options.submit.split() if command == "submit" else []
            for _ in range(100):
                step = simulation(command, *words, *more)
                print(f"{cells:,} cells: {' '.join(step.words)}: exit code {step.code}", file=sys.stderr)
                if command != "submit" or step.code == 0:
                    break
        simulation.programs.finish()
        print(json.dumps({"steps": [_data(step) for step in simulation.steps], "figures": _figures(simulation)}))


def _data(step: Step) -> dict[str, object]:
    return {
        "command": " ".join(step.words),
        "calls": step.calls,
        "own": step.own,
        "simulated": step.simulated,
        "memory": step.memory,
    }


def _figures(simulation: Simulation) -> dict[str, object]:
    figures: Figures = simulation.figures()
    return asdict(figures)


if __name__ == "__main__":
    sys.exit(main())
