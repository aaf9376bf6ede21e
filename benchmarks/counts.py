"""The calls of fixed workloads against those on record: a doubling fails, on any machine, and noise does not.

`make counts` compares; `make counts RECORD=1` writes the record anew, when a change of them is meant.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.counting import WORKLOADS

RECORD = Path(__file__).with_name("counts.json")

MOST, LEAST = 1.5, 0.6
"""How many times what is on record a count may be. Far below it, a doubling would no longer be seen."""


def complaints(recorded: Mapping[str, int], counted: Mapping[str, int]) -> Iterator[str]:
    """What is wrong with these counts, one line for each workload."""
    for name in recorded.keys() - counted.keys():
        yield f"{name}: on record, but not counted any more; run `make counts RECORD=1`"
    for name, count in counted.items():
        if name not in recorded:
            yield f"{name}: not on record; run `make counts RECORD=1`"
            continue
        ratio = count / recorded[name]
        if ratio > MOST:
            yield f"{name}: {ratio:.2f} times the calls on record, more than {MOST}; find out why"
        elif ratio < LEAST:
            yield f"{name}: only {ratio:.2f} times the calls on record; run `make counts RECORD=1`, so that it stays so"


def main() -> int:
    counted = {name: _counted(name) for name in WORKLOADS}
    if "--record" in sys.argv[1:]:
        RECORD.write_text(json.dumps({"python": _python(), "calls": counted}, indent=2) + "\n", encoding="utf-8")
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    recorded: dict[str, int] = record["calls"]
    print(f"calls with Python {_python()}, on record with {record['python']}")
    for name, count in counted.items():
        print(f"{name:28} {count:>12,} {recorded.get(name, 0):>12,}")
    wrong = list(complaints(recorded, counted))
    for line in wrong:
        print(f"counts: {line}", file=sys.stderr)
    return 1 if wrong else 0


def _counted(workload: str) -> int:
    """Counted in a new process, with a fixed order of sets."""
    environment = {**os.environ, "PYTHONHASHSEED": "0", "NO_COLOR": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else the import would be a compilation
    line = (sys.executable, "-m", "benchmarks.counting", workload)
    done = subprocess.run(line, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return int(done.stdout)


def _python() -> str:
    return ".".join(platform.python_version_tuple()[:2])


if __name__ == "__main__":
    sys.exit(main())
