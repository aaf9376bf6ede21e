"""`python -m benchmarks run`: all contests, as a table in benchmarks/results/. `corpus`: the projects they run on."""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench import FULL, QUICK, results
from benchmarks.corpora import project
from benchmarks.growth import deep, shared
from benchmarks.peers import ROOT, missing
from benchmarks.plot import growth_plot
from benchmarks.result import Result, in_order
from benchmarks.sweeps import sweep
from benchmarks.tables import as_json, markdown, on_page
from benchmarks.timing import BenchError

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "assets" / "growth.svg"


def main() -> int:
    options = _options()
    if options.command == "corpus":
        _write_corpus(options)
        return 0
    try:
        return _run(options.quick, only_felt=options.only_felt)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    corpus = commands.add_parser("corpus", help="write a project to try things on")
    corpus.add_argument("kind", choices=("specs", "sweep", "deep", "dependents"))
    corpus.add_argument("size", type=int)
    corpus.add_argument("folder", type=Path)
    corpus.add_argument("--seed", type=int, default=0, help="of `specs`")
    run = commands.add_parser("run", help="measure everything")
    run.add_argument("--quick", action="store_true", help="small sizes, few rounds: about a minute")
    run.add_argument("--only-felt", action="store_true", help="what a person feels, without the peers")
    return parser.parse_args()


def _run(is_quick: bool, *, only_felt: bool) -> int:
    without = missing()
    for name, reason in without.items():
        print(f"without {name}: {reason}", file=sys.stderr)
    found: list[Result] = []
    with TemporaryDirectory(prefix="specc-bench-") as place:
        for result in results(Path(place), QUICK if is_quick else FULL, only_felt=only_felt):
            print(f"{result.work}, {result.size:,} {result.unit}", file=sys.stderr)
            found.append(result)
            if not is_quick and not only_felt:
                # After each, so that a run which is cut short leaves what it has.
                _write(in_order(found), without)
    print(markdown(in_order(found), without))
    return 0


def _write(found: list[Result], without: dict[str, str]) -> None:
    (RESULTS / "latest.md").write_text(markdown(found, without), encoding="utf-8")
    (RESULTS / "latest.json").write_text(as_json(found, without), encoding="utf-8")
    PICTURE.write_text(growth_plot(found), encoding="utf-8")
    PAGE.write_text(on_page(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")


def _write_corpus(options: argparse.Namespace) -> None:
    match options.kind:
        case "specs":
            project(options.folder, options.size, options.seed)
        case "sweep":
            sweep(options.folder, options.size)
        case "deep":
            deep(options.folder, options.size)
        case "dependents":
            shared(options.folder, 1_000, options.size)


if __name__ == "__main__":
    sys.exit(main())
