"""Reads YAML files as events, each with its position, and says how many files they were: `pyyaml_events.py FOLDER`."""

import sys
from pathlib import Path

import yaml


def main() -> None:
    paths = sorted(Path(sys.argv[1]).glob("*.yaml"))
    for path in paths:
        for _ in yaml.parse(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
            pass
    print(len(paths))


if __name__ == "__main__":
    main()
