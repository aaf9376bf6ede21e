"""The sweep in OmegaConf: the configuration is read once, and each cell laid over it."""

import hashlib
import json
import sys
from itertools import product

from omegaconf import OmegaConf


def main() -> None:
    base = OmegaConf.load("omegaconf.yaml")
    for mesh, speed, seed in product(base.cores, range(1, 26), range(1, base.seeds + 1)):
        cell = OmegaConf.merge(base, {"mesh": mesh, "speed": speed, "seed": seed})
        text = json.dumps(OmegaConf.to_container(cell.job, resolve=True), sort_keys=True)
        hashlib.sha256(text.encode()).hexdigest()
        sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
