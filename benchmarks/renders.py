"""`specc render` against languages that make configurations. All must give the same payloads, in the same order."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from functools import partial

from benchmarks.checks import payloads_checked
from benchmarks.peers import PEER_PYTHON, PKL, SCRIPTS, SPECC, usable
from benchmarks.sweeps import Sweep
from benchmarks.timing import Contestant

MOST = {"Hydra": 100, "OmegaConf": 10_000, "jsonnet": 10_000}
"""The largest sweep that is worth the wait."""

MOST_CHECKED = 10_000
"""The check of a longer sweep may stop before its end."""

HYDRA_QUIETLY = (
    "hydra.output_subdir=null",
    "hydra/job_logging=disabled",
    "hydra/hydra_logging=disabled",
    "hydra.sweep.dir=.",
    "hydra.sweep.subdir=.",
)


def specc_renders(sweep: Sweep) -> Iterator[Contestant]:
    render = partial(Contestant, folder=sweep.root)
    command = (SPECC, "render", sweep.spec)
    yield render("specc", command, expected=_digest(map(_canonical, sweep.payloads())), read=payloads_of)
    digests = (hashlib.sha256(_canonical(payload).encode()).hexdigest() for payload in sweep.payloads())
    yield render("specc --digest", (*command, "--digest"), expected=_digest(digests), read=digests_of)
    if sweep.size <= MOST_CHECKED:
        caches = sweep.root.with_name(f"{sweep.root.name}-caches")
        forget = partial(shutil.rmtree, caches, ignore_errors=True)
        environment = {"XDG_CACHE_HOME": str(caches)}
        checks = partial(render, expected=sweep.size, read=payloads_checked, environment=environment, before=forget)
        yield checks("specc check", (SPECC, "check", sweep.spec))


def render_peers(sweep: Sweep) -> Iterator[Contestant]:
    expected = _digest(map(_canonical, sweep.payloads()))
    axes = ("mesh=S,M,L,XL", "speed=range(1,26)", f"seed=range(1,{sweep.seeds + 1})")
    python = str(PEER_PYTHON)
    commands = {
        "OmegaConf": (python, str(SCRIPTS / "omegaconf_sweep.py")),
        "jsonnet": (python, str(SCRIPTS / "jsonnet_sweep.py")),
        "Hydra": (python, str(SCRIPTS / "hydra_sweep.py"), "-m", "-cd", ".", *axes, *HYDRA_QUIETLY),
    }
    if usable(PKL):
        commands["pkl"] = (str(PKL), "eval", "sweep.pkl")
    for name, command in commands.items():
        if sweep.size <= MOST.get(name, sweep.size):
            yield Contestant(name, command, sweep.root, expected, payloads_of)


def payloads_of(text: str) -> str:
    """A digest of all payloads, be they one a line or one array."""
    payloads = json.loads(text) if text.startswith("[") else map(json.loads, text.splitlines())
    return _digest(map(_canonical, payloads))


def digests_of(text: str) -> str:
    return _digest(line.split()[0] for line in text.splitlines())


def _canonical(payload: object) -> str:
    return json.dumps(payload, sort_keys=True, separators=(",", ":"))


def _digest(lines: Iterable[str]) -> str:
    whole = hashlib.sha256()
    for line in lines:
        whole.update(line.encode() + b"\n")
    return whole.hexdigest()
