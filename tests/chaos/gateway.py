"""A gateway before a target in memory, as a process: prints its URL, and serves until it is told to end."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from support.fake_target import FakeTarget

from specc.gateway import Address, Limits, run
from specc.project import Apis


def main() -> None:
    folder = Path(sys.argv[1])
    with open(folder / "log", "a") as log:
        run(
            FakeTarget(), Apis()["ehpc/v1"], folder, Address("127.0.0.1", 0), [], Limits(), log.write,
            lambda url: print(url, flush=True),
        )  # fmt: skip


if __name__ == "__main__":
    main()
