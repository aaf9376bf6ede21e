"""The sweep in OmegaConf: read once, with each cell's values set in it. A merge for each takes half as long again."""

import hashlib
import json
import sys
from itertools import product

from omegaconf import OmegaConf


def main() -> None:
    base = OmegaConf.load("omegaconf.yaml")
    for mesh, speed, seed in product(base.cores, range(1, 26), range(1, base.seeds + 1)):
        base.mesh, base.speed, base.seed = mesh, speed, seed
        text = json.dumps(OmegaConf.to_container(base.job, resolve=True), sort_keys=True)
        hashlib.sha256(text.encode()).hexdigest()
        sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
