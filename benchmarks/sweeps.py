"""One sweep of any size, for specc and in the languages of the peers. All of them give the same payloads."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from benchmarks.corpora import start

MESHES, SPEEDS = 4, 25
AXES = MESHES * SPEEDS

BASE = """\
# How the group runs a case of a study.
specc: 1
abstract: true
vars:
  scratch: /scratch/cfd
  run_dir: "{{ vars.scratch }}/{{ matrix.mesh }}/{{ matrix.speed }}/{{ matrix.seed }}"
job:
  scheduler_queue_name: normal
  time_limit: 4h
"""

SPEC = """\
# The lid-driven cavity on four meshes, at 25 speeds, with %(seeds)s seeds: %(cells)s runs.
specc: 1
extends: ../base/study.job.yaml
vars:
  case: /home/cfd/cases/cavity
  cores: {S: 16, M: 32, L: 64, XL: 128}
  memory: {S: 32GiB, M: 64GiB, L: 128GiB, XL: 256GiB}
matrix:
  axes:
    mesh: [S, M, L, XL]
    speed: {from: 1, to: 25}
    seed: {from: 1, to: %(seeds)s}
  max: %(cells)s
job:
  name: "cavity-{{ matrix.mesh }}-{{ matrix.speed }}-{{ matrix.seed }}"
  core_limit: "{{ vars.cores[matrix.mesh] }}"
  mem_limit: "{{ vars.memory[matrix.mesh] }}"
  cmd_line: "prepare {{ vars.case | sh }} {{ vars.run_dir | sh }} && mpirun -np {{ vars.cores[matrix.mesh] }} icoFoam \\
    -case {{ vars.run_dir | sh }} -speed {{ matrix.speed }} -seed {{ matrix.seed }}"
"""

OMEGACONF = """\
# Also Hydra's.
case: /home/cfd/cases/cavity
scratch: /scratch/cfd
seeds: %(seeds)s
mesh: S
speed: 1
seed: 1
run_dir: ${scratch}/${mesh}/${speed}/${seed}
cores: {S: 16, M: 32, L: 64, XL: 128}
memory: {S: 32768, M: 65536, L: 131072, XL: 262144}
job:
  zone: jn1a
  cluster_id: ehpc-8jqdq0mz
  run_user: usr-IuZxPyn2
  scheduler_queue_name: normal
  time_limit: 240
  name: cavity-${mesh}-${speed}-${seed}
  core_limit: ${cores.${mesh}}
  mem_limit: ${memory.${mesh}}
  cmd_line: "prepare ${case} ${run_dir} && mpirun -np ${cores.${mesh}} icoFoam \\
    -case ${run_dir} -speed ${speed} -seed ${seed}"
"""

JSONNET = """\
local base = { scheduler_queue_name: 'normal', time_limit: 240 };
local target = { zone: 'jn1a', cluster_id: 'ehpc-8jqdq0mz', run_user: 'usr-IuZxPyn2' };
local case = '/home/cfd/cases/cavity';
local cores = { S: 16, M: 32, L: 64, XL: 128 };
local memory = { S: 32768, M: 65536, L: 131072, XL: 262144 };
[
  local run_dir = '/scratch/cfd/' + mesh + '/' + speed + '/' + seed;
  target + base + {
    name: 'cavity-' + mesh + '-' + speed + '-' + seed,
    core_limit: cores[mesh],
    mem_limit: memory[mesh],
    cmd_line: 'prepare ' + case + ' ' + run_dir + ' && mpirun -np ' + cores[mesh] + ' icoFoam'
              + ' -case ' + run_dir + ' -speed ' + speed + ' -seed ' + seed,
  }
  for mesh in ['S', 'M', 'L', 'XL']
  for speed in std.range(1, 25)
  for seed in std.range(1, %(seeds)s)
]
"""

PKL = """\
class Job {
  zone: String = "jn1a"
  cluster_id: String = "ehpc-8jqdq0mz"
  run_user: String = "usr-IuZxPyn2"
  scheduler_queue_name: String = "normal"
  time_limit: Int = 240
  name: String
  core_limit: Int
  mem_limit: Int
  cmd_line: String
}
local directory = "/home/cfd/cases/cavity"
local cores = Map("S", 16, "M", 32, "L", 64, "XL", 128)
local memory = Map("S", 32768, "M", 65536, "L", 131072, "XL", 262144)
jobs: Listing<Job> = new {
  for (mesh in List("S", "M", "L", "XL")) {
    for (speed in IntSeq(1, 25)) {
      for (seed in IntSeq(1, %(seeds)s)) {
        new Job {
          local run_dir = "/scratch/cfd/\\(mesh)/\\(speed)/\\(seed)"
          name = "cavity-\\(mesh)-\\(speed)-\\(seed)"
          core_limit = cores[mesh]
          mem_limit = memory[mesh]
          cmd_line = "prepare \\(directory) \\(run_dir) && mpirun -np \\(core_limit) icoFoam "
            + "-case \\(run_dir) -speed \\(speed) -seed \\(seed)"
        }
      }
    }
  }
}
output { value = jobs renderer = new JsonRenderer {} }
"""

FILES = {"jobs/cavity.job.yaml": SPEC, "omegaconf.yaml": OMEGACONF, "sweep.jsonnet": JSONNET, "sweep.pkl": PKL}


@dataclass(frozen=True, slots=True)
class Sweep:
    root: Path
    seeds: int

    @property
    def size(self) -> int:
        return self.seeds * AXES

    def payloads(self) -> Iterator[dict[str, str | int]]:
        """What the sweep comes to, said in Python."""
        cores = {"S": 16, "M": 32, "L": 64, "XL": 128}
        for mesh, speed, seed in product(cores, range(1, SPEEDS + 1), range(1, self.seeds + 1)):
            folder = f"/scratch/cfd/{mesh}/{speed}/{seed}"
            prepare = f"prepare /home/cfd/cases/cavity {folder}"
            run = f"mpirun -np {cores[mesh]} icoFoam -case {folder} -speed {speed} -seed {seed}"
            yield {
                "zone": "jn1a",
                "cluster_id": "ehpc-8jqdq0mz",
                "run_user": "usr-IuZxPyn2",
                "scheduler_queue_name": "normal",
                "time_limit": 240,
                "name": f"cavity-{mesh}-{speed}-{seed}",
                "core_limit": cores[mesh],
                "mem_limit": cores[mesh] * 2048,
                "cmd_line": f"{prepare} && {run}",
            }

    @property
    def spec(self) -> str:
        return "jobs/cavity.job.yaml"


def sweep(root: Path, size: int) -> Sweep:
    """So many cells, to the next hundred."""
    start(root)
    (root / "jobs").mkdir()
    (root / "base" / "study.job.yaml").write_text(BASE, encoding="utf-8")
    made = Sweep(root, max(1, size // AXES))
    for name, text in FILES.items():
        (root / name).write_text(text % {"seeds": made.seeds, "cells": made.size}, encoding="utf-8")
    return made
