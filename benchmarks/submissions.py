"""`specc submit` to a server on loopback, beside a loop that only posts."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator

from benchmarks.loopback import Desk
from benchmarks.peers import PYTHON, SCRIPTS, SPECC
from benchmarks.sweeps import Sweep
from benchmarks.timing import Contestant


def submissions(sweep: Sweep, desk: Desk) -> Iterator[Contestant]:
    """Each round begins with an empty ledger. Counted is what arrived, by the names of the jobs."""
    settings = sweep.root / "specc.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("http://127.0.0.1:9/api", desk.endpoint))
    bodies = sweep.root / "bodies.ndjson"
    bodies.write_text("".join(json.dumps(payload) + "\n" for payload in sweep.payloads()), encoding="utf-8")
    state = sweep.root / "state"

    environment = {"XDG_STATE_HOME": str(state), "QY_ACCESS_KEY_ID": "k", "QY_SECRET_ACCESS_KEY": "s", "CI": ""}

    def begin() -> None:
        desk.names.clear()
        shutil.rmtree(state, ignore_errors=True)
        subprocess.run((SPECC, "trust", desk.endpoint), cwd=sweep.root, env=os.environ | environment, check=True)

    def arrived(_: str) -> int:
        return len(desk.names)

    command = (SPECC, "submit", sweep.spec)
    yield Contestant("specc", command, sweep.root, sweep.size, arrived, environment, begin)
    loop = (PYTHON, str(SCRIPTS / "post_loop.py"), desk.endpoint, str(bodies))
    yield Contestant("loop that posts", loop, sweep.root, sweep.size, arrived, {}, begin)
