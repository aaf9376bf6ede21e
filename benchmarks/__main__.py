"""`python -m benchmarks run`: all contests, as a table in benchmarks/results/. `corpus`: the projects they run on."""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench import FULL, QUICK, Result, results
from benchmarks.corpora import project
from benchmarks.peers import ROOT, missing
from benchmarks.tables import markdown
from benchmarks.timing import BenchError

RESULTS = ROOT / "benchmarks" / "results"


def main() -> int:
    options = _options()
    if options.command == "corpus":
        project(options.folder, options.size, options.seed)
        return 0
    try:
        return _run(options.quick)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    corpus = commands.add_parser("corpus", help="write a project of so many specs")
    corpus.add_argument("size", type=int)
    corpus.add_argument("folder", type=Path)
    corpus.add_argument("--seed", type=int, default=0)
    run = commands.add_parser("run", help="measure everything")
    run.add_argument("--quick", action="store_true", help="small sizes, few rounds: about a minute")
    return parser.parse_args()


def _run(is_quick: bool) -> int:
    for name, reason in missing().items():
        print(f"without {name}: {reason}", file=sys.stderr)
    found: list[Result] = []
    with TemporaryDirectory(prefix="specc-bench-") as place:
        for result in results(Path(place), QUICK if is_quick else FULL):
            print(f"{result.work}, {result.size} {result.unit}", file=sys.stderr)
            found.append(result)
    RESULTS.mkdir(exist_ok=True)
    text = markdown(found)
    print(text)
    if not is_quick:
        (RESULTS / "latest.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
