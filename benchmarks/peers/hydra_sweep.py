"""The sweep in Hydra, without the logs and folders that it makes for each job unless told otherwise."""

import json
import sys

import hydra
from omegaconf import DictConfig, OmegaConf


@hydra.main(version_base=None, config_path=None, config_name="omegaconf")
def main(cell: DictConfig) -> None:
    sys.stdout.write(json.dumps(OmegaConf.to_container(cell.job, resolve=True), sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
